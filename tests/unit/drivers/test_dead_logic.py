"""The first rule of every driver: while the lane logic is dead its line is silent.

Every kind of the registry is asked here, so that a new one cannot be forgotten. What a device does
in that silence is tested beside its driver.
"""

import asyncio
import contextlib
from pathlib import Path

import pytest

from drivers.kind import Surroundings
from drivers.registry import KINDS, build
from tests.unit.drivers.fake_modbus import Recorder
from tests.unit.drivers.test_registry import DEVICES, MAPS, OTHERS
from tests.unit.drivers.virtual_loop import VirtualLoop, run_virtual

PORT = 4001
SECTIONS = {str(section["kind"]): section for section in {**DEVICES, **OTHERS}.values()}
LISTENERS = {"reader", "toledo"}
"""They are asked nothing and speak by themselves."""


class Mute:
    """A far end that answers nothing, goes away and comes back."""

    def __init__(self) -> None:
        self.reachable = True
        self.heard: list[bytes] = []

    def receive(self, data: bytes) -> list[tuple[int, bytes]]:
        self.heard.append(data)
        return []


def heard(kind: str, folder: Path, *, from_the_start: bool) -> tuple[int, list[bytes]]:
    """Frames heard while the logic lived, and all that came while it was dead."""
    far, alive = Mute(), [True]
    section = dict(SECTIONS[kind])
    if "bus" in section:
        section["bus"] = "line"
    else:
        section["port"] = f"socket://it:{PORT}"
    bus = {"kind": "tcp", "host": "it", "port": PORT}

    async def main(loop: VirtualLoop) -> int:
        around = Surroundings(
            sink=Recorder(),
            alive=lambda: alive[0],
            now_ns=loop.now_ns,
            state_folder=folder,
            map_folder=MAPS,
            file="lane.toml",
        )
        built = build({"line": bus} if "bus" in section else {}, {"dev": section}, around)
        runs = [*(each.run for each in built.buses.values()), built.devices["dev"].run]
        alive[0] = not from_the_start
        tasks = [asyncio.create_task(run()) for run in runs]
        await asyncio.sleep(10)
        lived = len(far.heard)
        alive[0] = False
        # A poll that is under way may end, and a permit board is told OFF once.
        await asyncio.sleep(5)
        far.heard.clear()
        for _ in range(3):
            far.reachable = False
            for transport in loop.transports:
                transport.drop()
            await asyncio.sleep(3)
            far.reachable = True
            await asyncio.sleep(20)
        dead = list(far.heard)
        alive[0] = True
        await asyncio.sleep(10)
        assert (len(far.heard) > len(dead)) is (kind not in LISTENERS), "it speaks again"
        for task in reversed(tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        far.heard[:] = dead
        return lived

    return run_virtual({PORT: far}, main), far.heard


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_kind_sends_while_the_logic_is_dead_also_on_a_line_that_comes_back(
    kind: str, tmp_path: Path
) -> None:
    lived, dead = heard(kind, tmp_path, from_the_start=False)
    assert (lived > 0) is (kind not in LISTENERS)
    assert dead == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_kind_speaks_before_the_logic_lives(kind: str, tmp_path: Path) -> None:
    before, _ = heard(kind, tmp_path, from_the_start=True)
    # A board that may have been left armed is told OFF, or HELLO, which ends an arming.
    assert before <= (1 if kind == "permit_board" else 0)
