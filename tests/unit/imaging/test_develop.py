"""From lines to attenuation, figures and pictures."""

import io
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from edge.imaging import preview
from edge.imaging.calibration import Air, Calibration, Dark, combine
from edge.imaging.kernels import INVALID
from edge.imaging.preprocess import Developed, develop
from edge.imaging.quality import Grade, judge
from edge.imaging.scan import LineFacts, Placed, ScanBuffer
from simulator.hall.array import vehicle_array
from simulator.hall.radiograph import (
    LOW_SHARE,
    PITCH_UM,
    PIXELS,
    REFERENCE_PIXELS,
    Box,
    Energy,
    Material,
    Radiograph,
    contents,
)
from simulator.hall.units import Unit

NOW = datetime(2026, 3, 1, tzinfo=UTC)
UNIT = Unit("U1", length_mm=600, height_mm=500, width_mm=400, fill=7)
STEP_UM = 3000


def exact_calibration(machine: Radiograph, bad: tuple[int, ...] = ()) -> Calibration:
    dark = Dark(machine.dark_adu.astype(np.float32), np.zeros(PIXELS, np.uint8), 256)
    level = machine.air_adu.astype(np.float32)
    level[list(bad)] = 0
    air = Air(level, "0" * 64, "SIM-1", NOW, NOW + timedelta(days=1), simulated=True)
    return combine(dark, air, REFERENCE_PIXELS)


def _place(buffer: ScanBuffer, row: int, pixels: NDArray[np.uint16], energy: int = 0) -> Placed:
    facts = LineFacts(row, row + 1, energy, 1, row * STEP_UM, row * 10_000)
    return buffer.place(facts, memoryview(pixels.astype("<u2").tobytes()))


def taken(machine: Radiograph, lines: int = 240, skip: tuple[int, ...] = ()) -> ScanBuffer:
    """Ten dark lines, a lead-in, the unit."""
    boxes = contents(UNIT)
    buffer = ScanBuffer(1000, PIXELS)
    for row in range(lines):
        if row in skip:
            continue
        offset_mm = (row - 30) * STEP_UM / 1000
        pixels = machine.dark_line() if row < 10 else machine.line(machine.nepers(boxes, offset_mm))
        assert _place(buffer, row, pixels) is Placed.STORED
    return buffer


def test_attenuation_follows_the_truth_within_the_noise() -> None:
    machine = Radiograph(5)
    scan = taken(machine)
    done = develop(scan.raw, scan.arrived, exact_calibration(machine))
    boxes = contents(UNIT)
    truth = np.stack([machine.nepers(boxes, (row - 30) * 3.0) for row in range(240)])
    thin = truth[30:, REFERENCE_PIXELS:] < 2.0
    error = done.codes[30:].astype(np.float64) / 1000 - truth[30:, REFERENCE_PIXELS:]
    assert abs(float(error[thin].mean())) < 0.001
    assert float(error[thin].std()) < 0.01


def test_dose_changes_from_line_to_line_do_not_reach_the_image() -> None:
    machine = Radiograph(5)
    scan = taken(machine, 30)
    done = develop(scan.raw, scan.arrived, exact_calibration(machine))
    lit = done.codes[10:].astype(np.float64)
    # Codes below zero are clamped, so compare the means of lines, whose dose differs by 1.7 %.
    assert float(done.dose[10:].std()) > 0.01
    assert float(lit.mean(axis=1).std()) < 0.6


def test_lines_without_beam_and_missing_lines_are_invalid() -> None:
    machine = Radiograph(5)
    scan = taken(machine, 60, skip=(40, 41))
    done = develop(scan.raw, scan.arrived, exact_calibration(machine))
    unusable = np.flatnonzero(~done.usable)
    assert unusable.tolist() == [*range(10), 40, 41]
    assert (done.codes[unusable] == INVALID).all()
    assert (done.codes[done.usable] != INVALID).all()


def test_a_dead_pixel_is_mended_and_a_dead_group_is_not() -> None:
    machine = Radiograph(5)
    scan = taken(machine, 60)
    dead = (100, 300, 301, 302, 303)
    done = develop(scan.raw, scan.arrived, exact_calibration(machine, dead))
    assert (done.codes[done.usable, 100 - REFERENCE_PIXELS] != INVALID).all()
    group = done.codes[:, 300 - REFERENCE_PIXELS : 304 - REFERENCE_PIXELS]
    assert (group == INVALID).all()


