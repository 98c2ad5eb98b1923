"""A device of the truck lane falls silent under beam: how soon the plant is dark by its truth."""

from dataclasses import replace
from pathlib import Path

import pytest

from edge.core.lane import STOPPED, LaneState
from edge.lane_file import load
from simulator.world.seeded import shipped_config
from tests.simulation.truck_lane import TRUCK, Stage, play

TIMING = load(shipped_config() / "lanes" / "truck.toml").timing
LATE_MS = 200
"""A poll, a tick and the withdrawal beside the age at which a reading is believed no more."""
FAST = {"safety", "tow"}
GAUGES = ("height", "profiler", "scale")


@pytest.mark.parametrize("device", ["safety", "tow", "io", "area", "linac"])
def test_no_beam_outlives_the_age_limit_of_a_silent_device(tmp_path: Path, device: str) -> None:
    async def script(stage: Stage) -> None:
        stage.declare(TRUCK)
        stage.arrive(TRUCK)
        await stage.until(lambda: stage.plant.beam_on, "a beam")
        await stage.wait(3.0)
        assert stage.plant.beam_on
        lost_ms.append(stage.place.sync())
        stage.lose(device)
        await stage.until(lambda: not stage.plant.beam_on, "the beam is off", 3.0)
        await stage.wait(20.0)
        assert not stage.is_lane(LaneState.SCANNING)

    lost_ms: list[int] = []
    stage = play(tmp_path, script)
    (span,) = stage.record.beam
    limit_ms = TIMING.stale_ms if device in FAST else TIMING.slow_stale_ms
    assert span.end_ms - lost_ms[0] <= limit_ms + LATE_MS
    assert stage.record.violations == []


@pytest.mark.parametrize("device", ["io", "area"])
def test_a_lane_that_does_not_hear_cab_or_monitor_never_begins(tmp_path: Path, device: str) -> None:
    async def script(stage: Stage) -> None:
        stage.declare(TRUCK)
        stage.lose(device)
        await stage.wait(3.0)
        stage.arrive(TRUCK)
        await stage.wait(40.0)
        assert {"io": "cab", "area": "dose_monitor"}[device] in stage.against
        assert stage.record.relay == []
        stage.find()
        await stage.conclude()

    stage = play(tmp_path, script)
    assert stage.ends() == ["without_suspicion"]


def test_silent_gauges_let_a_scan_end_and_admit_no_vehicle(tmp_path: Path) -> None:
    second = replace(TRUCK, unit_id="SECOND", qr="SL-9", label="790AAA02")

    async def script(stage: Stage) -> None:
        stage.declare(TRUCK)
        stage.declare(second)
        stage.arrive(TRUCK)
        await stage.until(lambda: stage.plant.beam_on, "a beam")
        for gauge in GAUGES:
            stage.lose(gauge)
        await stage.conclude()
        stage.arrive(second)
        await stage.wait(40.0)
        assert "gauge_lost" in stage.faults
        assert not stage.is_lane(*STOPPED)
        assert len(stage.record.relay) == 1

    stage = play(tmp_path, script)
    assert stage.ends() == ["without_suspicion"]
    assert stage.record.violations == []
