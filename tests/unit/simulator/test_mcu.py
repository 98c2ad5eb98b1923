"""The permit board: when its relay closes, and everything that opens it and locks it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.words import BELIEVED, Command, EndReason, Refusal, Seen, State, Trip
from simulator.devices.mcu_memory import BoardInputs
from simulator.devices.mcu_permit import newer
from tests.unit.simulator.permit_bench import GOOD, Bench, beaming

END_BY_FIELD = {
    "estop": EndReason.ESTOP,
    "key_on": EndReason.KEY,
    "doors": EndReason.DOORS,
    "secured": EndReason.SECURED,
    "zone_clear": EndReason.ZONE,
    "lamp_current": EndReason.LAMP,
    "horn_current": EndReason.HORN,
    "barrier_closed": EndReason.BARRIER,
}


def test_a_whole_warning_and_an_agreeing_on_close_the_relay() -> None:
    bench = beaming()
    assert bench.told.state is State.ON
    assert bench.told.relay_closed


def test_a_lease_falls_by_itself_when_nobody_renews_it() -> None:
    bench = Bench()
    bench.armed()
    granted_ms = bench.now_ms
    bench.on(duration_ms=200)
    bench.step(1000)
    assert bench.closed_ms[-1] < granted_ms + 200
    assert not bench.mcu.relay_closed
    assert (bench.told.state, bench.told.end_reason) == (State.ENDED, EndReason.EXPIRED)


def test_renewals_keep_the_relay_closed_and_the_exposure_is_what_passed() -> None:
    bench = Bench()
    bench.armed()
    for _ in range(20):
        bench.on()
        bench.step(50)
    bench.off()
    assert bench.told.exposure_ms == 1000
    assert not bench.mcu.relay_closed
    assert bench.told.end_reason is EndReason.WITHDRAWN


@pytest.mark.parametrize("duration_ms", [0, 301, 65535])
def test_a_lease_longer_than_300_ms_or_none_is_refused(duration_ms: int) -> None:
    bench = Bench()
    bench.armed()
    bench.on(duration_ms=duration_ms)
    bench.step()
    assert bench.closed_ms == []
    assert bench.told.refusal is Refusal.DURATION


@pytest.mark.parametrize("field", END_BY_FIELD)
def test_any_input_going_bad_opens_the_relay_within_one_look(field: str) -> None:
    bench = beaming()
    bench.inputs = GOOD._replace(**{field: False})
    bench.step(5)
    assert not bench.mcu.relay_closed
    assert bench.told.state is State.ENDED
    assert bench.told.end_reason is END_BY_FIELD[field]


@pytest.mark.parametrize("field", END_BY_FIELD)
def test_no_input_may_be_bad_when_the_beam_is_asked_for(field: str) -> None:
    bench = Bench()
    bench.armed()
    bench.inputs = GOOD._replace(**{field: False})
    bench.step(5)
    bench.on()
    bench.step(5)
    assert bench.closed_ms == []
    assert bench.told.refusal in (Refusal.INPUTS, Refusal.WARNING_SHORT)


@pytest.mark.parametrize("field", [name for name in END_BY_FIELD if name != "barrier_closed"])
def test_a_break_of_one_look_in_the_warning_starts_it_from_zero(field: str) -> None:
    bench = Bench()
    bench.ready()
    bench.keep(4900)
    bench.inputs = GOOD._replace(**{field: False})
    bench.step(5)
    bench.inputs = GOOD
    bench.step(5)
    if field == "key_on":
        assert bench.told.state is State.SILENT
    else:
        assert bench.told.warning_ms <= 5
        bench.keep(1000)
        bench.on()
        assert bench.told.refusal is Refusal.WARNING_SHORT
    assert bench.closed_ms == []


def test_the_barrier_may_open_during_the_warning_but_not_for_the_beam() -> None:
    bench = Bench()
    bench.ready()
    bench.inputs = GOOD._replace(barrier_closed=False)
    bench.keep(5100)
    assert bench.told.state is State.ARMED
    bench.on(belief=BELIEVED & ~Seen.BARRIER)
    assert bench.told.refusal is Refusal.INPUTS
    bench.inputs = GOOD
    bench.step(5)
    bench.on()
    assert bench.mcu.relay_closed


def test_4990_ms_of_warning_are_not_enough() -> None:
    bench = Bench()
    bench.ready()
    bench.arm()
    for _ in range(499):
        bench.step(10)
        if bench.now_ms % 100 == 0:
            bench.arm()
    assert bench.told.warning_ms < 5000
    bench.on()
    bench.step()
    assert bench.closed_ms == []
    assert bench.told.refusal is Refusal.WARNING_SHORT


def test_time_not_looked_at_counts_as_no_warning() -> None:
    bench = Bench()
    bench.ready()
    bench.arm()
    bench.now_ms += 900
    bench.step(5)
    assert bench.told.warning_ms == 0


@pytest.mark.parametrize("command", [Command.ARM, Command.ON])
def test_the_first_frame_of_a_session_must_be_off(command: Command) -> None:
    bench = Bench()
    bench.step(20)
    bench.hello()
    bench.inputs = GOOD
    bench.step(20)
    bench.raw(bench.frame(command, 7))
    assert bench.told.refusal is Refusal.FIRST_NOT_OFF
    assert bench.told.state is State.SILENT


def test_a_key_that_was_on_at_power_up_does_not_arm() -> None:
    bench = Bench()
    bench.inputs = GOOD
    bench.step(20)
    bench.hello()
    bench.off()
    bench.arm()
    assert bench.told.refusal is Refusal.NO_KEY_EDGE
    assert bench.told.key_edges == 0


def test_after_an_end_the_same_scan_is_never_armed_again() -> None:
    bench = beaming()
    bench.step(400)
    bench.on()
    assert bench.told.refusal is Refusal.NOT_ARMED
    bench.arm(8)
    assert bench.told.refusal is Refusal.NOT_ARMED
    bench.off()
    bench.arm(7)
    assert bench.told.refusal is Refusal.SCAN_NOT_NEWER
    bench.arm(8)
    bench.step(100)
    bench.on(8)
    assert bench.told.refusal is Refusal.WARNING_SHORT
    bench.keep(5100, 8)
    bench.on(8)
    assert bench.mcu.relay_closed


def test_an_arming_nobody_keeps_ends() -> None:
    bench = Bench()
    bench.ready()
    bench.arm()
    bench.step(1100)
    assert (bench.told.state, bench.told.end_reason) == (State.ENDED, EndReason.SILENCE)


def test_a_belief_that_differs_never_closes_the_relay() -> None:
    bench = Bench()
    bench.armed()
    for bit in range(7):
        bench.on(belief=BELIEVED & ~(1 << bit))
        assert bench.told.refusal is Refusal.BELIEF
    bench.step()
    assert bench.closed_ms == []


def test_a_belief_that_differs_for_over_150_ms_of_beam_locks_the_board() -> None:
    bench = beaming()
    differs_ms = bench.now_ms
    while bench.mcu.relay_closed:
        bench.on(belief=BELIEVED & ~Seen.DOORS)
        bench.step(10)
    assert 150 < bench.now_ms - differs_ms <= 170
    assert (bench.told.state, bench.told.trip) == (State.TRIPPED, Trip.BELIEF)


def test_a_belief_that_agrees_again_in_time_is_forgiven() -> None:
    bench = beaming()
    for _ in range(10):
        bench.on(belief=BELIEVED & ~Seen.DOORS)
        bench.step(100)
        bench.on()
        bench.step(5)
    assert bench.told.state is State.ON


@pytest.mark.parametrize(
    ("field", "trip"),
    [("hv", Trip.HV_WITHOUT_LEASE), ("beam", Trip.BEAM_WITHOUT_LEASE)],
)
def test_radiation_without_a_lease_for_over_200_ms_locks_the_board(field: str, trip: Trip) -> None:
    bench = Bench()
    bench.ready()
    bench.inputs = GOOD._replace(**{field: True})
    bench.step(200)
    assert bench.told.trip is Trip.NONE
    bench.step(10)
    assert bench.told.trip is trip


def test_a_relay_that_does_not_open_is_exposure_and_locks_the_board() -> None:
    bench = beaming()
    before_ms = bench.told.exposure_ms
    bench.inputs = GOOD._replace(relay_feedback=True)
    bench.off()
    bench.step(110)
    assert bench.told.trip is Trip.RELAY
    assert bench.told.relay_closed
    assert bench.told.exposure_ms >= before_ms + 100


def test_a_board_that_did_not_look_in_time_locks_itself() -> None:
    bench = beaming()
    bench.on()
    bench.now_ms += 260
    bench.step(5)
    assert not bench.mcu.relay_closed
    assert bench.told.trip is Trip.WATCHDOG


def test_a_lock_outlives_power_and_frames_and_ends_only_by_the_local_button() -> None:
    bench = Bench()
    bench.ready()
    bench.inputs = GOOD._replace(hv=True)
    bench.step(300)
    bench = Bench(bench.memory)
    bench.ready()
    bench.arm(9)
    assert (bench.told.refusal, bench.told.state) == (Refusal.TRIPPED, State.TRIPPED)
    bench.inputs = GOOD._replace(reset_button=True)
    bench.step(5)
    assert bench.told.state is State.OFF
    assert (bench.told.trip, bench.told.trips, bench.told.reset_edges) == (Trip.NONE, 1, 1)


def test_a_button_held_from_the_start_or_pressed_too_early_resets_nothing() -> None:
    bench = Bench()
    bench.ready()
    bench.inputs = GOOD._replace(hv=True)
    bench.step(300)
    bench.inputs = GOOD._replace(hv=True, reset_button=True)
    bench.step(50)
    bench.inputs = GOOD._replace(reset_button=True)
    bench.step(50)
    assert bench.told.state is State.TRIPPED
    held = Bench(bench.memory)
    held.inputs = GOOD._replace(reset_button=True)
    held.step(50)
    assert held.mcu.status.state is State.TRIPPED


def test_status_is_told_every_50_ms_unasked() -> None:
    bench = Bench()
    bench.step(5)
    first = bench.told.board_ms
    bench.step(50)
    assert bench.told.board_ms == first + 50


def test_terminals_nobody_wired_are_not_good() -> None:
    assert not any(BoardInputs()[:11])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["off", "arm", "on", "keep", "bad", "good", "key", "hello", "wait"]),
            st.integers(1, 3),
            st.sampled_from([*END_BY_FIELD]),
        ),
        max_size=40,
    )
)
@settings(deadline=None, max_examples=60, derandomize=True)
def test_the_relay_is_closed_only_on_good_inputs_after_a_whole_warning(
    acts: list[tuple[str, int, str]],
) -> None:
    bench = Bench()
    bench.ready()
    for act, number, field in acts:
        if act in ("off", "hello"):
            getattr(bench, act)()
        elif act in ("arm", "on"):
            getattr(bench, act)(number)
        elif act == "keep":
            bench.keep(5100, number)
            bench.on(number)
        elif act == "bad":
            bench.inputs = bench.inputs._replace(**{field: False})
        elif act == "good":
            bench.inputs = GOOD
        elif act == "key":
            bench.inputs = bench.inputs._replace(key_on=not bench.inputs.key_on)
        closed_before = len(bench.closed_ms)
        bench.step(20)
        if len(bench.closed_ms) > closed_before:
            assert bench.inputs == GOOD
            assert bench.told.warning_ms >= 5000


@given(st.integers(0, 2**32 - 1), st.integers(1, 2**31 - 1))
@settings(deadline=None, max_examples=100, derandomize=True)
def test_newer_is_a_strict_order_on_a_circle(last: int, ahead: int) -> None:
    candidate = (last + ahead) % 2**32
    assert newer(candidate, last)
    assert not newer(last, candidate)
    assert not newer(last, last)
