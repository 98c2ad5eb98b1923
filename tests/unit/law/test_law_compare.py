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
ANIMALS = "exempt (EX-LIVE-ANIMALS)"
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


def exempting(*prefixes: str) -> ExemptionTable:
    """The shipped table, and more that is exempt than the order asks for."""
    about = {"rule": "EX-LIVE-ANIMALS", "what": "test", "source": "test"}
    more = [{"prefix": prefix, **about} for prefix in prefixes]
    return table(changed(exempt=[*MAPPING["exempt"], *more]))


def told(old: ExemptionTable, new: ExemptionTable, code: str) -> set[str]:
    """What is told of one code, cut before its version."""
    lines = compare_tables(old, new).decides
    of_it = {line for line in lines if line.split(" and below")[0].split(" when")[0] == code}
    under = f" under {old.ref.version}"
    assert all(f"{under}, is now " in line for line in of_it)
    return {line.replace(under, "") for line in of_it}


def test_a_narrowed_exemption_tells_what_becomes_of_the_codes_below_it() -> None:
    wide, narrow = exempting("8471 30"), exempting("8471 30 000 0")
    assert told(wide, narrow, "8471 30") == {
        f"8471 30 and below, but for 8471 30 000 0, was {ANIMALS}, is now not spoken of (scanned)",
        f"8471 30 when no longer was {ANIMALS}, is now held (it may be 8471 30 000 0)",
    }
    assert told(wide, narrow, "8471") == {
        "8471 when no longer was held (it may be 8471 30), is now held (it may be 8471 30 000 0)"
    }
    short = {line.split(" when")[0] for line in compare_tables(wide, narrow).decides}
    assert short >= {"84", "8471", "8471 30", "8471 30 00"}


def test_a_lost_exemption_tells_what_becomes_of_the_codes_below_it_and_of_those_cut_short() -> None:
    wide = exempting("8471")
    assert told(wide, TABLE, "8471") == {
        "8471 and below was exempt (EX-LIVE-ANIMALS), is now not spoken of (scanned)"
    }
    assert told(wide, TABLE, "84") == {
        "84 when no longer was held (it may be 8471), is now not spoken of (scanned)"
    }
    assert told(TABLE, wide, "8471") == {
        "8471 and below was not spoken of (scanned), is now exempt (EX-LIVE-ANIMALS)"
    }


def test_a_lost_exemption_above_advice_tells_the_advice() -> None:
    mapping = changed()
    mapping["goods"].append({"prefix": "84", "action": "hold", "what": "w", "source": "s"})
    above = table(mapping)
    mapping["exempt"].append({**mapping["exempt"][0], "prefix": "8471"})
    wide = table(mapping)
    hold = "hold, expects no word"
    assert told(wide, above, "8471") == {
        f"8471 and below was exempt (EX-LIVE-ANIMALS); {hold}, is now {hold}"
    }
    assert told(wide, above, "84") == {
        f"84 when no longer was held (it may be 8471); {hold}, is now {hold}"
    }


def test_a_new_row_of_advice_names_the_finer_rows_that_go_on_to_decide() -> None:
    mapping = changed()
    mapping["goods"].append({"prefix": "84", "action": "hold", "what": "w", "source": "s"})
    below = "84 and below, but for 8436 21 000 0,"
    assert told(TABLE, table(mapping), "84") == {
        f"{below} was not spoken of (scanned), is now hold, expects no word"
    }


def test_advice_beside_an_exemption_is_told_since_a_statement_may_lift_it() -> None:
    mapping = changed()
    about = {"what": "amusements", "source": "test"}
    mapping["goods"].append({"prefix": "9508", "action": "hold", **about})
    found = compare_tables(TABLE, table(mapping)).decides
    assert (
        "9508 10 and below was exempt (EX-CIRCUS) under 2026.3, is now exempt (EX-CIRCUS); hold"
        in (found[0])
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
    assert beer_line.startswith("2203 and below was allow, expects en-live, kk-live, ru-live")
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
