"""The image worker as a real process against a simulated detector on a real socket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge import ipc
from edge.clock import SystemClock
from edge.core.values import Input
from edge.ports import Point, Points, ScanOrder
from edge.worker_proxy import Callbacks, WorkerProxy
from simulator.devices.detector import STEP_UM, DetectorServer, LineDetector
from simulator.hall.array import GOODS_ARRAY, LineArray
from simulator.hall.plant import Slice
from simulator.hall.units import Unit

UNIT = Unit("U1", length_mm=600, height_mm=500, width_mm=400, fill=7)
LEAD_MM = 90.0


@dataclass(slots=True)
class Hall:
    """A belt moved by the test: a line per call of `move`, the unit behind a lead-in."""

    beam_on: bool = False
    encoder_um: int = 0
    front_um: int = 0
    step_um: int = STEP_UM

    def column(self) -> Slice | None:
        offset_mm = (self.encoder_um - self.front_um) / 1000 - LEAD_MM
        return Slice(UNIT, offset_mm) if 0 <= offset_mm < UNIT.length_mm else None

    def move(self, lines: int) -> None:
        self.encoder_um += lines * self.step_um


@dataclass(slots=True)
class Control:
    """What control heard."""

    progress: list[ipc.Progress] = field(default_factory=list)
    packages: list[ipc.PackageWritten] = field(default_factory=list)
    failed: list[ipc.ScanFailed] = field(default_factory=list)
    orphans: list[ipc.Orphaned] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    returns: list[str] = field(default_factory=list)
    readings: dict[str, Point] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def deliver(self, points: Points, requested_ns: int) -> None:
        self.readings |= {each.source: each for each in points}
        # Comes with every sign of life, so that a wait for anything looks again.
        self.changed.set()

    def text(self, source: str, line: str, received_ns: int) -> None:
        raise AssertionError((source, line, received_ns))

    def lost(self, device: str, detail: str) -> None:
        self.losses.append(f"{device}: {detail}")

    def back(self, device: str) -> None:
        self.returns.append(device)

    def is_ok(self, source: str) -> bool:
        reading = self.readings.get(source)
        return reading is not None and reading.value is Input.OK


@dataclass(slots=True)
class Rig:
    """Everything of one test."""

    hall: Hall
    detector: LineDetector
    server: DetectorServer
    control: Control
    proxy: WorkerProxy
    archive: Path

    async def until(self, true: Callable[[], bool], what: str, limit_s: float = 60.0) -> None:
        try:
            async with asyncio.timeout(limit_s):
                while not true():
                    self.control.changed.clear()
                    await self.control.changed.wait()
        except TimeoutError:
            pytest.fail(f"never happened: {what}; {self.control}")

    async def ready(self) -> None:
        await self.until(lambda: self.control.is_ok("worker.detector"), "detector up")
        await self.until(lambda: self.control.is_ok("worker.calibration"), "calibrated")

    async def arm(self, scan_id: int) -> Path:
        folder = self.archive / f"scan-{scan_id}"
        order = ScanOrder(scan_id, f"I{scan_id}", str(folder), {"note": "demo"})
        await self.proxy.arm(order)
        self.hall.front_um = self.hall.encoder_um
        return folder

    async def lines(self, count: int) -> None:
        for start in range(0, count, 100):
            step = min(100, count - start)
            wanted = step + (self.control.progress[-1].lines if self.control.progress else 0)
            self.hall.move(step)
            await self.until(lambda wanted=wanted: self._arrived(wanted), f"{wanted} lines")

    def _arrived(self, wanted: int) -> bool:
        return self.control.progress[-1:] != [] and self.control.progress[-1].lines >= wanted


def _configure(port: int, state: Path, array: LineArray, *, simulated: bool) -> ipc.Configure:
    return ipc.Configure(
        "127.0.0.1", port, array.detectors, array.reference_pixels, 2000, str(state),
        str(state / "scans"), "demo", simulated, array.energies,
    )  # fmt: skip


@asynccontextmanager
async def rig(
    state: Path,
    *,
    simulated: bool = True,
    array: LineArray = GOODS_ARRAY,
    expected: LineArray | None = None,
) -> AsyncIterator[Rig]:
    hall = Hall(step_um=array.step_um)
    clock = SystemClock()
    detector = LineDetector(hall, 5, array=array)
    server = DetectorServer(detector, now_us=lambda: clock.monotonic_ns() // 1000)
    port = await server.start("127.0.0.1", 0)
    control = Control()
    callbacks = Callbacks(
        control.progress.append, control.packages.append, control.failed.append,
        control.orphans.append,
    )  # fmt: skip
    proxy = WorkerProxy(
        name="worker",
        configure=_configure(port, state, expected or array, simulated=simulated),
        sink=control,
        callbacks=callbacks,
        now_ns=clock.monotonic_ns,
    )
    running = asyncio.create_task(proxy.run())
    try:
        yield Rig(hall, detector, server, control, proxy, state / "scans")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await server.close()
