"""What the journal's tests share: a clock that stands still, entries, events, a fixed key."""

import resource
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.errors import JournalError
from edge.journal.database import Reader
from edge.journal.entries import EventStamp, JournalEntry, JournalLimits, OutboxEvent
from edge.journal.outbox import Outbox
from edge.journal.recovery import recover
from edge.journal.store import Journal
from edge.messages.event_data import LaneMode
from edge.messages.events import Place, write_event

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
UTC_TEXT = "2026-01-01T00:00:00.000000Z"
LIMITS = JournalLimits(queue=8, kept=8, mend_ms=1000)
SMALL = JournalLimits(max_bytes=60 * 4096)
SECOND_NS = 1_000_000_000


class StillClock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.now_ns = SECOND_NS

    def monotonic_ns(self) -> int:
        return self.now_ns

    def utc(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)


def entry(kind: str = "lane.mode", inspection: str | None = None, **body: object) -> JournalEntry:
    return JournalEntry(kind, inspection, UTC_TEXT, 5, body)


def event(mode: str = "ready", index: int = 0) -> OutboxEvent:
    def write(stamp: EventStamp) -> bytes:
        return write_event(
            Place(stamp.lane, stamp.stream, stamp.sequence),
            subject=None,
            time=UTC_TEXT,
            data=LaneMode(
                journal_sequence=stamp.journal_sequence,
                journal_head=stamp.journal_head,
                simulated=False,
                mode=mode,
                packml_state=4,
            ),
        )

    return OutboxEvent("lane.mode", index, write)


def open_journal(
    folder: Path,
    *,
    inline: bool = True,
    limits: JournalLimits | None = None,
    lane: str = "lane-1",
    key: Ed25519PrivateKey = KEY,
    clock: StillClock | None = None,
) -> Journal:
    return Journal.open(
        folder / "journal.db",
        lane,
        key,
        clock=clock or StillClock(),
        limits=limits,
        inline=inline,
    )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program holds the database: nothing can be written, and nothing is lost."""
    stranger = sqlite3.connect(path, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        stranger.execute("ROLLBACK")
        stranger.close()


@contextmanager
def no_file_grows() -> Iterator[None]:
    """Every write beyond a file's first bytes fails, as on a disk that has broken."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def wait_until(fact: Callable[[], bool]) -> None:
    """Wait for what another thread does, not for ever."""
    never = threading.Event()
    for _ in range(3000):
        if fact():
            return
        never.wait(0.01)
    raise AssertionError("it never became so")


def on_disk(path: Path) -> list[int]:
    reader = Reader(path)
    try:
        sql = "SELECT json_extract(record, '$.body.n') FROM entry ORDER BY sequence"
        return [int(str(n)) for (n,) in reader.rows(sql)]
    finally:
        reader.close()


def refused(journal: Journal, n: int) -> JournalError:
    error = journal.append([entry(n=n)], [event()]).exception(0)
    assert isinstance(error, JournalError)
    return error


def check_sound(folder: Path, entries: int) -> None:
    again = open_journal(folder)
    report = recover(again, whole=True)
    assert report.complaints() == []
    assert report.head.sequence == entries
    outbox = Outbox(again, clock=StillClock())
    rows = outbox.unreceipted(0, 1000)
    outbox.close()
    again.close()
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
    assert [row.journal_sequence for row in rows] == list(range(1, entries + 1))
