"""The shipped calendar: the package, our overlay over it, and every mistake an overlay can have."""

import hashlib
import tomllib
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest

from edge.errors import Mistake, SettingsError
from edge.law.calendar import Calendar
from edge.law.calendar_data import Overlay, OverlayRow
from edge.law.deadlines import DayUnit, RollOver, Suspension, SuspensionKind, TermLength
from edge.law.terms import (
    cameral_inspection_deadline,
    complaint_deadline,
    execution_deadline,
)
from headquarters.cameral.calendar_source import (
    YEARS,
    load_calendar,
    package_base,
    read_overlay,
)
from tests.unit.control.kit import ROOT
from tests.unit.law.clock_builders import CALENDAR as BY_HAND
from tests.unit.law.clock_builders import FIRST, LAST, day
from tests.unit.law.clock_cases import EXECUTION, GIVEN_LENGTHS, PLAIN, STOPPED

SHIPPED = ROOT / "config" / "law" / "calendar" / "kz-overlay.toml"
SHIPPED_CALENDAR = load_calendar(SHIPPED, FIRST.year, LAST.year)


def test_every_day_of_the_shipped_calendar_is_as_written_down_by_hand() -> None:
    days = [FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1)]
    differing = [
        one for one in days if SHIPPED_CALENDAR.is_working_day(one) != BY_HAND.is_working_day(one)
    ]
    assert differing == []
    years = [calendar.provisional_years(FIRST, LAST) for calendar in (SHIPPED_CALENDAR, BY_HAND)]
    assert years == [(2027, 2028), (2027, 2028)]


@pytest.mark.parametrize("name", [*PLAIN, *STOPPED])
def test_sixty_days_on_the_shipped_calendar_are_as_by_hand(name: str) -> None:
    case = (PLAIN | STOPPED)[name]
    kind = SuspensionKind.PRELIMINARY_ACT
    stops = [
        Suspension(kind, day(sent), None if received is None else day(received), "")
        for sent, received in case.requests
    ]
    deadline = cameral_inspection_deadline(
        day(case.sent), stops, as_of=day(case.as_of), calendar=SHIPPED_CALENDAR
    )
    found = [one.last_day for one in deadline.answers if one.roll_over is RollOver.STAYS]
    assert found == [None if text is None else day(text) for text in case.days], case.working
    latest = None if case.latest is None else day(case.latest)
    assert deadline.latest.last_day == latest, case.working


@pytest.mark.parametrize("name", [*EXECUTION])
def test_thirty_working_days_on_the_shipped_calendar_are_as_by_hand(name: str) -> None:
    case = EXECUTION[name]
    deadline = execution_deadline(day(case.start), calendar=SHIPPED_CALENDAR)
    assert deadline.latest.last_day == day(case.latest), case.working


@pytest.mark.parametrize("name", [*GIVEN_LENGTHS])
def test_given_lengths_on_the_shipped_calendar_are_as_by_hand(name: str) -> None:
    case = GIVEN_LENGTHS[name]
    length = TermLength(case.count, DayUnit(case.unit), "an act of the tests")
    deadline = complaint_deadline(day(case.start), length, calendar=SHIPPED_CALENDAR)
    ends = (deadline.earliest.last_day, deadline.latest.last_day)
    assert ends == (day(case.earliest), day(case.latest)), case.working


def test_a_deadline_names_the_package_and_the_bytes_of_the_overlay() -> None:
    ref = execution_deadline(date(2026, 3, 5), calendar=SHIPPED_CALENDAR).calendar
    assert ref.base_name == "holidays KZ"
    assert ref.base_version == version("holidays")
    assert ref.overlay_id == "kz-working-days"
    assert ref.overlay_version == tomllib.loads(SHIPPED.read_text("utf-8"))["version"]
    assert ref.overlay_sha256 == hashlib.sha256(SHIPPED.read_bytes()).hexdigest()


def test_the_official_days_of_2026_do_not_rest_on_the_package() -> None:
    overlay = read_overlay(SHIPPED)
    assert isinstance(overlay, Overlay)
    decided = {row.day: row.working for row in overlay.rows}
    off = {"09.03", "23.03", "24.03", "25.03", "11.05", "27.05"}
    assert {one for one, working in decided.items() if not working and one.year == 2026} == {
        day(f"{text}.2026") for text in off
    }
    assert decided[date(2026, 8, 31)] is True
    assert decided[date(2027, 3, 15)] is False
    assert date(2021, 9, 10) not in decided


WORKED_WEEKENDS = (
    "03.03.2018", "28.04.2018", "05.05.2018", "25.08.2018", "29.12.2018", "04.05.2019",
    "05.01.2020", "20.12.2020", "03.07.2021", "05.03.2022", "27.08.2022", "22.10.2022",
    "01.07.2023", "04.05.2024", "05.01.2025",
)  # fmt: skip


def test_worked_weekends_come_from_the_package() -> None:
    base = package_base(2018, 2025)
    assert [row.day for row in base.worked_weekends] == [day(text) for text in WORKED_WEEKENDS]
    assert (base.first_year, base.last_year) == (2018, 2025)


def test_a_weekend_worked_for_a_day_of_the_next_year_is_known_at_the_end_of_a_range() -> None:
    (worked,) = [row.day for row in package_base(2013, 2013).worked_weekends][-1:]
    assert worked == date(2013, 12, 28)


def test_a_range_holds_exactly_its_years() -> None:
    base = package_base(2026, 2026)
    days = [row.day for row in base.days_off]
    assert (days[0], days[-1]) == (date(2026, 1, 1), date(2026, 12, 16))
    assert [row.day for row in base.days_off if row.estimated] == [date(2026, 5, 27)]


