"""A real journal whose disk takes virtual time, and the record of when each commit was done.

What the journal could not write at once it keeps; that counts as committed when it is back.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from edge.errors import JournalError
from edge.journal.entries import Also, Committed, JournalEntry, OutboxEvent
from edge.journal.store import Journal

COMMIT_S = 0.002


class SlowJournal:
    """Satisfies `edge.control.recorder.Journal`: writes at once, says so after the disk's time.

    Args:
        journal: opened inline.
        now_ns: virtual time.

    Attributes:
        commit_s: how long a commit takes now.
        commits: entries committed, with the time of their commit in ns, oldest first.
    """

    def __init__(self, journal: Journal, now_ns: Callable[[], int]) -> None:
        self._journal = journal
        self._now_ns = now_ns
        self._waiting: deque[int] = deque()
        self._due_s = 0.0
        self._kept: list[JournalEntry] = []
        self.commit_s = COMMIT_S
        self.commits: list[tuple[int, JournalEntry]] = []

    def append(
        self,
        entries: Sequence[JournalEntry],
        events: Sequence[OutboxEvent] = (),
        also: Also | None = None,
    ) -> "Future[Committed]":
        """Queue one transaction; the future resolves after the disk's time, in order."""
        written = self._journal.append(entries, events, also)
        acknowledged: Future[Committed] = Future()
        acknowledged.set_running_or_notify_cancel()
        loop = asyncio.get_running_loop()
        self._due_s = max(self._due_s, loop.time() + self.commit_s)
        self._waiting.append(self._now_ns())
        loop.call_at(self._due_s, self._committed, acknowledged, written, tuple(entries))
        return acknowledged

    @property
    def refusal(self) -> JournalError | None:
        """Why nothing is committed now, None when all is well; an inline journal needs tending."""
        if self._journal.refusal is not None:
            self._journal.tend()
        refusal = self._journal.refusal
        if refusal is None and self._kept:
            now_ns = self._now_ns()
            self.commits.extend((now_ns, entry) for entry in self._kept)
            self._kept.clear()
        return refusal

    def pending_age_ms(self, now_ns: int) -> int:
        """Age of the oldest append not yet on disk."""
        return (now_ns - self._waiting[0]) // 1_000_000 if self._waiting else 0

    def _committed(
        self,
        acknowledged: "Future[Committed]",
        written: "Future[Committed]",
        entries: tuple[JournalEntry, ...],
    ) -> None:
        self._waiting.popleft()
        error = written.exception()
        if error is not None:
            self._kept.extend(entries)
            acknowledged.set_exception(error)
            return
        now_ns = self._now_ns()
        self.commits.extend((now_ns, entry) for entry in entries)
        acknowledged.set_result(written.result())
