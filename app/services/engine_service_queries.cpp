// What is asked of a ready engine besides drafts.
#include "app/services/engine_service_parts.h"

namespace palimpsest {

// Asks a ready engine; `read` makes the value of its answer. `done` is called unless `context` dies first.
template<class T>
void EngineService::Parts::ask(const char* method, Json params, int deadlineMs, QObject* context,
                               Result<T> (*read)(const Json&), std::function<void(Result<T>)> done) {
    const auto answer = [context = QPointer<QObject>(context), read, done = std::move(done)](const Result<Json>& json) {
        if (!context) return;
        if (json)
            done(read(*json));
        else
            done(json.error());
    };
    if (state == State::Ready || state == State::Drafting)
        return connection->call(method, std::move(params), deadlineMs, answer);
    const Error notReady{ErrorCode::Device, sentence.toStdString()};
    QMetaObject::invokeMethod(
        &service, [answer, notReady] { answer(notReady); }, Qt::QueuedConnection);
}

void EngineService::previewContext(const DraftRequest& request, QObject* context,
                                   std::function<void(Result<ContextPreview>)> done) {
    m_parts->ask(method::kContextPreview, toJson(request), m_parts->deadlines.answerMs, context, contextPreviewFromJson,
                 std::move(done));
}

// Behind drafts the answer may be as long in coming as they are: what hangs is noticed by what else is asked.
void EngineService::surprise(const SurpriseRequest& request, QObject* context,
                             std::function<void(Result<Surprise>)> done) {
    m_parts->ask(method::kTextSurprise, toJson(request), m_parts->deadlines.loadMs, context, surpriseFromJson,
                 std::move(done));
}

bool EngineService::prepareContext(const DraftRequest& request) {
    if (m_parts->state != State::Ready || m_parts->preparing) return false;
    m_parts->preparing = true;
    m_parts->connection->call(method::kContextPrepare, toJson(request), m_parts->deadlines.answerMs,
                              [this](const Result<Json>&) { m_parts->preparing = false; });
    return true;
}

} // namespace palimpsest
