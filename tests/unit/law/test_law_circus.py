"""Rules of circuses: their own words are no doubt of their own, those of their animals are."""

import copy

import pytest
from law_builders import INSPECTION, LEXICON, case, papers, shipped_mapping

from edge.law.case import NoAnimalsStatement
from edge.law.dated import Provenance
from edge.law.exemptions import decide
from edge.law.lexicon import WordClass
from edge.law.manifest import GoodsLine
from edge.law.outcomes import Role
from edge.law.rules import VerdictKind
from edge.law.table_reader import build_table

STATEMENT = NoAnimalsStatement(INSPECTION, "oms-1", Role.OMS, "2025-06-02T08:00:00Z")
OWN_WORDS = [
    "travelling circus, tents and seats",
    "цирк передвижной, реквизит",
    "шапито",
    "menagerie, empty wagons",
    "зверинец передвижной, клетки",
    "жылжымалы цирк",
    "хайуанаттар паркі, жабдық",
]
OF_ANIMALS = [
    "circus with trained animals",
    "цирк, дрессированные медведи",
    "цирк и лошади",
    "travelling circus, lions",
    "үйретілген жануарлар",
    "circus, live bears",
    "petting zoo",
]


def of(description: str, code: str = "9508 10 000 0", **changes: object):  # type: ignore[no-untyped-def]
    return decide(case(papers(goods=(GoodsLine(code, description),)), **changes))


@pytest.mark.parametrize("description", OWN_WORDS)
def test_a_circus_without_animals_is_not_held_for_its_own_word(description: str) -> None:
    assert of(description).rule_ids == ("EX-CIRCUS",)
    verdict = of(description, statement=STATEMENT)
    assert verdict.kind is VerdictKind.SCAN
    assert "SC-NO-ANIMALS-STATED" in verdict.rule_ids


@pytest.mark.parametrize("description", OF_ANIMALS)
def test_a_word_of_animals_holds_a_circus_whatever_was_stated(description: str) -> None:
    assert of(description).kind is VerdictKind.EXEMPT
    assert of(description, statement=STATEMENT).rule_ids == ("HO-LIVING-WORD",)


@pytest.mark.parametrize("code", ["8471 30 000 0", "9508 21 000 0", "9508"])
def test_no_other_code_explains_a_circus(code: str) -> None:
    assert of("travelling circus", code).kind is VerdictKind.HOLD


def test_9508_10_expects_words_of_circuses_and_those_alone() -> None:
    (row,) = [row for row in shipped_mapping()["exempt"] if row["prefix"] == "9508 10"]
    assert {LEXICON.entries[one].word_class for one in row["expects"]} == {WordClass.CIRCUS}
    assert [row for row in shipped_mapping()["exempt"] if "expects" in row] == [row]


def test_an_exemption_may_not_explain_every_animal() -> None:
    mapping = copy.deepcopy(shipped_mapping())
    mapping["exempt"][1]["expects"] = ["names"]
    found = build_table(mapping, "0" * 64, provenance=Provenance.SIGNED)
    assert isinstance(found, tuple)
    assert ("exempt[1].expects", "names") in [(one.key, one.value) for one in found]


def test_tables_that_expect_other_words_of_a_circus_decide_differently() -> None:
    mapping = copy.deepcopy(shipped_mapping())
    del mapping["exempt"][1]["expects"]
    bare = build_table(mapping, "0" * 64, provenance=Provenance.SIGNED)
    whole = build_table(shipped_mapping(), "0" * 64, provenance=Provenance.SIGNED)
    assert not isinstance(bare, tuple)
    assert not isinstance(whole, tuple)
    assert bare.substance != whole.substance
