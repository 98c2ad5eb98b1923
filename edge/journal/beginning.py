"""Finds where a journal stands when it is opened, and makes its first rows when it is new."""

import sqlite3
from pathlib import Path
from uuid import uuid4

from edge.errors import JournalUnavailable
from edge.evidence.chain import Head, genesis
from edge.journal.database import explain
from edge.journal.placing import Tip
from edge.journal.streams import Stream


def begin(connection: sqlite3.Connection, path: Path, lane: str, utc: str) -> tuple[str, Tip]:
    """Give the journal's id and where it ends; a new journal gets its id and first stream.

    Raises:
        JournalUnavailable: it belongs to another lane, or cannot be written.
        JournalCorrupt: the file is damaged.
    """
    try:
        _note_opening(connection, lane, utc)
        ((owner, journal_id),) = connection.execute("SELECT lane, journal_id FROM journal_info")
        if owner != lane:
            raise JournalUnavailable(
                f"open journal {path}: it is the journal of lane {owner}, not of {lane}; "
                "name the right state folder"
            )
        return journal_id, Tip(
            _head(connection, lane, journal_id),
            _stream(connection),
            _newest_checkpoint(connection),
        )
    except sqlite3.Error as error:
        raise explain(error, f"open journal {path}") from error


def _note_opening(connection: sqlite3.Connection, lane: str, utc: str) -> None:
    """Write the opening, or the first rows: a commit that proves the file can be written.

    SQLite opens a read-only file without a word and even begins a writing transaction on it.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        if connection.execute("UPDATE journal_info SET opened_utc = ?", (utc,)).rowcount == 0:
            names = (str(uuid4()), str(uuid4()))
            connection.execute(
                "INSERT INTO journal_info VALUES (1, ?, ?, ?, ?)", (lane, names[0], utc, utc)
            )
            connection.execute(
                "INSERT INTO outbox_stream VALUES (1, ?, ?, 0, 0, 0)", (names[1], utc)
            )
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _head(connection: sqlite3.Connection, lane: str, journal_id: str) -> Head:
    newest = connection.execute(
        "SELECT sequence, hash FROM entry ORDER BY sequence DESC LIMIT 1"
    ).fetchone()
    return Head(*newest) if newest else genesis(lane, journal_id)


def _stream(connection: sqlite3.Connection) -> Stream:
    newest = connection.execute(
        "SELECT stream, number, highest, given_out, released_upto FROM outbox_stream"
        " ORDER BY number DESC LIMIT 1"
    ).fetchone()
    return Stream(*newest)


def _newest_checkpoint(connection: sqlite3.Connection) -> int:
    (upto,) = connection.execute("SELECT coalesce(max(upto), 0) FROM checkpoint").fetchone()
    assert isinstance(upto, int)
    return upto
