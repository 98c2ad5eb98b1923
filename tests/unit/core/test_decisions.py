"""Verdicts, holds, images, outcomes, abort, stops, trips and releases, one rule each."""

import pytest

from edge.core import events as ev
from edge.core.effects import KINDS, Effect, EntryKind, Nature
from edge.core.faults import CATALOGUE, Fault, FaultClass
from edge.core.inspection import InspectionState
from edge.core.interlocks import FEEDBACKS, Feedback
from edge.core.lane import LaneState
from edge.core.state import Freshness, restarted
from edge.core.tracking import Certainty, Sensor
from edge.core.values import Input
from edge.law.verdicts import VerdictKind
from tests.unit.core.lanes import (
    LIMITS,
    NEXT,
    STAGES,
    UNIT,
    Lane,
    admitting,
    arming,
    arrived,
    before,
    intent,
    proven,
    scanned,
    scanning,
    verdict,
    warning,
)

NOT_SCAN = [kind for kind in VerdictKind if kind is not VerdictKind.SCAN]
BEGUN = [Fault.CONVEYOR_FAULT, Fault.JOURNAL_UNAVAILABLE]


@pytest.mark.parametrize("kind", NOT_SCAN, ids=lambda kind: kind.value)
@pytest.mark.parametrize("stage", STAGES)
def test_any_other_verdict_ends_what_was_prepared(stage: str, kind: VerdictKind) -> None:
    lane = STAGES[stage]().take(verdict(kind))
    assert Effect.WITHDRAW in lane.effects
    assert not [e for e in lane.effects if e in {Effect.RENEW_LEASE, Effect.HV_ON}]
    if stage in {"intent", "scanning"}:
        assert lane.where() is InspectionState.NOT_COMPLETED
        assert lane.causes(EntryKind.SCAN_NOT_COMPLETED) == ["verdict_changed"]
    else:
        assert lane.where() in {InspectionState.PASSING, InspectionState.ON_HOLD}


def test_a_scan_verdict_that_is_repeated_disturbs_no_scan() -> None:
    lane = scanning().take(verdict(VerdictKind.SCAN))
    assert lane.effects == []
    assert lane.state.lane is LaneState.SCANNING


def test_a_commit_after_the_verdict_has_changed_makes_no_beam() -> None:
    lane = intent().take(verdict(VerdictKind.EXEMPT), ev.IntentCommitted(UNIT))
    assert Effect.HV_ON not in lane.effects
    assert lane.state.lane is LaneState.CLEARING


def test_a_commit_for_another_token_makes_no_beam() -> None:
    lane = intent().take(ev.IntentCommitted(NEXT))
    assert lane.effects == []
    assert lane.state.lane is LaneState.INTENT


def test_a_unit_without_a_verdict_is_not_taken_in() -> None:
    assert arrived().tick(100).state.lane is LaneState.READY


def test_an_exempt_unit_passes_with_the_permit_withdrawn_first() -> None:
    lane = arrived().take(verdict(VerdictKind.EXEMPT))
    assert lane.state.lane is LaneState.PASSING
    assert before(lane.effects, Effect.WITHDRAW, Effect.OPEN_ENTRY)
    assert EntryKind.UNIT_PASSED in lane.kinds()


def test_a_unit_too_large_is_turned_away_and_never_taken_in() -> None:
    lane = arrived().take(verdict(VerdictKind.EXEMPT, route=ev.Route.TURN_AWAY))
    assert lane.effects == [Effect.TURN_AWAY]
    assert lane.tick(10).state.lane is LaneState.READY
    lane.clear(Sensor.ENTRY)
    assert lane.kinds() == {
        EntryKind.UNIT_TURNED_AWAY, EntryKind.UNIT_LEFT, EntryKind.INSPECTION_CLOSED,
    }  # fmt: skip


def test_a_hold_that_nobody_answers_ends_as_turned_away_and_the_lane_goes_on() -> None:
    lane = arrived().take(verdict(VerdictKind.HOLD))
    assert lane.effects == [Effect.ASK_OFFICER]
    assert lane.tick(LIMITS.hold_ticks - 1).where() is InspectionState.ON_HOLD
    lane.tick()
    assert lane.kinds() == {EntryKind.HOLD_EXPIRED}
    assert lane.effects == [Effect.TURN_AWAY]
    lane.clear(Sensor.ENTRY).occupied(Sensor.ENTRY, NEXT).take(verdict(VerdictKind.SCAN, NEXT))
    assert lane.state.mission == NEXT


