"""The whole lane and its tube: seasoned before it scans, rested within its duty, by plant truth."""

import asyncio
import random
from pathlib import Path

import pytest

from edge.core.faults import Fault
from edge.core.lane import STOPPED, LaneState
from edge.errors import CommandRefused
from simulator.hall.plant import Key
from simulator.hall.tube import Fault as TubeFault
from simulator.world.run import Plan
from tests.simulation.full_lane import lane_folder
from tests.simulation.scripted import Hand, changed, run_script

pytestmark = pytest.mark.timeout(300)

SCHEDULE = """source = "schedule of the simulated tube"
season_after_h = 8
tolerance_percent = 5
longest_s = 120
steps = [
  { kv = 50.0, ma = 1.0, hold_s = 8 },
  { kv = 70.0, ma = 1.0, hold_s = 9 },
  { kv = 95.0, ma = 1.0, hold_s = 10 },
  { kv = 130.0, ma = 1.0, hold_s = 10 },
]
"""
NOT_NEEDED = 'not_needed = "a simulated tube keeps its vacuum; config/README.md shows a schedule"\n'
DUTY = "window_s = 600\non_s = 300\n"
WINDOW_S, ON_S = 60, 18
_SEEDS = range(1, 200)


def seed_with_first_arrival_after(gap_s: float, mean_gap_s: float) -> int:
    """A run whose first unit comes no earlier than that."""
    for seed in _SEEDS:
        drawn = random.Random(f"arrivals {seed}")
        if drawn.expovariate(1 / mean_gap_s) >= gap_s:
            return seed
    raise AssertionError(gap_s)


async def ready_and_due(hand: Hand) -> None:
    """The lane is ready, its tube stood cold, and it says so."""
    hand.tube.cool()
    await hand.until(lambda: hand.mode is LaneState.READY, 30)
    await hand.until(lambda: hand.faults == {Fault.SEASONING_DUE}, 10)


async def seasoned(hand: Hand) -> None:
    hand.key(Key.SERVICE)
    await asyncio.sleep(1)
    hand.logic.service.season(hand.officer())
    await hand.until(lambda: hand.mode is LaneState.SERVICE_BEAM, 10)
    await hand.until(lambda: hand.mode is LaneState.READY, 90)
    await hand.until(lambda: hand.faults == set(), 2)
    hand.key(Key.ON)


def test_a_cold_tube_is_seasoned_before_it_scans_and_never_arcs(tmp_path: Path) -> None:
    async def script(hand: Hand) -> None:
        await ready_and_due(hand)
        with pytest.raises(CommandRefused, match="turn it"):
            hand.logic.service.season(hand.officer())
        await seasoned(hand)
        assert not hand.place.plant.record.passages
        await hand.until(lambda: hand.mode is LaneState.SCANNING, 200)
        await hand.until(lambda: hand.mode is not LaneState.SCANNING, 20)
        assert hand.tube.latched == TubeFault(0)
        assert hand.tube.holds_kv is not None
        assert hand.tube.holds_kv >= 160.0

    config = changed(lane_folder(tmp_path), (NOT_NEEDED, SCHEDULE))
    seed = seed_with_first_arrival_after(75.0, 60.0)
    result = run_script(Plan(seed, 0.06, 60.0, ()), tmp_path, config, script)
    assert result.problems == (), str(result)
    assert result.exposed > 0


def test_a_cold_tube_that_were_not_seasoned_would_arc(tmp_path: Path) -> None:
    """What the seasoning is for is really there: without it the same tube faults."""

    async def script(hand: Hand) -> None:
        hand.tube.cool()
        await hand.until(lambda: Fault.SOURCE_FAULT in hand.faults, 200)
        hand.tube.holds_kv = None  # the maker's people have been there

    config = lane_folder(tmp_path)
    result = run_script(Plan(3, 0.02, 20.0, ()), tmp_path, config, script)
    assert result.problems == (), str(result)


