"""Rules of `scanlane law`: what is in force, what is wrong, what differs, what a code is."""

import hashlib
import json
import re
import tomllib
from pathlib import Path

import pytest

from edge.law.rule_texts import RULE_TEXTS
from edge.law.rules import CODE_RULES
from edge.law.words import NATIVE_REVIEW
from tests.unit.test_law_cli import AT, LAW, call, manifest

TABLE = LAW / "exemptions-2025.toml"
WORDS = LAW / "words" / "words-2026.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped law."""
    (tmp_path / "words").mkdir()
    (tmp_path / TABLE.name).write_bytes(TABLE.read_bytes())
    (tmp_path / "words" / WORDS.name).write_bytes(WORDS.read_bytes())
    return tmp_path


def mend(file: Path, old: str, new: str, times: int = 1) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, times), encoding="utf-8")


def explain(code: str, *words: str) -> str:
    result = call("law", "explain", code, *AT, *words)
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_the_law_in_force_is_shown_with_every_exemption(language: str) -> None:
    result = call("law", "show", *AT, "--lang", language)
    assert result.exit_code == 0
    for rule in CODE_RULES:
        assert f"{rule.value}  {getattr(RULE_TEXTS[rule], language)}" in result.output
    for code in ("    01  ", "    0301  ", "    0407 11  ", "    0407 19  ", "    9508 10  "):
        assert code in result.output
    assert result.output.count("sha256: ") == 2
    assert "2025-01-01..2027-12-31" in result.output
    assert NATIVE_REVIEW in result.output
    assert "Not yet reviewed by native speakers" in result.output


def test_every_row_is_listed_with_its_code_action_and_source() -> None:
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    result = call("law", "show", *AT, "--rows")
    assert result.exit_code == 0
    lines = [re.split(r"  +", line.strip()) for line in result.output.splitlines()]
    for row in table["goods"]:
        action = row["action"] + (", site_policy" if row.get("site_policy") else "")
        expects = ", ".join(sorted(row.get("expects", []))) or "-"
        assert [row["prefix"], action, row["what"], expects, row["source"]] in lines
    for row in table["document"]:
        (found,) = [line for line in lines if line[0] == row["code"]]
        assert found[1] == row["action"]
        assert found[-1] == row["source"]
        assert ", ".join(row.get("expected_with", [])) in found[-2]
    for row in table["vehicle"]:
        assert [row["kind"], ", ".join(row["stems"]), row["what"], row["source"]] in lines
    assert "0306 33" not in call("law", "show", *AT).output


def test_the_law_in_force_as_json_is_the_table_row_by_row() -> None:
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    shown = json.loads(call("law", "show", *AT, "--json").output)
    names = {"exempt": ("exempt", "rule"), "goods": ("goods", "action"),
             "documents": ("document", "action")}  # fmt: skip
    for name, (written, acts) in names.items():
        code = "code" if written == "document" else "prefix"
        want = {(one[code], one[acts], one["what"], one["source"]) for one in table[written]}
        got = {(one["code"], one[acts], one["what"], one["source"]) for one in shown["table"][name]}
        assert got == want
        assert len(shown["table"][name]) == len(table[written])
    assert [one["kind"] for one in shown["table"]["vehicles"]] == [
        one["kind"] for one in table["vehicle"]
    ]
    assert shown["table"]["sha256"] == hashlib.sha256(TABLE.read_bytes()).hexdigest()
    assert shown["words"]["sha256"] == hashlib.sha256(WORDS.read_bytes()).hexdigest()
    assert shown["review"] == NATIVE_REVIEW


def test_a_missing_law_as_json_says_why_and_what_to_do() -> None:
    result = call("law", "show", "--at", "2031-01-01", "--json")
    assert result.exit_code == 1
    shown = json.loads(result.output)
    for name in ("table", "words"):
        assert "ended before 2031-01-01" in shown[name]["missing"]
        assert "install" in shown[name]["remedy"]


