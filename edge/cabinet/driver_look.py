"""A device that only its own driver can read: the driver runs, and what it publishes is kept.

What such a driver may send is said in its `About.sends`: questions, and stop words at most. It is
never given an order here.
"""

import asyncio
import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Self

from drivers.generator import Generator
from drivers.permit_board import PermitBoard
from edge.cabinet.place import Place
from edge.cabinet.rows import Row, unit_of
from edge.core.values import Quality
from edge.errors import DeviceTimeout, DeviceUnreachable
from edge.ports import BoardReport, Points


class Collector:
    """The sink of a driver that runs to be read; keeps the newest of every field."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self.newest: dict[str, Row] = {}
        self.events: list[Row] = []
        self.fresh: set[str] = set()
        self.lost_detail = ""
        self.durations_ms: list[float] = []
        self.changed = asyncio.Event()

    def deliver(self, points: Points, requested_ns: int) -> None:
        """Keep what one poll read."""
        if points[0].quality is not Quality.BAD:
            self.durations_ms.append((self._now_ns() - requested_ns) / 1e6)
        for source, value, quality, detail in points:
            field = source.partition(".")[2]
            self.newest[field] = Row(
                field, value, unit_of(field), quality, requested_ns, detail=detail
            )
            self.fresh.add(field)
        self.changed.set()

    def text(self, source: str, line: str, received_ns: int) -> None:
        """Keep a line that a reader read."""
        del source
        self.events.append(Row("text", line, "", Quality.GOOD, received_ns, event=True))
        self.changed.set()

    def lost(self, device: str, detail: str) -> None:
        """Remember why."""
        self.lost_detail = detail.removeprefix(f"{device}: ")
        self.changed.set()

    def back(self, device: str) -> None:
        """Forget why."""
        del device
        self.lost_detail = ""


class DriverLook:
    """One device while its driver runs.

    Args:
        place: the device, made with ``collector`` for its sink.
        collector: where its driver delivers.
        wait_s: longest wait for a whole poll.
    """

    def __init__(
        self, place: Place, collector: Collector, now_ns: Callable[[], int], wait_s: float
    ) -> None:
        self._place = place
        self._collector = collector
        self._now_ns = now_ns
        self._wait_s = wait_s
        self._about = place.made.kind.about
        self._polled = {one for one in self._about.publishes if "<" not in one}
        self._task: asyncio.Task[None] | None = None
        self._reports_ms: list[float] = []
        self.turnarounds_ms: list[float] = []
        self.misses = 0
        if isinstance(place.device, PermitBoard):
            place.device.on_report = self._reported
        if isinstance(place.device, Generator):
            place.device.only_looked_at = True

    @property
    def title(self) -> str:
        """Maker and purpose, for people."""
        return self._about.device

    @property
    def sends(self) -> str:
        """What this look sends."""
        return self._about.sends

    @property
    def hold_off_s(self) -> float:
        """These lines have one device each, and no question keeps it going."""
        return 0.0

    @property
    def moving(self) -> str:
        """Nothing here is kept in motion by being asked."""
        return ""

    @property
    def durations_ms(self) -> list[float]:
        """From each question to its answer; empty for a device that is asked nothing."""
        if self._about.unasked:
            return []
        if isinstance(self._place.device, PermitBoard):
            return self._reports_ms
        return self._collector.durations_ms

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._place.device.run())
        self._task.add_done_callback(lambda _task: self._collector.changed.set())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def look(self) -> list[Row]:
        """Wait for a whole poll and for what happened meanwhile.

        Raises:
            DeviceUnreachable: the driver has lost the device.
            DeviceTimeout: no whole poll came.
        """
        self._collector.fresh.clear()
        await self._until(lambda: self._polled <= self._collector.fresh, "a whole poll")
        events, self._collector.events = self._collector.events, []
        rows = list(self._collector.newest.values()) + events
        # What comes now and then has happened once, and is not told again.
        for field in self._about.tells:
            self._collector.newest.pop(field, None)
        return rows

    async def probe(self, exchanges: int) -> list[Row]:
        """Wait for so many answers, or for one word of a device that speaks unasked.

        Raises DeviceUnreachable and DeviceTimeout.
        """
        if self._about.unasked:
            await self._until(self._heard, "a word; it speaks unasked, so show it something")
        else:
            await self._until(lambda: len(self.durations_ms) >= exchanges, f"{exchanges} answers")
        return list(self._collector.newest.values()) + self._collector.events

    def _heard(self) -> bool:
        return bool(self._collector.events or self._collector.fresh - {"link"})

    async def _until(self, reached: Callable[[], bool], what: str) -> None:
        assert self._task is not None
        collector, name = self._collector, self._place.name
        try:
            async with asyncio.timeout(self._wait_s):
                while True:
                    if self._task.done():
                        self._task.result()
                    if collector.lost_detail:
                        raise DeviceUnreachable(name, "look", collector.lost_detail)
                    if reached():
                        return
                    collector.changed.clear()
                    await collector.changed.wait()
        except TimeoutError as error:
            detail = f"{self._wait_s:g} s passed without {what}"
            raise DeviceTimeout(name, "look", detail) from error

    def _reported(self, report: BoardReport) -> None:
        if report.requested_ns:
            self._reports_ms.append((self._now_ns() - report.requested_ns) / 1e6)
            self._collector.changed.set()
