"""What the journal knows of the tube: its last exposures, and when it was last used or seasoned."""

from datetime import datetime

from edge.control.tube import Exposure, TubeHistory
from edge.core.effects import EntryKind
from edge.core.servicing import DONE
from edge.evidence.record import Record
from edge.journal.database import Reader
from edge.journal.reading import newest_of
from edge.messages.base import moment
from edge.settings import Duty, LaneFile, Seasoning

MOST = 2000
"""Entries of a kind that are looked at, newest first; more exposures fit no window."""


def tube_history(reader: Reader, lane: LaneFile, now: datetime) -> TubeHistory:
    """Read it. Raises JournalError.

    What the journal does not tell counts against the tube: an exposure without its count lasted
    as long as one may, and ended as late as it could.

    Args:
        reader: of the lane's journal.
        lane: says what counts for how long.
        now: the present moment.
    """
    return TubeHistory(_exposures(reader, lane, now), _unused_s(reader, now))


def _exposures(reader: Reader, lane: LaneFile, now: datetime) -> tuple[Exposure, ...]:
    duty, seasoning = lane.source.duty, lane.source.seasoning
    if not isinstance(duty, Duty):
        return ()
    longest_s = lane.source.max_exposure_ms / 1000
    counted = _counted(reader)
    begun = [
        (record, longest_s, counted.get(_scan_id(record), longest_s))
        for record in newest_of(reader, EntryKind.BEAM_INTENT.value, MOST)
    ]
    if isinstance(seasoning, Seasoning):
        served_s = float(seasoning.longest_s)
        services = newest_of(reader, EntryKind.SERVICE_INTENT.value, MOST)
        begun += [(record, served_s, served_s) for record in services]
    span_s = max(duty.pause_s or 0, duty.window_s or 0)
    found = [
        Exposure(max(0.0, _age_s(record, now) - lasted_s), on_s) for record, lasted_s, on_s in begun
    ]
    return tuple(one for one in found if one.age_s < span_s and one.on_s > 0)


def _counted(reader: Reader) -> dict[int, float]:
    """Seconds of radiation by scan, where the board has counted the whole of it."""
    kinds = (EntryKind.IMAGE_STORED.value, EntryKind.SCAN_NOT_COMPLETED.value)
    found: dict[int, float] = {}
    for kind in kinds:
        for record in newest_of(reader, kind, MOST):
            on_ms = record.body.get("exposure_ms")
            if record.body.get("counted") is True and isinstance(on_ms, int):
                scan_id = _scan_id(record)
                found[scan_id] = max(found.get(scan_id, 0.0), on_ms / 1000)
    return found


def _unused_s(reader: Reader, now: datetime) -> float | None:
    """Seconds since the tube has surely radiated for an image, or was seasoned to the end."""
    used = [
        record
        for record in newest_of(reader, EntryKind.IMAGE_STORED.value, 1)
        if isinstance(record.body.get("exposure_ms"), int) and record.body["exposure_ms"]
    ]
    seasoned = [
        record
        for record in newest_of(reader, EntryKind.SERVICE_ENDED.value, MOST)
        if record.body.get("cause") == DONE
    ]
    ages = [_age_s(record, now) for record in (*used, *seasoned[:1])]
    # A clock that was behind its own past knows no age.
    return min((age_s for age_s in ages if age_s >= 0), default=None)


def _age_s(record: Record, now: datetime) -> float:
    return (now - moment(record.utc)).total_seconds()


def _scan_id(record: Record) -> int:
    scan_id = record.body.get("scan_id")
    return scan_id if isinstance(scan_id, int) else 0
