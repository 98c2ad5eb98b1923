"""What holds for every unit that can be described, not only for the examples."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from law_builders import DAY, ENVELOPE, INSPECTION, LAW, LEXICON, TABLE, allow

from edge.law.case import Case, LawData, NoAnimalsStatement
from edge.law.envelope import Axis, Limits, Measurement, Origin
from edge.law.exemptions import decide, make_scan_permit
from edge.law.manifest import (
    CarrierRequest,
    Direction,
    GoodsLine,
    IdentityState,
    ManifestFacts,
    ManifestState,
)
from edge.law.outcomes import Role
from edge.law.verdicts import SizeFit, VerdictKind

QUIET = settings(deadline=None, max_examples=250, derandomize=True)

EXEMPT_PREFIXES = ("01", "0301", "0407 11", "0407 19")
PLAIN = st.sampled_from(["8471 30 000 0", "0302", "0407 21 000 0", "9503", "2204", "9508 30"])
DOUBTFUL = st.sampled_from(["03", "0407", "9508", "", "1", "301", "x", "7700"])
SEPARATORS = st.sampled_from(["", " ", ".", "\u00a0"])


@st.composite
def exempt_codes(draw):
    prefix = draw(st.sampled_from(EXEMPT_PREFIXES)).replace(" ", "")
    length = draw(st.sampled_from([n for n in (2, 4, 6, 8, 10) if n >= len(prefix)]))
    tail = draw(st.text("0123456789", min_size=length - len(prefix), max_size=length - len(prefix)))
    return draw(SEPARATORS).join(prefix + tail)


HARMLESS = ("goods", "корм для собак", "тауар")
TEXTS = (*HARMLESS, "тірі мал", "live lobsters", "horses")


def lines(codes, texts=TEXTS):
    return st.builds(GoodsLine, codes, st.sampled_from(texts))


ORDINARY = lines(PLAIN, HARMLESS)


GOODS = st.lists(lines(PLAIN | DOUBTFUL | st.text(max_size=12)), max_size=6)
AMOUNTS = st.lists(
    st.builds(
        Measurement,
        st.sampled_from(Axis),
        st.integers(-5, 2500),
        st.integers(-1, 400),
        st.sampled_from(Origin),
    ),
    max_size=8,
)
REQUESTS = st.none() | st.builds(
    CarrierRequest,
    st.sampled_from(["", "R-1"]),
    st.none() | st.just(DAY),
    st.sampled_from(["", "A carrier"]),
)
EVERY_LIMIT = replace(
    ENVELOPE,
    axle_load_kg=Limits(1, 300),
    ground_clearance_mm=Limits(100, 900),
    speed_mm_s=Limits(100, 1200),
)
LAWS = [
    LAW,
    LAW,
    LawData((), (LEXICON,)),
    LawData((TABLE,), ()),
    LawData((TABLE, TABLE), (LEXICON,)),
]
STATEMENTS = st.none() | st.builds(
    NoAnimalsStatement,
    st.sampled_from([INSPECTION, "another"]),
    st.sampled_from(["", "oms-1"]),
    st.sampled_from(Role),
    st.just("2025-06-02T08:00:00Z"),
)


@st.composite
def cases(draw, goods=GOODS):
    papers = ManifestFacts(
        state=draw(st.sampled_from(ManifestState)),
        direction=draw(st.sampled_from(Direction)),
        carrier_request=draw(REQUESTS),
        goods=tuple(draw(goods)),
        declared=tuple(draw(AMOUNTS)),
        identity=draw(st.sampled_from(IdentityState)),
        manifest_id="m-1",
        version=1,
    )
    return Case(
        inspection_id=INSPECTION,
        manifest=papers,
        measured=tuple(draw(AMOUNTS)),
        envelope=EVERY_LIMIT,
        law=draw(st.sampled_from(LAWS)),
        day=DAY,
        statement=draw(STATEMENTS),
    )


@st.composite
def good_cases(draw, goods):
    """Everything in order but for the goods, so that a SCAN is near."""
    measured = tuple(
        Measurement(axis, value, 5, Origin.MEASURED)
        for axis, value in zip(Axis, (800, 700, 900, 100, 80, 200, 500), strict=True)
    )
    unit = draw(cases(goods))
    papers = replace(
        unit.manifest,
        state=ManifestState.PRESENT,
        direction=Direction.ARRIVAL,
        identity=IdentityState.AGREED,
    )
    return replace(unit, manifest=papers, measured=measured, law=LAW)


def with_line(unit, line, place):
    goods = list(unit.manifest.goods)
    goods.insert(place, line)
    return replace(unit, manifest=replace(unit.manifest, goods=tuple(goods)))


ANY_UNIT = cases() | good_cases(st.lists(ORDINARY, min_size=1, max_size=6))


@QUIET
@given(ANY_UNIT, lines(exempt_codes()), st.integers(0, 6))
def test_no_exempt_line_anywhere_ever_yields_a_scan_or_a_permit(unit, line, place):
    verdict = decide(with_line(unit, line, place))
    assert verdict.kind is not VerdictKind.SCAN
    if unit.law is LAW:
        assert not verdict.officer_may_scan
    for answer in (None, allow(verdict)):
        with pytest.raises(ValueError, match="no scan permit"):
            make_scan_permit(verdict, 1, INSPECTION, answer, four_eyes=False)


@QUIET
@given(good_cases(st.lists(ORDINARY, min_size=1, max_size=6)), lines(exempt_codes()))
def test_an_exempt_line_added_to_a_unit_that_would_be_scanned_exempts_it(unit, line):
    assert decide(unit).kind is VerdictKind.SCAN
    assert decide(with_line(unit, line, 0)).kind is VerdictKind.EXEMPT


@QUIET
@given(ANY_UNIT, st.randoms(use_true_random=False))
def test_the_order_of_lines_and_measurements_never_matters(unit, shuffler):
    def shuffled(items):
        copy = list(items)
        shuffler.shuffle(copy)
        return tuple(copy)

    papers = replace(
        unit.manifest,
        goods=shuffled(unit.manifest.goods),
        declared=shuffled(unit.manifest.declared),
    )
    other = replace(unit, manifest=papers, measured=shuffled(unit.measured))
    assert decide(other) == decide(unit)


@QUIET
@given(ANY_UNIT)
def test_a_scan_is_never_given_in_doubt(unit):
    verdict = decide(unit)
    if verdict.kind is not VerdictKind.SCAN:
        return
    papers = unit.manifest
    assert papers.state is ManifestState.PRESENT
    assert papers.identity in (IdentityState.AGREED, IdentityState.CONFIRMED)
    assert papers.direction in (Direction.ARRIVAL, Direction.DEPARTURE)
    assert papers.direction is Direction.ARRIVAL or papers.carrier_request is not None
    assert papers.goods
    assert unit.law.tables
    assert unit.law.lexica
    assert verdict.size is SizeFit.FITS
    measured = {one.axis for one in unit.measured if one.origin is Origin.MEASURED}
    assert unit.envelope.must_measure <= measured


@QUIET
@given(
    good_cases(st.lists(ORDINARY, min_size=1, max_size=4)),
    st.sampled_from(
        [
            {"state": ManifestState.STALE},
            {"state": ManifestState.UNSIGNED},
            {"state": ManifestState.CONTRADICTED},
            {"state": ManifestState.MISSING},
            {"identity": IdentityState.CONFLICT},
            {"identity": IdentityState.MISSING},
            {"direction": Direction.UNKNOWN},
            {"direction": Direction.CONTRADICTED},
            {"goods": ()},
        ]
    ),
)
def test_one_doubt_turns_a_scan_into_a_hold(unit, doubt):
    assert decide(unit).kind is VerdictKind.SCAN
    doubtful = replace(unit, manifest=replace(unit.manifest, **doubt))
    assert decide(doubtful).kind is VerdictKind.HOLD


@QUIET
@given(good_cases(st.lists(ORDINARY, min_size=1, max_size=4)), st.sampled_from(Axis))
def test_an_axis_that_is_not_known_is_never_scanned(unit, axis):
    papers = replace(unit.manifest, declared=())
    seen = tuple(one for one in unit.measured if one.axis is not axis)
    assert decide(replace(unit, manifest=papers, measured=seen)).kind is VerdictKind.HOLD


@QUIET
@given(ANY_UNIT)
def test_every_verdict_is_a_record_that_says_by_which_rules(unit):
    verdict = decide(unit)
    record = verdict.record()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["verdict"] == verdict.kind.value
    assert verdict.rule_ids == tuple(sorted(set(verdict.rule_ids)))
    assert verdict.rule_ids
    assert hash(verdict) == hash(decide(unit))


@QUIET
@given(ANY_UNIT)
def test_no_unit_outside_the_envelope_is_ever_passed_inside(unit):
    verdict = decide(unit)
    if "EX-DIMENSIONS" in verdict.rule_ids or verdict.size is not SizeFit.FITS:
        assert not verdict.may_pass_inside
        assert verdict.kind is not VerdictKind.SCAN
