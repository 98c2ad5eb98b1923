"""From the lines of a scan to its package: develops, draws, writes every file, seals.

Runs in the worker's executor thread. What was measured is kept whatever its quality.
"""

import base64
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from edge.archive import package
from edge.archive.store import Partial, Sealed
from edge.errors import ArchiveError
from edge.imaging.calibration import Calibration
from edge.imaging.kernels import INVALID, KERNEL_VERSION, NEPERS_PER_CODE
from edge.imaging.preprocess import Developed, develop
from edge.imaging.preview import Pictures, draw
from edge.imaging.quality import Grade, Quality, judge
from edge.imaging.scan import ScanBuffer
from edge.ipc import PackageWritten


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a scan comes from and how it ended.

    Attributes:
        scan_id: the scan.
        inspection_id: the inspection it belongs to.
        lane: lane id.
        metadata: facts control gave with the order.
        detector: serial number of the detector.
        reference_pixels: leading pixels of every line beside the tunnel.
        pitch_um: pitch of the detectors at the object.
        simulated: True when no detector was behind it.
        complete: whether control ended the scan as complete.
        reason: why it is not.
        recovered: made from what a killed worker left.
    """

    scan_id: int
    inspection_id: str
    lane: str
    metadata: dict[str, object]
    detector: str
    reference_pixels: int
    pitch_um: int
    simulated: bool
    complete: bool
    reason: str
    recovered: bool


def make_package(
    partial: Partial,
    scan: ScanBuffer,
    origin: Origin,
    calibrations: tuple[Calibration, ...],
) -> PackageWritten:
    """Write a scan's package: each energy by itself, the pictures from the high or only one.

    Args:
        partial: where to.
        scan: the lines.
        origin: where it comes from.
        calibrations: of every energy, by id; without any only the raw lines are kept, and
            attenuation can be made later.

    Raises:
        ArchiveError: the disk refused.
    """
    complete = origin.complete and not scan.tally.overflow
    taken = [
        _taken(scan, energy, calibrations, complete=complete) for energy in range(scan.energies)
    ]
    for one in taken:
        if one.scan.height:
            _write_counts(partial, one)
    pictures = _pictures(partial, taken[0], origin)
    facts = _facts(scan, origin, taken)
    sealed = partial.seal(facts)
    thumbnail = b"" if pictures is None else pictures.thumbnail
    return written(sealed, facts, thumbnail)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What was taken at one energy."""

    energy: int
    scan: ScanBuffer
    calibration: Calibration | None
    developed: Developed | None
    quality: Quality


def _taken(
    scan: ScanBuffer, energy: int, calibrations: tuple[Calibration, ...], *, complete: bool
) -> _Taken:
    """Develop and judge the lines of one energy."""
    only = scan.of_energy(energy)
    calibration = calibrations[energy] if calibrations else None
    developed = None
    if calibration is not None and only.height:
        developed = develop(only.raw, only.arrived, calibration)
    bad = 0 if calibration is None else int(calibration.bad.sum())
    quality = judge(only, developed, bad, complete=complete)
    return _Taken(energy, only, calibration, developed, quality)


def written(sealed: Sealed, facts: dict[str, object], thumbnail: bytes) -> PackageWritten:
    """Say that a package is there, from its own metadata. Raises ArchiveError."""
    image, quality = facts.get("image"), facts.get("quality")
    scan_id, reason = facts.get("scan_id"), facts.get("reason")
    if not isinstance(image, dict) or not isinstance(quality, dict) or type(scan_id) is not int:
        raise ArchiveError(f"{sealed.folder}: its metadata names no scan, image or quality")
    return PackageWritten(
        scan_id=scan_id,
        folder=str(sealed.folder),
        sha256=sealed.sha256,
        files=sealed.files,
        width=int(image.get("width", 0)),
        height=int(image.get("height", 0)),
        quality=str(quality.get("grade", "")),
        complete=facts.get("complete") is True,
        recovered=facts.get("recovered") is True,
        reason=str(reason or ""),
        thumbnail_b64=base64.b64encode(thumbnail).decode("ascii"),
    )


