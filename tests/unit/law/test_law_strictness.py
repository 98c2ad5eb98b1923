"""What never loosens a verdict, for every unit; what "looser" means is said here.

The harm a verdict can do is a beam on something alive. So one is looser than another when a beam
is nearer: nearest is SCAN, then a HOLD that an officer may answer with a scan, then what is not
scanned by anyone, of which only a new fact makes anything else: a HOLD about what nobody knows,
EXEMPT, NO_BASIS. **A known fact that becomes unknown never loosens a verdict.** What counts as
unknown is for each fact its own word of doubt: a code cut short, a measurement that saw nothing, a
driver who was asked and did not answer.

The kinds of the documents and of the vehicle are no such facts: papers volunteer them, no paper
must name them, and they only ever raise doubt; without them a doubt is gone and nothing else is.
A description is such a fact, since every line has one: a blank one holds. Whether a vehicle is
private, what the lane limits and which day it is are never unknown.

Exempting is no harm to what is alive, but it lets a unit pass unseen. Therefore less knowledge must
not buy it either: a fact that becomes unknown never makes a unit exempt that was not. Two are asked
for by the order itself before it lets a unit be scanned, the carrier's request and the statement
that no animals are aboard: without them NO_BASIS and EXEMPT are what the order says.
"""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from law_builders import (
    DAY,
    INSPECTION,
    LAW,
    LEXICON,
    MEASURED,
    TABLE,
    case,
    declared,
    measured,
    papers,
    shipped_table,
)
from law_units import LINES, QUIET_LINES, UNSIGNED_WORDS, full_cases

from edge.law.case import Aboard, LawData
from edge.law.dated import Provenance
from edge.law.envelope import Axis
from edge.law.exemptions import decide
from edge.law.manifest import (
    Direction,
    Document,
    GoodsLine,
    IdentityState,
    ManifestState,
    no_manifest,
)
from edge.law.tariff import read_code
from edge.law.verdicts import VerdictKind

QUIET = settings(deadline=None, max_examples=150, derandomize=True)
KNOWN_STATES = (ManifestState.PRESENT, ManifestState.STALE)
KNOWN_IDENTITIES = (IdentityState.AGREED, IdentityState.CONFIRMED)
KNOWN_DIRECTIONS = (Direction.ARRIVAL, Direction.DEPARTURE)
BY_NOBODY = 2
LAWS_LOST = (
    LawData((), ()),
    LawData((TABLE,), ()),
    LawData((), (LEXICON,)),
    LawData((TABLE,), (UNSIGNED_WORDS,)),
    LawData((shipped_table(Provenance.UNSIGNED),), (LEXICON,)),
)


def strictness(verdict):
    """How far a beam is: 0 for SCAN, 1 where an officer may say so, 2 where nobody may."""
    if verdict.kind is VerdictKind.SCAN:
        return 0
    return 1 if verdict.officer_may_scan else BY_NOBODY


def fine_strictness(verdict):
    """As `strictness`, and among what nobody scans the later a verdict is asked for the looser."""
    finer = {VerdictKind.EXEMPT: 1, VerdictKind.NO_BASIS: 2}
    return strictness(verdict) + finer.get(verdict.kind, 0)


def buys_no_pass(before, after):
    """Whether the unit is not let past for a fact that is no longer known."""
    held = before.kind in (VerdictKind.SCAN, VerdictKind.HOLD)
    return not (held and after.kind in (VerdictKind.EXEMPT, VerdictKind.NO_BASIS))


def with_papers(unit, **changes):
    return replace(unit, manifest=replace(unit.manifest, **changes))


def looser(unit, less):
    """What is looser where a fact was lost, in words; empty when nothing is."""
    before, after = decide(unit), decide(less)
    shown = f"{before.rule_ids} became {after.rule_ids}"
    if strictness(after) < strictness(before):
        return f"a beam is nearer: {shown}"
    return "" if buys_no_pass(before, after) else f"a pass was bought: {shown}"


