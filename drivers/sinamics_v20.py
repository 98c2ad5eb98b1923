"""Siemens SINAMICS V20 belt drive: control word and set point in one request, read back each step.

What the documents at hand do not say (which bits of ZSW mean what, which count is 100 percent, how
the actual value shows a direction, which watchdog action stops) has no default: the lane file
states it, from commissioning.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Unpack

from drivers.about import About
from drivers.bus_driver import BusDriver, Head
from drivers.bus_plan import Plan, block_read, modbus_write, per_second
from drivers.device_link import rest_s
from drivers.device_map_model import DeviceMap
from drivers.modbus_requests import Priority
from drivers.read_plan import plan_reads
from drivers.sinamics_v20_direction import Direction
from drivers.sinamics_v20_words import (
    FAULT_ACK,
    OTHER_DIRECTION,
    STOP_WORD,
    DriveStatus,
    SinamicsV20Settings,
    command_words,
    drive_status,
)
from edge.core.values import Input, Quality
from edge.errors import DeviceError, DeviceRefused, DeviceTimeout
from edge.ports import Point, Value, WatchdogSet, points_of

REQUIRED_FIELDS = ("stw", "hsw", "zsw", "hiw", "watchdog_time", "watchdog_action")

ABOUT = About(
    device="Siemens SINAMICS V20 belt drive",
    protocol="control and status word by Modbus registers",
    wire="Modbus RTU",
    publishes=(
        "speed_mm_s",
        "running",
        "drive_fault",
        "status_word",
        "watchdog_set",
        "watchdog_parameters",
    ),
)

_NS_PER_MS = 1_000_000
_CONFIRM_S = 0.02
"""Pause between two looks at a drive that has not yet followed."""
_FAREWELL_S = 0.5


def plan(settings: SinamicsV20Settings, device_map: DeviceMap) -> Plan:
    """Status at every poll; words, and the watchdog's registers after them, at every refresh."""
    polls, refreshes = per_second(settings.poll_ms), per_second(settings.refresh_ms)
    fast = (block_read(block, polls) for block in plan_reads(device_map, "fast"))
    watchdog = (block_read(block, refreshes) for block in plan_reads(device_map, "slow"))
    return (*fast, modbus_write("write stw", refreshes, 2), *watchdog)


def moves(settings: SinamicsV20Settings, values: Mapping[str, float]) -> bool:
    """Whether what has been read so far shows a belt that runs or may run."""
    runs = int(values.get("zsw", 0)) >> settings.running_bit & 1
    return bool(runs) or values.get("hiw", 0) != 0


