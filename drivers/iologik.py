"""Moxa ioLogik remote I/O: inputs, counters and outputs by the names the lane file gives them."""

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Mapping
from typing import Annotated, Literal, Unpack

from pydantic import BaseModel, ConfigDict, Field, model_validator

from drivers.about import About
from drivers.bus_driver import BusDriver, Head
from drivers.bus_plan import Plan, block_read, per_second
from drivers.device_link import rest_s, tried
from drivers.device_map_model import DeviceMap, Name
from drivers.modbus_requests import Priority
from drivers.read_plan import Block, plan_fields
from edge.core.values import Input, Quality
from edge.errors import DeviceError, DeviceRefused
from edge.ports import Point, WatchdogSet

_CHANNELS = {"E1212": 8, "E1214": 6}
_OWN = frozenset({"outputs", "safe_mode"})
_PARTS = ("di", "counter", "out", "counting", "clear", "safe")
_FAREWELL_S = 0.5

REQUIRED_FIELDS = tuple(
    f"{part}_{channel}" for part in _PARTS for channel in range(max(_CHANNELS.values()))
)

ABOUT = About(
    device="Moxa ioLogik E1212 or E1214 remote I/O",
    protocol="Modbus bits and registers",
    wire="Modbus/TCP",
    publishes=("<inputs>", "<counters>", "<outputs>"),
    tells=("outputs", "safe_mode"),
)

