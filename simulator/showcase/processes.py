"""The processes of the showcase: started one after the other, watched, ended in reverse order."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from edge.errors import EdgeError

READY_S = 30.0
"""Longest wait for a process to say that it is ready."""
TERMINATE_S = 12.0
"""Longest wait for a process to end after SIGTERM; then it is killed."""
WORDS_S = 30.0
"""Longest run of a short command."""
TAIL_LINES = 12
_LOOK_S = 0.05
_TAIL_BYTES = 4096


class ShowError(EdgeError):
    """The showcase cannot go on; says which process, unit or person, and what to look at."""


@dataclass(frozen=True, slots=True)
class _Child:
    name: str
    log: Path
    process: asyncio.subprocess.Process


@dataclass(frozen=True, slots=True)
class Said:
    """What a short command came to."""

    code: int
    out: str
    err: str


def program(name: str) -> str:
    """A command of this distribution, from the environment that runs us."""
    return str(Path(sys.executable).parent / name)


def tail(log: Path) -> str:
    """The last lines of a log, for a message."""
    with contextlib.suppress(OSError):
        text = log.read_bytes()[-_TAIL_BYTES:].decode(errors="replace")
        return "\n".join(text.splitlines()[-TAIL_LINES:])
    return ""


class Troupe:
    """All processes we started.

    Each gets a session of its own, so that Ctrl-C reaches only us and they end in order.

    Args:
        logs: folder of one log each.
        terminate_s: longest wait for one to end after SIGTERM.
    """

    def __init__(self, logs: Path, terminate_s: float = TERMINATE_S) -> None:
        self._logs = logs
        self._terminate_s = terminate_s
        self._children: list[_Child] = []

    async def start(self, name: str, command: Sequence[str], ready: str) -> None:
        """Start a process and wait until its log holds ``ready``.

        Raises:
            ShowError: it ended or was not ready in time; with the tail of its log.
        """
        log = self._logs / f"{name}.log"
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        child = _Child(name, log, process)
        self._children.append(child)
        for _ in range(int(READY_S / _LOOK_S)):
            if ready.encode() in log.read_bytes():
                return
            if process.returncode is not None:
                raise _ended(child)
            await asyncio.sleep(_LOOK_S)
        raise ShowError(f"{name} was not ready in {READY_S:.0f} s; {log}:\n{tail(log)}")

    async def watch(self) -> NoReturn:
        """Raise ShowError as soon as a process ends by itself."""
        waits = {asyncio.create_task(child.process.wait()): child for child in self._children}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        raise _ended(waits[done.pop()])

    def casualty(self) -> ShowError | None:
        """The process that has ended by itself, None when all run."""
        dead = [child for child in self._children if child.process.returncode is not None]
        return _ended(dead[0]) if dead else None

    async def stop(self) -> None:
        """End every process, the last one first: SIGTERM, and SIGKILL after a bound."""
        while self._children:
            child = self._children.pop()
            if child.process.returncode is None:
                _signal(child.process.pid, signal.SIGTERM)
            try:
                async with asyncio.timeout(self._terminate_s):
                    await child.process.wait()
            except TimeoutError:
                _signal(child.process.pid, signal.SIGKILL)
                await child.process.wait()


async def run_words(command: Sequence[str], limit_s: float = WORDS_S) -> Said:
    """Run a short command to its end. Raises ShowError when it does not end in time."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(limit_s):
            out, err = await process.communicate()
    except TimeoutError as error:
        raise ShowError(f"{' '.join(command)}: did not end in {limit_s:.0f} s") from error
    finally:
        if process.returncode is None:
            _signal(process.pid, signal.SIGKILL)
            await process.wait()
    assert process.returncode is not None
    return Said(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))


def _ended(child: _Child) -> ShowError:
    code = child.process.returncode
    return ShowError(f"{child.name} ended early (exit {code}); {child.log}:\n{tail(child.log)}")


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
