"""Reads entries back: as links of the chain, and as records by inspection."""

from collections.abc import Iterable, Iterator

from edge.core.effects import EntryKind
from edge.errors import JournalCorrupt
from edge.evidence.chain import Link
from edge.evidence.record import Record, read_record
from edge.journal.database import Reader, Row

INSPECTION_ENTRIES_LIMIT = 10_000
"""No inspection has so many entries; a longer one is read up to here."""

_LINKS = """
SELECT sequence, CAST(record AS BLOB), hash FROM entry WHERE sequence >= ? ORDER BY sequence
"""
_OF_INSPECTION = """
SELECT CAST(record AS BLOB) FROM entry WHERE inspection_id = ? ORDER BY sequence LIMIT ?
"""
_OF_KIND = """
SELECT CAST(record AS BLOB) FROM entry WHERE kind = ? ORDER BY sequence DESC LIMIT ?
"""
_OUTCOME = """
SELECT CAST(record AS BLOB) FROM entry WHERE inspection_id = ? AND kind = ?
ORDER BY sequence DESC LIMIT 1
"""

_OF_KIND = """
SELECT record FROM (SELECT sequence, CAST(record AS BLOB) AS record FROM entry WHERE kind = ?
ORDER BY sequence DESC LIMIT ?) ORDER BY sequence
"""


def links(reader: Reader, first: int) -> Iterator[Link]:
    """Give the links of the chain from sequence ``first`` on, however many. Raises JournalError."""
    for sequence, record, digest in reader.walk(_LINKS, first):
        assert isinstance(sequence, int)
        assert isinstance(record, bytes)
        assert isinstance(digest, bytes)
        yield Link(sequence, record, digest)


def entries_of(reader: Reader, inspection_id: str) -> list[Record]:
    """Give the entries of one inspection in order. Raises JournalError."""
    return list(records(reader.rows(_OF_INSPECTION, inspection_id, INSPECTION_ENTRIES_LIMIT)))


def newest_of(reader: Reader, kind: str, limit: int) -> list[Record]:
    """Give the newest entries of a kind, newest first, ``limit`` at most. Raises JournalError."""
    return list(records(reader.rows(_OF_KIND, kind, limit)))


def outcome_of(reader: Reader, inspection_id: str) -> Record | None:
    """Give the newest outcome entered for an inspection, None before one. Raises JournalError."""
    found = reader.rows(_OUTCOME, inspection_id, EntryKind.OUTCOME_GIVEN.value)
    return next(iter(records(found)), None)


def newest_of_kind(reader: Reader, kind: str, limit: int) -> list[Record]:
    """Give the newest entries of one kind, at most ``limit``, in order. Raises JournalError."""
    return list(records(reader.rows(_OF_KIND, kind, limit)))


def newest_inspection(reader: Reader) -> str | None:
    """Give the highest inspection id ever entered, None before the first. Raises JournalError."""
    found = reader.row("SELECT max(inspection_id) FROM entry")
    newest = found[0] if found else None
    assert newest is None or isinstance(newest, str)
    return newest


def records(rows: Iterable[Row]) -> Iterator[Record]:
    """Read rows that begin with a record. Raises JournalCorrupt when one is none."""
    for stored, *_ in rows:
        assert isinstance(stored, bytes)
        try:
            yield read_record(stored)
        except ValueError as error:
            raise JournalCorrupt(f"{error}; verify the journal and restore a copy") from error
