"""Rules of what officers may do, and of who an officer is."""

from collections.abc import Mapping

import pytest

from edge.control.acts import Actor, Acts
from edge.control.cases import Case, CaseBook
from edge.control.gate import Gate
from edge.control.officers import Officers
from edge.core import events as ev
from edge.core.faults import Fault
from edge.core.inspection import InspectionState
from edge.core.lane import LaneState
from edge.errors import CommandRefused
from edge.law.envelope import Axis
from edge.law.outcomes import Act
from edge.settings import LaneFile, Officer
from tests.unit.control.kit import LANE, LAW, LIVING, TOKEN, Clock, Core, Posted, manifest, shelf


def officer(name: str, *roles: str, user: str = "", simulated: bool = False) -> Officer:
    values = {"id": name, "name": name, "roles": roles, "user": user, "simulated": simulated}
    return Officer.model_validate(values)


OMS, OTHER_OMS = officer("oms-1", "OMS", user="aida"), officer("oms-2", "OMS", user="bolat")
OAC, BOTH = officer("oac-1", "OAC", user="dana"), officer("both-1", "OMS", "OAC", user="erlan")
CHIEF, SIMULATED = officer("chief", "SUPERVISOR"), officer("oms-sim", "OMS", simulated=True)
STAFFED: LaneFile = LANE.model_copy(
    update={"officers": (OMS, OTHER_OMS, OAC, BOTH, CHIEF, SIMULATED)}
)


class Bench:
    """The officers' door on one unit that is held for a word of living goods."""

    def __init__(
        self, goods: str = "8471 30 000 0", *, qr: str = "Q-1", lane: LaneFile = STAFFED
    ) -> None:
        self.clock, self.core, self.posted = Clock(), Core(), Posted()
        self.written: list[tuple[str, str | None, dict[str, object]]] = []
        self.book = CaseBook(LANE.lane.id, TOKEN)
        papers = manifest(goods=({**LIVING, "tnved_code": goods},))
        gate = Gate(
            lane,
            book=self.book,
            core=self.core,
            latest=lambda _: None,
            manifests=shelf(lambda: (papers,)),
            law=LAW,
            post=self.posted,
            clock=self.clock,
        )
        self.acts = Acts(
            officers=Officers(STAFFED),
            book=self.book,
            gate=gate,
            core=self.core,
            post=self.posted,
            write=self._write,
            clock=self.clock,
        )
        self.case: Case = self.book.open(TOKEN, "2026-03-02T08:00:00.000000Z", 0)
        self.case.identifiers.update({"container": "MSKU1"} | ({"qr": qr} if qr else {}))
        self.case.sizes.update({Axis.HEIGHT: (900, 5), Axis.WIDTH: (800, 5)})
        self.core.at_entry(TOKEN)
        gate.decide(self.case)
        self.state(InspectionState.ON_HOLD)
        self.posted.events.clear()

    def _write(self, kind: str, inspection_id: str | None, body: Mapping[str, object]) -> None:
        self.written.append((kind, inspection_id, dict(body)))

    def state(self, state: InspectionState) -> None:
        self.core.inspection(TOKEN, state)

    def answer(self, who: Officer, decision: str, reason: str = "seen") -> str:
        return self.acts.answer(
            Actor(who), inspection_id=self.case.inspection_id, decision=decision, reason=reason
        )

    def outcome(self, who: Officer, *, suspicion: bool = False, agrees: bool = True) -> str:
        return self.acts.outcome(
            Actor(who),
            inspection_id=self.case.inspection_id,
            suspicion=suspicion,
            agrees=agrees,
            note="",
        )


def test_an_oms_may_answer_a_hold_with_a_scan() -> None:
    bench = Bench()
    bench.answer(OMS, "scan")
    assert bench.posted.events == [ev.HoldAnswered(TOKEN, ev.Answer.SCAN)]
    assert bench.case.permit is not None
    assert bench.case.permit.officer_id == "oms-1"
    assert bench.posted.notes[-1]["officer"] == "oms-1"


@pytest.mark.parametrize("who", [OAC, CHIEF])
def test_only_an_oms_answers_holds(who: Officer) -> None:
    bench = Bench()
    with pytest.raises(CommandRefused, match=f"{who.id}.*answer"):
        bench.answer(who, "scan")
    assert bench.posted.events == []
    assert bench.case.permit is None


