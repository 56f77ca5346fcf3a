-- Version 1 of the project file. Explained in app/storage/project_format.md; never changed once released: what comes
-- later is 002.sql.
CREATE TABLE project (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    title    TEXT NOT NULL CHECK (length(title) <= 1000),
    created  TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE node (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    parent   INTEGER REFERENCES node (id),
    position INTEGER NOT NULL CHECK (position >= 0),
    kind     INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3),
    title    TEXT NOT NULL CHECK (length(title) <= 1000),
    words    INTEGER NOT NULL DEFAULT 0 CHECK (words >= 0),
    pinned   INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
    trashed  INTEGER NOT NULL DEFAULT 0 CHECK (trashed IN (0, 1))
) STRICT;

CREATE TABLE text (
    node     INTEGER PRIMARY KEY REFERENCES node (id),
    revision INTEGER NOT NULL,
    saved    TEXT NOT NULL,
    body     TEXT NOT NULL,
    sha256   BLOB NOT NULL
) STRICT;

CREATE TABLE draft (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    node       INTEGER NOT NULL REFERENCES node (id),
    state      INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
    created    TEXT NOT NULL,
    text       TEXT NOT NULL,
    request    BLOB NOT NULL,
    trace      BLOB NOT NULL,
    model      TEXT NOT NULL,
    model_hash TEXT NOT NULL
) STRICT;
CREATE INDEX draft_of_node ON draft (node, id);

CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
