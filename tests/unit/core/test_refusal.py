"""Rules of a driver who refuses to drive through: the unit goes unscanned, and stays so."""

from collections.abc import Callable

import pytest

from edge.core import events as ev
from edge.core.effects import KINDS, Effect, EntryKind, Nature
from edge.core.faults import Fault
from edge.core.inspection import InspectionState
from edge.core.lane import LaneState
from edge.core.tracking import Sensor
from edge.law.verdicts import VerdictKind
from tests.unit.core.lanes import (
    NEXT,
    UNIT,
    Lane,
    admitting,
    arming,
    arrived,
    before,
    intent,
    scanned,
    scanning,
    verdict,
    warning,
)

REFUSED = ev.DriverRefused(UNIT)


def held() -> Lane:
    return arrived().take(verdict(VerdictKind.HOLD))


def cleared() -> Lane:
    """Cleared, and kept from entering by a fault."""
    lane = arrived().take(ev.FaultRaised(Fault.DETECTOR_LOST, present=True))
    return lane.take(verdict(VerdictKind.SCAN))


def turned_away() -> Lane:
    return arrived().take(verdict(VerdictKind.EXEMPT, route=ev.Route.TURN_AWAY))


AT_THE_ENTRY = [arrived, held, cleared, turned_away, arming, warning, admitting]
INSIDE = [intent, scanning]


@pytest.mark.parametrize("stage", AT_THE_ENTRY, ids=lambda one: one.__name__)
def test_a_unit_at_the_entry_is_turned_away_with_what_was_prepared_taken_back(
    stage: Callable[[], Lane],
) -> None:
    lane = stage()
    prepared = lane.state.mission == UNIT
    lane.take(REFUSED)
    assert lane.where() is InspectionState.NOT_COMPLETED
    assert lane.causes(EntryKind.SCAN_NOT_COMPLETED) == ["refused"]
    assert lane.effects[-1] is Effect.TURN_AWAY
    assert (Effect.WITHDRAW in lane.effects) is prepared
    assert not [e for e in lane.effects if KINDS[e].nature is Nature.PERMISSIVE]
    assert lane.state.lane is LaneState.READY
    lane.clear(Sensor.ENTRY)
    assert lane.causes(EntryKind.INSPECTION_CLOSED) == ["not_completed"]


@pytest.mark.parametrize("stage", INSIDE, ids=lambda one: one.__name__)
def test_a_unit_that_is_inside_is_driven_out_unscanned(stage: Callable[[], Lane]) -> None:
    lane = stage().take(REFUSED)
    assert lane.effects[:2] == [Effect.WITHDRAW, Effect.HV_OFF]
    assert before(lane.effects, Effect.WITHDRAW, Effect.STOP_WARNING)
    assert lane.causes(EntryKind.SCAN_NOT_COMPLETED) == ["refused"]
    assert lane.state.lane is LaneState.CLEARING
    assert Effect.STOP_BELT not in lane.effects


def test_a_unit_that_is_crossing_is_not_stopped_under_the_barrier() -> None:
    lane = admitting().occupied(Sensor.TUNNEL_IN, NEXT).take(REFUSED)
    assert lane.state.lane is LaneState.CLEARING
    assert Effect.CLOSE_ENTRY not in lane.effects
    assert lane.where() is InspectionState.NOT_COMPLETED


@pytest.mark.parametrize("kind", VerdictKind, ids=lambda kind: kind.value)
@pytest.mark.parametrize("stage", [*AT_THE_ENTRY, *INSIDE], ids=lambda one: one.__name__)
def test_no_verdict_and_no_answer_takes_a_refusal_back(
    stage: Callable[[], Lane], kind: VerdictKind
) -> None:
    lane = stage().take(REFUSED)
    lane.take(verdict(kind), ev.HoldAnswered(UNIT, ev.Answer.SCAN), ev.IntentCommitted(UNIT))
    assert lane.where() is InspectionState.NOT_COMPLETED
    assert not [e for e in lane.effects if KINDS[e].nature is Nature.PERMISSIVE]


def test_a_unit_that_passes_without_a_beam_has_nothing_to_refuse_once_it_moves_in() -> None:
    passing = arrived().take(verdict(VerdictKind.EXEMPT)).occupied(Sensor.TUNNEL_IN, NEXT)
    before_it = passing.state
    assert passing.take(REFUSED).state == before_it
    standing = arrived().take(verdict(VerdictKind.EXEMPT)).take(REFUSED)
    assert standing.where() is InspectionState.NOT_COMPLETED
    assert standing.effects[:2] == [Effect.STOP_BELT, Effect.CLOSE_ENTRY]


def test_a_unit_that_has_been_scanned_has_nothing_to_refuse() -> None:
    lane = scanned()
    state = lane.state
    assert lane.take(REFUSED).state == state
    assert lane.entries == []


def test_the_next_unit_may_refuse_while_another_is_under_the_beam() -> None:
    lane = scanning().clear(Sensor.TUNNEL_IN).occupied(Sensor.ENTRY, NEXT)
    lane.take(verdict(VerdictKind.SCAN, NEXT)).take(ev.DriverRefused(NEXT))
    assert lane.state.lane is LaneState.SCANNING
    assert lane.where(NEXT) is InspectionState.NOT_COMPLETED
    assert lane.effects == [Effect.TURN_AWAY]
