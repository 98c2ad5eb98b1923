"""Toledo continuous output: frames out of a stream, and what one frame says of the weight.

``STX SWA SWB SWC wwwwww tttttt CR [CHK]``, seven bits a character; the eighth is parity or nothing
and is not looked at. Whether there is a checksum is an option of the indicator and is found out.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, unique

STX, CR = 0x02, 0x0D
PLAIN_BYTES = 17
"""From STX to CR, with weight and tare."""
FRAME_BYTES = PLAIN_BYTES + 1
"""The same with a checksum."""
_SHORT_CR, _CR = 10, PLAIN_BYTES - 1
_AGREEING = 2
"""Frames in a row that have to agree before it counts as known whether there is a checksum."""
_SEVEN = 0x7F
_ALWAYS_ONE, _ALWAYS_ZERO = 0x20, 0x40
_INCREMENTS = {1: 1, 2: 2, 3: 5}
_UNITS = {1: "g", 2: "t"}


@unique
class Reject(Enum):
    """Why bytes are no frame."""

    BROKEN = "a frame is cut off or has no CR in its place"
    SHORT = (
        "frames have no tare: the indicator sends the short format. Set it to the full "
        "continuous output of 17 or 18 characters"
    )
    CHECKSUM = "the checksum is wrong"
    STATUS = "a status character is none"
    DIGITS = "weight or tare are not six digits"


@dataclass(frozen=True, slots=True)
class Weight:
    """What one frame says.

    Attributes:
        amount: shown weight in ``unit``, never negative; the sign is apart.
        increment: the smallest step it is shown in, in ``unit``.
        unit: ``kg``, ``lb``, ``g``, ``t``, or ``?`` for one that is not published.
        net: the tare is taken off.
        negative: below zero.
        out_of_range: above capacity or below zero by too much.
        motion: not at rest.
        not_zeroed: bit 6 of the second status character, which says so on some indicators and is
            0 on all others.
        expanded: shown ten times finer than the scale is approved for.
    """

    amount: Decimal
    increment: Decimal
    unit: str
    net: bool
    negative: bool
    out_of_range: bool
    motion: bool
    not_zeroed: bool
    expanded: bool


def checksum(characters: bytes) -> int:
    """Two's complement of the sum of the low seven bits of all characters, in seven bits."""
    return -sum(byte & _SEVEN for byte in characters) & _SEVEN


def decode(frame: bytes) -> Weight | Reject:
    """Return what 17 characters from STX to CR say."""
    first, second, third = frame[1:4]
    shaped = all(status & _ALWAYS_ONE for status in (first, second, third))
    step = _INCREMENTS.get(first >> 3 & 3)
    if not shaped or (first | third) & _ALWAYS_ZERO or step is None:
        return Reject.STATUS
    # A blank for a digit is one flipped bit away from "0", and would make a mass smaller.
    if not frame[4:16].isdigit():
        return Reject.DIGITS
    exponent = 2 - (first & 7)
    other_unit = third & 7
    unit = _UNITS.get(other_unit, "?") if other_unit else ("kg" if second & 0x10 else "lb")
    return Weight(
        amount=Decimal(int(frame[4:10])).scaleb(exponent),
        increment=Decimal(step).scaleb(exponent),
        unit=unit,
        net=bool(second & 0x01),
        negative=bool(second & 0x02),
        out_of_range=bool(second & 0x04),
        motion=bool(second & 0x08),
        not_zeroed=bool(second & _ALWAYS_ZERO),
        expanded=bool(third & 0x10),
    )


class FrameCutter:
    """Cuts a stream into frames; never holds more than two.

    Once a checksum was seen, frames without one are refused until `reset`.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self.reset()

    def reset(self) -> None:
        """Forget everything, as after the line was opened anew."""
        self._held.clear()
        self._summed: bool | None = None
        self._guess = False
        self._agreed = 0

    @property
    def summed(self) -> bool | None:
        """Whether frames carry a checksum, None before it is known."""
        return self._summed

    def feed(self, data: bytes) -> list[Weight | Reject]:
        """Return what ``data`` completes. Frames that only tell the format are not among it."""
        self._held += bytes(byte & _SEVEN for byte in data)
        found: list[Weight | Reject] = []
        while self._held:
            size = self._skip_to_frame()
            result = self._cut() if size else None
            if result is None:
                break
            frame, reject = result
            if reject is not None:
                found.append(reject)
            elif frame:
                found.append(decode(frame))
        return found

    def _skip_to_frame(self) -> int:
        """Drop what stands before the next STX; return how much is left."""
        start = self._held.find(STX)
        skipped = len(self._held) if start < 0 else start
        if skipped and self._summed is False:
            # Something stands where a frame should begin: perhaps the option was changed.
            self._summed, self._agreed = None, 0
        del self._held[:skipped]
        return len(self._held)

    def _cut(self) -> tuple[bytes, Reject | None] | None:
        """Take one frame, or what is none, off the front; None when more bytes are needed."""
        flaw = self._flaw()
        if flaw is not None:
            return b"", flaw
        size = len(self._held)
        if size < PLAIN_BYTES:
            return None
        if self._summed is None:
            return self._learn() if size > PLAIN_BYTES + 1 else None
        if self._summed:
            return self._take_summed() if size > PLAIN_BYTES else None
        return self._take(PLAIN_BYTES), None

    def _flaw(self) -> Reject | None:
        """Drop the beginning of what cannot become a frame, and say why."""
        held = self._held
        again = held.find(STX, 1, PLAIN_BYTES)
        is_cut = 0 < again <= _SHORT_CR
        if not is_cut and len(held) > _SHORT_CR and held[_SHORT_CR] == CR:
            del held[: _SHORT_CR + 1]
            return Reject.SHORT
        if again > 0 or (len(held) > _CR and held[_CR] != CR):
            del held[: max(again, 1)]
            return Reject.BROKEN
        return None

    def _take(self, size: int) -> bytes:
        frame = bytes(self._held[:PLAIN_BYTES])
        del self._held[:size]
        return frame

    def _take_summed(self) -> tuple[bytes, Reject | None]:
        said = self._held[PLAIN_BYTES]
        frame = self._take(PLAIN_BYTES + 1)
        if said != checksum(frame):
            return b"", Reject.CHECKSUM
        return frame, None

    def _learn(self) -> tuple[bytes, Reject | None]:
        """Look behind the CR: a checksum, or the STX of the next frame.

        A checksum may look like STX; then a second one follows, which no frame has inside.
        """
        held = self._held
        summed = held[PLAIN_BYTES] != STX or held[PLAIN_BYTES + 1] == STX
        reject = None
        if summed:
            _, reject = self._take_summed()
        else:
            self._take(PLAIN_BYTES)
        self._agreed = self._agreed + 1 if summed is self._guess else 1
        self._guess = summed
        if reject is not None:
            self._agreed = 0
        elif self._agreed >= _AGREEING:
            self._summed = summed
        return b"", reject
