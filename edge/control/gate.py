"""Identifies and measures the unit at the entry, binds its manifest, and asks the law.

A manifest binds only when two independent identifiers agree on it and none speaks against it,
or a named OMS has confirmed it. Whatever stays open when the time is up goes to the law as what
it is; the law makes a hold of it.
"""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from edge.clock import Clock
from edge.control.binding import AGREEING, Shelf, bind, candidates, confirmable, touches
from edge.control.cases import FOR_EVER, Case, CaseBook
from edge.control.facts import (
    decided_until,
    direction_of,
    envelope_of,
    manifest_facts,
)
from edge.control.measuring import Measuring
from edge.core import events as ev
from edge.core.inspection import REDECIDABLE, InspectionState
from edge.core.state import State
from edge.core.tracking import NOBODY, Phase
from edge.law.case import Case as LawCase
from edge.law.case import LawData
from edge.law.exemptions import HoldAnswer, HoldDecision, ScanPermit, decide, make_scan_permit
from edge.law.verdicts import Verdict, VerdictKind
from edge.messages.manifest import Manifest, plain_identifier
from edge.ports import Reading
from edge.settings import LaneFile

MS_NS = 1_000_000
READ_BEFORE_MS = 300
"""A reader may be quicker than the presence sensor by this much, and slower than a unit's leaving:
what is read within it after a unit has left the entry may still be of that unit."""

MOST_READINGS = 8
"""Different texts of one kind that are kept for a unit: a reader may babble."""

Post = Callable[..., None]


