"""What a detector's counts mean: the dark level before a scan, the dated air calibration on disk.

A calibration that is missing, expired or another detector's is an error, never replaced by a guess.
"""

import base64
import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.archive.store import write_durably
from edge.errors import CalibrationMissing

F32 = NDArray[np.float32]
U16 = NDArray[np.uint16]
U8 = NDArray[np.uint8]

SCHEMA = 1
ENERGIES = ("high", "low")
"""Names of the energies by their ids; a detector with one energy has the first."""
DARK_LINES = 256
AIR_LINES = 512
"""Lines averaged: at least 256 dark and 512 air (imaging notes, section 7, stages 2 and 3)."""
VALID_DAYS = 30
SIMULATED_VALID_DAYS = 3650
"""A simulated air level does not drift."""
MAX_DARK_ADU = 4000
"""A pixel brighter than this without beam is bad; most of them bad means that there was a beam."""
MAX_DARK_SIGMA_ADU = 30
MIN_RESPONSE = 0.3
MAX_RESPONSE = 3.0
"""Response of a good pixel relative to the median one."""
MAX_BAD_SHARE = 0.05
MAX_FILE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Dark:
    """Dark level of every pixel, reference pixels included.

    Attributes:
        level: mean in counts.
        bad: 1 for each pixel that is too bright or too noisy without beam.
        lines: how many lines were averaged.
    """

    level: F32
    bad: U8
    lines: int


