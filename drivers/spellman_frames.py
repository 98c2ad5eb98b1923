"""Spellman's numeric protocol: frames and checksum, the same for every series."""

from dataclasses import dataclass

MAX_FRAME_BYTES = 256
_STX, _ETX = 0x02, 0x03


def checksum(text: bytes) -> int:
    """Return CSUM over the bytes after STX up to and with the last comma: 0x40-0x7F.

    Two's complement of the sum, seven bits of it, bit 6 set (Spellman V6 manual).
    """
    return -sum(text) & 0x7F | 0x40


def encode(command: str, *arguments: str, summed: bool) -> bytes:
    """Return one request; ``summed`` on RS-232, not on TCP."""
    text = ",".join((command, *arguments, "")).encode("ascii")
    tail = bytes((checksum(text),)) if summed else b""
    return bytes((_STX,)) + text + tail + bytes((_ETX,))


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: the command it echoes and its arguments."""

    command: str
    arguments: tuple[str, ...]


class AnswerParser:
    """Takes bytes as they come and gives whole answers; noise and bad sums are dropped.

    A damaged answer is no answer: the time-out is how either side learns of it.
    """

    def __init__(self, *, summed: bool) -> None:
        self._summed = summed
        self._partial: bytearray | None = None

    def feed(self, data: bytes) -> list[Answer]:
        """Return the answers that ``data`` completes."""
        answers = []
        for byte in data:
            if byte == _STX:
                self._partial = bytearray()
            elif self._partial is not None and byte == _ETX:
                answer = self._decode(bytes(self._partial))
                self._partial = None
                if answer is not None:
                    answers.append(answer)
            elif self._partial is not None:
                self._partial.append(byte)
                if len(self._partial) > MAX_FRAME_BYTES:
                    self._partial = None
        return answers

    def _decode(self, frame: bytes) -> Answer | None:
        text = frame
        if self._summed:
            text, tail = frame[:-1], frame[-1:]
            if tail != bytes((checksum(text),)):
                return None
        if not text.isascii() or not text.endswith(b","):
            return None
        command, *arguments = text[:-1].decode("ascii").split(",")
        return Answer(command, tuple(arguments))
