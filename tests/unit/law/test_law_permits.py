"""Scan permits: one maker, one unit, never over an exemption."""

import copy
import pickle
from dataclasses import replace

import pytest
from law_builders import INSPECTION, LEXICON, TABLE, allow, case, papers

from edge.law.case import LawData
from edge.law.exemptions import HoldDecision, ScanPermit, decide, make_scan_permit
from edge.law.manifest import Direction, GoodsLine, IdentityState, ManifestState
from edge.law.outcomes import Role
from edge.law.rules import Rule
from edge.law.verdicts import Reason, SizeFit, Verdict, VerdictKind

SCAN = decide(case())
LIVING = (GoodsLine("8471 30 000 0", "live birds"),)
HOLD = decide(case(papers(goods=LIVING)))
EXEMPT = decide(case(papers("0301")))
NO_BASIS = decide(case(papers(direction=Direction.DEPARTURE)))


def test_a_scan_verdict_gives_a_permit_for_its_unit():
    permit = make_scan_permit(SCAN, 7, INSPECTION, four_eyes=False)
    assert (permit.token, permit.inspection_id) == (7, INSPECTION)
    assert (permit.table, permit.rule_ids, permit.officer_id) == (TABLE.ref, ("SC-CLEAR",), "")


def test_a_hold_gives_a_permit_only_with_a_named_officers_answer():
    with pytest.raises(ValueError, match="no officer has answered"):
        make_scan_permit(HOLD, 7, INSPECTION, four_eyes=False)
    permit = make_scan_permit(HOLD, 7, INSPECTION, allow(HOLD), four_eyes=False)
    assert permit.officer_id == "oms-1"
    assert permit.rule_ids == ("HO-LIVING-WORD",)


@pytest.mark.parametrize(
    ("flaw", "message"),
    [
        ({"decision": HoldDecision.TURN_AWAY}, "officer said turn_away"),
        ({"decision": HoldDecision.PASS}, "officer said pass"),
        ({"officer_id": " "}, "names no officer"),
        ({"reason": ""}, "gives no reason"),
        ({"utc": ""}, "not dated"),
        ({"role": Role.OAC}, "role oac may not answer"),
        ({"role": Role.SUPERVISOR}, "role supervisor may not answer"),
        ({"inspection_id": "cargo-000016"}, "answer is for 'cargo-000016'"),
        ({"rule_ids": ("HO-MANIFEST-STALE",)}, "not shown HO-LIVING-WORD"),
    ],
)
def test_an_answer_that_is_not_a_full_allowance_gives_no_permit(flaw, message):
    with pytest.raises(ValueError, match=message):
        make_scan_permit(HOLD, 7, INSPECTION, allow(HOLD, **flaw), four_eyes=False)


@pytest.mark.parametrize("verdict", [EXEMPT, NO_BASIS], ids=["exempt", "no_basis"])
def test_no_officer_turns_an_exemption_or_a_missing_basis_into_a_scan(verdict):
    for answer in (None, allow(verdict)):
        with pytest.raises(ValueError, match="no officer can turn into a scan"):
            make_scan_permit(verdict, 7, INSPECTION, answer, four_eyes=False)


@pytest.mark.parametrize(
    "unit",
    [
        case(law=LawData((), (LEXICON,))),
        case(papers(direction=Direction.UNKNOWN)),
        case(papers("0301", state=ManifestState.UNSIGNED)),
        case(papers("01", identity=IdentityState.CONFLICT)),
    ],
    ids=["no table", "no direction", "exempt and unsigned", "exempt and in conflict"],
)
def test_no_officer_replaces_a_table_a_basis_or_an_exemption_that_cannot_be_ruled_out(unit):
    verdict = decide(unit)
    assert verdict.kind is VerdictKind.HOLD
    with pytest.raises(ValueError, match="no officer can turn into a scan"):
        make_scan_permit(verdict, 7, INSPECTION, allow(verdict), four_eyes=False)


def test_a_new_ground_for_doubt_needs_a_new_answer():
    worse = decide(case(papers(goods=LIVING, state=ManifestState.STALE)))
    with pytest.raises(ValueError, match="not shown HO-MANIFEST-STALE"):
        make_scan_permit(worse, 7, INSPECTION, allow(HOLD), four_eyes=False)


def test_an_officers_refusal_stands_when_the_verdict_becomes_scan():
    refusal = allow(HOLD, decision=HoldDecision.TURN_AWAY)
    with pytest.raises(ValueError, match="officer said turn_away"):
        make_scan_permit(SCAN, 7, INSPECTION, refusal, four_eyes=False)
    assert make_scan_permit(SCAN, 7, INSPECTION, allow(HOLD), four_eyes=False).token == 7


