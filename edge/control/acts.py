"""What officers may do to the lane: answer, abort, outcome, acknowledge, confirm an identity.

The same few methods serve the control socket and signed commands. Each either posts the event
that follows, or raises CommandRefused saying why not; nothing is half done. Each leaves an entry of
its own as well: an act may change nothing, and still its officer has acted in the inspection.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.clock import Clock, rfc3339
from edge.control.cases import Case, CaseBook
from edge.control.gate import Gate
from edge.control.officers import Officers
from edge.core import events as ev
from edge.core.faults import CATALOGUE, ActiveFault, Fault, FaultClass
from edge.core.inspection import InspectionState
from edge.core.lane import PREPARED
from edge.core.state import State
from edge.errors import CommandRefused
from edge.law.exemptions import HoldAnswer, HoldDecision, make_scan_permit
from edge.law.outcomes import Act, Judgement, Role, duties_are_separate, outcome
from edge.settings import Officer

Post = Callable[..., None]
Write = Callable[[str, str | None, Mapping[str, object]], None]
"""Writes an entry (kind, inspection, body) behind those of every event posted before."""
ACTED = "officer.acted"
"""Kind of the entry of an act itself; a start learns from it who has acted as OMS."""
WORDS_LIMIT = 4000
"""Longest reason or note of an officer: what an event has room for."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and by which command (empty at the lane)."""

    officer: Officer
    command_id: str = ""

    def note(self, role: Role, **more: object) -> dict[str, object]:
        """What is written with the act."""
        note: dict[str, object] = {"officer": self.officer.id, "role": role.value, **more}
        if self.command_id:
            note["command_id"] = self.command_id
        return note


