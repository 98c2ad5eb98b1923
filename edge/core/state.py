"""The whole state of a lane as one hashable value, and the sheet a step is worked out on."""

from enum import unique
from typing import NamedTuple

from edge.core.effects import Effect, Entry, EntryKind, Request
from edge.core.faults import Book, Fault, FaultClass, gone, highest, raised
from edge.core.inspection import FINAL, Happening, Inspection, InspectionState, advance
from edge.core.interlocks import UNREAD, Inputs
from edge.core.lane import LANE_TABLE, LaneState, Trigger
from edge.core.tracking import NOBODY, UNTRACKED, Tracking
from edge.core.values import Word


class Limits(NamedTuple):
    """The lane's times in ticks, and its policy. Ticks keep clocks out of the core.

    Attributes:
        warning_ticks: proven warning before the beam (IEC 62523:2010 4.8: at least 5 s).
        stall_ticks: longest time without detector lines under a beam (200 ms).
        hv_ticks: time within which high voltage must be seen under a permit.
        stray_ticks: longest time feedback may lag behind a withdrawal.
        travel_ticks: longest time between two sensor changes of a moving unit.
        hold_ticks: time an officer has for an answer.
        image_ticks: longest time from the end of a scan to its package.
        service_ticks: longest beam without a unit, and longest wait for its warning.
        release_at_once: release a scanned unit before the outcome is known.
    """

    warning_ticks: int
    stall_ticks: int
    hv_ticks: int
    stray_ticks: int
    travel_ticks: int
    hold_ticks: int
    image_ticks: int
    service_ticks: int
    release_at_once: bool


@unique
class Freshness(Word):
    """Whether something has been made anew since it last had to be: open seen, then closed."""

    OLD = "old"
    SEEN_OPEN = "seen_open"
    FRESH = "fresh"


class State(NamedTuple):
    """Everything the lane logic knows.

    Attributes:
        lane: what the lane is doing.
        mission: token it does it for, 0 when for none, below 0 in service.
        tracking: where the units are.
        inspections: the open ones, oldest first.
        inputs: the interlock inputs as last read.
        faults: the active faults.
        key: the key has been off and on again since start or emergency stop.
        secured: search-and-secure made anew since start, trip or loss of tracking.
        detector_armed: the detector is armed for the mission.
        elapsed: ticks since the lane state or the unit's place last changed, saturating.
        proof: ticks of proven warning, saturating.
        stall: ticks without detector lines, saturating.
        stray: ticks in which beam feedback and permit disagree, saturating.
    """

    lane: LaneState
    mission: int
    tracking: Tracking
    inspections: tuple[Inspection, ...]
    inputs: Inputs
    faults: Book
    key: Freshness
    secured: Freshness
    detector_armed: bool
    elapsed: int
    proof: int
    stall: int
    stray: int

    def counted(self, elapsed: int, proof: int, stall: int) -> "State":
        """Return the state with other counters; quicker than `_replace`, since each tick counts."""
        lane, mission, tracking, open_, inputs, faults, key, secured, armed, _, _, _, stray = self
        return _new(
            State,
            (
                lane, mission, tracking, open_, inputs, faults, key, secured, armed,
                elapsed, proof, stall, stray,
            ),
        )  # fmt: skip


_new = tuple.__new__
"""Makes a named tuple without its Python constructor, where every tick makes one."""


class Step(NamedTuple):
    """What one event led to."""

    state: State
    entries: tuple[Entry, ...]
    effects: tuple[Request, ...]


def restarted(awaiting: tuple[int, ...]) -> State:
    """Return the state after a start: nothing known, nothing permitted.

    Args:
        awaiting: tokens of inspections whose image is stored and whose outcome is still missing.
    """
    kept = tuple(
        Inspection(token, InspectionState.ANALYSIS, gone=False, held_ticks=0) for token in awaiting
    )
    return State(
        LaneState.PROVING, NOBODY, UNTRACKED, kept, UNREAD, (), Freshness.OLD, Freshness.OLD,
        detector_armed=False, elapsed=0, proof=0, stall=0, stray=0,
    )  # fmt: skip


class Work:
    """A state being worked on, with the entries and effects gathered so far."""

    __slots__ = ("effects", "entries", "limits", "state")

    def __init__(self, state: State, limits: Limits) -> None:
        self.state = state
        self.limits = limits
        self.entries: list[Entry] = []
        self.effects: list[Request] = []

    def write(self, kind: EntryKind, token: int, cause: str = "") -> None:
        """Ask for an entry."""
        self.entries.append(Entry(kind, token, cause))

    def ask(self, *effects: Effect) -> None:
        """Ask for effects on behalf of the mission, in this order."""
        token = self.state.mission
        for effect in effects:
            self.effects.append(Request(effect, token))  # mostly one, each tick

    def ask_for(self, effect: Effect, token: int) -> None:
        """Ask for an effect on behalf of a unit that is not the mission."""
        self.effects.append(Request(effect, token))

    def move(self, trigger: Trigger, mission: int = NOBODY) -> None:
        """Move the lane on by its table; every counter of the old state ends."""
        before = self.state.lane
        pair = (before, trigger)
        assert pair in LANE_TABLE, pair
        after = LANE_TABLE[pair]
        self.state = self.state._replace(lane=after, mission=mission, elapsed=0, stall=0)
        if LaneState.SCANNING in {before, after}:
            # A beam that is missing and one that is not permitted are not one disagreement.
            self.state = self.state._replace(stray=0)
        if after is not before:
            self.write(EntryKind.LANE_MODE, mission, after.value)

    def inspection(self, token: int) -> Inspection | None:
        """Return the open inspection of a token, ``None`` when it has been closed."""
        for inspection in self.state.inspections:
            if inspection.token == token:
                return inspection
        return None

    def happen(self, token: int, happening: Happening) -> None:
        """Move a unit's inspection on by its table."""
        inspection = self.inspection(token)
        assert inspection is not None, token
        self.put(advance(inspection, happening))

    def put(self, changed: Inspection) -> None:
        """Replace an inspection; one that is complete and whose unit is gone is closed."""
        if changed.gone and changed.state in FINAL:
            self.write(EntryKind.INSPECTION_CLOSED, changed.token, changed.state.value)
            kept = tuple(i for i in self.state.inspections if i.token != changed.token)
        else:
            kept = tuple(changed if i.token == changed.token else i for i in self.state.inspections)
        self.state = self.state._replace(inspections=kept)

    def raise_fault(self, fault: Fault, *, present: bool) -> None:
        """Enter a fault in the book; written once, when it is new or comes back."""
        book = raised(self.state.faults, fault, present=present)
        if book != self.state.faults:
            self.write(EntryKind.FAULT_RAISED, NOBODY, fault.value)
            self.state = self.state._replace(faults=book)

    def end_fault(self, fault: Fault) -> None:
        """Note that a fault's cause is gone."""
        self.replace_faults(gone(self.state.faults, fault))

    def replace_faults(self, book: Book) -> None:
        """Set the book; whatever has left it is written as cleared."""
        if book == self.state.faults:
            return
        left = {active.fault for active in book}
        for active in self.state.faults:
            if active.fault not in left:
                self.write(EntryKind.FAULT_CLEARED, NOBODY, active.fault.value)
        self.state = self.state._replace(faults=book)

    def fault_class(self) -> FaultClass | None:
        """The strongest class among the active faults."""
        return highest(self.state.faults)

    def done(self) -> Step:
        """Close the sheet."""
        return _new(Step, (self.state, tuple(self.entries), tuple(self.effects)))
