"""A Modbus device looked at: it is read and never written, and nothing is kept moving by it."""

from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from edge.cabinet.modbus_look import ModbusLook
from edge.cabinet.rows import Row
from edge.core.values import Quality
from edge.errors import DeviceTimeout, DeviceUnreachable
from simulator.devices.iologik import IoLogik
from tests.unit.cabinet.cabinet_bench import (
    BELT,
    CURTAIN,
    PORT,
    REMOTE_IO,
    lane_file,
    modbus_look,
    standing_drive,
)
from tests.unit.drivers.emulated_modbus import Emulated
from tests.unit.drivers.fake_modbus import FakeSlave
from tests.unit.drivers.panel import PANEL, panel
from tests.unit.drivers.virtual_loop import VirtualLoop, run_virtual
from tests.unit.simulator.lane_kit import registers

PANEL_LANE = f"""
[buses.panel]
kind = "rtu"
port = "socket://line:{PORT}"
[devices.panel]
kind = "generic"
bus = "panel"
map = "panel.toml"
"""

Act = Callable[[ModbusLook, VirtualLoop], Coroutine[None, None, list[Row]]]


def looked(folder: Path, slave: FakeSlave, act: Act, text: str = BELT) -> dict[str, Row]:
    """Do something with the only device of a lane file, on virtual time."""
    file = lane_file(folder, text)
    name = {CURTAIN: "height", REMOTE_IO: "io"}.get(text, "belt")

    async def main(loop: VirtualLoop) -> list[Row]:
        async with modbus_look(file, name, loop) as look:
            return await act(look, loop)

    return {row.field: row for row in run_virtual({PORT: slave}, main)}


async def once(look: ModbusLook, _loop: VirtualLoop) -> list[Row]:
    return await look.look()


async def timed(look: ModbusLook, _loop: VirtualLoop) -> list[Row]:
    return await look.probe(10)


def test_every_field_of_the_map_is_read_with_its_registers(tmp_path: Path) -> None:
    rows = looked(tmp_path, standing_drive(), once)
    assert {name: row.raw for name, row in rows.items()} == {
        "eta": (0x0250,), "rfrd": (0,), "tto": (10,), "sll": (6,), "lft": (0,), "cmd": (0,),
        "lfrd": (0,), "rfr": (0,), "lcr": (12,), "uln": (4000,), "thd": (40,), "hmis": (2,),
    }  # fmt: skip
    assert (rows["uln"].value, rows["uln"].unit, rows["lcr"].value) == (400.0, "V", 1.2)
    assert (rows["sll"].value, rows["hmis"].value) == ("ramp", "ready")
    assert rows["eta"].detail == "voltage, switch_on_disabled"
    assert {row.quality for row in rows.values()} == {Quality.GOOD}


@pytest.mark.parametrize("act", [once, timed])
def test_looking_sends_read_functions_and_nothing_else(tmp_path: Path, act: Act) -> None:
    slave = standing_drive()
    looked(tmp_path, slave, act)
    assert slave.writes == []
    assert {function for function, _, _ in slave.reads} == {3}
    assert len(slave.frames) == len(slave.reads)


def test_bits_are_read_with_the_functions_of_bits_and_nothing_is_written(tmp_path: Path) -> None:
    far = Emulated(IoLogik(registers("iologik"), channels=8), tcp=True)
    far.slave.set_input(3, on=True)
    rows = looked(tmp_path, far, once, REMOTE_IO)
    assert (rows["di_2"].value, rows["di_3"].value, rows["counter_3"].value) == (0, 1, 1)
    assert {row.quality for row in rows.values()} == {Quality.GOOD}
    # Behind the MBAP header: Read Coils, Read Discrete Inputs, Read Input Registers.
    assert {frame[7] for frame in far.frames} == {1, 2, 4}


def test_of_a_smaller_model_what_it_has_is_read_and_the_rest_is_refused(tmp_path: Path) -> None:
    far = Emulated(IoLogik(registers("iologik"), channels=6), tcp=True)
    far.slave.set_input(3, on=True)
    rows = looked(tmp_path, far, once, REMOTE_IO)
    assert (rows["di_3"].value, rows["counter_3"].value) == (1, 1)
    assert (rows["di_6"].value, rows["di_6"].quality) == (None, Quality.BAD)
    assert {frame[7] for frame in far.frames} == {1, 2, 4}


