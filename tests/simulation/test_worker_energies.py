"""A detector whose lines alternate between two energies: each is kept and measured by itself."""

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
from simulator.hall.array import LineArray, vehicle_array
from tests.simulation.worker_bench import Control, rig

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


def test_the_lines_of_both_energies_outlive_a_killed_worker(state: Path) -> None:
    async def scenario() -> Control:
        async with rig(state, array=LINAC) as at:
            await at.ready()
            folder = await at.arm(34)
            at.hall.beam_on = True
            await at.lines(200)
            part = folder.with_name("scan-34.partial") / "raw.part"
            await at.until(lambda: part.stat().st_size > 50_000, "lines on disk")
            os.kill(at.proxy.pid, signal.SIGKILL)
            await at.until(lambda: bool(at.control.packages), "a rebuilt package")
            return at.control

    (made,) = asyncio.run(scenario()).packages
    assert (made.recovered, made.complete, made.width) == (True, False, 300)
    assert store.verify(Path(made.folder), made.sha256) == []
    high, low = (tifffile.imread(Path(made.folder) / name) for name in ("raw.tif", "raw-low.tif"))
    assert abs(len(high) - len(low)) <= 1
    # Lit lines of the low energy have half the photons: neither file holds a line of the other.
    assert float(np.median(high)) > 1.5 * float(np.median(low)) > 3000
