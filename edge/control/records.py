"""What the journal and headquarters are told of each entry of the core.

One row per kind of entry: the facts for the journal, and the event for the outbox where one is
due. The runner's note carries what only the world knew (who answered, which device, why).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.clock import rfc3339
from edge.control.cases import Case
from edge.core.catalogue import TEXTS
from edge.core.effects import Entry, EntryKind
from edge.core.faults import CATALOGUE, Fault
from edge.core.inspection import InspectionState
from edge.core.lane import PACKML, SERVING, LaneState
from edge.law.exemptions import HoldDecision
from edge.law.outcomes import ProcessState
from edge.law.verdicts import Reason, TableRef, Verdict, VerdictKind
from edge.messages import event_data as data
from edge.settings import LaneFile

Note = Mapping[str, object]
Facts = dict[str, object]
MakeEvent = Callable[[int, str], data.EventData]
"""Makes the event's data once the journal has given the entry its sequence and hash."""


@dataclass(frozen=True, slots=True)
class Due:
    """An event that is due: its type, and what makes its data."""

    event_type: str
    make: MakeEvent


@dataclass(frozen=True, slots=True)
class Telling:
    """What is told of one entry: the journal's body, and the event if one is due."""

    facts: Facts
    event: Due | None = None


class Tellers:
    """Tells of entries; holds what does not change: the lane, and whether it is simulated."""

    def __init__(self, lane: LaneFile) -> None:
        self._lane = lane
        self._simulated = lane.lane.simulated
        self._quiet = True
        self._began: dict[str, str] = {}
        self._table: dict[EntryKind, Callable[[Entry, Case | None, Note, datetime], Telling]] = {
            EntryKind.INSPECTION_OPENED: self._opened,
            EntryKind.VERDICT_GIVEN: self._verdict,
            EntryKind.HOLD_ASKED: self._hold_asked,
            EntryKind.HOLD_ANSWERED: self._hold_answered,
            EntryKind.BEAM_INTENT: self._intent,
            EntryKind.SCAN_NOT_COMPLETED: self._not_completed,
            EntryKind.IMAGE_STORED: self._image,
            EntryKind.OUTCOME_GIVEN: self._outcome,
            EntryKind.UNIT_PASSED: self._not_scanned,
            EntryKind.UNIT_TURNED_AWAY: self._not_scanned,
            EntryKind.INSPECTION_CLOSED: self._closed,
            EntryKind.FAULT_RAISED: self._fault_raised,
            EntryKind.FAULT_CLEARED: self._fault_cleared,
            EntryKind.LANE_MODE: self._mode,
        }

    def tell(self, entry: Entry, case: Case | None, note: Note, now: datetime) -> Telling:
        """Tell of one entry."""
        teller = self._table.get(entry.kind)
        facts: Facts = {key: value for key, value in note.items() if key != _VERDICT}
        if teller is None:
            return Telling(facts)
        telling = teller(entry, case, note, now)
        return Telling({**facts, **telling.facts}, telling.event)

    def _made(self, kind: type[data.EventData], **values: object) -> Due:
        def make(sequence: int, head: str) -> data.EventData:
            return kind.model_validate(
                {
                    "journal_sequence": sequence,
                    "journal_head": head,
                    "simulated": self._simulated,
                    **values,
                }
            )

        return Due(_EVENT_TYPES[kind], make)

    def _opened(self, _entry: Entry, _case: Case | None, _note: Note, _now: datetime) -> Telling:
        direction = self._lane.lane.direction
        return Telling({}, self._made(data.InspectionOpened, direction=direction))

    def _verdict(self, _entry: Entry, case: Case | None, note: Note, _now: datetime) -> Telling:
        assert case is not None
        verdict, manifest = _verdict_told(case, note), case.manifest
        record = verdict.record()
        event = self._made(
            data.VerdictGiven,
            verdict=verdict.kind.value,
            reasons=_reasons(verdict.reasons),
            notices=_reasons(verdict.notices),
            rule_ids=verdict.rule_ids,
            **_reference("table", verdict.table),
            **_reference("words", verdict.words),
            manifest_id=manifest.id if manifest else "",
            manifest_version=manifest.version if manifest else None,
            inputs=record["inputs"],
        )
        read: Facts = {"identifiers": dict(case.identifiers)}
        if case.also_read:
            read["also_read"] = {kind: sorted(texts) for kind, texts in case.also_read.items()}
        return Telling({"verdict": record, **read}, event)

    def _hold_asked(self, _entry: Entry, case: Case | None, note: Note, now: datetime) -> Telling:
        assert case is not None
        until = rfc3339(now + timedelta(milliseconds=self._lane.timing.hold_ms))
        reasons = _reasons(_verdict_told(case, note).reasons)
        event = self._made(data.HoldAsked, reasons=reasons, answer_until=until)
        return Telling({"answer_until": until}, event)

    def _hold_answered(
        self, _entry: Entry, _case: Case | None, note: Note, _now: datetime
    ) -> Telling:
        # From the note of this very answer: the case may already hold a later one.
        return Telling({}, self._made(data.HoldAnswered, **_quoted(note, _ANSWER_WORDS)))

    def _intent(self, _entry: Entry, case: Case | None, _note: Note, _now: datetime) -> Telling:
        assert case is not None
        kv, ma = self._lane.source.kv, self._lane.source.ma
        facts: Facts = {"scan_id": case.scan_id, "kv": f"{kv:g}", "ma": f"{ma:g}"}
        permit = case.permit
        if permit is None:
            # A new verdict has taken it away; its event is next and withdraws before any beam.
            return Telling({**facts, "permit": None})
        facts["permit"] = {"rule_ids": list(permit.rule_ids), "officer": permit.officer_id}
        return Telling(facts, self._made(data.ScanStarted, scan_id=case.scan_id, kv=kv, ma=ma))

    def _not_completed(
        self, entry: Entry, case: Case | None, _note: Note, _now: datetime
    ) -> Telling:
        assert case is not None
        case.broke_off = case.broke_off or entry.cause
        event = self._made(
            data.ScanNotCompleted,
            scan_id=case.scan_id,
            **_exposure(case),
            reason=entry.cause,
        )
        return Telling({"scan_id": case.scan_id, **_exposure(case)}, event)

    def _image(self, _entry: Entry, case: Case | None, _note: Note, _now: datetime) -> Telling:
        assert case is not None
        image = case.image
        assert image is not None
        facts: Facts = {
            "scan_id": case.scan_id,
            **_exposure(case),
            "folder": image.folder,
            "sha256": image.sha256,
            "size_bytes": image.size_bytes,
            "lines": image.lines,
        }
        event = self._made(
            data.ScanCompleted,
            scan_id=case.scan_id,
            **_exposure(case),
            package=data.Package(
                sha256=image.sha256,
                size_bytes=image.size_bytes,
                media_type="application/vnd.scanlane.package",
                lines=image.lines,
            ),
            thumbnail_png=image.thumbnail_png,
        )
        return Telling(facts, event)

    def _outcome(self, _entry: Entry, case: Case | None, note: Note, _now: datetime) -> Telling:
        assert case is not None
        event = self._made(data.OutcomeGiven, outcome=case.outcome, **_quoted(note, _OUTCOME_WORDS))
        return Telling({"outcome": case.outcome}, event)

    def _not_scanned(self, entry: Entry, case: Case | None, _note: Note, _now: datetime) -> Telling:
        assert case is not None
        kind = case.verdict.kind if case.verdict else None
        by_law = {VerdictKind.EXEMPT: "exempt", VerdictKind.NO_BASIS: "no_basis"}
        passed = entry.kind is EntryKind.UNIT_PASSED
        why = by_law.get(kind, "") if kind else ""
        why = why or ("passed_by_officer" if passed else "turned_away")
        decision = _DECIDED.get(entry.kind)
        answer = case.answer if case.answer and case.answer.decision is decision else None
        event = self._made(
            data.UnitNotScanned,
            why=why,
            rule_ids=case.verdict.rule_ids if case.verdict else (),
            officer=answer.officer_id if answer else None,
            reason=answer.reason[:300] if answer else "",
        )
        case.end = _END[why].value
        return Telling({"why": why, "way": entry.kind.value}, event)

    def _closed(self, entry: Entry, case: Case | None, _note: Note, now: datetime) -> Telling:
        assert case is not None
        not_completed = entry.cause == InspectionState.NOT_COMPLETED.value
        state = _NOT_COMPLETED if not_completed else case.outcome or case.end or _TURNED_AWAY
        closed = rfc3339(now)
        why = case.broke_off if not_completed else ""
        scan = {"scan_id": case.scan_id, **_exposure(case)} if case.scan_id else {}
        event = self._made(
            data.InspectionClosed,
            state=state,
            opened=case.opened_utc,
            closed=closed,
            package_sha256=case.image.sha256 if case.image else None,
            reason=why[:300],
            **scan,
        )
        return Telling({"end": state, "why": why, "opened": case.opened_utc, **scan}, event)

    def _fault_raised(self, entry: Entry, _case: Case | None, note: Note, now: datetime) -> Telling:
        fault = Fault(entry.cause)
        self._began[fault.value] = rfc3339(now)
        event = self._made(
            data.FaultRaised,
            code=fault.value,
            fault_class=CATALOGUE[fault].kind.value,
            text=TEXTS[fault].en,
            detail=str(note.get("detail", ""))[:300],
        )
        return Telling({"class": CATALOGUE[fault].kind.value}, event)

    def _fault_cleared(
        self, entry: Entry, _case: Case | None, note: Note, now: datetime
    ) -> Telling:
        began = self._began.pop(entry.cause, rfc3339(now))
        event = self._made(
            data.FaultCleared, code=entry.cause, began=began, officer=note.get("officer")
        )
        return Telling({"began": began}, event)

    def _mode(self, entry: Entry, _case: Case | None, _note: Note, _now: datetime) -> Telling:
        """The journal hears of every move; headquarters of those that stop, serve or free it."""
        state = LaneState(entry.cause)
        stands = state in _STANDING
        due = stands or (state is LaneState.READY and not self._quiet)
        self._quiet = not stands
        if not due:
            return Telling({})
        packml = PACKML[state]
        return Telling({}, self._made(data.LaneMode, mode=state.value, packml_state=packml))


