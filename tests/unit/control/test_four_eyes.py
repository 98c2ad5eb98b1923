"""Rules of four eyes: a held unit is scanned only when two officers say so to the same reasons."""

from pathlib import Path

import pytest

from edge.control.acts import Actor
from edge.control.status import describe
from edge.core import events as ev
from edge.core.inspection import InspectionState
from edge.errors import CommandRefused
from edge.law.verdicts import VerdictKind
from edge.messages.event_data import HoldAnswered
from edge.settings import Officer
from tests.unit.control.kit import LANE, LIVING, UNDECIDED, manifest
from tests.unit.control.lane_bench import LaneBench, on_bench, paper
from tests.unit.control.test_acts import BOTH, OMS, OTHER_OMS, STAFFED
from tests.unit.control.test_unit_acts import Entrance

BIRDS = (LIVING,)
STRICT = STAFFED.model_copy(
    update={"policy": STAFFED.policy.model_copy(update={"four_eyes": True})}
)


def held(*, four_eyes: bool = True) -> Entrance:
    bench = Entrance(manifest(goods=BIRDS), lane=STRICT if four_eyes else STAFFED)
    bench.to(InspectionState.ON_HOLD)
    bench.posted.events.clear()
    bench.posted.notes.clear()
    return bench


def say(bench: Entrance, who: Officer, decision: str = "scan", reason: str = "seen") -> str:
    return bench.acts.answer(Actor(who), inspection_id=bench.unit, decision=decision, reason=reason)


def test_the_shipped_lane_lets_one_officer_answer() -> None:
    assert LANE.policy.four_eyes is False
    bench = held(four_eyes=False)
    say(bench, OMS)
    assert bench.case.permit is not None


def test_the_first_scan_is_recorded_shown_as_waiting_and_permits_nothing() -> None:
    bench = held()
    assert "waits for a second officer" in say(bench, OMS)
    assert (bench.posted.events, bench.case.permit, bench.case.answer) == ([], None, None)
    (acted,) = bench.written
    assert (acted["officer"], acted["waits_for"]) == ("oms-1", "second_officer")
    (shown,) = describe(STRICT, bench.core.state, bench.book)["inspections"]  # type: ignore[misc]
    assert shown["answer"] == "scan by oms-1, waits for a second officer"
    assert bench.case.oms_ids == {"oms-1"}


def test_a_second_officer_who_says_the_same_makes_it_a_scan() -> None:
    bench = held()
    say(bench, OMS, reason="opened")
    say(bench, OTHER_OMS, reason="looked too")
    assert bench.posted.events == [ev.HoldAnswered(bench.case.token, ev.Answer.SCAN)]
    assert bench.case.permit is not None
    assert bench.case.answer is not None
    assert (bench.case.answer.officer_id, bench.case.answer.confirmed_by) == ("oms-1", "oms-2")
    (note,) = bench.posted.notes
    words = [note[key] for key in ("officer", "confirmed_by", "reason")]
    assert words == ["oms-1", "oms-2", "opened"]
    second = bench.written[-1]
    assert [second[key] for key in ("officer", "confirms", "reason")] == [
        "oms-2", "oms-1", "looked too",
    ]  # fmt: skip
    assert bench.case.oms_ids == {"oms-1", "oms-2"}
    assert "confirmed_by" in HoldAnswered.model_fields


def test_the_first_officer_is_not_the_second() -> None:
    bench = held()
    say(bench, OMS)
    with pytest.raises(CommandRefused, match="another OMS"):
        say(bench, OMS)
    assert (bench.posted.events, bench.case.permit) == ([], None)
    assert len(bench.written) == 1


@pytest.mark.parametrize("decision", ["pass", "turn_away"])
@pytest.mark.parametrize("who", [OMS, OTHER_OMS])
def test_one_officer_is_enough_to_keep_the_beam_off(who: Officer, decision: str) -> None:
    bench = held()
    say(bench, OMS)
    say(bench, who, decision)
    assert bench.posted.events == [ev.HoldAnswered(bench.case.token, ev.Answer(decision))]
    assert (bench.case.permit, bench.case.first_answer) == (None, None)


def test_a_first_answer_to_other_reasons_is_void() -> None:
    bench = held()
    say(bench, OMS)
    bench.manifests = [manifest(version=2, goods=({**LIVING, "description": "live fish"},))]
    bench.gate.manifest_arrived(bench.manifests[0])
    assert len(bench.posted.of(ev.VerdictGiven)) == 1
    assert "waits for a second officer" in say(bench, OTHER_OMS)
    assert bench.case.permit is None


def test_the_same_papers_again_leave_the_first_answer_and_the_clock_alone() -> None:
    bench = held()
    say(bench, OMS)
    bench.manifests = [manifest(version=2, goods=BIRDS)]
    bench.gate.manifest_arrived(bench.manifests[0])
    assert bench.posted.events == []
    say(bench, BOTH)
    assert bench.case.permit is not None