def _write_counts(partial: Partial, taken: _Taken) -> None:
    def name(of: str) -> str:
        return package.of_energy(of, taken.energy)

    scan, developed, calibration = taken.scan, taken.developed, taken.calibration
    partial.add_by(name(package.RAW), lambda path: _tiff(path, scan.raw))
    partial.add(name(package.LINES), scan.table(None if developed is None else developed.dose))
    if developed is not None and calibration is not None:
        levels = np.stack([calibration.dark, calibration.gain]).astype(np.float32)
        codes = developed.codes
        partial.add_by(name(package.CALIBRATION), lambda path: _tiff(path, levels))
        partial.add_by(name(package.ATTENUATION), lambda path: _tiff(path, codes))


def _tiff(path: Path, image: NDArray[np.uint16] | NDArray[np.float32]) -> None:
    # Deflate opens everywhere; the fast level, since photon noise does not shrink anyway.
    compression = {"level": 1}
    tifffile.imwrite(
        path, image, photometric="minisblack", compression="zlib", compressionargs=compression,
        predictor=image.dtype == np.uint16, rowsperstrip=64, metadata=None,
    )  # fmt: skip


def _pictures(partial: Partial, taken: _Taken, origin: Origin) -> Pictures | None:
    if taken.developed is None:
        return None
    step, pitch = abs(taken.quality.line_step_um), origin.pitch_um
    pictures = draw(taken.developed, line_um=step, pitch_um=pitch, simulated=origin.simulated)
    if pictures is not None:
        partial.add(package.PREVIEW, pictures.preview)
        partial.add(package.THUMBNAIL, pictures.thumbnail)
    return pictures


def _facts(scan: ScanBuffer, origin: Origin, taken: list[_Taken]) -> dict[str, object]:
    """The metadata: of both energies the grade is the worse one, all else is of the first."""
    reason, high = origin.reason, taken[0]
    grade = max((one.quality.grade for one in taken), key=list(Grade).index)
    if scan.tally.overflow:
        reason = f"{scan.tally.overflow} lines came beyond the longest scan. {reason}".strip()
    return {
        "scan_id": origin.scan_id,
        "inspection_id": origin.inspection_id,
        "lane": origin.lane,
        "simulated": origin.simulated,
        "label": "SIMULATED" if origin.simulated else "",
        "complete": origin.complete and not scan.tally.overflow,
        "recovered": origin.recovered,
        "reason": reason,
        "order": origin.metadata,
        "image": {
            "width": scan.raw.shape[1] - origin.reference_pixels,
            "height": high.scan.height,
            "pitch_um": origin.pitch_um,
            "line_step_um": high.quality.line_step_um,
            "nepers_per_code": NEPERS_PER_CODE,
            "invalid_code": INVALID,
        },
        "detector": {"serial": origin.detector, "reference_pixels": origin.reference_pixels},
        "calibration": _calibration_facts(high.calibration),
        "quality": {**asdict(high.quality), "grade": grade.value},
        "kernel_version": KERNEL_VERSION,
        **({"low_energy": _low_facts(taken[1])} if len(taken) > 1 else {}),
    }


def _low_facts(low: _Taken) -> dict[str, object]:
    """What the low energy has of its own; its rows lie half a step behind those of the high one."""
    return {
        "height": low.scan.height,
        "calibration": _calibration_facts(low.calibration),
        "quality": {**asdict(low.quality), "grade": low.quality.grade.value},
    }


def _calibration_facts(calibration: Calibration | None) -> dict[str, object] | None:
    if calibration is None:
        return None
    air = calibration.air
    return {
        "air_sha256": air.calibration_id,
        "made": air.made.isoformat(),
        "valid_until": air.valid_until.isoformat(),
        "simulated": air.simulated,
        "bad_pixels": np.flatnonzero(calibration.bad).tolist(),
    }
