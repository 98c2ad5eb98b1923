"""Terms counted by hand, each with its working; the rows hold for any right calendar of 2023-2028.

Dates are day.month.year. Several dates of one case stand in the order neither end day of a
suspension excluded, receipt excluded, sending excluded, both excluded; ``STANDS`` is no date yet.
"""

from dataclasses import dataclass

STANDS = None
LATE = "31.12.2028"


@dataclass(frozen=True)
class Cameral:
    """Sixty calendar days: ``days`` by each reading without, ``latest`` with the roll-over."""

    sent: str
    requests: tuple[tuple[str, str | None], ...]
    as_of: str
    days: tuple[str | None, ...]
    earliest: str | None
    latest: str | None
    working: str


@dataclass(frozen=True)
class Term:
    """A term without suspension: ``earliest`` and ``latest`` differ by the roll-over only."""

    start: str
    count: int
    unit: str
    earliest: str
    latest: str
    working: str


def plain(sent, stays, rolled, working):
    return Cameral(sent, (), LATE, (stays,), stays, rolled, working)


def stopped(sent, requests, days, latest, working, *, as_of=LATE):
    return Cameral(sent, requests, as_of, days, days[0], latest, working)


def work(start, end, working, count=30):
    return Term(start, count, "working_days", end, end, working)


def days(start, count, stays, rolled, working):
    return Term(start, count, "calendar_days", stays, rolled, working)


PLAIN = {
    "the example of the reference": plain(
        "02.02.2026", "03.04.2026", "03.04.2026",
        "3-28 Feb 26, Mar 31 (57), 1-3 Apr 3 (60); a Friday"),
    "a leap year": plain(
        "01.02.2024", "01.04.2024", "01.04.2024",
        "2-29 Feb 28, Mar 31 (59), 1 Apr (60); a Monday"),
    "the same dates in a common year": plain(
        "01.02.2025", "02.04.2025", "02.04.2025",
        "2-28 Feb 27, Mar 31 (58), 1-2 Apr (60); a Wednesday"),
    "sent on 29 February": plain(
        "29.02.2024", "29.04.2024", "29.04.2024",
        "Mar 31, 1-29 Apr 29 (60); a Monday"),
    "the next leap year": plain(
        "15.01.2028", "15.03.2028", "16.03.2028",
        "16-31 Jan 16, Feb 29 (45), 1-15 Mar 15 (60); Constitution Day, so Thursday the 16th"),
    "an end on a Saturday": plain(
        "03.02.2026", "04.04.2026", "06.04.2026",
        "4-28 Feb 25, Mar 31 (56), 1-4 Apr (60); a Saturday, so Monday the 6th"),
    "an end on a Sunday": plain(
        "04.02.2026", "05.04.2026", "06.04.2026",
        "5-28 Feb 24, Mar 31 (55), 1-5 Apr (60); a Sunday, so Monday the 6th"),
    "an end at the begin of Nauryz": plain(
        "20.01.2026", "21.03.2026", "26.03.2026",
        "21-31 Jan 11, Feb 28 (39), 1-21 Mar 21 (60); 21-22 weekend, 23-25 off, so the 26th"),
    "an end on the last day off of Nauryz": plain(
        "24.01.2026", "25.03.2026", "26.03.2026",
        "25-31 Jan 7, Feb 28 (35), 1-25 Mar 25 (60); off, so the 26th"),
    "an end on a worked Saturday": plain(
        "05.03.2024", "04.05.2024", "04.05.2024",
        "6-31 Mar 26, Apr 30 (56), 1-4 May (60); a Saturday that is worked for 8 May"),
    "an end on the day off that was exchanged": plain(
        "09.03.2024", "08.05.2024", "10.05.2024",
        "10-31 Mar 22, Apr 30 (52), 1-8 May (60); 8 exchanged, 9 Victory Day, so Friday the 10th"),
    "an end on a worked Sunday": plain(
        "06.11.2024", "05.01.2025", "05.01.2025",
        "7-30 Nov 24, Dec 31 (55), 1-5 Jan (60); a Sunday that is worked for 3 January"),
    "a roll-over that stops at a worked Sunday": plain(
        "04.11.2024", "03.01.2025", "05.01.2025",
        "5-30 Nov 26, Dec 31 (57), 1-3 Jan (60); 3 off, 4 Saturday, Sunday the 5th is worked"),
    "7 January on a Sunday is not moved": plain(
        "08.11.2023", "07.01.2024", "08.01.2024",
        "9-30 Nov 22, Dec 31 (53), 1-7 Jan (60); a Sunday, Monday the 8th is worked"),
    "Kurban Ait on a Sunday is not moved": plain(
        "17.04.2024", "16.06.2024", "17.06.2024",
        "18-30 Apr 13, May 31 (44), 1-16 Jun (60); a Sunday, Monday the 17th is worked"),
    "30 August 2025 is moved": plain(
        "01.07.2025", "30.08.2025", "02.09.2025",
        "2-31 Jul 30, 1-30 Aug 30 (60); Saturday, 31 Sunday, 1 Sep off for it, so the 2nd"),
    "30 August 2026 is no holiday": plain(
        "01.07.2026", "30.08.2026", "31.08.2026",
        "2-31 Jul 30, 1-30 Aug 30 (60); a plain Sunday, Monday the 31st is worked"),
    "15 March 2027 is Constitution Day": plain(
        "14.01.2027", "15.03.2027", "16.03.2027",
        "15-31 Jan 17, Feb 28 (45), 1-15 Mar (60); a Monday off, so Tuesday the 16th"),
    "an end on 2 January": plain(
        "03.11.2025", "02.01.2026", "05.01.2026",
        "4-30 Nov 27, Dec 31 (58), 1-2 Jan (60); off, 3-4 weekend, so Monday the 5th"),
    "an end on the last day of a year": plain(
        "01.11.2024", "31.12.2024", "31.12.2024",
        "2-30 Nov 29, 1-31 Dec 31 (60); a Tuesday"),
    "a fourth of January off for the second": plain(
        "03.11.2026", "02.01.2027", "05.01.2027",
        "4-30 Nov 27, Dec 31 (58), 1-2 Jan (60); 2 Saturday, 3 Sunday, 4 off, so the 5th"),
}  # fmt: skip