@dataclass(frozen=True, slots=True)
class Air:
    """Level of every pixel above its dark with nothing in the beam.

    Attributes:
        level: mean in counts above dark.
        calibration_id: sha256 of the file, hexadecimal.
        detector: serial number of the detector it was taken with.
        made: when, UTC.
        valid_until: from when on it may not be used, UTC.
        simulated: True when no detector was behind it.
        energy: id of the energy it is of: 0 the high or only one, 1 the low one.
    """

    level: F32
    calibration_id: str
    detector: str
    made: datetime
    valid_until: datetime
    simulated: bool
    energy: int = 0


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything the correction needs for one scan.

    Attributes:
        dark: dark level in counts.
        gain: 1 / air, 0 for bad pixels.
        bad: 1 for each bad pixel.
        reference_pixels: how many leading pixels see the open beam.
        air: the air calibration it was made from.
    """

    dark: F32
    gain: F32
    bad: U8
    reference_pixels: int
    air: Air


def measure_dark(lines: U16) -> Dark:
    """Average dark lines.

    Raises:
        CalibrationMissing: too few lines, or the detector sees light.
    """
    if len(lines) < DARK_LINES:
        raise CalibrationMissing(
            f"dark: {len(lines)} lines came, {DARK_LINES} are needed. Check the detector link"
        )
    level = lines.mean(axis=0, dtype=np.float64)
    sigma = lines.std(axis=0, dtype=np.float64)
    bad = (level > MAX_DARK_ADU) | (sigma > MAX_DARK_SIGMA_ADU)
    if bad.mean() > MAX_BAD_SHARE:
        raise CalibrationMissing(
            f"dark: {int(bad.sum())} of {bad.size} pixels are bright or noisy without beam "
            f"(median {np.median(level):.0f} counts, sigma {np.median(sigma):.1f}). "
            "Make sure the beam is off, then check the detector"
        )
    return Dark(level.astype(np.float32), bad.astype(np.uint8), len(lines))


def measure_air(lines: U16, dark: Dark) -> F32:
    """Average air lines above the dark level.

    Raises:
        CalibrationMissing: too few lines, or no beam reached the detector.
    """
    if len(lines) < AIR_LINES:
        raise CalibrationMissing(
            f"air: {len(lines)} lines came, {AIR_LINES} are needed. Check the detector link"
        )
    level = lines.mean(axis=0, dtype=np.float64) - dark.level
    if np.median(level) < MAX_DARK_ADU:
        raise CalibrationMissing(
            f"air: the median pixel has {np.median(level):.0f} counts above dark, "
            f"{MAX_DARK_ADU} are needed. Check the beam"
        )
    air: F32 = level.astype(np.float32)
    return air


def combine(dark: Dark, air: Air, reference_pixels: int) -> Calibration:
    """Join both for one scan.

    Raises:
        CalibrationMissing: they do not belong to the same array, or too many pixels are bad.
    """
    if dark.level.size != air.level.size:
        raise CalibrationMissing(
            f"air calibration has {air.level.size} pixels, the detector {dark.level.size}. "
            "Make a new air calibration"
        )
    median = max(float(np.median(air.level)), 1.0)
    response = air.level / np.float32(median)
    bad = (dark.bad != 0) | (response < MIN_RESPONSE) | (response > MAX_RESPONSE)
    if bad.mean() > MAX_BAD_SHARE or bad[:reference_pixels].mean() > 0.5:
        raise CalibrationMissing(
            f"{int(bad.sum())} of {bad.size} pixels are bad "
            f"({int(bad[:reference_pixels].sum())} of the reference). Service the detector"
        )
    gain = np.where(bad, 0.0, 1.0 / np.maximum(air.level, 1.0)).astype(np.float32)
    return Calibration(dark.level, gain, bad.astype(np.uint8), reference_pixels, air)


@dataclass(frozen=True, slots=True)
class _File:
    """The calibration file as written: JSON, the levels as base64 of little-endian float32."""

    schema: int
    kind: str
    detector: str
    made: str
    valid_until: str
    simulated: bool
    lines: int
    air_f32: str


def air_path(folder: Path, detector: str, energy: int = 0) -> Path:
    """Where the air calibration of a detector at an energy lies."""
    return folder / f"air-{detector}{_of(energy)}.json"


def _of(energy: int) -> str:
    return f"-{ENERGIES[energy]}" if energy else ""


def save_air(
    path: Path, level: F32, *, detector: str, made: datetime, simulated: bool, energy: int = 0
) -> None:
    """Write an air calibration durably. Raises ArchiveError."""
    days = SIMULATED_VALID_DAYS if simulated else VALID_DAYS
    content = _File(
        SCHEMA,
        f"air{_of(energy)}",
        detector,
        made.astimezone(UTC).isoformat(),
        (made + timedelta(days=days)).astimezone(UTC).isoformat(),
        simulated,
        AIR_LINES,
        base64.b64encode(level.astype("<f4").tobytes()).decode("ascii"),
    )
    write_durably(path, json.dumps(asdict(content), indent=1).encode("utf-8"))


def load_air(path: Path, *, detector: str, now: datetime, simulated: bool, energy: int = 0) -> Air:
    """Read and check an air calibration.

    Raises:
        CalibrationMissing: no file, a damaged one, expired, of another detector or energy, or a
            simulated one on a real lane.
    """
    air = _read(path, energy)
    if air.detector != detector:
        raise _unfit(path, f"it belongs to detector {air.detector}, this is {detector}")
    if air.simulated and not simulated:
        raise _unfit(path, "it is simulated and this lane is not")
    if not air.made <= now < air.valid_until:
        raise _unfit(path, f"it is valid from {air.made} to {air.valid_until}, now is {now}")
    return air


def _read(path: Path, energy: int) -> Air:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
        found = _File(**json.loads(data))
        level = np.frombuffer(base64.b64decode(found.air_f32, validate=True), "<f4")
        made, until = (datetime.fromisoformat(text) for text in (found.made, found.valid_until))
    except FileNotFoundError as error:
        raise _unfit(path, "there is no such file") from error
    except (OSError, ValueError, TypeError) as error:
        raise _unfit(path, f"it cannot be read: {error}") from error
    kind = f"air{_of(energy)}"
    if found.schema != SCHEMA or found.kind != kind or made.tzinfo is None or until.tzinfo is None:
        raise _unfit(path, f"it is no calibration {kind!r} of schema {SCHEMA}")
    if level.size == 0 or not np.all(np.isfinite(level)) or type(found.simulated) is not bool:
        raise _unfit(path, "its levels are no numbers")
    digest = hashlib.sha256(data).hexdigest()
    return Air(
        level.astype(np.float32), digest, found.detector, made, until, found.simulated, energy
    )


def _unfit(path: Path, why: str) -> CalibrationMissing:
    return CalibrationMissing(f"air calibration {path}: {why}. Make a new air calibration")
