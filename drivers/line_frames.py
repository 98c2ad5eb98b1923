"""Bytes of the line detector into lines and named damage (``LINE_STREAM.md``); no input or output.

Pixels stay bytes here; what they mean is the imaging's. A frame that fails a check is never used.
"""

import re
import struct
import zlib
from dataclasses import dataclass
from enum import Enum, IntFlag, unique

MAGIC = b"SLS1"
VERSION = 1
MAX_PAYLOAD = 65_536
MAX_COUNT = 4096
"""Most DARK or AIR lines of one command."""
MAX_MISSING = 10_000
"""Sequences remembered as missing, so that a late line can be told from a repeated one."""
HEADER = struct.Struct("<4sBBHI")
TRAILER = struct.Struct("<I")
_INFO = struct.Struct("<HHIH16s")
_ACK = struct.Struct("<BBI")
_LINE = struct.Struct("<IIIBBHqQHH")


@unique
class Command(Enum):
    """What the client may say."""

    HELLO = 0x01
    ARM = 0x02
    STOP = 0x03
    DARK = 0x04
    AIR = 0x05


@unique
class LineKind(Enum):
    """What a line was taken for."""

    SCAN = 0
    DARK = 1
    AIR = 2


class LineFlag(IntFlag):
    """What the detector says about a line."""

    SIMULATED = 1
    ENCODER_FAULT = 2
    OVERRUN = 4


_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_INFO_KIND, _ACK_KIND, _LINE_KIND = 0x81, 0x82, 0x83


@dataclass(frozen=True, slots=True)
class Info:
    """What the detector is.

    Attributes:
        pixels: pixels of a line, reference pixels included.
        reference_pixels: how many of them, the first ones, lie beside the tunnel.
        pitch_um: pitch of the pixels at the object in micrometres.
        simulated: True when no detector is behind it.
        serial: serial number.
        energies: 2 when lines alternate between a high and a low energy, else 1.
    """

    pixels: int
    reference_pixels: int
    pitch_um: int
    simulated: bool
    serial: str
    energies: int = 1


