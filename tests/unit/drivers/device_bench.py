"""One driver on one bus with one fake slave, on virtual time."""

import asyncio
import contextlib
from pathlib import Path

from drivers.device_map import load_device_map
from drivers.device_map_model import DeviceMap
from drivers.modbus import ModbusBus
from drivers.modbus_settings import RtuSettings, TcpSettings
from tests.unit.drivers.fake_modbus import FakeSlave, Recorder
from tests.unit.drivers.virtual_loop import run_virtual

PORT = 1502
MAPS = Path(__file__).parents[3] / "config" / "devices"


def shipped_map(kind: str) -> DeviceMap:
    loaded = load_device_map(MAPS / f"{kind}.toml")
    assert isinstance(loaded, DeviceMap), loaded
    return loaded


class Bench:
    """What a test holds while its driver runs."""

    def __init__(self, device, sink: Recorder, loop) -> None:
        self.device = device
        self.sink = sink
        self.loop = loop
        self.alive = True
        self.task: asyncio.Task | None = None

    async def cancel(self) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


def run_device(slave: FakeSlave, driver, settings, kind: str, main, device_map=None):
    """Run ``main(bench)`` beside the driver; the device is cancelled before its bus."""
    if slave.tcp:
        line = TcpSettings(kind="tcp", host="plc", port=PORT)
    else:
        line = RtuSettings(kind="rtu", port=f"socket://line:{PORT}")

    async def run(loop):
        sink = Recorder()
        bus = ModbusBus(name="line", settings=line, now_ns=loop.now_ns)
        bench = Bench(None, sink, loop)
        bench.device = driver(
            name="dev",
            settings=settings,
            sink=sink,
            alive=lambda: bench.alive,
            now_ns=loop.now_ns,
            bus=bus,
            device_map=device_map or shipped_map(kind),
        )
        bus_task = asyncio.create_task(bus.run())
        bench.task = asyncio.create_task(bench.device.run())
        try:
            return await main(bench)
        finally:
            await bench.cancel()
            bus_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await bus_task

    return run_virtual({PORT: slave}, run)
