"""How long a lane takes from an interlock that opens to the frame that withdraws the permit.

The whole lane on virtual time, with real drivers on wires in memory. Only the safety controller
sees this interlock open (its zone sensor fails its own test): the permit board, which has contacts
of its own for the others, cannot speak first.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from edge.core.lane import LaneState
from firmware_bridge.frames import Parser
from firmware_bridge.words import Command, Permit
from simulator.lane import Endpoint
from simulator.world.faults import Trouble
from simulator.world.run import Plan
from simulator.world.seeded import run_plan
from tests.simulation.full_lane import POLL_MS, WireFit, Wreckers, lane_folder
from tests.unit.simulator.lane_kit import SAFETY

SAFETY_MS = 47
"""50 in config/lanes/cargo.toml; no multiple of the controller's own 10 ms, so that polls meet its
cycle at every moment."""
BOUND_MS = SAFETY_MS + 20
PHASES = 10
HOURS = 0.12
LOOK_S = 0.02
OPEN_S = 1.0


class Tap:
    """An end of a wire that tells what comes, before it hands it on."""

    def __init__(self, end: Endpoint, heard: Callable[[bytes], None]) -> None:
        self._end = end
        self._heard = heard

    @property
    def broken(self) -> bool:
        return bool(getattr(self._end, "broken", False))

    def receive(self, data: bytes, now_ms: int) -> bytes:
        self._heard(data)
        return self._end.receive(data, now_ms)

    def poll(self, now_ms: int) -> bytes:
        return self._end.poll(now_ms)


class Openings(Wreckers):
    """Opens the interlock in every scan, each time at another moment after a poll."""

    all: ClassVar[list["Openings"]] = []

    def __init__(self, *parts: object) -> None:
        super().__init__(*parts)
        self.reactions_ms: list[float] = []
        self._polled = asyncio.Event()
        self._withdrawn: asyncio.Future[float] | None = None
        self._frames = Parser()
        lane = self._place.lane
        for wire, factory in list(lane.tcp.items()):  # a serial wire is named by its host here
            if wire.host == "board":
                lane.tcp[wire] = self._tapped(factory, self._to_board)
            elif wire == SAFETY:
                lane.tcp[wire] = self._tapped(factory, lambda _data: self._polled.set())
        self.all.append(self)

    @staticmethod
    def _tapped(
        factory: Callable[[], Endpoint], heard: Callable[[bytes], None]
    ) -> Callable[[], Endpoint]:
        return lambda: Tap(factory(), heard)

    def _to_board(self, data: bytes) -> None:
        for frame in self._frames.feed(data):
            off = isinstance(frame, Permit) and frame.command is Command.OFF
            if off and self._withdrawn is not None and not self._withdrawn.done():
                self._withdrawn.set_result(self._loop.time())

    async def run(self, troubles: Sequence[Trouble]) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            if not self._is_scanning():
                continue
            # From the first question of a poll on, through the whole of its period.
            await asyncio.sleep(SAFETY_MS / 1000 / 2)
            self._polled.clear()
            await self._polled.wait()
            await asyncio.sleep(len(self.reactions_ms) % PHASES * SAFETY_MS / 1000 / PHASES)
            if self._is_scanning():
                await self._open()

    def _is_scanning(self) -> bool:
        self._place.sync()
        plant = self._place.plant
        scanning = self._logic.runner.state.lane is LaneState.SCANNING
        return scanning and plant.beam_on and plant.at_beam() is not None

    async def _open(self) -> None:
        self._withdrawn = self._loop.create_future()
        opened_s = self._loop.time()
        self._ask({"do": "damage", "what": "zone_selftest_failed", "on": True})
        withdrawn_s = await asyncio.wait_for(self._withdrawn, OPEN_S)
        self.reactions_ms.append((withdrawn_s - opened_s) * 1000)
        await asyncio.sleep(OPEN_S)
        self._ask({"do": "damage", "what": "zone_selftest_failed", "on": False})


def test_an_opened_interlock_withdraws_the_permit_within_a_poll_and_20_ms(tmp_path: Path) -> None:
    config = lane_folder(tmp_path, {**POLL_MS, "safety": SAFETY_MS})
    Openings.all.clear()
    result = run_plan(Plan(1, HOURS, 8.0, ()), tmp_path, config, WireFit(config, Openings))
    (openings,) = Openings.all
    reactions_ms = openings.reactions_ms
    assert result.problems == (), str(result)
    assert len(reactions_ms) >= PHASES
    assert max(reactions_ms) < BOUND_MS
    assert min(reactions_ms) > 0, "the permit was not withdrawn for what was opened"
    assert max(reactions_ms) > SAFETY_MS / 2, "every moment of a poll's period was tried"
