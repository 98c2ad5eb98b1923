"""The lane logic: ``step(state, event, limits) -> Step``. No clock, no file, no randomness.

Each event is taken in by its handler; then `missions.settle` lets the lane act on what it knows.
"""

from collections.abc import Callable
from typing import Any

from edge.core import decisions, moves, servicing
from edge.core import events as ev
from edge.core.effects import Effect, EntryKind
from edge.core.faults import Fault, FaultClass, released
from edge.core.inspection import Happening, Inspection, InspectionState
from edge.core.interlocks import FEEDBACKS, WARNED, Feedback, reasons_against
from edge.core.lane import DRIVING, RADIATING, SERVING, LaneState, Trigger
from edge.core.missions import drop, give_up, settle, withdraw
from edge.core.state import Freshness, Limits, State, Step, Work
from edge.core.values import Input

_WARNING = frozenset({LaneState.WARNING, LaneState.SERVICE_WARNING})
_LEASED = SERVING | {
    LaneState.WARNING,
    LaneState.ADMITTING,
    LaneState.INTENT,
    LaneState.SCANNING,
}
"""States in which the board is armed or leased."""


def step(state: State, event: ev.Event, limits: Limits) -> Step:
    """Take one event; the same state and event always give the same step."""
    work = Work(state, limits)
    _HANDLERS[type(event)](work, event)
    settle(work)
    return work.done()


def _tick(work: Work, event: ev.Tick) -> None:
    limits, count = work.limits, event.periods
    for inspection in work.state.inspections:
        if inspection.state is InspectionState.ON_HOLD:
            _wait_for_answer(work, inspection, count)
        elif inspection.state is InspectionState.IMAGING:
            _wait_for_image(work, inspection, count)
    _watch_feedback(work, count)
    state = work.state
    lane = state.lane
    if lane in SERVING:
        servicing.tick(work, count)
        state = work.state
    if lane in _WARNING:
        proven = not reasons_against(state.inputs, WARNED)
        proof = min(state.proof + count, limits.warning_ticks) if proven else 0
        work.state = state.counted(state.elapsed, proof, state.stall)
    elif lane in DRIVING:
        _watch_travel(work, count)


def _watch_travel(work: Work, count: int) -> None:
    """Count the time of a moving unit and, under a beam, the time without detector lines."""
    limits, state = work.limits, work.state
    scanning = state.lane is LaneState.SCANNING
    elapsed = min(state.elapsed + count, limits.travel_ticks)
    stall = min(state.stall + count, limits.stall_ticks) if scanning else state.stall
    work.state = state.counted(elapsed, state.proof, stall)
    if scanning:
        _watch_lines(work)
    if elapsed >= limits.travel_ticks:
        work.raise_fault(Fault.UNIT_JAMMED, present=False)


def _wait_for_answer(work: Work, inspection: Inspection, count: int) -> None:
    held = min(inspection.held_ticks + count, work.limits.hold_ticks)
    work.put(inspection._replace(held_ticks=held))
    if held >= work.limits.hold_ticks:
        work.happen(inspection.token, Happening.HOLD_EXPIRED)
        work.write(EntryKind.HOLD_EXPIRED, inspection.token)
        work.ask_for(Effect.TURN_AWAY, inspection.token)


def _wait_for_image(work: Work, inspection: Inspection, count: int) -> None:
    """An image that does not come is lost: the record is closed, and the unit may go."""
    waited = min(inspection.held_ticks + count, work.limits.image_ticks)
    work.put(inspection._replace(held_ticks=waited))
    if waited >= work.limits.image_ticks:
        decisions.lose_image(work, inspection.token)


def _watch_feedback(work: Work, count: int) -> None:
    """Compare what is seen of the beam with whether it is permitted."""
    state, limits = work.state, work.limits
    inputs = state.inputs
    seen = (inputs.hv, inputs.relay, inputs.beam)
    lit = seen.count(Feedback.ON)
    permitted = state.lane in RADIATING
    if state.faults and seen.count(Feedback.OFF) == len(seen):
        work.end_fault(Fault.BEAM_WITHOUT_PERMIT)  # doubt does not end it
    if lit == (len(FEEDBACKS) if permitted else 0):
        if state.stray:
            work.state = work.state._replace(stray=0)
        return
    limit = limits.hv_ticks if permitted else limits.stray_ticks
    stray = min(state.stray + count, limit)
    work.state = work.state._replace(stray=stray)
    if stray >= limit and permitted:
        work.raise_fault(Fault.HV_MISSING, present=False)
    elif stray >= limit:
        work.raise_fault(Fault.BEAM_WITHOUT_PERMIT, present=True)


def _watch_lines(work: Work) -> None:
    limits = work.limits
    if work.state.stall >= limits.stall_ticks:
        work.raise_fault(Fault.LINES_STALLED, present=False)
    elif work.state.stray < limits.hv_ticks:
        work.ask(Effect.RENEW_LEASE)


