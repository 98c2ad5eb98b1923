import asyncio

import pytest

from simulator.world.virtual_loop import (
    EPOCH,
    SimulatedDeadlock,
    VirtualClock,
    VirtualLoop,
    run_virtual,
)


def test_an_hour_of_sleep_is_an_hour_of_virtual_time_and_none_of_ours() -> None:
    async def main(loop: VirtualLoop) -> tuple[float, float]:
        clock, before_s = VirtualClock(loop), loop.time()
        await asyncio.sleep(3600.0)
        return loop.time() - before_s, (clock.utc() - EPOCH).total_seconds()

    assert run_virtual(main) == (3600.0, 3600.0)


def test_waiting_for_what_never_comes_is_told_instead_of_hanging() -> None:
    async def main(loop: VirtualLoop) -> None:
        await loop.create_future()

    with pytest.raises(SimulatedDeadlock):
        run_virtual(main)


def test_timers_run_in_order_of_their_times_and_cancelled_ones_never() -> None:
    async def main(loop: VirtualLoop) -> list[int]:
        seen: list[int] = []
        for number in (3, 1, 2):
            loop.call_later(number, seen.append, number)
        loop.call_later(1.5, seen.append, 99).cancel()
        await asyncio.sleep(5.0)
        return seen

    assert run_virtual(main) == [1, 2, 3]


def test_a_broken_callback_ends_the_run() -> None:
    async def main(loop: VirtualLoop) -> None:
        loop.call_later(1.0, lambda: [][0])
        await asyncio.sleep(2.0)

    with pytest.raises(IndexError):
        run_virtual(main)


class _Echo(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data.upper())


def test_what_connects_reaches_what_listens_and_only_that() -> None:
    async def main(loop: VirtualLoop) -> bytes:
        server = await loop.create_server(_Echo, "there", 1)
        reader = asyncio.StreamReader()
        transport, _ = await loop.create_connection(
            lambda: asyncio.StreamReaderProtocol(reader), "there", 1
        )
        transport.write(b"hello")
        answer = await reader.readexactly(5)
        transport.close()
        server.close()
        with pytest.raises(ConnectionRefusedError):
            await loop.create_connection(_Echo, "there", 1)
        return answer

    assert run_virtual(main) == b"HELLO"


def test_work_for_an_executor_is_done_at_once() -> None:
    async def main(loop: VirtualLoop) -> int:
        return await asyncio.to_thread(sum, (1, 2, 3))

    assert run_virtual(main) == 6
