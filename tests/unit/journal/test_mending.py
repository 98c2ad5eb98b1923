"""A journal that could not be written goes on by itself where nothing can be lost."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import JournalUnavailable
from edge.journal.entries import JournalLimits
from edge.journal.outbox import Outbox
from edge.journal.store import Journal
from tests.unit.journal.journal_bench import (
    LIMITS,
    SECOND_NS,
    SMALL,
    StillClock,
    check_sound,
    entry,
    event,
    locked,
    on_disk,
    open_journal,
    refused,
    wait_until,
)

MS_NS = 1_000_000

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def journal(tmp_path: Path, clock: StillClock) -> Iterator[Journal]:
    opened = open_journal(tmp_path, limits=LIMITS, clock=clock)
    opened.append([entry(n=0)], [event()]).result(0)
    yield opened
    if opened.refusal is None:
        opened.close()


def test_what_could_not_be_written_is_written_in_its_order_before_anything_else(
    journal: Journal, clock: StillClock, tmp_path: Path
) -> None:
    with locked(journal.path):
        assert "another program holds the database" in str(refused(journal, 1))
        assert "tried again by itself" in str(refused(journal, 2))
    clock.now_ns += SECOND_NS
    assert on_disk(journal.path) == [0]
    journal.tend()
    assert journal.refusal is None
    assert on_disk(journal.path) == [0, 1, 2]
    assert journal.append([entry(n=3)], [event()]).result(0).sequences == (4,)
    journal.close()
    check_sound(tmp_path, 4)


def test_writing_is_not_tried_again_at_once_and_a_failed_try_waits_anew(
    journal: Journal, clock: StillClock
) -> None:
    with locked(journal.path):
        refused(journal, 1)
    clock.now_ns += SECOND_NS - MS_NS
    journal.tend()
    refused(journal, 2)
    assert on_disk(journal.path) == [0]
    clock.now_ns += MS_NS
    with locked(journal.path):
        journal.tend()
    clock.now_ns += SECOND_NS - MS_NS
    journal.tend()
    assert journal.refusal is not None
    clock.now_ns += MS_NS
    journal.tend()
    assert (journal.refusal, on_disk(journal.path)) == (None, [0, 1, 2])


def test_nothing_may_follow_from_an_entry_that_waits_even_when_it_is_written_later(
    journal: Journal, clock: StillClock
) -> None:
    with locked(journal.path):
        waiting = journal.append([entry(n=1)], [event()])
    clock.now_ns += SECOND_NS
    journal.tend()
    assert on_disk(journal.path) == [0, 1]
    assert isinstance(waiting.exception(0), JournalUnavailable)


def test_a_journal_with_a_thread_of_its_own_goes_on_without_being_asked(tmp_path: Path) -> None:
    limits = JournalLimits(mend_ms=10)
    journal = open_journal(tmp_path, inline=False, limits=limits)
    with locked(journal.path):
        futures = [journal.append([entry(n=n)], [event()]) for n in range(5)]
        assert all(isinstance(future.exception(10), JournalUnavailable) for future in futures)
        assert journal.refusal is not None
    wait_until(lambda: journal.refusal is None)
    assert on_disk(journal.path) == [0, 1, 2, 3, 4]
    assert journal.append([entry(n=5)], [event()]).result(10).sequences == (6,)
    journal.close()
    check_sound(tmp_path, 6)


def test_a_full_journal_goes_on_when_receipts_give_it_room(tmp_path: Path) -> None:
    """The rows that are released are the room that the entries before them need."""
    clock = StillClock()
    journal = open_journal(tmp_path, limits=SMALL, clock=clock)
    n = 0
    while journal.append([entry(n=n, text="x" * 2000)], [event()]).exception(0) is None:
        n += 1
    assert "full" in str(journal.refusal)
    clock.now_ns += SECOND_NS
    journal.tend()
    assert journal.refusal is not None, "nothing has been given back yet"
    assert isinstance(journal.give_out(n).exception(0), JournalUnavailable)
    assert isinstance(journal.release(n).exception(0), JournalUnavailable)
    clock.now_ns += SECOND_NS
    journal.tend()
    assert journal.refusal is None
    assert on_disk(journal.path) == list(range(n + 1))
    journal.close()


def test_too_many_waiting_writes_refuse_until_the_disk_has_caught_up(tmp_path: Path) -> None:
    journal = open_journal(tmp_path, inline=False, limits=JournalLimits(queue=5, mend_ms=10))
    with ExitStack() as held:
        held.enter_context(locked(journal.path))
        journal._writer._connection.execute("PRAGMA busy_timeout = 20000")  # type: ignore[union-attr]  # open
        futures = [journal.append([entry(n=n)], [event()]) for n in range(8)]
        assert isinstance(futures[5].exception(10), JournalUnavailable)
        assert "too slow" in str(futures[5].exception(0))
    assert [future.exception(10) for future in futures[:5]] == [None] * 5
    wait_until(lambda: journal.refusal is None)
    assert on_disk(journal.path) == list(range(8))
    journal.close()
    check_sound(tmp_path, 8)


class _Lying:
    """A connection that reports a commit as failed although it is done."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, values: tuple[object, ...] = ()) -> object:
        done = self._connection.execute(sql, values)
        if sql == "COMMIT":
            error = sqlite3.OperationalError("disk I/O said so")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return done

    def close(self) -> None:
        self._connection.close()


