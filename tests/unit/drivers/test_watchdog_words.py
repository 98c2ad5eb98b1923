"""What a device says of its own watchdog: the words that a proof holds for, and no other."""

import asyncio

import pytest
from pydantic import ValidationError

from edge.errors import DeviceRefused
from edge.ports import WatchdogSet
from tests.unit.drivers import test_altivar as altivar
from tests.unit.drivers import test_iologik as iologik
from tests.unit.drivers import test_pnozmulti as pnozmulti
from tests.unit.drivers import test_sinamics_v20 as v20
from tests.unit.drivers.emulated_modbus import Emulated


async def words(bench) -> tuple[WatchdogSet | None, object]:
    """What the driver says at first and after a second, with what it has published."""
    assert bench.device.watchdog is None, "nothing was read yet"
    await asyncio.sleep(1.0)
    return bench.device.watchdog, bench.sink.last("dev.watchdog_parameters").value


def test_an_altivar_says_its_time_out_and_its_reaction():
    drive = altivar.FakeDrive()
    drive.holding.update({altivar.TTO: 7, altivar.SLL: 1})
    said, published = altivar.on(drive, words)
    assert said == WatchdogSet(700, "TTO 700 ms, SLL freewheel")
    assert published == said.parameters


def test_a_v20_says_both_of_its_registers():
    said, published = v20.on(Emulated(v20.drive(600, 2)), words)
    assert said == WatchdogSet(600, "40001 600 ms, 40002 2")
    assert published == said.parameters


def test_a_pnozmulti_says_nothing_before_it_has_taken_its_time():
    async def main(bench):
        assert bench.device.watchdog is None
        await asyncio.sleep(0.5)
        return bench.device.watchdog

    plc = pnozmulti.FakePnoz()
    assert pnozmulti.on(plc, main) == WatchdogSet(500, "500 ms")
    deaf = pnozmulti.FakePnoz()
    deaf.on_write = lambda address, _value: deaf.holding.update({255: 0}) if address else None
    assert pnozmulti.on(deaf, main) is None


# The remote I/O -------------------------------------------------------------------------------


def test_a_remote_io_has_the_host_watchdog_that_the_lane_file_says_and_else_none():
    async def main(bench):
        return bench.device.watchdog

    assert iologik.on(iologik.remote_io(), main) is None
    given = iologik.given(host_watchdog_ms=2000)
    said = iologik.on(iologik.remote_io(), main, given)
    assert said == WatchdogSet(2000, "2000 ms in its web page")


@pytest.mark.parametrize(
    ("name", "channel", "state"), [("beacon", 2, True), ("closed_sign", 4, False)]
)
def test_the_output_of_proofs_is_switched_away_from_its_safe_state(name, channel, state):
    async def main(bench):
        await asyncio.sleep(0.3)
        assert await bench.device.try_output() == name
        return far.slave.output(channel)

    far = iologik.remote_io()
    assert iologik.on(far, main, iologik.given(proof_output=name)) is state


def test_no_output_is_switched_for_a_proof_that_the_lane_file_does_not_name():
    async def main(bench):
        await asyncio.sleep(0.3)
        with pytest.raises(DeviceRefused, match="names no proof_output"):
            await bench.device.try_output()

    iologik.on(iologik.remote_io(), main)
    with pytest.raises(ValidationError, match="proof_output lamp: names no output"):
        iologik.given(proof_output="lamp")
