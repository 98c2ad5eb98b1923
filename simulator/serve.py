"""Serves a whole simulated lane on real wires until told to stop."""

import asyncio
import json
import stat
from pathlib import Path

from edge.errors import DeviceUnreachable
from simulator.devices.detector import DetectorServer, LineDetector, PlantSource
from simulator.hall.plant import STEP_MS
from simulator.harness import Answer, Harness
from simulator.lane import DETECTOR, SimLane
from simulator.lane_file import TcpWire
from simulator.wires import PtyWire, TcpFront, serve_pty, serve_tcp, unreachable

MAX_LINE_BYTES = 65_536
MAX_LAG_MS = 2000
"""A simulator stopped for longer than this does not catch up: it goes on from there."""
SOCKET_NAME = "sim.sock"
MAX_SOCKET_PATH = 100


class Server:
    """The lane, its wires, its control socket, and the one clock they share.

    Args:
        lane: what is served.
        harness: what the control socket speaks to.
        state: folder the serial links and the socket are made in.
        seed: seed of the detector's noise.
    """

    def __init__(
        self,
        lane: SimLane,
        harness: Harness,
        state: Path,
        *,
        seed: int = 0,
    ) -> None:
        self._lane = lane
        self._detector_wire = lane.detector_wire
        self._seed = seed
        self._harness = harness
        self._state = state
        self._loop = asyncio.get_running_loop()
        self._started_s = self._loop.time()
        self._ptys: list[PtyWire] = []
        self._fronts: list[TcpFront] = []
        self._control: asyncio.Server | None = None
        self._clients: set[_ControlClient] = set()
        self._detector: DetectorServer | None = None

    def clock(self) -> int:
        """Live the lane up to now and return now in milliseconds since the start."""
        now_ms = int((self._loop.time() - self._started_s) * 1000)
        lag_ms = now_ms - self._lane.now_ms
        if lag_ms > MAX_LAG_MS:
            self._started_s += (lag_ms - STEP_MS) / 1000
            now_ms = self._lane.now_ms + STEP_MS
        self._lane.advance(now_ms)
        return now_ms

    async def open(self) -> None:
        """Make every wire stand. Raises DeviceUnreachable for one that cannot."""
        for wire, endpoint in self._lane.serial.items():
            link = self._state / wire.port
            pty = serve_pty(
                endpoint,
                link,
                baud=wire.baud,
                parity=wire.parity,
                clock=self.clock,
                plug=self._lane.plugs[wire],
            )
            self._ptys.append(pty)
        for tcp, factory in self._lane.tcp.items():
            plug = self._lane.plugs[tcp]
            self._fronts.append(await serve_tcp(factory, tcp.host, tcp.port, self.clock, plug))
        await self._open_detector()
        await self._open_control()

    async def run(self, stop: asyncio.Event) -> None:
        """Live until ``stop`` is set."""
        while not stop.is_set():
            self.clock()
            for pty in self._ptys:
                pty.poll()
            for front in self._fronts:
                front.poll()
            try:
                await asyncio.wait_for(stop.wait(), STEP_MS / 1000)
            except TimeoutError:
                continue

    async def close(self) -> None:
        """Take everything down; the links and the socket are removed."""
        if self._detector is not None:
            await self._detector.close()
        if self._control is not None:
            self._control.close()
            for client in tuple(self._clients):
                client.close()
            (self._state / SOCKET_NAME).unlink(missing_ok=True)
        for front in self._fronts:
            front.close()
        for pty in self._ptys:
            pty.close()

    def wires(self) -> Answer:
        """Where everything stands, for the ready line."""
        tcp = [*self._lane.tcp, *([self._detector_wire] if self._detector_wire else [])]
        return {
            "serial": sorted(wire.port for wire in self._lane.serial),
            "tcp": sorted(_address(wire) for wire in tcp),
            "control": str(self._state / SOCKET_NAME),
        }

    async def _open_detector(self) -> None:
        wire = self._detector_wire
        if wire is None:
            return
        faults, plug = self._lane.faults[DETECTOR], self._lane.plugs[wire]
        source = PlantSource(self._lane.plant)
        detector = LineDetector(source, self._seed, faults, self._lane.array)
        server = DetectorServer(detector, now_us=lambda: self.clock() * 1000, plug=plug)
        try:
            await server.start(wire.host, wire.port)
        except OSError as error:
            raise unreachable(_address(wire), error) from error
        self._detector = server

    async def _open_control(self) -> None:
        path = self._state / SOCKET_NAME
        if len(str(path).encode()) > MAX_SOCKET_PATH:
            detail = f"the path is longer than {MAX_SOCKET_PATH} bytes; use a shorter state folder"
            raise DeviceUnreachable(str(path), "make the control socket", detail)
        try:
            if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
                path.unlink()
            self._control = await self._loop.create_unix_server(
                lambda: _ControlClient(self, self._clients), str(path)
            )
        except OSError as error:
            detail = error.strerror or str(error)
            raise DeviceUnreachable(str(path), "make the control socket", detail) from error

    def answer(self, line: bytes) -> bytes:
        """Answer one line of the control socket."""
        try:
            request = json.loads(line)
        except ValueError as error:
            answer: Answer = {"ok": False, "error": f"not JSON: {error}"}
        else:
            self.clock()
            answer = self._harness.handle(request)
        return json.dumps(answer, ensure_ascii=False).encode() + b"\n"


class _ControlClient(asyncio.Protocol):
    """One client of the control socket: a line in, a line out."""

    def __init__(self, server: Server, clients: "set[_ControlClient]") -> None:
        self._server = server
        self._clients = clients
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "a socket server makes these"
        self._transport = transport
        self._clients.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._clients.discard(self)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None, "data comes after the connection"
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._transport.write(self._server.answer(line))
        if len(self._buffer) > MAX_LINE_BYTES:
            self._transport.abort()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _address(wire: TcpWire) -> str:
    return f"{wire.host}:{wire.port}"
