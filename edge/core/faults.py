"""Faults, their classes, and the book of those that are active.

The machine sees only the highest class present; what each fault means to people is in the
catalogue.
"""

from enum import unique
from typing import NamedTuple

from edge.core.values import Word


@unique
class FaultClass(Word):
    """What a fault does to the lane, weakest first."""

    NOTICE = "notice"
    NO_ENTRY = "no_entry"
    STOP = "stop"
    TRIP = "trip"


RANK = {
    None: 0,
    FaultClass.NOTICE: 1,
    FaultClass.NO_ENTRY: 2,
    FaultClass.STOP: 3,
    FaultClass.TRIP: 4,
}
"""Order of the classes; ``None`` is a lane without faults."""


@unique
class Fault(Word):
    """Every fault the lane knows; the catalogue says what each one does."""

    ESTOP = "estop"
    INTERLOCK_BROKEN_IN_BEAM = "interlock_broken_in_beam"
    BEAM_WITHOUT_PERMIT = "beam_without_permit"
    BOARD_TRIPPED = "board_tripped"
    RADIATION_ALARM = "radiation_alarm"
    INTERLOCK_BROKEN = "interlock_broken"
    TRACKING_CONFLICT = "tracking_conflict"
    UNIT_JAMMED = "unit_jammed"
    LEASE_LOST = "lease_lost"
    LINES_STALLED = "lines_stalled"
    HV_MISSING = "hv_missing"
    CONTROL_STALLED = "control_stalled"
    CONVEYOR_LOST = "conveyor_lost"
    CONVEYOR_FAULT = "conveyor_fault"
    SAFETY_LOST = "safety_lost"
    BOARD_LOST = "board_lost"
    SOURCE_LOST = "source_lost"
    JOURNAL_UNAVAILABLE = "journal_unavailable"
    SOURCE_FAULT = "source_fault"
    WORKER_LOST = "worker_lost"
    DETECTOR_LOST = "detector_lost"
    CALIBRATION_MISSING = "calibration_missing"
    DETECTOR_NOT_ARMED = "detector_not_armed"
    GAUGE_LOST = "gauge_lost"
    RULES_INVALID = "rules_invalid"
    WATCHDOG_UNPROVEN = "watchdog_unproven"
    STORAGE_LOW = "storage_low"
    DEVICE_LOST = "device_lost"
    ON_BATTERY = "on_battery"
    SOURCE_RESTING = "source_resting"
    SOURCE_WARMING = "source_warming"
    SEASONING_DUE = "seasoning_due"
    READER_LOST = "reader_lost"
    BROKER_LOST = "broker_lost"
    MANIFEST_REFUSED = "manifest_refused"
    COMMAND_REFUSED = "command_refused"
    IMAGE_LOST = "image_lost"


class FaultRow(NamedTuple):
    """What a fault does.

    Attributes:
        kind: its class; configuration may strengthen it, never weaken it.
        latched: it stays after its cause is gone, until reset (TRIP) or acknowledged (the rest).
    """

    kind: FaultClass
    latched: bool


