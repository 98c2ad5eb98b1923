"""Two tables or lexica are compared by what they decide; texts and sources are told apart."""

import re
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from law_builders import LEXICON, TABLE, WORDS_FILE, shipped_mapping

from edge.law.case import LawData
from edge.law.compare import Difference, compare_lexica, compare_tables
from edge.law.dated import Provenance
from edge.law.explain import explain_line
from edge.law.lexicon import Lexicon
from edge.law.lexicon_reader import build_lexicon
from edge.law.manifest import GoodsLine
from edge.law.rules import VerdictKind
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
    but = "but for 8471 30 000 0 and what is cut short of it,"
    maybe = "may now be 8471 30 000 0 (exempt)"
    assert told(wide, narrow, "8471 30") == {
        f"8471 30 and below, {but} was {ANIMALS}, is now scanned",
        f"8471 30 when no longer was {ANIMALS}, is now held (it may be exempt); {maybe}",
    }
    assert (
        "8471 when no longer is held (it may be exempt) as under 2026.3; "
        f"may no longer be 8471 30 (exempt); {maybe}"
    ) in compare_tables(wide, narrow).decides
    short = {line.split(" when")[0] for line in compare_tables(wide, narrow).decides}
    assert short >= {"84", "8471", "8471 30", "8471 30 00"}


def test_a_lost_exemption_tells_what_becomes_of_the_codes_below_it_and_of_those_cut_short() -> None:
    wide = exempting("8471")
    assert told(wide, TABLE, "8471") == {
        "8471 and below was exempt (EX-LIVE-ANIMALS), is now scanned"
    }
    assert told(wide, TABLE, "84") == {
        (
            "84 when no longer was held (it may be exempt), is now scanned; "
            "may no longer be 8471 (exempt)"
        )
    }
    assert told(TABLE, wide, "8471") == {
        "8471 and below was scanned, is now exempt (EX-LIVE-ANIMALS)"
    }


def test_a_lost_exemption_above_advice_tells_the_advice() -> None:
    mapping = changed()
    mapping["goods"].append({"prefix": "84", "action": "hold", "what": "w", "source": "s"})
    above = table(mapping)
    mapping["exempt"].append({**mapping["exempt"][0], "prefix": "8471"})
    wide = table(mapping)
    hold = "held (living goods)"
    assert told(wide, above, "8471") == {
        f"8471 and below was exempt (EX-LIVE-ANIMALS); {hold}, is now {hold}"
    }
    assert told(wide, above, "84") == {
        (
            f"84 when no longer was held (it may be exempt); {hold}, is now {hold}; "
            "may no longer be 8471 (exempt)"
        )
    }


def test_a_new_row_of_advice_names_the_finer_rows_that_go_on_to_decide() -> None:
    mapping = changed()
    mapping["goods"].append({"prefix": "84", "action": "hold", "what": "w", "source": "s"})
    below = "84 and below, but for 8436 21 000 0 and what is cut short of it,"
    assert told(TABLE, table(mapping), "84") == {
        f"{below} was scanned, is now held (living goods)",
        "84 when no longer was scanned, is now held (living goods)",
    }


def test_advice_beside_an_exemption_is_told_since_a_statement_may_lift_it() -> None:
    mapping = changed()
    about = {"what": "amusements", "source": "test"}
    mapping["goods"].append({"prefix": "9508", "action": "hold", **about})
    found = compare_tables(TABLE, table(mapping)).decides
    assert (
        "9508 10 and below was exempt (EX-CIRCUS) under 2026.3, is now exempt (EX-CIRCUS); held"
        in "".join(found)
    )


def test_exemptions_in_place_of_finer_advice_tell_nothing_untrue() -> None:
    mapping = changed()
    mapping["goods"] = [row for row in mapping["goods"] if not row["prefix"].startswith("0511 91")]
    about = {"rule": "EX-HATCHING-EGGS", "what": "test", "source": "test"}
    mapping["exempt"].append({"prefix": "0511 91 90", **about})
    new = table(mapping)
    for code in ("05", "0511", "0511 91"):
        (line,) = [one for one in told(TABLE, new, code) if " when no longer " in one]
        assert line.startswith(f"{code} when no longer was held (living goods), is now held")
    assert {line.split(";")[0] for line in told(TABLE, new, "0511 91 90")} == {
        "0511 91 90 when no longer was held (living goods), is now exempt (EX-HATCHING-EGGS)",
        (
            "0511 91 90 and below, but for 0511 91 901 1, 0511 91 901 9, 0511 91 902 0 and what is "
            "cut short of it, was scanned, is now exempt (EX-HATCHING-EGGS)"
        ),
    }


def test_advice_that_goes_frees_the_codes_cut_short_of_it_and_they_are_named() -> None:
    mapping = changed()
    gone = ("3701", "3702", "3704")
    mapping["goods"] = [row for row in mapping["goods"] if row["prefix"] not in gone]
    for row in mapping["goods"]:
        if row["prefix"] == "0306 32 100 0":
            row["action"] = "allow"
    new = table(mapping)
    (film,) = told(TABLE, new, "37")
    assert film.startswith("37 when no longer was held (policy of the site), is now scanned")
    assert explained(TABLE, "0306 32") is not explained(new, "0306 32")
    assert any("is now scanned" in line for line in told(TABLE, new, "0306 32"))


def explained(one: ExemptionTable, code: str) -> VerdictKind:
    return explain_line(GoodsLine(code, ""), one, None).kind


