// For project_bench: loaded into the real program by QT_QPA_GENERIC_PLUGINS, prints how many milliseconds after
// PALIMPSEST_BENCH_STARTED (steady clock, nanoseconds) the first words stood on the page, and ends it.
#include <QCoreApplication>
#include <QEvent>
#include <QGenericPlugin>
#include <QTextDocument>
#include <QTextEdit>
#include <chrono>
#include <cstdio>

namespace {

class FirstPaint : public QObject {
public:
    FirstPaint() { qApp->installEventFilter(this); }

    bool eventFilter(QObject* object, QEvent* event) override {
        if (event->type() != QEvent::Paint || m_seen || !object->parent()) return false;
        const auto* page = qobject_cast<QTextEdit*>(object->parent());
        if (!page || !page->inherits("palimpsest::SceneEditor") || page->viewport() != object) return false;
        if (page->document()->isEmpty()) return false;
        m_seen = true;
        QMetaObject::invokeMethod(this, &FirstPaint::say, Qt::QueuedConnection); // once it is on the screen
        return false;
    }

private:
    void say() {
        const auto now = std::chrono::steady_clock::now().time_since_epoch();
        const qint64 nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
        std::printf("painted %.1f\n", double(nanoseconds - qgetenv("PALIMPSEST_BENCH_STARTED").toLongLong()) / 1e6);
        std::fflush(stdout);
        QCoreApplication::quit();
    }
    bool m_seen = false;
};

} // namespace

class FirstPaintProbe : public QGenericPlugin {
    Q_OBJECT
    Q_PLUGIN_METADATA(IID QGenericPluginFactoryInterface_iid FILE "first_paint_probe.json")
public:
    QObject* create(const QString&, const QString&) override { return new FirstPaint; }
};

#include "first_paint_probe.moc"
