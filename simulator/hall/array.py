"""The line array of a simulated detector: how many elements, how far apart, of which energies."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LineArray:
    """One array.

    Attributes:
        detectors: elements that see the tunnel.
        reference_pixels: leading elements beside it, never covered.
        pitch_um: pitch at the object.
        step_um: belt travel between two lines.
        megavolt: whether a linac shines on it; else a tube of about 160 kV.
        energies: 1, or 2: then every second line is taken at the lower energy of the linac.
    """

    detectors: int
    reference_pixels: int
    pitch_um: int
    step_um: int
    megavolt: bool = False
    energies: int = 1

    @property
    def pixels(self) -> int:
        """Pixels of a line."""
        return self.detectors + self.reference_pixels


GOODS_ARRAY = LineArray(detectors=640, reference_pixels=16, pitch_um=1600, step_um=3000)
"""640 detectors see 1024 mm of height."""

VEHICLE_PITCH_UM = 4000
"""Pitch and line distance of one energy: 4 mm pixels, as the derived sizes of the sources count."""


def vehicle_array(*, detectors: int, reference_pixels: int, energies: int) -> LineArray:
    """The array of a lane for vehicles; with two energies each has its line every 4 mm."""
    return LineArray(
        detectors=detectors,
        reference_pixels=reference_pixels,
        pitch_um=VEHICLE_PITCH_UM,
        step_um=VEHICLE_PITCH_UM // energies,
        megavolt=True,
        energies=energies,
    )
