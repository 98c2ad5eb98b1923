"""The core's side of the explored world: what it reads, its states, its steps remembered."""

from enum import unique
from functools import cache
from typing import NamedTuple

from edge.core import events as ev
from edge.core.effects import KINDS, Effect, Entry, EntryKind, Nature, Request
from edge.core.faults import CATALOGUE, ActiveFault, Book, Fault, FaultClass
from edge.core.inspection import InspectionState
from edge.core.interlocks import OPTIONAL, Feedback, Inputs
from edge.core.machine import step
from edge.core.state import Limits, State, restarted
from edge.core.tracking import Sensor
from edge.core.values import Input, Plausibility, Presence, Word

WARNING_TICKS = 2
"""Ticks of a full warning, for the core and for the board."""

LIMITS = Limits(
    warning_ticks=WARNING_TICKS,
    stall_ticks=2,
    hv_ticks=1,
    stray_ticks=2,
    travel_ticks=2,
    hold_ticks=1,
    image_ticks=2,
    service_ticks=3,
    release_at_once=False,
)
"""Small limits: a counter has every kind of value (zero, between, full) and no more."""


@unique
class Trouble(Word):
    """What is wrong in the hall; one thing at a time, since each row blocks alone (unit test)."""

    NOTHING = "nothing"
    PERSON = "person"
    ESTOP = "estop"
    KEY_OFF = "key_off"
    SILENCE = "silence"


@cache
def reading(
    trouble: Trouble,
    *,
    secured: bool,
    lamp: bool,
    shut: bool,
    belt: bool,
    glow: bool,
    service: bool,
) -> ev.InputsChanged:
    """What the lane reads of such a hall; one object per reading."""
    count = len(Inputs._fields) - 3
    if trouble is Trouble.SILENCE:
        silent = (Input.STALE,) * count + (Feedback.UNKNOWN,) * 3
        return ev.InputsChanged(Inputs._make(silent))
    seen = Feedback.ON if glow else Feedback.OFF
    rows = dict.fromkeys(Inputs._fields[:count], Input.OK) | dict.fromkeys(
        OPTIONAL, Input.NOT_FITTED
    )
    bad = {
        "zone": trouble is Trouble.PERSON,
        "estop": trouble is Trouble.ESTOP,
        "key": trouble is Trouble.KEY_OFF,
        "secured": not secured,
        "lamp": not lamp,
        "horn": not lamp,
        "entry_barrier": not shut,
        "belt": not belt,
    }
    rows["service"] = Input.OK if service else Input.BLOCKED
    rows |= {row: Input.BLOCKED for row, blocked in bad.items() if blocked}
    return ev.InputsChanged(
        Inputs._make([*(rows[row] for row in Inputs._fields[:count]), seen, seen, seen])
    )


@cache
def sensed(sensor: Sensor, presence: Presence, token: int, length: Plausibility) -> ev.Event:
    """One object per sensor event."""
    return ev.SensorChanged(sensor, presence, token, length)


@cache
def committed(token: int) -> ev.Event:
    """One object per confirmed intent."""
    return ev.IntentCommitted(token)


_WORDS = {Effect.ASK_OFFICER, Effect.TURN_AWAY}
"""Effects that only tell people something."""


class Done(NamedTuple):
    """One remembered step; the event is kept so that its identity stays its own."""

    core: int
    now: tuple[Request, ...]
    later: tuple[Request, ...]
    intent: int
    written: bool
    event: ev.Event


class Cores:
    """Numbers the core's states and remembers its steps: the real ``step`` runs once for each."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.states: list[State] = []
        self._numbers: dict[State, int] = {}
        self._steps: dict[tuple[int, int], Done] = {}

    def number(self, state: State) -> int:
        """Number a state, after merging faults the core cannot tell apart."""
        merged = state._replace(faults=_merged(state.faults))
        found = self._numbers.setdefault(merged, len(self.states))
        if found == len(self.states):
            self.states.append(merged)
        return found

    def step(self, core: int, event: ev.Event) -> Done:
        """Step the real core. ``event`` must be an object that lives as long as this one."""
        key = (core, id(event))
        done = self._steps.get(key)
        if done is None:
            done = self._steps[key] = self._really(core, event)
        return done

    def _really(self, core: int, event: ev.Event) -> Done:
        led = step(self.states[core], event, self.limits)
        now = tuple(r for r in led.effects if KINDS[r.effect].nature is Nature.RESTRICTIVE)
        later = tuple(r for r in led.effects if KINDS[r.effect].nature is not Nature.RESTRICTIVE)
        later = tuple(r for r in later if r.effect not in _WORDS)
        return Done(
            self.number(led.state), now, later, _intent(led.entries), bool(led.entries), event
        )

    def crashed(self, core: int) -> int:
        """The state a new process starts with, from what the journal holds."""
        analysis = InspectionState.ANALYSIS
        kept = tuple(i.token for i in self.states[core].inspections if i.state is analysis)
        return self.number(restarted(kept))


def _intent(entries: tuple[Entry, ...]) -> int:
    return next((entry.token for entry in entries if entry.kind in _INTENTS), 0)


_INTENTS = {EntryKind.BEAM_INTENT, EntryKind.SERVICE_INTENT}


_TELLTALE = {
    FaultClass.TRIP: ActiveFault(Fault.BOARD_TRIPPED, present=False),
    FaultClass.STOP: ActiveFault(Fault.TRACKING_CONFLICT, present=False),
}


def _merged(book: Book) -> Book:
    """Merge past faults of a class: the core only asks for the highest class; drop notices."""
    kept: dict[ActiveFault, None] = {}
    for active in book:
        kind = CATALOGUE[active.fault].kind
        if kind is not FaultClass.NOTICE:
            kept[active if active.present else _TELLTALE[kind]] = None
    return tuple(sorted(kept, key=lambda active: (active.fault.value, active.present)))
