"""One driver and one emulator of the simulator on a line of virtual time, both ends alive."""

import asyncio
import contextlib
from collections.abc import Callable

from simulator.lane import Endpoint
from tests.unit.drivers.fake_modbus import Recorder
from tests.unit.drivers.virtual_loop import run_virtual

PORT = 4001
WAY_MS = 3
"""From the emulator's answer to the driver, in two pieces."""
STEP_S = 0.005


class Listener(Recorder):
    """Remembers why a device was lost, too."""

    def __init__(self) -> None:
        super().__init__()
        self.details: list[str] = []

    def lost(self, device: str, detail: str) -> None:
        super().lost(device, detail)
        self.details.append(detail)


class Bench:
    """What a test holds while its driver runs."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.reachable = True
        self.heard: list[bytes] = []
        self.alive = True
        self.sink = Listener()
        self.spoil: Callable[[bytes], bytes] = lambda answer: answer
        self.loop = None
        self.device = None

    @property
    def now_ms(self) -> int:
        return round(self.loop.time() * 1000)

    def receive(self, data: bytes) -> list[tuple[int, bytes]]:
        self.heard.append(data)
        answer = self.spoil(self.endpoint.receive(data, self.now_ms))
        half = len(answer) // 2
        return [(WAY_MS, answer[:half]), (WAY_MS + 1, answer[half:])] if answer else []

    def unplug(self) -> None:
        self.reachable = False
        self.loop.transports[-1].drop()

    async def pump(self) -> None:
        """Let the emulator live, and say what it says unasked."""
        while True:
            await asyncio.sleep(STEP_S)
            data = self.endpoint.poll(self.now_ms)
            if hasattr(self.endpoint, "advance"):
                self.endpoint.advance(self.now_ms)
            if data and self.loop.transports:
                self.loop.transports[-1].deliver(data)


def run_emulated(endpoint: Endpoint, driver, settings_model, given, main):
    """Run ``main(bench)`` beside the driver named ``dev``."""
    bench = Bench(endpoint)

    async def run(loop):
        bench.loop = loop
        bench.device = driver(
            name="dev",
            settings=settings_model.model_validate({"port": f"socket://it:{PORT}", **given}),
            sink=bench.sink,
            alive=lambda: bench.alive,
            now_ns=loop.now_ns,
        )
        tasks = [asyncio.create_task(bench.pump()), asyncio.create_task(bench.device.run())]
        try:
            return await main(bench)
        finally:
            for task in reversed(tasks):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    run_virtual({PORT: bench}, run)
    return bench
