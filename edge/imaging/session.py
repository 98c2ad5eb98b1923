"""One armed scan of the image worker: its buffer, its frames on their way to disk, its end.

The event loop only puts lines in; everything slow is handed to an executor by the worker.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.archive import package
from edge.archive.store import Partial, RawPart
from edge.errors import ArchiveError
from edge.imaging.calibration import Calibration
from edge.imaging.packaging import Origin
from edge.imaging.scan import LineFacts, Placed, ScanBuffer

MAX_UNWRITTEN_BYTES = 64 << 20
"""Frames waiting for a disk that does not take them; beyond it the raw copy is given up."""
REASON_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Order:
    """What a scan was ordered as, kept in the folder while it runs."""

    scan_id: int
    inspection_id: str
    lane: str
    metadata: dict[str, object]
    detector: str
    pixels: int
    reference_pixels: int
    pitch_um: int
    simulated: bool
    energies: int = 1

    def origin(self, *, complete: bool, reason: str, recovered: bool = False) -> Origin:
        """Return where the scan comes from, now that it has ended."""
        return Origin(
            self.scan_id, self.inspection_id, self.lane, self.metadata, self.detector,
            self.reference_pixels, self.pitch_um, self.simulated, complete,
            reason[:REASON_CHARACTERS], recovered,
        )  # fmt: skip


def read_order(partial: Partial) -> Order:
    """Read the order of a leftover. Raises ArchiveError."""
    path = partial.path / package.ORDER
    try:
        found = json.loads(path.read_bytes())
        order = Order(**found)
    except (OSError, ValueError, TypeError) as error:
        raise ArchiveError(f"{path}: cannot be read: {error}") from error
    numbers = (
        order.scan_id, order.pixels, order.reference_pixels, order.pitch_um, order.energies
    )  # fmt: skip
    if (
        not all(type(one) is int for one in numbers)
        or not 0 < order.pixels < 1 << 16
        or (order.energies not in (1, 2))
    ):
        raise ArchiveError(f"{path}: is no order of a scan")
    return order


class ScanSession:
    """A scan while it is taken.

    Args:
        folder: of its package.
        order: what it was ordered as.
        calibrations: of every energy, by id.
        max_lines: longest scan.

    Raises ArchiveError at construction when the folder cannot be made.
    """

    def __init__(
        self,
        folder: Path,
        order: Order,
        calibrations: tuple[Calibration, ...],
        *,
        max_lines: int,
    ) -> None:
        self.order = order
        self.calibrations = calibrations
        self.scan = ScanBuffer(max_lines, order.pixels, order.energies)
        self.trouble = ""
        self.partial = Partial.begin(folder, json.dumps(asdict(order)).encode("utf-8"))
        self._part = RawPart(self.partial)
        self._unwritten: list[bytes] = []
        self._unwritten_bytes = 0
        self._keeps_raw = True

    def take(self, facts: LineFacts, pixels: memoryview, frame: bytes) -> None:
        """Take one line of this scan."""
        if self.scan.place(facts, pixels) is Placed.OVERFLOW:
            self.trouble = f"more lines came than the longest scan holds ({self.scan.height})"
            return
        if self._keeps_raw and self._unwritten_bytes < MAX_UNWRITTEN_BYTES:
            self._unwritten.append(frame)
            self._unwritten_bytes += len(frame)
        elif self._keeps_raw:
            self._keeps_raw = False
            self.trouble = "the disk does not keep up with the lines"

    def pending(self) -> bytes:
        """Take the frames that are not yet handed to the disk; called where `take` is called."""
        frames, self._unwritten = self._unwritten, []
        self._unwritten_bytes = 0
        return b"".join(frames)

    def write(self, frames: bytes) -> None:
        """Put frames on disk; called in an executor thread."""
        if not frames:
            return
        try:
            self._part.append(frames)
        except ArchiveError as error:
            self._keeps_raw = False
            self.trouble = str(error)

    def close(self, frames: bytes) -> None:
        """Write the last frames and close the raw file."""
        self.write(frames)
        self._part.close()

    def abandon(self) -> None:
        """Close and remove the folder of a scan that was never armed. Raises ArchiveError."""
        self._part.close()
        self.partial.discard()
