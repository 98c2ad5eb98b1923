"""Whatever comes in whatever order, the core knows what was read and how old it is."""

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core import events as ev
from edge.core.values import Input, Quality
from tests.unit.supervision_bench import SLOW_MS, STALE_MS, Bench

SAID = st.tuples(
    st.sampled_from(["safety.estop", "safety.key", "source.hv", "source.ready", "worker.detector"]),
    st.sampled_from([Input.OK, Input.OK, Input.OK, Input.BLOCKED, Input.CONFLICT]),
    st.sampled_from([Quality.GOOD, Quality.GOOD, Quality.GOOD, Quality.BAD]),
    st.integers(-STALE_MS, 2 * SLOW_MS),
)


@given(st.lists(st.tuples(st.integers(0, 400), st.lists(SAID, max_size=6)), max_size=40))
@settings(deadline=None, max_examples=300, derandomize=True)
def test_after_a_tick_the_core_knows_all_readings_and_their_ages(
    story: list[tuple[int, list[tuple[str, Input, Quality, int]]]],
) -> None:
    bench = Bench()
    for passed_ms, readings in story:
        bench.clock.ms += passed_ms
        for source, value, quality, age_ms in readings:
            bench.say(source, value, quality, age_ms=age_ms)
        assert bench.supervisor.tick() == bench.supervisor.inputs()


@given(st.lists(st.tuples(st.integers(0, 400), SAID), max_size=60))
@settings(deadline=None, max_examples=300, derandomize=True)
def test_what_a_reading_takes_back_is_told_at_once(
    story: list[tuple[int, tuple[str, Input, Quality, int]]],
) -> None:
    bench = Bench()
    for passed_ms, (source, value, quality, age_ms) in story:
        bench.clock.ms += passed_ms
        bench.supervisor.tick()
        bench.say(source, value, quality, age_ms=age_ms)
        told = bench.posted.of(ev.InputsChanged)
        if told:
            assert told[-1].inputs == bench.supervisor.inputs()