@pytest.mark.parametrize("what", ["person", "estop"])
def test_a_seasoning_that_is_broken_off_is_dark_at_once_and_stays_due(
    what: str, tmp_path: Path
) -> None:
    acts = {
        "person": ({"do": "person", "on": True}, {"do": "person", "on": False}),
        "estop": ({"do": "estop"}, {"do": "estop_release"}),
    }

    async def script(hand: Hand) -> None:
        await ready_and_due(hand)
        hand.people.away = True
        hand.key(Key.SERVICE)
        await asyncio.sleep(1)
        hand.logic.service.season(hand.officer())
        await hand.until(lambda: hand.place.plant.beam_on, 15)
        await asyncio.sleep(3)
        begin, end = acts[what]
        hand.ask(**begin)
        await asyncio.sleep(0.1)
        hand.place.sync()
        assert not hand.place.plant.beam_on
        await hand.until(lambda: hand.mode in STOPPED, 1)
        hand.ask(**end)
        hand.key(Key.ON)
        await asyncio.sleep(3)
        assert not hand.place.plant.actuators.relay_closed
        hand.people.away = False
        await hand.until(lambda: hand.faults == {Fault.SEASONING_DUE}, 60)
        hand.tube.cool()
        await hand.until(lambda: hand.mode is LaneState.READY, 60)
        await seasoned(hand)

    config = changed(lane_folder(tmp_path), (NOT_NEEDED, SCHEDULE))
    seed = seed_with_first_arrival_after(175.0, 120.0)
    result = run_script(Plan(seed, 0.07, 120.0, ()), tmp_path, config, script)
    assert result.problems == (), str(result)


def test_a_busy_lane_rests_its_tube_and_never_exceeds_the_duty(tmp_path: Path) -> None:
    rested: list[float] = []
    spans: list[tuple[int, int]] = []

    async def script(hand: Hand) -> None:
        while hand.now_s < 150:
            if Fault.SOURCE_RESTING in hand.faults:
                rested.append(hand.now_s)
                assert "rests" in str(hand.logic.status()["source"])
            assert Fault.SOURCE_FAULT not in hand.faults
            assert hand.tube.latched == TubeFault(0)
            await asyncio.sleep(0.2)
        spans.extend((one.start_ms, one.end_ms) for one in hand.place.plant.record.hv)

    config = changed(
        lane_folder(tmp_path),
        (DUTY, f"window_s = {WINDOW_S}\non_s = {ON_S}\n"),
        ("max_exposure_ms = 60000\n", "max_exposure_ms = 9000\n"),
    )
    result = run_script(Plan(5, 0.035, 8.0, ()), tmp_path, config, script)
    assert result.problems == (), str(result)
    assert rested, "a lane that never has to rest shows nothing"
    assert result.exposed > 3
    for _, end_ms in spans:
        begin_ms = end_ms - WINDOW_S * 1000
        inside = sum(max(0, min(b, end_ms) - max(a, begin_ms)) for a, b in spans)
        assert inside <= ON_S * 1000


def test_a_generator_that_was_switched_off_warms_up_before_the_next_unit(tmp_path: Path) -> None:
    async def script(hand: Hand) -> None:
        await hand.until(lambda: hand.mode is LaneState.SCANNING, 120)
        await hand.until(lambda: hand.mode is LaneState.READY, 60)
        hand.ask(do="power", what="generator")
        hand.ask(do="line_fault", device="source", fault={"harm": "drop", "times": 0})
        await hand.until(lambda: Fault.SOURCE_LOST in hand.faults, 10)
        hand.ask(do="line_clear")
        await hand.until(lambda: Fault.SOURCE_WARMING in hand.faults, 20)
        begun_s = hand.now_s
        left_s = hand.logic.status()["source"]
        assert isinstance(left_s, dict)
        assert 25 <= left_s["left_s"] <= 30
        hand.logic.acts.ack(hand.officer())
        while Fault.SOURCE_WARMING in hand.faults:
            assert not hand.place.plant.actuators.relay_closed
            await asyncio.sleep(0.1)
        assert 28 <= hand.now_s - begun_s <= 31
        assert hand.tube.ready
        await hand.until(lambda: hand.mode is LaneState.SCANNING, 200)

    config = changed(lane_folder(tmp_path), ("warm_up_s = 1\n", "warm_up_s = 30\n"))
    result = run_script(Plan(1, 0.07, 30.0, ()), tmp_path, config, script)
    assert result.problems == (), str(result)
