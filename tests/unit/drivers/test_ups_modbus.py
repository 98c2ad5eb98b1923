"""The UPS's driver: mains from two witnesses, numbers only where they can be."""

import asyncio

import pytest

from drivers.ups_modbus import UpsModbus, UpsModbusSettings, battery, mains
from edge.core.values import Input, Quality
from simulator.devices.registers import Table
from simulator.devices.ups_modbus import Ups
from tests.unit.drivers.device_bench import run_device
from tests.unit.drivers.emulated_modbus import Emulated
from tests.unit.drivers.fake_modbus import FakeSlave, rtu
from tests.unit.simulator.lane_kit import registers

SETTINGS = UpsModbusSettings(kind="ups_modbus", bus="power", poll_ms=200)


def ups(**settings) -> Emulated:
    return Emulated(Ups(registers("ups_modbus"), **settings))


def on(far, main):
    return run_device(far, UpsModbus, SETTINGS, "ups_modbus", main)


def test_all_is_read_in_one_request_from_the_address_of_the_manual():
    """FC4 from 0x041E, six registers, built by hand from V1.1b3."""
    far = ups()

    async def main(bench):
        await asyncio.sleep(1.0)

    on(far, main)
    assert set(far.frames) == {rtu("01 04 04 1E 00 06")}


def test_a_power_cut_is_seen_at_once_and_the_battery_runs_down_until_mains_is_back():
    far = ups(runtime_ms=600_000)

    async def main(bench):
        await asyncio.sleep(0.5)
        assert bench.sink.last("dev.mains").value is Input.OK
        assert bench.sink.last("dev.battery_percent").value == 100
        far.slave.cut(mains=False)
        await asyncio.sleep(0.3)
        assert bench.sink.last("dev.mains").value is Input.BLOCKED
        assert bench.sink.last("dev.on_battery_s").value == 0
        await asyncio.sleep(300)
        assert bench.sink.last("dev.battery_percent").value in (49, 50)
        assert bench.sink.last("dev.minutes_left").value == 4
        assert bench.sink.last("dev.on_battery_s").value in (299, 300)
        assert bench.sink.last("dev.battery").value is Input.OK
        await asyncio.sleep(200)
        assert bench.sink.last("dev.battery").value is Input.BLOCKED
        far.slave.cut(mains=True)
        await asyncio.sleep(0.3)
        return bench.sink

    sink = on(far, main)
    assert sink.last("dev.mains").value is Input.OK
    assert sink.last("dev.battery").value is Input.BLOCKED
    assert sink.events == []


@pytest.mark.parametrize(
    ("charge", "seconds", "expected"),
    [
        ("floating", 0, Input.OK),
        ("charging", 0, Input.OK),
        ("resting", 0, Input.OK),
        ("discharging", 0, Input.BLOCKED),
        ("floating", 1, Input.BLOCKED),
        ("discharging", 7, Input.BLOCKED),
        (None, 0, Input.UNKNOWN),
        (None, 1, Input.BLOCKED),
    ],
)
def test_mains_is_there_only_when_neither_witness_speaks_against_it(charge, seconds, expected):
    assert mains({"battery_charge": charge}, seconds) is expected


@pytest.mark.parametrize(
    ("status", "condition", "expected"),
    [
        ("ok", "good", Input.OK),
        ("low", "good", Input.BLOCKED),
        ("depleted", "good", Input.BLOCKED),
        ("ok", "weak", Input.BLOCKED),
        ("ok", "replace", Input.BLOCKED),
        (None, "good", Input.UNKNOWN),
        ("ok", None, Input.UNKNOWN),
    ],
)
def test_a_battery_is_well_only_when_it_is_full_and_good(status, condition, expected):
    assert battery({"battery_status": status, "battery_condition": condition}) is expected


@pytest.mark.parametrize(
    ("register", "raw", "field"),
    [
        (0x0423, 101, "battery_percent"),
        (0x0422, 1000, "minutes_left"),
        (0x0421, 0xFFFF, "on_battery_s"),
    ],
)
def test_a_number_that_cannot_be_is_bad_and_has_no_value(register, raw, field):
    far = FakeSlave()
    far.input = dict.fromkeys(range(0x041E, 0x0424), 0) | {register: raw}

    async def main(bench):
        await asyncio.sleep(0.5)
        return bench.sink.last(f"dev.{field}")

    seen = on(far, main)
    assert (seen.value, seen.quality) == (None, Quality.BAD)


def test_a_code_that_the_map_does_not_know_is_doubt_and_never_mains():
    far = FakeSlave()
    far.input = dict.fromkeys(range(0x041E, 0x0424), 0) | {0x0420: 4}

    async def main(bench):
        await asyncio.sleep(0.5)
        return bench.sink.last("dev.mains")

    seen = on(far, main)
    assert (seen.value, seen.quality) == (Input.UNKNOWN, Quality.BAD)


def test_a_ups_that_does_not_have_these_registers_is_lost_and_says_nothing_of_mains():
    far = ups()
    far.slave.registers._tables[Table.INPUT].pop(0x0423)
    far.slave._show = lambda: None

    async def main(bench):
        await asyncio.sleep(2.0)
        return bench.sink

    sink = on(far, main)
    assert (sink.events, sink.readings) == (["lost dev"], [])


def test_a_block_of_zeros_is_no_ups_on_mains():
    far = FakeSlave()
    far.input = dict.fromkeys(range(0x041E, 0x0424), 0)

    async def main(bench):
        await asyncio.sleep(0.5)
        return [bench.sink.last(f"dev.{field}") for field in ("mains", "battery")]

    for seen in on(far, main):
        assert (seen.value, seen.quality) == (Input.UNKNOWN, Quality.BAD)
        assert "0 % left" in seen.detail


def test_an_empty_battery_that_says_so_is_no_contradiction():
    far = FakeSlave()
    far.input = dict(zip(range(0x041E, 0x0424), (0, 2, 1, 0, 0, 0), strict=True))

    async def main(bench):
        await asyncio.sleep(0.5)
        return [bench.sink.last(f"dev.{field}").value for field in ("mains", "battery")]

    assert on(far, main) == [Input.OK, Input.BLOCKED]
