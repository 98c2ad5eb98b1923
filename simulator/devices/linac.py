"""The simulated dual-energy linac, as ``drivers/LINAC_SIM.md`` describes it: of no vendor."""

from enum import IntEnum, unique

from simulator.devices.registers import RegisterFile, Table
from simulator.hall.plant import Plant

REMOTE, HV_REQUEST, FAULT_RESET = 1 << 0, 1 << 1, 1 << 2
HV, READY, WARMING, FAULT, INTERLOCK_CLOSED, IN_REMOTE = (1 << bit for bit in range(6))
LOW, HIGH, DUAL = 1, 2, 3
_DOSE_PER_UA_HZ = 0.01
"""Tenths of cGy/min at 1 m per microampere and hertz; a plausible order of size, no more."""


@unique
class LinacFault(IntEnum):
    """Fault codes."""

    NONE = 0
    HOST_WATCHDOG = 1
    MODULATOR = 2
    OVER_TEMPERATURE = 3
    VACUUM = 4
    ARC = 5


class Linac:
    """The machine; writes ``plant.actuators.hv_kv``. Its interlock is relay, e-stop and doors.

    Args:
        registers: laid out from the device map.
        plant: the hall it stands in.
        warm_up_ms: time after power-up during which it is not ready.
        watchdog_ms: longest time without a change of the watchdog word, 0 for none.
    """

    def __init__(
        self, registers: RegisterFile, plant: Plant, *, warm_up_ms: int = 0, watchdog_ms: int = 500
    ) -> None:
        self.registers = registers
        self._plant = plant
        self._warm_up_ms = warm_up_ms
        self._watchdog_ms = watchdog_ms
        self._now_ms = 0
        self._persisting = LinacFault.NONE
        self.power_up()

    @property
    def interlock_closed(self) -> bool:
        """Permit relay, e-stop chain and doors."""
        people = self._plant.people
        closed = not people.estop_pressed and not people.doors_open
        return closed and self._plant.actuators.relay_closed

    @property
    def ready(self) -> bool:
        """Warm and without a fault."""
        return self._warm_ms == 0 and self.fault is LinacFault.NONE

    @property
    def _warm_ms(self) -> int:
        return max(0, self._on_since_ms + self._warm_up_ms - self._now_ms)

    def warms_up(self, warm_up_ms: int) -> None:
        """Give it another time to warm up, from now on."""
        self._warm_up_ms = warm_up_ms
        self.power_up()

    def power_up(self) -> None:
        """Switch off and on: commands, faults and counts are gone, warm-up starts."""
        self._on_since_ms = self._changed_ms = self._now_ms
        self._pulses = 0.0
        self._command = self._word = 0
        self.fault = self._persisting
        self._forget_commands()
        for name in ("mode", "high_kev", "low_kev", "current_ua", "pulse_rate_hz"):
            self._put(Table.HOLDING, name, 0)
        self._drop()
        self._show()

    def refresh(self, now_ms: int) -> None:
        """A request came: bring the registers up to date."""
        self.advance(now_ms)
        self._show()

    def written(self, table: Table, address: int, count: int, now_ms: int) -> None:
        """Look at the watchdog word, then at the control word."""
        word = self._get("watchdog_word")
        if word != self._word:
            self._word, self._changed_ms = word, now_ms
        self._obey(self._get("control"))
        self._show()

    def fail(self, fault: LinacFault, *, persists: bool = False) -> None:
        """Raise a fault: high voltage off, latched until reset, and longer while it persists."""
        if self.fault is LinacFault.NONE:
            self.fault = fault
        if persists:
            self._persisting = fault
        self._drop()
        self._show()

    def repair(self) -> None:
        """Remove the cause of a persisting fault; the fault stays latched until reset."""
        self._persisting = LinacFault.NONE

    def advance(self, now_ms: int) -> None:
        """Watch host and interlock, and count pulses, until ``now_ms``."""
        elapsed_ms = now_ms - self._now_ms
        if elapsed_ms <= 0:
            return
        self._now_ms = now_ms
        remote = self._command & REMOTE
        if remote and self._watchdog_ms and now_ms - self._changed_ms >= self._watchdog_ms:
            self.fail(LinacFault.HOST_WATCHDOG)
            self._forget_commands()
        if not self.interlock_closed:
            self._drop()
        if self.hv:
            self._pulses += self._rate_hz * elapsed_ms / 1000
        self._plant.actuators.hv_kv = float(self._kev)

    def _obey(self, command: int) -> None:
        before, self._command = self._command, command
        if command & REMOTE and not before & REMOTE:
            self._changed_ms = self._now_ms
        if command & FAULT_RESET and not before & FAULT_RESET:
            self.fault = self._persisting
        if not command & HV_REQUEST or not command & REMOTE:
            self._drop()
        elif not before & HV_REQUEST and self.ready and self.interlock_closed:
            self._begin()

    def _begin(self) -> None:
        """Take the set points as they are now; without all of them nothing begins."""
        mode, high, low = self._get("mode"), self._get("high_kev"), self._get("low_kev")
        energies = {LOW: (low,), HIGH: (high,), DUAL: (high, low)}.get(mode, (0,))
        self._current_ua, self._rate_hz = self._get("current_ua"), self._get("pulse_rate_hz")
        if all((*energies, self._current_ua, self._rate_hz)):
            self.hv, self._kev = True, max(energies)
            self._plant.actuators.hv_kv = float(self._kev)

    def _drop(self) -> None:
        self.hv = False
        self._kev = self._current_ua = self._rate_hz = 0
        self._plant.actuators.hv_kv = 0.0

    def _forget_commands(self) -> None:
        self._command = 0
        self._put(Table.HOLDING, "control", 0)

    def _show(self) -> None:
        status = sum(
            flag
            for on, flag in (
                (self.hv, HV),
                (self.ready, READY),
                (self._warm_ms > 0, WARMING),
                (self.fault is not LinacFault.NONE, FAULT),
                (self.interlock_closed, INTERLOCK_CLOSED),
                (bool(self._command & REMOTE), IN_REMOTE),
            )
            if on
        )
        pulses = int(self._pulses) & 0xFFFFFFFF
        for name, value in (
            ("status", status),
            ("fault_code", self.fault.value),
            ("warm_up_s", -(-self._warm_ms // 1000)),
            ("actual_kev", self._kev),
            ("actual_ua", self._current_ua),
            ("dose_rate_cgy_min", round(self._current_ua * self._rate_hz * _DOSE_PER_UA_HZ)),
            ("watchdog_ms", self._watchdog_ms),
        ):
            self._put(Table.INPUT, name, value)
        at = self.registers.place("exposure_count").address
        self.registers.store(Table.INPUT, at, [pulses >> 16, pulses & 0xFFFF])

    def _get(self, name: str) -> int:
        return self.registers.get(Table.HOLDING, self.registers.place(name).address)

    def _put(self, table: Table, name: str, value: int) -> None:
        self.registers.store(table, self.registers.place(name).address, [value])
