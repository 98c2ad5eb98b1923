"""The simulated UPS: a Tripp Lite with a Modbus card whose mains can be cut.

Registers and codes follow the card's manual, p. 8. That seconds on battery go back to 0 with the
mains, and when a battery counts as low, is this emulator's own choice.
"""

from simulator.devices.registers import RegisterFile, Table

LOW_PERCENT = 20
CHARGE_FACTOR = 5
"""Charging takes so many times as long as it lasts."""
FLOATING, CHARGING, DISCHARGING = 0, 1, 3
OK, LOW, DEPLETED = 0, 1, 2


class Ups:
    """The UPS and its battery.

    Args:
        registers: laid out from the device map.
        runtime_ms: how long a full battery lasts.
    """

    def __init__(self, registers: RegisterFile, *, runtime_ms: int = 30 * 60_000) -> None:
        self.registers = registers
        self._runtime_ms = runtime_ms
        self._left_ms = float(runtime_ms)
        self._now_ms = 0
        self._cut_ms: int | None = None
        self.condition = 0
        self._show()

    def cut(self, *, mains: bool) -> None:
        """Take the mains away or give it back."""
        if mains:
            self._cut_ms = None
        elif self._cut_ms is None:
            self._cut_ms = self._now_ms
        self._show()

    def refresh(self, now_ms: int) -> None:
        """A request came: bring the registers up to date."""
        self.advance(now_ms)

    def written(self, table: Table, address: int, count: int, now_ms: int) -> None:
        """Nothing of its map can be written."""

    def advance(self, now_ms: int) -> None:
        """Drain or charge the battery until ``now_ms``."""
        elapsed_ms, self._now_ms = max(0, now_ms - self._now_ms), max(now_ms, self._now_ms)
        if self._cut_ms is None:
            self._left_ms = min(self._runtime_ms, self._left_ms + elapsed_ms / CHARGE_FACTOR)
        else:
            self._left_ms = max(0.0, self._left_ms - elapsed_ms)
        self._show()

    def _show(self) -> None:
        percent = int(100 * self._left_ms / self._runtime_ms)
        status = DEPLETED if percent == 0 else LOW if percent < LOW_PERCENT else OK
        on_battery_s = 0 if self._cut_ms is None else (self._now_ms - self._cut_ms) // 1000
        charging = CHARGING if self._left_ms < self._runtime_ms else FLOATING
        charge = charging if self._cut_ms is None else DISCHARGING
        shown = {
            "battery_condition": self.condition,
            "battery_status": status,
            "battery_charge": charge,
            "on_battery_s": min(65_534, on_battery_s),
            "minutes_left": min(999, int(self._left_ms // 60_000)),
            "battery_percent": percent,
        }
        for name, value in shown.items():
            self.registers.store(Table.INPUT, self.registers.place(name).address, [value])
