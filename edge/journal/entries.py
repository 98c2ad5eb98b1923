"""What the journal is given and what it gives back: entries, events, statements and limits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

Cell = int | str | bytes | None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One thing to remember.

    Attributes:
        kind: what happened, for example ``verdict.given``.
        inspection_id: the inspection it belongs to, None for the lane itself.
        utc: wall time, RFC 3339 UTC.
        monotonic_ns: monotonic time of the machine in nanoseconds.
        body: the facts, JSON-ready (text, integers to 2^53, finite floats, bool, None, nesting).
    """

    kind: str
    inspection_id: str | None
    utc: str
    monotonic_ns: int
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class EventStamp:
    """What an event can only know once its entry has a place.

    Attributes:
        lane: the lane.
        stream: UUID of the outbox stream.
        sequence: place of the event in the stream, from 1, without gaps.
        journal_sequence: the entry it speaks of.
        journal_head: hash of that entry in hex, the head of the chain.
    """

    lane: str
    stream: str
    sequence: int
    journal_sequence: int
    journal_head: str


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """An event to publish, written into the same transaction as its entry.

    Attributes:
        event_type: type as in the topic.
        entry: index of the entry it speaks of, among those appended with it.
        write: gives the bytes to publish; runs inside `Journal.append`, must not call the journal.
    """

    event_type: str
    entry: int
    write: Callable[[EventStamp], bytes]


class Committed(NamedTuple):
    """Where appended entries stand: their sequences, their hashes in hex, events' sequences."""

    sequences: tuple[int, ...]
    hashes: tuple[str, ...]
    events: tuple[int, ...]


class Statement(NamedTuple):
    """One SQL statement with its values; made only inside this package."""

    sql: str
    values: tuple[Cell, ...]


Also = Callable[[Committed], Sequence[Statement]]
"""Gives the statements that belong into the same transaction as appended entries."""


@dataclass(frozen=True, slots=True)
class JournalLimits:
    """Bounds of a journal.

    Attributes:
        queue: most appends waiting for the writer; with one more the journal refuses until it has
            written them.
        kept: most appends kept beside those while it refuses; with one more it refuses for good.
        mend_ms: pause between two tries to write again.
        batch: most appends in one commit.
        checkpoint_every: a checkpoint is signed at least after so many entries.
        max_bytes: size the database may reach; beyond it appends fail, never overwrite.
        commit_wait_ms: longest wait of a caller that wants the result at once, and of `close`.
    """

    queue: int = 1024
    kept: int = 4096
    mend_ms: int = 1000
    batch: int = 256
    checkpoint_every: int = 256
    max_bytes: int = 8 * 2**30
    commit_wait_ms: int = 10_000
