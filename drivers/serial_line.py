"""One serial line as a driver uses it: open, read, write, close, in the errors of the lane.

Reconnecting, and how long to wait between attempts, is the driver's; `Backoff` counts it.
"""

import asyncio
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from drivers.modbus_settings import TURNAROUND_MS
from edge.errors import DeviceGarbled, DeviceTimeout, DeviceUnreachable
from firmware_bridge.link import Line, LineSettings, LinkDown, open_line

BUFFER_BYTES = 8192
"""Unread bytes a line may hold; more means that the far side babbles."""

Parity = Literal["N", "E", "O"]


class SerialSettings(BaseModel):
    """What every device on a serial line of its own has in the lane file.

    Attributes:
        port: device path, or ``socket://host:port``.
        baud: bits per second.
        parity: N, E or O.
        connect_ms: longest wait for a connection.
        retry_ms: wait before the second attempt to connect; doubles with each.
        retry_max_ms: longest wait between attempts.
        turnaround_ms: what the device typically takes to begin its answer, for the line's plan.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    port: str = Field(min_length=1)
    baud: int = Field(ge=1200, le=1_000_000)
    parity: Parity = "N"
    connect_ms: int = Field(default=2000, ge=100, le=10_000)
    retry_ms: int = Field(default=200, ge=50, le=10_000)
    retry_max_ms: int = Field(default=5000, ge=50, le=60_000)
    turnaround_ms: int = Field(default=TURNAROUND_MS, ge=1, le=1000)

    def line(self) -> LineSettings:
        """Return the part of it that the line needs."""
        return LineSettings(self.port, self.baud, self.parity, self.connect_ms)


class Backoff:
    """How long to wait before the next attempt to connect: doubles up to a limit."""

    def __init__(self, first_ms: int, limit_ms: int) -> None:
        self._first_ms = self._next_ms = first_ms
        self._limit_ms = limit_ms

    def failed(self) -> float:
        """Return the seconds to wait now."""
        wait_ms = min(self._next_ms, self._limit_ms)
        self._next_ms = wait_ms * 2
        return wait_ms / 1000

    def succeeded(self) -> None:
        """Begin anew with the shortest wait."""
        self._next_ms = self._first_ms


class SerialLine:
    """A line to one device. Not for two tasks at once, `overtake` and `close` excepted."""

    def __init__(self, device: str, settings: LineSettings) -> None:
        """Name the device as in the lane file; nothing is opened yet."""
        self._device = device
        self._settings = settings
        self._line: Line | None = None
        self._buffer = bytearray()
        self._arrived = asyncio.Event()
        self._lost = ""
        self._overflowed = False

    async def open(self) -> None:
        """Open the port. Raises DeviceUnreachable."""
        self.close()
        self._buffer.clear()
        self._arrived.clear()
        self._lost, self._overflowed = "", False
        try:
            self._line = await open_line(self._settings, self._received, self._gone)
        except LinkDown as error:
            raise self._unreachable("open", str(error)) from error

    def close(self) -> None:
        """Release the port; harmless when repeated."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def write(self, data: bytes) -> None:
        """Send, in order. Raises DeviceUnreachable."""
        if self._line is None:
            raise self._unreachable("write", self._lost or "the line is not open")
        try:
            self._line.write(data)
        except LinkDown as error:
            raise self._unreachable("write", str(error)) from error

    def overtake(self, data: bytes) -> None:
        """Send at once in place of whatever has not left yet. Raises DeviceUnreachable."""
        if self._line is None:
            raise self._unreachable("write", self._lost or "the line is not open")
        try:
            self._line.overtake(data)
        except LinkDown as error:
            raise self._unreachable("write", str(error)) from error

    async def read(self, timeout_s: float) -> bytes:
        """Return what has arrived, one byte at least.

        Raises:
            DeviceTimeout: nothing came in ``timeout_s``.
            DeviceUnreachable: the line is not open, or was lost.
            DeviceGarbled: more came than the buffer holds; what was held is thrown away.
        """
        if not self._buffer:
            self._check()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._arrived.wait()
            except TimeoutError as error:
                detail = f"nothing came in {timeout_s * 1000:.0f} ms. Check cable, baud and power"
                raise DeviceTimeout(self._device, "read", detail) from error
        if self._overflowed:
            self.discard()
            detail = f"more than {BUFFER_BYTES} bytes came unread. Check baud and device"
            raise DeviceGarbled(self._device, "read", detail)
        if not self._buffer:
            self._check()
        data = bytes(self._buffer)
        self.discard()
        return data

    def discard(self) -> None:
        """Throw away what has arrived, as before a request whose answer alone may be believed."""
        self._buffer.clear()
        self._overflowed = False
        if not self._lost:
            self._arrived.clear()

    def _check(self) -> None:
        if self._lost or self._line is None:
            raise self._unreachable("read", self._lost or "the line is not open")

    def _received(self, data: bytes) -> None:
        if len(self._buffer) + len(data) > BUFFER_BYTES:
            self._overflowed = True
        else:
            self._buffer += data
        self._arrived.set()

    def _gone(self, detail: str) -> None:
        self._lost = detail
        self._line = None
        self._arrived.set()

    def _unreachable(self, operation: str, detail: str) -> DeviceUnreachable:
        remedy = f"{detail}. Check that {self._settings.port} is there, free and powered"
        return DeviceUnreachable(self._device, operation, remedy)
