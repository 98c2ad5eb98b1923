"""Outcomes, roles, separation of duties."""

import pytest

from edge.law.outcomes import (
    MAY,
    OUTCOME_TEXTS,
    Act,
    IcOutcome,
    Judgement,
    Role,
    duties_are_separate,
    may,
    outcome,
)

YES, NO = Judgement.YES, Judgement.NO


@pytest.mark.parametrize(
    ("suspicion", "agrees", "expected"),
    [
        (NO, YES, IcOutcome.WITHOUT_SUSPICION),
        (NO, NO, IcOutcome.UNDER_SUSPICION),
        (YES, YES, IcOutcome.UNDER_SUSPICION),
        (YES, NO, IcOutcome.UNDER_SUSPICION),
    ],
)
def test_a_suspicion_or_a_discrepancy_alone_is_enough(suspicion, agrees, expected):
    assert outcome(suspicion=suspicion, agrees_with_documents=agrees) is expected


def test_the_outcomes_are_said_in_the_words_of_the_order():
    assert OUTCOME_TEXTS[IcOutcome.WITHOUT_SUSPICION].en == "IC control without suspicion"
    assert OUTCOME_TEXTS[IcOutcome.UNDER_SUSPICION].en == "IC control under suspicion"
    assert OUTCOME_TEXTS.keys() == set(IcOutcome)


RIGHTS = {
    Act.ANSWER: {Role.OMS},
    Act.ABORT: {Role.OMS, Role.OAC},
    Act.OUTCOME: {Role.OAC},
    Act.ACK: {Role.OMS, Role.SUPERVISOR},
    Act.CONFIRM_IDENTITY: {Role.OMS},
    Act.STATE_NO_ANIMALS: {Role.OMS},
    Act.ASK_DRIVER: {Role.OMS},
    Act.REFUSAL: {Role.OMS},
    Act.SERVICE: {Role.OMS, Role.SUPERVISOR},
}


@pytest.mark.parametrize("act", list(Act))
def test_every_act_is_open_to_its_roles_and_to_no_other(act):
    assert {role for role in Role if may(role, act)} == RIGHTS[act]
    assert act in MAY


def test_the_oac_may_not_be_an_oms_of_the_same_inspection():
    assert duties_are_separate("b", ["a"])
    assert not duties_are_separate("a", ["b", "a"])
    assert not duties_are_separate(" A ", ["a"])
    assert not duties_are_separate("a\u200b", ["\u2060A"])
    assert not duties_are_separate("", [])
    assert not duties_are_separate("\u200b", [])


def test_a_site_may_choose_the_other_reading():
    assert duties_are_separate("a", ["a"], one_person_allowed=True)
    assert not duties_are_separate(" ", ["a"], one_person_allowed=True)
