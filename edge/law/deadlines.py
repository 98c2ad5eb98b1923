"""Terms and deadlines as values: lengths, suspensions, the readings, and the record of a deadline.

Where the text of the law leaves a choice, a deadline holds the date of every reading; none of them
is preferred.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import unique

from edge.law.calendar import CalendarRef, SpecialDay
from edge.law.calendar_data import need_civil
from edge.law.words import Json, Word, says_something

LONGEST_TERM = 3660
"""Ten years in days: a longer term is a slip of the pen."""


@unique
class Clock(Word):
    """What runs out, and from which event."""

    CAMERAL_INSPECTION = "cameral_inspection"
    EXECUTION = "execution"
    WRITTEN_OBJECTION = "written_objection"
    COMPLAINT = "complaint"


@unique
class DayUnit(Word):
    """Which days a term is counted in."""

    CALENDAR = "calendar_days"
    WORKING = "working_days"


@unique
class SuspensionKind(Word):
    """What stops the sixty days from its sending to its answer, as article 417 lists it."""

    DOCUMENTS_REQUEST = "documents_request"
    PRELIMINARY_ACT = "preliminary_act"
    STATE_BODY_REQUEST = "state_body_request"
    BANK_REQUEST = "bank_request"
    ORGANISATION_REQUEST = "organisation_request"
    EAEU_STATE_REQUEST = "eaeu_state_request"
    OTHER_STATE_REQUEST = "other_state_request"


@unique
class EndDays(Word):
    """Open in the text: which end days of a suspension do not count towards the sixty.

    A day on which something was both sent and answered is out only when both end days are.
    """

    NEITHER_EXCLUDED = "neither_excluded"
    RECEIPT_EXCLUDED = "receipt_excluded"
    SENDING_EXCLUDED = "sending_excluded"
    BOTH_EXCLUDED = "both_excluded"


@unique
class RollOver(Word):
    """Open in the text: whether a term in calendar days moves on to a working day."""

    STAYS = "stays"
    TO_WORKING_DAY = "to_working_day"


@dataclass(frozen=True, slots=True)
class TermMistake:
    """One thing wrong with what a clock was given."""

    key: str
    value: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.key} = {self.value}: {self.reason}. {self.remedy}"


class TermRefused(ValueError):
    """Facts that no deadline can be computed from; carries all that is wrong with them."""

    def __init__(self, mistakes: Iterable[TermMistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


@dataclass(frozen=True, slots=True)
class TermLength:
    """How long a term is: 1 to 3660 days, their unit, and the act that says so.

    Raises:
        TermRefused: a count beyond these, or no act.
    """

    count: int
    unit: DayUnit
    act: str

    def __post_init__(self) -> None:
        mistakes = []
        if type(self.count) is not int or not 1 <= self.count <= LONGEST_TERM:
            remedy = f"Give 1 to {LONGEST_TERM} days"
            mistakes.append(TermMistake("count", f"{self.count}", "is no length", remedy))
        if not says_something(self.act):
            mistakes.append(TermMistake("act", self.act, "is missing", "Name the act it is from"))
        if mistakes:
            raise TermRefused(mistakes)


@dataclass(frozen=True, slots=True)
class Suspension:
    """Time that article 417 takes out of the sixty days.

    Attributes:
        kind: what was sent.
        sent: the day on which it was sent.
        received: the day on which documents, information or the written objection came; None
            while nothing has come.
        reference: number of the letter, as people wrote it.

    Raises:
        TypeError: a day that carries a time.
    """

    kind: SuspensionKind
    sent: date
    received: date | None
    reference: str

    def __post_init__(self) -> None:
        need_civil(self.sent)
        if self.received is not None:
            need_civil(self.received)

    def record(self) -> dict[str, Json]:
        """The suspension, ready for canonical JSON."""
        return {
            "kind": self.kind.value,
            "sent": self.sent.isoformat(),
            "received": _iso(self.received),
            "reference": self.reference,
        }


@dataclass(frozen=True, slots=True)
class DaySpan:
    """Days from ``first`` to ``last``, both inside; ``last`` is None while the end is open."""

    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one reading of the text gives.

    Attributes:
        end_days: how suspensions were read; None where there was none.
        roll_over: how the last day was read; None where it is a working day anyhow.
        last_day: the last day of the term; None while the clock stands.
        counted: days of the term counted, up to ``last_day``, or so far while the clock stands.
        excluded: the days that were not counted, those after the last counted day left out; an
            open span stays open. Weekends and holidays of a term in working days are not here.
    """

    end_days: EndDays | None
    roll_over: RollOver | None
    last_day: date | None
    counted: int
    excluded: tuple[DaySpan, ...]

    def record(self) -> dict[str, Json]:
        """The answer, ready for canonical JSON."""
        return {
            "end_days": None if self.end_days is None else self.end_days.value,
            "roll_over": None if self.roll_over is None else self.roll_over.value,
            "last_day": _iso(self.last_day),
            "counted": self.counted,
            "excluded": [[_iso(span.first), _iso(span.last)] for span in self.excluded],
        }


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a term ends, by every reading that the text allows.

    Attributes:
        clock: what runs out.
        start: the day of the event; the day after it is the first that can count.
        length: how long the term is, with its act.
        as_of: the day up to which facts were known; None where only the event matters.
        suspensions: as they were given, in the order of their sending.
        answers: one for each reading; never empty.
        special_days: what the calendar names in the days that mattered.
        provisional_years: years of the count whose calendar is still partly an estimate.
        calendar: which calendar counted.
    """

    clock: Clock
    start: date
    length: TermLength
    as_of: date | None
    suspensions: tuple[Suspension, ...]
    answers: tuple[Answer, ...]
    special_days: tuple[SpecialDay, ...]
    provisional_years: tuple[int, ...]
    calendar: CalendarRef

    @property
    def earliest(self) -> Answer:
        """The reading that ends the term first: whoever keeps it, keeps them all."""
        return min(self.answers, key=_end)

    @property
    def latest(self) -> Answer:
        """The reading that ends the term last; one under which the clock stands is later still."""
        return max(self.answers, key=_end)

    def record(self) -> dict[str, Json]:
        """Everything that was computed and what from, ready for canonical JSON."""
        return {
            "clock": self.clock.value,
            "start": self.start.isoformat(),
            "count": self.length.count,
            "unit": self.length.unit.value,
            "basis": self.length.act,
            "as_of": _iso(self.as_of),
            "suspensions": [one.record() for one in self.suspensions],
            "answers": [answer.record() for answer in self.answers],
            "earliest": self.earliest.record(),
            "latest": self.latest.record(),
            "special_days": [day.record() for day in self.special_days],
            "provisional_years": [*self.provisional_years],
            "calendar": self.calendar.record(),
        }


def _end(answer: Answer) -> date:
    return answer.last_day or date.max


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
