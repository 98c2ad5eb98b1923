"""A gate with one clock, one core and the manifests a test puts there."""

from edge.control.cases import Case, CaseBook
from edge.control.gate import Gate
from edge.core import events as ev
from edge.core.inspection import InspectionState
from edge.law.verdicts import VerdictKind
from edge.messages.manifest import Manifest
from edge.ports import Reading
from edge.settings import LaneFile
from tests.unit.control.kit import LANE, LAW, TOKEN, Clock, Core, Posted, good, shelf


class GateBench:
    """Lets units come, reads them, measures them and waits."""

    def __init__(self, lane: LaneFile = LANE) -> None:
        self.clock, self.core, self.posted = Clock(), Core(), Posted()
        self.book = CaseBook(LANE.lane.id, TOKEN)
        self.manifests: list[Manifest] = []
        self.readings: dict[str, Reading] = {}
        self.gate = Gate(
            lane,
            book=self.book,
            core=self.core,
            latest=self.readings.get,
            manifests=shelf(lambda: self.manifests),
            law=LAW,
            post=self.posted,
            clock=self.clock,
        )

    def arrive(self) -> Case:
        token = self.book.fresh_token()
        case = self.book.open(token, "2026-03-02T08:00:00.000000Z", self.clock.monotonic_ns())
        self.core.at_entry(token)
        self.core.inspection(token, InspectionState.IDENTIFYING)
        self.gate.tick()
        return case

    def depart(self) -> None:
        self.core.at_entry(0)
        self.gate.tick()

    def read(self, reader: str, line: str) -> None:
        self.gate.text(f"{reader}.text", line, self.clock.monotonic_ns())

    def gauge(self, height: int = 900, width: int = 800, uncertainty: int = 5) -> None:
        for axis, value in (("height", height), ("width", width)):
            now_ns = self.clock.monotonic_ns()
            source = f"{axis}.{axis}_mm"
            self.readings[source] = good(source, value, now_ns)
            spread = f"{axis}.uncertainty_mm"
            self.readings[spread] = good(spread, uncertainty, now_ns)

    def wait(self, ms: int) -> None:
        for _ in range(ms // 50):
            self.clock.ms += 50
            self.gate.tick()

    def kinds(self) -> list[VerdictKind]:
        return [event.verdict for event in self.posted.of(ev.VerdictGiven)]

    def decided(self, *, label: bool = True, qr: bool = True) -> Case:
        """Let one unit come, be read and measured, and be decided on."""
        case = self.arrive()
        if label:
            self.read("label", "MSKU1")
        if qr:
            self.read("qr", "Q-1")
        self.gauge()
        self.wait(LANE.timing.identify_ms)
        return case
