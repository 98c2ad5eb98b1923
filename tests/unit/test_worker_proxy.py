"""Rules of whose news the worker's news are: every scan hears of itself, and of no other."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge import ipc
from edge.clock import SystemClock
from edge.errors import ScanError
from edge.ports import Points, ScanOrder
from edge.worker_proxy import Callbacks, WorkerProxy

SCRIPTED = Path(__file__).with_name("scripted_worker.py")
CONFIGURE = ipc.Configure("127.0.0.1", 1, 1, 0, 1, "state", "scans", "demo", simulated=True)


@dataclass(slots=True)
class Control:
    """What control hears."""

    failed: list[ipc.ScanFailed] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    alive: asyncio.Event = field(default_factory=asyncio.Event)
    lost_once: asyncio.Event = field(default_factory=asyncio.Event)

    def deliver(self, points: Points, requested_ns: int) -> None:
        self.alive.set()

    def text(self, source: str, line: str, received_ns: int) -> None:
        raise AssertionError((source, line, received_ns))

    def lost(self, device: str, detail: str) -> None:
        self.losses.append(f"{device}: {detail}")
        self.lost_once.set()

    def back(self, device: str) -> None:
        raise AssertionError(device)


def _none(news: object) -> None:
    raise AssertionError(news)


def run(
    script: dict[int, list[str]], body: Callable[[WorkerProxy, Control], Awaitable[None]]
) -> Control:
    async def main() -> Control:
        control = Control()
        proxy = WorkerProxy(
            name="worker",
            configure=CONFIGURE,
            sink=control,
            callbacks=Callbacks(_none, _none, control.failed.append, _none),
            now_ns=SystemClock().monotonic_ns,
            command=(sys.executable, str(SCRIPTED), json.dumps(script)),
        )
        running = asyncio.create_task(proxy.run())
        try:
            async with asyncio.timeout(30):
                await control.alive.wait()
                await body(proxy, control)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        return control

    return asyncio.run(main())


def order(scan_id: int) -> ScanOrder:
    return ScanOrder(scan_id, f"I{scan_id}", f"scans/{scan_id}", {})


def test_the_arming_of_a_scan_that_was_given_up_arms_no_other() -> None:
    async def body(proxy: WorkerProxy, _control: Control) -> None:
        given_up = asyncio.create_task(proxy.arm(order(2)))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        await proxy.finish(complete=False, reason="cancelled")
        with pytest.raises(ScanError, match="busy"):
            await proxy.arm(order(3))

    run({2: [], 3: ["armed 2", "failed 3 busy"]}, body)


def test_a_package_that_fails_while_the_next_scan_is_armed_is_told_of_its_own_scan() -> None:
    async def body(proxy: WorkerProxy, _control: Control) -> None:
        await proxy.arm(order(1))
        await proxy.finish(complete=True, reason="scanned")
        await proxy.arm(order(2))

    control = run({1: ["armed 1"], 2: ["failed 1 disk full", "armed 2"]}, body)
    assert ipc.ScanFailed(1, "disk full") in control.failed


def test_a_worker_that_dies_fails_every_scan_it_still_owes() -> None:
    async def body(proxy: WorkerProxy, control: Control) -> None:
        await proxy.arm(order(1))
        await proxy.finish(complete=True, reason="scanned")
        with pytest.raises(ScanError, match="ended by itself"):
            await proxy.arm(order(2))
        await control.lost_once.wait()

    control = run({1: ["armed 1"], 2: ["die"]}, body)
    assert [one.scan_id for one in control.failed] == [1]
