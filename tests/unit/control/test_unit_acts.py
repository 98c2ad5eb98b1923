"""Rules of what an OMS states of a unit: written first, for this unit alone, decided anew."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.control.acts import Actor, Acts
from edge.control.cases import Case
from edge.control.officers import Officers
from edge.control.status import describe
from edge.core import events as ev
from edge.core.inspection import REDECIDABLE, InspectionState
from edge.core.lane import LaneState
from edge.core.tracking import Phase
from edge.errors import CommandRefused
from edge.law.verdicts import VerdictKind
from edge.messages.manifest import Manifest
from edge.settings import LaneFile
from tests.unit.control.gate_bench import GateBench
from tests.unit.control.inbox_bench import InboxBench, with_inbox
from tests.unit.control.kit import LANE, manifest
from tests.unit.control.lane_bench import LaneBench, on_bench, paper
from tests.unit.control.test_acts import CHIEF, OAC, OMS, OTHER_OMS, STAFFED
from tests.unit.control.test_restart import start

CIRCUS = ({"tnved_code": "9508 10 000 0", "description": "tents, masts and seats"},)
OMS_SIM = LANE.officers[0]
ACTOR = Actor(OMS_SIM)


class Entrance(GateBench):
    """One unit at the entry, the officers' door, and everything in the order it happened."""

    def __init__(self, *papers: Manifest, lane: LaneFile = STAFFED, decided: bool = True) -> None:
        super().__init__(lane)
        self.manifests = list(papers)
        self.written: list[dict[str, object]] = []
        self.acts = Acts(
            officers=Officers(STAFFED),
            book=self.book,
            gate=self.gate,
            core=self.core,
            post=self.posted,
            write=self._write,
            clock=self.clock,
        )
        self.case: Case = self.decided() if decided else self.arrive()
        self.unit = self.case.inspection_id

    def _write(self, kind: str, inspection_id: str | None, body: Mapping[str, object]) -> None:
        assert (kind, inspection_id) == ("officer.acted", self.unit)
        self.written.append({**body, "after": len(self.posted.events)})

    def to(self, state: InspectionState) -> None:
        self.core.inspection(self.case.token, state)


def circus() -> Entrance:
    bench = Entrance(manifest(goods=CIRCUS))
    assert bench.kinds() == [VerdictKind.EXEMPT]
    bench.to(InspectionState.TURNING_AWAY)
    return bench


def private() -> Entrance:
    bench = Entrance(manifest(private_vehicle=True, goods=()))
    assert bench.kinds() == [VerdictKind.HOLD]
    bench.to(InspectionState.ON_HOLD)
    return bench


def test_a_circus_without_animals_is_scanned_once_an_oms_has_stated_it() -> None:
    bench = circus()
    said = bench.acts.state_no_animals(Actor(OMS), inspection_id=bench.unit)
    assert bench.kinds() == [VerdictKind.EXEMPT, VerdictKind.SCAN]
    assert "verdict scan" in said
    assert bench.case.permit is not None
    verdict = bench.case.verdict
    assert verdict is not None
    assert "SC-NO-ANIMALS-STATED" in verdict.rule_ids
    statement = verdict.inputs["statement"]
    assert isinstance(statement, dict)
    assert (statement["officer"], statement["inspection"]) == ("oms-1", bench.unit)


def test_a_statement_exempts_no_other_living_goods_from_the_exemption() -> None:
    for code in ("0101 21 000 0", "0301 11 000 0", "0407 11 000 0"):
        bench = Entrance(manifest(goods=({"tnved_code": code, "description": "x"}, *CIRCUS)))
        bench.to(InspectionState.TURNING_AWAY)
        bench.acts.state_no_animals(Actor(OMS), inspection_id=bench.unit)
        assert bench.case.verdict is not None
        assert bench.case.verdict.kind is VerdictKind.EXEMPT
        assert bench.case.permit is None


