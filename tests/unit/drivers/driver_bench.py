"""What driver tests share: a sink that remembers, and an event loop whose time jumps.

The loop runs on real sockets and pseudo terminals but never waits for a timer: when nothing is
ready, its time moves on to the next one. Ten virtual seconds cost what their events cost.
"""

import asyncio
import os
import selectors
from collections.abc import Callable, Coroutine
from typing import TypeVar

from edge.ports import Points, Reading, Value

T = TypeVar("T")


class _JumpingSelector(selectors.DefaultSelector):
    elapsed_s = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout != 0:
            # The kernel may still be handing bytes over: let it, before time moves on.
            os.sched_yield()
            ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            return super().select(5)
        self.elapsed_s += timeout
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.elapsed_s


def now_ns() -> int:
    return round(asyncio.get_running_loop().time() * 1e9)


def run(work: Callable[[], Coroutine[None, None, T]]) -> T:
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(work())


def readings_of(points: Points, requested_ns: int) -> list[Reading]:
    """Each point of a poll with the poll's time."""
    return [
        Reading(source, value, quality, requested_ns, detail)
        for source, value, quality, detail in points
    ]


class Remembering:
    """A sink that remembers everything in order."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.texts: list[tuple[str, str]] = []
        self.losses: list[str] = []
        self.events: list[str] = []

    def deliver(self, points: Points, requested_ns: int) -> None:
        self.readings += readings_of(points, requested_ns)

    def text(self, source: str, line: str, received_ns: int) -> None:
        self.texts.append((source, line))

    def lost(self, device: str, detail: str) -> None:
        self.events.append("lost")
        self.losses.append(f"{device}: {detail}")

    def back(self, device: str) -> None:
        self.events.append("back")

    def last(self, source: str) -> Value:
        found = [reading.value for reading in self.readings if reading.source == source]
        assert found, f"{source} was never read"
        return found[-1]

    def all(self, source: str) -> list[Value]:
        return [reading.value for reading in self.readings if reading.source == source]


async def stopped(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
