"""A port fake: the outbox in memory, with real events as bodies."""

import threading
from dataclasses import dataclass

from edge.messages.event_data import EventData, LaneMode, Tombstone
from edge.messages.events import Place, type_of, write_event

LANE = "cargo-1"
STREAM = "0f6f8cd0-1111-4222-8333-944445555666"
OTHER_STREAM = "ffffffff-1111-4222-8333-944445555666"
TIME = "2026-01-31T08:00:00.000000Z"
HEAD = "ab" * 32


@dataclass(frozen=True, slots=True)
class Row:
    sequence: int
    event_type: str
    body: bytes


def lane_mode(number: int, filler: str = "") -> LaneMode:
    return LaneMode(
        journal_sequence=number,
        journal_head=HEAD,
        simulated=True,
        mode="idle",
        packml_state=4,
        reason=filler,
    )


def row(sequence: int, data: EventData | None = None, *, stream: str = STREAM) -> Row:
    data = data or lane_mode(sequence)
    place = Place(LANE, stream, sequence)
    return Row(sequence, type_of(data), write_event(place, subject=None, time=TIME, data=data))


class FakeOutbox:
    def __init__(self, count: int = 0, *, sent_before: int | None = None) -> None:
        self._sent_before = sent_before
        self._lock = threading.Lock()
        self._stream = STREAM
        self._rows = {number: row(number) for number in range(1, count + 1)}
        self._highest = count
        self.released = 0
        self.quarantined: list[int] = []
        self.drained = threading.Event()

    @property
    def stream(self) -> str:
        return self._stream

    def append(self, data: EventData | None = None) -> None:
        with self._lock:
            self._highest += 1
            self._rows[self._highest] = row(self._highest, data, stream=self._stream)
            self.drained.clear()

    def unreceipted(self, after: int, limit: int) -> list[Row]:
        with self._lock:
            numbers = sorted(one for one in self._rows if one > after)[:limit]
            return [self._rows[one] for one in numbers]

    def release(self, upto: int) -> None:
        with self._lock:
            known = self._highest if self._sent_before is None else self._sent_before
            if upto > known:
                self._stream = OTHER_STREAM
                self._rows = {
                    one: row(one, stream=OTHER_STREAM) for one in range(1, self._highest + 1)
                }
                return
            self.released = max(self.released, upto)
            self._rows = {one: kept for one, kept in self._rows.items() if one > upto}
            if not self._rows:
                self.drained.set()

    def quarantine(self, sequence: int, reason: str) -> None:
        with self._lock:
            self.quarantined.append(sequence)
            old = self._rows[sequence]
            stone = Tombstone(
                journal_sequence=1,
                journal_head=HEAD,
                simulated=True,
                replaces_type=old.event_type,
                replaces_sha256=HEAD,
                reason=reason,
            )
            self._rows[sequence] = row(sequence, stone, stream=self._stream)

    def highest(self) -> int:
        return self._highest
