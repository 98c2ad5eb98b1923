"""An asyncio event loop on virtual time: where a real one would wait, its clock moves on.

Connections are made in memory between what listens and what connects on the same loop; executors
run inline. Nothing here reads the machine's clock, so a run is repeated exactly by its seed.
"""

import asyncio
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from contextvars import Context, copy_context
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import Any, Protocol, TypeVar, TypeVarTuple, runtime_checkable

from edge.errors import EdgeError

T = TypeVar("T")
Args = TypeVarTuple("Args")

START_S = 1000.0
"""Loop time at the start; not 0, which some code takes for never."""
EPOCH = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
"""Wall time at the start: inside the validity of the shipped tables."""
CLOCK_STEP_S = 1e-9
MOST_CANCELLED = 32
WIRE_S = 0.0005
"""How long bytes travel in memory."""

ProtocolFactory = Callable[[], asyncio.BaseProtocol]


class SimulatedDeadlock(EdgeError):
    """Everything waits and nothing will ever happen: on a real loop this would hang for ever."""


def _ns(seconds: float) -> int:
    return round(seconds * 1e6) * 1000


class _Timer(asyncio.TimerHandle):
    """Sets what the class it derives from sets, without asking for a debugger: so many are made."""

    __slots__ = ()

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: "VirtualLoop",
        context: Context | None,
    ) -> None:
        self._context = copy_context() if context is None else context
        self._loop = loop
        self._callback, self._args = callback, args
        self._when = when
        self._cancelled = self._scheduled = False
        self._repr = self._source_traceback = None


