from pathlib import Path

import pytest

from simulator.world.faults import Kind, Trouble
from simulator.world.run import Plan
from simulator.world.seeded import plan_of
from tests.simulation.full_lane import run_full

TROUBLES = {
    1: (Trouble(60_000, Kind.DRIVE_FAULT, 3000), Trouble(130_000, Kind.ESTOP, 4000)),
    2: (Trouble(50_000, Kind.DEVICE_LOST, 2500, "belt"), Trouble(120_000, Kind.DOOR, 3000)),
    3: (Trouble(60_000, Kind.BOARD_POWER, 2000), Trouble(110_000, Kind.CONTROL_STALL, 1200)),
}


@pytest.mark.parametrize("seed", TROUBLES)
def test_real_drivers_keep_the_lane_safe_and_bring_it_back(seed: int, tmp_path: Path) -> None:
    result = run_full(Plan(seed, 0.05, 40.0, TROUBLES[seed]), tmp_path)
    assert result.problems == (), str(result)
    assert result.exposed > 0, "a lane that scans nothing is safe and useless"


def test_the_same_seed_gives_the_same_bytes_and_the_same_run(tmp_path: Path) -> None:
    plan, digests = plan_of(4, 0.01), []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        digests.append(run_full(plan, folder).digest)
    assert digests[0] == digests[1]
