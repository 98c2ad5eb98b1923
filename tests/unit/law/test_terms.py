"""The legal clocks against terms counted by hand, and the readings that they leave open."""

from dataclasses import replace

import pytest

from edge.law.deadlines import (
    Clock,
    DaySpan,
    DayUnit,
    EndDays,
    RollOver,
    SuspensionKind,
    TermLength,
)
from edge.law.terms import (
    CAMERAL_LENGTH,
    EXECUTION_LENGTH,
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
    cameral,
    dated,
    day,
    request,
)
from tests.unit.law.clock_cases import EXECUTION, GIVEN_LENGTHS, PLAIN, STOPPED


def last_days(deadline, roll_over):
    return [one.last_day for one in deadline.answers if one.roll_over is roll_over]


@pytest.mark.parametrize("name", [*PLAIN, *STOPPED])
def test_sixty_days_are_counted_as_by_hand(name):
    case = (PLAIN | STOPPED)[name]
    deadline = cameral(case)
    assert last_days(deadline, RollOver.STAYS) == [dated(text) for text in case.days], case.working
    assert deadline.earliest.last_day == dated(case.earliest), case.working
    assert deadline.latest.last_day == dated(case.latest), case.working
    assert case.working


@pytest.mark.parametrize("name", [*EXECUTION])
def test_thirty_working_days_are_counted_as_by_hand(name):
    case = EXECUTION[name]
    deadline = execution_deadline(day(case.start), calendar=CALENDAR)
    assert deadline.earliest.last_day == day(case.earliest), case.working
    assert deadline.latest == deadline.earliest


@pytest.mark.parametrize("make", [objection_deadline, complaint_deadline])
@pytest.mark.parametrize("name", [*GIVEN_LENGTHS])
def test_a_term_of_given_length_is_counted_as_by_hand(make, name):
    case = GIVEN_LENGTHS[name]
    length = TermLength(case.count, DayUnit(case.unit), ACT)
    deadline = make(day(case.start), length, calendar=CALENDAR)
    assert deadline.earliest.last_day == day(case.earliest), case.working
    assert deadline.latest.last_day == day(case.latest), case.working
    assert deadline.length is length


def test_the_lengths_that_are_known_name_their_source():
    assert (CAMERAL_LENGTH.count, CAMERAL_LENGTH.unit) == (60, DayUnit.CALENDAR)
    assert (EXECUTION_LENGTH.count, EXECUTION_LENGTH.unit) == (30, DayUnit.WORKING)
    assert "art. 417" in CAMERAL_LENGTH.act
    assert "art. 417" in EXECUTION_LENGTH.act


def test_every_clock_has_its_own_name():
    length = TermLength(1, DayUnit.WORKING, ACT)
    assert cameral(PLAIN["a leap year"]).clock is Clock.CAMERAL_INSPECTION
    assert execution_deadline(START, calendar=CALENDAR).clock is Clock.EXECUTION
    assert objection_deadline(START, length, calendar=CALENDAR).clock is Clock.WRITTEN_OBJECTION
    assert complaint_deadline(START, length, calendar=CALENDAR).clock is Clock.COMPLAINT


def test_every_reading_of_an_inspection_with_a_suspension_is_answered():
    answers = cameral(STOPPED["one request"]).answers
    found = [(one.end_days, one.roll_over) for one in answers]
    assert found == [(ends, roll) for ends in EndDays for roll in RollOver]


def test_without_a_suspension_only_the_roll_over_is_open():
    answers = cameral(PLAIN["a leap year"]).answers
    assert [(one.end_days, one.roll_over) for one in answers] == [(None, r) for r in RollOver]


def test_a_term_in_working_days_leaves_nothing_open():
    (answer,) = execution_deadline(START, calendar=CALENDAR).answers
    assert (answer.end_days, answer.roll_over, answer.excluded) == (None, None, ())
    assert answer.counted == 30


def test_earliest_and_latest_name_their_readings():
    deadline = cameral(STOPPED["one request"])
    assert deadline.earliest.end_days is EndDays.NEITHER_EXCLUDED
    assert deadline.earliest.roll_over is RollOver.STAYS
    # Three readings end on Monday the 20th; the first of them stands for all.
    assert deadline.latest.end_days is EndDays.RECEIPT_EXCLUDED
    assert deadline.latest.roll_over is RollOver.TO_WORKING_DAY