def test_after_the_statement_the_circus_is_not_held_for_its_own_words() -> None:
    spoken = ({"tnved_code": "9508 10 000 0", "description": "props of a circus"},)
    bench = Entrance(manifest(goods=spoken))
    bench.to(InspectionState.TURNING_AWAY)
    bench.acts.state_no_animals(Actor(OMS), inspection_id=bench.unit)
    assert bench.kinds() == [VerdictKind.EXEMPT, VerdictKind.SCAN]


def test_performing_animals_still_hold_after_the_statement_and_an_officer_may_answer() -> None:
    spoken = ({"tnved_code": "9508 10 000 0", "description": "performing animals of a circus"},)
    bench = Entrance(manifest(goods=spoken))
    bench.to(InspectionState.TURNING_AWAY)
    bench.acts.state_no_animals(Actor(OMS), inspection_id=bench.unit)
    assert bench.kinds() == [VerdictKind.EXEMPT, VerdictKind.HOLD]
    assert bench.case.verdict is not None
    assert bench.case.verdict.rule_ids == ("HO-LIVING-WORD",)
    assert bench.case.verdict.officer_may_scan


def test_a_statement_before_the_first_verdict_waits_for_it() -> None:
    bench = Entrance(manifest(goods=CIRCUS), decided=False)
    bench.acts.state_no_animals(Actor(OMS), inspection_id=bench.unit)
    assert bench.kinds() == []
    bench.read("label", "MSKU1")
    bench.read("qr", "Q-1")
    bench.gauge()
    bench.wait(LANE.timing.identify_ms)
    assert bench.kinds() == [VerdictKind.SCAN]


PAST_DECIDING = [state for state in InspectionState if state not in REDECIDABLE]


@pytest.mark.parametrize("state", PAST_DECIDING)
def test_a_statement_on_a_unit_past_deciding_is_refused(state: InspectionState) -> None:
    bench = circus()
    bench.to(state)
    with pytest.raises(CommandRefused, match="changes nothing any more"):
        bench.acts.state_no_animals(Actor(OMS), inspection_id=bench.unit)
    assert (bench.written, bench.case.statement) == ([], None)


def test_a_statement_on_a_unit_that_is_being_passed_is_refused() -> None:
    bench = circus()
    bench.core.at_entry(bench.case.token, Phase.ENTERING)
    with pytest.raises(CommandRefused, match="does not stand at the entry"):
        bench.acts.state_no_animals(Actor(OMS), inspection_id=bench.unit)


def test_a_private_vehicle_is_scanned_when_its_driver_says_no_and_never_when_he_says_yes() -> None:
    bench = private()
    said = bench.acts.ask_driver(Actor(OMS), inspection_id=bench.unit, animals="no")
    assert "verdict scan" in said
    assert bench.case.permit is not None
    bench.to(InspectionState.SCANNING)
    bench.acts.ask_driver(Actor(OTHER_OMS), inspection_id=bench.unit, animals="yes")
    assert bench.kinds() == [VerdictKind.HOLD, VerdictKind.SCAN, VerdictKind.HOLD]
    assert bench.case.permit is None
    assert bench.case.verdict is not None
    assert bench.case.verdict.rule_ids == ("HO-ANIMALS-ABOARD",)
    assert not bench.case.verdict.officer_may_scan


@given(st.lists(st.sampled_from(["yes", "no"]), min_size=1, max_size=5))
@settings(deadline=None, derandomize=True, max_examples=20)
def test_every_answer_of_a_driver_is_kept_and_the_newest_counts(said: list[str]) -> None:
    bench = private()
    for one in said:
        bench.acts.ask_driver(Actor(OMS), inspection_id=bench.unit, animals=one)
    assert [one.animals.value for one in bench.case.driver_answers] == said
    assert [body["animals"] for body in bench.written] == said
    assert (bench.case.permit is not None) is (said[-1] == "no")


