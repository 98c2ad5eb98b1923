"""The oracle's record: what really happened in the hall, whoever believed what."""

from dataclasses import dataclass, replace
from enum import Enum, unique

from simulator.hall.units import Unit

MAX_RECORDS = 10_000
"""Longest list kept of anything: the first violations, the newest of everything else."""


@unique
class Wrong(Enum):
    """What must never happen."""

    UNIT_NOT_SCANNABLE = "unit_not_scannable"
    PERSON_IN_ZONE = "person_in_zone"
    PERSON_IN_CAB = "person_in_cab"
    NOT_WARNED = "not_warned"


@dataclass(frozen=True, slots=True)
class Violation:
    """One stretch of time in which something was wrong.

    A person who steps in under a running beam is listed too, with the reaction time as
    ``duration_ms``; judging that is the reader's work.

    Attributes:
        wrong: what.
        unit_id: the unit concerned, empty when none is.
        at_ms: when it began.
        duration_ms: for how long, at the plant's step of 5 ms.
        relay_closed: whether the permit relay was closed at its beginning.
        hv_on: whether the high voltage was on at its beginning.
    """

    wrong: Wrong
    unit_id: str
    at_ms: int
    duration_ms: int
    relay_closed: bool
    hv_on: bool


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when something was on; ``end_ms`` grows while it is."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Passage:
    """One unit's whole stay.

    Attributes:
        unit: the unit.
        arrived_ms: when it came to the entry.
        left_ms: when it was gone, 0 while it is here.
        exposure_ms: for how long the beam hit it.
        taken_away: True when the attendant took it off the entry.
    """

    unit: Unit
    arrived_ms: int
    left_ms: int = 0
    exposure_ms: int = 0
    taken_away: bool = False


class Record:
    """Collects violations, spans and passages; read by tests, never by the lane."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []
        self.relay: list[Span] = []
        self.hv: list[Span] = []
        self.beam: list[Span] = []
        self.passages: list[Passage] = []
        self._running: dict[tuple[Wrong, str], int] = {}

    def all_well(self) -> None:
        """Note a step in which neither relay nor high voltage was on: nothing can be wrong."""
        self._running.clear()

    def wrong(
        self, found: set[tuple[Wrong, str]], now_ms: int, step_ms: int, *, relay: bool, hv: bool
    ) -> None:
        """Note everything wrong in this step; what was wrong in the last step too is extended."""
        self._running = {key: at for key, at in self._running.items() if key in found}
        for key in sorted(found, key=lambda pair: (pair[0].value, pair[1])):
            if key in self._running:
                at = self._running[key]
                known = self.violations[at]
                self.violations[at] = replace(known, duration_ms=known.duration_ms + step_ms)
            elif len(self.violations) < MAX_RECORDS:
                self._running[key] = len(self.violations)
                self.violations.append(Violation(key[0], key[1], now_ms, step_ms, relay, hv))

    @staticmethod
    def extend(spans: list[Span], now_ms: int, step_ms: int) -> None:
        """Say that something was on in the step that ends now."""
        if spans and spans[-1].end_ms == now_ms - step_ms:
            spans[-1] = Span(spans[-1].start_ms, now_ms)
            return
        spans.append(Span(now_ms - step_ms, now_ms))
        del spans[:-MAX_RECORDS]

    def left(self, passage: Passage) -> None:
        """Keep the passage of a unit that is gone."""
        self.passages.append(passage)
        del self.passages[:-MAX_RECORDS]
