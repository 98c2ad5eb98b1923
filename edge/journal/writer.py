"""The one writer: commits transactions in order and in groups, and keeps what it cannot write yet.

After an error nothing is written through the same connection again. Where nothing can have been
lost the file is opened anew, its end is checked, and what was kept is written in its order before
anything else; otherwise the writer refuses for good.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import islice
from pathlib import Path
from threading import Condition, Thread
from typing import TypeVar

from edge.errors import JournalCorrupt, JournalError, JournalUnavailable
from edge.evidence.chain import Head
from edge.journal.checkpoints import Origin
from edge.journal.database import explain
from edge.journal.entries import JournalLimits, Statement
from edge.journal.mending import ending, file_id, passes, reopen
from edge.journal.queued import Work, commit

T = TypeVar("T")
_MS_NS = 1_000_000
_PROOF = "UPDATE journal_info SET opened_utc = opened_utc"
"""Changes nothing and is a commit all the same: it proves that the file can be written."""


class Writer:
    """Owns the writing connection.

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
        origin: Origin,
        head: Head,
        limits: JournalLimits,
        now_ns: Callable[[], int],
        inline: bool,
    ) -> None:
        self._connection: sqlite3.Connection | None = connection
        self._anchor = anchor
        self.path = path
        self.limits = limits
        self._origin = origin
        self._head = head
        self._file = file_id(path)
        self._now_ns = now_ns
        self._works: deque[Work[object]] = deque()
        self._changed = Condition()
        self._refusal: JournalError | None = None
        self._open = True
        self._mends = True
        self._mend_after_ns = 0
        self._lost = 0
        self._thread: Thread | None = None
        if not inline:
            self._thread = Thread(target=self._run, name="journal-writer", daemon=True)
            self._thread.start()

    @property
    def refusal(self) -> JournalError | None:
        """Why nothing is committed now; None while the writer works."""
        with self._changed:
            return self._refusal

    def submit(
        self, statements: Sequence[Statement], result: T, head: Head | None = None
    ) -> Future[T]:
        """Queue a transaction; the future gives ``result`` after its commit.

        The future fails with JournalUnavailable (or JournalCorrupt) when it cannot be written now:
        nothing may follow from it. The transaction itself is kept and written as soon as the
        writer works again, unless it refuses for good.
        """
        work = Work(statements, result, head, self._now_ns())
        with self._changed:
            waiting = len(self._works)
            if self._refusal is None and waiting >= self.limits.queue:
                self._refusal = self._unavailable(
                    f"{waiting} writes are waiting; the disk is too slow: check it"
                )
            if self._open and waiting >= self.limits.queue + self.limits.kept:
                # One entry lost and the next one kept would be a hole nobody sees.
                self._open = False
                self._refusal = self._unavailable(
                    f"{waiting} writes are waiting and no more can be kept; check the disk, then "
                    "restart scanlane"
                )
            if self._refusal is not None:
                # Before it is kept: afterwards the writer's thread may have it done.
                work.failed(self._refusal)
            if self._open and not (self._refusal and self._is_kept(work)):
                # The queue holds works of every result type; each keeps its own.
                self._works.append(work)  # type: ignore[arg-type]  # Future is invariant
            self._changed.notify_all()
        self.tend()
        return work.future

    def tend(self) -> None:
        """Write, or try again when it is time to; for a writer without a thread of its own."""
        if self._thread is None and (self._connection or self._now_ns() >= self._mend_after_ns):
            self._write()

    def pending_age_ms(self, now_ns: int) -> int:
        """Age of the oldest transaction not yet on disk in ms, 0 when none waits."""
        with self._changed:
            if not self._works:
                return 0
            return max(0, now_ns - self._works[0].queued_ns) // _MS_NS

    def close(self) -> None:
        """Write what waits, if need be with a last try to write again; then close.

        Raises:
            JournalUnavailable: the writer did not end in the time the limits allow, or something
                that was to be written later never reached the disk.
        """
        with self._changed:
            self._open = False
            refusal = self._refusal
            self._refusal = refusal or self._unavailable("it was closed")
            self._changed.notify_all()
        if self._thread is None:
            self._end()
        else:
            self._thread.join(self.limits.commit_wait_ms / 1000)
            if self._thread.is_alive():
                raise JournalUnavailable(
                    f"close journal {self.path}: the disk did not answer within "
                    f"{self.limits.commit_wait_ms} ms; check it and restart scanlane"
                )
        lost, self._lost = self._lost + len(self._works), 0
        self._works.clear()
        if lost:
            raise JournalUnavailable(
                f"close journal {self.path}: {lost} writes never reached the disk: {refusal}"
            )

    def _run(self) -> None:
        try:
            while self._wait():
                self._write()
            self._end()
        finally:
            # Also when an assertion broke: whoever waits must hear of it.
            if self._open:
                self._give_up(self._unavailable("the writer ended"))

    def _wait(self) -> bool:
        """Wait until there is something to write or to mend; False when it is time to end."""
        with self._changed:
            while self._open:
                if self._connection is None:
                    ended = self._changed.wait_for(self._is_closed, self.limits.mend_ms / 1000)
                    return not ended
                if self._works:
                    return True
                self._changed.wait()
            return False

    def _is_closed(self) -> bool:
        return not self._open

    def _end(self) -> None:
        """Write what is left, and close in the order that lets the log be copied."""
        if self._works:
            self._write()
        self._mends = False
        self._anchor.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _write(self) -> None:
        if self._connection is None and self._mends:
            self._mend()
        while self._connection is not None and self._works:
            self._commit_waiting(self._connection)

    def _commit_waiting(self, connection: sqlite3.Connection) -> None:
        """Commit the oldest batch and tell its owners, in order."""
        with self._changed:
            batch = list(islice(self._works, self.limits.batch))
        try:
            commit(connection, batch)
        except sqlite3.Error as error:
            connection.close()
            self._connection = None
            self._failed(error)
            return
        with self._changed:
            for work in batch:
                self._works.popleft()
                self._head = work.head or self._head
            self._note_well()
        for work in batch:
            work.done()

    def _failed(self, error: sqlite3.Error) -> None:
        """Fail what waits. It is kept if writing may be tried again."""
        told = explain(error, f"write journal {self.path}")
        if not passes(error):
            self._give_up(told)
            return
        refusal = JournalUnavailable(f"{told}; it is tried again by itself")
        with self._changed:
            self._refusal = refusal
            self._mend_after_ns = self._now_ns() + self.limits.mend_ms * _MS_NS
            waiting = list(self._works)
        for work in waiting:
            work.failed(refusal)

    def _give_up(self, error: JournalError) -> None:
        """Refuse for good: what was to be written later is lost, and `close` says so."""
        with self._changed:
            self._open = self._mends = False
            self._refusal = error
            waiting = list(self._works)
            self._works.clear()
            self._lost += sum(work.future.done() for work in waiting)
            self._changed.notify_all()
        for work in waiting:
            work.failed(error)

    def _mend(self) -> None:
        """Open the file anew and go on behind its end, if that is an end this writer made."""
        try:
            connection = reopen(self.path, self.limits, self._file)
            try:
                self._go_on_behind(ending(connection, self.path, self._origin))
                self._write_notes(connection)
            except (sqlite3.Error, JournalError):
                connection.close()
                raise
        except sqlite3.Error as error:
            self._failed(error)
        except JournalError as error:
            self._give_up(error)
        else:
            with self._changed:
                self._connection = connection
                self._note_well()

    def _go_on_behind(self, end: Head) -> None:
        """Drop what is on disk after all: a commit may have failed after it was done."""
        with self._changed:
            if end not in {self._head, *(work.head for work in self._works)}:
                raise JournalCorrupt(
                    f"write journal {self.path}: it ends with record {end.sequence}, which this "
                    "process did not write there; restart scanlane, so that it is verified first"
                )
            while self._head != end:
                self._head = self._works.popleft().head or self._head

    def _write_notes(self, connection: sqlite3.Connection) -> None:
        """Write the bookkeeping first: rows it releases may be the room that entries need."""
        with self._changed:
            notes = [work for work in self._works if work.head is None]
        commit(connection, notes, _PROOF)
        with self._changed:
            self._works = deque(work for work in self._works if work not in notes)

    def _note_well(self) -> None:
        """Refuse no longer once everything is on disk; called with the lock held."""
        if self._open and self._connection is not None and not self._works:
            self._refusal = None

    def _is_kept(self, work: Work[T]) -> bool:
        """Whether a note needs no keeping: it says nothing, or what is kept already."""
        if work.head is not None:
            return False
        return not work.statements or any(
            kept.head is None and kept.statements == work.statements for kept in self._works
        )

    def _unavailable(self, why: str) -> JournalUnavailable:
        return JournalUnavailable(f"write journal {self.path}: {why}")