@dataclass(frozen=True, slots=True)
class Ack:
    """Answer to a command; status 0 is done."""

    command: Command
    status: int
    argument: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it arrived; every check has passed.

    Attributes:
        scan_id: the arming it belongs to, 0 for dark and air lines.
        sequence: its place, from 0.
        pulse_id: pulse or trigger it was taken at.
        energy: 0 for the high or only energy, 1 for the low one.
        kind: scan, dark or air.
        flags: `LineFlag` bits.
        encoder_um: belt travel.
        time_us: the detector's own clock.
        frame: the whole frame, for keeping.
    """

    scan_id: int
    sequence: int
    pulse_id: int
    energy: int
    kind: LineKind
    flags: LineFlag
    encoder_um: int
    time_us: int
    frame: bytes

    @property
    def pixels(self) -> memoryview:
        """The pixels, 16 bits each, little-endian."""
        return memoryview(self.frame)[HEADER.size + _LINE.size : -TRAILER.size]


@dataclass(frozen=True, slots=True)
class Lost:
    """Lines ``first`` to ``first + count - 1`` were passed over; they may still come late."""

    scan_id: int
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Repeated:
    """A line that had come before came again."""

    scan_id: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Reordered:
    """A line passed over before came late."""

    scan_id: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Torn:
    """Bytes that made no good frame were dropped."""

    count: int


Event = Info | Ack | Line | Lost | Repeated | Reordered | Torn


def encode_command(command: Command, argument: int = 0) -> bytes:
    """Write one command; ``argument`` (u32) is sent for ARM, DARK and AIR only."""
    bare = command in {Command.HELLO, Command.STOP}
    payload = b"" if bare else struct.pack("<I", argument)
    header = _header(command.value, len(payload))
    return header + payload + TRAILER.pack(zlib.crc32(header + payload))


def _header(kind: int, length: int) -> bytes:
    bare = HEADER.pack(MAGIC, VERSION, kind, 0, length)
    return HEADER.pack(MAGIC, VERSION, kind, zlib.crc32(bare) & 0xFFFF, length)


class _Order:
    """Tells lost, late and repeated lines of one run of sequences apart."""

    def __init__(self) -> None:
        self._run = (0, LineKind.SCAN)
        self._next = 0
        self._missing: set[int] = set()

    def judge(self, line: Line) -> Lost | Repeated | Reordered | None:
        run = (line.scan_id, line.kind)
        if run != self._run or (line.kind is not LineKind.SCAN and line.sequence == 0):
            self._run, self._next = run, 0
            self._missing.clear()
        if line.sequence in self._missing:
            self._missing.discard(line.sequence)
            return Reordered(line.scan_id, line.sequence)
        if line.sequence < self._next:
            return Repeated(line.scan_id, line.sequence)
        first, self._next = self._next, line.sequence + 1
        count = line.sequence - first
        if count == 0:
            return None
        room = MAX_MISSING - len(self._missing)
        self._missing.update(range(first, first + min(count, room)))
        return Lost(line.scan_id, first, count)


class Decoder:
    """Bytes in, events out; holds at most one unfinished frame."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._dropped = 0
        self._order = _Order()

    def feed(self, data: bytes) -> list[Event]:
        """Take what arrived; a fact about a line comes before the line."""
        self._buffer += data
        events: list[Event] = []
        at = 0
        while (start := self._buffer.find(MAGIC, at)) >= 0:
            self._dropped += start - at
            at = start
            size = self._size(at)
            if size is None or (size and len(self._buffer) - at < size):
                break
            found = self._frame(bytes(self._buffer[at : at + size])) if size else []
            if not found:
                self._dropped += 1
                at += 1
                continue
            if self._dropped:
                events.append(Torn(self._dropped))
                self._dropped = 0
            events.extend(found)
            at += size
        else:
            rest = max(at, len(self._buffer) - len(MAGIC) + 1)
            self._dropped += rest - at
            at = rest
        del self._buffer[:at]
        return events

    def _size(self, at: int) -> int | None:
        """Length of the frame at ``at``: None while unknown, 0 when its header is bad."""
        if len(self._buffer) - at < HEADER.size:
            return None
        header = bytes(self._buffer[at : at + HEADER.size])
        _magic, version, kind, _check, length = HEADER.unpack(header)
        if version != VERSION or length > MAX_PAYLOAD or header != _header(kind, length):
            return 0
        return HEADER.size + int(length) + TRAILER.size

    def _frame(self, frame: bytes) -> list[Event]:
        body = frame[: -TRAILER.size]
        if TRAILER.unpack(frame[-TRAILER.size :])[0] != zlib.crc32(body):
            return []
        kind, payload = body[5], body[HEADER.size :]
        try:
            if kind == _INFO_KIND:
                return [_info(payload)]
            if kind == _ACK_KIND:
                command, status, argument = _ACK.unpack(payload)
                return [Ack(Command(command), status, argument)]
            if kind == _LINE_KIND:
                line = _line(frame, payload)
                fact = self._order.judge(line)
                return [line] if fact is None else [fact, line]
        except (struct.error, ValueError):
            return []
        return []


def _info(payload: bytes) -> Info:
    pixels, reference, pitch_um, flags, serial = _INFO.unpack(payload)
    name = serial.rstrip(b"\0").decode("ascii")
    if not 0 < reference < pixels or not _SERIAL.fullmatch(name):
        raise ValueError(name)
    return Info(pixels, reference, pitch_um, bool(flags & 1), name, 2 if flags & 2 else 1)


def _line(frame: bytes, payload: bytes) -> Line:
    (scan_id, sequence, pulse_id, energy, kind, flags, encoder_um, time_us, pixels, _reserved) = (
        _LINE.unpack_from(payload)
    )
    if len(payload) != _LINE.size + 2 * pixels:
        raise ValueError(pixels)
    return Line(
        scan_id, sequence, pulse_id, energy, LineKind(kind), LineFlag(flags & 7),
        encoder_um, time_us, frame,
    )  # fmt: skip
