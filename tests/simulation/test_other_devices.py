"""The whole lane with another make of drive and a linac: the core knows neither, and it is safe."""

import re
from pathlib import Path

import pytest

from simulator.world.faults import Kind, Trouble
from simulator.world.run import Plan
from simulator.world.seeded import run_plan
from tests.simulation.full_lane import WireFit, lane_folder

BELT = """[devices.belt]
kind = "sinamics_v20"
bus = "drive"
unit = 1
full_scale = 16384
mm_s_at_full_scale = 800.0
forward = "047F"
actual = "signed"
running_bit = 2
fault_bit = 3
watchdog_action = 1
p2014_ms = 1000
poll_ms = 120

"""
SOURCE = """[buses.linac]
kind = "tcp"
host = "127.0.0.1"
port = 15504

[devices.source]
kind = "linac_sim"
bus = "linac"
mode = "dual"
low_kv = 4000
pulse_rate_hz = 200
poll_ms = 100

"""
TROUBLES = {
    1: (Trouble(60_000, Kind.DRIVE_FAULT, 3000), Trouble(130_000, Kind.ESTOP, 4000)),
    2: (Trouble(50_000, Kind.DEVICE_LOST, 2500, "belt"), Trouble(120_000, Kind.DOOR, 3000)),
    3: (Trouble(60_000, Kind.DEVICE_LOST, 2500, "source"), Trouble(110_000, Kind.PERSON, 2000)),
}


def refitted(folder: Path) -> Path:
    """The configuration of the full lane with another drive and another source."""
    config = lane_folder(folder)
    path = config / "lanes" / "cargo.toml"
    text = path.read_text(encoding="utf-8")
    for device, section in (("belt", BELT), ("source", SOURCE)):
        text, found = re.subn(rf"\[devices\.{device}\]\n.*?\n\n", section, text, flags=re.DOTALL)
        assert found == 1
    assert "kv = 160.0\nma = 4.0\n" in text
    text = text.replace("kv = 160.0\nma = 4.0\n", "kv = 6000.0\nma = 0.1\n")
    path.write_text(text, encoding="utf-8")
    return config


@pytest.mark.parametrize("seed", TROUBLES)
def test_a_lane_with_a_v20_and_a_linac_is_safe_and_comes_back(seed: int, tmp_path: Path) -> None:
    config = refitted(tmp_path)
    plan = Plan(seed, 0.05, 40.0, TROUBLES[seed])
    result = run_plan(plan, tmp_path, config, WireFit(config))
    assert result.problems == (), str(result)
    assert result.exposed > 0, "a lane that scans nothing is safe and useless"
