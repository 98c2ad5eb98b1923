"""Gives birth to journal writers that are killed; everything is imported once, here.

Reads ``folder how value`` lines. Each makes a child that appends to the journal in ``folder`` and
writes the sequence of every acknowledged entry to its pipe; the child's number and what it
acknowledged come back as one line. ``how``:

- ``kill``: SIGKILL after ``value`` acknowledgements and a moment more (value mod 97 * 20 us)
- ``size``: the kernel kills the child at the first write beyond ``value`` bytes of any file
- ``eio``: the same write fails instead, and the child ends when its journal refuses
"""

import os
import resource
import select
import signal
import sys
from pathlib import Path

from edge.core.effects import EntryKind
from edge.journal.entries import JournalEntry, JournalLimits
from edge.journal.recovery import recover
from edge.journal.store import Journal
from tests.unit.journal.journal_bench import KEY, UTC_TEXT, StillClock, event

_KINDS = (
    EntryKind.INSPECTION_OPENED.value,
    EntryKind.BEAM_INTENT.value,
    EntryKind.SCAN_ENDED.value,
    EntryKind.INSPECTION_CLOSED.value,
)
_MOST = 400
_LONGEST_S = 20.0


def write_until_killed(folder: Path, pipe: int) -> None:
    journal = Journal.open(
        folder / "journal.db", "lane-1", KEY, clock=StillClock(), limits=JournalLimits()
    )
    recover(journal)
    for n in range(_MOST):
        entries = [
            JournalEntry(_KINDS[n % 4], f"i-{n // 4}", UTC_TEXT, n, {"n": n, "text": "x" * 200})
        ]
        future = journal.append(entries, [event(f"m-{n}")])
        if future.exception(10) is not None:
            os._exit(3)
        os.write(pipe, f"{future.result().sequences[-1]}\n".encode())
    os._exit(4)


def child(folder: Path, how: str, value: int, pipe: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if how != "kill":
        action = signal.SIG_DFL if how == "size" else signal.SIG_IGN
        signal.signal(signal.SIGXFSZ, action)
        resource.setrlimit(resource.RLIMIT_FSIZE, (value, value))
    try:
        write_until_killed(folder, pipe)
    finally:
        os._exit(5)


def attend(pid: int, pipe: int, how: str, value: int) -> bytes:
    """Read acknowledgements until the child has ended, killing it when it is due."""
    heard = b""
    while select.select([pipe], [], [], _LONGEST_S)[0]:
        part = os.read(pipe, 65536)
        if not part:
            return heard
        heard += part
        if how == "kill" and heard.count(b"\n") >= value:
            select.select([], [], [], (value % 97) * 20e-6)
            os.kill(pid, signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    return heard + b"hung\n"


def main() -> None:
    for line in sys.stdin:
        folder, how, value = line.split()
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read_end)
            child(Path(folder), how, int(value), write_end)
        os.close(write_end)
        heard = attend(pid, read_end, how, int(value))
        os.close(read_end)
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        print(code, *heard.decode().split(), flush=True)


if __name__ == "__main__":
    main()
