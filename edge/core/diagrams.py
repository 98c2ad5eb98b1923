"""The two machines as Mermaid text, made from their tables so that no picture can lie.

`simulator.pictures` puts them into the README.
"""

from collections.abc import Iterable
from enum import Enum

from edge.core.inspection import FINAL, INSPECTION_TABLE, InspectionState
from edge.core.lane import LANE_TABLE, LaneState, Trigger

_COMMON = {Trigger.STOP: LaneState.HELD, Trigger.TRIP: LaneState.TRIPPED}
"""Moves that nearly every state has: said once in a note instead of drawn from each."""


def mermaid_lane() -> str:
    """The lane machine; STOP and TRIP, possible wherever the table has them, are a note."""
    arrows = [
        (before, trigger, after)
        for (before, trigger), after in LANE_TABLE.items()
        if _COMMON.get(trigger) is not after and before is not after
    ]
    moving = sorted({state.value for state, trigger in LANE_TABLE if trigger is Trigger.STOP})
    note = f"STOP leads to held, TRIP to tripped; from: {', '.join(moving)}"
    return _drawing(LaneState.PROVING, arrows, (), f"    note right of held: {note}")


def mermaid_inspection() -> str:
    """The inspection machine; it ends where nothing but the unit's leaving is waited for."""
    arrows = [
        (before, happening, after)
        for (before, happening), after in INSPECTION_TABLE.items()
        if before is not after
    ]
    last = [state for state in InspectionState if state in FINAL]
    return _drawing(InspectionState.IDENTIFYING, arrows, last, "")


def _drawing(
    first: Enum, arrows: Iterable[tuple[Enum, Enum, Enum]], last: Iterable[Enum], note: str
) -> str:
    """One line for each pair of states, with everything that leads from one to the other."""
    labels: dict[tuple[str, str], list[str]] = {}
    for before, cause, after in arrows:
        labels.setdefault((before.value, after.value), []).append(str(cause.value))
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first.value}"]
    lines += [
        f"    {before} --> {after}: {', '.join(causes)}"
        for (before, after), causes in labels.items()
    ]
    lines += [f"    {state.value} --> [*]: unit gone" for state in last]
    return "\n".join([*lines, *([note] if note else []), "```"])
