"""Stopping a V20: before anything else, by ramp, seen to stand, and never undone by a refresh."""

import asyncio

import pytest

from edge.errors import DeviceRefused, DeviceTimeout, DeviceUnreachable
from tests.unit.drivers.emulated_modbus import Emulated
from tests.unit.drivers.fake_modbus import rtu
from tests.unit.drivers.v20_bench import STW, drive, given, holds, on


@pytest.mark.parametrize("after_ms", range(0, 240, 12))
def test_no_refresh_that_waits_while_a_stop_comes_is_ever_sent(after_ms):
    far = Emulated(drive())
    far.answer_ms = 30

    async def main(bench):
        await bench.device.start(300)
        await asyncio.sleep(1.0 + after_ms / 1000)
        far.frames.clear()
        await bench.device.stop()
        await asyncio.sleep(0.5)
        return [frame[7:9] for frame in far.frames if frame[1] == 16]

    words = on(far, main)
    assert far.frames[0] == rtu("01 10 00 63 00 02 04 04 7E 00 00")
    assert set(words) == {b"\x04\x7e"}


def test_a_stop_ramps_down_keeps_its_direction_and_is_seen_to_stand():
    far = Emulated(drive())

    async def main(bench):
        await bench.device.start(-300)
        await asyncio.sleep(1.0)
        far.frames.clear()
        await bench.device.stop()
        return far.frames[0]

    first = on(far, main)
    assert first == rtu("01 10 00 63 00 02 04 0C 7E 00 00")
    assert (far.slave.running, far.slave.speed_mm_s) == (False, 0.0)


def test_a_belt_that_does_not_stop_is_an_error_naming_the_speed():
    far = Emulated(drive())

    async def main(bench):
        await bench.device.start(300)
        await asyncio.sleep(1.0)
        far.slave._turn = lambda elapsed_s: None
        with pytest.raises(DeviceTimeout, match=r"300 mm/s after 3000 ms\. Press the emergency"):
            await bench.device.stop()

    on(far, main)
    assert holds(far.slave, STW) == 0x47E


def test_a_stop_overtakes_a_start_which_then_fails():
    far = Emulated(drive())

    async def main(bench):
        starting = asyncio.create_task(bench.device.start(300))
        await asyncio.sleep(0.03)
        await bench.device.stop()
        with pytest.raises(DeviceRefused, match=r"newer command|withdrawn"):
            await starting
        await asyncio.sleep(1.0)
        return holds(far.slave, STW), far.slave.speed_mm_s

    assert on(far, main) == (0x47E, 0.0)


@pytest.mark.parametrize("after_ms", range(20, 240, 12))
def test_a_refresh_that_waited_behind_a_start_is_never_sent_after_the_stop(after_ms):
    far = Emulated(drive())
    far.answer_ms = 30

    async def main(bench):
        await asyncio.sleep(0.5)
        starting = asyncio.create_task(bench.device.start(300))
        await asyncio.sleep(0.2 + after_ms / 1000)
        far.frames.clear()
        stopping = asyncio.create_task(bench.device.stop())
        with pytest.raises(DeviceRefused, match=r"newer command|withdrawn"):
            await starting
        await stopping
        await asyncio.sleep(0.3)
        return [frame[7:9] for frame in far.frames if frame[1] == 16]

    assert set(on(far, main, given(running_bit=9, step_timeout_ms=2000))) == {b"\x04\x7e"}


def test_a_stop_on_a_dead_line_says_that_it_did_not_arrive():
    far = Emulated(drive())
    far.reachable = False

    async def main(bench):
        await asyncio.sleep(0.2)
        with pytest.raises(DeviceUnreachable):
            await bench.device.stop()

    on(far, main)
    assert far.frames == []
