"""Rules of the control socket's requests: who may ask for what, and what a bad request gets."""

import getpass
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from edge.control.desk import Desk
from edge.core import events as ev
from edge.core.faults import Fault
from edge.errors import CommandRefused, JournalUnavailable
from tests.unit.control.kit import LIVING
from tests.unit.control.lane_bench import LaneBench, on_bench, paper

OWN = getpass.getuser()
OMS, OAC = "oms-sim", "oac-sim"


def at_desk(
    folder: Path, scenario: Callable[[LaneBench, Desk], Coroutine[object, object, None]]
) -> None:
    async def on_lane(bench: LaneBench) -> None:
        await scenario(bench, Desk(bench.logic))

    on_bench(folder, on_lane)


async def held(bench: LaneBench, **papers: object) -> str:
    """Bring a unit that is held, for a word of living goods unless its papers say otherwise."""
    bench.papers = [paper(**(papers or {"goods": (LIVING,)}))]
    await bench.into_service()
    bench.arrive()
    await bench.read_identifiers()
    await bench.until(lambda: bench.inspection() == "on_hold")
    (case,) = bench.logic.book.all()
    return case.inspection_id


def test_anybody_at_the_socket_may_see_the_status(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench, desk: Desk) -> None:
        await bench.run(0.1)
        reply = await desk.status({}, "nobody")
        assert (reply["ok"], reply["mode"]) == (True, "proving")

    at_desk(tmp_path, scenario)


def test_every_act_of_an_officer_can_be_asked_for_and_nothing_else(tmp_path: Path) -> None:
    async def scenario(_bench: LaneBench, desk: Desk) -> None:
        assert set(desk.handlers()) == {
            "status",
            "ack",
            "answer",
            "abort",
            "outcome",
            "confirm_identity",
            "state_no_animals",
            "ask_driver",
            "refusal",
            "season",
            "end_service",
        }

    at_desk(tmp_path, scenario)


@pytest.mark.parametrize(("officer", "login"), [(OMS, "somebody-else"), ("nobody", OWN), ("", OWN)])
def test_nobody_acts_as_an_officer_he_is_not(tmp_path: Path, officer: str, login: str) -> None:
    async def scenario(_bench: LaneBench, desk: Desk) -> None:
        with pytest.raises(CommandRefused):
            await desk.ack({"officer": officer}, login)

    at_desk(tmp_path, scenario)


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("ack", {}),
        ("ack", {"officer": 3}),
        ("ack", {"officer": OMS, "fault": 3}),
        ("answer", {"officer": OMS, "inspection": "x", "decision": None, "reason": "r"}),
        ("abort", {"officer": OMS, "inspection": "x"}),
        (
            "outcome",
            {"officer": OAC, "inspection": "x", "suspicion": 0, "agrees": True, "note": ""},
        ),
        ("outcome", {"officer": OAC, "inspection": "x", "suspicion": "no", "agrees": True}),
        ("confirm_identity", {"officer": OMS, "inspection": "x", "reason": "r"}),
        ("state_no_animals", {"officer": OMS, "inspection": 1}),
        ("ask_driver", {"officer": OMS, "inspection": "x", "animals": True}),
        ("refusal", {"officer": OMS, "inspection": "x"}),
        ("season", {}),
        ("end_service", {"officer": 3}),
    ],
)
def test_a_request_that_is_not_whole_is_a_bad_request_and_does_nothing(
    tmp_path: Path, name: str, request_: dict[str, object]
) -> None:
    async def scenario(bench: LaneBench, desk: Desk) -> None:
        steps = bench.logic.runner.steps
        with pytest.raises(ValueError, match="must be"):
            await desk.handlers()[name](request_, OWN)
        assert bench.logic.runner.steps == steps

    at_desk(tmp_path, scenario)


def test_an_oms_at_the_lane_turns_a_held_unit_away(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench, desk: Desk) -> None:
        asked = {
            "officer": OMS,
            "inspection": await held(bench),
            "decision": "turn_away",
            "reason": "papers missing",
        }
        reply = await desk.answer(asked, OWN)
        await bench.run(0.1)
        assert reply == {"ok": True, "done": f"{asked['inspection']}: turn_away"}
        assert bench.inspection() == "turning_away"

    at_desk(tmp_path, scenario)