def test_codes_of_rows_are_printed_as_the_tariff_prints_them() -> None:
    shown = explain("0306 33 100 0", "--description", "живые крабы")
    assert "0306 33, crabs" in shown
    assert "030633" not in shown
    assert "may be 0407 11, fertilised" in decided_inputs("0407")


def decided_inputs(code: str) -> str:
    goods = {"tnved_code": code, "description": "x"}
    stdin = json.dumps(manifest(goods)).encode()
    return call("decide", *AT, "--batch", "-", stdin=stdin).output


def test_a_day_without_a_law_is_code_1_with_reason_and_remedy(folder: Path) -> None:
    result = call("law", "show", "--law", str(folder), "--at", "2031-01-01")
    assert result.exit_code == 1
    assert "every table of exemptions ended before 2031-01-01" in result.output
    assert "install the one in force" in result.output
    assert "not in force:" in result.output


def test_the_shipped_law_is_checked_without_a_mistake(folder: Path) -> None:
    for words in ((), (str(folder),)):
        result = call("law", "check", *words)
        assert result.exit_code == 0, result.output
        assert "tables 1, lexica 1: no mistakes" in result.output


def test_every_mistake_is_told_with_file_key_value_reason_and_remedy(folder: Path) -> None:
    table, words = folder / TABLE.name, folder / "words" / WORDS.name
    mend(table, 'prefix = "9508 10"', 'prefix = "9508 1"')
    mend(table, 'rule = "EX-LIVE-FISH"', 'rule = "EX-FISH"')
    mend(words, 'class = "circus"', 'class = "circuses"')
    result = call("law", "check", str(folder))
    assert result.exit_code == 3
    for said in (
        f"{table}: exempt[1].prefix = 9508 1: has not 2, 4, 6, 8 or 10 digits. write a code",
        "exempt[2].rule = EX-FISH: unknown rule. write one of EX-LIVE-ANIMALS",
        "class = circuses: is none of the known",
        f"{table}: exempt = 0301: is not exempt under EX-LIVE-FISH as a whole, which the order",
        'mandates. write a row with prefix = "0301" and rule = "EX-LIVE-FISH"',
    ):
        assert said in result.output


def test_gaps_contradictions_and_unknown_words_are_mistakes(folder: Path) -> None:
    table = folder / TABLE.name
    later = folder / "later.toml"
    later.write_bytes(table.read_bytes())
    mend(later, "valid_from = 2025-01-01", "valid_from = 2027-01-01")
    mend(later, "valid_to = 2027-12-31", "valid_to = 2028-12-31")
    mend(later, 'prefix = "2203"', 'prefix = "2206"')
    result = call("law", "check", str(folder))
    assert result.exit_code == 3
    assert "valid_from..valid_to = 2027-01-01..2027-12-31: contradiction" in result.output
    assert "2028-01-01..2028-12-31: no lexicon of living goods is valid" in result.output
    mend(table, "valid_to = 2027-12-31", "valid_to = 2026-06-30")
    mend(later, 'expects = ["en-live"', 'expects = ["en-lively"')
    again = call("law", "check", str(folder))
    assert "2026-07-01..2026-12-31: gap: no table of exemptions covers 2026-07-01" in again.output
    assert "= en-lively: no lexicon has this entry" in again.output


def test_a_law_that_has_ended_is_a_mistake_today(folder: Path) -> None:
    for file in (folder / TABLE.name, folder / "words" / WORDS.name):
        mend(file, "valid_to = 2027-12-31", "valid_to = 2025-12-31")
    assert call("law", "check", str(folder), "--at", "2025-12-31").exit_code == 0
    ended = call("law", "check", str(folder), *AT)
    assert ended.exit_code == 3
    for name in ("table of exemptions", "lexicon of living goods"):
        assert f"expired: every {name} ended before 2026-03-02" in ended.output
    assert "2 mistake(s)" in ended.output
    early = call("law", "check", str(folder), "--at", "2020-01-01")
    assert early.output.count("nothing can be scanned today") == 2


