"""The truck lane as shipped, whole vehicles on virtual time: scanned, exempt, asked, stopped."""

from pathlib import Path

from tests.simulation.truck_lane import TRUCK, Stage, play


def test_an_ordinary_truck_is_scanned_and_released(tmp_path: Path) -> None:
    async def script(stage: Stage) -> None:
        stage.declare(TRUCK)
        stage.arrive(TRUCK)
        await stage.conclude()

    stage = play(tmp_path, script)
    assert stage.ends() == ["without_suspicion"]
    assert stage.record.violations == []
    assert stage.passage(TRUCK).exposure_ms >= TRUCK.length_mm / 0.9
