-- Events that headquarters has not receipted yet, byte for byte as they are published.
-- The stream with the greatest number is the one in use. given_out is the highest sequence that was
-- ever handed to the publisher: a receipt beyond it shows that this file went back in time.
CREATE TABLE outbox_stream (
    number INTEGER PRIMARY KEY,
    stream TEXT NOT NULL UNIQUE,
    opened_utc TEXT NOT NULL,
    highest INTEGER NOT NULL CHECK (highest >= 0),
    given_out INTEGER NOT NULL CHECK (given_out BETWEEN 0 AND highest),
    released_upto INTEGER NOT NULL CHECK (released_upto BETWEEN 0 AND given_out)
) STRICT;

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    stream TEXT NOT NULL REFERENCES outbox_stream (stream),
    sequence INTEGER NOT NULL CHECK (sequence >= 1),
    event_type TEXT NOT NULL,
    body BLOB NOT NULL,
    journal_sequence INTEGER NOT NULL REFERENCES entry (sequence),
    quarantined INTEGER NOT NULL DEFAULT 0 CHECK (quarantined IN (0, 1)),
    UNIQUE (stream, sequence)
) STRICT;

-- What a tombstone took the place of.
CREATE TABLE outbox_quarantine (
    stream TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    event_type TEXT NOT NULL,
    body BLOB NOT NULL,
    reason TEXT NOT NULL,
    utc TEXT NOT NULL,
    PRIMARY KEY (stream, sequence)
) STRICT;
