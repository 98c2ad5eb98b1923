"""What the lane does next: the moves it makes by itself once an event has been taken in.

`settle` runs after every event until nothing more moves. Restrictive effects stand before
everything else in each sequence; the warning is taken back last.
"""

from collections.abc import Callable

from edge.core import servicing
from edge.core.effects import Effect, EntryKind
from edge.core.faults import RANK, Fault, FaultClass
from edge.core.inspection import FINAL, Happening, InspectionState
from edge.core.interlocks import (
    BEAM,
    MOTION,
    PERSONAL,
    STANDING,
    WARNED,
    Against,
    Feedback,
    reasons_against,
)
from edge.core.lane import DRIVING, PREPARED, SERVING, STOPPED, LaneState, Trigger
from edge.core.state import Freshness, State, Work
from edge.core.tracking import NOBODY, Certainty, Phase, proven_empty, sees_nothing
from edge.core.values import Input

_MOST_MOVES = 12


def against(state: State, rows: tuple[str, ...] = BEAM) -> tuple[Against, ...]:
    """Return all reasons against the beam, those of the predicate and those of freshness.

    A key edge and a search-and-secure must have been seen since the start or the last trip, and
    the key must not stand in SERVICE.

    Args:
        state: the lane's.
        rows: what the beam needs at this point, `STANDING` at least.
    """
    found = reasons_against(state.inputs, rows)
    if state.key is not Freshness.FRESH:
        found = (*found, Against("key_edge", Input.BLOCKED))
    if state.secured is not Freshness.FRESH:
        found = (*found, Against("secured_edge", Input.BLOCKED))
    if _may_be_service(state):
        says = state.inputs.service
        found = (*found, Against("service", Input.BLOCKED if says is Input.OK else says))
    return found


def _may_be_service(state: State) -> bool:
    """True unless the key surely does not stand in SERVICE: no unit is let in, none is scanned."""
    return state.inputs.service not in {Input.BLOCKED, Input.NOT_FITTED}


def settle(work: Work) -> None:
    """Let the lane move until it rests; a bound guards against our own mistakes."""
    for _ in range(_MOST_MOVES):
        before = work.state
        if before.faults:
            _obey_faults(work)
        _HANDLERS[work.state.lane](work)
        if work.state is before:
            return
    raise AssertionError(work.state.lane)


def retract(work: Work, ending: Effect = Effect.CANCEL_SCAN) -> None:
    """Take back beam, detector and warning, in the order that is safe."""
    work.ask(Effect.WITHDRAW, Effect.HV_OFF, ending, Effect.STOP_WARNING)
    work.state = work.state._replace(detector_armed=False, proof=0, stall=0)


def give_up(work: Work, cause: str, happening: Happening = Happening.ABANDONED) -> None:
    """Record the mission as not completed, if its inspection could still have been completed."""
    inspection = work.inspection(work.state.mission)
    if inspection is None or inspection.state in FINAL:
        return
    if inspection.state in {InspectionState.CLEARED, InspectionState.SCANNING}:
        work.happen(inspection.token, happening)
        work.write(EntryKind.SCAN_NOT_COMPLETED, inspection.token, cause)


def withdraw(work: Work, cause: str, happening: Happening = Happening.ABANDONED) -> None:
    """End a mission before its scan is done; a unit already on its way in is driven out unscanned.

    One that still stands at the entry stays there: nobody may be driven through who was not meant
    to be.
    """
    tracking = work.state.tracking
    if tracking.entry == work.state.mission and tracking.phase is Phase.STANDING:
        give_up(work, cause, happening)
        drop(work)
        return
    retract(work)
    give_up(work, cause, happening)
    work.move(Trigger.WITHDRAWN, work.state.mission)


def drop(work: Work) -> None:
    """Leave a mission whose unit still stands at the entry."""
    if work.state.lane in PREPARED:
        retract(work)
    if work.state.lane in DRIVING:
        work.ask(Effect.STOP_BELT, Effect.CLOSE_ENTRY)
    work.move(Trigger.DROPPED)


def _obey_faults(work: Work) -> None:
    rank = RANK[work.fault_class()]
    lane = work.state.lane
    if rank >= RANK[FaultClass.TRIP] and lane is not LaneState.TRIPPED:
        _halt(work, Trigger.TRIP)
    elif rank >= RANK[FaultClass.STOP] and lane not in STOPPED:
        _halt(work, Trigger.STOP)


def _halt(work: Work, trigger: Trigger) -> None:
    state = work.state
    retract(work)
    work.ask(Effect.STOP_BELT)
    if state.tracking.phase is not Phase.ENTERING:
        work.ask(Effect.CLOSE_ENTRY)
    if state.lane is not LaneState.RELEASING:
        work.ask(Effect.CLOSE_EXIT)
    if state.lane in DRIVING:
        give_up(work, trigger.value)
    elif state.lane in SERVING:
        work.write(EntryKind.SERVICE_ENDED, state.mission, trigger.value)
    if trigger is Trigger.TRIP:
        work.state = work.state._replace(secured=Freshness.OLD)
    work.move(trigger)


def _rest(work: Work) -> None:
    strongest = work.fault_class()
    if RANK[strongest] >= RANK[FaultClass.STOP]:
        if work.state.lane is LaneState.TRIPPED and strongest is FaultClass.STOP:
            work.move(Trigger.EASED)
        return
    tracked = work.state.tracking.certainty is Certainty.TRACKED
    work.move(Trigger.RESET if tracked else Trigger.LOST)