@pytest.mark.parametrize(("first", "last"), [(1990, 2026), (2026, 2101), (2026, 2025)])
def test_years_without_data_are_refused(first: int, last: int) -> None:
    refusal = f"{first} to {last} is no range of years between 1991 and 2100"
    with pytest.raises(ValueError, match=refusal):
        package_base(first, last)


def test_the_whole_range_of_the_package_can_be_read() -> None:
    calendar = Calendar(package_base(*YEARS), Overlay("id", "1", "0" * 64, "tests", ()))
    assert not calendar.is_working_day(date(YEARS[0], 1, 1))
    assert not calendar.is_working_day(date(YEARS[1], 1, 1))


HEAD = 'schema = 1\nid = "a"\nversion = "1"\nsource = "tests"\n'
ROW = '[[day]]\ndate = 2026-02-02\nworking = false\nact = "an act"\n'


def told(tmp_path: Path, text: str) -> list[tuple[str, str]]:
    file = tmp_path / "overlay.toml"
    file.write_text(text, encoding="utf-8")
    found = read_overlay(file)
    assert isinstance(found, list), found
    assert all(one.file == str(file) and one.reason and one.remedy for one in found)
    return [(one.key, one.value) for one in found]


def test_a_sound_overlay_is_read_row_by_row(tmp_path: Path) -> None:
    file = tmp_path / "overlay.toml"
    file.write_text(HEAD + ROW + ROW.replace("02-02", "02-07").replace("false", "true"))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    rows = (
        OverlayRow(date(2026, 2, 2), working=False, act="an act"),
        OverlayRow(date(2026, 2, 7), working=True, act="an act"),
    )
    assert read_overlay(file) == Overlay("a", "1", digest, "tests", rows)


@pytest.mark.parametrize(
    ("old", "new", "mistakes"),
    [
        ("schema = 1", "schema = 2", [("schema", "2")]),
        ("schema = 1", "schema = true", [("schema", "True")]),
        ("schema = 1\n", "", [("schema", "")]),
        ('id = "a"', 'id = " "', [("id", " ")]),
        ('version = "1"', "version = 1", [("version", "1")]),
        ('source = "tests"', "colour = 3", [("colour", "3"), ("source", "")]),
        ("working = false", "working = 0", [("day[0].working", "0")]),
        ("working = false", 'working = "no"', [("day[0].working", "no")]),
        ("working = false\n", "", [("day[0].working", "")]),
        ("working = false", f'working = "{"x" * 81}"', [("day[0].working", "x" * 80)]),
        ("2026-02-02", '"2026-02-02"', [("day[0].date", "2026-02-02")]),
        ("2026-02-02", "2026-02-02T09:00:00", [("day[0].date", "2026-02-02 09:00:00")]),
        ("date = 2026-02-02\n", "", [("day[0].date", "")]),
        ('act = "an act"', "", [("day[0].act", "")]),
        ('act = "an act"', 'act = "an act"\nwhy = "x"', [("day[0].why", "x")]),
        ("[[day]]", "[day]", [("day", "dict")]),
        (ROW, "", [("day", "NoneType")]),
        (ROW, "day = []", [("day", "list")]),
        (ROW, "day = [1]", [("day[0]", "1")]),
        (ROW, ROW * 2, [("day[1].date", "2026-02-02")]),
        (ROW, ROW * 1001, [("day", "list")]),
    ],
)
def test_a_mistake_in_an_overlay_is_told_with_its_key(
    tmp_path: Path, old: str, new: str, mistakes: list[tuple[str, str]]
) -> None:
    assert (HEAD + ROW).count(old) == 1
    assert told(tmp_path, (HEAD + ROW).replace(old, new)) == mistakes


def test_all_mistakes_of_an_overlay_are_told_at_once(tmp_path: Path) -> None:
    text = HEAD.replace('id = "a"', "") + ROW.replace("false", "1") + ROW + ROW.replace("act", "ac")
    assert [key for key, _ in told(tmp_path, text)] == [
        "id",
        "day[0].working",
        "day[2].ac",
        "day[2].act",
    ]


def test_as_many_rows_as_are_allowed_are_read(tmp_path: Path) -> None:
    file = tmp_path / "overlay.toml"
    first = date(2020, 1, 1)
    rows = [ROW.replace("2026-02-02", str(first + timedelta(n))) for n in range(1000)]
    file.write_text(HEAD + "".join(rows))
    found = read_overlay(file)
    assert isinstance(found, Overlay)
    assert len(found.rows) == 1000


@pytest.mark.parametrize("broken", [b"schema = ", b"\xff\xfe", b"a = " + b"[" * 5000])
def test_an_overlay_that_is_no_toml_is_a_mistake(tmp_path: Path, broken: bytes) -> None:
    file = tmp_path / "overlay.toml"
    file.write_bytes(broken)
    found = read_overlay(file)
    assert isinstance(found, list)
    assert [one.reason.startswith("is not valid TOML") for one in found] == [True]


def test_an_overlay_that_is_not_there_says_so(tmp_path: Path) -> None:
    file = tmp_path / "absent.toml"
    assert read_overlay(file) == [
        Mistake(
            str(file), "-", "", "cannot be read (No such file or directory)",
            "Put the overlay there, readable",
        )
    ]  # fmt: skip
    with pytest.raises(SettingsError, match=r"absent\.toml.*cannot be read"):
        load_calendar(file, 2025, 2026)