STOPPED = {
    "one request": stopped(
        "02.02.2026", (("10.02.2026", "25.02.2026"),),
        ("17.04.2026", "18.04.2026", "18.04.2026", "19.04.2026"), "20.04.2026",
        "11-24 Feb 14, one end 15, both 16; 3 Apr + 14 = 17, + 16 = 19, a Sunday, so the 20th"),
    "an answer on the same day": stopped(
        "02.02.2026", (("10.02.2026", "10.02.2026"),),
        ("03.04.2026", "03.04.2026", "03.04.2026", "04.04.2026"), "06.04.2026",
        "one day at the most, and only if both ends are out; 4 Apr is a Saturday, so the 6th"),
    "an answer on the next day": stopped(
        "02.02.2026", (("10.02.2026", "11.02.2026"),),
        ("03.04.2026", "04.04.2026", "04.04.2026", "05.04.2026"), "06.04.2026",
        "0, 1, 1 or 2 days out; 5 Apr is a Sunday, so the 6th"),
    "a nested request": stopped(
        "02.02.2026", (("10.02.2026", "10.03.2026"), ("20.02.2026", "25.02.2026")),
        ("30.04.2026", "01.05.2026", "01.05.2026", "02.05.2026"), "04.05.2026",
        "11 Feb - 9 Mar 18 + 9 = 27, both 29; 3 Apr + 27 = 30 Apr, + 29 = 2 May, Sat, so the 4th"),
    "two requests sent on one day": stopped(
        "02.02.2026", (("10.02.2026", "25.02.2026"), ("10.02.2026", "20.02.2026")),
        ("17.04.2026", "18.04.2026", "18.04.2026", "19.04.2026"), "20.04.2026",
        "the shorter lies in the longer: as one request from 10 to 25 Feb, 14 to 16 days"),
    "overlapping requests": stopped(
        "02.02.2026", (("10.02.2026", "20.02.2026"), ("15.02.2026", "05.03.2026")),
        ("25.04.2026", "26.04.2026", "26.04.2026", "27.04.2026"), "27.04.2026",
        "11 Feb - 4 Mar 18 + 4 = 22, both 24; 3 Apr + 22 = 25, Sat; + 24 = 27, Monday"),
    "a request on the day of an answer": stopped(
        "02.02.2026", (("10.02.2026", "20.02.2026"), ("20.02.2026", "05.03.2026")),
        ("25.04.2026", "26.04.2026", "26.04.2026", "27.04.2026"), "27.04.2026",
        "no day between them: as one from 10 Feb to 5 Mar, 22 to 24 days"),
    "a request on the day after an answer": stopped(
        "02.02.2026", (("10.02.2026", "20.02.2026"), ("21.02.2026", "05.03.2026")),
        ("23.04.2026", "25.04.2026", "25.04.2026", "27.04.2026"), "27.04.2026",
        "11-19 Feb 9 + 22 Feb - 4 Mar 11 = 20; one end each 22; both 11 + 13 = 24"),
    "two requests apart": stopped(
        "02.02.2026", (("10.02.2026", "16.02.2026"), ("02.03.2026", "09.03.2026")),
        ("14.04.2026", "16.04.2026", "16.04.2026", "18.04.2026"), "20.04.2026",
        "5 + 6 = 11, 13, or 7 + 8 = 15; 3 Apr + 15 = 18, a Saturday, so the 20th"),
    "three requests in a chain and one inside": stopped(
        "02.02.2026", (("01.03.2026", "10.03.2026"), ("12.02.2026", "20.02.2026"),
                       ("18.02.2026", "01.03.2026"), ("14.02.2026", "15.02.2026")),
        ("28.04.2026", "29.04.2026", "29.04.2026", "30.04.2026"), "30.04.2026",
        "one from 12 Feb to 10 Mar: 13 Feb - 9 Mar 16 + 9 = 25, both 27; 3 Apr + 25 = 28"),
    "a request apart and two that overlap": stopped(
        "02.02.2026", (("05.02.2026", "07.02.2026"), ("10.02.2026", "20.02.2026"),
                       ("15.02.2026", "05.03.2026")),
        ("26.04.2026", "28.04.2026", "28.04.2026", "30.04.2026"), "30.04.2026",
        "6 Feb 1 + 11 Feb - 4 Mar 22 = 23, then 2 + 23 and 3 + 24; 3 Apr + 23 = 26, + 27 = 30"),
    "a request across New Year": stopped(
        "01.12.2025", (("20.12.2025", "15.01.2026"),),
        ("24.02.2026", "25.02.2026", "25.02.2026", "26.02.2026"), "26.02.2026",
        "without: Dec 30, 30 Jan; out 21 Dec - 14 Jan 11 + 14 = 25, both 27; 30 Jan + 25 = 24 Feb"),
    "a request across 29 February": stopped(
        "01.02.2024", (("20.02.2024", "05.03.2024"),),
        ("14.04.2024", "15.04.2024", "15.04.2024", "16.04.2024"), "16.04.2024",
        "21-29 Feb 9 + 4 Mar = 13, both 15; 1 Apr + 13 = 14, a Sunday; + 15 = 16, Tuesday"),
    "a request from before the start": stopped(
        "02.02.2026", (("15.01.2026", "12.02.2026"),),
        ("12.04.2026", "13.04.2026", "12.04.2026", "13.04.2026"), "13.04.2026",
        "only 3-11 Feb 9 or 3-12 Feb 10 lie in the term; 3 Apr + 9 = 12, Sunday; + 10 = Monday"),
    "a request answered before the start": stopped(
        "02.02.2026", (("10.01.2026", "20.01.2026"),), ("03.04.2026",) * 4, "03.04.2026",
        "nothing of it lies in the term"),
    "a request answered on the day of the start": stopped(
        "02.02.2026", (("20.01.2026", "02.02.2026"),), ("03.04.2026",) * 4, "03.04.2026",
        "2 Feb is not counted anyhow"),
    "a request answered on the first counted day": stopped(
        "02.02.2026", (("20.01.2026", "03.02.2026"),),
        ("03.04.2026", "04.04.2026", "03.04.2026", "04.04.2026"), "06.04.2026",
        "3 Feb is out only if the day of receipt is; then 4 Apr, a Saturday, so the 6th"),
    "a request sent with the notification": stopped(
        "02.02.2026", (("02.02.2026", "09.02.2026"),),
        ("09.04.2026", "10.04.2026", "09.04.2026", "10.04.2026"), "10.04.2026",
        "2 Feb counts in no reading; 3-8 Feb 6 or 3-9 Feb 7 out"),
    "a request sent on the first counted day": stopped(
        "02.02.2026", (("03.02.2026", "09.02.2026"),),
        ("08.04.2026", "09.04.2026", "09.04.2026", "10.04.2026"), "10.04.2026",
        "4-8 Feb 5, one end 6, both 7 out"),
    "a request sent on day 59": stopped(
        "02.02.2026", (("02.04.2026", "03.04.2026"),),
        ("03.04.2026", "04.04.2026", "04.04.2026", "05.04.2026"), "06.04.2026",
        "58 days by 1 Apr; none, 3, 2, or 2-3 Apr out; 5 Apr is a Sunday, so the 6th"),
    "a request sent on day 60": stopped(
        "02.02.2026", (("03.04.2026", "20.04.2026"),),
        ("03.04.2026", "03.04.2026", "20.04.2026", "21.04.2026"), "21.04.2026",
        "if its day counts, it is the 60th; if not, 59 by 2 Apr, and the 20th or 21st is the 60th"),
    "a request sent after day 60": stopped(
        "02.02.2026", (("04.04.2026", "20.04.2026"),), ("03.04.2026",) * 4, "03.04.2026",
        "60 days were over on 3 Apr: nothing is left to take out of"),
    "a request sent between day 60 and its working day": stopped(
        "03.02.2026", (("05.04.2026", "20.04.2026"),), ("04.04.2026",) * 4, "06.04.2026",
        "day 60 is Saturday 4 Apr; a request of Sunday takes nothing out, Monday the 6th stays"),
    "a preliminary act at the end and an objection": stopped(
        "02.02.2026", (("16.02.2026", "27.02.2026"), ("30.03.2026", "13.04.2026")),
        ("26.04.2026", "28.04.2026", "28.04.2026", "30.04.2026"), "30.04.2026",
        "10 + 13 = 23, 25, or 12 + 15 = 27 out; 3 Apr + 23 = 26, a Sunday, + 27 = 30"),
    "the clock stands": stopped(
        "02.02.2026", (("20.02.2026", None),), (STANDS,) * 4, STANDS,
        "no answer: no date; 3-19 Feb 17 counted, or 18 with the day of sending",
        as_of="10.03.2026"),
    "the clock stands since today": stopped(
        "02.02.2026", (("20.02.2026", None),), (STANDS,) * 4, STANDS,
        "as above; the day of sending is known, all after it is open", as_of="20.02.2026"),
    "an open request takes in the later ones": stopped(
        "02.02.2026", (("20.02.2026", None), ("25.02.2026", "02.03.2026")), (STANDS,) * 4, STANDS,
        "the answer to the second does not answer the first", as_of="10.03.2026"),
    "an open request after a closed one": stopped(
        "02.02.2026", (("10.02.2026", "15.02.2026"), ("12.02.2026", None)), (STANDS,) * 4, STANDS,
        "one open from 10 Feb: 7 or 8 days counted", as_of="10.03.2026"),
    "an open request sent on day 60": stopped(
        "02.02.2026", (("03.04.2026", None),), ("03.04.2026", "03.04.2026", STANDS, STANDS), STANDS,
        "if its day counts, the 60 days ended on it; if not, 59 are counted and it stands",
        as_of="30.04.2026"),
    "an open request sent after day 60": stopped(
        "02.02.2026", (("04.04.2026", None),), ("03.04.2026",) * 4, "03.04.2026",
        "60 days were over on 3 Apr", as_of="30.04.2026"),
    "an open request from before the start": stopped(
        "02.02.2026", (("20.01.2026", None),), (STANDS,) * 4, STANDS,
        "not one day of the term could be counted", as_of="02.02.2026"),
}  # fmt: skip

