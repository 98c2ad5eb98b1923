"""The truck lane as shipped, whole vehicles on virtual time: scanned, exempt, asked, stopped."""

from dataclasses import replace
from pathlib import Path

import pytest

from edge.core.inspection import InspectionState
from edge.core.lane import STOPPED, LaneState
from simulator.hall.plant import STEP_MS
from simulator.hall.truth import Wrong
from simulator.hall.units import Unit
from simulator.world.oracles import REACTION_MS, wrongs
from tests.simulation.truck_lane import CAR, LONGEST_LEGAL, ROAD_TRAIN, TRUCK, Stage, play

CAB, ALARM = "0", "1"
"""Channels of the remote I/O."""
LOOK_S = 40.0
"""Long enough for a whole scan, had one begun."""


@pytest.mark.parametrize("unit", [TRUCK, LONGEST_LEGAL], ids=lambda unit: str(unit.unit_id))
def test_an_ordinary_truck_is_scanned_and_released(tmp_path: Path, unit: Unit) -> None:
    async def script(stage: Stage) -> None:
        stage.declare(unit)
        stage.arrive(unit)
        await stage.conclude()

    stage = play(tmp_path, script)
    assert stage.ends() == ["without_suspicion"]
    assert stage.record.violations == []
    # From front to rear: at the tow's speed and a tenth more.
    assert stage.passage(unit).exposure_ms >= unit.length_mm * 1000 / (800 * 1.1)


