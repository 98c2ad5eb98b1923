"""What control and the image worker say to each other over a socket pair: small typed frames.

A frame is a length (u32, big-endian) and that many bytes of JSON, at most 64 KiB. Bulk data never
crosses. A frame that does not decode ends the connection: both ends are ours and ship together.
"""

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, fields

from edge.errors import ScanError

MAX_BYTES = 65_536
MAX_UNSENT_BYTES = 1 << 20
MAX_THUMBNAIL_BYTES = 32_768
"""Of the PNG, before base64."""
MAX_FILES = 64
CLOSE_S = 1.0
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Configure:
    """First message to a new worker.

    Attributes:
        host: of the detector.
        port: of the detector.
        detectors: detector elements of a line that see the tunnel.
        reference_pixels: leading elements beside the tunnel, not counted in ``detectors``.
        max_lines: longest scan.
        state_folder: folder of the lane's state; caches and calibrations lie in it.
        archive_folder: folder of the scan packages, swept at start.
        lane: lane id.
        simulated: whether simulated detectors and calibrations are allowed, and marked so.
        energies: 2 when lines alternate between a high and a low energy.
    """

    host: str
    port: int
    detectors: int
    reference_pixels: int
    max_lines: int
    state_folder: str
    archive_folder: str
    lane: str
    simulated: bool
    energies: int = 1


@dataclass(frozen=True, slots=True)
class Arm:
    """Take a scan; answered by `Armed` or `ScanFailed`."""

    scan_id: int
    inspection_id: str
    folder: str
    metadata: dict[str, object]


@dataclass(frozen=True, slots=True)
class Finish:
    """End the running scan; answered by `PackageWritten` or `ScanFailed`."""

    complete: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Ping:
    """Asks for a `Pong` of the same number."""

    number: int


@dataclass(frozen=True, slots=True)
class Ready:
    """Kernels are compiled and leftovers swept."""

    numba_cache: str


