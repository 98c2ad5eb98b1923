"""The whole lane on virtual time with a script beside it: what is done, and what must be seen."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge.control.acts import Actor
from edge.control.lane_logic import LaneLogic
from edge.core.faults import Fault
from edge.core.lane import LaneState
from simulator.hall.plant import Key
from simulator.hall.tube import Tube
from simulator.harness import Harness
from simulator.world.damage import Coverage
from simulator.world.faults import Trouble
from simulator.world.journal import SlowJournal
from simulator.world.run import Fit, Fitted, Plan, Result, Sabotage
from simulator.world.seeded import run_plan
from simulator.world.virtual_loop import START_S, VirtualClock, VirtualLoop
from tests.simulation.full_lane import SimPlace, WireFit

LOOK_S = 0.02


class Absent:
    """The sabotage of a lane whose attendant is away while a script says so."""

    def __init__(self, inner: Sabotage) -> None:
        self._inner = inner
        self.coverage: Coverage = inner.coverage
        self.away = False

    def dangerous(self) -> bool:
        return self.away or self._inner.dangerous()

    async def run(self, troubles: Sequence[Trouble]) -> None:
        await self._inner.run(troubles)


class Hand:
    """What a script has in its hand: the lane's logic, the hall, and its people."""

    def __init__(
        self, logic: LaneLogic, place: SimPlace, loop: VirtualLoop, people: Absent
    ) -> None:
        self.logic = logic
        self.place = place
        self.people = people
        self.seen: list[tuple[float, str]] = []
        self._loop = loop
        self._harness = Harness(place.lane)

    @property
    def now_s(self) -> float:
        return self._loop.time() - START_S

    @property
    def mode(self) -> LaneState:
        return self.logic.runner.state.lane

    @property
    def faults(self) -> set[Fault]:
        return {active.fault for active in self.logic.runner.state.faults}

    @property
    def tube(self) -> Tube:
        generator = self.place.lane.generator
        assert generator is not None
        return generator.tube

    def ask(self, **request: object) -> None:
        self.place.sync()
        answer = self._harness.handle(request)
        assert answer["ok"], (request, answer)

    def key(self, position: Key) -> None:
        self.place.sync()
        self.place.plant.people.key = position

    def officer(self) -> Actor:
        return Actor(self.logic.officers.by_signature("oms-sim"))

    async def until(self, fact: Callable[[], bool], seconds: float) -> None:
        deadline_s = self.now_s + seconds
        while not fact():
            assert self.now_s < deadline_s, self.logic.status()
            await asyncio.sleep(LOOK_S)


Script = Callable[[Hand], Coroutine[Any, Any, None]]


def run_script(plan: Plan, folder: Path, config: Path, script: Script) -> Result:
    """Run a plan with a script beside it; a script that breaks off fails the run."""
    ended: list[bool] = []

    def fit(
        logic: LaneLogic, loop: VirtualLoop, clock: VirtualClock, journal: SlowJournal
    ) -> Fitted:
        fitted = WireFit(config)(logic, loop, clock, journal)
        people = Absent(fitted.sabotage)
        assert isinstance(fitted.place, SimPlace)
        hand = Hand(logic, fitted.place, loop, people)

        async def beside() -> None:
            await script(hand)
            ended.append(True)
            await asyncio.Event().wait()

        return replace(fitted, runs=(*fitted.runs, beside), sabotage=people)

    made: Fit = fit
    result = run_plan(plan, folder, config, made)
    assert ended, "the script did not come to its end"
    return result


def changed(config: Path, *changes: tuple[str, str]) -> Path:
    """Change the text of the lane file; each old text stands there once."""
    path = config / "lanes" / "cargo.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return config