Channel = Annotated[int, Field(ge=0, le=7)]
State = Literal["on", "off"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class InputChannel(_Section):
    """One input; what counts as OK has no default."""

    channel: Channel
    ok_when: State = Field(description="State of the contact in which the input is OK")


class OutputChannel(_Section):
    """One output; what it is left in has no default."""

    channel: Channel
    safe: State = Field(description="Given at start, after any doubt and at the end")


class IologikSettings(_Section):
    """One remote I/O of a lane file."""

    kind: Literal["iologik"]
    bus: str = Field(description="Bus the device is on")
    unit: int = Field(1, ge=0, le=255, description="Modbus unit id")
    model: Literal["E1212", "E1214"]
    inputs: dict[Name, InputChannel] = Field(default={}, description="Published field to input")
    counters: dict[Name, Channel] = Field(default={}, description="Published field to counter")
    outputs: dict[Name, OutputChannel] = Field(default={}, description="Name to output")
    host_watchdog_ms: int | None = Field(
        None, ge=100, le=60_000, description="As set in its web page; left out where it is off"
    )
    proof_output: Name | None = Field(
        None, description="The output that may be switched to prove the host watchdog"
    )
    poll_ms: int = Field(100, ge=20, le=5000, description="Period of reading")
    misses: int = Field(2, ge=1, le=10, description="Missing answers until it counts as lost")

    @model_validator(mode="after")
    def _names_and_channels(self) -> "IologikSettings":
        names = [*self.inputs, *self.counters, *self.outputs]
        if not names:
            raise ValueError("names nothing: give inputs, counters or outputs")
        twice = sorted({name for name in names if names.count(name) > 1 or name in _OWN})
        if twice:
            raise ValueError(f"{', '.join(twice)}: every name is used once; outputs and safe_mode")
        limit = _CHANNELS[self.model]
        used = {
            **{name: each.channel for name, each in self.inputs.items()},
            **self.counters,
            **{name: each.channel for name, each in self.outputs.items()},
        }
        beyond = sorted(name for name, channel in used.items() if channel >= limit)
        if beyond:
            raise ValueError(f"{', '.join(beyond)}: {self.model} has channels 0 to {limit - 1}")
        if self.proof_output is not None and self.proof_output not in self.outputs:
            raise ValueError(f"proof_output {self.proof_output}: names no output of this device")
        relays = [each.channel for each in self.outputs.values()]
        if len(set(relays)) != len(relays):
            raise ValueError("two outputs have the same channel")
        return self


def plan(settings: IologikSettings, device_map: DeviceMap) -> Plan:
    """Every channel that has a name, at every poll."""
    polls = per_second(settings.poll_ms)
    return tuple(block_read(block, polls) for block in _blocks(settings, device_map))


def _blocks(settings: IologikSettings, device_map: DeviceMap) -> tuple[Block, ...]:
    """The questions that read every channel with a name."""
    used = (
        *(f"di_{each.channel}" for each in settings.inputs.values()),
        *(
            f"{part}_{each}"
            for part in ("counter", "counting")
            for each in settings.counters.values()
        ),
        *(
            f"{part}_{each.channel}"
            for part in ("out", "safe")
            for each in settings.outputs.values()
        ),
    )
    return plan_fields(device_map, map(device_map.field, dict.fromkeys(used)))


class Iologik(BusDriver[IologikSettings]):
    """Publishes each input as Input, each counter as a number, each output as 0 or 1.

    Also ``outputs`` (OK while the device holds what was asked of it) and ``safe_mode`` (OK while
    no output of ours is in the device's own safe state), where there are outputs. A counter that
    has been stopped is Quality.BAD. Outputs stay as they are while the lane logic is dead: Modbus
    shows no host watchdog of this device, so nothing that people rely on may hang on them.
    """

    def __init__(self, **head: Unpack[Head[IologikSettings]]) -> None:
        super().__init__(**head)
        self._blocks = _blocks(self._settings, self._map)
        self._writing = asyncio.Lock()
        self._wanted = self._safe_states()

    @property
    def watchdog(self) -> WatchdogSet | None:
        """What the lane file says of its host watchdog: Modbus shows none. None where it is off."""
        time_ms = self._settings.host_watchdog_ms
        return None if time_ms is None else WatchdogSet(time_ms, f"{time_ms} ms in its web page")

    async def try_output(self) -> str:
        """Switch the output of proofs away from its safe state; give its name. Raises DeviceError.

        It has a name only where the lane file says that this output may be switched for a proof.
        """
        name = self._settings.proof_output
        if name is None:
            detail = "the lane file names no proof_output that may be switched"
            raise DeviceRefused(self.name, "prove", detail)
        await self.set_output(name, on=self._settings.outputs[name].safe == "off")
        return name

    async def set_output(self, name: str, *, on: bool) -> None:
        """Set one named output and read it back.

        Raises:
            DeviceRefused: no output has this name, or the device holds the other state.
            DeviceTimeout: no answer in time; the next poll gives every output its safe state.
            DeviceUnreachable: the line is down.
        """
        output = self._settings.outputs.get(name)
        if output is None:
            known = ", ".join(sorted(self._settings.outputs)) or "none"
            raise DeviceRefused(self.name, f"set {name}", f"no such output, there are {known}")
        async with self._writing:
            field = f"out_{output.channel}"
            self._wanted[name] = int(on)
            try:
                await self._unit.write(field, int(on), Priority.COMMAND, self._alive)
                held = await self._unit.read(field, Priority.COMMAND)
            except DeviceError:
                self._wanted = self._safe_states()
                raise
            if held != on:
                self._wanted = self._safe_states()
                states = f"asked for {int(on)}, the device holds {held}"
                detail = f"{states}. Is it in safe mode, or set by another master?"
                raise DeviceRefused(self.name, f"set {name}", detail)

    async def clear_counter(self, name: str) -> None:
        """Set a counter to 0 and see it there. Raises DeviceError."""
        channel = self._settings.counters.get(name)
        if channel is None:
            known = ", ".join(sorted(self._settings.counters)) or "none"
            raise DeviceRefused(self.name, f"clear {name}", f"no such counter, there are {known}")
        # Only a 1 is ever written: the device answers a 0 with exception 03.
        await self._unit.write(f"clear_{channel}", 1, Priority.COMMAND, self._alive)

    async def run(self) -> None:
        """Read for ever; on cancellation every output gets its safe state."""
        try:
            while True:
                begun_ns = self._now_ns()
                if self._alive():
                    await self._poll()
                else:
                    self._wanted = self._safe_states()
                await asyncio.sleep(rest_s(self._settings.poll_ms, begun_ns, self._now_ns()))
        finally:
            # A line that is down already cannot be told anything: the outputs stay.
            with contextlib.suppress(DeviceError, TimeoutError):
                async with asyncio.timeout(_FAREWELL_S):
                    await self._give_safe_states(Priority.STOP, lambda: True)

    async def _poll(self) -> None:
        try:
            async with self._writing:
                samples = [await self._unit.read_block(block) for block in self._blocks]
                values = {name: raw for each in samples for name, raw in each.values.items()}
                held = self._held(values)
                agreed = held == self._wanted
                requested_ns = min(sample.requested_ns for sample in samples)
                # What was read is told before anything is written, that may fail.
                points = *self._inputs(values), *self._counters(values)
                self._sink.deliver((*points, *self._outputs(values, agreed)), requested_ns)
                if not agreed:
                    self._wanted = self._safe_states()
                    await self._give_safe_states(Priority.COMMAND, self._alive)
        except DeviceError as error:
            if self._link.failed(error):
                self._wanted = self._safe_states()
            return
        self._link.good()

    def _inputs(self, values: Mapping[str, int]) -> list[Point]:
        return [
            self._point(name, Input.OK if ok else Input.BLOCKED)
            for name, each in self._settings.inputs.items()
            for ok in [values[f"di_{each.channel}"] == (each.ok_when == "on")]
        ]

    def _counters(self, values: Mapping[str, int]) -> list[Point]:
        stopped = "the counter is stopped. Start it in the device's settings"
        return [
            self._point(name, values[f"counter_{channel}"])
            if values[f"counting_{channel}"]
            else self._point(name, values[f"counter_{channel}"], Quality.BAD, stopped)
            for name, channel in self._settings.counters.items()
        ]

    def _outputs(self, values: Mapping[str, int], agreed: bool) -> list[Point]:  # noqa: FBT001
        held = self._held(values)
        if not held:
            return []
        safe = any(values[f"safe_{each.channel}"] for each in self._settings.outputs.values())
        return [
            *itertools.starmap(self._point, held.items()),
            self._point("outputs", Input.OK if agreed else Input.CONFLICT),
            self._point("safe_mode", Input.BLOCKED if safe else Input.OK),
        ]

    def _point(
        self, field: str, value: Input | int, quality: Quality = Quality.GOOD, detail: str = ""
    ) -> Point:
        return Point(f"{self.name}.{field}", value, quality, detail)

    def _held(self, values: Mapping[str, int]) -> dict[str, int]:
        return {
            name: values[f"out_{each.channel}"] for name, each in self._settings.outputs.items()
        }

    def _safe_states(self) -> dict[str, int]:
        return {name: int(each.safe == "on") for name, each in self._settings.outputs.items()}

    async def _give_safe_states(self, priority: Priority, wanted: Callable[[], bool]) -> None:
        """Give every output its safe state, one after the other fails too. Raises DeviceError."""
        await tried(
            self._unit.write(f"out_{each.channel}", int(each.safe == "on"), priority, wanted)
            for each in self._settings.outputs.values()
        )
