"""One lane that lives through some cells of the matrix, one by one, and tells what it saw."""

import asyncio
import random
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.control.acts import Actor
from edge.core.faults import Fault
from edge.core.inspection import InspectionState
from edge.core.lane import DRIVING, PREPARED, STOPPED, LaneState
from edge.core.state import Freshness, State
from edge.core.tracking import Certainty
from edge.errors import CommandRefused
from edge.journal.store import Journal
from simulator.hall.plant import TUNNEL_IN_MM, Key
from simulator.hall.truth import Span
from simulator.hall.units import Cargo, GoodsLine, Unit
from simulator.world.journal import COMMIT_S
from simulator.world.oracles import unwritten, wrongs
from simulator.world.seeded import KEY, shipped_config
from simulator.world.virtual_loop import VirtualClock, VirtualLoop, run_virtual
from tests.matrix.bench import Bench
from tests.matrix.cells import Cell, Stage

LOOK_S, ROUND_S = 0.02, 0.2
HAND_S = 0.4
"""How long a person holds a button, a key or a door."""
REACH_S, SCAN_S, BACK_S = 60.0, 45.0, 90.0
AFTER_S = 0.8
INTENT_COMMIT_S = 0.1
"""A disk so slow that a fault can meet the lane while the intent is being written."""
JITTER_MS = 90
LENGTH_MM = 500
GAUGE_POLL_MS = 300
_LANE = {stage: LaneState(stage.value) for stage in Stage if stage is not Stage.IDENTIFYING}
_BEAM_STAGES = (Stage.ADMITTING, Stage.INTENT, Stage.SCANNING)
_TAKEN_AWAY = frozenset({InspectionState.TURNING_AWAY, InspectionState.NOT_COMPLETED})
_RESET_BY_ACK = frozenset({Fault.CONVEYOR_FAULT, Fault.SOURCE_FAULT})


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of one cell, as the hall and the journal tell it.

    Attributes:
        cell: the cell.
        begun_ms: when the fault was put on the wire.
        ended_ms: when it no longer stood.
        beam: whether relay or high voltage was on when it began.
        safe_ms: from its beginning to relay open and high voltage off for good; None without beam.
        codes: faults raised while it stood and just after, in their order.
        reason: why a scan or a mission was given up, empty when none was.
        completed: whether a scan came to its own end in that time.
        beams: when relay or high voltage was on after the beginning.
        problems: what the oracles say, or what was not reached.
    """

    cell: Cell
    begun_ms: int = 0
    ended_ms: int = 0
    beam: bool = False
    safe_ms: int | None = None
    codes: tuple[str, ...] = ()
    reason: str = ""
    completed: bool = False
    beams: tuple[Span, ...] = ()
    problems: tuple[str, ...] = ()


class NotReached(Exception):
    """The lane did not come where a cell begins, or not back."""


class Life:
    """One lane and whoever works at it."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._units = 0
        self._logic = bench.logic
        self._oms = Actor(bench.logic.officers.by_signature("oms-sim"))
        self._oac = Actor(bench.logic.officers.by_signature("oac-sim"))

    async def live(self, cells: Sequence[Cell]) -> list[Seen]:
        """Live through the cells."""
        tasks = self._bench.start()
        try:
            work = asyncio.create_task(self._all(cells))
            await asyncio.wait([work, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
            return await work
        finally:
            for task in reversed(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._bench.close()

    async def _all(self, cells: Sequence[Cell]) -> list[Seen]:
        await asyncio.sleep(1.0)
        await self._turn_key()
        await self._come_back()
        return [await self._one(cell) for cell in cells]

    async def _one(self, cell: Cell) -> Seen:
        bench = self._bench
        told = len(bench.plant.record.violations)
        relays = len(bench.plant.record.relay)
        try:
            await self._reach(cell.stage)
            seen = await self._suffer(cell)
        except NotReached as error:
            seen = Seen(cell, problems=(str(error),))
        problems = [*seen.problems, *wrongs(bench.plant.record)[told:]]
        problems += unwritten(bench.plant.record, bench.journal.commits)[:1]
        try:
            await self._come_back()
        except NotReached as error:
            problems.append(str(error))
        assert len(bench.plant.record.relay) >= relays
        return _with(seen, tuple(problems))

    # The stages -------------------------------------------------------------------------------

    @property
    def _state(self) -> State:
        return self._logic.runner.state

    async def _reach(self, stage: Stage) -> None:
        await _STAGES[stage](self)
        await self._until(lambda: self._is_at(stage), REACH_S, f"lane is never {stage.value}")

    def _is_at(self, stage: Stage) -> bool:
        state = self._state
        if stage is Stage.IDENTIFYING:
            return any(one.state is InspectionState.IDENTIFYING for one in state.inspections)
        if stage is Stage.SCANNING and not self._bench.plant.hv_on:
            return False
        return state.lane is _LANE[stage]

    async def nothing(self) -> None:
        """Stay as it is."""

    async def bring(self) -> None:
        """Let a unit come that is to be scanned."""
        self._arrive(Cargo.GENERAL, GoodsLine("6403 91 160 0", "footwear"))

    async def bring_slowly_written(self) -> None:
        """The same, with a disk that takes its time over the intent."""
        await self.bring()
        await self._until(lambda: self._is_at(Stage.ADMITTING), REACH_S, "no unit is admitted")
        self._bench.journal.commit_s = INTENT_COMMIT_S

    async def bring_exempt(self) -> None:
        """Let a unit come that passes without beam."""
        self._arrive(Cargo.LIVE_FISH, GoodsLine("0301 99 181 0", "молодь осетровых живая"))

    async def abort_scan(self) -> None:
        """Let an officer end a scan."""
        await self.bring()
        await self._until(lambda: self._is_at(Stage.SCANNING), REACH_S, "no scan begins")
        case = self._logic.book.find(self._state.mission)
        assert case is not None
        self._logic.acts.abort(self._oac, inspection_id=case.inspection_id, reason="a trial")

    async def scan_and_conclude(self) -> None:
        """Let a unit be scanned and an outcome be given, so that it is released."""
        await self.bring()
        await self._until(self._conclude, REACH_S + SCAN_S, "no outcome can be given")

    async def trip_drive(self) -> None:
        """Let the drive trip, which holds the lane."""
        self._bench.do(do="drive_fault")

    async def press_estop(self) -> None:
        """Press the emergency stop."""
        self._bench.do(do="estop")

    async def lose_track(self) -> None:
        """Let a sensor contradict itself and the door stand open: the lane has to prove itself."""
        self._bench.do(do="door", on=True)
        self._bench.do(do="sensor", spot="presence_exit", sees="neither")
        await asyncio.sleep(HAND_S)
        self._bench.do(do="sensor", spot="presence_exit")
        if self._is_at(Stage.HELD):
            self._logic.acts.ack(self._oms)

    def _arrive(self, cargo: Cargo, goods: GoodsLine) -> None:
        self._units += 1
        name = f"MX-{self._units:05d}"
        unit = Unit(
            name, LENGTH_MM, qr=name, label=name, cargo=cargo, goods=(goods,),
            may_be_scanned=cargo is Cargo.GENERAL,
        )  # fmt: skip
        self._bench.sync()
        self._bench.forwarder.deliver(
            self._bench.forwarder._manifest(unit, self._bench.clock.utc())
        )
        assert self._bench.plant.arrive(unit)

    def _conclude(self) -> bool:
        for inspection in self._state.inspections:
            case = self._logic.book.find(inspection.token)
            if inspection.state is InspectionState.ANALYSIS and case is not None:
                try:
                    self._logic.acts.outcome(
                        self._oac, inspection_id=case.inspection_id, suspicion=False, agrees=True,
                        note="seen",
                    )  # fmt: skip
                except CommandRefused:
                    continue
                return True
        return False

    # The fault --------------------------------------------------------------------------------

    async def _suffer(self, cell: Cell) -> Seen:
        bench, kind = self._bench, cell.kind
        jitter = random.Random(str(cell)).randrange(JITTER_MS)
        if cell.stage is Stage.SCANNING:
            # Against the polls at every phase; the other stages may be over in so long.
            await asyncio.sleep(jitter / 1000)
        begun_ms = self._bench.sync()
        bench.sim.advance(begun_ms)
        first = len(bench.entries)
        plant = bench.plant
        beam = plant.actuators.relay_closed or plant.hv_on
        stands_ms = kind.fault.amount if kind.fault.harm.value == "power_cycle" else kind.for_ms
        bench.desk.set(cell.device, kind.fault, stands_ms)
        await asyncio.sleep(stands_ms / 1000 + AFTER_S)
        if cell.stage in _BEAM_STAGES:
            await self._until(lambda: self._state.lane not in PREPARED, SCAN_S, "no end of a scan")
            await asyncio.sleep(AFTER_S)
        bench.journal.commit_s = COMMIT_S
        bench.sync()
        entries = bench.entries[first:]
        beams = _beams(bench, begun_ms)
        left = [one for one in entries if one.kind == "scan.not_completed"]
        completed = not left and any(one.kind == "image.stored" for one in entries)
        running = [span for span in beams if span.start_ms <= begun_ms]
        safe_ms = max((span.end_ms - begun_ms for span in running), default=0)
        return Seen(
            cell=cell,
            begun_ms=begun_ms,
            ended_ms=begun_ms + stands_ms,
            beam=beam,
            safe_ms=safe_ms if beam and not completed else None,
            codes=_codes(entries),
            reason=str(left[0].body.get("cause", "")) if left else "",
            completed=completed,
            beams=beams,
        )

    # People -----------------------------------------------------------------------------------

    async def _come_back(self) -> None:
        """Do what stands in the remedies until the lane is ready, whole and empty."""
        bench = self._bench
        bench.desk.clear()
        bench.do(do="repair")
        bench.do(do="estop_release")
        waited_s = 0.0
        while not self._is_calm():
            await self._mend()
            await asyncio.sleep(ROUND_S)
            waited_s += ROUND_S
            if waited_s > BACK_S:
                raise NotReached(self._plight())
        await asyncio.sleep(HAND_S)

    def _is_calm(self) -> bool:
        state, plant = self._state, self._bench.plant
        here = plant.present() or plant.waiting() or state.inspections
        rows = self._logic.supervisor.inputs()
        well = all(getattr(rows, row).value == "ok" for row in ("source", "detector", "board"))
        return state.lane is LaneState.READY and not here and not state.faults and well

    def _plight(self) -> str:
        state = self._state
        return (
            f"liveness: after {BACK_S:.0f} s the lane is {state.lane.value}, faults "
            f"{[one.fault.value for one in state.faults]}, inspections "
            f"{[one.state.value for one in state.inspections]}, {self._logic.supervisor.inputs()}"
        )

    async def _mend(self) -> None:
        bench, state = self._bench, self._state
        bench.sync()
        self._conclude()
        if state.lane is LaneState.TRIPPED:
            await self._reset()
        if state.lane in STOPPED or any(
            active.fault in _RESET_BY_ACK or not active.present for active in state.faults
        ):
            self._logic.acts.ack(self._oms)
        board = self._logic.supervisor.board
        if not self._stands():
            return
        self._take_away()
        if state.tracking.certainty is not Certainty.TRACKED:
            bench.plant.clear()
            await self._search()
        elif (
            not bench.plant.secured
            or bench.plant.people.doors_open
            or (state.secured is not Freshness.FRESH and state.lane not in DRIVING)
        ):
            await self._search()
        elif board is not None and board.session and board.key_edges == 0:
            await self._turn_key()

    def _take_away(self) -> None:
        state = self._state
        if state.lane in DRIVING or state.lane in PREPARED:
            return
        at_entry = [one for one in state.inspections if one.token == state.tracking.entry]
        if any(one.state in _TAKEN_AWAY for one in at_entry) or state.lane in STOPPED:
            self._bench.plant.take_away(TUNNEL_IN_MM - 1)

    def _stands(self) -> bool:
        return self._bench.sim.is_at_rest and not self._bench.plant.beam_on

    async def _reset(self) -> None:
        await self._turn_key()
        self._bench.do(do="reset")
        await asyncio.sleep(HAND_S)
        await self._search()

    async def _turn_key(self) -> None:
        people = self._bench.plant.people
        people.key = Key.OFF
        await asyncio.sleep(HAND_S)
        self._bench.sync()
        people.key = Key.ON

    async def _search(self) -> None:
        people = self._bench.plant.people
        people.doors_open = True
        await asyncio.sleep(HAND_S)
        self._bench.sync()
        people.doors_open = False
        self._bench.plant.press_secure()

    async def _until(self, fact: Callable[[], bool], seconds: float, what: str) -> None:
        waited_s = 0.0
        while not fact():
            await asyncio.sleep(LOOK_S)
            self._bench.sync()
            waited_s += LOOK_S
            if waited_s > seconds:
                raise NotReached(f"{what}: {self._plight()}")


_STAGES = {
    Stage.PROVING: Life.lose_track,
    Stage.READY: Life.nothing,
    Stage.IDENTIFYING: Life.bring,
    Stage.ARMING: Life.bring,
    Stage.WARNING: Life.bring,
    Stage.ADMITTING: Life.bring,
    Stage.INTENT: Life.bring_slowly_written,
    Stage.SCANNING: Life.bring,
    Stage.PASSING: Life.bring_exempt,
    Stage.CLEARING: Life.abort_scan,
    Stage.RELEASING: Life.scan_and_conclude,
    Stage.HELD: Life.trip_drive,
    Stage.TRIPPED: Life.press_estop,
}


def _beams(bench: Bench, since_ms: int) -> tuple[Span, ...]:
    """When the relay was closed or high voltage on, from a moment on."""
    record = bench.plant.record
    spans = [span for spans in (record.relay, record.hv) for span in spans]
    return tuple(span for span in spans if span.end_ms > since_ms)


def _codes(entries: Sequence[object]) -> tuple[str, ...]:
    raised = [one for one in entries if getattr(one, "kind", "") == "fault.raised"]
    causes = [str(getattr(one, "body", {}).get("cause", "")) for one in raised]
    return tuple(dict.fromkeys(causes))


def _with(seen: Seen, problems: tuple[str, ...]) -> Seen:
    return Seen(
        seen.cell, seen.begun_ms, seen.ended_ms, seen.beam, seen.safe_ms, seen.codes, seen.reason,
        seen.completed, seen.beams, problems,
    )  # fmt: skip


def _config(folder: Path, lane_text: str | None) -> Path:
    """The shipped configuration with serial ports in memory, and gauges that are asked less often.

    What the beam rests on is polled as it is shipped.
    """
    config = folder / "config"
    shutil.copytree(shipped_config(), config)
    path = config / "lanes" / "cargo.toml"
    text = path.read_text(encoding="utf-8") if lane_text is None else lane_text
    text, found = re.subn(r'port = "wires/(\w+)"', r'port = "socket://\1:7000"', text)
    assert found
    for gauge in ("height", "width"):
        head = f"[devices.{gauge}]\n"
        assert head in text
        text = text.replace(head, f"{head}poll_ms = {GAUGE_POLL_MS}\n")
    path.write_text(text, encoding="utf-8")
    return config


def live(cells: Sequence[Cell], lane_text: str | None = None) -> list[Seen]:
    """Let one lane live through some cells, with its journal in memory where there is room.

    Args:
        cells: the cells, in their order.
        lane_text: another lane file than the shipped one.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        folder = Path(name)
        config = _config(folder, lane_text)

        async def main(loop: VirtualLoop) -> list[Seen]:
            clock = VirtualClock(loop)
            database = folder / "journal.db"
            journal = Journal.open(database, "kz-cargo-demo", KEY, clock=clock, inline=True)
            try:
                return await Life(Bench(loop, journal, config)).live(cells)
            finally:
                journal.close()

        return run_virtual(main)


def timed(cells: Sequence[Cell]) -> tuple[list[Seen], float]:
    """The same, with the CPU seconds it took."""
    began_s = time.process_time()
    return live(cells), time.process_time() - began_s
