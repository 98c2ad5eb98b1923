"""Beam without a unit: in SERVICE, over an empty lane, after the whole warning and its entry."""

import pytest

from edge.core import events as ev
from edge.core.effects import Effect, EntryKind
from edge.core.faults import CATALOGUE, Fault, FaultClass
from edge.core.interlocks import (
    FEEDBACKS,
    OPTIONAL,
    PERSONAL,
    SERVICE_BEAM,
    SERVICE_STANDING,
    WARNED,
    Feedback,
)
from edge.core.lane import LaneState
from edge.core.servicing import SERVED
from edge.core.tracking import Sensor
from edge.core.values import Input, Presence
from edge.law.verdicts import VerdictKind
from tests.unit.core.lanes import (
    LIMITS,
    SERVICE,
    SERVICE_STAGES,
    arming,
    arrived,
    before,
    in_service,
    intent,
    proven,
    scanned,
    scanning,
    service_intent,
    service_warning,
    serving,
    verdict,
    warning,
)

PERMITTED = ev.ServicePermitted(SERVICE)
OTHERS = [
    fault
    for fault, row in CATALOGUE.items()
    if row.kind is FaultClass.NO_ENTRY and fault not in SERVED
]


def test_a_service_mission_warns_writes_its_intent_and_only_then_radiates() -> None:
    lane = in_service().take(PERMITTED)
    assert lane.kinds() == {EntryKind.SERVICE_PERMITTED, EntryKind.LANE_MODE}
    assert lane.effects == [Effect.PREPARE_SOURCE, Effect.START_WARNING, Effect.ARM_BOARD]
    lane.read(lamp=Input.OK, horn=Input.OK).tick(LIMITS.warning_ticks - 1)
    assert lane.state.lane is LaneState.SERVICE_WARNING
    lane.tick()
    assert EntryKind.SERVICE_INTENT in lane.kinds()
    assert lane.effects == [Effect.CONFIRM_COMMIT]
    lane.take(ev.IntentCommitted(SERVICE))
    assert lane.effects == [Effect.RENEW_LEASE, Effect.HV_ON]
    assert lane.state.lane is LaneState.SERVICE_BEAM


def test_the_lease_is_renewed_at_each_tick_and_ends_with_what_it_is_for() -> None:
    lane = serving().tick()
    assert lane.effects == [Effect.RENEW_LEASE]
    lane.take(ev.ServiceDone(SERVICE))
    assert lane.effects == [Effect.WITHDRAW, Effect.HV_OFF, Effect.STOP_WARNING]
    assert lane.causes(EntryKind.SERVICE_ENDED) == ["done"]
    assert lane.state.lane is LaneState.READY
    assert lane.state.mission == 0


def test_no_mission_lasts_longer_than_it_may() -> None:
    lane = serving().tick(LIMITS.service_ticks)
    assert lane.causes(EntryKind.SERVICE_ENDED) == ["time"]
    assert lane.state.lane is LaneState.READY
    lane = in_service().take(PERMITTED).tick(LIMITS.service_ticks)
    assert lane.causes(EntryKind.SERVICE_ENDED) == ["no_warning_in_time"]
    assert Effect.WITHDRAW in lane.effects


@pytest.mark.parametrize("stage", SERVICE_STAGES)
@pytest.mark.parametrize("says", [Input.BLOCKED, Input.UNKNOWN, Input.STALE, Input.NOT_FITTED])
def test_a_key_that_is_not_surely_in_service_ends_every_stage(stage: str, says: Input) -> None:
    lane = SERVICE_STAGES[stage]().read(service=says)
    assert lane.effects[:2] == [Effect.WITHDRAW, Effect.HV_OFF]
    assert lane.causes(EntryKind.SERVICE_ENDED) == ["service"]
    lane.take(ev.IntentCommitted(SERVICE)).tick(9)
    assert not {Effect.HV_ON, Effect.RENEW_LEASE} & set(lane.effects)


