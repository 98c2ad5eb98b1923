"""The simulated attendant of the demo: unlocks the lane, brings units, takes away what stays."""

from simulator.hall.plant import STEP_MS, Key, Plant
from simulator.hall.units import UnitMaker

UNLOCK_MS = 2000
SECURE_MS = 3000
FIRST_UNIT_MS = 6000
BETWEEN_UNITS_MS = 20_000
PATIENCE_MS = 60_000
PATIENCE_NOT_SCANNABLE_MS = 12_000


class Attendant:
    """Acts once a step, by what a person at the lane sees.

    Args:
        plant: the hall.
        maker: where the units come from.
    """

    def __init__(self, plant: Plant, maker: UnitMaker) -> None:
        self._plant = plant
        self._maker = maker
        self._since_ms = 0
        self._next_unit_ms = FIRST_UNIT_MS
        self._standing = ""
        self._standing_ms = 0

    def step(self) -> None:
        """One step of 5 ms."""
        self._since_ms += STEP_MS
        if self._since_ms == UNLOCK_MS:
            self._plant.people.key = Key.ON
        if self._since_ms % SECURE_MS == 0 and not self._plant.secured:
            self._plant.press_secure()
        if self._since_ms >= self._next_unit_ms and self._plant.waiting() == 0:
            self._plant.arrive(self._maker.make())
            self._next_unit_ms = self._since_ms + BETWEEN_UNITS_MS
        self._clear_entry()

    def _clear_entry(self) -> None:
        """Take away a unit the lane has turned away, seen by its standing there for long."""
        unit = self._plant.at_entry()
        name = unit.unit_id if unit is not None else ""
        self._standing_ms = self._standing_ms + STEP_MS if name == self._standing else 0
        self._standing = name
        if unit is None or not self._plant.entry_barrier.is_closed:
            return
        patience_ms = PATIENCE_MS if unit.may_be_scanned else PATIENCE_NOT_SCANNABLE_MS
        if self._standing_ms >= patience_ms:
            self._plant.take_away()
