"""Rules of the record: every entry tells something valid and canonical."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edge.control.cases import Case, StoredImage
from edge.control.records import Tellers
from edge.core.effects import Entry, EntryKind
from edge.core.faults import Fault
from edge.core.lane import LaneState
from edge.evidence.canonical import canonical
from edge.law.exemptions import HoldDecision
from edge.law.rules import Rule
from edge.law.verdicts import Reason
from edge.messages.events import Place, read_event, write_event
from edge.settings import LaneFile
from tests.unit.control.kit import LANE, TOKEN
from tests.unit.control.test_acts import OMS
from tests.unit.control.test_acts import Bench as HeldUnit

NOW = datetime(2026, 3, 2, 8, 1, tzinfo=UTC)
NOTE = {
    "officer": "oms-1",
    "role": "oms",
    "decision": "scan",
    "reason": "қаралды " * 400,
    "suspicion": False,
    "agrees_with_documents": True,
    "note": "",
    "detail": "x" * 1000,
    "command_id": "cmd-1",
}
CAUSES = {
    EntryKind.FAULT_RAISED: [fault.value for fault in Fault],
    EntryKind.FAULT_CLEARED: [fault.value for fault in Fault],
    EntryKind.LANE_MODE: [state.value for state in LaneState],
    EntryKind.INSPECTION_CLOSED: ["concluded", "not_completed", "passing", "turning_away"],
}
EVERY = [(kind, cause) for kind in EntryKind for cause in CAUSES.get(kind, ["cause"])]


def full_case() -> Case:
    """A unit that has been through everything."""
    held = HeldUnit()
    held.answer(OMS, "scan", "x" * 4000)
    case = held.case
    case.scan_id, case.exposure_ms, case.outcome = 2**32 - 1, 5200, "without_suspicion"
    case.image = StoredImage("archive/a", "ab" * 32, 2**40, 9000, "")
    return case


def tell(kind: EntryKind, cause: str, case: Case, note: dict[str, object], lane: LaneFile = LANE):
    telling = Tellers(lane).tell(Entry(kind, TOKEN, cause), case, note, NOW)
    if telling.event is None:
        return telling, None
    made = telling.event.make(12, "ab" * 32)
    place = Place(lane.lane.id, "12345678-1234-1234-1234-123456789abc", 3)
    written = write_event(place, subject=case.inspection_id, time=case.opened_utc, data=made)
    return telling, read_event(written)


@pytest.mark.parametrize(("kind", "cause"), EVERY)
def test_every_entry_is_canonical_and_its_event_is_of_the_contract(
    kind: EntryKind, cause: str
) -> None:
    telling, event = tell(kind, cause, full_case(), dict(NOTE))
    assert canonical(telling.facts)
    if event is not None:
        assert (event.data.journal_sequence, event.data.journal_head) == (12, "ab" * 32)
        assert event.data.simulated is True
        assert len(event.model_dump_json()) < 131_072


@pytest.mark.parametrize("simulated", [True, False])
def test_everything_made_on_a_simulated_lane_says_so(simulated: bool) -> None:
    section = LANE.lane.model_copy(update={"simulated": simulated})
    lane = LANE.model_copy(update={"lane": section})
    _, event = tell(EntryKind.BEAM_INTENT, "", full_case(), {}, lane)
    assert event.data.simulated is simulated


def test_no_record_holds_a_float() -> None:
    def floats(value: object) -> list[object]:
        if isinstance(value, dict):
            return [found for item in value.values() for found in floats(item)]
        if isinstance(value, list | tuple):
            return [found for item in value for found in floats(item)]
        return [value] if isinstance(value, float) else []

    for kind, cause in EVERY:
        telling, _ = tell(kind, cause, full_case(), dict(NOTE))
        assert floats(telling.facts) == []


def test_an_answer_is_recorded_as_it_was_given_whatever_came_later() -> None:
    case = full_case()
    note = {**NOTE, "officer": "oms-2", "decision": "turn_away", "reason": "seal broken"}
    _, event = tell(EntryKind.HOLD_ANSWERED, "turn_away", case, note)
    assert case.answer is not None
    assert case.answer.decision is HoldDecision.SCAN
    said = (event.data.officer, event.data.decision, event.data.reason, event.data.command_id)
    assert said == ("oms-2", "turn_away", "seal broken", "cmd-1")


def test_a_verdict_is_recorded_as_it_was_given_whatever_came_later() -> None:
    case = full_case()
    first = case.verdict
    assert first is not None
    case.verdict = None
    telling, event = tell(EntryKind.VERDICT_GIVEN, "hold", case, {"verdict": first})
    assert event.data.rule_ids == first.rule_ids
    assert telling.facts["verdict"] == first.record()
    beside, _ = tell(EntryKind.UNIT_LEFT, "", case, {"verdict": first, "route": "pass"})
    assert beside.facts == {"route": "pass"}


def test_an_intent_without_a_permit_is_written_and_not_published_as_a_scan() -> None:
    case = full_case()
    case.permit = None
    telling, event = tell(EntryKind.BEAM_INTENT, "", case, {})
    assert telling.facts["permit"] is None
    assert event is None


def test_a_unit_that_was_not_turned_away_by_an_officer_names_none() -> None:
    case = full_case()  # its answer was a scan; the hold has expired before it counted
    _, event = tell(EntryKind.UNIT_TURNED_AWAY, "", case, {})
    assert (event.data.why, event.data.officer, event.data.reason) == ("turned_away", None, "")


@pytest.mark.parametrize(
    ("cause", "outcome", "end", "state"),
    [
        ("concluded", "under_suspicion", "", "under_suspicion"),
        ("not_completed", "", "", "not_completed"),
        ("not_completed", "", "not_applied_exempt", "not_completed"),
        ("passing", "", "not_applied_exempt", "not_applied_exempt"),
        ("turning_away", "", "", "turned_away"),
    ],
)
def test_a_record_closes_with_what_really_ended_it(
    cause: str, outcome: str, end: str, state: str
) -> None:
    case = full_case()
    case.outcome, case.end = outcome, end
    _, event = tell(EntryKind.INSPECTION_CLOSED, cause, case, {})
    assert event.data.state == state


def test_a_fault_is_cleared_with_the_time_it_began() -> None:
    tellers = Tellers(LANE)
    case, later = full_case(), datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    fault = Fault.GAUGE_LOST.value
    tellers.tell(Entry(EntryKind.FAULT_RAISED, 0, fault), case, {}, NOW)
    told = tellers.tell(Entry(EntryKind.FAULT_CLEARED, 0, fault), case, {}, later)
    assert told.facts["began"] == "2026-03-02T08:01:00.000000Z"


def test_headquarters_hears_of_modes_that_stop_or_free_the_lane() -> None:
    tellers, heard = Tellers(LANE), []
    for mode in ("ready", "arming", "held", "ready", "passing", "ready", "tripped", "proving"):
        entry = Entry(EntryKind.LANE_MODE, 0, mode)
        heard.append(tellers.tell(entry, None, {}, NOW).event is not None)
    assert heard == [False, False, True, True, False, False, True, True]


def test_a_verdict_is_published_with_its_notices_and_the_lexicon_beside_the_table() -> None:
    case = full_case()
    verdict = case.verdict
    assert verdict is not None
    assert verdict.words is not None
    noted = replace(verdict, notices=(Reason(Rule.GOODS_NOTICE, ("'3002 12' sera",), 1),))
    telling, event = tell(EntryKind.VERDICT_GIVEN, "hold", case, {"verdict": noted})
    said = (event.data.words_id, event.data.words_version, event.data.words_sha256)
    assert said == (verdict.words.table_id, verdict.words.version, verdict.words.sha256)
    assert event.data.table_id != event.data.words_id
    assert [(one.rule, one.offending) for one in event.data.notices] == [
        ("NT-GOODS", "'3002 12' sera")
    ]
    assert telling.facts["verdict"] == noted.record()
    _, event = tell(EntryKind.VERDICT_GIVEN, "hold", case, {"verdict": replace(noted, words=None)})
    assert (event.data.words_id, event.data.words_sha256) == ("", None)


def test_a_record_that_was_not_completed_closes_with_the_first_reason() -> None:
    case, tellers = full_case(), Tellers(LANE)
    case.outcome = ""
    for cause in ("refused", "restart"):
        tellers.tell(Entry(EntryKind.SCAN_NOT_COMPLETED, TOKEN, cause), case, {}, NOW)
    telling, event = tell(EntryKind.INSPECTION_CLOSED, "not_completed", case, {})
    assert (event.data.state, event.data.reason) == ("not_completed", "refused")
    assert telling.facts["why"] == "refused"
    _, event = tell(EntryKind.INSPECTION_CLOSED, "turning_away", case, {})
    assert event.data.reason == ""


def test_headquarters_hears_of_every_mode_of_a_service_mission_and_of_its_end() -> None:
    tellers, told = Tellers(LANE), []
    for mode in ("ready", "service_warning", "service_intent", "service_beam", "ready"):
        entry = Entry(EntryKind.LANE_MODE, 0, mode)
        if tellers.tell(entry, None, {}, NOW).event is not None:
            told.append(mode)
    assert told == ["service_warning", "service_intent", "service_beam", "ready"]
