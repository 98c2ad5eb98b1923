"""The truck lane on virtual time with the real drivers, and people who follow a script.

Everything but the image worker and headquarters is real: lane logic, journal, drivers, and the
devices of ``scanlane-sim`` on wires in memory.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from edge.clock import rfc3339
from edge.control.acts import Actor
from edge.control.binding import Shelf
from edge.control.lane_logic import LaneLogic, Recovered
from edge.core.inspection import InspectionState
from edge.core.lane import LaneState
from edge.core.missions import against
from edge.journal.entries import JournalEntry
from edge.journal.recovery import recover
from edge.journal.store import Journal
from edge.lane_file import load
from edge.law_tables import load_law
from edge.messages.manifest import Dimensions, GoodsLine, Identifiers, Manifest
from edge.proofs import ProofBook
from simulator.hall.plant import Key
from simulator.hall.truth import Passage, Record
from simulator.hall.units import Unit
from simulator.harness import Harness
from simulator.proofs import as_proven
from simulator.world.journal import SlowJournal
from simulator.world.seeded import KEY
from simulator.world.virtual_loop import VirtualClock, VirtualLoop, run_virtual
from tests.simulation.full_lane import SimPlace, WireFit, lane_folder

POLL_MS = {"safety": 90, "tow": 120, "linac": 150, "height": 300, "profiler": 300, "io": 100}
"""Slower than the drivers' own choice and inside what their settings and the lane's ages allow."""
GOODS = (GoodsLine(tnved_code="8418 10 200 1", description="fridges"),)
TRUCK = Unit("TRUCK", 16_500, 4000, 2550, qr="SL-1", label="777AAA02", mass_kg=38_000)
ROAD_TRAIN = Unit(
    "TRAIN", 25_250, 4000, 2550, qr="SL-2", label="778AAA02", mass_kg=44_000, may_be_scanned=False
)
LONGEST_LEGAL = Unit("LEGAL", 24_000, 4300, 2550, qr="SL-4", label="779AAA02", mass_kg=43_900)
"""A road train of 24 m with containers 4.3 m high (Order 342, as changed on 03.10.2024)."""
CAR = Unit("CAR", 4600, 1500, 1800, qr="SL-3", label="001AAA02", mass_kg=1800, may_be_scanned=False)

Fact = TypeVar("Fact")


class Stage:
    """The lane, its hall and its people, for a script to act on."""

    def __init__(self, folder: Path, loop: VirtualLoop, journal: Journal) -> None:
        config = lane_folder(folder, POLL_MS, "truck")
        self._clock = VirtualClock(loop)
        self._manifests: dict[tuple[str, str], Manifest] = {}
        self.entries: list[JournalEntry] = []
        law, mistakes = load_law(config / "law", lambda _file, _data: True)
        assert not mistakes
        slow = SlowJournal(journal, self._clock.monotonic_ns)
        lane = load(config / "lanes" / "truck.toml")
        self.logic = LaneLogic(
            lane,
            journal=slow,
            recovered=Recovered(1, ()),
            manifests=Shelf(self._find, self._by_id),
            law=law,
            proofs=ProofBook(lane, as_proven(lane, self._clock.utc())),
            clock=self._clock,
            archive=Path("archive"),
            on_events=lambda: None,
            on_entries=self.entries.extend,
        )
        self._fitted = WireFit(config, lane="truck")(self.logic, loop, self._clock, slow)
        self.logic.attach(self._fitted.devices)
        place = self._fitted.place
        assert isinstance(place, SimPlace)
        self.place = place
        self.plant = place.plant
        self.oms = Actor(self.logic.officers.by_signature("oms-sim"))
        self.oac = Actor(self.logic.officers.by_signature("oac-sim"))

    async def play(self, script: Callable[["Stage"], Awaitable[None]]) -> None:
        """Bring the lane into service, play, and end everything."""
        running = [asyncio.create_task(run()) for run in (self.logic.run, *self._fitted.runs)]
        try:
            await asyncio.sleep(2.0)
            self.plant.people.key = Key.ON
            assert self.plant.press_secure()
            await self.until(lambda: self.is_ready, "the lane is in service")
            await script(self)
            await asyncio.sleep(1.0)
            for task in running:
                assert not task.done(), task
        finally:
            for task in reversed(running):
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    # What is so -------------------------------------------------------------------------------

    @property
    def record(self) -> Record:
        """What really happened."""
        self.place.sync()
        return self.plant.record

    @property
    def is_ready(self) -> bool:
        """True while nothing but the warning and the unit stand against a beam."""
        state = self.logic.runner.state
        rows = {reason.row for reason in against(state)} - {"lamp", "horn", "belt"}
        return state.lane is LaneState.READY and not rows and not state.faults

    @property
    def faults(self) -> set[str]:
        """Codes of the active faults."""
        return {active.fault.value for active in self.logic.runner.state.faults}

    @property
    def against(self) -> set[str]:
        """Rows that stand against a beam."""
        return {reason.row for reason in against(self.logic.runner.state)}

    def is_lane(self, *states: LaneState) -> bool:
        """Whether the lane is in one of these states."""
        return self.logic.runner.state.lane in states

    def inspection(self, *states: InspectionState) -> str:
        """The newest inspection in one of these states, empty when there is none."""
        for one in reversed(self.logic.runner.state.inspections):
            case = self.logic.book.find(one.token)
            if case is not None and one.state in states:
                return case.inspection_id
        return ""

    def verdicts(self) -> list[tuple[str, list[str]]]:
        """Kind and rules of every verdict, as they were written."""
        found = []
        for entry in self.entries:
            if entry.kind == "verdict.given":
                verdict = entry.body["verdict"]
                assert isinstance(verdict, dict)
                rules = [str(one["rule"]) for one in verdict["reasons"]]
                found.append((str(verdict["verdict"]), rules))
        return found

    def ends(self) -> list[str]:
        """How each inspection was closed."""
        closed = [entry for entry in self.entries if entry.kind == "inspection.closed"]
        return [str(entry.body["end"]) for entry in closed]

    def passage(self, unit: Unit) -> Passage:
        """The stay of a unit, over or not."""
        self.place.sync()
        here = (*self.plant.record.passages, *self.plant.present())
        return next(one for one in here if one.unit.unit_id == unit.unit_id)

    async def until(self, fact: Callable[[], Fact], what: str, seconds: float = 200.0) -> Fact:
        """Wait until a fact holds."""
        for _ in range(round(seconds / 0.05)):
            self.place.sync()
            found = fact()
            if found:
                return found
            await asyncio.sleep(0.05)
        state = self.logic.runner.state
        raise AssertionError(
            f"not in {seconds:g} s: {what}; lane {state.lane.value}, faults {self.faults}, "
            f"against {self.against}, fronts {self.plant.fronts_mm()}, "
            f"verdicts {self.verdicts()}, last {[e.kind for e in self.entries[-8:]]}"
        )

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)
        self.place.sync()

    # What people do ---------------------------------------------------------------------------

    def declare(self, unit: Unit, *, private: bool = False) -> None:
        """Make a unit's papers known to the lane."""
        now = self._clock.utc()
        manifest = Manifest(
            id=f"M-{unit.unit_id}",
            version=1,
            lane="kz-truck-demo",
            direction="arrival",
            carrier="Carrier of the simulation",
            identifiers=Identifiers(qr=unit.qr or None, plate=unit.label),
            goods=() if private else GOODS,
            dimensions=Dimensions(length_mm=unit.length_mm, mass_kg=unit.mass_kg),
            private_vehicle=private,
            issued=rfc3339(now),
            valid_until=rfc3339(now + timedelta(days=1)),
        )
        for kind, text in (("qr", unit.qr), ("plate", unit.label)):
            if text:
                self._manifests[kind, text] = manifest

    def arrive(self, unit: Unit) -> None:
        """Let a vehicle drive up."""
        self.place.sync()
        assert self.plant.arrive(unit)

    def lose(self, device: str) -> None:
        """From now on every answer of a device's line is lost."""
        self._ask(do="line_fault", device=device, fault={"harm": "drop", "times": 0})

    def find(self) -> None:
        """Every line is well again."""
        self._ask(do="line_clear")

    def mains(self, *, on: bool) -> None:
        """Take the mains away or give them back."""
        self._ask(do="power", what="mains", on=on)

    def input(self, channel: str, *, on: bool) -> None:
        """Close or open a contact of the remote I/O."""
        self._ask(do="input", device="io", what=channel, on=on)

    def _ask(self, **request: object) -> None:
        self.place.sync()
        answer = Harness(self.place.lane).handle(request)
        assert answer["ok"], answer

    async def conclude(self) -> None:
        """Find nothing on the picture that is waiting; the vehicle goes."""
        waiting = await self.until(
            lambda: self.inspection(InspectionState.ANALYSIS), "an image waits"
        )
        self.logic.acts.outcome(
            self.oac, inspection_id=waiting, suspicion=False, agrees=True, note="nothing found"
        )
        await self.until(lambda: not self.plant.present(), "the vehicle is gone")

    def _find(self, kind: str, text: str) -> tuple[Manifest, ...]:
        found = self._manifests.get((kind, text))
        return () if found is None else (found,)

    def _by_id(self, manifest_id: str) -> tuple[Manifest, ...]:
        return tuple(
            {one.id: one for one in self._manifests.values() if one.id == manifest_id}.values()
        )


def play(folder: Path, script: Callable[[Stage], Awaitable[None]]) -> Stage:
    """Play a script on a fresh truck lane; afterwards its journal must verify."""

    async def main(loop: VirtualLoop) -> Stage:
        clock = VirtualClock(loop)
        journal = Journal.open(
            folder / "journal.db", "kz-truck-demo", KEY, clock=clock, inline=True
        )
        try:
            stage = Stage(folder, loop, journal)
            await stage.play(script)
            assert recover(journal, whole=True).sound
        finally:
            journal.close()
        return stage

    return run_virtual(main)
