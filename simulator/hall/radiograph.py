"""Detector lines of a simulated fan-beam line scanner: boxes of known thickness, photons, noise.

Deliberately simple: one effective attenuation coefficient per material, no scatter, no beam
hardening, parallel rays. Every image made from it is marked SIMULATED by the detector.
"""

import random
from dataclasses import dataclass
from enum import Enum, unique

import numpy as np
from numpy.typing import NDArray

from simulator.hall.array import GOODS_ARRAY, LineArray
from simulator.hall.units import MAX_LENGTH_MM, Unit

DETECTORS = GOODS_ARRAY.detectors
REFERENCE_PIXELS = GOODS_ARRAY.reference_pixels
PIXELS = GOODS_ARRAY.pixels
PITCH_UM = GOODS_ARRAY.pitch_um
FULL_SCALE_ADU = 52_000
PHOTONS = 300_000
"""Photons of an unobstructed pixel and line."""
LOW_SHARE = 0.5
"""Photons of a line at the low energy, as a share of those at the high one (imaging notes, 3.3)."""
DARK_ADU = 900
DARK_SPREAD_ADU = 60
READ_NOISE_ADU = 3.0
DOSE_NOISE = 0.03
"""Noise model and figures: recommended model of the imaging notes, section 3.3."""
MAX_ADU = 65_535

Pixels = NDArray[np.uint16]


@unique
class Energy(Enum):
    """What shines on the array."""

    TUBE = "tube"
    HIGH = "high"
    LOW = "low"


@unique
class Material(Enum):
    """Materials of boxes; the value is the effective attenuation in nepers per mm at about 160 kV.

    Order of magnitude from the NIST tables of mass attenuation coefficients near 80 keV.
    """

    CARDBOARD = 0.002
    WATER = 0.018
    ALUMINIUM = 0.054
    STEEL = 0.47

    def per_mm(self, energy: Energy) -> float:
        """Effective attenuation in nepers per mm."""
        return self.value if energy is Energy.TUBE else _LINAC[energy][self]


_LINAC = {
    Energy.HIGH: {
        Material.CARDBOARD: 0.00055,
        Material.WATER: 0.0049,
        Material.ALUMINIUM: 0.0117,
        Material.STEEL: 0.0336,
    },
    Energy.LOW: {
        Material.CARDBOARD: 0.00064,
        Material.WATER: 0.0058,
        Material.ALUMINIUM: 0.0135,
        Material.STEEL: 0.0384,
    },
}
"""The same of a linac of 6 and 4 MV, by the NIST coefficients at 2 and 1.5 MeV: an order of size
with the right sense (the low energy is weakened more), no spectrum."""
MOST_NEPERS = 3.0
"""No box is thicker than this."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box in a unit, positions from the unit's front and from the belt, in mm.

    Attributes:
        start_mm: nearest edge behind the unit's front.
        end_mm: farthest edge.
        low_mm: lower edge above the belt.
        high_mm: upper edge.
        thickness_mm: along the beam.
        material: what it is made of.
    """

    start_mm: float
    end_mm: float
    low_mm: float
    high_mm: float
    thickness_mm: float
    material: Material

    def nepers(self, energy: Energy) -> float:
        """Attenuation through it."""
        return self.thickness_mm * self.material.per_mm(energy)


