"""What a calendar is made of, as handed in: base days off of some years, and a dated overlay."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from edge.law.words import says_something

YEARS = (1900, 2200)
"""No calendar reaches beyond: what lies there is a slip of the pen, not a case."""

SATURDAY = 5
"""The first day of the weekend, as ``date.weekday`` counts."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class DayOff:
    """A day off of the base, weekends that are holidays included.

    Attributes:
        day: the day.
        name: what it is, in the words of the base.
        estimated: the base only expects it on that day, as it does for feasts by the moon.
    """

    day: date
    name: str
    estimated: bool


@dataclass(frozen=True, slots=True)
class WorkedWeekend:
    """A Saturday or Sunday that is worked in exchange for a day off, as the base has it."""

    day: date
    name: str


@dataclass(frozen=True, slots=True)
class Base:
    """Days off and worked weekends of a range of years, without a gap.

    Attributes:
        name: where the data come from.
        version: which edition of them.
        first_year: first year covered, 1900 at the least.
        last_year: last year covered, 2200 at the most.
        days_off: every day off, in any order.
        worked_weekends: every worked Saturday and Sunday, in any order.

    Raises:
        ValueError: years the wrong way round or beyond use, no name or version, a day twice or in
            another year, or a worked weekend that is no weekend.
        TypeError: a day that carries a time.
    """

    name: str
    version: str
    first_year: int
    last_year: int
    days_off: tuple[DayOff, ...]
    worked_weekends: tuple[WorkedWeekend, ...]

    def __post_init__(self) -> None:
        if not YEARS[0] <= self.first_year <= self.last_year <= YEARS[1]:
            raise ValueError(f"base: {self.first_year} to {self.last_year} is no range of years")
        _need_texts("base", name=self.name, version=self.version)
        days = [*(row.day for row in self.days_off), *(row.day for row in self.worked_weekends)]
        _need_each_once("base", days)
        strays = [day for day in days if not self.first_year <= day.year <= self.last_year]
        if strays:
            raise ValueError(f"base: {min(strays)} lies in none of its years")
        weekdays = [row.day for row in self.worked_weekends if row.day.weekday() < SATURDAY]
        if weekdays:
            raise ValueError(f"base: {min(weekdays)} is worked but is no Saturday or Sunday")


@dataclass(frozen=True, slots=True)
class OverlayRow:
    """One day about which an act decides, against the base if need be."""

    day: date
    working: bool
    act: str


@dataclass(frozen=True, slots=True)
class Overlay:
    """Dated corrections of the base, each with its act.

    Attributes:
        overlay_id: what the file calls itself.
        version: its version.
        sha256: digest of the bytes it was read from, 64 hexadecimal digits.
        source: what it rests on.
        rows: one row for a day, in any order.

    Raises:
        ValueError: a day twice, a text missing, or no digest.
        TypeError: a day that carries a time.
    """

    overlay_id: str
    version: str
    sha256: str
    source: str
    rows: tuple[OverlayRow, ...]

    def __post_init__(self) -> None:
        _need_texts("overlay", id=self.overlay_id, version=self.version, source=self.source)
        if not _SHA256.fullmatch(self.sha256):
            raise ValueError(f"overlay: {self.sha256!r} is no SHA-256")
        _need_each_once("overlay", [row.day for row in self.rows])
        for row in self.rows:
            _need_texts(f"overlay: {row.day}", act=row.act)


def need_civil(day: date) -> None:
    """Refuse a day that carries a time: it would equal no day of a calendar.

    Raises:
        TypeError: always for such a day.
    """
    if type(day) is not date:
        raise TypeError(f"{day!r} is no civil day: give a date without a time")


def _need_texts(place: str, **texts: str) -> None:
    missing = [name for name, text in texts.items() if not says_something(text)]
    if missing:
        raise ValueError(f"{place}: {', '.join(missing)} is missing")


def _need_each_once(place: str, days: Sequence[date]) -> None:
    for day in days:
        need_civil(day)
    twice = sorted(day for day, times in Counter(days).items() if times > 1)
    if twice:
        raise ValueError(f"{place}: {twice[0]} stands twice")
