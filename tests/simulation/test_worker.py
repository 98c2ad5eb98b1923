"""What becomes of a scan, whatever happens to worker and detector."""

import asyncio
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import tifffile

from edge.archive import store
from edge.errors import ScanError
from simulator.hall.radiograph import DETECTORS
from tests.simulation.worker_bench import Control, rig


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
