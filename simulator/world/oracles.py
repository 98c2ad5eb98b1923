"""What is judged of a run of the in-process world: from plant truth and from the written record."""

from collections import Counter
from collections.abc import Sequence

from edge.journal.entries import JournalEntry
from simulator.hall.plant import STEP_MS
from simulator.hall.truth import Record, Violation, Wrong
from simulator.world.virtual_loop import START_S

REACTION_MS = 20
"""Longest a beam may outlast a person's step, a lamp's or a horn's end: the board looks every 5 ms,
and the plant counts in steps of 5 ms."""
_STEPS_MS = 2 * STEP_MS
"""The plant dates a closing to the beginning of its step, and may lag by one step."""
_SUDDEN = frozenset({Wrong.PERSON_IN_ZONE, Wrong.PERSON_IN_CAB, Wrong.NOT_WARNED})

Commits = Sequence[tuple[int, JournalEntry]]


def wrongs(record: Record) -> list[str]:
    """What the truth holds against the lane; the board's reaction to a sudden change is allowed."""
    return [f"truth: {_told(each)}" for each in record.violations if not _reaction(each)]


def _reaction(violation: Violation) -> bool:
    sudden = violation.wrong in _SUDDEN and violation.relay_closed
    return sudden and violation.duration_ms <= REACTION_MS


def _told(violation: Violation) -> str:
    return (
        f"{violation.wrong.value} {violation.unit_id} at {violation.at_ms} ms "
        f"for {violation.duration_ms} ms"
    )


def unwritten(record: Record, commits: Commits) -> list[str]:
    """Times at which the relay closed without an intent committed before it."""
    intents = [_hall_ms(at_ns) for at_ns, entry in commits if entry.kind in _INTENTS]
    found = []
    for number, span in enumerate(record.relay):
        since_ms = record.relay[number - 1].end_ms if number else 0
        if not any(since_ms <= intent <= span.end_ms for intent in intents):
            found.append(f"evidence: relay closed at {span.start_ms} ms without a new intent")
        elif not any(since_ms <= intent <= span.start_ms + _STEPS_MS for intent in intents):
            found.append(f"evidence: relay closed at {span.start_ms} ms before its intent")
    return found


def unclosed(commits: Commits) -> list[str]:
    """Inspections that were not closed exactly once, after being opened exactly once."""
    opened = Counter(entry.inspection_id for _, entry in commits if entry.kind == _OPENED)
    closed = Counter(entry.inspection_id for _, entry in commits if entry.kind == _CLOSED)
    return [
        f"evidence: {name} opened {opened[name]} times, closed {closed[name]} times"
        for name in sorted({*opened, *closed} - {None}, key=str)
        if (opened[name], closed[name]) != (1, 1)
    ]


_INTENTS = ("beam.intent", "service.beam_intent")
_OPENED, _CLOSED = "inspection.opened", "inspection.closed"


def _hall_ms(at_ns: int) -> float:
    return at_ns / 1e6 - START_S * 1000
