"""Works out what an append writes: places in the chain, checkpoints, and numbered events."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.core.effects import EntryKind
from edge.evidence.chain import Head, record_hash
from edge.evidence.checkpoint import Checkpoint, sign_checkpoint
from edge.evidence.record import Record
from edge.journal.entries import Committed, EventStamp, JournalEntry, OutboxEvent, Statement
from edge.journal.streams import Stream, highest_is

_CHECKPOINT_AFTER = frozenset(
    kind.value
    for kind in (EntryKind.SCAN_ENDED, EntryKind.SCAN_NOT_COMPLETED, EntryKind.INSPECTION_CLOSED)
)


class Tip(NamedTuple):
    """Where a journal ends: its head, its stream, and the sequence of its newest checkpoint."""

    head: Head
    stream: Stream
    checkpoint: int


class Placed(NamedTuple):
    """An append worked out: the tip after it, what its caller learns, and what is written."""

    tip: Tip
    committed: Committed
    statements: list[Statement]


@dataclass(frozen=True, slots=True)
class Seal:
    """What signs the checkpoints of a journal, and how often."""

    lane: str
    journal_id: str
    key: Ed25519PrivateKey
    checkpoint_every: int

    def signed(self, head: Head, utc: str) -> Statement:
        """Write a signed checkpoint at a head."""
        checkpoint = Checkpoint(self.lane, self.journal_id, head, utc)
        text = json.dumps(sign_checkpoint(checkpoint, self.key), separators=(",", ":"))
        return Statement(
            "INSERT INTO checkpoint (upto, signed) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (head.sequence, text),
        )


def place(
    tip: Tip,
    entries: Sequence[JournalEntry],
    events: Sequence[OutboxEvent],
    seal: Seal,
    *,
    signing: bool,
) -> Placed:
    """Work out an append that follows ``tip``; without ``signing`` no checkpoint is made.

    Raises:
        NotCanonical: a body has no canonical JSON.
    """
    statements: list[Statement] = []
    heads: list[Head] = []
    head, stream, checkpoint = tip
    for entry in entries:
        record = _record(head.sequence + 1, entry).to_bytes()
        head = Head(head.sequence + 1, record_hash(head.hash, record))
        heads.append(head)
        statements.append(
            Statement(
                "INSERT INTO entry (sequence, record, hash) VALUES (?, ?, ?)",
                (head.sequence, record.decode(), head.hash),
            )
        )
        due = head.sequence - checkpoint >= seal.checkpoint_every
        if signing and (due or entry.kind in _CHECKPOINT_AFTER):
            statements.append(seal.signed(head, entry.utc))
            checkpoint = head.sequence
    for event in events:
        stream = stream._replace(highest=stream.highest + 1)
        statements.append(_event(event, stream, heads[event.entry], seal.lane))
    if events:
        statements.append(highest_is(stream))
    committed = Committed(
        tuple(one.sequence for one in heads),
        tuple(one.hash.hex() for one in heads),
        tuple(range(tip.stream.highest + 1, stream.highest + 1)),
    )
    return Placed(Tip(head, stream, checkpoint), committed, statements)


def _record(sequence: int, entry: JournalEntry) -> Record:
    return Record(
        sequence, entry.kind, entry.inspection_id, entry.utc, entry.monotonic_ns, entry.body
    )


def _event(event: OutboxEvent, stream: Stream, head: Head, lane: str) -> Statement:
    stamp = EventStamp(lane, stream.stream, stream.highest, head.sequence, head.hash.hex())
    return Statement(
        "INSERT INTO outbox (stream, sequence, event_type, body, journal_sequence)"
        " VALUES (?, ?, ?, ?, ?)",
        (stream.stream, stream.highest, event.event_type, event.write(stamp), head.sequence),
    )
