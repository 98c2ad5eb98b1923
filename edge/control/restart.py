"""What a start takes over from the journal: whose outcome is awaited, and what broke off.

A unit whose record broke off is closed as not completed, never continued; one whose outcome was
given is closed with it. If a beam may have been on, that waits for the exposure the permit board
has counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.control.act_base import ACTED
from edge.control.cases import Case, StoredImage
from edge.control.recorder import Recorder
from edge.control.tube import NO_HISTORY, TubeHistory
from edge.core.decisions import REFUSED
from edge.core.effects import Entry, EntryKind
from edge.core.inspection import InspectionState
from edge.evidence.record import Record
from edge.journal.database import Reader
from edge.journal.open_work import OpenInspection
from edge.journal.reading import entries_of, newest_inspection, newest_of
from edge.law.case import Aboard, DriverAnswer, NoAnimalsStatement
from edge.law.outcomes import Act, Role

CAUSE = "restart"
UNCOUNTED = "restart, the permit board told no exposure"
"""The cause where nobody knows how long the beam was on: the 0 beside it is no count."""


@dataclass(frozen=True, slots=True)
class TakeOver:
    """What the journal leaves to a start.

    Attributes:
        next_token: above every token of the past.
        awaiting: cases with an image and without an outcome.
        broken: cases that broke off; ``scan_id`` is set where a beam may have been on.
        service: token of a service mission that broke off, 0 when none did.
        tube: what the tube has done.
    """

    next_token: int
    awaiting: tuple[Case, ...]
    broken: tuple[Case, ...]
    service: int = 0
    tube: TubeHistory = NO_HISTORY


def take_over(
    reader: Reader,
    unfinished: Sequence[OpenInspection],
    tube: TubeHistory = NO_HISTORY,
) -> TakeOver:
    """Read what was unfinished when the last process ended. Raises JournalError."""
    awaiting, broken = [], []
    for open_one in unfinished:
        case = _case(open_one, entries_of(reader, open_one.inspection_id))
        if open_one.awaiting_outcome and case.image is not None:
            awaiting.append(case)
        else:
            if not open_one.beam_intent:
                case.scan_id = 0
            broken.append(case)
    newest = newest_inspection(reader)
    return TakeOver(
        next_token=_token(newest) + 1 if newest else 1,
        awaiting=tuple(awaiting),
        broken=tuple(broken),
        service=_open_service(reader),
        tube=tube,
    )


def _open_service(reader: Reader) -> int:
    """The token of a service mission whose end was never written, 0 when there is none."""
    begun = newest_of(reader, EntryKind.SERVICE_PERMITTED.value, 1)
    ended = newest_of(reader, EntryKind.SERVICE_ENDED.value, 1)
    if not begun or (ended and ended[0].sequence > begun[0].sequence):
        return 0
    return _number(begun[0].body, "token")


def close_service(recorder: Recorder, token: int) -> None:
    """Write the end of a service mission that broke off; what it was for is not done."""
    recorder.write(EntryKind.SERVICE_ENDED.value, None, {"token": token, "cause": CAUSE})


def close_broken(recorder: Recorder, case: Case, exposure_ms: int | None) -> None:
    """Write the end of a record that broke off.

    Args:
        recorder: where to.
        case: one of `TakeOver.broken`.
        exposure_ms: what the board has counted for its scan, None when it told nothing of it.
    """
    end = InspectionState.CONCLUDED if case.outcome else InspectionState.NOT_COMPLETED
    entries = [Entry(EntryKind.INSPECTION_CLOSED, case.token, end.value)]
    if end is InspectionState.NOT_COMPLETED:
        case.broke_off = case.broke_off or (REFUSED if case.refused_to else CAUSE)
    if case.scan_id:
        case.exposure_ms, case.counted = exposure_ms or 0, exposure_ms is not None
        cause = CAUSE if exposure_ms is not None else UNCOUNTED
        entries.insert(0, Entry(EntryKind.SCAN_NOT_COMPLETED, case.token, cause))
    recorder.record_past(case, entries, {"reason": CAUSE})


def _token(inspection_id: str) -> int:
    return int(inspection_id.rsplit("-", 1)[1])


def _case(unfinished: OpenInspection, entries: Sequence[Record]) -> Case:
    case = Case(
        _token(unfinished.inspection_id), unfinished.inspection_id, unfinished.opened_utc, 0
    )
    for entry in entries:
        body = entry.body
        if entry.kind == EntryKind.BEAM_INTENT.value:
            case.scan_id = _number(body, "scan_id")
        elif entry.kind == EntryKind.OUTCOME_GIVEN.value:
            case.outcome = str(body["outcome"])
        elif entry.kind == EntryKind.IMAGE_STORED.value:
            case.exposure_ms = _number(body, "exposure_ms")
            case.counted = body.get("counted") is True
            case.image = StoredImage(
                folder=str(body["folder"]),
                sha256=str(body["sha256"]),
                size_bytes=_number(body, "size_bytes"),
                lines=_number(body, "lines"),
                thumbnail_png="",
            )
        elif entry.kind == EntryKind.SCAN_NOT_COMPLETED.value:
            case.broke_off = case.broke_off or str(body["cause"])
        elif entry.kind == ACTED:
            _stated(case, body)
        case.manifest_ids |= _manifests(body)
        # Every act has an entry of its own, also one that has changed nothing.
        if body.get("role") == "oms":
            case.oms_ids.add(str(body["officer"]))
    return case


def _stated(case: Case, body: Mapping[str, object]) -> None:
    """Take up what officers have stated: to be shown, since nothing of the past is decided anew."""
    act, officer, utc = body.get("act"), str(body.get("officer")), str(body.get("stated"))
    if act == Act.STATE_NO_ANIMALS.value:
        case.statement = NoAnimalsStatement(case.inspection_id, officer, _role(body), utc)
    elif act == Act.ASK_DRIVER.value:
        animals = Aboard(body["animals"])
        answer = DriverAnswer(case.inspection_id, animals, officer, _role(body), utc)
        case.driver_answers.append(answer)
    elif act == Act.REFUSAL.value:
        case.refused_to = officer


def _role(body: Mapping[str, object]) -> Role:
    return Role(body["role"])


def _manifests(body: Mapping[str, object]) -> set[str]:
    """The manifests that an entry's verdict rests on, or that it confirms."""
    found = {body.get("confirmed_manifest")}
    inputs: object = body
    for key in ("verdict", "inputs", "manifest", "id"):
        inputs = inputs.get(key) if isinstance(inputs, Mapping) else None
    found.add(inputs)
    return {one for one in found if isinstance(one, str) and one}


def _number(body: object, key: str) -> int:
    assert isinstance(body, dict)
    value = body[key]
    assert isinstance(value, int)
    return value
