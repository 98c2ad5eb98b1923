"""What never loosens a verdict, for every unit; what "looser" means is said here.

The harm a verdict can do is a beam on something alive. So one is looser than another when a beam
is nearer: nearest is SCAN, then a HOLD that an officer may turn into a scan, then what is never
scanned by anyone. Of these a HOLD is looser than EXEMPT, since a corrected fact may turn it into
anything, and NO_BASIS is asked first of all.

Exempting is no harm to what is alive, but it lets a unit pass unseen. Therefore less knowledge must
not buy it either: a fact that becomes unknown never makes a unit exempt that was not.
"""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from law_builders import DAY, INSPECTION, LAW, MEASURED, case, declared, measured, papers
from law_units import LINES, QUIET_LINES, full_cases

from edge.law.case import LawData
from edge.law.envelope import Axis
from edge.law.exemptions import decide
from edge.law.manifest import Direction, Document, GoodsLine, IdentityState, ManifestState
from edge.law.verdicts import VerdictKind

QUIET = settings(deadline=None, max_examples=150, derandomize=True)
KNOWN_STATES = (ManifestState.PRESENT, ManifestState.STALE)
KNOWN_IDENTITIES = (IdentityState.AGREED, IdentityState.CONFIRMED)
KNOWN_DIRECTIONS = (Direction.ARRIVAL, Direction.DEPARTURE)


def strictness(verdict):
    """How far a beam is: 0 for SCAN, 1 where an officer may say so, 2 and more where nobody may."""
    if verdict.kind is VerdictKind.HOLD:
        return 1 if verdict.officer_may_scan else 2
    ranks = {VerdictKind.SCAN: 0, VerdictKind.EXEMPT: 3, VerdictKind.NO_BASIS: 4}
    return ranks[verdict.kind]


def buys_no_pass(before, after):
    """Whether the unit is not let past for a fact that is no longer known."""
    held = before.kind in (VerdictKind.SCAN, VerdictKind.HOLD)
    return not (held and after.kind in (VerdictKind.EXEMPT, VerdictKind.NO_BASIS))


def with_papers(unit, **changes):
    return replace(unit, manifest=replace(unit.manifest, **changes))


@QUIET
@given(full_cases(), LINES | QUIET_LINES, st.integers(0, 4))
def test_one_more_line_of_goods_never_loosens_a_verdict(unit, line, place):
    goods = list(unit.manifest.goods)
    goods.insert(place, line)
    more = with_papers(unit, goods=tuple(goods))
    before, after = decide(unit), decide(more)
    assert strictness(after) >= strictness(before)
    if strictness(before) == strictness(after):
        assert set(after.rule_ids) >= set(before.rule_ids) - {"SC-NO-ANIMALS-STATED"}


@QUIET
@given(full_cases(), st.sampled_from(ManifestState))
def test_papers_that_are_no_longer_good_never_loosen_a_verdict(unit, state):
    assume(unit.manifest.state in KNOWN_STATES and state is not ManifestState.PRESENT)
    before, after = decide(unit), decide(with_papers(unit, state=state))
    assert min(strictness(after), 2) >= min(strictness(before), 2)
    assert buys_no_pass(before, after)


@QUIET
@given(full_cases(), st.sampled_from([IdentityState.CONFLICT, IdentityState.MISSING]))
def test_an_identity_that_is_no_longer_known_never_loosens_a_verdict(unit, identity):
    assume(unit.manifest.identity in KNOWN_IDENTITIES)
    before, after = decide(unit), decide(with_papers(unit, identity=identity))
    assert min(strictness(after), 2) >= min(strictness(before), 2)
    assert buys_no_pass(before, after)


@QUIET
@given(full_cases(), st.sampled_from([Direction.UNKNOWN, Direction.CONTRADICTED]))
def test_a_direction_that_is_no_longer_known_never_loosens_a_verdict(unit, direction):
    assume(unit.manifest.direction in KNOWN_DIRECTIONS)
    before, after = decide(unit), decide(with_papers(unit, direction=direction))
    assert min(strictness(after), 2) >= min(strictness(before), 2)
    assert buys_no_pass(before, after)


@QUIET
@given(full_cases())
def test_a_request_that_is_no_longer_known_never_loosens_a_verdict(unit):
    before, after = decide(unit), decide(with_papers(unit, carrier_request=None))
    assert strictness(after) >= strictness(before)


@QUIET
@given(full_cases(), st.sampled_from([LawData((), ()), LawData(LAW.tables, ())]))
def test_a_table_or_lexicon_that_is_lost_never_gives_a_scan_nor_a_pass(unit, law):
    before, after = decide(unit), decide(replace(unit, law=law))
    assert after.kind is not VerdictKind.SCAN
    assert not after.officer_may_scan
    assert buys_no_pass(before, after)


@QUIET
@given(full_cases(), st.data())
def test_a_measurement_that_becomes_unknown_never_gives_a_scan_nor_a_pass(unit, data):
    assume(unit.measured)
    place = data.draw(st.integers(0, len(unit.measured) - 1))
    blind = data.draw(st.sampled_from([{"value": 0}, {"value": -1}, {"uncertainty": -1}]))
    seen = list(unit.measured)
    seen[place] = replace(seen[place], **blind)
    before, after = decide(unit), decide(replace(unit, measured=tuple(seen)))
    assert strictness(after) > 0 or strictness(before) == 0
    assert buys_no_pass(before, after)


@QUIET
@given(full_cases(), st.data())
def test_a_code_cut_to_fewer_digits_never_gives_a_scan_nor_a_pass(unit, data):
    place = data.draw(st.integers(0, len(unit.manifest.goods) - 1))
    line = unit.manifest.goods[place]
    digits = "".join(char for char in line.code if char.isdigit())
    assume(len(digits) in (4, 6, 8, 10))
    cut = data.draw(st.sampled_from(range(2, len(digits), 2)))
    goods = list(unit.manifest.goods)
    goods[place] = GoodsLine(digits[:cut], line.description)
    before, after = decide(unit), decide(with_papers(unit, goods=tuple(goods)))
    assert strictness(after) > 0 or strictness(before) == 0
    assert buys_no_pass(before, after)


CASES = [str.upper, str.lower, str.swapcase, str.title]
WIDTHS = [" ", "  ", "\u00a0", " \t "]


@st.composite
def rewritten(draw, unit):
    """The same papers as somebody else would type them, in another order."""

    def text(written):
        changed = draw(st.sampled_from(CASES))(written)
        wide = changed.replace(" ", draw(st.sampled_from(WIDTHS)))
        return draw(st.sampled_from(["", " "])) + wide + draw(st.sampled_from(["", "  "]))

    def code(written):
        bare = written.translate(dict.fromkeys(map(ord, " .\u00a0\u2009")))
        mark = draw(st.sampled_from([" ", ".", "\u00a0", "\u2007", "\u202f", ""]))
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
