"""The simulated X-ray generator: a Spellman XRV behind its numeric protocol.

Commands, flags and scaling follow the XRV's published remote interface. How an XRV words a refusal
is not published; ``CMD,!,code,`` is taken from the ST series of the same maker.
"""

from collections.abc import Callable
from enum import IntEnum, IntFlag

from simulator.devices.line_faults import FaultScript, Outbox, spoil_frame
from simulator.devices.spellman_frames import FrameReader, build
from simulator.hall.plant import Plant
from simulator.hall.tube import Tube

FULL_SCALE = 4095
ADC_OVERRANGE = 1.2
"""The monitors read 20 percent above full scale."""


class Status(IntFlag):
    """Flags of command 22, bit 0 sent first."""

    HV_ON = 1 << 0
    INTERLOCK_1_CLOSED = 1 << 1
    INTERLOCK_2_CLOSED = 1 << 2
    ECR = 1 << 3
    FAULT = 1 << 4
    LOCAL = 1 << 5
    FILAMENT_ON = 1 << 6
    XRAYS_EMINENT = 1 << 8
    SMALL_FILAMENT = 1 << 10
    READY = 1 << 15
    INTERNAL_INTERLOCK_CLOSED = 1 << 16


STATUS_FLAGS = 17


FAULT_FLAGS = 27


class Refusal(IntEnum):
    """Codes after ``!``."""

    VALUE = 1
    UNRECOGNISED = 2
    INTERLOCK_OPEN = 3
    FAULT_PENDING = 4
    LOCAL = 5
    NOT_READY = 6


class _Refused(Exception):
    def __init__(self, code: Refusal) -> None:
        super().__init__(code.name)
        self.code = code


_Handler = Callable[[tuple[str, ...]], tuple[str, ...]]


