"""The simulated vehicle profiler: a generic device that measures what stands at the entry.

It is what a generic device is whose map has a size of a vehicle. A profiler sums what it sees into
steps of its uncertainty, rounded up; with nothing before it, it shows 0.
"""

from collections.abc import Callable

from simulator.devices.generic import GenericDevice
from simulator.devices.registers import RegisterFile
from simulator.hall.units import Unit

MEASURED = frozenset({"height_mm", "width_mm", "length_mm"})
"""Fields of a map that it fills."""
UNCERTAINTY = "uncertainty_mm"
UNCERTAINTY_MM = 50


class Profiler(GenericDevice):
    """The profiler.

    Args:
        registers: laid out from the device map.
        seen: the unit it looks at, None for none.
    """

    def __init__(self, registers: RegisterFile, seen: Callable[[], Unit | None]) -> None:
        super().__init__(registers)
        self._seen = seen
        self._fields = sorted(MEASURED & registers.places.keys())
        if UNCERTAINTY in registers.places:
            self.hold(UNCERTAINTY, UNCERTAINTY_MM)

    def refresh(self, now_ms: int) -> None:
        """A request came: measure."""
        unit = self._seen()
        for name in self._fields:
            size = 0 if unit is None else int(getattr(unit, name))
            self.hold(name, -(-size // UNCERTAINTY_MM) * UNCERTAINTY_MM)
