"""What the tests of the clocks share: a calendar written down by hand, 2023 to 2028.

The base holds 30 and 31 August 2026 as days off, as it was before the new Constitution, and no
15 March: the overlay has to win.
"""

from datetime import date, datetime

from edge.law.calendar import Calendar
from edge.law.calendar_data import Base, DayOff, Overlay, OverlayRow, WorkedWeekend
from edge.law.deadlines import Suspension, SuspensionKind
from edge.law.terms import cameral_inspection_deadline


def day(text):
    return datetime.strptime(text, "%d.%m.%Y").date()  # noqa: DTZ007


# Day and month of every day off that is no plain weekend, moved ones included.
DAYS_OFF = {
    2023: "01.01 02.01 03.01 07.01 08.03 21.03 22.03 23.03 01.05 07.05 08.05 09.05 28.06 06.07 "
    "07.07 30.08 25.10 16.12 18.12",
    2024: "01.01 02.01 07.01 08.03 21.03 22.03 23.03 25.03 01.05 07.05 08.05 09.05 16.06 06.07 "
    "08.07 30.08 25.10 16.12",
    2025: "01.01 02.01 03.01 07.01 08.03 10.03 21.03 22.03 23.03 24.03 25.03 01.05 07.05 09.05 "
    "06.06 06.07 07.07 30.08 01.09 25.10 27.10 16.12",
    2026: "01.01 02.01 07.01 08.03 09.03 21.03 22.03 23.03 24.03 25.03 01.05 07.05 09.05 11.05 "
    "27.05 06.07 30.08 31.08 25.10 26.10 16.12",
    2027: "01.01 02.01 04.01 07.01 08.03 21.03 22.03 23.03 24.03 01.05 03.05 07.05 09.05 10.05 "
    "16.05 06.07 25.10 16.12",
    2028: "01.01 02.01 03.01 04.01 07.01 08.03 21.03 22.03 23.03 01.05 05.05 07.05 08.05 09.05 "
    "06.07 25.10 16.12 18.12",
}
ESTIMATED = {day("27.05.2026"), day("16.05.2027"), day("05.05.2028")}
WORKED = ("01.07.2023", "04.05.2024", "05.01.2025")
DECIDED = {
    "27.05.2026": (False, "first day of Kurban Ait, official calendar of 2026"),
    "31.08.2026": (True, "30 August is no holiday from 2026 on"),
    "15.03.2027": (False, "Constitution Day"),
    "15.03.2028": (False, "Constitution Day"),
}


def base(**changes):
    days = [day(f"{text}.{year}") for year, texts in DAYS_OFF.items() for text in texts.split()]
    facts = {
        "name": "by hand",
        "version": "1",
        "first_year": 2023,
        "last_year": 2028,
        "days_off": tuple(DayOff(one, "day off", one in ESTIMATED) for one in days),
        "worked_weekends": tuple(WorkedWeekend(day(text), "worked") for text in WORKED),
    }
    return Base(**facts | changes)


def overlay(rows=None, **changes):
    facts = {
        "overlay_id": "overlay-by-hand",
        "version": "7",
        "sha256": "5a" * 32,
        "source": "tests",
        "rows": tuple(
            OverlayRow(day(text), working, act)
            for text, (working, act) in (DECIDED if rows is None else rows).items()
        ),
    }
    return Overlay(**facts | changes)


CALENDAR = Calendar(base(), overlay())
FIRST, LAST = date(2023, 1, 1), date(2028, 12, 31)

START = day("02.02.2026")
LATE = day("31.12.2028")
ACT = "an act of the tests"


def dated(text):
    return None if text is None else day(text)


def request(sent, received=None, kind=SuspensionKind.DOCUMENTS_REQUEST):
    return Suspension(kind, day(sent), dated(received), "no. 1")


def cameral(case, calendar=CALENDAR):
    suspensions = [request(*pair) for pair in case.requests]
    return cameral_inspection_deadline(
        day(case.sent), suspensions, as_of=day(case.as_of), calendar=calendar
    )
