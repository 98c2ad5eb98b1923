"""One run of a lane on virtual time: real lane logic and journal, a hall, its people, the judges.

What the hall's devices are made of is handed in, so that plain ones and real drivers are judged by
the same oracles.
"""

import asyncio
import hashlib
import json
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from edge.control.actuators import Devices
from edge.control.binding import Shelf
from edge.control.lane_logic import LaneLogic, Recovered
from edge.core.faults import RANK, FaultClass, highest
from edge.core.lane import LaneState
from edge.core.missions import against
from edge.journal.entries import JournalEntry
from edge.journal.store import Journal
from edge.lane_file import load
from edge.law.case import LawData
from edge.law_tables import load_law
from edge.messages.manifest import Manifest
from edge.proofs import ProofBook
from simulator.hall.truth import Passage
from simulator.hall.units import Unit
from simulator.proofs import as_proven
from simulator.world.damage import Coverage
from simulator.world.faults import Trouble
from simulator.world.journal import SlowJournal
from simulator.world.oracles import unclosed, unwritten, wrongs
from simulator.world.papers import Coming, Forwarder
from simulator.world.people import Attendant, Officers, Place
from simulator.world.virtual_loop import START_S, VirtualClock, VirtualLoop

CALM_S = 300.0
"""After the last fault and the last arrival the lane has this long to come back to rest."""
TAKEN_BACK_S = 0.1
"""A unit whose corrected papers forbid the beam is dark this long after the lane has them."""
LAST_COMMIT_S = 2.0
MOST_AT_ENTRY = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is made of; printed with a failure, and enough to repeat it.

    Attributes:
        seed: of everything drawn.
        hours: for how long units come and things go wrong.
        mean_gap_s: mean time between two arrivals.
        troubles: the faults.
    """

    seed: int
    hours: float
    mean_gap_s: float
    troubles: tuple[Trouble, ...]

    @property
    def command(self) -> str:
        """The line that repeats the run."""
        return f"python -m simulator.world --seed {self.seed} --hours {self.hours:g}"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a run.

    Attributes:
        plan: what it was made of.
        problems: everything that is wrong; empty is good.
        digest: SHA-256 over all entries and the whole truth.
        virtual_s: virtual time it took.
        units: units that came.
        exposed: units the beam has hit.
        entries: journal entries written.
        coverage: faults by kind and lane state.
    """

    plan: Plan
    problems: tuple[str, ...]
    digest: str
    virtual_s: float
    units: int
    exposed: int
    entries: int
    coverage: Coverage

    def __str__(self) -> str:
        told = (
            f"seed {self.plan.seed}: {self.virtual_s:.0f} s, {self.units} units, "
            f"{self.exposed} exposed, {len(self.plan.troubles)} faults, {self.entries} entries, "
            f"{self.digest[:16]}"
        )
        if self.problems:
            told += "".join(f"\n  {problem}" for problem in self.problems)
            told += f"\n  again: {self.plan.command}"
        return told


class Sabotage(Protocol):
    """What makes the troubles of a schedule happen."""

    coverage: Coverage

    def dangerous(self) -> bool:
        """Whether people are in the way just now."""

    async def run(self, troubles: Sequence[Trouble]) -> None:
        """Let everything happen at its time."""


