"""One lane's logic put together: core, law, journal and ports, without any driver or socket.

The daemon and the in-process simulation build the same one.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from edge.clock import Clock
from edge.control.acts import Acts
from edge.control.actuators import Actuators, Devices
from edge.control.binding import Shelf
from edge.control.cases import Case, CaseBook, StoredImage
from edge.control.facts import belief_of, limits_of
from edge.control.gate import Gate
from edge.control.journal_watch import JournalWatch
from edge.control.officers import Officers
from edge.control.recorder import Journal, Recorder
from edge.control.records import Tellers
from edge.control.service_mission import Service
from edge.control.status import describe
from edge.control.ticker import Ticker
from edge.control.tube import NO_HISTORY, TubeCare, TubeHistory
from edge.core import events as ev
from edge.core.effects import Effect, Request
from edge.core.inspection import InspectionState
from edge.core.interlocks import Inputs
from edge.core.lane import LaneState
from edge.core.state import State, Step, restarted
from edge.core.tracking import NOBODY
from edge.journal.entries import JournalEntry
from edge.law.case import LawData
from edge.ports import BoardReport, ScanOrder
from edge.proofs import ProofBook
from edge.runner import Runner
from edge.settings import LaneFile
from edge.supervision import Supervisor

MS_NS = 1_000_000
RULES_SOURCE = "lane.rules"
"""The lane's own reading of whether tables and lexica are in force."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a start takes over from the journal.

    Attributes:
        next_token: token of the next arrival, above every token of the past.
        awaiting: cases whose image is stored and whose outcome is missing.
        tube: what the tube has done.
    """

    next_token: int
    awaiting: tuple[Case, ...]
    tube: TubeHistory = NO_HISTORY


class LaneLogic:
    """The lane logic. Build it, hand its ``supervisor`` to the drivers, attach them, run it."""

    def __init__(
        self,
        lane: LaneFile,
        *,
        journal: Journal,
        recovered: Recovered,
        manifests: Shelf,
        law: LawData,
        clock: Clock,
        archive: Path,
        proofs: ProofBook,
        on_events: Callable[[], None],
        on_entries: Callable[[Sequence[JournalEntry]], None],
    ) -> None:
        self.lane = lane
        self.book = CaseBook(lane.lane.id, recovered.next_token)
        for case in recovered.awaiting:
            self.book.restore(case)
        self._clock = clock
        self._archive = archive
        self._zone = ZoneInfo(lane.lane.timezone)
        self._last_scan_id = 0
        self.recorder = Recorder(
            journal=journal,
            tellers=Tellers(lane),
            book=self.book,
            clock=clock,
            on_events=on_events,
            on_entries=on_entries,
        )
        self.runner = Runner(
            state=restarted(tuple(case.token for case in recovered.awaiting)),
            limits=limits_of(lane),
            recorder=self.recorder,
            effector=self,
            now_ns=clock.monotonic_ns,
        )
        self.supervisor = self._make_supervisor(proofs)
        self.gate = self._make_gate(manifests, law)
        self.officers = Officers(lane)
        self.tube = self._make_tube(recovered.tube)
        self.service = self._make_service()
        self.acts = self._make_acts()
        self.ticker = Ticker(
            period_ms=lane.timing.tick_ms,
            before=self._before_tick,
            post=self.runner.post,
            now_ns=clock.monotonic_ns,
            calm=self._is_calm,
        )
        self.journal_watch = JournalWatch(
            recorder=self.recorder,
            core=self._core,
            post=self.runner.post,
            back=self._journal_is_back,
            clock=clock,
        )
        self._devices: Devices | None = None
        self._believed: Inputs | None = None
        self._actuators: Actuators | None = None

    def _make_acts(self) -> Acts:
        return Acts(
            officers=self.officers,
            book=self.book,
            gate=self.gate,
            core=self._core,
            post=self.runner.post,
            write=self._write_behind,
            clock=self._clock,
        )

    def _make_supervisor(self, proofs: ProofBook) -> Supervisor:
        return Supervisor(
            self.lane,
            post=self.runner.post,
            core=self._core,
            fresh_token=self.book.fresh_token,
            declared_length_mm=self._declared_length_mm,
            on_text=self._text,
            now_ns=self._clock.monotonic_ns,
            proofs=proofs,
            utc=self._clock.utc,
            longest_ms=self._longest_ms,
        )

    def _longest_ms(self, scan_id: int) -> int:
        return self.service.longest_ms(scan_id)

    def _make_tube(self, history: TubeHistory) -> TubeCare:
        return TubeCare(
            self.lane,
            history=history,
            core=self._core,
            latest=self.supervisor.latest,
            deliver=self.supervisor.deliver,
            clock=self._clock,
        )

    def _make_service(self) -> Service:
        return Service(
            self.lane,
            officers=self.officers,
            care=self.tube,
            core=self._core,
            latest=self.supervisor.latest,
            next_scan_id=self._next_scan_id,
            newest=lambda: self.recorder.newest,
            post=self.runner.post,
            write=self._write_behind,
            then=self.runner.then,
            clock=self._clock,
        )

    def _make_gate(self, manifests: Shelf, law: LawData) -> Gate:
        return Gate(
            self.lane,
            book=self.book,
            core=self._core,
            latest=self.supervisor.latest,
            manifests=manifests,
            law=law,
            post=self.runner.post,
            clock=self._clock,
        )

    def _write_behind(
        self, kind: str, inspection_id: str | None, body: Mapping[str, object]
    ) -> None:
        """Write an entry behind those of every event that was posted before."""
        self.runner.then(lambda: self._write(kind, inspection_id, body))

    def _write(self, kind: str, inspection_id: str | None, body: Mapping[str, object]) -> None:
        self.recorder.write(kind, inspection_id, body)

    def _core(self) -> State:
        return self.runner.state

    def attach(self, devices: Devices) -> None:
        """Give the effects something to act on."""
        self._devices = devices
        self._actuators = Actuators(
            self.lane,
            devices=devices,
            book=self.book,
            service=self.service.mission,
            order=self._order,
            on_armed=self.supervisor.armed,
            relay_closed=self.supervisor.relay_closed,
            post=self.runner.post,
        )
        self.service.sets_points = self._actuators
        self.runner.watch(self._acknowledged)
        self.runner.watch(self.service.seen)

    def do(self, request: Request, healthy_ns: int) -> None:
        """Carry an effect out; nothing can be asked before the devices are attached."""
        assert self._actuators is not None
        self._actuators.do(request, healthy_ns)

    def _acknowledged(self, event: ev.Event, step: Step) -> None:
        """Have devices forget their own faults: the acknowledgement after that frees the lane."""
        if isinstance(event, ev.Acknowledged) and self._actuators is not None:
            for active in step.state.faults:
                if active.present and event.fault in {None, active.fault}:
                    self._actuators.reset(active.fault)

    async def run(self) -> None:
        """Run until cancelled; the first and the last act is to withdraw the permit."""
        assert self._devices is not None
        assert self._actuators is not None
        self._devices.board.withdraw()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.runner.run(), name="runner")
                tasks.create_task(self.ticker.run(), name="ticker")
        finally:
            self._devices.board.withdraw()
            await self._actuators.close()

    def report(self, report: BoardReport) -> None:
        """Take the board's report; the exposure it counted goes into the unit's case."""
        for case in self.book.all():
            if case.scan_id == report.scan_id and report.scan_id:
                case.exposure_ms = report.exposure_ms
                case.counted = not report.relay_closed
        self.tube.report(report, service=self.service.is_service(report.scan_id))
        self.supervisor.report(report)

    def lines_progressed(self, scan_id: int) -> None:
        """Take the worker's word that detector lines arrive."""
        case = self._of_scan(scan_id)
        if case is not None:
            self.runner.post(ev.LinesProgressed(case.token))

    def package_written(self, scan_id: int, image: StoredImage, *, complete: bool) -> None:
        """Take a stored scan package; one of a scan that ended early is only written down."""
        case = self._of_scan(scan_id)
        if case is None or not complete:
            body = {"scan_id": scan_id, "folder": image.folder, "sha256": image.sha256}
            subject = case.inspection_id if case is not None else None
            self.recorder.write("image.incomplete", subject, body)
            if case is not None:
                self._no_image(case, "the scan package is not complete")
            return
        case.image = image
        self.runner.post(ev.ImageStored(case.token))

    def scan_failed(self, scan_id: int, detail: str) -> None:
        """Take the worker's word that a scan did not become a package."""
        case = self._of_scan(scan_id)
        if case is not None:
            self._no_image(case, detail)

    def _no_image(self, case: Case, detail: str) -> None:
        """Say that a scan has no image, unless it was ended before and needs none."""
        state = next((o.state for o in self._core().inspections if o.token == case.token), None)
        if state in {InspectionState.SCANNING, InspectionState.IMAGING}:
            self.runner.post(ev.ImageFailed(case.token), {"detail": detail})

    def status(self) -> dict[str, object]:
        """What the lane is doing and what stands against a beam, for people."""
        refusal = self.recorder.refusal
        said = "" if refusal is None else str(refusal)
        read = self.supervisor.latest(RULES_SOURCE)
        rules = "" if read is None else read.detail
        return describe(
            self.lane,
            self.runner.state,
            self.book,
            journal=said,
            rules=rules,
            fault_notes=self.runner.fault_notes,
            source=self.tube.standing(),
            service=self.service.describe(),
        )

    def _text(self, source: str, line: str, received_ns: int) -> None:
        self.gate.text(source, line, received_ns)

    def _before_tick(self) -> None:
        self.journal_watch.tick()
        inputs = self.supervisor.tick()
        self.gate.tick()
        self.tube.tick()
        self.service.tick()
        if self._devices is not None and inputs is not self._believed:
            self._believed = inputs
            self._devices.board.believe(belief_of(inputs))

    def _journal_is_back(self) -> None:
        """Catch up with what an outage has left undone; the lane still stands stopped.

        Papers that came meanwhile were written and not looked at. The warning's end waits for the
        entry of the withdrawal, which had failed.
        """
        self.gate.look_again()
        if self._actuators is not None:
            self._actuators.do(Request(Effect.STOP_WARNING, NOBODY), 0)

    def _is_calm(self) -> bool:
        """True while nothing is warned of, driven, stopped or measured."""
        state = self.runner.state
        return state.lane is LaneState.READY and all(
            inspection.state is not InspectionState.IDENTIFYING for inspection in state.inspections
        )

    def _declared_length_mm(self, token: int) -> int | None:
        case = self.book.find(token)
        return case.declared_length_mm() if case is not None else None

    def _of_scan(self, scan_id: int) -> Case | None:
        for case in self.book.all():
            if scan_id and case.scan_id == scan_id:
                return case
        return None

    def _next_scan_id(self) -> int:
        """Number an arming: newer than any the board has seen, also in a life before this one."""
        board = self.supervisor.board
        armed_before = max(self._last_scan_id, board.scan_id if board is not None else 0)
        now_s = int(self._clock.utc().timestamp())
        self._last_scan_id = max(armed_before + 1, now_s) & 0xFFFFFFFF
        return self._last_scan_id

    def _order(self, case: Case) -> ScanOrder:
        now = self._clock.utc()
        case.scan_id = self._next_scan_id()
        case.exposure_ms, case.counted = 0, False
        verdict = case.verdict
        metadata: dict[str, object] = {
            "lane": self.lane.lane.id,
            "inspection": case.inspection_id,
            "simulated": self.lane.lane.simulated,
            "kv": self.lane.source.kv,
            "ma": self.lane.source.ma,
            "speed_mm_s": self.lane.belt.speed_mm_s,
            "rule_ids": list(verdict.rule_ids) if verdict else [],
        }
        day = now.astimezone(self._zone).date().isoformat()
        folder = self._archive / day / f"{case.inspection_id}-{case.scan_id}"
        return ScanOrder(case.scan_id, case.inspection_id, str(folder), metadata)
