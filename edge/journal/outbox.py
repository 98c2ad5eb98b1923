"""The outbox: events wait here, byte for byte, until headquarters has receipted them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from edge.clock import Clock, rfc3339
from edge.errors import JournalCorrupt, JournalError
from edge.journal.database import Row
from edge.journal.entries import Committed, JournalEntry, Statement
from edge.journal.store import Journal
from edge.messages.event_data import Tombstone
from edge.messages.events import Place, write_event

QUARANTINED = "outbox.quarantined"
"""Kind of the journal's own entry that says why a tombstone took an event's place."""
_TOMBSTONE = "tombstone"
_REASON_LIMIT = 300
_WAITING = (
    "SELECT sequence, event_type, body, journal_sequence, quarantined FROM outbox"
    " WHERE stream = ? AND sequence > ? ORDER BY sequence LIMIT ?"
)
_ONE = (
    "SELECT sequence, event_type, body, journal_sequence, quarantined FROM outbox"
    " WHERE stream = ? AND sequence = ?"
)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One event that waits, exactly as it is published."""

    sequence: int
    event_type: str
    body: bytes
    journal_sequence: int
    quarantined: bool


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits for receipts: events, their bytes, and how many are tombstones."""

    events: int
    size_bytes: int
    quarantined: int


class Outbox:
    """Reads on its own connection; writes go through the journal's writer and wait for it.

    One for each open journal, used by the publisher's thread. Every method may raise JournalError.
    """

    def __init__(self, journal: Journal, *, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._reader = journal.reader()

    @property
    def stream(self) -> str:
        """UUID of the stream; changes when the database was found rolled back."""
        return self._journal.stream.stream

    def unreceipted(self, after: int, limit: int) -> Sequence[OutboxRow]:
        """Give at most ``limit`` committed, unreleased rows above ``after``, in order.

        That they are given out is on disk before this returns.
        """
        stream = self.stream
        rows = self._reader.rows(_WAITING, stream, after, max(0, limit))
        found = [_row(row) for row in rows]
        if found:
            self._journal.wait(self._journal.give_out(found[-1].sequence))
        return found

    def release(self, upto: int) -> None:
        """Take out every row up to ``upto``: headquarters has said that it stored them.

        A number that this database never gave out shows that the database went back in time.
        Then a new stream begins, with every waiting event in it under a new number, since
        headquarters would drop reused numbers as duplicates; look at `stream` afterwards.
        """
        given_out = self._journal.stream.given_out
        if upto > given_out:
            reason = (
                f"headquarters has event {upto}, this database never gave out any beyond "
                f"{given_out}: it went back in time"
            )
            self._journal.wait(self._journal.start_stream(reason, upto))
            return
        self._journal.wait(self._journal.release(upto))

    def quarantine(self, sequence: int, reason: str) -> None:
        """Put a tombstone in the place of an event that no broker takes; the event is kept.

        A row already released, or already a tombstone, stays as it is. Raises JournalError for a
        sequence that was never assigned.
        """
        stream = self._journal.stream
        row = self._find(stream.stream, sequence)
        if row is None:
            if 1 <= sequence <= stream.released_upto:
                return
            raise JournalError(
                f"quarantine event {sequence}: the stream has {stream.released_upto + 1} to "
                f"{stream.highest}; name one of these"
            )
        if row.quarantined:
            return
        digest = hashlib.sha256(row.body).hexdigest()
        utc = rfc3339(self._clock.utc())
        entry = JournalEntry(
            kind=QUARANTINED,
            inspection_id=None,
            utc=utc,
            monotonic_ns=self._clock.monotonic_ns(),
            body={
                "stream": stream.stream,
                "sequence": sequence,
                "event_type": row.event_type,
                "sha256": digest,
                "reason": reason,
            },
        )

        def replace(committed: Committed) -> Sequence[Statement]:
            body = self._tombstone(row, stream.stream, committed, digest, reason, utc)
            return _replace(row, stream.stream, body, committed.sequences[0], reason, utc)

        self._journal.wait(self._journal.append((entry,), also=replace))

    def highest(self) -> int:
        """Give the highest committed sequence of the stream, 0 before the first."""
        row = self._reader.row("SELECT highest FROM outbox_stream WHERE stream = ?", self.stream)
        if row is None:
            return 0  # a stream just begun, its first commit still on the way
        (highest,) = row
        assert isinstance(highest, int)
        return highest

    def backlog(self) -> Backlog:
        """Say how much waits."""
        row = self._reader.row(
            "SELECT count(*), coalesce(sum(length(body)), 0), coalesce(sum(quarantined), 0)"
            " FROM outbox WHERE stream = ?",
            self.stream,
        )
        assert row is not None
        events, size_bytes, quarantined = row
        assert isinstance(events, int)
        assert isinstance(size_bytes, int)
        assert isinstance(quarantined, int)
        return Backlog(events, size_bytes, quarantined)

    def close(self) -> None:
        """Close the reading connection."""
        self._reader.close()

    def _find(self, stream: str, sequence: int) -> OutboxRow | None:
        row = self._reader.row(_ONE, stream, sequence)
        return None if row is None else _row(row)

    def _tombstone(
        self,
        row: OutboxRow,
        stream: str,
        committed: Committed,
        digest: str,
        reason: str,
        utc: str,
    ) -> bytes:
        original = _own_event(row)
        data = original.get("data")
        subject = original.get("subject")
        return write_event(
            Place(self._journal.lane, stream, row.sequence),
            subject=subject if isinstance(subject, str) else None,
            time=utc,
            data=Tombstone(
                journal_sequence=committed.sequences[0],
                journal_head=committed.hashes[0],
                # An event that does not say so is not vouched for as real.
                simulated=not (isinstance(data, dict) and data.get("simulated") is False),
                replaces_type=row.event_type,
                replaces_sha256=digest,
                reason=reason[:_REASON_LIMIT],
            ),
        )


def _own_event(row: OutboxRow) -> dict[str, object]:
    try:
        event = json.loads(row.body)
    except ValueError as error:
        raise JournalCorrupt(
            f"outbox event {row.sequence} is not JSON any more: {error}; restore a copy"
        ) from error
    return event if isinstance(event, dict) else {}


def _replace(
    row: OutboxRow, stream: str, body: bytes, journal_sequence: int, reason: str, utc: str
) -> list[Statement]:
    return [
        Statement(
            # A journal that did not take it at once may be asked for the same again.
            "INSERT INTO outbox_quarantine (stream, sequence, event_type, body, reason, utc)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (stream, row.sequence, row.event_type, row.body, reason, utc),
        ),
        Statement(
            "UPDATE outbox SET event_type = ?, body = ?, journal_sequence = ?, quarantined = 1"
            " WHERE stream = ? AND sequence = ?",
            (_TOMBSTONE, body, journal_sequence, stream, row.sequence),
        ),
    ]


def _row(row: Row) -> OutboxRow:
    sequence, event_type, body, journal_sequence, quarantined = row
    assert isinstance(sequence, int)
    assert isinstance(event_type, str)
    assert isinstance(body, bytes)
    assert isinstance(journal_sequence, int)
    return OutboxRow(sequence, event_type, body, journal_sequence, quarantined == 1)
