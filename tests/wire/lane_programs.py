"""Programs under test as real processes, sockets asked in one line, and waiting for facts."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from edge.clock import SystemClock

PACE_S = 0.02
ASK_S = 10.0
END_S = 20.0

Fact = TypeVar("Fact")
Answer = dict[str, Any]
_PACE = threading.Event()


def until(fact: Callable[[], Fact | None], what: str, seconds: float = 30.0) -> Fact:
    """Look at a fact again and again until it holds; the deadline only ends a broken run."""
    clock = SystemClock()
    deadline_ns = clock.monotonic_ns() + int(seconds * 1e9)
    while True:
        found = fact()
        if found:
            return found
        assert clock.monotonic_ns() < deadline_ns, f"not in {seconds:g} s: {what}"
        _PACE.wait(PACE_S)


def ask(path: Path, request: Mapping[str, object]) -> Answer:
    """Ask one thing over a unix socket that speaks JSON lines."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(ASK_S)
        line.connect(str(path))
        line.sendall(json.dumps(request).encode() + b"\n")
        answer: Answer = json.loads(line.makefile("rb").readline())
        return answer


@dataclass(slots=True)
class Program:
    """One process of ours, with all it says in a file."""

    name: str
    words: tuple[str, ...]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.words],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def await_word(self, word: str, seconds: float = 30.0) -> None:
        """Wait until the program has said something."""
        until(lambda: word in self.said() or self._ended(), f"{self.name} says {word}", seconds)
        assert word in self.said(), f"{self.name} ended: {self.said()[-2000:]}"

    def _ended(self) -> bool:
        return self.process.poll() is not None

    def wait(self, seconds: float = END_S) -> int:
        return self.process.wait(seconds)

    def kill(self) -> None:
        """End it as a power cut would, also when it stands still."""
        self.process.kill()
        self.process.wait(END_S)

    def stop(self) -> None:
        """End it in an orderly way; SIGCONT first, in case a test has left it standing."""
        if self._ended():
            return
        for number in (signal.SIGCONT, signal.SIGTERM):
            self.process.send_signal(number)
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def children(self) -> list[int]:
        """Its children by process id, as the kernel lists them."""
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]


def end(pid: int, number: signal.Signals) -> None:
    """Signal one process we have started."""
    os.kill(pid, number)
