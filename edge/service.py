"""The running lane: logic, journal, worker, door and uplink as tasks that start and end in order.

Devices come in through their ports; this module knows no driver.
"""

import asyncio
import contextlib
import json
import logging
import signal
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from edge.clock import Clock
from edge.control.actuators import Devices
from edge.control.binding import Shelf
from edge.control.desk import Desk
from edge.control.housekeeping import Housekeeping
from edge.control.images import make_worker
from edge.control.inbox import Inbox
from edge.control.lane_logic import LaneLogic, Recovered
from edge.control.restart import TakeOver, close_broken, close_service
from edge.control.signatures import Keyring
from edge.control.uplink import Uplink
from edge.door import Door
from edge.journal.entries import JournalEntry
from edge.journal.store import Journal
from edge.law.case import LawData
from edge.messages.manifest import Manifest
from edge.ports import (
    BeamPermit,
    BoardReport,
    Conveyor,
    Heartbeat,
    SafetyController,
    Sink,
    XraySource,
)
from edge.proofs import Proof, ProofBook
from edge.selfcheck import SelfCheck
from edge.settings import LaneFile

log = logging.getLogger(__name__)
GRACE_S = 5.0
BOARD_WAIT_S = 10.0
"""How long a record that broke off under a beam waits for the board's count at a start."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)

Run = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Wired:
    """The devices of a lane by what they do, and what keeps them running."""

    board: BeamPermit
    source: XraySource
    conveyor: Conveyor
    safety: SafetyController
    device_runs: tuple[Run, ...]
    bus_runs: tuple[Run, ...]


Wire = Callable[[Sink, Heartbeat, Callable[[BoardReport], None]], Wired]
"""Makes the devices: given their sink, the heartbeat, and who hears the board's reports."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What was opened in the state folder, and what the journal leaves to this start."""

    journal: Journal
    keys: Keyring
    taken: TakeOver
    proofs: Mapping[str, Proof]


