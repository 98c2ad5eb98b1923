"""Readings the lane makes of itself: storage, clock, rule tables."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from edge.clock import Clock
from edge.core.values import Input, Quality
from edge.law.tables import ExemptionTable, in_force
from edge.ports import Reading

PERIOD_S = 0.4
_MB = 1_000_000
_NS = 1_000_000_000
EARLIEST = date(2026, 1, 1)
"""A clock that says less has not been set."""
STEP_LIMIT_S = 2.0
"""Wall time may drift from monotonic time by no more than this between two checks."""


class SelfCheck:
    """Checks at a fixed rate and hands the readings to the sink like any device."""

    def __init__(
        self,
        *,
        state: Path,
        min_free_mb: int,
        tables: tuple[ExemptionTable, ...],
        civil_day: Callable[[datetime], date],
        deliver: Callable[[Reading], None],
        clock: Clock,
    ) -> None:
        self._state = state
        self._min_free_mb = min_free_mb
        self._tables = tables
        self._civil_day = civil_day
        self._deliver = deliver
        self._clock = clock
        self._before: tuple[int, float] | None = None
        self._stepped_ns = 0

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            self.check()
            await asyncio.sleep(PERIOD_S)

    def check(self) -> None:
        """Check everything once."""
        now_ns = self._clock.monotonic_ns()
        found = {
            "lane.storage": self._storage(),
            "lane.clock": self._time(now_ns),
            "lane.rules": self._rules(),
        }
        for source, value in found.items():
            self._deliver(Reading(source, value, Quality.GOOD, now_ns))

    def _storage(self) -> Input:
        try:
            free = shutil.disk_usage(self._state).free
        except OSError:
            return Input.UNKNOWN
        return Input.OK if free >= self._min_free_mb * _MB else Input.BLOCKED

    def _time(self, now_ns: int) -> Input:
        now = self._clock.utc()
        if self._before is not None:
            passed_ns, wall_s = now_ns - self._before[0], now.timestamp() - self._before[1]
            if abs(wall_s - passed_ns / _NS) > STEP_LIMIT_S:
                self._stepped_ns = now_ns
        self._before = (now_ns, now.timestamp())
        settling = self._stepped_ns and now_ns - self._stepped_ns < 10 * _NS
        return Input.BLOCKED if settling or now.date() < EARLIEST else Input.OK

    def _rules(self) -> Input:
        day = self._civil_day(self._clock.utc())
        return (
            Input.OK if isinstance(in_force(self._tables, day), ExemptionTable) else Input.BLOCKED
        )
