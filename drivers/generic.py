"""Any Modbus device of which there is a map: every readable field published under its name.

Read-only, unless a field says ``access``, ``safe`` and ``verify``; then it can be set by name.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Literal, Unpack

from pydantic import BaseModel, ConfigDict, Field

from drivers.about import About
from drivers.bus_driver import BusDriver, Head
from drivers.bus_plan import Plan, PlannedExchange, block_read, modbus_write, per_second
from drivers.device_link import rest_s, tried
from drivers.device_map_model import DeviceMap, MapField
from drivers.generic_values import is_proven, points_of_field, raw_of, unread_points
from drivers.modbus_client import NotThere
from drivers.modbus_requests import Priority
from drivers.read_plan import (
    Block,
    decode_block,
    decode_field,
    encode_field,
    plan_fields,
    plan_reads,
)
from edge.core.values import Input, Quality
from edge.errors import DeviceError, DeviceRefused, Mistake
from edge.ports import Point

_NS_PER_MS = 1_000_000
_FAREWELL_S = 0.5
_KEPT_ALIVE = frozenset({"comm-timeout", "none"})
"""Watchdogs that need nothing but to be written to again."""


ABOUT = About(
    device="whatever has a device map",
    protocol="Modbus bits and registers",
    wire="Modbus RTU or TCP",
    publishes=("<readable fields of the map>",),
    tells=("watchdog_set",),
)


class GenericSettings(BaseModel):
    """One device of a lane file that has a map and no driver of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Literal["generic"]
    bus: str = Field(description="Bus the device is on")
    unit: int = Field(1, ge=0, le=255, description="Modbus device id")
    map: str = Field(pattern=r"\.toml$", description="Its map, from the folder of the device maps")
    poll_ms: int = Field(200, ge=20, le=10_000, description="Period of the fast fields")
    misses: int = Field(2, ge=1, le=10, description="Missing answers until it counts as lost")


def plan(settings: GenericSettings, device_map: DeviceMap) -> Plan:
    """Fast blocks at every poll, one of the others after them; what is held, at every refresh."""
    polls = per_second(settings.poll_ms)
    fast = [block_read(block, polls) for block in plan_reads(device_map, "fast")]
    others = _in_turn(device_map)
    turn = [block_read(block, polls / len(others)) for block in others]
    return (*fast, *turn, *_refreshes(settings, device_map))


def _refreshes(settings: GenericSettings, device_map: DeviceMap) -> list[PlannedExchange]:
    watchdog = device_map.watchdog
    if watchdog is None or watchdog.kind == "none":
        return []
    # What is due is written before a poll, so no more often than that.
    refreshes = per_second(max(watchdog.refresh_ms, settings.poll_ms))
    return [
        modbus_write(f"write {name}", refreshes, field.words, field.table)
        for name, field in _settable(device_map).items()
    ]


def _in_turn(device_map: DeviceMap) -> tuple[Block, ...]:
    """The blocks of which each poll reads one."""
    return (*plan_reads(device_map, "slow"), *plan_reads(device_map, "event"))


def mistakes_of(device_map: DeviceMap, file: str) -> list[Mistake]:
    """Return what this driver could not do with a map that is sound in itself."""
    found = []
    watchdog = device_map.watchdog
    if watchdog is not None and watchdog.kind not in _KEPT_ALIVE and _settable(device_map):
        reason = "the generic driver cannot feed this kind of watchdog"
        remedy = "Make the fields read-only, or give the device a driver of its own"
        found.append(Mistake(file, "watchdog.kind", watchdog.kind, reason, remedy))
    if all(field.access == "w" for field in device_map.fields):
        reason, remedy = "no field can be read", "Add one, so that a lost device is noticed"
        found.append(Mistake(file, "fields", "", reason, remedy))
    return found


def _settable(device_map: DeviceMap) -> dict[str, MapField]:
    """The fields that may be set. One bit of a register is not one: its neighbours would change."""
    return {
        field.name: field
        for field in device_map.fields
        if field.writable
        and field.safe is not None
        and field.verify != "none"
        and field.bit is None
    }