def test_a_road_train_beyond_the_envelope_is_exempt_and_never_in_a_beam(tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        stage.declare(ROAD_TRAIN)
        stage.arrive(ROAD_TRAIN)
        await stage.until(stage.verdicts, "a verdict")
        await stage.wait(LOOK_S)
        assert stage.plant.at_entry() is not None, "too long a unit is not driven through"
        assert stage.plant.take_away() is not None
        await stage.until(stage.ends, "its inspection is closed")

    stage = play(tmp_path, script)
    assert stage.verdicts() == [("exempt", ["EX-DIMENSIONS"])]
    assert stage.ends() == ["not_applied_exempt"]
    assert (stage.record.relay, stage.record.hv) == ([], [])


def test_a_private_car_waits_for_its_drivers_answer_before_any_beam(tmp_path: Path) -> None:
    car = replace(CAR, may_be_scanned=True)

    async def script(stage: Stage) -> None:
        stage.declare(car, private=True)
        stage.arrive(car)
        held = await stage.until(lambda: stage.inspection(InspectionState.ON_HOLD), "a hold")
        await stage.wait(LOOK_S)
        assert stage.record.relay == []
        stage.logic.acts.ask_driver(stage.oms, inspection_id=held, animals="no")
        await stage.conclude()

    stage = play(tmp_path, script)
    assert stage.verdicts() == [("hold", ["HO-DRIVER-NOT-ASKED"]), ("scan", ["SC-CLEAR"])]
    assert stage.ends() == ["without_suspicion"]
    assert stage.passage(car).exposure_ms > 0


def test_a_private_car_with_animals_aboard_is_never_in_a_beam(tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        stage.declare(CAR, private=True)
        stage.arrive(CAR)
        held = await stage.until(lambda: stage.inspection(InspectionState.ON_HOLD), "a hold")
        stage.logic.acts.ask_driver(stage.oms, inspection_id=held, animals="yes")
        await stage.wait(LOOK_S)

    stage = play(tmp_path, script)
    assert stage.verdicts()[-1] == ("hold", ["HO-ANIMALS-ABOARD"])
    assert (stage.record.relay, stage.record.hv) == ([], [])


def test_with_a_person_left_in_the_cab_nothing_moves_and_no_beam_comes(tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        stage.declare(TRUCK)
        stage.plant.people.person_in_cab = True
        stage.arrive(TRUCK)
        await stage.until(lambda: stage.is_lane(LaneState.ARMING), "the lane would begin")
        await stage.wait(LOOK_S)
        assert "cab" in stage.against
        assert stage.plant.fronts_mm() == (stage.plant.geometry.entry_stand_mm,)
        assert (stage.record.relay, stage.record.hv) == ([], [])
        stage.plant.people.person_in_cab = False
        await stage.conclude()

    stage = play(tmp_path, script)
    assert stage.record.violations == []
    assert stage.passage(TRUCK).exposure_ms > 0


def test_a_person_who_climbs_into_the_cab_under_beam_ends_it_at_once(tmp_path: Path) -> None:
    climbed_ms: list[int] = []

    async def script(stage: Stage) -> None:
        stage.declare(TRUCK)
        stage.arrive(TRUCK)
        await stage.until(lambda: stage.plant.beam_on, "a beam")
        await stage.wait(3.0)
        climbed_ms.append(stage.place.sync())
        stage.plant.people.person_in_cab = True
        # The board's own terminal is quicker than the contact at the remote I/O.
        await stage.until(lambda: stage.is_lane(*STOPPED), "the lane has stopped", 2.0)
        await stage.until(lambda: not stage.plant.actuators.belt_speed_mm_s, "the tow stands")
        stage.plant.people.person_in_cab = False
        await stage.wait(LOOK_S)
        assert stage.is_lane(*STOPPED), "nothing goes on by itself"

    stage = play(tmp_path, script)
    (span,) = stage.record.relay
    assert climbed_ms[0] < span.end_ms + STEP_MS <= climbed_ms[0] + REACTION_MS
    assert {one.wrong for one in stage.record.violations} <= {Wrong.PERSON_IN_CAB}
    assert wrongs(stage.record) == []


def test_the_contact_of_the_cab_alone_trips_a_lane_under_beam(tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        stage.declare(TRUCK)
        stage.arrive(TRUCK)
        await stage.until(lambda: stage.plant.beam_on, "a beam")
        stage.input(CAB, on=False)
        await stage.until(lambda: stage.is_lane(LaneState.TRIPPED), "the lane has tripped", 2.0)
        assert stage.faults == {"interlock_broken_in_beam"}

    stage = play(tmp_path, script)
    assert stage.record.violations == []
    assert not stage.plant.beam_on


def test_an_alarm_of_the_area_monitor_trips_the_lane(tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        stage.declare(TRUCK)
        stage.arrive(TRUCK)
        await stage.until(lambda: stage.plant.beam_on, "a beam")
        await stage.wait(3.0)
        began_ms = stage.place.sync()
        stage.place.lane.monitors["area"].alarm = True
        await stage.until(lambda: not stage.plant.beam_on, "the beam is off")
        assert stage.place.sync() - began_ms < 1000
        await stage.until(lambda: stage.is_lane(LaneState.TRIPPED), "the lane has tripped")
        assert "radiation_alarm" in stage.faults

    stage = play(tmp_path, script)
    assert stage.record.violations == []
    assert len(stage.record.beam) == 1


def test_the_dose_rate_contact_of_the_remote_io_trips_the_lane_by_itself(tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        stage.declare(TRUCK)
        stage.arrive(TRUCK)
        await stage.until(lambda: stage.plant.beam_on, "a beam")
        stage.input(ALARM, on=False)
        await stage.until(lambda: stage.is_lane(LaneState.TRIPPED), "the lane has tripped", 2.0)
        assert stage.faults == {"radiation_alarm"}

    stage = play(tmp_path, script)
    assert stage.record.violations == []
    assert not stage.plant.beam_on


def test_radiation_beside_the_lane_ends_the_beam_that_leaks(tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        stage.declare(TRUCK)
        stage.arrive(TRUCK)
        await stage.until(lambda: stage.plant.beam_on, "a beam")
        stage.plant.damage.leaking = True
        await stage.until(lambda: stage.is_lane(LaneState.TRIPPED), "the lane has tripped", 2.0)
        await stage.wait(LOOK_S)
        assert stage.is_lane(LaneState.TRIPPED), "a TRIP is reset by people at the board only"

    stage = play(tmp_path, script)
    assert len(stage.record.beam) == 1
    assert "radiation_alarm" in stage.faults


def test_on_battery_a_scan_is_finished_and_no_vehicle_admitted(tmp_path: Path) -> None:
    second = replace(TRUCK, unit_id="SECOND", qr="SL-9", label="790AAA02")

    async def script(stage: Stage) -> None:
        stage.declare(TRUCK)
        stage.declare(second)
        stage.arrive(TRUCK)
        await stage.until(lambda: stage.plant.beam_on, "a beam")
        stage.mains(on=False)
        await stage.conclude()
        stage.arrive(second)
        await stage.until(lambda: len(stage.verdicts()) == 2, "the second verdict")
        await stage.wait(LOOK_S)
        assert stage.faults == {"on_battery"}
        assert stage.is_lane(LaneState.READY)
        assert len(stage.record.relay) == 1
        stage.mains(on=True)
        await stage.conclude()

    stage = play(tmp_path, script)
    assert stage.ends() == ["without_suspicion", "without_suspicion"]
    assert stage.record.violations == []
