"""How good a scan is, in figures and one word; computed from what was measured, never guessed."""

from dataclasses import dataclass
from enum import Enum, unique

import numpy as np

from edge.imaging.kernels import INVALID, SATURATED_ADU
from edge.imaging.preprocess import Developed
from edge.imaging.scan import ScanBuffer

OPAQUE_NEPERS_CODE = 6000
"""Darker than this only shadow is left: exp(-6) of the beam is about 130 counts of 52 000."""
MAX_LOST_SHARE = 0.01
MAX_SATURATED_SHARE = 0.01
MAX_DOSE_SIGMA = 0.1
MAX_STEP_SPREAD = 0.2


@unique
class Grade(Enum):
    """The one word."""

    GOOD = "good"
    USABLE = "usable"
    POOR = "poor"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures of one scan.

    Attributes:
        grade: the word that follows from the others.
        lines: rows of the image.
        lost: rows without a line.
        lit: rows taken under a usable beam.
        repeated: lines that came twice and were dropped.
        reordered: lines that came late and were put in their place.
        torn_bytes: bytes of the stream that made no line.
        overflow: lines beyond the longest scan, dropped.
        foreign: lines of another width or energy, dropped.
        saturated_share: of the lit pixels.
        opaque_share: of the lit pixels.
        invalid_share: of the lit pixels.
        dose_mean: of the lit lines, 1 as calibrated.
        dose_sigma: of the lit lines.
        line_step_um: median belt travel between lines, 0 when unknown.
        step_spread: largest deviation from it, relative; holes are not counted.
        bad_pixels: of the detector, by the calibration.
    """

    grade: Grade
    lines: int
    lost: int
    lit: int
    repeated: int
    reordered: int
    torn_bytes: int
    overflow: int
    foreign: int
    saturated_share: float
    opaque_share: float
    invalid_share: float
    dose_mean: float
    dose_sigma: float
    line_step_um: int
    step_spread: float
    bad_pixels: int


def judge(scan: ScanBuffer, developed: Developed | None, bad_pixels: int, *, complete: bool) -> (
    Quality
):  # fmt: skip
    """Measure a scan; ``developed`` is None when there was nothing to develop it with."""
    saturated = opaque = invalid = mean = sigma = 0.0
    lit = 0
    if developed is not None and developed.usable.any():
        usable = developed.usable
        lit = int(usable.sum())
        codes = developed.codes[usable]
        saturated = float((scan.raw[usable] >= SATURATED_ADU).mean())
        opaque = float(((codes >= OPAQUE_NEPERS_CODE) & (codes != INVALID)).mean())
        invalid = float((codes == INVALID).mean())
        mean = float(developed.dose[usable].mean(dtype=np.float64))
        sigma = float(developed.dose[usable].std(dtype=np.float64))
    step_um, spread = _steps(scan)
    tally = scan.tally
    grade = _grade(scan, lit, saturated, sigma, spread, complete=complete)
    return Quality(
        grade, scan.height, scan.lost, lit, tally.repeated, tally.reordered, tally.torn_bytes,
        tally.overflow, tally.foreign, round(saturated, 6), round(opaque, 6), round(invalid, 6),
        round(mean, 4), round(sigma, 4), step_um, round(spread, 4), bad_pixels,
    )  # fmt: skip


def _steps(scan: ScanBuffer) -> tuple[int, float]:
    """Median belt travel between neighbouring lines and the largest deviation from it."""
    rows = np.flatnonzero(scan.arrived)
    if rows.size < 2:
        return 0, 0.0
    steps = np.diff(scan.encoder_um)[np.diff(rows) == 1]
    if steps.size == 0 or np.median(steps) == 0:
        return 0, 0.0
    median = float(np.median(steps))
    return round(median), float(np.abs(steps - median).max() / abs(median))


def _grade(
    scan: ScanBuffer, lit: int, saturated: float, sigma: float, spread: float, *, complete: bool
) -> Grade:
    tally = scan.tally
    if not complete or tally.overflow:
        return Grade.INCOMPLETE
    lost_share = scan.lost / max(scan.height, 1)
    if lit == 0 or lost_share > MAX_LOST_SHARE or saturated > MAX_SATURATED_SHARE:
        return Grade.POOR
    damaged = scan.lost + tally.repeated + tally.reordered + tally.torn_bytes + tally.foreign
    if damaged or sigma > MAX_DOSE_SIGMA or spread > MAX_STEP_SPREAD:
        return Grade.USABLE
    return Grade.GOOD
