"""The simulated belt drive: a Schneider Altivar on Modbus, CiA-402 states, loss of the master.

Addresses come from the device map; states, words and fault codes from the manufacturer's EDS
logic addresses (ATV EDS, LFT and SLL enumerations).
"""

from enum import Enum, unique

from simulator.devices.registers import RegisterFile, Table
from simulator.hall.plant import Plant

RAMP_MM_S2 = 600.0
FAST_MM_S2 = 1800.0
COAST_MM_S2 = 300.0
"""Slowing down of the unpowered belt by friction."""

LFT_NONE = 0
LFT_MODBUS_LOSS = 5
LFT_OVERHEAT = 16

HALT = 1 << 8
REVERSE = 1 << 11
FAULT_RESET = 1 << 7
MAINS = 0x10


@unique
class DriveState(Enum):
    """CiA-402 states with the status word each shows (mains present included)."""

    SWITCH_ON_DISABLED = 0x40 | MAINS
    READY = 0x21 | MAINS
    SWITCHED_ON = 0x23 | MAINS
    ENABLED = 0x27 | MAINS
    QUICK_STOP = 0x07 | MAINS
    FAULT_REACTION = 0x0F | MAINS
    FAULT = 0x08 | MAINS


@unique
class LossReaction(Enum):
    """Register SLL: what the drive does when its master falls silent."""

    IGNORE = 0
    FREEWHEEL = 1
    PER_STT = 2
    FALLBACK_SPEED = 4
    MAINTAIN = 5
    RAMP = 6
    FAST = 7
    DC_INJECTION = 8


_DECELERATION = {
    LossReaction.RAMP: RAMP_MM_S2,
    LossReaction.PER_STT: RAMP_MM_S2,
    LossReaction.FAST: FAST_MM_S2,
    LossReaction.DC_INJECTION: FAST_MM_S2,
}
_HMIS = {
    DriveState.FAULT: 23,
    DriveState.FAULT_REACTION: 6,
    DriveState.ENABLED: 4,
    DriveState.QUICK_STOP: 6,
}
_HMIS_READY = 2
_POWERED = frozenset({DriveState.SWITCHED_ON, DriveState.ENABLED, DriveState.QUICK_STOP})


