"""Bytes in and out of one serial line, on a device path or over ``socket://host:port``.

Thin and callback-driven: no protocol, no reconnecting, no wait without a limit. pyserial opens and
sets up the device; reading and writing go through the event loop, never a thread.
"""

import asyncio
import os
import termios
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import serial

MAX_PENDING_BYTES = 4096
"""Unsent bytes a line may hold before it counts as gone: nobody is taking them."""
_READ_BYTES = 4096
_SOCKET = "socket://"


class LinkDown(Exception):
    """The line cannot be opened or written; the text says which line and why."""


@dataclass(frozen=True, slots=True)
class LineSettings:
    """Where a line is and how it is framed.

    Attributes:
        port: a device path, or ``socket://host:port``.
        baud: bits per second; of no meaning on a socket.
        parity: ``N``, ``E`` or ``O``.
        connect_ms: longest wait for a socket to connect.
    """

    port: str
    baud: int
    parity: str = "N"
    connect_ms: int = 2000


class Line(Protocol):
    """An open line. ``on_lost`` was or will be called at most once, never after `close`."""

    def write(self, data: bytes) -> None:
        """Send behind what is pending. Raises LinkDown."""

    def overtake(self, data: bytes) -> None:
        """Send at once, throwing away whatever has not left yet. Raises LinkDown."""

    def close(self) -> None:
        """Release the port; harmless when repeated."""


OnData = Callable[[bytes], None]
OnLost = Callable[[str], None]


async def open_line(settings: LineSettings, on_data: OnData, on_lost: OnLost) -> Line:
    """Open a line. Both callbacks run on the event loop's thread.

    Raises:
        LinkDown: the device or host is not there, is in use, or did not connect in time.
    """
    if settings.port.startswith(_SOCKET):
        return await _open_socket(settings, on_data, on_lost)
    return DeviceLine(settings, on_data, on_lost)


def socket_address(port: str) -> tuple[str, int]:
    """Split ``socket://host:port``. Raises LinkDown when it is not one."""
    host, colon, number = port.removeprefix(_SOCKET).rpartition(":")
    if not port.startswith(_SOCKET) or not colon or not host or not number.isdecimal():
        raise LinkDown(f"{port} is no socket://host:port")
    return host, int(number)


async def _open_socket(settings: LineSettings, on_data: OnData, on_lost: OnLost) -> Line:
    host, number = socket_address(settings.port)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(settings.connect_ms / 1000):
            _, line = await loop.create_connection(
                lambda: SocketLine(settings.port, on_data, on_lost), host, number
            )
    except TimeoutError as error:
        raise LinkDown(f"{settings.port} did not connect in {settings.connect_ms} ms") from error
    except OSError as error:
        raise LinkDown(f"{settings.port} does not connect: {error}") from error
    return line


class DeviceLine:
    """A serial device or a pseudo terminal, opened for this process alone."""

    def __init__(self, settings: LineSettings, on_data: OnData, on_lost: OnLost) -> None:
        """Open now. Raises LinkDown."""
        self._port = settings.port
        self._on_data, self._on_lost = on_data, on_lost
        self._pending = bytearray()
        try:
            self._serial: serial.Serial | None = serial.Serial(
                settings.port,
                settings.baud,
                parity=settings.parity,
                timeout=0,
                write_timeout=0,
                exclusive=True,
            )
        except (OSError, ValueError) as error:
            raise LinkDown(f"{settings.port} does not open: {error}") from error
        self._fd = self._serial.fileno()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._readable)

    def write(self, data: bytes) -> None:
        """Send behind what is pending. Raises LinkDown."""
        if self._serial is None:
            raise LinkDown(f"{self._port} is closed")
        if len(self._pending) + len(data) > MAX_PENDING_BYTES:
            raise LinkDown(f"{self._port} takes no bytes: {len(self._pending)} are waiting")
        self._pending += data
        self._flush()

    def overtake(self, data: bytes) -> None:
        """Throw away what waits here and in the driver of the port, then send. Raises LinkDown."""
        if self._serial is None:
            raise LinkDown(f"{self._port} is closed")
        self._pending.clear()
        try:
            self._serial.reset_output_buffer()
        except (OSError, termios.error) as error:
            raise LinkDown(f"{self._port} does not flush: {error}") from error
        self.write(data)

    def close(self) -> None:
        """Release the port; harmless when repeated."""
        if self._serial is not None:
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
            self._serial.close()
            self._serial = None

    def _readable(self) -> None:
        try:
            data = os.read(self._fd, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lost(f"{self._port} does not read: {error}")
            return
        if data:
            self._on_data(data)
        else:
            self._lost(f"{self._port} was closed by the far side")

    def _flush(self) -> None:
        try:
            sent = os.write(self._fd, self._pending)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self.close()
            raise LinkDown(f"{self._port} does not write: {error}") from error
        del self._pending[:sent]
        if self._pending:
            self._loop.add_writer(self._fd, self._writable)
        else:
            self._loop.remove_writer(self._fd)

    def _writable(self) -> None:
        try:
            self._flush()
        except LinkDown as error:
            self._on_lost(str(error))

    def _lost(self, detail: str) -> None:
        self.close()
        self._on_lost(detail)


class SocketLine(asyncio.Protocol):
    """A serial line carried by TCP: a terminal server, an emulator, a virtual network."""

    def __init__(self, port: str, on_data: OnData, on_lost: OnLost) -> None:
        """Become the protocol of a connection about to be made."""
        self._port = port
        self._on_data, self._on_lost = on_data, on_lost
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport), "a stream was asked for"
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Hand bytes on."""
        if self._transport is not None:
            self._on_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Report a loss that we did not cause."""
        if self._transport is not None:
            self._transport = None
            self._on_lost(f"{self._port} was closed by the far side: {exc or 'end of stream'}")

    def write(self, data: bytes) -> None:
        """Send behind what is pending. Raises LinkDown."""
        if self._transport is None or self._transport.is_closing():
            raise LinkDown(f"{self._port} is closed")
        waiting = self._transport.get_write_buffer_size()
        if waiting + len(data) > MAX_PENDING_BYTES:
            raise LinkDown(f"{self._port} takes no bytes: {waiting} are waiting")
        self._transport.write(data)

    def overtake(self, data: bytes) -> None:
        """Send at once; when older bytes cannot leave, cut the connection. Raises LinkDown.

        A stream cannot take bytes back. What waits is thrown away with the connection, and the
        far side's own time limit does the rest.
        """
        if self._transport is not None and self._transport.get_write_buffer_size():
            self._transport.abort()
            raise LinkDown(f"{self._port} takes no bytes: cut, so that nothing older arrives")
        self.write(data)

    def close(self) -> None:
        """Close once what was written has left; harmless when repeated."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()
