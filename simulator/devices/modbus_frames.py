"""Modbus framing as a server sees it: MBAP and RTU, from bytes to requests and back.

Written for the simulator alone and from the specification (modbus.org: Application Protocol V1.1b3,
Serial Line V1.02), so that it is independent of the client library the lane uses.
"""

import struct
from dataclasses import dataclass

MAX_PDU_BYTES = 253
"""Longest protocol data unit (Application Protocol V1.1b3, section 4.1)."""

MBAP_BYTES = 7
_RTU_FIXED = {1: 8, 2: 8, 3: 8, 4: 8, 5: 8, 6: 8}
_RTU_COUNTED = {15: 6, 16: 6, 23: 10}
"""Function to the index of its byte count inside an RTU frame."""

RTU_IDLE_MS = 50
"""Silence after which an unfinished RTU frame is dropped. Far above 3.5 characters, since a user
process on Linux cannot measure those; frames are found by length and CRC."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as framed.

    Attributes:
        unit: addressed unit, 0 for broadcast on RTU.
        pdu: function code and data.
        transaction: MBAP transaction id, 0 on RTU.
    """

    unit: int
    pdu: bytes
    transaction: int = 0


def _crc_of_byte(crc: int) -> int:
    for _ in range(8):
        crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


_CRC = tuple(map(_crc_of_byte, range(256)))


def crc16(data: bytes) -> int:
    """CRC of Modbus RTU: polynomial 0xA001, start 0xFFFF, low byte sent first."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc


def rtu_frame(unit: int, pdu: bytes) -> bytes:
    """Frame a PDU for a serial line."""
    body = bytes([unit]) + pdu
    return body + struct.pack("<H", crc16(body))


def tcp_frame(transaction: int, unit: int, pdu: bytes) -> bytes:
    """Frame a PDU with an MBAP header."""
    return struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu


class TcpSplitter:
    """Cuts a TCP byte stream into requests; several in one segment all come out, in order.

    A header that cannot be Modbus (protocol not 0, length outside 2..254) makes the stream
    ``broken``: there is no way back into step, so a server closes the connection.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.broken = False

    def feed(self, data: bytes) -> list[Request]:
        """Return every request completed by ``data``."""
        if self.broken:
            return []
        self._buffer += data
        found: list[Request] = []
        while len(self._buffer) >= MBAP_BYTES:
            transaction, protocol, length, unit = struct.unpack_from(">HHHB", self._buffer)
            if protocol != 0 or not 2 <= length <= MAX_PDU_BYTES + 1:
                self.broken = True
                self._buffer.clear()
                break
            end = MBAP_BYTES - 1 + length
            if len(self._buffer) < end:
                break
            found.append(Request(unit, bytes(self._buffer[MBAP_BYTES:end]), transaction))
            del self._buffer[:end]
        return found


class RtuSplitter:
    """Cuts a serial byte stream into requests by length and CRC; noise is skipped."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._last_ms = 0
        self.noise_bytes = 0

    def feed(self, data: bytes, now_ms: int) -> list[Request]:
        """Return every request completed by ``data``; ``now_ms`` is when its last byte came."""
        if self._buffer and now_ms - self._last_ms > RTU_IDLE_MS:
            self.noise_bytes += len(self._buffer)
            self._buffer.clear()
        self._last_ms = now_ms
        self._buffer += data
        found: list[Request] = []
        while len(self._buffer) >= 4:
            length = _rtu_request_bytes(self._buffer)
            if length is not None and len(self._buffer) < length:
                break
            if length is None or not _crc_fits(self._buffer[:length]):
                del self._buffer[0]
                self.noise_bytes += 1
                continue
            found.append(Request(self._buffer[0], bytes(self._buffer[1 : length - 2])))
            del self._buffer[:length]
        return found


def _rtu_request_bytes(buffer: bytearray) -> int | None:
    """Length of the frame that starts here, None when it cannot be one we can measure."""
    function = buffer[1]
    if function in _RTU_FIXED:
        return _RTU_FIXED[function]
    at = _RTU_COUNTED.get(function)
    if at is None:
        # Any other function has no length rule we may rely on: take what came as one frame,
        # so that a foreign function code is answered with exception 01.
        return len(buffer) if _crc_fits(buffer) else None
    if len(buffer) <= at:
        return at + 1
    return at + 1 + buffer[at] + 2


def _crc_fits(frame: bytes | bytearray) -> bool:
    return crc16(bytes(frame[:-2])) == int.from_bytes(frame[-2:], "little")