class Drive:
    """The drive and the belt it turns; writes ``plant.actuators.belt_speed_mm_s``.

    Args:
        registers: laid out from the device map.
        plant: whose belt it turns.
        mm_per_rev: belt travel of one motor revolution.
        tto_ds: Modbus time-out TTO as commissioned, in 0.1 s.
        loss: reaction SLL as commissioned.
    """

    OVERHEAT = LFT_OVERHEAT

    def __init__(
        self,
        registers: RegisterFile,
        plant: Plant,
        *,
        mm_per_rev: float = 12.0,
        tto_ds: int = 10,
        loss: LossReaction = LossReaction.RAMP,
    ) -> None:
        self.registers = registers
        self._plant = plant
        self._mm_per_rev = mm_per_rev
        self._at = {
            code: registers.place(code).address
            for code in ("cmd", "lfrd", "eta", "rfrd", "lft", "tto", "sll")
        }
        self._optional = {
            code: registers.places[code].address
            for code in ("hmis", "lcr", "rfr", "uln", "thd")
            if code in registers.places
        }
        self._now_ms = 0
        self._heard_ms: int | None = None
        self._command = 0
        self._decelerate_mm_s2 = RAMP_MM_S2
        self._reaction_state = DriveState.FAULT
        self._cause_persists = False
        self.state = DriveState.SWITCH_ON_DISABLED
        self.speed_mm_s = 0.0
        self._shown: tuple[DriveState, int] | None = None
        self._put("tto", tto_ds)
        self._put("sll", loss.value)
        self._show()

    def refresh(self, now_ms: int) -> None:
        """A valid frame for this drive came: the time-out starts anew."""
        self.advance(now_ms)
        self._heard_ms = now_ms
        self._show()

    def written(self, table: Table, address: int, count: int, now_ms: int) -> None:
        """Act on a new control word; a new speed reference is followed by the ramp."""
        if table is Table.HOLDING and address <= self._at["cmd"] < address + count:
            self._obey(self._get("cmd"))
        self._show()

    def commission(self, *, tto_ds: int | None = None, sll: int | None = None) -> None:
        """Change time-out (0.1 s) or loss reaction, as someone at the keypad would."""
        if tto_ds is not None:
            self._put("tto", tto_ds)
        if sll is not None:
            self._put("sll", sll)

    def trip(self, fault: int, *, persists: bool = False) -> None:
        """Raise a drive fault at once; while it persists it cannot be reset."""
        self._put("lft", fault)
        self.state = DriveState.FAULT
        self._cause_persists = persists
        self._show()

    def repair(self) -> None:
        """Remove the cause of a persisting fault; the fault itself stays until reset."""
        self._cause_persists = False

    def power_up(self) -> None:
        """Off and on again: no command, no master, not switched on; the belt runs out meanwhile."""
        self._command, self._heard_ms = 0, None
        self.state = DriveState.FAULT if self._cause_persists else DriveState.SWITCH_ON_DISABLED
        for code in ("cmd", "lfrd"):
            self._put(code, 0)
        if not self._cause_persists:
            self._put("lft", LFT_NONE)
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
        tto_ms = self._get("tto") * 100
        if tto_ms == 0 or self._heard_ms is None or self.state not in _POWERED:
            return
        if self._now_ms - self._heard_ms < tto_ms:
            return
        try:
            reaction = LossReaction(self._get("sll"))
        except ValueError:
            reaction = LossReaction.FREEWHEEL
        if reaction in (
            LossReaction.IGNORE,
            LossReaction.MAINTAIN,
            LossReaction.FALLBACK_SPEED,
        ):
            return
        if reaction is LossReaction.FREEWHEEL:
            self.trip(LFT_MODBUS_LOSS)
            return
        self._decelerate_mm_s2 = _DECELERATION[reaction]
        self.state = DriveState.FAULT_REACTION
        self._reaction_state = DriveState.FAULT
        if reaction is LossReaction.PER_STT:
            self._reaction_state = DriveState.SWITCH_ON_DISABLED
        else:
            self._put("lft", LFT_MODBUS_LOSS)

    def _obey(self, command: int) -> None:
        """The CiA-402 transitions that a control word asks for, one step per write."""
        before, self._command = self._command, command
        rising_reset = command & FAULT_RESET and not before & FAULT_RESET
        if self.state in (DriveState.FAULT, DriveState.FAULT_REACTION):
            if rising_reset and self.state is DriveState.FAULT and not self._cause_persists:
                self._put("lft", LFT_NONE)
                self.state = DriveState.SWITCH_ON_DISABLED
            return
        low = command & 0x0F
        if not low & 0x02:  # disable voltage
            self.state = DriveState.SWITCH_ON_DISABLED
        elif not low & 0x04:  # quick stop
            powered = self.state in (DriveState.ENABLED, DriveState.QUICK_STOP)
            self.state = DriveState.QUICK_STOP if powered else DriveState.SWITCH_ON_DISABLED
        elif self.state is not DriveState.QUICK_STOP:
            self._walk(low)

    def _walk(self, low: int) -> None:
        """Shutdown, switch on, enable: each only from the state before it."""
        if low & 0x07 == 0x06:
            self.state = DriveState.READY
        elif low == 0x07 and self.state in (DriveState.READY, DriveState.ENABLED):
            self.state = DriveState.SWITCHED_ON
        elif low == 0x0F and self.state is DriveState.SWITCHED_ON:
            self.state = DriveState.ENABLED

    def _turn(self, elapsed_s: float) -> None:
        target_mm_s, rate_mm_s2 = 0.0, RAMP_MM_S2
        if self.state is DriveState.ENABLED:
            if not self._command & HALT:
                target_mm_s = self._reference_mm_s()
        elif self.state is DriveState.QUICK_STOP:
            rate_mm_s2 = FAST_MM_S2
        elif self.state is DriveState.FAULT_REACTION:
            rate_mm_s2 = self._decelerate_mm_s2
        else:
            rate_mm_s2 = COAST_MM_S2
        change = rate_mm_s2 * elapsed_s
        gap = target_mm_s - self.speed_mm_s
        self.speed_mm_s += max(-change, min(change, gap))
        if self.speed_mm_s == 0.0:
            if self.state is DriveState.FAULT_REACTION:
                self.state = self._reaction_state
            elif self.state is DriveState.QUICK_STOP:
                self.state = DriveState.SWITCH_ON_DISABLED

    def _reference_mm_s(self) -> float:
        rpm = self.registers.signed(Table.HOLDING, self._at["lfrd"])
        direction = -1.0 if self._command & REVERSE else 1.0
        return direction * rpm * self._mm_per_rev / 60.0

    def _show(self) -> None:
        rpm = round(self.speed_mm_s * 60.0 / self._mm_per_rev)
        if (self.state, rpm) == self._shown:
            return
        self._shown = (self.state, rpm)
        self._put("eta", self.state.value)
        self._put("rfrd", rpm)
        shown = {
            "hmis": _HMIS.get(self.state, _HMIS_READY),
            "lcr": 18 if rpm else 0,
            "rfr": round(rpm / 3),
            "uln": 4000,
            "thd": 40,
        }
        for code, address in self._optional.items():
            self.registers.store(Table.HOLDING, address, [shown[code]])

    def _get(self, code: str) -> int:
        return self.registers.get(Table.HOLDING, self._at[code])

    def _put(self, code: str, value: int) -> None:
        self.registers.store(Table.HOLDING, self._at[code], [value])
