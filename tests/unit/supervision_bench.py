"""A supervisor with a clock and a core that a test sets."""

from collections.abc import Mapping
from dataclasses import replace

from edge.core import events as ev
from edge.core.values import Quality
from edge.ports import BoardReport, Point
from edge.proofs import Proof, ProofBook
from edge.supervision import Supervisor
from simulator.proofs import as_proven
from tests.unit.control.kit import LANE, MS, Clock, Core, Posted

STALE_MS, SLOW_MS = LANE.timing.stale_ms, LANE.timing.slow_stale_ms
REPORT = BoardReport(9, "off", False, 0, 0, 0, "none", 0, 0, 0)


class Bench:
    """A supervisor with a clock and a core that a test sets."""

    def __init__(self, proofs: Mapping[str, Proof] | None = None) -> None:
        self.clock, self.core, self.posted = Clock(), Core(), Posted()
        self.declared: int | None = None
        self.proofs = as_proven(LANE, self.clock.utc()) if proofs is None else proofs
        self.supervisor = Supervisor(
            LANE,
            post=self.posted,
            core=self.core,
            fresh_token=lambda: 7,
            declared_length_mm=lambda _: self.declared,
            on_text=lambda *_: None,
            now_ns=self.clock.monotonic_ns,
            proofs=ProofBook(LANE, self.proofs),
            utc=self.clock.utc,
        )

    def say(
        self,
        source: str,
        value: object,
        quality: Quality = Quality.GOOD,
        age_ms: int = 0,
        detail: str = "",
    ):
        requested_ns = self.clock.monotonic_ns() - age_ms * MS
        self.supervisor.deliver((Point(source, value, quality, detail),), requested_ns)

    def report(self, state: str, **changes: object) -> None:
        values = {"requested_ns": self.clock.monotonic_ns(), **changes}
        self.supervisor.report(replace(REPORT, state=state, **values))

    def row(self, row: str) -> object:
        return getattr(self.supervisor.inputs(), row)

    def faults(self) -> list[object]:
        kinds = (ev.FaultRaised, ev.FaultGone)
        return [event for event in self.posted.events if isinstance(event, kinds)]
