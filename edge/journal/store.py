"""The journal of a lane: takes entries, gives each its place, and hands them to the one writer."""

from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from threading import Lock
from typing import Self, TypeVar
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge.clock import Clock, rfc3339
from edge.errors import JournalError, JournalUnavailable
from edge.evidence.chain import Head
from edge.journal.beginning import begin
from edge.journal.checkpoints import Origin
from edge.journal.database import FolderLock, Reader, open_anchor, open_writer
from edge.journal.entries import (
    Also,
    Committed,
    JournalEntry,
    JournalLimits,
    OutboxEvent,
    Statement,
)
from edge.journal.placing import Placed, Seal, Tip, place
from edge.journal.streams import STREAM_STARTED, Stream, carry_over, give_out, release, successor
from edge.journal.writer import Writer

T = TypeVar("T")


class Journal:
    """One journal, open for writing. Its methods may be called from any thread.

    Attributes:
        path: the database file.
        lane: the lane it belongs to.
        journal_id: UUID made with the database; the chain begins from it.
    """

    def __init__(
        self, folder: FolderLock, writer: Writer, seal: Seal, tip: Tip, clock: Clock
    ) -> None:
        self.path = writer.path
        self.lane = seal.lane
        self.journal_id = seal.journal_id
        self._folder = folder
        self._writer = writer
        self._seal = seal
        self._tip = tip
        self._clock = clock
        # Places are given and queued under one lock, so the order of both is the same.
        self._placing = Lock()
        # What was there before is signed only after it was checked: see `vouch`.
        self._vouched = tip.head.sequence == 0
        self._given_out: Future[None] = Future()
        self._given_out.set_result(None)

    @classmethod
    def open(
        cls,
        path: Path,
        lane: str,
        signer: Ed25519PrivateKey,
        *,
        clock: Clock,
        limits: JournalLimits | None = None,
        inline: bool = False,
    ) -> Self:
        """Open the journal of a lane, making it on first use.

        Args:
            path: the database file; its folder must exist.
            lane: the lane's id; the journal of another lane is refused.
            signer: signs the checkpoints.
            clock: stamps checkpoints and measures how long commits wait.
            limits: bounds; the defaults fit a lane.
            inline: write on the caller's thread, for simulation in virtual time.

        Raises:
            JournalUnavailable: another process has it, or it cannot be written.
            JournalCorrupt: the file is damaged.
        """
        limits = limits or JournalLimits()
        utc = rfc3339(clock.utc())
        folder = FolderLock(path)
        try:
            connection = open_writer(path, limits, utc)
            try:
                journal_id, tip = begin(connection, path, lane, utc)
                anchor = open_anchor(path)
            except JournalError:
                connection.close()
                raise
        except JournalError:
            folder.release()
            raise
        writer = Writer(
            connection,
            anchor,
            path,
            origin=Origin(lane, journal_id),
            head=tip.head,
            limits=limits,
            now_ns=clock.monotonic_ns,
            inline=inline,
        )
        seal = Seal(lane, journal_id, signer, limits.checkpoint_every)
        return cls(folder, writer, seal, tip, clock)

    @property
    def head(self) -> Head:
        """The newest place given; it is on disk once its append has resolved."""
        with self._placing:
            return self._tip.head

    @property
    def stream(self) -> Stream:
        """The outbox stream in use, as far as its numbers were given."""
        with self._placing:
            return self._tip.stream

    @property
    def public_key(self) -> Ed25519PublicKey:
        """Public half of the key that signs the checkpoints."""
        return self._seal.key.public_key()

    @property
    def refusal(self) -> JournalError | None:
        """Why nothing is committed now, None when all is well.

        What is appended meanwhile fails and is kept. It is written in its order once writing works
        again, before this is None again; where that may not be tried, only closing and opening
        anew heals it.
        """
        return self._writer.refusal

    def tend(self) -> None:
        """Try to write again when it is time to; for a journal opened ``inline``."""
        with self._placing:
            self._writer.tend()

    def append(
        self,
        entries: Sequence[JournalEntry],
        events: Sequence[OutboxEvent] = (),
        also: Also | None = None,
    ) -> "Future[Committed]":
        """Queue one transaction: at least one entry, their events, and further statements.

        The future resolves after the commit, in the order of the calls. It fails with a
        JournalError when the journal cannot be written now; see `refusal` for what becomes of the
        transaction. ``write`` of an event and ``also`` run before this returns and must not call
        the journal.

        Raises:
            NotCanonical: a body has no canonical JSON; nothing was queued.
        """
        assert entries
        with self._placing:
            placed = place(self._tip, entries, events, self._seal, signing=self._vouched)
            return self._queue(placed, also(placed.committed) if also else ())

    def vouch(self) -> None:
        """Say that what the journal held when it was opened was checked and is sound.

        Until then no checkpoint is signed: a signature over a journal that somebody changed
        would hide the change from the next start. A new journal needs no vouching.
        """
        with self._placing:
            self._vouched = True

    def write(self, statements: Sequence[Statement]) -> "Future[None]":
        """Queue bookkeeping that is no fact of the lane, as a transaction of its own.

        It must bear to be written twice, and before entries that were queued earlier: after a
        failure nobody knows whether it was written, and what it frees may be the room they need.
        """
        with self._placing:
            return self._writer.submit(statements, None)

    def wait(self, future: "Future[T]") -> T:
        """Wait for a write; for callers that are not the event loop.

        Raises:
            JournalError: it failed, or took longer than the limits allow.
        """
        try:
            return future.result(self._writer.limits.commit_wait_ms / 1000)
        except FutureTimeout as error:
            raise JournalUnavailable(
                f"write journal {self.path}: no commit within "
                f"{self._writer.limits.commit_wait_ms} ms; check the disk"
            ) from error

    def pending_age_ms(self, now_ns: int) -> int:
        """Age of the oldest write not yet on disk in ms, 0 when none waits."""
        return self._writer.pending_age_ms(now_ns)

    def give_out(self, upto: int) -> "Future[None]":
        """Queue the note that events up to ``upto`` are about to be published."""
        with self._placing:
            stream = self._tip.stream
            assert upto <= stream.highest
            if upto <= stream.given_out and not _has_failed(self._given_out):
                return self._given_out
            noted = stream._replace(given_out=max(upto, stream.given_out))
            self._given_out = self._writer.submit((give_out(stream, noted.given_out),), None)
            self._tip = self._tip._replace(stream=noted)
            return self._given_out

    def release(self, upto: int) -> "Future[None]":
        """Queue the removal of events up to ``upto``; an older number changes nothing."""
        with self._placing:
            stream = self._tip.stream
            assert upto <= stream.given_out
            if upto <= stream.released_upto:
                return self._writer.submit((), None)
            future = self._writer.submit(release(stream, upto), None)
            self._tip = self._tip._replace(stream=stream._replace(released_upto=upto))
            return future

    def start_stream(self, reason: str, receipt_upto: int) -> "Future[Committed]":
        """Begin a new outbox stream with every unreleased event in it, and say so in an entry."""
        with self._placing:
            old = self._tip.stream
            new = successor(old, str(uuid4()))
            entry = JournalEntry(
                kind=STREAM_STARTED,
                inspection_id=None,
                utc=rfc3339(self._clock.utc()),
                monotonic_ns=self._clock.monotonic_ns(),
                body={
                    "reason": reason,
                    "receipt_upto": receipt_upto,
                    "old_stream": old.stream,
                    "old_highest": old.highest,
                    "old_released_upto": old.released_upto,
                    "new_stream": new.stream,
                    "carried": new.highest,
                },
            )
            before = self._tip._replace(stream=new)
            placed = place(before, (entry,), (), self._seal, signing=self._vouched)
            return self._queue(placed, carry_over(old, new, entry.utc))

    def reader(self) -> Reader:
        """Open a read-only connection; the caller closes it. Raises JournalError."""
        return Reader(self.path)

    def close(self) -> None:
        """Sign a last checkpoint, write what waits, close, and let another process in.

        Raises:
            JournalError: the last writes, or some that were kept for later, are not on disk.
        """
        last: Future[None] | None = None
        with self._placing:
            head = self._tip.head
            unsigned = self._vouched and self._tip.checkpoint < head.sequence
            if self._writer.refusal is None and unsigned:
                statement = self._seal.signed(head, rfc3339(self._clock.utc()))
                last = self._writer.submit((statement,), None, head)
                self._tip = self._tip._replace(checkpoint=head.sequence)
        try:
            self._writer.close()
        finally:
            self._folder.release()
        if last is not None:
            self.wait(last)

    def _queue(self, placed: Placed, more: Sequence[Statement]) -> "Future[Committed]":
        statements = (*placed.statements, *more)
        future = self._writer.submit(statements, placed.committed, placed.tip.head)
        # Also when it failed: what is kept is written at the place that it was given here.
        self._tip = placed.tip
        return future


def _has_failed(future: "Future[None]") -> bool:
    return future.done() and future.exception() is not None
