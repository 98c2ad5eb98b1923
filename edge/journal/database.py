"""Opens the journal's database: lock, pragmas, readers, and SQLite's errors in our words."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Lock
from urllib.parse import quote

from edge.errors import JournalCorrupt, JournalError, JournalUnavailable
from edge.journal.entries import Cell, JournalLimits
from edge.journal.migrating import migrate

Row = tuple[Cell, ...]

_PAGE_BYTES = 4096
_BUSY_MS = 2000
_WAL_LIMIT_BYTES = 64 * 2**20
_CORRUPT_CODES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_REMEDIES = {
    sqlite3.SQLITE_FULL: "free disk space or raise the journal's limit",
    sqlite3.SQLITE_READONLY: "make the state folder writable for scanlane",
    sqlite3.SQLITE_CANTOPEN: "check that the state folder exists and is writable",
    sqlite3.SQLITE_IOERR: "check the disk, then start the machine anew, not scanlane alone",
    sqlite3.SQLITE_BUSY: "another program holds the database; end it",
    sqlite3.SQLITE_LOCKED: "another program holds the database; end it",
}
_REMEDY = "look at the disk and the state folder, then restart scanlane"


def explain(error: sqlite3.Error, tried: str) -> JournalError:
    """Turn an error of SQLite into ours, with what was tried and what to do."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else -1
    if primary in _CORRUPT_CODES:
        return JournalCorrupt(f"{tried}: {error}; keep the file for examination, restore a copy")
    return JournalUnavailable(f"{tried}: {error}; {_REMEDIES.get(primary, _REMEDY)}")


class FolderLock:
    """Holds a journal for one process; the kernel drops it when the process dies."""

    def __init__(self, path: Path) -> None:
        """Take the lock beside the database.

        Raises:
            JournalUnavailable: another process has it, or the folder cannot be written.
        """
        name = path.with_name(path.name + ".lock")
        try:
            self._fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise JournalUnavailable(
                f"open {name}: {error.strerror}; make the state folder exist and be writable"
            ) from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(self._fd, 20).decode("ascii", "replace").strip() or "unknown"
            self.release()
            raise JournalUnavailable(
                f"{path}: another scanlane runs on this state folder (process {holder}); "
                "end it, or give this one a state folder of its own"
            ) from error
        try:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            # The number is a courtesy to people; on a full disk the lock holds without it.
            return

    def release(self) -> None:
        """Give the lock back; harmless when given back already."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def open_writer(path: Path, limits: JournalLimits, utc: str) -> sqlite3.Connection:
    """Open the one writing connection and bring the tables up to date.

    Raises:
        JournalUnavailable: cannot be opened or written.
        JournalCorrupt: the file is damaged or no database.
    """
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        configure(connection, limits)
        migrate(connection, path, utc)
    except (sqlite3.Error, JournalError) as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.Error):
            raise explain(error, f"open journal {path}") from error
        raise
    return connection


def configure(connection: sqlite3.Connection, limits: JournalLimits) -> None:
    """Set how a writing connection writes. Raises sqlite3.Error."""
    for pragma in (
        f"busy_timeout = {_BUSY_MS}",
        f"page_size = {_PAGE_BYTES}",
        "journal_mode = WAL",
        # Anything less loses acknowledged commits at a power cut.
        "synchronous = FULL",
        "foreign_keys = ON",
        f"journal_size_limit = {_WAL_LIMIT_BYTES}",
        f"max_page_count = {max(1, limits.max_bytes // _PAGE_BYTES)}",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def read_only(path: Path) -> sqlite3.Connection:
    """Open a connection that cannot write. Raises sqlite3.Error; see `explain`."""
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}").fetchall()
        # Opening is lazy: without this a missing or foreign file shows only at the first query.
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def open_anchor(path: Path) -> sqlite3.Connection:
    """Open the read-only connection that the writer keeps beside its own. Raises JournalError."""
    try:
        return read_only(path)
    except sqlite3.Error as error:
        raise explain(error, f"open journal {path}") from error


class Reader:
    """A read-only connection of its own; sees committed rows only. Usable from any thread."""

    def __init__(self, path: Path) -> None:
        """Open the database for reading.

        Raises:
            JournalUnavailable: it is not there or cannot be read.
        """
        self._path = path
        self._lock = Lock()
        try:
            self._connection = read_only(path)
        except sqlite3.Error as error:
            raise explain(error, f"open journal {path} for reading") from error

    def rows(self, sql: str, *values: Cell) -> list[Row]:
        """Give all rows of a query that is bounded by its own text. Raises JournalError."""
        with self._lock:
            try:
                return self._connection.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise explain(error, f"read journal {self._path}") from error

    def row(self, sql: str, *values: Cell) -> Row | None:
        """Give the first row of a query, None when there is none. Raises JournalError."""
        with self._lock:
            try:
                with closing(self._connection.execute(sql, values)) as cursor:
                    row: Row | None = cursor.fetchone()
                    return row
            except sqlite3.Error as error:
                raise explain(error, f"read journal {self._path}") from error

    def walk(self, sql: str, *values: Cell) -> Iterator[Row]:
        """Give the rows of a query one by one, however many. Raises JournalError."""
        try:
            with closing(self._connection.execute(sql, values)) as cursor:
                yield from cursor
        except sqlite3.Error as error:
            raise explain(error, f"read journal {self._path}") from error

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
