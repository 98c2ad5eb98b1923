"""Commodity codes: printed forms, problems by name, prefixes both ways."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.law.tariff import LENGTHS, CodeProblem, Match, PrefixIndex, match, print_code, read_code

QUIET = settings(deadline=None, max_examples=200, derandomize=True)
DIGITS = st.sampled_from(LENGTHS).flatmap(
    lambda length: st.text("0123456789", min_size=length, max_size=length)
)


@pytest.mark.parametrize(
    "printed",
    [
        "0407110000",
        "0407 11 000 0",
        "0407.11.000.0",
        "0407\u00a011\u00a0000\u00a00",
        "0407\u202f11\u2009000 0 ",
    ],
)
def test_every_printed_form_reads_as_the_same_code(printed):
    assert read_code(printed) == "0407110000"


SPACES = [char for char in map(chr, range(0x11_0000)) if char.isspace()]


@pytest.mark.parametrize("space", SPACES, ids=ascii)
def test_every_space_there_is_divides_a_code_and_none_is_part_of_it(space):
    assert read_code(f"{space}8471{space}30{space * 2}000 0{space}") == "8471300000"
    assert read_code(space) is CodeProblem.EMPTY


@pytest.mark.parametrize("mark", ["\u200b", "\u2060", "-", "/", ",", "\u00ad", "\u3164", "_"])
def test_what_is_neither_space_nor_dot_makes_a_code_malformed(mark):
    assert read_code(f"8471{mark}30 000 0") is CodeProblem.NOT_DIGITS


@pytest.mark.parametrize(
    ("printed", "digits"),
    [
        ("01", "01"),
        ("0301", "0301"),
        ("9508.10", "950810"),
        ("0407 19 11", "04071911"),
        ("0106 41 000 1", "0106410001"),
    ],
)
def test_two_to_ten_even_digits_are_codes_and_keep_their_leading_zero(printed, digits):
    assert read_code(printed) == digits


@pytest.mark.parametrize(
    ("digits", "printed"),
    [
        ("01", "01"),
        ("0301", "0301"),
        ("040711", "0407 11"),
        ("04071911", "0407 19 11"),
        ("0407110000", "0407 11 000 0"),
    ],
)
def test_a_code_is_printed_as_the_tariff_prints_it_and_reads_back(digits, printed):
    assert print_code(digits) == printed
    assert read_code(printed) == digits


@pytest.mark.parametrize("length", [1, 3, 5, 7, 9, 11, 12, 40])
def test_a_code_of_another_length_is_malformed(length):
    assert read_code("1" * length) is CodeProblem.LENGTH


@pytest.mark.parametrize(
    "number", [301911000, 106410001, 407110000, 30191, 40711, 301, 407, 1, 301_9110]
)
def test_a_code_that_was_kept_as_a_number_is_never_taken_for_another_code(number):
    assert read_code(str(number)) is CodeProblem.LENGTH


@pytest.mark.parametrize("printed", ["", "  ", ". .", "\u00a0"])
def test_a_line_without_a_code_is_a_problem(printed):
    assert read_code(printed) is CodeProblem.EMPTY


@pytest.mark.parametrize(
    "printed",
    [
        "O301",
        "0\u0417\u0030\u0031",
        "\u0660\u0663\u0660\u0661",
        "\uff10\uff13\uff10\uff11",
        "03-01",
        "0301\u200b",
        "-301",
        "1e3 ",
        "03\u00b21",
    ],
)
def test_only_ascii_digits_are_digits(printed):
    assert read_code(printed) is CodeProblem.NOT_DIGITS


@pytest.mark.parametrize("chapter", ["00", "77", "98", "99"])
def test_a_chapter_the_tariff_does_not_have_is_a_problem(chapter):
    assert read_code(chapter) is CodeProblem.CHAPTER
    assert read_code(chapter + "01 00 000 0") is CodeProblem.CHAPTER


@pytest.mark.parametrize("chapter", ["01", "76", "78", "97"])
def test_the_chapters_beside_the_missing_ones_are_codes(chapter):
    assert read_code(chapter) == chapter


@pytest.mark.parametrize(
    ("digits", "prefix", "expected"),
    [
        ("01", "01", Match.MATCH),
        ("0106410001", "01", Match.MATCH),
        ("0100", "01", Match.MATCH),
        ("0201", "01", Match.NO),
        ("03", "0301", Match.UNDECIDED),
        ("0301", "0301", Match.MATCH),
        ("0302", "0301", Match.NO),
        ("04", "040711", Match.UNDECIDED),
        ("0407", "040711", Match.UNDECIDED),
        ("040711", "040711", Match.MATCH),
        ("04071100", "040711", Match.MATCH),
        ("040719", "040711", Match.NO),
        ("0407210000", "040711", Match.NO),
        ("9508", "950810", Match.UNDECIDED),
        ("9508100000", "950810", Match.MATCH),
        ("9508210000", "950810", Match.NO),
        ("0408", "040711", Match.NO),
    ],
)
def test_prefixes_are_matched_both_ways(digits, prefix, expected):
    assert match(digits, prefix) is expected


@pytest.mark.parametrize(
    ("digits", "prefix"),
    [
        ("0300000000", "0301"),
        ("0407000000", "040711"),
        ("040700", "040719"),
        ("0407100000", "040719"),
        ("9508000000", "950810"),
    ],
)
def test_a_short_code_filled_up_with_zeros_is_as_undecided_as_the_short_one(digits, prefix):
    assert match(digits, prefix) is Match.UNDECIDED


@pytest.mark.parametrize("digits", ["2840", "28400000", "2840000000"])
def test_a_heading_keeps_its_last_zero(digits):
    assert match(digits, "2844") is Match.NO
    assert match("2800000000", "2844") is Match.UNDECIDED


@pytest.mark.parametrize("digits", ["1000000000", "3000", "0409000000", "0410000000", "9503"])
def test_a_real_code_that_ends_in_zeros_is_not_undecided(digits):
    assert {match(digits, p) for p in ("01", "0301", "040711", "040719", "950810")} == {Match.NO}


@QUIET
@given(DIGITS, DIGITS)
def test_a_longer_code_never_loses_a_match_and_a_beginning_is_never_a_no(digits, prefix):
    assert match(prefix + digits, prefix) is Match.MATCH
    for length in range(2, len(prefix), 2):
        assert match(prefix[:length], prefix) is Match.UNDECIDED


@QUIET
@given(st.text(max_size=30))
def test_any_text_is_a_code_or_a_named_problem(printed):
    read = read_code(printed)
    if not isinstance(read, CodeProblem):
        assert len(read) in LENGTHS
        assert read.isascii()
        assert read.isdigit()


@dataclass(frozen=True)
class Row:
    prefix: str


NEAR = st.from_regex(r"0[1-3]0[1-3]([01][0-2]){0,3}", fullmatch=True)


@settings(deadline=None, max_examples=400, derandomize=True)
@given(st.lists(NEAR | DIGITS, max_size=20), NEAR | DIGITS)
def test_the_index_finds_just_what_comparing_every_row_finds(prefixes, digits):
    rows = [Row(prefix) for prefix in prefixes]
    index = PrefixIndex(rows)
    for how, found in ((Match.MATCH, index.matching), (Match.UNDECIDED, index.undecided)):
        expected = [row.prefix for row in rows if match(digits, row.prefix) is how]
        assert sorted(row.prefix for row in found(digits)) == sorted(expected)
