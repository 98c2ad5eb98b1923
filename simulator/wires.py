"""The fronts that put simulated devices on real wires: pseudo-terminals and TCP.

The only code of the simulator that does input and output with the lane. A pty has no speed of its
own, so bytes are paced here as the line's baud rate would.
"""

import asyncio
import errno
import os
import tty
from collections.abc import Callable
from functools import partial
from pathlib import Path

from edge.errors import DeviceUnreachable
from simulator.devices.spoilt import Endpoint
from simulator.plugs import Plug

MAX_UNSENT_BYTES = 65_536
MAX_CONNECTIONS = 8
READ_BYTES = 4096
CHUNK_S = 0.002
"""Bytes leave in chunks of about this long, since timers are no finer."""

Clock = Callable[[], int]
"""Lives the lane up to the present and returns the present in milliseconds."""
NEVER_PULLED = Plug()


def bits_per_character(parity: str) -> int:
    """Start bit, eight data bits, parity or not, one stop bit: 11 or 10."""
    return 10 if parity == "N" else 11


class PtyWire:
    """A serial line: the far end is the pty that ``link`` points to.

    A slave descriptor stays open, so that a client may come and go. What a client does not read
    is lost, as on a real line. While its plug is out the link is gone, as the device of an adapter
    that was pulled out, and whoever had it open is hung up on.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        link: Path,
        *,
        baud: int,
        parity: str,
        clock: Clock,
        plug: Plug = NEVER_PULLED,
    ) -> None:
        self._endpoint = endpoint
        self._plug = plug
        self._link = link
        self._character_s = bits_per_character(parity) / baud
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._in_free_s = 0.0
        self._out_free_s = 0.0
        self._timers: set[asyncio.TimerHandle] = set()
        self._is_open = False
        self._open()

    def _open(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        try:
            _point(self._link, os.ttyname(self._slave))
        except OSError:
            os.close(self._master)
            os.close(self._slave)
            raise
        self._is_open = True
        self._loop.add_reader(self._master, self._readable)

    def poll(self) -> None:
        """Send what the device says unasked, and follow the plug."""
        now_ms = self._clock()
        said = self._endpoint.poll(now_ms)
        is_in = self._plug.is_in(now_ms)
        if self._is_open and not is_in:
            self.close()
        elif not self._is_open and is_in:
            self._in_free_s = self._out_free_s = 0.0
            self._open()
        self._send(said)

    def close(self) -> None:
        """Take the line away."""
        if not self._is_open:
            return
        self._is_open = False
        self._loop.remove_reader(self._master)
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._link.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)

    def _readable(self) -> None:
        try:
            data = os.read(self._master, READ_BYTES)
        except BlockingIOError:
            return
        start_s = max(self._loop.time(), self._in_free_s)
        self._in_free_s = start_s + len(data) * self._character_s
        self._at(self._in_free_s, partial(self._arrived, data))

    def _arrived(self, data: bytes) -> None:
        self._send(self._endpoint.receive(data, self._clock()))

    def _send(self, data: bytes) -> None:
        if not self._is_open:
            return
        now_s = self._loop.time()
        self._out_free_s = max(now_s, self._out_free_s)
        room = MAX_UNSENT_BYTES - int((self._out_free_s - now_s) / self._character_s)
        data = data[: max(0, room)]
        size = max(1, int(CHUNK_S / self._character_s))
        for at in range(0, len(data), size):
            chunk = data[at : at + size]
            self._out_free_s += len(chunk) * self._character_s
            self._at(self._out_free_s, partial(self._write, chunk))

    def _write(self, chunk: bytes) -> None:
        try:
            os.write(self._master, chunk)
        except BlockingIOError:
            return

    def _at(self, when_s: float, act: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(timer)
            act()

        timer = self._loop.call_at(when_s, run)
        self._timers.add(timer)


def _point(link: Path, target: str) -> None:
    """Make ``link`` point to ``target``; a stale link is replaced, anything else is left."""
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_symlink():
        link.unlink()
    link.symlink_to(target)


def serve_pty(
    endpoint: Endpoint,
    link: Path,
    *,
    baud: int,
    parity: str,
    clock: Clock,
    plug: Plug = NEVER_PULLED,
) -> PtyWire:
    """Put a device on a new pty that ``link`` points to. Raises DeviceUnreachable."""
    try:
        return PtyWire(endpoint, link, baud=baud, parity=parity, clock=clock, plug=plug)
    except OSError as error:
        detail = f"{error.strerror}; remove what stands there or name another state folder"
        raise DeviceUnreachable(str(link), "make the serial line", detail) from error


class _Connection(asyncio.Protocol):
    """One TCP client of a device."""

    def __init__(self, wire: "TcpFront", endpoint: Endpoint) -> None:
        self._wire = wire
        self._endpoint = endpoint
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "a TCP server makes these"
        self._transport = transport
        if not self._wire.admit(self):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wire.forget(self)

    def data_received(self, data: bytes) -> None:
        self._send(self._endpoint.receive(data, self._wire.clock()))
        if getattr(self._endpoint, "broken", False):
            self.close()

    def poll(self) -> None:
        self._send(self._endpoint.poll(self._wire.clock()))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _send(self, data: bytes) -> None:
        if not data or self._transport is None:
            return
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self._transport.abort()
            return
        self._transport.write(data)


class TcpFront:
    """A listening device; each client gets its own endpoint from the factory.

    While its plug is out it has no clients.
    """

    def __init__(
        self, factory: Callable[[], Endpoint], clock: Clock, plug: Plug = NEVER_PULLED
    ) -> None:
        self._factory = factory
        self.clock = clock
        self._plug = plug
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> None:
        """Start to listen. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self, self._factory()), host, port
        )

    @property
    def port(self) -> int:
        """The port listened on, useful after asking for port 0."""
        assert self._server is not None, "listen first"
        port = self._server.sockets[0].getsockname()[1]
        assert isinstance(port, int), "an internet socket has a port number"
        return port

    def admit(self, connection: _Connection) -> bool:
        """Keep a connection, if there is room and the plug is in."""
        if len(self._connections) >= MAX_CONNECTIONS or not self._plug.is_in(self.clock()):
            return False
        self._connections.add(connection)
        return True

    def forget(self, connection: _Connection) -> None:
        """Drop a connection that ended."""
        self._connections.discard(connection)

    def poll(self) -> None:
        """Send what the device says unasked, or end every connection while the plug is out."""
        is_in = self._plug.is_in(self.clock())
        for connection in tuple(self._connections):
            connection.poll() if is_in else connection.close()

    def close(self) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections):
            connection.close()


async def serve_tcp(
    factory: Callable[[], Endpoint], host: str, port: int, clock: Clock, plug: Plug = NEVER_PULLED
) -> TcpFront:
    """Put a device on a TCP port. Raises DeviceUnreachable, naming a port that is in use."""
    front = TcpFront(factory, clock, plug)
    try:
        await front.listen(host, port)
    except OSError as error:
        raise unreachable(f"{host}:{port}", error) from error
    return front


def unreachable(address: str, error: OSError) -> DeviceUnreachable:
    """Say why nothing can listen on an address, and what to do."""
    detail = error.strerror or str(error)
    if error.errno == errno.EADDRINUSE:
        detail = "the port is in use; end the other program or change the lane file"
    return DeviceUnreachable(address, "listen", detail)
