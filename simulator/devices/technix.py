"""The simulated Technix SR: an echo protocol without checksum, CR at the end.

Source: ``doc/sphinx/protocol.rst`` of the public HVCtl project. Whether an order that has no effect
is echoed, and that a pulse shorter than 100 ms has none, are taken for likely.
"""

from collections.abc import Callable

from simulator.devices.line_faults import FaultScript, Outbox, spoil_frame
from simulator.hall.plant import Plant
from simulator.hall.tube import Tube

FULL_SCALE = 4095
PULSE_MS = 100
SILENCE_MS = 5000
MAX_COMMAND_BYTES = 32


class TechnixGenerator:
    """The generator's line; the high voltage itself is its `Tube`.

    Args:
        plant: the hall it stands in.
        kv_max: kilovolts at full scale.
        ma_max: milliamperes at full scale.
        faults: what goes wrong with its answers; a fault's ``function`` is the code of the first
            letter of the command.
    """

    def __init__(
        self,
        plant: Plant,
        *,
        kv_max: float = 100.0,
        ma_max: float = 50.0,
        faults: FaultScript | None = None,
    ) -> None:
        self.tube = Tube(plant, watchdog_ms=0)
        self.faults = faults or FaultScript()
        self.has_watchdog = True
        self.local_locked = False
        self._kv_max = kv_max
        self._ma_max = ma_max
        self._outbox = Outbox()
        self._now_ms = 0
        self.power_up()

    def power_up(self) -> None:
        """Switch off and on: set points, faults and high voltage are gone."""
        self._outbox.drop()
        self._partial = bytearray()
        self._set = {"1": 0, "2": 0}
        self.local = True
        self.inhibited = False
        self._on_held_ms: int | None = None
        self._off_held = False
        self._heard_ms = self._now_ms
        self.tube.power_up()

    def receive(self, data: bytes, now_ms: int) -> bytes:
        """Take bytes; return the answers due now. What is no command gets no answer."""
        self.advance(now_ms)
        if self.faults.is_dark(0):
            return b""
        for byte in data:
            if byte != 0x0D:
                self._partial.append(byte)
                del self._partial[:-MAX_COMMAND_BYTES]
                continue
            text, self._partial = bytes(self._partial), bytearray()
            answer = self._execute(text.decode("ascii")) if text.isascii() else None
            if answer is not None:
                self._heard_ms = now_ms
                harms = self.faults.harms(0, text[0])
                frame = text + answer.encode("ascii") + b"\r"
                self._outbox.put(spoil_frame(frame, harms, self.faults), harms, now_ms)
        return self._outbox.due(now_ms)

    def poll(self, now_ms: int) -> bytes:
        """Return answers that were held back and are due now."""
        return self._outbox.due(now_ms)

    def advance(self, now_ms: int) -> None:
        """Let the high voltage follow until ``now_ms``; after five seconds of silence it ends."""
        self._now_ms = max(self._now_ms, now_ms)
        if self.has_watchdog and self._now_ms - self._heard_ms >= SILENCE_MS:
            self.local = True
            self.tube.drop()
        self.tube.advance(self._now_ms)

    def _execute(self, command: str) -> str | None:
        """Do a command; return what its answer adds to the echo, None when it is none."""
        name, comma, value = command.partition(",")
        if not comma:
            questions: dict[str, Callable[[], int]] = {
                "a1": lambda: round(self.tube.kv / self._kv_max * FULL_SCALE),
                "a2": self._milliamperes,
                "E": self._status,
            }
            return str(questions[name]()) if name in questions else None
        if name in ("d1", "d2") and value.isdecimal() and int(value) <= FULL_SCALE:
            if not self.local:
                self._set[name[1]] = int(value)
                self.tube.set_kv = self._set["1"] * self._kv_max / FULL_SCALE
            return ""
        orders = {"P5": self._on, "P6": self._off, "P7": self._local, "P8": self._inhibit}
        if name in orders and value in ("0", "1"):
            orders[name](value == "1")
            return ""
        return None

    def _milliamperes(self) -> int:
        return round(self._set["2"] * self.tube.kv / self.tube.set_kv) if self.tube.set_kv else 0

    def _on(self, pressed: bool) -> None:  # noqa: FBT001 - one of four alike
        if pressed:
            self._on_held_ms = self._now_ms
            return
        held_ms = None if self._on_held_ms is None else self._now_ms - self._on_held_ms
        self._on_held_ms = None
        hindered = self.local or self.inhibited or self._off_held or self.tube.latched
        if held_ms is None or held_ms < PULSE_MS or hindered or not self.tube.interlocks_closed:
            return
        self.tube.request()

    def _off(self, pressed: bool) -> None:  # noqa: FBT001
        self._off_held = pressed
        self.tube.drop()

    def _local(self, local: bool) -> None:  # noqa: FBT001
        self.local = local or self.local_locked
        if self.local:
            self.tube.drop()

    def _inhibit(self, inhibited: bool) -> None:  # noqa: FBT001
        self.inhibited = inhibited
        if inhibited:
            self.tube.drop()

    def _status(self) -> int:
        flags = (
            True,
            bool(self.tube.latched),
            not self.tube.interlocks_closed,
            self.tube.requested or self.tube.kv > 0.0,
            self._on_held_ms is not None,
            self._off_held,
            self.local,
            self.inhibited,
        )
        return sum(on << bit for bit, on in enumerate(flags))
