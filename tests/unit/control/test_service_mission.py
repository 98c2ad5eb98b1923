"""Seasoning on a lane with fake devices: who may, when, in which order, and when it counts."""

import asyncio
import os
import pwd
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from edge.control.acts import Actor
from edge.control.desk import Desk
from edge.core import events as ev
from edge.core.faults import Fault
from edge.core.values import Input
from edge.errors import CommandRefused
from edge.settings import LaneFile, NotNeeded, Seasoning
from tests.unit.control.kit import LANE
from tests.unit.control.lane_bench import LaneBench
from tests.unit.control.lane_bench import on_bench as on_lane_bench

STEPS = ({"kv": 50.0, "ma": 1.0, "hold_s": 3}, {"kv": 120.0, "ma": 2.0, "hold_s": 4})
SEASONING = Seasoning(
    source="manual of a test", season_after_h=8, tolerance_percent=5, longest_s=30, steps=STEPS
)
SEASONED = LANE.model_copy(
    update={"source": LANE.source.model_copy(update={"seasoning": SEASONING})}
)
Scenario = Callable[[LaneBench], Coroutine[object, object, None]]


def on_bench(folder: Path, scenario: Scenario, lane: LaneFile = SEASONED) -> None:
    on_lane_bench(folder, scenario, lane=lane)


def officer(bench: LaneBench, name: str = "oms-sim") -> Actor:
    return Actor(bench.logic.officers.by_signature(name))


async def due(bench: LaneBench) -> None:
    """The lane stands ready, warm, with its key in SERVICE and its tube due."""
    await bench.into_service()
    bench.inputs["key_service"] = Input.OK
    await bench.run(1.5)
    assert faults(bench) == {Fault.SEASONING_DUE}


async def radiating(bench: LaneBench) -> None:
    await due(bench)
    bench.logic.service.season(officer(bench))
    await bench.until(lambda: bench.mode() == "service_beam", 8)
    await bench.run(0.1)


def faults(bench: LaneBench) -> set[Fault]:
    return {active.fault for active in bench.logic.runner.state.faults}


def written(bench: LaneBench, kind: str) -> list[object]:
    return [entry.body.get("cause") for entry in bench.told if entry.kind == kind]


def test_a_tube_of_which_nothing_is_known_scans_nothing_until_it_was_seasoned(
    tmp_path: Path,
) -> None:
    async def scenario(bench: LaneBench) -> None:
        await bench.into_service()
        bench.arrive()
        await bench.read_identifiers()
        await bench.run(8)
        assert "arm board" not in bench.effects()
        assert bench.mode() == "ready"
        assert bench.inspection() == "cleared"
        told = bench.logic.status()
        assert "seasoning due" in str(told["source"])
        assert {"row": "tube", "says": "blocked"} in told["against"]  # type: ignore[operator]

    on_bench(tmp_path, scenario)


