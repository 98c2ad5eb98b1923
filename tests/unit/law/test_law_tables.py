"""Tables of exemptions: what is shipped, what is refused, which one is in force."""

import copy
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from law_builders import DAY, TABLE, shipped_mapping, shipped_table

from edge.law.rules import CODE_RULES, Rule
from edge.law.tables import (
    MAX_ROWS,
    ExemptionTable,
    Provenance,
    TableProblem,
    build_table,
    in_force,
)

SHA = "0" * 64
ONE_DAY = timedelta(days=1)


def problems_of(mapping, sha256=SHA):
    built = build_table(mapping, sha256, provenance=Provenance.SHIPPED)
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
    mapping = shipped_mapping() | {"version": "", "schema": 2, "valid_to": "2027"}
    assert {"version", "schema", "valid_to", "-"} <= problems_of(mapping, "short").keys()


@pytest.mark.parametrize("rule", CODE_RULES)
def test_a_table_that_dropped_a_kind_of_goods_of_the_order_is_refused(rule):
    mapping = shipped_mapping()
    mapping["exempt"] = [row for row in mapping["exempt"] if row["rule"] != rule.value]
    assert problems_of(mapping)["exempt"].value == rule.value


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
    build_table(mapping, SHA, provenance=Provenance.SHIPPED)
    assert mapping == before


@pytest.mark.parametrize("day", [TABLE.valid_from, DAY, TABLE.valid_to])
def test_a_table_is_in_force_from_its_first_day_to_its_last(day):
    assert in_force([TABLE], day) is TABLE


def rule_of(tables, day):
    found = in_force(tables, day)
    assert isinstance(found, TableProblem), found
    assert found.reason
    assert found.remedy
    return found.rule


def test_no_table_expired_gap_and_contradiction_are_told_apart():
    after, before = TABLE.valid_to + ONE_DAY, TABLE.valid_from - ONE_DAY
    later = replace(TABLE, valid_from=after + ONE_DAY, valid_to=after + 300 * ONE_DAY)
    assert rule_of([], DAY) is Rule.TABLE_NOT_LOADED
    assert rule_of([TABLE], after) is Rule.TABLE_EXPIRED
    assert rule_of([TABLE], before) is Rule.TABLE_GAP
    assert rule_of([TABLE, later], after) is Rule.TABLE_GAP
    assert rule_of([TABLE, TABLE], DAY) is Rule.TABLE_CONTRADICTION


def test_tables_that_follow_each_other_without_a_gap_are_each_in_force_alone():
    switch = TABLE.valid_to + ONE_DAY
    later = replace(TABLE, valid_from=switch, valid_to=switch + 300 * ONE_DAY)
    assert in_force([later, TABLE], TABLE.valid_to) is TABLE
    assert in_force([TABLE, later], switch) is later


def test_an_unsigned_table_is_never_in_force_and_a_signed_one_is():
    assert rule_of([shipped_table(Provenance.UNSIGNED)], DAY) is Rule.TABLE_UNSIGNED
    assert isinstance(in_force([shipped_table(Provenance.SIGNED)], DAY), ExemptionTable)
