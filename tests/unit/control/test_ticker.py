"""Rules of the healthy tick, on a loop whose time is the test's."""

import asyncio

import pytest

from edge.control.ticker import MS_NS, Ticker
from edge.core.events import Stalled, Tick

PERIOD_MS = 50


class Bench:
    """A ticker whose sleeps are answered by a list of delays on a clock of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, lags_ms: list[int]) -> None:
        self.now_ms, self.lags, self.events = 0, lags_ms, []
        self.times: list[int] = []
        self.ticker = Ticker(
            period_ms=PERIOD_MS,
            before=lambda: self.times.append(self.now_ms),
            post=self.events.append,
            now_ns=lambda: self.now_ms * MS_NS,
        )
        monkeypatch.setattr(asyncio, "sleep", self._sleep)

    async def _sleep(self, seconds: float) -> None:
        if not self.lags:
            raise asyncio.CancelledError
        self.now_ms += round(seconds * 1000) + self.lags.pop(0)

    def run(self) -> None:
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(self.ticker.run())

    def periods(self) -> int:
        return sum(event.periods for event in self.events if isinstance(event, Tick))


def test_a_punctual_loop_ticks_once_a_period(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, [0] * 100)
    bench.run()
    assert bench.events == [Tick(1)] * 100


@pytest.mark.parametrize("lag_ms", [1, 49, 50, 51, 90, 99, 100])
def test_a_late_loop_never_counts_more_time_than_has_passed(
    monkeypatch: pytest.MonkeyPatch, lag_ms: int
) -> None:
    bench = Bench(monkeypatch, [lag_ms, 0] * 200)
    bench.run()
    assert bench.periods() == bench.now_ms // PERIOD_MS
    assert Stalled() not in bench.events


def test_a_loop_that_stood_still_says_so_before_it_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, [0, 101, 0])
    bench.run()
    assert bench.events[:3] == [Tick(1), Stalled(), Tick(3)]


def test_waking_early_is_no_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, [-1, 0, 0])
    bench.run()
    assert bench.times == [50, 100]


def test_ages_are_judged_before_every_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, [0] * 5)
    bench.run()
    assert len(bench.times) == 5


def test_the_heart_stops_beating_when_ticks_do(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, [0] * 5)
    bench.run()
    assert bench.ticker.alive()
    bench.now_ms += 300
    assert bench.ticker.alive()
    bench.now_ms += 1
    assert not bench.ticker.alive()
