"""Facts from which no deadline is computed, and what the refusal says."""

from datetime import date, datetime

import pytest

from edge.law.calendar import OutsideCalendar
from edge.law.deadlines import (
    DayUnit,
    Suspension,
    SuspensionKind,
    TermLength,
    TermRefused,
)
from edge.law.terms import (
    cameral_inspection_deadline,
    complaint_deadline,
    execution_deadline,
    objection_deadline,
)
from tests.unit.law.clock_builders import (
    ACT,
    CALENDAR,
    LATE,
    START,
    day,
    request,
)


@pytest.mark.parametrize("make", [objection_deadline, complaint_deadline])
def test_terms_whose_length_is_not_known_have_none_of_their_own(make):
    with pytest.raises(TypeError, match="length"):
        make(START, calendar=CALENDAR)


def mistakes_of(start, suspensions, as_of):
    with pytest.raises(TermRefused) as refusal:
        cameral_inspection_deadline(start, suspensions, as_of=as_of, calendar=CALENDAR)
    assert str(refusal.value).count("\n") == len(refusal.value.mistakes) - 1
    assert all(one.reason and one.remedy for one in refusal.value.mistakes)
    return [(one.key, one.value) for one in refusal.value.mistakes]


def test_an_answer_before_its_request_is_a_mistake():
    found = mistakes_of(START, [request("10.02.2026", "09.02.2026")], LATE)
    assert found == [("suspensions[0].received", "2026-02-09")]


def test_a_refusal_says_what_is_wrong_and_what_to_do():
    wrong = request("10.02.2026", "09.02.2026")
    with pytest.raises(TermRefused) as refusal:
        cameral_inspection_deadline(START, [wrong], as_of=LATE, calendar=CALENDAR)
    assert str(refusal.value) == (
        "suspensions[0].received = 2026-02-09: is before 2026-02-10, on which it was sent. "
        "Correct one of the dates"
    )


def test_what_is_later_than_the_known_facts_is_a_mistake():
    sent, answered = request("11.02.2026"), request("05.02.2026", "11.02.2026")
    found = mistakes_of(START, [sent, answered], day("10.02.2026"))
    assert found == [
        ("suspensions[0].sent", "2026-02-11"),
        ("suspensions[1].received", "2026-02-11"),
    ]
    found = mistakes_of(START, [], day("01.02.2026"))
    assert found == [("start_notification", "2026-02-02")]


def test_what_happened_on_the_last_known_day_is_no_mistake():
    as_of = day("10.02.2026")
    given = [request("10.02.2026"), request("05.02.2026", "10.02.2026")]
    deadline = cameral_inspection_deadline(START, given, as_of=as_of, calendar=CALENDAR)
    assert len(deadline.suspensions) == 2
    assert cameral_inspection_deadline(START, [], as_of=START, calendar=CALENDAR).as_of == START


def test_every_mistake_is_told_at_once():
    given = [request("12.02.2026", "11.02.2026"), request("01.02.2026", "31.01.2026")]
    found = mistakes_of(START, given, day("01.02.2026"))
    assert [key for key, _ in found] == [
        "start_notification",
        "suspensions[0].sent",
        "suspensions[0].received",
        "suspensions[0].received",
        "suspensions[1].received",
    ]


@pytest.mark.parametrize("count", [0, -1, 3661, True, 1.0])
def test_a_length_that_is_none_is_refused(count):
    with pytest.raises(TermRefused, match=r"count = .*: is no length\. Give 1 to 3660 days"):
        TermLength(count, DayUnit.WORKING, ACT)


@pytest.mark.parametrize("count", [1, 3660])
def test_lengths_up_to_ten_years_are_taken(count):
    assert TermLength(count, DayUnit.CALENDAR, ACT).count == count


def test_a_length_without_an_act_is_refused():
    with pytest.raises(TermRefused, match=r"act = .*: is missing"):
        TermLength(15, DayUnit.WORKING, " ")


def test_a_day_with_a_time_is_refused_everywhere():
    moment = datetime(2026, 2, 2, 9, 0)  # noqa: DTZ001
    length = TermLength(1, DayUnit.CALENDAR, ACT)
    with pytest.raises(TypeError, match="no civil day"):
        cameral_inspection_deadline(moment, [], as_of=LATE, calendar=CALENDAR)
    with pytest.raises(TypeError, match="no civil day"):
        cameral_inspection_deadline(START, [], as_of=moment, calendar=CALENDAR)
    with pytest.raises(TypeError, match="no civil day"):
        execution_deadline(moment, calendar=CALENDAR)
    with pytest.raises(TypeError, match="no civil day"):
        objection_deadline(moment, length, calendar=CALENDAR)
    with pytest.raises(TypeError, match="no civil day"):
        Suspension(SuspensionKind.BANK_REQUEST, moment, None, "")
    with pytest.raises(TypeError, match="no civil day"):
        Suspension(SuspensionKind.BANK_REQUEST, START, moment, "")


def test_no_deadline_is_computed_beyond_the_calendar():
    length = TermLength(1, DayUnit.CALENDAR, ACT)
    before, last = day("31.12.2022"), day("31.12.2028")
    with pytest.raises(OutsideCalendar):
        cameral_inspection_deadline(before, [], as_of=LATE, calendar=CALENDAR)
    with pytest.raises(OutsideCalendar):
        cameral_inspection_deadline(START, [], as_of=date(2029, 1, 1), calendar=CALENDAR)
    with pytest.raises(OutsideCalendar):
        cameral_inspection_deadline(day("02.11.2028"), [], as_of=last, calendar=CALENDAR)
    with pytest.raises(OutsideCalendar):
        execution_deadline(day("01.12.2028"), calendar=CALENDAR)
    with pytest.raises(OutsideCalendar):
        objection_deadline(before, length, calendar=CALENDAR)
    with pytest.raises(OutsideCalendar):
        complaint_deadline(last, length, calendar=CALENDAR)
    inside = complaint_deadline(day("28.12.2028"), length, calendar=CALENDAR)
    assert inside.latest.last_day == day("29.12.2028")


def test_days_of_old_requests_may_lie_before_the_calendar():
    old = Suspension(SuspensionKind.BANK_REQUEST, date.min, date.min, "")
    long = Suspension(SuspensionKind.BANK_REQUEST, date(2020, 5, 1), day("03.02.2026"), "")
    deadline = cameral_inspection_deadline(START, [old, long], as_of=LATE, calendar=CALENDAR)
    assert deadline.earliest.last_day == day("03.04.2026")
    assert deadline.latest.last_day == day("06.04.2026")
