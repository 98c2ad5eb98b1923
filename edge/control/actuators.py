"""Carries the core's effects out on the devices, one at a time for each target.

A restrictive act cancels what is under way on its target and goes first; withdrawing the permit
is synchronous. A failure comes back as a fault, never as an exception.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from edge.control.cases import Case, CaseBook
from edge.control.service_mission import Mission
from edge.core import events as ev
from edge.core.effects import KINDS, Effect, Nature, Request, Target
from edge.core.faults import Fault
from edge.core.tracking import NOBODY
from edge.errors import DeviceError, EdgeError, ScanError
from edge.ports import BeamPermit, Conveyor, ImageWorker, SafetyController, ScanOrder, XraySource
from edge.settings import LaneFile

MAKE_WAY_S = 0.5
"""A restrictive act waits no longer than this for what it has cancelled to let go."""
RESTRICTIVE_TRIES = 3
"""A stop that fails is asked again at once; after this the device's own watchdog remains."""

ARM_AGAIN_S = 1.0
"""Pause before a detector that was not armed is asked again."""

Act = Callable[[], Awaitable[None]]
Post = Callable[..., None]
FaultOf = Callable[[EdgeError], Fault]


@dataclass(frozen=True, slots=True)
class Devices:
    """What the effects act on."""

    board: BeamPermit
    source: XraySource
    conveyor: Conveyor
    safety: SafetyController
    worker: ImageWorker


_FAULTS = {
    Target.SOURCE: Fault.SOURCE_LOST,
    Target.BELT: Fault.CONVEYOR_LOST,
    Target.ENTRY_BARRIER: Fault.SAFETY_LOST,
    Target.EXIT_BARRIER: Fault.SAFETY_LOST,
    Target.WARNING: Fault.SAFETY_LOST,
    Target.DETECTOR: Fault.WORKER_LOST,
}


