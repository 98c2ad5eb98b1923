"""Tables of exemptions: what is shipped, what is refused, which one is in force."""

import copy
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from law_builders import DAY, TABLE, shipped_mapping, shipped_table

from edge.law.dated import Absence, Missing, Provenance, in_force
from edge.law.rules import CODE_RULES, Rule
from edge.law.table_reader import MAX_ROWS, build_table
from edge.law.tables import Action, ExemptionTable

SHA = "0" * 64
ONE_DAY = timedelta(days=1)


def problems_of(mapping, sha256=SHA):
    built = build_table(mapping, sha256, provenance=Provenance.SIGNED)
    assert isinstance(built, tuple), built
    return {problem.key: problem for problem in built}


def test_the_shipped_table_names_exactly_the_goods_of_the_order_each_with_a_source():
    assert {(row.prefix, row.rule) for row in TABLE.rows} == {
        ("01", Rule.LIVE_ANIMALS),
        ("950810", Rule.CIRCUS),
        ("0301", Rule.LIVE_FISH),
        ("040711", Rule.HATCHING_EGGS),
        ("040719", Rule.HATCHING_EGGS),
    }
    assert all("Order 722" in row.source for row in TABLE.rows)
    assert (TABLE.valid_from, TABLE.valid_to) == (date(2025, 1, 1), date(2027, 12, 31))


@pytest.mark.parametrize("key", ["id", "version", "source", "valid_from", "valid_to", "schema"])
def test_a_table_without_one_of_its_facts_is_refused(key):
    mapping = shipped_mapping()
    del mapping[key]
    assert key in problems_of(mapping)


@pytest.mark.parametrize("key", ["prefix", "rule", "what", "source"])
def test_a_row_without_one_of_its_facts_is_refused(key):
    mapping = shipped_mapping()
    del mapping["exempt"][2][key]
    assert f"exempt[2].{key}" in problems_of(mapping)


@pytest.mark.parametrize("text", ["\u200b", "\u2060", "-", "\u3164"], ids=ascii)
def test_a_source_or_name_that_says_nothing_is_missing(text):
    mapping = shipped_mapping()
    mapping["source"] = mapping["exempt"][0]["what"] = text
    assert {"source", "exempt[0].what"} <= problems_of(mapping).keys()


@pytest.mark.parametrize("rule", [rule.value for rule in Rule if rule not in CODE_RULES])
def test_a_row_may_name_only_the_exemptions_by_goods(rule):
    mapping = shipped_mapping()
    mapping["exempt"][0]["rule"] = rule
    found = problems_of(mapping)["exempt[0].rule"]
    assert found.value == rule
    assert "EX-LIVE-FISH" in found.remedy


@pytest.mark.parametrize("prefix", [1, "1", "O1", "77", "", "0301 1"])
def test_a_row_with_a_code_that_is_none_is_refused(prefix):
    mapping = shipped_mapping()
    mapping["exempt"][0]["prefix"] = prefix
    assert "exempt[0].prefix" in problems_of(mapping)


def test_a_misspelt_key_is_refused_and_not_passed_over():
    mapping = shipped_mapping()
    mapping["valid_form"] = mapping["valid_from"]
    mapping["exempt"][1]["soruce"] = "x"
    assert {"valid_form", "exempt[1].soruce"} <= problems_of(mapping).keys()


def test_every_problem_is_named_not_only_the_first():
    mapping = shipped_mapping() | {"version": "", "schema": 3, "valid_to": "2027"}
    assert {"version", "schema", "valid_to", "-"} <= problems_of(mapping, "short").keys()


@pytest.mark.parametrize("rule", CODE_RULES)
def test_a_table_that_dropped_a_kind_of_goods_of_the_order_is_refused(rule):
    mapping = shipped_mapping()
    mapping["exempt"] = [row for row in mapping["exempt"] if row["rule"] != rule.value]
    assert rule.value in problems_of(mapping)["exempt"].reason


ORDERED = [
    ("01", "EX-LIVE-ANIMALS"), ("0301", "EX-LIVE-FISH"), ("0407 11", "EX-HATCHING-EGGS"),
    ("0407 19", "EX-HATCHING-EGGS"), ("9508 10", "EX-CIRCUS"),
]  # fmt: skip


