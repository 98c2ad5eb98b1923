"""Rules of a named OMS's word on whose papers they are: nothing that was read speaks against it."""

from pathlib import Path

import pytest

from edge.control.acts import Actor
from edge.control.cases import Case
from edge.core.effects import EntryKind
from edge.core.inspection import InspectionState
from edge.errors import CommandRefused
from edge.law.manifest import IdentityState
from edge.law.verdicts import VerdictKind
from tests.unit.control.gate_bench import GateBench
from tests.unit.control.kit import LANE, LIVING, manifest
from tests.unit.control.lane_bench import LaneBench, on_bench, paper

EGGS = ({"tnved_code": "0407 11 000 0", "description": "eggs"},)
NOTE = {"officer": "oms-sim", "confirmed_manifest": "m-1", "reason": "papers in the cab"}


@pytest.fixture
def bench() -> GateBench:
    bench = GateBench()
    bench.manifests = [manifest()]
    return bench


def unread(bench: GateBench) -> Case:
    """A unit on hold of which no reader has read anything."""
    case = bench.decided(label=False, qr=False)
    assert {"HO-IDENTITY-MISSING", "HO-MANIFEST-MISSING"} <= rules(case)
    bench.core.inspection(case.token, InspectionState.ON_HOLD)
    return case


def rules(case: Case) -> set[str]:
    assert case.verdict is not None
    return set(case.verdict.rule_ids)


def arrives(bench: GateBench, **changes: object) -> None:
    bench.manifests.append(manifest(**changes))  # type: ignore[arg-type]  # fields of a manifest
    bench.gate.manifest_arrived(bench.manifests[-1])


def test_where_the_readers_are_silent_an_oms_binds_a_manifest_by_its_id(bench: GateBench) -> None:
    case = unread(bench)
    bench.gate.confirm(case, "m-1", NOTE)
    assert case.identity is IdentityState.CONFIRMED
    assert case.manifest == bench.manifests[0]
    assert bench.kinds() == [VerdictKind.HOLD, VerdictKind.SCAN]
    assert case.permit is not None
    assert {key: bench.posted.notes[-1][key] for key in NOTE} == NOTE


def test_a_manifest_that_was_bound_by_its_id_exempts_like_any_other(bench: GateBench) -> None:
    bench.manifests = [manifest(goods=EGGS)]
    case = unread(bench)
    bench.gate.confirm(case, "m-1", NOTE)
    assert bench.kinds() == [VerdictKind.HOLD, VerdictKind.EXEMPT]
    assert case.permit is None


def test_a_manifest_the_lane_does_not_have_is_refused_by_its_id(bench: GateBench) -> None:
    case = unread(bench)
    with pytest.raises(CommandRefused, match=r"no manifest 'm-9'; check the id, or have headq"):
        bench.gate.confirm(case, "m-9", NOTE)
    assert (case.confirmed_manifest, case.papers) == ("", ())
    assert bench.kinds() == [VerdictKind.HOLD]


def test_what_was_read_and_speaks_against_a_manifest_keeps_it_from_being_bound(
    bench: GateBench,
) -> None:
    case = bench.arrive()
    bench.read("label", "TGHU 77")
    bench.gauge()
    bench.wait(LANE.timing.identify_ms)
    bench.core.inspection(case.token, InspectionState.ON_HOLD)
    said = r"'m-1' is not of .*: container 'TGHU77' was read and 'MSKU1' is declared"
    with pytest.raises(CommandRefused, match=said):
        bench.gate.confirm(case, "m-1", NOTE)
    assert case.confirmed_manifest == ""
    assert bench.kinds() == [VerdictKind.HOLD]


def test_what_was_read_and_no_manifest_names_keeps_no_other_one_from_being_bound(
    bench: GateBench,
) -> None:
    bench.manifests = [manifest(identifiers={"container": "MSKU 1"})]
    case = bench.arrive()
    bench.read("qr", "Q-1")
    bench.gauge()
    bench.wait(LANE.timing.identify_ms)
    bench.core.inspection(case.token, InspectionState.ON_HOLD)
    bench.gate.confirm(case, "m-1", NOTE)
    assert bench.kinds() == [VerdictKind.HOLD, VerdictKind.SCAN]


