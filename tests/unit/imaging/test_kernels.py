"""The compiled kernels against a plain twin; also runs with NUMBA_DISABLE_JIT=1."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.imaging import kernels
from edge.imaging.kernels import INVALID, SATURATED_ADU

F32, U16, U8 = NDArray[np.float32], NDArray[np.uint16], NDArray[np.uint8]


def run(raw: U16, dark: F32, gain: F32, inverse: F32, floor: F32) -> U16:
    out = np.zeros_like(raw)
    row, exponents = np.ones(raw.shape[1], np.float32), np.zeros(raw.shape[1], np.int32)
    kernels.attenuate(raw, dark, gain, inverse, floor, row, row.view(np.int32), exponents, out)
    return out


def twin(raw: U16, dark: F32, gain: F32, inverse: F32, floor: F32) -> NDArray[np.float64]:
    """Codes before rounding, in float64, NaN where invalid."""
    wide = [one.astype(np.float64) for one in (dark, gain, inverse, floor)]
    signal = (raw.astype(np.float64) - wide[0]) * wide[1] * wide[2][:, None]
    codes = np.clip(-1000 * np.log(np.maximum(signal, wide[3])), 0, INVALID - 1)
    codes[(raw >= SATURATED_ADU) | (wide[1] <= 0)[None, :] | (wide[2] <= 0)[:, None]] = np.nan
    return codes


def example(seed: int, lines: int = 12, pixels: int = 40) -> tuple[U16, F32, F32, F32, F32]:
    rng = np.random.default_rng(seed)
    raw = np.exp(rng.uniform(np.log(900), np.log(65_536), (lines, pixels))).astype(np.uint16)
    dark = rng.normal(900, 60, pixels).astype(np.float32)
    gain = (1 / rng.uniform(40_000, 60_000, pixels)).astype(np.float32)
    gain[rng.random(pixels) < 0.1] = 0
    inverse = rng.uniform(0.5, 2.0, lines).astype(np.float32)
    inverse[rng.random(lines) < 0.2] = 0
    return raw, dark, gain, inverse, np.maximum(gain, np.float32(1e-5))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_codes_are_within_six_tenths_of_a_step_of_the_exact_logarithm(seed: int) -> None:
    arguments = example(seed)
    got, exact = run(*arguments), twin(*arguments)
    assert np.array_equal(got == INVALID, np.isnan(exact))
    valid = ~np.isnan(exact)
    assert valid.any()
    assert np.abs(got[valid] - exact[valid]).max() <= 0.6


def test_the_logarithm_is_right_over_the_whole_range_of_transmissions() -> None:
    # Gain 1 and counts below 2**16 give the logarithms of whole numbers, negative codes clamped.
    raw = np.arange(1, 64_900, 97, dtype=np.uint16)[None, :]
    pixels = raw.shape[1]
    zero = np.zeros(pixels, np.float32)
    gain = np.full(pixels, 1 / 65_000, np.float32)
    arguments = (raw, zero, gain, np.ones(1, np.float32), np.full(pixels, 1e-5, np.float32))
    assert np.abs(run(*arguments) - twin(*arguments)).max() <= 0.51


def test_a_saturated_pixel_is_invalid_and_never_empty() -> None:
    raw = np.array([[SATURATED_ADU - 1, SATURATED_ADU, 65_535]], np.uint16)
    level = np.zeros(3, np.float32)
    gain = np.full(3, 1 / 60_000, np.float32)
    got = run(raw, level, gain, np.ones(1, np.float32), gain)
    assert got.tolist() == [[0, INVALID, INVALID]]


def test_a_line_without_dose_is_invalid_as_a_whole() -> None:
    raw, dark, gain, inverse, floor = example(9)
    inverse[3] = 0
    assert (run(raw, dark, gain, inverse, floor)[3] == INVALID).all()


def test_counts_below_dark_are_opaque_and_not_invalid() -> None:
    raw = np.full((1, 2), 890, np.uint16)
    dark, gain = np.full(2, 900, np.float32), np.full(2, 1 / 52_000, np.float32)
    got = run(raw, dark, gain, np.ones(1, np.float32), gain)
    assert got.tolist() == [[10_859, 10_859]]


def _mended(row: list[int], bad: list[int]) -> list[int]:
    codes = np.array([row], np.uint16)
    kernels.mend(codes, np.array(bad, np.uint8))
    return [int(code) for code in codes[0]]


@pytest.mark.parametrize(
    ("row", "bad", "wanted"),
    [
        ([100, 7, 200], [0, 1, 0], [100, 150, 200]),
        ([100, 7, 7, 7, 500], [0, 1, 1, 1, 0], [100, 200, 300, 400, 500]),
        ([500, 7, 7, 7, 100], [0, 1, 1, 1, 0], [500, 400, 300, 200, 100]),
        ([1, 7, 7, 7, 7, 5], [0, 1, 1, 1, 1, 0], [1, INVALID, INVALID, INVALID, INVALID, 5]),
        ([7, 3, 3], [1, 0, 0], [INVALID, 3, 3]),
        ([3, 3, 7], [0, 0, 1], [3, 3, INVALID]),
        ([INVALID, 7, 4], [0, 1, 0], [INVALID, INVALID, 4]),
    ],
)
def test_short_runs_of_bad_pixels_are_filled_and_others_stay_invalid(
    row: list[int], bad: list[int], wanted: list[int]
) -> None:
    assert _mended(row, bad) == wanted


@settings(deadline=None, max_examples=60, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, INVALID), st.integers(0, 1)), min_size=1, max_size=24),
)
def test_mending_changes_bad_pixels_only_and_stays_between_its_neighbours(
    pixels: list[tuple[int, int]],
) -> None:
    row, bad = [code for code, _ in pixels], [flag for _, flag in pixels]
    got = _mended(row, bad)
    good = [code for code, flag in pixels if flag == 0]
    for index, flag in enumerate(bad):
        if flag == 0:
            assert got[index] == row[index]
        elif got[index] != INVALID:
            assert min(good) <= got[index] <= max(good)


def test_the_kernels_run_the_same_without_the_compiler(tmp_path: Path) -> None:
    if os.environ.get("NUMBA_DISABLE_JIT") == "1":
        pytest.skip("already without the compiler")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from tests.unit.imaging import test_kernels as t;"
        "print(t.run(*t.example(4)).tobytes().hex())"
    )
    root = str(Path(__file__).parents[3])
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, root],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    plain = np.frombuffer(bytes.fromhex(done.stdout.strip()), np.uint16).astype(np.int64)
    compiled = run(*example(4)).astype(np.int64).ravel()
    # The compiler may fuse and reorder: a code on the edge of rounding may fall either way.
    assert np.abs(plain - compiled).max() <= 1