def test_a_gap_is_told_once(folder: Path) -> None:
    table, later = folder / TABLE.name, folder / "later.toml"
    later.write_bytes(table.read_bytes())
    mend(table, "valid_to = 2027-12-31", "valid_to = 2026-01-31")
    mend(later, "valid_from = 2025-01-01", "valid_from = 2027-01-01")
    found = call("law", "check", str(folder), *AT)
    assert found.exit_code == 3
    assert "1 mistake(s)" in found.output
    assert "2026-02-01..2026-12-31: gap" in found.output


def test_a_table_that_does_not_build_is_asked_for_unknown_words_too(folder: Path) -> None:
    table = folder / TABLE.name
    mend(table, 'prefix = "2203"', 'prefix = "77"')
    mend(table, 'expects = ["en-live"', 'expects = ["en-lively"')
    found = call("law", "check", str(folder))
    assert found.exit_code == 3
    assert "= 77: names a chapter the tariff does not have" in found.output
    assert "= en-lively: no lexicon has this entry" in found.output


@pytest.mark.parametrize("content", [b"", b"\xff" * 9, b"x" * 10_000_000, b"[" * 100_000])
def test_a_folder_that_cannot_be_read_is_code_3(folder: Path, content: bytes) -> None:
    (folder / TABLE.name).write_bytes(content)
    for words in (("check", str(folder)), ("show", "--law", str(folder)),
                  ("explain", "01", "--law", str(folder)),
                  ("diff", str(folder), str(LAW), *AT)):  # fmt: skip
        result = call("law", *words)
        assert result.exit_code == 3, words
        assert str(folder) in result.output
    nowhere = call("law", "check", str(folder / "none"))
    assert nowhere.exit_code == 3
    assert "holds no table" in nowhere.output


def test_a_name_that_no_folder_can_have_is_a_mistake_and_no_traceback() -> None:
    name = "x" * 5000
    for words in (("check", name), ("show", "--law", name), ("diff", name, name)):
        result = call("law", *words)
        assert result.exit_code == 3
        assert "cannot be read (File name too long)" in result.output
    for words in ((name,), ("--batch", name)):
        assert call("decide", *words).exit_code == 1


def test_a_changed_prefix_is_told_in_words(folder: Path) -> None:
    table = folder / TABLE.name
    mend(table, 'prefix = "2203"', 'prefix = "2203 00"')
    mend(table, 'what = "live fish"', 'what = "fish that lives"')
    for old, new in ((TABLE, table), (LAW, folder)):
        result = call("law", "diff", str(old), str(new), *AT)
        assert result.exit_code == 0
        decides, apart = result.output.split("texts, sources and dates alone:", 1)
        assert "2203 and below, but for 2203 00 and what is cut short of it, is scanned" in decides
        assert "as under 2026.3; words no longer expected: en-live, kk-live, ru-live" in decides
        assert "live fish" not in decides
        assert "exempt 0301 what: 'live fish' became 'fish that lives'" in apart


def test_a_table_that_narrows_what_the_order_exempts_is_refused_wherever_it_is_read(
    folder: Path,
) -> None:
    table = folder / TABLE.name
    mend(table, 'prefix = "0301"', 'prefix = "0301 11"')
    said = f"{table}: exempt = 0301: is not exempt under EX-LIVE-FISH as a whole"
    for words in (("check", str(folder)), ("show", "--law", str(folder)),
                  ("explain", "0301 91 100 0", "--law", str(folder)),
                  ("diff", str(TABLE), str(table))):  # fmt: skip
        result = call("law", *words)
        assert (result.exit_code, said in result.output) == (3, True), words


