"""What an acknowledgement and a local reset free, and what they leave."""

import pytest

from edge.core import events as ev
from edge.core.effects import EntryKind
from edge.core.faults import CATALOGUE, Fault, FaultClass
from edge.core.lane import PACKML, LaneState
from edge.core.values import Input
from tests.unit.core.lanes import Lane, proven, scanning

TRIPS = [fault for fault, row in CATALOGUE.items() if row.kind is FaultClass.TRIP]
LATCHED = [
    fault
    for fault, row in CATALOGUE.items()
    if row.latched and row.kind is not FaultClass.TRIP
]  # fmt: skip


def faults(lane: Lane) -> set[Fault]:
    return {active.fault for active in lane.state.faults}


def past(*happened: Fault) -> Lane:
    return proven().take(*[ev.FaultRaised(fault, present=False) for fault in happened])


def test_an_acknowledgement_of_one_fault_leaves_every_other() -> None:
    lane = past(Fault.UNIT_JAMMED, Fault.LINES_STALLED, Fault.IMAGE_LOST)
    lane.take(ev.Acknowledged(Fault.UNIT_JAMMED))
    assert lane.causes(EntryKind.FAULT_CLEARED) == ["unit_jammed"]
    assert faults(lane) == {Fault.LINES_STALLED, Fault.IMAGE_LOST}
    assert lane.state.lane is LaneState.HELD
    lane.take(ev.Acknowledged(Fault.LINES_STALLED))
    assert lane.state.lane is LaneState.READY
    assert faults(lane) == {Fault.IMAGE_LOST}


def test_an_acknowledgement_without_a_fault_frees_all_that_may_be() -> None:
    lane = past(*LATCHED).take(ev.Acknowledged(None))
    assert faults(lane) == set()
    assert lane.state.lane is LaneState.READY


@pytest.mark.parametrize("fault", TRIPS, ids=lambda fault: fault.value)
def test_naming_a_trip_does_not_acknowledge_it(fault: Fault) -> None:
    lane = past(fault).take(ev.Acknowledged(fault))
    assert faults(lane) == {fault}
    assert lane.state.lane is LaneState.TRIPPED


def test_a_fault_whose_cause_is_present_is_not_acknowledged_by_its_name() -> None:
    lane = proven().take(ev.FaultRaised(Fault.CONVEYOR_FAULT, present=True))
    lane.take(ev.Acknowledged(Fault.CONVEYOR_FAULT))
    assert faults(lane) == {Fault.CONVEYOR_FAULT}
    assert lane.state.lane is LaneState.HELD


def test_after_the_reset_of_a_trip_a_lane_with_a_stop_left_is_held_until_that_is_acknowledged() -> (
    None
):
    """An emergency stop under the beam ends the lease too: two faults, two people's hands."""
    lane = scanning().take(ev.LeaseLost()).read(estop=Input.BLOCKED)
    assert lane.state.lane is LaneState.TRIPPED
    lane.read(estop=Input.OK)
    assert lane.state.lane is LaneState.TRIPPED
    lane.take(ev.LocalReset())
    assert lane.state.lane is LaneState.HELD
    assert PACKML[lane.state.lane] == 11
    assert lane.causes(EntryKind.LANE_MODE) == ["held"]
    assert lane.effects == []
    lane.take(ev.Acknowledged(Fault.LEASE_LOST))
    assert lane.state.lane not in {LaneState.HELD, LaneState.TRIPPED}


def test_a_stop_acknowledged_before_the_reset_leaves_a_tripped_lane_tripped() -> None:
    lane = past(Fault.LEASE_LOST, Fault.ESTOP).take(ev.Acknowledged(None))
    assert lane.state.lane is LaneState.TRIPPED
    assert lane.take(ev.LocalReset()).state.lane is LaneState.READY


def test_a_trip_whose_cause_is_back_keeps_a_lane_tripped_whatever_else_is_reset() -> None:
    lane = past(Fault.LEASE_LOST, Fault.INTERLOCK_BROKEN_IN_BEAM)
    lane.take(ev.FaultRaised(Fault.BEAM_WITHOUT_PERMIT, present=True), ev.LocalReset())
    assert lane.state.lane is LaneState.TRIPPED
