"""A lane for the matrix: the real logic and drivers on wires in memory, on virtual time.

The detector is the simulated one and its link the real driver; only what makes images of its lines
is left out.
"""

import asyncio
import hashlib
from collections.abc import Coroutine, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from drivers.kind import Surroundings
from drivers.line_frames import Command, Event, Info, Line, LineKind
from drivers.line_stream import LineStream, LineStreamSettings
from drivers.permit_board import PermitBoard
from drivers.registry import build
from edge.control.actuators import Devices
from edge.control.binding import Shelf
from edge.control.cases import StoredImage
from edge.control.lane_logic import LaneLogic, Recovered
from edge.core.values import Input
from edge.errors import DeviceError, ScanError
from edge.journal.entries import JournalEntry
from edge.journal.store import Journal
from edge.lane_file import load
from edge.law.case import LawData
from edge.law_tables import load_law
from edge.ports import Conveyor, Point, SafetyController, ScanOrder, XraySource
from edge.proofs import ProofBook
from simulator.devices.detector import DetectorServer, LineDetector, PlantSource
from simulator.faults import FaultDesk
from simulator.hall.plant import STEP_MS
from simulator.harness import Harness
from simulator.lane import DETECTOR, STRIDE_MS, SimLane
from simulator.lane_file import load_lane_file
from simulator.proofs import as_proven
from simulator.wires import TcpFront, serve_tcp
from simulator.world.journal import SlowJournal
from simulator.world.papers import Forwarder
from simulator.world.virtual_loop import START_S, VirtualClock, VirtualLoop

PUMP_S, REST_PUMP_S, SELF_S = 0.02, 0.05, 0.2
PROGRESS_S, STORE_S, OPEN_S = 0.05, 0.3, 0.3
DARK_LINES = 4


@cache
def _law(folder: Path) -> LawData:
    law, mistakes = load_law(folder, lambda _file, _data: True)
    assert not mistakes, mistakes
    return law


class StreamWorker:
    """Satisfies `edge.ports.ImageWorker` with the real link to the detector; makes no images."""

    def __init__(self, host: str, port: int) -> None:
        self._scan_id = self._lines = self._told = 0
        self._trouble = ""
        self.up = False
        self.logic: LaneLogic | None = None
        self.stream = LineStream(
            name="detector",
            settings=LineStreamSettings(host=host, port=port),
            on_event=self._event,
            on_up=self._up,
            on_down=self._down,
        )

    async def arm(self, order: ScanOrder) -> None:
        """Take dark lines, then arm. Raises ScanError."""
        try:
            await self.stream.collect(LineKind.DARK, DARK_LINES)
            await asyncio.sleep(OPEN_S)
            self._scan_id, self._lines, self._told, self._trouble = order.scan_id, 0, 0, ""
            await self.stream.command(Command.ARM, order.scan_id)
        except DeviceError as error:
            self._scan_id = 0
            raise ScanError(str(error)) from error

    async def finish(self, *, complete: bool, reason: str) -> None:
        """End the scan; what stands for its package follows."""
        scan_id, self._scan_id = self._scan_id, 0
        if not scan_id:
            return
        try:
            await self.stream.command(Command.STOP)
        except DeviceError as error:
            self._trouble = self._trouble or str(error)
        whole = complete and not self._trouble
        digest = hashlib.sha256(str(scan_id).encode()).hexdigest()
        image = StoredImage(f"archive/{scan_id}", digest, 1_000_000, self._lines, "")
        asyncio.get_running_loop().call_later(STORE_S, self._stored, scan_id, image, whole)

    async def report(self) -> None:
        """Say for ever what has come, as the worker process does."""
        while True:
            await asyncio.sleep(PROGRESS_S)
            if self.logic is not None and self._scan_id and self._lines != self._told:
                self._told = self._lines
                self.logic.lines_progressed(self._scan_id)

    def _stored(self, scan_id: int, image: StoredImage, whole: bool) -> None:
        assert self.logic is not None
        self.logic.package_written(scan_id, image, complete=whole)

    def _event(self, event: Event) -> None:
        if isinstance(event, Line) and event.scan_id == self._scan_id:
            self._lines += 1

    def _up(self, _info: Info) -> None:
        self.up = True
        self._tell()

    def _down(self, detail: str) -> None:
        self.up, self._trouble = False, detail
        self._tell()

    def _tell(self) -> None:
        if self.logic is not None:
            supervisor = self.logic.supervisor
            says = Input.OK if self.up else Input.BLOCKED
            now_ns = asyncio.get_running_loop().now_ns  # type: ignore[attr-defined]  # a virtual one
            supervisor.deliver((Point("worker.detector", says),), now_ns)


