"""What holds for every description: spelling changes nothing, more text takes nothing away."""

import re
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_law_words import LEXICON, find
from word_phrases import NOTHING, SILENCED, STRONG, TRAPS, WEAK

from edge.law.lexicon import Need
from edge.law.spelling import MAX_CHARS

PHRASES = [one[0] for rows in (STRONG, WEAK, SILENCED, TRAPS) for one in rows] + NOTHING
LATIN_TWINS = dict(zip("авсенікмортху", "abcehikmoptxy", strict=True))
CYRILLIC_TWINS = {latin: cyrillic for cyrillic, latin in LATIN_TWINS.items()}
LAW = str(Path(sys.modules[find.__globals__["find_words"].__module__].__file__).parent)

phrases = st.sampled_from(PHRASES)
texts = st.lists(
    st.one_of(phrases, st.sampled_from([" ", ", ", " и ", " and ", "; ", "\n", "-"]), st.text()),
    max_size=6,
).map("".join)


def said(description):
    """What a description says, wherever it stands."""
    found = find(description)
    return (
        [(hit.entry_id, hit.strength) for hit in found.hits],
        [(one.hit.entry_id, one.friend_id) for one in found.silenced],
    )


@given(phrases, st.sampled_from([str.upper, str.lower, str.title, str.swapcase, str.casefold]))
def test_case_changes_nothing(phrase, change):
    assert said(change(phrase)) == said(phrase)


@given(phrases, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_normal_forms_change_nothing(phrase, form):
    assert said(unicodedata.normalize(form, phrase)) == said(phrase)


@given(phrases, st.sampled_from([("ё", "е"), ("е", "ё"), ("й", "и"), ("и", "и\u0306")]))
def test_the_marks_of_yo_and_short_i_change_nothing(phrase, pair):
    assert said(phrase.replace(*pair)) == said(phrase)


@given(phrases, st.data())
def test_the_width_and_kind_of_spaces_change_nothing(phrase, data):
    spaces = st.text(" \t\u00a0\u2009\u3000", min_size=1, max_size=4)
    wider = "".join(data.draw(spaces) if char == " " else char for char in phrase)
    assert said(wider) == said(phrase)


@given(phrases, st.data())
def test_what_cannot_be_seen_inside_a_word_changes_nothing(phrase, data):
    hidden = st.sampled_from(["", "", "\u00ad", "\u200d", "\u200c", "\u2066", "\u202e", "\u0301"])
    pairs = zip(phrase, [*phrase[1:], " "], strict=True)
    changed = "".join(
        char + (data.draw(hidden) if char.isalpha() and after.isalpha() else "")
        for char, after in pairs
    )
    assert said(changed) == said(phrase)


@given(phrases, st.data())
def test_a_zero_width_space_inside_a_word_takes_nothing_away(phrase, data):
    place = data.draw(st.integers(0, len(phrase)))
    hits = {hit.entry_id for hit in find(phrase[:place] + "\u200b" + phrase[place:]).hits}
    assert {hit.entry_id for hit in find(phrase).hits} <= hits


def with_twins(phrase, twins, data):
    """A text with some letters of its words from the other script, in each word at least one not.

    What is written with letters of the other script alone is a word of that script.
    """

    def changed(found):
        twin = [twins.get(char) for char in found.group()]
        if None not in twin:
            twin[0] = None
        pairs = zip(found.group(), twin, strict=True)
        return "".join(two if two and data.draw(st.booleans()) else one for one, two in pairs)

    script = "[а-ӿ]+" if "а" in twins else "[a-z]+"
    return re.sub(script, changed, phrase.lower())


@given(phrases, st.data())
def test_latin_look_alikes_in_a_cyrillic_word_change_nothing(phrase, data):
    assert said(with_twins(phrase, LATIN_TWINS, data)) == said(phrase)


@given(phrases, st.data())
def test_cyrillic_look_alikes_in_a_latin_word_change_nothing(phrase, data):
    assert said(with_twins(phrase, CYRILLIC_TWINS, data)) == said(phrase)


@pytest.mark.parametrize("word", ["KOPOBA", "COБAKA", "CO6AKA", "K0P0BA", "кpoлик", "6ык"])
def test_a_word_typed_with_letters_that_only_look_right_is_heard(word):
    assert [hit.word_class.value for hit in find(word).hits] == ["live_animals"]


@given(st.sampled_from([one[0] for one in STRONG if " " not in one[0]] + ["живые", "собака"]))
def test_a_word_with_its_letters_apart_or_cut_by_a_hyphen_is_heard(word):
    entries = {hit.entry_id for hit in find(word).hits}
    middle = len(word) // 2
    cut = [
        f"{word[:middle]}{joint}{word[middle:]}" for joint in ("-", "-\n", "- ", "\n", "\u00ad ")
    ]
    for changed in (" ".join(word), ".".join(word), *cut):
        assert entries <= {hit.entry_id for hit in find(changed).hits}, changed


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ("жи-\nвая рыба", ["жи-\nвая", "рыба"]),
        ("рыба ж и в а я", ["рыба", "ж и в а я"]),
        ("ж и в а я р ы б а", ["ж и в а я", "р ы б а"]),
        ("овцы и к.р.с.", ["овцы", "к.р.с"]),
        ("инкуба-\nционные яйца", ["инкуба-\nционные", "инкуба-\nционные яйца"]),
    ],
)
def test_a_divided_word_is_shown_as_it_was_written(description, words):
    assert [hit.words for hit in find(description).hits] == words