CATALOGUE: dict[Fault, FaultRow] = {
    Fault.ESTOP: FaultRow(FaultClass.TRIP, latched=True),
    Fault.INTERLOCK_BROKEN_IN_BEAM: FaultRow(FaultClass.TRIP, latched=True),
    Fault.BEAM_WITHOUT_PERMIT: FaultRow(FaultClass.TRIP, latched=True),
    Fault.BOARD_TRIPPED: FaultRow(FaultClass.TRIP, latched=True),
    Fault.RADIATION_ALARM: FaultRow(FaultClass.TRIP, latched=True),
    Fault.INTERLOCK_BROKEN: FaultRow(FaultClass.STOP, latched=True),
    Fault.TRACKING_CONFLICT: FaultRow(FaultClass.STOP, latched=True),
    Fault.UNIT_JAMMED: FaultRow(FaultClass.STOP, latched=True),
    Fault.LEASE_LOST: FaultRow(FaultClass.STOP, latched=True),
    Fault.LINES_STALLED: FaultRow(FaultClass.STOP, latched=True),
    Fault.HV_MISSING: FaultRow(FaultClass.STOP, latched=True),
    Fault.CONTROL_STALLED: FaultRow(FaultClass.STOP, latched=True),
    Fault.CONVEYOR_LOST: FaultRow(FaultClass.STOP, latched=True),
    Fault.CONVEYOR_FAULT: FaultRow(FaultClass.STOP, latched=True),
    Fault.SAFETY_LOST: FaultRow(FaultClass.STOP, latched=True),
    Fault.BOARD_LOST: FaultRow(FaultClass.STOP, latched=True),
    Fault.SOURCE_LOST: FaultRow(FaultClass.STOP, latched=True),
    Fault.JOURNAL_UNAVAILABLE: FaultRow(FaultClass.STOP, latched=True),
    Fault.SOURCE_FAULT: FaultRow(FaultClass.NO_ENTRY, latched=False),
    Fault.WORKER_LOST: FaultRow(FaultClass.NO_ENTRY, latched=False),
    Fault.DETECTOR_LOST: FaultRow(FaultClass.NO_ENTRY, latched=False),
    Fault.CALIBRATION_MISSING: FaultRow(FaultClass.NO_ENTRY, latched=False),
    Fault.DETECTOR_NOT_ARMED: FaultRow(FaultClass.NO_ENTRY, latched=False),
    Fault.GAUGE_LOST: FaultRow(FaultClass.NO_ENTRY, latched=False),
    Fault.RULES_INVALID: FaultRow(FaultClass.NO_ENTRY, latched=False),
    Fault.WATCHDOG_UNPROVEN: FaultRow(FaultClass.NO_ENTRY, latched=False),
    Fault.STORAGE_LOW: FaultRow(FaultClass.NO_ENTRY, latched=False),
    Fault.DEVICE_LOST: FaultRow(FaultClass.NO_ENTRY, latched=False),
    Fault.ON_BATTERY: FaultRow(FaultClass.NO_ENTRY, latched=False),
    Fault.SOURCE_RESTING: FaultRow(FaultClass.NO_ENTRY, latched=False),
    Fault.SOURCE_WARMING: FaultRow(FaultClass.NO_ENTRY, latched=False),
    Fault.SEASONING_DUE: FaultRow(FaultClass.NO_ENTRY, latched=False),
    Fault.READER_LOST: FaultRow(FaultClass.NOTICE, latched=False),
    Fault.BROKER_LOST: FaultRow(FaultClass.NOTICE, latched=False),
    Fault.MANIFEST_REFUSED: FaultRow(FaultClass.NOTICE, latched=True),
    Fault.COMMAND_REFUSED: FaultRow(FaultClass.NOTICE, latched=True),
    Fault.IMAGE_LOST: FaultRow(FaultClass.NOTICE, latched=True),
}
"""Every fault's row; the words for people are in `edge.core.catalogue`."""


class ActiveFault(NamedTuple):
    """A fault that still counts: its cause is present, or it waits to be reset."""

    fault: Fault
    present: bool


Book = tuple[ActiveFault, ...]
"""The active faults, ordered by code, each at most once."""


def highest(book: Book) -> FaultClass | None:
    """Return the strongest class among the active faults, ``None`` when there is none."""
    if not book:
        return None
    kinds = [CATALOGUE[active.fault].kind for active in book]
    return max(kinds, key=RANK.__getitem__, default=None)


def raised(book: Book, fault: Fault, *, present: bool) -> Book:
    """Enter a fault; ``present`` says whether its cause goes on.

    A cause that goes on stays so until it is gone, whatever happens once beside it.
    """
    others = [active for active in book if active.fault is not fault]
    goes_on = present or ActiveFault(fault, present=True) in book
    return tuple(sorted([*others, ActiveFault(fault, goes_on)], key=lambda item: item.fault.value))


def gone(book: Book, fault: Fault) -> Book:
    """Note that a cause is gone; what is not latched leaves the book."""
    kept = []
    for active in book:
        if active.fault is not fault:
            kept.append(active)
        elif CATALOGUE[fault].latched:
            kept.append(ActiveFault(fault, present=False))
    return tuple(kept)


def released(book: Book, kinds: frozenset[FaultClass], only: Fault | None = None) -> Book:
    """Drop the faults of these classes whose cause is gone; the others stay.

    ``only`` names the one fault that may be dropped, ``None`` all of them.
    """
    return tuple(
        active
        for active in book
        if active.present
        or CATALOGUE[active.fault].kind not in kinds
        or only not in {None, active.fault}
    )
