"""A dose rate too high trips the lane, lost mains admit no unit, lost power gives back no beam."""

import asyncio
from pathlib import Path

import pytest

from edge.core.faults import CATALOGUE, Fault, FaultClass
from edge.core.inspection import InspectionState
from edge.core.lane import LaneState
from edge.core.missions import against
from simulator.hall.plant import Key
from simulator.world.run import Plan
from tests.simulation.full_lane import lane_folder
from tests.simulation.scripted import Hand, changed, run_script

pytestmark = pytest.mark.timeout(300)

MONITOR = """
[devices.monitor]
kind = "rs_s131"
port = "socket://monitor:7000"
baud = 9600
alarm_above_mr_h = 0.5

[devices.ups]
kind = "ups_modbus"
bus = "sensors"
unit = 9
poll_ms = 500

[devices.board]
"""
FITTED = (
    ("\n[devices.board]\n", MONITOR),
    ('dose_monitor = { not_fitted = "the simulated hall has no area monitor" }',
     'dose_monitor = "monitor.alarm"'),
)  # fmt: skip
POWERED = ("safety", "generator")
NEEDS_PEOPLE = {"key_edge", "secured_edge", "secured"}
NEEDS_MOTION = {"lamp", "horn", "belt", "entry_barrier"}


async def mid_scan(hand: Hand) -> None:
    await hand.until(lambda: hand.place.plant.beam_on, 200)
    await asyncio.sleep(0.5)


def test_a_dose_rate_alarm_trips_the_lane_and_only_a_local_reset_frees_it(tmp_path: Path) -> None:
    async def script(hand: Hand) -> None:
        monitor = hand.place.lane.monitors["monitor"]
        await mid_scan(hand)
        hand.people.away = True
        monitor.alarm = True
        await hand.until(lambda: hand.mode is LaneState.TRIPPED, 1.5)
        hand.place.sync()
        assert not hand.place.plant.actuators.relay_closed
        assert Fault.RADIATION_ALARM in hand.faults
        hand.logic.acts.ack(hand.officer())
        await asyncio.sleep(2)
        assert hand.mode is LaneState.TRIPPED
        monitor.alarm = False
        await asyncio.sleep(5)
        assert hand.mode is LaneState.TRIPPED, "its end alone frees nothing"
        hand.people.away = False
        await hand.until(lambda: hand.mode is LaneState.SCANNING, 300)

    config = changed(lane_folder(tmp_path), *FITTED)
    result = run_script(Plan(1, 0.07, 30.0, ()), tmp_path, config, script)
    assert result.problems == (), str(result)


def test_on_battery_the_unit_in_hand_is_finished_and_none_is_admitted(tmp_path: Path) -> None:
    async def script(hand: Hand) -> None:
        await mid_scan(hand)
        token = hand.logic.runner.state.mission
        hand.ask(do="power", what="mains", on=False)
        await hand.until(lambda: Fault.ON_BATTERY in hand.faults, 3)
        assert hand.mode is LaneState.SCANNING
        await hand.until(lambda: _left(hand, token), 60)
        scanned = [one for one in hand.place.plant.record.passages if one.exposure_ms]
        assert len(scanned) == 1
        await hand.until(lambda: _cleared(hand), 150)
        await asyncio.sleep(10)
        assert hand.mode is LaneState.READY
        assert not hand.place.plant.entry_barrier.is_open
        hand.ask(do="power", what="mains", on=True)
        await hand.until(lambda: hand.mode is LaneState.SCANNING, 30)

    config = changed(lane_folder(tmp_path), *FITTED)
    result = run_script(Plan(1, 0.07, 30.0, ()), tmp_path, config, script)
    assert result.problems == (), str(result)


def _left(hand: Hand, token: int) -> bool:
    """The unit was scanned to the end and has left, without an officer having to clear anything."""
    inspections = hand.logic.runner.state.inspections
    return all(one.token != token for one in inspections)


def _cleared(hand: Hand) -> bool:
    """Another unit stands at the entry and could be scanned, were there mains."""
    state = hand.logic.runner.state
    return any(
        one.token == state.tracking.entry and one.state is InspectionState.CLEARED
        for one in state.inspections
    )


def test_after_a_power_failure_everything_but_the_beam_comes_back_by_itself(
    tmp_path: Path,
) -> None:
    async def script(hand: Hand) -> None:
        await mid_scan(hand)
        hand.people.away = True
        hand.ask(do="power", what="board", on=False)
        for what in POWERED:
            hand.ask(do="power", what=what)
        await asyncio.sleep(4)
        hand.place.sync()
        assert not hand.place.plant.beam_on
        hand.ask(do="power", what="board", on=True)
        await hand.until(lambda: not _present(hand), 30)
        hand.logic.acts.ack(hand.officer())  # the officer was there; nobody is at the lane
        await asyncio.sleep(20)
        open_rows = {reason.row for reason in against(hand.logic.runner.state)}
        assert open_rows & {"key_edge", "secured_edge", "secured"}
        assert open_rows <= NEEDS_PEOPLE | NEEDS_MOTION, "devices and links have come back"
        assert hand.place.plant.people.key is Key.ON, "a key that was left on is no edge"
        hand.place.sync()
        assert not hand.place.plant.actuators.relay_closed
        hand.people.away = False
        await hand.until(lambda: hand.mode is LaneState.SCANNING, 300)

    result = run_script(Plan(1, 0.08, 30.0, ()), tmp_path, lane_folder(tmp_path), script)
    assert result.problems == (), str(result)


def _present(hand: Hand) -> set[Fault]:
    """Faults that stop the lane or admit no unit and whose cause goes on."""
    kinds = {FaultClass.STOP, FaultClass.NO_ENTRY}
    return {
        one.fault
        for one in hand.logic.runner.state.faults
        if one.present and CATALOGUE[one.fault].kind in kinds
    }
