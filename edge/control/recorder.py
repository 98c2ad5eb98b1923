"""Writes the entries of a step, with their events, into the journal in one transaction.

It also opens the case of a unit that has arrived and drops the case of one whose record is
closed, since both are entries of the core.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

from edge.clock import Clock, rfc3339
from edge.control.cases import Case, CaseBook
from edge.control.facts import who_and_why
from edge.control.records import Due, Tellers
from edge.core.effects import Entry, EntryKind
from edge.core.events import Event
from edge.core.faults import Fault
from edge.core.state import Step
from edge.errors import JournalError
from edge.journal.entries import Also, Committed, EventStamp, JournalEntry, OutboxEvent
from edge.messages.events import Place, write_event


class Journal(Protocol):
    """The part of the journal that entries need."""

    def append(
        self,
        entries: Sequence[JournalEntry],
        events: Sequence[OutboxEvent] = (),
        also: Also | None = None,
    ) -> Future[Committed]:
        """Queue one transaction; the future resolves after its commit."""

    @property
    def refusal(self) -> JournalError | None:
        """Why nothing is committed now, None when all is well."""

    def pending_age_ms(self, now_ns: int) -> int:
        """Age of the oldest append not yet on disk."""


class Recorder:
    """The runner's recorder."""

    def __init__(
        self,
        *,
        journal: Journal,
        tellers: Tellers,
        book: CaseBook,
        clock: Clock,
        on_events: Callable[[], None],
        on_entries: Callable[[Sequence[JournalEntry]], None],
    ) -> None:
        self._journal = journal
        self._tellers = tellers
        self._book = book
        self._clock = clock
        self._on_events = on_events
        self._on_entries = on_entries
        self._failure: JournalError | None = None
        self._newest: Future[Any] = Future()
        self._newest.set_result(None)

    @property
    def refusal(self) -> JournalError | None:
        """Why the journal commits nothing now, None when all is well."""
        return self._journal.refusal

    def take_failure(self) -> JournalError | None:
        """Why an entry could not be written at once, if one could not since this was last asked."""
        failure, self._failure = self._failure, None
        return failure

    @property
    def newest(self) -> Future[Any]:
        """Resolves once everything given so far is on disk: commits keep their order."""
        return self._newest

    def record(self, step: Step, event: Event, note: Mapping[str, object]) -> Future[Committed]:
        """Queue the entries of a step; the future resolves once they are on disk."""
        return self.record_entries(step.entries, note)

    def record_entries(
        self, told: Sequence[Entry], note: Mapping[str, object]
    ) -> Future[Committed]:
        """Queue entries in the core's words; the future resolves once they are on disk."""
        now, now_ns = self._clock.utc(), self._clock.monotonic_ns()
        utc = rfc3339(now)
        entries: list[JournalEntry] = []
        events: list[OutboxEvent] = []
        for index, entry in enumerate(told):
            if entry.kind is EntryKind.INSPECTION_OPENED:
                self._book.open(entry.token, utc, now_ns)
            case = self._book.find(entry.token)
            telling = self._tellers.tell(entry, case, note, now)
            subject = case.inspection_id if case is not None else None
            body = {"token": entry.token, "cause": entry.cause, **telling.facts}
            if entry.kind is EntryKind.FAULT_RAISED:
                body |= who_and_why(note)
            entries.append(JournalEntry(entry.kind.value, subject, utc, now_ns, body))
            if telling.event is not None:
                events.append(_outbox_event(telling.event, index, subject, utc))
            if entry.kind is EntryKind.INSPECTION_CLOSED:
                self._book.close(entry.token)
        committed = self._append(entries, events)
        self._on_entries(entries)
        if events:
            committed.add_done_callback(lambda _: self._on_events())
        return committed

    def record_past(
        self, case: Case, told: Sequence[Entry], note: Mapping[str, object]
    ) -> Future[Committed]:
        """Queue entries of a unit of the process before; its case is dropped again."""
        self._book.restore(case)
        try:
            return self.record_entries(told, note)
        finally:
            self._book.close(case.token)

    def write(
        self,
        kind: str,
        inspection_id: str | None,
        body: Mapping[str, object],
        also: Also | None = None,
    ) -> Future[Committed]:
        """Write one entry that is not of the core: a start, a manifest, a refusal.

        ``also`` gives statements that belong into the same transaction.
        """
        now_ns = self._clock.monotonic_ns()
        utc = rfc3339(self._clock.utc())
        return self._append([JournalEntry(kind, inspection_id, utc, now_ns, body)], (), also)

    def fault_told(self, fault: Fault, note: Mapping[str, object]) -> None:
        """Write what is newly said of a fault that has been raised before."""
        self.write("fault.told", None, {"cause": fault.value, **who_and_why(note)})

    def pending_age_ms(self, now_ns: int) -> int:
        """Age of the oldest commit that is still pending, 0 when none is."""
        return self._journal.pending_age_ms(now_ns)

    def _append(
        self,
        entries: Sequence[JournalEntry],
        events: Sequence[OutboxEvent] = (),
        also: Also | None = None,
    ) -> Future[Committed]:
        committed = self._journal.append(entries, events, also)
        committed.add_done_callback(self._ended)
        self._newest = committed
        return committed

    def _ended(self, committed: Future[Committed]) -> None:
        """Called on the writer's thread: keep the failure for the next tick to see."""
        error = committed.exception()
        if isinstance(error, JournalError):
            self._failure = error


def _outbox_event(due: Due, index: int, subject: str | None, utc: str) -> OutboxEvent:
    def write(stamp: EventStamp) -> bytes:
        place = Place(stamp.lane, stamp.stream, stamp.sequence)
        made = due.make(stamp.journal_sequence, stamp.journal_head)
        return write_event(place, subject=subject, time=utc, data=made)

    return OutboxEvent(due.event_type, index, write)
