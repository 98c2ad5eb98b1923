"""The interlock predicate: yes, or the full list of reasons against the beam.

Rows follow the signals of a real lane (IEC 62523:2010 4.2, 4.7, 4.8 for the principle that every
interlock must be good and any change ends the beam). scanlane is not the safety system: this
predicate can only withhold or withdraw.
"""

from enum import unique
from functools import lru_cache
from typing import NamedTuple

from edge.core.values import Input, Word


@unique
class Feedback(Word):
    """What is seen of something that should be on only under a permit."""

    OFF = "off"
    ON = "on"
    UNKNOWN = "unknown"


class Inputs(NamedTuple):
    """One value per row; the lane file names the ``device.field`` behind each."""

    estop: Input
    key: Input
    doors: Input
    secured: Input
    zone: Input
    cab: Input
    entry_barrier: Input
    belt: Input
    lamp: Input
    horn: Input
    source: Input
    tube: Input
    board: Input
    detector: Input
    dose_monitor: Input
    enable: Input
    exposure: Input
    storage: Input
    clock: Input
    rules: Input
    watchdogs: Input
    service: Input
    hv: Feedback
    relay: Feedback
    beam: Feedback


FEEDBACKS = ("hv", "relay", "beam")
"""Rows that are compared with the permit instead of being required good."""

SWITCHES = ("service",)
"""Rows that are no condition for themselves: OK says that the key stands in SERVICE, which a beam
without a unit needs and every other beam forbids."""

OPTIONAL = frozenset({"cab", "dose_monitor", "enable", "tube", "service"})
"""Rows a lane file may declare ``not_fitted``, with a reason."""

MOTION = ("estop", "doors", "zone")
"""Rows that must be good before the belt may be started, beam or no beam."""

STANDING = (
    "estop", "key", "doors", "secured", "zone", "cab", "source", "tube", "board", "detector",
    "dose_monitor", "enable", "exposure", "storage", "clock", "rules", "watchdogs",
)  # fmt: skip
"""Rows that must be good from the arming on."""

PERSONAL = frozenset(
    {"estop", "key", "doors", "secured", "zone", "cab", "dose_monitor", "enable", "lamp", "horn"}
)
"""Rows that stand for people: one of them opening under the beam is a TRIP."""

WARNED = ("lamp", "horn")
"""Rows that prove the warning; needed from its start until beam-off."""

MOVING = ("entry_barrier", "belt")
"""Rows that become good only when the unit is inside and moving; needed for the beam."""

BEAM = STANDING + WARNED + MOVING
"""Every row the beam needs."""

SERVICE_STANDING = (*(row for row in STANDING if row != "tube"), "entry_barrier")
"""Rows that a beam without a unit needs from the warning on: the tube may be what it is for."""

SERVICE_BEAM = SERVICE_STANDING + WARNED
"""Every row that a beam without a unit needs."""


_REMEMBERED = 4096
"""Readings change seldom and are asked about at every step, so that answers are kept."""


def _nothing_read() -> Inputs:
    unknown = (Input.UNKNOWN,) * (len(Inputs._fields) - len(FEEDBACKS))
    return Inputs._make((*unknown, *(Feedback.UNKNOWN,) * len(FEEDBACKS)))


UNREAD = _nothing_read()
"""Nothing has been read yet: nothing is permitted."""


class Against(NamedTuple):
    """One reason against: which row, and what it says."""

    row: str
    says: Input


@lru_cache(_REMEMBERED)
def reasons_against(inputs: Inputs, rows: tuple[str, ...] = BEAM) -> tuple[Against, ...]:
    """Return every row of ``rows`` that does not allow, an empty tuple meaning yes.

    ``NOT_FITTED`` allows only where a row is optional; on any other row it blocks.
    """
    found = []
    for row in rows:
        says: Input = getattr(inputs, row)
        if says is Input.OK or (says is Input.NOT_FITTED and row in OPTIONAL):
            continue
        found.append(Against(row, says))
    return tuple(found)
