"""The lines of one scan in one preallocated array, each in the row of its sequence.

A missing line stays a hole. With two energies lines alternate: an even sequence is of the high
energy, an odd one of the low. Nothing here knows the protocol that brought the lines.
"""

from dataclasses import dataclass
from enum import Enum, unique

import numpy as np
from numpy.typing import NDArray

HEADER = "sequence,arrived,encoder_um,time_us,pulse_id,flags,dose_milli\n"


@unique
class Placed(Enum):
    """What became of a line."""

    STORED = "stored"
    REPEATED = "repeated"
    OVERFLOW = "overflow"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What came with the pixels of one line."""

    sequence: int
    pulse_id: int
    energy: int
    flags: int
    encoder_um: int
    time_us: int


@dataclass(slots=True)
class Tally:
    """Damage met while a scan was taken, counted."""

    repeated: int = 0
    reordered: int = 0
    torn_bytes: int = 0
    overflow: int = 0
    foreign: int = 0


class ScanBuffer:
    """Room for one scan.

    Args:
        max_lines: longest scan, all energies; lines beyond are dropped and counted.
        pixels: pixels of a line, reference pixels included.
        energies: 1, or 2 that alternate.
    """

    def __init__(self, max_lines: int, pixels: int, energies: int = 1) -> None:
        self.energies = energies
        self._raw = np.zeros((max_lines, pixels), np.uint16)
        self._arrived = np.zeros(max_lines, np.bool_)
        self._facts = np.zeros((max_lines, 4), np.int64)
        self._first, self._stride = 0, 1
        self.tally = Tally()
        self.count = 0
        self.height = 0
        self.last_line_us = 0

    @property
    def lost(self) -> int:
        """Holes below the highest line that came."""
        return self.height - self.count

    @property
    def raw(self) -> NDArray[np.uint16]:
        """Counts, (lines, pixels); a hole is all zero."""
        return self._raw[: self.height]

    @property
    def arrived(self) -> NDArray[np.bool_]:
        """Which lines came."""
        return self._arrived[: self.height]

    @property
    def encoder_um(self) -> NDArray[np.int64]:
        """Belt travel of every line that came, in the order of the sequence."""
        return self._facts[: self.height, 0][self.arrived]

    def of_energy(self, energy: int) -> "ScanBuffer":
        """The lines of one energy as a scan of that energy alone, each with its own sequence.

        The damage met is that of the stream, which both share; nothing more is to be placed.
        """
        if self.energies == 1:
            return self
        only = ScanBuffer(0, self._raw.shape[1])
        rows = slice(energy, self.height, self.energies)
        # What is measured reads whole lines one after the other.
        only._raw = np.ascontiguousarray(self._raw[rows])
        only._arrived, only._facts = self._arrived[rows], self._facts[rows]
        only._first, only._stride = energy, self.energies
        only.height, only.count = len(only._raw), int(only._arrived.sum())
        only.tally, only.last_line_us = self.tally, self.last_line_us
        return only

    def place(self, facts: LineFacts, pixels: memoryview) -> Placed:
        """Put a line into its row. Only the first of a repeated line is kept."""
        row = facts.sequence
        # A line of another energy than its place says would be measured by the wrong calibration.
        if len(pixels) != 2 * self._raw.shape[1] or facts.energy != row % self.energies:
            self.tally.foreign += 1
            return Placed.FOREIGN
        if row >= len(self._raw):
            self.tally.overflow += 1
            return Placed.OVERFLOW
        if self._arrived[row]:
            self.tally.repeated += 1
            return Placed.REPEATED
        self._raw[row] = np.frombuffer(pixels, "<u2")
        self._facts[row] = (facts.encoder_um, facts.time_us, facts.pulse_id, facts.flags)
        self._arrived[row] = True
        self.count += 1
        self.height = max(self.height, row + 1)
        self.last_line_us = facts.time_us
        return Placed.STORED

    def table(self, dose: NDArray[np.float32] | None) -> bytes:
        """Write one CSV row per line; dose in thousandths of the calibrated one, if known."""
        doses = [""] * self.height
        if dose is not None:
            doses = [str(round(float(one) * 1000)) for one in dose]
        rows = [
            f"{self._first + number * self._stride},{int(came)},{','.join(map(str, facts))},{one}\n"
            for number, (came, facts, one) in enumerate(
                zip(self.arrived, self._facts[: self.height].tolist(), doses, strict=True)
            )
        ]
        return (HEADER + "".join(rows)).encode("ascii")
