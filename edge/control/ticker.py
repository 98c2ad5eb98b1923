"""The healthy tick: says at a fixed rate that the control loop is alive, or that it was not."""

import asyncio
from collections.abc import Callable

from edge.core.events import Event, Stalled, Tick

MS_NS = 1_000_000
HEALTHY_GAP_MS = 150
"""A tick later than this is no healthy tick (design section 5)."""
CALM_PERIODS = 2
"""Periods between two ticks of a lane that is about nothing; with the longest period, 50 ms, a
tick is then still healthy."""


def never() -> bool:
    """Say of a lane that it is never calm."""
    return False


class Ticker:
    """Posts a tick each period; before one that comes too late, `Stalled`.

    Args:
        period_ms: time between two ticks.
        before: called before each tick.
        post: takes the events.
        now_ns: monotonic time.
        calm: whether the lane is about nothing, so that ticks may be rarer.
    """

    def __init__(
        self,
        *,
        period_ms: int,
        before: Callable[[], None],
        post: Callable[[Event], None],
        now_ns: Callable[[], int],
        calm: Callable[[], bool] = never,
    ) -> None:
        self._calm = calm
        self._period_ns = period_ms * MS_NS
        self._before = before
        self._post = post
        self._now_ns = now_ns
        self.last_ns = now_ns()
        self._counted_ns = self.last_ns

    def alive(self) -> bool:
        """The heartbeat of the drivers: false once no tick has come in time."""
        return self._now_ns() - self.last_ns <= 2 * HEALTHY_GAP_MS * MS_NS

    async def run(self) -> None:
        """Tick until cancelled."""
        self.last_ns = self._counted_ns = self._now_ns()
        while True:
            wait_ns = self._period_ns * (CALM_PERIODS if self._calm() else 1)
            due_ns = self._counted_ns + wait_ns
            await asyncio.sleep(max(0, due_ns - self._now_ns()) / 1_000_000_000)
            now_ns = self._now_ns()
            # Counted from the clock: rounding up would shorten the warning before a beam.
            periods = (now_ns - self._counted_ns) // self._period_ns
            if periods == 0:
                continue
            late = now_ns - self.last_ns > HEALTHY_GAP_MS * MS_NS
            self.last_ns = now_ns
            self._counted_ns += periods * self._period_ns
            self._before()
            if late:
                self._post(Stalled())
            self._post(Tick(periods))