Run = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A hall with its devices attached to the lane logic.

    Attributes:
        place: the hall.
        devices: what the lane logic acts on.
        runs: what keeps the devices running.
        sabotage: what can break them.
    """

    place: Place
    devices: Devices
    runs: tuple[Run, ...]
    sabotage: Sabotage


Fit = Callable[[LaneLogic, VirtualLoop, VirtualClock, SlowJournal], Fitted]
"""Makes the hall and its devices for a lane logic: plain ones here, real drivers elsewhere."""


@cache
def _law(folder: Path) -> LawData:
    """The tables and lexica of a folder, read once for all runs."""
    law, mistakes = load_law(folder, lambda _file, _data: True)
    assert not mistakes, mistakes
    return law


class World:
    """The hall, the lane logic and the people of one run."""

    def __init__(
        self, plan: Plan, journal: Journal, loop: VirtualLoop, config: Path, fit: Fit
    ) -> None:
        self._plan = plan
        self._loop = loop
        self._clock = clock = VirtualClock(loop)
        self._random = random.Random(f"arrivals {plan.seed}")
        self._problems: list[str] = []
        self._digest = hashlib.sha256()
        self._units = 0
        lane = load(config / "lanes" / "cargo.toml")
        law = _law(config / "law")
        self.journal = SlowJournal(journal, clock.monotonic_ns)
        self.forwarder = Forwarder(plan.seed, lane.lane.id)
        self.logic = LaneLogic(
            lane,
            journal=self.journal,
            recovered=Recovered(1, ()),
            manifests=Shelf(self.forwarder.find, self.forwarder.by_id),
            law=law,
            clock=clock,
            archive=Path("archive"),
            proofs=ProofBook(lane, as_proven(lane, clock.utc())),
            on_events=lambda: None,
            on_entries=self._told,
        )
        self._fitted = fit(self.logic, loop, clock, self.journal)
        self.logic.attach(self._fitted.devices)
        self.place = self._fitted.place
        self.attendant = Attendant(self.place, self.logic, self._fitted.sabotage.dangerous)
        self.officers = Officers(plan.seed, self.logic, self._may_scan, self._own_manifest)

    async def run(self) -> Result:
        """Run to the end and judge. A task of the lane that ends by itself ends the run."""
        runs = (self.logic.run, self.attendant.run, *self._fitted.runs)
        endless = [asyncio.create_task(run()) for run in runs]
        troubles = asyncio.create_task(self._fitted.sabotage.run(self._plan.troubles))
        bring = asyncio.create_task(self._bring_units())
        try:
            await asyncio.wait((bring, *endless), return_when=asyncio.FIRST_COMPLETED)
            await self._until_calm(endless)
            for task in (troubles, bring, *endless):
                if task.done():
                    task.result()
        finally:
            for task in (bring, troubles, *reversed(endless)):
                task.cancel()
            await asyncio.gather(bring, troubles, *endless, return_exceptions=True)
        return self._judged()

    async def _until_calm(self, endless: Sequence[asyncio.Task[None]]) -> None:
        waited_s = 0.0
        while not self._is_calm() and waited_s < CALM_S:
            if any(task.done() for task in endless):
                return
            await asyncio.sleep(1.0)
            waited_s += 1.0
        await asyncio.sleep(LAST_COMMIT_S)
        if not self._is_calm():
            state = self.logic.runner.state
            self._problems.append(
                f"liveness: {CALM_S:.0f} s after the last fault the lane is {state.lane.value}, "
                f"faults {[active.fault.value for active in state.faults]}, "
                f"against {[reason.row for reason in against(state)]}, "
                f"inspections {[(each.token, each.state.value) for each in state.inspections]}, "
                f"{len(self.place.plant.present())} units inside, "
                f"tracking {state.tracking.certainty.value}, detector armed {state.detector_armed}"
            )

    async def _bring_units(self) -> None:
        end_s = self._loop.time() + self._plan.hours * 3600
        while True:
            gap_s = self._random.expovariate(1 / self._plan.mean_gap_s)
            if self._loop.time() + gap_s >= end_s:
                await asyncio.sleep(end_s - self._loop.time())
                return
            await asyncio.sleep(gap_s)
            self.place.sync()
            if self.place.plant.waiting() < MOST_AT_ENTRY:
                self._arrive(self.forwarder.next(self._clock.utc()))

    def _arrive(self, coming: Coming) -> None:
        self._units += 1
        if coming.manifest is not None:
            self.forwarder.deliver(coming.manifest)
        if coming.later is not None:
            self._loop.call_later(coming.later_ms / 1000, self._correct, coming.unit, coming.later)
        assert self.place.plant.arrive(coming.unit)

    def _correct(self, unit: Unit, manifest: Manifest) -> None:
        """A manifest comes late: known to the lane once it is on disk."""
        body = {"id": manifest.id, "version": manifest.version}
        committed = self.logic.recorder.write("manifest.received", None, body)
        forbids = manifest.version > 1

        def known() -> None:
            self.forwarder.deliver(manifest)
            self.logic.gate.manifest_arrived(manifest)
            if forbids:
                self._loop.call_later(TAKEN_BACK_S, self._must_be_dark, unit)

        committed.add_done_callback(lambda _: self._loop.call_soon(known))

    def _must_be_dark(self, unit: Unit) -> None:
        self.place.sync()
        exposed_ms = self._exposure_ms(unit)
        self._loop.call_later(30.0, self._was_dark, unit, exposed_ms)

    def _was_dark(self, unit: Unit, exposed_ms: int) -> None:
        self.place.sync()
        more_ms = self._exposure_ms(unit) - exposed_ms
        if more_ms > 0:
            self._problems.append(
                f"truth: {unit.unit_id} exposed for {more_ms} ms after its papers forbade it"
            )

    def _exposure_ms(self, unit: Unit) -> int:
        return sum(
            passage.exposure_ms
            for passage in self._passages()
            if passage.unit.unit_id == unit.unit_id
        )

    def _passages(self) -> Sequence[Passage]:
        plant = self.place.plant
        return (*plant.record.passages, *plant.present())

    def _may_scan(self) -> bool:
        unit = self.place.plant.at_entry()
        if unit is None or not unit.may_be_scanned:
            return False
        known = self.forwarder.find("qr", unit.qr)
        return not known or known[0].version == 1

    def _own_manifest(self) -> str:
        unit = self.place.plant.at_entry()
        known = self.forwarder.find("qr", unit.qr) if unit is not None else ()
        return known[0].id if known else ""

    def _is_calm(self) -> bool:
        state = self.logic.runner.state
        stopped = RANK[highest(state.faults)] >= RANK[FaultClass.NO_ENTRY]
        here = self.place.plant.present() or self.place.plant.waiting() or state.inspections
        return state.lane is LaneState.READY and not stopped and not here

    def _told(self, entries: Sequence[JournalEntry]) -> None:
        for entry in entries:
            told = (entry.kind, entry.inspection_id, entry.utc, entry.monotonic_ns, entry.body)
            self._digest.update(json.dumps(told, sort_keys=True, default=str).encode())
        self.officers.told(entries)

    def _judged(self) -> Result:
        record, commits = self.place.plant.record, self.journal.commits
        problems = [*wrongs(record), *unwritten(record, commits), *self._problems]
        if not self._problems:
            problems.extend(unclosed(commits))
        for told in (record.violations, record.relay, record.hv, record.beam, record.passages):
            self._digest.update(repr(told).encode())
        return Result(
            plan=self._plan,
            problems=tuple(problems),
            digest=self._digest.hexdigest(),
            virtual_s=self._loop.time() - START_S,
            units=self._units,
            exposed=sum(passage.exposure_ms > 0 for passage in self._passages()),
            entries=len(commits),
            coverage=self._fitted.sabotage.coverage,
        )
