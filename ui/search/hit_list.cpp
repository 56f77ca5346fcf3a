#include "ui/search/hit_list.h"

#include "ui/widgets/line_of_text.h"

#include <QPainter>
#include <QStyledItemDelegate>
#include <QTextLayout>
#include <utility>

namespace palimpsest {
namespace {

constexpr int kBefore[] = {26, 12, 5, 0}; // characters in front of a hit: the first that leaves the hit room
constexpr int kAfter = 120;               // and behind it
constexpr int kRoom = 8;                  // of a row, above and below its text

enum Role { kSceneRole = Qt::UserRole, kHitRole, kReplacesRole, kWordsRole };

// Back to the beginning of a word, with an ellipsis where more is before.
QString beginningOf(const QString& paragraph, qsizetype end, int most) {
    qsizetype from = std::max<qsizetype>(0, end - most);
    while (from > 0 && from < end && !paragraph[from - 1].isSpace()) ++from;
    return (from > 0 ? QStringLiteral("…") : QString()) + paragraph.mid(from, end - from);
}

struct Line {
    QString text;
    QList<QTextLayout::FormatRange> formats;
    qsizetype hitEnd = 0; // and of what it is replaced by
};

Line lineOf(const PickedHit& hit, int before, bool replaces, const QString& words, const Colours& c) {
    Line line;
    line.text = beginningOf(hit.paragraph, hit.match.begin, before);
    const auto add = [&line](const QString& part, const QTextCharFormat& format) {
        line.formats.append({int(line.text.size()), int(part.size()), format});
        line.text += part;
    };
    QTextCharFormat found, put;
    found.setBackground(c.selection);
    found.setForeground(c.text);
    if (replaces) {
        found.setFontStrikeOut(true);
        put.setFontWeight(QFont::DemiBold);
        put.setForeground(c.accentText);
    } else {
        found.setFontWeight(QFont::DemiBold);
    }
    add(hit.paragraph.mid(hit.match.begin, hit.match.end - hit.match.begin), found);
    if (replaces) add(words, put);
    line.hitEnd = line.text.size();
    line.text += hit.paragraph.mid(hit.match.end, kAfter);
    return line;
}

class HitDelegate : public QStyledItemDelegate {
public:
    HitDelegate(const Theme& theme, const HitList& list)
        : QStyledItemDelegate(const_cast<HitList*>(&list)), m_theme(theme), m_list(list) {}

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
        return {80, option.fontMetrics.height() + kRoom};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& given, const QModelIndex& index) const override {
        QStyleOptionViewItem option = given;
        initStyleOption(&option, index);
        const Colours& c = m_theme.colours();
        if (option.state & (QStyle::State_Selected | QStyle::State_MouseOver)) {
            painter->setRenderHint(QPainter::Antialiasing);
            painter->setBrush(option.state & QStyle::State_Selected ? c.selected : c.hover);
            const bool ring = m_list.hasFocus() && m_list.currentIndex() == index;
            painter->setPen(ring ? QPen(c.focus, 1.4) : QPen(Qt::NoPen));
            painter->drawRoundedRect(QRectF(option.rect).adjusted(1, 0.5, -2, -0.5), 5, 5);
        }
        const QRect text = option.widget->style()->subElementRect(QStyle::SE_ItemViewItemText, &option, option.widget);
        option.state &= ~(QStyle::State_Selected | QStyle::State_HasFocus | QStyle::State_MouseOver);
        QStyleOptionViewItem tick = option;
        tick.text.clear();
        option.widget->style()->drawControl(QStyle::CE_ItemViewItem, &tick, painter, option.widget);
        paintText(painter, option, text.adjusted(2, 0, -4, 0), index);
    }

private:
    void paintText(QPainter* painter, const QStyleOptionViewItem& option, const QRect& rect,
                   const QModelIndex& index) const {
        const Colours& c = m_theme.colours();
        const QTreeWidgetItem* item = m_list.itemFromIndex(index);
        const PickedHit* hit = index.data(kHitRole).toInt() < 0 ? nullptr : m_list.hitOf(item);
        QTextLayout layout;
        layout.setFont(option.font);
        painter->save();
        painter->setPen(c.chromeText);
        if (hit) {
            const bool replaces = index.data(kReplacesRole).toBool();
            for (const int before : kBefore) {
                Line line = lineOf(*hit, before, replaces, index.data(kWordsRole).toString(), c);
                if (!layOut(layout, line, rect)) continue;
                shorten(layout, line, rect);
                break;
            }
            painter->setClipRect(rect);
            layout.draw(painter, QPointF(rect.left(), rect.center().y() - layout.lineAt(0).height() / 2 + 0.5));
        } else {
            QFont font = option.font;
            font.setWeight(QFont::DemiBold);
            painter->setFont(font);
            drawLineOfText(*painter, rect, index.data().toString(), option.direction,
                           Qt::AlignLeading | Qt::AlignVCenter);
        }
        painter->restore();
    }

    // Whether the hit is seen whole.
    static bool layOut(QTextLayout& layout, const Line& line, const QRect& rect) {
        layout.setText(line.text);
        layout.setFormats(line.formats);
        QTextOption option;
        option.setWrapMode(QTextOption::NoWrap);
        option.setAlignment(line.text.isRightToLeft() ? Qt::AlignRight : Qt::AlignLeft);
        layout.setTextOption(option);
        layout.beginLayout();
        QTextLine row = layout.createLine();
        row.setLineWidth(rect.width());
        layout.endLayout();
        const qreal end = row.cursorToX(int(line.hitEnd));
        return end >= 0 && end <= rect.width();
    }

