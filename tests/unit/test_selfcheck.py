"""Rules of what the lane reads of itself: room on the disk, the clock, the rule tables."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from edge.core.values import Input, Quality
from edge.law.case import LawData
from edge.law.dated import Provenance
from edge.law.tables import ExemptionTable
from edge.ports import Point, Points
from edge.selfcheck import SelfCheck
from tests.unit.control.kit import LAW

ALMATY = ZoneInfo("Asia/Almaty")
PERIOD = timedelta(milliseconds=400)


class Clock:
    """Wall and monotonic time, moved together or apart."""

    def __init__(self, wall: datetime = datetime(2026, 3, 2, 8, tzinfo=UTC)) -> None:
        self.wall, self.ns = wall, 5_000_000_000

    def monotonic_ns(self) -> int:
        return self.ns

    def utc(self) -> datetime:
        return self.wall

    def go(self, passed: timedelta, wall: timedelta | None = None) -> None:
        self.ns += round(passed.total_seconds() * 1e9)
        self.wall += passed if wall is None else wall


class Bench:
    """A self check whose newest readings are kept."""

    def __init__(
        self,
        state: Path,
        *,
        clock: Clock | None = None,
        law: LawData = LAW,
        min_free_mb: int = 1,
        civil_day: Callable[[datetime], date] = lambda now: now.astimezone(ALMATY).date(),
    ) -> None:
        self.clock = clock or Clock()
        self.readings: dict[str, Point] = {}
        self._check = SelfCheck(
            state=state,
            min_free_mb=min_free_mb,
            law=law,
            civil_day=civil_day,
            deliver=self._take,
            clock=self.clock,
        )

    def _take(self, points: Points, requested_ns: int) -> None:
        assert requested_ns == self.clock.ns
        self.readings |= {point.source: point for point in points}

    def check(self, source: str) -> object:
        self._check.check()
        return self.readings[source].value


def test_every_check_is_a_good_reading_of_this_moment(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert bench.check("lane.storage") is Input.OK
    assert sorted(bench.readings) == ["lane.clock", "lane.rules", "lane.storage"]
    for reading in bench.readings.values():
        assert (reading.value, reading.quality) == (Input.OK, Quality.GOOD)


def test_too_little_room_blocks_and_a_disk_that_cannot_be_asked_is_unknown(tmp_path: Path) -> None:
    assert Bench(tmp_path, min_free_mb=10**12).check("lane.storage") is Input.BLOCKED
    assert Bench(tmp_path / "gone").check("lane.storage") is Input.UNKNOWN


@pytest.mark.parametrize("step_s", [2.5, -2.5, 3600.0, -86400.0])
def test_a_clock_that_was_set_blocks_until_it_has_run_evenly_for_ten_seconds(
    tmp_path: Path, step_s: float
) -> None:
    bench = Bench(tmp_path)
    assert bench.check("lane.clock") is Input.OK
    bench.clock.go(PERIOD, PERIOD + timedelta(seconds=step_s))
    blocked = 0
    while bench.check("lane.clock") is Input.BLOCKED:
        bench.clock.go(PERIOD)
        blocked += 1
        assert blocked < 100
    assert blocked == 25


def test_a_clock_that_is_slewed_is_not_a_clock_that_was_set(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for _ in range(50):
        bench.clock.go(PERIOD, PERIOD * 1.01)
        assert bench.check("lane.clock") is Input.OK


@pytest.mark.parametrize("ppm", [500, -500, 200, 0])
def test_a_day_of_the_fastest_slew_of_a_time_service_is_no_step(tmp_path: Path, ppm: int) -> None:
    bench = Bench(tmp_path)
    assert bench.check("lane.clock") is Input.OK
    minute = timedelta(minutes=1)
    for _ in range(24 * 60):
        bench.clock.go(minute, minute * (1 + ppm / 1_000_000))
        assert bench.check("lane.clock") is Input.OK


@pytest.mark.parametrize("step_s", [1.9, -1.9, 0.5, -0.5, 0.05])
@pytest.mark.parametrize("between", [PERIOD, timedelta(minutes=1)])
def test_small_steps_that_add_up_to_a_step_are_one(
    tmp_path: Path, step_s: float, between: timedelta
) -> None:
    """Each of them passes by itself; beyond what slewing explains, their sum does not."""
    bench = Bench(tmp_path)
    step = timedelta(seconds=step_s)
    assert bench.check("lane.clock") is Input.OK
    for steps in range(1, 150):
        bench.clock.go(between, between + step)
        if bench.check("lane.clock") is Input.BLOCKED:
            unexplained_s = steps * (abs(step_s) - between.total_seconds() * 500e-6)
            assert unexplained_s > 2.0
            assert unexplained_s - abs(step_s) <= 2.0
            return
    pytest.fail("the steps were never seen")


def test_steps_forth_and_back_do_not_add_up(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert bench.check("lane.clock") is Input.OK
    for _ in range(50):
        for step_s in (1.5, -1.5):
            bench.clock.go(PERIOD, PERIOD + timedelta(seconds=step_s))
            assert bench.check("lane.clock") is Input.OK


@pytest.mark.parametrize(
    ("wall", "says"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), Input.BLOCKED),
        (datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC), Input.BLOCKED),
        (datetime(2026, 1, 1, tzinfo=UTC), Input.OK),
    ],
)
def test_a_clock_before_this_software_was_never_set(
    tmp_path: Path, wall: datetime, says: Input
) -> None:
    assert Bench(tmp_path, clock=Clock(wall)).check("lane.clock") is says


def dated(first: date, last: date) -> ExemptionTable:
    return replace(LAW.tables[0], valid_from=first, valid_to=last)


@pytest.mark.parametrize(
    ("utc", "says"),
    [
        (datetime(2026, 6, 30, 18, 59, 59, tzinfo=UTC), Input.OK),
        (datetime(2026, 6, 30, 19, 0, 0, tzinfo=UTC), Input.BLOCKED),
        (datetime(2026, 7, 1, 18, 59, 59, tzinfo=UTC), Input.BLOCKED),
        (datetime(2026, 7, 1, 19, 0, 0, tzinfo=UTC), Input.OK),
    ],
)
def test_a_gap_between_tables_begins_and_ends_at_midnight_of_the_lane(
    tmp_path: Path, utc: datetime, says: Input
) -> None:
    """Almaty is five hours ahead of UTC: its 1 July is without a table here."""
    tables = (
        dated(date(2026, 1, 1), date(2026, 6, 30)),
        dated(date(2026, 7, 2), date(2026, 12, 31)),
    )
    law = LAW._replace(tables=tables)
    assert Bench(tmp_path, clock=Clock(utc), law=law).check("lane.rules") is says


def test_two_tables_for_one_day_block_only_when_they_contradict_each_other(tmp_path: Path) -> None:
    whole = dated(date(2026, 1, 1), date(2026, 12, 31))
    other = replace(whole, rows=whole.rows[1:])
    for tables, says in (((whole, whole), Input.OK), ((whole, other), Input.BLOCKED)):
        assert Bench(tmp_path, law=LAW._replace(tables=tables)).check("lane.rules") is says


def test_without_a_table_or_a_lexicon_the_rules_are_no_rules(tmp_path: Path) -> None:
    assert Bench(tmp_path, law=LAW._replace(tables=())).check("lane.rules") is Input.BLOCKED
    assert Bench(tmp_path, law=LAW._replace(lexica=())).check("lane.rules") is Input.BLOCKED


def test_an_unsigned_file_of_the_law_blocks(tmp_path: Path) -> None:
    table, lexicon = LAW.tables[0], LAW.lexica[0]
    unsigned = Provenance.UNSIGNED
    for law in (
        LAW._replace(tables=(replace(table, provenance=unsigned),)),
        LAW._replace(lexica=(replace(lexicon, provenance=unsigned),)),
    ):
        assert Bench(tmp_path, law=law).check("lane.rules") is Input.BLOCKED


def test_what_is_not_in_force_is_named_with_the_reading_and_logged_once_a_change(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    table = replace(LAW.tables[0], provenance=Provenance.UNSIGNED)
    ended = replace(LAW.lexica[0], valid_to=date(2026, 3, 2))
    clock = Clock()
    bench = Bench(tmp_path, clock=clock, law=LawData((table,), (ended,)))
    with caplog.at_level("WARNING"):
        for _ in range(3):
            bench.check("lane.rules")
        unsigned = bench.readings["lane.rules"].detail
        clock.go(timedelta(days=1))
        bench.check("lane.rules")
        both = bench.readings["lane.rules"].detail
    assert "table of exemptions" in unsigned
    assert "no valid signature" in unsigned
    assert "2026.3" in unsigned
    assert "lexicon" not in unsigned
    assert "every lexicon of living goods ended before 2026-03-03" in both
    assert len(caplog.messages) == 2
    sound = Bench(tmp_path)
    assert sound.check("lane.rules") is Input.OK
    assert sound.readings["lane.rules"].detail == ""