def test_a_confirmed_answer_stands_for_the_same_reasons_and_falls_with_them() -> None:
    bench = held()
    say(bench, OMS)
    say(bench, OTHER_OMS)
    bench.to(InspectionState.CLEARED)
    for version, permitted in ((2, True), (3, False)):
        code = LIVING["tnved_code"] if permitted else "0407 11 000 0"
        bench.manifests = [manifest(version=version, goods=({**LIVING, "tnved_code": code},))]
        bench.gate.manifest_arrived(bench.manifests[0])
        assert (bench.case.permit is not None) is permitted


@pytest.mark.parametrize(
    "papers", [{"private_vehicle": True, "goods": ()}, {"goods": (UNDECIDED,)}]
)
def test_no_two_officers_turn_what_nobody_knows_into_a_scan(papers: dict[str, object]) -> None:
    bench = Entrance(manifest(**papers), lane=STRICT)
    bench.to(InspectionState.ON_HOLD)
    for who in (OMS, OTHER_OMS):
        with pytest.raises(CommandRefused, match="no officer can turn into a scan"):
            say(bench, who)
    assert (bench.case.permit, bench.case.first_answer) == (None, None)


def unread() -> Entrance:
    """A unit on hold of which no reader has read anything; two manifests could be its own."""
    bench = Entrance(manifest(), manifest(id="m-2"), lane=STRICT, decided=False)
    bench.gauge()
    bench.wait(LANE.timing.identify_ms)
    bench.to(InspectionState.ON_HOLD)
    bench.posted.events.clear()
    return bench


def name(bench: Entrance, who: Officer, manifest_id: str = "m-1") -> str:
    return bench.acts.confirm_identity(
        Actor(who), inspection_id=bench.unit, manifest_id=manifest_id, reason="papers in the cab"
    )


def test_a_confirmed_identity_waits_for_a_second_officer_too() -> None:
    bench = unread()
    assert "waits for a second officer" in name(bench, OMS)
    assert (bench.posted.events, bench.case.confirmed_manifest) == ([], "")
    assert bench.written[-1]["waits_for"] == "second_officer"
    (shown,) = describe(STRICT, bench.core.state, bench.book)["inspections"]  # type: ignore[misc]
    assert shown["identity"] == "manifest m-1 by oms-1, waits for a second officer"
    assert any("confirm-identity m-1, as oms-1 has said" in one for one in shown["waits_for"])
    with pytest.raises(CommandRefused, match="another OMS"):
        name(bench, OMS)
    name(bench, OTHER_OMS)
    assert bench.kinds() == [VerdictKind.SCAN]
    assert bench.written[-1]["confirms"] == "oms-1"
    assert bench.case.oms_ids == {"oms-1", "oms-2"}


def test_two_officers_who_name_different_papers_confirm_neither() -> None:
    bench = unread()
    name(bench, OMS)
    assert "waits for a second officer" in name(bench, OTHER_OMS, "m-2")
    assert (bench.posted.events, bench.case.permit) == ([], None)


def test_papers_that_cannot_be_the_units_do_not_wait_for_a_second_officer() -> None:
    bench = unread()
    with pytest.raises(CommandRefused, match="m-9"):
        name(bench, OMS, "m-9")
    assert (bench.case.first_confirmed, bench.written) == (("", ""), [])


def test_the_clock_of_a_hold_goes_on_while_a_second_officer_is_waited_for(tmp_path: Path) -> None:
    policy = LANE.policy.model_copy(update={"four_eyes": True})
    officer = LANE.officers[0]
    second = Actor(officer.model_copy(update={"id": "oms-sim-2"}))

    async def scenario(bench: LaneBench) -> None:
        bench.papers = [paper(goods=BIRDS)]
        await bench.into_service()
        bench.arrive()
        await bench.read_identifiers()
        await bench.until(lambda: bench.inspection() == "on_hold")
        began = bench.clock.monotonic_ns()
        (case,) = bench.logic.book.all()
        await bench.run(LANE.timing.hold_ms / 2000)
        words = {"inspection_id": case.inspection_id, "decision": "scan", "reason": "seen"}
        bench.logic.acts.answer(Actor(officer), **words)
        await bench.until(lambda: bench.inspection() == "turning_away")
        held_ms = (bench.clock.monotonic_ns() - began) // 1_000_000
        assert held_ms < LANE.timing.hold_ms + 500
        with pytest.raises(CommandRefused, match="not on hold"):
            bench.logic.acts.answer(second, **words)

    bench = on_bench(tmp_path, scenario, lane=LANE.model_copy(update={"policy": policy}))
    assert "arm board" not in bench.effects()