EXECUTION = {
    "the example of the reference": work(
        "05.03.2026", "22.04.2026",
        "6 Mar 1, 10-13 (5), 16-20 (10), 26-27 (12), 30-31 (14), 1-3 Apr (17), 6-10 (22), "
        "13-17 (27), 20-22 (30); 9 and 23-25 Mar off"),
    "delivered on a Friday": work(
        "06.03.2026", "23.04.2026",
        "one day later than from the 5th: Tuesday 10 Mar is the first, Monday the 9th is off"),
    "delivered on the eve of Nauryz": work(
        "20.03.2026", "08.05.2026",
        "26-27 Mar 2, 30-31 (4), 1-3 Apr (7), 6-10 (12), 13-17 (17), 20-24 (22), 27-30 (26), "
        "4-6 May (29), 8 May (30); 1 and 7 May off"),
    "delivered during Nauryz": work(
        "22.03.2026", "08.05.2026", "as on the eve: 26 Mar is the first working day after"),
    "delivered on a Saturday": work(
        "04.04.2026", "20.05.2026",
        "6-10 Apr 5, 13-17 (10), 20-24 (15), 27-30 (19), 4-6 May (22), 8 (23), 12-15 (27), "
        "18-20 (30); 1, 7, 11 May off"),
    "across a worked Saturday": work(
        "01.04.2024", "16.05.2024",
        "2-5 Apr 4, 8-12 (9), 15-19 (14), 22-26 (19), 29-30 (21), 2-3 May (23), Sat 4 (24), "
        "6 (25), 10 (26), 13-16 (30); 1, 7, 8, 9 May off"),
    "ending on a worked Saturday": work(
        "19.03.2024", "04.05.2024",
        "20 Mar 1, 26-29 (5), 1-5 Apr (10), 8-12 (15), 15-19 (20), 22-26 (25), 29-30 (27), "
        "2-3 May (29), Sat 4 (30)"),
    "delivered on a worked Saturday": work(
        "04.05.2024", "19.06.2024",
        "6 May 1, 10 (2), 13-17 (7), 20-24 (12), 27-31 (17), 3-7 Jun (22), 10-14 (27), "
        "17-19 (30); Kurban Ait on Sunday 16 is not moved"),
    "across a worked Sunday": work(
        "02.12.2024", "17.01.2025",
        "3-6 Dec 4, 9-13 (9), 17-20 (13), 23-27 (18), 30-31 (20), Sun 5 Jan (21), 6 (22), "
        "8-10 (25), 13-17 (30); 16 Dec, 1-3 and 7 Jan off"),
    "across 30 August 2025": work(
        "01.08.2025", "15.09.2025",
        "4-8 Aug 5, 11-15 (10), 18-22 (15), 25-29 (20), 2-5 Sep (24), 8-12 (29), "
        "15 (30); 1 Sep off"),
    "across 30 August 2026": work(
        "31.07.2026", "11.09.2026",
        "3-7 Aug 5, 10-14 (10), 17-21 (15), 24-28 (20), 31 Aug - 4 Sep (25), 7-11 (30)"),
    "across 29 February": work(
        "29.01.2024", "12.03.2024",
        "30 Jan - 2 Feb 4, 5-9 (9), 12-16 (14), 19-23 (19), 26 Feb - 1 Mar (24), 4-7 (28), "
        "11-12 (30); 8 Mar off"),
    "across New Year and 7 January": work(
        "15.12.2025", "30.01.2026",
        "17-19 Dec 3, 22-26 (8), 29-31 (11), 5-6 Jan (13), 8-9 (15), 12-16 (20), 19-23 (25), "
        "26-30 (30); 16 Dec, 1, 2, 7 Jan off"),
    "across Kurban Ait on a Wednesday": work(
        "30.04.2026", "17.06.2026",
        "4-6 May 3, 8 (4), 12-15 (8), 18-22 (13), 25-26 (15), 28-29 (17), 1-5 Jun (22), 8-12 (27), "
        "15-17 (30); 1, 7, 11, 27 May off"),
    "across Kurban Ait on a Friday": work(
        "12.05.2025", "24.06.2025",
        "13-16 May 4, 19-23 (9), 26-30 (14), 2-5 Jun (18), 9-13 (23), 16-20 (28), 23-24 (30)"),
    "across the first 15 March off": work(
        "01.03.2027", "19.04.2027",
        "2-5 Mar 4, 9-12 (8), 16-19 (12), 25-26 (14), 29 Mar - 2 Apr (19), 5-9 (24), 12-16 (29), "
        "19 (30); 8, 15, 22-24 Mar off"),
}  # fmt: skip

