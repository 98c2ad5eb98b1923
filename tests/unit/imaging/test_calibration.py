"""Calibrations are measured, dated and refused when they do not fit."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from edge.errors import CalibrationMissing
from edge.imaging import calibration as cal
from simulator.hall.radiograph import PIXELS, REFERENCE_PIXELS, Radiograph

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def _dark(machine: Radiograph) -> cal.Dark:
    return cal.measure_dark(np.stack([machine.dark_line() for _ in range(cal.DARK_LINES)]))


def _saved(folder: Path, *, simulated: bool = True) -> Path:
    machine = Radiograph(3)
    lines = np.stack([machine.air_line() for _ in range(cal.AIR_LINES)])
    level = cal.measure_air(lines, _dark(machine))
    path = cal.air_path(folder, "SIM-1")
    cal.save_air(path, level, detector="SIM-1", made=NOW, simulated=simulated)
    return path


def test_dark_and_air_come_within_noise_of_the_truth(tmp_path: Path) -> None:
    machine = Radiograph(3)
    dark = _dark(machine)
    assert np.abs(dark.level - machine.dark_adu).max() < 1.5
    air = cal.load_air(_saved(tmp_path), detector="SIM-1", now=NOW, simulated=True)
    assert np.abs(air.level / machine.air_adu - 1).max() < 0.005
    whole = cal.combine(dark, air, REFERENCE_PIXELS)
    assert whole.bad.sum() == 0
    assert whole.gain.size == PIXELS


def test_a_file_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = _saved(tmp_path)
    air = cal.load_air(path, detector="SIM-1", now=NOW, simulated=True)
    assert (air.detector, air.made, air.simulated, len(air.calibration_id)) == (
        "SIM-1", NOW, True, 64,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("detector", "late_days", "simulated", "word"),
    [
        ("SIM-2", 0, True, "belongs to detector SIM-1"),
        ("SIM-1", 4000, True, "valid from"),
        ("SIM-1", -1, True, "valid from"),
        ("SIM-1", 0, False, "this lane is not"),
    ],
)
def test_a_calibration_that_does_not_fit_is_refused(
    tmp_path: Path, detector: str, late_days: int, word: str, *, simulated: bool
) -> None:
    path, now = _saved(tmp_path), NOW + timedelta(days=late_days)
    with pytest.raises(CalibrationMissing, match=word):
        cal.load_air(path, detector=detector, now=now, simulated=simulated)


def test_a_real_calibration_expires_after_thirty_days(tmp_path: Path) -> None:
    path = _saved(tmp_path, simulated=False)
    last = NOW + timedelta(days=30) - timedelta(seconds=1)
    assert cal.load_air(path, detector="SIM-1", now=last, simulated=False).simulated is False
    with pytest.raises(CalibrationMissing, match="valid from"):
        cal.load_air(path, detector="SIM-1", now=NOW + timedelta(days=30), simulated=False)


@pytest.mark.parametrize(
    "damage",
    [
        "", "[]", "{}", "null", "nonsense",
        json.dumps({"schema": 1, "kind": "air"}),
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused(tmp_path: Path, damage: str) -> None:
    path = cal.air_path(tmp_path, "SIM-1")
    path.write_text(damage)
    with pytest.raises(CalibrationMissing, match="cannot be read"):
        cal.load_air(path, detector="SIM-1", now=NOW, simulated=True)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("air_f32", "AAAA"), ("air_f32", ""), ("air_f32", "!!"), ("made", "yesterday"),
        ("made", "2026-03-01T08:00:00"), ("simulated", 1), ("schema", 2), ("kind", "dark"),
        ("air_f32", "AADAfwAAwH8="),
    ],
)  # fmt: skip
def test_every_damaged_member_is_refused(tmp_path: Path, key: str, value: object) -> None:
    path = _saved(tmp_path)
    facts = json.loads(path.read_bytes())
    facts[key] = value
    path.write_text(json.dumps(facts))
    with pytest.raises(CalibrationMissing):
        cal.load_air(path, detector="SIM-1", now=NOW, simulated=True)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CalibrationMissing, match="no such file"):
        cal.load_air(tmp_path / "air-X.json", detector="X", now=NOW, simulated=True)


def test_dark_lines_under_a_beam_are_refused() -> None:
    machine = Radiograph(3)
    lines = np.stack([machine.air_line() for _ in range(cal.DARK_LINES)])
    with pytest.raises(CalibrationMissing, match="beam is off"):
        cal.measure_dark(lines)


def test_air_lines_without_a_beam_are_refused() -> None:
    machine = Radiograph(3)
    lines = np.stack([machine.dark_line() for _ in range(cal.AIR_LINES)])
    with pytest.raises(CalibrationMissing, match="Check the beam"):
        cal.measure_air(lines, _dark(machine))


def test_too_few_lines_are_refused() -> None:
    machine = Radiograph(3)
    few = np.stack([machine.dark_line() for _ in range(10)])
    with pytest.raises(CalibrationMissing, match="10 lines came"):
        cal.measure_dark(few)
    with pytest.raises(CalibrationMissing, match="10 lines came"):
        cal.measure_air(few, _dark(machine))


def _air(level: np.ndarray[tuple[int], np.dtype[np.float32]]) -> cal.Air:
    return cal.Air(level, "0" * 64, "SIM-1", NOW, NOW + timedelta(days=1), simulated=True)


def test_dead_pixels_are_found_and_too_many_are_refused() -> None:
    dark = _dark(Radiograph(3))
    level = np.full(PIXELS, 52_000, np.float32)
    level[100:103] = 0
    whole = cal.combine(dark, _air(level), REFERENCE_PIXELS)
    assert np.flatnonzero(whole.bad).tolist() == [100, 101, 102]
    assert (whole.gain[100:103] == 0).all()
    level[200:260] = 0
    with pytest.raises(CalibrationMissing, match="63 of 656 pixels are bad"):
        cal.combine(dark, _air(level), REFERENCE_PIXELS)


def test_another_array_is_refused() -> None:
    dark = _dark(Radiograph(3))
    with pytest.raises(CalibrationMissing, match="100 pixels"):
        cal.combine(dark, _air(np.full(100, 5e4, np.float32)), REFERENCE_PIXELS)


def test_the_calibration_of_one_energy_is_never_taken_for_the_other(tmp_path: Path) -> None:
    level = np.full(PIXELS, 20_000, np.float32)
    low = cal.air_path(tmp_path, "SIM-1", 1)
    cal.save_air(low, level, detector="SIM-1", made=NOW, simulated=True, energy=1)
    assert low != cal.air_path(tmp_path, "SIM-1")
    assert cal.load_air(low, detector="SIM-1", now=NOW, simulated=True, energy=1).energy == 1
    with pytest.raises(CalibrationMissing, match="no calibration 'air' of schema"):
        cal.load_air(low, detector="SIM-1", now=NOW, simulated=True)
