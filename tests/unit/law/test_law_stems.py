"""The notation of stems and the index that finds them."""

import pytest

from edge.law.stems import MAX_ENDINGS, Spelling, StemIndex, spellings


@pytest.mark.parametrize(
    ("notation", "texts"),
    [
        ("собак*", ["собак*"]),
        ("dog(|s)", ["dog", "dogs"]),
        ("кот(|а|ик*)", ["кот", "кота", "котик*"]),
        ("(яйц*|яиц)", ["яиц*", "яиц"]),
        ("Live", ["iive"]),
        ("cat5e", ["cat5e"]),
        ("және", ["және"]),
    ],
)
def test_a_word_lists_the_ways_it_is_written(notation, texts):
    found = spellings(notation)
    assert [f"{one.text}{'*' * one.open_ended}" for one in found] == texts


@pytest.mark.parametrize(
    ("notation", "flaw"),
    [
        ("", "'' is not made of letters alone"),
        ("*", "'*' is not made of letters alone"),
        ("co*w", "is no word"),
        ("dog(s", "is no word"),
        ("(a|b)*", "is no word"),
        ("dog(|s|s)", "lists one ending twice"),
        ("x-ray", "'x-ray' is not made of letters alone"),
        ("кoт", "mixes Latin and Cyrillic"),
        ("x" * 41, "more than 39 letters"),
        ("a(" + "|".join(map(str, range(MAX_ENDINGS + 1))) + ")", "more than"),
    ],
)
def test_a_word_that_cannot_be_read_says_why(notation, flaw):
    found = spellings(notation)
    assert isinstance(found, str)
    assert flaw in found


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (Spelling("кот", open_ended=False), Spelling("кот", open_ended=False), True),
        (Spelling("кот", open_ended=False), Spelling("кота", open_ended=False), False),
        (Spelling("кот", open_ended=True), Spelling("кота", open_ended=False), True),
        (Spelling("кот", open_ended=True), Spelling("ко", open_ended=False), False),
        (Spelling("кот", open_ended=True), Spelling("котик", open_ended=True), True),
    ],
)
def test_two_ways_of_writing_meet_where_one_word_is_written_in_both(one, other, meet):
    assert one.meets(other) is meet
    assert other.meets(one) is meet


INDEX = StemIndex(
    [spellings("собак*"), spellings("кот(|а)"), spellings("живая"), spellings("рыба")]
)


@pytest.mark.parametrize(
    ("spelt", "numbers"),
    [
        ("собаками", {0}),
        ("соба", set()),
        ("кота", {1}),
        ("котел", set()),
        ("зонт", set()),
        ("ко", set()),
        ("7", set()),
    ],
)
def test_the_index_finds_exact_and_open_ended_words(spelt, numbers):
    assert set(INDEX.find(spelt)) == numbers


def test_letters_that_stand_apart_are_searched_at_every_place():
    assert set(INDEX.find_spaced("живаярыба")) == {(2, 0, 5), (3, 5, 9)}
    assert set(INDEX.find_spaced("котрыба")) == {(1, 0, 3), (3, 3, 7)}


def test_short_stems_are_not_found_in_the_middle_of_letters_that_stand_apart():
    assert INDEX.find_spaced("текот") == []
    assert INDEX.find_spaced("ко") == []


def test_a_reading_that_joins_letters_gives_no_places_in_letters_that_stand_apart():
    assert INDEX.find_spaced("рьібак") == []