def with_row(ordered, /, **keys):
    """The shipped table, one of its exempt rows changed."""
    mapping = shipped_mapping()
    (row,) = [row for row in mapping["exempt"] if row["prefix"] == ordered]
    row.update(keys)
    return mapping


@pytest.mark.parametrize(("prefix", "rule"), ORDERED)
@pytest.mark.parametrize("finer", ["11", "0000"])
def test_a_table_that_narrows_a_code_of_the_order_is_refused(prefix, rule, finer):
    found = problems_of(with_row(prefix, prefix=prefix + finer))
    assert found.keys() == {"exempt"}
    problem = found["exempt"]
    assert (problem.value, rule in problem.reason) == (prefix, True)
    assert problem.remedy == f'write a row with prefix = "{prefix}" and rule = "{rule}"'


@pytest.mark.parametrize(("prefix", "rule"), ORDERED)
def test_a_code_of_the_order_under_another_rule_is_refused(prefix, rule):
    """Under EX-CIRCUS an officer's statement would free live animals for the beam."""
    other = "EX-CIRCUS" if rule != "EX-CIRCUS" else "EX-LIVE-ANIMALS"
    assert problems_of(with_row(prefix, rule=other))["exempt"].value == prefix


def test_finer_rows_never_cover_a_code_of_the_order_between_them():
    mapping = with_row("0301", prefix="0301 11")
    about = {"rule": "EX-LIVE-FISH", "what": "live fish", "source": "test"}
    finer = ("0301 19", "0301 91", "0301 92", "0301 93", "0301 94", "0301 95", "0301 99")
    mapping["exempt"] += [{"prefix": prefix, **about} for prefix in finer]
    assert problems_of(mapping)["exempt"].value == "0301"


def test_a_table_may_exempt_more_than_the_order_and_never_less():
    for mapping in (with_row("9508 10", prefix="9508"), with_row("0301", prefix="03")):
        del mapping["goods"]
        assert isinstance(build_table(mapping, SHA, provenance=Provenance.SIGNED), ExemptionTable)


@pytest.mark.parametrize("prefix", ["0301", "0301 91", "0407 1100"])
def test_two_rows_for_one_code_are_refused(prefix):
    mapping = shipped_mapping()
    mapping["exempt"].append(mapping["exempt"][0] | {"prefix": prefix})
    assert "lies inside" in problems_of(mapping)["exempt"].reason


@pytest.mark.parametrize("rows", [None, [], {}, "01", [1], [{}] * (MAX_ROWS + 1)])
def test_a_table_without_rows_or_with_too_many_is_refused(rows):
    assert any(
        key.startswith("exempt") for key in problems_of(shipped_mapping() | {"exempt": rows})
    )


def test_dates_the_wrong_way_round_and_moments_are_refused():
    mapping = shipped_mapping()
    swapped = mapping | {"valid_from": mapping["valid_to"], "valid_to": mapping["valid_from"]}
    assert "valid_to" in problems_of(swapped)
    moment = datetime(2025, 1, 1)  # noqa: DTZ001 - TOML has local moments; they are refused
    assert "valid_from" in problems_of(mapping | {"valid_from": moment})


def test_building_leaves_the_mapping_as_it_was():
    mapping = shipped_mapping()
    before = copy.deepcopy(mapping)
    build_table(mapping, SHA, provenance=Provenance.SIGNED)
    assert mapping == before


@pytest.mark.parametrize("day", [TABLE.valid_from, DAY, TABLE.valid_to])
def test_a_table_is_in_force_from_its_first_day_to_its_last(day):
    assert in_force([TABLE], day, "table") is TABLE


def absence_of(tables, day):
    found = in_force(tables, day, "table")
    assert isinstance(found, Missing), found
    assert found.reason
    assert found.remedy
    return found.absence


def test_no_table_expired_gap_and_contradiction_are_told_apart():
    after, before = TABLE.valid_to + ONE_DAY, TABLE.valid_from - ONE_DAY
    later = replace(TABLE, valid_from=after + ONE_DAY, valid_to=after + 300 * ONE_DAY)
    assert absence_of([], DAY) is Absence.NOT_LOADED
    assert absence_of([TABLE], after) is Absence.EXPIRED
    assert absence_of([TABLE], before) is Absence.GAP
    assert absence_of([TABLE, later], after) is Absence.GAP


