"""What people and the law decide about a unit: verdicts, answers to holds, images, outcomes."""

from edge.core import events as ev
from edge.core.effects import Effect, EntryKind
from edge.core.faults import Fault
from edge.core.inspection import REDECIDABLE, Happening, InspectionState
from edge.core.lane import LaneState
from edge.core.missions import drop, withdraw
from edge.core.state import State, Work
from edge.core.tracking import Phase
from edge.law.verdicts import VerdictKind

_ANSWERS = {
    ev.Answer.SCAN: Happening.ANSWER_SCAN,
    ev.Answer.PASS: Happening.ANSWER_PASS,
    ev.Answer.TURN_AWAY: Happening.ANSWER_TURN_AWAY,
}

REFUSED = "refused"
"""Cause of a scan that was not completed because the driver refused to drive through."""

IMAGE_LOST = "image_lost"
"""Cause of a scan that was not completed because it did not become a package."""

_TO_THE_BEAM = frozenset({LaneState.ADMITTING, LaneState.INTENT, LaneState.SCANNING})


def verdict_given(work: Work, event: ev.VerdictGiven) -> None:
    """Take a verdict, first or anew; for a unit already gone it changes nothing."""
    inspection = work.inspection(event.token)
    if inspection is None:
        return
    work.write(EntryKind.VERDICT_GIVEN, event.token, event.verdict.value)
    scan = event.verdict is VerdictKind.SCAN
    if inspection.state is InspectionState.SCANNING:
        if not scan:
            withdraw(work, "verdict_changed")
        return
    if inspection.state not in REDECIDABLE:
        return
    if not _at_gate(work.state, event.token):
        _redecide_inside(work, event)
        return
    if scan and inspection.state is InspectionState.CLEARED:
        return
    if work.state.mission == event.token:
        drop(work)
    happening = _happening(event)
    work.happen(event.token, happening)
    if happening is Happening.VERDICT_HOLD:
        work.write(EntryKind.HOLD_ASKED, event.token)
        work.ask_for(Effect.ASK_OFFICER, event.token)
    elif happening is Happening.VERDICT_TURN_AWAY:
        work.ask_for(Effect.TURN_AWAY, event.token)


def _redecide_inside(work: Work, event: ev.VerdictGiven) -> None:
    """A unit already on its way in can lose its scan by a new verdict, but not gain one."""
    intended = work.state.lane in {LaneState.ADMITTING, LaneState.INTENT}
    if event.verdict is VerdictKind.SCAN or work.state.mission != event.token or not intended:
        return
    withdraw(work, "verdict_changed")


def _happening(event: ev.VerdictGiven) -> Happening:
    if event.verdict is VerdictKind.SCAN:
        return Happening.VERDICT_SCAN
    if event.verdict is VerdictKind.HOLD:
        return Happening.VERDICT_HOLD
    if event.route is ev.Route.PASS:
        return Happening.VERDICT_PASS
    return Happening.VERDICT_TURN_AWAY


def _at_gate(state: State, token: int) -> bool:
    return state.tracking.entry == token and state.tracking.phase is not Phase.ENTERING


def hold_answered(work: Work, event: ev.HoldAnswered) -> None:
    """Take an officer's answer; one that comes after the hold has ended changes nothing."""
    inspection = work.inspection(event.token)
    if inspection is None or inspection.state is not InspectionState.ON_HOLD:
        return
    work.write(EntryKind.HOLD_ANSWERED, event.token, event.answer.value)
    work.happen(event.token, _ANSWERS[event.answer])
    if event.answer is ev.Answer.TURN_AWAY:
        work.ask_for(Effect.TURN_AWAY, event.token)


def may_refuse(state: State, token: int) -> bool:
    """Whether a unit may still be scanned, or is being, so that its driver can refuse that."""
    found = [one.state for one in state.inspections if one.token == token]
    if not found or found[0] not in REDECIDABLE | {InspectionState.SCANNING}:
        return False
    on_its_way = state.mission == token and state.lane in _TO_THE_BEAM
    return _at_gate(state, token) or on_its_way


def driver_refused(work: Work, event: ev.DriverRefused) -> None:
    """End an inspection whose driver refuses to drive through: an ordinary way for it to end.

    A unit at the entry is turned away, one on its way to the beam is driven out unscanned. One that
    is driven through without a beam, or is not scanned any more, has nothing to refuse.
    """
    if not may_refuse(work.state, event.token):
        return
    if not _at_gate(work.state, event.token):
        withdraw(work, REFUSED, Happening.REFUSED)
        return
    if work.state.mission == event.token:
        drop(work)
    work.happen(event.token, Happening.REFUSED)
    work.write(EntryKind.SCAN_NOT_COMPLETED, event.token, REFUSED)
    work.ask_for(Effect.TURN_AWAY, event.token)


def image_stored(work: Work, event: ev.ImageStored) -> None:
    """Note that the scan package is on disk."""
    inspection = work.inspection(event.token)
    work.write(EntryKind.IMAGE_STORED, event.token)
    if inspection is not None and inspection.state is InspectionState.IMAGING:
        work.happen(event.token, Happening.IMAGE_STORED)


def image_failed(work: Work, event: ev.ImageFailed) -> None:
    """Note that a scan did not become a package; its raw lines are kept."""
    inspection = work.inspection(event.token)
    if inspection is not None and inspection.state is InspectionState.SCANNING:
        # Nobody is irradiated for an image that will not be.
        withdraw(work, IMAGE_LOST)
        work.raise_fault(Fault.IMAGE_LOST, present=False)
    elif inspection is not None and inspection.state is InspectionState.IMAGING:
        lose_image(work, event.token)
    else:
        work.raise_fault(Fault.IMAGE_LOST, present=False)


def lose_image(work: Work, token: int) -> None:
    """Close the record of a scan whose image is not to be had."""
    work.raise_fault(Fault.IMAGE_LOST, present=False)
    work.happen(token, Happening.IMAGE_FAILED)
    work.write(EntryKind.SCAN_NOT_COMPLETED, token, IMAGE_LOST)


def outcome_given(work: Work, event: ev.OutcomeGiven) -> None:
    """Note the OAC's outcome."""
    inspection = work.inspection(event.token)
    if inspection is not None and inspection.state is InspectionState.ANALYSIS:
        work.write(EntryKind.OUTCOME_GIVEN, event.token)
        work.happen(event.token, Happening.OUTCOME)
