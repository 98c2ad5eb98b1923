"""The Modbus bus on a real terminal and in real time."""

import asyncio
import contextlib
import os
import tty

import pytest

from drivers.modbus import ModbusBus
from drivers.modbus_requests import Request
from drivers.modbus_settings import RtuSettings
from edge.errors import DeviceTimeout, DeviceUnreachable
from tests.unit.drivers.fake_modbus import FakeSlave, crc


def read(address: int) -> Request:
    return Request("drive", f"read {address}", 1, 3, address, 1)


@pytest.fixture
def serial() -> FakeSlave:
    made = FakeSlave()
    made.holding = {10: 7, 11: 0xFFFF, 12: 99}
    return made


class PtySlave:
    """A slave of the tests on a real pseudo-terminal, answering late when told."""

    def __init__(self, slave: FakeSlave) -> None:
        self._slave = slave
        self._master, self._keep = os.openpty()
        tty.setraw(self._master)
        tty.setraw(self._keep)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._keep)
        self._buffer = b""
        asyncio.get_running_loop().add_reader(self._master, self._readable)

    def _readable(self) -> None:
        self._buffer += os.read(self._master, 256)
        if len(self._buffer) >= 8 and crc(self._buffer[:-2]) == self._buffer[-2:]:
            request, self._buffer = self._buffer, b""
            loop = asyncio.get_running_loop()
            for delay_ms, answer in self._slave.receive(request):
                loop.call_later(delay_ms / 1000, os.write, self._master, answer)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        os.close(self._keep)


def test_a_late_answer_on_a_real_terminal_meets_nobody_and_the_line_goes_on(serial):
    serial.harms = [lambda q, a: [(450, a)]]

    async def main():
        wire = PtySlave(serial)
        settings = RtuSettings(kind="rtu", port=wire.path, response_timeout_ms=300, quiet_ms=400)
        loop = asyncio.get_running_loop()
        bus = ModbusBus(name="line", settings=settings, now_ns=lambda: int(loop.time() * 1e9))
        task = asyncio.create_task(bus.run())
        try:
            with pytest.raises(DeviceTimeout):
                await bus.exchange(read(12))
            return [(await bus.exchange(read(address))).registers for address in (10, 12, 11)]
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            wire.close()

    assert asyncio.run(main()) == [(7,), (99,), (0xFFFF,)]


def test_a_terminal_unplugged_and_plugged_in_again_goes_on(serial, tmp_path):
    """The port is named by a link, as udev names an adapter wherever it is plugged in."""
    link = tmp_path / "adapter"

    def plugged() -> PtySlave:
        wire = PtySlave(serial)
        link.unlink(missing_ok=True)
        link.symlink_to(wire.path)
        return wire

    async def main():
        wire = plugged()
        settings = RtuSettings(
            kind="rtu", port=str(link), response_timeout_ms=4000, backoff_max_ms=100
        )
        loop = asyncio.get_running_loop()
        bus = ModbusBus(name="line", settings=settings, now_ns=lambda: int(loop.time() * 1e9))
        task = asyncio.create_task(bus.run())
        try:
            before = (await bus.exchange(read(10))).registers
            wire.close()
            link.unlink()
            gone = []
            for address in (10, 11, 12):
                with pytest.raises(DeviceUnreachable) as caught:
                    await bus.exchange(read(address))
                gone.append(str(caught.value))
                await asyncio.sleep(0.05)
            wire = plugged()
            async with asyncio.timeout(20):
                while True:
                    with contextlib.suppress(DeviceUnreachable):
                        return before, gone, (await bus.exchange(read(12))).registers
                    await asyncio.sleep(0.01)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            wire.close()

    before, gone, after = asyncio.run(main())
    assert (before, after) == ((7,), (99,))
    assert "cannot be opened" in gone[-1]


def test_a_missing_serial_port_is_unreachable_and_names_the_path(tmp_path):
    async def main():
        settings = RtuSettings(kind="rtu", port=str(tmp_path / "absent"))
        loop = asyncio.get_running_loop()
        bus = ModbusBus(name="line", settings=settings, now_ns=lambda: int(loop.time() * 1e9))
        task = asyncio.create_task(bus.run())
        try:
            await bus.exchange(read(10))
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    with pytest.raises(DeviceUnreachable, match=r"absent.*Check"):
        asyncio.run(main())
