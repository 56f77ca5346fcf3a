-- Version 2 of the project file. Explained in app/storage/project_format.md; never changed once released.
--
-- Foreign keys are not enforced while a script runs (they are checked after it): a table that others refer to can be
-- made anew under its own name.
CREATE TABLE marker (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    family   INTEGER NOT NULL CHECK (family IN (0, 1)),
    position INTEGER NOT NULL CHECK (position >= 0),
    name     TEXT NOT NULL CHECK (length(name) <= 1000),
    colour   INTEGER NOT NULL CHECK (colour BETWEEN 0 AND 0xFFFFFF),
    shape    INTEGER NOT NULL CHECK (shape >= 0)
) STRICT;
-- The colours are those of Okabe and Ito, told apart by colour-blind readers too.
INSERT INTO marker (family, position, name, colour, shape) VALUES
    (0, 0, 'To do', 0x999999, 5),
    (0, 1, 'First draft', 0xE69F00, 6),
    (0, 2, 'Revised', 0x56B4E9, 0),
    (0, 3, 'Done', 0x009E73, 1),
    (1, 0, 'Main thread', 0x0072B2, 3),
    (1, 1, 'Second thread', 0xCC79A7, 0),
    (1, 2, 'Backstory', 0x999999, 1),
    (1, 3, 'Check the facts', 0xD55E00, 2);

CREATE TABLE node_of_version_2 (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    parent   INTEGER REFERENCES node_of_version_2 (id),
    position INTEGER NOT NULL CHECK (position >= 0),
    kind     INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 5),
    title    TEXT NOT NULL CHECK (length(title) <= 1000),
    words    INTEGER NOT NULL DEFAULT 0 CHECK (words >= 0),
    pinned   INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
    trashed  INTEGER NOT NULL DEFAULT 0 CHECK (trashed IN (0, 1)),
    synopsis TEXT NOT NULL DEFAULT '' CHECK (length(synopsis) <= 100000),
    status   INTEGER REFERENCES marker (id),
    label    INTEGER REFERENCES marker (id)
) STRICT;
INSERT INTO node_of_version_2 (id, parent, position, kind, title, words, pinned, trashed)
    SELECT id, parent, position, kind, title, words, pinned, trashed FROM node;
DROP TABLE node;
ALTER TABLE node_of_version_2 RENAME TO node;

ALTER TABLE project ADD COLUMN uuid TEXT NOT NULL DEFAULT '';
UPDATE project SET uuid = lower(hex(randomblob(16)));

-- History: a text once, however many revisions and snapshots hold it.
CREATE TABLE past_text (
    id     INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE,
    body   BLOB NOT NULL
) STRICT;
CREATE TABLE snapshot (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    node    INTEGER REFERENCES node (id),
    name    TEXT NOT NULL CHECK (length(name) <= 1000),
    created TEXT NOT NULL,
    tree    BLOB NOT NULL
) STRICT;
CREATE TABLE revision (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    node     INTEGER NOT NULL REFERENCES node (id),
    past     INTEGER NOT NULL REFERENCES past_text (id),
    snapshot INTEGER REFERENCES snapshot (id),
    cause    INTEGER NOT NULL CHECK (cause >= 0),
    saved    TEXT NOT NULL,
    kept     TEXT NOT NULL,
    words    INTEGER NOT NULL CHECK (words >= 0)
) STRICT;
CREATE INDEX revision_of_node ON revision (node, id);
CREATE INDEX revision_of_snapshot ON revision (snapshot) WHERE snapshot IS NOT NULL;
CREATE INDEX revision_of_past ON revision (past);

-- Made from the texts, in step with them.
CREATE TABLE pinned_passage (
    node     INTEGER NOT NULL REFERENCES node (id),
    position INTEGER NOT NULL,
    text     TEXT NOT NULL,
    PRIMARY KEY (node, position)
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE word_index USING fts5 (body, tokenize = 'unicode61 remove_diacritics 2');