class Bench:
    """One lane with its hall, its desk of faults and its entries."""

    def __init__(self, loop: VirtualLoop, journal: Journal, config: Path) -> None:
        self._loop = loop
        self.clock = clock = VirtualClock(loop)
        lane_path = config / "lanes" / "cargo.toml"
        lane = load(lane_path)
        self.timing, self.lease_ms = lane.timing, 300
        self.entries: list[JournalEntry] = []
        self.journal = SlowJournal(journal, clock.monotonic_ns)
        self.forwarder = Forwarder(1, lane.lane.id)
        self.logic = LaneLogic(
            lane,
            journal=self.journal,
            recovered=Recovered(1, ()),
            manifests=Shelf(self.forwarder.find, self.forwarder.by_id),
            law=_law(config / "law"),
            clock=clock,
            archive=Path("archive"),
            on_events=lambda: None,
            on_entries=self.entries.extend,
            proofs=ProofBook(lane, as_proven(lane, clock.utc())),
        )
        self.sim = SimLane(load_lane_file(lane_path), config / "devices", seed=1)
        self.plant = self.sim.plant
        self.harness = Harness(self.sim)
        self.desk: FaultDesk = self.harness.desk
        around = Surroundings(
            sink=self.logic.supervisor,
            alive=self.logic.ticker.alive,
            now_ns=clock.monotonic_ns,
            state_folder=config,
            map_folder=config / "devices",
            file=str(lane_path),
        )
        self._built = built = build(lane.buses, lane.devices, around)
        wire = self.sim.detector_wire
        assert wire is not None
        self._worker = StreamWorker(wire.host, wire.port)
        self._worker.logic = self.logic
        self._detector: DetectorServer | None = None
        self.logic.attach(_devices(self.logic, built.devices, self._worker))

    def sync(self) -> int:
        """Live up to the present; return it in milliseconds."""
        now_ms = round((self._loop.time() - START_S) * 1000)
        passed_ms = now_ms - self.sim.now_ms
        if passed_ms >= STRIDE_MS or (passed_ms >= STEP_MS and not self.sim.is_at_rest):
            self.sim.advance(now_ms)
        return now_ms

    def do(self, **request: object) -> None:
        """Do something in the hall; it must be possible."""
        self.sync()
        answer = self.harness.handle(request)
        assert answer["ok"], (request, answer)

    def start(self) -> list[asyncio.Task[None]]:
        """Start everything that runs for ever."""
        drivers: Sequence[Any] = [*self._built.buses.values(), *self._built.devices.values()]
        runs: list[Coroutine[Any, Any, None]] = [self.logic.run(), self._pump(), self._self_check()]
        runs += [self._worker.stream.run(), self._worker.report()]
        runs += [driver.run() for driver in drivers]
        return [asyncio.create_task(run) for run in runs]

    async def close(self) -> None:
        """Hang up on whoever still listens to the detector."""
        if self._detector is not None:
            self._detector.drop()
            await asyncio.sleep(PUMP_S)

    async def _pump(self) -> None:
        fronts: list[TcpFront] = []
        for wire, factory in self.sim.tcp.items():
            plug = self.sim.plugs[wire]
            fronts.append(await serve_tcp(factory, wire.host, wire.port, self.sync, plug))
        await self._serve_detector()
        while True:
            self.sync()
            for front in fronts:
                front.poll()
            await asyncio.sleep(REST_PUMP_S if self.sim.is_at_rest else PUMP_S)

    async def _serve_detector(self) -> None:
        wire = self.sim.detector_wire
        assert wire is not None
        detector = LineDetector(
            PlantSource(self.plant), 1, self.sim.faults[DETECTOR], self.sim.array
        )
        self._detector = server = DetectorServer(
            detector, now_us=lambda: self.sync() * 1000, poll_s=PUMP_S, plug=self.sim.plugs[wire]
        )

        def connection() -> asyncio.StreamReaderProtocol:
            return asyncio.StreamReaderProtocol(asyncio.StreamReader(), server._serve)

        await self._loop.create_server(connection, wire.host, wire.port)

    async def _self_check(self) -> None:
        while True:
            ours = dict.fromkeys(("lane.storage", "lane.clock", "lane.rules"), Input.OK)
            ours["worker.calibration"] = Input.OK if self._worker.up else Input.UNKNOWN
            ours["worker.detector"] = Input.OK if self._worker.up else Input.BLOCKED
            points = tuple(Point(source, value) for source, value in ours.items())
            self.logic.supervisor.deliver(points, self.clock.monotonic_ns())
            await asyncio.sleep(SELF_S)


def _devices(logic: LaneLogic, built: Any, worker: StreamWorker) -> Devices:
    lane = logic.lane
    board, source = built[lane.board], built[lane.source.device]
    conveyor, safety = built[lane.belt.device], built[lane.safety]
    assert isinstance(board, PermitBoard)
    assert isinstance(source, XraySource)
    assert isinstance(conveyor, Conveyor)
    assert isinstance(safety, SafetyController)
    board.on_report = logic.report
    return Devices(board=board, source=source, conveyor=conveyor, safety=safety, worker=worker)
