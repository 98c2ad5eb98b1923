"""What headquarters has stored: one SQLite file, every event once, and flat views on top.

The primary key ``(stream, sequence)`` makes the effect of a delivery exactly once, for ever.
"""

import fcntl
import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlite_utils import Database

from edge.errors import PublishError
from edge.messages.events import read_event
from edge.messages.state import Health, Meta, Span, State
from headquarters.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator

_BUSY_TIMEOUT_S = 5.0
_SPANS_LIMIT = 64
_SCAN_LIMIT = 20_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
  stream TEXT NOT NULL, sequence INTEGER NOT NULL, lane TEXT NOT NULL, type TEXT NOT NULL,
  subject TEXT, time TEXT NOT NULL, received TEXT NOT NULL, problem TEXT, sha256 TEXT NOT NULL,
  body TEXT NOT NULL, PRIMARY KEY (stream, sequence)) STRICT;
CREATE INDEX IF NOT EXISTS events_subject ON events (subject);
CREATE INDEX IF NOT EXISTS events_type ON events (lane, type);
CREATE TABLE IF NOT EXISTS conflicts (
  stream TEXT NOT NULL, sequence INTEGER NOT NULL, lane TEXT NOT NULL, received TEXT NOT NULL,
  sha256 TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (stream, sequence, sha256)) STRICT;
