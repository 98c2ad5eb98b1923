"""The journal gives places without gaps, commits in order, and says when it is on disk."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.core.effects import EntryKind
from edge.errors import JournalUnavailable
from edge.evidence.canonical import NotCanonical
from edge.journal.database import read_only
from edge.journal.entries import EventStamp, JournalLimits, OutboxEvent, Statement
from edge.journal.reading import entries_of
from edge.journal.recovery import recover
from edge.journal.store import Journal
from tests.unit.journal.journal_bench import StillClock, entry, event, open_journal


@pytest.fixture(params=[True, False], ids=["inline", "threaded"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    opened = open_journal(tmp_path, inline=request.param)
    yield opened
    opened.close()


def count(journal: Journal, table: str) -> int:
    connection = read_only(journal.path)
    (found,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    connection.close()
    assert isinstance(found, int)
    return found


def test_sequences_have_no_gaps_and_continue_after_reopening(tmp_path: Path) -> None:
    first = open_journal(tmp_path)
    assert first.append([entry(), entry()]).result(5).sequences == (1, 2)
    first.close()
    second = open_journal(tmp_path)
    assert second.append([entry()]).result(5).sequences == (3,)
    assert recover(second, whole=True).sound
    second.close()


def test_an_append_resolves_only_when_another_connection_sees_it(journal: Journal) -> None:
    journal.append([entry(), entry()], [event()]).result(5)
    assert count(journal, "entry") == 2
    assert count(journal, "outbox") == 1


def test_appends_resolve_in_the_order_they_were_made(journal: Journal) -> None:
    resolved: list[int] = []
    futures = [journal.append([entry(n=n)]) for n in range(300)]
    for future in futures:
        future.add_done_callback(lambda done: resolved.append(done.result().sequences[0]))
    for future in futures:
        future.result(5)
    assert sorted(resolved) == list(range(1, 301))
    assert [future.result().sequences[0] for future in futures] == list(range(1, 301))


def test_an_append_can_be_awaited(journal: Journal) -> None:
    async def use() -> tuple[int, ...]:
        return (await asyncio.wrap_future(journal.append([entry()]))).sequences

    assert asyncio.run(use()) == (1,)


def test_cancelling_the_wait_does_not_take_the_entry_back(journal: Journal) -> None:
    future = journal.append([entry()])
    assert not future.cancel()
    assert future.result(5).sequences == (1,)


def test_an_event_knows_its_entry_and_the_head(journal: Journal) -> None:
    stamps: list[EventStamp] = []

    def write(stamp: EventStamp) -> bytes:
        stamps.append(stamp)
        return b"{}"

    committed = journal.append(
        [entry(n=1), entry(n=2)], [OutboxEvent("a", 1, write), OutboxEvent("b", 0, write)]
    ).result(5)
    assert committed.events == (1, 2)
    assert [(one.sequence, one.journal_sequence) for one in stamps] == [(1, 2), (2, 1)]
    assert stamps[0].journal_head == committed.hashes[1] == journal.head.hash.hex()
    assert {one.lane for one in stamps} == {"lane-1"}
    assert {one.stream for one in stamps} == {journal.stream.stream}


def test_a_body_without_canonical_form_leaves_no_trace(journal: Journal) -> None:
    before = journal.head
    with pytest.raises(NotCanonical):
        journal.append([entry(), entry(x=float("nan"))], [event()])
    assert journal.head == before
    assert journal.append([entry()]).result(5).sequences == (1,)


def test_an_event_that_cannot_be_written_leaves_no_trace(journal: Journal) -> None:
    def broken(stamp: EventStamp) -> bytes:
        raise ValueError(stamp.stream)

    with pytest.raises(ValueError, match=journal.stream.stream):
        journal.append([entry()], [event(), OutboxEvent("x", 0, broken)])
    assert journal.append([entry()], [event()]).result(5).events == (1,)


def test_what_belongs_together_is_committed_together_or_not_at_all(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    future = journal.append(
        [entry()], [event()], also=lambda _: [Statement("INSERT INTO nowhere VALUES (1)", ())]
    )
    with pytest.raises(JournalUnavailable, match="nowhere"):
        future.result(5)
    journal.close()
    again = open_journal(tmp_path)
    assert again.head.sequence == 0
    assert count(again, "outbox") == 0
    assert again.stream.highest == 0
    again.close()


def test_the_end_of_an_inspection_is_signed(journal: Journal) -> None:
    journal.append([entry(EntryKind.INSPECTION_OPENED.value, "i-1")]).result(5)
    assert count(journal, "checkpoint") == 0
    journal.append([entry(EntryKind.INSPECTION_CLOSED.value, "i-1")]).result(5)
    assert count(journal, "checkpoint") == 1


def test_closing_signs_the_head_once(tmp_path: Path) -> None:
    for _ in range(3):
        journal = open_journal(tmp_path)
        journal.close()
    journal = open_journal(tmp_path)
    journal.append([entry()]).result(5)
    journal.close()
    journal = open_journal(tmp_path)
    assert count(journal, "checkpoint") == 1
    assert recover(journal).checkpoint == 1
    journal.close()


def test_a_long_inspection_is_signed_in_between(tmp_path: Path) -> None:
    journal = open_journal(tmp_path, limits=JournalLimits(checkpoint_every=10))
    for _ in range(35):
        journal.append([entry()])
    assert recover(journal).checkpoint == 30
    journal.close()


def test_the_age_of_a_waiting_commit_is_told(tmp_path: Path) -> None:
    clock = StillClock()
    journal = open_journal(tmp_path, inline=False, clock=clock)
    blocker = sqlite3.connect(journal.path, isolation_level=None)
    assert journal.pending_age_ms(clock.now_ns) == 0
    blocker.execute("BEGIN IMMEDIATE")
    future = journal.append([entry()])
    assert journal.pending_age_ms(clock.now_ns + 250_000_000) == 250
    blocker.execute("ROLLBACK")
    blocker.close()
    future.result(5)
    journal.close()
    assert journal.pending_age_ms(clock.now_ns + 250_000_000) == 0


def test_many_threads_get_one_unbroken_chain(tmp_path: Path) -> None:
    journal = open_journal(tmp_path, inline=False)

    def work(name: str) -> None:
        for n in range(50):
            journal.append([entry(who=name, n=n)], [event()]).result(30)

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    report = recover(journal, whole=True)
    assert report.sound
    assert (report.head.sequence, report.stream.highest) == (200, 200)
    journal.close()


def test_entries_of_an_inspection_read_back_in_order(journal: Journal) -> None:
    journal.append([entry("a", "i-1", n=1), entry("b", "i-2"), entry("c", "i-1", n=2.5)]).result(5)
    reader = journal.reader()
    found = entries_of(reader, "i-1")
    reader.close()
    assert [(one.kind, one.body) for one in found] == [("a", {"n": 1}), ("c", {"n": 2.5})]


@pytest.mark.parametrize("statement", ["UPDATE entry SET record = '{}'", "DELETE FROM entry"])
def test_entries_are_never_changed_or_deleted_by_mistake(journal: Journal, statement: str) -> None:
    journal.append([entry()]).result(5)
    connection = sqlite3.connect(journal.path)
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        connection.execute(statement)
    connection.close()


def test_monotonic_time_beyond_2_53_ns_is_kept_exactly(journal: Journal) -> None:
    late = entry("a", "i-1")
    journal.append([type(late)(late.kind, "i-1", late.utc, 2**60 + 1, {})]).result(5)
    reader = journal.reader()
    assert entries_of(reader, "i-1")[0].monotonic_ns == 2**60 + 1
    reader.close()


def test_every_commit_is_synced_to_the_disk(journal: Journal) -> None:
    connection = journal._writer._connection
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
