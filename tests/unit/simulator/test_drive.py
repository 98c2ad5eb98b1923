"""The simulated Altivar walks the CiA-402 states and stops when its master falls silent."""

import pytest

from simulator.devices.altivar import Drive, DriveState, LossReaction
from simulator.devices.registers import Table
from simulator.hall.plant import Plant
from tests.unit.simulator.lane_kit import read, registers, write

CMD, LFRD, ETA, RFRD, LFT, TTO = 8501, 8602, 3201, 8604, 7121, 6005
RPM = 1500  # 300 mm/s at 12 mm a revolution


def fresh(loss: LossReaction = LossReaction.RAMP, tto_ds: int = 10) -> tuple[Drive, Plant]:
    plant = Plant()
    return Drive(registers("altivar"), plant, loss=loss, tto_ds=tto_ds), plant


def status(drive: Drive, now_ms: int) -> int:
    return read(drive, Table.HOLDING, ETA, now_ms) & 0xFF


def running(drive: Drive) -> int:
    """Bring the drive to 300 mm/s; returns the time."""
    write(drive, LFRD, RPM, 0)
    for command in (0x06, 0x07, 0x0F):
        write(drive, CMD, command, 0)
    now_ms = 0
    while now_ms < 600:
        now_ms += 5
        drive.refresh(now_ms)
    assert drive.speed_mm_s == pytest.approx(300.0)
    return now_ms


def test_the_states_are_walked_one_by_one_with_their_status_words() -> None:
    drive, _ = fresh()
    assert status(drive, 0) == 0x50
    words = []
    for command in (0x06, 0x07, 0x0F):
        write(drive, CMD, command, 0)
        words.append(status(drive, 0))
    assert words == [0x31, 0x33, 0x37]


def test_no_state_can_be_jumped_over() -> None:
    drive, _ = fresh()
    write(drive, CMD, 0x0F, 0)
    assert status(drive, 0) == 0x50
    write(drive, CMD, 0x06, 0)
    write(drive, CMD, 0x0F, 0)
    assert status(drive, 0) == 0x31


def test_the_belt_follows_the_reference_with_its_ramp() -> None:
    drive, plant = fresh()
    write(drive, LFRD, RPM, 0)
    for command in (0x06, 0x07, 0x0F):
        write(drive, CMD, command, 0)
    drive.refresh(250)
    assert plant.actuators.belt_speed_mm_s == pytest.approx(150.0)
    drive.refresh(500)
    assert plant.actuators.belt_speed_mm_s == pytest.approx(300.0)
    assert read(drive, Table.HOLDING, RFRD, 500) == RPM


def test_a_negative_reference_runs_the_belt_backwards() -> None:
    drive, plant = fresh()
    write(drive, LFRD, -RPM, 0)
    for command in (0x06, 0x07, 0x0F):
        write(drive, CMD, command, 0)
    drive.refresh(500)
    assert plant.actuators.belt_speed_mm_s == pytest.approx(-300.0)
    assert read(drive, Table.HOLDING, RFRD, 500) == 0x10000 - RPM


def test_quick_stop_is_faster_than_the_ramp_and_ends_disabled() -> None:
    drive, plant = fresh()
    now_ms = running(drive)
    write(drive, CMD, 0x02, now_ms)
    drive.refresh(now_ms + 170)
    assert plant.actuators.belt_speed_mm_s == 0.0
    assert status(drive, now_ms + 170) == 0x50


@pytest.mark.parametrize(
    ("loss", "stopped_ms", "fault"),
    [
        (LossReaction.RAMP, 500, 5),
        (LossReaction.FAST, 170, 5),
        (LossReaction.FREEWHEEL, 1000, 5),
        (LossReaction.PER_STT, 500, 0),
    ],
)
def test_a_silent_master_stops_the_belt_as_commissioned(
    loss: LossReaction, stopped_ms: int, fault: int
) -> None:
    drive, plant = fresh(loss)
    lost_ms = running(drive) + 1000
    drive.advance(lost_ms - 1)
    assert plant.actuators.belt_speed_mm_s == pytest.approx(300.0)
    for now_ms in range(lost_ms, lost_ms + stopped_ms + 5, 5):
        drive.advance(now_ms)
    assert plant.actuators.belt_speed_mm_s == pytest.approx(0.0, abs=1.0)
    drive.advance(lost_ms + 2000)
    assert read(drive, Table.HOLDING, LFT, lost_ms + 2000) == fault
    expected = DriveState.FAULT if fault else DriveState.SWITCH_ON_DISABLED
    assert drive.state is expected


@pytest.mark.parametrize("loss", [LossReaction.IGNORE, LossReaction.MAINTAIN])
def test_a_drive_commissioned_to_ignore_its_master_runs_on(loss: LossReaction) -> None:
    drive, plant = fresh(loss)
    now_ms = running(drive)
    drive.advance(now_ms + 60_000)
    assert plant.actuators.belt_speed_mm_s == pytest.approx(300.0)


def test_a_time_out_of_nought_is_no_time_out() -> None:
    drive, plant = fresh(tto_ds=0)
    now_ms = running(drive)
    drive.advance(now_ms + 60_000)
    assert plant.actuators.belt_speed_mm_s == pytest.approx(300.0)


def test_any_valid_frame_keeps_the_drive_alive() -> None:
    drive, plant = fresh()
    now_ms = running(drive)
    for _ in range(10):
        now_ms += 900
        read(drive, Table.HOLDING, ETA, now_ms)
    assert plant.actuators.belt_speed_mm_s == pytest.approx(300.0)


def test_a_fault_falls_only_by_a_rising_reset_edge_and_never_restarts_the_belt() -> None:
    drive, plant = fresh()
    now_ms = running(drive)
    drive.trip(16)
    write(drive, CMD, 0x0F, now_ms)
    assert status(drive, now_ms) == 0x18
    write(drive, CMD, 0x80, now_ms)
    assert status(drive, now_ms) == 0x50
    drive.refresh(now_ms + 5000)
    assert plant.actuators.belt_speed_mm_s == 0.0


def test_a_fault_whose_cause_persists_cannot_be_reset() -> None:
    drive, _ = fresh()
    drive.trip(16, persists=True)
    write(drive, CMD, 0x80, 0)
    assert status(drive, 0) == 0x18
    drive.repair()
    assert status(drive, 0) == 0x18
    write(drive, CMD, 0x00, 0)
    write(drive, CMD, 0x80, 0)
    assert status(drive, 0) == 0x50
