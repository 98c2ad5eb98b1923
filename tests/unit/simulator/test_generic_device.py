"""A simulated device of which only the map is known, in a lane file and at the harness."""

import pytest

from simulator.devices.generic import GenericDevice
from simulator.devices.registers import Table
from simulator.harness import Harness
from simulator.lane import SimLane
from simulator.lane_file import load_lane_file
from tests.unit.simulator.lane_kit import MAPS, read, registers

LANE = """
[buses.drive]
kind = "rtu"
port = "wires/drive"
[devices.panel]
kind = "generic"
bus = "drive"
unit = 9
map = "sinamics_v20.toml"
"""


@pytest.fixture
def lane(tmp_path) -> SimLane:
    path = tmp_path / "lane.toml"
    path.write_text(LANE)
    return SimLane(load_lane_file(path), MAPS)


def test_it_answers_at_the_wire_addresses_of_the_map_the_lane_file_names(lane) -> None:
    device = lane.slaves["panel"]
    assert isinstance(device, GenericDevice)
    device.hold("zsw", 5, 0x1000)
    assert read(device, Table.HOLDING, 109, 0) == 5
    assert read(device, Table.HOLDING, 110, 0) == 0x1000


def test_the_harness_lets_a_field_hold_numbers_and_refuses_what_is_none(lane) -> None:
    harness = Harness(lane)
    request = {"do": "register", "device": "panel", "what": "hiw", "text": "65535"}
    assert harness.handle(request)["ok"]
    assert read(lane.slaves["panel"], Table.HOLDING, 110, 0) == 0xFFFF
    for spoilt in ({"text": "65536"}, {"text": ""}, {"what": "speed"}, {"device": "belt"}):
        assert not harness.handle(request | spoilt)["ok"]


def test_a_map_in_modicon_numbers_is_laid_out_by_wire_addresses() -> None:
    places = registers("sinamics_v20").places
    assert (places["watchdog_time"].address, places["stw"].address) == (0, 99)
