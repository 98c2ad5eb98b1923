"""Rules of identification, measurement and decision at the entry."""

import pytest

from edge.control.cases import Case
from edge.control.facts import envelope_of
from edge.core import events as ev
from edge.core.inspection import InspectionState
from edge.core.tracking import Phase
from edge.core.values import Quality
from edge.errors import CommandRefused
from edge.law.envelope import Axis
from edge.law.exemptions import HoldAnswer, HoldDecision
from edge.law.manifest import IdentityState
from edge.law.outcomes import Role
from edge.law.verdicts import VerdictKind
from edge.ports import Reading
from tests.unit.control.gate_bench import GateBench as Bench
from tests.unit.control.kit import LANE, LIVING, MS, manifest


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.manifests = [manifest()]
    return bench


def answer(case: Case, decision: HoldDecision) -> HoldAnswer:
    assert case.verdict is not None
    return HoldAnswer(
        case.inspection_id,
        case.verdict.rule_ids,
        "oms-sim",
        Role.OMS,
        decision,
        "seen",
        "2026-03-02T08:00:00.000000Z",
    )


def test_two_agreeing_identifiers_bind_and_the_law_permits(bench: Bench) -> None:
    case = bench.decided()
    assert case.identity is IdentityState.AGREED
    assert bench.kinds() == [VerdictKind.SCAN]
    assert case.permit is not None
    assert (case.permit.token, case.permit.inspection_id) == (case.token, case.inspection_id)


def test_one_identifier_is_not_enough(bench: Bench) -> None:
    case = bench.decided(qr=False)
    assert case.identity is IdentityState.MISSING
    assert bench.kinds() == [VerdictKind.HOLD]
    assert case.permit is None


def test_nothing_is_decided_before_identifiers_and_sizes_are_known(bench: Bench) -> None:
    bench.arrive()
    bench.read("label", "MSKU1")
    bench.read("qr", "Q-1")
    bench.wait(LANE.timing.identify_ms - 50)
    assert bench.kinds() == []
    bench.wait(50)
    assert bench.kinds() == [VerdictKind.HOLD]


def test_an_identifier_that_speaks_against_the_manifest_holds(bench: Bench) -> None:
    bench.manifests = [manifest(identifiers={"container": "MSKU 1", "qr": "Q-2"})]
    case = bench.decided()
    assert case.identity is IdentityState.CONFLICT
    assert bench.kinds() == [VerdictKind.HOLD]


def test_identifiers_of_two_manifests_hold(bench: Bench) -> None:
    bench.manifests = [
        manifest("m-1", identifiers={"container": "MSKU 1"}),
        manifest("m-2", identifiers={"qr": "Q-1"}),
    ]
    case = bench.decided()
    assert (case.identity, case.manifest) == (IdentityState.CONFLICT, None)
    assert bench.kinds() == [VerdictKind.HOLD]


def test_a_code_read_in_two_ways_holds(bench: Bench) -> None:
    bench.arrive()
    bench.read("qr", "Q-9")
    case = bench.book.all()[0]
    bench.read("label", "MSKU1")
    bench.read("qr", "Q-1")
    bench.gauge()
    bench.wait(LANE.timing.measure_ms)
    assert case.identity is IdentityState.CONFLICT
    assert bench.kinds() == [VerdictKind.HOLD]


def test_another_code_read_on_a_cleared_unit_withdraws_its_permit(bench: Bench) -> None:
    case = bench.decided()
    bench.core.inspection(case.token, InspectionState.CLEARED)
    bench.read("qr", "Q-2")
    assert bench.kinds() == [VerdictKind.SCAN, VerdictKind.HOLD]
    assert case.permit is None


def test_a_code_read_late_is_still_used(bench: Bench) -> None:
    case = bench.decided(qr=False)
    bench.core.inspection(case.token, InspectionState.ON_HOLD)
    bench.read("qr", "Q-1")
    assert bench.kinds() == [VerdictKind.HOLD, VerdictKind.SCAN]


def test_the_same_code_read_again_says_nothing_new(bench: Bench) -> None:
    case = bench.decided()
    bench.core.inspection(case.token, InspectionState.CLEARED)
    for _ in range(5):
        bench.read("qr", " q-1 ")
    assert bench.kinds() == [VerdictKind.SCAN]


def test_an_empty_line_identifies_nothing(bench: Bench) -> None:
    bench.manifests = [manifest(identifiers={"container": "", "qr": ""})]
    case = bench.arrive()
    bench.read("label", "  ")
    bench.read("qr", "")
    bench.gauge()
    bench.wait(LANE.timing.identify_ms)
    assert case.identifiers == {}
    assert bench.kinds() == [VerdictKind.HOLD]