def by_nobody(unit):
    return strictness(decide(unit)) == BY_NOBODY


@QUIET
@given(full_cases(), LINES | QUIET_LINES, st.integers(0, 4))
def test_one_more_line_of_goods_never_loosens_a_verdict(unit, line, place):
    goods = list(unit.manifest.goods)
    goods.insert(place, line)
    before, after = decide(unit), decide(with_papers(unit, goods=tuple(goods)))
    assert fine_strictness(after) >= fine_strictness(before)
    if fine_strictness(before) == fine_strictness(after):
        assert set(after.rule_ids) >= set(before.rule_ids) - {"SC-NO-ANIMALS-STATED"}


@QUIET
@given(full_cases(), st.sampled_from(ManifestState))
def test_papers_that_are_no_longer_good_never_loosen_a_verdict(unit, state):
    assume(unit.manifest.state in KNOWN_STATES and state is not ManifestState.PRESENT)
    less = with_papers(unit, state=state)
    assert not looser(unit, less)
    assert by_nobody(less) or state is ManifestState.STALE


@QUIET
@given(full_cases(), st.sampled_from(IdentityState), st.sampled_from(Direction))
def test_papers_that_are_lost_with_all_they_say_never_loosen_a_verdict(unit, identity, lane):
    """A lane of departures alone knows of no request then: that is no basis, as ever."""
    lost = replace(unit, manifest=no_manifest(lane, identity))
    before, after = decide(unit), decide(lost)
    assert strictness(after) == BY_NOBODY
    if lane is not Direction.DEPARTURE:
        assert buys_no_pass(before, after)


@QUIET
@given(full_cases())
def test_goods_that_are_no_longer_named_never_loosen_a_verdict(unit):
    """A private vehicle need not name any: there the driver is asked."""
    assume(not unit.manifest.private_vehicle)
    less = with_papers(unit, goods=())
    assert not looser(unit, less)
    assert by_nobody(less)


@QUIET
@given(full_cases(), st.sampled_from([IdentityState.CONFLICT, IdentityState.MISSING]))
def test_an_identity_that_is_no_longer_known_never_loosens_a_verdict(unit, identity):
    assume(unit.manifest.identity in KNOWN_IDENTITIES)
    less = with_papers(unit, identity=identity)
    assert not looser(unit, less)
    assert by_nobody(less)


@QUIET
@given(full_cases(), st.sampled_from([Direction.UNKNOWN, Direction.CONTRADICTED]))
def test_a_direction_that_is_no_longer_known_never_loosens_a_verdict(unit, direction):
    assume(unit.manifest.direction in KNOWN_DIRECTIONS)
    less = with_papers(unit, direction=direction)
    assert not looser(unit, less)
    assert by_nobody(less)


@QUIET
@given(full_cases(), st.sampled_from(["all", "reference", "dated", "carrier"]))
def test_a_request_that_is_no_longer_known_never_loosens_a_verdict(unit, part):
    request = unit.manifest.carrier_request
    assume(request is not None)
    empty = {"reference": "", "carrier": "", "dated": None}
    less = None if part == "all" else replace(request, **{part: empty[part]})
    before, after = decide(unit), decide(with_papers(unit, carrier_request=less))
    assert strictness(after) >= strictness(before)


@QUIET
@given(full_cases(), st.sampled_from(["all", "officer_id", "utc", "inspection_id"]))
def test_a_statement_that_is_no_longer_known_never_loosens_a_verdict(unit, part):
    assume(unit.statement is not None)
    less = None if part == "all" else replace(unit.statement, **{part: ""})
    before, after = decide(unit), decide(replace(unit, statement=less))
    assert strictness(after) >= strictness(before)


