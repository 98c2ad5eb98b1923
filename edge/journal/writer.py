"""The one writer: commits transactions in order and in groups; after an error it writes no more."""

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import islice
from pathlib import Path
from threading import Condition, Thread
from typing import Generic, TypeVar

from edge.errors import JournalError, JournalUnavailable
from edge.journal.database import explain
from edge.journal.entries import JournalLimits, Statement

T = TypeVar("T")
_MS_NS = 1_000_000


class _Work(Generic[T]):
    """One transaction's worth of statements, and who waits for it."""

    __slots__ = ("_result", "future", "queued_ns", "statements")

    def __init__(self, statements: Sequence[Statement], result: T, queued_ns: int) -> None:
        self.statements = tuple(statements)
        self.queued_ns = queued_ns
        self.future: Future[T] = Future()
        # What is queued is written: nobody can take it back by cancelling.
        self.future.set_running_or_notify_cancel()
        self._result = result

    def done(self) -> None:
        self.future.set_result(self._result)


class Writer:
    """Owns the writing connection. After any error it closes it and refuses for ever.

    The last connection to close copies the log into the database and syncs again, which must not
    happen after a failed sync. So a second, read-only connection (``anchor``) outlives the first
    when a write failed, and is closed before it when all is well.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        anchor: sqlite3.Connection,
        path: Path,
        *,
        limits: JournalLimits,
        now_ns: Callable[[], int],
        inline: bool,
    ) -> None:
        self._connection = connection
        self._anchor = anchor
        self.path = path
        self.limits = limits
        self._now_ns = now_ns
        self._works: deque[_Work[object]] = deque()
        self._changed = Condition()
        self._refusal: JournalError | None = None
        self._thread: Thread | None = None
        if not inline:
            self._thread = Thread(target=self._run, name="journal-writer", daemon=True)
            self._thread.start()

    @property
    def refusal(self) -> JournalError | None:
        """Why nothing is taken any more; None while the writer works."""
        with self._changed:
            return self._refusal

    def submit(self, statements: Sequence[Statement], result: T) -> Future[T]:
        """Queue a transaction; the future gives ``result`` after its commit.

        The future fails with JournalUnavailable (or JournalCorrupt) when it cannot be written.
        """
        work = _Work(statements, result, self._now_ns())
        with self._changed:
            if self._refusal is None and len(self._works) >= self.limits.queue:
                # One entry lost and the next one kept would be a hole nobody sees.
                self._refusal = JournalUnavailable(
                    f"write journal {self.path}: {len(self._works)} writes are waiting; "
                    "the disk is too slow: check it, then restart the journal"
                )
            if self._refusal is not None:
                work.future.set_exception(self._refusal)
                self._changed.notify_all()
                return work.future
            # The queue holds works of every result type; each keeps its own.
            self._works.append(work)  # type: ignore[arg-type]  # Future is invariant
            self._changed.notify_all()
        if self._thread is None:
            self._commit_waiting()
        return work.future

    def pending_age_ms(self, now_ns: int) -> int:
        """Age of the oldest transaction not yet on disk in ms, 0 when none waits."""
        with self._changed:
            if not self._works:
                return 0
            return max(0, now_ns - self._works[0].queued_ns) // _MS_NS

    def close(self) -> None:
        """Write what waits, then close; a writer already refusing only closes.

        Raises:
            JournalUnavailable: the writer did not end in the time the limits allow.
        """
        with self._changed:
            if self._refusal is None:
                self._refusal = JournalUnavailable(f"write journal {self.path}: it was closed")
            self._changed.notify_all()
        if self._thread is None:
            self._close_connections()
            return
        self._thread.join(self.limits.commit_wait_ms / 1000)
        if self._thread.is_alive():
            raise JournalUnavailable(
                f"close journal {self.path}: the disk did not answer within "
                f"{self.limits.commit_wait_ms} ms; check it and restart scanlane"
            )

    def _run(self) -> None:
        try:
            while self._wait_for_work():
                self._commit_waiting()
            self._close_connections()
        finally:
            # Also when an assertion broke: whoever waits must hear of it.
            self._fail(JournalUnavailable(f"write journal {self.path}: the writer ended"))

    def _wait_for_work(self) -> bool:
        with self._changed:
            while not self._works and self._refusal is None:
                self._changed.wait()
            return bool(self._works)

    def _commit_waiting(self) -> None:
        """Commit the oldest batch and tell its owners, in order."""
        with self._changed:
            batch = list(islice(self._works, self.limits.batch))
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for work in batch:
                for statement in work.statements:
                    self._connection.execute(statement.sql, statement.values)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            # After a failed sync the kernel may call lost pages clean: never sync this file again.
            self._connection.close()
            self._fail(explain(error, f"write journal {self.path}"))
            return
        with self._changed:
            for _ in batch:
                self._works.popleft()
        for work in batch:
            work.done()

    def _close_connections(self) -> None:
        """Close both, in the order that lets the log be copied into the database."""
        self._anchor.close()
        self._connection.close()

    def _fail(self, error: JournalError) -> None:
        with self._changed:
            self._refusal = self._refusal or error
            waiting = list(self._works)
            self._works.clear()
        for work in waiting:
            work.future.set_exception(error)
