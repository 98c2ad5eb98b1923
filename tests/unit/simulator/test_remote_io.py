"""The simulated remote I/O answers as appendix A of its manual says."""

import pytest

from simulator.devices.iologik import COUNTING, IoLogik
from simulator.devices.modbus_server import execute
from simulator.devices.registers import Table
from simulator.harness import Harness
from simulator.lane import SimLane
from simulator.lane_file import TcpWire, load_lane_file
from tests.unit.simulator.lane_kit import MAPS, registers


def asked(device: IoLogik, pdu: str, now_ms: int = 0) -> str:
    return execute(device, bytes.fromhex(pdu), now_ms).hex(" ")


def test_writing_nought_to_a_clear_coil_is_answered_with_exception_03() -> None:
    device = IoLogik(registers("iologik"))
    device.set_input(1, on=True)
    assert asked(device, "05 0111 0000") == "85 03"
    assert device.count(1) == 1
    assert asked(device, "05 0111 ff00") == "05 01 11 ff 00"
    assert device.count(1) == 0
    assert asked(device, "01 0111 0001") == "01 01 00"


def test_a_counter_counts_rising_edges_while_it_runs_and_shows_its_high_word_first() -> None:
    device = IoLogik(registers("iologik"))
    device.registers.store(Table.INPUT, 0x10, [0, 0xFFFF])
    for on in (True, True, False):
        device.set_input(0, on=on)
    assert asked(device, "04 0010 0002") == "04 04 00 01 00 00"
    device.registers.store(Table.COIL, COUNTING, [0])
    device.set_input(0, on=True)
    assert device.count(0) == 0x10000


@pytest.mark.parametrize(("channels", "answer"), [(6, "82 02"), (8, "02 01 00")])
def test_channels_that_are_not_there_are_refused(channels: int, answer: str) -> None:
    assert asked(IoLogik(registers("iologik"), channels=channels), "02 0000 0008") == answer


def test_outputs_in_safe_mode_stay_off_until_the_mode_is_cleared() -> None:
    device = IoLogik(registers("iologik"), host_watchdog_ms=1000)
    asked(device, "05 0002 ff00")
    assert device.output(2)
    device.advance(1000)
    assert not device.output(2)
    asked(device, "05 0002 ff00", 1001)
    assert not device.output(2)
    assert asked(device, "01 1012 0001", 1002) == "01 01 01"
    asked(device, "05 1022 ff00", 1003)
    asked(device, "05 0002 ff00", 1004)
    assert device.output(2)


def test_without_a_host_watchdog_outputs_stay_for_ever() -> None:
    device = IoLogik(registers("iologik"))
    asked(device, "05 0002 ff00")
    device.advance(3_600_000)
    assert device.output(2)


def test_a_lane_file_with_it_is_played_on_modbus_tcp_and_its_contacts_can_be_moved(
    tmp_path,
) -> None:
    path = tmp_path / "lane.toml"
    path.write_text("""
[buses.io]
kind = "tcp"
host = "127.0.0.1"
port = 15503
[devices.io]
kind = "iologik"
bus = "io"
model = "E1214"
""")
    lane = SimLane(load_lane_file(path), MAPS)
    harness = Harness(lane)
    assert harness.handle({"do": "input", "device": "io", "what": "5"})["ok"]
    wire = lane.tcp[TcpWire("127.0.0.1", 15503, modbus=True)]()
    answer = wire.receive(bytes.fromhex("0001 0000 0006 01 02 0000 0006"), 0)
    assert answer == bytes.fromhex("0001 0000 0004 01 02 01 20")
    for what in ("6", "x", ""):
        assert not harness.handle({"do": "input", "device": "io", "what": what})["ok"]
    assert not harness.handle({"do": "input", "device": "belt", "what": "1"})["ok"]