@pytest.mark.parametrize(
    ("end_days", "first", "last"),
    [
        (EndDays.NEITHER_EXCLUDED, "11.02.2026", "24.02.2026"),
        (EndDays.RECEIPT_EXCLUDED, "11.02.2026", "25.02.2026"),
        (EndDays.SENDING_EXCLUDED, "10.02.2026", "24.02.2026"),
        (EndDays.BOTH_EXCLUDED, "10.02.2026", "25.02.2026"),
    ],
)
def test_every_reading_tells_the_days_it_left_out(end_days, first, last):
    for answer in cameral(STOPPED["one request"]).answers:
        if answer.end_days is end_days:
            assert answer.excluded == (DaySpan(day(first), day(last)),)


def test_only_days_of_the_term_are_told_as_left_out():
    case = replace(
        STOPPED["one request"],
        requests=(("20.01.2026", "04.02.2026"), ("04.04.2026", "10.04.2026"),
                  ("20.06.2026", "30.06.2026")),
    )  # fmt: skip
    both = cameral(case).answers[-1]
    assert both.excluded == (
        DaySpan(day("03.02.2026"), day("04.02.2026")),
        DaySpan(day("04.04.2026"), day("10.04.2026")),
    )


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        # 3-20 Feb 18, or 3-19 Feb 17 when the day of sending is out.
        ("the clock stands", (18, 18, 17, 17)),
        ("the clock stands since today", (18, 18, 17, 17)),
        ("an open request takes in the later ones", (18, 18, 17, 17)),
        # 3-10 Feb 8, or 3-9 Feb 7.
        ("an open request after a closed one", (8, 8, 7, 7)),
        ("an open request sent on day 60", (60, 60, 59, 59)),
        ("an open request sent after day 60", (60, 60, 60, 60)),
        ("an open request from before the start", (0, 0, 0, 0)),
        ("one request", (60, 60, 60, 60)),
    ],
)
def test_a_standing_clock_tells_how_many_days_it_counted(name, counted):
    answers = cameral(STOPPED[name]).answers
    assert tuple(one.counted for one in answers[::2]) == counted
    assert tuple(one.counted for one in answers[1::2]) == counted


def test_days_before_an_open_request_are_counted_around_a_closed_one():
    case = replace(
        STOPPED["the clock stands"], requests=(("10.02.2026", "12.02.2026"), ("20.02.2026", None))
    )
    # 3-10 and 12-20 Feb 8 + 9, 3-10 and 13-20 8 + 8, 3-9 and 12-19 7 + 8, 3-9 and 13-19 7 + 7.
    assert [one.counted for one in cameral(case).answers[::2]] == [17, 16, 15, 14]


def test_a_standing_clock_says_since_when_and_as_of_which_day():
    deadline = cameral(STOPPED["the clock stands"])
    assert deadline.as_of == day("10.03.2026")
    assert deadline.latest.last_day is None
    firsts = [answer.excluded[-1] for answer in deadline.answers[::2]]
    after, on = DaySpan(day("21.02.2026"), None), DaySpan(day("20.02.2026"), None)
    assert firsts == [after, after, on, on]
    assert deadline.special_days == ()
    assert deadline.provisional_years == ()


def test_a_clock_that_stands_by_one_reading_only_has_its_date_by_the_other():
    deadline = cameral(STOPPED["an open request sent on day 60"])
    assert deadline.earliest.end_days is EndDays.NEITHER_EXCLUDED
    assert deadline.latest.end_days is EndDays.SENDING_EXCLUDED
    assert deadline.latest.last_day is None


@pytest.mark.parametrize("kind", list(SuspensionKind), ids=lambda kind: kind.value)
def test_every_kind_of_article_417_stops_the_clock_alike(kind):
    suspension = request("10.02.2026", "25.02.2026", kind)
    deadline = cameral_inspection_deadline(START, [suspension], as_of=LATE, calendar=CALENDAR)
    assert deadline.earliest.last_day == day("17.04.2026")
    assert deadline.suspensions == (suspension,)