def test_one_version_that_says_two_things_is_not_bound_by_its_id(bench: GateBench) -> None:
    bench.manifests.append(manifest(goods=EGGS))
    case = unread(bench)
    with pytest.raises(CommandRefused, match=r"m-1.*version 1.*higher version"):
        bench.gate.confirm(case, "m-1", NOTE)
    assert case.confirmed_manifest == ""


@pytest.mark.parametrize(
    ("goods", "kind"), [(EGGS, VerdictKind.EXEMPT), ((LIVING,), VerdictKind.HOLD)]
)
def test_a_new_version_of_a_manifest_that_was_bound_by_its_id_decides_anew(
    bench: GateBench, goods: object, kind: VerdictKind
) -> None:
    case = unread(bench)
    bench.gate.confirm(case, "m-1", NOTE)
    bench.core.inspection(case.token, InspectionState.CLEARED)
    arrives(bench, version=2, goods=goods)
    assert (case.identity, case.manifest) == (IdentityState.CONFIRMED, bench.manifests[-1])
    assert bench.kinds() == [VerdictKind.HOLD, VerdictKind.SCAN, kind]
    assert case.permit is None


def test_a_contradiction_in_a_manifest_that_was_bound_by_its_id_withdraws_the_permit(
    bench: GateBench,
) -> None:
    case = unread(bench)
    bench.gate.confirm(case, "m-1", NOTE)
    bench.core.inspection(case.token, InspectionState.SCANNING)
    arrives(bench, goods=EGGS)
    assert "HO-MANIFEST-CONTRADICTION" in rules(case)
    assert case.permit is None


def test_what_is_read_late_and_agrees_leaves_the_confirmation(bench: GateBench) -> None:
    case = unread(bench)
    bench.gate.confirm(case, "m-1", NOTE)
    bench.core.inspection(case.token, InspectionState.CLEARED)
    bench.read("label", "MSKU1")
    assert (case.identity, bench.kinds()[-1]) == (IdentityState.CONFIRMED, VerdictKind.SCAN)
    assert case.permit is not None


def test_what_is_read_late_and_speaks_against_it_ends_the_confirmation(bench: GateBench) -> None:
    case = unread(bench)
    bench.gate.confirm(case, "m-1", NOTE)
    bench.core.inspection(case.token, InspectionState.CLEARED)
    bench.read("label", "TGHU 77")
    assert {"HO-IDENTITY-MISSING", "HO-MANIFEST-MISSING"} <= rules(case)
    assert (case.papers, case.permit) == ((), None)
    bench.core.inspection(case.token, InspectionState.ON_HOLD)
    arrives(bench, version=2, identifiers={"qr": "Q-1"})  # the container was a mistake
    assert (case.identity, bench.kinds()[-1]) == (IdentityState.CONFIRMED, VerdictKind.SCAN)


def test_another_manifest_that_names_what_is_read_late_ends_the_confirmation(
    bench: GateBench,
) -> None:
    bench.manifests = [
        manifest(identifiers={"container": "MSKU 1"}),
        manifest("m-2", identifiers={"qr": "Q-2"}, goods=EGGS),
    ]
    case = unread(bench)
    bench.gate.confirm(case, "m-1", NOTE)
    bench.core.inspection(case.token, InspectionState.CLEARED)
    bench.read("qr", "Q-2")
    assert {"HO-IDENTITY-MISSING", "HO-EXEMPT-UNPROVEN"} <= rules(case)
    assert case.permit is None


def test_a_confirmation_by_id_is_written_with_the_officer_and_the_reason(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        bench.papers = [paper()]
        await bench.into_service()
        bench.arrive()
        await bench.until(lambda: bench.inspection() == "on_hold")
        (case,) = bench.logic.book.all()
        assert case.identifiers == {}
        bench.logic.acts.confirm_identity(
            Actor(LANE.officers[0]),
            inspection_id=case.inspection_id,
            manifest_id="m-1",
            reason="papers in the cab",
        )
        await bench.until(lambda: bench.inspection() == "analysis")

    bench = on_bench(tmp_path, scenario)
    verdicts = [one.body for one in bench.told if one.kind == EntryKind.VERDICT_GIVEN.value]
    told = [verdicts[-1][key] for key in ("officer", "confirmed_manifest", "reason")]
    assert told == [LANE.officers[0].id, "m-1", "papers in the cab"]
