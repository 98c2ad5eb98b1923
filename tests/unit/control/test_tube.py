"""Care of the tube: it rests, warms up and falls due by the figures of the lane file."""

from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.control.tube import Exposure, TubeCare, TubeHistory, rest_until
from edge.core.faults import ActiveFault, Fault
from edge.core.lane import LaneState
from edge.core.state import restarted
from edge.core.values import Input, Quality
from edge.ports import BoardReport, Points, Reading
from edge.settings import Duty, NotNeeded, Seasoning, SourceSection, WarmUp
from edge.tube_file import REACTION_S
from tests.unit.control.kit import LANE, MS, Clock

NONE = NotNeeded(not_needed="a test without it")
DUTY = Duty(source="manual", window_s=100, on_s=30)
PAUSE = Duty(source="manual", pause_s=20)
WARM_UP = WarmUp(source="manual", warm_up_s=10)
SEASONING = Seasoning.model_validate(
    {
        "source": "manual", "season_after_h": 2, "tolerance_percent": 5, "longest_s": 60,
        "steps": [{"kv": 50.0, "ma": 1.0, "hold_s": 5}],
    }
)  # fmt: skip
LONGEST_S = 10


class Bench:
    """Tube care with a lane, a generator and a board in a test's hand."""

    def __init__(self, history: TubeHistory | None = None, **needs: object) -> None:
        needs = {"duty": NONE, "warm_up": NONE, "seasoning": NONE, **needs}
        changes = {"max_exposure_ms": LONGEST_S * 1000, **needs}
        source: SourceSection = LANE.source.model_copy(update=changes)
        self.clock = Clock()
        self.state = restarted(())._replace(lane=LaneState.READY)
        self.readings: dict[str, Reading] = {}
        self.points: Points = ()
        self.care = TubeCare(
            LANE.model_copy(update={"source": source}),
            history=history or TubeHistory((), 0.0),
            core=lambda: self.state,
            latest=self.readings.get,
            deliver=self._deliver,
            clock=self.clock,
        )
        self.hear()

    def _deliver(self, points: Points, _requested_ns: int) -> None:
        self.points = points

    def hear(self, field: str = "ready", value: object = Input.OK) -> None:
        source = f"{LANE.source.device}.{field}"
        now_ns = self.clock.monotonic_ns()
        self.readings[source] = Reading(source, value, Quality.GOOD, now_ns)  # type: ignore[arg-type]

    def look(self) -> Input:
        self.care.check()
        value = self.points[0].value
        assert self.points[0].source == "lane.tube"
        assert isinstance(value, Input)
        return value

    def faults(self) -> set[str]:
        return {one.source for one in self.points[1:] if one.value is Input.BLOCKED}

    def wait(self, seconds: float) -> None:
        self.clock.ms += round(seconds * 1000)

    def expose(self, scan_id: int, seconds: float, *, service: bool = False) -> None:
        """The relay is closed for so long; the lane is ready again afterwards."""
        self.state = self.state._replace(lane=LaneState.SCANNING)
        for part in range(1, 11):
            self.wait(seconds / 10)
            self.report(scan_id, round(seconds * 100 * part), closed=part < 10, service=service)
            self.care.check()
        self.state = self.state._replace(lane=LaneState.READY)

    def report(self, scan_id: int, on_ms: int, *, closed: bool, service: bool = False) -> None:
        now_ns = self.clock.monotonic_ns()
        state = "on" if closed else "ended"
        report = BoardReport(1, state, closed, scan_id, on_ms, 0, "none", 0, 1, now_ns)
        self.care.report(report, service=service)


def test_a_tube_that_needs_nothing_may_be_used_once_its_generator_was_heard() -> None:
    bench = Bench()
    assert bench.look() is Input.OK
    assert bench.faults() == set()
    bench.readings.clear()
    assert bench.look() is Input.UNKNOWN


def test_a_tube_rests_until_the_longest_scan_fits_its_duty_again() -> None:
    bench = Bench(duty=DUTY)
    bench.expose(1, 10)
    assert bench.look() is Input.OK  # 10 s used, 11 s asked for, 30 s allowed
    bench.wait(10)
    bench.expose(2, 10)
    assert bench.look() is Input.BLOCKED
    assert bench.faults() == {"lane.resting"}
    left_s = bench.care.standing()["left_s"]
    assert left_s == 80  # the first one ended 20 s ago; it leaves the window 100 s after its end
    bench.wait(79.9)
    assert bench.look() is Input.BLOCKED
    bench.wait(0.2)
    assert bench.look() is Input.OK


def test_a_tube_that_pauses_after_each_exposure_pauses_from_its_end() -> None:
    bench = Bench(duty=PAUSE)
    bench.expose(1, 3)
    assert bench.look() is Input.BLOCKED
    bench.wait(19.9)
    assert bench.look() is Input.BLOCKED
    bench.wait(0.2)
    assert bench.look() is Input.OK


@pytest.mark.parametrize("lane", [LaneState.ADMITTING, LaneState.INTENT, LaneState.SCANNING])
def test_the_unit_in_hand_is_finished_within_the_limits_it_was_admitted_under(
    lane: LaneState,
) -> None:
    bench = Bench(duty=DUTY, seasoning=SEASONING)
    assert bench.look() is Input.OK
    bench.state = bench.state._replace(lane=lane)
    bench.wait(3 * 3600)
    bench.report(1, 9000, closed=True)
    assert bench.look() is Input.OK
    bench.report(2, 12_000, closed=False)
    bench.state = bench.state._replace(lane=LaneState.CLEARING)
    assert bench.look() is Input.OK


