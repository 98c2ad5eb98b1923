"""Rules of manifests that contradict each other: a hold that says so, never one of both."""

import pytest

from edge.core.inspection import InspectionState
from edge.errors import CommandRefused
from edge.law.verdicts import VerdictKind
from tests.unit.control.gate_bench import GateBench
from tests.unit.control.kit import manifest

EGGS = ({"tnved_code": "0407 11 000 0", "description": "eggs"},)
TOYS = ({"tnved_code": "9503", "description": "toys"},)
REQUEST = {"reference": "R-1", "date": "2026-03-01", "name": "carrier"}
LEAVING = {"direction": "departure"}


@pytest.fixture
def bench() -> GateBench:
    return GateBench()


@pytest.mark.parametrize("first", [0, 1])
def test_one_version_that_says_two_things_holds_and_neither_is_believed(
    bench: GateBench, first: int
) -> None:
    both = [manifest(), manifest(goods=TOYS)]
    bench.manifests = [both[first], both[1 - first]]
    case = bench.decided()
    assert case.verdict is not None
    assert case.verdict.kind is VerdictKind.HOLD
    assert "HO-MANIFEST-CONTRADICTION" in case.verdict.rule_ids
    (reason,) = [r for r in case.verdict.reasons if "CONTRADICTION" in r.rule_id]
    assert reason.offending == ("manifest m-1 version 1",)
    assert not case.verdict.officer_may_scan
    assert (case.manifest, case.permit) == (None, None)


def test_exempt_goods_in_one_of_two_contradicting_manifests_are_shown(bench: GateBench) -> None:
    bench.manifests = [manifest(), manifest(goods=EGGS)]
    case = bench.decided()
    assert case.verdict is not None
    assert case.verdict.rule_ids == ("HO-EXEMPT-UNPROVEN", "HO-MANIFEST-CONTRADICTION")


@pytest.mark.parametrize("other", [{}, {**LEAVING, "carrier_request": REQUEST}])
def test_a_basis_that_only_one_of_two_manifests_states_is_not_known(
    bench: GateBench, other: dict[str, object]
) -> None:
    bench.manifests = [manifest(**LEAVING), manifest(**other)]
    case = bench.decided()
    assert case.verdict is not None
    assert case.verdict.rule_ids == ("HO-DIRECTION-UNKNOWN", "HO-MANIFEST-CONTRADICTION")


def test_the_same_statement_signed_with_another_key_is_no_contradiction(bench: GateBench) -> None:
    signed = [("k-1", "aa"), ("k-2", "bb")]
    bench.manifests = [manifest(key_id=key, signature=signature) for key, signature in signed]
    bench.decided()
    assert bench.kinds() == [VerdictKind.SCAN]


def test_a_contradiction_that_comes_late_withdraws_the_permit(bench: GateBench) -> None:
    bench.manifests = [manifest()]
    case = bench.decided()
    bench.core.inspection(case.token, InspectionState.SCANNING)
    bench.manifests.append(manifest(goods=EGGS))
    bench.gate.manifest_arrived(bench.manifests[-1])
    assert bench.kinds() == [VerdictKind.SCAN, VerdictKind.HOLD]
    assert case.permit is None


def test_a_higher_version_ends_a_contradiction(bench: GateBench) -> None:
    bench.manifests = [manifest(), manifest(goods=EGGS)]
    case = bench.decided()
    bench.core.inspection(case.token, InspectionState.ON_HOLD)
    bench.manifests.append(manifest(version=2))
    bench.gate.manifest_arrived(bench.manifests[-1])
    assert bench.kinds() == [VerdictKind.HOLD, VerdictKind.SCAN]
    assert case.manifest == bench.manifests[-1]


def test_a_higher_version_of_another_unit_ends_a_contradiction_too(bench: GateBench) -> None:
    bench.manifests = [manifest(), manifest(goods=EGGS)]
    case = bench.decided()
    bench.core.inspection(case.token, InspectionState.ON_HOLD)
    corrected = manifest(version=2, identifiers={"container": "MSKU 9", "qr": "Q-9"})
    bench.manifests = [corrected]
    bench.gate.manifest_arrived(corrected)
    assert case.verdict is not None
    assert "HO-MANIFEST-MISSING" in case.verdict.rule_ids


def test_a_contradicting_manifest_cannot_be_confirmed(bench: GateBench) -> None:
    bench.manifests = [manifest(), manifest(goods=EGGS)]
    case = bench.decided(qr=False)
    bench.core.inspection(case.token, InspectionState.ON_HOLD)
    with pytest.raises(CommandRefused, match=r"m-1.*version 1.*higher version"):
        bench.gate.confirm(case, "m-1", {})
    assert case.confirmed_manifest == ""
