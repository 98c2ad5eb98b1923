"""The decision on one unit: one test for each rule, and the order between them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from law_builders import (
    DAY,
    INSPECTION,
    LEXICON,
    TABLE,
    case,
    declared,
    measured,
    papers,
    shipped_table,
)

from edge.law.case import LawData, NoAnimalsStatement
from edge.law.dated import Provenance
from edge.law.envelope import Axis
from edge.law.exemptions import decide, would_also_speak
from edge.law.grounds import study_case
from edge.law.manifest import (
    CarrierRequest,
    Direction,
    GoodsLine,
    IdentityState,
    ManifestState,
    no_manifest,
)
from edge.law.outcomes import Role
from edge.law.verdicts import SizeFit, VerdictKind

REQUEST = CarrierRequest("R-17", date(2025, 6, 1), "Caspian Road LLP")
STATEMENT = NoAnimalsStatement(INSPECTION, "oms-1", Role.OMS, "2025-06-02T08:00:00Z")
TOO_HIGH = (measured(Axis.HEIGHT, 1200), measured(Axis.WIDTH, 700))


def decided(manifest=None, **changes):
    verdict = decide(case(manifest, **changes))
    return verdict.kind, verdict.rule_ids


def exempt(*rules):
    return VerdictKind.EXEMPT, rules


def hold(*rules):
    return VerdictKind.HOLD, rules


SCAN = (VerdictKind.SCAN, ("SC-CLEAR",))


def test_an_ordinary_arrival_is_scanned():
    assert decided() == SCAN


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("01", "EX-LIVE-ANIMALS"),
        ("0105 11 110 0", "EX-LIVE-ANIMALS"),
        ("0106 41 000 1", "EX-LIVE-ANIMALS"),
        ("0301", "EX-LIVE-FISH"),
        ("0301 99 181 0", "EX-LIVE-FISH"),
        ("0407 11", "EX-HATCHING-EGGS"),
        ("0407 19 900 0", "EX-HATCHING-EGGS"),
        ("9508 10 000 0", "EX-CIRCUS"),
    ],
)
def test_goods_of_the_order_are_never_scanned(code, rule):
    assert decided(papers("8471 30 000 0", code)) == exempt(rule)


def test_hatching_eggs_are_never_scanned_and_table_eggs_are():
    assert decided(papers("0407 11 000 0")) == exempt("EX-HATCHING-EGGS")
    for code in ("0407 21 000 0", "0407 29 100 0", "0407 90 100 0", "0408 11 200 0"):
        assert decided(papers(code)) == SCAN


@pytest.mark.parametrize(
    "code", ["0302 11 100 0", "0201", "9508 21 000 0", "8436 21 000 0", "9503", "0410"]
)
def test_neighbours_of_exempt_goods_are_scanned(code):
    assert decided(papers(code)) == SCAN


@pytest.mark.parametrize("code", ["03", "04", "95", "0407", "9508", "0407 00", "0300000000"])
def test_a_code_too_short_to_tell_holds(code):
    kind, rules = decided(papers(code))
    assert kind is VerdictKind.HOLD
    assert "HO-UNDECIDED-CODE" in rules


@pytest.mark.parametrize("code", ["", "407110000", "O301", "7701", "0301 9", "12345678901"])
def test_a_code_that_is_none_holds(code):
    assert decided(papers("8471", code)) == hold("HO-MALFORMED-CODE")


def test_words_alone_never_exempt():
    lines = papers("8471 30 000 0").goods
    wordy = replace(lines[0], description="live horses, живые лошади, тірі жылқы")
    assert decided(papers(goods=(wordy,)))[0] is not VerdictKind.EXEMPT


def test_an_exempt_line_outweighs_every_doubt():
    doubtful = papers("0301", "04", "x", state=ManifestState.STALE)
    assert decided(doubtful) == exempt("EX-LIVE-FISH")


@pytest.mark.parametrize("said", ["hides of cattle horses", "hides of bovine animals, horses"])
def test_a_second_animal_beside_a_hide_is_heard(said):
    assert decided(papers(goods=(GoodsLine("8471", said),))) == hold("HO-LIVING-WORD")


def test_departure_without_a_written_request_has_no_basis_whatever_is_aboard():
    leaving = papers("0301", direction=Direction.DEPARTURE)
    assert decided(leaving, measured=TOO_HIGH) == (VerdictKind.NO_BASIS, ("NB-DEPARTURE",))
    nothing_known = no_manifest(Direction.DEPARTURE, IdentityState.MISSING)
    assert decided(nothing_known)[0] is VerdictKind.NO_BASIS


def test_what_would_also_speak_is_told_and_decides_nothing():
    """A departure with horses, too high, in papers that are out of date: three kinds speak."""
    goods = (GoodsLine("0101 21 000 0", "live horses"),)
    leaving = papers(goods=goods, direction=Direction.DEPARTURE, state=ManifestState.STALE)
    unit = case(leaving, measured=TOO_HIGH)
    verdict, also = decide(unit), would_also_speak(study_case(unit))
    assert (verdict.kind, verdict.rule_ids) == (VerdictKind.NO_BASIS, ("NB-DEPARTURE",))
    told = [reason.rule_id for reason in also]
    assert told == ["EX-DIMENSIONS", "EX-LIVE-ANIMALS", "HO-LIVING-WORD", "HO-MANIFEST-STALE"]
    assert also[1].offending == ("'0101 21 000 0' live horses",)
    arriving = case(replace(leaving, direction=Direction.ARRIVAL), measured=TOO_HIGH)
    assert decide(arriving).rule_ids == ("EX-DIMENSIONS", "EX-LIVE-ANIMALS")
    held = would_also_speak(study_case(arriving))
    assert [reason.rule_id for reason in held] == ["HO-LIVING-WORD", "HO-MANIFEST-STALE"]


def test_where_one_kind_alone_speaks_nothing_else_would():
    for one in (papers(), papers("0301"), papers("0407"), papers("0602 90 500 0")):
        assert would_also_speak(study_case(case(one))) == ()


def test_departure_with_a_written_request_is_like_an_arrival():
    leaving = papers(direction=Direction.DEPARTURE, carrier_request=REQUEST)
    assert decided(leaving) == SCAN
    assert decided(replace(leaving, carrier_request=replace(REQUEST, dated=DAY))) == SCAN


@pytest.mark.parametrize(
    "flaw",
    [
        {"reference": " "},
        {"carrier": ""},
        {"reference": "\u200b"},
        {"carrier": "\u2060"},
        {"carrier": "- \u3164"},
        {"dated": None},
        {"dated": DAY + timedelta(days=1)},
    ],
)
def test_a_request_without_number_date_or_name_is_no_request(flaw):
    leaving = papers(direction=Direction.DEPARTURE, carrier_request=replace(REQUEST, **flaw))
    assert decided(leaving) == (VerdictKind.NO_BASIS, ("NB-DEPARTURE-REQUEST",))


def test_a_direction_nobody_knows_holds_with_a_request_or_without_and_nobody_scans():
    for request in (REQUEST, None):
        unknown = papers(direction=Direction.UNKNOWN, carrier_request=request)
        assert decided(unknown) == hold("HO-DIRECTION-UNKNOWN")
        assert not decide(case(unknown)).officer_may_scan


def test_a_direction_other_than_the_lanes_holds_and_no_officer_scans_over_it():
    verdict = decide(case(papers(direction=Direction.CONTRADICTED, carrier_request=REQUEST)))
    assert (verdict.kind, verdict.rule_ids) == hold("HO-DIRECTION-CONTRADICTION")
    assert verdict.reasons[0].offending == ("manifest m-1 version 1",)
    assert not verdict.officer_may_scan


def test_a_unit_measured_beyond_the_envelope_is_exempt_and_not_passed_inside():
    verdict = decide(case(measured=TOO_HIGH))
    assert (verdict.kind, verdict.rule_ids) == exempt("EX-DIMENSIONS")
    assert verdict.size is SizeFit.BEYOND
    assert not verdict.may_pass_inside


def test_a_unit_exempt_for_its_goods_that_is_too_large_as_well_is_not_passed_inside():
    verdict = decide(case(papers("0301"), measured=TOO_HIGH))
    assert verdict.rule_ids == ("EX-DIMENSIONS", "EX-LIVE-FISH")
    assert not verdict.may_pass_inside


def test_a_unit_exempt_for_its_goods_of_unknown_size_is_not_passed_inside():
    verdict = decide(case(papers("0301"), measured=()))
    assert verdict.rule_ids == ("EX-LIVE-FISH",)
    assert verdict.size is SizeFit.DOUBTFUL
    assert not verdict.may_pass_inside


@pytest.mark.parametrize(
    ("seen", "said", "rule"),
    [
        (measured(Axis.HEIGHT, 1003), (), "HO-DIMENSIONS-UNCERTAIN"),
        (None, (), "HO-DIMENSIONS-UNKNOWN"),
        (None, (declared(Axis.HEIGHT, 800),), "HO-DIMENSIONS-UNMEASURED"),
        (None, (declared(Axis.HEIGHT, 1800),), "HO-DIMENSIONS-DECLARED"),
    ],
)
def test_a_size_in_doubt_holds(seen, said, rule):
    others = (measured(Axis.WIDTH, 700), measured(Axis.LENGTH, 900), measured(Axis.MASS, 90))
    seen_all = others if seen is None else (*others, seen)
    assert decided(papers(declared=said), measured=seen_all) == hold(rule)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"state": ManifestState.STALE}, "HO-MANIFEST-STALE"),
        ({"state": ManifestState.UNSIGNED}, "HO-MANIFEST-UNSIGNED"),
        ({"state": ManifestState.CONTRADICTED}, "HO-MANIFEST-CONTRADICTION"),
        ({"identity": IdentityState.CONFLICT}, "HO-IDENTITY-CONFLICT"),
        ({"identity": IdentityState.MISSING}, "HO-IDENTITY-MISSING"),
        ({"goods": ()}, "HO-GOODS-MISSING"),
    ],
)
def test_papers_in_doubt_hold(change, rule):
    assert decided(papers(**change)) == hold(rule)


def test_a_missing_manifest_holds():
    sizes = (*TOO_HIGH[1:], *(measured(axis, 800) for axis in (Axis.HEIGHT, Axis.LENGTH)))
    nothing = no_manifest(Direction.ARRIVAL, IdentityState.AGREED)
    assert decided(nothing, measured=(*sizes, measured(Axis.MASS, 9))) == hold(
        "HO-MANIFEST-MISSING"
    )


def test_an_identity_that_a_named_officer_confirmed_binds_the_manifest():
    assert decided(papers(identity=IdentityState.CONFIRMED)) == SCAN
    assert decided(papers("0301", identity=IdentityState.CONFIRMED)) == exempt("EX-LIVE-FISH")


@pytest.mark.parametrize(
    "change",
    [
        {"state": ManifestState.UNSIGNED},
        {"state": ManifestState.CONTRADICTED},
        {"state": ManifestState.MISSING},
        {"identity": IdentityState.CONFLICT},
        {"identity": IdentityState.MISSING},
    ],
)
def test_papers_that_are_not_bound_to_the_unit_neither_exempt_nor_let_an_officer_scan(change):
    verdict = decide(case(papers("0301", **change)))
    assert verdict.kind is VerdictKind.HOLD
    assert "HO-EXEMPT-UNPROVEN" in verdict.rule_ids
    assert not verdict.officer_may_scan


def test_every_reason_to_hold_is_named():
    doubtful = papers("04", "x", state=ManifestState.STALE, identity=IdentityState.CONFLICT)
    assert decided(doubtful, measured=()) == hold(
        "HO-DIMENSIONS-UNKNOWN",
        "HO-IDENTITY-CONFLICT",
        "HO-MALFORMED-CODE",
        "HO-MANIFEST-STALE",
        "HO-UNDECIDED-CODE",
    )


@pytest.mark.parametrize(
    ("tables", "day", "rule"),
    [
        ((), DAY, "HO-TABLE-NOT-LOADED"),
        ((TABLE,), date(2028, 1, 1), "HO-TABLE-EXPIRED"),
        ((TABLE,), date(2024, 12, 31), "HO-TABLE-GAP"),
        ((TABLE, replace(TABLE, rows=TABLE.rows[1:])), DAY, "HO-TABLE-CONTRADICTION"),
        ((shipped_table(Provenance.UNSIGNED),), DAY, "HO-TABLE-UNSIGNED"),
    ],
)
def test_without_a_table_in_force_that_none_contradicts_nothing_is_scanned(tables, day, rule):
    verdict = decide(case(law=LawData(tables, (LEXICON,)), day=day))
    assert verdict.kind is VerdictKind.HOLD
    assert rule in verdict.rule_ids
    assert verdict.table is None
    assert not verdict.officer_may_scan


def test_a_circus_is_scanned_only_after_a_named_officers_statement_on_this_unit():
    circus = papers("9508 10 000 0")
    assert decided(circus) == exempt("EX-CIRCUS")
    verdict = decide(case(circus, statement=STATEMENT))
    assert verdict.kind is VerdictKind.SCAN
    assert verdict.rule_ids == ("SC-CLEAR", "SC-NO-ANIMALS-STATED")


@pytest.mark.parametrize(
    "flaw",
    [
        {"officer_id": " "},
        {"officer_id": "\u200b"},
        {"utc": ""},
        {"utc": "\u2060"},
        {"role": Role.OAC},
        {"role": Role.SUPERVISOR},
        {"inspection_id": "cargo-000016"},
    ],
)
def test_a_statement_without_name_date_right_or_unit_changes_nothing(flaw):
    flawed = replace(STATEMENT, **flaw)
    assert decided(papers("9508 10"), statement=flawed) == exempt("EX-CIRCUS")


def test_a_statement_on_a_circus_does_not_release_animals_declared_as_animals():
    assert decided(papers("9508 10", "0101 21"), statement=STATEMENT) == exempt("EX-LIVE-ANIMALS")


def test_only_a_corrected_manifest_takes_an_exemption_away():
    assert decided(papers("0407 11 000 0")) == exempt("EX-HATCHING-EGGS")
    corrected = papers("0407 21 000 0", version=2)
    assert decided(corrected) == SCAN


def test_a_verdict_names_table_inputs_and_offending_line():
    verdict = decide(case(papers("0301 11 000 0", "8471")))
    assert verdict.table == TABLE.ref
    assert verdict.reasons[0].offending == ("'0301 11 000 0' goods of 0301 11 000 0",)
    record = verdict.record()
    assert record["table"] == {
        "id": "kz-order-722-exemptions",
        "version": "2026.3",
        "sha256": TABLE.ref.sha256,
    }
    assert record["words"]["sha256"] == LEXICON.ref.sha256
    inputs = verdict.inputs
    assert inputs["day"] == "2025-06-02"
    assert inputs["manifest"]["goods"][0]["code"] == "0301 11 000 0"
    assert inputs["envelope"]["must_measure"] == ["height_mm", "width_mm"]
    assert inputs["measured"][0] == {
        "axis": "height_mm",
        "origin": "measured",
        "value": 800,
        "uncertainty": 5,
    }


def test_a_manifest_of_a_thousand_exempt_lines_gives_a_short_reason_that_counts_them():
    codes = [f"0301 {number:06d}" for number in range(1000)]
    reason = decide(case(papers(*codes))).reasons[0]
    assert (reason.count, len(reason.offending)) == (1000, 10)
