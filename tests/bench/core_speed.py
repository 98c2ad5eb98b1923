"""How many lane-hours of ordinary traffic the pure core takes in a minute of CPU time."""

import time

from edge.core import events as ev
from edge.core.inspection import InspectionState
from edge.core.interlocks import FEEDBACKS, Feedback, Inputs
from edge.core.machine import step
from edge.core.state import Limits, State, restarted
from edge.core.tracking import Sensor
from edge.core.values import Input, Plausibility, Presence
from edge.law.verdicts import VerdictKind

LIMITS = Limits(101, 4, 30, 10, 600, 400, 2400, 1, release_at_once=False)
UNITS = 400
UNIT_TICKS = 1800
"""Ninety seconds from one unit to the next, at 50 ms a tick."""
IN, OUT = Presence.OCCUPIED, Presence.CLEAR
GOOD = Inputs._make(
    (*(Input.OK,) * (len(Inputs._fields) - len(FEEDBACKS)), *(Feedback.OFF,) * 3)
)._replace(service=Input.BLOCKED)
QUIET = GOOD._replace(lamp=Input.BLOCKED, horn=Input.BLOCKED, belt=Input.BLOCKED)
LIT = GOOD._replace(hv=Feedback.ON, relay=Feedback.ON, beam=Feedback.ON)
OPEN = QUIET._replace(key=Input.BLOCKED, secured=Input.BLOCKED)


def _sensed(sensor: Sensor, presence: Presence, token: int) -> ev.Event:
    return ev.SensorChanged(sensor, presence, token, Plausibility.PLAUSIBLE)


def _unit(token: int) -> list[ev.Event]:
    """One scanned unit, with every tick of warning and scan and the idle time in one."""
    scan = [event for _ in range(90) for event in (ev.LinesProgressed(token), ev.Tick(1))]
    return [
        _sensed(Sensor.ENTRY, IN, token),
        ev.VerdictGiven(token, VerdictKind.SCAN, ev.Route.PASS),
        ev.DetectorArmed(token),
        ev.InputsChanged(GOOD),
        *[ev.Tick(1)] * LIMITS.warning_ticks,
        _sensed(Sensor.TUNNEL_IN, IN, token + 1),
        _sensed(Sensor.ENTRY, OUT, token + 1),
        ev.IntentCommitted(token),
        ev.InputsChanged(LIT),
        *scan,
        _sensed(Sensor.TUNNEL_IN, OUT, token + 1),
        _sensed(Sensor.TUNNEL_OUT, IN, token + 1),
        _sensed(Sensor.EXIT, IN, token + 1),
        _sensed(Sensor.TUNNEL_OUT, OUT, token + 1),
        ev.InputsChanged(QUIET),
        ev.ImageStored(token),
        ev.OutcomeGiven(token),
        _sensed(Sensor.EXIT, OUT, token + 1),
        ev.Tick(UNIT_TICKS - LIMITS.warning_ticks - 90),
    ]


def _proven() -> State:
    state = restarted(())
    events = [ev.InputsChanged(OPEN), *(_sensed(sensor, OUT, 1) for sensor in Sensor)]
    for event in [*events, ev.InputsChanged(QUIET)]:
        state = step(state, event, LIMITS).state
    return state


def lane_hours_per_cpu_minute() -> float:
    """Run the traffic; every unit must have been scanned and closed, or the figure is void."""
    state, scanned = _proven(), 0
    plans = [_unit(token) for token in range(1, UNITS + 1)]
    began = time.process_time()
    for events in plans:
        for event in events:
            state = step(state, event, LIMITS).state
            if type(event) is ev.ImageStored:
                scanned += state.inspections[0].state is InspectionState.ANALYSIS
    spent_s = time.process_time() - began
    assert scanned == UNITS
    assert state.inspections == ()
    return UNITS * UNIT_TICKS * 0.05 / 3600 / (spent_s / 60)
