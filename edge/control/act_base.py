"""What every act of an officer needs: who acts, on which unit, in which words, and its entry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.clock import Clock
from edge.control.cases import Case, CaseBook
from edge.control.gate import Gate
from edge.control.officers import Officers
from edge.core.inspection import InspectionState
from edge.core.state import State
from edge.errors import CommandRefused
from edge.law.outcomes import Act, Role
from edge.law.words import says_something
from edge.settings import Officer

Post = Callable[..., None]
Write = Callable[[str, str | None, Mapping[str, object]], None]
"""Writes an entry (kind, inspection, body) behind those of every event posted before."""
ACTED = "officer.acted"
"""Kind of the entry of an act itself; a start learns from it who has acted as OMS."""
WORDS_LIMIT = 4000
"""Longest reason or note of an officer: what an event has room for."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and by which command (empty at the lane)."""

    officer: Officer
    command_id: str = ""

    def note(self, role: Role, **more: object) -> dict[str, object]:
        """What is written with the act."""
        note: dict[str, object] = {"officer": self.officer.id, "role": role.value, **more}
        if self.command_id:
            note["command_id"] = self.command_id
        return note


class ActBase:
    """The lane as acts see it."""

    def __init__(
        self,
        *,
        officers: Officers,
        book: CaseBook,
        gate: Gate,
        core: Callable[[], State],
        post: Post,
        write: Write,
        clock: Clock,
    ) -> None:
        self._officers = officers
        self._book = book
        self._gate = gate
        self._core = core
        self._post = post
        self._write = write
        self._clock = clock

    def _acted(self, act: Act, case: Case | None, note: Mapping[str, object]) -> None:
        subject = None if case is None else case.inspection_id
        self._write(ACTED, subject, {"act": act.value, **note})

    def _case(self, inspection_id: str) -> Case:
        case = self._book.by_inspection(inspection_id)
        if case is None:
            raise CommandRefused(f"no open inspection {inspection_id!r}")
        return case

    def _state(self, case: Case) -> InspectionState | None:
        for inspection in self._core().inspections:
            if inspection.token == case.token:
                return inspection.state
        return None


def words_of(text: str, needed: str = "") -> str:
    """Take an officer's words as they can be recorded. Raises CommandRefused."""
    words = text.strip()
    if needed and not says_something(words):
        raise CommandRefused(needed)
    if len(words) > WORDS_LIMIT:
        raise CommandRefused(f"{len(words)} characters are too long; use at most {WORDS_LIMIT}")
    if any("\ud800" <= letter <= "\udfff" for letter in words):
        raise CommandRefused("the words hold characters that are not Unicode; write them again")
    return words
