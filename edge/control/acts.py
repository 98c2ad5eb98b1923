"""What officers may do to the lane: answer, abort, outcome, acknowledge, confirm an identity.

What they say of a unit and its driver is in `unit_acts`.

The same few methods serve the control socket and signed commands. Each either posts the event
that follows, or raises CommandRefused saying why not; nothing is half done. Each leaves an entry of
its own as well: an act may change nothing, and still its officer has acted in the inspection.
"""

from collections.abc import Mapping
from dataclasses import replace

from edge.clock import rfc3339
from edge.control.act_base import ACTED, WORDS_LIMIT, Actor, words_of
from edge.control.cases import Case
from edge.control.unit_acts import UnitActs
from edge.core import events as ev
from edge.core.faults import CATALOGUE, ActiveFault, Fault, FaultClass
from edge.core.inspection import InspectionState
from edge.core.lane import PREPARED
from edge.errors import CommandRefused
from edge.law.exemptions import HoldAnswer, HoldDecision, make_scan_permit
from edge.law.outcomes import Act, Judgement, Role, duties_are_separate, outcome, same_officer
from edge.law.verdicts import Verdict

__all__ = ["ACTED", "Actor", "Acts"]


class Acts(UnitActs):
    """The officers' door into the lane logic."""

    def answer(self, actor: Actor, *, inspection_id: str, decision: str, reason: str) -> str:
        """Answer a hold with ``scan``, ``pass`` or ``turn_away``.

        Where the site wants four eyes, a ``scan`` waits for a second OMS who says the same to the
        same reasons; the hold's time goes on. The other answers keep the beam off: one is enough.

        Raises:
            CommandRefused: no hold, not to this officer, or the law permits no scan.
        """
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
        if given.decision is HoldDecision.SCAN:
            return self._answer_scan(actor, case, verdict, given)
        if given.decision is HoldDecision.PASS and not verdict.may_pass_inside:
            raise CommandRefused(f"{inspection_id} may not fit the tunnel; only turn_away is left")
        note = actor.note(role, decision=decision, reason=reason)
        self._answered(actor, case, given, note)
        self._acted(Act.ANSWER, case, note)
        return f"{inspection_id}: {decision}"

    def _answer_scan(self, actor: Actor, case: Case, verdict: Verdict, given: HoldAnswer) -> str:
        """Take a "scan": it counts at once, or when a second officer has said the same."""
        first, needs_two = case.first_answer, self._gate.four_eyes
        if first is not None and same_officer(first.officer_id) == same_officer(given.officer_id):
            raise CommandRefused(
                f"officer {given.officer_id!r} has said scan; another OMS has to say the same"
            )
        note = actor.note(given.role, decision=given.decision.value, reason=given.reason)
        try:
            if needs_two and first is None:
                # Only to refuse at once what the law would not take from the first officer: the
                # permit is thrown away, and the second officer's answer is judged by four eyes.
                make_scan_permit(verdict, case.token, case.inspection_id, given, four_eyes=False)
                case.first_answer = given
                case.oms_ids.add(given.officer_id)
                self._acted(Act.ANSWER, case, {**note, "waits_for": "second_officer"})
                return f"{case.inspection_id}: scan, waits for a second officer"
            answer = given if first is None else replace(first, confirmed_by=given.officer_id)
            case.permit = self._gate.permit(case, verdict, answer)
        except ValueError as error:
            raise CommandRefused(str(error)) from error
        told = note if first is None else {**note, **_confirmed(answer)}
        self._answered(actor, case, answer, told)
        confirms = {} if first is None else {"confirms": first.officer_id}
        self._acted(Act.ANSWER, case, {**note, **confirms})
        return f"{case.inspection_id}: scan"

    def _answered(
        self, actor: Actor, case: Case, given: HoldAnswer, note: Mapping[str, object]
    ) -> None:
        """Let an answer count."""
        if given.decision is not HoldDecision.SCAN:
            case.permit = None
        case.answer, case.answered, case.first_answer = given, case.verdict, None
        case.oms_ids.add(actor.officer.id)
        self._post(ev.HoldAnswered(case.token, ev.Answer(given.decision.value)), note)

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
        one_person = self._gate.one_person
        if not duties_are_separate(actor.officer.id, case.oms_ids, one_person_allowed=one_person):
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
        """Bind a manifest to a unit on a named OMS's word.

        Where the site wants four eyes it waits for a second OMS who names the same manifest: the
        verdict that follows may be a scan.

        Raises:
            CommandRefused: no hold, not to this officer, or no manifest that can be this unit's.
        """
        role = self._officers.role_for(actor.officer, Act.CONFIRM_IDENTITY)
        case = self._case(inspection_id)
        if self._state(case) is not InspectionState.ON_HOLD:
            raise CommandRefused(f"{inspection_id} is not on hold")
        reason = words_of(reason, "a confirmation needs a reason")
        note = actor.note(role, confirmed_manifest=manifest_id, reason=reason)
        self._gate.check_confirmable(case, manifest_id)
        first, named = case.first_confirmed
        if self._gate.four_eyes and named != manifest_id:
            case.first_confirmed = (actor.officer.id, manifest_id)
            case.oms_ids.add(actor.officer.id)
            self._acted(Act.CONFIRM_IDENTITY, case, {**note, "waits_for": "second_officer"})
            return f"{inspection_id}: manifest {manifest_id}, waits for a second officer"
        if self._gate.four_eyes:
            if same_officer(first) == same_officer(actor.officer.id):
                raise CommandRefused(
                    f"officer {actor.officer.id!r} has named it; another OMS has to say the same"
                )
            note["confirms"] = first
        self._gate.confirm(case, manifest_id, note)
        case.first_confirmed = ("", "")
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


def _confirmed(answer: HoldAnswer) -> dict[str, object]:
    """The words of an answer that two officers gave: the first one's, and who confirmed them."""
    return {
        "officer": answer.officer_id,
        "role": answer.role.value,
        "reason": answer.reason,
        "confirmed_by": answer.confirmed_by,
    }


_DECISIONS = tuple(decision.value for decision in HoldDecision)


def _judged(answer: bool) -> Judgement:  # noqa: FBT001 - one word of the law for each
    return Judgement.YES if answer else Judgement.NO
