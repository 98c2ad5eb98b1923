"""What every deadline says of itself: days, estimates, calendar, and a record of it all."""

import json
from dataclasses import replace

from edge.evidence.canonical import canonical
from edge.law.calendar import Calendar, Origin
from edge.law.deadlines import SuspensionKind
from edge.law.terms import (
    CAMERAL_LENGTH,
    cameral_inspection_deadline,
    execution_deadline,
)
from tests.unit.law.clock_builders import (
    CALENDAR,
    LATE,
    START,
    base,
    cameral,
    day,
    overlay,
    request,
)
from tests.unit.law.clock_cases import PLAIN, STOPPED


def test_the_days_that_the_calendar_decided_on_are_told():
    deadline = cameral(PLAIN["an end at the begin of Nauryz"])
    told = [(one.day, one.working) for one in deadline.special_days]
    assert told == [(day(f"{n}.03.2026"), False) for n in (21, 22, 23, 24, 25)]


def test_holidays_inside_sixty_days_are_not_told_since_they_count():
    assert cameral(PLAIN["the example of the reference"]).special_days == ()


def test_a_term_in_working_days_tells_from_its_first_day_to_its_last():
    deadline = execution_deadline(day("24.03.2026"), calendar=CALENDAR)
    told = [one.day for one in deadline.special_days]
    # The 30th working day after is Friday 8 May, as from the eve of Nauryz.
    assert deadline.latest.last_day == day("08.05.2026")
    assert told == [day("25.03.2026"), day("01.05.2026"), day("07.05.2026")]
    ends = execution_deadline(day("19.03.2024"), calendar=CALENDAR)
    assert ends.special_days[-1].day == day("04.05.2024") == ends.latest.last_day


def test_an_act_of_the_overlay_is_named_in_the_deadline():
    told = execution_deadline(day("31.07.2026"), calendar=CALENDAR).special_days[-1]
    assert (told.day, told.origin) == (day("31.08.2026"), Origin.OVERLAY)
    assert told.why == "30 August is no holiday from 2026 on"


def test_a_deadline_in_a_year_of_estimates_says_so():
    assert execution_deadline(day("01.03.2027"), calendar=CALENDAR).provisional_years == (2027,)
    assert execution_deadline(day("01.12.2026"), calendar=CALENDAR).provisional_years == (2027,)
    assert execution_deadline(day("05.03.2026"), calendar=CALENDAR).provisional_years == ()
    assert execution_deadline(day("31.12.2027"), calendar=CALENDAR).provisional_years == (2028,)
    settled = {"16.05.2027": (False, "first day of Kurban Ait")}
    unsettled = Calendar(base(), overlay(rows=settled))
    assert execution_deadline(START, calendar=unsettled).provisional_years == (2026,)
    across = execution_deadline(day("15.12.2026"), calendar=unsettled)
    assert (across.latest.last_day.year, across.provisional_years) == (2027, (2026,))


def test_suspensions_are_told_by_sending_then_answer_then_kind_then_number():
    ordered = (
        request("09.02.2026"),
        request("10.02.2026", "12.02.2026"),
        request("10.02.2026", "15.02.2026", SuspensionKind.BANK_REQUEST),
        request("10.02.2026", "15.02.2026"),
        replace(request("10.02.2026", "15.02.2026"), reference="no. 2"),
        request("10.02.2026"),
    )
    for given in (ordered, ordered[::-1]):
        deadline = cameral_inspection_deadline(START, given, as_of=LATE, calendar=CALENDAR)
        assert deadline.suspensions == ordered


def test_the_record_says_everything_in_canonical_json():
    deadline = cameral(STOPPED["an open request sent on day 60"])
    record = json.loads(canonical(deadline.record()))
    suspended = [["2026-04-03", None]]
    assert record == {
        "clock": "cameral_inspection",
        "start": "2026-02-02",
        "count": 60,
        "unit": "calendar_days",
        "basis": CAMERAL_LENGTH.act,
        "as_of": "2026-04-30",
        "suspensions": [
            {
                "kind": "documents_request",
                "sent": "2026-04-03",
                "received": None,
                "reference": "no. 1",
            }
        ],
        "answers": [
            {
                "end_days": ends,
                "roll_over": roll,
                "last_day": last,
                "counted": counted,
                "excluded": excluded,
            }
            for ends, last, counted, excluded in (
                ("neither_excluded", "2026-04-03", 60, []),
                ("receipt_excluded", "2026-04-03", 60, []),
                ("sending_excluded", None, 59, suspended),
                ("both_excluded", None, 59, suspended),
            )
            for roll in ("stays", "to_working_day")
        ],
        "earliest": record["answers"][0],
        "latest": record["answers"][4],
        "special_days": [],
        "provisional_years": [],
        "calendar": {
            "base": "by hand",
            "base_version": "1",
            "overlay": "overlay-by-hand",
            "overlay_version": "7",
            "overlay_sha256": "5a" * 32,
        },
    }


def test_the_record_of_a_term_in_working_days_names_the_days_that_were_special():
    deadline = execution_deadline(day("19.03.2024"), calendar=CALENDAR)
    record = json.loads(canonical(deadline.record()))
    assert record["as_of"] is None
    assert record["unit"] == "working_days"
    (answer,) = record["answers"]
    assert (answer["end_days"], answer["roll_over"]) == (None, None)
    assert record["special_days"][-1] == {
        "day": "2024-05-04",
        "working": True,
        "why": "worked",
        "origin": "base",
        "estimated": False,
    }
