"""Frames of the simulated generator: ``STX CMD,ARG..., CSUM ETX``, checksum on serial lines only.

Source: Spellman V6 manual 118109-001 p. 9 and the checksum rule common to the series.
"""

STX = 0x02
ETX = 0x03
MAX_FRAME_BYTES = 64


def checksum(body: bytes) -> int:
    """Checksum over everything after STX up to and with the last comma: 0x40 to 0x7F."""
    return (0x100 - sum(body)) & 0x7F | 0x40


def build(fields: tuple[str, ...], *, with_checksum: bool) -> bytes:
    """Frame an answer; the first field is the command it answers."""
    body = ("".join(f"{field}," for field in fields)).encode("ascii")
    tail = bytes([checksum(body)]) if with_checksum else b""
    return bytes([STX]) + body + tail + bytes([ETX])


class FrameReader:
    """Cuts commands out of a byte stream. What does not check is dropped without a word."""

    def __init__(self, *, with_checksum: bool) -> None:
        self._with_checksum = with_checksum
        self._buffer: bytearray | None = None
        self.bad_frames = 0

    def feed(self, data: bytes) -> list[tuple[str, ...]]:
        """Return the fields of every good command completed by ``data``."""
        found = []
        for byte in data:
            if byte == STX:
                self._buffer = bytearray()
            elif self._buffer is None:
                continue
            elif byte == ETX:
                fields = self._check(bytes(self._buffer))
                self._buffer = None
                if fields is not None:
                    found.append(fields)
            elif len(self._buffer) >= MAX_FRAME_BYTES:
                self._buffer = None
                self.bad_frames += 1
            else:
                self._buffer.append(byte)
        return found

    def _check(self, content: bytes) -> tuple[str, ...] | None:
        body = content
        if self._with_checksum:
            body = content[:-1]
            if not content or content[-1] != checksum(body):
                self.bad_frames += 1
                return None
        if not body.endswith(b",") or not body.isascii():
            self.bad_frames += 1
            return None
        return tuple(body[:-1].decode("ascii").split(","))