def test_changed_words_are_told_in_words(folder: Path) -> None:
    words = folder / "words" / WORDS.name
    mend(words, '"living", "alive", ', '"living", ')
    for old, new in ((WORDS, words), (LAW, folder)):
        result = call("law", "diff", str(old), str(new), *AT)
        assert "words en-live: stem 'alive' was there, is now gone" in result.output


def test_what_is_alike_has_no_difference() -> None:
    result = call("law", "diff", str(LAW), str(LAW), *AT)
    assert result.exit_code == 0
    assert result.output.count("decided differently: none") == 2
    assert result.output.count("texts, sources and dates alone: none") == 2


def test_what_cannot_be_compared_is_refused_with_the_reason(tmp_path: Path) -> None:
    for old, new, code in (
        (TABLE, WORDS, 1),
        (LAW, TABLE, 1),
        (tmp_path / "none.toml", TABLE, 3),
        (TABLE, tmp_path, 3),
    ):
        result = call("law", "diff", str(old), str(new), *AT)
        assert result.exit_code == code, result.output
        assert str(old) in result.output or str(new) in result.output
    late = call("law", "diff", str(LAW), str(LAW), "--at", "2031-01-01")
    assert late.exit_code == 1
    assert "--at" in late.output


def test_eggs_by_heading_are_undecided_with_the_rows_they_may_be() -> None:
    shown = explain("0407")
    assert "too short, may be 0407 11: EX-HATCHING-EGGS" in shown
    assert "too short, may be 0407 19: EX-HATCHING-EGGS" in shown
    assert "HO-UNDECIDED-CODE" in shown


def test_hatching_eggs_by_full_code_are_exempt() -> None:
    shown = explain("0407 11 000 0")
    assert "exempt under EX-HATCHING-EGGS: 0407 11, fertilised eggs" in shown
    assert "source: Order 722 notice, exemption 3" in shown
    assert "EXEMPT - exempt, not scanned" in shown


def test_an_incubator_expects_its_words() -> None:
    shown = explain("8436 21", "--description", "инкубатор")
    assert "allow: 8436 21 000 0, incubators and brooders" in shown
    assert "SCAN - nothing in it stands against a scan" in shown
    whole = explain("8436 21 000 0", "--description", "инкубатор для инкубации яиц")
    assert "words expected: en-hatching, kk-incubation, names, ru-incubation" in whole


def test_a_lost_zero_is_told_and_the_code_stays_malformed() -> None:
    shown = explain("407110000")
    assert "has not 2, 4, 6, 8 or 10 digits" in shown
    assert "the code would be: 0407 11 000 0" in shown
    assert "HO-MALFORMED-CODE" in shown


@pytest.mark.parametrize(
    ("code", "said"),
    [("", "no code"), ("77", "chapter"), ("04a7", "neither a digit"), ("0" * 999, "digits"),
     ("\x1b[31m", "neither a digit"), ("9999", "chapter")],
)  # fmt: skip
def test_a_code_that_is_none_says_why(code: str, said: str) -> None:
    assert said in explain(code)


def test_live_beer_is_silenced_by_its_false_friend_and_a_live_chick_is_heard() -> None:
    shown = explain("2203", "--description", "живое пиво")
    assert "silenced: 'живое' ru-live live_animals strong by ru-living-ferments" in shown
    assert "words expected: en-live, kk-live, ru-live" in shown
    both = explain("2203", "--description", "живое пиво, живые цыплята")
    assert "heard: 'живые' ru-live live_animals strong (expected with this code)" in both
    assert "heard: 'цыплята'" in both
    assert "HOLD" in both


def test_a_code_nobody_speaks_of_says_so() -> None:
    shown = explain("8471 30 000 0")
    assert "no row speaks of this code" in shown
    assert "heard" not in shown


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_explaining_speaks_every_language(language: str) -> None:
    shown = explain("0407", "--lang", language, "--description", "яйца")
    assert "too short" not in shown
    assert NATIVE_REVIEW in shown
