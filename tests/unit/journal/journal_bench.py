"""What the journal's tests share: a clock that stands still, entries, events, a fixed key."""

from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.journal.entries import EventStamp, JournalEntry, JournalLimits, OutboxEvent
from edge.journal.store import Journal
from edge.messages.event_data import LaneMode
from edge.messages.events import Place, write_event

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
UTC_TEXT = "2026-01-01T00:00:00.000000Z"


class StillClock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.now_ns = 1_000_000_000

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
