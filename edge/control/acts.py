"""What officers may do to the lane: answer, abort, outcome, acknowledge, confirm an identity.

What they say of a unit and its driver is in `unit_acts`.

The same few methods serve the control socket and signed commands. Each either posts the event
that follows, or raises CommandRefused saying why not; nothing is half done. Each leaves an entry of
its own as well: an act may change nothing, and still its officer has acted in the inspection.
"""

from edge.clock import rfc3339
from edge.control.act_base import ACTED, WORDS_LIMIT, Actor, words_of
from edge.control.unit_acts import UnitActs
from edge.core import events as ev
from edge.core.faults import CATALOGUE, ActiveFault, Fault, FaultClass
from edge.core.inspection import InspectionState
from edge.core.lane import PREPARED
from edge.errors import CommandRefused
from edge.law.exemptions import HoldAnswer, HoldDecision, make_scan_permit
from edge.law.outcomes import Act, Judgement, Role, duties_are_separate, outcome

__all__ = ["ACTED", "Actor", "Acts"]


class Acts(UnitActs):
    """The officers' door into the lane logic."""

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
        reason = words_of(reason, "an answer needs a reason")
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
        note = words_of(note)
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
        reason = words_of(reason, "a confirmation needs a reason")
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


_DECISIONS = tuple(decision.value for decision in HoldDecision)


def _judged(answer: bool) -> Judgement:  # noqa: FBT001 - one word of the law for each
    return Judgement.YES if answer else Judgement.NO
