"""Pilz PNOZmulti: reads the safety chain, sets lamp, horn and barriers, feeds its watchdog.

It reads and requests; the safety controller itself decides, and drops every request of ours when
we fall silent.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Literal, Unpack

from pydantic import BaseModel, ConfigDict, Field

from drivers.about import About
from drivers.bus_driver import BusDriver, Head
from drivers.bus_plan import Plan, block_read, modbus_read, modbus_write, per_second
from drivers.device_link import rest_s
from drivers.device_map_model import DeviceMap, Group
from drivers.modbus_requests import Priority
from drivers.modbus_unit import Sample
from drivers.pnozmulti_inputs import (
    PRESENCES,
    PUBLISHED_INPUTS,
    REQUIRED_BITS,
    LifeCounter,
    presence,
    safety_inputs,
)
from drivers.read_plan import plan_reads
from edge.core.values import Input, Presence, Quality
from edge.errors import DeviceError, DeviceRefused
from edge.ports import Point, Points, WatchdogSet, points_of

REQUIRED_FIELDS = (
    "out_warning",
    "watchdog_time",
    "watchdog_trigger",
    "life",
    "data_not_current",
    "watchdog_expired",
    *REQUIRED_BITS,
)

ABOUT = About(
    device="Pilz PNOZmulti safety controller",
    protocol="Modbus registers of the safety project",
    wire="Modbus/TCP",
    publishes=(*PUBLISHED_INPUTS, *PRESENCES, "life", "watchdog", "outputs"),
)

POLLED: Mapping[str, Group] = dict.fromkeys(
    ("life", "data_not_current", "watchdog_expired", *REQUIRED_BITS), "fast"
)
"""The group of the map in which each polled field must be."""

_OUTPUT_PREFIX = "out_"
_WATCHDOG_TIME = 3
"""Code of 500 ms in bits 10-8 of the control register (Pilz 1002971EN02)."""
_WATCHDOG_MS = 500
_NS_PER_MS = 1_000_000
_FEED_MS = 100
"""Period of watchdog and outputs: five times in the watchdog's 500 ms, at every poll if that is
slower."""
_FAREWELL_S = 0.3


class PnozmultiSettings(BaseModel):
    """The safety controller of a lane file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Literal["pnozmulti"]
    bus: str = Field(description="Bus the controller is on")
    unit: int = Field(1, ge=0, le=255, description="Modbus unit id")
    poll_ms: int = Field(40, ge=20, le=150, description="Period of reading and watchdog")
    life_ms: int = Field(30, ge=20, le=500, description="The life counter must move within")
    misses: int = Field(2, ge=1, le=10, description="Missing answers until it counts as lost")


