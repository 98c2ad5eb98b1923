"""The bytes of the beam-permit link: framing and the parser. PROTOCOL.md says it in words.

Used by the host end and by the simulated board alike; the vectors in PROTOCOL.md were computed
without it and hold both to the same bytes.
"""

import struct
import zlib

from firmware_bridge.words import (
    Command,
    EndReason,
    Hello,
    Identity,
    Message,
    Permit,
    Refusal,
    State,
    Status,
    Trip,
)

VERSION = 1
MAX_ENCODED_BYTES = 64
"""Longest encoded frame without its delimiters; anything longer is noise."""

_HEADER_BYTES = 2
_CRC_BYTES = 4
_ENVELOPE_BYTES = _HEADER_BYTES + _CRC_BYTES

_HELLO, _PERMIT, _IDENTITY, _STATUS = 0x01, 0x02, 0x81, 0x82
_HELLO_FORMAT = struct.Struct("<I")
_PERMIT_FORMAT = struct.Struct("<IIIIBHB")
_IDENTITY_FORMAT = struct.Struct("<IIIIH")
_STATUS_FORMAT = struct.Struct("<IIIIIIHHBBBBBHHHH")
_OPEN, _CLOSED = 0x33, 0xCC

_AROUND_BYTES = _ENVELOPE_BYTES + 1 + 2
"""Around a payload: header, CRC, the byte that COBS adds, two delimiters."""
PERMIT_BYTES = _PERMIT_FORMAT.size + _AROUND_BYTES
STATUS_BYTES = _STATUS_FORMAT.size + _AROUND_BYTES
"""Frames as they cross the line."""


def encode(message: Message) -> bytes:
    """Return the frame with a delimiter before and after it.

    The leading delimiter ends whatever half-sent frame or noise came before, so that a withdrawal
    is never spoilt by what it overtook.

    Raises:
        struct.error: a number does not fit its field.
    """
    body = bytes((VERSION, _type_of(message))) + _payload(message)
    return b"\x00" + cobs(body + zlib.crc32(body).to_bytes(_CRC_BYTES, "little")) + b"\x00"


def _type_of(message: Message) -> int:
    match message:
        case Hello():
            return _HELLO
        case Permit():
            return _PERMIT
        case Identity():
            return _IDENTITY
        case Status():
            return _STATUS


def _payload(message: Message) -> bytes:
    match message:
        case Hello(challenge):
            return _HELLO_FORMAT.pack(challenge)
        case Permit(session, sequence, scan_id, heard_ms, command, duration_ms, belief):
            return _PERMIT_FORMAT.pack(
                session, sequence, scan_id, heard_ms, command.value, duration_ms, belief
            )
        case Identity(challenge, session, boots, keys, firmware):
            return _IDENTITY_FORMAT.pack(challenge, session, boots, keys, firmware)
        case Status():
            return _status_payload(message)


def _status_payload(status: Status) -> bytes:
    return _STATUS_FORMAT.pack(
        status.session,
        status.sequence,
        status.board_ms,
        status.scan_id,
        status.exposure_ms,
        status.warning_ms,
        status.lease_ms,
        status.inputs,
        status.state.value,
        _CLOSED if status.relay_closed else _OPEN,
        status.end_reason.value,
        status.refusal.value,
        status.trip.value,
        status.trips,
        status.reset_edges,
        status.key_edges,
        status.crc_errors,
    )


_CODES = [bytes((code,)) for code in range(256)]


def cobs(data: bytes) -> bytes:
    """Encode so that no 0x00 is left (Cheshire and Baker, 1999); adds one byte to a frame.

    Frames of this link are short, so the long-run case (254 bytes without a zero) never arises.
    """
    assert len(data) < MAX_ENCODED_BYTES, f"{len(data)} bytes are no frame of this link"
    return b"".join([_CODES[len(run) + 1] + run for run in data.split(b"\x00")])


def uncobs(data: bytes) -> bytes | None:
    """Undo `cobs`; None when a run points past the end or a zero is inside."""
    if 0 in data:
        return None
    runs = []
    position, length = 0, len(data)
    while position < length:
        end = position + data[position]
        runs.append(data[position + 1 : end])
        position = end
    return b"\x00".join(runs) if position == length else None


def decode(frame: bytes) -> Message | None:
    """Return the message of one frame without delimiters; None when anything is wrong with it."""
    body = uncobs(frame)
    if body is None or len(body) < _ENVELOPE_BYTES:
        return None
    content, crc = body[:-_CRC_BYTES], body[-_CRC_BYTES:]
    if zlib.crc32(content) != int.from_bytes(crc, "little") or content[0] != VERSION:
        return None
    try:
        return _message(content[1], content[_HEADER_BYTES:])
    except (struct.error, ValueError):
        return None


def _message(kind: int, payload: bytes) -> Message | None:
    if kind == _HELLO:
        return Hello(*_HELLO_FORMAT.unpack(payload))
    if kind == _PERMIT:
        fields = _PERMIT_FORMAT.unpack(payload)
        session, sequence, scan_id, heard_ms, command, duration_ms, belief = fields
        return Permit(session, sequence, scan_id, heard_ms, Command(command), duration_ms, belief)
    if kind == _IDENTITY:
        return Identity(*_IDENTITY_FORMAT.unpack(payload))
    if kind == _STATUS:
        return _status(payload)
    return None


def _status(payload: bytes) -> Status | None:
    numbers = _STATUS_FORMAT.unpack(payload)
    if numbers[9] not in (_OPEN, _CLOSED):
        return None
    return Status(
        session=numbers[0],
        sequence=numbers[1],
        board_ms=numbers[2],
        scan_id=numbers[3],
        exposure_ms=numbers[4],
        warning_ms=numbers[5],
        lease_ms=numbers[6],
        inputs=numbers[7],
        state=State(numbers[8]),
        relay_closed=numbers[9] == _CLOSED,
        end_reason=EndReason(numbers[10]),
        refusal=Refusal(numbers[11]),
        trip=Trip(numbers[12]),
        trips=numbers[13],
        reset_edges=numbers[14],
        key_edges=numbers[15],
        crc_errors=numbers[16],
    )


class Parser:
    """Takes bytes as they come and gives whole messages; never holds more than one frame.

    A damaged, foreign or overlong frame is dropped and counted; the next delimiter starts afresh.
    """

    def __init__(self) -> None:
        self._partial = bytearray()
        self._overlong = False
        self.errors = 0
        """Frames dropped since the start."""

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that ``data`` completes, in the order they came."""
        messages: list[Message] = []
        *ended, rest = data.split(b"\x00")
        for piece in ended:
            self._add(piece)
            message = self._end()
            if message is not None:
                messages.append(message)
        self._add(rest)
        return messages

    def reset(self) -> None:
        """Forget a half-received frame, as after a line was opened anew."""
        self._partial.clear()
        self._overlong = False

    def _add(self, piece: bytes) -> None:
        if len(self._partial) + len(piece) > MAX_ENCODED_BYTES:
            self._overlong = True
            self._partial.clear()
        elif not self._overlong:
            self._partial += piece

    def _end(self) -> Message | None:
        frame, overlong = bytes(self._partial), self._overlong
        self.reset()
        if not frame and not overlong:
            return None
        message = None if overlong else decode(frame)
        if message is None:
            self.errors += 1
        return message
