"""Sizes against the envelope: boundaries, doubt, measured before declared."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from law_builders import ENVELOPE, MEASURED, case, declared, measured, papers

from edge.law.envelope import Axis, Fit, Limits, judge
from edge.law.exemptions import decide
from edge.law.verdicts import VerdictKind

# Height 50..1000 mm and width must be measured; length 600..1100 mm and mass 0..500 kg need not.


def fit(axis, seen=(), said=()):
    return {one.axis: one.fit for one in judge(ENVELOPE, seen, said)}[axis]


@pytest.mark.parametrize(
    ("value", "uncertainty", "expected"),
    [
        (995, 5, Fit.FITS),
        (996, 5, Fit.UNCERTAIN),
        (1005, 5, Fit.UNCERTAIN),
        (1006, 5, Fit.BEYOND),
        (1000, 0, Fit.FITS),
        (1001, 0, Fit.BEYOND),
        (55, 5, Fit.FITS),
        (54, 5, Fit.UNCERTAIN),
        (45, 5, Fit.UNCERTAIN),
        (44, 5, Fit.BEYOND),
        (500, 600, Fit.UNCERTAIN),
    ],
)
def test_only_what_lies_outside_with_its_whole_uncertainty_is_beyond(value, uncertainty, expected):
    assert fit(Axis.HEIGHT, [measured(Axis.HEIGHT, value, uncertainty)]) is expected


def test_a_measured_size_beats_a_declared_one_both_ways():
    seen, large = [measured(Axis.LENGTH, 900)], [declared(Axis.LENGTH, 2000)]
    assert fit(Axis.LENGTH, seen, large) is Fit.FITS
    assert (
        fit(Axis.LENGTH, [measured(Axis.LENGTH, 2000)], [declared(Axis.LENGTH, 900)]) is Fit.BEYOND
    )


@pytest.mark.parametrize("axis", [Axis.LENGTH, Axis.HEIGHT])
def test_a_size_only_declared_never_proves_a_unit_too_large(axis):
    assert fit(axis, [], [declared(axis, 9000)]) is Fit.DECLARED_BEYOND


def test_a_declared_size_is_enough_only_where_it_need_not_be_measured():
    assert fit(Axis.LENGTH, [], [declared(Axis.LENGTH, 900)]) is Fit.FITS
    assert fit(Axis.HEIGHT, [], [declared(Axis.HEIGHT, 900)]) is Fit.UNMEASURED


def test_a_declaration_cannot_call_itself_a_measurement():
    assert fit(Axis.HEIGHT, [], [measured(Axis.HEIGHT, 900)]) is Fit.UNKNOWN
    assert fit(Axis.HEIGHT, [declared(Axis.HEIGHT, 900)], []) is Fit.UNKNOWN


@pytest.mark.parametrize(("value", "uncertainty"), [(0, 5), (-3, 5), (800, -1)])
def test_a_measurement_that_says_nothing_is_unknown_not_too_small(value, uncertainty):
    assert fit(Axis.HEIGHT, [measured(Axis.HEIGHT, value, uncertainty)]) is Fit.UNKNOWN


def test_a_gauge_that_saw_nothing_leaves_the_word_to_nobody_else():
    blind = measured(Axis.LENGTH, 0)
    assert fit(Axis.LENGTH, [blind], [declared(Axis.LENGTH, 900)]) is Fit.UNKNOWN
    assert fit(Axis.LENGTH, [blind, measured(Axis.LENGTH, 900)]) is Fit.UNKNOWN
    assert fit(Axis.LENGTH, [blind, measured(Axis.LENGTH, 2000)]) is Fit.UNKNOWN


def test_a_declared_amount_that_says_nothing_leaves_its_axis_unknown():
    for axis in (Axis.LENGTH, Axis.HEIGHT):
        nothing = declared(axis, 0)
        assert fit(axis, [], [nothing]) is Fit.UNKNOWN
        assert fit(axis, [], [nothing, declared(axis, 900)]) is Fit.UNKNOWN
        assert fit(axis, [], [nothing, declared(axis, 9000)]) is Fit.UNKNOWN
        assert fit(axis, [measured(axis, 900)], [nothing]) is Fit.FITS


def test_two_measurements_that_judge_differently_are_uncertain():
    assert (
        fit(Axis.HEIGHT, [measured(Axis.HEIGHT, 800), measured(Axis.HEIGHT, 1500)]) is Fit.UNCERTAIN
    )
    assert (
        fit(Axis.HEIGHT, [measured(Axis.HEIGHT, 1400), measured(Axis.HEIGHT, 1500)]) is Fit.BEYOND
    )


def test_every_axis_with_limits_is_judged_and_nothing_known_is_unknown():
    judged = judge(ENVELOPE, (), ())
    assert [one.axis for one in judged] == [Axis.HEIGHT, Axis.WIDTH, Axis.LENGTH, Axis.MASS]
    assert {one.fit for one in judged} == {Fit.UNKNOWN}


def test_a_lane_that_states_no_mass_does_not_ask_for_it():
    envelope = replace(ENVELOPE, mass_kg=None)
    assert Axis.MASS not in [one.axis for one in judge(envelope, MEASURED, ())]
    with pytest.raises(ValueError, match="mass_kg"):
        replace(ENVELOPE, mass_kg=None, must_measure=frozenset({Axis.MASS}))


@pytest.mark.parametrize(("least", "greatest"), [(-1, 5), (6, 5)])
def test_limits_that_make_no_sense_are_refused(least, greatest):
    with pytest.raises(ValueError, match="correct the lane's envelope"):
        Limits(least, greatest)


@settings(deadline=None, max_examples=300, derandomize=True)
@given(st.integers(1, 3000), st.integers(0, 500), st.integers(0, 500))
def test_more_uncertainty_never_makes_a_doubtful_size_sure(value, uncertainty, more):
    sure = fit(Axis.HEIGHT, [measured(Axis.HEIGHT, value, uncertainty)])
    doubtful = fit(Axis.HEIGHT, [measured(Axis.HEIGHT, value, uncertainty + more)])
    assert doubtful in (sure, Fit.UNCERTAIN)


def test_who_comes_too_fast_is_held_and_never_exempt():
    envelope = replace(ENVELOPE, speed_mm_s=Limits(200, 2000))
    fast = measured(Axis.SPEED, 3000)
    verdict = decide(case(envelope=envelope, measured=(*MEASURED, fast)))
    assert (verdict.kind, verdict.rule_ids) == (VerdictKind.HOLD, ("HO-SPEED",))
    assert not verdict.may_pass_inside


def test_what_lies_too_low_over_the_road_is_exempt_for_its_size():
    envelope = replace(ENVELOPE, ground_clearance_mm=Limits(300, 2000))
    low = measured(Axis.GROUND_CLEARANCE, 150)
    verdict = decide(case(envelope=envelope, measured=(*MEASURED, low)))
    assert (verdict.kind, verdict.rule_ids) == (VerdictKind.EXEMPT, ("EX-DIMENSIONS",))


@pytest.mark.parametrize("axis", [Axis.AXLE_LOAD, Axis.GROUND_CLEARANCE, Axis.SPEED, Axis.MASS])
def test_every_amount_a_lane_limits_is_asked_for(axis):
    envelope = replace(ENVELOPE, **{axis.value: Limits(1, 5)})
    unit = case(papers(declared=(declared(Axis.LENGTH, 900),)), envelope=envelope)
    assert "HO-DIMENSIONS-UNKNOWN" in decide(unit).rule_ids