@pytest.mark.parametrize(
    ("name", "says"),
    [("season", "this tube is not seasoned"), ("end_service", "no service mission is under way")],
)
def test_a_service_that_cannot_be_is_refused_with_its_reason(
    tmp_path: Path, name: str, says: str
) -> None:
    async def scenario(_bench: LaneBench, desk: Desk) -> None:
        with pytest.raises(CommandRefused, match=says):
            await desk.handlers()[name]({"officer": OMS}, OWN)

    at_desk(tmp_path, scenario)


def entries_on_disk(bench: LaneBench) -> set[str]:
    return {kind for what, kinds in bench.happened if what == "commit" for kind in kinds}


def test_an_act_is_called_done_only_when_it_and_what_it_led_to_are_on_disk(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench, desk: Desk) -> None:
        inspection = await held(bench)
        asked = {"officer": OMS, "inspection": inspection, "decision": "scan", "reason": "seen"}
        reply = await desk.answer(asked, OWN)
        assert reply["ok"] is True
        assert {"hold.answered", "officer.acted"} <= entries_on_disk(bench)

    at_desk(tmp_path, scenario)


def test_one_fault_is_acknowledged_by_its_code_and_the_others_stay(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench, desk: Desk) -> None:
        await bench.into_service()
        await bench.until(lambda: not bench.logic.runner.state.faults, 5)  # the source is warm
        for fault in (Fault.UNIT_JAMMED, Fault.LINES_STALLED):
            bench.logic.runner.post(ev.FaultRaised(fault, present=False))
        await bench.run(0.1)
        reply = await desk.ack({"officer": OMS, "fault": "unit_jammed"}, OWN)
        assert reply == {"ok": True, "done": "unit_jammed: acknowledged"}
        assert [one.fault for one in bench.logic.runner.state.faults] == [Fault.LINES_STALLED]
        assert bench.mode() == "held"

    at_desk(tmp_path, scenario)


def test_an_act_that_changes_nothing_waits_for_its_own_entry(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench, desk: Desk) -> None:
        await bench.into_service()
        assert await desk.ack({"officer": OMS}, OWN) == {"ok": True, "done": "acknowledged"}
        assert "officer.acted" in entries_on_disk(bench)

    at_desk(tmp_path, scenario)


@pytest.mark.parametrize("fails_at", ["hold.answered", "officer.acted"])
def test_an_act_the_journal_does_not_take_is_never_called_done(
    tmp_path: Path, fails_at: str
) -> None:
    async def scenario(bench: LaneBench, desk: Desk) -> None:
        inspection = await held(bench)
        bench.disk.fails_at = fails_at
        asked = {"officer": OMS, "inspection": inspection, "decision": "scan", "reason": "seen"}
        with pytest.raises(JournalUnavailable, match=rf"{inspection}: scan.*not on disk"):
            await desk.answer(asked, OWN)

    at_desk(tmp_path, scenario)


def test_a_disk_that_takes_too_long_is_told_before_the_officer_gives_up(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench, desk: Desk) -> None:
        await bench.into_service()
        bench.disk.commit_s = 60.0
        began = bench.clock.monotonic_ns()
        with pytest.raises(JournalUnavailable, match=r"acknowledged.*not on disk within 5 s"):
            await desk.ack({"officer": OMS}, OWN)
        assert bench.clock.monotonic_ns() - began < 6_000_000_000
        await bench.run(61)
        assert "officer.acted" in entries_on_disk(bench)

    at_desk(tmp_path, scenario)


def test_an_oac_may_not_answer_a_hold(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench, desk: Desk) -> None:
        inspection = await held(bench)
        asked = {"inspection": inspection, "decision": "turn_away", "reason": "papers missing"}
        with pytest.raises(CommandRefused, match="none of which may answer"):
            await desk.answer({"officer": OAC, **asked}, OWN)
        assert bench.inspection() == "on_hold"

    at_desk(tmp_path, scenario)


def test_an_oms_at_the_lane_confirms_whose_papers_they_are(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench, desk: Desk) -> None:
        inspection = await held(bench, identifiers={"container": "MSKU 1"})
        asked = {"officer": OMS, "inspection": inspection, "manifest": "m-1", "reason": "seen"}
        await desk.confirm_identity(asked, OWN)
        await bench.run(0.1)
        assert bench.inspection() == "cleared"

    at_desk(tmp_path, scenario)
