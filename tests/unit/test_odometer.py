"""Rules of the odometer."""

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.odometer import Odometer

MS = 1_000_000


def test_distance_is_speed_times_time() -> None:
    odometer = Odometer()
    odometer.add(speed_mm_s=400, at_ns=0)
    odometer.mark()
    for step in range(1, 21):
        odometer.add(speed_mm_s=400, at_ns=step * 100 * MS)
    assert odometer.since_mark_mm() == 800


def test_a_ramp_is_the_mean_of_its_ends() -> None:
    odometer = Odometer()
    odometer.add(speed_mm_s=0, at_ns=0)
    odometer.mark()
    odometer.add(speed_mm_s=400, at_ns=500 * MS)
    assert odometer.since_mark_mm() == 100


def test_without_a_mark_no_distance_is_known() -> None:
    odometer = Odometer()
    odometer.add(speed_mm_s=400, at_ns=0)
    assert odometer.since_mark_mm() is None


def test_a_gap_in_the_readings_loses_the_mark() -> None:
    odometer = Odometer()
    odometer.add(speed_mm_s=400, at_ns=0)
    odometer.mark()
    odometer.add(speed_mm_s=400, at_ns=1001 * MS)
    assert odometer.since_mark_mm() is None


def test_an_unknown_speed_loses_the_mark() -> None:
    odometer = Odometer()
    odometer.add(speed_mm_s=400, at_ns=0)
    odometer.mark()
    odometer.lose()
    odometer.add(speed_mm_s=400, at_ns=100 * MS)
    assert odometer.since_mark_mm() is None


def test_an_older_reading_is_left_out() -> None:
    odometer = Odometer()
    odometer.add(speed_mm_s=400, at_ns=1000 * MS)
    odometer.mark()
    odometer.add(speed_mm_s=9000, at_ns=900 * MS)
    odometer.add(speed_mm_s=400, at_ns=1100 * MS)
    assert odometer.since_mark_mm() == 40


@settings(deadline=None, max_examples=100, derandomize=True)
@given(st.lists(st.tuples(st.integers(-500, 500), st.integers(0, 900)), max_size=40))
def test_driving_back_takes_back_what_was_driven(steps: list[tuple[int, int]]) -> None:
    odometer, now_ms = Odometer(), 0
    odometer.add(speed_mm_s=0, at_ns=0)
    odometer.mark()
    for sign in (1, -1):
        for speed, span_ms in steps:
            odometer.add(speed_mm_s=sign * speed, at_ns=now_ms * MS)
            now_ms += span_ms
            odometer.add(speed_mm_s=sign * speed, at_ns=now_ms * MS)
    left_mm = odometer.since_mark_mm()
    assert left_mm is not None
    assert abs(left_mm) <= 1