def test_what_the_journal_tells_of_before_the_start_counts() -> None:
    history = TubeHistory((Exposure(30.0, 10.0), Exposure(5.0, 12.0)), 5.0)
    bench = Bench(history, duty=DUTY)
    assert bench.look() is Input.BLOCKED
    assert bench.care.standing()["left_s"] == 70
    assert Bench(TubeHistory((Exposure(5.0, 1.0),), 5.0), duty=PAUSE).look() is Input.BLOCKED


def test_a_count_of_a_life_before_this_one_is_not_counted_again() -> None:
    bench = Bench(duty=PAUSE)
    bench.report(7, 5000, closed=False)
    assert bench.look() is Input.OK


def test_the_words_about_a_rest_stay_the_same_while_it_lasts() -> None:
    bench = Bench(duty=PAUSE)
    bench.expose(1, 3)
    bench.look()
    first = bench.points
    bench.wait(7)
    bench.look()
    assert bench.points == first


def test_a_generator_warms_up_from_when_it_was_first_heard() -> None:
    bench = Bench(warm_up=WARM_UP)
    assert bench.look() is Input.BLOCKED
    assert bench.faults() == {"lane.warming"}
    assert bench.care.hindrance().startswith("warms up until")
    bench.wait(9.9)
    assert bench.look() is Input.BLOCKED
    bench.wait(0.2)
    assert bench.look() is Input.OK


def test_a_generator_that_was_lost_warms_up_anew() -> None:
    bench = Bench(warm_up=WARM_UP)
    bench.look()
    bench.wait(11)
    assert bench.look() is Input.OK
    lost = (ActiveFault(Fault.SOURCE_LOST, present=True),)
    bench.state = bench.state._replace(faults=lost)
    assert bench.look() is Input.UNKNOWN
    bench.state = bench.state._replace(faults=())
    assert bench.look() is Input.BLOCKED
    bench.wait(10.1)
    assert bench.look() is Input.OK


def test_a_generator_that_says_how_long_it_warms_up_is_believed() -> None:
    bench = Bench()
    bench.hear("warm_up_s", 30)
    assert bench.look() is Input.BLOCKED
    assert bench.care.standing()["left_s"] == 30
    bench.hear("warm_up_s", 0)
    assert bench.look() is Input.OK


def test_a_tube_of_which_nothing_is_known_is_due() -> None:
    bench = Bench(TubeHistory((), None), seasoning=SEASONING)
    assert bench.look() is Input.BLOCKED
    assert bench.faults() == {"lane.seasoning"}
    assert "used at no time that is known" in bench.points[0].detail
    assert "left_s" not in bench.care.standing()


def test_a_tube_falls_due_when_it_stood_cold_for_too_long_and_is_not_after_seasoning() -> None:
    bench = Bench(TubeHistory((), 3600.0), seasoning=SEASONING)
    assert bench.look() is Input.OK
    bench.wait(3601)
    assert bench.look() is Input.BLOCKED
    bench.care.seasoned()
    assert bench.look() is Input.OK


def test_a_scan_keeps_a_tube_seasoned_and_a_service_mission_alone_does_not() -> None:
    bench = Bench(seasoning=SEASONING)
    bench.wait(7100)
    bench.expose(1, 5)
    bench.wait(7100)
    assert bench.look() is Input.OK
    bench.expose(2, 5, service=True)
    bench.wait(200)
    assert bench.look() is Input.BLOCKED


def test_it_is_looked_at_less_often_than_at_each_tick() -> None:
    bench = Bench()
    bench.care.tick()
    first, bench.points = bench.points, ()
    bench.clock.ms += 100
    bench.care.tick()
    assert bench.points == ()
    bench.clock.ms += 100
    bench.care.tick()
    assert bench.points == first
    assert bench.clock.monotonic_ns() % MS == 0


class _Use(NamedTuple):
    at_s: float
    on_s: float


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, LONGEST_S)), max_size=30),
    st.integers(20, 120),
    st.integers(1, 40),
    st.none() | st.integers(1, 30),
)
def test_whoever_keeps_the_rests_never_exceeds_the_duty(
    wishes: list[tuple[int, int]], window_s: int, extra_s: int, pause_s: int | None
) -> None:
    """Scans begin when wished for and the rest is over: no window holds too much."""
    longest_s = LONGEST_S + REACTION_S
    on_s = round(longest_s + extra_s)
    duty = Duty(source="manual", window_s=window_s + on_s, on_s=on_s, pause_s=pause_s)
    now_s, spent = 0.0, []
    for wait_s, lasts_s in wishes:
        now_s = max(now_s + wait_s, rest_until(spent, duty, longest_s))
        now_s += lasts_s
        spent.append(_Use(now_s, float(lasts_s)))
    assert duty.window_s is not None
    for end_s, _ in spent:
        begin_s = end_s - duty.window_s
        inside = [min(on, at - begin_s) for at, on in spent if begin_s < at <= end_s]
        assert sum(inside) <= on_s
    if pause_s is not None:
        gaps = [after.at_s - after.on_s - one.at_s for one, after in pairwise(spent)]
        assert all(gap_s >= pause_s for gap_s in gaps)