def test_no_answer_turns_unproven_exempt_goods_into_a_scan() -> None:
    bench = Bench(goods="0106 19 000 0", qr="")
    with pytest.raises(CommandRefused, match="no officer can turn into a scan"):
        bench.answer(OMS, "scan")
    assert bench.case.permit is None
    assert bench.case.answer is None


def test_no_answer_turns_what_nobody_knows_into_a_scan() -> None:
    """Whose papers they are, or what a code cut short stands for: it may be an exemption."""
    for bench in (Bench(qr=""), Bench(goods="0407")):
        with pytest.raises(CommandRefused, match="no officer can turn into a scan"):
            bench.answer(OMS, "scan")
        assert (bench.case.permit, bench.case.answer, bench.posted.events) == (None, None, [])
        bench.answer(OMS, "turn_away")
        assert bench.posted.events == [ev.HoldAnswered(TOKEN, ev.Answer.TURN_AWAY)]


@pytest.mark.parametrize("reason", ["", "   ", "\u200b", "-", "x" * 4001, "\ud800"])
def test_an_answer_needs_a_reason_that_can_be_recorded(reason: str) -> None:
    bench = Bench()
    with pytest.raises(CommandRefused):
        bench.answer(OMS, "turn_away", reason)
    assert bench.posted.events == []


def test_an_unknown_decision_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(CommandRefused, match="scan, turn_away, pass"):
        Bench().answer(OMS, "release")


def test_a_second_officer_does_not_answer_what_is_just_answered() -> None:
    bench = Bench()
    bench.answer(OMS, "turn_away")
    with pytest.raises(CommandRefused, match="just been answered"):
        bench.answer(OTHER_OMS, "scan")
    assert bench.posted.events == [ev.HoldAnswered(TOKEN, ev.Answer.TURN_AWAY)]
    assert bench.case.permit is None


@pytest.mark.parametrize("decision", ["pass", "turn_away"])
def test_an_answer_other_than_scan_leaves_no_permit(decision: str) -> None:
    bench = Bench()
    bench.answer(OMS, decision)
    assert bench.case.permit is None


@pytest.mark.parametrize(
    "state", [state for state in InspectionState if state is not InspectionState.ON_HOLD]
)
def test_answers_and_confirmations_are_refused_off_hold(state: InspectionState) -> None:
    bench = Bench()
    bench.state(state)
    with pytest.raises(CommandRefused, match="not on hold"):
        bench.answer(OMS, "scan")
    with pytest.raises(CommandRefused, match="not on hold"):
        bench.acts.confirm_identity(
            Actor(OMS), inspection_id=bench.case.inspection_id, manifest_id="m-1", reason="seen"
        )
    assert bench.posted.events == []


def test_a_confirmed_identity_is_recorded_with_the_officer() -> None:
    bench = Bench()
    bench.acts.confirm_identity(
        Actor(OMS, "cmd-1"), inspection_id=bench.case.inspection_id, manifest_id="m-1", reason="ok"
    )
    note = bench.posted.notes[-1]
    words = [note[key] for key in ("officer", "role", "confirmed_manifest", "command_id")]
    assert words == ["oms-1", "oms", "m-1", "cmd-1"]
    assert bench.case.oms_ids == {"oms-1"}


def test_every_act_leaves_an_entry_of_its_own_that_names_officer_and_role() -> None:
    """Also one that changes nothing: who acted as OMS may not analyse the image."""
    bench = Bench()
    unit = bench.case.inspection_id
    for who in (OMS, OTHER_OMS):
        bench.acts.confirm_identity(Actor(who), inspection_id=unit, manifest_id="m-1", reason="ok")
    bench.answer(BOTH, "scan")
    bench.core.lane(LaneState.SCANNING, TOKEN)
    bench.acts.abort(Actor(OMS, "cmd-1"), inspection_id=unit, reason="cats")
    bench.state(InspectionState.ANALYSIS)
    bench.outcome(OAC)
    bench.acts.ack(Actor(CHIEF))
    assert [kind for kind, _, _ in bench.written] == ["officer.acted"] * 6
    told = [(body["act"], at, body["officer"], body["role"]) for _, at, body in bench.written]
    assert told == [
        ("confirm_identity", unit, "oms-1", "oms"),
        ("confirm_identity", unit, "oms-2", "oms"),
        ("answer", unit, "both-1", "oms"),
        ("abort", unit, "oms-1", "oms"),
        ("outcome", unit, "oac-1", "oac"),
        ("ack", None, "chief", "supervisor"),
    ]
    assert bench.written[3][2]["command_id"] == "cmd-1"


