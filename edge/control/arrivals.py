"""What headquarters sends, on its way to the event loop: in order, bounded, a few at a time.

A reconnect brings every retained manifest at once, and commands may come as a flood: neither may
keep a tick waiting. When the queue is full the publisher's thread waits, so that the broker keeps
what is still to come: nothing is lost, nothing newer overtakes, and it is told.
"""

import asyncio
import queue
from collections.abc import Callable

from edge.publish.notices import Notice

WAITING_LIMIT = 256
TURN_MS = 2
"""What is taken in one turn of the loop takes no longer than this, and one notice more."""
TURN_NOTICES = 8
PAUSE_S = 0.01
"""Between two turns: devices and ticks have the loop for most of the time."""
_LOOK_S = 0.25
_MS_NS = 1_000_000


class Arrivals:
    """The queue from the publisher's thread to the loop's.

    Args:
        take: called for each notice, on the loop.
        crowded: called once, on the loop, when the queue has become full; again only after it
            was empty.
        now_ns: monotonic time.
    """

    def __init__(
        self,
        *,
        take: Callable[[Notice], None],
        crowded: Callable[[], None],
        now_ns: Callable[[], int],
    ) -> None:
        self._take = take
        self._crowded = crowded
        self._now_ns = now_ns
        self._loop = asyncio.get_running_loop()
        self._waiting: queue.Queue[Notice] = queue.Queue(WAITING_LIMIT)
        self._news = asyncio.Event()
        self._closed = False
        self._is_crowded = False

    def put(self, notice: Notice) -> None:
        """Leave a notice, waiting for a place while there is none; on any thread but the loop's.

        After `close` it is dropped: a command that nobody answered comes again, and so does a
        retained manifest.
        """
        while not self._closed:
            try:
                self._waiting.put(notice, timeout=_LOOK_S)
            except queue.Full:
                continue
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._news.set)
            return

    def close(self) -> None:
        """Let whoever waits for a place go; nothing is taken any more."""
        self._closed = True

    async def run(self) -> None:
        """Take what comes until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            while not self._waiting.empty():
                if self._waiting.full() and not self._is_crowded:
                    self._is_crowded = True
                    self._crowded()
                self._take_some()
                await asyncio.sleep(PAUSE_S)
            self._is_crowded = False

    def _take_some(self) -> None:
        until_ns = self._now_ns() + TURN_MS * _MS_NS
        for _ in range(min(TURN_NOTICES, self._waiting.qsize())):
            self._take(self._waiting.get_nowait())
            if self._now_ns() >= until_ns:
                return