class VirtualLoop(asyncio.BaseEventLoop):
    """The loop.

    Attributes:
        now_ns: its time in nanoseconds, in whole microseconds.
        listening: what stands at each address, for ``create_connection``.
        reachable: whether a host and port can be connected to just now.
    """

    # What the standard library's base class keeps; its stubs do not say so.
    _ready: deque[Any]
    _stopping: bool

    def __init__(self) -> None:
        super().__init__()
        # Timers with their time and number: tuples compare quicker than handles, and two timers
        # of the same moment run in the order in which they were set.
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._set_timers = 0
        self._cancelled = 0
        self._now_s = START_S
        self.now_ns = _ns(START_S)
        self.listening: dict[tuple[str, int], ProtocolFactory] = {}
        self.reachable: Callable[[str, int], bool] = lambda _host, _port: True

    def time(self) -> float:
        """Virtual seconds."""
        return self._now_s

    def pass_time(self, seconds: float) -> None:
        """Move the clock on; called inside a callback it is a loop that stood still so long."""
        assert seconds >= 0.0
        self._now_s += seconds
        self.now_ns = _ns(self._now_s)

    def call_at(
        self,
        when: float,
        callback: Callable[[*Args], object],
        *args: *Args,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run a callback at a virtual moment."""
        return self.call_later(when - self._now_s, callback, *args, context=context)

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Args], object],
        *args: *Args,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run a callback after some virtual seconds."""
        when = self._now_s + delay
        timer = _Timer(when, callback, args, self, context)
        self._set_timers += 1
        heappush(self._timers, (when, self._set_timers, timer))
        return timer

    def run_in_executor(
        self, executor: Executor | None, func: Callable[..., T], *args: object
    ) -> "asyncio.Future[T]":
        """Run inline: there are no threads in virtual time."""
        future: asyncio.Future[T] = self.create_future()
        future.set_result(func(*args))
        return future

    async def create_unix_connection(  # type: ignore[override]  # only what this project asks for
        self, _factory: ProtocolFactory, path: str, **_options: object
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        """Nobody listens in a folder: there is no other process in virtual time."""
        raise FileNotFoundError(path)

    async def create_server(  # type: ignore[override]  # only what this project asks for
        self, protocol_factory: ProtocolFactory, host: str, port: int, **_options: object
    ) -> "MemoryServer":
        """Listen at an address of this loop. Raises OSError when it is taken."""
        if (host, port) in self.listening:
            raise OSError(98, "Address already in use")
        self.listening[host, port] = protocol_factory
        return MemoryServer(self, (host, port))

    async def create_connection(  # type: ignore[override]  # only what this project asks for
        self, protocol_factory: ProtocolFactory, host: str, port: int, **_options: object
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        """Connect to what listens here. Raises ConnectionRefusedError when nothing does."""
        factory = self.listening.get((host, port))
        if factory is None or not self.reachable(host, port):
            raise ConnectionRefusedError(111, "Connection refused")
        protocol = protocol_factory()
        near, far = _stream(protocol), _stream(factory())
        to_far, to_near = MemoryTransport(self, near), MemoryTransport(self, far)
        to_far.meet(to_near)
        to_near.meet(to_far)
        far.connection_made(to_near)
        near.connection_made(to_far)
        return to_far, protocol

    def _run_once(self) -> None:
        """One turn: let time pass if nothing is ready, then run what is due, in order."""
        ready, timers = self._ready, self._timers
        if not ready and not self._stopping:
            while timers and timers[0][2].cancelled():
                heappop(timers)
            if not timers:
                raise SimulatedDeadlock("every task waits and no timer runs")
            self.pass_time(max(0.0, timers[0][0] - self._now_s))
        due_s = self._now_s + CLOCK_STEP_S
        while timers and timers[0][0] < due_s:
            ready.append(heappop(timers)[2])
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:  # noqa: SLF001 - a loop runs handles
                # Without the handle's own frame, there are so many; what it raises ends the run.
                handle._context.run(handle._callback, *handle._args)  # noqa: SLF001

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Throw cancelled timers out once they are the greater part; until then they stay."""
        self._cancelled += 1
        if self._cancelled > MOST_CANCELLED and 2 * self._cancelled > len(self._timers):
            # In place: a turn of the loop may be looking at this very list.
            self._timers[:] = [each for each in self._timers if not each[2].cancelled()]
            heapify(self._timers)
            self._cancelled = 0

    def _write_to_self(self) -> None:
        """Nothing sleeps, so nothing has to be woken."""


@runtime_checkable
class Stream(Protocol):
    """What speaks at an end of a connection, whichever base class it has."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""


def _stream(protocol: asyncio.BaseProtocol) -> Stream:
    assert isinstance(protocol, Stream), "only streams run on this loop"
    return protocol


class MemoryServer:
    """What ``create_server`` gives: enough of `asyncio.Server` to be closed."""

    def __init__(self, loop: VirtualLoop, address: tuple[str, int]) -> None:
        self._loop = loop
        self._address = address

    def close(self) -> None:
        """Stop listening; connections stay."""
        self._loop.listening.pop(self._address, None)


class MemoryTransport(asyncio.Transport):
    """One end of a connection in memory; ``protocol`` is who speaks at this end."""

    def __init__(self, loop: VirtualLoop, protocol: Stream) -> None:
        super().__init__()
        self._loop = loop
        self._protocol = protocol
        self._peer: MemoryTransport | None = None
        self._closed = False

    def meet(self, peer: "MemoryTransport") -> None:
        """Say who is at the other end."""
        self._peer = peer

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send; it arrives a moment later."""
        if not self._closed and self._peer is not None:
            self._loop.call_later(WIRE_S, self._peer.arrive, bytes(data))

    def arrive(self, data: bytes) -> None:
        """Hand over what has come, unless this end is closed."""
        if not self._closed:
            self._protocol.data_received(data)

    def get_write_buffer_size(self) -> int:
        """Nothing ever waits."""
        return 0

    def is_closing(self) -> bool:
        """True once closed."""
        return self._closed

    def close(self) -> None:
        """Close both ends."""
        if self._closed:
            return
        self._closed = True
        self._loop.call_soon(self._protocol.connection_lost, None)
        if self._peer is not None:
            self._loop.call_later(WIRE_S, self._peer.close)

    def abort(self) -> None:
        """Close at once."""
        self.close()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Change who speaks at this end."""
        self._protocol = _stream(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Who speaks at this end."""
        assert isinstance(self._protocol, asyncio.BaseProtocol)
        return self._protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Nothing is known of a connection in memory."""
        return default


class VirtualClock:
    """Satisfies `edge.clock.Clock` with the loop's time; wall time runs with it from `EPOCH`."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def monotonic_ns(self) -> int:
        """Virtual nanoseconds, in whole microseconds."""
        return self._loop.now_ns

    def utc(self) -> datetime:
        """Virtual wall time."""
        return EPOCH + timedelta(microseconds=round((self._loop.time() - START_S) * 1e6))


def run_virtual(main: Callable[[VirtualLoop], Coroutine[Any, Any, T]]) -> T:
    """Run ``main(loop)`` to its end on virtual time. Raises SimulatedDeadlock, and what it raises.

    What still runs at the end is cancelled, as `asyncio.run` does.
    """
    loop = VirtualLoop()
    broken: list[BaseException] = []

    def note(_loop: events.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            broken.append(error)

    loop.set_exception_handler(note)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        result = runner.run(main(loop))
    if broken:
        raise broken[0]
    return result
