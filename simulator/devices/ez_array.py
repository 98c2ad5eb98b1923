"""The simulated measuring light curtains: Banner EZ-ARRAY slaves looking at the entry zone."""

from collections.abc import Callable

from simulator.devices.registers import RegisterFile, Table

CHANNELS = 480
UNITS_PER_CHANNEL = 4
"""A measurement is four times the channel number (manual 130426, p. 36-43)."""

_MEASUREMENT_1 = 30001
_ALL_MEASUREMENTS = 30500


class LightCurtain:
    """One curtain: measurement 1 is the last beam blocked, measurement 2 the total blocked.

    Args:
        registers: laid out from the device map.
        size_mm: the size of what stands in the curtain, 0 when nothing does.
        pitch_mm: distance of two channels.
    """

    def __init__(
        self, registers: RegisterFile, size_mm: Callable[[], int], pitch_mm: int = 5
    ) -> None:
        self.registers = registers
        registers.lay_out(Table.INPUT, _MEASUREMENT_1, 2)
        registers.lay_out(Table.INPUT, _ALL_MEASUREMENTS, 25)
        self._size_mm = size_mm
        self._pitch_mm = pitch_mm
        self.dirty_channels = 0

    def refresh(self, now_ms: int) -> None:
        """Measure now: a beam counts as blocked when any part of it is."""
        blocked = min(CHANNELS, -(-self._size_mm() // self._pitch_mm))
        blocked = min(CHANNELS, blocked + self.dirty_channels)
        value = blocked * UNITS_PER_CHANNEL
        first = UNITS_PER_CHANNEL if blocked else 0
        self.registers.store(Table.INPUT, _MEASUREMENT_1, [value, value])
        self.registers.store(Table.INPUT, _ALL_MEASUREMENTS, [first, value, value])

    def written(self, table: Table, address: int, count: int, now_ms: int) -> None:
        """Settings may be written and change nothing here."""
