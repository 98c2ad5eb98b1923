"""The driver of a line reader: plate camera, container or QR reader that sends text lines.

What a line says is untrusted. Only a line that passes every filter becomes a text; anything else
is a ``rejected`` reading with its reason, and a run of them a lost device.
"""

from dataclasses import dataclass
from enum import Enum, unique
from typing import Literal, Unpack

from pydantic import Field

from drivers.about import About
from drivers.bus_plan import Plan
from drivers.line_driver import LineDriver, LineHead
from drivers.serial_line import SerialSettings
from edge.core.values import Input, Quality
from edge.errors import DeviceError, DeviceGarbled, DeviceTimeout
from edge.ports import Point, Value

_MS = 1_000_000
_AIM_LENGTH = 3

ABOUT = About(
    device="plate, container and QR readers",
    protocol="lines of text",
    wire="serial",
    publishes=("link",),
    tells=("text", "rejected"),
    sends="nothing",
    unasked=True,
)


class ReaderSettings(SerialSettings):
    """A reader in the lane file.

    Attributes:
        prefix: what each line begins with, taken off; empty for none.
        suffix: what ends each line.
        encoding: of the text.
        max_length: longest text, after prefix, suffix and AIM identifier.
        aim_id: whether each text begins with an AIM symbology identifier (``]`` and two
            characters, ISO/IEC 15424), which is checked and taken off.
        no_read: what the reader sends when it saw nothing legible; empty for none.
        heartbeat: what it sends to show that it lives; empty for none.
        heartbeat_ms: longest silence of a reader that has a heartbeat.
        rejects: rejected lines in a row after which the reader counts as lost.
        poll_ms: between two ``link`` readings.
    """

    kind: Literal["reader"] = "reader"
    baud: int = Field(default=9600, ge=1200, le=1_000_000)
    prefix: str = Field(default="", max_length=8)
    suffix: str = Field(default="\r\n", min_length=1, max_length=8)
    encoding: Literal["ascii", "utf-8"] = "ascii"
    max_length: int = Field(default=256, ge=1, le=4096)
    aim_id: bool = False
    no_read: str = Field(default="NOREAD", max_length=32)
    heartbeat: str = Field(default="", max_length=32)
    heartbeat_ms: int = Field(default=10_000, ge=100, le=600_000)
    rejects: int = Field(default=3, ge=1, le=100)
    poll_ms: int = Field(default=500, ge=20, le=10_000)


def plan(_settings: ReaderSettings) -> Plan:
    """A reader speaks when it sees something; nothing is asked of it."""
    return ()


@unique
class Reject(Enum):
    """Why a line is no text."""

    NO_READ = "no_read"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    NO_PREFIX = "no_prefix"
    NO_AIM_ID = "no_aim_id"
    NOT_DECODABLE = "not_decodable"
    NOT_PRINTABLE = "not_printable"


@dataclass(frozen=True, slots=True)
class Text:
    """A line that passed every filter, cleaned."""

    text: str


@dataclass(frozen=True, slots=True)
class Beat:
    """The reader says that it lives."""


class LineCutter:
    """Cuts bytes into lines and filters them; never holds more than one line."""

    def __init__(self, settings: ReaderSettings) -> None:
        self._settings = settings
        self._suffix = settings.suffix.encode(settings.encoding)
        self._longest = (
            settings.max_length * 4 + len(settings.prefix) + len(self._suffix) + _AIM_LENGTH
        )
        self._partial = bytearray()
        self._overlong = False

    def reset(self) -> None:
        """Forget half a line, as after the line was opened anew."""
        self._partial.clear()
        self._overlong = False

    def feed(self, data: bytes) -> list[Text | Beat | Reject]:
        """Return what ``data`` completes, in the order it came."""
        found: list[Text | Beat | Reject] = []
        for byte in data:
            self._partial.append(byte)
            if self._partial.endswith(self._suffix):
                line = bytes(self._partial[: -len(self._suffix)])
                found.append(Reject.TOO_LONG if self._overlong else self._judge(line))
                self.reset()
            elif len(self._partial) > self._longest:
                self._overlong = True
                del self._partial[: -len(self._suffix)]
        return found

    def _judge(self, line: bytes) -> Text | Beat | Reject:
        settings = self._settings
        try:
            text = line.decode(settings.encoding)
        except UnicodeDecodeError:
            return Reject.NOT_DECODABLE
        if not text.startswith(settings.prefix):
            return Reject.NO_PREFIX
        text = text.removeprefix(settings.prefix)
        if settings.heartbeat and text == settings.heartbeat:
            return Beat()
        if settings.no_read and text == settings.no_read:
            return Reject.NO_READ
        if settings.aim_id:
            if not text.startswith("]") or len(text) < _AIM_LENGTH:
                return Reject.NO_AIM_ID
            text = text[_AIM_LENGTH:]
        return _clean(text.strip(" "), settings.max_length)


