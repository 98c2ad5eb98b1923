"""The worker's slow work, called in its executor thread: calibrations, packages, leftovers.

Imported only after the kernels' cache folder is set; holds the newest air calibration.
"""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge import ipc
from edge.archive import package, store
from edge.archive.store import Partial
from edge.errors import ArchiveError, CalibrationMissing, EdgeError, ScanIncomplete
from edge.imaging import calibration as cal
from edge.imaging import kernels
from edge.imaging.packaging import make_package, written
from edge.imaging.scan import ScanBuffer
from edge.imaging.session import Order, ScanSession, read_order

MAX_RAW_PART_BYTES = 1 << 31


class Array(Protocol):
    """What the bench has to know of the detector."""

    @property
    def pixels(self) -> int:
        """Pixels of a line, reference pixels included."""

    @property
    def reference_pixels(self) -> int:
        """Leading pixels beside the tunnel."""

    @property
    def pitch_um(self) -> int:
        """Pitch at the object."""

    @property
    def simulated(self) -> bool:
        """True when no detector is behind it."""

    @property
    def serial(self) -> str:
        """Serial number."""

    @property
    def energies(self) -> int:
        """2 when lines alternate between a high and a low energy, else 1."""


Placing = Callable[[bytes, ScanBuffer], None]
"""Puts the detector's frames of a killed worker into a buffer."""


class Bench:
    """Everything of the imaging that takes time.

    Args:
        configure: as control gave it.
        utc: wall time, for the dates of calibrations.
    """

    dark_lines = cal.DARK_LINES
    air_lines = cal.AIR_LINES

    def __init__(self, configure: ipc.Configure, utc: Callable[[], datetime]) -> None:
        self._configure = configure
        self._utc = utc
        self._calibrations = Path(configure.state_folder) / "calibration"
        kernels.warm_up()

    # Calibration --------------------------------------------------------------------------------

    def has_air(self, array: Array) -> bool:
        """Whether there is a file of any energy; whether it fits is another question."""
        return any(self._air_path(array, one).exists() for one in range(array.energies))

    def make_air(self, array: Array, dark: list[bytes], air: list[bytes]) -> None:
        """Make the first air calibration of a simulated detector from its own air level.

        Args:
            array: the detector.
            dark: dark lines.
            air: as many air lines of each energy, those of the high one first.

        Raises:
            CalibrationMissing: the lines are no use, or this is not a simulated lane.
            ArchiveError: it cannot be written.
        """
        if not (array.simulated and self._configure.simulated):
            raise CalibrationMissing("only a simulated lane may make its calibration by itself")
        level, each = cal.measure_dark(_lines(dark, array)), len(air) // array.energies
        levels = [
            cal.measure_air(_lines(air[each * energy : each * (energy + 1)], array), level)
            for energy in range(array.energies)
        ]
        for energy, of_energy in enumerate(levels):
            cal.save_air(
                self._air_path(array, energy),
                of_energy,
                detector=array.serial,
                made=self._utc(),
                simulated=True,
                energy=energy,
            )

    def load_air(self, array: Array) -> tuple[cal.Air, ...]:
        """Read the air calibrations of every energy that are valid now.

        Raises:
            CalibrationMissing: one is not.
        """
        return tuple(
            cal.load_air(
                self._air_path(array, energy),
                detector=array.serial,
                now=self._utc(),
                simulated=self._configure.simulated,
                energy=energy,
            )
            for energy in range(array.energies)
        )

    def _air_path(self, array: Array, energy: int) -> Path:
        return cal.air_path(self._calibrations, array.serial, energy)

    # Scans ------------------------------------------------------------------------------------

    def open_scan(self, arm: ipc.Arm, array: Array, dark: list[bytes]) -> ScanSession:
        """Make everything ready for the lines of a scan.

        Raises:
            CalibrationMissing: no calibration fits now.
            ArchiveError: the folder cannot be made.
        """
        level = cal.measure_dark(_lines(dark, array))
        calibrations = tuple(
            cal.combine(level, air, array.reference_pixels) for air in self.load_air(array)
        )
        order = Order(
            arm.scan_id,
            arm.inspection_id,
            self._configure.lane,
            arm.metadata,
            array.serial,
            array.pixels,
            array.reference_pixels,
            array.pitch_um,
            array.simulated,
            array.energies,
        )
        lines = self._configure.max_lines
        return ScanSession(Path(arm.folder), order, calibrations, max_lines=lines)

    def build(self, session: ScanSession, *, complete: bool, reason: str) -> ipc.PackageWritten:
        """Make the package of a scan whose lines are all here.

        Raises:
            ScanIncomplete: not one line came; nothing is kept.
            ArchiveError: the disk refused; what is there stays for the next start.
        """
        if session.scan.count == 0:
            session.partial.discard()
            raise ScanIncomplete(f"no line came. {reason}")
        origin = session.order.origin(complete=complete, reason=reason)
        return make_package(session.partial, session.scan, origin, session.calibrations)

    # Leftovers --------------------------------------------------------------------------------

    def sweep(self, place: Placing) -> list[ipc.PackageWritten | ipc.Orphaned]:
        """Publish, rebuild or put aside what a former worker left; nothing is deleted."""
        root = Path(self._configure.archive_folder)
        return [self._recover(partial, place) for partial in store.leftovers(root)]

    def _recover(self, partial: Partial, place: Placing) -> ipc.PackageWritten | ipc.Orphaned:
        try:
            if store.is_whole(partial):
                sealed = partial.publish_whole()
                facts = json.loads((sealed.folder / package.METADATA).read_bytes())
                return written(sealed, facts, b"")
            return self._rebuild(partial, place)
        except (EdgeError, OSError) as error:
            return self._aside(partial, str(error))

    def _rebuild(self, partial: Partial, place: Placing) -> ipc.PackageWritten:
        order = read_order(partial)
        path = partial.path / package.RAW_PART
        if not path.is_file() or path.stat().st_size > MAX_RAW_PART_BYTES:
            raise ArchiveError(f"{path}: there are no lines, or too many")
        scan = ScanBuffer(self._configure.max_lines, order.pixels, order.energies)
        place(path.read_bytes(), scan)
        if scan.count == 0:
            raise ArchiveError(f"{path}: not one whole line is in it")
        partial.drop_derived()
        reason = "the image worker was killed during the scan"
        origin = order.origin(complete=False, reason=reason, recovered=True)
        return make_package(partial, scan, origin, ())

    def _aside(self, partial: Partial, why: str) -> ipc.Orphaned:
        try:
            kept = store.set_aside(partial)
        except ArchiveError as error:
            return ipc.Orphaned(str(partial.path), f"{why}; it could not be renamed: {error}")
        return ipc.Orphaned(str(kept), why)


def _lines(lines: list[bytes], array: Array) -> NDArray[np.uint16]:
    """Stack lines of the array's width. Raises CalibrationMissing."""
    if any(len(line) != 2 * array.pixels for line in lines):
        raise CalibrationMissing(f"lines of another width than {array.pixels} pixels came")
    return np.frombuffer(b"".join(lines), "<u2").reshape(-1, array.pixels)
