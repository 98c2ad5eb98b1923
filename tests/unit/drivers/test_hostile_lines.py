"""What every Modbus driver with an emulator keeps, whatever its line does."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from pydantic import BaseModel

from drivers.generic import Generic, GenericSettings
from drivers.iologik import Iologik
from drivers.linac_sim import LinacSim
from drivers.sinamics_v20 import SinamicsV20
from drivers.ups_modbus import UpsModbus
from edge.core.values import Input, Quality
from simulator.devices.generic import GenericDevice
from simulator.devices.line_faults import Harm
from tests.unit.drivers import linac_bench as linac
from tests.unit.drivers import test_iologik as iologik
from tests.unit.drivers import test_ups_modbus as ups
from tests.unit.drivers import v20_bench as v20
from tests.unit.drivers.device_bench import run_device
from tests.unit.drivers.emulated_modbus import Emulated, garbage, noisy, split
from tests.unit.drivers.fake_modbus import crc
from tests.unit.simulator.lane_kit import registers


@dataclass(frozen=True)
class Case:
    """A driver, its emulator at rest, and a field that has one true value then."""

    driver: type
    settings: BaseModel
    kind: str
    make: Callable[[], Emulated]
    field: str
    truth: object


CASES = {
    "sinamics_v20": Case(
        SinamicsV20,
        v20.SETTINGS,
        "sinamics_v20",
        lambda: Emulated(v20.drive(watchdog_ms=60_000)),
        "status_word",
        "0001",
    ),
    "ups_modbus": Case(UpsModbus, ups.SETTINGS, "ups_modbus", ups.ups, "mains", Input.OK),
    "linac_sim": Case(LinacSim, linac.SETTINGS, "linac_sim", linac.far_linac, "ready", Input.OK),
    "iologik": Case(
        Iologik, iologik.SETTINGS, "iologik", iologik.remote_io, "lane_free", Input.BLOCKED
    ),
}


def _curtain() -> Emulated:
    device = GenericDevice(registers("ez_array"))
    device.hold("measurement_1", 200)
    return Emulated(device)


CASES["generic"] = Case(
    Generic,
    GenericSettings(kind="generic", bus="sensors", map="ez_array.toml"),
    "ez_array",
    _curtain,
    "measurement_1",
    200,
)
each_device = pytest.mark.parametrize("name", CASES)


def on(name: str, main, prepare: Callable[[Emulated], None] = lambda far: None):
    case = CASES[name]
    far = case.make()
    prepare(far)

    async def run(bench):
        await main(bench, far)
        return bench.sink

    return run_device(far, case.driver, case.settings, case.kind, run)


def check_truth(name: str, sink) -> None:
    """Whatever was published as good was true."""
    case = CASES[name]
    readings = [each for each in sink.readings if each.source == f"dev.{case.field}"]
    assert {each.value for each in readings if each.quality is Quality.GOOD} == {case.truth}


@each_device
@pytest.mark.parametrize("mangle", [split, noisy], ids=["split", "noisy"])
def test_pieces_and_noise_do_no_harm_on_a_serial_line(name, mangle):
    async def main(bench, far):
        if not far.tcp or mangle is split:
            far.mangle = mangle
        await asyncio.sleep(2.0)

    sink = on(name, main)
    check_truth(name, sink)
    assert sink.events == []


@each_device
@pytest.mark.parametrize(
    ("harm", "amount"),
    [
        (Harm.DROP, 0),
        (Harm.CORRUPT, 0),
        (Harm.TRUNCATE, 2),
        (Harm.WRONG_UNIT, 0),
        (Harm.WRONG_FUNCTION, 0),
        (Harm.LATE, 200),
        (Harm.DUPLICATE, 0),
    ],
)
def test_one_spoilt_answer_neither_loses_a_device_nor_becomes_data(name, harm, amount):
    async def main(bench, far):
        await asyncio.sleep(0.5)
        far.harm(harm, amount=amount)
        await asyncio.sleep(2.0)

    sink = on(name, main)
    check_truth(name, sink)
    assert sink.events == []


@each_device
@pytest.mark.parametrize("kind", ["silent", "garbage", "unplugged"])
def test_a_device_that_is_gone_is_lost_once_ages_and_comes_back_once(name, kind):
    async def main(bench, far):
        await asyncio.sleep(0.5)
        if kind == "silent":
            far.silent = True
        elif kind == "garbage":
            far.mangle = garbage
        else:
            far.reachable = False
            bench.loop.transports[-1].drop()
        await asyncio.sleep(3.0)
        assert bench.sink.events == ["lost dev"]
        good = sum(each.quality is Quality.GOOD for each in bench.sink.readings)
        await asyncio.sleep(2.0)
        assert good == sum(each.quality is Quality.GOOD for each in bench.sink.readings)
        far.silent, far.mangle, far.reachable = False, None, True
        await asyncio.sleep(4.0)

    sink = on(name, main)
    check_truth(name, sink)
    assert sink.events == ["lost dev", "back dev"]


@each_device
def test_nothing_is_sent_while_the_logic_is_dead(name):
    async def main(bench, far):
        await asyncio.sleep(0.5)
        bench.alive = False
        await asyncio.sleep(0.3)
        far.frames.clear()
        await asyncio.sleep(5.0)
        assert far.frames == []

    check_truth(name, on(name, main))


WRITES = {5, 6, 15, 16}


@pytest.mark.parametrize("name", ["sinamics_v20", "linac_sim", "iologik"])
@pytest.mark.parametrize("code", [2, 4, 6])
def test_a_device_that_shows_itself_and_refuses_every_write_is_lost(name, code):
    async def main(bench, far):
        hear = far.receive

        def refusing(data: bytes) -> list[tuple[int, bytes]]:
            head = data[:7] if far.tcp else data[:1]
            function = data[len(head)]
            if function not in WRITES:
                return hear(data)
            refusal = bytes([function | 0x80, code])
            if far.tcp:
                return [(5, head[:4] + b"\x00\x03" + head[6:] + refusal)]
            return [(5, head + refusal + crc(head + refusal))]

        far.receive = refusing
        await asyncio.sleep(5.0)

    assert on(name, main).events == ["lost dev"]
