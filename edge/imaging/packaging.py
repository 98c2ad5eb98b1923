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
from edge.imaging.quality import Quality, judge
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
    partial: Partial, scan: ScanBuffer, origin: Origin, calibration: Calibration | None
) -> PackageWritten:
    """Write a scan's package.

    Without a calibration only the raw lines are kept; attenuation can be made later.

    Raises:
        ArchiveError: the disk refused.
    """
    developed = None if calibration is None else develop(scan.raw, scan.arrived, calibration)
    bad = 0 if calibration is None else int(calibration.bad.sum())
    complete = origin.complete and not scan.tally.overflow
    quality = judge(scan, developed, bad, complete=complete)
    _write_counts(partial, scan, developed, calibration)
    pictures = _pictures(partial, developed, quality, origin)
    facts = _facts(scan, origin, quality, calibration)
    sealed = partial.seal(facts)
    thumbnail = b"" if pictures is None else pictures.thumbnail
    return written(sealed, facts, thumbnail)


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


def _write_counts(
    partial: Partial,
    scan: ScanBuffer,
    developed: Developed | None,
    calibration: Calibration | None,
) -> None:
    partial.add_by(package.RAW, lambda path: _tiff(path, scan.raw))
    partial.add(package.LINES, scan.table(None if developed is None else developed.dose))
    if developed is not None and calibration is not None:
        levels = np.stack([calibration.dark, calibration.gain]).astype(np.float32)
        codes = developed.codes
        partial.add_by(package.CALIBRATION, lambda path: _tiff(path, levels))
        partial.add_by(package.ATTENUATION, lambda path: _tiff(path, codes))


def _tiff(path: Path, image: NDArray[np.uint16] | NDArray[np.float32]) -> None:
    # Deflate opens everywhere; the fast level, since photon noise does not shrink anyway.
    compression = {"level": 1}
    tifffile.imwrite(
        path, image, photometric="minisblack", compression="zlib", compressionargs=compression,
        predictor=image.dtype == np.uint16, rowsperstrip=64, metadata=None,
    )  # fmt: skip


def _pictures(
    partial: Partial, developed: Developed | None, quality: Quality, origin: Origin
) -> Pictures | None:
    if developed is None:
        return None
    step, pitch = abs(quality.line_step_um), origin.pitch_um
    pictures = draw(developed, line_um=step, pitch_um=pitch, simulated=origin.simulated)
    if pictures is not None:
        partial.add(package.PREVIEW, pictures.preview)
        partial.add(package.THUMBNAIL, pictures.thumbnail)
    return pictures


def _facts(
    scan: ScanBuffer, origin: Origin, quality: Quality, calibration: Calibration | None
) -> dict[str, object]:
    reason = origin.reason
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
            "height": scan.height,
            "pitch_um": origin.pitch_um,
            "line_step_um": quality.line_step_um,
            "nepers_per_code": NEPERS_PER_CODE,
            "invalid_code": INVALID,
        },
        "detector": {"serial": origin.detector, "reference_pixels": origin.reference_pixels},
        "calibration": None if calibration is None else _calibration_facts(calibration),
        "quality": {**asdict(quality), "grade": quality.grade.value},
        "kernel_version": KERNEL_VERSION,
    }


def _calibration_facts(calibration: Calibration) -> dict[str, object]:
    air = calibration.air
    return {
        "air_sha256": air.calibration_id,
        "made": air.made.isoformat(),
        "valid_until": air.valid_until.isoformat(),
        "simulated": air.simulated,
        "bad_pixels": np.flatnonzero(calibration.bad).tolist(),
    }