class SinamicsV20(BusDriver[SinamicsV20Settings]):
    """Satisfies `edge.ports.Conveyor`.

    Publishes ``speed_mm_s`` (signed), ``running``, ``drive_fault`` (OK while there is none),
    ``status_word``, ``watchdog_parameters`` and ``watchdog_set``: BLOCKED unless register 40001
    holds a time of at most ``watchdog_max_ms`` and 40002 the action of the lane file. Fault F72,
    which stops the belt, hangs on P2014 by its manual, and no document at hand ties these registers
    to it: without ``p2014_ms`` in the lane file it is uncertain. Only `scanlane device prove` shows
    that the belt really stops. At the factory both times are 0.
    """

    def __init__(self, **head: Unpack[Head[SinamicsV20Settings]]) -> None:
        super().__init__(**head)
        (self._status_block,) = plan_reads(self._map, "fast")
        (self._watchdog_block,) = plan_reads(self._map, "slow")
        (self._command_block,) = plan_reads(self._map, "event")
        self._words = (STOP_WORD, 0)
        self._order = 0
        self._watchdog: WatchdogSet | None = None
        self._written_ns = 0
        self._direction = Direction()
        self._refreshed = True

    @property
    def fed_ns(self) -> int:
        """When its words were written last; reading alone does not feed its watchdog."""
        return self._written_ns

    @property
    def watchdog(self) -> WatchdogSet | None:
        """Registers 40001 and 40002 as they were last read, None before."""
        return self._watchdog

    async def start(self, speed_mm_s: int) -> None:
        """Run at a signed speed in mm/s; every step is read back.

        Raises:
            DeviceRefused: the drive is in fault, keeps other words, the speed is out of range,
                or a stop came in between.
            DeviceTimeout: the drive does not say that it runs.
            DeviceUnreachable: the line is down.
        """
        word, set_point = command_words(self._settings, speed_mm_s)
        if set_point > self._settings.full_scale:
            limit = f"{self._settings.mm_s_at_full_scale:g} mm/s at full scale"
            raise DeviceRefused(self.name, "start", f"{speed_mm_s} mm/s is beyond {limit}")
        order = self._new_order(self._words)
        done = False
        try:
            status = await self._status()
            if status.faulty:
                raise DeviceRefused(self.name, "start", "in fault. Clear it, then reset_fault")
            # A run needs a rising bit 0; a belt that runs in this direction keeps running.
            if self._words[0] != word or not status.running:
                await self._command((word & ~1, set_point), order, "start")
            await self._command((word, set_point), order, "start")
            await self._await_running(order)
            done = True
        finally:
            if not done and order == self._order:
                self._new_order(self._stop_words())

    async def stop(self) -> None:
        """Stop by ramp, set point 0, verified to stand. Overtakes every waiting request.

        Raises:
            DeviceTimeout: no answer, or the belt still moves after ``stop_timeout_ms``.
            DeviceRefused: a newer command came before the belt was seen to stand.
            DeviceUnreachable: the line is down; the drive's own time-out stops it.
        """
        order = self._new_order(self._stop_words())
        await self._write(self._words, Priority.STOP, lambda: True)
        deadline_ns = self._now_ns() + self._settings.stop_timeout_ms * _NS_PER_MS
        while True:
            status = await self._status(Priority.STOP)
            self._still(order, "stop")
            if not status.running and status.speed_mm_s == 0:
                return
            if self._now_ns() >= deadline_ns:
                detail = f"{status.speed_mm_s} mm/s after {self._settings.stop_timeout_ms} ms"
                raise DeviceTimeout(self.name, "stop", f"{detail}. Press the emergency stop")
            await asyncio.sleep(_CONFIRM_S)

    async def reset_fault(self) -> None:
        """Acknowledge by a rising edge of bit 7; the belt stays stopped.

        Raises:
            DeviceRefused: the cause is still there.
        """
        order = self._new_order((STOP_WORD, 0))
        for word in (STOP_WORD, STOP_WORD | FAULT_ACK, STOP_WORD):
            await self._command((word, 0), order, "reset")
        if (await self._status()).faulty:
            raise DeviceRefused(self.name, "reset", "the fault stays: its cause is still there")

    async def run(self) -> None:
        """Refresh and poll for ever; on cancellation the drive is told to stop."""
        refreshed_ns: int | None = None
        try:
            while True:
                begun_ns = self._now_ns()
                if self._alive():
                    due_ns = self._settings.refresh_ms * _NS_PER_MS
                    if refreshed_ns is None or begun_ns - refreshed_ns >= due_ns:
                        refreshed_ns = begun_ns
                        written = await self._guarded(self._refresh)
                        self._refreshed = await self._guarded(self._poll_watchdog) and written
                    if await self._guarded(self._poll) and self._refreshed:
                        # A drive that shows itself and refuses every write is not a good one.
                        self._link.good()
                elif self._words[0] & 1:
                    # The lane logic has died while the belt may run. Silence lets the drive's
                    # own time-out act; when the logic is back it must ask anew.
                    self._new_order(self._stop_words())
                await asyncio.sleep(rest_s(self._settings.poll_ms, begun_ns, self._now_ns()))
        finally:
            await self._say_farewell()

    def _stop_words(self) -> tuple[int, int]:
        """Stop without another direction, which a ramp would have to be turned round for."""
        return STOP_WORD | self._words[0] & OTHER_DIRECTION, 0

    async def _command(self, words: tuple[int, int], order: int, operation: str) -> None:
        """Send words unless a newer order has come, read them back; refreshes repeat them."""
        self._still(order, operation)
        self._words = words
        await self._write(words, Priority.COMMAND, lambda: order == self._order)
        kept = (await self._unit.read_block(self._command_block, Priority.COMMAND)).values
        self._still(order, operation)
        if (kept["stw"], kept["hsw"]) != words:
            held = f"{kept['stw']:04X} and {kept['hsw']} where {words[0]:04X} and {words[1]} were"
            detail = f"the drive keeps {held} sent. Check P0700 and P1000"
            raise DeviceRefused(self.name, operation, detail)

    async def _await_running(self, order: int) -> None:
        deadline_ns = self._now_ns() + self._settings.step_timeout_ms * _NS_PER_MS
        while True:
            status = await self._status()
            self._still(order, "start")
            if status.faulty:
                raise DeviceRefused(self.name, "start", "went into fault. See its display")
            if status.running:
                return
            if self._now_ns() >= deadline_ns:
                detail = f"not running {self._settings.step_timeout_ms} ms after the command"
                raise DeviceTimeout(self.name, "start", f"{detail}. Check running_bit and P0700")
            await asyncio.sleep(_CONFIRM_S)

    async def _status(self, priority: Priority = Priority.COMMAND) -> DriveStatus:
        values = (await self._unit.read_block(self._status_block, priority)).values
        return self._judged(values["zsw"], values["hiw"])

    def _judged(self, zsw: int, hiw: int) -> DriveStatus:
        word = self._words[0]
        status = drive_status(self._settings, zsw, hiw, word)
        runs, bit = bool(word & 1), word & OTHER_DIRECTION
        known = self._direction.seen(hiw, runs=runs, bit=bit)
        if self._settings.actual == "magnitude" and not known:
            return replace(status, speed_mm_s=None)
        return status

    def _still(self, order: int, operation: str) -> None:
        if order != self._order:
            raise DeviceRefused(self.name, operation, "a newer command took its place")

    def _new_order(self, words: tuple[int, int]) -> int:
        self._order += 1
        self._words = words
        return self._order

    async def _write(
        self, words: tuple[int, int], priority: Priority, wanted: Callable[[], bool]
    ) -> None:
        answer = await self._unit.write_words("stw", words, priority, wanted)
        self._written_ns = answer.requested_ns

    async def _refresh(self) -> None:
        """Repeat the words as they are; words that have been replaced meanwhile are not sent."""
        words = self._words

        def wanted() -> bool:
            return self._words is words and self._alive()

        try:
            await self._write(words, Priority.POLL, wanted)
        except DeviceRefused:
            if wanted():
                raise

    async def _poll(self) -> None:
        sample = await self._unit.read_block(self._status_block)
        zsw = sample.values["zsw"]
        status = self._judged(zsw, sample.values["hiw"])
        quality, detail = Quality.GOOD, ""
        if status.speed_mm_s is None:
            quality, detail = Quality.BAD, "which way it runs is not known. Let it stand once"
        speed = Point(f"{self.name}.speed_mm_s", status.speed_mm_s, quality, detail)
        self._sink.deliver((speed,), sample.requested_ns)
        seen: dict[str, Value] = {
            "running": Input.OK if status.running else Input.BLOCKED,
            "drive_fault": Input.BLOCKED if status.faulty else Input.OK,
            "status_word": f"{zsw:04X}",
        }
        self._publish(seen, sample.requested_ns)

    async def _poll_watchdog(self) -> None:
        """Prove anew with every refresh that the drive would notice our silence."""
        sample = await self._unit.read_block(self._watchdog_block)
        time_ms, action = sample.values["watchdog_time"], sample.values["watchdog_action"]
        self._watchdog = WatchdogSet(time_ms, f"40001 {time_ms} ms, 40002 {action}")
        self._publish({"watchdog_parameters": self._watchdog.parameters}, sample.requested_ns)
        self._sink.deliver((self._watchdog_set(time_ms, action),), sample.requested_ns)

    def _watchdog_set(self, time_ms: int, action: int) -> Point:
        settings, source = self._settings, f"{self.name}.watchdog_set"
        wrong = []
        if not 0 < time_ms <= settings.watchdog_max_ms:
            wrong.append(f"40001 holds {time_ms} ms: set 1 to {settings.watchdog_max_ms}")
        if action != settings.watchdog_action:
            wrong.append(f"40002 holds {action}: set {settings.watchdog_action}")
        if wrong:
            return Point(source, Input.BLOCKED, detail="; ".join(wrong))
        if settings.p2014_ms is None:
            detail = "P2014 is not known: set it, and p2014_ms in the lane file to what it shows"
            return Point(source, Input.OK, Quality.UNCERTAIN, detail)
        return Point(source, Input.OK)

    def _publish(self, values: Mapping[str, Value], requested_ns: int) -> None:
        self._sink.deliver(points_of(self.name, values), requested_ns)

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Whether it succeeded; a failure is counted."""
        try:
            await work()
        except DeviceError as error:
            if self._link.failed(error):
                # A lost drive stops by its own time-out and never starts again by itself.
                self._new_order(self._stop_words())
            return False
        return True

    async def _say_farewell(self) -> None:
        self._new_order(self._stop_words())
        # A line that is down already cannot be told anything: the drive's time-out acts.
        with contextlib.suppress(DeviceError, TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                await self._unit.write_words("stw", self._words, Priority.STOP)