class Generator:
    """The generator's remote interface; the high voltage itself is its `Tube`.

    Args:
        plant: the hall it stands in.
        kv_max: kilovolts at full scale.
        ma_max: milliamperes at full scale.
        serial: True on a serial line (frames carry a checksum), False on TCP.
        local: whether it powers up under local control.
        warm_up_ms: time after power-up during which it is not ready.
        watchdog_ms: longest silence of the host while high voltage is on, 0 for none.
        faults: what goes wrong with its answers, by command number.
    """

    def __init__(
        self,
        plant: Plant,
        *,
        kv_max: float = 160.0,
        ma_max: float = 10.0,
        serial: bool = True,
        local: bool = True,
        warm_up_ms: int = 0,
        watchdog_ms: int = 5000,
        faults: FaultScript | None = None,
    ) -> None:
        self.tube = Tube(plant, warm_up_ms=warm_up_ms, watchdog_ms=watchdog_ms)
        self.faults = faults or FaultScript()
        self.model = "XRV160N"
        self._kv_max = kv_max
        self._ma_max = ma_max
        self._serial = serial
        self._power_up_local = local
        self._reader = FrameReader(with_checksum=serial)
        self._outbox = Outbox()
        self._commands = self._command_table()
        self.power_up()

    def power_up(self) -> None:
        """Switch off and on: set points, faults and high voltage are gone."""
        self._set = {"10": 0, "11": 0, "12": 2000, "13": 1000}
        self._limits = ("1600", "1000")
        self._local = self._power_up_local
        self.tube.power_up()

    def receive(self, data: bytes, now_ms: int) -> bytes:
        """Take bytes; return the answers due now. What does not check gets no answer."""
        self.advance(now_ms)
        for fields in self._reader.feed(data):
            self.tube.heard(now_ms)
            command, args = fields[0], fields[1:]
            try:
                answer = self._execute(command, args)
            except _Refused as refused:
                answer = ("!", str(refused.code.value))
            number = int(command) if command.isdecimal() else 0
            harms = self.faults.harms(0, number)
            frame = build((command, *answer), with_checksum=self._serial)
            self._outbox.put(spoil_frame(frame, harms, self.faults), harms, now_ms)
        return self._outbox.due(now_ms)

    def poll(self, now_ms: int) -> bytes:
        """Return answers that were held back and are due now."""
        return self._outbox.due(now_ms)

    def advance(self, now_ms: int) -> None:
        """Let the high voltage follow until ``now_ms``."""
        self.tube.advance(now_ms)

    def _command_table(self) -> dict[str, _Handler]:
        return {
            "19": self._monitors,
            "21": lambda _: (f"{self.tube.on_ms / 3_600_000:.2f}",),
            "22": self._status,
            "23": lambda _: ("SWM9999-001", "1.00"),
            "24": lambda _: ("SWM9998-001", "1.00"),
            "26": lambda _: (self.model,),
            "28": lambda _: (f"{self._kv_max:g}", f"{self._ma_max:g}", "0"),
            "30": self._reset_hours,
            "31": self._reset_faults,
            "32": lambda _: ("$",),
            "38": lambda _: self._limits,
            "43": lambda _: ("SWM9997-001", "1.00"),
            "60": lambda _: (self._adc(self.tube.kv, self._kv_max),),
            "65": lambda _: ("2602",),
            "68": lambda _: _flags(self.tube.latched, FAULT_FLAGS),
            "69": lambda _: _SYSTEM_VOLTAGES,
            "70": lambda _: ("$",),
            "97": self._power_limits,
            "98": self._high_voltage,
            "99": self._remote,
        }

    def _execute(self, command: str, args: tuple[str, ...]) -> tuple[str, ...]:
        if command in self._set:
            return self._store(command, args)
        if command in _READ_BACK:
            return (str(self._set[_READ_BACK[command]]),)
        handler = self._commands.get(command)
        if handler is None:
            raise _Refused(Refusal.UNRECOGNISED)
        return handler(args)

    def _store(self, command: str, args: tuple[str, ...]) -> tuple[str, ...]:
        if self._local:
            raise _Refused(Refusal.LOCAL)
        if len(args) != 1 or not args[0].isdecimal() or int(args[0]) > FULL_SCALE:
            raise _Refused(Refusal.VALUE)
        self._set[command] = int(args[0])
        self.tube.set_kv = self._set["10"] * self._kv_max / FULL_SCALE
        return ("$",)

    def _adc(self, value: float, full: float) -> str:
        return str(min(FULL_SCALE, round(value / (ADC_OVERRANGE * full) * FULL_SCALE)))

    def _monitors(self, _: tuple[str, ...]) -> tuple[str, ...]:
        share = self.tube.kv / self.tube.set_kv if self.tube.set_kv else 0.0
        ma = self._set["11"] * self._ma_max / FULL_SCALE * share
        filament = "1500" if self.tube.requested else "0"
        kilovolts, milliamperes = (
            self._adc(self.tube.kv, self._kv_max),
            self._adc(ma, self._ma_max),
        )
        return (kilovolts, milliamperes, filament, "0", "0", "0", "0", "0")

    def _status(self, _: tuple[str, ...]) -> tuple[str, ...]:
        tube = self.tube
        flags = Status.INTERNAL_INTERLOCK_CLOSED | Status.ECR | Status.SMALL_FILAMENT
        for on, flag in (
            (tube.requested or tube.kv > 0.0, Status.HV_ON),
            (tube.interlock_1_closed, Status.INTERLOCK_1_CLOSED),
            (tube.interlock_2_closed, Status.INTERLOCK_2_CLOSED),
            (bool(tube.latched), Status.FAULT),
            (self._local, Status.LOCAL),
            (tube.requested, Status.FILAMENT_ON),
            (tube.ready, Status.READY),
        ):
            if on:
                flags |= flag
        return _flags(flags, STATUS_FLAGS)

    def _reset_hours(self, _: tuple[str, ...]) -> tuple[str, ...]:
        self.tube.on_ms = 0
        return ("$",)

    def _reset_faults(self, _: tuple[str, ...]) -> tuple[str, ...]:
        self.tube.reset()
        return ("$",)

    def _power_limits(self, args: tuple[str, ...]) -> tuple[str, ...]:
        if len(args) != 2 or not all(arg.isdecimal() for arg in args):
            raise _Refused(Refusal.VALUE)
        self._limits = (args[0], args[1])
        return ("$",)

    def _high_voltage(self, args: tuple[str, ...]) -> tuple[str, ...]:
        if args == ("0",):
            self.tube.drop()
            return ("$",)
        if args != ("1",):
            raise _Refused(Refusal.VALUE)
        for refused, code in (
            (self._local, Refusal.LOCAL),
            (bool(self.tube.latched), Refusal.FAULT_PENDING),
            (not self.tube.ready, Refusal.NOT_READY),
            (not self.tube.interlocks_closed, Refusal.INTERLOCK_OPEN),
        ):
            if refused:
                raise _Refused(code)
        self.tube.request()
        return ("$",)

    def _remote(self, args: tuple[str, ...]) -> tuple[str, ...]:
        if args not in (("0",), ("1",)):
            raise _Refused(Refusal.VALUE)
        self._local = args == ("0",)
        if self._local:
            self.tube.drop()
        return ("$",)


def _flags(flags: int, count: int) -> tuple[str, ...]:
    return tuple(str(flags >> bit & 1) for bit in range(count))


_READ_BACK = {"14": "10", "15": "11", "16": "12", "17": "13"}
_SYSTEM_VOLTAGES = ("508", "0", "0", "0", "2483", "2807", "2483", "2807", "3510", "2602")
