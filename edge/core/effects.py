"""What a step may ask for (effects) and what it wants remembered (entries).

Every effect has a nature: a permissive one adds danger and waits until the entries of its step
are committed; a restrictive one removes danger and goes first; a report goes after the commit.
"""

from enum import unique
from typing import NamedTuple

from edge.core.values import Word


@unique
class Nature(Word):
    """Whether an effect adds danger, removes it, or neither."""

    PERMISSIVE = "permissive"
    RESTRICTIVE = "restrictive"
    REPORT = "report"


@unique
class Target(Word):
    """What an effect acts on. A restrictive effect cancels pending permissive ones here."""

    PERMIT = "permit"
    SOURCE = "source"
    BELT = "belt"
    ENTRY_BARRIER = "entry_barrier"
    EXIT_BARRIER = "exit_barrier"
    DETECTOR = "detector"
    WARNING = "warning"
    PEOPLE = "people"
    JOURNAL = "journal"


@unique
class Effect(Word):
    """Everything the core can ask for."""

    WITHDRAW = "withdraw"
    HV_OFF = "hv_off"
    STOP_BELT = "stop_belt"
    CLOSE_ENTRY = "close_entry"
    CLOSE_EXIT = "close_exit"
    END_SCAN = "end_scan"
    CANCEL_SCAN = "cancel_scan"
    ARM_DETECTOR = "arm_detector"
    PREPARE_SOURCE = "prepare_source"
    START_WARNING = "start_warning"
    ARM_BOARD = "arm_board"
    RENEW_LEASE = "renew_lease"
    HV_ON = "hv_on"
    OPEN_ENTRY = "open_entry"
    OPEN_EXIT = "open_exit"
    START_BELT = "start_belt"
    STOP_WARNING = "stop_warning"
    CONFIRM_COMMIT = "confirm_commit"
    ASK_OFFICER = "ask_officer"
    TURN_AWAY = "turn_away"


class Kind(NamedTuple):
    """Nature and target of an effect."""

    nature: Nature
    target: Target


_P, _R, _I = Nature.PERMISSIVE, Nature.RESTRICTIVE, Nature.REPORT

KINDS: dict[Effect, Kind] = {
    Effect.WITHDRAW: Kind(_R, Target.PERMIT),
    Effect.HV_OFF: Kind(_R, Target.SOURCE),
    Effect.STOP_BELT: Kind(_R, Target.BELT),
    Effect.CLOSE_ENTRY: Kind(_R, Target.ENTRY_BARRIER),
    Effect.CLOSE_EXIT: Kind(_R, Target.EXIT_BARRIER),
    Effect.END_SCAN: Kind(_R, Target.DETECTOR),
    Effect.CANCEL_SCAN: Kind(_R, Target.DETECTOR),
    Effect.ARM_DETECTOR: Kind(_P, Target.DETECTOR),
    Effect.PREPARE_SOURCE: Kind(_P, Target.SOURCE),
    Effect.START_WARNING: Kind(_P, Target.WARNING),
    Effect.ARM_BOARD: Kind(_P, Target.PERMIT),
    Effect.RENEW_LEASE: Kind(_P, Target.PERMIT),
    Effect.HV_ON: Kind(_P, Target.SOURCE),
    Effect.OPEN_ENTRY: Kind(_P, Target.ENTRY_BARRIER),
    Effect.OPEN_EXIT: Kind(_P, Target.EXIT_BARRIER),
    Effect.START_BELT: Kind(_P, Target.BELT),
    # The warning is taken back only after the withdrawal that it warned of is written.
    Effect.STOP_WARNING: Kind(_I, Target.WARNING),
    Effect.CONFIRM_COMMIT: Kind(_I, Target.JOURNAL),
    Effect.ASK_OFFICER: Kind(_I, Target.PEOPLE),
    Effect.TURN_AWAY: Kind(_I, Target.PEOPLE),
}
"""Nature and target of every effect."""


class Request(NamedTuple):
    """One effect, asked for a unit's token (0: for the lane itself)."""

    effect: Effect
    token: int


@unique
class EntryKind(Word):
    """Every kind of entry the core writes into the journal."""

    INSPECTION_OPENED = "inspection.opened"
    VERDICT_GIVEN = "verdict.given"
    HOLD_ASKED = "hold.asked"
    HOLD_ANSWERED = "hold.answered"
    HOLD_EXPIRED = "hold.expired"
    ARMED = "scan.armed"
    UNIT_ADMITTED = "unit.admitted"
    UNIT_PASSED = "unit.passed_without_beam"
    UNIT_TURNED_AWAY = "unit.turned_away"
    BEAM_INTENT = "beam.intent"
    SCAN_ENDED = "scan.ended"
    SCAN_NOT_COMPLETED = "scan.not_completed"
    IMAGE_STORED = "image.stored"
    OUTCOME_GIVEN = "outcome.given"
    UNIT_RELEASED = "unit.released"
    UNIT_LEFT = "unit.left"
    INSPECTION_CLOSED = "inspection.closed"
    FAULT_RAISED = "fault.raised"
    FAULT_CLEARED = "fault.cleared"
    LANE_MODE = "lane.mode"
    TRACKING_LOST = "tracking.lost"
    LANE_PROVEN = "lane.proven_empty"
    SERVICE_PERMITTED = "service.permitted"
    SERVICE_INTENT = "service.beam_intent"
    SERVICE_ENDED = "service.ended"


class Entry(NamedTuple):
    """One thing to remember: its kind, the unit's token (0: the lane) and the cause in a word."""

    kind: EntryKind
    token: int
    cause: str
