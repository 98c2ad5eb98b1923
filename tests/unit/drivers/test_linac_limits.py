"""What a section and the map of the linac allow, and nothing beyond."""

import asyncio
import tomllib

import pytest
from pydantic import ValidationError

from drivers.device_map import parse_device_map
from drivers.device_map_model import DeviceMap
from drivers.linac_sim import LinacSim
from edge.errors import DeviceRefused
from tests.unit.drivers.device_bench import MAPS, run_device, shipped_map
from tests.unit.drivers.linac_bench import SETTINGS, control, far_linac, given


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"poll_ms": 200}, "third"),
        ({"low_kv": None}, "low_kv belongs to mode dual"),
        ({"mode": "high"}, "low_kv belongs to mode dual"),
        ({"mode": "fast"}, "mode"),
        ({"pulse_rate_hz": 0}, "pulse_rate_hz"),
    ],
)
def test_a_section_that_cannot_be_is_refused(changes, reason):
    with pytest.raises(ValidationError, match=reason):
        given(**changes)


def test_set_points_beyond_what_the_map_allows_are_refused_before_anything_is_sent():
    document = tomllib.loads((MAPS / "linac_sim.toml").read_text(encoding="utf-8"))
    (field,) = [one for one in document["fields"] if one["name"] == "high_kev"]
    field["max"] = 5000
    narrow = parse_device_map(document, "linac_sim.toml")
    assert isinstance(narrow, DeviceMap)

    async def main(bench):
        await asyncio.sleep(0.1)
        with pytest.raises(DeviceRefused, match=r"high_kev 6000 is outside 0\.\.5000 of the map"):
            await bench.device.prepare(kv=6000, ma=0.1)
        return control(far)

    far = far_linac()
    assert run_device(far, LinacSim, SETTINGS, "linac_sim", main, device_map=narrow) == 0


def test_no_setting_allows_a_longer_watchdog_than_the_map():
    (limit,) = [one.max for one in shipped_map("linac_sim").watchdog.prove]
    assert given(watchdog_max_ms=limit).watchdog_max_ms == 500
    with pytest.raises(ValidationError, match="watchdog_max_ms"):
        given(watchdog_max_ms=limit + 1)