def test_a_commit_that_was_done_although_it_failed_is_not_written_twice(
    journal: Journal, clock: StillClock, tmp_path: Path
) -> None:
    writer = journal._writer
    assert writer._connection is not None
    writer._connection = _Lying(writer._connection)  # type: ignore[assignment]  # planted
    refused(journal, 1)
    refused(journal, 2)
    assert on_disk(journal.path) == [0, 1]
    clock.now_ns += SECOND_NS
    journal.tend()
    assert journal.refusal is None
    journal.close()
    assert on_disk(journal.path) == [0, 1, 2]
    check_sound(tmp_path, 3)


def test_closing_tries_once_more_and_says_what_never_reached_the_disk(
    journal: Journal, tmp_path: Path
) -> None:
    with locked(journal.path):
        refused(journal, 1)
    journal.close()
    assert on_disk(tmp_path / "journal.db") == [0, 1]
    again = open_journal(tmp_path, limits=LIMITS)
    with locked(again.path):
        refused(again, 2)
        with pytest.raises(JournalUnavailable, match="1 writes never reached the disk"):
            again.close()
    check_sound(tmp_path, 2)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(["append", "hold", "let go", "wait"]), max_size=30))
def test_whatever_fails_in_between_everything_is_on_disk_once_and_in_order(
    steps: list[str],
) -> None:
    with tempfile.TemporaryDirectory() as name, ExitStack() as end:
        clock = StillClock()
        journal = open_journal(Path(name), clock=clock)
        held, n = ExitStack(), 0
        end.callback(held.close)
        holding = False
        for step in steps:
            if step == "append":
                failed = journal.append([entry(n=n)], [event()]).exception(0)
                assert (failed is not None) >= holding
                n += 1
            elif step == "hold" and not holding:
                held.enter_context(locked(journal.path))
                holding = True
            elif step == "let go":
                held.close()
                holding = False
            else:
                clock.now_ns += SECOND_NS
                journal.tend()
                assert (journal.refusal is None) or holding
        held.close()
        clock.now_ns += SECOND_NS
        journal.tend()
        assert journal.refusal is None
        assert on_disk(journal.path) == list(range(n))
        journal.close()
        check_sound(Path(name), n)


# The outbox meanwhile -------------------------------------------------------------------------


def test_no_event_goes_out_while_it_cannot_be_noted_that_it_does(
    journal: Journal, clock: StillClock
) -> None:
    outbox = Outbox(journal, clock=clock)

    def given_out() -> int:
        reader = journal.reader()
        ((number,),) = reader.rows("SELECT given_out FROM outbox_stream")
        reader.close()
        return int(str(number))

    with locked(journal.path):
        for _ in range(3):
            with pytest.raises(JournalUnavailable):
                outbox.unreceipted(0, 10)
    assert given_out() == 0
    clock.now_ns += SECOND_NS
    journal.tend()
    assert [row.sequence for row in outbox.unreceipted(0, 10)] == [1]
    assert given_out() == 1
    outbox.close()


def test_a_tombstone_asked_for_again_and_again_is_one(journal: Journal, clock: StillClock) -> None:
    outbox = Outbox(journal, clock=clock)
    with locked(journal.path):
        for _ in range(3):
            with pytest.raises(JournalUnavailable):
                outbox.quarantine(1, "too large")
    clock.now_ns += SECOND_NS
    journal.tend()
    assert journal.refusal is None
    (row,) = outbox.unreceipted(0, 10)
    assert (row.event_type, row.quarantined) == ("tombstone", True)
    outbox.close()
