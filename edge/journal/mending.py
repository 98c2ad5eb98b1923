"""Goes on after a write that failed: when that may be done, and what must be seen before it is.

After a failed sync the kernel may call pages clean that never reached the disk, also for who opens
the file anew: such a file is not written again before the machine has started anew. A disk that was
full, a lock, or a folder that was not writable lose nothing: the transaction was never there.
"""

import sqlite3
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from edge.errors import JournalCorrupt
from edge.evidence.chain import Head, genesis, record_hash
from edge.journal.checkpoints import Origin
from edge.journal.database import configure
from edge.journal.entries import JournalLimits

_PASSING = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
    }
)
_PASSING_WHOLE = frozenset({sqlite3.SQLITE_IOERR_SHMSIZE})
"""No room for the index of the log in shared memory, which holds nothing that must last."""


class FileId(NamedTuple):
    """Which file it is, whatever it is called."""

    device: int
    inode: int


def file_id(path: Path) -> FileId:
    """Say which file lies at a path. Raises OSError."""
    found = path.stat()
    return FileId(found.st_dev, found.st_ino)


def passes(error: sqlite3.Error) -> bool:
    """Whether writing may be tried again once the cause is gone: nothing can have been lost."""
    code = getattr(error, "sqlite_errorcode", None)
    if not isinstance(code, int):
        return False
    return code in _PASSING_WHOLE or code & 0xFF in _PASSING


def reopen(path: Path, limits: JournalLimits, file: FileId) -> sqlite3.Connection:
    """Open the same file anew for writing.

    Raises:
        sqlite3.Error: it cannot be opened now.
        JournalCorrupt: another file lies there.
    """
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        configure(connection, limits)
        _check_same(path, file)
    except (sqlite3.Error, JournalCorrupt):
        connection.close()
        raise
    return connection


def _check_same(path: Path, file: FileId) -> None:
    try:
        same = file_id(path) == file
    except OSError:
        same = False  # moved away since it was opened
    if not same:
        raise JournalCorrupt(
            f"write journal {path}: another file lies there now; restart scanlane, so that it is "
            "verified first"
        )


def ending(connection: sqlite3.Connection, path: Path, origin: Origin) -> Head:
    """Give where the chain ends on disk; its last link is worked out anew.

    Raises:
        sqlite3.Error: it cannot be read.
        JournalCorrupt: the last record does not fit its hash or the record before it.
    """
    rows = connection.execute(
        "SELECT sequence, CAST(record AS BLOB), hash FROM entry ORDER BY sequence DESC LIMIT 2"
    ).fetchall()
    start = genesis(origin.lane, origin.journal_id)
    if not rows:
        return start
    sequence, record, digest = rows[0]
    before = Head(rows[1][0], rows[1][2]) if len(rows) > 1 else start
    if before.sequence != sequence - 1 or record_hash(before.hash, record) != digest:
        raise JournalCorrupt(
            f"write journal {path}: record {sequence} at its end does not verify; keep the file "
            "for examination, restore a copy"
        )
    return Head(sequence, digest)
