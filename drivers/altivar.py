"""Schneider Altivar belt drive: walks the CiA 402 states, refreshes, stops before anything else."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Unpack

from pydantic import BaseModel, ConfigDict, Field, model_validator

from drivers.about import About
from drivers.altivar_states import (
    DISABLE_VOLTAGE,
    ENABLE,
    FAULT_RESET,
    QUICK_STOP,
    STOPPED,
    WALK,
    DriveState,
    drive_state,
)
from drivers.bus_driver import BusDriver, Head
from drivers.bus_plan import Plan, block_read, modbus_read, modbus_write, per_second
from drivers.device_link import rest_s
from drivers.device_map_model import DeviceMap, Group
from drivers.modbus_requests import Priority
from drivers.modbus_unit import Sample
from drivers.read_plan import plan_named, plan_reads
from edge.core.values import Input, Quality
from edge.errors import DeviceError, DeviceRefused, DeviceTimeout
from edge.ports import Point, Value, WatchdogSet, points_of

REQUIRED_FIELDS = ("cmd", "lfrd", "eta", "rfrd", "lft", "tto", "sll")
_FAST_FIELDS = ("eta", "rfrd")
_SLOW_FIELDS = ("tto", "sll", "lft")
POLLED: Mapping[str, Group] = {
    **dict.fromkeys(_FAST_FIELDS, "fast"),
    **dict.fromkeys(_SLOW_FIELDS, "slow"),
}
"""The group of the map in which each polled field must be."""

ABOUT = About(
    device="Schneider Altivar belt drive",
    protocol="CiA 402 by Modbus registers",
    wire="Modbus RTU",
    publishes=(
        "speed_mm_s",
        "state",
        "running",
        "drive_fault",
        "fault_name",
        "watchdog_set",
        "watchdog_parameters",
    ),
)

_SAFE_LOSS = frozenset({"freewheel", "ramp", "fast"})
_TTO_MS = 100
"""One step of TTO in ms (reference drive: 0.1 s)."""
_NS_PER_MS = 1_000_000
_CONFIRM_S = 0.02
"""Pause between two looks at a drive that has not yet followed."""
_STOP_WORDS = (QUICK_STOP, 0)
"""Control word and speed reference of a belt that is not asked to move."""
_FAREWELL_S = 0.5


class AltivarSettings(BaseModel):
    """The drive of a lane file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Literal["altivar"]
    bus: str = Field(description="Bus the drive is on")
    unit: int = Field(1, ge=1, le=247, description="Modbus device id (ADD, 6001)")
    mm_per_rev: float = Field(gt=0, le=10000, description="Belt travel per motor revolution")
    poll_ms: int = Field(100, ge=20, le=1000, description="Period of the status poll")
    refresh_ms: int = Field(200, ge=50, le=1000, description="Period of the command refresh")
    watchdog_max_ms: int = Field(1000, ge=100, le=5000, description="Longest allowed TTO")
    step_timeout_ms: int = Field(500, ge=50, le=5000, description="Longest wait for one state")
    stop_timeout_ms: int = Field(2000, ge=100, le=10000, description="Longest wait for standstill")
    misses: int = Field(2, ge=1, le=10, description="Missing answers until it counts as lost")

    @model_validator(mode="after")
    def _refresh_outruns_the_watchdog(self) -> "AltivarSettings":
        if 3 * self.refresh_ms > self.watchdog_max_ms:
            raise ValueError("refresh_ms must be at most a third of watchdog_max_ms")
        return self


def plan(settings: AltivarSettings, device_map: DeviceMap) -> Plan:
    """Status at every poll; words, and one parameter after them, at every refresh."""
    polls, refreshes = per_second(settings.poll_ms), per_second(settings.refresh_ms)
    fast = (block_read(block, polls) for block in plan_reads(device_map, "fast"))
    words = (modbus_write(f"write {name}", refreshes, 1) for name in ("lfrd", "cmd"))
    return (*fast, *words, modbus_read("read a parameter", refreshes, 1))


def moves(_settings: AltivarSettings, values: Mapping[str, float]) -> bool:
    """Whether what has been read so far shows a belt that runs or may run."""
    enabled = "eta" in values and drive_state(int(values["eta"])) is DriveState.ENABLED
    return enabled or values.get("rfrd", 0) != 0


