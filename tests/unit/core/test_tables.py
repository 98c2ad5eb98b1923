"""Every state of both tables can be reached and left; the catalogue and effects are complete."""

import re
from enum import Enum
from typing import get_args

import pytest

from edge.core import machine
from edge.core.catalogue import TEXTS
from edge.core.effects import KINDS, Effect, Nature, Target
from edge.core.events import Event
from edge.core.faults import (
    CATALOGUE,
    RANK,
    ActiveFault,
    Fault,
    FaultClass,
    gone,
    highest,
    raised,
    released,
)
from edge.core.inspection import (
    FINAL,
    INSPECTION_TABLE,
    Happening,
    Inspection,
    InspectionState,
    advance,
)
from edge.core.lane import LANE_TABLE, PACKML, LaneState, Trigger
from edge.core.remedies import REMEDIES
from simulator.exploration.world import ACTS


def _reachable(table: dict[tuple[Enum, Enum], Enum], first: Enum) -> set[Enum]:
    seen, waiting = {first}, [first]
    while waiting:
        here = waiting.pop()
        for (before, _cause), after in table.items():
            if before is here and after not in seen:
                seen.add(after)
                waiting.append(after)
    return seen


def test_every_lane_state_can_be_reached_and_led_back_to_ready() -> None:
    assert _reachable(LANE_TABLE, LaneState.PROVING) == set(LaneState)
    for state in LaneState:
        assert LaneState.READY in _reachable(LANE_TABLE, state)


def test_every_lane_state_can_be_tripped_and_stopped() -> None:
    for state in LaneState:
        assert LANE_TABLE[state, Trigger.TRIP] is LaneState.TRIPPED
        stopped = LaneState.TRIPPED if state is LaneState.TRIPPED else LaneState.HELD
        assert LANE_TABLE[state, Trigger.STOP] is stopped


def test_a_tripped_lane_is_held_only_when_no_more_than_a_stop_is_left() -> None:
    into = [pair for pair, after in LANE_TABLE.items() if after is LaneState.HELD]
    eased = [pair for pair in into if pair[1] is not Trigger.STOP]
    assert eased == [(LaneState.TRIPPED, Trigger.EASED)]


def test_only_an_intent_becomes_a_scan() -> None:
    into = [pair for pair, after in LANE_TABLE.items() if after is LaneState.SCANNING]
    assert into == [(LaneState.INTENT, Trigger.COMMITTED)]


def test_every_lane_state_has_a_packml_number() -> None:
    assert set(PACKML) == set(LaneState)
    assert set(PACKML.values()) <= set(range(1, 18))


def test_every_inspection_state_can_be_reached_and_comes_to_an_end() -> None:
    assert _reachable(INSPECTION_TABLE, InspectionState.IDENTIFYING) == set(InspectionState)
    for state in InspectionState:
        assert _reachable(INSPECTION_TABLE, state) & FINAL


def test_an_irradiated_unit_never_becomes_one_that_was_not() -> None:
    after_beam = _reachable(INSPECTION_TABLE, InspectionState.SCANNING)
    assert after_beam == {
        InspectionState.SCANNING, InspectionState.IMAGING, InspectionState.ANALYSIS,
        InspectionState.CONCLUDED, InspectionState.NOT_COMPLETED,
    }  # fmt: skip


def test_an_absent_pair_is_a_broken_assertion() -> None:
    concluded = Inspection(1, InspectionState.CONCLUDED, gone=False, held_ticks=0)
    with pytest.raises(AssertionError, match="CONCLUDED"):
        advance(concluded, Happening.BEAM_ON)


def test_every_event_has_a_handler_and_no_handler_is_idle() -> None:
    assert set(machine._HANDLERS) == set(get_args(Event))


def test_every_fault_has_a_row_and_three_texts_and_a_remedy() -> None:
    assert set(TEXTS) == set(REMEDIES) == set(CATALOGUE) == set(Fault)
    for text in (*TEXTS.values(), *REMEDIES.values()):
        assert all(part.strip() for part in text)
        assert len({*text}) == 3
    assert all(part.endswith(".") for remedy in REMEDIES.values() for part in remedy)


def test_a_remedy_names_the_same_commands_in_every_language() -> None:
    for remedy in REMEDIES.values():
        commands = [sorted(set(re.findall("`[^`]+`", part))) for part in remedy]
        assert commands == [commands[0]] * 3


def test_the_fault_of_the_law_speaks_of_table_and_lexicon_and_of_every_flaw() -> None:
    text = TEXTS[Fault.RULES_INVALID].en
    assert all(word in text for word in ("table", "lexicon", "missing", "expired", "unsigned"))
    assert "`scanlane law check`" in REMEDIES[Fault.RULES_INVALID].en
    assert "`scanlane-hq sign-law`" in REMEDIES[Fault.RULES_INVALID].en


def test_no_two_faults_read_the_same() -> None:
    for language in ("en", "ru", "kk"):
        assert len({getattr(text, language) for text in TEXTS.values()}) == len(TEXTS)


def test_every_stop_and_trip_is_latched() -> None:
    strong = {FaultClass.STOP, FaultClass.TRIP}
    unlatched = {f for f, row in CATALOGUE.items() if row.kind in strong and not row.latched}
    assert unlatched == set()


def test_every_effect_has_a_kind_and_the_explorer_knows_what_it_does() -> None:
    assert set(KINDS) == set(Effect)
    assert set(Effect) - set(ACTS) == {Effect.ASK_OFFICER, Effect.TURN_AWAY}


def test_each_permissive_effect_has_a_restrictive_one_that_cancels_it() -> None:
    restrictive = {kind.target for kind in KINDS.values() if kind.nature is Nature.RESTRICTIVE}
    permissive = {kind.target for kind in KINDS.values() if kind.nature is Nature.PERMISSIVE}
    # A warning too many harms nobody; it is taken back by a report, after the withdrawal.
    assert permissive - restrictive == {Target.WARNING}


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_a_fault_leaves_the_book_as_its_row_says(fault: Fault) -> None:
    row = CATALOGUE[fault]
    book = raised((), fault, present=True)
    assert highest(book) is row.kind
    assert released(book, frozenset(FaultClass)) == book
    after = gone(book, fault)
    assert after == ((ActiveFault(fault, present=False),) if row.latched else ())
    assert released(after, frozenset(FaultClass) - {row.kind}) == after
    assert released(after, frozenset({row.kind})) == ()


def test_the_strongest_class_counts_and_a_fault_stands_once() -> None:
    book = raised(raised((), Fault.BROKER_LOST, present=True), Fault.ESTOP, present=True)
    book = raised(book, Fault.BROKER_LOST, present=True)
    assert [active.fault for active in book] == [Fault.BROKER_LOST, Fault.ESTOP]
    assert highest(book) is FaultClass.TRIP
    assert highest(()) is None
    assert sorted(FaultClass, key=RANK.__getitem__)[-1] is FaultClass.TRIP
