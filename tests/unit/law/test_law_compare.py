"""Two tables or lexica are compared by what they decide; texts and sources are told apart."""

import tomllib
from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from law_builders import LEXICON, TABLE, WORDS_FILE, shipped_mapping

from edge.law.case import LawData
from edge.law.compare import Difference, compare_lexica, compare_tables
from edge.law.dated import Provenance
from edge.law.lexicon import Lexicon
from edge.law.lexicon_reader import build_lexicon
from edge.law.table_reader import build_table
from edge.law.tables import ExemptionTable
from edge.law.timeline import alone_problems, validity_problems, word_problems

MAPPING = shipped_mapping()
WORDS = tomllib.loads(WORDS_FILE.read_text(encoding="utf-8"))


def table(mapping: Mapping[str, object]) -> ExemptionTable:
    made = build_table(mapping, "0" * 64, provenance=Provenance.SIGNED)
    assert isinstance(made, ExemptionTable), made
    return made


def lexicon(mapping: Mapping[str, object]) -> Lexicon:
    made = build_lexicon(mapping, "0" * 64, provenance=Provenance.SIGNED)
    assert isinstance(made, Lexicon), made
    return made


def changed(**keys: object) -> dict[str, Any]:
    return {**deepcopy(MAPPING), **keys}


def dated(version: str, first: date, last: date, **keys: object) -> ExemptionTable:
    return table(changed(version=version, valid_from=first, valid_to=last, **keys))


def test_a_table_is_like_itself() -> None:
    assert compare_tables(TABLE, TABLE) == Difference((), ())
    assert compare_lexica(LEXICON, LEXICON) == Difference((), ())


def test_a_changed_prefix_is_told_for_the_codes_it_changes() -> None:
    mapping = changed()
    (row,) = [row for row in mapping["exempt"] if row["prefix"] == "0407 19"]
    row["prefix"] = "0407 19 110 0"
    (found,) = compare_tables(TABLE, table(mapping)).decides
    was = "0407 19 was exempt (EX-HATCHING-EGGS) under 2026.2"
    assert found == f"{was}, is now held when no longer (it may be 0407 19 110 0)"


def test_an_exemption_that_is_taken_away_is_told_and_so_is_a_new_one() -> None:
    mapping = changed()
    mapping["exempt"] = [row for row in mapping["exempt"] if row["prefix"] != "0407 19"]
    found = compare_tables(TABLE, table(mapping)).decides
    assert found == ("0407 19 was exempt (EX-HATCHING-EGGS) under 2026.2, is now not spoken of",)
    back = compare_tables(table(mapping), TABLE).decides
    assert back == ("0407 19 was not spoken of under 2026.2, is now exempt (EX-HATCHING-EGGS)",)


def test_advice_beside_an_exemption_is_told_since_a_statement_may_lift_it() -> None:
    mapping = changed()
    about = {"what": "amusements", "source": "test"}
    mapping["goods"].append({"prefix": "9508", "action": "hold", **about})
    found = compare_tables(TABLE, table(mapping)).decides
    assert (
        "9508 10 was exempt (EX-CIRCUS) under 2026.2, is now exempt (EX-CIRCUS); hold" in (found[0])
    )
    assert all(line.split(" was ")[1].split(" under ")[0] != line.split(" is now ")[1]
               for line in found)  # fmt: skip


def test_advice_documents_and_vehicles_are_compared_too() -> None:
    mapping = changed()
    (beer,) = [row for row in mapping["goods"] if row["prefix"] == "2203"]
    beer["expects"] = ["en-live"]
    mapping["document"] = [row for row in mapping["document"] if row["code"] != "01291"]
    mapping["vehicle"][0]["stems"] = ["livestock"]
    beer_line, document, vehicle = compare_tables(TABLE, table(mapping)).decides
    assert beer_line.startswith("2203 was allow, expects en-live, kk-live, ru-live")
    assert document == "document 01291 was hold, is now not spoken of"
    assert vehicle.endswith("is now hold, by name livestock")


def test_texts_and_sources_change_nothing_that_decides() -> None:
    mapping = changed(version="2027.1", source="another source")
    mapping["exempt"][0]["what"] = "living animals"
    found = compare_tables(TABLE, table(mapping))
    assert found.decides == ()
    assert [line.split(":")[0] for line in found.apart] == ["version", "source", "exempt 01 what"]


def test_a_finer_row_that_says_the_same_is_told_apart() -> None:
    mapping = changed()
    mapping["goods"].append({**next(r for r in mapping["goods"] if r["prefix"] == "2203"),
                             "prefix": "2203 00"})  # fmt: skip
    found = compare_tables(TABLE, table(mapping))
    assert found.decides == ()
    assert "no code, document or vehicle is decided differently" in found.apart[-1]


