"""What an OMS states of a unit: no live animals aboard, the driver's answer, the driver's refusal.

Each is an entry of its own, written before what it leads to: nothing counts that is not recorded.
"""

from edge.clock import rfc3339
from edge.control.act_base import ActBase, Actor, words_of
from edge.control.cases import Case
from edge.core import events as ev
from edge.core.decisions import may_refuse
from edge.core.inspection import REDECIDABLE, InspectionState
from edge.core.tracking import Phase
from edge.errors import CommandRefused
from edge.law.case import Aboard, DriverAnswer, NoAnimalsStatement
from edge.law.outcomes import Act, Role

_ANSWERS = {one.value: one for one in Aboard if one is not Aboard.UNANSWERED}


class UnitActs(ActBase):
    """Statements on a unit that has not been scanned."""

    def state_no_animals(self, actor: Actor, *, inspection_id: str) -> str:
        """State that no live animals are aboard, and have the law decide anew.

        The law lets it count for a circus or menagerie alone, and for this unit alone.

        Raises:
            CommandRefused: not to this officer, or the unit does not stand undecided at the entry.
        """
        role = self._officers.role_for(actor.officer, Act.STATE_NO_ANIMALS)
        case = self._case(inspection_id)
        if self._state(case) not in REDECIDABLE or not self._at_the_entry(case):
            raise CommandRefused(
                f"{inspection_id} does not stand at the entry waiting for a scan; "
                "a statement changes nothing any more"
            )
        utc = rfc3339(self._clock.utc())
        case.statement = NoAnimalsStatement(case.inspection_id, actor.officer.id, role, utc)
        self._stated(Act.STATE_NO_ANIMALS, case, actor, role, stated=utc)
        return f"{inspection_id}: stated that no live animals are aboard; {_says(case)}"

    def ask_driver(self, actor: Actor, *, inspection_id: str, animals: str) -> str:
        """Record the driver's answer to "are live animals on board?", and decide anew.

        Every answer is kept, the newest counts. It may come until the beam is off.

        Raises:
            CommandRefused: not to this officer, no such answer, or the unit is past deciding.
        """
        role = self._officers.role_for(actor.officer, Act.ASK_DRIVER)
        case = self._case(inspection_id)
        if animals not in _ANSWERS:
            raise CommandRefused(f"no answer {animals!r}; there are: {', '.join(_ANSWERS)}")
        state = self._state(case)
        if state not in REDECIDABLE | {InspectionState.SCANNING}:
            said = state.value if state is not None else "over"
            raise CommandRefused(f"{inspection_id} is {said}; an answer changes nothing any more")
        utc = rfc3339(self._clock.utc())
        given = DriverAnswer(case.inspection_id, _ANSWERS[animals], actor.officer.id, role, utc)
        case.driver_answers.append(given)
        self._stated(Act.ASK_DRIVER, case, actor, role, stated=utc, animals=animals)
        return f"{inspection_id}: live animals on board: {animals}; {_says(case)}"

    def refusal(self, actor: Actor, *, inspection_id: str, reason: str) -> str:
        """Record that the driver refuses to drive through: the unit goes unscanned.

        Raises:
            CommandRefused: not to this officer, no reason, or there is no scan left to refuse.
        """
        role = self._officers.role_for(actor.officer, Act.REFUSAL)
        case = self._case(inspection_id)
        if not may_refuse(self._core(), case.token):
            raise CommandRefused(f"{inspection_id} is not about to be scanned: nothing to refuse")
        reason = words_of(reason, "a refusal needs the driver's reason, or that he gave none")
        case.oms_ids.add(actor.officer.id)
        case.refused_to = actor.officer.id
        note = actor.note(role, reason=reason)
        self._acted(Act.REFUSAL, case, note)
        self._post(ev.DriverRefused(case.token), note)
        return f"{inspection_id}: the driver refuses; it goes unscanned"

    def _stated(self, act: Act, case: Case, actor: Actor, role: Role, **more: object) -> None:
        case.oms_ids.add(actor.officer.id)
        note = actor.note(role, **more)
        self._acted(act, case, note)
        if case.verdict is not None:  # the first verdict is given when the unit has been measured
            self._gate.decide(case, note)

    def _at_the_entry(self, case: Case) -> bool:
        tracking = self._core().tracking
        return tracking.entry == case.token and tracking.phase is not Phase.ENTERING


def _says(case: Case) -> str:
    return "not decided yet" if case.verdict is None else f"verdict {case.verdict.kind.value}"
