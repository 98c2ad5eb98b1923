"""The legal clocks of a cameral customs inspection: arithmetic on civil days, and nothing else.

Sources: the notice of the State Revenue Committee of 25.04.2025 on the cameral customs inspection
(Code of Kazakhstan No. 123-VI of 26.12.2017, art. 417) for lengths and excluded time. That a term
starts on the day after its event, and ends on the next working day when its last day is none, is
the rule of the Customs Union's code, art. 5. Where these texts leave a choice, a deadline carries
every reading with its date, and none of them is preferred.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import product

from edge.law.calendar import Calendar
from edge.law.deadlines import (
    Answer,
    Clock,
    DaySpan,
    DayUnit,
    Deadline,
    EndDays,
    RollOver,
    Suspension,
    TermLength,
    TermMistake,
    TermRefused,
)

_NOTICE = (
    "Code of Kazakhstan No. 123-VI of 26.12.2017, art. 417, "
    "as noticed by the State Revenue Committee on 25.04.2025"
)

CAMERAL_LENGTH = TermLength(60, DayUnit.CALENDAR, _NOTICE)
"""At most sixty calendar days, from the day of sending the notification of start."""

EXECUTION_LENGTH = TermLength(30, DayUnit.WORKING, _NOTICE)
"""At most thirty working days, from the day after delivery of the notification of results."""

_ONE_DAY = timedelta(days=1)


def cameral_inspection_deadline(
    start_notification: date,
    suspensions: Iterable[Suspension],
    *,
    as_of: date,
    calendar: Calendar,
) -> Deadline:
    """When the sixty calendar days of a cameral customs inspection end.

    Suspensions may overlap, enclose each other or begin before the notification: a day is never
    taken out twice, and nothing before the term is. An answer and a new sending on one day leave
    no day between them. What is sent after the sixtieth counted day takes nothing out any more.

    Args:
        start_notification: the day on which the notification of start was sent.
        suspensions: what was sent and received since, in any order.
        as_of: the day up to which these facts are known. A suspension without an answer is open
            on that day, and the clock stands.
        calendar: covers both days and every deadline that follows from them.

    Raises:
        TermRefused: an answer before its sending, or anything later than ``as_of``.
        OutsideCalendar: a day beyond the calendar.
        TypeError: a day that carries a time.
    """
    given = tuple(suspensions)
    calendar.require(start_notification, as_of)
    mistakes = [*_mistakes(start_notification, given, as_of)]
    if mistakes:
        raise TermRefused(mistakes)
    ordered = tuple(sorted(given, key=_place))
    merged = _merge(ordered)
    answers = [
        _read(start_notification, CAMERAL_LENGTH.count, merged, end_days, roll_over, calendar)
        for end_days, roll_over in product(EndDays if merged else (None,), RollOver)
    ]
    return _deadline(
        Clock.CAMERAL_INSPECTION, start_notification, CAMERAL_LENGTH, answers, calendar,
        as_of=as_of, suspensions=ordered,
    )  # fmt: skip


def execution_deadline(results_notification: date, *, calendar: Calendar) -> Deadline:
    """When the thirty working days to carry out a notification of results end.

    Args:
        results_notification: the day on which the notification was delivered.
        calendar: covers that day and the deadline.

    Raises:
        OutsideCalendar: a day beyond the calendar.
        TypeError: a day that carries a time.
    """
    return _plain(Clock.EXECUTION, results_notification, EXECUTION_LENGTH, calendar)


def objection_deadline(
    preliminary_act: date, length: TermLength, *, calendar: Calendar
) -> Deadline:
    """When the term to file a written objection ends.

    Args:
        preliminary_act: the day that starts the term, such as that on which the person was given
            the preliminary act; the rules themselves were not available to the authors.
        length: the term of the rules in force; their number of days is not known here.
        calendar: covers that day and the deadline.

    Raises:
        OutsideCalendar: a day beyond the calendar.
        TypeError: a day that carries a time.
    """
    return _plain(Clock.WRITTEN_OBJECTION, preliminary_act, length, calendar)


def complaint_deadline(
    results_notification: date, length: TermLength, *, calendar: Calendar
) -> Deadline:
    """When the term to complain about a notification of results ends.

    Args:
        results_notification: the day that starts the term, such as that on which the notification
            was delivered.
        length: the term of the law in force; neither its length nor whether a complaint stops the
            execution is known here.
        calendar: covers that day and the deadline.

    Raises:
        OutsideCalendar: a day beyond the calendar.
        TypeError: a day that carries a time.
    """
    return _plain(Clock.COMPLAINT, results_notification, length, calendar)


def _plain(clock: Clock, start: date, length: TermLength, calendar: Calendar) -> Deadline:
    """A term that nothing stops."""
    if length.unit is DayUnit.WORKING:
        last_day = calendar.add_working_days(start, length.count)
        answers = [Answer(None, None, last_day, length.count, ())]
    else:
        calendar.require(start)
        answers = [
            _read(start, length.count, (), None, roll_over, calendar) for roll_over in RollOver
        ]
    return _deadline(clock, start, length, answers, calendar)


def _deadline(
    clock: Clock,
    start: date,
    length: TermLength,
    answers: Sequence[Answer],
    calendar: Calendar,
    *,
    as_of: date | None = None,
    suspensions: tuple[Suspension, ...] = (),
) -> Deadline:
    """Add what the calendar says of the days it decided on."""
    ends = [answer.last_day for answer in answers if answer.last_day is not None]
    decided = [start + _ONE_DAY, *ends] if length.unit is DayUnit.WORKING else ends
    return Deadline(
        clock, start, length, as_of, suspensions, tuple(answers),
        calendar.special_days(min(decided), max(decided)) if decided else (),
        calendar.provisional_years(min(decided), max(decided)) if decided else (),
        calendar.ref,
    )  # fmt: skip


def _mistakes(start: date, suspensions: Sequence[Suspension], as_of: date) -> Iterator[TermMistake]:
    """What contradicts itself or is later than the day up to which facts are known."""
    later = f"is later than {as_of}, up to which facts are known"
    remedy = "Correct the date, or compute as of a later day"
    if start > as_of:
        yield TermMistake("start_notification", str(start), later, remedy)
    for index, one in enumerate(suspensions):
        place = f"suspensions[{index}]"
        if one.sent > as_of:
            yield TermMistake(f"{place}.sent", str(one.sent), later, remedy)
        if one.received is None:
            continue
        if one.received > as_of:
            yield TermMistake(f"{place}.received", str(one.received), later, remedy)
        if one.received < one.sent:
            reason = f"is before {one.sent}, on which it was sent"
            yield TermMistake(
                f"{place}.received", str(one.received), reason, "Correct one of the dates"
            )


def _place(one: Suspension) -> tuple[date, date, str, str]:
    return one.sent, one.received or date.max, one.kind.value, one.reference


def _merge(ordered: Iterable[Suspension]) -> tuple[DaySpan, ...]:
    """From sending to receipt, what overlaps or meets on a day made one."""
    merged: list[DaySpan] = []
    for one in ordered:
        last = merged[-1] if merged else None
        if last is None or (last.last is not None and one.sent > last.last):
            merged.append(DaySpan(one.sent, one.received))
        elif last.last is not None and (one.received is None or one.received > last.last):
            merged[-1] = DaySpan(last.first, one.received)
    return tuple(merged)


def _read(
    start: date,
    count: int,
    merged: Sequence[DaySpan],
    end_days: EndDays | None,
    roll_over: RollOver,
    calendar: Calendar,
) -> Answer:
    """Count a term in calendar days by one reading."""
    spans = [span for span in (_excluded(s, end_days, start) for s in merged) if span]
    last, counted = _count(start, count, spans)
    shown = tuple(span for span in spans if last is None or span.first < last)
    if last is not None and roll_over is RollOver.TO_WORKING_DAY:
        last = calendar.roll_over(last)
    return Answer(end_days, roll_over, last, counted, shown)


def _excluded(span: DaySpan, end_days: EndDays | None, start: date) -> DaySpan | None:
    """The days after the start that a merged suspension takes out, if any."""
    if span.last is not None and span.last <= start:
        return None
    sending = end_days in (EndDays.SENDING_EXCLUDED, EndDays.BOTH_EXCLUDED)
    receipt = end_days in (EndDays.RECEIPT_EXCLUDED, EndDays.BOTH_EXCLUDED)
    first = max(span.first if sending else span.first + _ONE_DAY, start + _ONE_DAY)
    if span.last is None:
        return DaySpan(first, None)
    last = span.last if receipt else span.last - _ONE_DAY
    return DaySpan(first, last) if first <= last else None


def _count(start: date, count: int, spans: Iterable[DaySpan]) -> tuple[date | None, int]:
    """The last of ``count`` days that lie in no span, with how many were found."""
    cursor, left = start, count
    for span in spans:
        free = (span.first - cursor).days - 1
        if free >= left:
            break
        if span.last is None:
            return None, count - left + free
        cursor, left = span.last, left - free
    return cursor + left * _ONE_DAY, count