@pytest.mark.parametrize(
    ("answer", "leads_to"),
    [
        (ev.Answer.SCAN, LaneState.ARMING),
        (ev.Answer.PASS, LaneState.PASSING),
        (ev.Answer.TURN_AWAY, LaneState.READY),
    ],
)
def test_an_answer_decides_a_hold(answer: ev.Answer, leads_to: LaneState) -> None:
    lane = arrived().take(verdict(VerdictKind.HOLD)).tick().take(ev.HoldAnswered(UNIT, answer))
    assert lane.state.lane is leads_to
    assert lane.causes(EntryKind.HOLD_ANSWERED) == [answer.value]


def test_an_answer_that_comes_too_late_changes_nothing() -> None:
    lane = arrived().take(verdict(VerdictKind.HOLD)).tick(LIMITS.hold_ticks)
    state = lane.state
    assert lane.take(ev.HoldAnswered(UNIT, ev.Answer.SCAN)).state == state
    assert lane.entries == []


@pytest.mark.parametrize("stage", STAGES)
def test_an_abort_ends_every_stage_unscanned(stage: str) -> None:
    lane = STAGES[stage]().take(ev.AbortRequested(UNIT))
    assert lane.effects[:2] == [Effect.WITHDRAW, Effect.HV_OFF]
    assert lane.where() is InspectionState.NOT_COMPLETED
    assert lane.causes(EntryKind.SCAN_NOT_COMPLETED) == ["aborted"]


def test_an_abort_of_another_unit_is_not_obeyed() -> None:
    lane = scanning()
    state = lane.state
    assert lane.take(ev.AbortRequested(NEXT)).state == state


def test_the_warning_is_taken_back_after_the_beam() -> None:
    lane = scanning().take(ev.AbortRequested(UNIT))
    assert before(lane.effects, Effect.WITHDRAW, Effect.STOP_WARNING)
    assert before(lane.effects, Effect.HV_OFF, Effect.STOP_WARNING)


def test_no_lines_end_the_scan_and_lines_keep_it() -> None:
    lane = scanning()
    for _ in range(5):
        lane.take(ev.LinesProgressed(UNIT), ev.Tick(1))
        assert lane.effects == [Effect.RENEW_LEASE]
    lane.tick(LIMITS.stall_ticks)
    assert lane.state.lane is LaneState.HELD
    assert [active.fault for active in lane.state.faults] == [Fault.LINES_STALLED]


def test_lines_of_another_unit_keep_nothing() -> None:
    lane = scanning().tick().take(ev.LinesProgressed(NEXT)).tick()
    assert lane.state.lane is LaneState.HELD


@pytest.mark.parametrize("feedback", FEEDBACKS)
def test_a_permit_without_high_voltage_is_given_up(feedback: str) -> None:
    lane = scanning().read(**{feedback: Feedback.OFF})
    for _ in range(LIMITS.hv_ticks - 1):
        lane.take(ev.LinesProgressed(UNIT), ev.Tick(1))
        assert lane.state.lane is LaneState.SCANNING
    lane.take(ev.LinesProgressed(UNIT), ev.Tick(1))
    assert [active.fault for active in lane.state.faults] == [Fault.HV_MISSING]


@pytest.mark.parametrize("feedback", FEEDBACKS)
def test_a_beam_without_a_permit_is_a_trip(feedback: str) -> None:
    lane = proven().read(**{feedback: Feedback.ON}).tick(LIMITS.stray_ticks - 1)
    assert lane.state.lane is LaneState.READY
    lane.tick()
    assert lane.state.lane is LaneState.TRIPPED
    lane.take(ev.LocalReset())
    assert lane.state.lane is LaneState.TRIPPED
    lane.read(**{feedback: Feedback.OFF}).tick().take(ev.LocalReset())
    assert lane.state.lane is LaneState.READY


def test_a_beam_that_was_late_to_come_is_not_taken_for_one_without_a_permit() -> None:
    lane = scanning().read(hv=Feedback.OFF).tick(LIMITS.hv_ticks - 1)
    lane.read(source=Input.UNKNOWN, hv=Feedback.UNKNOWN)
    assert lane.state.lane is LaneState.CLEARING
    lane.tick(LIMITS.stray_ticks - 1)
    assert lane.state.faults == ()
    lane.tick()
    assert [active.fault for active in lane.state.faults] == [Fault.BEAM_WITHOUT_PERMIT]


@pytest.mark.parametrize("stage", ["warning", "admitting", "intent", "scanning"])
@pytest.mark.parametrize("event", [ev.LeaseLost(), ev.Stalled()], ids=["lease", "stall"])
def test_a_lost_lease_or_a_stall_is_never_continued(stage: str, event: ev.Event) -> None:
    lane = STAGES[stage]().take(event)
    assert lane.state.lane is LaneState.HELD
    assert lane.effects[:2] == [Effect.WITHDRAW, Effect.HV_OFF]
    lane.take(ev.Acknowledged()).tick(10)
    assert not [e for e in lane.effects if e in {Effect.RENEW_LEASE, Effect.HV_ON}]


