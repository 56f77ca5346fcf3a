<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US">
<context>
    <name>palimpsest::Binder</name>
    <message numerus="yes">
        <source>Delete %n items of the trash for good?</source>
        <translation>
            <numerusform>Delete %n item of the trash for good?</numerusform>
            <numerusform>Delete %n items of the trash for good?</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n words</source>
        <translation>
            <numerusform>%n word</numerusform>
            <numerusform>%n words</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>palimpsest::BinderTree</name>
    <message numerus="yes">
        <source>%n items</source>
        <translation>
            <numerusform>%n item</numerusform>
            <numerusform>%n items</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>palimpsest::ContextNotes</name>
    <message numerus="yes">
        <source>%n words</source>
        <translation>
            <numerusform>%n word</numerusform>
            <numerusform>%n words</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>palimpsest::FindBar</name>
    <message numerus="yes">
        <source>%n replaced</source>
        <translation>
            <numerusform>%n replaced</numerusform>
            <numerusform>%n replaced</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n hits</source>
        <translation>
            <numerusform>%n hit</numerusform>
            <numerusform>%n hits</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>palimpsest::HitList</name>
    <message numerus="yes">
        <source>%1, %n hits</source>
        <translation>
            <numerusform>%1, %n hit</numerusform>
            <numerusform>%1, %n hits</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>palimpsest::MainWindow</name>
    <message numerus="yes">
        <source>%n items are in the trash.</source>
        <translation>
            <numerusform>%n item is in the trash.</numerusform>
            <numerusform>%n items are in the trash.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>palimpsest::MarkersDialog</name>
    <message numerus="yes">
        <source>%n items have what you removed and will have none.</source>
        <translation>
            <numerusform>%n item has what you removed and will have none.</numerusform>
            <numerusform>%n items have what you removed and will have none.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>palimpsest::OutlineEdits</name>
    <message numerus="yes">
        <source>%n items</source>
        <translation>
            <numerusform>%n item</numerusform>
            <numerusform>%n items</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>palimpsest::PassageStrip</name>
    <message numerus="yes">
        <source>%1 of %n words are new</source>
        <translation>
            <numerusform>%1 of %n word is new</numerusform>
            <numerusform>%1 of %n words are new</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>palimpsest::ProjectSearch</name>
    <message numerus="yes">
        <source>in %n texts</source>
        <translation>
            <numerusform>in %n text</numerusform>
            <numerusform>in %n texts</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n hits %1.</source>
        <translation>
            <numerusform>%n hit %1.</numerusform>
            <numerusform>%n hits %1.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The first %n hits, %1; there are more.</source>
        <translation>
            <numerusform>The first hit, %1; there are more.</numerusform>
            <numerusform>The first %n hits, %1; there are more.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Take %n out</source>
        <translation>
            <numerusform>Take %n out</numerusform>
            <numerusform>Take %n out</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Replace %n</source>
        <translation>
            <numerusform>Replace %n</numerusform>
            <numerusform>Replace %n</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source> %n were changed meanwhile and are left alone.</source>
        <translation>
            <numerusform> %n was changed meanwhile and is left alone.</numerusform>
            <numerusform> %n were changed meanwhile and are left alone.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n replaced %1.</source>
        <translation>
            <numerusform>%n replaced %1.</numerusform>
            <numerusform>%n replaced %1.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>palimpsest::ProvenanceReportDialog</name>
    <message numerus="yes">
        <source>%1 drafted, %2 drafted then edited, of %Ln words.</source>
        <translation>
            <numerusform>%1 drafted, %2 drafted then edited, of %Ln word.</numerusform>
            <numerusform>%1 drafted, %2 drafted then edited, of %Ln words.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>palimpsest::SettingsDialog</name>
    <message numerus="yes">
        <source>%n characters</source>
        <translation>
            <numerusform>%n character</numerusform>
            <numerusform>%n characters</numerusform>
        </translation>
    </message>
</context>
</TS>
