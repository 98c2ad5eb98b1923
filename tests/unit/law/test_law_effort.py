"""No manifest takes more work than a lane has: what is beyond it is not read whole, which holds."""

from dataclasses import replace

import pytest
from law_builders import LEXICON, TABLE, case

from edge.law.exemptions import decide
from edge.law.goods import MAX_UNIT_EFFORT, study_line, study_lines
from edge.law.living_words import find_words
from edge.law.manifest import GoodsLine
from edge.law.rules import Rule, VerdictKind
from edge.law.sightings import MAX_EFFORT

CHARS = 15_000
COSTLY = {
    "hyphens": "a-b-c-x-",
    "apostrophes": "a'b'c'x'",
    "letters apart": "a b c x ",
    "one animal": "dog ",
    "a false friend": "live dog food ",
    "a stem of two words": "egg hatching ",
}


def costly(name: str, chars: int = CHARS, *, number: int = 0) -> str:
    return (f"{number} a-b " + COSTLY[name] * chars)[:chars]


def lines_of(name: str, per_line: int) -> list[GoodsLine]:
    count = 124_000 // per_line
    return [GoodsLine("8471 30", costly(name, per_line, number=one)) for one in range(count)]


@pytest.mark.parametrize("name", COSTLY)
def test_a_description_that_takes_too_much_work_is_not_read_whole(name: str) -> None:
    found = find_words(LEXICON, costly(name))
    assert found.not_read_whole
    assert found.effort <= MAX_EFFORT
    assert not find_words(LEXICON, COSTLY[name] * 5).not_read_whole


@pytest.mark.parametrize("name", COSTLY)
@pytest.mark.parametrize("per_line", [100, 4000])
def test_the_descriptions_of_one_unit_share_what_work_there_is(name: str, per_line: int) -> None:
    lines = lines_of(name, per_line)
    studied = study_lines(lines, TABLE, LEXICON)
    assert [one.line for one in studied] == lines
    assert sum(one.found.effort for one in studied) <= MAX_UNIT_EFFORT
    assert any(one.found.not_read_whole for one in studied)
    backwards = study_lines(lines[::-1], TABLE, LEXICON)
    assert [one.found.not_read_whole for one in backwards] == [
        one.found.not_read_whole for one in studied
    ][::-1]
    assert {one.found for one in backwards} == {one.found for one in studied}


def test_the_words_of_ordinary_lines_are_heard_whatever_junk_stands_beside_them() -> None:
    ordinary = GoodsLine("8471 30", "live dogs")
    lines = [ordinary, *lines_of("hyphens", 4000)]
    assert study_lines(lines, TABLE, LEXICON)[0] == study_line(ordinary, TABLE, LEXICON)


def test_two_thousand_lines_with_article_numbers_and_animals_are_read_whole() -> None:
    lines = [GoodsLine("2309 10", f"корм для собак AB-{one}-7") for one in range(2000)]
    studied = study_lines(lines, TABLE, LEXICON)
    assert not any(one.found.not_read_whole for one in studied)


def test_a_unit_that_takes_too_much_work_is_held_for_an_officer_to_look() -> None:
    calm = case()
    goods = tuple(lines_of("hyphens", 4000))
    verdict = decide(replace(calm, manifest=replace(calm.manifest, goods=goods)))
    assert verdict.kind is VerdictKind.HOLD
    assert verdict.rule_ids == (Rule.DESCRIPTION_UNREAD.value,)
    assert verdict.officer_may_scan


def test_where_the_work_ends_nothing_is_silenced_any_more() -> None:
    text = "live yeast, live yeast"
    whole = find_words(LEXICON, text)
    assert whole.silenced
    assert not whole.hits
    cut = [find_words(LEXICON, text, effort=steps) for steps in range(whole.effort)]
    assert all(one.not_read_whole for one in cut)
    assert not any(one.silenced for one in cut)
    assert any(one.hits for one in cut)