class Acts:
    """The officers' door into the lane logic."""

    def __init__(
        self,
        *,
        officers: Officers,
        book: CaseBook,
        gate: Gate,
        core: Callable[[], State],
        post: Post,
        write: Write,
        clock: Clock,
    ) -> None:
        self._officers = officers
        self._book = book
        self._gate = gate
        self._core = core
        self._post = post
        self._write = write
        self._clock = clock

    def answer(self, actor: Actor, *, inspection_id: str, decision: str, reason: str) -> str:
        """Answer a hold with ``scan``, ``pass`` or ``turn_away``. Raises CommandRefused."""
        role = self._officers.role_for(actor.officer, Act.ANSWER)
        case = self._case(inspection_id)
        verdict = case.verdict
        if self._state(case) is not InspectionState.ON_HOLD or verdict is None:
            raise CommandRefused(f"{inspection_id} is not on hold")
        if case.answered is verdict:
            raise CommandRefused(f"{inspection_id} has just been answered")
        if decision not in _DECISIONS:
            raise CommandRefused(f"no decision {decision!r}; there are: {', '.join(_DECISIONS)}")
        reason = _words(reason, "an answer needs a reason")
        given = HoldAnswer(
            inspection_id=case.inspection_id,
            rule_ids=verdict.rule_ids,
            officer_id=actor.officer.id,
            role=role,
            decision=HoldDecision(decision),
            reason=reason,
            utc=rfc3339(self._clock.utc()),
        )
        permit = None
        if given.decision is HoldDecision.SCAN:
            try:
                permit = make_scan_permit(verdict, case.token, case.inspection_id, given)
            except ValueError as error:
                raise CommandRefused(str(error)) from error
        elif given.decision is HoldDecision.PASS and not verdict.may_pass_inside:
            raise CommandRefused(f"{inspection_id} may not fit the tunnel; only turn_away is left")
        case.answer, case.answered, case.permit = given, verdict, permit
        case.oms_ids.add(actor.officer.id)
        note = actor.note(role, decision=decision, reason=reason)
        self._post(ev.HoldAnswered(case.token, ev.Answer(decision)), note)
        self._acted(Act.ANSWER, case, note)
        return f"{inspection_id}: {decision}"

    def abort(self, actor: Actor, *, inspection_id: str, reason: str) -> str:
        """End a scan, for example for possible living cargo. Raises CommandRefused."""
        role = self._officers.role_for(actor.officer, Act.ABORT)
        case = self._case(inspection_id)
        state = self._core()
        if state.mission != case.token or state.lane not in PREPARED:
            raise CommandRefused(f"{inspection_id} is not being scanned")
        # A stop is never refused for the form of its words.
        reason = reason.encode(errors="replace").decode()[:WORDS_LIMIT]
        if role is Role.OMS:
            case.oms_ids.add(actor.officer.id)
        note = actor.note(role, reason=reason)
        self._post(ev.AbortRequested(case.token), note)
        self._acted(Act.ABORT, case, note)
        return f"{inspection_id}: aborted"

    def outcome(
        self, actor: Actor, *, inspection_id: str, suspicion: bool, agrees: bool, note: str
    ) -> str:
        """Give the outcome by the OAC's two answers. Raises CommandRefused."""
        role = self._officers.role_for(actor.officer, Act.OUTCOME)
        case = self._case(inspection_id)
        if self._state(case) is not InspectionState.ANALYSIS or case.outcome:
            raise CommandRefused(f"{inspection_id} has no image that waits for an outcome")
        if not duties_are_separate(actor.officer.id, case.oms_ids):
            raise CommandRefused(
                f"officer {actor.officer.id!r} acted as OMS in {inspection_id}; "
                "another OAC has to analyse the image"
            )
        note = _words(note)
        given = outcome(suspicion=_judged(suspicion), agrees_with_documents=_judged(agrees))
        case.outcome = given.value
        words = {"suspicion": suspicion, "agrees_with_documents": agrees, "note": note}
        told = actor.note(role, **words)
        self._post(ev.OutcomeGiven(case.token), told)
        self._acted(Act.OUTCOME, case, told)
        return f"{inspection_id}: {given.value}"

    def ack(self, actor: Actor, fault_code: str | None = None) -> str:
        """Acknowledge one fault, or the stopped lane as it stands; never resets a trip.

        Raises:
            CommandRefused: not to this officer; no such fault, none that is active, or a TRIP.
        """
        role = self._officers.role_for(actor.officer, Act.ACK)
        if fault_code is None:
            note = actor.note(role)
            self._post(ev.Acknowledged(None), note)
            self._acted(Act.ACK, None, note)
            return "acknowledged"
        active = self._acknowledgeable(fault_code)
        note = actor.note(role, fault=fault_code)
        self._post(ev.Acknowledged(active.fault), note)
        self._acted(Act.ACK, None, note)
        if active.present:
            return f"{fault_code}: still present; acknowledge again when its cause is gone"
        return f"{fault_code}: acknowledged"

    def confirm_identity(
        self, actor: Actor, *, inspection_id: str, manifest_id: str, reason: str
    ) -> str:
        """Bind a manifest to a unit on a named OMS's word. Raises CommandRefused."""
        role = self._officers.role_for(actor.officer, Act.CONFIRM_IDENTITY)
        case = self._case(inspection_id)
        if self._state(case) is not InspectionState.ON_HOLD:
            raise CommandRefused(f"{inspection_id} is not on hold")
        reason = _words(reason, "a confirmation needs a reason")
        note = actor.note(role, confirmed_manifest=manifest_id, reason=reason)
        self._gate.confirm(case, manifest_id, note)
        case.oms_ids.add(actor.officer.id)
        self._acted(Act.CONFIRM_IDENTITY, case, note)
        return f"{inspection_id}: manifest {manifest_id}"

    def _acknowledgeable(self, code: str) -> ActiveFault:
        if code not in {fault.value for fault in Fault}:
            raise CommandRefused(f"no fault {code!r}; `scanlane fault list` names every one")
        fault = Fault(code)
        if CATALOGUE[fault].kind is FaultClass.TRIP:
            raise CommandRefused(f"{code} is reset at the board only; no officer acknowledges it")
        book = self._core().faults
        for active in book:
            if active.fault is fault:
                return active
        shown = ", ".join(active.fault.value for active in book) or "none"
        raise CommandRefused(f"{code} is not active; active: {shown}")

    def _acted(self, act: Act, case: Case | None, note: Mapping[str, object]) -> None:
        subject = None if case is None else case.inspection_id
        self._write(ACTED, subject, {"act": act.value, **note})

    def _case(self, inspection_id: str) -> Case:
        case = self._book.by_inspection(inspection_id)
        if case is None:
            raise CommandRefused(f"no open inspection {inspection_id!r}")
        return case

    def _state(self, case: Case) -> InspectionState | None:
        for inspection in self._core().inspections:
            if inspection.token == case.token:
                return inspection.state
        return None


_DECISIONS = tuple(decision.value for decision in HoldDecision)


def _words(text: str, needed: str = "") -> str:
    """Take an officer's words as they can be recorded. Raises CommandRefused."""
    words = text.strip()
    if needed and not words:
        raise CommandRefused(needed)
    if len(words) > WORDS_LIMIT:
        raise CommandRefused(f"{len(words)} characters are too long; use at most {WORDS_LIMIT}")
    if any("\ud800" <= letter <= "\udfff" for letter in words):
        raise CommandRefused("the words hold characters that are not Unicode; write them again")
    return words


def _judged(answer: bool) -> Judgement:  # noqa: FBT001 - one word of the law for each
    return Judgement.YES if answer else Judgement.NO
