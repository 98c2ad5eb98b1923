"""Lets a person look into a journal, also of a running lane: export, and a list of inspections."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from edge.journal.database import explain, read_only
from edge.journal.open_work import CLOSING, OUTCOME

EXPORT_FORMAT = "scanlane/journal-export/v1"
LIST_LIMIT = 1000

_EXPORT = """
SELECT sequence, CAST(record AS TEXT) AS record, hex(hash) AS hash
FROM entry WHERE sequence >= :first ORDER BY sequence
"""
_INSPECTIONS = """
SELECT inspection_id, count(*) AS entries, min(sequence) AS first, max(sequence) AS last,
       max(kind = :closing) AS closed, max(kind = :outcome) AS outcome
FROM entry WHERE inspection_id IS NOT NULL
GROUP BY inspection_id ORDER BY last DESC LIMIT :limit
"""
_TIME_AND_KIND = """
SELECT json_extract(record, '$.utc') AS utc, kind FROM entry WHERE sequence = :sequence
"""


@dataclass(frozen=True, slots=True)
class InspectionLine:
    """One inspection as a list shows it; times are RFC 3339 UTC."""

    inspection_id: str
    opened_utc: str
    last_utc: str
    last_kind: str
    entries: int
    closed: bool
    has_outcome: bool


def export_entries(path: Path, first: int = 1) -> Iterator[str]:
    """Give the journal as JSON lines: whose it is, then each record with its hash in hex.

    The records stand as they were hashed, so the export verifies like the journal.

    Raises:
        JournalError: the journal cannot be read.
    """
    try:
        with closing(read_only(path)) as connection:
            database = Database(connection)
            (info,) = database.query("SELECT lane, journal_id FROM journal_info")
            yield json.dumps({"format": EXPORT_FORMAT, **info})
            for row in database.query(_EXPORT, {"first": first}):
                digest = str(row["hash"]).lower()
                yield f'{{"hash":"{digest}","record":{row["record"]}}}'
    except sqlite3.Error as error:
        raise explain(error, f"export journal {path}") from error


def list_inspections(path: Path, limit: int = 50) -> list[InspectionLine]:
    """Give the inspections with the newest entries, newest first, at most `LIST_LIMIT`.

    Raises:
        JournalError: the journal cannot be read.
    """
    values = {"closing": CLOSING, "outcome": OUTCOME, "limit": max(0, min(limit, LIST_LIMIT))}
    try:
        with closing(read_only(path)) as connection:
            database = Database(connection)
            return [_line(database, row) for row in database.query(_INSPECTIONS, values)]
    except sqlite3.Error as error:
        raise explain(error, f"list inspections of {path}") from error


def _line(database: Database, row: dict[str, object]) -> InspectionLine:
    (opened,) = database.query(_TIME_AND_KIND, {"sequence": row["first"]})
    (last,) = database.query(_TIME_AND_KIND, {"sequence": row["last"]})
    entries = row["entries"]
    assert isinstance(entries, int)
    return InspectionLine(
        inspection_id=str(row["inspection_id"]),
        opened_utc=str(opened["utc"]),
        last_utc=str(last["utc"]),
        last_kind=str(last["kind"]),
        entries=entries,
        closed=row["closed"] == 1,
        has_outcome=row["outcome"] == 1,
    )
