"""One lane that lives through some cells of the matrix, one by one, and tells what it saw."""

import asyncio
import random
import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edge.core.inspection import InspectionState
from edge.core.lane import PREPARED, LaneState
from edge.journal.entries import JournalEntry
from edge.journal.store import Journal
from simulator.hall.truth import Span
from simulator.hall.units import Cargo, GoodsLine
from simulator.world.journal import COMMIT_S
from simulator.world.oracles import unwritten, wrongs
from simulator.world.seeded import KEY, shipped_config
from simulator.world.virtual_loop import VirtualClock, VirtualLoop, run_virtual
from tests.matrix.bench import Bench
from tests.matrix.cells import Cell, Stage
from tests.matrix.hands import Hands, NotReached

REACH_S, SCAN_S = 60.0, 45.0
AFTER_S = 0.8
INTENT_COMMIT_S = 0.1
"""A disk so slow that a fault can meet the lane while the intent is being written."""
JITTER_MS = 90
GAUGE_POLL_MS = 300
_LANE = {stage: LaneState(stage.value) for stage in Stage if stage is not Stage.IDENTIFYING}
_BEAM_STAGES = (Stage.ADMITTING, Stage.INTENT, Stage.SCANNING)


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of one cell, as the hall and the journal tell it.

    Attributes:
        cell: the cell.
        begun_ms: when the fault was put on the wire.
        ended_ms: when it no longer stood.
        beam: whether relay or high voltage was on when it began.
        safe_ms: from its beginning to relay open and high voltage off for good; None where no beam
            was on while it stood, and where the scan came to its own end.
        codes: faults raised while it stood and just after, in their order.
        own: those of them whose entry names the device.
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
    own: tuple[str, ...] = ()
    reason: str = ""
    completed: bool = False
    beams: tuple[Span, ...] = ()
    problems: tuple[str, ...] = ()


class Life:
    """One lane and whoever works at it."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._hands = Hands(bench)

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
        await self._hands.turn_key()
        await self._hands.come_back()
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
            await self._hands.come_back()
        except NotReached as error:
            problems.append(str(error))
        assert len(bench.plant.record.relay) >= relays
        return replace(seen, problems=tuple(problems))

    # The stages -------------------------------------------------------------------------------

    async def _reach(self, stage: Stage) -> None:
        await _STAGES[stage](self)
        await self._hands.until(lambda: self._is_at(stage), REACH_S, f"lane is never {stage.value}")

    def _is_at(self, stage: Stage) -> bool:
        state = self._hands.state
        if stage is Stage.IDENTIFYING:
            return any(one.state is InspectionState.IDENTIFYING for one in state.inspections)
        if stage is Stage.SCANNING and not self._bench.plant.hv_on:
            return False
        return state.lane is _LANE[stage]

    async def nothing(self) -> None:
        """Stay as it is."""

    async def bring(self) -> None:
        """Let a unit come that is to be scanned."""
        self._hands.arrive(Cargo.GENERAL, GoodsLine("6403 91 160 0", "footwear"))

    async def bring_slowly_written(self) -> None:
        """The same, with a disk that takes its time over the intent."""
        await self.bring()
        await self._hands.until(
            lambda: self._is_at(Stage.ADMITTING), REACH_S, "no unit is admitted"
        )
        self._bench.journal.commit_s = INTENT_COMMIT_S

    async def bring_exempt(self) -> None:
        """Let a unit come that passes without beam."""
        self._hands.arrive(Cargo.LIVE_FISH, GoodsLine("0301 99 181 0", "молодь осетровых живая"))

    async def abort_scan(self) -> None:
        """Let an officer end a scan."""
        await self.bring()
        await self._hands.until(lambda: self._is_at(Stage.SCANNING), REACH_S, "no scan begins")
        self._hands.abort()

    async def scan_and_conclude(self) -> None:
        """Let a unit be scanned and an outcome be given, so that it is released."""
        await self.bring()
        await self._hands.until(self._hands.conclude, REACH_S + SCAN_S, "no outcome can be given")

    async def trip_drive(self) -> None:
        """Let the drive trip, which holds the lane."""
        self._bench.do(do="drive_fault")

    async def press_estop(self) -> None:
        """Press the emergency stop."""
        self._bench.do(do="estop")

    async def lose_track(self) -> None:
        """Let a sensor contradict itself and the door stand open: the lane has to prove itself."""
        self._bench.do(do="door", on=True)
        await self._hands.contradict()
        if self._is_at(Stage.HELD):
            self._hands.ack()

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
            await self._hands.until(
                lambda: self._hands.state.lane not in PREPARED, SCAN_S, "no end of a scan"
            )
            await asyncio.sleep(AFTER_S)
        bench.journal.commit_s = COMMIT_S
        bench.sync()
        entries = bench.entries[first:]
        beams = _beams(bench, begun_ms)
        left = [one for one in entries if one.kind == "scan.not_completed"]
        completed = not left and any(one.kind == "scan.ended" for one in entries)
        ended_ms = begun_ms + stands_ms
        lit = [span.end_ms - begun_ms for span in beams if span.start_ms < ended_ms]
        return Seen(
            cell=cell,
            begun_ms=begun_ms,
            ended_ms=ended_ms,
            beam=beam,
            safe_ms=max(lit, default=0) if (beam or lit) and not completed else None,
            codes=_codes(entries),
            own=_codes([one for one in entries if one.body.get("device") == cell.device]),
            reason=str(left[0].body.get("cause", "")) if left else "",
            completed=completed,
            beams=beams,
        )


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


def _codes(entries: Sequence[JournalEntry]) -> tuple[str, ...]:
    causes = [str(one.body["cause"]) for one in entries if one.kind == "fault.raised"]
    return tuple(dict.fromkeys(causes))


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