def test_a_whole_scan_is_good() -> None:
    machine = Radiograph(5)
    scan = taken(machine)
    done = develop(scan.raw, scan.arrived, exact_calibration(machine))
    quality = judge(scan, done, 0, complete=True)
    assert quality.grade is Grade.GOOD
    assert (quality.lines, quality.lost, quality.lit) == (240, 0, 230)
    assert (quality.line_step_um, quality.step_spread) == (STEP_UM, 0.0)
    assert abs(quality.dose_mean - 1) < 0.01


@pytest.mark.parametrize(
    ("skip", "complete", "grade"),
    [
        ((50,), True, Grade.USABLE),
        (tuple(range(50, 60)), True, Grade.POOR),
        ((), False, Grade.INCOMPLETE),
    ],
)
def test_the_grade_falls_with_the_damage(
    skip: tuple[int, ...], grade: Grade, *, complete: bool
) -> None:
    machine = Radiograph(5)
    scan = taken(machine, skip=skip)
    done = develop(scan.raw, scan.arrived, exact_calibration(machine))
    quality = judge(scan, done, 0, complete=complete)
    assert (quality.grade, quality.lost) == (grade, len(skip))


def test_a_scan_without_beam_is_poor() -> None:
    machine = Radiograph(5)
    scan = taken(machine, 10)
    done = develop(scan.raw, scan.arrived, exact_calibration(machine))
    assert judge(scan, done, 0, complete=True).grade is Grade.POOR
    assert preview.draw(done, line_um=STEP_UM, pitch_um=PITCH_UM, simulated=True) is None


def test_a_repeated_a_foreign_and_an_overflowing_line_change_nothing() -> None:
    machine = Radiograph(5)
    buffer = ScanBuffer(4, PIXELS)
    first = machine.air_line()
    assert _place(buffer, 2, first) is Placed.STORED
    assert _place(buffer, 2, machine.air_line()) is Placed.REPEATED
    assert _place(buffer, 4, machine.air_line()) is Placed.OVERFLOW
    assert _place(buffer, 1, machine.air_line()[:-1]) is Placed.FOREIGN
    assert _place(buffer, 1, machine.air_line(), energy=1) is Placed.FOREIGN
    assert (buffer.count, buffer.height, buffer.lost) == (1, 3, 2)
    assert (buffer.raw[2] == first).all()
    tally = buffer.tally
    assert (tally.repeated, tally.overflow, tally.foreign) == (1, 1, 2)


def test_the_line_table_names_every_row() -> None:
    buffer = ScanBuffer(4, PIXELS)
    _place(buffer, 1, Radiograph(5).air_line())
    rows = buffer.table(np.array([0, 0.987], np.float32)).decode().splitlines()
    assert rows[1:] == ["0,0,0,0,0,0,0", "1,1,3000,10000,2,1,987"]
    assert buffer.table(None).decode().splitlines()[2] == "1,1,3000,10000,2,1,"


def _image(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_the_pictures_are_to_scale_and_the_thumbnail_is_small() -> None:
    machine = Radiograph(5)
    scan = taken(machine)
    done = develop(scan.raw, scan.arrived, exact_calibration(machine))
    pictures = preview.draw(done, line_um=STEP_UM, pitch_um=PITCH_UM, simulated=True)
    assert pictures is not None
    height, width, _ = _image(pictures.preview).shape
    # 230 lit lines of 3 mm and 640 detectors of 1.6 mm.
    assert (width, height) == (431, 640)
    assert len(pictures.thumbnail) <= preview.MAX_THUMBNAIL_BYTES
    assert max(_image(pictures.thumbnail).shape) == preview.THUMBNAIL_SIDE


def test_noise_too_makes_a_small_thumbnail() -> None:
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 6000, (700, 640), dtype=np.uint16)
    noisy = Developed(codes, np.ones(700, np.float32), np.ones(700, np.bool_))
    pictures = preview.draw(noisy, line_um=1600, pitch_um=1600, simulated=False)
    assert pictures is not None
    assert len(pictures.thumbnail) <= preview.MAX_THUMBNAIL_BYTES


def test_a_hole_is_red_in_every_size_and_the_unit_stands_upright() -> None:
    codes = np.zeros((3000, 640), np.uint16)
    codes[:, :100] = 6000
    codes[1500, 400] = INVALID
    done = Developed(codes, np.ones(3000, np.float32), np.ones(3000, np.bool_))
    pictures = preview.draw(done, line_um=1600, pitch_um=1600, simulated=False)
    assert pictures is not None
    for png in (pictures.preview, pictures.thumbnail):
        image = _image(png)
        red = (image == (220, 0, 0)).all(axis=2)
        assert 1 <= red.sum() <= 4
        assert image[-1, 5].tolist() == [0, 0, 0]
        assert image[0, 5].tolist() == [254, 254, 254]


