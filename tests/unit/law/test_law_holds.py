"""The two sorts of holds: a fact ends what nobody knows, a named OMS judges what is known."""

from dataclasses import replace
from datetime import date

import pytest
from law_builders import (
    ENVELOPE,
    INSPECTION,
    LAW,
    LEXICON,
    MEASURED,
    TABLE,
    allow,
    case,
    declared,
    measured,
    papers,
    shipped_table,
)

from edge.law.case import Aboard, DriverAnswer, LawData
from edge.law.dated import Provenance
from edge.law.envelope import Axis, Limits
from edge.law.exemptions import HoldDecision, decide, make_scan_permit
from edge.law.manifest import (
    Direction,
    Document,
    GoodsLine,
    IdentityState,
    ManifestState,
    no_manifest,
)
from edge.law.outcomes import Role
from edge.law.rules import RULES, Rule, VerdictKind

UTC = "2025-06-02T08:00:00Z"
DRIVER = DriverAnswer(INSPECTION, Aboard.NO, "oms-1", Role.OMS, UTC)
HEIGHT, WIDTH = MEASURED
FAST = replace(ENVELOPE, speed_mm_s=Limits(200, 2000))


def said(code, text):
    return case(papers(goods=(GoodsLine(code, text),)))


def tables(*some):
    return case(law=LawData(some, (LEXICON,)))


NOBODY_KNOWS = {
    Rule.DIRECTION_UNKNOWN: case(papers(direction=Direction.UNKNOWN)),
    Rule.DIRECTION_CONTRADICTION: case(papers(direction=Direction.CONTRADICTED)),
    Rule.UNDECIDED_CODE: case(papers("0407")),
    Rule.MALFORMED_CODE: case(papers("407110000")),
    Rule.GOODS_MISSING: case(papers(goods=())),
    Rule.EXEMPT_UNPROVEN: case(papers("0301", state=ManifestState.UNSIGNED)),
    Rule.MANIFEST_MISSING: case(no_manifest(Direction.ARRIVAL, IdentityState.MISSING)),
    Rule.MANIFEST_UNSIGNED: case(papers(state=ManifestState.UNSIGNED)),
    Rule.MANIFEST_CONTRADICTION: case(papers(state=ManifestState.CONTRADICTED)),
    Rule.IDENTITY_CONFLICT: case(papers(identity=IdentityState.CONFLICT)),
    Rule.IDENTITY_MISSING: case(papers(identity=IdentityState.MISSING)),
    Rule.DIMENSIONS_UNKNOWN: case(measured=(WIDTH, measured(Axis.HEIGHT, 0))),
    Rule.DIMENSIONS_UNMEASURED: case(
        papers(declared=(*papers().declared, declared(Axis.HEIGHT, 800))), measured=(WIDTH,)
    ),
    Rule.DIMENSIONS_DECLARED: case(papers(declared=(declared(Axis.LENGTH, 9000),))),
    Rule.TABLE_NOT_LOADED: tables(),
    Rule.TABLE_EXPIRED: case(day=date(2028, 1, 1)),
    Rule.TABLE_GAP: case(day=date(2024, 12, 31)),
    Rule.TABLE_CONTRADICTION: tables(TABLE, replace(TABLE, rows=TABLE.rows[1:])),
    Rule.TABLE_UNSIGNED: tables(shipped_table(Provenance.UNSIGNED)),
    Rule.DRIVER_NOT_ASKED: case(papers(private_vehicle=True)),
    Rule.ANIMALS_ABOARD: case(driver=replace(DRIVER, animals=Aboard.YES)),
    Rule.WORDS_MISSING: case(law=LawData(LAW.tables, ())),
}
JUDGED = {
    Rule.MANIFEST_STALE: case(papers(state=ManifestState.STALE)),
    Rule.DIMENSIONS_UNCERTAIN: case(measured=(WIDTH, measured(Axis.HEIGHT, 1000, 5))),
    Rule.SPEED: case(envelope=FAST, measured=(*MEASURED, measured(Axis.SPEED, 3000))),
    Rule.DESCRIPTION_UNREAD: said("8471 30 000 0", "goods \ufffd"),
    Rule.LIVING_GOODS: said("0306 32 100 0", "goods"),
    Rule.LIVING_WORD: said("8471 30 000 0", "live birds"),
    Rule.SITE_POLICY: said("3702 31 200 0", "film"),
    Rule.DOCUMENT: case(papers(documents=(Document("01201", "1"),))),
    Rule.ANIMAL_VEHICLE: case(papers(vehicle="horse_box")),
}


