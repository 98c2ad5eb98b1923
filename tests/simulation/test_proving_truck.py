"""`scanlane device prove` on the shipped truck lane: more devices tell of people than one."""

from pathlib import Path

import pytest

from simulator.harness import Harness
from simulator.lane import SimLane
from tests.simulation.full_lane import lane_folder
from tests.simulation.test_proving import Act, Scene, broken, proven
from tests.simulation.truck_lane import POLL_MS


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(lane_folder(tmp_path, POLL_MS, "truck"), tmp_path, "truck")


def _lose(device: str) -> Act:
    fault = {"harm": "drop", "times": 0}
    request = {"do": "line_fault", "device": device, "fault": fault}
    return lambda lane: Harness(lane).handle(request)["ok"]


def test_drive_safety_controller_board_and_linac_of_the_truck_lane_are_proven(
    scene: Scene,
) -> None:
    found = scene.prove()
    assert {name: proven(one).part for name, one in found.items()} == {
        "tow": "conveyor", "safety": "safety", "board": "board", "linac": "source",
    }  # fmt: skip
    assert proven(found["tow"]).parameters == "40001 1000 ms, 40002 1"
    for one in (proven(found["tow"]), proven(found["safety"])):
        # Polls that only read come after what feeds them: a silence counts from the feeding.
        assert all(each.silence_ms >= one.time_ms for each in one.silences if each.fell)
        assert one.survived_ms < one.time_ms
    assert scene.relay_seen
    assert scene.sim is not None
    assert (scene.sim.plant.record.hv, scene.sim.plant.record.violations) == ([], [])
    assert 0 < scene.fastest_mm_s <= 200 + 1


def test_a_person_who_climbs_into_the_cab_opens_the_relay_and_nothing_is_proven(
    scene: Scene,
) -> None:
    at_ms: list[int] = []
    open_ms: list[int] = []

    def climb(lane: SimLane) -> object:
        closed = lane.plant.actuators.relay_closed
        if closed and not at_ms:
            lane.plant.people.person_in_cab = True
            at_ms.append(lane.now_ms)
        elif at_ms and not closed and not open_ms:
            open_ms.append(lane.now_ms)
        return False

    found = scene.prove("board", act=climb)
    assert set(found) == {"board", "linac"}
    for one in found.values():
        assert broken(one)
    assert open_ms[0] - at_ms[0] <= 400
    assert scene.kinds() == ["service.permitted", "service.ended"]


@pytest.mark.parametrize("device", ["io", "area"])
def test_no_relay_closes_for_a_proof_while_cab_or_area_monitor_is_not_heard(
    scene: Scene, device: str
) -> None:
    found = scene.prove("linac", act=_lose(device))
    assert "every interlock is good" in broken(found["linac"])
    assert not scene.relay_seen
    assert "device.proof" not in scene.kinds()