@QUIET
@given(full_cases(), st.sampled_from(["animals", "officer_id", "utc"]))
def test_an_answer_of_the_driver_that_is_no_longer_known_never_loosens_a_verdict(unit, part):
    """Who was not asked at all has answered nothing that could be lost: see the next test."""
    assume(unit.driver is not None)
    less = replace(unit.driver, **{part: Aboard.UNANSWERED if part == "animals" else ""})
    assert not looser(unit, replace(unit, driver=less))


@QUIET
@given(full_cases(), st.sampled_from(["private", ManifestState.MISSING, ManifestState.UNSIGNED]))
def test_where_the_driver_must_be_asked_not_asking_never_loosens_a_verdict(unit, why):
    if why == "private":
        unit = with_papers(unit, private_vehicle=True)
    else:
        unit = replace(with_papers(unit, state=why), vehicles=True)
    less = replace(unit, driver=None)
    assert not looser(unit, less)
    assert by_nobody(less)


@QUIET
@given(full_cases(), st.sampled_from(LAWS_LOST))
def test_a_table_or_lexicon_that_is_lost_never_loosens_a_verdict(unit, law):
    unit = replace(unit, law=LAW)
    less = replace(unit, law=law)
    assert not looser(unit, less)
    assert by_nobody(less)


NOTHING_SAID = st.sampled_from(["", " ", "-", "\u200b", "\u3164", "12", "...", "\u00ad"])


@QUIET
@given(full_cases(), NOTHING_SAID, st.data())
def test_a_description_that_becomes_blank_never_loosens_a_verdict(unit, blank, data):
    """What a description says is heard; where it says nothing, nobody knows what it would say."""
    place = data.draw(st.integers(0, len(unit.manifest.goods) - 1))
    goods = list(unit.manifest.goods)
    goods[place] = GoodsLine(goods[place].code, blank)
    less = with_papers(unit, goods=tuple(goods))
    assert not looser(unit, less)
    assert decide(less).kind is not VerdictKind.SCAN


def test_live_crabs_whose_description_is_lost_are_held_as_before():
    for said in ("live crab", "", "-"):
        verdict = decide(case(papers(goods=(GoodsLine("0306 33 100 0", said),))))
        assert verdict.kind is VerdictKind.HOLD
        assert verdict.officer_may_scan


BLIND = st.sampled_from([{"value": 0}, {"value": -1}, {"uncertainty": -1}])


def blinded(amounts, data):
    """The same amounts, one of which says nothing any more."""
    place = data.draw(st.integers(0, len(amounts) - 1))
    less = replace(amounts[place], **data.draw(BLIND))
    return (*amounts[:place], less, *amounts[place + 1 :])


@QUIET
@given(full_cases(), st.data())
def test_a_measurement_that_saw_nothing_never_loosens_a_verdict(unit, data):
    assume(unit.measured)
    assert not looser(unit, replace(unit, measured=blinded(unit.measured, data)))


@QUIET
@given(full_cases(), st.data())
def test_an_amount_of_a_gauge_that_is_lost_never_loosens_a_verdict(unit, data):
    """Where a lane has a gauge it must measure; what it has no gauge for is lost to nobody."""
    assume(unit.measured)
    axis = data.draw(st.sampled_from([one.axis for one in unit.measured]))
    must = replace(unit.envelope, must_measure=unit.envelope.must_measure | {axis})
    unit = replace(unit, envelope=must)
    left = tuple(one for one in unit.measured if one.axis is not axis)
    less = replace(unit, measured=left)
    assert not looser(unit, less)
    assert by_nobody(less)


@QUIET
@given(full_cases(), st.data())
def test_a_declared_amount_that_says_nothing_never_loosens_a_verdict(unit, data):
    assume(unit.manifest.declared)
    said = unit.manifest.declared
    assert not looser(unit, with_papers(unit, declared=blinded(said, data)))


@QUIET
@given(full_cases(), st.data())
def test_a_declared_amount_that_is_lost_never_loosens_a_verdict(unit, data):
    assume(unit.manifest.declared)
    axis = data.draw(st.sampled_from([one.axis for one in unit.manifest.declared]))
    left = tuple(one for one in unit.manifest.declared if one.axis is not axis)
    assert not looser(unit, with_papers(unit, declared=left))


