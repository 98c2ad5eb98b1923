"""The simulated UPS runs down without mains, charges with it, and hangs in a lane file."""

from simulator.devices.registers import Table
from simulator.devices.ups_modbus import Ups
from simulator.harness import Harness
from simulator.lane import SimLane
from simulator.lane_file import load_lane_file
from tests.unit.simulator.lane_kit import MAPS, read, registers

STATUS, CHARGE, SECONDS, MINUTES, PERCENT = 0x041F, 0x0420, 0x0421, 0x0422, 0x0423


def shown(ups: Ups, now_ms: int) -> list[int]:
    return [
        read(ups, Table.INPUT, address, now_ms)
        for address in (STATUS, CHARGE, SECONDS, MINUTES, PERCENT)
    ]


def test_a_battery_runs_down_gets_low_is_depleted_and_charges_again() -> None:
    ups = Ups(registers("ups_modbus"), runtime_ms=600_000)
    assert shown(ups, 0) == [0, 0, 0, 10, 100]
    ups.cut(mains=False)
    assert shown(ups, 60_000) == [0, 3, 60, 9, 90]
    assert shown(ups, 500_000) == [1, 3, 500, 1, 16]
    assert shown(ups, 700_000) == [2, 3, 700, 0, 0]
    ups.cut(mains=True)
    assert shown(ups, 1_000_000) == [1, 1, 0, 1, 10]
    assert shown(ups, 9_000_000) == [0, 0, 0, 10, 100]


def test_a_second_cut_while_it_is_cut_does_not_begin_anew() -> None:
    ups = Ups(registers("ups_modbus"))
    ups.cut(mains=False)
    ups.advance(30_000)
    ups.cut(mains=False)
    assert shown(ups, 60_000)[2] == 60


def test_the_harness_cuts_the_mains_of_a_lane_that_has_a_ups(tmp_path) -> None:
    path = tmp_path / "lane.toml"
    path.write_text("""
[buses.power]
kind = "rtu"
port = "wires/power"
[devices.ups]
kind = "ups_modbus"
bus = "power"
""")
    lane = SimLane(load_lane_file(path), MAPS)
    harness = Harness(lane)
    assert harness.handle({"do": "power", "what": "mains", "on": False})["ok"]
    lane.advance(5000)
    assert shown(lane.slaves["ups"], 5000)[:3] == [0, 3, 5]
    assert harness.handle({"do": "power", "what": "mains"})["ok"]
    assert shown(lane.slaves["ups"], 5000)[1] == 1
