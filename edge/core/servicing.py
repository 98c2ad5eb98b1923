"""Beam without a unit, under a service permit: the lane's moves from the warning to its end.

The law has made the permit and control has had it written; here every condition is looked at again
at each event, and the first one that fails ends the mission. Nothing is tried twice.
"""

from edge.core import events as ev
from edge.core.effects import Effect, EntryKind
from edge.core.faults import CATALOGUE, RANK, Fault, FaultClass
from edge.core.interlocks import (
    FEEDBACKS,
    PERSONAL,
    SERVICE_BEAM,
    SERVICE_STANDING,
    Against,
    Feedback,
    reasons_against,
)
from edge.core.lane import SERVING, LaneState, Trigger
from edge.core.state import Freshness, State, Work
from edge.core.tracking import Certainty, sees_nothing, tokens
from edge.core.values import Input

SERVED = frozenset({Fault.SEASONING_DUE, Fault.CALIBRATION_MISSING})
"""Faults that service missions are there to end, none of which needs the other to be gone; any
other that admits no unit forbids one."""

DONE = "done"
"""Cause of an end after which what the mission was for is done."""


def against_service(state: State, rows: tuple[str, ...] = SERVICE_STANDING) -> tuple[Against, ...]:
    """Return all reasons against a beam without a unit.

    Args:
        state: the lane's.
        rows: what of the interlock predicate is needed at this point.
    """
    found = list(reasons_against(state.inputs, rows))
    conditions = (
        ("key_edge", state.key is Freshness.FRESH),
        ("secured_edge", state.secured is Freshness.FRESH),
        ("lane_empty", is_empty(state)),
        ("inspection", not state.inspections),
        ("fault", not hindering(state)),
    )
    found += [Against(row, Input.BLOCKED) for row, holds in conditions if not holds]
    if state.inputs.service is not Input.OK:
        found.append(Against("service", state.inputs.service))
    return tuple(found)


def is_empty(state: State) -> bool:
    """Whether the lane is proven empty: the slots are believed, no sensor sees, none is taken."""
    tracking = state.tracking
    believed = tracking.certainty is Certainty.TRACKED
    return believed and sees_nothing(tracking) and not tokens(tracking)


def hindering(state: State) -> tuple[Fault, ...]:
    """The active faults that forbid a service mission."""
    return tuple(
        active.fault
        for active in state.faults
        if RANK[CATALOGUE[active.fault].kind] >= RANK[FaultClass.NO_ENTRY]
        and active.fault not in SERVED
    )


def permitted(work: Work, event: ev.ServicePermitted) -> None:
    """Begin a service mission, or say at once why it does not begin."""
    state = work.state
    dark = all(getattr(state.inputs, row) is Feedback.OFF for row in FEEDBACKS)
    reasons = against_service(state)
    if state.lane is not LaneState.READY or not dark or reasons:
        cause = _named(reasons) or ("feedback" if not dark else "not_ready")
        work.write(EntryKind.SERVICE_ENDED, event.token, cause)
        return
    work.move(Trigger.SERVE, event.token)
    work.write(EntryKind.SERVICE_PERMITTED, event.token)
    work.ask(Effect.PREPARE_SOURCE, Effect.START_WARNING, Effect.ARM_BOARD)


def warn(work: Work) -> None:
    """Wait for the proven warning."""
    limits = work.limits
    reasons = against_service(work.state)
    if reasons:
        end(work, _named(reasons))
    elif work.state.proof >= limits.warning_ticks:
        token = work.state.mission
        work.move(Trigger.WARNED, token)
        work.write(EntryKind.SERVICE_INTENT, token)
        work.ask(Effect.CONFIRM_COMMIT)
    elif work.state.elapsed >= limits.service_ticks:
        end(work, "no_warning_in_time")


def intend(work: Work) -> None:
    """Wait until the intent is on disk."""
    reasons = against_service(work.state, SERVICE_BEAM)
    if reasons:
        end(work, _named(reasons))


def radiate(work: Work) -> None:
    """Keep the beam as long as everything holds and the permit lasts."""
    reasons = against_service(work.state, SERVICE_BEAM)
    if {reason.row for reason in reasons} & PERSONAL:
        work.raise_fault(Fault.INTERLOCK_BROKEN_IN_BEAM, present=False)
    elif reasons:
        end(work, _named(reasons))
    elif work.state.elapsed >= work.limits.service_ticks:
        end(work, "time")


def committed(work: Work, token: int) -> None:
    """The intent of this mission is on disk: the beam may begin."""
    if work.state.lane is LaneState.SERVICE_INTENT and work.state.mission == token:
        work.move(Trigger.COMMITTED, token)
        work.ask(Effect.RENEW_LEASE, Effect.HV_ON)


def tick(work: Work, count: int) -> None:
    """Count the mission's time; under the beam, hold the lease."""
    state, limits = work.state, work.limits
    elapsed = min(state.elapsed + count, limits.service_ticks)
    work.state = state.counted(elapsed, state.proof, state.stall)
    lasts = elapsed < limits.service_ticks and state.stray < limits.hv_ticks
    if state.lane is LaneState.SERVICE_BEAM and lasts:
        work.ask(Effect.RENEW_LEASE)


def done(work: Work, event: ev.ServiceDone) -> None:
    """End the mission because what it was for is done."""
    if work.state.lane is LaneState.SERVICE_BEAM and work.state.mission == event.token:
        end(work, DONE)


def end(work: Work, cause: str) -> None:
    """Take back beam and warning, and leave the mission."""
    assert work.state.lane in SERVING
    work.ask(Effect.WITHDRAW, Effect.HV_OFF, Effect.STOP_WARNING)
    work.state = work.state._replace(proof=0)
    work.write(EntryKind.SERVICE_ENDED, work.state.mission, cause)
    work.move(Trigger.SERVED)


def _named(reasons: tuple[Against, ...]) -> str:
    return ",".join(sorted({reason.row for reason in reasons}))
