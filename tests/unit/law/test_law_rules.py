"""The rule book and the words of the law: complete, stable, never equal to anything else."""

from enum import Enum
from itertools import combinations

import pytest

from edge.core import values
from edge.law import (
    calendar,
    deadlines,
    envelope,
    exemptions,
    manifest,
    outcomes,
    rules,
    service,
    tables,
    tariff,
    verdicts,
)
from edge.law.grounds import _IDENTITY_RULES, _MANIFEST_RULES, _SIZE_RULES
from edge.law.rule_texts import RULE_TEXTS
from edge.law.rules import RULES, Rule, VerdictKind
from edge.law.words import Word

PREFIXES = {
    VerdictKind.SCAN: "SC-",
    VerdictKind.EXEMPT: "EX-",
    VerdictKind.NO_BASIS: "NB-",
    VerdictKind.HOLD: "HO-",
    None: "NT-",
}


@pytest.mark.parametrize("rule", list(Rule), ids=lambda rule: rule.value)
def test_every_rule_has_an_id_of_its_kind_and_a_text_in_three_languages(rule):
    row = RULES[rule]
    assert rule.value.startswith(PREFIXES[row.kind])
    text = RULE_TEXTS[rule]
    assert text.en.isascii()
    assert len({text.en, text.ru, text.kk}) == 3
    assert all(any("\u0400" <= char <= "\u052f" for char in t) for t in (text.ru, text.kk))


def test_only_a_hold_can_be_answered_with_a_scan():
    assert {RULES[rule].kind for rule in Rule if RULES[rule].officer_may_scan} == {VerdictKind.HOLD}


def test_no_two_rules_say_the_same():
    assert len({text.en for text in RULE_TEXTS.values()}) == len(Rule)


def test_ids_once_published_stay():
    published = {
        "EX-LIVE-ANIMALS",
        "EX-CIRCUS",
        "EX-LIVE-FISH",
        "EX-HATCHING-EGGS",
        "EX-DIMENSIONS",
        "NB-DEPARTURE",
        "HO-UNDECIDED-CODE",
        "HO-MANIFEST-MISSING",
        "HO-DIMENSIONS-UNCERTAIN",
        "HO-IDENTITY-CONFLICT",
    }
    assert published <= {rule.value for rule in Rule}


def test_every_state_of_papers_identity_and_size_has_its_rule():
    assert _MANIFEST_RULES.keys() == set(manifest.ManifestState)
    assert _IDENTITY_RULES.keys() == set(manifest.IdentityState)
    assert _SIZE_RULES.keys() == set(envelope.Fit)


def all_members():
    modules = (
        calendar,
        deadlines,
        envelope,
        exemptions,
        manifest,
        outcomes,
        rules,
        service,
        tables,
        tariff,
        verdicts,
        values,
    )
    sets = {
        thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Enum) and len(thing) > 0
    }
    return sets, [member for one in sets for member in one]


def test_no_word_equals_a_word_of_another_set_or_a_plain_value():
    sets, members = all_members()
    assert len(sets) > 15
    assert all(left != right for left, right in combinations(members, 2))
    for member in members:
        assert member not in (0, 1, True, False, None, member.value)
        assert member.value not in (0, False, None, "")


def test_every_word_of_the_law_hashes_by_identity():
    sets, _ = all_members()
    law = [one for one in sets if one.__module__.startswith("edge.law")]
    assert all(issubclass(one, Word) for one in law)
    assert all(hash(member) == object.__hash__(member) for one in law for member in one)