_NEEDS_PERMIT = frozenset({Effect.ARM_BOARD, Effect.RENEW_LEASE, Effect.HV_ON})
RELAY_LOOK_MS = 10
TURNS_LIMIT = 64
"""More acts than this waiting for one device is a broken assertion."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """An act under way or waiting for its turn on a target."""

    task: asyncio.Task[None]
    restrictive: bool


class Actuators:
    """The effector of the lane."""

    def __init__(
        self,
        lane: LaneFile,
        *,
        devices: Devices,
        book: CaseBook,
        service: Callable[[int], Mission | None],
        order: Callable[[Case], ScanOrder],
        on_armed: Callable[[], None],
        relay_closed: Callable[[int], bool],
        post: Post,
    ) -> None:
        self._lane = lane
        self._devices = devices
        self._book = book
        self._service = service
        self._order = order
        self._on_armed = on_armed
        self._relay_closed = relay_closed
        self._post = post
        self._running: dict[Target, list[_Turn]] = {target: [] for target in Target}

    def do(self, request: Request, healthy_ns: int) -> None:
        """Carry out one effect; returns at once."""
        effect, token = request
        board = self._devices.board
        if effect is Effect.WITHDRAW:
            board.withdraw()
        elif effect in _NEEDS_PERMIT and not self._permitted(token):
            # A new verdict has taken the permit away and its event is still on its way.
            board.withdraw()
        elif effect is Effect.ARM_BOARD:
            self._on_armed()
            board.arm(self._scan_id(token))
        elif effect is Effect.RENEW_LEASE:
            board.renew(self._scan_id(token), healthy_ns)
        elif effect is Effect.CONFIRM_COMMIT:
            self._post(ev.IntentCommitted(token))
        elif KINDS[effect].target is not Target.PEOPLE:
            self._start(effect, token)

    def reset(self, fault: Fault) -> None:
        """Have the device that reports a fault forget it; one whose cause persists refuses."""
        if fault is Fault.CONVEYOR_FAULT:
            self._queue(Target.BELT, self._devices.conveyor.reset_fault, _reset_refused)
        elif fault is Fault.SOURCE_FAULT:
            self._queue(Target.SOURCE, self._devices.source.reset_faults, _reset_refused)

    def set_points(self, token: int) -> None:
        """Set voltage and current of the step that a service mission is at."""
        fault_of = partial(_fault_of, target=Target.SOURCE)
        self._queue(Target.SOURCE, lambda: self._set_points(token), fault_of)

    async def close(self) -> None:
        """End what is under way; the drivers leave their devices safe by themselves."""
        tasks = [turn.task for turns in self._running.values() for turn in turns]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _case(self, token: int) -> Case:
        case = self._book.find(token)
        assert case is not None, token
        return case

    def _scan_id(self, token: int) -> int:
        """The newest arming of a unit or of a service mission, 0 when there is none."""
        if token < NOBODY:
            mission = self._service(token)
            return mission.scan_id if mission is not None else 0
        return self._case(token).scan_id

    def _permitted(self, token: int) -> bool:
        if token < NOBODY:
            return self._service(token) is not None  # it is made with the law's permit alone
        case = self._case(token)
        permit = case.permit
        if permit is None or not case.scan_id:
            return False
        return (permit.token, permit.inspection_id) == (token, case.inspection_id)

    def _start(self, effect: Effect, token: int) -> None:
        kind = KINDS[effect]
        restrictive = kind.nature is Nature.RESTRICTIVE
        fault_of = partial(_fault_of, target=kind.target)
        self._queue(kind.target, self._act(effect, token), fault_of, restrictive=restrictive)

    def _queue(
        self, target: Target, act: Act, fault_of: FaultOf, *, restrictive: bool = False
    ) -> None:
        turns = [turn for turn in self._running[target] if not turn.task.done()]
        if restrictive:
            for turn in turns:
                if not turn.restrictive:
                    turn.task.cancel()
        before = [turn.task for turn in turns]
        running = self._in_turn(before, act, fault_of, restrictive=restrictive)
        task = asyncio.get_running_loop().create_task(running)
        task.add_done_callback(_raise_again)
        self._running[target] = [*turns, _Turn(task, restrictive)]
        assert len(turns) < TURNS_LIMIT

    async def _in_turn(
        self, before: list[asyncio.Task[None]], act: Act, fault_of: FaultOf, *, restrictive: bool
    ) -> None:
        tries = RESTRICTIVE_TRIES if restrictive else 1
        if before:
            # One that will not let go may keep a permissive act waiting for ever, never a stop.
            await asyncio.wait(before, timeout=MAKE_WAY_S if restrictive else None)
        for attempt in range(1, tries + 1):
            try:
                await act()
            except EdgeError as error:
                if attempt == tries:
                    fault = ev.FaultRaised(fault_of(error), present=False)
                    self._post(fault, {"detail": str(error)})
            else:
                return

    def _act(self, effect: Effect, token: int) -> Act:
        devices, lane = self._devices, self._lane
        safety = devices.safety
        acts: dict[Effect, Callable[[], Coroutine[Any, Any, None]]] = {
            Effect.HV_ON: lambda: self._hv_on(token),
            Effect.HV_OFF: devices.source.hv_off,
            Effect.PREPARE_SOURCE: lambda: self._set_points(token),
            Effect.START_BELT: lambda: devices.conveyor.start(lane.belt.speed_mm_s),
            Effect.STOP_BELT: devices.conveyor.stop,
            Effect.START_WARNING: lambda: safety.set_output("warning", on=True),
            Effect.STOP_WARNING: lambda: safety.set_output("warning", on=False),
            Effect.OPEN_ENTRY: lambda: safety.set_output("entry_barrier_open", on=True),
            Effect.CLOSE_ENTRY: lambda: safety.set_output("entry_barrier_open", on=False),
            Effect.OPEN_EXIT: lambda: safety.set_output("exit_barrier_open", on=True),
            Effect.CLOSE_EXIT: lambda: safety.set_output("exit_barrier_open", on=False),
            Effect.ARM_DETECTOR: lambda: self._arm(token),
            Effect.END_SCAN: lambda: devices.worker.finish(complete=True, reason="scanned"),
            Effect.CANCEL_SCAN: lambda: devices.worker.finish(complete=False, reason="cancelled"),
        }
        return acts[effect]

    async def _hv_on(self, token: int) -> None:
        """Ask for high voltage once the board shows its relay closed for this scan.

        Before that the generator's interlock is open and it refuses. Where the relay stays open
        nothing is asked: the core sees that high voltage is missing.
        """
        scan_id = self._scan_id(token)
        for _ in range(self._lane.timing.hv_ms // RELAY_LOOK_MS):
            if self._relay_closed(scan_id):
                await self._devices.source.hv_on()
                return
            await asyncio.sleep(RELAY_LOOK_MS / 1000)

    async def _set_points(self, token: int) -> None:
        mission = self._service(token)
        if mission is not None:
            await self._devices.source.prepare(kv=mission.at.kv, ma=mission.at.ma)

    async def _arm(self, token: int) -> None:
        """Prepare generator and detector; a failure is a fault, tried again until taken back.

        It is a fault of its own: whether the worker runs, the detector answers and a calibration
        fits, the worker's own signs of life say, and they alone take it back.
        """
        failing = False
        try:
            while True:
                try:
                    scan_id = await self._prepare(token)
                    break
                except ScanError as error:
                    if not failing:
                        failing = True
                        event = ev.FaultRaised(Fault.DETECTOR_NOT_ARMED, present=True)
                        self._post(event, {"detail": str(error)})
                await asyncio.sleep(ARM_AGAIN_S)
        finally:
            if failing:
                self._post(ev.FaultGone(Fault.DETECTOR_NOT_ARMED))
        self._post(ev.DetectorArmed(token), {"scan_id": scan_id})

    async def _prepare(self, token: int) -> int:
        order = self._order(self._case(token))
        section = self._lane.source
        await self._devices.source.prepare(kv=section.kv, ma=section.ma)
        await self._devices.worker.arm(order)
        return order.scan_id


def _fault_of(error: EdgeError, target: Target) -> Fault:
    """Preparing a scan asks the generator and the worker: the error says which has failed."""
    if target is Target.DETECTOR and isinstance(error, DeviceError):
        return Fault.SOURCE_LOST
    return _FAULTS[target]


def _reset_refused(_: EdgeError) -> Fault:
    """The fault itself goes on; that it could not be reset is a notice."""
    return Fault.COMMAND_REFUSED


def _raise_again(task: asyncio.Task[None]) -> None:
    """Bring a broken assertion to the loop's exception handler at once, not when forgotten."""
    if not task.cancelled():
        task.result()
