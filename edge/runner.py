"""Feeds the core one event at a time and keeps the order that makes it safe.

Restrictive effects go at once; then the entries go to the journal; permissive effects and
reports wait for their commit. A restrictive effect cancels what is still waiting on its target.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol

from edge.core.effects import KINDS, Effect, EntryKind, Nature, Request, Target
from edge.core.events import Event, FaultRaised, Tick
from edge.core.faults import ActiveFault, Fault
from edge.core.machine import step
from edge.core.state import Limits, State, Step
from edge.errors import JournalError

QUEUE_LIMIT = 4096
"""More waiting events than this is a broken assertion: nothing may queue up in a lane."""

MS_NS = 1_000_000
COMMIT_PENDING_LIMIT_MS = 200
"""A lease is not renewed while a commit has been pending for longer (design section 5)."""

Note = Mapping[str, object]
"""What the entries of an event say beside the core's own words; JSON-ready but for ``verdict``."""


class Recorder(Protocol):
    """Writes what a step wants remembered."""

    def record(self, step: Step, event: Event, note: Note) -> Future[Any]:
        """Queue the entries of a step; the future resolves once they are on disk.

        What it resolves to is the journal's affair; the runner only waits.
        """

    def fault_told(self, fault: Fault, note: Note) -> None:
        """Write what is newly said of a fault that has been raised before."""

    def pending_age_ms(self, now_ns: int) -> int:
        """Age of the oldest commit that is still pending, 0 when none is."""


class Effector(Protocol):
    """Carries effects out. Must return at once; failures come back as events."""

    def do(self, request: Request, healthy_ns: int) -> None:
        """Carry out one effect; ``healthy_ns`` is the time of the last healthy tick."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Effects that wait for a commit, with each target's generation when they were asked."""

    requests: tuple[Request, ...]
    generations: dict[Target, int] = field(default_factory=dict)


class Runner:
    """One bounded queue; step; journal; effects: in that order."""

    def __init__(
        self,
        *,
        state: State,
        limits: Limits,
        recorder: Recorder,
        effector: Effector,
        now_ns: Callable[[], int],
    ) -> None:
        self.state = state
        self.healthy_ns = 0
        self.steps = 0
        self.fault_notes: dict[Fault, Note] = {}
        """The newest note of each fault that is active, for people."""
        self._limits = limits
        self._recorder = recorder
        self._effector = effector
        self._now_ns = now_ns
        self._queue: deque[tuple[Event, Note] | Callable[[], None]] = deque()
        self._ended: deque[tuple[_Waiting, Future[object]]] = deque()
        self._wake = asyncio.Event()
        self._generations = dict.fromkeys(Target, 0)
        self._watchers: list[Callable[[Event, Step], None]] = []

    def post(self, event: Event, note: Note | None = None) -> None:
        """Queue an event; on the loop's thread only."""
        assert len(self._queue) < QUEUE_LIMIT
        self._queue.append((event, note or {}))
        self._wake.set()

    def then(self, act: Callable[[], None]) -> None:
        """Do something once every event posted before has been taken; on the loop's thread only."""
        assert len(self._queue) < QUEUE_LIMIT
        self._queue.append(act)
        self._wake.set()

    def watch(self, watcher: Callable[[Event, Step], None]) -> None:
        """Have every step shown to a watcher, after its restrictive effects."""
        self._watchers.append(watcher)

    async def run(self) -> None:
        """Take events until cancelled. A broken assertion ends the process: the lease falls."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            self.drain()

    def drain(self) -> None:
        """Take every event that waits, then what waited for a commit that has ended.

        Events go first: what they restrict is no longer permitted by an older commit.
        """
        while self._queue or self._ended:
            if self._queue:
                waiting = self._queue.popleft()
                if callable(waiting):
                    waiting()
                else:
                    self._take(*waiting)
            else:
                self._committed(*self._ended.popleft())

    def _take(self, event: Event, note: Note) -> None:
        if isinstance(event, Tick):
            self.healthy_ns = self._now_ns()
        done = step(self.state, event, self._limits)
        self.state = done.state
        self.steps += 1
        later = []
        for request in done.effects:
            kind = KINDS[request.effect]
            if kind.nature is Nature.RESTRICTIVE:
                self._generations[kind.target] += 1
                self._effector.do(request, self.healthy_ns)
            else:
                later.append(request)
        for watcher in self._watchers:
            watcher(event, done)
        if done.entries or isinstance(event, FaultRaised):
            self._note_faults(event, done, note)
        if not (later or done.entries):
            return
        waiting = _Waiting(tuple(later), dict(self._generations))
        if not done.entries:
            self._carry_out(waiting)
            return
        commit = self._recorder.record(done, event, note)
        assert commit is not None  # entries without a commit would permit without a record
        loop = asyncio.get_running_loop()
        commit.add_done_callback(
            lambda ended: loop.call_soon_threadsafe(self._commit_ended, waiting, ended)
        )

    def _note_faults(self, event: Event, done: Step, note: Note) -> None:
        written = {
            Fault(entry.cause) for entry in done.entries if entry.kind is EntryKind.FAULT_RAISED
        }
        self.fault_notes |= dict.fromkeys(written, note)
        if isinstance(event, FaultRaised) and note and event.fault not in written:
            if "source" in note:
                self._recorder.fault_told(event.fault, note)
            self.fault_notes[event.fault] = note
        active = {one.fault for one in done.state.faults}
        for fault in self.fault_notes.keys() - active:
            del self.fault_notes[fault]

    def _commit_ended(self, waiting: _Waiting, commit: Future[object]) -> None:
        # Left to `run`: an exception raised in a callback would only be logged.
        self._ended.append((waiting, commit))
        self._wake.set()

    def _committed(self, waiting: _Waiting, commit: Future[object]) -> None:
        error = commit.exception()
        if error is None:
            self._carry_out(waiting)
        elif isinstance(error, JournalError):
            fault = FaultRaised(Fault.JOURNAL_UNAVAILABLE, present=True)
            if not self._is_posted(fault) and not self._journal_failed():
                self.post(fault, {"detail": str(error)})
        else:
            raise error

    def _is_posted(self, event: Event) -> bool:
        return any(not callable(waiting) and waiting[0] == event for waiting in self._queue)

    def _journal_failed(self) -> bool:
        fault = ActiveFault(Fault.JOURNAL_UNAVAILABLE, present=True)
        return fault in self.state.faults

    def _carry_out(self, waiting: _Waiting) -> None:
        for request in waiting.requests:
            kind = KINDS[request.effect]
            if kind.nature is Nature.PERMISSIVE and not self._still(waiting, kind.target):
                continue
            if request.effect is Effect.RENEW_LEASE and self._commit_is_late():
                continue
            self._effector.do(request, self.healthy_ns)

    def _still(self, waiting: _Waiting, target: Target) -> bool:
        return waiting.generations[target] == self._generations[target]

    def _commit_is_late(self) -> bool:
        return self._recorder.pending_age_ms(self._now_ns()) > COMMIT_PENDING_LIMIT_MS