class Generic(BusDriver[GenericSettings]):
    """Publishes each readable field, scaled, in the unit of the map, and each of its named bits.

    A number outside the map's range or enumeration is Quality.BAD without a value; so is a field
    the device refuses, or that was not read for ``stale_after_ms`` while others were.
    ``watchdog_set`` is published where the map has conditions for it. Fast fields come at every
    poll, the blocks of slow and event fields in turn, those of ``once`` until they were read.
    """

    def __init__(self, **head: Unpack[Head[GenericSettings]]) -> None:
        super().__init__(**head)
        self._fast = plan_reads(self._map, "fast")
        self._turn = _in_turn(self._map)
        self._once = list(plan_reads(self._map, "once"))
        self._next = 0
        self._settable = _settable(self._map)
        self._held = self._safe_values()
        self._written_ns: int | None = None
        self._raw: dict[str, float] = {}
        self._read_ns: dict[str, int] = {}
        self._begun_ns = self._now_ns()
        self._refreshed = True

    async def set_field(self, name: str, value: float | str) -> None:
        """Set one field, in its unit or by the word of its enumeration; verified as the map says.

        Raises:
            DeviceRefused: the map does not allow it, or the device keeps another value.
            DeviceTimeout: no answer in time; the next refresh gives every field its safe value.
            DeviceUnreachable: the line is down.
        """
        field = self._settable.get(name)
        if field is None:
            known = ", ".join(sorted(self._settable)) or "none"
            detail = f"the map does not let it be written, with safe and verify; it lets {known}"
            raise DeviceRefused(self.name, f"set {name}", detail)
        try:
            raw = raw_of(field, value)
        except ValueError as error:
            raise DeviceRefused(self.name, f"set {name}", str(error)) from error
        self._held[name] = raw
        try:
            await self._write(field, raw, Priority.COMMAND)
            kept = await self._read_back(field) if field.verify == "readback" else raw
        except DeviceError:
            self._all_safe()
            raise
        words = encode_field(self._map, field, raw)
        if encode_field(self._map, field, kept) != words:
            self._all_safe()
            detail = f"asked for {raw:g}, the device keeps {kept:g} (raw)"
            raise DeviceRefused(self.name, f"set {name}", detail)

    async def run(self) -> None:
        """Read, and repeat what is held, for ever; at the end every field gets its safe value."""
        try:
            while True:
                begun_ns = self._now_ns()
                if self._alive():
                    if self._refresh_is_due():
                        self._refreshed = await self._guarded(self._refresh)
                    if await self._guarded(self._poll) and self._refreshed:
                        # A device that shows itself and refuses every write is not a good one.
                        self._link.good()
                    self._tell_stale()
                else:
                    # Silence lets the device's own time-out act; afterwards all begins safe.
                    self._all_safe()
                await asyncio.sleep(rest_s(self._settings.poll_ms, begun_ns, self._now_ns()))
        finally:
            # A line that is down already cannot be told anything.
            with contextlib.suppress(DeviceError, TimeoutError):
                async with asyncio.timeout(_FAREWELL_S):
                    await tried(
                        self._unit.write_words(
                            name, encode_field(self._map, self._settable[name], raw), Priority.STOP
                        )
                        for name, raw in self._safe_values().items()
                    )

    def _refresh_is_due(self) -> bool:
        """Whether to write what is held: once, and again as the map's watchdog asks for it."""
        watchdog = self._map.watchdog
        if not self._held or watchdog is None:
            return False
        if self._written_ns is None:
            return True
        age_ns = self._now_ns() - self._written_ns
        return watchdog.kind != "none" and age_ns >= watchdog.refresh_ms * _NS_PER_MS

    async def _refresh(self) -> None:
        begun_ns = self._now_ns()
        held = dict(self._held)
        try:
            await tried(
                self._write(self._settable[name], raw, Priority.POLL) for name, raw in held.items()
            )
        except DeviceError:
            if self._held == held:
                self._all_safe()
            raise
        self._written_ns = begun_ns

    async def _poll(self) -> None:
        for block in self._fast:
            await self._read(block)
        if self._once:
            await self._read(self._once[0])
            self._once.pop(0)
        if self._turn:
            block = self._turn[self._next % len(self._turn)]
            self._next += 1
            await self._read(block)
        self._tell_watchdog()

    async def _read(self, block: Block) -> None:
        try:
            answer = await self._unit.read_raw(block)
        except NotThere as error:
            # The device is well and has no such field: these are bad, the others go on.
            refused = [
                point
                for field in block.fields
                for point in unread_points(self.name, field, error.detail)
            ]
            self._sink.deliver(tuple(refused), self._now_ns())
            return
        raw = decode_block(self._map, block, answer.registers)
        self._raw.update(raw)
        self._read_ns.update(dict.fromkeys(raw, answer.requested_ns))
        points = [
            point
            for field in block.fields
            for point in points_of_field(self.name, field, raw[field.name])
        ]
        self._sink.deliver(tuple(points), answer.requested_ns)

    def _tell_stale(self) -> None:
        """A field whose turn comes too seldom is bad, although the device answers."""
        if self._link.lost:
            return
        now_ns = self._now_ns()
        for field in self._map.fields:
            read_ns = self._read_ns.get(field.name, self._begun_ns)
            limit_ms = field.stale_after_ms
            if field.access == "w" or limit_ms is None:
                continue
            if now_ns - read_ns > limit_ms * _NS_PER_MS:
                detail = f"not read for more than {limit_ms} ms"
                self._sink.deliver(tuple(unread_points(self.name, field, detail)), read_ns)

    def _tell_watchdog(self) -> None:
        watchdog = self._map.watchdog
        if watchdog is None or not watchdog.prove:
            return
        proven = is_proven(self._map, self._raw)
        source = f"{self.name}.watchdog_set"
        if proven is None:
            unread = Point(source, Input.UNKNOWN, Quality.BAD)
            self._sink.deliver((unread,), self._now_ns())
            return
        oldest_ns = min(self._read_ns[proof.field] for proof in watchdog.prove)
        point = Point(source, Input.OK if proven else Input.BLOCKED)
        self._sink.deliver((point,), oldest_ns)

    async def _write(self, field: MapField, raw: float, priority: Priority) -> None:
        words = encode_field(self._map, field, raw)

        def wanted() -> bool:
            return self._alive() and self._held[field.name] == raw

        await self._unit.write_words(field.name, words, priority, wanted)

    async def _read_back(self, field: MapField) -> float:
        (block,) = plan_fields(self._map, [field])
        answer = await self._unit.read_raw(block, Priority.COMMAND)
        return decode_field(self._map, field, answer.registers)

    def _safe_values(self) -> dict[str, float]:
        return {name: field.safe or 0 for name, field in self._settable.items()}

    def _all_safe(self) -> None:
        self._held = self._safe_values()
        self._written_ns = None

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Whether it succeeded; a failure is counted."""
        try:
            await work()
        except DeviceError as error:
            if self._link.failed(error):
                self._all_safe()
                self._raw.clear()
                self._once = list(plan_reads(self._map, "once"))
            return False
        return True