def test_an_act_that_is_refused_leaves_no_entry() -> None:
    bench = Bench()
    with pytest.raises(CommandRefused):
        bench.answer(OAC, "scan")
    with pytest.raises(CommandRefused):
        bench.acts.abort(Actor(OMS), inspection_id=bench.case.inspection_id, reason="cats")
    assert bench.written == []


def test_an_unknown_manifest_is_not_confirmed() -> None:
    bench = Bench()
    with pytest.raises(CommandRefused, match="m-9"):
        bench.acts.confirm_identity(
            Actor(OMS), inspection_id=bench.case.inspection_id, manifest_id="m-9", reason="ok"
        )
    assert bench.case.oms_ids == set()


def test_where_the_site_allows_it_one_person_is_oms_and_oac_and_both_roles_are_recorded() -> None:
    assert LANE.policy.one_person is False
    policy = STAFFED.policy.model_copy(update={"one_person": True})
    bench = Bench(lane=STAFFED.model_copy(update={"policy": policy}))
    bench.answer(BOTH, "scan")
    bench.state(InspectionState.ANALYSIS)
    assert "without_suspicion" in bench.outcome(BOTH)
    told = [(body["act"], body["officer"], body["role"]) for _, _, body in bench.written]
    assert told == [("answer", "both-1", "oms"), ("outcome", "both-1", "oac")]


def test_the_setting_for_one_person_makes_no_oac_of_an_oms() -> None:
    policy = STAFFED.policy.model_copy(update={"one_person": True})
    bench = Bench(lane=STAFFED.model_copy(update={"policy": policy}))
    bench.state(InspectionState.ANALYSIS)
    with pytest.raises(CommandRefused, match="OMS"):
        bench.outcome(OMS)


def test_the_oms_of_an_inspection_is_not_its_oac() -> None:
    bench = Bench()
    bench.answer(BOTH, "scan")
    bench.state(InspectionState.ANALYSIS)
    with pytest.raises(CommandRefused, match="another OAC"):
        bench.outcome(BOTH)
    assert bench.case.outcome == ""
    bench.outcome(OAC)
    assert bench.case.outcome == "without_suspicion"


@pytest.mark.parametrize(
    ("suspicion", "agrees", "given"),
    [
        (False, True, "without_suspicion"),
        (False, False, "under_suspicion"),
        (True, True, "under_suspicion"),
        (True, False, "under_suspicion"),
    ],
)
def test_both_answers_make_the_outcome(suspicion: bool, agrees: bool, given: str) -> None:
    bench = Bench()
    bench.state(InspectionState.ANALYSIS)
    bench.outcome(OAC, suspicion=suspicion, agrees=agrees)
    assert bench.case.outcome == given
    assert bench.posted.events == [ev.OutcomeGiven(TOKEN)]


def test_an_outcome_is_given_once_and_only_in_analysis() -> None:
    bench = Bench()
    with pytest.raises(CommandRefused):
        bench.outcome(OAC)
    bench.state(InspectionState.ANALYSIS)
    bench.outcome(OAC)
    with pytest.raises(CommandRefused):
        bench.outcome(OAC, suspicion=True)
    assert bench.case.outcome == "without_suspicion"


def test_an_oms_gives_no_outcome() -> None:
    bench = Bench()
    bench.state(InspectionState.ANALYSIS)
    with pytest.raises(CommandRefused, match="outcome"):
        bench.outcome(OMS)
    assert bench.posted.events == []


@pytest.mark.parametrize("who", [OMS, OAC])
def test_both_officers_may_abort_a_scan_whatever_their_words(who: Officer) -> None:
    bench = Bench()
    bench.core.lane(LaneState.SCANNING, TOKEN)
    bench.acts.abort(Actor(who), inspection_id=bench.case.inspection_id, reason="\ud800" * 9999)
    assert bench.posted.events == [ev.AbortRequested(TOKEN)]
    assert str(bench.posted.notes[-1]["reason"]).encode()