NOTHING = ["", "  ", "\u200b", "\u2060\ufeff", "\u3164", "-", "…!?", "\u00ad\u0301"]


@pytest.mark.parametrize("field", ["officer_id", "reason", "utc"])
@pytest.mark.parametrize("text", NOTHING, ids=ascii)
def test_an_answer_whose_texts_say_nothing_makes_no_permit(field, text):
    answer = allow(HOLD, **{field: text})
    with pytest.raises(ValueError, match=r"names no officer|gives no reason|is not dated"):
        make_scan_permit(HOLD, 7, INSPECTION, answer, four_eyes=False)


@pytest.mark.parametrize("reason", ["ok", "7", "видел", "қараған", "確認"])
def test_one_letter_or_digit_of_any_script_is_a_reason(reason):
    answer = allow(HOLD, reason=reason)
    assert make_scan_permit(HOLD, 7, INSPECTION, answer, four_eyes=False).officer_id == "oms-1"


def test_an_inspection_that_cannot_be_seen_is_none():
    with pytest.raises(ValueError, match="no inspection is named"):
        make_scan_permit(replace(SCAN, inspection_id="\u200b"), 7, "\u200b", four_eyes=False)


def test_a_verdict_permits_nothing_for_another_inspection_or_for_nobody():
    with pytest.raises(ValueError, match="verdict is on"):
        make_scan_permit(SCAN, 7, "cargo-000018", four_eyes=False)
    with pytest.raises(ValueError, match="token 0 is nobody's"):
        make_scan_permit(SCAN, 0, INSPECTION, four_eyes=False)
    with pytest.raises(ValueError, match="no inspection is named"):
        make_scan_permit(replace(SCAN, inspection_id=" "), 7, " ", four_eyes=False)


def test_nobody_else_makes_a_permit():
    permit = make_scan_permit(SCAN, 7, INSPECTION, four_eyes=False)
    with pytest.raises(ValueError, match="make_scan_permit"):
        ScanPermit(7, INSPECTION, (), TABLE.ref, LEXICON.ref, "", key=object())
    with pytest.raises((ValueError, TypeError), match="key"):  # TypeError from Python 3.13 on
        replace(permit, token=8)
    for copier in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="cannot be copied"):
            copier(permit)
    with pytest.raises(AttributeError):
        permit.token = 8


def test_a_verdict_cannot_rest_on_rules_of_another_kind():
    for kind, rule in (
        (VerdictKind.SCAN, Rule.LIVE_FISH),
        (VerdictKind.HOLD, Rule.CLEAR),
        (VerdictKind.EXEMPT, Rule.MANIFEST_STALE),
    ):
        with pytest.raises(ValueError, match=f"verdict {kind.value} cannot rest"):
            Verdict(
                kind, (Reason(rule, (), 1),), SizeFit.FITS, TABLE.ref, LEXICON.ref, INSPECTION, {}
            )
    with pytest.raises(ValueError, match="cannot rest"):
        Verdict(VerdictKind.SCAN, (), SizeFit.FITS, TABLE.ref, LEXICON.ref, INSPECTION, {})


@pytest.mark.parametrize("change", [{"table": None}, {"words": None}, {"size": SizeFit.DOUBTFUL}])
def test_a_scan_needs_table_lexicon_and_a_size_that_fits(change):
    with pytest.raises(ValueError, match="needs table and lexicon in force and a size that fits"):
        replace(SCAN, **change)


def test_with_four_eyes_one_officer_alone_never_turns_a_hold_into_a_scan():
    for second in (*NOTHING, "oms-1", "OMS-1 ", "oms-1\u200b", "\u2060oms-1\u3164"):
        answer = allow(HOLD, confirmed_by=second)
        with pytest.raises(ValueError, match="second officer"):
            make_scan_permit(HOLD, 7, INSPECTION, answer, four_eyes=True)
    answer = allow(HOLD, confirmed_by="oms-2")
    assert make_scan_permit(HOLD, 7, INSPECTION, answer, four_eyes=True).officer_id == "oms-1"
    assert make_scan_permit(SCAN, 7, INSPECTION, four_eyes=True).officer_id == ""


def test_whether_a_second_officer_is_needed_is_never_left_unsaid():
    with pytest.raises(TypeError, match="four_eyes"):
        make_scan_permit(HOLD, 7, INSPECTION, allow(HOLD))
