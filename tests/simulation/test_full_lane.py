"""The lane with its real drivers on virtual time: nothing forbidden is exposed, whatever breaks."""

from pathlib import Path

import pytest

from simulator.world import plan_of
from tests.simulation.full_lane import run_full

HOURS = 0.1


@pytest.mark.parametrize("seed", [1, 3])
def test_with_real_drivers_nothing_forbidden_is_exposed(seed: int, tmp_path: Path) -> None:
    result = run_full(plan_of(seed, HOURS), tmp_path)
    assert result.problems == (), str(result)
    assert result.entries > 0