class LaneService:
    """One running lane: build it in the folder it owns, then `run` it."""

    def __init__(
        self,
        lane: LaneFile,
        *,
        state: Path,
        opened: Opened,
        law: LawData,
        broker: str,
        wire: Wire,
        clock: Clock,
    ) -> None:
        journal, taken = opened.journal, opened.taken
        self._lane = lane
        self._state = state
        self._taken = taken
        self._reader = journal.reader()
        self.logic = LaneLogic(
            lane,
            journal=journal,
            recovered=Recovered(taken.next_token, taken.awaiting, taken.tube),
            manifests=Shelf(self._find_manifests, self._manifest_by_id),
            law=law,
            clock=clock,
            archive=state / "archive",
            proofs=ProofBook(lane, opened.proofs),
            on_events=self._wake,
            on_entries=self._tell,
        )
        self._inbox = self._make_inbox(opened.keys, clock)
        self._uplink = Uplink(
            lane,
            journal=journal,
            inbox=self._inbox,
            logic=self.logic,
            public_key=journal.public_key,
            clock=clock,
            url=broker,
        )
        self._door = Door(state / "control.sock", Desk(self.logic).handlers())
        self._board_seen = asyncio.Event()
        self._stop = asyncio.Event()
        self._broken: Exception | None = None
        self._worker = make_worker(
            lane, state, logic=self.logic, tell=self._door.tell, now_ns=clock.monotonic_ns
        )
        self._wired = wire(self.logic.supervisor, self.logic.ticker.alive, self._report)
        self.logic.attach(
            Devices(
                board=self._wired.board,
                source=self._wired.source,
                conveyor=self._wired.conveyor,
                safety=self._wired.safety,
                worker=self._worker,
            )
        )
        self._selfcheck = self._make_selfcheck(law, clock)
        self._housekeeping = self._make_housekeeping(clock)

    def _make_selfcheck(self, law: LawData, clock: Clock) -> SelfCheck:
        zone = ZoneInfo(self._lane.lane.timezone)
        return SelfCheck(
            state=self._state,
            min_free_mb=self._lane.storage.min_free_mb,
            law=law,
            civil_day=lambda now: now.astimezone(zone).date(),
            deliver=self.logic.supervisor.deliver,
            clock=clock,
        )

    def _make_housekeeping(self, clock: Clock) -> Housekeeping:
        return Housekeeping(
            manifest_days=self._lane.storage.manifest_days,
            book=self.logic.book,
            recorder=self.logic.recorder,
            reader=self._reader,
            clock=clock,
        )

    def _make_inbox(self, keys: Keyring, clock: Clock) -> Inbox:
        return Inbox(
            self._lane,
            acts=self.logic.acts,
            officers=self.logic.officers,
            gate=self.logic.gate,
            recorder=self.logic.recorder,
            reader=self._reader,
            signatures=keys,
            post=self.logic.runner.post,
            clock=clock,
        )

    async def run(self) -> None:
        """Run all tasks until told to stop; what was started is ended in reverse order."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._broke)
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._stop.set)
        try:
            await self._door.open()
            self._uplink.start()
            started = {"simulated": self._lane.lane.simulated}
            self.logic.recorder.write("lane.started", None, started)
            try:
                await self._serve()
            finally:
                await self._door.close()
                self.logic.recorder.write("lane.stopped", None, {})
        finally:
            await self._uplink.stop()
            self._reader.close()
            for number in _SIGNALS:
                loop.remove_signal_handler(number)
            loop.set_exception_handler(None)

    async def _serve(self) -> None:
        """Run until told to stop; a task that ends by itself ends the lane."""
        groups = self._start_all()
        endless = [task for group in groups for task in group]
        closing = self._start(self._close_broken)
        closing.add_done_callback(self._broken_closed)
        stopping = asyncio.create_task(self._stop.wait())
        click.echo(json.dumps({"ready": True, "lane": self._lane.lane.id}))
        ended: list[asyncio.Task[None]] = []
        try:
            await asyncio.wait([stopping, *endless], return_when=asyncio.FIRST_COMPLETED)
            ended = [task for task in (*endless, closing) if task.done()]
        finally:
            for group in groups:
                await _end(group)
            await _end([closing])
            stopping.cancel()
        for task in ended:
            task.result()
        if self._broken is not None:
            raise self._broken
        assert self._stop.is_set(), "a task of the lane has ended by itself"

    def _start_all(self) -> tuple[list[asyncio.Task[None]], ...]:
        """Start what runs for ever, in the order in which it is ended.

        The lane logic goes first: it withdraws. Buses go last: devices still say goodbye on them.
        """
        wired = self._wired
        others = (
            self._worker.run,
            self._selfcheck.run,
            self._housekeeping.run,
            self._uplink.run,
        )
        runs = ((self.logic.run,), wired.device_runs, others, wired.bus_runs)
        return tuple([self._start(run) for run in group] for group in runs)

    def _broke(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """End the lane on what was raised in a callback, where nobody waits for it."""
        loop.default_exception_handler(context)
        error = context.get("exception")
        if "handle" in context and isinstance(error, Exception):
            self._broken = self._broken or error
            self._stop.set()

    def _broken_closed(self, closing: asyncio.Task[None]) -> None:
        if not closing.cancelled() and closing.exception() is not None:
            self._stop.set()

    def _start(self, run: Run) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(run())

    async def _close_broken(self) -> None:
        """Close what broke off; where a beam may have been on, with the board's count."""
        if self._taken.service:
            close_service(self.logic.recorder, self._taken.service)
        if any(case.scan_id for case in self._taken.broken):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._board_seen.wait(), BOARD_WAIT_S)
        board = self.logic.supervisor.board
        for case in self._taken.broken:
            counted = board is not None and board.scan_id == case.scan_id
            exposure_ms = board.exposure_ms if board and counted else None
            close_broken(self.logic.recorder, case, exposure_ms)

    def _find_manifests(self, kind: str, text: str) -> Sequence[Manifest]:
        return self._inbox.find(kind, text)

    def _manifest_by_id(self, manifest_id: str) -> Sequence[Manifest]:
        return self._inbox.by_id(manifest_id)

    def _wake(self) -> None:
        self._uplink.wake()

    def _report(self, report: BoardReport) -> None:
        if report.session:
            self._board_seen.set()
        self.logic.report(report)

    def _tell(self, entries: Sequence[JournalEntry]) -> None:
        self._door.tell(
            {
                "mode": self.logic.runner.state.lane.value,
                "entries": [
                    {
                        "kind": entry.kind,
                        "inspection": entry.inspection_id,
                        "cause": entry.body.get("cause"),
                        "utc": entry.utc,
                        "body": dict(entry.body),
                    }
                    for entry in entries
                ],
            }
        )


async def _end(group: Sequence[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait until they have ended, for as long as their grace."""
    for task in group:
        task.cancel()
    if not group:
        return
    ended, hanging = await asyncio.wait(group, timeout=GRACE_S)
    for task in hanging:
        log.error("%s did not end within %g s", task.get_coro(), GRACE_S)
    for task in ended:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("%s ended with %r", task.get_coro(), error)
