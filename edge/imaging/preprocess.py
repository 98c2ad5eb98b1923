"""Raw lines to attenuation: dose from the reference pixels, one fused pass, bad pixels mended.

This is the measurement branch: nothing here smooths or stretches.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.imaging import kernels
from edge.imaging.calibration import Calibration

F32 = NDArray[np.float32]
U16 = NDArray[np.uint16]
Mask = NDArray[np.bool_]

MIN_DOSE, MAX_DOSE = 0.5, 2.0
"""A line outside this band of the calibrated dose is not used (imaging notes, section 7)."""
MIN_TRANSMISSION = 1e-5
BLOCK_LINES = 64


@dataclass(frozen=True, slots=True)
class Developed:
    """The attenuation of a scan.

    Attributes:
        codes: 1e-3 nepers per code, 65535 invalid; (lines, detectors), reference pixels cut off.
        dose: dose of each line relative to the air calibration, 0 for a missing line.
        usable: lines that arrived and whose dose is in the band.
    """

    codes: U16
    dose: F32
    usable: Mask


def develop(raw: U16, arrived: Mask, calibration: Calibration) -> Developed:
    """Correct a whole scan.

    Args:
        raw: counts, (lines, pixels), C-contiguous.
        arrived: which lines came; the others become invalid.
        calibration: made for this detector array.
    """
    dose = line_dose(raw, calibration)
    dose[~arrived] = 0.0
    usable = arrived & (dose >= MIN_DOSE) & (dose <= MAX_DOSE)
    inverse = np.zeros(len(raw), np.float32)
    np.divide(np.float32(1.0), dose, out=inverse, where=usable)
    first = calibration.reference_pixels
    pixels = raw.shape[1]
    gain = calibration.gain
    floor = np.maximum(gain, np.float32(MIN_TRANSMISSION))
    codes = np.empty((len(raw), pixels), np.uint16)
    row, exponents = np.ones(pixels, np.float32), np.zeros(pixels, np.int32)
    for start in range(0, len(raw), BLOCK_LINES):
        block = slice(start, start + BLOCK_LINES)
        kernels.attenuate(
            raw[block], calibration.dark, gain, inverse[block], floor, row,
            row.view(np.int32), exponents, codes[block],
        )  # fmt: skip
    image = np.ascontiguousarray(codes[:, first:])
    kernels.mend(image, np.ascontiguousarray(calibration.bad[first:]))
    return Developed(image, dose, usable)


def line_dose(raw: U16, calibration: Calibration) -> F32:
    """Dose of every line: the mean of the good reference pixels after offset and gain."""
    first = calibration.reference_pixels
    good = np.flatnonzero(calibration.bad[:first] == 0)
    signal = (raw[:, good].astype(np.float32) - calibration.dark[good]) * calibration.gain[good]
    dose: F32 = signal.mean(axis=1, dtype=np.float64).astype(np.float32)
    return dose