_EVENT_TYPES = {model: name for name, model in data.EVENTS.items()}
_STANDING = SERVING | {LaneState.PROVING, LaneState.HELD, LaneState.TRIPPED}
"""Modes that headquarters hears of: no unit is taken in, or there may be a beam without one."""
_END = {
    "exempt": ProcessState.NOT_APPLIED_EXEMPT,
    "no_basis": ProcessState.NOT_APPLIED_NO_BASIS,
    "turned_away": ProcessState.TURNED_AWAY,
    "passed_by_officer": ProcessState.NOT_COMPLETED,
}


_NOT_COMPLETED = ProcessState.NOT_COMPLETED.value
_TURNED_AWAY = ProcessState.TURNED_AWAY.value
_DECIDED = {
    EntryKind.UNIT_PASSED: HoldDecision.PASS,
    EntryKind.UNIT_TURNED_AWAY: HoldDecision.TURN_AWAY,
}
_VERDICT = "verdict"
"""In the note of a verdict: the verdict itself, since the case may already hold a later one."""
_ANSWER_WORDS = ("officer", "role", "decision", "reason", "confirmed_by", "command_id")
_OUTCOME_WORDS = ("officer", "suspicion", "agrees_with_documents", "note", "command_id")


def _verdict_told(case: Case, note: Note) -> Verdict:
    told = note.get(_VERDICT)
    verdict = told if isinstance(told, Verdict) else case.verdict
    assert verdict is not None
    return verdict


def _exposure(case: Case) -> Facts:
    """What the board has counted, and whether that is all."""
    return {"exposure_ms": case.exposure_ms, "counted": case.counted}


def _reference(name: str, ref: TableRef | None) -> Facts:
    """Which table or lexicon was in force, as the event says it."""
    if ref is None:
        return {}
    return {
        f"{name}_id": ref.table_id,
        f"{name}_version": ref.version,
        f"{name}_sha256": ref.sha256,
    }


def _reasons(reasons: tuple[Reason, ...]) -> tuple[data.Reason, ...]:
    return tuple(
        data.Reason(
            rule=reason.rule_id,
            text=reason.text.en[:300],
            offending="; ".join(reason.offending)[:300],
        )
        for reason in reasons
    )


def _quoted(note: Note, names: tuple[str, ...]) -> Facts:
    return {name: note[name] for name in names if name in note}