def contents(unit: Unit, energy: Energy = Energy.TUBE) -> tuple[Box, ...]:
    """Return the boxes a unit is made of; the same unit always has the same.

    Args:
        unit: the unit.
        energy: the highest energy it is looked at with: how thick its boxes may be.
    """
    draw = random.Random(unit.fill)
    length, height, width = unit.length_mm, unit.height_mm, unit.width_mm
    # What a vehicle carries is larger than what stands on a belt.
    scale = max(1.0, length / MAX_LENGTH_MM)
    boxes = [Box(0, length, 0, height, width, Material.CARDBOARD)]
    materials = (Material.WATER, Material.ALUMINIUM, Material.STEEL)
    for _ in range(draw.randint(3, 8)):
        start = draw.uniform(20, length - 80)
        low = draw.uniform(10, height - 60)
        material = draw.choice(materials)
        limit = min(width * 0.8, MOST_NEPERS / material.per_mm(energy))
        boxes.append(
            Box(
                start,
                min(length - 10.0, start + scale * draw.uniform(40, 300)),
                low,
                min(height - 10.0, low + scale * draw.uniform(40, 250)),
                draw.uniform(0.1, 1.0) * limit,
                material,
            )
        )
    # A step wedge of steel on every unit's floor, so that a picture can be judged at a glance.
    for step in range(4):
        edge = 40.0 + 30.0 * step
        thick = 1.5 * (step + 1) * Material.STEEL.value / Material.STEEL.per_mm(energy)
        boxes.append(Box(edge, edge + 30, 0, 30, thick, Material.STEEL))
    return tuple(boxes)


class Radiograph:
    """Makes the lines of one detector array; the same seed gives the same lines.

    Args:
        seed: seed of the gain and dark patterns and of all noise.
        array: the array.
    """

    def __init__(self, seed: int, array: LineArray = GOODS_ARRAY) -> None:
        self.array = array
        self._random = np.random.default_rng(seed)
        self._gain = self._random.uniform(0.9, 1.1, array.pixels)
        self._dark = self._random.normal(DARK_ADU, DARK_SPREAD_ADU, array.pixels)
        self._height_mm = (np.arange(array.detectors) + 0.5) * array.pitch_um / 1000

    def energy_of(self, sequence: int) -> Energy:
        """At which energy a line is taken: with two, every second one at the lower."""
        if not self.array.megavolt:
            return Energy.TUBE
        return Energy.LOW if sequence % self.array.energies else Energy.HIGH

    @property
    def dark_adu(self) -> NDArray[np.float64]:
        """True dark level of every pixel."""
        return self._dark

    @property
    def air_adu(self) -> NDArray[np.float64]:
        """True level of every pixel above its dark, nothing in the beam, tube or high energy."""
        return self._gain * FULL_SCALE_ADU

    def nepers(
        self, boxes: tuple[Box, ...], offset_mm: float, energy: Energy = Energy.TUBE
    ) -> NDArray[np.float64]:
        """True attenuation of a column ``offset_mm`` behind a unit's front, reference pixels 0."""
        column = np.zeros(self.array.pixels)
        first = self.array.reference_pixels
        for box in boxes:
            if box.start_mm <= offset_mm < box.end_mm:
                inside = (self._height_mm >= box.low_mm) & (self._height_mm < box.high_mm)
                column[first:][inside] += box.nepers(energy)
        return column

    def line(self, nepers: NDArray[np.float64] | None, energy: Energy = Energy.TUBE) -> Pixels:
        """Return one line: through a column, or a dark one for None."""
        signal = np.zeros(self.array.pixels)
        if nepers is not None:
            share = LOW_SHARE if energy is Energy.LOW else 1.0
            dose = 1.0 + DOSE_NOISE * self._random.uniform(-1, 1)
            photons = self._random.poisson(PHOTONS * share * dose * np.exp(-nepers))
            signal = photons / PHOTONS * self.air_adu
        return self._digitised(signal)

    def dark_line(self) -> Pixels:
        """Return one line without beam."""
        return self.line(None)

    def air_line(self, energy: Energy = Energy.TUBE) -> Pixels:
        """Return one line through an empty tunnel."""
        return self.line(np.zeros(self.array.pixels), energy)

    def _digitised(self, signal: NDArray[np.float64]) -> Pixels:
        noisy = signal + self._dark + self._random.normal(0.0, READ_NOISE_ADU, signal.size)
        return np.clip(np.rint(noisy), 0, MAX_ADU).astype(np.uint16)
