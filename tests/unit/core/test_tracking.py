"""Tokens move on the full sensor sequence only; all else is a conflict and has no beam."""

import pytest

from edge.core import events as ev
from edge.core.effects import Effect, EntryKind
from edge.core.faults import Fault
from edge.core.inspection import InspectionState
from edge.core.lane import LaneState
from edge.core.state import Freshness
from edge.core.tracking import (
    NOBODY,
    UNTRACKED,
    Certainty,
    Context,
    Move,
    Moved,
    Phase,
    Sensor,
    Tracking,
    proven_empty,
    track,
)
from edge.core.values import Input, Plausibility, Presence
from tests.unit.core.lanes import NEXT, UNIT, admitting, arrived, intent, proven, scanned, scanning

PLAUSIBLE = Plausibility.PLAUSIBLE


def _empty() -> Tracking:
    seen = dict.fromkeys(("seen_entry", "seen_tunnel_in", "seen_tunnel_out", "seen_exit"),
                         Presence.CLEAR)  # fmt: skip
    return proven_empty(UNTRACKED._replace(**seen))


def _walk(
    steps: list[tuple[Sensor, Presence]], length: Plausibility = PLAUSIBLE, *, admitted: bool = True
) -> Moved:
    moved = Moved(_empty(), Move.NOTHING, NOBODY)
    for sensor, presence in steps:
        context = Context(fresh=UNIT, length=length, admitting=admitted, separated=False)
        moved = track(moved.tracking, sensor, presence, context)
    return moved


ON, OFF = Presence.OCCUPIED, Presence.CLEAR
WAY = [
    (Sensor.ENTRY, ON), (Sensor.TUNNEL_IN, ON), (Sensor.ENTRY, OFF), (Sensor.TUNNEL_IN, OFF),
    (Sensor.TUNNEL_OUT, ON), (Sensor.EXIT, ON), (Sensor.TUNNEL_OUT, OFF), (Sensor.EXIT, OFF),
]  # fmt: skip


def test_the_full_sequence_carries_the_token_through() -> None:
    moves = [_walk(WAY[: n + 1]).move for n in range(len(WAY))]
    assert moves == [
        Move.ARRIVED, Move.ENTERING, Move.INSIDE, Move.REAR_IN, Move.LEAVING, Move.NOTHING,
        Move.OUT, Move.GONE,
    ]  # fmt: skip
    assert _walk(WAY).tracking == _empty()


@pytest.mark.parametrize("count", range(len(WAY)))
def test_any_other_next_edge_is_a_conflict_or_a_unit_of_its_own(count: int) -> None:
    here = _walk(WAY[:count]).tracking
    seen = dict(zip(Sensor, here[5:], strict=True))
    for sensor in Sensor:
        presence = OFF if seen[sensor] is ON else ON
        if (sensor, presence) == WAY[count]:
            continue
        context = Context(fresh=NEXT, length=PLAUSIBLE, admitting=True, separated=False)
        moved = track(here, sensor, presence, context)
        allowed = {Move.CONFLICT}
        if sensor is Sensor.ENTRY:
            allowed = {Move.CONFLICT, Move.ARRIVED, Move.TAKEN_AWAY}
        assert moved.move in allowed
        if moved.move is Move.ARRIVED:
            assert here.entry == NOBODY
            assert here.phase is not Phase.INSIDE


@pytest.mark.parametrize("count", [2, 3])
def test_a_length_that_does_not_fit_is_a_conflict(count: int) -> None:
    here = _walk(WAY[:count]).tracking
    context = Context(UNIT, Plausibility.IMPLAUSIBLE, admitting=True, separated=True)
    assert track(here, *WAY[count], context).move is Move.CONFLICT


def test_an_unknown_length_does_not_prove_that_the_rear_is_in() -> None:
    context = Context(UNIT, Plausibility.UNKNOWN, admitting=True, separated=True)
    assert track(_walk(WAY[:3]).tracking, *WAY[3], context).move is Move.CONFLICT


