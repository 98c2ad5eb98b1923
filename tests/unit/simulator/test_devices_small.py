"""Light curtains, readers and seeded units."""

import pytest

from simulator.devices.ez_array import LightCurtain
from simulator.devices.modbus_frames import rtu_frame
from simulator.devices.modbus_server import RtuLine
from simulator.devices.readers import MAX_LINES, LineReader
from simulator.devices.registers import Table
from simulator.hall.units import MAX_LENGTH_MM, MIN_LENGTH_MM, Cargo, UnitMaker
from tests.unit.simulator.lane_kit import read, registers


@pytest.mark.parametrize(
    ("size_mm", "register"), [(0, 0), (1, 4), (500, 400), (501, 404), (5000, 1920)]
)
def test_a_curtain_reports_four_times_the_channels_rounded_up(size_mm: int, register: int) -> None:
    curtain = LightCurtain(registers("ez_array"), lambda: size_mm)
    assert read(curtain, Table.INPUT, 30001, 0) == register
    assert read(curtain, Table.INPUT, 30002, 0) == register


def test_two_curtains_share_a_line_and_answer_only_for_themselves() -> None:
    line = RtuLine(
        {
            65: LightCurtain(registers("ez_array"), lambda: 500),
            66: LightCurtain(registers("ez_array"), lambda: 250),
        }
    )
    pdu = bytes.fromhex("04 7531 0001")
    assert line.receive(rtu_frame(65, pdu), 0) == rtu_frame(65, bytes.fromhex("04 02 0190"))
    assert line.receive(rtu_frame(66, pdu), 1) == rtu_frame(66, bytes.fromhex("04 02 00c8"))


def test_dirty_channels_make_things_look_bigger_never_smaller() -> None:
    curtain = LightCurtain(registers("ez_array"), lambda: 500)
    curtain.dirty_channels = 2
    assert read(curtain, Table.INPUT, 30001, 0) == 408


def test_the_frame_of_the_curtain_manual_is_answered() -> None:
    # Manual 130426: read 25 registers from 30500 of slave 0x41.
    line = RtuLine({0x41: LightCurtain(registers("ez_array"), lambda: 500)})
    answer = line.receive(bytes.fromhex("41 04 77 24 00 19 64 BF"), 0)
    assert answer[:3] == bytes([0x41, 4, 50])
    assert len(answer) == 55


def test_a_reader_sends_each_code_once_ended_by_cr_lf() -> None:
    reader = LineReader()
    reader.read("SL-00001")
    assert reader.poll(0) == b"SL-00001\r\n"
    assert reader.poll(1) == b""
    assert reader.receive(b"anything", 2) == b""


def test_a_reader_keeps_a_bounded_number_of_lines() -> None:
    reader = LineReader()
    for number in range(100):
        reader.read(str(number))
    assert reader.poll(0).count(b"\r\n") == MAX_LINES


def test_the_same_seed_makes_the_same_units_and_another_makes_others() -> None:
    first, same, other = (UnitMaker(seed) for seed in (7, 7, 8))
    units = [first.make() for _ in range(50)]
    assert units == [same.make() for _ in range(50)]
    assert units != [other.make() for _ in range(50)]
    assert all(MIN_LENGTH_MM <= unit.length_mm <= MAX_LENGTH_MM for unit in units)


@pytest.mark.parametrize("cargo", list(Cargo))
def test_only_general_goods_and_table_eggs_may_be_scanned(cargo: Cargo) -> None:
    unit = UnitMaker(1).make(cargo)
    assert unit.cargo is cargo
    assert unit.may_be_scanned is (cargo in (Cargo.GENERAL, Cargo.TABLE_EGGS))
