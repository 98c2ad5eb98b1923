"""The outbox: gap-free, byte for byte, released by receipt, honest about a database gone back."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.errors import JournalError
from edge.journal.database import Reader
from edge.journal.outbox import QUARANTINED, Backlog, Outbox
from edge.journal.recovery import recover
from edge.journal.store import Journal
from edge.journal.streams import STREAM_STARTED
from edge.messages.event_data import LaneMode, Tombstone
from edge.messages.events import read_event
from tests.unit.journal.journal_bench import StillClock, entry, event, open_journal


@pytest.fixture(params=[True, False], ids=["inline", "threaded"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    opened = open_journal(tmp_path, inline=request.param)
    yield opened
    opened.close()


@pytest.fixture
def outbox(journal: Journal) -> Iterator[Outbox]:
    opened = Outbox(journal, clock=StillClock())
    yield opened
    opened.close()


def add(journal: Journal, count: int) -> None:
    for n in range(count):
        journal.append([entry(n=n)], [event(f"mode-{n}")]).result(5)


def sequences(outbox: Outbox, after: int = 0) -> list[int]:
    return [row.sequence for row in outbox.unreceipted(after, 1000)]


def kinds(journal: Journal) -> list[object]:
    reader = journal.reader()
    found = [row[0] for row in reader.rows("SELECT kind FROM entry ORDER BY sequence")]
    reader.close()
    return found


def test_sequences_are_gap_free_over_many_transactions(journal: Journal, outbox: Outbox) -> None:
    journal.append([entry()], [event(), event(), event()])
    journal.append([entry()])
    journal.append([entry(), entry()], [event(), event(index=1)]).result(5)
    assert sequences(outbox) == [1, 2, 3, 4, 5]
    assert [row.journal_sequence for row in outbox.unreceipted(0, 9)] == [1, 1, 1, 3, 4]
    assert outbox.highest() == 5


def test_sequences_go_on_after_a_release_and_a_restart(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    add(journal, 3)
    outbox = Outbox(journal, clock=StillClock())
    assert sequences(outbox) == [1, 2, 3]
    outbox.release(3)
    stream = outbox.stream
    outbox.close()
    journal.close()
    journal = open_journal(tmp_path)
    outbox = Outbox(journal, clock=StillClock())
    assert (outbox.stream, outbox.highest()) == (stream, 3)
    add(journal, 1)
    assert sequences(outbox) == [4]
    outbox.close()
    journal.close()


def test_a_row_holds_the_bytes_that_were_written(journal: Journal, outbox: Outbox) -> None:
    add(journal, 1)
    (row,) = outbox.unreceipted(0, 1)
    read = read_event(row.body)
    assert isinstance(read.data, LaneMode)
    assert (read.stream, read.number, read.data.mode) == (outbox.stream, 1, "mode-0")
    assert read.data.journal_sequence == row.journal_sequence == 1
    assert read.data.journal_head == journal.head.hash.hex()


def test_rows_are_given_from_the_cursor_and_to_the_limit(journal: Journal, outbox: Outbox) -> None:
    add(journal, 5)
    assert [row.sequence for row in outbox.unreceipted(2, 2)] == [3, 4]
    assert outbox.unreceipted(5, 10) == []
    assert outbox.unreceipted(0, 0) == []


def test_only_a_receipt_takes_rows_out(journal: Journal, outbox: Outbox) -> None:
    add(journal, 5)
    assert sequences(outbox) == sequences(outbox) == [1, 2, 3, 4, 5]
    outbox.release(3)
    assert sequences(outbox) == [4, 5]
    assert outbox.highest() == 5


def test_an_older_receipt_changes_nothing(journal: Journal, outbox: Outbox) -> None:
    add(journal, 5)
    assert len(sequences(outbox)) == 5
    outbox.release(4)
    outbox.release(2)
    outbox.release(0)
    assert sequences(outbox) == [5]
    assert journal.stream.released_upto == 4


def test_the_backlog_is_counted(journal: Journal, outbox: Outbox) -> None:
    assert outbox.backlog() == Backlog(0, 0, 0)
    add(journal, 2)
    size = sum(len(row.body) for row in outbox.unreceipted(0, 9))
    assert outbox.backlog() == Backlog(2, size, 0)


def test_a_tombstone_takes_the_place_of_a_quarantined_event(
    journal: Journal, outbox: Outbox
) -> None:
    add(journal, 3)
    original = outbox.unreceipted(1, 1)[0]
    outbox.quarantine(2, "the broker refuses it")
    assert sequences(outbox) == [1, 2, 3]
    row = outbox.unreceipted(1, 1)[0]
    assert (row.event_type, row.quarantined) == ("tombstone", True)
    read = read_event(row.body)
    assert isinstance(read.data, Tombstone)
    assert (read.stream, read.number) == (outbox.stream, 2)
    assert read.data.replaces_type == "lane.mode"
    assert read.data.replaces_sha256 == hashlib.sha256(original.body).hexdigest()
    assert read.data.reason == "the broker refuses it"
    assert read.data.simulated is False
    assert read.data.journal_sequence == 4
    assert kinds(journal)[-1] == QUARANTINED
    assert outbox.backlog().quarantined == 1


def test_a_quarantined_event_is_kept_for_people(journal: Journal, outbox: Outbox) -> None:
    add(journal, 1)
    original = outbox.unreceipted(0, 1)[0].body
    outbox.quarantine(1, "refused")
    reader = journal.reader()
    kept = reader.row("SELECT body, reason FROM outbox_quarantine WHERE sequence = 1")
    reader.close()
    assert kept == (original, "refused")


def test_a_tombstone_stays_as_it_is(journal: Journal, outbox: Outbox) -> None:
    add(journal, 1)
    outbox.quarantine(1, "first")
    before = outbox.unreceipted(0, 1)
    outbox.quarantine(1, "second")
    assert outbox.unreceipted(0, 1) == before
    assert kinds(journal).count(QUARANTINED) == 1


def test_quarantine_of_a_released_event_changes_nothing(journal: Journal, outbox: Outbox) -> None:
    add(journal, 2)
    assert len(sequences(outbox)) == 2
    outbox.release(1)
    outbox.quarantine(1, "late")
    assert QUARANTINED not in kinds(journal)


@pytest.mark.parametrize("sequence", [0, -1, 3])
def test_quarantine_of_a_number_never_assigned_is_refused(
    journal: Journal, outbox: Outbox, sequence: int
) -> None:
    add(journal, 2)
    with pytest.raises(JournalError, match=f"quarantine event {sequence}"):
        outbox.quarantine(sequence, "why")


def test_a_long_reason_fits_the_tombstone(journal: Journal, outbox: Outbox) -> None:
    add(journal, 1)
    outbox.quarantine(1, "r" * 5000)
    data = read_event(outbox.unreceipted(0, 1)[0].body).data
    assert isinstance(data, Tombstone)
    assert data.reason == "r" * 300


def test_a_receipt_beyond_the_end_begins_a_new_stream(journal: Journal, outbox: Outbox) -> None:
    add(journal, 4)
    assert len(sequences(outbox)) == 4
    outbox.release(2)
    old = outbox.stream
    before = [json.loads(row.body) for row in outbox.unreceipted(0, 9)]
    outbox.release(50)
    assert outbox.stream != old
    assert sequences(outbox) == [1, 2]
    assert outbox.highest() == 2
    after = [json.loads(row.body) for row in outbox.unreceipted(0, 9)]
    assert [event["data"] for event in after] == [event["data"] for event in before]
    read = read_event(outbox.unreceipted(0, 9)[1].body)
    assert (read.stream, read.number) == (outbox.stream, 2)
    assert kinds(journal)[-1] == STREAM_STARTED
    add(journal, 1)
    assert sequences(outbox) == [1, 2, 3]
    assert recover(journal, whole=True).sound


def test_a_new_stream_survives_a_restart(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    add(journal, 2)
    outbox = Outbox(journal, clock=StillClock())
    outbox.release(9)
    stream = outbox.stream
    outbox.close()
    journal.close()
    journal = open_journal(tmp_path)
    assert (journal.stream.stream, journal.stream.number, journal.stream.highest) == (stream, 2, 2)
    journal.close()


def restore_old_copy(folder: Path, *, kept: int, lost: int) -> None:
    """Make a journal whose newest events were published, receipted and then lost."""
    journal = open_journal(folder)
    add(journal, kept)
    journal.close()
    shutil.copy(folder / "journal.db", folder / "backup.db")
    journal = open_journal(folder)
    add(journal, lost)
    outbox = Outbox(journal, clock=StillClock())
    assert len(sequences(outbox)) == kept + lost
    outbox.close()
    journal.close()
    shutil.copy(folder / "backup.db", folder / "journal.db")


@pytest.mark.parametrize("restarts", [0, 2])
def test_new_events_under_reused_numbers_are_not_taken_for_received_ones(
    tmp_path: Path, restarts: int
) -> None:
    restore_old_copy(tmp_path, kept=5, lost=3)
    journal = open_journal(tmp_path)
    add(journal, 6)
    for _ in range(restarts):
        journal.close()
        journal = open_journal(tmp_path)
    outbox = Outbox(journal, clock=StillClock())
    old = outbox.stream
    assert outbox.highest() == 11
    outbox.release(8)
    assert outbox.stream != old
    assert [json.loads(row.body)["data"]["mode"] for row in outbox.unreceipted(0, 99)] == [
        *(f"mode-{n}" for n in range(5)),
        *(f"mode-{n}" for n in range(6)),
    ]
    outbox.close()
    journal.close()


def test_what_was_given_out_is_on_disk_before_it_can_be_published(
    journal: Journal, outbox: Outbox
) -> None:
    add(journal, 3)
    given = outbox.unreceipted(0, 2)
    reader = Reader(journal.path)
    assert reader.row("SELECT given_out FROM outbox_stream") == (given[-1].sequence,)
    reader.close()


def test_events_waiting_in_the_queue_move_into_the_new_stream_too(tmp_path: Path) -> None:
    journal = open_journal(tmp_path, inline=False)
    outbox = Outbox(journal, clock=StillClock())
    futures = [journal.append([entry()], [event(f"m-{n}")]) for n in range(300)]
    outbox.release(10_000)
    futures += [journal.append([entry()], [event(f"m-{n}")]) for n in range(300, 400)]
    for future in futures:
        future.result(10)
    rows = outbox.unreceipted(0, 1000)
    assert [row.sequence for row in rows] == list(range(1, 401))
    for row in rows:
        read = read_event(row.body)
        assert isinstance(read.data, LaneMode)
        assert (read.stream, read.number) == (outbox.stream, row.sequence)
        assert read.data.mode == f"m-{row.sequence - 1}"
    outbox.close()
    journal.close()


def test_rows_of_an_uncommitted_append_are_never_given_out(tmp_path: Path) -> None:
    journal = open_journal(tmp_path, inline=False)
    outbox = Outbox(journal, clock=StillClock())
    blocker = sqlite3.connect(journal.path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    future = journal.append([entry()], [event()])
    assert (sequences(outbox), outbox.highest()) == ([], 0)
    blocker.execute("ROLLBACK")
    blocker.close()
    future.result(10)
    assert (sequences(outbox), outbox.highest()) == ([1], 1)
    outbox.close()
    journal.close()