def test_nothing_crosses_into_a_tunnel_that_takes_nothing_in() -> None:
    assert _walk(WAY[:2], admitted=False).move is Move.CONFLICT


def test_a_unit_that_comes_back_at_once_is_a_conflict() -> None:
    assert _walk([*WAY[:2], (Sensor.TUNNEL_IN, OFF)]).move is Move.CONFLICT


@pytest.mark.parametrize("separated", [True, False])
def test_an_arrival_behind_the_unit_inside_needs_a_closed_barrier(separated: bool) -> None:
    inside = _walk(WAY[:3]).tracking
    context = Context(fresh=NEXT, length=PLAUSIBLE, admitting=True, separated=separated)
    moved = track(inside, Sensor.ENTRY, ON, context)
    assert moved.move is (Move.ARRIVED if separated else Move.CONFLICT)


def test_a_unit_following_on_the_heels_is_a_conflict() -> None:
    # The entry never clears between the two, so tunnel-in clears too early.
    lane = admitting().occupied(Sensor.TUNNEL_IN).clear(Sensor.TUNNEL_IN)
    assert lane.state.tracking.certainty is Certainty.CONFLICT
    assert lane.state.lane is LaneState.HELD
    assert lane.where() is InspectionState.NOT_COMPLETED


def test_two_units_that_touch_are_a_conflict_before_the_beam() -> None:
    lane = admitting().occupied(Sensor.TUNNEL_IN)
    lane.sense(Sensor.ENTRY, OFF, NEXT, Plausibility.IMPLAUSIBLE)
    assert lane.state.tracking.certainty is Certainty.CONFLICT
    assert {Effect.WITHDRAW, Effect.STOP_BELT} <= set(lane.effects)


def test_swapped_units_are_two_inspections() -> None:
    lane = arrived().clear(Sensor.ENTRY)
    assert lane.where() is None
    assert lane.causes(EntryKind.SCAN_NOT_COMPLETED) == ["taken_away"]
    lane.occupied(Sensor.ENTRY, NEXT)
    assert lane.where(NEXT) is InspectionState.IDENTIFYING


@pytest.mark.parametrize("sensor", Sensor, ids=lambda sensor: sensor.value)
def test_a_sensor_that_knows_nothing_ends_a_scan(sensor: Sensor) -> None:
    lane = scanning().sense(sensor, Presence.UNKNOWN)
    assert lane.state.lane is LaneState.HELD
    assert lane.state.tracking.certainty is Certainty.UNKNOWN
    assert lane.effects[:2] == [Effect.WITHDRAW, Effect.HV_OFF]
    assert lane.where() is InspectionState.NOT_COMPLETED


def test_a_conflict_needs_an_empty_lane_and_a_new_search() -> None:
    lane = intent().occupied(Sensor.EXIT)
    assert [active.fault for active in lane.state.faults] == [Fault.TRACKING_CONFLICT]
    assert lane.state.secured is Freshness.OLD
    lane.take(ev.Acknowledged())
    assert lane.state.lane is LaneState.PROVING
    lane.clear(Sensor.EXIT).clear(Sensor.TUNNEL_IN)
    assert lane.state.lane is LaneState.PROVING
    lane.read(secured=Input.BLOCKED).read(secured=Input.OK)
    assert lane.state.lane is LaneState.READY
    assert lane.state.inspections == ()


def test_a_sensor_repeating_itself_means_nothing() -> None:
    lane = proven()
    before = lane.state
    assert lane.clear(Sensor.EXIT).state == before
    assert lane.entries == []


def test_the_next_unit_is_tracked_while_the_last_one_stands_at_the_exit() -> None:
    lane = scanned().occupied(Sensor.ENTRY, NEXT)
    assert lane.state.tracking.exit == UNIT
    assert lane.state.tracking.entry == NEXT
    assert lane.where(NEXT) is InspectionState.IDENTIFYING