@pytest.mark.parametrize("animals", ["unanswered", "", "YES"])
def test_a_driver_answers_yes_or_no(animals: str) -> None:
    bench = private()
    with pytest.raises(CommandRefused, match="yes, no"):
        bench.acts.ask_driver(Actor(OMS), inspection_id=bench.unit, animals=animals)
    assert bench.case.driver_answers == []


def test_each_statement_is_written_before_what_it_leads_to() -> None:
    bench = circus()
    verdicts = len(bench.posted.events)
    bench.acts.state_no_animals(Actor(OMS, "cmd-1"), inspection_id=bench.unit)
    bench.acts.ask_driver(Actor(OMS), inspection_id=bench.unit, animals="yes")
    bench.acts.refusal(Actor(OMS), inspection_id=bench.unit, reason="in a hurry")
    told = [(body["act"], body["officer"], body["after"]) for body in bench.written]
    assert told == [
        ("state_no_animals", "oms-1", verdicts),
        ("ask_driver", "oms-1", verdicts + 1),
        ("refusal", "oms-1", verdicts + 2),
    ]
    assert bench.written[0]["command_id"] == "cmd-1"
    assert bench.case.oms_ids == {"oms-1"}
    assert bench.posted.events[-1] == ev.DriverRefused(bench.case.token)


@pytest.mark.parametrize("who", [OAC, CHIEF])
def test_only_an_oms_states_anything_of_a_unit(who: object) -> None:
    bench = circus()
    actor = Actor(who)  # type: ignore[arg-type]  # an officer of the kit
    before = list(bench.posted.events)
    for act in (
        lambda: bench.acts.state_no_animals(actor, inspection_id=bench.unit),
        lambda: bench.acts.ask_driver(actor, inspection_id=bench.unit, animals="no"),
        lambda: bench.acts.refusal(actor, inspection_id=bench.unit, reason="x"),
    ):
        with pytest.raises(CommandRefused, match="none of which may"):
            act()
    assert (bench.posted.events, bench.written) == (before, [])


def test_a_refusal_needs_words_and_a_scan_that_can_be_refused() -> None:
    bench = circus()
    with pytest.raises(CommandRefused, match="needs the driver's reason"):
        bench.acts.refusal(Actor(OMS), inspection_id=bench.unit, reason=" ")
    bench.to(InspectionState.ANALYSIS)
    with pytest.raises(CommandRefused, match="nothing to refuse"):
        bench.acts.refusal(Actor(OMS), inspection_id=bench.unit, reason="x")
    bench.to(InspectionState.PASSING)
    bench.core.at_entry(bench.case.token, Phase.ENTERING)
    bench.core.lane(LaneState.PASSING, bench.case.token)
    with pytest.raises(CommandRefused, match="nothing to refuse"):
        bench.acts.refusal(Actor(OMS), inspection_id=bench.unit, reason="x")
    assert (bench.written, bench.case.refused_to) == ([], "")


def test_the_status_shows_what_was_stated_and_by_whom() -> None:
    bench = circus()
    bench.acts.state_no_animals(Actor(OMS), inspection_id=bench.unit)
    bench.acts.ask_driver(Actor(OTHER_OMS), inspection_id=bench.unit, animals="no")
    bench.acts.refusal(Actor(OMS), inspection_id=bench.unit, reason="x")
    (shown,) = describe(LANE, bench.core.state, bench.book)["inspections"]  # type: ignore[misc]
    assert "oms-1" in str(shown["no_animals"])
    assert "animals no, asked by oms-2" in str(shown["driver"])
    assert "recorded by oms-1" in str(shown["refused"])


async def waiting(bench: LaneBench) -> Case:
    """A unit on hold whose driver is to be asked."""
    bench.papers = [paper(private_vehicle=True, goods=())]
    await bench.into_service()
    bench.arrive()
    await bench.read_identifiers()
    await bench.until(lambda: bench.inspection() == "on_hold")
    (case,) = bench.logic.book.all()
    return case


