"""The legal machine of one inspection: a table from arrival to the closed record.

It is coupled to the lane machine but goes its own way: the belt may be free while the OAC still
studies the image. An absent (state, happening) pair is an error of ours.
"""

from enum import unique
from typing import NamedTuple

from edge.core.values import Word


@unique
class InspectionState(Word):
    """Where an inspection stands."""

    IDENTIFYING = "identifying"
    ON_HOLD = "on_hold"
    CLEARED = "cleared"
    PASSING = "passing"
    TURNING_AWAY = "turning_away"
    SCANNING = "scanning"
    IMAGING = "imaging"
    ANALYSIS = "analysis"
    CONCLUDED = "concluded"
    NOT_COMPLETED = "not_completed"


@unique
class Happening(Word):
    """What moves an inspection on."""

    VERDICT_SCAN = "verdict_scan"
    VERDICT_HOLD = "verdict_hold"
    VERDICT_PASS = "verdict_pass"  # noqa: S105 - a verdict, not a secret
    VERDICT_TURN_AWAY = "verdict_turn_away"
    ANSWER_SCAN = "answer_scan"
    ANSWER_PASS = "answer_pass"  # noqa: S105 - an answer, not a secret
    ANSWER_TURN_AWAY = "answer_turn_away"
    HOLD_EXPIRED = "hold_expired"
    BEAM_ON = "beam_on"
    SCAN_ENDED = "scan_ended"
    ABANDONED = "abandoned"
    REFUSED = "refused"
    IMAGE_STORED = "image_stored"
    IMAGE_FAILED = "image_failed"
    OUTCOME = "outcome"


class Inspection(NamedTuple):
    """One open inspection.

    Attributes:
        token: the unit's token.
        state: where it stands.
        gone: the unit has left the lane.
        held_ticks: ticks it has waited for an officer's answer or for its image, saturating at the
            limit.
    """

    token: int
    state: InspectionState
    gone: bool
    held_ticks: int


_S, _H = InspectionState, Happening
_RESTARTED = {
    _H.VERDICT_SCAN: _S.CLEARED,
    _H.VERDICT_HOLD: _S.ON_HOLD,
    _H.VERDICT_PASS: _S.PASSING,
    _H.VERDICT_TURN_AWAY: _S.TURNING_AWAY,
    _H.ABANDONED: _S.NOT_COMPLETED,
    _H.REFUSED: _S.NOT_COMPLETED,
}

_ROWS: dict[InspectionState, dict[Happening, InspectionState]] = {
    _S.IDENTIFYING: _RESTARTED,
    _S.ON_HOLD: {
        **_RESTARTED,
        _H.ANSWER_SCAN: _S.CLEARED,
        _H.ANSWER_PASS: _S.PASSING,
        _H.ANSWER_TURN_AWAY: _S.TURNING_AWAY,
        _H.HOLD_EXPIRED: _S.TURNING_AWAY,
    },
    _S.CLEARED: {**_RESTARTED, _H.BEAM_ON: _S.SCANNING},
    _S.PASSING: _RESTARTED,
    _S.TURNING_AWAY: _RESTARTED,
    _S.SCANNING: {
        _H.SCAN_ENDED: _S.IMAGING,
        _H.ABANDONED: _S.NOT_COMPLETED,
        _H.REFUSED: _S.NOT_COMPLETED,
    },
    _S.IMAGING: {_H.IMAGE_STORED: _S.ANALYSIS, _H.IMAGE_FAILED: _S.NOT_COMPLETED},
    _S.ANALYSIS: {_H.OUTCOME: _S.CONCLUDED},
    _S.CONCLUDED: {},
    _S.NOT_COMPLETED: {},
}

INSPECTION_TABLE: dict[tuple[InspectionState, Happening], InspectionState] = {
    (state, happening): after for state, row in _ROWS.items() for happening, after in row.items()
}
"""Every allowed move of an inspection."""

UNSCANNED = frozenset({_S.PASSING, _S.TURNING_AWAY})
"""States whose record is complete once the unit has left."""

FINAL = frozenset({_S.CONCLUDED, _S.NOT_COMPLETED}) | UNSCANNED
"""States in which nothing more is waited for but the unit's leaving."""

REDECIDABLE = frozenset({_S.IDENTIFYING, _S.ON_HOLD, _S.CLEARED, _S.PASSING, _S.TURNING_AWAY})
"""States in which a new verdict still changes what becomes of the unit."""


def advance(inspection: Inspection, happening: Happening) -> Inspection:
    """Move an inspection on; a pair the table lacks is a broken assertion."""
    pair = (inspection.state, happening)
    assert pair in INSPECTION_TABLE, pair
    return inspection._replace(state=INSPECTION_TABLE[pair], held_ticks=0)