@pytest.mark.parametrize(("low", "high"), [(0x0000, 0x7FC0), (0x0000, 0x7F80)])
def test_what_is_no_number_is_shown_without_a_value(tmp_path: Path, low: int, high: int) -> None:
    file = lane_file(tmp_path, PANEL_LANE)
    (tmp_path / "config" / "devices").unlink()
    (tmp_path / "config" / "devices").mkdir()
    (tmp_path / "config" / "devices" / "panel.toml").write_text(PANEL)
    far = panel()
    far.input |= {1: low, 2: high}

    async def main(loop: VirtualLoop) -> list[Row]:
        async with modbus_look(file, "panel", loop) as look:
            return await look.look()

    rows = {row.field: row for row in run_virtual({PORT: far}, main)}
    dose = rows["dose_usv_h"]
    assert (dose.value, dose.quality, dose.raw) == (None, Quality.BAD, (low, high))
    assert "is no number" in dose.detail
    assert rows["temperature_c"].value == -5.5


def test_the_line_is_silent_until_a_drive_s_time_out_must_have_acted(tmp_path: Path) -> None:
    slave, first_s = standing_drive(), list[float]()

    async def main(look: ModbusLook, loop: VirtualLoop) -> list[Row]:
        first_s.append(loop.time())
        return await look.look()

    looked(tmp_path, slave, main, BELT + "watchdog_max_ms = 3000\n")
    # One and a half times the longest time-out that the lane file allows.
    assert first_s == [4.5]


def test_a_device_that_no_question_feeds_is_asked_at_once(tmp_path: Path) -> None:
    slave = FakeSlave(unit=65)
    slave.input = {30001: 200, 30002: 196}

    async def main(look: ModbusLook, loop: VirtualLoop) -> list[Row]:
        assert loop.time() == 0
        return await look.look()

    rows = looked(tmp_path, slave, main, CURTAIN)
    assert [row.value for row in rows.values()] == [200, 196]


@pytest.mark.parametrize("moves", [{3201: 0x0237}, {8604: 1500}], ids=["enabled", "turning"])
@pytest.mark.parametrize("act", [once, timed])
def test_a_drive_that_moves_unwatched_is_asked_nothing_more(
    tmp_path: Path, moves: dict[int, int], act: Act
) -> None:
    slave, said = standing_drive(), list[str]()
    slave.holding |= moves

    async def main(look: ModbusLook, loop: VirtualLoop) -> list[Row]:
        rows = await act(look, loop)
        said.append(look.moving)
        return rows

    looked(tmp_path, slave, main)
    assert len(slave.frames) <= 2
    assert "Stop it at the device" in said[0]


def test_a_register_that_the_device_refuses_leaves_the_others_readable(tmp_path: Path) -> None:
    slave = standing_drive()
    del slave.holding[3207]
    rows = looked(tmp_path, slave, once)
    assert (rows["uln"].value, rows["uln"].quality) == (None, Quality.BAD)
    assert "illegal data address" in rows["uln"].detail
    assert rows["hmis"].value == "ready"


def test_what_the_map_does_not_know_is_uncertain_and_what_it_forbids_is_bad(tmp_path: Path) -> None:
    slave = standing_drive()
    slave.holding |= {7121: 99, 8602: 4000}
    rows = looked(tmp_path, slave, once)
    assert (rows["lft"].value, rows["lft"].quality) == (99, Quality.UNCERTAIN)
    assert (rows["lfrd"].value, rows["lfrd"].quality) == (4000, Quality.BAD)
    assert "-3000..3000" in rows["lfrd"].detail


def test_times_are_from_the_question_to_the_whole_answer(tmp_path: Path) -> None:
    slave, seen = standing_drive(), list[ModbusLook]()
    slave.delay_ms = 20

    async def main(look: ModbusLook, _loop: VirtualLoop) -> list[Row]:
        seen.append(look)
        return await look.probe(6)

    rows = looked(tmp_path, slave, main)
    assert set(rows) == {"eta", "rfrd"}
    assert seen[0].durations_ms == pytest.approx([20.0] * 6, abs=0.01)
    # Fifteen characters of 0.572917 ms are the line's and not the device's.
    assert seen[0].turnarounds_ms == pytest.approx([20 - 8.59375] * 6, abs=0.01)


def test_a_missed_answer_is_counted_and_the_probe_goes_on(tmp_path: Path) -> None:
    slave, seen = standing_drive(), list[ModbusLook]()
    slave.harms = [lambda _request, _answer: []]

    async def main(look: ModbusLook, _loop: VirtualLoop) -> list[Row]:
        seen.append(look)
        return await look.probe(5)

    assert "eta" in looked(tmp_path, slave, main)
    assert (seen[0].misses, len(seen[0].durations_ms)) == (1, 4)


def test_a_silent_device_and_a_missing_line_are_told_apart(tmp_path: Path) -> None:
    silent, away = standing_drive(), standing_drive()
    silent.silent, away.reachable = True, False
    with pytest.raises(DeviceTimeout, match="no answer from unit 1 on drive in 150 ms"):
        looked(tmp_path, silent, timed)
    with pytest.raises(DeviceUnreachable, match="Check that the device has power"):
        looked(tmp_path, away, timed)