def _prove(work: Work) -> None:
    state = work.state
    if not sees_nothing(state.tracking) or state.secured is not Freshness.FRESH:
        return
    work.state = state._replace(tracking=proven_empty(state.tracking))
    work.write(EntryKind.LANE_PROVEN, NOBODY)
    for inspection in state.inspections:
        work.put(inspection._replace(gone=True))
    work.move(Trigger.PROVEN)


def _choose(work: Work) -> None:
    tracking = work.state.tracking
    if tracking.certainty is not Certainty.TRACKED:
        work.move(Trigger.LOST)
        return
    if reasons_against(work.state.inputs, MOTION):
        return
    under_way = tracking.tunnel != NOBODY or tracking.phase is Phase.ENTERING
    if tracking.exit != NOBODY and _may_leave(work, tracking.exit):
        work.move(Trigger.RELEASE_UNIT, tracking.exit)
        work.write(EntryKind.UNIT_RELEASED, tracking.exit)
        work.ask(Effect.OPEN_EXIT, Effect.START_BELT)
    elif tracking.exit == NOBODY and under_way:
        entering = tracking.phase is Phase.ENTERING
        work.move(Trigger.CLEAR_UNIT, tracking.entry if entering else tracking.tunnel)
        work.ask(*((Effect.OPEN_ENTRY,) if entering else ()), Effect.START_BELT)
    elif tracking.exit == NOBODY and tracking.entry != NOBODY:
        _admit(work, tracking.entry)


def _may_leave(work: Work, token: int) -> bool:
    inspection = work.inspection(token)
    if inspection is None or inspection.state in FINAL:
        return True
    decided = {InspectionState.IMAGING, InspectionState.ANALYSIS}
    return work.limits.release_at_once and inspection.state in decided


def _admit(work: Work, token: int) -> None:
    inspection = work.inspection(token)
    if inspection is None or RANK[work.fault_class()] >= RANK[FaultClass.NO_ENTRY]:
        return
    if _may_be_service(work.state):
        return
    if inspection.state is InspectionState.CLEARED:
        work.move(Trigger.SCAN_UNIT, token)
        work.write(EntryKind.ARMED, token)
        work.ask(Effect.ARM_DETECTOR)
    elif inspection.state is InspectionState.PASSING:
        work.move(Trigger.PASS_UNIT, token)
        work.write(EntryKind.UNIT_PASSED, token)
        work.ask(Effect.WITHDRAW, Effect.OPEN_ENTRY, Effect.START_BELT)


def _arm(work: Work) -> None:
    inputs = work.state.inputs
    dark = all(seen is Feedback.OFF for seen in (inputs.hv, inputs.relay, inputs.beam))
    if work.state.detector_armed and dark and not against(work.state, STANDING):
        work.move(Trigger.ARMED, work.state.mission)
        work.ask(Effect.START_WARNING, Effect.ARM_BOARD)


def _warn(work: Work) -> None:
    token = work.state.mission
    if against(work.state, STANDING):
        retract(work)
        work.move(Trigger.DISARMED, token)
        work.ask(Effect.ARM_DETECTOR)
    elif work.state.proof >= work.limits.warning_ticks:
        work.move(Trigger.WARNED, token)
        work.write(EntryKind.UNIT_ADMITTED, token)
        work.ask(Effect.OPEN_ENTRY, Effect.START_BELT)


def _admitting(work: Work) -> None:
    state = work.state
    if against(state, STANDING):
        work.raise_fault(Fault.INTERLOCK_BROKEN, present=False)
    elif reasons_against(state.inputs, WARNED):
        withdraw(work, "warning_lost")
    elif _confirmed(state) and not against(state):
        work.move(Trigger.AGREED, state.mission)
        work.write(EntryKind.BEAM_INTENT, state.mission)
        work.ask(Effect.CONFIRM_COMMIT)


def _confirmed(state: State) -> bool:
    """True when the mission's unit, and no other, is inside and short of the tunnel's end."""
    inside = state.tracking.phase in {Phase.INSIDE, Phase.REAR_IN}
    return inside and state.tracking.tunnel == state.mission


def _intend(work: Work) -> None:
    if against(work.state, STANDING):
        work.raise_fault(Fault.INTERLOCK_BROKEN, present=False)
    elif against(work.state) or not _confirmed(work.state):
        withdraw(work, "interlock_open")


def _scan(work: Work) -> None:
    reasons = against(work.state)
    if not reasons and work.state.tracking.tunnel == work.state.mission:
        return
    rows = {reason.row for reason in reasons}
    # Whoever turns the key to SERVICE under a beam is about to go in, as with the key taken out.
    if rows & PERSONAL or _may_be_service(work.state):
        work.raise_fault(Fault.INTERLOCK_BROKEN_IN_BEAM, present=False)
    else:
        withdraw(work, ",".join(sorted(rows)) or "token")


def _drive(work: Work) -> None:
    if reasons_against(work.state.inputs, MOTION):
        work.raise_fault(Fault.INTERLOCK_BROKEN, present=False)


_HANDLERS: dict[LaneState, Callable[[Work], None]] = {
    LaneState.PROVING: _prove,
    LaneState.READY: _choose,
    LaneState.ARMING: _arm,
    LaneState.WARNING: _warn,
    LaneState.ADMITTING: _admitting,
    LaneState.INTENT: _intend,
    LaneState.SCANNING: _scan,
    LaneState.PASSING: _drive,
    LaneState.CLEARING: _drive,
    LaneState.RELEASING: _drive,
    LaneState.SERVICE_WARNING: servicing.warn,
    LaneState.SERVICE_INTENT: servicing.intend,
    LaneState.SERVICE_BEAM: servicing.radiate,
    LaneState.HELD: _rest,
    LaneState.TRIPPED: _rest,
}
