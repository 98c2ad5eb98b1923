"""Where a calendar of the law comes from: the package ``holidays`` and our dated overlay of it.

The package knows the days off of Kazakhstan, how they move from weekends, and the working days that
the Government transferred. It can be late, or wrong about a year that a new law changed; the
overlay file names such days with their acts and wins.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from holidays.countries.kazakhstan import Kazakhstan

from edge.errors import Mistake, SettingsError
from edge.law.calendar import Calendar
from edge.law.calendar_data import Base, DayOff, Overlay, OverlayRow, WorkedWeekend
from edge.law.words import says_something

SCHEMA = 1
"""The layout of the overlay file this code reads."""

MAX_ROWS = 1000
"""More rows than this are refused: a year has a few dozen days off."""

YEARS = (Kazakhstan.start_year, Kazakhstan.end_year)
"""First and last year of the package's data; beyond them it would answer without holidays."""

_TEXTS = ("id", "version", "source")
_TOP_KEYS = {"schema", *_TEXTS, "day"}
_ROW_KEYS = {"date", "working", "act"}


def load_calendar(overlay_file: Path, first_year: int, last_year: int) -> Calendar:
    """Make the calendar of some years from the package and an overlay file.

    Raises:
        SettingsError: the overlay has mistakes; all of them, with file and key.
        ValueError: years that the package has no data for.
    """
    overlay = read_overlay(overlay_file)
    if not isinstance(overlay, Overlay):
        raise SettingsError(overlay)
    return Calendar(package_base(first_year, last_year), overlay)


def package_base(first_year: int, last_year: int) -> Base:
    """Days off and worked weekends of Kazakhstan as the package has them.

    Args:
        first_year: first year wanted.
        last_year: last year wanted, itself included.

    Raises:
        ValueError: years that the package has no data for, or the wrong way round.
    """
    if not YEARS[0] <= first_year <= last_year <= YEARS[1]:
        raise ValueError(
            f"{first_year} to {last_year} is no range of years between {YEARS[0]} and {YEARS[1]}, "
            "for which the package holidays has data"
        )
    years = range(first_year, last_year + 1)
    told = Kazakhstan(years=years, language="en_US", expand=False)
    # An estimate is known by its name only: it changes when estimates are not to be marked.
    unmarked = Kazakhstan(years=years, language="en_US", expand=False, islamic_show_estimated=False)
    days_off, worked = [], []
    day = date(first_year, 1, 1)
    while day.year <= last_year:
        name = told.get(day)
        if told.is_weekend(day) and told.is_working_day(day):
            worked.append(WorkedWeekend(day, "worked in exchange for a day off"))
        elif name is not None:
            days_off.append(DayOff(day, name, estimated=name != unmarked[day]))
        day += timedelta(days=1)
    name, edition = "holidays KZ", version("holidays")
    return Base(name, edition, first_year, last_year, tuple(days_off), tuple(worked))


def read_overlay(file: Path) -> Overlay | list[Mistake]:
    """Read an overlay file, or tell every mistake in it."""
    try:
        data = file.read_bytes()
        mapping = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
        return [Mistake(str(file), "-", "", reason, "Put the overlay there, readable")]
    except (ValueError, RecursionError) as error:
        # Bad TOML and bad UTF-8 are ValueErrors; so are numbers and nesting beyond all use.
        return [Mistake(str(file), "-", "", f"is not valid TOML: {error}", "Mend that line")]
    mistakes = _top_mistakes(str(file), mapping)
    rows = _rows(str(file), mapping.get("day"), mistakes)
    if mistakes:
        return mistakes
    texts = (mapping["id"], mapping["version"])
    return Overlay(*texts, hashlib.sha256(data).hexdigest(), mapping["source"], tuple(rows))


def _mistake(file: str, key: str, value: object, reason: str, remedy: str) -> Mistake:
    return Mistake(file, key, str(value)[:80], reason, remedy)


def _top_mistakes(file: str, mapping: Mapping[str, object]) -> list[Mistake]:
    mistakes = _unknown(file, "", mapping, _TOP_KEYS)
    schema = mapping.get("schema", "")
    if type(schema) is not int or schema != SCHEMA:
        remedy = f"Write schema = {SCHEMA}"
        mistakes.append(_mistake(file, "schema", schema, "is an unknown layout", remedy))
    for key in _TEXTS:
        mistakes.extend(_text_mistakes(file, key, mapping.get(key, "")))
    return mistakes


def _unknown(
    file: str, place: str, mapping: Mapping[str, object], known: set[str]
) -> list[Mistake]:
    remedy = "Remove it or correct its spelling"
    return [
        _mistake(file, f"{place}{key}", mapping[key], "is an unknown key", remedy)
        for key in sorted(mapping.keys() - known)
    ]


def _text_mistakes(file: str, key: str, value: object) -> list[Mistake]:
    if isinstance(value, str) and says_something(value):
        return []
    return [_mistake(file, key, value, "is missing or no text", "Write a text")]


def _rows(file: str, found: object, mistakes: list[Mistake]) -> list[OverlayRow]:
    if not isinstance(found, list) or not 0 < len(found) <= MAX_ROWS:
        remedy = f"Write 1 to {MAX_ROWS} [[day]] tables"
        mistakes.append(_mistake(file, "day", type(found).__name__, "is no list of days", remedy))
        return []
    rows: dict[date, OverlayRow] = {}
    for index, entry in enumerate(found):
        place = f"day[{index}]"
        row = _row(file, place, entry)
        if not isinstance(row, OverlayRow):
            mistakes.extend(row)
        elif row.day in rows:
            remedy = "Keep one row for each day"
            mistakes.append(_mistake(file, f"{place}.date", row.day, "stands twice", remedy))
        else:
            rows[row.day] = row
    return [*rows.values()]


def _row(file: str, place: str, entry: object) -> OverlayRow | list[Mistake]:
    if not isinstance(entry, Mapping):
        return [_mistake(file, place, entry, "is no table", "Write it as [[day]]")]
    mistakes = _unknown(file, f"{place}.", entry, _ROW_KEYS)
    day, working, act = (entry.get(key, "") for key in ("date", "working", "act"))
    if not isinstance(day, date) or isinstance(day, datetime):
        remedy = "Write a date as 2026-03-09, without quotes and time"
        mistakes.append(_mistake(file, f"{place}.date", day, "is missing or no date", remedy))
    if not isinstance(working, bool):
        remedy = "Write true for a working day, false for a day off"
        reason = "is neither true nor false"
        mistakes.append(_mistake(file, f"{place}.working", working, reason, remedy))
    mistakes.extend(_text_mistakes(file, f"{place}.act", act))
    if mistakes or not isinstance(day, date) or not isinstance(working, bool):
        return mistakes
    return OverlayRow(day, working, str(act))
