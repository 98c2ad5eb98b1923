"""The image worker as a real process against a simulated detector on a real socket."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import tifffile

from edge import ipc
from edge.archive import store
from edge.clock import SystemClock
from edge.core.values import Input
from edge.errors import ScanError
from edge.ports import Point, Points, ScanOrder
from edge.worker_proxy import Callbacks, WorkerProxy
from simulator.devices.detector import STEP_UM, DetectorServer, LineDetector
from simulator.hall.array import GOODS_ARRAY, LineArray, vehicle_array
from simulator.hall.plant import Slice
from simulator.hall.radiograph import DETECTORS
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


@pytest.fixture(scope="session")
def numba_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("numba")


@pytest.fixture
def state(tmp_path: Path, numba_cache: Path) -> Path:
    # One cache for all tests of this file: compiling is not what they are about.
    (tmp_path / "numba").symlink_to(numba_cache)
    return tmp_path


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
    detector = LineDetector(hall, 5, array)
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


def test_a_scan_becomes_a_verified_package_with_the_unit_in_it(state: Path) -> None:
    async def scenario() -> tuple[Control, Path]:
        async with rig(state) as at:
            await at.ready()
            folder = await at.arm(11)
            at.hall.beam_on = True
            await at.lines(300)
            at.hall.beam_on = False
            await at.proxy.finish(complete=True, reason="")
            await at.until(lambda: bool(at.control.packages), "a package")
            return at.control, folder

    control, folder = asyncio.run(scenario())
    (made,) = control.packages
    assert store.verify(folder, made.sha256) == []
    assert (made.scan_id, made.width, made.height) == (11, DETECTORS, 300)
    assert (made.complete, made.quality, control.failed) == (True, "good", [])
    codes = tifffile.imread(folder / "attenuation.tif")
    lead_in = codes[5:25]
    assert abs(float(np.median(lead_in))) <= 5
    inside = codes[60:200, 20:300]
    assert float(np.median(inside)) > 600
    facts = json.loads((folder / "metadata.json").read_bytes())
    assert (facts["label"], facts["order"], facts["inspection_id"]) == (
        "SIMULATED", {"note": "demo"}, "I11",
    )  # fmt: skip
    assert {file.name for file in made.files} == {
        "attenuation.tif", "calibration.tif", "lines.csv", "metadata.json", "preview.png",
        "raw.tif", "thumbnail.png",
    }  # fmt: skip


def test_an_interrupted_scan_is_kept_and_marked_incomplete(state: Path) -> None:
    async def scenario() -> Control:
        async with rig(state) as at:
            await at.ready()
            await at.arm(12)
            at.hall.beam_on = True
            await at.lines(100)
            await at.proxy.finish(complete=False, reason="possible living cargo")
            await at.until(lambda: bool(at.control.packages), "a package")
            return at.control

    (made,) = asyncio.run(scenario()).packages
    assert (made.complete, made.quality, made.height) == (False, "incomplete", 100)
    assert made.reason == "possible living cargo"


def test_a_worker_told_to_end_still_writes_the_running_scan(state: Path) -> None:
    async def scenario() -> Control:
        async with rig(state) as at:
            await at.ready()
            await at.arm(13)
            at.hall.beam_on = True
            await at.lines(50)
            os.kill(at.proxy.pid, signal.SIGTERM)
            await at.until(lambda: bool(at.control.packages), "a package")
            await at.until(lambda: bool(at.control.returns), "a new worker")
            return at.control

    control = asyncio.run(scenario())
    assert [(one.scan_id, one.complete) for one in control.packages] == [(13, False)]
    assert store.verify(Path(control.packages[0].folder)) == []


def test_the_lines_of_a_killed_worker_are_kept_by_the_next_one(state: Path) -> None:
    async def scenario() -> tuple[Control, list[int]]:
        async with rig(state) as at:
            await at.ready()
            folder = await at.arm(14)
            at.hall.beam_on = True
            await at.lines(100)
            part = folder.with_name("scan-14.partial") / "raw.part"
            await at.until(lambda: part.stat().st_size > 50_000, "lines on disk")
            pids = [at.proxy.pid]
            os.kill(at.proxy.pid, signal.SIGKILL)
            at.hall.beam_on = False
            await at.until(lambda: bool(at.control.packages), "a rebuilt package")
            pids.append(at.proxy.pid)
            await at.ready()
            await at.arm(15)
            return at.control, pids

    control, pids = asyncio.run(scenario())
    (made,) = [one for one in control.packages if one.scan_id == 14]
    assert (made.recovered, made.complete, made.width) == (True, False, DETECTORS)
    assert made.height >= 38
    assert store.verify(Path(made.folder), made.sha256) == []
    assert [one.scan_id for one in control.failed[:1]] == [14]
    assert pids[0] != pids[1]


def test_a_hung_worker_is_reported_and_replaced(state: Path) -> None:
    async def scenario() -> Control:
        async with rig(state) as at:
            await at.ready()
            first = at.proxy.pid
            os.kill(first, signal.SIGSTOP)
            await at.until(lambda: bool(at.control.losses), "loss told")
            await at.until(lambda: bool(at.control.returns), "a new worker")
            await at.ready()
            assert at.proxy.pid not in {0, first}
            return at.control

    control = asyncio.run(scenario())
    assert len(control.losses) == 1
    assert "hung" in control.losses[0]


def test_a_lost_detector_is_told_and_its_scan_is_not_complete(state: Path) -> None:
    async def scenario() -> Control:
        async with rig(state) as at:
            await at.ready()
            await at.arm(16)
            at.hall.beam_on = True
            await at.lines(50)
            at.server.drop()
            await at.until(lambda: not at.control.is_ok("worker.detector"), "loss told")
            await at.ready()
            await at.proxy.finish(complete=True, reason="")
            await at.until(lambda: bool(at.control.packages), "a package")
            return at.control

    (made,) = asyncio.run(scenario()).packages
    assert (made.complete, made.quality) == (False, "incomplete")
    assert "link to the detector was lost" in made.reason


def test_lines_lost_by_the_detector_stay_holes(state: Path) -> None:
    async def scenario() -> tuple[Control, Path]:
        async with rig(state) as at:
            await at.ready()
            folder = await at.arm(17)
            at.hall.beam_on = True
            await at.lines(50)
            at.detector.skip_lines = 3
            at.hall.move(10)
            await at.until(lambda: at.control.progress[-1].lines >= 57, "57 lines")
            await at.proxy.finish(complete=True, reason="")
            await at.until(lambda: bool(at.control.packages), "a package")
            return at.control, folder

    control, folder = asyncio.run(scenario())
    assert control.packages[0].height == 60
    facts = json.loads((folder / "metadata.json").read_bytes())
    assert facts["quality"]["lost"] == 3
    codes = tifffile.imread(folder / "attenuation.tif")
    assert (codes == 65535).all(axis=1).sum() == 3


def test_a_real_lane_has_no_calibration_and_no_simulated_detector(state: Path) -> None:
    async def scenario() -> str:
        async with rig(state, simulated=False) as at:
            await at.until(lambda: "worker.detector" in at.control.readings, "a state")
            await at.until(lambda: at.control.readings["worker.detector"].value is not None, "up")
            with pytest.raises(ScanError) as refusal:
                await at.arm(18)
            return str(refusal.value)

    assert "simulated" in asyncio.run(scenario())
    assert not (state / "calibration").exists()


def test_an_expired_calibration_stops_the_arming(state: Path) -> None:
    async def scenario() -> tuple[str, Control]:
        async with rig(state) as at:
            await at.ready()
            (path,) = (state / "calibration").glob("air-*.json")
            facts = json.loads(path.read_bytes())
            facts["valid_until"] = facts["made"]
            path.write_text(json.dumps(facts))
            with pytest.raises(ScanError) as refusal:
                await at.arm(19)
            await at.until(lambda: not at.control.is_ok("worker.calibration"), "told")
            return str(refusal.value), at.control

    detail, control = asyncio.run(scenario())
    assert "valid from" in detail
    assert control.packages == []


def test_a_scan_without_a_line_leaves_nothing_behind(state: Path) -> None:
    async def scenario() -> Control:
        async with rig(state) as at:
            await at.ready()
            await at.arm(20)
            await at.proxy.finish(complete=False, reason="cancelled")
            await at.until(lambda: bool(at.control.failed), "failure told")
            return at.control

    control = asyncio.run(scenario())
    assert [one.scan_id for one in control.failed] == [20]
    assert list((state / "scans").iterdir()) == []


def test_a_leftover_without_lines_is_put_aside_and_kept(state: Path) -> None:
    leftover = state / "scans" / "scan-21.partial"
    leftover.mkdir(parents=True)
    (leftover / "raw.part").write_bytes(b"torn")

    async def scenario() -> Control:
        async with rig(state) as at:
            await at.ready()
            return at.control

    (orphan,) = asyncio.run(scenario()).orphans
    assert Path(orphan.folder).name == ".orphan-scan-21"
    assert (Path(orphan.folder) / "raw.part").read_bytes() == b"torn"


LINAC = vehicle_array(detectors=300, reference_pixels=16, energies=2)


def test_a_scan_of_two_energies_keeps_and_develops_both(state: Path) -> None:
    async def scenario() -> tuple[Control, Path]:
        async with rig(state, array=LINAC) as at:
            await at.ready()
            folder = await at.arm(31)
            at.hall.beam_on = True
            await at.lines(300)
            await at.proxy.finish(complete=True, reason="")
            await at.until(lambda: bool(at.control.packages), "a package")
            return at.control, folder

    control, folder = asyncio.run(scenario())
    (made,) = control.packages
    assert store.verify(folder, made.sha256) == []
    assert (made.width, made.height, made.quality) == (300, 150, "good")
    facts = json.loads((folder / "metadata.json").read_bytes())
    low = facts["low_energy"]
    assert (low["height"], low["quality"]["grade"]) == (150, "good")
    assert low["calibration"]["air_sha256"] != facts["calibration"]["air_sha256"]
    high_codes, low_codes = (
        tifffile.imread(folder / name) for name in ("attenuation.tif", "attenuation-low.tif")
    )
    assert high_codes.shape == low_codes.shape == (150, 300)
    assert abs(float(np.median(high_codes[2:20]))) <= 5
    assert abs(float(np.median(low_codes[2:20]))) <= 5
    inside = np.s_[40:100, 5:90]
    # The low energy is weakened more; both pictures are of the same unit.
    assert float(low_codes[inside].mean()) > float(high_codes[inside].mean()) > 100


def test_a_detector_of_two_energies_is_no_detector_of_a_lane_with_one(state: Path) -> None:
    one = LineArray(300, 16, 4000, 4000, megavolt=True)

    async def scenario() -> Control:
        async with rig(state, array=LINAC, expected=one) as at:
            await at.until(lambda: "worker.detector" in at.control.readings, "a state")
            with pytest.raises(ScanError, match="energies"):
                await at.arm(32)
            return at.control

    assert not asyncio.run(scenario()).is_ok("worker.detector")


def test_one_line_of_two_energies_is_still_a_package(state: Path) -> None:
    async def scenario() -> Control:
        async with rig(state, array=LINAC) as at:
            await at.ready()
            await at.arm(33)
            at.hall.beam_on = True
            await at.lines(1)
            await at.proxy.finish(complete=True, reason="")
            await at.until(lambda: bool(at.control.packages), "a package")
            return at.control

    (made,) = asyncio.run(scenario()).packages
    assert (made.height, made.quality) == (1, "poor")
