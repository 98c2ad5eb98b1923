"""What the validating Modbus layer costs beside the bare client library, on one libmodbus server.

Both poll the same server over TCP in short rounds, turn and turn about, so that what else the
machine does meets both; the figure is the median ratio of the rounds.
"""

import asyncio
import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from pymodbus.client import AsyncModbusTcpClient

from drivers.modbus import ModbusBus
from drivers.modbus_requests import Priority, Request
from drivers.modbus_settings import TcpSettings
from tests.wire.libmodbus_peer import FIRST

ROUNDS = 80
POLLS = 100
"""Polls of a round: ten registers each, as in most plans."""
QUEUED = 100
STOPS = 20
READ = Request("bench", "read", 1, 3, 10, 10)
STOP = Request("bench", "stop", 1, 16, 0, 1, (0,), Priority.STOP)
WANTED = tuple(range(FIRST + 10, FIRST + 20))

Poll = Callable[[], Awaitable[None]]


class Speed(NamedTuple):
    """Polls a second and CPU microseconds a poll of a round."""

    polls_s: float
    cpu_us: float


async def _round(poll: Poll) -> Speed:
    began_s, spent_s = time.perf_counter(), time.process_time()
    for _ in range(POLLS):
        await poll()
    spent_s = time.process_time() - spent_s
    return Speed(POLLS / (time.perf_counter() - began_s), spent_s / POLLS * 1e6)


async def _stop_ms(bus: ModbusBus) -> float:
    """How long a stop takes behind a hundred polls that wait."""
    polls = [asyncio.create_task(bus.exchange(READ)) for _ in range(QUEUED)]
    await asyncio.sleep(0)
    began_s = time.perf_counter()
    await bus.exchange(STOP)
    took_ms = (time.perf_counter() - began_s) * 1000
    await asyncio.gather(*polls)
    return took_ms


async def _measured(port: int) -> list[tuple[str, str, str]]:
    settings = TcpSettings(kind="tcp", host="127.0.0.1", port=port, queue_limit=2 * QUEUED)
    bus = ModbusBus(name="bench", settings=settings, now_ns=time.monotonic_ns)
    serving = asyncio.create_task(bus.run())
    bare = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=1, retries=0)

    async def ours() -> None:
        assert (await bus.exchange(READ)).registers == WANTED

    async def theirs() -> None:
        answer = await bare.read_holding_registers(READ.address, count=READ.count, device_id=1)
        assert tuple(answer.registers) == WANTED

    try:
        assert await bare.connect()
        for poll in (ours, theirs):
            await _round(poll)
        pairs = []
        for number in range(ROUNDS):
            first, second = (ours, theirs) if number % 2 else (theirs, ours)
            speeds = {first: await _round(first), second: await _round(second)}
            pairs.append((speeds[ours], speeds[theirs]))
        stops_ms = [await _stop_ms(bus) for _ in range(STOPS)]
    finally:
        bare.close()
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving
    ratio = statistics.median(mine.polls_s / other.polls_s for mine, other in pairs)
    names = ("validating layer", "bare client")
    shown = ", ".join(
        f"{name} {statistics.median(each.polls_s for each in speeds):,.0f}/s and "
        f"{statistics.median(each.cpu_us for each in speeds):.0f} us of CPU"
        for name, speeds in zip(names, zip(*pairs, strict=True), strict=True)
    )
    return [
        ("Modbus polls beside the bare client library", ">= 0.8 x", f"{ratio:.2f} x"),
        ("- medians", "-", shown),
        (
            f"a stop behind {QUEUED} queued polls, median",
            "next but one on the wire",
            f"{statistics.median(stops_ms):.2f} ms",
        ),
    ]


def rows() -> list[tuple[str, str, str]]:
    """The figures beside their goals."""
    command = [sys.executable, "-m", "tests.wire.libmodbus_peer", "tcp", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            return asyncio.run(_measured(int(server.stdout.readline())))
        finally:
            server.kill()


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row))