@pytest.mark.parametrize("fault", BEGUN, ids=lambda fault: fault.value)
@pytest.mark.parametrize("stage", STAGES)
def test_a_stop_fault_stops_every_stage(stage: str, fault: Fault) -> None:
    lane = STAGES[stage]().take(ev.FaultRaised(fault, present=True))
    assert lane.state.lane is LaneState.HELD
    assert lane.effects[:2] == [Effect.WITHDRAW, Effect.HV_OFF]
    lane.take(ev.Acknowledged())
    assert lane.state.lane is LaneState.HELD


def test_a_stopped_scan_is_driven_out_unscanned_once_acknowledged() -> None:
    lane = scanning().take(ev.FaultRaised(Fault.CONVEYOR_FAULT, present=False))
    assert lane.where() is InspectionState.NOT_COMPLETED
    lane.read(hv=Feedback.OFF, relay=Feedback.OFF, beam=Feedback.OFF).take(ev.Acknowledged())
    assert lane.state.lane is LaneState.CLEARING
    assert lane.effects == [Effect.START_BELT]


def test_no_entry_finishes_the_running_scan_and_admits_no_other() -> None:
    lane = scanning().take(ev.FaultRaised(Fault.DETECTOR_LOST, present=True))
    assert lane.state.lane is LaneState.SCANNING
    waiting = arrived().take(ev.FaultRaised(Fault.DETECTOR_LOST, present=True))
    assert waiting.take(verdict(VerdictKind.SCAN)).state.lane is LaneState.READY
    assert waiting.take(ev.FaultGone(Fault.DETECTOR_LOST)).state.lane is LaneState.ARMING


def test_an_acknowledgement_never_ends_a_trip() -> None:
    lane = scanning().read(doors=Input.BLOCKED)
    assert lane.state.lane is LaneState.TRIPPED
    lane.read(doors=Input.OK).take(ev.Acknowledged())
    assert lane.state.lane is LaneState.TRIPPED
    assert lane.take(ev.LocalReset()).state.lane is LaneState.CLEARING


def test_after_a_trip_the_hall_must_be_searched_anew() -> None:
    lane = arming().read(estop=Input.BLOCKED).read(estop=Input.OK).take(ev.LocalReset())
    assert (lane.state.key, lane.state.secured) == (Freshness.OLD, Freshness.OLD)
    assert lane.take(ev.DetectorArmed(UNIT)).state.lane is LaneState.ARMING
    lane.read(secured=Input.BLOCKED).read(secured=Input.OK)
    assert lane.state.lane is LaneState.ARMING
    lane.read(key=Input.BLOCKED).read(key=Input.OK)
    assert lane.state.lane is LaneState.WARNING


def test_an_open_interlock_stops_the_belt_when_no_beam_is_meant() -> None:
    lane = arrived().take(verdict(VerdictKind.EXEMPT)).read(zone=Input.BLOCKED)
    assert lane.state.lane is LaneState.HELD
    assert Effect.STOP_BELT in lane.effects
    assert lane.take(ev.Acknowledged()).state.lane is LaneState.READY
    assert Effect.START_BELT in lane.read(zone=Input.OK).effects


def test_a_unit_that_does_not_move_on_is_a_jam() -> None:
    lane = admitting().tick(LIMITS.travel_ticks)
    assert lane.state.lane is LaneState.HELD
    assert Fault.UNIT_JAMMED in {active.fault for active in lane.state.faults}


@pytest.mark.parametrize("at_once", [True, False])
def test_a_unit_is_released_when_the_policy_says(at_once: bool) -> None:
    lane = scanned(LIMITS._replace(release_at_once=at_once))
    assert (lane.state.lane is LaneState.RELEASING) is at_once
    lane.take(ev.ImageStored(UNIT)).take(ev.OutcomeGiven(UNIT))
    assert lane.state.lane is LaneState.RELEASING
    lane.clear(Sensor.EXIT)
    assert lane.state.lane is LaneState.READY
    assert lane.where() is None
    assert lane.causes(EntryKind.INSPECTION_CLOSED) == ["concluded"]


def test_a_unit_released_at_once_keeps_its_inspection_open_until_the_outcome() -> None:
    lane = scanned(LIMITS._replace(release_at_once=True)).clear(Sensor.EXIT)
    assert lane.where() is InspectionState.IMAGING
    assert lane.take(ev.ImageStored(UNIT)).where() is InspectionState.ANALYSIS
    assert lane.take(ev.OutcomeGiven(UNIT)).where() is None