def test_text_of_the_previous_unit_is_never_taken_for_the_next(bench: Bench) -> None:
    first = bench.decided()
    bench.read("label", "MSKU1")
    bench.read("qr", "Q-1")  # the last readings, just before it leaves
    bench.clock.ms += 50
    bench.depart()
    bench.clock.ms += 50
    second = bench.arrive()
    bench.gauge()
    bench.wait(LANE.timing.identify_ms)
    assert first.identifiers == {"container": "MSKU1", "qr": "Q-1"}
    assert second.identifiers == {}
    assert second.permit is None


def test_text_just_after_a_unit_has_left_is_nobodys(bench: Bench) -> None:
    bench.decided()
    bench.depart()
    bench.clock.ms += 100
    bench.read("qr", "Q-1")
    bench.clock.ms += 100
    second = bench.arrive()
    bench.wait(100)
    assert second.identifiers == {}


def test_text_read_while_a_unit_moves_in_is_nobodys(bench: Bench) -> None:
    case = bench.decided()
    bench.core.at_entry(case.token, Phase.ENTERING)
    bench.core.inspection(case.token, InspectionState.CLEARED)
    bench.read("qr", "Q-2")
    assert bench.kinds() == [VerdictKind.SCAN]
    bench.depart()
    second = bench.arrive()
    bench.wait(50)
    assert second.identifiers == {}


def test_a_reader_may_be_a_little_quicker_than_the_presence_sensor(bench: Bench) -> None:
    bench.clock.ms += 5000
    bench.read("qr", "Q-1")
    bench.clock.ms += 250
    case = bench.arrive()
    assert case.identifiers == {"qr": "Q-1"}


def test_text_older_than_the_unit_is_forgotten(bench: Bench) -> None:
    bench.clock.ms += 5000
    bench.read("qr", "Q-1")
    bench.clock.ms += 400
    case = bench.arrive()
    bench.wait(100)
    assert case.identifiers == {}


def test_a_size_measured_before_the_unit_came_is_not_its_size(bench: Bench) -> None:
    bench.gauge()
    bench.clock.ms += 10
    case = bench.arrive()
    bench.wait(200)
    assert case.sizes == {}


def test_a_bad_or_empty_measurement_is_no_size(bench: Bench) -> None:
    case = bench.arrive()
    bench.gauge(height=0)
    source = "width.width_mm"
    bench.readings[source] = Reading(source, 700, Quality.BAD, bench.clock.monotonic_ns())
    bench.wait(200)
    assert case.sizes == {}


def test_a_gauge_that_saw_nothing_leaves_its_size_in_doubt_whatever_is_declared() -> None:
    measured = LANE.envelope.model_copy(update={"must_measure": ("width",)})
    bench = Bench(LANE.model_copy(update={"envelope": measured}))
    sizes = {"height_mm": 900, "width_mm": 800, "length_mm": 700, "mass_kg": 200}
    bench.manifests = [manifest(dimensions=sizes)]
    case = bench.arrive()
    bench.gauge(height=0)
    bench.read("qr", "Q-1")
    bench.read("label", "MSKU1")
    bench.wait(LANE.timing.identify_ms)
    assert case.verdict is not None
    assert case.verdict.kind is VerdictKind.HOLD
    assert case.verdict.rule_ids == ("HO-DIMENSIONS-UNKNOWN",)


def test_what_a_lane_has_a_gauge_for_must_be_measured() -> None:
    """A measurement that is lost then never leaves the word to the carrier."""
    measured = LANE.envelope.model_copy(update={"must_measure": ()})
    envelope = envelope_of(LANE.model_copy(update={"envelope": measured}))
    assert envelope.must_measure == {Axis.HEIGHT, Axis.WIDTH}


def test_the_largest_size_and_the_widest_doubt_are_kept(bench: Bench) -> None:
    case = bench.arrive()
    for height, uncertainty in ((800, 20), (900, 5), (700, 5)):
        bench.gauge(height=height, uncertainty=uncertainty)
        bench.wait(50)
    assert case.sizes[Axis.HEIGHT] == (900, 20)


def test_a_corrected_manifest_that_holds_withdraws_the_permit(bench: Bench) -> None:
    case = bench.decided()
    bench.core.inspection(case.token, InspectionState.SCANNING)
    newer = manifest(version=2, goods=({"tnved_code": "0407", "description": "eggs"},))
    bench.manifests = [newer]
    bench.gate.manifest_arrived(newer)
    assert bench.kinds() == [VerdictKind.SCAN, VerdictKind.HOLD]
    assert case.permit is None


def test_hatching_eggs_of_a_corrected_manifest_are_exempt(bench: Bench) -> None:
    case = bench.decided()
    bench.core.inspection(case.token, InspectionState.CLEARED)
    newer = manifest(version=2, goods=({"tnved_code": "0407 11 000 0", "description": "eggs"},))
    bench.manifests = [newer]
    bench.gate.manifest_arrived(newer)
    assert bench.kinds() == [VerdictKind.SCAN, VerdictKind.EXEMPT]
    assert case.permit is None


