"""Every verdict can be reproduced from its record alone, with the tables it names."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from law_builders import (
    DAY,
    ENVELOPE,
    INSPECTION,
    LAW,
    LEXICON,
    TABLE,
    case,
    measured,
    papers,
    shipped_table,
)
from law_units import full_cases

from edge.law.case import Aboard, DriverAnswer, LawData, NoAnimalsStatement
from edge.law.dated import Provenance
from edge.law.envelope import Axis
from edge.law.exemptions import decide
from edge.law.inputs import record_inputs
from edge.law.manifest import CarrierRequest, Document
from edge.law.outcomes import Role
from edge.law.replay import RecordRefused, read_inputs

UTC = "2025-06-02T08:00:00Z"
FULL = case(
    papers(
        "8471 30 000 0",
        carrier_request=CarrierRequest("R-1", DAY, "A carrier"),
        documents=(Document("01201", "KZ-1"),),
        vehicle="horse_box",
        private_vehicle=True,
    ),
    statement=NoAnimalsStatement(INSPECTION, "oms-1", Role.OMS, UTC),
    driver=DriverAnswer(INSPECTION, Aboard.NO, "oms-1", Role.OMS, UTC),
    vehicles=True,
)


@settings(deadline=None, max_examples=200, derandomize=True)
@given(full_cases())
def test_every_verdict_is_reproduced_from_its_record(unit):
    verdict = decide(unit)
    record = json.loads(json.dumps(verdict.record()))
    again = read_inputs(record["inputs"], unit.law)
    assert decide(again) == verdict
    assert record_inputs(again) == record["inputs"]


def test_a_record_with_everything_in_it_gives_the_same_case_back():
    assert read_inputs(record_inputs(FULL), LAW) == FULL


def test_an_undated_request_stays_undated():
    undated = replace(FULL.manifest, carrier_request=CarrierRequest("R-1", None, "A carrier"))
    unit = replace(FULL, manifest=undated)
    assert read_inputs(record_inputs(unit), LAW) == unit


def places(value, at=()):
    """Every place in a record, by the keys that lead to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*at, key)
            yield from places(inner, (*at, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield (*at, number)
            yield from places(inner, (*at, number))


RECORD = record_inputs(FULL)
PLACES = sorted(places(RECORD), key=str)
KEYS = [place for place in PLACES if isinstance(place[-1], str)]
OPTIONAL_LIMIT = ("envelope", "limits", "mass_kg")


def changed(place, change):
    record = deepcopy(RECORD)
    holder = record
    for key in place[:-1]:
        holder = holder[key]
    change(holder, place[-1])
    return record


@pytest.mark.parametrize("place", KEYS, ids=lambda place: ".".join(map(str, place)))
def test_a_record_without_one_of_its_keys_is_refused(place):
    record = changed(place, lambda holder, key: holder.pop(key))
    if place == OPTIONAL_LIMIT:
        assert read_inputs(record, LAW).envelope == replace(ENVELOPE, mass_kg=None)
        return
    with pytest.raises(RecordRefused, match=rf"inputs\..*{place[-1]}.*replay the record"):
        read_inputs(record, LAW)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_a_record_with_a_value_of_another_kind_is_refused(place):
    record = changed(place, lambda holder, key: holder.__setitem__(key, 1.5))
    with pytest.raises(RecordRefused, match=r"'1\.5'|1\.5"):
        read_inputs(record, LAW)


@pytest.mark.parametrize(
    "place",
    [(), ("manifest",), ("manifest", "goods", 0), ("measured", 0), ("envelope",), ("statement",),
     ("driver",), ("manifest", "carrier_request"), ("manifest", "documents", 0)],
)  # fmt: skip
def test_a_record_with_an_unknown_key_is_refused(place):
    record = changed((*place, "more"), lambda holder, key: holder.__setitem__(key, "x"))
    with pytest.raises(RecordRefused, match=r"more: 'x' is an unknown key"):
        read_inputs(record, LAW)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("day",), "2025-02-30", "is no date"),
        (("manifest", "carrier_request", "dated"), "soon", "is no date"),
        (("manifest", "state"), "PRESENT", "none of the known"),
        (("manifest", "version"), True, "is no int"),
        (("vehicles",), 1, "is no bool"),
        (("envelope", "limits", "height_mm"), [5], "no pair"),
        (("envelope", "limits", "height_mm"), [5, True], "no pair"),
        (("envelope", "limits", "height_mm"), [5, 6, 7.5], "no pair"),
        (("envelope", "limits", "height_mm"), [6, 5], "is refused"),
        (("envelope", "limits", "depth_mm"), [5, 6], "unknown or missing"),
        (("envelope", "must_measure"), ["speed_mm_s"], "is refused"),
        (("envelope", "must_measure"), ["depth_mm"], "none of the known"),
        (("measured",), {}, "is no list"),
        (("manifest", "goods"), ["0301"], "is no object"),
    ],
)
def test_a_record_that_says_what_cannot_be_is_refused_by_its_key(place, value, message):
    record = changed(place, lambda holder, key: holder.__setitem__(key, value))
    with pytest.raises(RecordRefused, match=message):
        read_inputs(record, LAW)