_LINE = re.compile(
    r"(?P<code>[\d ]+?)(?P<short> when no longer)?(?P<below> and below)?"
    r"(?:, but for (?P<but>.+) and what is cut short of it,)?"
    r" (?:was (?P<was>\w+).* under 2026\.3, is now (?P<now>\w+)|is (?P<still>\w+).* as under)"
)
_KINDS = {"exempt": VerdictKind.EXEMPT, "held": VerdictKind.HOLD, "scanned": VerdictKind.SCAN}


def speaks(line: Mapping[str, str | None], code: str) -> bool:
    """Whether a line speaks of a code (digits), read as a lawyer would."""
    named = (line["code"] or "").replace(" ", "")
    but = (line["but"] or "").replace(" ", "").split(",") if line["but"] else []
    if line["short"] or not line["below"]:
        return code == named
    return code.startswith(named) and not any(
        code.startswith(one) or one.startswith(code) for one in but
    )


def codes_of(*tables: ExemptionTable) -> set[str]:
    """Every prefix, every beginning of one, and some codes that go on from each."""
    prefixes = {row.prefix for one in tables for row in (*one.rows, *one.goods)}
    short = {row[:end] for row in prefixes for end in range(2, len(row) + 1, 2)}
    longer = {f"{one}{tail}" for one in short for tail in ("93", "9393") if len(one + tail) <= 10}
    return short | longer


ROW = st.integers(0, len(MAPPING["goods"]) - 1)
PREFIXES = st.sampled_from(["84", "8471", "0511 91 90", "0307", "37", "0106 90", "0407 21 000 0"])


@settings(max_examples=15)
@given(st.sets(ROW, max_size=20), st.sets(ROW, max_size=5), st.sets(PREFIXES, max_size=2),
       st.sampled_from(["hold", "allow", "notice", "hold_if_living_word"]))  # fmt: skip
def test_the_difference_names_every_code_that_is_decided_differently_and_tells_of_it_what_is_true(
    gone: set[int], moved: set[int], exempt: set[str], action: str
) -> None:
    mapping = changed()
    for place in moved:
        mapping["goods"][place] |= {"action": action}
        mapping["goods"][place].pop("site_policy", None)
    inside = tuple(one.replace(" ", "") for one in exempt)
    mapping["goods"] = [
        row
        for place, row in enumerate(mapping["goods"])
        if place not in gone and not row["prefix"].replace(" ", "").startswith(inside or "x")
    ]
    about = {"rule": "EX-LIVE-ANIMALS", "what": "test", "source": "test"}
    fresh = [one for one in exempt if not one.startswith("01")]
    kept = [one for one in fresh if not any(o != one and one.startswith(o) for o in fresh)]
    mapping["exempt"] += [{"prefix": one, **about} for one in kept]
    new = table(mapping)
    pairs = ((TABLE, new), (table({**mapping, "version": "2026.3"}), TABLE))
    for old, other in pairs:
        decides = compare_tables(old, other).decides
        read = [found.groupdict() for line in decides if (found := _LINE.match(line))]
        assert len(read) == len(decides)
        for code in codes_of(old, other):
            kinds = explained(old, code), explained(other, code)
            lines = [one for one in read if speaks(one, code)]
            assert lines or kinds[0] is kinds[1], (code, kinds)
            for one in lines:
                said = (one["was"] or one["still"], one["now"] or one["still"])
                assert tuple(_KINDS[word or ""] for word in said) == kinds, (code, one)


def test_advice_documents_and_vehicles_are_compared_too() -> None:
    mapping = changed()
    (beer,) = [row for row in mapping["goods"] if row["prefix"] == "2203"]
    beer["expects"] = ["en-live", "en-dog"]
    mapping["document"] = [row for row in mapping["document"] if row["code"] != "01291"]
    stems = mapping["vehicle"][0]["stems"]
    mapping["vehicle"][0]["stems"] = ["livestock"]
    beer_line, document, vehicle, *more = compare_tables(TABLE, table(mapping)).decides
    assert beer_line == (
        "2203 and below is scanned as under 2026.3; words no longer expected: kk-live, ru-live; "
        "words now expected: en-dog"
    )
    assert document.startswith("document 01291 was hold")
    assert document.endswith(", is now not spoken of")
    kind = MAPPING["vehicle"][0]["kind"]
    assert vehicle.startswith(f"vehicle {kind}: name: has ")
    assert len(more) == (0 if "livestock" in stems else 1)
    added = changed()
    added["vehicle"].append({**added["vehicle"][0], "kind": "ark", "stems": ["ark"]})
    assert compare_tables(TABLE, table(added)).decides == (
        "vehicle ark was not spoken of, is now hold, by name ark",
    )


def test_of_lists_only_what_differs_is_told() -> None:
    mapping = changed()
    (row,) = [one for one in mapping["document"] if one["code"] == "01201"]
    row["stems"] = [*row["stems"], "phyto"]
    assert compare_tables(TABLE, table(mapping)).decides == (
        "document 01201: name: has come: phyto",
    )
    gone = row["expected_with"].pop()
    row["stems"].remove("phyto")
    row["action"] = "notice"
    assert compare_tables(TABLE, table(mapping)).decides == (
        "document 01201 was hold, is now notice",
        f"document 01201: expected with: has gone: {gone}",
    )


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
    renamed = lexicon({**mapping, "version": "2026.3"})
    found = list(word_problems(LawData((TABLE,), (LEXICON, renamed))))
    assert {problem.value for problem in found} == {"en-live"}
    assert all("2026.3" in problem.reason for problem in found)
    assert list(word_problems(LawData((TABLE,), (LEXICON,)))) == []
    later = lexicon({**mapping, "valid_from": date(2028, 1, 1), "valid_to": date(2028, 12, 31)})
    assert list(word_problems(LawData((TABLE,), (LEXICON, later)))) == []
