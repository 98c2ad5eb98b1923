"""When the journal cannot be written it says so, and loses nothing acknowledged."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.errors import JournalCorrupt, JournalError, JournalUnavailable
from edge.evidence.canonical import NotCanonical
from edge.journal.entries import JournalLimits, Statement
from edge.journal.recovery import recover
from edge.journal.store import Journal
from tests.unit.journal.journal_bench import KEY, SMALL, StillClock, entry, event, open_journal


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that every user can reach, since the tests may run as root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def not_root() -> Iterator[None]:
    """Root may write everywhere; run as somebody else."""
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(65534)
    yield
    if was_root:
        os.seteuid(0)


def fill(journal: Journal) -> tuple[int, JournalError]:
    """Append until it fails; give the last acknowledged sequence and the error."""
    acknowledged = 0
    for _ in range(1000):
        future = journal.append([entry(text="x" * 2000)], [event()])
        error = future.exception(10)
        if error is not None:
            assert isinstance(error, JournalError)
            return acknowledged, error
        acknowledged = future.result().sequences[-1]
    raise AssertionError("the journal never became full")


@pytest.mark.parametrize("inline", [True, False])
def test_a_full_disk_refuses_loses_nothing_and_says_at_the_end_what_was_not_written(
    tmp_path: Path, inline: bool
) -> None:
    journal = open_journal(tmp_path, limits=SMALL, inline=inline)
    acknowledged, error = fill(journal)
    assert isinstance(error, JournalUnavailable)
    assert "full" in str(error)
    assert "free disk space" in str(error)
    assert acknowledged > 10
    later = journal.append([entry()])
    assert isinstance(later.exception(5), JournalUnavailable)
    assert isinstance(journal.refusal, JournalUnavailable)
    assert journal.pending_age_ms(10**12) > 0
    with pytest.raises(JournalUnavailable, match=r"2 writes never reached the disk.*full"):
        journal.close()
    again = open_journal(tmp_path)
    report = recover(again, whole=True)
    assert report.sound
    assert report.head.sequence == acknowledged
    assert report.stream.highest == acknowledged
    assert again.append([entry()]).result(5).sequences == (acknowledged + 1,)
    again.close()


def test_space_given_back_by_receipts_lets_a_full_journal_go_on(tmp_path: Path) -> None:
    journal = open_journal(tmp_path, limits=SMALL)
    acknowledged, _ = fill(journal)
    with pytest.raises(JournalUnavailable, match="1 writes never"):
        journal.close()
    again = open_journal(tmp_path, limits=SMALL)
    again.give_out(acknowledged).result(5)
    again.release(acknowledged).result(5)
    assert again.append([entry()]).result(5).sequences == (acknowledged + 1,)
    again.close()


def test_a_second_process_is_told_that_another_scanlane_runs(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    script = (
        "import sys; from pathlib import Path\n"
        "from edge.errors import JournalUnavailable\n"
        "from tests.unit.journal.journal_bench import open_journal\n"
        "try: open_journal(Path(sys.argv[1]))\n"
        "except JournalUnavailable as error: print(error); sys.exit(7)\n"
    )
    second = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert second.returncode == 7, second.stderr
    assert "another scanlane runs on this state folder" in second.stdout
    assert f"process {os.getpid()}" in second.stdout
    assert journal.append([entry()]).result(5).sequences == (1,)
    journal.close()
    open_journal(tmp_path).close()


def test_the_same_process_cannot_open_a_journal_twice(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    with pytest.raises(JournalUnavailable, match="another scanlane"):
        open_journal(tmp_path)
    journal.close()


def test_a_stranger_holding_the_database_is_named_as_such(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.append([entry()]).result(5)
    stranger = sqlite3.connect(journal.path, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    error = journal.append([entry()]).exception(10)
    assert isinstance(error, JournalUnavailable)
    assert "another program holds the database" in str(error)
    stranger.execute("ROLLBACK")
    stranger.close()
    journal.close()
    again = open_journal(tmp_path)
    assert again.head.sequence == 2, "the last try at the end has written what was kept"
    again.close()


def test_a_missing_folder_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(JournalUnavailable, match="make the state folder exist"):
        open_journal(tmp_path / "nowhere")


def test_a_folder_that_cannot_be_written_is_refused(public_folder: Path, not_root: None) -> None:
    with pytest.raises(JournalUnavailable, match="writable"):
        open_journal(public_folder)


def test_a_database_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        open_journal(folder).close()
        folder.chmod(0o777)
        (folder / "journal.db").chmod(0o444)
        (folder / "journal.db.lock").chmod(0o666)
        was_root = os.geteuid() == 0
        if was_root:
            os.seteuid(65534)
        try:
            with pytest.raises(JournalUnavailable, match="state folder"):
                open_journal(folder)
        finally:
            if was_root:
                os.seteuid(0)


def test_a_file_that_is_no_database_is_corrupt_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes(b"not a database at all" * 500)
    with pytest.raises(JournalCorrupt, match="keep the file"):
        open_journal(tmp_path)
    assert (tmp_path / "journal.db").read_bytes().startswith(b"not a database")


def test_the_journal_of_another_lane_is_refused(tmp_path: Path) -> None:
    open_journal(tmp_path).close()
    with pytest.raises(JournalUnavailable, match="journal of lane lane-1, not of lane-2"):
        open_journal(tmp_path, lane="lane-2")
    open_journal(tmp_path).close()


def test_a_closed_journal_refuses(tmp_path: Path) -> None:
    journal = open_journal(tmp_path, inline=False)
    journal.append([entry()])
    journal.close()
    error = journal.append([entry()]).exception(5)
    assert isinstance(error, JournalUnavailable)
    assert "closed" in str(error)
    journal.close()


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    journal = open_journal(tmp_path, inline=False)
    futures = [journal.append([entry(n=n)]) for n in range(500)]
    journal.close()
    assert [future.result(0).sequences[0] for future in futures] == list(range(1, 501))


def test_a_mistake_in_a_body_does_not_fail_the_journal(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    with pytest.raises(NotCanonical):
        journal.append([entry(bad=object())])
    assert journal.refusal is None
    journal.close()


def test_a_wait_that_takes_too_long_is_an_error(tmp_path: Path) -> None:
    journal = open_journal(tmp_path, inline=False, limits=JournalLimits(commit_wait_ms=50))
    blocker = sqlite3.connect(journal.path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    future = journal.append([entry()])
    with pytest.raises(JournalUnavailable, match="no commit within 50 ms"):
        journal.wait(future)
    blocker.execute("ROLLBACK")
    blocker.close()
    assert future.result(10).sequences == (1,)
    journal.close()


def test_a_process_that_dies_lets_the_next_one_in(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from tests.unit.journal.journal_bench import open_journal, entry\n"
        "journal = open_journal(Path(sys.argv[1]))\n"
        "journal.append([entry()]).result(5); print('ready', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    journal = open_journal(tmp_path)
    assert journal.head.sequence == 1
    journal.close()


def test_a_failed_statement_fails_everything_behind_it_in_the_queue(tmp_path: Path) -> None:
    journal = open_journal(tmp_path, inline=False)
    bad = journal.write([Statement("INSERT INTO nowhere VALUES (1)", ())])
    futures = [journal.append([entry()]) for _ in range(5)]
    assert isinstance(bad.exception(5), JournalUnavailable)
    assert all(isinstance(future.exception(5), JournalUnavailable) for future in futures)
    journal.close()


def test_opening_twice_after_a_refused_lane_leaks_no_lock(tmp_path: Path) -> None:
    for _ in range(3):
        journal = Journal.open(
            tmp_path / "journal.db", "lane-1", KEY, clock=StillClock(), inline=True
        )
        journal.close()
        with pytest.raises(JournalUnavailable):
            open_journal(tmp_path, lane="lane-9")


def test_a_clean_close_leaves_one_whole_file(tmp_path: Path) -> None:
    journal = open_journal(tmp_path, inline=False)
    journal.append([entry()]).result(5)
    journal.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal.db", "journal.db.lock"]
