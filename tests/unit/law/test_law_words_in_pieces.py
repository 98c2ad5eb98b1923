"""Words cut by hyphens and line ends: the quick search finds what a plainly written one finds.

Digits stand for letters where scanning took one for the other, so no piece may be left out because
it is a number.
"""

import re
from functools import cache

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from test_law_words import LEXICON, find

from edge.law.sightings import MAX_PIECES, Line
from edge.law.spelling import JOINING, MAX_WORD_CHARS, Reading, fold, forms, gap

READ_AS_DIGITS = str.maketrans("oоіiзб", "001136")
WORDS = sorted({way.text for ways in LEXICON.words for way in ways})
UNSEEN = re.compile("[\u2060\u00ad]")
JOINTS = ["-", "- ", "-\n", "\n", "\u00ad ", "\u200b"]
OTHERS = ["--", " - ", " ", ", ", "'", ""]

numbers = st.text("0136789", min_size=1, max_size=5)
codes = st.text("0136789abxобз'", min_size=1, max_size=12)


@st.composite
def cut_words(draw):
    """A word of the lexicon, some letters read as digits, cut into pieces of one size."""
    word = "".join(
        letter.translate(READ_AS_DIGITS) if draw(st.booleans()) else letter
        for letter in draw(st.sampled_from(WORDS))
    )
    size = draw(st.integers(2, 5))
    pieces = [word[start : start + size] for start in range(0, len(word), size)]
    return draw(st.sampled_from(JOINTS)).join(pieces)


texts = st.lists(
    st.one_of(cut_words(), cut_words(), numbers, codes, st.sampled_from(JOINTS + OTHERS)),
    max_size=12,
).map("".join)


@cache
def written_so(spelt):
    """The numbers of the words a token is written as, each of the lexicon looked at."""
    readings = forms(spelt)
    return {
        number
        for number, ways in enumerate(LEXICON.words)
        for way in ways
        for form in readings
        if form == way.text or (way.open_ended and form.startswith(way.text))
    }


def plain_places(reading):
    """For each word, where it begins and the nearest token it may end at there."""
    places = {}
    for first in range(len(reading.spelt)):
        for last in range(first, min(first + MAX_PIECES, len(reading.spelt))):
            if JOINING.issuperset(reading.gaps[first + 1 : last + 1]):
                whole = "".join(reading.spelt[first : last + 1])
                for word in written_so(whole[: MAX_WORD_CHARS + 1]):
                    places.setdefault(word, {}).setdefault(first, last)
    return places


@given(texts)
@example("6-ык")
@example("кра-6, zo-0")
@example("12-3-аяц")
@example("17-2024-0")
@example("-ры-\n6а-10-00-10-00-10")
@example("то-лс-то-ло-6и-ка")
@example("то-лс-то-ло-6и-ко-в 10")
def test_a_word_in_pieces_is_found_where_a_plain_search_finds_it(text):
    reading = Reading(text)
    # Letters that stand apart are looked for in another way.
    assume(not reading.has_single_letters)
    assert Line(LEXICON, reading).places == plain_places(reading)


@pytest.mark.parametrize("cut", ["6-ык", "co-6-aka", "3-аяц", "к-0-р0-ва", "т1-рі", "1-ive"])
def test_a_digit_read_for_a_letter_is_heard_across_a_hyphen(cut):
    assert find(f"{cut} 17-2024").hits == find(cut).hits != ()
    assert find(cut).hits[0].words == cut


@pytest.mark.parametrize("number", ["17-2024", "0-0", "3-6-1-0", "1\u00ad 10", "١٢-٣", "7-\n7"])
def test_a_number_in_pieces_is_no_word(number):
    assert Line(LEXICON, Reading(number)).places == {}


def bare(folded):
    """What can be seen; an apostrophe in a long word is read as a quotation mark, so as a gap."""
    return UNSEEN.sub("", folded).replace("'", "-")


@given(texts)
@example(f"{'аб' * 15}'{'вг' * 15}' 1-2-")
def test_words_and_what_stands_before_them_make_up_the_text(text):
    reading = Reading(text)
    assume(not reading.not_read_whole)
    pairs = zip(reading.before, reading.spelt, strict=True)
    words, folded = bare("".join(map("".join, pairs))), bare(fold(text))
    assert folded.startswith(words)
    assert not any(map(str.isalnum, folded.removeprefix(words)))
    assert reading.gaps == [gap(before) for before in reading.before]