@given(texts, st.sampled_from([" ", ", ", "; ", " и ", " and "]), texts)
def test_more_text_takes_a_hit_away_only_by_a_false_friend_that_reaches_into_it(
    description, between, more
):
    before, after = find(description), find(description + between + more)
    heard = {(hit.entry_id, hit.start) for hit in after.hits}
    reaching = {
        (one.hit.entry_id, one.hit.start) for one in after.silenced if one.end > len(description)
    }
    live_word_lost = any(LEXICON.entries[entry_id].live_word for entry_id, _ in reaching)
    lost = {(hit.entry_id, hit.start) for hit in before.hits} - heard - reaching
    assert all(
        live_word_lost and LEXICON.entries[entry_id].needs is Need.LIVE_WORD for entry_id, _ in lost
    ), lost


@given(texts)
def test_what_is_found_lies_where_it_says_and_is_of_the_lexicon(description):
    found = find(description)
    for hit in (*found.hits, *(one.hit for one in found.silenced)):
        assert description[hit.start : hit.end].startswith(hit.words)
        assert hit.entry_id in LEXICON.entries
    assert list(found.hits) == sorted(found.hits, key=lambda hit: hit.start)
    for one in found.silenced:
        assert one.start <= one.hit.start < one.hit.end <= one.end


@given(st.text(alphabet=st.characters(), max_size=300))
def test_any_text_is_answered(description):
    assert find(description) == find(description)


@pytest.mark.parametrize(
    "strange",
    [
        "",
        "\x00",
        "\ud800\udfff",
        "\u202eдог",
        "а\u0301" * 9000,
        "\u115f" * 300,
        "😀" * 500,
        "ﷺ" * 2000,
    ],
)
def test_strange_texts_are_answered(strange):
    assert find(strange).hits == ()


def steps(description):
    """Lines of the law's code that run for one description, caches warm."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        if not frame.f_code.co_filename.startswith(LAW):
            return None
        count += event == "line"
        return trace

    find(description)
    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        find(description)
    finally:
        sys.settrace(previous)
    return count


@pytest.mark.parametrize(
    "unit",
    [
        "собака ",
        "корм для собак и кошек ",
        "живые цветы ",
        "dog and dog food and ",
        "ж и в ы е ",
        "жи-вая-",
        "жи-\n",
        "\u00ad",
        "а\u0301",
        "а'",
        "' - \n",
        "живая\u200b",
        "ит мен ара, ",
        "яйца живые инкубационные рыбы ",
        "of @ dog and dog of dogs ",
        "ﷺ ",
        "((((",
        "1 2 3 ",
    ],
)
def test_the_work_grows_no_faster_than_the_text(unit):
    once = (unit * 1000)[:2000]
    many = (unit * 4000)[:8000]
    assert steps(many) <= 5 * steps(once) + 500
    assert MAX_CHARS >= 8000
