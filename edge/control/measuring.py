"""Measures the unit at the entry: the worst that each gauge has seen since the unit arrived."""

from collections.abc import Callable

from edge.control.cases import Case
from edge.control.facts import gauges_of
from edge.core.values import Quality
from edge.law.envelope import Axis, Measurement, Origin
from edge.ports import Reading
from edge.settings import LaneFile


class Measuring:
    """The lane's gauges, as far as they see a unit.

    Args:
        lane: says which gauges there are.
        latest: the newest reading of a source.
    """

    def __init__(self, lane: LaneFile, latest: Callable[[str], Reading | None]) -> None:
        self._gauges = gauges_of(lane)
        self._latest = latest

    def look(self, case: Case) -> None:
        """Take what the gauges see now into the unit's sizes."""
        sizes = case.sizes
        for gauge in self._gauges:
            reading, spread = self._latest(gauge.amount), self._latest(gauge.uncertainty)
            if reading is None or spread is None:
                continue
            if min(reading.requested_ns, spread.requested_ns) < case.opened_ns:
                continue
            good = reading.quality is Quality.GOOD and spread.quality is Quality.GOOD
            if good and isinstance(reading.value, int) and isinstance(spread.value, int):
                before, widest = sizes.get(gauge.axis, (reading.value, 0))
                if reading.value > 0:
                    # What a unit clears the road by is its lowest part, all else its largest.
                    worst = min if gauge.axis is Axis.GROUND_CLEARANCE else max
                    sizes[gauge.axis] = (worst(before, reading.value), max(widest, spread.value))
                elif gauge.axis not in sizes:
                    case.not_there.add(gauge.axis)

    def look_late(self, case: Case) -> bool:
        """Measure a held unit by gauges that were silent when it was decided on.

        One that has looked and seen nothing is not asked again: what it sees later is not the unit.
        Whoever stands beside the unit may make it larger, never smaller. True once all is measured
        that was not before.
        """
        known = dict(case.sizes)
        if self.has_all(case) or case.not_there:
            return False
        self.look(case)
        case.sizes.update(known)
        return self.has_all(case)

    def has_all(self, case: Case) -> bool:
        """Whether every gauge has seen the unit."""
        return len(case.sizes) == len(self._gauges)

    def measurements(self, case: Case) -> tuple[Measurement, ...]:
        """What every gauge saw; one that saw nothing says so, lest a declared size count for it."""
        sizes = ((gauge.axis, case.sizes.get(gauge.axis, (0, 0))) for gauge in self._gauges)
        return tuple(Measurement(axis, *size, Origin.MEASURED) for axis, size in sizes)
