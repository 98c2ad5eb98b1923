"""The simulated V20 runs on without its master as it leaves the factory, and F72 stops it after."""

import pytest

from simulator.devices.registers import Table
from simulator.devices.sinamics_v20 import F_NONE, F_OVERHEAT, F_TELEGRAM_LOSS, V20
from simulator.hall.plant import Plant
from simulator.lane import SimLane
from simulator.lane_file import load_lane_file
from tests.unit.simulator.lane_kit import MAPS, read, registers, write

STW, HSW, ZSW, HIW, TIME = 99, 100, 109, 110, 0
SET_POINT = 0x1333  # 300 of 1000 mm/s


def fresh(watchdog_ms: int = 1000) -> tuple[V20, Plant]:
    plant = Plant()
    made = V20(registers("sinamics_v20"), plant, mm_s_at_full_scale=1000.0, watchdog_ms=watchdog_ms)
    return made, plant


def running(drive: V20) -> int:
    """Bring the drive to 300 mm/s; returns the time."""
    write(drive, HSW, SET_POINT, 0)
    write(drive, STW, 0x47E, 0)
    write(drive, STW, 0x47F, 0)
    for now_ms in range(5, 605, 5):
        drive.advance(now_ms)
    assert drive.speed_mm_s == pytest.approx(300.0, abs=0.1)
    return 600


def test_it_leaves_the_factory_without_a_watchdog_and_runs_on_for_ever() -> None:
    drive, plant = fresh(watchdog_ms=0)
    now_ms = running(drive)
    drive.advance(now_ms + 3_600_000)
    assert plant.actuators.belt_speed_mm_s == pytest.approx(300.0, abs=0.1)


def test_f72_comes_after_the_telegram_time_and_the_belt_runs_out() -> None:
    drive, plant = fresh()
    running(drive)
    drive.advance(1000)
    assert drive.fault == F_NONE
    for now_ms in range(1005, 3000, 5):
        drive.advance(now_ms)
    assert drive.fault == F_TELEGRAM_LOSS
    assert plant.actuators.belt_speed_mm_s == 0.0
    assert read(drive, Table.HOLDING, ZSW, 3000) & 0xC == 8


def test_reading_is_no_telegram_so_that_polling_alone_never_keeps_a_belt_running() -> None:
    drive, _ = fresh()
    running(drive)
    for now_ms in range(600, 2000, 50):
        read(drive, Table.HOLDING, ZSW, now_ms)
    assert drive.fault == F_TELEGRAM_LOSS


def test_before_the_first_process_data_there_is_no_f72() -> None:
    drive, _ = fresh()
    drive.advance(10_000)
    assert drive.fault == F_NONE


@pytest.mark.parametrize("word", [0x007F, 0x047D, 0x047B, 0x0477, 0x043F])
def test_a_word_that_misses_a_bit_runs_nothing(word: int) -> None:
    drive, _ = fresh()
    write(drive, HSW, SET_POINT, 0)
    write(drive, STW, 0x47E, 0)
    write(drive, STW, word | 1, 0)
    drive.advance(500)
    assert (drive.running, drive.speed_mm_s) == (False, 0.0)


def test_a_run_needs_a_rising_bit_and_a_fault_needs_a_rising_acknowledgement() -> None:
    drive, _ = fresh()
    drive.trip(F_OVERHEAT, persists=True)
    write(drive, STW, 0x4FE, 0)
    assert drive.fault == F_OVERHEAT
    drive.repair()
    write(drive, STW, 0x4FF, 0)
    assert (drive.fault, drive.running) == (F_OVERHEAT, False)
    write(drive, STW, 0x47F, 0)
    write(drive, STW, 0x4FF, 0)
    assert (drive.fault, drive.running) == (F_NONE, False)
    write(drive, STW, 0x47E, 0)
    write(drive, STW, 0x47F, 0)
    assert drive.running


def test_bit_11_turns_the_belt_round() -> None:
    drive, plant = fresh()
    write(drive, HSW, SET_POINT, 0)
    write(drive, STW, 0xC7E, 0)
    write(drive, STW, 0xC7F, 0)
    drive.advance(600)
    assert plant.actuators.belt_speed_mm_s == pytest.approx(-300.0, abs=0.1)
    assert read(drive, Table.HOLDING, HIW, 600) == 0x10000 - SET_POINT


def test_a_lane_file_with_this_drive_can_be_simulated(tmp_path) -> None:
    path = tmp_path / "lane.toml"
    path.write_text("""
[buses.drive]
kind = "rtu"
port = "wires/drive"
[devices.belt]
kind = "sinamics_v20"
bus = "drive"
unit = 3
full_scale = 16384
mm_s_at_full_scale = 500.0
watchdog_action = 2
""")
    lane = SimLane(load_lane_file(path), MAPS)
    assert isinstance(lane.drive, V20)
    write(lane.drive, HSW, 0x4000, 0)
    write(lane.drive, STW, 0x47E, 0)
    write(lane.drive, STW, 0x47F, 0)
    lane.advance(900)
    assert lane.plant.actuators.belt_speed_mm_s == pytest.approx(500.0, abs=0.1)
    assert read(lane.drive, Table.HOLDING, TIME + 1, 900) == 2