def _stalled(work: Work, _event: ev.Stalled) -> None:
    if work.state.lane in _LEASED:
        work.raise_fault(Fault.CONTROL_STALLED, present=False)


def _inputs_changed(work: Work, event: ev.InputsChanged) -> None:
    state, inputs = work.state, event.inputs
    work.state = state._replace(
        inputs=inputs,
        key=_fresher(state.key, inputs.key),
        secured=_fresher(state.secured, inputs.secured),
    )
    if inputs.estop in {Input.BLOCKED, Input.CONFLICT}:
        work.raise_fault(Fault.ESTOP, present=True)
        work.state = work.state._replace(key=Freshness.OLD, secured=Freshness.OLD)
    elif inputs.estop is Input.OK:
        work.end_fault(Fault.ESTOP)


def _fresher(before: Freshness, says: Input) -> Freshness:
    if says is Input.BLOCKED:
        return Freshness.SEEN_OPEN
    if says is Input.OK and before is Freshness.SEEN_OPEN:
        return Freshness.FRESH
    return before


def _detector_armed(work: Work, event: ev.DetectorArmed) -> None:
    if work.state.lane is LaneState.ARMING and work.state.mission == event.token:
        work.state = work.state._replace(detector_armed=True)


def _committed(work: Work, event: ev.IntentCommitted) -> None:
    settle(work)  # what stood when the entry was written must still stand
    servicing.committed(work, event.token)
    if work.state.lane is not LaneState.INTENT or work.state.mission != event.token:
        return
    work.happen(event.token, Happening.BEAM_ON)
    work.move(Trigger.COMMITTED, event.token)
    work.ask(Effect.RENEW_LEASE, Effect.HV_ON)


def _lines(work: Work, event: ev.LinesProgressed) -> None:
    state = work.state
    if state.lane is LaneState.SCANNING and state.mission == event.token:
        work.state = state.counted(state.elapsed, state.proof, 0)


def _board_restarted(work: Work, _event: ev.BoardRestarted) -> None:
    """The board has forgotten the key's edge: it arms only after another one, and so do we."""
    work.state = work.state._replace(key=Freshness.OLD)


def _lease_lost(work: Work, _event: ev.LeaseLost) -> None:
    if work.state.lane in _LEASED:
        work.raise_fault(Fault.LEASE_LOST, present=False)


def _abort(work: Work, event: ev.AbortRequested) -> None:
    if work.state.mission != event.token:
        return
    lane = work.state.lane
    if lane in {LaneState.ADMITTING, LaneState.INTENT, LaneState.SCANNING}:
        withdraw(work, "aborted")
    elif lane in {LaneState.ARMING, LaneState.WARNING}:
        give_up(work, "aborted")
        drop(work)
    elif lane in SERVING:
        servicing.end(work, "aborted")


def _fault_raised(work: Work, event: ev.FaultRaised) -> None:
    work.raise_fault(event.fault, present=event.present)


def _fault_gone(work: Work, event: ev.FaultGone) -> None:
    work.end_fault(event.fault)


def _acknowledged(work: Work, event: ev.Acknowledged) -> None:
    kinds = frozenset({FaultClass.STOP, FaultClass.NO_ENTRY, FaultClass.NOTICE})
    work.replace_faults(released(work.state.faults, kinds, event.fault))


def _local_reset(work: Work, _event: ev.LocalReset) -> None:
    work.replace_faults(released(work.state.faults, frozenset({FaultClass.TRIP})))


_HANDLERS: dict[type[tuple[object, ...]], Callable[[Work, Any], None]] = {
    ev.Tick: _tick,
    ev.Stalled: _stalled,
    ev.InputsChanged: _inputs_changed,
    ev.SensorChanged: moves.sensor_changed,
    ev.VerdictGiven: decisions.verdict_given,
    ev.HoldAnswered: decisions.hold_answered,
    ev.DetectorArmed: _detector_armed,
    ev.IntentCommitted: _committed,
    ev.LinesProgressed: _lines,
    ev.LeaseLost: _lease_lost,
    ev.BoardRestarted: _board_restarted,
    ev.ImageStored: decisions.image_stored,
    ev.ImageFailed: decisions.image_failed,
    ev.OutcomeGiven: decisions.outcome_given,
    ev.AbortRequested: _abort,
    ev.DriverRefused: decisions.driver_refused,
    ev.ServicePermitted: servicing.permitted,
    ev.ServiceDone: servicing.done,
    ev.FaultRaised: _fault_raised,
    ev.FaultGone: _fault_gone,
    ev.Acknowledged: _acknowledged,
    ev.LocalReset: _local_reset,
}
# Any: a table from type to handler of that type cannot be written down; a test walks every row.
