-- What came down from headquarters and must not be forgotten or acted on twice.
CREATE TABLE seen_command (
    command_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    request_sha256 BLOB NOT NULL CHECK (length(request_sha256) = 32),
    response BLOB NOT NULL,
    expires_utc TEXT NOT NULL
) STRICT;
CREATE INDEX seen_command_by_expiry ON seen_command (expires_utc);

-- One version received with other bytes is kept beside the first: that contradiction is a fact.
CREATE TABLE manifest (
    id INTEGER PRIMARY KEY,
    manifest_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    body BLOB NOT NULL,
    received_utc TEXT NOT NULL,
    UNIQUE (manifest_id, version, sha256)
) STRICT;

CREATE TABLE manifest_identifier (
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    manifest INTEGER NOT NULL REFERENCES manifest (id),
    PRIMARY KEY (kind, value, manifest)
) STRICT, WITHOUT ROWID;
