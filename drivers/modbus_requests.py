"""What waits for a Modbus line: requests, their priority, and the bounded queue they wait in."""

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, unique
from typing import NamedTuple

from drivers.device_map_model import Table
from edge.errors import DeviceTimeout


@unique
class Priority(IntEnum):
    """Who goes first on a line; the smaller number overtakes every greater one that waits."""

    STOP = 0
    PERMIT = 1
    COMMAND = 2
    POLL = 3


READ_FUNCTIONS = {Table.COIL: 1, Table.DISCRETE: 2, Table.HOLDING: 3, Table.INPUT: 4}
"""Function codes that read each table (Modbus Application Protocol V1.1b3, 6.1 to 6.4)."""

READ_BITS = frozenset({1, 2})

WRITE_COIL = 5
"""Write Single Coil (Modbus Application Protocol V1.1b3, 6.5)."""

WRITE_REGISTERS = 16
"""Write Multiple Registers (Modbus Application Protocol V1.1b3, 6.12)."""


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Request:
    """One exchange with one device.

    Attributes:
        device: name of the device in the lane file, for messages.
        operation: what is tried, in words, for messages.
        unit: Modbus device id, 1..247 (0..255 on TCP).
        function: 1 to 5, or 16.
        address: wire address of the first register or bit.
        count: number of registers, 1..123, or of bits.
        values: registers to write, or one coil as 0 or 1; empty for a read.
        priority: place in the queue.
        wanted: asked when the request's turn comes; False drops it unsent.
    """

    device: str
    operation: str
    unit: int
    function: int
    address: int
    count: int
    values: tuple[int, ...] = ()
    priority: Priority = Priority.POLL
    wanted: Callable[[], bool] = _always


class Answer(NamedTuple):
    """What came back: registers or bits (none for a write) and when the request was sent."""

    registers: tuple[int, ...]
    requested_ns: int


@dataclass(order=True, slots=True)
class Waiting:
    """A request in the queue, the future its caller waits on, and when he waits no longer."""

    priority: Priority
    number: int
    request: Request = field(compare=False)
    future: "asyncio.Future[Answer]" = field(compare=False)
    until_s: float = field(compare=False)

    def fail(self, error: Exception) -> None:
        """Give the caller an error, if he still waits."""
        if not self.future.done():
            self.future.set_exception(error)


class RequestQueue:
    """Priority queue, first come first served within a priority, bounded.

    A full queue refuses a newcomer with DeviceTimeout; only a stop pushes the last one out.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._heap: list[Waiting] = []
        self._number = 0

    def __len__(self) -> int:
        return len(self._heap)

    def put(self, request: Request, until_s: float) -> Waiting:
        """Queue a request. Raises DeviceTimeout when the queue is full."""
        if len(self._heap) >= self._limit:
            self._heap = [waiting for waiting in self._heap if not waiting.future.done()]
            heapq.heapify(self._heap)
        if len(self._heap) >= self._limit:
            if request.priority is not Priority.STOP:
                raise self._full(request)
            last = max(self._heap)
            self._heap.remove(last)
            heapq.heapify(self._heap)
            last.fail(self._full(last.request))
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._number += 1
        waiting = Waiting(request.priority, self._number, request, future, until_s)
        heapq.heappush(self._heap, waiting)
        return waiting

    def pop(self) -> Waiting | None:
        """Take the request whose turn it is; those whose caller has left are skipped."""
        while self._heap:
            waiting = heapq.heappop(self._heap)
            if not waiting.future.done():
                return waiting
        return None

    def expire(self, now_s: float, make_error: Callable[[Request], Exception]) -> float | None:
        """Fail everyone who has waited long enough; return when the next one has, if any waits."""
        for waiting in self._heap:
            if waiting.until_s <= now_s:
                waiting.fail(make_error(waiting.request))
        left = [waiting.until_s for waiting in self._heap if not waiting.future.done()]
        return min(left, default=None)

    def fail_all(self, make_error: Callable[[Request], Exception]) -> None:
        """Give every waiting caller an error and empty the queue."""
        for waiting in self._heap:
            waiting.fail(make_error(waiting.request))
        self._heap.clear()

    def _full(self, request: Request) -> DeviceTimeout:
        return DeviceTimeout(
            request.device,
            request.operation,
            f"{self._limit} requests already wait for this line; poll its devices less often",
        )
