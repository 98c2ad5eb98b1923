"""Rules of what goes with the goods: documents, vehicle and owner reach the law from all papers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.control.cases import Case
from edge.control.facts import manifest_facts
from edge.law.manifest import IdentityState
from edge.law.verdicts import VerdictKind
from edge.settings import LaneFile
from tests.unit.control.gate_bench import GateBench
from tests.unit.control.kit import LANE, STARTED, manifest

CERTIFICATE = {"type": "01201", "number": "V-1", "date": "2026-02-01"}
INVOICE = {"type": "04021", "number": "I-7", "date": "2026-02-02"}


def decided(*papers: object) -> Case:
    bench = GateBench()
    bench.manifests = list(papers)  # type: ignore[arg-type]  # manifests of the kit
    return bench.decided()


def rules(case: Case) -> tuple[str, ...]:
    assert case.verdict is not None
    return case.verdict.rule_ids


def test_a_veterinary_certificate_beside_goods_that_need_none_holds() -> None:
    assert rules(decided(manifest(documents=(CERTIFICATE, INVOICE)))) == ("HO-DOCUMENT",)
    assert rules(decided(manifest(documents=(INVOICE,)))) == ("SC-CLEAR",)


def test_a_vehicle_made_for_animals_holds_whatever_it_is_said_to_carry() -> None:
    livestock = {"kind": "Livestock carrier", "registration": "123 ABC 02"}
    assert rules(decided(manifest(transport=livestock))) == ("HO-ANIMAL-VEHICLE",)
    assert rules(decided(manifest(transport={"kind": "refrigerated truck"}))) == ("SC-CLEAR",)


def test_a_private_vehicle_is_held_until_its_driver_was_asked() -> None:
    case = decided(manifest(private_vehicle=True, goods=()))
    assert rules(case) == ("HO-DRIVER-NOT-ASKED",)
    assert case.verdict is not None
    assert not case.verdict.officer_may_scan


def test_several_manifests_of_one_unit_bring_the_documents_of_all_and_the_vehicle_of_any() -> None:
    first = manifest("m-1", identifiers={"container": "MSKU 1"}, documents=(INVOICE,))
    second = manifest(
        "m-2",
        identifiers={"qr": "Q-1"},
        documents=(CERTIFICATE, INVOICE),
        transport={"kind": "horse_box"},
    )
    truck = first.model_copy(update={"transport": second.transport})
    for papers in ((first, second), (second, first), (truck, second)):
        found = rules(decided(*papers))
        assert {"HO-IDENTITY-CONFLICT", "HO-DOCUMENT", "HO-ANIMAL-VEHICLE"} <= set(found)


@given(st.lists(st.booleans(), min_size=1, max_size=4))
@settings(deadline=None, derandomize=True, max_examples=30)
def test_a_vehicle_is_private_only_where_all_papers_say_so(said: list[bool]) -> None:
    papers = tuple(manifest(f"m-{i}", private_vehicle=one) for i, one in enumerate(said))
    facts = manifest_facts(papers, IdentityState.CONFLICT, STARTED)
    assert facts.private_vehicle is all(said)


def test_a_kind_of_vehicle_is_found_among_all_that_are_named() -> None:
    papers = (
        manifest("m-1", transport={"kind": "truck"}, identifiers={"container": "MSKU 1"}),
        manifest("m-2", transport={"kind": "circus_caravan"}, identifiers={"qr": "Q-1"}),
    )
    facts = manifest_facts(papers, IdentityState.CONFLICT, STARTED)
    assert facts.vehicle == "truck; circus_caravan"
    case = decided(*papers)
    assert case.verdict is not None
    assert case.verdict.kind is VerdictKind.HOLD
    assert "HO-ANIMAL-VEHICLE" in case.verdict.rule_ids


def lane_of(units: str) -> LaneFile:
    return LANE.model_copy(update={"lane": LANE.lane.model_copy(update={"units": units})})


@pytest.mark.parametrize(("units", "asked"), [("goods", False), ("vehicles", True)])
def test_only_where_vehicles_come_is_one_without_papers_taken_for_a_private_one(
    units: str, asked: bool
) -> None:
    case = GateBench(lane_of(units)).decided()
    assert ("HO-DRIVER-NOT-ASKED" in rules(case)) is asked
    assert "HO-MANIFEST-MISSING" in rules(case)
