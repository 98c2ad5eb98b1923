"""The simulated belt drive of another make: a Siemens SINAMICS V20 on Modbus RTU.

Registers and the condition of fault F72 follow the operating instructions A5E03728167, p. 111-115.
What they do not say is this emulator's own choice: bits 2 and 3 of ZSW as other SINAMICS have
them, 4000 hex for 100 percent, a negative actual value while bit 11 of STW is set, and a watchdog
time that is the telegram-off time P2014 itself.
"""

from simulator.devices.registers import RegisterFile, Table
from simulator.hall.plant import Plant

FULL_SCALE = 0x4000
RAMP_MM_S2 = 600.0
COAST_MM_S2 = 300.0
"""Slowing down of the unpowered belt by friction."""

F_NONE = 0
F_OVERHEAT = 4
F_TELEGRAM_LOSS = 72

ON = 1 << 0
ENABLE = (1 << 1) | (1 << 2) | (1 << 3) | (1 << 4) | (1 << 5) | (1 << 6)
"""No OFF2, no OFF3, pulses, ramp generator twice, set point: all must be 1 to run."""
FAULT_ACK = 1 << 7
BY_PLC = 1 << 10
REVERSE = 1 << 11

READY = 1 << 0
RUNNING = 1 << 2
FAULT = 1 << 3
PROCESS_DATA = range(99, 109)
"""Wire addresses of registers 40100 to 40109: only writing these counts as a telegram."""


class V20:
    """The drive and the belt it turns; writes ``plant.actuators.belt_speed_mm_s``.

    Args:
        registers: laid out from the device map.
        plant: whose belt it turns.
        mm_s_at_full_scale: belt speed at 100 percent.
        watchdog_ms: telegram time as commissioned; 0 as it leaves the factory: it never trips.
        watchdog_action: register 40002 as commissioned.
    """

    OVERHEAT = F_OVERHEAT

    def __init__(
        self,
        registers: RegisterFile,
        plant: Plant,
        *,
        mm_s_at_full_scale: float,
        watchdog_ms: int = 0,
        watchdog_action: int = 0,
    ) -> None:
        self.registers = registers
        self._plant = plant
        self._mm_s_at_full_scale = mm_s_at_full_scale
        self._at = {
            name: registers.place(name).address
            for name in ("stw", "hsw", "zsw", "hiw", "watchdog_time", "watchdog_action")
        }
        self._now_ms = 0
        self._telegram_ms: int | None = None
        self._command = 0
        self._cause_persists = False
        self.fault = F_NONE
        self.running = False
        self.speed_mm_s = 0.0
        self.commission(watchdog_ms=watchdog_ms, watchdog_action=watchdog_action)
        self._show()

    def refresh(self, now_ms: int) -> None:
        """A request came; reading alone is no telegram to the watchdog."""
        self.advance(now_ms)

    def written(self, table: Table, address: int, count: int, now_ms: int) -> None:
        """Process data came: obey the control word, and time the next telegram from now."""
        if table is not Table.HOLDING or not set(PROCESS_DATA) & set(
            range(address, address + count)
        ):
            return
        self._telegram_ms = now_ms
        self._obey(self._get("stw"))
        self._show()

    def commission(
        self,
        *,
        watchdog_ms: int | None = None,
        watchdog_action: int | None = None,
        tto_ds: int | None = None,
        sll: int | None = None,
    ) -> None:
        """Change the watchdog, in its own terms or in the Altivar's (0.1 s, reaction)."""
        if tto_ds is not None:
            watchdog_ms = tto_ds * 100
        for name, value in (
            ("watchdog_time", watchdog_ms),
            ("watchdog_action", sll if watchdog_action is None else watchdog_action),
        ):
            if value is not None:
                self.registers.store(Table.HOLDING, self._at[name], [value])

    def trip(self, fault: int, *, persists: bool = False) -> None:
        """Raise a fault: the motor loses its current, the belt runs out."""
        self.fault, self.running = fault, False
        self._cause_persists = persists
        self._show()

    def repair(self) -> None:
        """Remove the cause of a persisting fault; the fault itself stays until acknowledged."""
        self._cause_persists = False

    def power_up(self) -> None:
        """Off and on again: no command, no master; the belt runs out meanwhile."""
        self._command, self._telegram_ms, self.running = 0, None, False
        if not self._cause_persists:
            self.fault = F_NONE
        for name in ("stw", "hsw"):
            self.registers.store(Table.HOLDING, self._at[name], [0])
        self._show()

    def advance(self, now_ms: int) -> None:
        """Turn the belt until ``now_ms``."""
        elapsed_ms = now_ms - self._now_ms
        if elapsed_ms <= 0:
            return
        self._now_ms = now_ms
        self._watch_master()
        self._turn(elapsed_ms / 1000)
        self._plant.actuators.belt_speed_mm_s = self.speed_mm_s
        self._show()

    def _watch_master(self) -> None:
        """F72, P2014 not 0: process data had come once, and none has come for that long."""
        limit_ms = self._get("watchdog_time")
        if limit_ms == 0 or self._telegram_ms is None or self.fault:
            return
        if self._now_ms - self._telegram_ms > limit_ms:
            self.trip(F_TELEGRAM_LOSS)

    def _obey(self, command: int) -> None:
        if not command & BY_PLC:
            return
        before, self._command = self._command, command
        rising_on = command & ON and not before & ON
        if command & FAULT_ACK and not before & FAULT_ACK and not self._cause_persists:
            self.fault = F_NONE
        if self.fault or command & ENABLE != ENABLE:
            self.running = False
        elif rising_on:
            self.running = True

    def _turn(self, elapsed_s: float) -> None:
        driven = self.running and self._command & ON
        target_mm_s = self._set_mm_s() if driven else 0.0
        rate_mm_s2 = RAMP_MM_S2 if self.running else COAST_MM_S2
        change = rate_mm_s2 * elapsed_s
        gap = target_mm_s - self.speed_mm_s
        self.speed_mm_s += max(-change, min(change, gap))
        if self.speed_mm_s == 0.0 and not driven:
            self.running = False

    def _set_mm_s(self) -> float:
        share = self.registers.signed(Table.HOLDING, self._at["hsw"]) / FULL_SCALE
        direction = -1.0 if self._command & REVERSE else 1.0
        return direction * share * self._mm_s_at_full_scale

    def _show(self) -> None:
        status = (RUNNING if self.running else 0) | (FAULT if self.fault else READY)
        actual = round(self.speed_mm_s / self._mm_s_at_full_scale * FULL_SCALE)
        self.registers.store(Table.HOLDING, self._at["zsw"], [status])
        self.registers.store(Table.HOLDING, self._at["hiw"], [actual])

    def _get(self, name: str) -> int:
        return self.registers.get(Table.HOLDING, self._at[name])