@pytest.mark.parametrize("row", SERVICE_BEAM)
def test_each_row_alone_ends_a_beam_without_a_unit(row: str) -> None:
    lane = serving().read(**{row: Input.STALE})
    assert lane.effects[:2] == [Effect.WITHDRAW, Effect.HV_OFF]
    assert len(lane.causes(EntryKind.SERVICE_ENDED)) == 1
    assert lane.state.lane is (LaneState.TRIPPED if row in PERSONAL else LaneState.READY)


@pytest.mark.parametrize("row", SERVICE_STANDING)
def test_each_row_alone_keeps_a_service_mission_from_beginning(row: str) -> None:
    lane = in_service().read(**{row: Input.UNKNOWN}).take(PERMITTED)
    assert lane.effects == []
    assert row in lane.causes(EntryKind.SERVICE_ENDED)[0]


@pytest.mark.parametrize("row", WARNED)
def test_a_warning_without_a_unit_that_breaks_counts_from_zero_again(row: str) -> None:
    lane = service_warning().tick(2).read(**{row: Input.BLOCKED}).tick()
    lane.read(**{row: Input.OK}).tick(2)
    assert lane.state.lane is LaneState.SERVICE_WARNING
    assert lane.tick().state.lane is LaneState.SERVICE_INTENT


@pytest.mark.parametrize("row", FEEDBACKS)
@pytest.mark.parametrize("says", [Feedback.ON, Feedback.UNKNOWN], ids=lambda says: says.value)
def test_no_service_mission_while_anything_of_a_beam_is_seen(row: str, says: Feedback) -> None:
    lane = in_service().read(**{row: says}).take(PERMITTED)
    assert lane.effects == []
    assert lane.causes(EntryKind.SERVICE_ENDED) == ["feedback"]


def test_no_service_mission_with_the_key_on_or_a_unit_there_or_a_record_open() -> None:
    for lane in (proven(), arrived(), scanned(), warning(), scanning()):
        lane.take(PERMITTED)
        assert Effect.ARM_BOARD not in lane.effects
        assert len(lane.causes(EntryKind.SERVICE_ENDED)) == 1


@pytest.mark.parametrize("fault", OTHERS, ids=lambda fault: fault.value)
def test_a_fault_that_admits_no_unit_admits_no_service_and_ends_it(fault: Fault) -> None:
    raised = ev.FaultRaised(fault, present=True)
    assert in_service().take(raised, PERMITTED).effects == []
    lane = serving().take(raised)
    assert lane.effects[:2] == [Effect.WITHDRAW, Effect.HV_OFF]
    assert lane.causes(EntryKind.SERVICE_ENDED) == ["fault"]


def test_a_tube_that_is_due_for_seasoning_may_be_seasoned_and_scans_no_unit() -> None:
    due = ev.FaultRaised(Fault.SEASONING_DUE, present=True)
    lane = in_service().read(tube=Input.BLOCKED).take(due, PERMITTED)
    assert Effect.ARM_BOARD in lane.effects
    missing = ev.FaultRaised(Fault.CALIBRATION_MISSING, present=True)
    assert Effect.ARM_BOARD in in_service().take(missing, PERMITTED).effects
    lane = arrived().read(tube=Input.BLOCKED).take(due, verdict(VerdictKind.SCAN))
    assert Effect.ARM_DETECTOR not in lane.effects
    assert "tube" in OPTIONAL


@pytest.mark.parametrize("sensor", Sensor)
@pytest.mark.parametrize("presence", [Presence.OCCUPIED, Presence.UNKNOWN])
@pytest.mark.parametrize("stage", SERVICE_STAGES)
def test_whatever_a_sensor_sees_ends_the_beam_without_a_unit(
    sensor: Sensor, presence: Presence, stage: str
) -> None:
    lane = SERVICE_STAGES[stage]().sense(sensor, presence)
    assert lane.effects[:2] == [Effect.WITHDRAW, Effect.HV_OFF]
    assert len(lane.causes(EntryKind.SERVICE_ENDED)) == 1