class Gate:
    """Decides on the unit at the entry, and again on what has changed since."""

    def __init__(
        self,
        lane: LaneFile,
        *,
        book: CaseBook,
        core: Callable[[], State],
        latest: Callable[[str], Reading | None],
        manifests: Shelf,
        law: LawData,
        post: Post,
        clock: Clock,
    ) -> None:
        self._lane = lane
        self._book = book
        self._core = core
        self._manifests = manifests
        self._law = law
        self._post = post
        self._clock = clock
        self._envelope = envelope_of(lane)
        self._measuring = Measuring(lane, latest)
        self._serves = direction_of(lane)
        self._zone = ZoneInfo(lane.lane.timezone)
        self._early: dict[str, tuple[str, int]] = {}
        self._at_entry = NOBODY
        self._left_ns = -2 * READ_BEFORE_MS * MS_NS

    def text(self, source: str, line: str, received_ns: int) -> None:
        """Take a line a reader read: it is of the unit that stands at the entry, or of the next.

        It is nobody's while a unit moves in, and just after one has left the entry: a text of the
        last unit is never taken for the next one's.
        """
        kind = self._lane.readers.get(source.split(".", 1)[0])
        text = plain_identifier(line)
        if kind is None or not text:
            return
        self._look()
        tracking = self._core().tracking
        case = self._book.find(tracking.entry)
        if tracking.entry == NOBODY:
            if received_ns - self._left_ns > READ_BEFORE_MS * MS_NS:
                self._early[kind] = (text, received_ns)
        elif case is not None and tracking.phase is not Phase.ENTERING:
            news = self._identify(case, kind, text)
            if news and case.verdict is not None and self._state(case) in REDECIDABLE:
                self.decide(case)

    def tick(self) -> None:
        """Measure the unit at the entry and decide on it when enough is known or time is up."""
        self._look()
        self._outdate()
        case = self._book.find(self._core().tracking.entry)
        state = None if case is None else self._state(case)
        if case is None or state not in {InspectionState.IDENTIFYING, InspectionState.ON_HOLD}:
            return
        if state is InspectionState.ON_HOLD:
            if self._measuring.look_late(case):
                self.decide(case)
            return
        self._adopt(case)
        self._measuring.look(case)
        waited_ms = (self._clock.monotonic_ns() - case.opened_ns) // MS_NS
        timing = self._lane.timing
        known = len(case.identifiers) >= AGREEING and self._measuring.has_all(case)
        if waited_ms >= timing.identify_ms or (known and waited_ms >= timing.measure_ms):
            self.decide(case)

    def _outdate(self) -> None:
        """Decide anew on what rested on papers or tables whose time is over."""
        for case in self._book.all():
            if case.verdict is not None and self._clock.utc() > case.decided_until:
                if self._may_change(case):
                    self.decide(case)
                else:
                    case.decided_until = FOR_EVER

    def manifest_arrived(self, manifest: Manifest) -> None:
        """Decide anew on every unit the manifest may change the verdict of."""
        for case in self._book.all():
            known = case.verdict is not None and touches(case, manifest)
            if known and self._may_change(case):
                self.decide(case)

    def look_again(self) -> None:
        """Decide anew on every unit that a new verdict may still concern."""
        for case in self._book.all():
            if case.verdict is not None and self._may_change(case):
                self.decide(case)

    def confirm(self, case: Case, manifest_id: str, note: Mapping[str, object]) -> None:
        """Bind a manifest on a named OMS's word, and decide anew.

        Raises:
            CommandRefused: not this manifest; see `confirmable`.
        """
        self.check_confirmable(case, manifest_id)
        case.confirmed_manifest = manifest_id
        self.decide(case, note)

    def check_confirmable(self, case: Case, manifest_id: str) -> None:
        """See that a manifest may be bound on a named OMS's word. Raises CommandRefused."""
        confirmable(case, manifest_id, self._manifests)

    def decide(self, case: Case, note: Mapping[str, object] | None = None) -> None:
        """Ask the law; the core hears of the verdict when it changes what becomes of the unit.

        ``note`` is written with the verdict: who has caused the decision, if a person has.
        """
        now = self._clock.utc()
        day = now.astimezone(self._zone).date()
        case.papers, case.identity = bind(case, candidates(case, self._manifests))
        case.manifest_ids |= {one.id for one in case.papers}
        verdict = decide(
            LawCase(
                inspection_id=case.inspection_id,
                manifest=manifest_facts(case.papers, case.identity, now, self._serves),
                measured=self._measuring.measurements(case),
                envelope=self._envelope,
                law=self._law,
                day=day,
                statement=case.statement,
                driver=case.driver,
                vehicles=self._lane.lane.units == "vehicles",
            )
        )
        case.decided_until = decided_until(case.papers, day, self._zone, now)
        before = case.verdict
        if verdict == before:
            return
        same = before is not None and _same_hold(before, verdict)
        if not same:
            case.first_answer = None  # it was to other reasons
        keeps = self._answer_stands(case, before, verdict)
        case.verdict, case.permit = verdict, self._permit(case, verdict)
        if keeps:
            case.answered = verdict
        if keeps or case.first_answer is not None:
            return
        route = self._route(verdict)
        told = {**(note or {}), "route": route.value, "verdict": verdict}
        self._post(ev.VerdictGiven(case.token, verdict.kind, route), told)

    @property
    def four_eyes(self) -> bool:
        """Whether a held unit is scanned only when a second officer says the same."""
        return self._lane.policy.four_eyes

    @property
    def one_person(self) -> bool:
        """Whether the OAC of an inspection may have acted as its OMS."""
        return self._lane.policy.one_person

    def permit(self, case: Case, verdict: Verdict, answer: HoldAnswer | None) -> ScanPermit:
        """Make a permit by the law and the site's policy. Raises ValueError: there is none."""
        return make_scan_permit(
            verdict, case.token, case.inspection_id, answer, four_eyes=self.four_eyes
        )

    def _permit(self, case: Case, verdict: Verdict) -> ScanPermit | None:
        answer = case.answer
        if verdict.kind is not VerdictKind.SCAN and answer is None:
            return None
        try:
            return self.permit(case, verdict, answer)
        except ValueError:
            return None  # not allowed, or the officer's answer was another or to other reasons

    def _answer_stands(self, case: Case, before: Verdict | None, verdict: Verdict) -> bool:
        """Whether what an officer has answered decides, and not the new verdict.

        A hold keeps its answer as long as the officer has seen all of just these reasons. A
        verdict that has become SCAN does not undo an officer's turning away or passing.
        """
        if case.answer is None or before is None:
            return False
        if verdict.kind is VerdictKind.SCAN:
            return case.answer.decision is not HoldDecision.SCAN
        return _same_hold(before, verdict)

    def _route(self, verdict: Verdict) -> ev.Route:
        policy = self._lane.policy
        wanted = (
            policy.no_basis_route if verdict.kind is VerdictKind.NO_BASIS else policy.exempt_route
        )
        if wanted == "pass" and verdict.may_pass_inside:
            return ev.Route.PASS
        return ev.Route.TURN_AWAY

    def _state(self, case: Case) -> InspectionState | None:
        for inspection in self._core().inspections:
            if inspection.token == case.token:
                return inspection.state
        return None

    def _may_change(self, case: Case) -> bool:
        return self._state(case) in REDECIDABLE | {InspectionState.SCANNING}

    def _look(self) -> None:
        """Note when a unit leaves the entry."""
        at_entry = self._core().tracking.entry
        if at_entry != self._at_entry:
            if self._at_entry != NOBODY:
                self._left_ns = self._clock.monotonic_ns()
                self._early.clear()
            self._at_entry = at_entry

    def _adopt(self, case: Case) -> None:
        """Take over what was read just before the unit was seen; older texts are nobody's."""
        earliest_ns = case.opened_ns - READ_BEFORE_MS * MS_NS
        for kind, (text, received_ns) in self._early.items():
            if received_ns >= earliest_ns:
                self._identify(case, kind, text)
        self._early.clear()

    def _identify(self, case: Case, kind: str, text: str) -> bool:
        """Note an identifier; True when it says something new about the unit."""
        known = case.identifiers.get(kind)
        if known is None:
            case.identifiers[kind] = text
            return True
        others = case.also_read.get(kind, set())
        if text == known or text in others or len(others) >= MOST_READINGS:
            return False
        case.also_read[kind] = others | {text}
        # Whoever has named its papers did not know of this text.
        case.confirmed_manifest, case.first_confirmed = "", ("", "")
        return True


def _same_hold(before: Verdict, verdict: Verdict) -> bool:
    """Whether a hold is for the same reasons as before, every one of which was shown."""
    same = (before.kind, before.size, before.reasons) == (
        verdict.kind,
        verdict.size,
        verdict.reasons,
    )
    all_seen = all(reason.count == len(reason.offending) for reason in verdict.reasons)
    return same and all_seen and verdict.kind is VerdictKind.HOLD
