-- The truth: entries in the order they happened. A record is canonical JSON and the only copy of
-- its facts; kind and inspection_id are read out of it, so they cannot say something else.
CREATE TABLE journal_info (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    lane TEXT NOT NULL,
    journal_id TEXT NOT NULL,
    created_utc TEXT NOT NULL,
    opened_utc TEXT NOT NULL
) STRICT;

CREATE TABLE entry (
    sequence INTEGER PRIMARY KEY,
    record TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    kind TEXT GENERATED ALWAYS AS (
        CASE WHEN json_valid(record) THEN json_extract(record, '$.kind') END
    ) VIRTUAL,
    inspection_id TEXT GENERATED ALWAYS AS (
        CASE WHEN json_valid(record) THEN json_extract(record, '$.inspection_id') END
    ) VIRTUAL
) STRICT;

CREATE INDEX entry_by_inspection ON entry (inspection_id, kind);
CREATE INDEX entry_by_kind ON entry (kind, inspection_id);

-- Against mistakes, not against an enemy: the chain is for him.
CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'journal entries are never changed'); END;
CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'journal entries are never deleted'); END;

CREATE TABLE checkpoint (
    upto INTEGER PRIMARY KEY REFERENCES entry (sequence),
    signed TEXT NOT NULL
) STRICT;