@pytest.mark.parametrize(
    ("lane", "mission"),
    [(LaneState.READY, 0), (LaneState.CLEARING, TOKEN), (LaneState.SCANNING, TOKEN + 1)],
)
def test_a_unit_that_is_not_being_scanned_is_not_aborted(lane: LaneState, mission: int) -> None:
    bench = Bench()
    bench.core.lane(lane, mission)
    with pytest.raises(CommandRefused, match="not being scanned"):
        bench.acts.abort(Actor(OMS), inspection_id=bench.case.inspection_id, reason="animals")
    assert bench.posted.events == []


def test_an_inspection_that_is_not_open_is_refused_by_name() -> None:
    bench = Bench()
    with pytest.raises(CommandRefused, match="nowhere-1"):
        bench.acts.abort(Actor(OMS), inspection_id="nowhere-1", reason="x")


def test_an_oac_does_not_acknowledge() -> None:
    bench = Bench()
    with pytest.raises(CommandRefused, match="ack"):
        bench.acts.ack(Actor(OAC))
    bench.acts.ack(Actor(CHIEF))
    assert bench.posted.events == [ev.Acknowledged(None)]


def test_an_acknowledgement_names_one_fault_and_says_so_in_its_entry() -> None:
    bench = Bench()
    bench.core.faults(Fault.UNIT_JAMMED, Fault.LINES_STALLED)
    assert bench.acts.ack(Actor(CHIEF), "unit_jammed") == "unit_jammed: acknowledged"
    assert bench.posted.events == [ev.Acknowledged(Fault.UNIT_JAMMED)]
    assert bench.written[-1][2]["fault"] == "unit_jammed"


def test_a_fault_whose_cause_goes_on_is_acknowledged_for_the_device_to_reset_and_says_so() -> None:
    bench = Bench()
    bench.core.faults(Fault.CONVEYOR_FAULT, present=True)
    said = bench.acts.ack(Actor(CHIEF), "conveyor_fault")
    assert "still present; acknowledge again" in said
    assert bench.posted.events == [ev.Acknowledged(Fault.CONVEYOR_FAULT)]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("no_such_fault", "no fault 'no_such_fault'.*scanlane fault list"),
        ("", "no fault ''"),
        ("estop", "estop is reset at the board only"),
        ("board_tripped", "board_tripped is reset at the board only"),
        ("unit_jammed", "unit_jammed is not active; active: estop, lines_stalled"),
    ],
)
def test_a_code_that_cannot_be_acknowledged_is_refused_with_the_reason(code: str, why: str) -> None:
    bench = Bench()
    bench.core.faults(Fault.ESTOP, Fault.LINES_STALLED)
    with pytest.raises(CommandRefused, match=why):
        bench.acts.ack(Actor(CHIEF), code)
    assert (bench.posted.events, bench.written) == ([], [])


def test_an_unknown_officer_is_refused() -> None:
    officers = Officers(STAFFED)
    with pytest.raises(CommandRefused, match="no officer 'nobody'"):
        officers.at_the_lane("nobody", login="aida", own_login="lane")
    with pytest.raises(CommandRefused, match="no officer 'nobody'"):
        officers.by_signature("nobody")


def test_an_officer_acts_only_under_his_own_login() -> None:
    officers = Officers(STAFFED)
    assert officers.at_the_lane("oms-1", login="aida", own_login="lane") is OMS
    for login in ("bolat", "lane", "", "root"):
        with pytest.raises(CommandRefused, match="may not act"):
            officers.at_the_lane("oms-1", login=login, own_login="lane")


def test_an_officer_without_login_never_acts_at_the_lane() -> None:
    with pytest.raises(CommandRefused):
        Officers(STAFFED).at_the_lane("chief", login="", own_login="lane")


def test_a_simulated_officer_is_named_only_by_who_runs_the_lane() -> None:
    officers = Officers(STAFFED)
    assert officers.at_the_lane("oms-sim", login="lane", own_login="lane") is SIMULATED
    with pytest.raises(CommandRefused):
        officers.at_the_lane("oms-sim", login="aida", own_login="lane")


@pytest.mark.parametrize(
    ("who", "act"),
    [(OAC, Act.ANSWER), (OAC, Act.SERVICE), (OMS, Act.OUTCOME), (CHIEF, Act.ABORT)],
)
def test_a_role_is_given_only_where_the_law_gives_it(who: Officer, act: Act) -> None:
    with pytest.raises(CommandRefused, match=f"{who.id}.*may {act.value}"):
        Officers(STAFFED).role_for(who, act)
