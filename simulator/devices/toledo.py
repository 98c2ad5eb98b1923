"""The simulated weighbridge under the entry zone: an indicator with Toledo continuous output.

``STX SWA SWB SWC wwwwww tttttt CR [CHK]`` as in the 8142 manuals; ten frames a second.
"""

from collections.abc import Callable
from decimal import Decimal

from simulator.devices.line_faults import FaultScript, Outbox, spoil_frame

FRAME_MS = 100
SETTLE_MS = 500
"""A load that has changed swings as long as this."""
_INCREMENT_CODES = {1: 1, 2: 2, 5: 3}
_MOST = 999_999


class Weighbridge:
    """The indicator. Its switches are attributes, for tests to turn.

    Args:
        mass_kg: what stands on it.
        checksum: whether frames end with one.
        increment_kg: the step it shows, 1, 2 or 5 times a power of ten.
        tons: whether it shows tons and not kilograms.
        capacity_kg: above it the range bit is set.
        faults: what goes wrong with its frames.
    """

    def __init__(
        self,
        mass_kg: Callable[[], int],
        *,
        checksum: bool = True,
        increment_kg: float = 5.0,
        tons: bool = False,
        capacity_kg: int = 60_000,
        faults: FaultScript | None = None,
    ) -> None:
        self._mass_kg = mass_kg
        self.checksum = checksum
        self.increment_kg = increment_kg
        self.tons = tons
        self.capacity_kg = capacity_kg
        self.faults = faults or FaultScript()
        self.tare_kg = 0
        self.pounds = False
        self.expanded = False
        self.short = False
        self.even_parity = False
        self.silent = False
        self._load_kg = 0
        self._still_ms = 0
        self._due_ms = 0
        self._outbox = Outbox()

    def receive(self, data: bytes, now_ms: int) -> bytes:
        """Ignore what the host says."""
        return self.poll(now_ms)

    def poll(self, now_ms: int) -> bytes:
        """Return the frame that is due; one that was missed is not made up for."""
        load_kg = self._mass_kg()
        if load_kg != self._load_kg:
            self._load_kg, self._still_ms = load_kg, now_ms + SETTLE_MS
        if now_ms >= self._due_ms and not self.silent and not self.faults.is_dark(0):
            self._due_ms = now_ms - now_ms % FRAME_MS + FRAME_MS
            harms = self.faults.harms(0, 0)
            frame = spoil_frame(self._frame(now_ms), harms, self.faults)
            self._outbox.put(frame, harms, now_ms)
        return self._outbox.due(now_ms)

    def _frame(self, now_ms: int) -> bytes:
        net_kg = self._load_kg - self.tare_kg
        mantissa, exponent = self._step()
        status_a = 0x20 | _INCREMENT_CODES[mantissa] << 3 | (2 - exponent)
        status_b = 0x20
        for on, bit in (
            (self.tare_kg > 0, 0),
            (net_kg < 0, 1),
            (self._load_kg > self.capacity_kg, 2),
            (now_ms < self._still_ms, 3),
            (not self.pounds, 4),
        ):
            status_b |= on << bit
        status_c = 0x20 | (2 if self.tons else 0) | (0x10 if self.expanded else 0)
        digits = self._shown(abs(net_kg)) + ("" if self.short else self._shown(self.tare_kg))
        text = bytes((0x02, status_a, status_b, status_c)) + digits.encode("ascii") + b"\r"
        if self.checksum:
            text += bytes((-sum(text) & 0x7F,))
        return bytes(map(_with_even_parity, text)) if self.even_parity else text

    def _step(self) -> tuple[int, int]:
        """The step in the unit that is shown: 1, 2 or 5, and the exponent of ten."""
        step = Decimal(str(self.increment_kg)) / (1000 if self.tons else 1)
        _, digits, exponent = step.normalize().as_tuple()
        assert isinstance(exponent, int)
        return digits[0], exponent

    def _shown(self, mass_kg: int) -> str:
        """Six digits in steps of the increment, half a step up."""
        steps = int(mass_kg / self.increment_kg + 0.5)
        return f"{min(_MOST, steps * self._step()[0]):06d}"


def _with_even_parity(byte: int) -> int:
    return byte | 0x80 if byte.bit_count() % 2 else byte
