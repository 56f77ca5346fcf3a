#include "ui/drafting/drafting_panel.h"

#include "ui/drafting/context_notes.h"
#include "ui/widgets/budget_bar.h"
#include "ui/widgets/draft_card.h"
#include "ui/widgets/track_slider.h"

#include <QCheckBox>
#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QRandomGenerator>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QSpinBox>
#include <utility>

namespace palimpsest {
namespace {

constexpr double kTokensPerWord = 1.35; // of English prose, with its punctuation
constexpr int kGreatestSeed = 999999999;
constexpr int kMostCards = 12;

int countOf(const ContextPreview& p, int part) {
    return part == 0 ? p.notes : part == 1 ? p.before : p.after;
}

} // namespace

DraftChoices DraftingPanel::choices() const {
    DraftChoices choices;
    choices.kind = DraftKind(m_kind->currentIndex());
    choices.options.tokens = std::clamp(qRound(m_length->value() * kTokensPerWord), 1, DraftLimits::kTokens);
    choices.options.steps = m_passes->value();
    choices.options.temperature = m_temperature->value() / 10.0;
    choices.options.strength = m_strength->value() / 100.0;
    choices.options.drafts = m_drafts->value();
    choices.options.seed = std::uint64_t(m_seed->value());
    return choices;
}

// As wide as its contents are in the writer's language: nothing of it is cut off, and nothing scrolls sideways.
bool DraftingPanel::eventFilter(QObject* watched, QEvent* event) {
    if (watched == widget() && event->type() == QEvent::LayoutRequest)
        setMinimumWidth(
            std::max(minimumWidth(), widget()->minimumSizeHint().width() + verticalScrollBar()->sizeHint().width()));
    return QScrollArea::eventFilter(watched, event);
}

void DraftingPanel::setKind(DraftKind kind) {
    m_kind->setCurrentIndex(int(kind));
}

void DraftingPanel::drawNewSeed() {
    if (m_newSeed->isChecked()) m_seed->setValue(QRandomGenerator::global()->bounded(1, kGreatestSeed));
}

QString DraftingPanel::saved() const {
    QStringList values;
    for (const TrackSlider* slider : {m_length, m_passes, m_temperature, m_drafts, m_strength})
        values << QString::number(slider->value());
    values << QString::number(m_seed->value()) << QString::number(m_newSeed->isChecked());
    return values.join(u',');
}

void DraftingPanel::restore(const QString& saved) {
    const QStringList values = saved.split(u',');
    if (values.size() != 7) return;
    TrackSlider* sliders[] = {m_length, m_passes, m_temperature, m_drafts, m_strength};
    for (int i = 0; i < 5; ++i) sliders[i]->setValue(values[i].toInt());
    m_seed->setValue(values[5].toInt());
    m_newSeed->setChecked(values[6] == "1");
}

void DraftingPanel::showEngine(EngineService& engine) {
    const auto state = engine.state();
    const bool good = state == EngineService::State::Ready || state == EngineService::State::Drafting;
    m_engine->setText(good ? engine.sentence() : QString());
    const bool on = state != EngineService::State::Off;
    m_engineTrouble->setText(on ? engine.sentence() : tr("The model is switched off."));
    m_engineTrouble->setVisible(!good);
    {
        const QSignalBlocker blocker(m_useModel);
        m_useModel->setChecked(on);
    }
    for (QWidget* part : m_parts) part->setVisible(on);
    m_othersHeading->setVisible(on || !m_cards.empty());
    m_othersEmpty->setVisible(on && m_cards.empty());
    m_start->setEnabled(good);
    m_model->setText(good ? engine.modelName() : tr("none loaded"));
    m_device->setText(good ? QString::fromStdString(engine.info().device.device) : tr("—"));
    m_why->setText(good ? QString::fromStdString(engine.info().device.why) : QString());
    m_why->setVisible(!m_why->text().isEmpty());
    if (!good) showContext(nullptr);
}

void DraftingPanel::showContext(const ContextPreview* preview) {
    m_budget->show(preview ? *preview : ContextPreview{});
    for (int part = 0; part < 3; ++part) {
        m_swatches[part]->setPixmap(m_budget->swatch(part));
        m_seen[part]->setText(preview ? tr("%1 tokens").arg(QLocale().toString(countOf(*preview, part))) : tr("—"));
    }
    const int dropped = preview ? preview->droppedNotes + preview->droppedBefore + preview->droppedAfter : 0;
    m_contextNote->setVisible(dropped > 0);
    m_contextNote->setText(tr("%1 tokens are too far away to be seen.").arg(QLocale().toString(dropped)));
}

void DraftingPanel::showSession(DraftSession* session) {
    const int count = session ? std::min(session->candidateCount(), kMostCards) : 0;
    const bool runs = session && (session->phase() == DraftSession::Phase::Waiting ||
                                  session->phase() == DraftSession::Phase::Forming);
    m_stop->setEnabled(runs);
    m_othersEmpty->setVisible(count == 0 && m_useModel->isChecked());
    m_othersHeading->setVisible(count > 0 || m_useModel->isChecked());
    while (int(m_cards.size()) > count) {
        m_cards.back()->deleteLater();
        m_cards.back()->hide();
        m_cards.pop_back();
    }
    while (int(m_cards.size()) < count) {
        const int index = int(m_cards.size());
        auto* card = new DraftCard(m_theme, {}, {}, widget());
        connect(card, &DraftCard::clicked, this, [this, index] { Q_EMIT candidateChosen(index); });
        m_others->addWidget(card);
        m_cards.push_back(card);
    }
    for (int i = 0; i < count; ++i) {
        const double agreement = session->agreement(i);
        const QString about = agreement < 0 || count == 1
                                  ? tr("draft %1").arg(i + 1)
                                  : tr("draft %1 · agreement %2 %").arg(i + 1).arg(qRound(agreement * 100));
        m_cards[std::size_t(i)]->setDraft(session->candidateText(i), about);
        m_cards[std::size_t(i)]->setChosen(i == session->candidate());
    }
    orderTabs();
}

// Tab goes down the panel, though notes and drafts come and go.
void DraftingPanel::orderTabs() {
    std::vector<QWidget*> order = m_notes->rows();
    order.insert(order.end(), m_cards.begin(), m_cards.end());
    for (int i = 0; i < m_kept->count(); ++i) order.push_back(m_kept->itemAt(i)->widget());
    order.push_back(m_useModel);
    QWidget* last = m_stop;
    for (QWidget* each : order) setTabOrder(std::exchange(last, each), each);
}

void DraftingPanel::showKept(const std::vector<StoredDraft>& drafts) {
    while (QLayoutItem* item = m_kept->takeAt(0)) {
        item->widget()->hide();
        item->widget()->deleteLater();
        delete item;
    }
    int shown = 0;
    for (const StoredDraft& draft : drafts) {
        if (draft.state != StoredDraft::State::Open || draft.text.simplified().isEmpty()) continue;
        if (++shown > kMostCards) break;
        const QString when = QLocale().toString(draft.created.toLocalTime(), QLocale::ShortFormat);
        auto* card = new DraftCard(m_theme, draft.text, tr("kept · %1").arg(when), widget());
        connect(card, &DraftCard::clicked, this, [this, draft, card] { askAboutKept(draft, card); });
        m_kept->addWidget(card);
    }
    m_keptHeading->setVisible(shown > 0);
    orderTabs();
}

void DraftingPanel::askAboutKept(const StoredDraft& draft, QWidget* card) {
    QMenu menu(this);
    menu.addAction(tr("Put in at the caret"), this, [&] { Q_EMIT keptInsertAsked(draft); });
    menu.addAction(tr("Discard"), this, [&] { Q_EMIT keptDiscardAsked(draft); });
    menu.exec(card->mapToGlobal(QPoint(12, card->height() - 4)));
}

void DraftingPanel::onChoice() {
    m_strengthRow->setVisible(m_kind->currentIndex() == int(DraftKind::Rewrite));
    m_length->parentWidget()->setVisible(m_kind->currentIndex() != int(DraftKind::Rewrite));
    m_start->setText(m_kind->currentText());
    m_start->setAccessibleName(m_kind->currentText());
    Q_EMIT choicesChanged();
}

} // namespace palimpsest
