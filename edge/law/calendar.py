"""Working days of Kazakhstan as data handed in: base days off, and a dated overlay that wins.

The week has five working days, Monday to Friday. Shortened days and the six-day week are not
covered: no clock of the law counts hours. A calendar answers for its years only. A day beyond them
is refused, since a year without data would look like a year without holidays.
"""

from dataclasses import KW_ONLY, dataclass, field
from datetime import date, timedelta
from enum import unique

from edge.law.calendar_data import SATURDAY, Base, Overlay, need_civil
from edge.law.words import Json, Word

_ONE_DAY = timedelta(days=1)


class OutsideCalendar(ValueError):
    """A day in a year that the calendar holds no data for."""


@unique
class Origin(Word):
    """Who says that a day is special."""

    BASE = "base"
    OVERLAY = "overlay"


@dataclass(frozen=True, slots=True)
class CalendarRef:
    """Which calendar counted: every computed deadline carries it."""

    base_name: str
    base_version: str
    overlay_id: str
    overlay_version: str
    overlay_sha256: str

    def record(self) -> dict[str, Json]:
        """The reference, ready for canonical JSON."""
        return {
            "base": self.base_name,
            "base_version": self.base_version,
            "overlay": self.overlay_id,
            "overlay_version": self.overlay_version,
            "overlay_sha256": self.overlay_sha256,
        }


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that base or overlay names; ``why`` is the name of the day off, or the act."""

    day: date
    why: str
    origin: Origin
    estimated: bool = False
    _: KW_ONLY
    working: bool

    def record(self) -> dict[str, Json]:
        """The day, ready for canonical JSON."""
        return {
            "day": self.day.isoformat(),
            "working": self.working,
            "why": self.why,
            "origin": self.origin.value,
            "estimated": self.estimated,
        }


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of the years of its base.

    Every method that takes a day raises ``OutsideCalendar`` for a day, given or reached, of a year
    that is not covered, and ``TypeError`` for a day that carries a time.
    """

    base: Base
    overlay: Overlay
    _special: dict[date, SpecialDay] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named = {
            off.day: SpecialDay(off.day, off.name, Origin.BASE, off.estimated, working=False)
            for off in self.base.days_off
        }
        for worked in self.base.worked_weekends:
            named[worked.day] = SpecialDay(worked.day, worked.name, Origin.BASE, working=True)
        for row in self.overlay.rows:
            named[row.day] = SpecialDay(row.day, row.act, Origin.OVERLAY, working=row.working)
        object.__setattr__(self, "_special", named)

    @property
    def ref(self) -> CalendarRef:
        """Names and versions of base and overlay."""
        base, overlay = self.base, self.overlay
        return CalendarRef(
            base.name, base.version, overlay.overlay_id, overlay.version, overlay.sha256
        )

    def require(self, *days: date) -> None:
        """Refuse days that this calendar cannot speak of."""
        for day in days:
            need_civil(day)
            if not self.base.first_year <= day.year <= self.base.last_year:
                raise OutsideCalendar(
                    f"{day} lies outside the calendar, which covers {self.base.first_year} to "
                    f"{self.base.last_year}: make one that covers {day.year}"
                )

    def is_working_day(self, day: date) -> bool:
        """Whether a day is worked: the overlay's word, else the base's, else the week's."""
        self.require(day)
        special = self._special.get(day)
        return day.weekday() < SATURDAY if special is None else special.working

    def next_working_day(self, day: date) -> date:
        """The first working day after a day."""
        self.require(day)
        day += _ONE_DAY
        while not self.is_working_day(day):
            day += _ONE_DAY
        return day

    def roll_over(self, day: date) -> date:
        """The day itself when it is worked, else the next working day."""
        return day if self.is_working_day(day) else self.next_working_day(day)

    def add_working_days(self, day: date, count: int) -> date:
        """The ``count``-th working day after a day, which is not counted itself.

        Raises:
            ValueError: fewer than one day to count.
        """
        if count < 1:
            raise ValueError(f"cannot count {count} working days: give 1 or more")
        for _ in range(count):
            day = self.next_working_day(day)
        return day

    def count_working_days(self, after: date, upto: date) -> int:
        """How many working days lie after one day and up to another, that one included."""
        self.require(after, upto)
        following = range(1, (upto - after).days + 1)
        return sum(self.is_working_day(after + n * _ONE_DAY) for n in following)

    def special_days(self, first: date, last: date) -> tuple[SpecialDay, ...]:
        """What base and overlay name from one day to another, both included, by date."""
        self.require(first, last)
        return tuple(self._special[day] for day in sorted(self._special) if first <= day <= last)

    def provisional_years(self, first: date, last: date) -> tuple[int, ...]:
        """Years between two days of which a day off is only estimated and not in the overlay.

        A day counted in such a year may still move: the feast can fall on another day, and the
        Government has not yet said which days it transfers.
        """
        self.require(first, last)
        open_years = {row.day.year for row in self._special.values() if row.estimated}
        return tuple(year for year in range(first.year, last.year + 1) if year in open_years)
