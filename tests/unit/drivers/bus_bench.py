"""A Modbus bus beside a scripted slave, on virtual time; shared by the tests of the bus."""

import asyncio
import contextlib

from drivers.modbus import ModbusBus
from drivers.modbus_requests import Request
from drivers.modbus_settings import RtuSettings, TcpSettings
from tests.unit.drivers.fake_modbus import FakeSlave
from tests.unit.drivers.virtual_loop import run_virtual

PORT = 1502


def read(address: int, count: int = 1, *, function: int = 3, unit: int = 1, **more) -> Request:
    return Request("drive", f"read {address}", unit, function, address, count, **more)


def write(address: int, *values: int, **more) -> Request:
    return Request("drive", f"write {address}", 1, 16, address, len(values), values, **more)


def with_bus(slave: FakeSlave, main, **settings):
    """Run ``main(bus, loop)`` beside a running bus on virtual time."""
    if slave.tcp:
        made = TcpSettings(kind="tcp", host="plc", port=PORT, **settings)
    else:
        made = RtuSettings(kind="rtu", port=f"socket://line:{PORT}", **settings)

    async def run(loop):
        bus = ModbusBus(name="line", settings=made, now_ns=loop.now_ns)
        task = asyncio.create_task(bus.run())
        try:
            return await main(bus, loop)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    return run_virtual({PORT: slave}, run)
