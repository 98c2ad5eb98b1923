"""Rules of writing: entries and their events in one transaction, and what follows from them."""

import json
from pathlib import Path

import pytest

from edge.control.cases import CaseBook
from edge.control.recorder import Recorder
from edge.control.records import Tellers
from edge.core.effects import Entry, EntryKind
from edge.core.faults import Fault
from edge.core.tracking import NOBODY
from edge.errors import JournalUnavailable
from edge.evidence.canonical import NotCanonical
from edge.journal.entries import JournalEntry, Statement
from edge.journal.outbox import Outbox
from edge.messages.events import read_event
from tests.unit.control.kit import LANE, TOKEN, Clock
from tests.unit.control.lane_bench import open_journal

OPENED = Entry(EntryKind.INSPECTION_OPENED, TOKEN, "")
CLOSED = Entry(EntryKind.INSPECTION_CLOSED, TOKEN, "not_completed")
SUBJECT = f"{LANE.lane.id}-{TOKEN:08d}"


class Bench:
    """A recorder on a real journal."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.journal = open_journal(folder, self.clock)
        self.book = CaseBook(LANE.lane.id, TOKEN)
        self.shown: list[JournalEntry] = []
        self.waked = 0
        self.recorder = Recorder(
            journal=self.journal,
            tellers=Tellers(LANE),
            book=self.book,
            clock=self.clock,
            on_events=self._wake,
            on_entries=self.shown.extend,
        )

    def _wake(self) -> None:
        self.waked += 1

    def stored(self, sql: str) -> list[tuple[object, ...]]:
        reader = self.journal.reader()
        try:
            return [tuple(row) for row in reader.rows(sql)]
        finally:
            reader.close()

    def close(self) -> None:
        self.journal.close()


def test_entries_and_their_events_are_one_transaction(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    committed = bench.recorder.record_entries([OPENED, CLOSED], {}).result(0)
    assert (committed.sequences, committed.events) == ((1, 2), (1, 2))
    outbox = Outbox(bench.journal, clock=bench.clock)
    events = [read_event(row.body) for row in outbox.unreceipted(0, 10)]
    outbox.close()
    assert [(event.event_type, event.subject) for event in events] == [
        ("inspection.opened", SUBJECT),
        ("inspection.closed", SUBJECT),
    ]
    assert [event.data.journal_head for event in events] == list(committed.hashes)
    bench.close()


def test_an_arrival_opens_a_case_and_the_end_of_the_record_drops_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.recorder.record_entries([OPENED], {})
    case = bench.book.find(TOKEN)
    assert case is not None
    assert (case.inspection_id, case.opened_ns) == (SUBJECT, bench.clock.monotonic_ns())
    bench.recorder.record_entries([CLOSED], {})
    assert bench.book.all() == ()
    assert bench.book.fresh_token() == TOKEN + 1
    bench.close()


def test_the_publisher_is_waked_for_events_and_for_nothing_else(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.recorder.record_entries([Entry(EntryKind.TRACKING_LOST, 0, "lost")], {})
    bench.recorder.write("lane.started", None, {})
    assert bench.waked == 0
    bench.recorder.record_entries([OPENED], {})
    assert bench.waked == 1
    bench.close()


def test_an_entry_says_its_token_its_cause_and_what_only_the_world_knew(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    lost = Entry(EntryKind.TRACKING_LOST, 0, "conflict")
    bench.recorder.record_entries([lost], {"device": "safety"})
    (shown,) = bench.shown
    assert (shown.kind, shown.inspection_id) == ("tracking.lost", None)
    assert shown.body == {"token": 0, "cause": "conflict", "device": "safety"}
    bench.close()


def test_statements_beside_an_entry_are_in_its_transaction(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    def wrong(_committed: object) -> list[Statement]:
        return [Statement("INSERT INTO no_such_table VALUES (1)", ())]

    failed = bench.recorder.write("manifest.received", None, {}, wrong)
    assert isinstance(failed.exception(0), JournalUnavailable)
    assert bench.stored("SELECT count(*) FROM entry") == [(0,)]
    bench.close()


def test_a_failure_of_the_journal_is_told_once_and_its_refusal_as_long_as_it_lasts(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    bench.recorder.write("lane.started", None, {})
    assert (bench.recorder.refusal, bench.recorder.take_failure()) == (None, None)
    bench.close()
    failed = bench.recorder.write("lane.note", None, {}).exception(0)
    assert isinstance(failed, JournalUnavailable)
    assert bench.recorder.take_failure() is failed
    assert bench.recorder.take_failure() is None
    assert bench.recorder.refusal is failed


def test_nobody_is_shown_an_entry_that_cannot_even_be_queued(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    lost = Entry(EntryKind.TRACKING_LOST, 0, "conflict")
    with pytest.raises(NotCanonical):
        bench.recorder.record_entries([lost], {"detail": "\ud800"})
    assert bench.shown == []
    bench.close()


def test_a_fault_is_written_with_who_brought_it_and_what_it_says(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    note = {"source": "source.source_fault", "detail": "anode_arc", "verdict": object()}
    raised = Entry(EntryKind.FAULT_RAISED, NOBODY, Fault.SOURCE_FAULT.value)
    bench.recorder.record_entries([raised], note).result(5)
    bench.recorder.fault_told(Fault.SOURCE_FAULT, {**note, "detail": "watchdog"})
    bench.recorder.newest.result(5)
    records = [json.loads(str(record)) for (record,) in bench.stored("SELECT record FROM entry")]
    told = [(one["kind"], one["body"]["source"], one["body"]["detail"]) for one in records]
    assert told == [
        ("fault.raised", "source.source_fault", "anode_arc"),
        ("fault.told", "source.source_fault", "watchdog"),
    ]
    bench.close()
