"""Folding and cutting of descriptions: what must survive, what must fall out, what is doubt."""

import unicodedata
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.law.spelling import (
    _GAPS,
    KAZAKH_LETTERS,
    MAX_CHARS,
    Gap,
    Reading,
    fold,
    forms,
    gap,
    shape,
)

HIDDEN = "\u2060"


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ЖИВАЯ", "живая"),
        ("ёж", "еж"),
        ("И\u0306од", "иод"),
        ("Й", "и"),
        ("жива\u0301я", "живая"),
        ("LİVE", "live"),
        ("Lıve", "live"),
        ("ＬＩＶＥ", "live"),
        ("ﬁsh", "fish"),
        ("Ⓛⓘⓥⓔ", "live"),
        ("ſheep", "sheep"),
        ("αnimaΙ", "animai"),
        ("тірі", "тірі"),
        ("Ї", "і"),
    ],
)
def test_case_compatibility_forms_and_marks_are_folded_away(written, folded):
    assert fold(written).replace(HIDDEN, "") == folded


def test_every_letter_of_kazakh_survives_in_both_cases_and_all_normal_forms():
    for letter in KAZAKH_LETTERS:
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            assert fold(unicodedata.normalize(form, letter.upper())) == letter


def test_a_russian_letter_is_not_taken_for_the_kazakh_one_it_stands_for():
    assert shape("құс") != shape("кус")
    assert shape("балық") != shape("балык")


@pytest.mark.parametrize(
    ("spelt", "form"),
    [
        ("кopoва", "корова"),  # Latin o, p, o
        ("kopoba", "корова"),  # Latin throughout
        ("рблба", "рблба"),
        ("рblбa", "рыба"),
        ("рьіба", "рыба"),
        ("рь1ба", "рыба"),
        ("тipі", "тірі"),
        ("сats", "cats"),  # Cyrillic с
        ("iive", "iive"),
        ("llve", "iive"),
        ("1ive", "iive"),
        ("яиц0", "яицо"),
        ("3аяц", "заяц"),
        ("6ык", "бык"),
        ("ж1вая", "живая"),
        ("ба1апан", "балапан"),
        ("жи8ая", "живая"),
        ("жи8aя", "живая"),  # Latin a
        ("1ошадь", "лошадь"),
        ("осетр8", "осетрв"),
        ("ц8ет1ы", "цветлы"),
        ("12коров", "коров"),
        ("fish2", "fish"),
        ("hen's", "hens"),
        ("рыба'живая", "живая"),
    ],
)
def test_look_alikes_and_scanning_noise_are_read_through(spelt, form):
    assert form in forms(spelt)


@pytest.mark.parametrize(
    ("article", "word"),
    [("му1", "мул"), ("1ев", "лев"), ("в11", "вил"), ("со81", "сова"), ("81ка", "влка")],
)
def test_a_digit_at_the_end_of_an_article_number_is_no_letter_of_ours(article, word):
    assert word not in forms(article)


@pytest.mark.parametrize("spelt", ["2024", "漢字", "١٢٣", "ααα"])
def test_what_has_no_letters_of_ours_has_no_reading(spelt):
    assert forms(spelt) == ()


def test_letters_and_digits_of_a_short_code_do_not_become_a_word():
    assert forms("a4") == ("a4",)
    assert "ко" not in forms("12ко")


@pytest.mark.parametrize(
    ("before", "kind"),
    [
        (" ", Gap.SPACE),
        ("", Gap.SPACE),
        ("   ", Gap.SPACE),
        (' "', Gap.SPACE),
        (" \u2060", Gap.SPACE),
        ("-", Gap.HYPHEN),
        (fold("\u200b"), Gap.HYPHEN),
        ("\u00ad ", Gap.LOOSE_HYPHEN),
        ("- ", Gap.LOOSE_HYPHEN),
        (" - ", Gap.DASH),
        (" -\n", Gap.DASH),
        ("-, ", Gap.APART),
        ("-\n", Gap.LINE_BREAK),
        (" \n  ", Gap.LINE_BREAK),
        (", ", Gap.APART),
        (".\n", Gap.APART),
        ("--", Gap.DASH),
        (" " * 30, Gap.SPACE),
        ("; " * 30, Gap.APART),
    ],
)
def test_gaps_are_told_apart(before, kind):
    assert gap(before) is kind


def test_gaps_are_told_apart_however_many_kinds_were_met_before():
    befores = ["".join(marks) for marks in product(" -.,\n", repeat=5)]
    befores += [f"{before}    " for before in befores[:100]]
    assert len(befores) > _GAPS._KEPT
    for before in befores:
        assert Reading(f"a{before}b").gaps[1] is gap(before)
    assert len(_GAPS) <= _GAPS._KEPT
    assert max(map(len, _GAPS)) <= _GAPS._SHORT