@QUIET
@given(full_cases(), st.data())
def test_a_code_cut_to_fewer_digits_never_loosens_a_verdict(unit, data):
    """A code that is none says nothing that could be cut."""
    place = data.draw(st.integers(0, len(unit.manifest.goods) - 1))
    line = unit.manifest.goods[place]
    digits = read_code(line.code)
    assume(isinstance(digits, str))
    goods = list(unit.manifest.goods)
    goods[place] = GoodsLine(digits[: data.draw(st.integers(0, len(digits)))], line.description)
    assert not looser(unit, with_papers(unit, goods=tuple(goods)))


CASES = [str.upper, str.lower, str.swapcase, str.title]
SPACES = [char for char in map(chr, range(0x11_0000)) if char.isspace()]
WIDTHS = [" ", "  ", "\u00a0", " \t "]


@st.composite
def rewritten(draw, unit):
    """The same papers as somebody else would type them, in another order."""

    def text(written):
        changed = draw(st.sampled_from(CASES))(written)
        wide = changed.replace(" ", draw(st.sampled_from(WIDTHS)))
        return draw(st.sampled_from(["", " "])) + wide + draw(st.sampled_from(["", "  "]))

    def code(written):
        bare = "".join(char for char in written if char != "." and not char.isspace())
        mark = draw(st.sampled_from([*SPACES, ".", ""]))
        return mark.join(draw(st.sampled_from([[bare], list(bare)])))

    manifest = unit.manifest
    lines = [GoodsLine(code(one.code), text(one.description)) for one in manifest.goods]
    documents = [Document(text(one.kind), one.number) for one in manifest.documents]
    return replace(
        unit,
        manifest=replace(
            manifest,
            goods=tuple(draw(st.permutations(lines))),
            documents=tuple(draw(st.permutations(documents))),
            declared=tuple(draw(st.permutations(manifest.declared))),
            vehicle=text(manifest.vehicle),
        ),
        measured=tuple(draw(st.permutations(unit.measured))),
    )


@QUIET
@given(full_cases(), st.data())
def test_order_case_and_spacing_never_change_kind_or_rules(unit, data):
    before, after = decide(unit), decide(data.draw(rewritten(unit)))
    assert after.kind is before.kind
    assert after.rule_ids == before.rule_ids
    assert [one.rule for one in after.notices] == [one.rule for one in before.notices]
    assert after.size is before.size


def test_a_blind_gauge_never_lets_the_carriers_word_pass_a_unit_that_was_too_large():
    large, blind = measured(Axis.LENGTH, 2000), measured(Axis.LENGTH, 0)
    said = papers(declared=(declared(Axis.LENGTH, 900), declared(Axis.MASS, 120)))
    assert decide(case(said, measured=(*MEASURED, large))).kind is VerdictKind.EXEMPT
    verdict = decide(case(said, measured=(*MEASURED, blind)))
    assert verdict.rule_ids == ("HO-DIMENSIONS-UNKNOWN",)


@pytest.mark.parametrize(
    ("vehicle", "kind"),
    [("horse  box", "ATA\u00a0carnet"), ("HORSE-BOX", "ata-carnet"), ("Live  Fish", "Карнет  АТА")],
)
def test_a_vehicle_or_document_is_known_however_it_is_spaced(vehicle, kind):
    goods = (GoodsLine("8471 30 000 0", "live birds"),)
    unit = papers(goods=goods, vehicle=vehicle, documents=(Document(kind, "1"),))
    assert {"HO-ANIMAL-VEHICLE", "HO-DOCUMENT"} <= set(decide(case(unit)).rule_ids)


def test_what_the_properties_start_from_is_in_order():
    assert (case().day, case().inspection_id) == (DAY, INSPECTION)
    assert strictness(decide(case())) == 0