def test_a_unit_that_leaves_unreleased_is_recorded_as_such() -> None:
    lane = scanned().clear(Sensor.EXIT)
    assert lane.causes(EntryKind.UNIT_LEFT) == ["exit_unreleased"]
    assert lane.where() is InspectionState.IMAGING


def test_an_image_that_fails_is_not_completed_and_the_unit_goes() -> None:
    lane = scanned().take(ev.ImageFailed(UNIT))
    assert lane.where() is InspectionState.NOT_COMPLETED
    assert lane.state.lane is LaneState.RELEASING
    assert {active.fault for active in lane.state.faults} == {Fault.IMAGE_LOST}


def test_an_image_that_never_comes_is_lost_after_its_time_and_the_unit_goes() -> None:
    lane = scanned().tick(LIMITS.image_ticks - 1)
    assert lane.where() is InspectionState.IMAGING
    lane.tick()
    assert lane.where() is InspectionState.NOT_COMPLETED
    assert lane.causes(EntryKind.SCAN_NOT_COMPLETED) == ["image_lost"]
    assert lane.state.lane is LaneState.RELEASING
    late = lane.take(ev.ImageStored(UNIT))
    assert late.where() is InspectionState.NOT_COMPLETED


def test_nobody_is_irradiated_for_an_image_that_has_failed() -> None:
    lane = scanning().take(ev.ImageFailed(UNIT))
    assert before(lane.effects, Effect.WITHDRAW, Effect.STOP_WARNING)
    assert lane.where() is InspectionState.NOT_COMPLETED
    assert lane.causes(EntryKind.SCAN_NOT_COMPLETED) == ["image_lost"]
    assert lane.state.lane is LaneState.CLEARING


@pytest.mark.parametrize("row", FEEDBACKS)
def test_doubt_about_the_beam_does_not_end_a_trip_for_it(row: str) -> None:
    lane = proven().read(**{row: Feedback.ON}).tick(LIMITS.stray_ticks)
    assert lane.state.lane is LaneState.TRIPPED
    lane.read(**{row: Feedback.UNKNOWN}).tick().take(ev.LocalReset())
    assert lane.state.lane is LaneState.TRIPPED
    lane.read(**{row: Feedback.OFF}).tick().take(ev.LocalReset())
    assert Fault.BEAM_WITHOUT_PERMIT not in {active.fault for active in lane.state.faults}


def test_a_board_that_was_without_power_needs_a_key_edge_before_the_next_beam() -> None:
    lane = proven().take(ev.BoardRestarted())
    lane.occupied(Sensor.ENTRY).take(verdict(VerdictKind.SCAN), ev.DetectorArmed(UNIT))
    assert lane.state.lane is LaneState.ARMING
    lane.read(key=Input.BLOCKED).read(key=Input.OK)
    assert lane.state.lane is LaneState.WARNING


def test_a_start_keeps_only_what_waits_for_its_outcome() -> None:
    lane = Lane(state=restarted((UNIT,)))
    assert lane.where() is InspectionState.ANALYSIS
    assert lane.state.lane is LaneState.PROVING
    assert lane.state.tracking.certainty is Certainty.UNKNOWN
    assert lane.take(ev.OutcomeGiven(UNIT)).where() is InspectionState.CONCLUDED


def test_a_start_with_everything_good_needs_both_edges() -> None:
    lane = Lane().read()
    for sensor in Sensor:
        lane.clear(sensor)
    assert lane.state.lane is LaneState.PROVING
    lane.read(secured=Input.BLOCKED).read(secured=Input.OK)
    assert lane.state.lane is LaneState.READY
    lane.occupied(Sensor.ENTRY).take(verdict(VerdictKind.SCAN), ev.DetectorArmed(UNIT))
    assert lane.state.lane is LaneState.ARMING
    lane.read(key=Input.BLOCKED).read(key=Input.OK)
    assert lane.state.lane is LaneState.WARNING


def test_restrictive_effects_stand_before_permissive_ones_in_every_stage() -> None:
    for stage in STAGES.values():
        for event in (verdict(VerdictKind.EXEMPT), ev.AbortRequested(UNIT)):
            natures = [KINDS[effect].nature for effect in stage().take(event).effects]
            last = max(i for i, nature in enumerate(natures) if nature is Nature.RESTRICTIVE)
            assert Nature.PERMISSIVE not in natures[:last]


def test_a_notice_stops_nothing() -> None:
    notices = [fault for fault, row in CATALOGUE.items() if row.kind is FaultClass.NOTICE]
    lane = warning()
    for fault in notices:
        lane.take(ev.FaultRaised(fault, present=True))
    assert lane.state.lane is LaneState.WARNING
    assert len(lane.state.faults) == len(notices)
