"""The physical machine of the lane: its states, their PackML numbers, and the table of moves.

PackML state numbers as in ANSI/ISA-TR88.00.02: 2 Stopped, 3 Starting, 4 Idle, 6 Execute,
9 Aborted, 11 Held, 15 Resetting, 16 Completing.
"""

from enum import unique

from edge.core.values import Word


@unique
class LaneState(Word):
    """What the lane is doing."""

    PROVING = "proving"
    READY = "ready"
    ARMING = "arming"
    WARNING = "warning"
    ADMITTING = "admitting"
    INTENT = "intent"
    SCANNING = "scanning"
    PASSING = "passing"
    CLEARING = "clearing"
    RELEASING = "releasing"
    SERVICE_WARNING = "service_warning"
    SERVICE_INTENT = "service_intent"
    SERVICE_BEAM = "service_beam"
    HELD = "held"
    TRIPPED = "tripped"


@unique
class Trigger(Word):
    """What moves the lane on."""

    PROVEN = "proven"
    LOST = "lost"
    SCAN_UNIT = "scan_unit"
    PASS_UNIT = "pass_unit"  # noqa: S105 - a way through the lane, not a secret
    CLEAR_UNIT = "clear_unit"
    RELEASE_UNIT = "release_unit"
    SERVE = "serve"
    ARMED = "armed"
    DISARMED = "disarmed"
    WARNED = "warned"
    AGREED = "agreed"
    COMMITTED = "committed"
    WITHDRAWN = "withdrawn"
    DROPPED = "dropped"
    OUT = "out"
    LEFT = "left"
    SERVED = "served"
    STOP = "stop"
    TRIP = "trip"
    EASED = "eased"
    RESET = "reset"


PACKML: dict[LaneState, int] = {
    LaneState.PROVING: 15,
    LaneState.READY: 4,
    LaneState.ARMING: 3,
    LaneState.WARNING: 3,
    LaneState.ADMITTING: 6,
    LaneState.INTENT: 6,
    LaneState.SCANNING: 6,
    LaneState.PASSING: 6,
    LaneState.CLEARING: 16,
    LaneState.RELEASING: 16,
    LaneState.SERVICE_WARNING: 3,
    LaneState.SERVICE_INTENT: 6,
    LaneState.SERVICE_BEAM: 6,
    LaneState.HELD: 11,
    LaneState.TRIPPED: 9,
}
"""The PackML state each lane state is shown as."""

_L, _T = LaneState, Trigger
_FAULTS = {_T.STOP: _L.HELD, _T.TRIP: _L.TRIPPED}

_ROWS: dict[LaneState, dict[Trigger, LaneState]] = {
    _L.PROVING: {_T.PROVEN: _L.READY, **_FAULTS},
    _L.READY: {
        _T.SCAN_UNIT: _L.ARMING,
        _T.PASS_UNIT: _L.PASSING,
        _T.CLEAR_UNIT: _L.CLEARING,
        _T.RELEASE_UNIT: _L.RELEASING,
        _T.SERVE: _L.SERVICE_WARNING,
        _T.LOST: _L.PROVING,
        **_FAULTS,
    },
    _L.ARMING: {_T.ARMED: _L.WARNING, _T.DROPPED: _L.READY, **_FAULTS},
    _L.WARNING: {
        _T.WARNED: _L.ADMITTING,
        _T.DISARMED: _L.ARMING,
        _T.DROPPED: _L.READY,
        **_FAULTS,
    },
    _L.ADMITTING: {
        _T.AGREED: _L.INTENT,
        _T.WITHDRAWN: _L.CLEARING,
        _T.DROPPED: _L.READY,
        **_FAULTS,
    },
    _L.INTENT: {_T.COMMITTED: _L.SCANNING, _T.WITHDRAWN: _L.CLEARING, **_FAULTS},
    _L.SCANNING: {_T.OUT: _L.READY, _T.WITHDRAWN: _L.CLEARING, **_FAULTS},
    _L.PASSING: {_T.OUT: _L.READY, _T.DROPPED: _L.READY, **_FAULTS},
    _L.CLEARING: {_T.OUT: _L.READY, _T.DROPPED: _L.READY, **_FAULTS},
    _L.RELEASING: {_T.LEFT: _L.READY, **_FAULTS},
    _L.SERVICE_WARNING: {_T.WARNED: _L.SERVICE_INTENT, _T.SERVED: _L.READY, **_FAULTS},
    _L.SERVICE_INTENT: {_T.COMMITTED: _L.SERVICE_BEAM, _T.SERVED: _L.READY, **_FAULTS},
    _L.SERVICE_BEAM: {_T.SERVED: _L.READY, **_FAULTS},
    _L.HELD: {_T.RESET: _L.READY, _T.LOST: _L.PROVING, _T.TRIP: _L.TRIPPED, _T.STOP: _L.HELD},
    _L.TRIPPED: {
        _T.EASED: _L.HELD,
        _T.RESET: _L.READY,
        _T.LOST: _L.PROVING,
        _T.STOP: _L.TRIPPED,
        _T.TRIP: _L.TRIPPED,
    },
}

LANE_TABLE: dict[tuple[LaneState, Trigger], LaneState] = {
    (state, trigger): after for state, row in _ROWS.items() for trigger, after in row.items()
}
"""Every allowed move of the lane; an absent pair is an error of ours."""

DRIVING = frozenset({_L.ADMITTING, _L.INTENT, _L.SCANNING, _L.PASSING, _L.CLEARING, _L.RELEASING})
"""States in which the belt is commanded to run."""

TAKING_IN = frozenset({_L.ADMITTING, _L.PASSING, _L.CLEARING})
"""States in which a unit may cross from the entry into the tunnel."""

PREPARED = frozenset({_L.ARMING, _L.WARNING, _L.ADMITTING, _L.INTENT, _L.SCANNING})
"""States in which a detector, a warning, an arming or a beam may have to be taken back."""

SERVING = frozenset({_L.SERVICE_WARNING, _L.SERVICE_INTENT, _L.SERVICE_BEAM})
"""States of a service mission: warning and beam without a unit, under a service permit."""

RADIATING = frozenset({_L.SCANNING, _L.SERVICE_BEAM})
"""States in which a beam is permitted."""

STOPPED = frozenset({_L.HELD, _L.TRIPPED})
"""States that only a reset leaves."""
