"""Rules of what time and late knowledge change: papers that end, gauges that come back, texts."""

from datetime import timedelta
from pathlib import Path

import pytest

from edge.core.inspection import InspectionState
from edge.core.values import Input
from edge.errors import CommandRefused
from edge.law.envelope import Axis
from edge.law.verdicts import VerdictKind
from tests.unit.control.gate_bench import GateBench
from tests.unit.control.kit import LANE, manifest
from tests.unit.control.lane_bench import LaneBench, on_bench, paper

CATTLE = ({"tnved_code": "0102 29", "description": "calves"},)


@pytest.fixture
def bench() -> GateBench:
    bench = GateBench()
    bench.manifests = [manifest()]
    return bench


def rules(case: object) -> tuple[str, ...]:
    return case.verdict.rule_ids  # type: ignore[attr-defined, no-any-return]  # a decided case


def test_a_permit_does_not_outlive_the_papers_it_rests_on(bench: GateBench) -> None:
    end = bench.clock.utc() + timedelta(seconds=10)
    bench.manifests = [manifest(valid_until=end.strftime("%Y-%m-%dT%H:%M:%SZ"))]
    case = bench.decided()
    assert bench.kinds() == [VerdictKind.SCAN]
    bench.core.inspection(case.token, InspectionState.CLEARED)
    bench.wait(11_000)
    assert bench.kinds() == [VerdictKind.SCAN, VerdictKind.HOLD]
    assert rules(case) == ("HO-MANIFEST-STALE",)
    assert case.permit is None
    bench.wait(60_000)
    assert len(bench.kinds()) == 2


def test_no_beam_comes_on_for_papers_that_ended_while_the_unit_waited(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        end = bench.clock.utc() + timedelta(seconds=20)
        bench.papers = [paper(valid_until=end.strftime("%Y-%m-%dT%H:%M:%SZ"))]
        await bench.into_service()
        bench.inputs["doors"] = Input.BLOCKED
        bench.arrive()
        await bench.read_identifiers()
        await bench.until(lambda: bench.inspection() == "cleared")
        await bench.run(25)
        bench.inputs["doors"] = Input.OK
        assert bench.inspection() == "on_hold"
        await bench.run(5)
        assert bench.exposure_ms == 0

    on_bench(tmp_path, scenario)


def test_the_civil_day_is_asked_anew_after_midnight(bench: GateBench) -> None:
    case = bench.decided()
    bench.core.inspection(case.token, InspectionState.ON_HOLD)
    until = case.decided_until
    assert case.verdict is not None
    day = case.verdict.inputs["day"]
    bench.clock.ms += round((until - bench.clock.utc()).total_seconds() * 1000) + 1
    bench.gate.tick()
    assert case.verdict.inputs["day"] > day  # type: ignore[operator]  # two texts
    assert case.decided_until > until


def test_a_gauge_that_comes_back_measures_the_unit_that_is_held_for_it(bench: GateBench) -> None:
    case = bench.arrive()
    for reader, text in (("label", "MSKU1"), ("qr", "Q-1")):
        bench.read(reader, text)
    bench.wait(LANE.timing.identify_ms)
    assert "HO-DIMENSIONS-UNKNOWN" in rules(case)
    bench.core.inspection(case.token, InspectionState.ON_HOLD)
    bench.gauge()
    bench.gate.tick()
    assert bench.kinds() == [VerdictKind.HOLD, VerdictKind.SCAN]


def test_what_a_gauge_sees_after_it_has_seen_nothing_is_not_the_unit(bench: GateBench) -> None:
    case = bench.arrive()
    for reader, text in (("label", "MSKU1"), ("qr", "Q-1")):
        bench.read(reader, text)
    bench.gauge(height=0)
    bench.wait(LANE.timing.identify_ms)
    bench.core.inspection(case.token, InspectionState.ON_HOLD)
    assert case.not_there == {Axis.HEIGHT}
    bench.gauge(height=300)
    bench.gate.tick()
    assert bench.kinds() == [VerdictKind.HOLD]


def test_what_is_known_of_a_held_unit_is_not_measured_again(bench: GateBench) -> None:
    case = bench.arrive()
    bench.gauge(height=900)
    bench.wait(LANE.timing.identify_ms)
    bench.core.inspection(case.token, InspectionState.ON_HOLD)
    bench.gauge(height=1700)
    bench.wait(1000)
    assert case.sizes[Axis.HEIGHT][0] == 900


def test_every_text_that_was_read_is_looked_up_and_recorded(bench: GateBench) -> None:
    bench.manifests = [
        manifest(),
        manifest(id="m-2", identifiers={"container": "MSKU 2"}, goods=CATTLE),
    ]
    case = bench.decided()
    assert bench.kinds() == [VerdictKind.SCAN]
    bench.read("label", "MSKU2")
    assert case.also_read == {"container": {"MSKU2"}}
    assert {"HO-IDENTITY-CONFLICT", "HO-EXEMPT-UNPROVEN"} <= set(rules(case))
    assert case.permit is None


def test_a_text_that_contradicts_ends_a_confirmation(bench: GateBench) -> None:
    case = bench.decided(qr=False)
    bench.core.inspection(case.token, InspectionState.ON_HOLD)
    bench.gate.confirm(case, "m-1", {"officer": "oms-sim"})
    assert case.permit is not None
    bench.read("label", "MSKU2")
    assert (case.confirmed_manifest, case.permit) == ("", None)


def test_papers_of_the_second_text_may_be_confirmed_where_the_first_was_misread(
    bench: GateBench,
) -> None:
    case = bench.arrive()
    bench.read("label", "MSKU7")
    bench.read("label", "MSKU1")
    bench.gauge()
    bench.wait(LANE.timing.identify_ms)
    bench.core.inspection(case.token, InspectionState.ON_HOLD)
    bench.gate.confirm(case, "m-1", {"officer": "oms-sim"})
    assert bench.kinds()[-1] is VerdictKind.SCAN


def test_a_reader_that_babbles_fills_nothing(bench: GateBench) -> None:
    case = bench.arrive()
    for number in range(100):
        bench.read("label", f"MSKU{number}")
    assert len(case.also_read["container"]) == 8
    with pytest.raises(CommandRefused):
        bench.gate.confirm(case, "m-9", {"officer": "oms-sim"})