def _clean(text: str, max_length: int) -> Text | Reject:
    if not text:
        return Reject.EMPTY
    if len(text) > max_length:
        return Reject.TOO_LONG
    if not text.isprintable():
        return Reject.NOT_PRINTABLE
    return Text(text)


class Reader(LineDriver[ReaderSettings]):
    """A reader as the lane sees it.

    Delivers texts, and publishes ``link`` (OK, STALE when its heartbeat is overdue, UNKNOWN when
    lost) and ``rejected`` (the reason, as text) for each line that is no text.
    """

    def __init__(self, **head: Unpack[LineHead[ReaderSettings]]) -> None:
        super().__init__(**head)
        self._cutter = LineCutter(self._settings)
        self._rejected = 0
        self._lost = False
        self._heard_ns = 0

    async def _live(self) -> None:
        self._cutter.reset()
        self._heard_ns = self._now_ns()
        await self._listen()

    def _failed(self, error: DeviceError) -> None:
        self._say_lost(str(error))
        self._publish_link()

    async def _listen(self) -> None:
        if not self._settings.heartbeat:
            # A reader without a heartbeat is taken to be there as soon as its line is.
            self._say_back()
        due_ns = self._now_ns()
        while True:
            now_ns = self._now_ns()
            if now_ns >= due_ns:
                due_ns = now_ns + self._settings.poll_ms * _MS
                self._publish_link()
            try:
                data = await self._line.read((due_ns - now_ns) / 1e9 + 0.001)
            except DeviceTimeout:
                continue
            except DeviceGarbled as error:
                self._cutter.reset()
                self._say_lost(str(error))
                continue
            for found in self._cutter.feed(data):
                self._take(found)

    def _take(self, found: Text | Beat | Reject) -> None:
        now_ns = self._now_ns()
        self._heard_ns = now_ns
        match found:
            case Reject():
                self._put("rejected", found.value, Quality.UNCERTAIN)
                self._count(found)
                return
            case Text(text):
                self._say_back()
                if self._alive():
                    self._sink.text(self.name, text, now_ns)
            case Beat():
                self._say_back()
        self._rejected = 0

    def _count(self, reject: Reject) -> None:
        """Seeing nothing legible is the reader's good right; speaking garbage is not."""
        if reject is Reject.NO_READ:
            self._say_back()
            self._rejected = 0
            return
        self._rejected += 1
        if self._rejected >= self._settings.rejects:
            self._say_lost(
                f"{self._rejected} garbled lines in a row, last one {reject.value}. "
                "Check baud, parity, prefix and suffix"
            )

    def _publish_link(self) -> None:
        if not self._alive():
            return
        silent_ms = (self._now_ns() - self._heard_ns) // _MS
        if self._settings.heartbeat and not self._lost and silent_ms > self._settings.heartbeat_ms:
            self._put("link", Input.STALE, Quality.UNCERTAIN)
            self._say_lost(f"no heartbeat for {silent_ms} ms. Check power and cable")
        elif self._lost:
            self._put("link", Input.UNKNOWN, Quality.BAD)
        else:
            self._put("link", Input.OK, Quality.GOOD)

    def _say_lost(self, detail: str) -> None:
        if not self._lost:
            self._lost = True
            self._sink.lost(self.name, detail)

    def _say_back(self) -> None:
        if self._lost:
            self._lost = False
            self._rejected = 0
            self._sink.back(self.name)

    def _put(self, field: str, value: Value, quality: Quality) -> None:
        self._sink.deliver((Point(f"{self.name}.{field}", value, quality),), self._now_ns())
