"""What a journal says is unfinished: pure judgement over records, used after every start."""

from collections.abc import Iterable
from dataclasses import dataclass

from edge.core.effects import EntryKind
from edge.evidence.record import Record

BEAM_BEGIN = EntryKind.BEAM_INTENT.value
BEAM_ENDS = (EntryKind.SCAN_ENDED.value, EntryKind.SCAN_NOT_COMPLETED.value)
OPENING = EntryKind.INSPECTION_OPENED.value
CLOSING = EntryKind.INSPECTION_CLOSED.value
IMAGE = EntryKind.IMAGE_STORED.value
OUTCOME = EntryKind.OUTCOME_GIVEN.value


@dataclass(frozen=True, slots=True)
class OpenInspection:
    """An inspection without its closing entry.

    Attributes:
        inspection_id: the inspection.
        opened_utc: time of its first entry.
        last_kind: kind of its newest entry.
        last_sequence: sequence of its newest entry.
        beam_intent: sequence of a beam intent that no entry ended, 0 when there is none: beam may
            have been on, only the permit board's counter knows for how long.
        awaiting_outcome: an image is stored and the analysing officer has not answered.
    """

    inspection_id: str
    opened_utc: str
    last_kind: str
    last_sequence: int
    beam_intent: int
    awaiting_outcome: bool


def open_inspections(records: Iterable[Record]) -> list[OpenInspection]:
    """Find what is unfinished among records in journal order; records of the lane are left out.

    Any number of inspections may be mixed; what comes behind a closing entry opens nothing again.
    Memory grows with the inspections, not the records.
    """
    found: dict[str, OpenInspection] = {}
    closed: set[str] = set()
    for record in records:
        inspection_id = record.inspection_id
        if inspection_id is None or inspection_id in closed:
            continue
        if record.kind == CLOSING:
            found.pop(inspection_id, None)
            closed.add(inspection_id)
            continue
        found[inspection_id] = _after(found.get(inspection_id), inspection_id, record)
    return list(found.values())


def _after(before: OpenInspection | None, inspection_id: str, record: Record) -> OpenInspection:
    intent = before.beam_intent if before else 0
    if record.kind == BEAM_BEGIN:
        intent = record.sequence
    elif record.kind in BEAM_ENDS:
        intent = 0
    awaiting = before.awaiting_outcome if before else False
    if record.kind in (IMAGE, OUTCOME):
        awaiting = record.kind == IMAGE
    return OpenInspection(
        inspection_id=inspection_id,
        opened_utc=before.opened_utc if before else record.utc,
        last_kind=record.kind,
        last_sequence=record.sequence,
        beam_intent=intent,
        awaiting_outcome=awaiting,
    )
