"""From any state a walk can reach, every kind of event steps without a broken assertion."""

from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core import events as ev
from edge.core.effects import KINDS, Effect, Nature
from edge.core.faults import Fault
from edge.core.interlocks import BEAM, FEEDBACKS, Feedback, Inputs
from edge.core.lane import DRIVING, RADIATING, SERVING, STOPPED
from edge.core.machine import step
from edge.core.missions import against
from edge.core.servicing import against_service
from edge.core.state import State
from edge.core.tracking import Sensor
from edge.core.values import Input, Plausibility, Presence
from edge.law.verdicts import VerdictKind
from tests.unit.core.lanes import (
    LIMITS,
    STAGES,
    Lane,
    arrived,
    good_inputs,
    proven,
    scanned,
    serving,
)

TOKENS = st.sampled_from([1, 2, 3, -1])
PERMISSIVE_BEAM = {Effect.RENEW_LEASE, Effect.HV_ON}


@st.composite
def _inputs(draw: st.DrawFn) -> Inputs:
    """Mostly good rows: a walk in which nothing works goes nowhere."""
    inputs = good_inputs()
    for row in draw(st.lists(st.sampled_from(BEAM), max_size=2)):
        inputs = inputs._replace(**{row: draw(st.sampled_from(Input))})
    if draw(st.booleans()):
        seen = draw(st.sampled_from(Feedback))
        inputs = inputs._replace(**dict.fromkeys(FEEDBACKS, seen))
    if draw(st.booleans()):
        inputs = inputs._replace(service=draw(st.sampled_from(Input)))
    return inputs


EVENTS: dict[type, st.SearchStrategy[ev.Event]] = {
    ev.Tick: st.builds(ev.Tick, st.integers(1, 3)),
    ev.Stalled: st.builds(ev.Stalled),
    ev.InputsChanged: st.builds(ev.InputsChanged, _inputs()),
    ev.SensorChanged: st.builds(
        ev.SensorChanged, st.sampled_from(Sensor), st.sampled_from(Presence), st.just(0),
        st.sampled_from(Plausibility),
    ),
    ev.VerdictGiven: st.builds(
        ev.VerdictGiven, TOKENS, st.sampled_from(VerdictKind), st.sampled_from(ev.Route)
    ),
    ev.HoldAnswered: st.builds(ev.HoldAnswered, TOKENS, st.sampled_from(ev.Answer)),
    ev.DetectorArmed: st.builds(ev.DetectorArmed, TOKENS),
    ev.IntentCommitted: st.builds(ev.IntentCommitted, TOKENS),
    ev.LinesProgressed: st.builds(ev.LinesProgressed, TOKENS),
    ev.LeaseLost: st.builds(ev.LeaseLost),
    ev.BoardRestarted: st.builds(ev.BoardRestarted),
    ev.ImageStored: st.builds(ev.ImageStored, TOKENS),
    ev.ImageFailed: st.builds(ev.ImageFailed, TOKENS),
    ev.OutcomeGiven: st.builds(ev.OutcomeGiven, TOKENS),
    ev.AbortRequested: st.builds(ev.AbortRequested, TOKENS),
    ev.DriverRefused: st.builds(ev.DriverRefused, TOKENS),
    ev.ServicePermitted: st.builds(ev.ServicePermitted, st.sampled_from([-1, -2])),
    ev.ServiceDone: st.builds(ev.ServiceDone, st.sampled_from([-1, -2])),
    ev.FaultRaised: st.builds(ev.FaultRaised, st.sampled_from(Fault), st.booleans()),
    ev.FaultGone: st.builds(ev.FaultGone, st.sampled_from(Fault)),
    ev.Acknowledged: st.builds(ev.Acknowledged, st.none() | st.sampled_from(Fault)),
    ev.LocalReset: st.builds(ev.LocalReset),
}  # fmt: skip

STARTS = [Lane, proven, arrived, *STAGES.values(), scanned, serving]


def _with_token(event: ev.Event, state: State) -> ev.Event:
    """Arrivals bring a token that no open inspection has, as the lane promises."""
    if not isinstance(event, ev.SensorChanged):
        return event
    used = {one.token for one in state.inspections}
    return event._replace(token=next(t for t in range(1, 100) if t not in used))


def test_every_kind_of_event_is_walked() -> None:
    assert set(EVENTS) == set(get_args(ev.Event))


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.sampled_from(STARTS), st.lists(st.one_of(*EVENTS.values()), max_size=25))
def test_every_event_steps_in_every_state_a_walk_reaches(
    start: type[Lane], walk: list[ev.Event]
) -> None:
    state = start().state
    for drawn in walk:
        event = _with_token(drawn, state)
        led = step(state, event, LIMITS)
        assert step(state, event, LIMITS) == led
        _check(event, led.state, [request.effect for request in led.effects])
        state = led.state


def _check(event: ev.Event, state: State, effects: list[Effect]) -> None:
    if PERMISSIVE_BEAM & set(effects):
        assert state.lane in RADIATING
        assert not (against_service if state.lane in SERVING else against)(state)
    if state.lane in STOPPED:
        natures = {KINDS[effect].nature for effect in effects}
        assert Nature.PERMISSIVE not in natures or Effect.WITHDRAW in effects
    if state.lane not in DRIVING | SERVING:
        assert state.elapsed == 0
    if Effect.HV_ON in effects:
        assert isinstance(event, ev.IntentCommitted)
    assert len({one.token for one in state.inspections}) == len(state.inspections)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.sampled_from(STARTS), st.data())
def test_every_kind_of_event_steps_in_each_stage(start: type[Lane], data: st.DataObject) -> None:
    state = start().state
    for strategy in EVENTS.values():
        event = _with_token(data.draw(strategy), state)
        led = step(state, event, LIMITS)
        assert step(state, event, LIMITS) == led
        _check(event, led.state, [request.effect for request in led.effects])
