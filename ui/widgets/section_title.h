// The small heading of a section of a panel: shown in capitals, read out as it is written.
#pragma once

#include "ui/widgets/line_of_text.h"

namespace palimpsest {

class SectionTitle : public LineLabel {
    Q_OBJECT
public:
    explicit SectionTitle(const QString& text, QWidget* parent = nullptr);

    void setTitle(const QString& text);
    static QFont fontFrom(QFont font); // for those that paint one
};

} // namespace palimpsest
