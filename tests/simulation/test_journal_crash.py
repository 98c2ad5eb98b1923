"""A writer that dies at any moment loses nothing it acknowledged and leaves a chain that holds."""

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.journal.outbox import Outbox
from edge.journal.recovery import recover
from edge.messages.events import read_event
from tests.unit.journal.journal_bench import StillClock, entry, open_journal

SEED = 20261124
ROOT = Path(__file__).parents[2]


class Nursery:
    """Starts writers one after another; see crash_nursery."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, folder: Path, how: str, value: int) -> tuple[int, list[int]]:
        """Let one writer live and die; give its exit code and what it acknowledged."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{folder} {how} {value}\n")
        self._process.stdin.flush()
        code, *acknowledged = self._process.stdout.readline().split()
        assert "hung" not in acknowledged
        return int(code), [int(sequence) for sequence in acknowledged]


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.simulation.crash_nursery"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


def check(folder: Path, acknowledged: list[int]) -> int:
    """Open what is left: everything acknowledged is there, whole, and work goes on."""
    journal = open_journal(folder)
    report = recover(journal, whole=True)
    assert report.complaints() == []
    newest = report.head.sequence
    if acknowledged:
        assert newest >= acknowledged[-1]
    outbox = Outbox(journal, clock=StillClock())
    rows = outbox.unreceipted(0, 10_000)
    # One event goes with every entry of the writers, none with the check's own entries.
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
    assert {row.journal_sequence for row in rows} >= set(acknowledged)
    assert all(read_event(row.body).number == row.sequence for row in rows[-5:])
    assert journal.append([entry("check")]).result(5).sequences == (newest + 1,)
    outbox.close()
    journal.close()
    return newest


def test_a_writer_killed_at_any_moment_loses_nothing_acknowledged(
    nursery: Nursery, tmp_path: Path
) -> None:
    rng = random.Random(SEED)
    total = 0
    for _ in range(40):
        code, acknowledged = nursery.run(tmp_path, "kill", rng.randint(1, 60))
        assert code == -signal.SIGKILL
        assert acknowledged
        assert check(tmp_path, acknowledged) >= total + len(acknowledged)
        total += len(acknowledged)
    assert total > 500


@pytest.mark.parametrize(("how", "code"), [("size", -signal.SIGXFSZ), ("eio", 3)])
def test_a_write_that_ends_halfway_at_any_byte_loses_nothing_acknowledged(
    nursery: Nursery, tmp_path: Path, how: str, code: int
) -> None:
    rng = random.Random(SEED)
    most = 0
    for n in range(40):
        folder = tmp_path / f"{n}"
        folder.mkdir()
        # A fresh database is about 100 KB; the log grows by some 16 KB with every append.
        ended, acknowledged = nursery.run(folder, how, rng.randint(140_000, 900_000))
        assert ended == code
        newest = check(folder, acknowledged)
        # At most the append that was being written is there without having been acknowledged.
        assert newest - len(acknowledged) in (0, 1)
        most = max(most, len(acknowledged))
    assert most > 20


def test_beam_intents_of_a_killed_writer_are_found(nursery: Nursery, tmp_path: Path) -> None:
    found = 0
    for n in range(8):
        folder = tmp_path / f"{n}"
        folder.mkdir()
        nursery.run(folder, "kill", 2 + 4 * n)
        journal = open_journal(folder)
        report = recover(journal)
        newest = report.head.sequence
        # The writers' inspections are opened, intended, ended and closed in turn.
        assert bool(report.beam_intents) == (newest % 4 == 2)
        assert len(report.inspections) == (0 if newest % 4 == 0 else 1)
        found += bool(report.beam_intents)
        journal.close()
    assert found >= 1
