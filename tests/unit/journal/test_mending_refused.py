"""Where a failed write may have lost something, or the file is not ours, nothing is tried again."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.errors import JournalCorrupt, JournalError, JournalUnavailable
from edge.journal.entries import JournalLimits, Statement
from edge.journal.store import Journal
from tests.unit.journal.journal_bench import (
    LIMITS,
    SECOND_NS,
    StillClock,
    check_sound,
    entry,
    event,
    locked,
    no_file_grows,
    on_disk,
    open_journal,
    refused,
)

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def journal(tmp_path: Path, clock: StillClock) -> Iterator[Journal]:
    opened = open_journal(tmp_path, limits=LIMITS, clock=clock)
    opened.append([entry(n=0)], [event()]).result(0)
    yield opened
    with contextlib.suppress(JournalError):  # some have given up by then
        opened.close()


@pytest.mark.parametrize("inline", [True, False])
def test_after_a_failed_write_to_the_disk_the_file_is_never_touched_again(
    tmp_path: Path, inline: bool
) -> None:
    # The kernel may call lost pages clean. And SQLite's last connection to close copies the log
    # and syncs again, which would be a try as well.
    clock = StillClock()
    limits = JournalLimits(mend_ms=1)
    journal = open_journal(tmp_path, inline=inline, limits=limits, clock=clock)
    journal.append([entry(n=0)], [event()]).result(10)
    with no_file_grows():
        error = journal.append([entry(n=1)], [event()]).exception(10)
    assert "start the machine anew" in str(error)
    names = ("journal.db", "journal.db-wal")
    before = [(tmp_path / name).read_bytes() for name in names]
    clock.now_ns += 10 * SECOND_NS
    for _ in range(3):
        journal.tend()
        assert isinstance(journal.append([entry(n=2)]).exception(10), JournalUnavailable)
    assert journal.refusal is not None
    assert "by itself" not in str(journal.refusal)
    journal.close()
    assert [(tmp_path / name).read_bytes() for name in names] == before
    check_sound(tmp_path, 1)


def test_a_disk_that_breaks_while_entries_wait_loses_them_and_says_how_many(
    journal: Journal, clock: StillClock
) -> None:
    with locked(journal.path):
        refused(journal, 1)
        refused(journal, 2)
    clock.now_ns += SECOND_NS
    with no_file_grows():
        journal.tend()
    assert "start the machine anew" in str(journal.refusal)
    with pytest.raises(JournalUnavailable, match="2 writes never reached the disk"):
        journal.close()


def test_our_own_mistake_is_not_tried_again(journal: Journal, clock: StillClock) -> None:
    bad = journal.write([Statement("INSERT INTO nowhere VALUES (1)", ())])
    assert "restart scanlane" in str(bad.exception(0))
    clock.now_ns += SECOND_NS
    journal.tend()
    assert isinstance(refused(journal, 1), JournalUnavailable)


def test_a_journal_that_somebody_else_wrote_to_meanwhile_is_not_gone_on_with(
    journal: Journal, clock: StillClock
) -> None:
    with locked(journal.path):
        refused(journal, 1)
    stranger = sqlite3.connect(journal.path, isolation_level=None)
    stranger.execute("INSERT INTO entry (sequence, record, hash) SELECT 2, record, hash FROM entry")
    stranger.close()
    clock.now_ns += SECOND_NS
    journal.tend()
    assert isinstance(journal.refusal, JournalCorrupt)
    assert "does not verify" in str(journal.refusal)
    with pytest.raises(JournalUnavailable, match="1 writes never reached the disk"):
        journal.close()


def test_a_journal_that_ends_elsewhere_than_this_process_wrote_is_not_gone_on_with(
    tmp_path: Path, clock: StillClock
) -> None:
    """An older state of the very same file: sound in itself, and not where we are."""
    journal = open_journal(tmp_path, limits=LIMITS, clock=clock)
    for n in range(3):
        journal.append([entry(n=n)], [event()]).result(0)
    with locked(journal.path):
        refused(journal, 3)
    stranger = sqlite3.connect(journal.path, isolation_level=None)
    stranger.executescript(
        "PRAGMA foreign_keys = OFF; DROP TRIGGER entry_is_never_deleted;"
        "DELETE FROM entry WHERE sequence = 3"
    )
    stranger.close()
    clock.now_ns += SECOND_NS
    journal.tend()
    assert isinstance(journal.refusal, JournalCorrupt)
    assert "did not write there" in str(journal.refusal)
    with pytest.raises(JournalUnavailable):
        journal.close()


def test_another_file_in_its_place_is_not_gone_on_with(
    journal: Journal, clock: StillClock, tmp_path: Path
) -> None:
    with locked(journal.path):
        refused(journal, 1)
    shutil.copy(journal.path, tmp_path / "copy")
    (tmp_path / "copy").rename(journal.path)
    clock.now_ns += SECOND_NS
    journal.tend()
    assert isinstance(journal.refusal, JournalCorrupt)
    assert "another file lies there now" in str(journal.refusal)
    with pytest.raises(JournalUnavailable):
        journal.close()


def test_what_can_no_longer_be_kept_refuses_for_good_and_leaves_no_hole(
    journal: Journal, clock: StillClock, tmp_path: Path
) -> None:
    most = LIMITS.queue + LIMITS.kept
    with locked(journal.path):
        for n in range(1, most + 2):
            error = refused(journal, n)
    assert "no more can be kept" in str(error)
    clock.now_ns += SECOND_NS
    journal.tend()
    assert "restart scanlane" in str(journal.refusal)
    refused(journal, most + 2)
    journal.close()
    assert on_disk(tmp_path / "journal.db") == list(range(most + 1))
    check_sound(tmp_path, most + 1)
