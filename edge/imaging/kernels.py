"""The two hot loops, compiled: raw counts to attenuation, and the repair of bad pixels.

Both release the GIL, allocate nothing and take their outputs as arguments. The logarithm is a
polynomial on the bits of the number: without a vector library ``math.log`` in the loop is six
times slower (imaging notes, section 4.2).
"""

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]
U8 = NDArray[np.uint8]

KERNEL_VERSION = "1"
"""Goes into every package; changes whenever a result can change."""
INVALID = 65_535
SATURATED_ADU = 65_000
NEPERS_PER_CODE = 1e-3
MAX_RUN = 3
"""Longest run of bad pixels that is interpolated; longer ones stay invalid."""

_NONE = np.int32(0)
_MAX_CODE = np.int32(INVALID - 1)
_INVALID = np.int32(INVALID)
_SQRT_HALF_BITS = 0x3F3504F3
_LN2 = np.float32(0.6931471805599453)
# Least-maximum fit of ln(1 + x) / x on [sqrt(1/2) - 1, sqrt(2) - 1], six terms; the error of the
# logarithm is at most 1.5e-6 and the tests measure it.
_C0 = np.float32(1.000012755393982)
_C1 = np.float32(-0.49985045194625854)
_C2 = np.float32(0.33225899934768677)
_C3 = np.float32(-0.25472626090049744)
_C4 = np.float32(0.22329778969287872)
_C5 = np.float32(-0.1431874781847)
_CODES_PER_NEPER = np.float32(1000.0)
_HALF = np.float32(0.5)
_ONE = np.float32(1.0)


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def attenuate(
    raw: U16,
    dark: F32,
    gain: F32,
    inverse_dose: F32,
    floor: F32,
    row: F32,
    row_bits: I32,
    exponents: I32,
    out: U16,
) -> None:
    """Offset, gain, dose, logarithm and code of a block of lines in one pass.

    ``code = round(1000 * -ln(max((raw - dark) * gain / dose, floor)))``, clamped to 0..65534.
    Saturated counts (>= 65 000) and lines whose ``inverse_dose`` is 0 become 65535, invalid.

    Args:
        raw: counts, (lines, pixels).
        dark: dark level of each pixel in counts.
        gain: 1 / (air - dark) of each pixel; 0 for a bad pixel, which becomes invalid.
        inverse_dose: 1 / dose of each line; 0 for a line that cannot be used.
        floor: smallest transmission that means anything, per pixel.
        row: scratch, one line of float32.
        row_bits: the same memory seen as int32.
        exponents: scratch, one line of int32.
        out: attenuation codes of 1e-3 nepers, (lines, pixels).
    """
    lines, pixels = raw.shape
    for i in range(lines):
        scale = inverse_dose[i]
        if scale <= np.float32(0.0):
            for j in range(pixels):
                out[i, j] = INVALID
            continue
        for j in range(pixels):
            row[j] = max((np.float32(raw[i, j]) - dark[j]) * gain[j] * scale, floor[j])
        for j in range(pixels):
            bits = row_bits[j]
            exponent = (bits - _SQRT_HALF_BITS) >> 23
            exponents[j] = exponent
            row_bits[j] = bits - (exponent << 23)
        # A loop of its own: one that touched both views of the row could not be vectorised.
        for j in range(pixels):
            x = row[j] - _ONE
            p = _C0 + x * (_C1 + x * (_C2 + x * (_C3 + x * (_C4 + x * _C5))))
            nepers = -(np.float32(exponents[j]) * _LN2 + x * p)
            code = min(max(np.int32(nepers * _CODES_PER_NEPER + _HALF), _NONE), _MAX_CODE)
            if raw[i, j] >= SATURATED_ADU or gain[j] <= np.float32(0.0):
                code = _INVALID
            out[i, j] = code


@numba.njit(cache=True, nogil=True, error_model="numpy")
def mend(codes: U16, bad: U8) -> None:
    """Fill runs of at most 3 bad pixels linearly from their valid neighbours, in place.

    A longer run, one at an edge, and one beside an invalid neighbour become 65535: nothing is
    invented over a distance in which something could hide.

    Args:
        codes: attenuation codes, (lines, pixels).
        bad: 1 for each bad pixel.
    """
    lines, pixels = codes.shape
    j = 0
    while j < pixels:
        if bad[j] == 0:
            j += 1
            continue
        end = j
        while end < pixels and bad[end] != 0:
            end += 1
        run = end - j
        fill = run <= MAX_RUN and j > 0 and end < pixels
        for i in range(lines):
            left = np.int64(codes[i, j - 1]) if fill else np.int64(INVALID)
            right = np.int64(codes[i, end]) if fill else np.int64(INVALID)
            for k in range(run):
                if left == INVALID or right == INVALID:
                    codes[i, j + k] = INVALID
                else:
                    step = (right - left) * (k + 1)
                    codes[i, j + k] = left + (2 * step + run + 1) // (2 * (run + 1))
        j = end


def warm_up() -> None:
    """Compile both kernels, or load them from the cache, so that no unit waits for it."""
    raw = np.full((2, 4), 1000, np.uint16)
    level = np.full(4, 1e-3, np.float32)
    row = np.ones(4, np.float32)
    out = np.zeros((2, 4), np.uint16)
    bits, exponents = row.view(np.int32), np.zeros(4, np.int32)
    attenuate(raw, level, level, np.ones(2, np.float32), level, row, bits, exponents, out)
    mend(out, np.zeros(4, np.uint8))