def test_a_record_that_is_no_object_is_refused():
    with pytest.raises(RecordRefused, match="is no object"):
        read_inputs([], LAW)


UNSIGNED = shipped_table(Provenance.UNSIGNED)
OTHER = replace(TABLE, ref=replace(TABLE.ref, sha256="f" * 64), goods=TABLE.goods[1:])
LATER = replace(TABLE, valid_from=TABLE.valid_to + timedelta(days=1), valid_to=date(2031, 1, 1))
WORDED = replace(TABLE, ref=replace(TABLE.ref, version="2026.3"), valid_from=DAY)


@pytest.mark.parametrize(
    ("tables", "standings"),
    [
        ((TABLE,), ["signed in_force"]),
        ((TABLE, LATER), ["signed in_force"]),
        ((TABLE, WORDED), ["signed agrees", "signed in_force"]),
        ((UNSIGNED,), ["unsigned unsigned"]),
        ((TABLE, UNSIGNED), ["signed unsigned", "unsigned unsigned"]),
        ((TABLE, OTHER), ["signed contradiction", "signed contradiction"]),
        ((LATER,), []),
        ((), []),
    ],
)
def test_every_table_that_covers_the_day_is_in_the_record_with_its_hash_and_how_it_stood(
    tables, standings
):
    unit = case(law=LawData(tables, (LEXICON,)))
    record = decide(unit).record()["inputs"]["law"]
    (lexicon,) = [row for row in record if row["kind"] == "lexicon"]
    assert (lexicon["sha256"], lexicon["standing"]) == (LEXICON.ref.sha256, "in_force")
    rows = [row for row in record if row["kind"] == "table"]
    assert [f"{row['provenance']} {row['standing']}" for row in rows] == standings
    covering = [one.ref.sha256 for one in tables if one.valid_from <= DAY <= one.valid_to]
    assert sorted(row["sha256"] for row in rows) == sorted(covering)
    turned = replace(unit, law=LawData(tables[::-1], (LEXICON,)))
    assert record_inputs(turned)["law"] == record
    assert decide(read_inputs(record_inputs(unit), turned.law)).rule_ids == decide(unit).rule_ids


@pytest.mark.parametrize(
    "other",
    [
        LawData((), (LEXICON,)), LawData((TABLE,), ()), LawData((UNSIGNED,), (LEXICON,)),
        LawData((OTHER,), (LEXICON,)), LawData((TABLE, OTHER), (LEXICON,)),
    ],
)  # fmt: skip
def test_a_record_is_never_replayed_with_another_law_than_its_own(other):
    with pytest.raises(RecordRefused, match=r"inputs\.law: .* is not the law it is read with"):
        read_inputs(RECORD, other)


def test_the_inspection_is_one_of_the_inputs():
    circus = papers("9508 10 000 0")
    statement = NoAnimalsStatement(INSPECTION, "oms-1", Role.OMS, UTC)
    for inspection in (INSPECTION, "cargo-000018"):
        unit = case(circus, statement=statement, inspection_id=inspection)
        assert decide(read_inputs(record_inputs(unit), LAW)) == decide(unit)
    assert read_inputs(RECORD, LAW).measured == (
        measured(Axis.HEIGHT, 800),
        measured(Axis.WIDTH, 700),
    )
