"""The law and a second evaluation of its truth table, written otherwise, say the same."""

from collections import Counter

import pytest
from law_builders import LEXICON
from said_by_hand import LOST, SAID
from truth_units import Units, first_of_the_law

from edge.law.lexicon import Strength
from edge.law.living_words import find_words
from edge.law.rules import Rule

CASES = 20_000
"""`make truth` compares a million."""


def test_the_law_and_the_second_opinion_agree_on_every_unit_and_every_rule_is_met():
    units, met = Units(1), Counter()
    for _ in range(CASES):
        case, opinion = units.next()
        first, second = first_of_the_law(case), opinion.judge(case)
        assert first == tuple(second), case
        met.update((*second.rules, *second.notices))
    assert {rule.value for rule in Rule} - set(met) == set()


@pytest.mark.parametrize("description", SAID)
def test_what_is_known_by_hand_of_a_description_is_what_is_found(description):
    found = find_words(LEXICON, description)
    known = SAID[description]
    assert found.not_read_whole == (known == LOST)
    heard = {
        (hit.entry_id, hit.word_class.living, hit.strength is Strength.STRONG) for hit in found.hits
    }
    assert heard == (set() if known == LOST else {tuple(one) for one in known})