def test_tables_that_follow_each_other_without_a_gap_are_each_in_force_alone():
    switch = TABLE.valid_to + ONE_DAY
    later = replace(TABLE, valid_from=switch, valid_to=switch + 300 * ONE_DAY)
    assert in_force([later, TABLE], TABLE.valid_to, "table") is TABLE
    assert in_force([TABLE, later], switch, "table") is later


def test_tables_that_overlap_and_agree_are_in_force_the_later_one_named():
    worded = tuple(replace(row, what="other words") for row in TABLE.rows)
    newer = replace(TABLE, valid_from=DAY, rows=worded)
    assert in_force([TABLE, newer], DAY, "table") is newer
    assert in_force([newer, TABLE], DAY, "table") is newer
    assert in_force([newer, TABLE], DAY - ONE_DAY, "table") is TABLE


def changed(**rows):
    return replace(TABLE, **rows)


@pytest.mark.parametrize(
    "other",
    [
        changed(rows=TABLE.rows[1:]),
        changed(rows=(replace(TABLE.rows[0], prefix="02"), *TABLE.rows[1:])),
        changed(goods=TABLE.goods[1:]),
        changed(goods=(replace(TABLE.goods[0], action=Action.ALLOW), *TABLE.goods[1:])),
        changed(goods=(replace(TABLE.goods[0], expects=frozenset()), *TABLE.goods[2:])),
        changed(documents=TABLE.documents[1:]),
        changed(vehicles=TABLE.vehicles[1:]),
    ],
)
def test_tables_that_overlap_and_decide_otherwise_are_a_contradiction(other):
    assert absence_of([TABLE, other], DAY) is Absence.CONTRADICTION


def test_an_unsigned_table_is_never_in_force_nor_passed_over_for_a_signed_one():
    unsigned = shipped_table(Provenance.UNSIGNED)
    assert absence_of([unsigned], DAY) is Absence.UNSIGNED
    assert absence_of([unsigned, TABLE], DAY) is Absence.UNSIGNED
    assert in_force([TABLE], DAY, "table") is TABLE


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"goods": [{"prefix": "0306", "action": "burn", "what": "w", "source": "s"}]},
         "goods[0].action"),
        ({"goods": [{"prefix": "030", "action": "hold", "what": "w", "source": "s"}]},
         "goods[0].prefix"),
        ({"goods": [{"prefix": "0101", "action": "hold", "what": "w", "source": "s"}]}, "goods"),
        ({"goods": [{"prefix": "02", "action": "allow", "what": "w", "source": "s"}] * 2}, "goods"),
        ({"goods": [{"prefix": "02", "action": "allow", "site_policy": True, "what": "w",
                     "source": "s"}]}, "goods[0].site_policy"),
        ({"goods": [{"prefix": "02", "action": "allow", "expects": "names", "what": "w",
                     "source": "s"}]}, "goods[0].expects"),
        ({"goods": [{"prefix": "02", "action": "allow", "waht": "w", "source": "s"}]},
         "goods[0].waht"),
        ({"document": [{"code": "1201", "action": "hold", "what": "w", "source": "s"}]},
         "document[0].code"),
        ({"document": [{"code": "01201", "action": "hold", "expected_with": ["2"], "what": "w",
                        "source": "s"}]}, "document[0].expected_with"),
        ({"vehicle": [{"kind": "", "what": "w", "source": "s"}]}, "vehicle[0].kind"),
        ({"vehicle": {}}, "vehicle"),
    ],
)  # fmt: skip
def test_advice_that_cannot_be_read_is_refused_with_its_key(change, key):
    assert key in problems_of(shipped_mapping() | change)


def test_a_table_without_advice_is_a_table():
    mapping = {
        key: value
        for key, value in shipped_mapping().items()
        if key not in {"goods", "document", "vehicle"}
    }
    built = build_table(mapping, SHA, provenance=Provenance.SIGNED)
    assert isinstance(built, ExemptionTable)
    assert (built.goods, built.documents, built.vehicles) == ((), (), ())