    // Ends in an ellipsis behind the hit, where there is more than room.
    static void shorten(QTextLayout& layout, Line& line, const QRect& rect) {
        const QTextLine row = layout.lineAt(0);
        if (row.naturalTextWidth() <= rect.width()) return;
        const qreal dots = QFontMetricsF(layout.font()).horizontalAdvance(u'…');
        const int end =
            row.xToCursor(line.text.isRightToLeft() ? dots : rect.width() - dots, QTextLine::CursorOnCharacter);
        if (end < line.hitEnd) return;
        line.text = line.text.left(end).trimmed() + u'…';
        layOut(layout, line, rect);
    }

    const Theme& m_theme;
    const HitList& m_list;
};

} // namespace

HitList::HitList(const Theme& theme, QWidget* parent) : QTreeWidget(parent) {
    setObjectName("hitList");
    setAccessibleName(tr("Hits"));
    setHeaderHidden(true);
    setColumnCount(1);
    setIndentation(12);
    setRootIsDecorated(true);
    setUniformRowHeights(true);
    setMouseTracking(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFrameShape(QFrame::NoFrame);
    setItemDelegate(new HitDelegate(theme, *this));
    const auto choose = [this](QTreeWidgetItem* item) {
        if (const PickedHit* hit = hitOf(item)) Q_EMIT hitChosen(nodeOf(item), *hit);
    };
    connect(this, &QTreeWidget::itemActivated, this, choose);
    connect(this, &QTreeWidget::itemClicked, this, [choose](QTreeWidgetItem* item) {
        if (item->data(0, kHitRole).toInt() >= 0) choose(item);
    });
    connect(this, &QTreeWidget::itemChanged, this, [this] {
        if (!m_filling) Q_EMIT tickedChanged();
    });
}

void HitList::addScene(std::size_t index) {
    const Scene& scene = m_scenes[index];
    auto* top = new QTreeWidgetItem({QStringLiteral("%1 · %2").arg(scene.title).arg(scene.hits.size())});
    top->setData(0, Qt::AccessibleTextRole, tr("%1, %n hits", nullptr, int(scene.hits.size())).arg(scene.title));
    top->setData(0, kSceneRole, int(index));
    top->setData(0, kHitRole, -1);
    top->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable | Qt::ItemIsAutoTristate);
    QList<QTreeWidgetItem*> rows;
    for (std::size_t i = 0; i < scene.hits.size(); ++i) {
        const PickedHit& hit = scene.hits[i];
        auto* row = new QTreeWidgetItem;
        row->setData(0, kSceneRole, int(index));
        row->setData(0, kHitRole, int(i));
        row->setText(0, beginningOf(hit.paragraph, hit.match.begin, kBefore[0]) +
                            hit.paragraph.mid(hit.match.begin, kAfter));
        row->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
        row->setCheckState(0, Qt::Checked);
        rows << row;
    }
    top->addChildren(rows);
    top->setCheckState(0, Qt::Checked);
    addTopLevelItem(top);
    top->setExpanded(true);
}

void HitList::setScenes(std::vector<Scene> scenes) {
    const bool wasFilling = std::exchange(m_filling, true);
    clear();
    m_scenes = std::move(scenes);
    for (std::size_t i = 0; i < m_scenes.size(); ++i) addScene(i);
    if (topLevelItemCount() > 0) setCurrentItem(topLevelItem(0)->child(0));
    m_filling = wasFilling;
    Q_EMIT tickedChanged();
}

void HitList::setPreview(const std::function<QString(const PickedHit&)>& words) {
    const bool wasFilling = std::exchange(m_filling, true);
    for (int s = 0; s < topLevelItemCount(); ++s) {
        QTreeWidgetItem* top = topLevelItem(s);
        for (int i = 0; i < top->childCount(); ++i) {
            const PickedHit& hit = m_scenes[std::size_t(s)].hits[std::size_t(i)];
            QTreeWidgetItem* row = top->child(i);
            const QString put = words ? words(hit) : QString();
            row->setData(0, kReplacesRole, bool(words));
            row->setData(0, kWordsRole, put);
            row->setData(0, Qt::AccessibleTextRole,
                         words ? tr("%1: replaced by “%2”").arg(row->text(0), put) : row->text(0));
        }
    }
    m_filling = wasFilling;
    viewport()->update();
}

int HitList::count() const {
    int hits = 0;
    for (const Scene& scene : m_scenes) hits += int(scene.hits.size());
    return hits;
}

std::map<qint64, std::vector<PickedHit>> HitList::ticked() const {
    std::map<qint64, std::vector<PickedHit>> picked;
    for (int s = 0; s < topLevelItemCount(); ++s)
        for (int i = 0; i < topLevelItem(s)->childCount(); ++i)
            if (topLevelItem(s)->child(i)->checkState(0) == Qt::Checked)
                picked[m_scenes[std::size_t(s)].node].push_back(m_scenes[std::size_t(s)].hits[std::size_t(i)]);
    return picked;
}

int HitList::tickedCount() const {
    int hits = 0;
    for (const auto& [node, picked] : ticked()) hits += int(picked.size());
    return hits;
}

const PickedHit* HitList::hitOf(const QTreeWidgetItem* item) const {
    if (!item) return nullptr;
    const Scene& scene = m_scenes[std::size_t(item->data(0, kSceneRole).toInt())];
    return &scene.hits[std::size_t(std::max(0, item->data(0, kHitRole).toInt()))];
}

qint64 HitList::nodeOf(const QTreeWidgetItem* item) const {
    return item ? m_scenes[std::size_t(item->data(0, kSceneRole).toInt())].node : 0;
}

} // namespace palimpsest
