"""What holds for every inspection: single days counted agree, more stops never bring it closer."""

from datetime import date, timedelta
from itertools import combinations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge.law.deadlines import (
    DayUnit,
    EndDays,
    RollOver,
    Suspension,
    SuspensionKind,
    TermLength,
)
from edge.law.terms import (
    cameral_inspection_deadline,
    complaint_deadline,
    execution_deadline,
)
from tests.unit.law.clock_builders import CALENDAR, LAST

QUIET = settings(deadline=None, max_examples=200, derandomize=True)
ONE_DAY = timedelta(days=1)
AS_OF = date(2027, 12, 31)

SENDING_OUT = {EndDays.SENDING_EXCLUDED, EndDays.BOTH_EXCLUDED}
RECEIPT_OUT = {EndDays.RECEIPT_EXCLUDED, EndDays.BOTH_EXCLUDED}

STARTS = st.dates(date(2023, 1, 1), date(2026, 12, 31))


@st.composite
def suspensions(draw, start, *, may_be_open=True):
    # Mostly near the sixty days, where a day more or less shows.
    sent = start + timedelta(draw(st.integers(-40, 140)))
    length = draw(st.none() | st.integers(0, 90) if may_be_open else st.integers(0, 90))
    received = None if length is None else sent + timedelta(length)
    kind = draw(st.sampled_from(SuspensionKind))
    return Suspension(kind, max(sent, date(2022, 1, 1)), received, draw(st.sampled_from("abc")))


@st.composite
def inspections(draw, *, may_be_open=True):
    start = draw(STARTS)
    closed = st.lists(suspensions(start, may_be_open=False), max_size=5)
    either = st.lists(suspensions(start), max_size=4)
    return start, draw(closed | either if may_be_open else closed)


def counted(start, given):
    return cameral_inspection_deadline(start, given, as_of=AS_OF, calendar=CALENDAR)


def end(answer):
    return answer.last_day or date.max


def days_by_reading(deadline):
    return {(one.end_days, one.roll_over): end(one) for one in deadline.answers}


def joined(stops):
    """Whole stops, found by joining two that touch until no two do."""
    for left, right in combinations(stops, 2):
        if left[0] <= right[1] and right[0] <= left[1]:
            rest = [one for one in stops if one is not left and one is not right]
            return joined([*rest, (min(left[0], right[0]), max(left[1], right[1]))])
    return stops


def is_out(today, stops, end_days):
    """Whether a day is not counted, asked of one day alone."""
    for sent, received in stops:
        if sent < today < received:
            return True
        at_sending, at_receipt = today == sent, today == received
        if at_sending and at_receipt and end_days is EndDays.BOTH_EXCLUDED:
            return True
        if at_sending and not at_receipt and end_days in SENDING_OUT:
            return True
        if at_receipt and not at_sending and end_days in RECEIPT_OUT:
            return True
    return False


def by_single_days(start, stops, end_days, roll_over):
    """The sixtieth counted day, one day after the other, or no date when none comes."""
    whole = joined([(one.sent, one.received or LAST) for one in stops])
    today, left = start, 60
    while left:
        today += ONE_DAY
        if today > AS_OF + timedelta(200):
            return None
        left -= not is_out(today, whole, end_days)
    if roll_over is RollOver.TO_WORKING_DAY:
        while not CALENDAR.is_working_day(today):
            today += ONE_DAY
    return today


@QUIET
@given(inspections())
def test_a_count_of_single_days_agrees(inspection):
    start, stops = inspection
    for answer in counted(start, stops).answers:
        ends = answer.end_days or EndDays.NEITHER_EXCLUDED
        assert answer.last_day == by_single_days(start, stops, ends, answer.roll_over)


@QUIET
@given(inspections(), st.data())
def test_one_more_suspension_never_brings_the_deadline_forward(inspection, data):
    start, stops = inspection
    more = [*stops, data.draw(suspensions(start))]
    before, after = counted(start, stops), counted(start, more)
    assert end(before.earliest) <= end(after.earliest)
    assert end(before.latest) <= end(after.latest)
    if stops:
        old, new = days_by_reading(before), days_by_reading(after)
        assert all(old[reading] <= new[reading] for reading in old)


@QUIET
@given(inspections(), st.randoms(use_true_random=False))
def test_the_order_of_suspensions_never_matters(inspection, shuffler):
    start, stops = inspection
    shuffled = [*stops]
    shuffler.shuffle(shuffled)
    assert counted(start, shuffled) == counted(start, stops)
    assert counted(start, shuffled).record() == counted(start, stops).record()


@QUIET
@given(inspections(may_be_open=False), st.data())
def test_splitting_a_suspension_in_two_never_changes_a_date(inspection, data):
    start, stops = inspection
    assume(stops)
    whole, *rest = stops
    cut = whole.sent + timedelta(data.draw(st.integers(0, (whole.received - whole.sent).days)))
    halves = [
        Suspension(whole.kind, whole.sent, cut, "first"),
        Suspension(whole.kind, cut, whole.received, "second"),
    ]
    assert counted(start, [*rest, *halves]).answers == counted(start, stops).answers


@QUIET
@given(inspections(), st.data())
def test_the_same_suspension_twice_is_subtracted_once(inspection, data):
    start, stops = inspection
    assume(stops)
    twice = [*stops, data.draw(st.sampled_from(stops))]
    assert counted(start, twice).answers == counted(start, stops).answers


@QUIET
@given(inspections())
def test_the_earliest_date_is_never_after_the_latest(inspection):
    start, stops = inspection
    deadline = counted(start, stops)
    assert start + timedelta(60) <= end(deadline.earliest) <= end(deadline.latest)
    assert {end(one) for one in deadline.answers} >= {end(deadline.earliest), end(deadline.latest)}
    assert all(
        end(deadline.earliest) <= end(one) <= end(deadline.latest) for one in deadline.answers
    )


@QUIET
@given(inspections())
def test_every_day_up_to_the_last_is_either_counted_or_told_as_left_out(inspection):
    start, stops = inspection
    for answer in counted(start, stops).answers:
        if answer.last_day is None or answer.roll_over is not RollOver.STAYS:
            continue
        out = sum((span.last - span.first).days + 1 for span in answer.excluded)
        assert (answer.last_day - start).days == answer.counted + out == 60 + out


@QUIET
@given(STARTS, st.integers(1, 80))
def test_working_days_agree_with_a_list_of_them(start, count):
    following = [start + timedelta(n) for n in range(1, 160)]
    worked = [one for one in following if CALENDAR.is_working_day(one)]
    assert CALENDAR.add_working_days(start, count) == worked[count - 1]
    assert CALENDAR.count_working_days(start, worked[count - 1]) == count
    assert execution_deadline(start, calendar=CALENDAR).latest.last_day == worked[29]


@QUIET
@given(STARTS, st.integers(1, 80))
def test_a_term_in_calendar_days_ends_on_that_day_or_the_next_one_worked(start, count):
    length = TermLength(count, DayUnit.CALENDAR, "an act of the tests")
    deadline = complaint_deadline(start, length, calendar=CALENDAR)
    plain, moved = deadline.earliest.last_day, deadline.latest.last_day
    assert plain == start + timedelta(count)
    assert CALENDAR.is_working_day(moved)
    between = [plain + timedelta(n) for n in range((moved - plain).days)]
    assert not any(CALENDAR.is_working_day(one) for one in between)
