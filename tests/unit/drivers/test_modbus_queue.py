"""Whose turn it is on a Modbus bus: one request in flight, stops first, nobody waits for ever."""

import asyncio

import pytest

from drivers.modbus_requests import Priority
from edge.errors import DeviceRefused, DeviceTimeout
from tests.unit.drivers.bus_bench import read, with_bus, write
from tests.unit.drivers.fake_modbus import FakeSlave


@pytest.fixture(params=["rtu", "tcp"])
def slave(request) -> FakeSlave:
    made = FakeSlave(tcp=request.param == "tcp")
    made.holding = {10: 7, 11: 0xFFFF, 12: 99, 20: 0}
    return made


@pytest.fixture
def serial() -> FakeSlave:
    made = FakeSlave()
    made.holding = {10: 7, 11: 0xFFFF, 12: 99, 20: 0}
    return made


def test_one_request_is_in_flight_and_a_stop_overtakes_everything_that_waits(serial):
    async def main(bus, loop):
        polls = [asyncio.create_task(bus.exchange(read(10))) for _ in range(6)]
        await asyncio.sleep(0.008)
        assert len(serial.frames) == 1
        command = bus.exchange(write(20, 2, priority=Priority.COMMAND))
        stop = bus.exchange(write(20, 1, priority=Priority.STOP))
        await asyncio.gather(command, stop, *polls)

    with_bus(serial, main)
    functions = [frame[1] for frame in serial.frames]
    assert functions == [3, 16, 16, 3, 3, 3, 3, 3]
    assert serial.writes == [(20, 1), (20, 2)]


@pytest.mark.parametrize("priority", [Priority.PERMIT, Priority.STOP])
def test_a_stop_overtakes_a_hundred_queued_polls(slave, priority):
    async def main(bus, loop):
        await asyncio.sleep(0.1)
        polls = [asyncio.create_task(bus.exchange(read(10))) for _ in range(100)]
        await asyncio.sleep(slave.delay_ms / 2000)
        started_s = loop.time()
        await bus.exchange(write(20, 1, priority=priority))
        took_s = loop.time() - started_s
        await asyncio.gather(*polls)
        return took_s

    took_s = with_bus(slave, main, queue_limit=128)
    functions = [frame[7 if slave.tcp else 1] for frame in slave.frames]
    assert functions == [3, 16, *[3] * 99]
    silence_s = 0.0 if slave.tcp else 0.004
    assert took_s <= 2 * slave.delay_ms / 1000 + silence_s


def test_a_withdrawn_request_is_never_sent(serial):
    async def main(bus, loop):
        wanted = True
        first = asyncio.create_task(bus.exchange(read(10)))
        await asyncio.sleep(0.006)
        second = asyncio.create_task(bus.exchange(write(20, 5, wanted=lambda: wanted)))
        await asyncio.sleep(0)
        wanted = False
        await first
        with pytest.raises(DeviceRefused, match="withdrawn"):
            await second

    with_bus(serial, main)
    assert serial.writes == []


def test_a_full_queue_refuses_polls_and_lets_a_stop_in(serial):
    serial.silent = True

    async def main(bus, loop):
        waiting = [asyncio.create_task(bus.exchange(read(10)))]
        await asyncio.sleep(0.01)
        waiting += [asyncio.create_task(bus.exchange(read(10))) for _ in range(4)]
        await asyncio.sleep(0)
        with pytest.raises(DeviceTimeout, match="already wait"):
            await bus.exchange(read(11))
        serial.silent = False
        await bus.exchange(write(20, 0, priority=Priority.STOP))
        return await asyncio.gather(*waiting, return_exceptions=True)

    outcomes = with_bus(serial, main, queue_limit=4)
    assert serial.writes == [(20, 0)]
    assert sum("already wait" in str(each) for each in outcomes) == 1


def test_a_request_whose_turn_never_comes_ends_in_a_timeout(serial):
    serial.silent = True

    async def main(bus, loop):
        tasks = [asyncio.create_task(bus.exchange(read(10))) for _ in range(8)]
        started = loop.time()
        await asyncio.gather(*tasks, return_exceptions=True)
        return loop.time() - started, [type(task.exception()) for task in tasks]

    waited_s, kinds = with_bus(serial, main, patience_ms=1000)
    assert waited_s <= 1.01
    assert set(kinds) == {DeviceTimeout}


def test_a_request_that_ran_out_of_time_says_whether_it_was_sent(serial):
    serial.silent = True

    async def main(bus, loop):
        tasks = [asyncio.create_task(bus.exchange(read(10))) for _ in range(2)]
        return [str(one) for one in await asyncio.gather(*tasks, return_exceptions=True)]

    sent, waiting = with_bus(serial, main, patience_ms=1000, response_timeout_ms=3000)
    assert "sent on line and not answered when 1000 ms were over" in sent
    assert "its turn on line did not come in 1000 ms" in waiting