@given(st.integers(0, len(MAPPING["goods"]) - 1), st.sampled_from(["goods", "document", "vehicle"]))
def test_whatever_decides_differently_differs_in_substance(place: int, kind: str) -> None:
    mapping = changed()
    mapping[kind].pop(place % len(mapping[kind]))
    other = table(mapping)
    found = compare_tables(TABLE, other)
    assert other.substance != TABLE.substance
    assert found.decides or found.apart


def test_words_are_compared_with_their_stems_and_false_friends() -> None:
    mapping = deepcopy(WORDS)
    mapping["entry"][0]["stems"].remove("alive")
    mapping["entry"][1]["window"] = 3
    gone = mapping["false_friend"].pop()["id"]
    mapping["kazakh_words"].remove("бас")
    found = compare_lexica(LEXICON, lexicon(mapping)).decides
    assert found == (
        "Kazakh context word 'бас' was there, is now gone",
        f"false friend {gone} is now gone",
        "words en-breeding-stock: window was 2, is now 3",
        "words en-live: stem 'alive' was there, is now gone",
    )


def test_words_that_come_and_go_are_told_with_their_stems() -> None:
    fewer = deepcopy(WORDS)
    (gone,) = [one for one in fewer["entry"] if one["id"] == "en-circus"]
    fewer["entry"].remove(gone)
    without = lexicon(fewer)
    (lost,) = [one for one in compare_lexica(LEXICON, without).decides if "en-circus" in one]
    assert lost.startswith("words en-circus were heard, are now not heard: ")
    (come,) = [one for one in compare_lexica(without, LEXICON).decides if "en-circus" in one]
    assert come.startswith("words en-circus were not heard, are now heard: ")
    assert gone["stems"][0] in come


def test_a_false_friend_that_reaches_further_is_told() -> None:
    mapping = deepcopy(WORDS)
    friend = mapping["false_friend"][0]
    reach = friend.get("reach", 0)
    friend["reach"] = reach + 1
    assert compare_lexica(LEXICON, lexicon(mapping)).decides == (
        f"false friend {friend['id']}: reach was {reach}, is now {reach + 1}",
    )


def test_gaps_and_contradictions_in_time_are_found_before_their_day() -> None:
    first = dated("a", date(2025, 1, 1), date(2025, 6, 30))
    late = dated("b", date(2025, 8, 1), date(2025, 12, 31))
    (gap,) = validity_problems((first, late), "table of exemptions")
    assert (gap.value, gap.reason.split(":")[0]) == ("2025-07-01..2025-07-31", "gap")
    other = dated("c", date(2025, 6, 1), date(2025, 12, 31), document=MAPPING["document"][:1])
    (both,) = validity_problems((first, other), "table of exemptions")
    assert (both.value, both.reason.split(":")[0]) == (
        "2025-06-01..2025-06-30", "contradiction",
    )  # fmt: skip
    again = dated("d", date(2025, 6, 1), date(2025, 12, 31))
    assert validity_problems((first, again), "table of exemptions") == ()
    assert validity_problems((), "table of exemptions") == ()


def test_days_with_a_table_and_no_lexicon_are_found() -> None:
    early = dated("a", date(2024, 1, 1), date(2027, 12, 31))
    (alone,) = alone_problems(LawData((early,), (LEXICON,)))
    assert alone.value == "2024-01-01..2024-12-31"
    assert "lexicon" in alone.reason
    assert alone_problems(LawData((TABLE,), (LEXICON,))) == ()
    assert alone_problems(LawData((TABLE,), ())) == ()


def test_a_word_that_only_the_other_years_lexicon_has_is_found() -> None:
    mapping = deepcopy(WORDS)
    mapping["entry"][0]["id"] = "en-alive"
    for friend in mapping["false_friend"]:
        friend["silences"] = ["en-alive" if x == "en-live" else x for x in friend["silences"]]
    renamed = lexicon({**mapping, "version": "2026.2"})
    found = list(word_problems(LawData((TABLE,), (LEXICON, renamed))))
    assert {problem.value for problem in found} == {"en-live"}
    assert all("2026.2" in problem.reason for problem in found)
    assert list(word_problems(LawData((TABLE,), (LEXICON,)))) == []
    later = lexicon({**mapping, "valid_from": date(2028, 1, 1), "valid_to": date(2028, 12, 31)})
    assert list(word_problems(LawData((TABLE,), (LEXICON, later)))) == []