@dataclass(frozen=True, slots=True)
class Armed:
    """The detector is armed and sends a line per belt step from now on."""

    scan_id: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Lines have arrived since the last one; at most every 50 ms.

    Attributes:
        scan_id: the scan.
        lines: lines that have arrived.
        lost: lines missing among them so far.
        last_line_us: detector clock of the newest line.
    """

    scan_id: int
    lines: int
    lost: int
    last_line_us: int


@dataclass(frozen=True, slots=True)
class DetectorLost:
    """The link to the detector ended or cannot be made, or it is not the configured one."""

    detail: str


@dataclass(frozen=True, slots=True)
class DetectorBack:
    """The detector answers."""

    serial: str


@dataclass(frozen=True, slots=True)
class PackageFile:
    """One file of a package."""

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class PackageWritten:
    """A scan package is on disk under its final name.

    Attributes:
        scan_id: the scan.
        folder: of the package, absolute.
        sha256: of its metadata.json, which holds the hashes of all other files.
        files: the others and metadata.json itself.
        width: detector elements of the image.
        height: lines of the image.
        quality: ``good|usable|poor|incomplete``.
        complete: False for an interrupted scan.
        recovered: True when made at start from what a killed worker left.
        reason: why it is incomplete, empty otherwise.
        thumbnail_b64: PNG of at most 32 KiB in base64, empty when there is no picture.
    """

    scan_id: int
    folder: str
    sha256: str
    files: tuple[PackageFile, ...]
    width: int
    height: int
    quality: str
    complete: bool
    recovered: bool
    reason: str
    thumbnail_b64: str


@dataclass(frozen=True, slots=True)
class ScanFailed:
    """No package will come of this scan."""

    scan_id: int
    detail: str


@dataclass(frozen=True, slots=True)
class Orphaned:
    """A leftover from which nothing could be made was put aside; it is kept."""

    folder: str
    detail: str


@dataclass(frozen=True, slots=True)
class Pong:
    """Sign of life.

    Attributes:
        number: of the `Ping`.
        detector: whether the detector answers.
        calibrated: whether a valid air calibration is loaded for it.
        detail: what is wrong, empty when nothing is.
    """

    number: int
    detector: bool
    calibrated: bool
    detail: str


Message = (
    Configure | Arm | Finish | Ping
    | Ready | Armed | Progress | DetectorLost | DetectorBack | PackageWritten | ScanFailed
    | Orphaned | Pong
)  # fmt: skip


class _Fields:
    """The members of one JSON object, taken one by one with their type."""

    def __init__(self, kind: str, members: object) -> None:
        if not isinstance(members, dict):
            raise ScanError(f"{kind}: not an object")
        self._kind = kind
        self._members: dict[str, object] = dict(members)

    def text(self, name: str) -> str:
        value = self._take(name)
        if isinstance(value, str):
            return value
        raise self._wrong(name, value)

    def number(self, name: str) -> int:
        value = self._take(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise self._wrong(name, value)

    def flag(self, name: str) -> bool:
        value = self._take(name)
        if isinstance(value, bool):
            return value
        raise self._wrong(name, value)

    def record(self, name: str) -> dict[str, object]:
        value = self._take(name)
        if isinstance(value, dict):
            return value
        raise self._wrong(name, value)

    def files(self, name: str) -> tuple[PackageFile, ...]:
        value = self._take(name)
        if not isinstance(value, list) or len(value) > MAX_FILES:
            raise self._wrong(name, value)
        return tuple(_package_file(_Fields("file", one)) for one in value)

    def end(self) -> None:
        if self._members:
            raise ScanError(f"{self._kind}: unknown members {sorted(self._members)}")

    def _take(self, name: str) -> object:
        if name not in self._members:
            raise ScanError(f"{self._kind}: {name} is missing")
        return self._members.pop(name)

    def _wrong(self, name: str, value: object) -> ScanError:
        return ScanError(f"{self._kind}: {name} = {value!r} has the wrong type")


def _package_file(f: _Fields) -> PackageFile:
    made = PackageFile(f.text("name"), f.text("sha256"), f.number("size_bytes"))
    f.end()
    return made


def _configure(f: _Fields) -> Configure:
    return Configure(
        f.text("host"), f.number("port"), f.number("detectors"), f.number("reference_pixels"),
        f.number("max_lines"), f.text("state_folder"), f.text("archive_folder"), f.text("lane"),
        f.flag("simulated"), f.number("energies"),
    )  # fmt: skip


def _package_written(f: _Fields) -> PackageWritten:
    return PackageWritten(
        f.number("scan_id"), f.text("folder"), f.text("sha256"), f.files("files"),
        f.number("width"), f.number("height"), f.text("quality"), f.flag("complete"),
        f.flag("recovered"), f.text("reason"), f.text("thumbnail_b64"),
    )  # fmt: skip


_DECODERS: dict[type[Message], Callable[[_Fields], Message]] = {
    Configure: _configure,
    Arm: lambda f: Arm(
        f.number("scan_id"), f.text("inspection_id"), f.text("folder"), f.record("metadata")
    ),
    Finish: lambda f: Finish(f.flag("complete"), f.text("reason")),
    Ping: lambda f: Ping(f.number("number")),
    Ready: lambda f: Ready(f.text("numba_cache")),
    Armed: lambda f: Armed(f.number("scan_id")),
    Progress: lambda f: Progress(
        f.number("scan_id"), f.number("lines"), f.number("lost"), f.number("last_line_us")
    ),
    DetectorLost: lambda f: DetectorLost(f.text("detail")),
    DetectorBack: lambda f: DetectorBack(f.text("serial")),
    PackageWritten: _package_written,
    ScanFailed: lambda f: ScanFailed(f.number("scan_id"), f.text("detail")),
    Orphaned: lambda f: Orphaned(f.text("folder"), f.text("detail")),
    Pong: lambda f: Pong(
        f.number("number"), f.flag("detector"), f.flag("calibrated"), f.text("detail")
    ),
}
_BY_NAME = {kind.__name__: decoder for kind, decoder in _DECODERS.items()}


def encode(message: Message) -> bytes:
    """Write a frame. Raises ScanError when the message is longer than 64 KiB."""
    members = {field.name: _plain(getattr(message, field.name)) for field in fields(message)}
    body = {"type": type(message).__name__, **members}
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    if len(data) > MAX_BYTES:
        name = type(message).__name__
        raise ScanError(f"{name}: {len(data)} bytes, at most {MAX_BYTES} may cross. Shorten it")
    return _LENGTH.pack(len(data)) + data


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [{f.name: getattr(one, f.name) for f in fields(one)} for one in value]
    return value


def decode(data: bytes) -> Message:
    """Read the body of a frame, its length taken off. Raises ScanError."""
    if len(data) > MAX_BYTES:
        raise ScanError(f"frame of {len(data)} bytes, at most {MAX_BYTES} may cross")
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ScanError(f"frame is no JSON: {error}") from error
    members = _Fields("frame", body)
    kind = members.text("type")
    decoder = _BY_NAME.get(kind)
    if decoder is None:
        raise ScanError(f"unknown message {kind!r}")
    message = decoder(members)
    members.end()
    return message


class Channel:
    """One end of the socket pair."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, end: socket.socket) -> "Channel":
        """Use an end of a socket pair; it belongs to the channel from now on."""
        reader, writer = await asyncio.open_unix_connection(sock=end)
        return cls(reader, writer)

    def send(self, message: Message) -> None:
        """Send at once. Raises ScanError when the far end does not read."""
        if self._writer.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            raise ScanError("the other process does not read its messages")
        if not self._writer.is_closing():
            self._writer.write(encode(message))

    async def receive(self) -> Message | None:
        """Return the next message, None when the far end is gone. Raises ScanError."""
        try:
            size = _LENGTH.unpack(await self._reader.readexactly(_LENGTH.size))[0]
            if size > MAX_BYTES:
                raise ScanError(f"frame of {size} bytes, at most {MAX_BYTES} may cross")
            return decode(await self._reader.readexactly(size))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def close(self) -> None:
        """Let out what was sent, for 1 s at most, and hang up; harmless when repeated."""
        self._writer.close()
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(CLOSE_S):
                await self._writer.wait_closed()
