"""The simulated RS-S131 area monitor; manual S131-200-UM p. 69."""

from collections.abc import Callable

from simulator.devices.line_faults import FaultScript, Outbox, spoil_frame

MAX_PARTIAL_BYTES = 32
_WIDTH = 5


class AreaMonitor:
    """The monitor. Its troubles are attributes, for tests to turn.

    Args:
        dose_mr_h: dose rate where it hangs.
        faults: what goes wrong with its answers.
    """

    def __init__(
        self, dose_mr_h: Callable[[], float], *, faults: FaultScript | None = None
    ) -> None:
        self._dose_mr_h = dose_mr_h
        self.faults = faults or FaultScript()
        self.processor_error = False
        self.converter_error = False
        self.battery_low = False
        self.alarm = False
        self.high_voltage_v = 400
        self.battery_v = 6.84
        self._asked_ms = 0
        self._partial = bytearray()
        self._outbox = Outbox()

    def receive(self, data: bytes, now_ms: int) -> bytes:
        """Take bytes; anything but its question gets no answer, and nothing without power."""
        if self.faults.is_dark(0):
            return b""
        for byte in data:
            if byte != 0x0D:
                self._partial.append(byte)
                del self._partial[:-MAX_PARTIAL_BYTES]
                continue
            asked, self._partial = bytes(self._partial).endswith(b"#D0"), bytearray()
            if asked:
                harms = self.faults.harms(0, 0)
                frame = spoil_frame(self._answer(now_ms), harms, self.faults)
                self._outbox.put(frame, harms, now_ms)
        return self._outbox.due(now_ms)

    def poll(self, now_ms: int) -> bytes:
        """Return answers that were held back and are due now."""
        return self._outbox.due(now_ms)

    def _answer(self, now_ms: int) -> bytes:
        minutes, self._asked_ms = (now_ms - self._asked_ms) // 60_000, now_ms
        flags = (self.processor_error, self.converter_error, self.battery_low, self.alarm)
        status = "".join(str(int(flag)) for flag in flags)
        dose = f"{min(self._dose_mr_h(), 99999.0):.5f}"[:_WIDTH]
        text = (
            f"1 0 {status} {self.high_voltage_v:04d} {self.battery_v:05.2f} "
            f"{dose} {min(minutes, 9999):04d} "
        )
        total = sum(int(character) for character in text if character.isdigit())
        return f"D {text}{total % 100:02d}\r\n".encode("ascii")