def test_words_keep_their_places_where_characters_become_several():
    text = "ﬃ живая рыба"
    reading = Reading(text)
    places = [reading.extent(number, number) for number in range(len(reading.spelt))]
    assert [text[start:end] for start, end in places] == ["ﬃ", "живая", "рыба"]
    assert reading.spelt[0] == "ffi"


@given(st.text(alphabet=st.characters(), max_size=200))
def test_any_text_is_read_and_every_word_lies_where_it_says(text):
    reading = Reading(text)
    extents = [reading.extent(number, number) for number in range(len(reading.spelt))]
    assert all(0 <= start < end <= len(text) for start, end in extents)
    assert extents == sorted(extents)
    assert len(reading.gaps) == len(reading.spelt)
    for spelt, (start, end) in zip(reading.spelt, extents, strict=True):
        assert spelt in fold(text[start:end]).replace(HIDDEN, "").replace("\u00ad", "")


@given(st.characters())
def test_folding_is_never_empty_and_folding_twice_changes_nothing(char):
    assert fold(char)
    assert fold(fold(char)) == fold(char)


def test_no_letter_of_latin_greek_or_cyrillic_is_told_apart_from_its_other_case():
    apart = [
        letter
        for letter in map(chr, range(0x2E80))
        if len({fold(one).replace(HIDDEN, "") for one in (letter, letter.upper(), letter.lower())})
        > 1
    ]
    assert apart == []


@pytest.mark.parametrize(
    "unseen", ["\u00ad", "\u200d", "\u2060", "\u202e", "\u0301", "\u3164", "\x00"]
)
def test_what_cannot_be_seen_falls_out_of_a_word_however_much_there_is(unseen):
    reading = Reading(f"жи{unseen * 3000}вая рыба")
    assert reading.spelt == ["живая", "рыба"]
    assert not reading.not_read_whole


def test_words_that_may_have_run_together_are_not_read_whole():
    assert Reading("живаярыба" * 5).not_read_whole
    assert Reading("живаярыба" * 5).spelt == [("живаярыба" * 5)[:41]]
    quoted = Reading("'".join(["рыба"] * 20))
    assert quoted.spelt == ["рыба"] * 20
    assert not quoted.not_read_whole


@pytest.mark.parametrize("lost", ["ж\ufffdвая", "\ud800", "ж\udcff", "???", "?????? ????"])
def test_lost_characters_mean_that_a_description_was_not_read_whole(lost):
    assert Reading(lost).not_read_whole


@pytest.mark.parametrize(
    "whole", ["", "живая рыба?", "a " * (MAX_CHARS // 2), "??", "\ue000 漢字 😀"]
)
def test_other_descriptions_are_read_whole(whole):
    assert not Reading(whole).not_read_whole


def test_what_lies_beyond_the_limit_is_not_read_and_never_passed_over_in_silence():
    reading = Reading("а " * MAX_CHARS + "живая рыба")
    assert reading.not_read_whole
    assert len(reading.spelt) == MAX_CHARS // 2
    assert Reading("x" * 10_000_000).not_read_whole


@pytest.mark.parametrize("text", ["живые", "Живые щенки, 2 шт", "ТІРІ ҚОЙ", "тірі балық", "яйцо"])
@pytest.mark.parametrize(
    ("written", "read"),
    [("utf-8", "latin-1"), ("utf-8", "cp1252"), ("utf-8", "cp1251"), ("cp1251", "latin-1")],
)
def test_text_in_a_wrong_encoding_is_not_read_whole(text: str, written: str, read: str) -> None:
    garbled = text.encode(written, "replace").decode(read, "replace")
    assert Reading(f"goods {garbled}").not_read_whole
    assert not Reading(text).not_read_whole


@pytest.mark.parametrize(
    "text",
    [
        "ҚОЙ ТЕРІСІ, ТІРІСІ, СІРІСІ", "«ТЕАТР» И «СПОРТ»", "СЁСТРЫ, РЁБРА", "crème brûlée, ÑANDÚ",
        "Größe XL, Öl für Öfen", "ÐÑ", "10 µm ± 1 °C, № 5", "piñata, jalapeño", "naïveté, élève",
    ],
)  # fmt: skip
def test_accents_and_signs_of_ordinary_text_are_no_wrong_encoding(text: str) -> None:
    assert not Reading(text).not_read_whole