CREATE TABLE IF NOT EXISTS rejected (
  id INTEGER PRIMARY KEY, topic TEXT NOT NULL, received TEXT NOT NULL, problem TEXT NOT NULL,
  sha256 TEXT NOT NULL UNIQUE, payload BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS streams (
  stream TEXT PRIMARY KEY, lane TEXT NOT NULL, upto INTEGER NOT NULL, highest INTEGER NOT NULL,
  first_seen TEXT NOT NULL, last_seen TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS lanes (
  lane TEXT PRIMARY KEY, online INTEGER, boot TEXT, session INTEGER, software TEXT,
  backlog INTEGER, simulated INTEGER, updated TEXT NOT NULL, health TEXT, meta TEXT) STRICT;
CREATE TABLE IF NOT EXISTS sent (
  id TEXT NOT NULL, kind TEXT NOT NULL, lane TEXT NOT NULL, time TEXT NOT NULL, body TEXT NOT NULL,
  response TEXT, PRIMARY KEY (id, kind, lane, time)) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One event as it arrived, with the key its labels claim (0 and empty where absent)."""

    topic: str
    lane: str
    payload: bytes
    labelled_stream: str
    labelled_sequence: int
    received: str


@dataclass(frozen=True, slots=True)
class StreamState:
    """How far one stream is stored: without a gap up to ``upto``, at most up to ``highest``."""

    stream: str
    lane: str
    upto: int
    highest: int
    missing: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    stream: str
    sequence: int
    lane: str
    type: str
    subject: str | None
    time: str
    received: str
    problem: str | None
    sha256: str
    body: str


class Store:
    """The database of headquarters; one thread uses one Store."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._database = Database(connection)

    @classmethod
    def open(cls, folder: Path) -> "Store":
        """Open or make ``headquarters.db`` in a folder. Raises PublishError."""
        path = folder / "headquarters.db"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _opening_alone(folder):
                connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.executescript(_SCHEMA)
                store = cls(connection)
                for name, query in VIEWS.items():
                    store._database.create_view(name, query, replace=True)
        except (OSError, sqlite3.Error) as error:
            raise PublishError(f"store {path}: cannot open: {error}; check the folder") from error
        return store

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def add(self, batch: Sequence[Incoming]) -> tuple[StreamState, ...]:
        """Store a batch in one durable transaction; give the streams it touched.

        A repeated event has no effect. The same key with another body is kept beside it as a
        conflict; what has no key at all is kept as rejected, so that it cannot come again for ever.

        Raises:
            PublishError: the store cannot be written; acknowledge nothing.
        """
        touched: dict[str, str] = {}
        with self._transaction():
            for incoming in batch:
                row = _row(incoming)
                if isinstance(row, str):
                    self._reject(incoming, row)
                elif self._owner(row) != row.lane:
                    self._reject(incoming, f"stream {row.stream} belongs to another lane")
                else:
                    self._insert(row)
                    touched[row.stream] = row.lane
            return tuple(self._advance(stream) for stream in touched)

    def streams(self) -> tuple[StreamState, ...]:
        """Give the newest stream of every lane, for the receipts after a start."""
        rows = self._connection.execute(
            "SELECT stream FROM streams s WHERE last_seen = "
            "(SELECT max(last_seen) FROM streams WHERE lane = s.lane) GROUP BY lane"
        ).fetchall()
        with self._transaction():
            return tuple(self._advance(stream) for (stream,) in rows)

    def lane_state(self, state: State, received: str) -> None:
        """Note a birth or a will. A late will of an earlier session changes nothing."""
        with self._transaction():
            self._connection.execute(
                "INSERT INTO lanes (lane, online, boot, session, software, backlog, simulated,"
                " updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (lane) DO UPDATE SET"
                " online = excluded.online, boot = excluded.boot, session = excluded.session,"
                " software = excluded.software, backlog = excluded.backlog,"
                " simulated = excluded.simulated, updated = excluded.updated"
                " WHERE excluded.online OR lanes.boot IS NOT excluded.boot"
                " OR excluded.session >= lanes.session",
                (
                    state.lane,
                    int(state.online),
                    state.boot,
                    state.session,
                    state.software,
                    state.backlog,
                    int(state.simulated),
                    received,
                ),
            )

    def lane_note(self, lane: str, note: Health | Meta, received: str) -> None:
        """Note the newest health or self-description of a lane."""
        column = "health" if isinstance(note, Health) else "meta"
        with self._transaction():
            self._connection.execute(
                f"INSERT INTO lanes (lane, updated, {column}) VALUES (?, ?, ?)"  # noqa: S608  # one of two names of ours
                f" ON CONFLICT (lane) DO UPDATE SET {column} = excluded.{column},"
                " updated = excluded.updated",
                (lane, received, note.model_dump_json(exclude_none=True)),
            )

    def note_sent(self, *, identifier: str, kind: str, lane: str, time: str, body: bytes) -> None:
        """Keep what was sent to a lane."""
        with self._transaction():
            self._connection.execute(
                "INSERT OR REPLACE INTO sent (id, kind, lane, time, body) VALUES (?, ?, ?, ?, ?)",
                (identifier, kind, lane, time, body.decode()),
            )

    def note_response(self, *, identifier: str, lane: str, response: bytes) -> None:
        """Keep the response to a command."""
        with self._transaction():
            self._connection.execute(
                "UPDATE sent SET response = ? WHERE id = ? AND lane = ? AND kind = 'command'",
                (response.decode(errors="replace"), identifier, lane),
            )

    def lane_key(self, lane: str) -> str:
        """Give the public key a lane last published in its self-description, "" when none."""
        row = self._connection.execute(
            "SELECT json_extract(meta, '$.public_key') FROM lanes WHERE lane = ?", (lane,)
        ).fetchone()
        return str(row[0]) if row and row[0] else ""

    def sent(self, kind: str) -> tuple[tuple[str, bytes], ...]:
        """Give lane and body of everything of a kind that was sent, oldest first."""
        rows = self._connection.execute(
            "SELECT lane, body FROM sent WHERE kind = ? ORDER BY time", (kind,)
        )
        return tuple((lane, body.encode()) for lane, body in rows)

    def rows(self, view: str, *, limit: int = 100) -> list[dict[str, object]]:
        """Give the newest rows of a view, for people. Raises PublishError for another name."""
        if view not in VIEWS:
            raise PublishError(f"view {view!r} does not exist; choose one of {', '.join(VIEWS)}")
        found: Iterable[dict[str, object]] = self._database.view(view).rows_where(limit=limit)
        return list(found)

    def count(self) -> int:
        """Give the number of events stored."""
        (number,) = self._connection.execute("SELECT count(*) FROM events").fetchone()
        return int(number)

    def bodies(self, stream: str) -> "Iterator[tuple[int, str, str]]":
        """Give sequence, sha256 and body of every event of a stream, in order."""
        yield from self._connection.execute(
            "SELECT sequence, sha256, body FROM events WHERE stream = ? ORDER BY sequence",
            (stream,),
        )

    def all_streams(self) -> tuple[str, ...]:
        """Give every stream."""
        return tuple(row[0] for row in self._connection.execute("SELECT stream FROM streams"))

    @contextmanager
    def _transaction(self) -> "Iterator[None]":
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise PublishError(
                f"store: cannot write: {error}; check disk space and rights, nothing was stored"
            ) from error

    def _owner(self, row: _Row) -> str:
        self._connection.execute(
            "INSERT OR IGNORE INTO streams VALUES (?, ?, 0, 0, ?, ?)",
            (row.stream, row.lane, row.received, row.received),
        )
        (lane,) = self._connection.execute(
            "SELECT lane FROM streams WHERE stream = ?", (row.stream,)
        ).fetchone()
        return str(lane)

    def _insert(self, row: _Row) -> None:
        inserted = self._connection.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                row.stream,
                row.sequence,
                row.lane,
                row.type,
                row.subject,
                row.time,
                row.received,
                row.problem,
                row.sha256,
                row.body,
            ),
        ).rowcount
        self._connection.execute(
            "UPDATE streams SET highest = max(highest, ?), last_seen = ? WHERE stream = ?",
            (row.sequence, row.received, row.stream),
        )
        if not inserted:
            self._connection.execute(
                "INSERT OR IGNORE INTO conflicts SELECT ?, ?, ?, ?, ?, ? WHERE NOT EXISTS"
                " (SELECT 1 FROM events WHERE stream = ? AND sequence = ? AND sha256 = ?)",
                (
                    row.stream,
                    row.sequence,
                    row.lane,
                    row.received,
                    row.sha256,
                    row.body,
                    row.stream,
                    row.sequence,
                    row.sha256,
                ),
            )

    def _reject(self, incoming: Incoming, problem: str) -> None:
        digest = hashlib.sha256(incoming.payload).hexdigest()
        self._connection.execute(
            "INSERT OR IGNORE INTO rejected (topic, received, problem, sha256, payload)"
            " VALUES (?, ?, ?, ?, ?)",
            (incoming.topic, incoming.received, problem, digest, incoming.payload),
        )

    def _advance(self, stream: str) -> StreamState:
        lane, upto, highest = self._connection.execute(
            "SELECT lane, upto, highest FROM streams WHERE stream = ?", (stream,)
        ).fetchone()
        present = self._connection.execute(
            "SELECT sequence FROM events WHERE stream = ? AND sequence > ?"
            " ORDER BY sequence LIMIT ?",
            (stream, upto, _SCAN_LIMIT),
        )
        missing: list[Span] = []
        expected = upto + 1
        for (sequence,) in present:
            if sequence > expected:
                missing.append(Span(expected, sequence - 1))
            elif not missing:
                upto = sequence
            expected = sequence + 1
        self._connection.execute("UPDATE streams SET upto = ? WHERE stream = ?", (upto, stream))
        return StreamState(stream, lane, upto, highest, tuple(missing[:_SPANS_LIMIT]))


@contextmanager
def _opening_alone(folder: Path) -> "Iterator[None]":
    """Let one process at a time make the database: a collector and a sender often start together.

    SQLite does not wait for another opener while it switches to WAL, and a view is looked up and
    made in two steps.
    """
    with (folder / "headquarters.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _row(incoming: Incoming) -> _Row | str:
    """Make a row of what arrived, or say why it has no place in the store."""
    digest = hashlib.sha256(incoming.payload).hexdigest()
    body = incoming.payload.decode(errors="replace")
    try:
        event = read_event(incoming.payload)
    except PublishError as error:
        if not incoming.labelled_stream or incoming.labelled_sequence < 1:
            return str(error)
        return _Row(
            incoming.labelled_stream,
            incoming.labelled_sequence,
            incoming.lane,
            "unreadable",
            None,
            incoming.received,
            incoming.received,
            str(error),
            digest,
            json.dumps(body),
        )
    if event.lane != incoming.lane:
        return f"source {event.source} on the topic of lane {incoming.lane}"
    return _Row(
        event.stream,
        event.number,
        event.lane,
        event.event_type,
        event.subject,
        event.time,
        incoming.received,
        None,
        digest,
        body,
    )