def test_every_hold_is_of_one_of_the_two_sorts():
    holds = {rule for rule in Rule if RULES[rule].kind is VerdictKind.HOLD}
    assert NOBODY_KNOWS.keys() | JUDGED.keys() == holds
    assert not NOBODY_KNOWS.keys() & JUDGED.keys()


@pytest.mark.parametrize("rule", NOBODY_KNOWS, ids=lambda rule: rule.value)
def test_no_answer_of_any_officer_makes_a_scan_of_what_nobody_knows(rule):
    verdict = decide(NOBODY_KNOWS[rule])
    assert (verdict.kind, rule.value in verdict.rule_ids) == (VerdictKind.HOLD, True)
    assert not verdict.officer_may_scan
    for answer in (allow(verdict), allow(verdict, confirmed_by="oms-2")):
        with pytest.raises(ValueError, match="no officer can turn into a scan"):
            make_scan_permit(verdict, 7, INSPECTION, answer, four_eyes=False)


@pytest.mark.parametrize("rule", JUDGED, ids=lambda rule: rule.value)
def test_a_named_oms_may_judge_what_is_known_and_say_scan(rule):
    verdict = decide(JUDGED[rule])
    assert (verdict.kind, verdict.rule_ids) == (VerdictKind.HOLD, (rule.value,))
    assert (
        make_scan_permit(verdict, 7, INSPECTION, allow(verdict), four_eyes=False).officer_id
        == "oms-1"
    )
    for other in (HoldDecision.PASS, HoldDecision.TURN_AWAY):
        with pytest.raises(ValueError, match=f"officer said {other.value}"):
            make_scan_permit(
                verdict, 7, INSPECTION, allow(verdict, decision=other), four_eyes=False
            )


@pytest.mark.parametrize("rule", JUDGED, ids=lambda rule: rule.value)
def test_what_is_judged_beside_something_that_nobody_knows_is_scanned_by_nobody(rule):
    unit = JUDGED[rule]
    goods = (*unit.manifest.goods, GoodsLine("0407", "eggs"))
    verdict = decide(replace(unit, manifest=replace(unit.manifest, goods=goods)))
    assert {rule.value, "HO-UNDECIDED-CODE"} <= set(verdict.rule_ids)
    with pytest.raises(ValueError, match="no officer can turn into a scan"):
        make_scan_permit(verdict, 7, INSPECTION, allow(verdict), four_eyes=False)


def test_a_speed_that_nobody_measured_is_not_known_however_fast_it_is_said_to_be():
    silent = case(envelope=FAST)
    said_so = case(papers(declared=(declared(Axis.SPEED, 3000),)), envelope=FAST)
    assert "HO-DIMENSIONS-UNKNOWN" in decide(silent).rule_ids
    assert "HO-DIMENSIONS-DECLARED" in decide(said_so).rule_ids
    assert "HO-SPEED" not in (*decide(silent).rule_ids, *decide(said_so).rule_ids)


@pytest.mark.parametrize("change", [{"officer_id": " "}, {"utc": ""}, {"role": Role.OAC}, {}])
def test_a_driver_who_says_yes_is_believed_whoever_has_heard_it(change):
    heard = replace(DRIVER, animals=Aboard.YES, **change)
    assert decide(case(driver=heard)).rule_ids == ("HO-ANIMALS-ABOARD",)


@pytest.mark.parametrize(
    "change", [{"officer_id": " "}, {"utc": ""}, {"role": Role.OAC}, {"animals": Aboard.UNANSWERED}]
)
def test_a_question_that_was_put_stays_open_until_a_named_officer_hears_no(change):
    assert decide(case(driver=DRIVER)).kind is VerdictKind.SCAN
    verdict = decide(case(driver=replace(DRIVER, **change)))
    assert verdict.rule_ids == ("HO-DRIVER-NOT-ASKED",)


def test_what_a_driver_said_of_another_unit_says_nothing_of_this_one():
    other = replace(DRIVER, inspection_id="cargo-000016", animals=Aboard.YES)
    assert decide(case(driver=other)).kind is VerdictKind.SCAN
    asked = decide(case(papers(private_vehicle=True), driver=replace(other, animals=Aboard.NO)))
    assert asked.rule_ids == ("HO-DRIVER-NOT-ASKED",)