def plan(settings: PnozmultiSettings, device_map: DeviceMap) -> Plan:
    """Inputs at every poll; the word of outputs and the watchdog in a period of their own."""
    polls = per_second(settings.poll_ms)
    feeds = min(polls, per_second(_FEED_MS - settings.poll_ms // 2))
    fast = (block_read(block, polls) for block in plan_reads(device_map, "fast"))
    outputs = modbus_read("read the outputs", feeds, 1)
    return (*fast, outputs, modbus_write("feed the watchdog", feeds, 1))


class Pnozmulti(BusDriver[PnozmultiSettings]):
    """Satisfies `edge.ports.SafetyController`.

    Publishes the fields of `drivers.pnozmulti_inputs` and ``life``, ``watchdog`` and ``outputs``
    (OK while the controller holds what was asked of it). Without a moving life counter, or when
    the controller says that its data are not current, every field is Quality.BAD.
    """

    def __init__(self, **head: Unpack[Head[PnozmultiSettings]]) -> None:
        super().__init__(**head)
        self._blocks = plan_reads(self._map, "fast")
        self._outputs = {
            field.name.removeprefix(_OUTPUT_PREFIX): field
            for field in self._map.fields
            if field.name.startswith(_OUTPUT_PREFIX)
        }
        self._mask = 0
        for field in self._outputs.values():
            self._mask |= field.mask
        self._word = 0
        self._writing = asyncio.Lock()
        self._life = LifeCounter(self._settings.life_ms * _NS_PER_MS)
        self._watchdog_proven = False
        self._fed_ns: int | None = None
        self._triggered_ns = 0
        self._read: tuple[Mapping[str, int], Input] = ({}, Input.UNKNOWN)
        self._read_ns = 0
        self._inputs: Points = ()

    @property
    def fed_ns(self) -> int:
        """When its watchdog was triggered last; reading alone does not feed it."""
        return self._triggered_ns

    @property
    def watchdog(self) -> WatchdogSet | None:
        """The time that this driver gives it, once the controller was seen to have taken it."""
        return WatchdogSet(_WATCHDOG_MS, f"{_WATCHDOG_MS} ms") if self._watchdog_proven else None

    async def set_output(self, name: str, *, on: bool) -> None:
        """Set one named output and read the whole output word back.

        Raises:
            DeviceRefused: no output has this name, or the controller keeps another word.
            DeviceTimeout: no answer in time; the next cycle of the watchdog clears doubt.
            DeviceUnreachable: the line is down.
        """
        field = self._outputs.get(name)
        if field is None:
            known = ", ".join(sorted(self._outputs))
            raise DeviceRefused(self.name, f"set {name}", f"no such output, there are {known}")
        async with self._writing:
            self._word = self._word | field.mask if on else self._word & ~field.mask
            asked = self._word
            try:
                await self._unit.write(field.name, asked, Priority.COMMAND)
                held = await self._unit.read_word(field.name, Priority.COMMAND) & self._mask
            except DeviceError:
                # Whether it arrived is unknown: what is asked for next starts from all off.
                self._word = 0
                raise
            if held != asked:
                self._word = 0
                detail = f"asked for {asked:04X}, the controller holds {held:04X}"
                raise DeviceRefused(self.name, f"set {name}", f"{detail}. Its watchdog has fired?")

    async def run(self) -> None:
        """Read and feed the watchdog, for ever; on cancellation all outputs go off."""
        try:
            while True:
                begun_ns = self._now_ns()
                if self._alive():
                    await self._cycle()
                else:
                    # Silence lets the controller's watchdog act; nothing is asked for after it.
                    self._start_over()
                await asyncio.sleep(rest_s(self._settings.poll_ms, begun_ns, self._now_ns()))
        finally:
            self._word = 0
            # A line that is down already cannot be told anything: the watchdog acts.
            with contextlib.suppress(DeviceError, TimeoutError):
                async with asyncio.timeout(_FAREWELL_S):
                    await self._unit.write("out_warning", 0, Priority.STOP)

    async def _cycle(self) -> None:
        try:
            samples = [await self._unit.read_block(block) for block in self._blocks]
            # What the beam rests on is told before anything more is asked, which takes time.
            self._publish_inputs(samples)
            requested_ns = samples[0].requested_ns
            if self._is_hungry(requested_ns):
                held = {"outputs": await self._check_outputs()}
                await self._feed()
                self._fed_ns = requested_ns
                self._sink.deliver(points_of(self.name, held), requested_ns)
        except DeviceError as error:
            if self._link.failed(error):
                self._start_over()
            return
        self._link.good()
        self._publish_proof()

    def _is_hungry(self, now_ns: int) -> bool:
        """Whether it is nearer to the watchdog's period now than at the next poll."""
        if self._fed_ns is None:
            return True
        early_ns = self._settings.poll_ms * _NS_PER_MS // 2
        return now_ns - self._fed_ns >= _FEED_MS * _NS_PER_MS - early_ns

    async def _check_outputs(self) -> Input:
        """See whether the controller still holds our word; if not, ask for nothing any more."""
        async with self._writing:
            held = await self._unit.read_word("out_warning") & self._mask
            if held == self._word:
                return Input.OK
            self._word = 0
            await self._unit.write("out_warning", 0, Priority.COMMAND)
            return Input.CONFLICT

    async def _feed(self) -> None:
        """Trigger the watchdog; the first time, see that the controller took its time."""
        time_field = self._unit.device_map.field("watchdog_time")
        trigger = self._unit.device_map.field("watchdog_trigger").mask
        word = trigger | _WATCHDOG_TIME << (time_field.bit or 0)
        try:
            answer = await self._unit.write("watchdog_trigger", word, Priority.COMMAND, self._alive)
        except DeviceRefused:
            if self._alive():
                raise
            return
        self._triggered_ns = answer.requested_ns
        if not self._watchdog_proven:
            self._watchdog_proven = await self._unit.read("watchdog_time") == _WATCHDOG_TIME

    def _publish_inputs(self, samples: list[Sample]) -> None:
        """Publish the safety chain, all of it in doubt unless the controller lives."""
        bits = {name: value for sample in samples for name, value in sample.values.items()}
        requested_ns = min(sample.requested_ns for sample in samples)
        life = self._life.seen(bits.pop("life"), requested_ns)
        if bits["data_not_current"]:
            life = Input.STALE
        if (bits, life) != self._read:
            self._read, self._inputs = (bits, life), self._chain(bits, life)
        self._read_ns = requested_ns
        self._sink.deliver(self._inputs, requested_ns)

    def _publish_proof(self) -> None:
        """Publish what speaks for the controller itself."""
        bits, life = self._read
        fed = self._watchdog_proven and not bits["watchdog_expired"]
        watchdog = Input.OK if fed else Input.BLOCKED
        proof = Point(f"{self.name}.watchdog", watchdog, detail=self._doubt(bits))
        self._sink.deliver((Point(f"{self.name}.life", life), proof), self._read_ns)

    def _doubt(self, bits: Mapping[str, int]) -> str:
        """What speaks against the controller's watchdog, for people."""
        if bits["watchdog_expired"]:
            return "its watchdog has expired"
        return "" if self._watchdog_proven else "it did not take the 500 ms of its watchdog"

    def _chain(self, bits: Mapping[str, int], life: Input) -> Points:
        """The safety chain and the presence sensors: doubtful, all of them, unless it lives."""
        if life is Input.OK:
            seen = {name: presence(bits, name) for name in PRESENCES}
            return points_of(self.name, {**safety_inputs(bits), **seen})
        blind = dict.fromkeys(safety_inputs(bits), life)
        unseen = dict.fromkeys(PRESENCES, Presence.UNKNOWN)
        return points_of(self.name, {**blind, **unseen}, Quality.BAD)

    def _start_over(self) -> None:
        """Nothing is asked for and nothing is proven any more."""
        self._word = 0
        self._fed_ns = None
        self._life = LifeCounter(self._settings.life_ms * _NS_PER_MS)
        self._watchdog_proven = False