@dataclass(frozen=True, slots=True)
class Parameter:
    """A slowly read parameter and when it was asked for."""

    value: int
    requested_ns: int


class Altivar(BusDriver[AltivarSettings]):
    """Satisfies `edge.ports.Conveyor`.

    Publishes ``speed_mm_s`` (signed), ``running`` (OK while operation is enabled), ``state``,
    ``drive_fault`` (OK while there is none), ``fault_name``, ``watchdog_set`` (OK only when TTO is
    on and at most ``watchdog_max_ms`` and SLL stops the motor) and ``watchdog_parameters``.
    """

    def __init__(self, **head: Unpack[Head[AltivarSettings]]) -> None:
        super().__init__(**head)
        self._fast = plan_named(self._map, "fast", _FAST_FIELDS)
        self._slow_blocks = {
            name: plan_named(self._map, "slow", (name,))[0] for name in _SLOW_FIELDS
        }
        self._refreshed = True
        self._words = _STOP_WORDS
        self._order = 0
        self._slow: dict[str, Parameter] = {}
        self._slow_turn = 0
        self._slow_due = True
        self._faulty = False

    @property
    def watchdog(self) -> WatchdogSet | None:
        """TTO and SLL as they were last read, None before."""
        tto, sll = self._slow.get("tto"), self._slow.get("sll")
        if tto is None or sll is None:
            return None
        time_ms = tto.value * _TTO_MS
        return WatchdogSet(time_ms, f"TTO {time_ms} ms, SLL {self._meaning('sll', sll.value)}")

    async def start(self, speed_mm_s: int) -> None:
        """Run at a signed speed in mm/s, confirmed state by state.

        Raises:
            DeviceRefused: the drive is in fault, the speed is out of its range, or a stop came
                in between.
            DeviceTimeout: a state or the reference was not confirmed in time.
            DeviceUnreachable: the line is down.
        """
        rpm = self._rpm(speed_mm_s)
        order = self._new_order((self._words[0], rpm))
        done = False
        try:
            await self._walk(rpm, order)
            done = True
        finally:
            if not done and order == self._order:
                self._new_order(_STOP_WORDS)

    async def stop(self) -> None:
        """Quick stop, speed 0, verified to stand. Overtakes every waiting request.

        Raises:
            DeviceTimeout: no answer, or the belt still moves after ``stop_timeout_ms``.
            DeviceRefused: a newer command came before the belt was seen to stand.
            DeviceUnreachable: the line is down; the drive's own time-out stops it.
        """
        order = self._new_order(_STOP_WORDS)
        await self._unit.write("cmd", QUICK_STOP, Priority.STOP)
        await self._unit.write("lfrd", 0, Priority.STOP)
        deadline_ns = self._now_ns() + self._settings.stop_timeout_ms * _NS_PER_MS
        while True:
            state = drive_state(await self._unit.read("eta", Priority.STOP))
            rpm = await self._unit.read("rfrd", Priority.STOP)
            self._still(order, "stop")
            if state in STOPPED and rpm == 0:
                return
            if self._now_ns() >= deadline_ns:
                detail = f"{state.value} at {rpm} rpm after {self._settings.stop_timeout_ms} ms"
                raise DeviceTimeout(self.name, "stop", f"{detail}. Press the emergency stop")
            await asyncio.sleep(_CONFIRM_S)

    async def reset_fault(self) -> None:
        """Reset a drive fault by a rising edge of bit 7; the belt stays stopped.

        Raises:
            DeviceRefused: the cause is still there.
        """
        order = self._new_order((DISABLE_VOLTAGE, 0))
        for command in (DISABLE_VOLTAGE, FAULT_RESET, DISABLE_VOLTAGE):
            await self._command(command, 0, order)
        state = drive_state(await self._unit.read("eta", Priority.COMMAND))
        if state in (DriveState.FAULT, DriveState.FAULT_REACTION):
            raise DeviceRefused(self.name, "reset", await self._why_not(state))

    async def run(self) -> None:
        """Refresh and poll for ever; on cancellation the drive is told to stop."""
        refreshed_ns: int | None = None
        try:
            while True:
                begun_ns = self._now_ns()
                if self._alive():
                    due_ns = self._settings.refresh_ms * _NS_PER_MS
                    if refreshed_ns is None or begun_ns - refreshed_ns >= due_ns:
                        refreshed_ns, self._slow_due = begun_ns, True
                        self._refreshed = await self._guarded(self._refresh)
                    if await self._guarded(self._poll) and self._refreshed:
                        # A drive that shows itself and refuses every write is not a good one.
                        self._link.good()
                elif self._words != _STOP_WORDS:
                    # The lane logic has died while the belt may run. Silence lets the drive's
                    # own time-out act; when the logic is back it must ask anew.
                    self._new_order(_STOP_WORDS)
                await asyncio.sleep(rest_s(self._settings.poll_ms, begun_ns, self._now_ns()))
        finally:
            await self._say_farewell()

    async def _walk(self, rpm: int, order: int) -> None:
        await self._unit.write("lfrd", rpm, Priority.COMMAND, lambda: order == self._order)
        if await self._unit.read("lfrd", Priority.COMMAND) != rpm:
            detail = f"the drive does not keep the reference {rpm} rpm. Check FR1 and CHCF"
            raise DeviceRefused(self.name, "start", detail)
        # One step from each state at most, so a drive that goes in circles ends the walk.
        for _ in range(len(WALK) + 1):
            state = drive_state(await self._unit.read("eta", Priority.COMMAND))
            if state is DriveState.ENABLED:
                # Also when it was enabled before: then another bit of the word may hold it.
                await self._command(ENABLE, rpm, order)
                return
            if state not in WALK:
                raise DeviceRefused(self.name, "start", await self._why_not(state))
            command, expected = WALK[state]
            await self._command(command, rpm, order)
            await self._await_state(expected, order)
        raise DeviceRefused(self.name, "start", "the drive does not keep its state")

    async def _await_state(self, expected: DriveState, order: int) -> None:
        deadline_ns = self._now_ns() + self._settings.step_timeout_ms * _NS_PER_MS
        while True:
            state = drive_state(await self._unit.read("eta", Priority.COMMAND))
            self._still(order, "start")
            if state is expected:
                return
            if self._now_ns() >= deadline_ns:
                detail = f"{state.value} where {expected.value} was asked for"
                wait = f"after {self._settings.step_timeout_ms} ms"
                raise DeviceTimeout(self.name, "start", f"{detail}, {wait}")
            await asyncio.sleep(_CONFIRM_S)

    async def _command(self, command: int, rpm: int, order: int) -> None:
        """Write a control word unless a newer order has come; refreshes repeat it from now on."""
        self._still(order, "command")
        self._words = (command, rpm)
        await self._unit.write("cmd", command, Priority.COMMAND, lambda: order == self._order)

    def _still(self, order: int, operation: str) -> None:
        if order != self._order:
            raise DeviceRefused(self.name, operation, "a newer command took its place")

    def _new_order(self, words: tuple[int, int]) -> int:
        self._order += 1
        self._words = words
        return self._order

    async def _refresh(self) -> None:
        """Repeat the words as they are; a word that has been replaced meanwhile is not sent."""
        words = self._words

        def wanted() -> bool:
            return self._words is words and self._alive()

        try:
            await self._unit.write("lfrd", words[1], Priority.POLL, wanted)
            await self._unit.write("cmd", words[0], Priority.POLL, wanted)
        except DeviceRefused:
            if wanted():
                raise

    async def _poll(self) -> None:
        fast: dict[str, Sample] = {}
        for each in self._fast:
            sample = await self._unit.read_block(each)
            fast |= dict.fromkeys(sample.values, sample)
        eta, rfrd = fast["eta"], fast["rfrd"]
        if self._slow_due or len(self._slow) < len(_SLOW_FIELDS):
            await self._poll_one_slow()
        state = drive_state(eta.values["eta"])
        faulty = state in (DriveState.FAULT, DriveState.FAULT_REACTION)
        if faulty and not (self._faulty and "lft" in self._slow):
            # Its name is read at once: the one known is that of the fault before.
            await self._read_slow("lft")
        self._faulty = faulty
        speed = round(rfrd.values["rfrd"] * self._settings.mm_per_rev / 60)
        self._publish({"speed_mm_s": speed}, rfrd.requested_ns)
        running = Input.OK if state is DriveState.ENABLED else Input.BLOCKED
        fault = Input.BLOCKED if faulty else Input.OK
        named = self._meaning("lft", self._slow["lft"].value) if faulty else ""
        seen = points_of(self.name, {"state": state.value, "running": running})
        said = Point(f"{self.name}.drive_fault", fault, detail=named)
        self._sink.deliver((*seen, said), eta.requested_ns)
        self._publish_slow()

    async def _poll_one_slow(self) -> None:
        """Read the parameters in turn, so that the speed never waits for all of them.

        Once all are known one is read after each refresh: they change by hand only.
        """
        name = _SLOW_FIELDS[self._slow_turn % len(_SLOW_FIELDS)]
        await self._read_slow(name)
        self._slow_turn += 1
        self._slow_due = False

    async def _read_slow(self, name: str) -> None:
        sample = await self._unit.read_block(self._slow_blocks[name])
        self._slow[name] = Parameter(sample.values[name], sample.requested_ns)

    def _publish_slow(self) -> None:
        fault = self._slow.get("lft")
        if fault is not None:
            name = self._meaning("lft", fault.value)
            self._publish({"fault_name": name}, fault.requested_ns)
        tto, sll = self._slow.get("tto"), self._slow.get("sll")
        said = self.watchdog
        if tto is None or sll is None or said is None:
            self._publish({"watchdog_set": Input.UNKNOWN}, self._now_ns(), Quality.BAD)
            return
        in_time = 0 < tto.value * _TTO_MS <= self._settings.watchdog_max_ms
        stops = self._meaning("sll", sll.value) in _SAFE_LOSS
        proven = Input.OK if in_time and stops else Input.BLOCKED
        detail = "" if proven is Input.OK else self._set_wrong(tto.value, sll.value)
        point = Point(f"{self.name}.watchdog_set", proven, detail=detail)
        parameters = Point(f"{self.name}.watchdog_parameters", said.parameters)
        self._sink.deliver((parameters, point), min(tto.requested_ns, sll.requested_ns))

    def _set_wrong(self, tto: int, sll: int) -> str:
        most, kinds = self._settings.watchdog_max_ms, ", ".join(sorted(_SAFE_LOSS))
        found = f"TTO is {tto * _TTO_MS} ms, SLL is {self._meaning('sll', sll)}"
        return f"{found}; set TTO to 100-{most} ms and SLL to one of {kinds}"

    def _publish(
        self, values: Mapping[str, Value], requested_ns: int, quality: Quality = Quality.GOOD
    ) -> None:
        self._sink.deliver(points_of(self.name, values, quality), requested_ns)

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Whether it succeeded; a failure is counted."""
        try:
            await work()
        except DeviceError as error:
            if self._link.failed(error):
                # A lost drive stops by its own time-out and never starts again by itself.
                self._new_order(_STOP_WORDS)
                self._slow.clear()
            return False
        return True

    async def _say_farewell(self) -> None:
        self._new_order(_STOP_WORDS)
        # A line that is down already cannot be told anything: the drive's time-out acts.
        with contextlib.suppress(DeviceError, TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                await self._unit.write("cmd", QUICK_STOP, Priority.STOP)
                await self._unit.write("lfrd", 0, Priority.STOP)

    async def _why_not(self, state: DriveState) -> str:
        fault = self._meaning("lft", await self._unit.read("lft", Priority.COMMAND))
        return f"the drive is in {state.value}, last fault {fault}. Clear it, then reset_fault"

    def _meaning(self, name: str, value: int) -> str:
        return self._unit.device_map.field(name).values.get(value, f"code {value}")

    def _rpm(self, speed_mm_s: int) -> int:
        rpm = round(speed_mm_s * 60 / self._settings.mm_per_rev)
        field = self._unit.device_map.field("lfrd")
        low = -0x8000 if field.min is None else field.min
        high = 0x7FFF if field.max is None else field.max
        if not low <= rpm <= high:
            detail = f"{speed_mm_s} mm/s are {rpm} rpm, outside {low}..{high} of the device map"
            raise DeviceRefused(self.name, "start", f"{detail}. Check mm_per_rev")
        return rpm