def test_a_driver_who_refuses_is_turned_away_and_the_record_says_why(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        case = await waiting(bench)
        bench.logic.acts.ask_driver(ACTOR, inspection_id=case.inspection_id, animals="no")
        await bench.until(lambda: bench.mode() in {"arming", "warning", "admitting"})
        bench.logic.acts.refusal(ACTOR, inspection_id=case.inspection_id, reason="in a hurry")
        await bench.until(lambda: bench.inspection() == "not_completed")
        bench.front_mm = None  # it drives away
        await bench.until(lambda: bench.inspection() == "")

    bench = on_bench(tmp_path, scenario)
    assert "renew" not in bench.effects()
    kinds = [one.kind for one in bench.told]
    assert kinds.index("scan.not_completed") < kinds.index("inspection.closed")
    (closed,) = [one.body for one in bench.told if one.kind == "inspection.closed"]
    assert (closed["end"], closed["why"]) == ("not_completed", "refused")
    (broken,) = [one.body for one in bench.told if one.kind == "scan.not_completed"]
    assert (broken["cause"], broken["officer"], broken["reason"]) == (
        "refused", OMS_SIM.id, "in a hurry",
    )  # fmt: skip


def test_a_driver_who_refuses_inside_is_driven_out_unscanned(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        case = await waiting(bench)
        bench.logic.acts.ask_driver(ACTOR, inspection_id=case.inspection_id, animals="no")
        await bench.until(lambda: (bench.front_mm or 0) > 650)
        bench.logic.acts.refusal(ACTOR, inspection_id=case.inspection_id, reason="afraid")
        await bench.until(lambda: bench.inspection() == "")

    bench = on_bench(tmp_path, scenario)
    assert "renew" not in bench.effects()
    (closed,) = [one.body for one in bench.told if one.kind == "inspection.closed"]
    assert (closed["end"], closed["why"]) == ("not_completed", "refused")
    assert bench.front_mm is None


def test_a_start_knows_what_was_stated_and_closes_a_refused_unit_as_refused(
    tmp_path: Path,
) -> None:
    async def scenario(bench: LaneBench) -> None:
        case = await waiting(bench)
        acts, unit = bench.logic.acts, case.inspection_id
        acts.state_no_animals(ACTOR, inspection_id=unit)
        for animals in ("yes", "no"):
            acts.ask_driver(ACTOR, inspection_id=unit, animals=animals)
        await bench.run(0.1)
        acts.refusal(ACTOR, inspection_id=unit, reason="afraid")
        await bench.run(0.1)

    on_bench(tmp_path, scenario)
    (case,) = start(tmp_path).broken
    assert case.statement is not None
    assert case.statement.counts
    assert [one.animals.value for one in case.driver_answers] == ["yes", "no"]
    assert (case.refused_to, case.broke_off) == (OMS_SIM.id, "refused")
    assert case.permit is None


@pytest.mark.parametrize(
    ("name", "args", "state"),
    [
        ("ask_driver", {"animals": "no"}, "cleared"),
        ("refusal", {"reason": "afraid"}, "not_completed"),
        ("state_no_animals", {}, "on_hold"),
    ],
)
def test_headquarters_states_the_same_by_signed_command(
    tmp_path: Path, name: str, args: dict[str, object], state: str
) -> None:
    async def scenario(bench: InboxBench) -> None:
        case = await waiting(bench.lane)
        bench.command(name, {"inspection_id": case.inspection_id, **args})
        await bench.settle()
        (answer,) = bench.answers()
        assert (answer.accepted, answer.reason) == (True, "accepted")
        assert bench.lane.inspection() == state
        (acted,) = [body for body in bench.bodies("officer.acted") if body["act"] == name]
        assert (acted["command_id"], acted["officer"]) == ("c-1", OMS_SIM.id)
        kinds = bench.kinds()
        assert kinds.index("officer.acted") < kinds.index("command.answered")

    with_inbox(tmp_path, scenario)
