"""Detector lines of a simulated fan-beam line scanner: boxes of known thickness, photons, noise.

Deliberately simple: one effective attenuation coefficient per material, no scatter, no beam
hardening, parallel rays. Every image made from it is marked SIMULATED by the detector.
"""

import random
from dataclasses import dataclass
from enum import Enum, unique

import numpy as np
from numpy.typing import NDArray

from simulator.hall.units import Unit

DETECTORS = 640
REFERENCE_PIXELS = 16
PIXELS = DETECTORS + REFERENCE_PIXELS
PITCH_UM = 1600
"""Pitch at the object: 640 detectors see 1024 mm of height."""
FULL_SCALE_ADU = 52_000
PHOTONS = 300_000
"""Photons of an unobstructed pixel and line."""
DARK_ADU = 900
DARK_SPREAD_ADU = 60
READ_NOISE_ADU = 3.0
DOSE_NOISE = 0.03
"""Noise model and figures: recommended model of the imaging notes, section 3.3."""
MAX_ADU = 65_535

Pixels = NDArray[np.uint16]


@unique
class Material(Enum):
    """Materials of boxes; the value is the effective attenuation in nepers per mm at about 160 kV.

    Order of magnitude from the NIST tables of mass attenuation coefficients near 80 keV.
    """

    CARDBOARD = 0.002
    WATER = 0.018
    ALUMINIUM = 0.054
    STEEL = 0.47


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

    @property
    def nepers(self) -> float:
        """Attenuation through it."""
        return self.thickness_mm * self.material.value


def contents(unit: Unit) -> tuple[Box, ...]:
    """Return the boxes a unit is made of; the same unit always has the same."""
    draw = random.Random(unit.fill)
    length, height, width = unit.length_mm, unit.height_mm, unit.width_mm
    boxes = [Box(0, length, 0, height, width, Material.CARDBOARD)]
    materials = (Material.WATER, Material.ALUMINIUM, Material.STEEL)
    for _ in range(draw.randint(3, 8)):
        start = draw.uniform(20, length - 80)
        low = draw.uniform(10, height - 60)
        material = draw.choice(materials)
        limit = min(width * 0.8, 3.0 / material.value)
        boxes.append(
            Box(
                start,
                min(length - 10.0, start + draw.uniform(40, 300)),
                low,
                min(height - 10.0, low + draw.uniform(40, 250)),
                draw.uniform(0.1, 1.0) * limit,
                material,
            )
        )
    # A step wedge of steel on every unit's floor, so that a picture can be judged at a glance.
    for step in range(4):
        edge = 40.0 + 30.0 * step
        boxes.append(Box(edge, edge + 30, 0, 30, 1.5 * (step + 1), Material.STEEL))
    return tuple(boxes)


class Radiograph:
    """Makes the lines of one detector array; the same seed gives the same lines.

    Args:
        seed: seed of the gain and dark patterns and of all noise.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._gain = self._random.uniform(0.9, 1.1, PIXELS)
        self._dark = self._random.normal(DARK_ADU, DARK_SPREAD_ADU, PIXELS)
        centres = (np.arange(DETECTORS) + 0.5) * PITCH_UM / 1000
        self._height_mm = centres

    @property
    def dark_adu(self) -> NDArray[np.float64]:
        """True dark level of every pixel."""
        return self._dark

    @property
    def air_adu(self) -> NDArray[np.float64]:
        """True level of every pixel above its dark, nothing in the beam."""
        return self._gain * FULL_SCALE_ADU

    def nepers(self, boxes: tuple[Box, ...], offset_mm: float) -> NDArray[np.float64]:
        """True attenuation of a column ``offset_mm`` behind a unit's front, reference pixels 0."""
        column = np.zeros(PIXELS)
        for box in boxes:
            if box.start_mm <= offset_mm < box.end_mm:
                inside = (self._height_mm >= box.low_mm) & (self._height_mm < box.high_mm)
                column[REFERENCE_PIXELS:][inside] += box.nepers
        return column

    def line(self, nepers: NDArray[np.float64] | None) -> Pixels:
        """Return one line: through a column, or a dark one for None."""
        signal = np.zeros(PIXELS)
        if nepers is not None:
            dose = 1.0 + DOSE_NOISE * self._random.uniform(-1, 1)
            photons = self._random.poisson(PHOTONS * dose * np.exp(-nepers))
            signal = photons / PHOTONS * self.air_adu
        return self._digitised(signal)

    def dark_line(self) -> Pixels:
        """Return one line without beam."""
        return self.line(None)

    def air_line(self) -> Pixels:
        """Return one line through an empty tunnel."""
        return self.line(np.zeros(PIXELS))

    def _digitised(self, signal: NDArray[np.float64]) -> Pixels:
        noisy = signal + self._dark + self._random.normal(0.0, READ_NOISE_ADU, PIXELS)
        return np.clip(np.rint(noisy), 0, MAX_ADU).astype(np.uint16)
