"""A lane logic with fake devices, a real journal and a hall of one unit, all in virtual time."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.clock import Clock
from edge.control.actuators import Devices
from edge.control.cases import StoredImage
from edge.control.lane_logic import LaneLogic, Recovered
from edge.core.values import Input, Presence
from edge.errors import JournalError
from edge.evidence.canonical import canonical
from edge.journal.entries import Also, Committed, JournalEntry, OutboxEvent
from edge.journal.recovery import recover
from edge.journal.store import Journal
from edge.messages.manifest import Manifest
from edge.ports import Belief, BoardReport, Point, ScanOrder
from edge.proofs import ProofBook
from edge.settings import LaneFile
from simulator.proofs import as_proven
from simulator.world.virtual_loop import VirtualClock, VirtualLoop, run_virtual
from tests.unit.control.kit import LANE, LAW, manifest, shelf

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
COMMIT_S = 0.003
STEP_S = 0.02
LENGTH_MM = 600
ZONES = {
    "entry": (-900, 200),
    "tunnel_in": (600, 600),
    "tunnel_out": (2400, 2400),
    "exit": (2700, 3900),
}
PERMISSIVE = frozenset(
    {"arm detector", "warning on", "arm board", "renew", "hv on", "open entry", "open exit"}
    | {"start belt"}
)
IMAGE = StoredImage("archive/x", "ab" * 32, 4711, 900, "")

Told = tuple[str, tuple[str, ...]]


def paper(**changes: object) -> Manifest:
    times = {"valid_until": "2026-12-01T00:00:00Z", "issued": "2026-05-01T00:00:00Z"}
    return manifest(**{**times, **changes})


def open_journal(folder: Path, clock: Clock) -> Journal:
    path, lane = folder / "journal.db", LANE.lane.id
    journal = Journal.open(path, lane, KEY, clock=clock, inline=True)
    assert recover(journal).sound
    return journal


class Disk:
    """The journal's port: a real journal that gets everything only after the disk's time.

    From ``fails_at`` (a kind of entry) on it is closed and takes nothing more.
    """

    def __init__(self, journal: Journal, happened: list[Told]) -> None:
        self.journal = journal
        self.fails_at = ""
        self.fails_once: JournalError | None = None
        self.commit_s = COMMIT_S
        self._happened = happened

    def append(
        self,
        entries: Sequence[JournalEntry],
        events: Sequence[OutboxEvent] = (),
        also: Also | None = None,
    ) -> "Future[Committed]":
        kinds = tuple(entry.kind for entry in entries)
        for entry in entries:
            canonical(entry.body)
        told: Future[Committed] = Future()
        self._happened.append(("append", kinds))
        if self.fails_at in kinds and self.journal.refusal is None:
            self.journal.close()

        def write() -> None:
            written = self.journal.append(entries, events, also)
            error = self.fails_once or written.exception()
            self.fails_once = None
            self._happened.append(("commit" if error is None else "refused", kinds))
            if error is None:
                told.set_result(written.result())
            else:
                told.set_exception(error)

        asyncio.get_running_loop().call_later(self.commit_s, write)
        return told

    @property
    def refusal(self) -> JournalError | None:
        self.journal.tend()
        return self.journal.refusal

    def pending_age_ms(self, now_ns: int) -> int:
        return 0


class LaneBench:
    """Build one on a virtual loop; it is every device and the hall as well."""

    def __init__(
        self,
        loop: VirtualLoop,
        folder: Path,
        *,
        recovered: Recovered | None = None,
        lane: LaneFile = LANE,
    ) -> None:
        self.clock = VirtualClock(loop)
        self.happened: list[Told] = []
        self.journal = open_journal(folder, self.clock)
        self.disk = Disk(self.journal, self.happened)
        self.papers = [paper()]
        self.told: list[JournalEntry] = []
        self.waked = 0
        self.logic = LaneLogic(
            lane,
            journal=self.disk,
            recovered=recovered or Recovered(1, ()),
            manifests=shelf(lambda: self.papers),
            law=LAW,
            clock=self.clock,
            archive=folder / "archive",
            proofs=ProofBook(lane, as_proven(lane, self.clock.utc())),
            on_events=self._wake,
            on_entries=self.told.extend,
        )
        self.logic.attach(Devices(self, self, _Belt(self), self, self))
        self.name = "bench"
        self.inputs = dict.fromkeys(
            ("estop", "key", "doors", "secured", "zone", "watchdog"), Input.OK
        )
        self.inputs["key_service"] = Input.BLOCKED
        self.warned = self.hv = self.relay = self.armed = self.running = False
        self.entry_open = self.exit_open = False
        self.believed: Belief | None = None
        self.scan_id = self.exposure_ms = 0
        self.set_kv = 0.0
        self.kv_read: float | None = None
        self.front_mm: float | None = None
        self.images = True

    # The hall ---------------------------------------------------------------------------------

    def arrive(self) -> None:
        self.front_mm = 100.0

    async def run(self, seconds: float) -> None:
        """Let the hall go on for so long."""
        for _ in range(round(seconds / STEP_S)):
            await asyncio.sleep(STEP_S)
            self._move()
            self._feed()

    async def until(self, fact: Callable[[], bool], seconds: float = 60.0) -> None:
        for _ in range(round(seconds / STEP_S)):
            if fact():
                return
            await self.run(STEP_S)
        raise AssertionError(f"not within {seconds} s: {self.logic.status()}")

    async def into_service(self) -> None:
        """Search and secure, the key turned off and on again: ready."""
        await self.run(0.1)
        self.inputs.update(key=Input.BLOCKED, secured=Input.BLOCKED)
        await self.run(0.1)
        self.inputs.update(key=Input.OK, secured=Input.OK)
        await self.until(lambda: self.mode() == "ready", 5)

    async def read_identifiers(self) -> None:
        await self.run(0.1)
        for source, text in (("qr.text", "Q-1"), ("label.text", "MSKU 1")):
            self.logic.supervisor.text(source, text, self.clock.monotonic_ns())

    def mode(self) -> str:
        return self.logic.runner.state.lane.value

    def inspection(self) -> str:
        """Where the oldest open inspection stands, empty without one."""
        shown = self.logic.runner.state.inspections
        return shown[0].state.value if shown else ""

    def effects(self) -> list[str]:
        return [what for kind, (what, *_) in self.happened if kind == "do"]

    def _move(self) -> None:
        if self.relay and self.hv:
            self.exposure_ms += round(STEP_S * 1000)
            self.logic.lines_progressed(self.scan_id)
        if self.front_mm is None or not self.running:
            return
        if self.front_mm > 100 or self.entry_open:
            self.front_mm += LANE.belt.speed_mm_s * STEP_S
        if not self.exit_open:
            self.front_mm = min(self.front_mm, 3800)
        if self.front_mm - LENGTH_MM > 3900:
            self.front_mm = None

    def _presence(self, zone: str) -> Presence:
        low, high = ZONES[zone]
        front = self.front_mm
        there = front is not None and front >= low and front - LENGTH_MM <= high
        return Presence.OCCUPIED if there else Presence.CLEAR

    def _feed(self) -> None:
        seen = {f"safety.presence_{zone}": self._presence(zone) for zone in ZONES}
        seen |= {f"safety.{name}": value for name, value in self.inputs.items()}
        proven = Input.OK if self.warned else Input.BLOCKED
        lit = self.relay and self.hv
        sizes = {"height.height_mm": 900, "width.width_mm": 800}
        spreads = {"height.uncertainty_mm": 5, "width.uncertainty_mm": 5}
        seen |= {
            "safety.lamp": proven,
            "safety.horn": proven,
            "safety.entry_barrier_closed": _ok(not self.entry_open),
            "safety.beam_feedback": _ok(not lit),
            "belt.watchdog": Input.OK,
            "belt.speed_mm_s": LANE.belt.speed_mm_s if self.running else 0,
            "source.ready": Input.OK,
            "source.hv": _ok(not self.hv),
            "source.kv": self._kv(),
            "board.link": Input.OK,
            "board.relay": _ok(not self.relay),
            "worker.detector": Input.OK,
            "lane.storage": Input.OK,
            "lane.clock": Input.OK,
            "lane.rules": Input.OK,
            **(sizes | spreads if self.front_mm is not None else {}),
        }
        now_ns = self.clock.monotonic_ns()
        state = "on" if self.relay else "armed" if self.armed else "off"
        self.logic.report(
            BoardReport(
                1, state, self.relay, self.scan_id, self.exposure_ms, 0, "none", 0, 1, now_ns
            )
        )
        points = tuple(Point(source, value) for source, value in seen.items())
        self.logic.supervisor.deliver(points, now_ns)

    def _kv(self) -> float:
        """What the generator reads: its set point while it radiates, unless a test says other."""
        if self.kv_read is not None:
            return self.kv_read
        return self.set_kv if self.relay and self.hv else 0.0

    def _wake(self) -> None:
        self.waked += 1

    # The devices ------------------------------------------------------------------------------

    def did(self, what: str) -> None:
        self.happened.append(("do", (what,)))

    def believe(self, belief: Belief) -> None:
        self.believed = belief

    def arm(self, order: ScanOrder | int) -> object:
        """Arm the board (an id) or the detector (an order)."""
        if isinstance(order, int):
            self.did("arm board")
            self.scan_id, self.exposure_ms, self.armed = order, 0, True
            return None
        self.did("arm detector")
        return asyncio.sleep(0.01)

    def renew(self, scan_id: int, healthy_ns: int) -> None:
        self.did("renew")
        assert scan_id == self.scan_id
        assert self.armed
        self.relay = True

    def withdraw(self) -> None:
        self.did("withdraw")
        self.relay = self.armed = False

    async def prepare(self, *, kv: float, ma: float) -> None:
        if self.logic.runner.state.mission >= 0:
            assert (kv, ma) == (LANE.source.kv, LANE.source.ma)
        self.did(f"prepare {kv:g} {ma:g}")
        self.set_kv = kv

    async def hv_on(self) -> None:
        self.did("hv on")
        self.hv = True

    async def hv_off(self) -> None:
        self.did("hv off")
        self.hv = False

    async def set_output(self, name: str, *, on: bool) -> None:
        if name == "warning":
            self.warned = on
            self.did("warning on" if on else "warning off")
        elif name == "entry_barrier_open":
            self.entry_open = on
            self.did("open entry" if on else "close entry")
        else:
            self.exit_open = on
            self.did("open exit" if on else "close exit")

    async def finish(self, *, complete: bool, reason: str) -> None:
        self.did("end scan" if complete else "cancel scan")
        if complete and self.images:
            loop = asyncio.get_running_loop()
            loop.call_later(0.5, self._image, self.scan_id)

    def _image(self, scan_id: int) -> None:
        self.logic.package_written(scan_id, IMAGE, complete=True)


class _Belt:
    """The conveyor of a bench: its ``start`` is not the source's."""

    def __init__(self, bench: LaneBench) -> None:
        self.name = "belt"
        self._bench = bench

    async def run(self) -> None:
        raise AssertionError("the bench runs it")

    async def start(self, speed_mm_s: int) -> None:
        assert speed_mm_s == LANE.belt.speed_mm_s
        self._bench.did("start belt")
        self._bench.running = True

    async def stop(self) -> None:
        self._bench.did("stop belt")
        self._bench.running = False


def _ok(good: bool) -> Input:
    return Input.OK if good else Input.BLOCKED


def on_bench(
    folder: Path,
    scenario: Callable[[LaneBench], Coroutine[object, object, None]],
    *,
    recovered: Recovered | None = None,
    lane: LaneFile = LANE,
) -> LaneBench:
    """Run a scenario beside a running lane logic, and end it as the daemon does."""
    benches: list[LaneBench] = []

    async def main(loop: VirtualLoop) -> None:
        bench = LaneBench(loop, folder, recovered=recovered, lane=lane)
        benches.append(bench)
        logic = asyncio.create_task(bench.logic.run())
        try:
            await scenario(bench)
        finally:
            logic.cancel()
            await asyncio.wait([logic])
            await asyncio.sleep(1)
            if bench.journal.refusal is None:
                bench.journal.close()
        assert logic.cancelled()

    run_virtual(main)
    return benches[0]
