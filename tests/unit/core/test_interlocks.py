"""Each row of the predicate alone keeps the beam off, whatever kind of doubt it says."""

import pytest

from edge.core import events as ev
from edge.core.effects import Effect
from edge.core.interlocks import (
    BEAM,
    FEEDBACKS,
    MOVING,
    OPTIONAL,
    PERSONAL,
    STANDING,
    SWITCHES,
    UNREAD,
    WARNED,
    Against,
    Feedback,
    Inputs,
    reasons_against,
)
from edge.core.lane import LaneState
from edge.core.values import Input
from tests.unit.core.lanes import STAGES, Lane, arming, good_inputs, intent, scanning, warning

NOT_OK = [says for says in Input if says not in {Input.OK, Input.NOT_FITTED}]


def test_all_good_rows_allow_and_none_is_forgotten() -> None:
    assert reasons_against(good_inputs()) == ()
    assert set(BEAM) | set(FEEDBACKS) | set(SWITCHES) == set(Inputs._fields)
    assert len(BEAM) == len(set(BEAM))


@pytest.mark.parametrize("says", NOT_OK, ids=lambda says: says.value)
@pytest.mark.parametrize("row", BEAM)
def test_each_row_alone_blocks(row: str, says: Input) -> None:
    assert reasons_against(good_inputs()._replace(**{row: says})) == (Against(row, says),)


@pytest.mark.parametrize("row", BEAM)
def test_not_fitted_allows_only_where_a_row_is_optional(row: str) -> None:
    inputs = good_inputs()._replace(**{row: Input.NOT_FITTED})
    expected = () if row in OPTIONAL else (Against(row, Input.NOT_FITTED),)
    assert reasons_against(inputs) == expected


def test_all_reasons_are_named_not_only_the_first() -> None:
    assert {one.row for one in reasons_against(UNREAD)} == set(BEAM)


@pytest.mark.parametrize("says", NOT_OK, ids=lambda says: says.value)
@pytest.mark.parametrize("row", BEAM)
def test_each_row_alone_ends_the_beam(row: str, says: Input) -> None:
    lane = scanning().read(**{row: says})
    assert lane.effects[:2] == [Effect.WITHDRAW, Effect.HV_OFF]
    expected = LaneState.TRIPPED if row in PERSONAL else LaneState.CLEARING
    assert lane.state.lane is expected


@pytest.mark.parametrize("row", BEAM)
def test_each_row_alone_makes_a_commit_come_too_late(row: str) -> None:
    lane = intent().read(**{row: Input.STALE})
    assert Effect.WITHDRAW in lane.effects
    lane.take(ev.IntentCommitted(1))
    assert Effect.HV_ON not in lane.effects
    assert lane.state.lane in {LaneState.CLEARING, LaneState.HELD}


@pytest.mark.parametrize("row", STANDING)
def test_each_standing_row_alone_keeps_the_warning_from_starting(row: str) -> None:
    lane = arming().read(**{row: Input.UNKNOWN}).take(ev.DetectorArmed(1))
    assert Effect.ARM_BOARD not in lane.effects
    assert lane.state.lane is LaneState.ARMING


@pytest.mark.parametrize("row", STANDING)
def test_each_standing_row_alone_breaks_the_warning(row: str) -> None:
    lane = warning().tick(2).read(**{row: Input.UNKNOWN})
    assert lane.state.lane is LaneState.ARMING
    assert lane.state.proof == 0
    assert Effect.WITHDRAW in lane.effects


@pytest.mark.parametrize("row", WARNED)
def test_a_warning_that_is_not_proven_counts_from_zero_again(row: str) -> None:
    lane = warning().tick(2).read(**{row: Input.BLOCKED}).tick()
    lane.read(**{row: Input.OK}).tick(2)
    assert lane.state.lane is LaneState.WARNING
    assert lane.tick().state.lane is LaneState.ADMITTING


@pytest.mark.parametrize("row", MOVING)
def test_no_intent_before_the_unit_moves_behind_a_closed_barrier(row: str) -> None:
    lane = Lane(state=intent().state._replace(lane=LaneState.ADMITTING))
    assert lane.read(**{row: Input.UNKNOWN}).state.lane is LaneState.ADMITTING
    assert lane.read(**{row: Input.OK}).state.lane is LaneState.INTENT


@pytest.mark.parametrize("row", FEEDBACKS)
@pytest.mark.parametrize("says", [Feedback.ON, Feedback.UNKNOWN], ids=lambda says: says.value)
def test_no_arming_while_anything_of_a_beam_is_seen_or_unknown(row: str, says: Feedback) -> None:
    lane = arming().read(**{row: says}).take(ev.DetectorArmed(1))
    assert lane.state.lane is LaneState.ARMING
    assert lane.read(**{row: Feedback.OFF}).state.lane is LaneState.WARNING


@pytest.mark.parametrize("stage", STAGES)
def test_an_estop_trips_every_stage(stage: str) -> None:
    lane = STAGES[stage]().read(estop=Input.BLOCKED)
    assert lane.state.lane is LaneState.TRIPPED
    assert Effect.STOP_BELT in lane.effects
    assert Effect.WITHDRAW in lane.effects
