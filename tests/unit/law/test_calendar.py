"""What is a working day, who says so, and where a calendar falls silent."""

from datetime import date, datetime, timedelta

import pytest

from edge.law.calendar import Calendar, CalendarRef, Origin, OutsideCalendar
from edge.law.calendar_data import DayOff, Overlay, OverlayRow, WorkedWeekend
from tests.unit.law.clock_builders import CALENDAR, FIRST, LAST, base, day, overlay

WORKED = {
    "a plain Monday": "02.02.2026",
    "a plain Friday": "06.02.2026",
    "a Saturday worked in exchange": "04.05.2024",
    "a Sunday worked in exchange": "05.01.2025",
    "31 August 2026, by the overlay": "31.08.2026",
    "the Monday after 7 January 2024, a Sunday": "08.01.2024",
    "the Monday after Kurban Ait 2024, a Sunday": "17.06.2024",
    "30 August 2027": "30.08.2027",
}
OFF = {
    "a plain Saturday": "07.02.2026",
    "a plain Sunday": "08.02.2026",
    "a day off in exchange": "08.05.2024",
    "Nauryz moved to a Wednesday": "25.03.2026",
    "7 January on a Wednesday": "07.01.2026",
    "Kurban Ait on a Friday": "06.06.2025",
    "1 September 2025, for 30 August": "01.09.2025",
    "30 August 2026, a Sunday": "30.08.2026",
    "15 March 2027, by the overlay": "15.03.2027",
    "the first day of the calendar, a holiday": "01.01.2023",
    "the last day of the calendar, a Sunday": "31.12.2028",
}


@pytest.mark.parametrize("name", [*WORKED])
def test_working_days_are_worked(name):
    assert CALENDAR.is_working_day(day(WORKED[name]))


@pytest.mark.parametrize("name", [*OFF])
def test_days_off_are_not_worked(name):
    assert not CALENDAR.is_working_day(day(OFF[name]))


@pytest.mark.parametrize(("year", "count"), [(2024, 249), (2025, 246), (2026, 247)])
def test_a_year_has_as_many_working_days_as_the_official_calendar(year, count):
    before, last = date(year - 1, 12, 31), date(year, 12, 31)
    assert CALENDAR.count_working_days(before, last) == count


@pytest.mark.parametrize(
    ("after", "following"),
    [
        ("05.02.2026", "06.02.2026"),
        ("06.02.2026", "09.02.2026"),
        ("20.03.2026", "26.03.2026"),
        ("03.05.2024", "04.05.2024"),
        ("04.05.2024", "06.05.2024"),
        ("31.12.2024", "05.01.2025"),
    ],
)
def test_the_next_working_day_is_the_first_one_after(after, following):
    assert CALENDAR.next_working_day(day(after)) == day(following)


@pytest.mark.parametrize(
    ("last", "moved"),
    [
        ("06.02.2026", "06.02.2026"),
        ("07.02.2026", "09.02.2026"),
        ("21.03.2026", "26.03.2026"),
        ("30.08.2026", "31.08.2026"),
        ("04.05.2024", "04.05.2024"),
    ],
)
def test_only_a_day_off_rolls_over(last, moved):
    assert CALENDAR.roll_over(day(last)) == day(moved)


def test_the_first_working_day_counted_is_the_one_after():
    assert CALENDAR.add_working_days(day("02.02.2026"), 1) == day("03.02.2026")
    assert CALENDAR.add_working_days(day("02.02.2026"), 5) == day("09.02.2026")
    assert CALENDAR.add_working_days(day("07.02.2026"), 1) == day("09.02.2026")


@pytest.mark.parametrize("count", [0, -1])
def test_no_working_days_cannot_be_added(count):
    with pytest.raises(ValueError, match=f"cannot count {count} working days"):
        CALENDAR.add_working_days(day("02.02.2026"), count)


def test_working_days_are_counted_after_one_day_and_up_to_another():
    assert CALENDAR.count_working_days(day("02.02.2026"), day("06.02.2026")) == 4
    assert CALENDAR.count_working_days(day("06.02.2026"), day("09.02.2026")) == 1
    assert CALENDAR.count_working_days(day("02.02.2026"), day("03.02.2026")) == 1
    assert CALENDAR.count_working_days(day("02.02.2026"), day("02.02.2026")) == 0
    assert CALENDAR.count_working_days(day("05.02.2026"), day("02.02.2026")) == 0


@pytest.mark.parametrize("outside", [FIRST - timedelta(1), LAST + timedelta(1)])
@pytest.mark.parametrize(
    "ask",
    [
        CALENDAR.is_working_day,
        CALENDAR.next_working_day,
        CALENDAR.roll_over,
        lambda one: CALENDAR.add_working_days(one, 1),
        lambda one: CALENDAR.count_working_days(one, FIRST),
        lambda one: CALENDAR.count_working_days(LAST, one),
        lambda one: CALENDAR.special_days(one, LAST),
        lambda one: CALENDAR.provisional_years(FIRST, one),
    ],
)
def test_a_calendar_is_silent_beyond_its_years(ask, outside):
    with pytest.raises(OutsideCalendar, match=f"{outside}.*covers 2023 to 2028.*{outside.year}"):
        ask(outside)


def test_a_working_day_beyond_the_last_year_is_not_guessed():
    with pytest.raises(OutsideCalendar):
        CALENDAR.next_working_day(day("29.12.2028"))
    with pytest.raises(OutsideCalendar):
        CALENDAR.roll_over(day("30.12.2028"))
    assert CALENDAR.roll_over(day("29.12.2028")) == day("29.12.2028")


