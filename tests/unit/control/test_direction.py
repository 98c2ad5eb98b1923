"""Rules of a lane with one direction: it stands in for a missing manifest and overrules none."""

import pytest

from edge.control.cases import Case
from edge.control.records import Tellers
from edge.core.effects import Entry, EntryKind
from edge.law.verdicts import VerdictKind
from edge.settings import LaneFile
from tests.unit.control.gate_bench import GateBench
from tests.unit.control.kit import LANE, STARTED, manifest

REQUEST = {"reference": "R-1", "date": "2026-03-01", "name": "carrier"}
LEAVING = {"direction": "departure", "carrier_request": REQUEST}


def lane_for(direction: str | None) -> LaneFile:
    section = LANE.lane.model_copy(update={"direction": direction})
    return LANE.model_copy(update={"lane": section})


def decided(direction: str | None, *papers: object) -> Case:
    bench = GateBench(lane_for(direction))
    bench.manifests = list(papers)  # type: ignore[arg-type]  # manifests of the kit
    return bench.decided()


def test_a_missing_manifest_holds_on_a_lane_of_arrivals_and_no_officer_scans_over_it() -> None:
    verdict = decided("arrival").verdict
    assert verdict is not None
    assert verdict.kind is VerdictKind.HOLD
    assert "HO-MANIFEST-MISSING" in verdict.rule_ids
    assert "HO-DIRECTION-UNKNOWN" not in verdict.rule_ids
    assert not verdict.officer_may_scan


@pytest.mark.parametrize(
    ("other", "rule"),
    [
        ({"goods": ({"tnved_code": "0106 19", "description": "x"},)}, "HO-EXEMPT-UNPROVEN"),
        (LEAVING, "HO-DIRECTION-CONTRADICTION"),
    ],
)
def test_what_one_of_several_manifests_says_keeps_an_officer_from_scanning(
    other: dict[str, object], rule: str
) -> None:
    """The container names one manifest, the code another: neither is missing, and one forbids."""
    first = manifest("m-1", identifiers={"container": "MSKU 1"})
    verdict = decided("arrival", first, manifest("m-2", identifiers={"qr": "Q-1"}, **other)).verdict
    assert verdict is not None
    assert {"HO-IDENTITY-CONFLICT", rule} <= set(verdict.rule_ids)
    assert not verdict.officer_may_scan


def test_without_a_direction_of_the_lane_nobody_scans_over_a_missing_manifest() -> None:
    verdict = decided(None).verdict
    assert verdict is not None
    assert "HO-DIRECTION-UNKNOWN" in verdict.rule_ids
    assert not verdict.officer_may_scan


def test_a_missing_manifest_on_a_lane_of_departures_has_no_basis() -> None:
    verdict = decided("departure").verdict
    assert verdict is not None
    assert verdict.rule_ids == ("NB-DEPARTURE",)


@pytest.mark.parametrize(("direction", "said"), [("arrival", {}), ("departure", LEAVING)])
def test_a_manifest_that_says_the_same_as_the_lane_is_scanned(
    direction: str, said: dict[str, object]
) -> None:
    assert decided(direction, manifest(**said)).permit is not None


@pytest.mark.parametrize(("direction", "said"), [("arrival", LEAVING), ("departure", {})])
def test_a_manifest_that_says_otherwise_than_the_lane_is_a_contradiction(
    direction: str, said: dict[str, object]
) -> None:
    case = decided(direction, manifest(**said))
    assert case.verdict is not None
    assert case.verdict.rule_ids == ("HO-DIRECTION-CONTRADICTION",)
    assert not case.verdict.officer_may_scan
    assert case.permit is None


def test_two_manifests_of_which_one_says_otherwise_than_the_lane_are_both_contradictions() -> None:
    verdict = decided("arrival", manifest(), manifest(**LEAVING)).verdict
    assert verdict is not None
    assert verdict.rule_ids == ("HO-DIRECTION-CONTRADICTION", "HO-MANIFEST-CONTRADICTION")


@pytest.mark.parametrize("direction", [None, "arrival"])
def test_headquarters_is_told_the_direction_of_the_lane_when_a_unit_arrives(
    direction: str | None,
) -> None:
    opened = Entry(EntryKind.INSPECTION_OPENED, 7, "")
    told = Tellers(lane_for(direction)).tell(opened, None, {}, STARTED)
    assert told.event is not None
    assert told.event.make(1, "ab" * 32).model_dump()["direction"] == direction