@pytest.mark.parametrize("stage", SERVICE_STAGES)
@pytest.mark.parametrize(
    ("happened", "cause"),
    [
        (ev.AbortRequested(SERVICE), "aborted"),
        (ev.LeaseLost(), "stop"),
        (ev.Stalled(), "stop"),
        (ev.FaultRaised(Fault.SOURCE_LOST, present=True), "stop"),
        (ev.FaultRaised(Fault.RADIATION_ALARM, present=True), "trip"),
        (ev.BoardRestarted(), "key_edge"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_every_doubt_ends_every_stage_once(stage: str, happened: ev.Event, cause: str) -> None:
    lane = SERVICE_STAGES[stage]().take(happened)
    assert lane.effects[:2] == [Effect.WITHDRAW, Effect.HV_OFF]
    assert lane.causes(EntryKind.SERVICE_ENDED) == [cause]
    lane.take(ev.IntentCommitted(SERVICE), ev.ServiceDone(SERVICE)).tick(9)
    assert not {Effect.HV_ON, Effect.RENEW_LEASE} & set(lane.effects)
    assert lane.causes(EntryKind.SERVICE_ENDED) == []


def test_high_voltage_that_does_not_come_ends_the_mission() -> None:
    lane = service_intent().take(ev.IntentCommitted(SERVICE)).tick(LIMITS.hv_ticks)
    assert Fault.HV_MISSING in {active.fault for active in lane.state.faults}
    assert lane.causes(EntryKind.SERVICE_ENDED) == ["stop"]


def test_the_intent_of_another_mission_gives_no_beam() -> None:
    lane = service_intent().take(ev.IntentCommitted(SERVICE - 1), ev.ServiceDone(SERVICE))
    assert lane.effects == []
    assert lane.state.lane is LaneState.SERVICE_INTENT


def test_a_stop_is_asked_for_before_the_warning_ends() -> None:
    lane = serving().take(ev.AbortRequested(SERVICE))
    assert before(lane.effects, Effect.WITHDRAW, Effect.STOP_WARNING)
    assert lane.state.proof == 0


@pytest.mark.parametrize("says", [Input.OK, Input.UNKNOWN, Input.STALE, Input.CONFLICT])
def test_a_key_that_may_stand_in_service_lets_no_unit_in(says: Input) -> None:
    for kind in (VerdictKind.SCAN, VerdictKind.EXEMPT):
        lane = arrived().read(service=says).take(verdict(kind))
        assert not {Effect.OPEN_ENTRY, Effect.ARM_DETECTOR} & set(lane.effects)
        lane.read(service=Input.BLOCKED)
        assert {Effect.OPEN_ENTRY, Effect.ARM_DETECTOR} & set(lane.effects)


@pytest.mark.parametrize("says", [Input.OK, Input.UNKNOWN, Input.STALE, Input.CONFLICT])
def test_a_key_that_may_be_turned_to_service_under_the_beam_is_a_trip(says: Input) -> None:
    lane = scanning().read(service=says)
    assert lane.effects[0] is Effect.WITHDRAW
    assert Effect.STOP_BELT in lane.effects
    assert lane.state.lane is LaneState.TRIPPED


def test_a_key_turned_to_service_ends_what_is_on_its_way_to_a_scan() -> None:
    assert scanning().read(service=Input.OK).effects[0] is Effect.WITHDRAW
    assert intent().read(service=Input.OK).effects[0] is Effect.WITHDRAW
    lane = warning().read(service=Input.OK)
    assert lane.state.lane is LaneState.ARMING
    lane = arming().read(service=Input.OK).take(ev.DetectorArmed(1))
    assert Effect.ARM_BOARD not in lane.effects