def test_a_day_with_a_time_is_no_day_of_a_calendar():
    moment = datetime(2026, 3, 23, 10, 0)  # noqa: DTZ001
    with pytest.raises(TypeError, match="no civil day"):
        CALENDAR.is_working_day(moment)
    with pytest.raises(TypeError, match="no civil day"):
        base(days_off=(DayOff(moment, "Nauryz", estimated=False),))
    with pytest.raises(TypeError, match="no civil day"):
        base(worked_weekends=(WorkedWeekend(moment, "worked"),))
    with pytest.raises(TypeError, match="no civil day"):
        Overlay("id", "1", "5a" * 32, "tests", (OverlayRow(moment, working=False, act="act"),))


@pytest.mark.parametrize(("text", "working"), [("02.02.2026", False), ("07.02.2026", True)])
def test_the_overlay_wins_over_the_week(text, working):
    assert CALENDAR.is_working_day(day(text)) is not working
    changed = Calendar(base(), overlay(rows={text: (working, "an act")}))
    assert changed.is_working_day(day(text)) is working


@pytest.mark.parametrize(("text", "working"), [("04.05.2024", False), ("23.03.2026", True)])
def test_the_overlay_wins_over_the_base(text, working):
    assert CALENDAR.is_working_day(day(text)) is not working
    changed = Calendar(base(), overlay(rows={text: (working, "an act")}))
    assert changed.is_working_day(day(text)) is working
    (told,) = changed.special_days(day(text), day(text))
    assert (told.origin, told.why, told.working) == (Origin.OVERLAY, "an act", working)


def test_special_days_are_told_from_first_to_last_by_date():
    told = CALENDAR.special_days(day("07.05.2024"), day("09.05.2024"))
    assert [one.day for one in told] == [day("07.05.2024"), day("08.05.2024"), day("09.05.2024")]
    assert {one.origin for one in told} == {Origin.BASE}
    shuffled = Calendar(base(days_off=base().days_off[::-1]), overlay())
    assert shuffled.special_days(FIRST, LAST) == CALENDAR.special_days(FIRST, LAST)


def test_a_year_is_provisional_until_an_act_settles_its_estimates():
    assert CALENDAR.provisional_years(FIRST, LAST) == (2027, 2028)
    assert CALENDAR.provisional_years(FIRST, day("31.12.2026")) == ()
    assert CALENDAR.provisional_years(day("01.01.2027"), day("01.01.2027")) == (2027,)
    moved = {"16.05.2027": (False, "a Sunday"), "17.05.2027": (False, "Kurban Ait")}
    settled = Calendar(base(), overlay(rows=moved))
    assert settled.provisional_years(FIRST, LAST) == (2026, 2028)
    assert not settled.is_working_day(day("17.05.2027"))


def test_a_calendar_names_its_base_and_its_overlay():
    assert CALENDAR.ref == CalendarRef("by hand", "1", "overlay-by-hand", "7", "5a" * 32)


def test_calendars_of_the_same_data_are_equal():
    assert Calendar(base(), overlay()) == CALENDAR
    assert Calendar(base(version="2"), overlay()) != CALENDAR


MONDAY = day("02.02.2026")
WEEK = timedelta(7)
NEW_YEAR = DayOff(day("01.01.2026"), "New Year", estimated=False)
HOLIDAY = DayOff(day("07.05.2026"), "Defender of the Fatherland Day", estimated=False)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"first_year": 2029}, "2029 to 2028 is no range of years"),
        ({"first_year": 1899}, "no range of years"),
        ({"last_year": 2201}, "no range of years"),
        ({"name": " "}, "name is missing"),
        ({"version": ""}, "version is missing"),
        ({"days_off": (NEW_YEAR, NEW_YEAR)}, "2026-01-01 stands twice"),
        ({"first_year": 2024}, "2023-01-01 lies in none of its years"),
        ({"last_year": 2027}, "2028-01-01 lies in none of its years"),
        ({"worked_weekends": (WorkedWeekend(MONDAY, "worked"),)}, "no Saturday or Sunday"),
        ({"worked_weekends": (WorkedWeekend(day("06.02.2026"), "x"),)}, "2026-02-06 is worked but"),
        (
            {"worked_weekends": tuple(WorkedWeekend(MONDAY + n * WEEK, "x") for n in (1, 0))},
            "2026-02-02 is worked but is no Saturday or Sunday",
        ),
        ({"days_off": (HOLIDAY, HOLIDAY, NEW_YEAR, NEW_YEAR)}, "2026-01-01 stands twice"),
        ({"worked_weekends": (WorkedWeekend(day("16.06.2024"), "x"),)}, "stands twice"),
    ],
)
def test_a_base_that_contradicts_itself_is_refused(changes, reason):
    with pytest.raises(ValueError, match=reason):
        base(**changes)


def test_a_base_may_cover_one_year_and_the_widest_range():
    one = base(first_year=2026, last_year=2026, days_off=(NEW_YEAR,), worked_weekends=())
    wide = base(first_year=1900, last_year=2200)
    assert (one.first_year, wide.first_year, wide.last_year) == (2026, 1900, 2200)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"overlay_id": ""}, "id is missing"),
        ({"version": " "}, "version is missing"),
        ({"source": ""}, "source is missing"),
        ({"sha256": "5a" * 31}, "no SHA-256"),
        ({"sha256": "5A" * 32}, "no SHA-256"),
        ({"rows": {"02.02.2026": (True, " ")}}, "2026-02-02: act is missing"),
    ],
)
def test_an_overlay_without_its_facts_is_refused(changes, reason):
    with pytest.raises(ValueError, match=reason):
        overlay(**changes)


def test_an_overlay_that_names_a_day_twice_is_refused():
    row = OverlayRow(MONDAY, working=True, act="an act")
    with pytest.raises(ValueError, match="2026-02-02 stands twice"):
        Overlay("id", "1", "5a" * 32, "tests", (row, row))