GIVEN_LENGTHS = {
    "ten working days from the eve of Nauryz": work(
        "20.03.2026", "08.04.2026", "26-27 Mar 2, 30-31 (4), 1-3 Apr (7), 6-8 (10)", 10),
    "one working day from a Friday": work(
        "13.03.2026", "16.03.2026", "Monday is the first working day after", 1),
    "one working day before a long weekend": work(
        "06.03.2026", "10.03.2026", "7-8 weekend, 9 off, Tuesday the 10th", 1),
    "one working day before a worked Sunday": work(
        "03.01.2025", "05.01.2025", "4 is a Saturday, Sunday the 5th is worked", 1),
    "one calendar day from a Friday": days(
        "13.03.2026", 1, "14.03.2026", "16.03.2026", "Saturday; Monday the 16th"),
    "fifteen calendar days into Nauryz": days(
        "06.03.2026", 15, "21.03.2026", "26.03.2026", "6 + 15 = 21 Mar; off until the 25th"),
    "three calendar days to the end of August 2025": days(
        "28.08.2025", 3, "31.08.2025", "02.09.2025", "29, 30, 31; Sunday, 1 Sep off for the 30th"),
    "three calendar days to the end of August 2026": days(
        "28.08.2026", 3, "31.08.2026", "31.08.2026", "29, 30, 31; a Monday that is worked"),
    "thirty calendar days in a leap February": days(
        "31.01.2028", 30, "01.03.2028", "01.03.2028", "Feb 29, 1 Mar (30); a Wednesday"),
}  # fmt: skip
