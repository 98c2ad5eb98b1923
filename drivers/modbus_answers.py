"""Which bytes may be the answer to the request in flight.

Pure. Decides before the client library decodes anything, since the library accepts wrong function
codes and wrong register counts.
"""

import struct
from enum import Enum, unique

from drivers.modbus_requests import READ_BITS, WRITE_COIL, WRITE_REGISTERS, Request

MBAP_BYTES = 7
MAX_MBAP_LENGTH = 254
"""Unit and PDU, at most (Modbus Messaging on TCP/IP V1.0b, 3.1.3 and Application Protocol 4.1)."""

_RTU_BESIDE = 3
"""Unit and CRC, beside the PDU of an RTU frame (Serial Line V1.02, 2.3)."""
_RTU_REFUSAL = 5
"""Unit, function, exception code and CRC."""

COIL_WORDS = (0x0000, 0xFF00)
"""How a coil's 0 and 1 go on the wire (Application Protocol V1.1b3, 6.5)."""


@unique
class Framing(Enum):
    """How frames are told apart on a line."""

    RTU = "rtu"
    TCP = "tcp"


class AnswerFilter:
    """Passes only what answers the request in flight and remembers what else came.

    Attributes:
        strays: bytes that came while nothing was in flight.
        garbled: what was wrong with what came, should no good answer follow; empty when
            nothing came.
    """

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._request: Request | None = None
        self._transaction = 0
        self._good, self._refusal = b"", b""
        self._pdu_bytes = 0
        self.strays = 0
        self.garbled = ""

    def sent(self, request: Request, frame: bytes) -> None:
        """Begin to look for the answer to ``request``, sent as ``frame``."""
        self._request = request
        self._transaction = int.from_bytes(frame[:2], "big")
        self._good = _good_head(request)
        self._refusal = bytes([request.unit, request.function | 0x80])
        self._pdu_bytes = answer_bytes(request)
        self.strays = 0
        self.garbled = ""

    def done(self) -> None:
        """The exchange has ended, one way or the other."""
        self._request = None

    def filter(self, buffer: bytes) -> bytes:
        """Return the part of the receive buffer that may be the answer, else nothing."""
        if self._request is None:
            self.strays += len(buffer)
            return b""
        if self._framing is Framing.RTU:
            return self._filter_rtu(self._request, buffer)
        return self._filter_tcp(self._request, buffer)

    def _filter_rtu(self, request: Request, buffer: bytes) -> bytes:
        good, refusal = buffer.find(self._good), buffer.find(self._refusal)
        if good >= 0 or refusal >= 0:
            self.garbled = "a frame came that is not complete or has a bad CRC"
            whole = good >= 0 and len(buffer) >= good + self._pdu_bytes + _RTU_BESIDE
            refused = refusal >= 0 and len(buffer) >= refusal + _RTU_REFUSAL
            # Pieces come by the byte on a slow line: the library need not look at each.
            if not (whole or refused):
                return b""
            return buffer[min(at for at in (good, refusal) if at >= 0) :]
        self.garbled = f"no answer to function {request.function} in {buffer[:16].hex(' ')}"
        return b""

    def _filter_tcp(self, request: Request, buffer: bytes) -> bytes:
        at = 0
        while len(buffer) - at >= MBAP_BYTES:
            transaction, protocol, length, unit = struct.unpack_from(">HHHB", buffer, at)
            if protocol != 0 or not 3 <= length <= MAX_MBAP_LENGTH:
                self.garbled = f"no Modbus/TCP header: {buffer[at : at + MBAP_BYTES].hex(' ')}"
                return b""
            end = at + MBAP_BYTES - 1 + length
            if len(buffer) < end:
                break
            if transaction == self._transaction:
                return self._checked(request, unit, buffer[at:end])
            # An answer that came too late for an earlier request: known by its transaction id.
            at = end
        if at < len(buffer):
            self.garbled = "an incomplete frame came"
        return b""

    def _checked(self, request: Request, unit: int, frame: bytes) -> bytes:
        pdu = frame[MBAP_BYTES:]
        refusal = len(pdu) == 2 and pdu[0] == request.function | 0x80
        good = len(pdu) == self._pdu_bytes and frame.startswith(self._good, MBAP_BYTES - 1)
        if unit == request.unit and (refusal or good):
            return frame
        self.garbled = f"unit {unit} answered {pdu[:16].hex(' ')}, which answers another question"
        return b""


def answer_bytes(request: Request) -> int:
    """Length of the good answer's PDU (Application Protocol V1.1b3, 6.1 to 6.5 and 6.12)."""
    if request.function in (WRITE_COIL, WRITE_REGISTERS):
        return 5
    return 2 + _data_bytes(request)


def _data_bytes(request: Request) -> int:
    """How many bytes of values answer a read."""
    return (request.count + 7) // 8 if request.function in READ_BITS else 2 * request.count


def _good_head(request: Request) -> bytes:
    """Unit, function and what must follow them in a good answer."""
    unit, function = request.unit, request.function
    if function == WRITE_COIL:
        return struct.pack(">BBHH", unit, function, request.address, COIL_WORDS[request.values[0]])
    if function == WRITE_REGISTERS:
        return struct.pack(">BBHH", unit, function, request.address, request.count)
    return bytes([unit, function, _data_bytes(request)])
