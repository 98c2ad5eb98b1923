"""Readings the lane makes of itself: storage, clock, rule tables."""

import asyncio
import logging
import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from edge.clock import Clock
from edge.core.values import Input
from edge.law.case import LawData
from edge.law.dated import Missing
from edge.law.grounds import tables_in_force
from edge.ports import Point, Points

log = logging.getLogger(__name__)

PERIOD_S = 0.4
_MB = 1_000_000
_NS = 1_000_000_000
EARLIEST = date(2026, 1, 1)
"""A clock that says less has not been set."""
STEP_LIMIT_S = 2.0
"""Wall time may be so far from where monotonic time has it expected, in one step or in many."""
SLEW = 500e-6
"""What is expected follows wall time no faster than a time service slews a clock: 500 ppm, the
limit of the kernel's clock discipline (adjtimex(2)). Slewing is no step, however long it lasts."""
SETTLE_S = 10
"""A clock that was set counts again once it has run evenly for so long."""


class SelfCheck:
    """Checks at a fixed rate and hands the readings to the sink like any device."""

    def __init__(
        self,
        *,
        state: Path,
        min_free_mb: int,
        law: LawData,
        civil_day: Callable[[datetime], date],
        deliver: Callable[[Points, int], None],
        clock: Clock,
    ) -> None:
        self._state = state
        self._min_free_mb = min_free_mb
        self._law = law
        self._civil_day = civil_day
        self._deliver = deliver
        self._clock = clock
        self._expected_s: float | None = None
        self._checked_ns = 0
        self._stepped_ns = 0
        self._wrong = ""

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            self.check()
            await asyncio.sleep(PERIOD_S)

    def check(self) -> None:
        """Check everything once."""
        now_ns = self._clock.monotonic_ns()
        wrong = self._rules()
        found = (
            Point("lane.storage", self._storage()),
            Point("lane.clock", self._time(now_ns)),
            Point("lane.rules", Input.BLOCKED if wrong else Input.OK, detail=wrong),
        )
        self._deliver(found, now_ns)

    def _storage(self) -> Input:
        try:
            free = shutil.disk_usage(self._state).free
        except OSError:
            return Input.UNKNOWN
        return Input.OK if free >= self._min_free_mb * _MB else Input.BLOCKED

    def _time(self, now_ns: int) -> Input:
        now = self._clock.utc()
        if self._has_stepped(now.timestamp() - now_ns / _NS, now_ns):
            self._stepped_ns = now_ns
        settling = self._stepped_ns and now_ns - self._stepped_ns < SETTLE_S * _NS
        return Input.BLOCKED if settling or now.date() < EARLIEST else Input.OK

    def _has_stepped(self, ahead_s: float, now_ns: int) -> bool:
        """Whether wall time, ``ahead_s`` before monotonic time, is where nobody can slew it to."""
        if self._expected_s is None:
            self._expected_s = ahead_s
        follows_s = SLEW * (now_ns - self._checked_ns) / _NS
        self._checked_ns = now_ns
        away_s = ahead_s - self._expected_s
        self._expected_s += max(-follows_s, min(follows_s, away_s))
        if abs(ahead_s - self._expected_s) <= STEP_LIMIT_S:
            return False
        self._expected_s = ahead_s
        return True

    def _rules(self) -> str:
        """What is not in force today, why, and what to do; empty when all is. Logged once each."""
        day = self._civil_day(self._clock.utc())
        missing = [one for one in tables_in_force(self._law, day) if isinstance(one, Missing)]
        wrong = "; ".join(f"{one.reason} ({one.shown or 'none'}): {one.remedy}" for one in missing)
        if wrong != self._wrong:
            log.warning("rules: %s", wrong or "all in force again")
            self._wrong = wrong
        return wrong
