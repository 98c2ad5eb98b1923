"""An event loop on virtual time whose TCP connections end in a fake device in memory."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Protocol, TypeVar

T = TypeVar("T")


class FakeDevice(Protocol):
    reachable: bool

    def receive(self, data: bytes) -> list[tuple[int, bytes]]:
        """Take bytes; return (delay in ms, bytes) of what is to come back."""


class _Selector(selectors.DefaultSelector):
    """Never waits: where a real selector would, the loop's own time moves on instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list:
        events = super().select(0)
        if events:
            return events
        assert timeout is not None, "nothing will ever happen on this loop again"
        self.now_s += max(timeout, 0.0)
        return events


class _Transport(asyncio.Transport):
    def __init__(self, loop: "VirtualLoop", protocol: asyncio.Protocol, device: FakeDevice):
        super().__init__()
        self._loop = loop
        self.protocol = protocol
        self._device = device
        self._closed = False

    def write(self, data: bytes) -> None:
        for delay_ms, answer in self._device.receive(bytes(data)):
            self._loop.call_later(delay_ms / 1000, self.deliver, answer)

    def deliver(self, data: bytes) -> None:
        if not self._closed:
            self.protocol.data_received(data)

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self._closed

    def close(self) -> None:
        self.drop()

    def drop(self) -> None:
        if not self._closed:
            self._closed = True
            self._loop.call_soon(self.protocol.connection_lost, None)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self, devices: dict[int, FakeDevice]) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)
        self._devices = devices
        self.transports: list[_Transport] = []
        self.attempts_s: list[float] = []

    def time(self) -> float:
        return self._virtual.now_s

    def now_ns(self) -> int:
        return round(self._virtual.now_s * 1e6) * 1000

    async def create_connection(self, factory, host=None, port=None, **_options):
        self.attempts_s.append(self.time())
        device = self._devices[port]
        if not device.reachable:
            raise ConnectionRefusedError(111, "Connection refused")
        protocol = factory()
        transport = _Transport(self, protocol, device)
        self.transports.append(transport)
        protocol.connection_made(transport)
        return transport, protocol


def run_virtual(
    devices: dict[int, FakeDevice], main: Callable[[VirtualLoop], Coroutine[object, object, T]]
) -> T:
    """Run ``main(loop)`` to its end on virtual time."""
    loop = VirtualLoop(devices)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main(loop))