def test_a_simulated_picture_says_so() -> None:
    codes = np.zeros((300, 640), np.uint16)
    done = Developed(codes, np.ones(300, np.float32), np.ones(300, np.bool_))
    marked = preview.draw(done, line_um=1600, pitch_um=1600, simulated=True)
    plain = preview.draw(done, line_um=1600, pitch_um=1600, simulated=False)
    assert marked is not None
    assert plain is not None
    assert (_image(plain.preview) == 254).all()
    dark = (_image(marked.preview)[:14, :70] == 0).all(axis=2).mean()
    assert 0.4 < dark < 1.0


LINAC = vehicle_array(detectors=200, reference_pixels=8, energies=2)
PLATE = (Box(0, 10_000, 0, 10_000, 40, Material.STEEL),)


def _calibrated_at(machine: Radiograph, energy: int) -> Calibration:
    dark = Dark(machine.dark_adu.astype(np.float32), np.zeros(LINAC.pixels, np.uint8), 256)
    level = (machine.air_adu * (LOW_SHARE if energy else 1.0)).astype(np.float32)
    air = Air(level, "0" * 64, "SIM-1", NOW, NOW + timedelta(days=1), simulated=True, energy=energy)
    return combine(dark, air, LINAC.reference_pixels)


def test_lines_of_two_energies_are_measured_each_by_its_own_calibration() -> None:
    machine = Radiograph(5, LINAC)
    buffer = ScanBuffer(1000, LINAC.pixels, 2)
    for row in range(201):
        energy = machine.energy_of(row)
        pixels = machine.line(machine.nepers(PLATE, 100, energy), energy)
        assert _place(buffer, row, pixels, int(energy is Energy.LOW)) is Placed.STORED
    for number, energy in enumerate((Energy.HIGH, Energy.LOW)):
        only = buffer.of_energy(number)
        done = develop(only.raw, only.arrived, _calibrated_at(machine, number))
        assert only.height == done.usable.sum() == (100 if number else 101)
        truth = 40 * Material.STEEL.per_mm(energy)
        assert float(done.codes.mean()) / 1000 == pytest.approx(truth, abs=0.005)
        assert judge(only, done, 0, complete=True).line_step_um == 2 * STEP_UM


def test_a_line_of_another_energy_than_its_place_says_is_never_measured() -> None:
    machine = Radiograph(5, LINAC)
    buffer = ScanBuffer(10, LINAC.pixels, 2)
    assert _place(buffer, 0, machine.air_line(Energy.LOW), 1) is Placed.FOREIGN
    assert _place(buffer, 1, machine.air_line(Energy.HIGH), 0) is Placed.FOREIGN
    assert _place(buffer, 2, machine.air_line(Energy.HIGH), 2) is Placed.FOREIGN
    assert (buffer.count, buffer.tally.foreign) == (0, 3)


def test_each_energy_keeps_its_holes_and_the_sequence_of_the_stream() -> None:
    machine = Radiograph(5, LINAC)
    buffer = ScanBuffer(10, LINAC.pixels, 2)
    for row in (0, 3, 4):
        _place(buffer, row, machine.air_line(), row % 2)
    high, low = buffer.of_energy(0), buffer.of_energy(1)
    assert (high.arrived.tolist(), low.arrived.tolist()) == ([True, False, True], [False, True])
    assert (high.lost, low.lost) == (1, 1)
    rows = low.table(None).decode().splitlines()[1:]
    assert [row.split(",")[:2] for row in rows] == [["1", "0"], ["3", "1"]]


@given(st.permutations(range(12)), st.integers(0, 12))
def test_in_whatever_order_lines_come_none_is_ever_of_the_other_energy(
    order: list[int], count: int
) -> None:
    rows, buffer = order[:count], ScanBuffer(12, 4, 2)
    for row in rows:
        _place(buffer, row, np.full(4, 100 + row, np.uint16), row % 2)
    for energy in (0, 1):
        only = buffer.of_energy(energy)
        seen = only.raw[only.arrived][:, 0].tolist()
        assert seen == sorted(100 + row for row in rows if row % 2 == energy)