def test_a_seasoning_runs_every_step_and_the_lane_scans_afterwards(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await radiating(bench)
        shown = bench.logic.status()["service"]
        assert isinstance(shown, dict)
        assert (shown["purpose"], shown["step"], shown["kv"]) == ("seasoning", "1 of 2", 50.0)
        await bench.until(lambda: bench.mode() == "ready", 12)
        assert written(bench, "service.ended") == ["done"]
        prepared = [what for what in bench.effects() if what.startswith("prepare")]
        assert prepared == ["prepare 50 1", "prepare 120 2"]
        assert not bench.hv
        assert not bench.relay
        assert 7000 <= bench.exposure_ms <= 8500
        await bench.run(0.5)
        assert faults(bench) == set()
        bench.inputs["key_service"] = Input.BLOCKED
        bench.arrive()
        await bench.read_identifiers()
        await bench.until(lambda: bench.mode() == "scanning", 20)

    on_bench(tmp_path, scenario)


def test_nothing_of_a_seasoning_happens_before_its_entry_is_on_disk(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await radiating(bench)
        happened = bench.happened

        def committed(kind: str) -> int:
            return next(
                at for at, (what, kinds) in enumerate(happened)
                if what == "commit" and kind in kinds
            )  # fmt: skip

        def done(what: str) -> int:
            return happened.index(("do", (what,)))

        assert committed("service.permitted") < done("warning on")
        assert committed("service.permitted") < done("arm board")
        assert committed("service.beam_intent") < done("renew")
        assert done("prepare 50 1") < done("hv on")

    on_bench(tmp_path, scenario)


@pytest.mark.parametrize("fails_at", ["service.permitted", "service.beam_intent"])
def test_without_its_entry_on_disk_there_is_no_beam_without_a_unit(
    tmp_path: Path, fails_at: str
) -> None:
    async def scenario(bench: LaneBench) -> None:
        await due(bench)
        bench.disk.fails_at = fails_at
        bench.logic.service.season(officer(bench))
        await bench.run(9)
        assert not {"renew", "hv on"} & set(bench.effects())
        assert Fault.SEASONING_DUE in faults(bench)

    on_bench(tmp_path, scenario)


def test_an_end_that_is_not_on_disk_leaves_the_seasoning_due(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await radiating(bench)
        bench.disk.fails_at = "service.ended"
        await bench.run(12)
        assert written(bench, "service.ended")[0] == "done"
        assert Fault.SEASONING_DUE in faults(bench)

    on_bench(tmp_path, scenario)


@pytest.mark.parametrize(
    ("source", "says", "cause"),
    [
        ("key_service", Input.BLOCKED, "service"),
        ("key_service", Input.UNKNOWN, "service"),
        ("doors", Input.BLOCKED, "trip"),
        ("zone", Input.BLOCKED, "trip"),
        ("key", Input.BLOCKED, "trip"),
    ],
)
def test_every_doubt_ends_a_seasoning_and_leaves_it_due(
    tmp_path: Path, source: str, says: Input, cause: str
) -> None:
    async def scenario(bench: LaneBench) -> None:
        await radiating(bench)
        bench.inputs[source] = says
        await bench.run(0.2)
        assert not bench.relay
        assert not bench.hv
        assert written(bench, "service.ended") == [cause]
        await bench.run(10)
        assert Fault.SEASONING_DUE in faults(bench)
        assert bench.logic.service.mission(-1) is None
        assert "hv on" not in bench.effects()[bench.effects().index("hv off") :]

    on_bench(tmp_path, scenario)


def test_a_unit_that_comes_ends_a_seasoning(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await radiating(bench)
        bench.arrive()
        await bench.run(0.2)
        assert not bench.relay
        assert written(bench, "service.ended") == ["inspection,lane_empty"]
        await bench.read_identifiers()
        await bench.run(8)
        assert "open entry" not in bench.effects()

    on_bench(tmp_path, scenario)


def test_an_officer_ends_a_seasoning_at_any_time(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await radiating(bench)
        assert bench.logic.service.end(officer(bench, "oac-sim")) == "seasoning: ended"
        await bench.run(0.2)
        assert not bench.relay
        assert written(bench, "service.ended") == ["aborted"]
        with pytest.raises(CommandRefused, match="no service mission"):
            bench.logic.service.end(officer(bench))

    on_bench(tmp_path, scenario)


def test_a_step_whose_voltage_is_not_read_never_counts(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await radiating(bench)
        bench.kv_read = 40.0
        await bench.run(20)
        assert bench.mode() == "service_beam"
        shown = bench.logic.status()["service"]
        assert isinstance(shown, dict)
        assert (shown["step"], shown["held_s"]) == ("1 of 2", 0)
        await bench.run(12)
        assert written(bench, "service.ended") == ["time"]
        assert bench.exposure_ms <= SEASONING.longest_s * 1000 + 500

    on_bench(tmp_path, scenario)


def test_a_step_that_is_broken_begins_anew(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await radiating(bench)
        await bench.run(2)
        bench.kv_read = 0.0
        await bench.run(0.2)
        bench.kv_read = None
        await bench.run(2)
        shown = bench.logic.status()["service"]
        assert isinstance(shown, dict)
        assert shown["step"] == "1 of 2"

    on_bench(tmp_path, scenario)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"key_service": Input.BLOCKED}, "turn it"),
        ({"key_service": Input.UNKNOWN}, "turn it"),
        ({"secured": Input.BLOCKED}, "search-and-secure"),
        ({"estop": Input.UNKNOWN}, "estop unknown"),
        ({"zone": Input.BLOCKED}, "zone blocked"),
    ],
)
def test_a_seasoning_is_refused_with_its_reasons(
    tmp_path: Path, change: dict[str, Input], reason: str
) -> None:
    async def scenario(bench: LaneBench) -> None:
        await due(bench)
        bench.inputs.update(change)
        await bench.run(0.1)
        with pytest.raises(CommandRefused, match=reason):
            bench.logic.service.season(officer(bench))
        await bench.run(7)
        assert "arm board" not in bench.effects()

    on_bench(tmp_path, scenario)


def test_only_who_may_ask_for_service_may_season_and_only_once_at_a_time(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await due(bench)
        with pytest.raises(CommandRefused, match="none of which may service"):
            bench.logic.service.season(officer(bench, "oac-sim"))
        bench.logic.service.season(officer(bench))
        with pytest.raises(CommandRefused, match="under way"):
            bench.logic.service.season(officer(bench))
        await bench.run(0.2)
        assert written(bench, "service.permitted") == [""]
        (entry,) = [one for one in bench.told if one.kind == "service.permitted"]
        assert entry.body["officer"] == "oms-sim"
        assert entry.body["purpose"] == "seasoning"
        assert entry.body["duration_s"] == SEASONING.longest_s

    on_bench(tmp_path, scenario)


def test_a_tube_that_is_not_warm_is_not_seasoned(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await bench.into_service()
        bench.inputs["key_service"] = Input.OK
        await bench.run(0.2)
        with pytest.raises(CommandRefused, match="warms up until"):
            bench.logic.service.season(officer(bench))

    on_bench(tmp_path, scenario)


def test_a_unit_at_the_entry_is_no_empty_lane(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await due(bench)
        bench.arrive()
        await bench.run(0.2)
        with pytest.raises(CommandRefused, match=r"not proven empty.*not proven closed"):
            bench.logic.service.season(officer(bench))

    on_bench(tmp_path, scenario)


def test_a_tube_that_needs_no_seasoning_is_not_seasoned(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await bench.into_service()
        seasoning = LANE.source.seasoning
        assert isinstance(seasoning, NotNeeded)
        with pytest.raises(CommandRefused, match="this tube is not seasoned: a simulated tube"):
            bench.logic.service.season(officer(bench))

    on_bench(tmp_path, scenario, LANE)


def test_a_fault_of_the_generator_ends_a_seasoning_and_leaves_it_due(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await radiating(bench)
        bench.logic.runner.post(ev.FaultRaised(Fault.SOURCE_FAULT, present=True))
        await bench.run(0.2)
        assert not bench.relay
        assert written(bench, "service.ended") == ["fault"]
        bench.logic.runner.post(ev.FaultGone(Fault.SOURCE_FAULT))
        await bench.run(0.5)
        assert faults(bench) == {Fault.SEASONING_DUE}

    on_bench(tmp_path, scenario)


def test_a_seasoning_asked_for_at_the_door_is_permitted_on_disk_before_the_answer(
    tmp_path: Path,
) -> None:
    async def scenario(bench: LaneBench) -> None:
        await due(bench)
        own = pwd.getpwuid(os.getuid()).pw_name
        desk = Desk(bench.logic)
        answering = asyncio.create_task(desk.season({"officer": "oms-sim"}, own))
        await bench.run(0.2)
        assert answering.result() == {
            "ok": True, "done": "seasoning: permitted for 30 s; keep away",
        }  # fmt: skip
        on_disk = [kind for what, kinds in bench.happened if what == "commit" for kind in kinds]
        assert {"service.permitted", "officer.acted"} <= set(on_disk)
        ending = asyncio.create_task(desk.end_service({"officer": "oms-sim"}, own))
        await bench.run(0.2)
        assert ending.result() == {"ok": True, "done": "seasoning: ended"}
        assert bench.mode() == "ready"

    on_bench(tmp_path, scenario)


def test_a_refusal_names_the_fault_that_stands_against_it(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await due(bench)
        bench.logic.runner.post(ev.FaultRaised(Fault.ON_BATTERY, present=True))
        await bench.run(0.1)
        with pytest.raises(CommandRefused, match="stands: on_battery"):
            bench.logic.service.season(officer(bench))

    on_bench(tmp_path, scenario)
