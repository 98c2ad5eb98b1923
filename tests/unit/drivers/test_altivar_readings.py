"""What the belt drive's driver says of its drive: names of what is wrong, under any fitting map."""

import asyncio

import pytest

from drivers.altivar import Altivar
from drivers.device_map_model import DeviceMap
from edge.core.values import Input
from tests.unit.drivers.device_bench import run_device, shipped_map
from tests.unit.drivers.test_altivar import ETA, LFRD, LFT, SETTINGS, SLL, TTO, FakeDrive, on


@pytest.fixture
def drive() -> FakeDrive:
    return FakeDrive()


def test_a_watchdog_that_is_set_wrong_says_how_it_is_and_how_it_should_be(drive):
    drive.holding.update({TTO: 20, SLL: 0})

    async def main(bench):
        await asyncio.sleep(1.0)
        return bench.sink.last("dev.watchdog_set").detail

    detail = on(drive, main)
    assert "TTO is 2000 ms, SLL is ignore" in detail
    assert "TTO to 100-1000 ms" in detail


def test_a_new_drive_fault_is_named_at_once_and_not_by_the_one_before(drive):
    async def main(bench):
        await asyncio.sleep(1.0)
        drive.holding[ETA], drive.holding[LFT] = 0x18, 9
        await asyncio.sleep(0.3)
        return bench.sink.readings

    first = next(
        one
        for one in on(drive, main)
        if one.source == "dev.drive_fault" and one.value is Input.BLOCKED
    )
    assert first.detail == "overcurrent"


def regrouped(**groups: str) -> DeviceMap:
    """The shipped map with some fields in other groups."""
    shipped = shipped_map("altivar")
    fields = tuple(
        each.model_copy(update={"group": groups.get(each.name, each.group)})
        for each in shipped.fields
    )
    return shipped.model_copy(update={"fields": fields})


@pytest.mark.parametrize("more", [{"lcr": "fast"}, {"rfr": "fast"}, {"rfr": "slow", "lcr": "slow"}])
def test_fields_that_a_map_polls_besides_change_nothing(drive, more):
    drive.holding.update({3202: 7, 3204: 9})

    async def main(bench):
        await bench.device.start(300)
        await asyncio.sleep(1.0)
        return bench.sink

    sink = run_device(drive, Altivar, SETTINGS, "altivar", main, regrouped(**more))
    assert sink.last("dev.speed_mm_s").value == 300
    assert sink.last("dev.watchdog_set").value is Input.OK


def test_a_drive_that_shows_itself_and_refuses_every_write_is_reported(drive):
    async def main(bench):
        await asyncio.sleep(1.0)
        assert bench.sink.events == []
        reference = drive.holding.pop(LFRD)
        await asyncio.sleep(1.0)
        assert bench.sink.events == ["lost dev"]
        drive.holding[LFRD] = reference
        await asyncio.sleep(1.0)
        return bench.sink.events

    assert on(drive, main) == ["lost dev", "back dev"]