def test_papers_of_other_units_decide_nothing_anew(bench: Bench) -> None:
    case = bench.decided(qr=False)
    bench.core.inspection(case.token, InspectionState.ON_HOLD)
    for number in range(5):
        other = manifest(f"o-{number}", identifiers={"container": f"X{number}", "qr": f"Y{number}"})
        bench.manifests.append(other)
        bench.gate.manifest_arrived(other)
    assert bench.kinds() == [VerdictKind.HOLD]


def test_the_same_papers_again_do_not_ask_the_officer_again(bench: Bench) -> None:
    case = bench.decided(qr=False)
    bench.core.inspection(case.token, InspectionState.ON_HOLD)
    bench.gate.manifest_arrived(bench.manifests[0])
    assert bench.kinds() == [VerdictKind.HOLD]


def _held_and_answered(bench: Bench, decision: HoldDecision) -> Case:
    bench.manifests = [manifest(goods=(LIVING,))]
    case = bench.decided()
    assert bench.kinds() == [VerdictKind.HOLD]
    case.answer, case.answered = answer(case, decision), case.verdict
    state = InspectionState.CLEARED if decision is HoldDecision.SCAN else InspectionState.PASSING
    bench.core.inspection(case.token, state)
    return case


def test_a_hold_for_the_same_reasons_keeps_the_officers_answer(bench: Bench) -> None:
    case = _held_and_answered(bench, HoldDecision.SCAN)
    newer = bench.manifests[0].model_copy(update={"version": 2})
    bench.manifests = [newer]
    bench.gate.manifest_arrived(newer)
    assert bench.kinds() == [VerdictKind.HOLD]
    assert case.permit is not None
    assert case.permit.officer_id == "oms-sim"


def test_the_same_rule_on_other_goods_asks_the_officer_anew(bench: Bench) -> None:
    case = _held_and_answered(bench, HoldDecision.SCAN)
    newer = manifest(version=2, goods=({**LIVING, "description": "live fish"},))
    bench.manifests = [newer]
    bench.gate.manifest_arrived(newer)
    assert bench.kinds() == [VerdictKind.HOLD, VerdictKind.HOLD]
    assert case.verdict is not None
    assert case.answered is not case.verdict


@pytest.mark.parametrize("decision", [HoldDecision.TURN_AWAY, HoldDecision.PASS])
def test_a_verdict_that_became_scan_does_not_undo_the_officer(
    bench: Bench, decision: HoldDecision
) -> None:
    case = _held_and_answered(bench, decision)
    newer = manifest(version=2)
    bench.manifests = [newer]
    bench.gate.manifest_arrived(newer)
    assert bench.kinds() == [VerdictKind.HOLD]
    assert case.permit is None


def test_a_manifest_confirmed_by_an_oms_binds(bench: Bench) -> None:
    case = bench.decided(qr=False)
    bench.core.inspection(case.token, InspectionState.ON_HOLD)
    bench.gate.confirm(case, "m-1", {"officer": "oms-sim"})
    assert case.identity is IdentityState.CONFIRMED
    assert bench.kinds() == [VerdictKind.HOLD, VerdictKind.SCAN]
    assert bench.posted.notes[-1]["officer"] == "oms-sim"


def test_a_manifest_that_names_nothing_read_cannot_be_confirmed(bench: Bench) -> None:
    case = bench.decided(qr=False)
    bench.manifests.append(manifest("m-2", identifiers={"qr": "Q-8"}))
    with pytest.raises(CommandRefused, match=r"m-2.*m-1"):
        bench.gate.confirm(case, "m-2", {})
    assert case.confirmed_manifest == ""


def test_a_stale_manifest_never_clears(bench: Bench) -> None:
    bench.manifests = [manifest(valid_until="2026-03-01T09:00:00Z")]
    bench.decided()
    assert bench.kinds() == [VerdictKind.HOLD]


def test_what_may_not_fit_is_turned_away_whatever_the_route(bench: Bench) -> None:
    case = bench.arrive()
    bench.read("label", "MSKU1")
    bench.read("qr", "Q-1")
    bench.gauge(height=1600)
    bench.wait(LANE.timing.measure_ms)
    (event,) = bench.posted.of(ev.VerdictGiven)
    assert event == ev.VerdictGiven(case.token, VerdictKind.EXEMPT, ev.Route.TURN_AWAY)


def test_texts_of_devices_that_are_no_readers_are_left_out(bench: Bench) -> None:
    case = bench.arrive()
    bench.gate.text("height.text", "Q-1", bench.clock.ms * MS)
    assert case.identifiers == {}
