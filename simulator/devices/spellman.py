"""The simulated X-ray generator: a Spellman of one series behind its numeric protocol."""

from collections.abc import Callable
from enum import IntEnum

from simulator.devices.line_faults import FaultScript, Harm, LineFault, Outbox, spoil_frame
from simulator.devices.spellman_frames import FrameReader, build
from simulator.devices.spellman_series import SERIES
from simulator.hall.plant import Plant
from simulator.hall.tube import Tube

FULL_SCALE = 4095
ADC_OVERRANGE = 1.2
"""The monitors read 20 percent above full scale."""
PASSWORD = "4343"  # noqa: S105 - printed in the manual, guards nothing
ENABLED_WATCHDOG_MS = 5000


class Refusal(IntEnum):
    """Codes of refusals. The two of the XRB011 are 1 and 2; the others share them."""

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
_DONE = ("$",)


class Generator:
    """The generator's remote interface; the high voltage itself is its `Tube`.

    Args:
        plant: the hall it stands in.
        series: what it calls its commands, by `simulator.devices.spellman_series.SERIES`.
        kv_max: kilovolts at full scale.
        ma_max: milliamperes at full scale.
        serial: True on a serial line (frames carry a checksum), False on TCP.
        local: whether it powers up under local control.
        warm_up_ms: time after power-up during which it is not ready.
        watchdog_ms: longest silence of the host while high voltage is on, 0 for none; None for
            that of the series.
        faults: what goes wrong with its answers, by command number.
    """

    def __init__(
        self,
        plant: Plant,
        *,
        series: str = "XRV",
        kv_max: float = 160.0,
        ma_max: float = 10.0,
        serial: bool = True,
        local: bool = True,
        warm_up_ms: int = 0,
        watchdog_ms: int | None = None,
        faults: FaultScript | None = None,
    ) -> None:
        self._series = SERIES[series]
        self._watchdog_ms = self._series.watchdog_ms if watchdog_ms is None else watchdog_ms
        self.tube = Tube(plant, warm_up_ms=warm_up_ms, watchdog_ms=self._watchdog_ms)
        self.faults = faults or FaultScript()
        self.model = self._series.model.format(kv=kv_max)
        self._kv_max = kv_max
        self._ma_max = ma_max
        self._serial = serial
        self._power_up_local = local and self._series.has_local
        self._reader = FrameReader(with_checksum=serial)
        self._outbox = Outbox()
        self._handlers = self._all_handlers()
        self.power_up()

    def power_up(self) -> None:
        """Switch off and on: set points, faults and high voltage are gone."""
        self._outbox.drop()
        self._set = {"kv": 0, "ma": 0, "limit": 2000, "preheat": 1000}
        self._limits = ("1600", "1000")
        self._local = self._power_up_local
        self._unlocked = False
        self.tube.watchdog_ms = self._watchdog_ms
        self.tube.power_up()

    def receive(self, data: bytes, now_ms: int) -> bytes:
        """Take bytes; return the answers due now. What does not check gets no answer."""
        self.advance(now_ms)
        if self.faults.is_dark(0):
            return b""
        for fields in self._reader.feed(data):
            self.tube.heard(now_ms)
            command, args = fields[0], fields[1:]
            try:
                answer = self._execute(command, args)
            except _Refused as refused:
                answer = (*self._series.refusal, str(refused.code.value))
            number = int(command) if command.isdecimal() else 0
            harms = self.faults.harms(0, number)
            command, answer = self._spoilt(command, answer, harms)
            frame = build((command, *answer), with_checksum=self._serial)
            self._outbox.put(spoil_frame(frame, harms, self.faults), harms, now_ms)
        return self._outbox.due(now_ms)

    def _spoilt(
        self, command: str, answer: tuple[str, ...], harms: tuple[LineFault, ...]
    ) -> tuple[str, tuple[str, ...]]:
        """Answer a question nobody asked, or refuse what was done."""
        for fault in harms:
            if fault.harm is Harm.WRONG_FUNCTION:
                command = f"{(int(command) if command.isdecimal() else 0) % 99 + 1:02d}"
            elif fault.harm is Harm.EXCEPTION:
                answer = (*self._series.refusal, str(fault.amount or Refusal.VALUE.value))
        return command, answer

    def poll(self, now_ms: int) -> bytes:
        """Return answers that were held back and are due now."""
        return self._outbox.due(now_ms)

    def advance(self, now_ms: int) -> None:
        """Let the high voltage follow until ``now_ms``."""
        self.tube.advance(now_ms)

    def _all_handlers(self) -> dict[str, _Handler]:
        setters = {f"set_{name}": self._setter(name) for name in ("kv", "ma", "limit", "preheat")}
        readers = {
            f"read_{name}": self._reader_of(name) for name in ("kv", "ma", "limit", "preheat")
        }
        return {
            **setters,
            **readers,
            "accept": lambda _: _DONE,
            "enable_watchdog": self._enable_watchdog,
            "faults": self._fault_flags,
            "hours": lambda _: (f"{self.tube.on_ms / 3_600_000:.2f}",),
            "kv_monitor": lambda _: (self._adc(self.tube.kv, self._kv_max),),
            "low_voltage": lambda _: ("2602",),
            "ma_monitor": lambda _: (self._adc(self._ma(), self._ma_max),),
            "model": lambda _: (self.model,),
            "monitors": self._monitors,
            "password": self._password,
            "power_limits": lambda _: self._limits,
            "remote": self._remote,
            "reset": self._reset_faults,
            "reset_hours": self._reset_hours,
            "scaling": lambda _: (f"{self._kv_max:g}", f"{self._ma_max:g}", "0"),
            "set_power_limits": self._power_limits,
            "status": self._status,
            "switch": self._high_voltage,
            "system_voltages": lambda _: _SYSTEM_VOLTAGES,
            "version": lambda _: ("SWM9999-001", "1.00"),
            "watchdog_seconds": self._watchdog_seconds,
        }

    def _execute(self, command: str, args: tuple[str, ...]) -> tuple[str, ...]:
        name = self._series.commands.get(command)
        if name is None:
            raise _Refused(Refusal.UNRECOGNISED)
        return self._handlers[name](args)

    def _setter(self, name: str) -> _Handler:
        def store(args: tuple[str, ...]) -> tuple[str, ...]:
            counts = self._series.kv_counts
            most = round(self._kv_max * counts) if counts and name == "kv" else FULL_SCALE
            if self._local:
                raise _Refused(Refusal.LOCAL)
            if len(args) != 1 or not args[0].isdecimal() or int(args[0]) > most:
                raise _Refused(Refusal.VALUE)
            self._set[name] = int(args[0])
            self.tube.set_kv = self._set["kv"] / (counts or FULL_SCALE / self._kv_max)
            return _DONE

        return store

    def _reader_of(self, name: str) -> _Handler:
        return lambda _: (str(self._set[name]),)

    def _adc(self, value: float, full: float) -> str:
        return str(min(FULL_SCALE, round(value / (ADC_OVERRANGE * full) * FULL_SCALE)))

    def _ma(self) -> float:
        share = self.tube.kv / self.tube.set_kv if self.tube.set_kv else 0.0
        return self._set["ma"] * self._ma_max / FULL_SCALE * share

    def _monitors(self, _: tuple[str, ...]) -> tuple[str, ...]:
        filament = "1500" if self.tube.requested else "0"
        kilovolts, milliamperes = (
            self._adc(self.tube.kv, self._kv_max),
            self._adc(self._ma(), self._ma_max),
        )
        return (kilovolts, milliamperes, filament, "0", "0", "0", "0", "0")

    def _status(self, _: tuple[str, ...]) -> tuple[str, ...]:
        tube = self.tube
        holds = {
            "0": False,
            "1": True,
            "hv": tube.requested or tube.kv > 0.0,
            "interlock_1_closed": tube.interlock_1_closed,
            "interlock_2_closed": tube.interlock_2_closed,
            "interlock_open": not tube.interlocks_closed,
            "fault": bool(tube.latched),
            "local": self._local,
            "not_local": not self._local,
            "filament": tube.requested,
            "ready": tube.ready,
            "watchdog": tube.watchdog_ms > 0,
        }
        return tuple(str(int(holds[name])) for name in self._series.status)

    def _fault_flags(self, _: tuple[str, ...]) -> tuple[str, ...]:
        series = self._series
        latched = {place for place, fault in series.faults.items() if fault & self.tube.latched}
        return tuple(str(int(place in latched)) for place in range(series.fault_flags))

    def _reset_hours(self, _: tuple[str, ...]) -> tuple[str, ...]:
        self.tube.on_ms = 0
        return _DONE

    def _reset_faults(self, _: tuple[str, ...]) -> tuple[str, ...]:
        self.tube.reset()
        return _DONE

    def _power_limits(self, args: tuple[str, ...]) -> tuple[str, ...]:
        if len(args) != 2 or not all(arg.isdecimal() for arg in args):
            raise _Refused(Refusal.VALUE)
        self._limits = (args[0], args[1])
        return _DONE

    def _high_voltage(self, args: tuple[str, ...]) -> tuple[str, ...]:
        if args == ("0",):
            self.tube.drop()
            return _DONE
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
        return _DONE

    def _remote(self, args: tuple[str, ...]) -> tuple[str, ...]:
        if args not in (("0",), ("1",)):
            raise _Refused(Refusal.VALUE)
        self._local = args == ("0",)
        if self._local:
            self.tube.drop()
        return _DONE

    def _enable_watchdog(self, args: tuple[str, ...]) -> tuple[str, ...]:
        self.tube.watchdog_ms = ENABLED_WATCHDOG_MS if _one_of(args, ("0", "1")) == "1" else 0
        return _DONE

    def _password(self, args: tuple[str, ...]) -> tuple[str, ...]:
        self._unlocked = _one_of(args, (PASSWORD,)) == PASSWORD
        return _DONE

    def _watchdog_seconds(self, args: tuple[str, ...]) -> tuple[str, ...]:
        if not self._unlocked:
            raise _Refused(Refusal.VALUE)
        self.tube.watchdog_ms = int(_one_of(args, tuple(str(each) for each in range(11)))) * 1000
        return _DONE


def _one_of(args: tuple[str, ...], allowed: tuple[str, ...]) -> str:
    if len(args) != 1 or args[0] not in allowed:
        raise _Refused(Refusal.VALUE)
    return args[0]


_SYSTEM_VOLTAGES = ("508", "0", "0", "0", "2483", "2807", "2483", "2807", "3510", "2602")
