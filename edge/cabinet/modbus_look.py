"""A Modbus device looked at through its map: it is only read, no driver runs.

A question can still do something: a drive's communication time-out is fed by any frame addressed
to it. So the line stays silent first, until that time-out must have acted, and a device that is
seen to move is asked nothing more.
"""

import asyncio
import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from drivers.bus_plan import block_read
from drivers.device_map_checks import value_range
from drivers.device_map_model import DeviceMap, Group, MapField
from drivers.kind import BusParts
from drivers.modbus_requests import READ_FUNCTIONS, Request
from drivers.read_plan import Block, decode_field, plan_fields, plan_reads
from edge.cabinet.place import Place
from edge.cabinet.rows import Row
from edge.core.values import Quality
from edge.errors import DeviceGarbled, DeviceRefused, DeviceTimeout

_FED_BY_ANY_FRAME = "comm-timeout"
_LONGEST_TIME_OUT_MS = 5000
"""Longest communication time-out any driver's settings allow."""
_MARGIN = 1.5
_GROUPS: tuple[Group, ...] = ("fast", "slow", "once", "event")

MOVES = (
    "it moves, or may move, and no lane watches it. Every question feeds its time-out, so nothing "
    "more is asked. Stop it at the device, then look again"
)


class ModbusLook:
    """One Modbus device while its line is open.

    Args:
        place: the device.
        now_ns: monotonic time in nanoseconds.
    """

    def __init__(self, place: Place, now_ns: Callable[[], int]) -> None:
        assert isinstance(place.made.parts, BusParts), f"{place.name} is on no Modbus bus"
        self._place = place
        self._now_ns = now_ns
        self._parts = place.made.parts
        self._task: asyncio.Task[None] | None = None
        self._fast = plan_reads(self._map, "fast")
        self._blocks = [block for group in _GROUPS for block in plan_reads(self._map, group)]
        self._values: dict[str, float] = {}
        self.durations_ms: list[float] = []
        self.turnarounds_ms: list[float] = []
        self.misses = 0

    @property
    def _map(self) -> DeviceMap:
        return self._parts.device_map

    @property
    def title(self) -> str:
        """Maker and model, for people."""
        return f"{self._map.device.vendor} {self._map.device.model}"

    @property
    def sends(self) -> str:
        """What this look sends."""
        return "questions"

    @property
    def hold_off_s(self) -> float:
        """How long the line stays silent before the first question."""
        watchdog = self._map.watchdog
        if watchdog is None or watchdog.kind != _FED_BY_ANY_FRAME:
            return 0.0
        longest = getattr(self._place.made.settings, "watchdog_max_ms", _LONGEST_TIME_OUT_MS)
        return _MARGIN * float(longest) / 1000

    async def __aenter__(self) -> Self:
        await asyncio.sleep(self.hold_off_s)
        self._task = asyncio.create_task(self._parts.bus.run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    @property
    def moving(self) -> str:
        """Why nothing more may be asked; empty while nothing moves."""
        made = self._place.made
        return MOVES if made.kind.moves(made.settings, self._values) else ""

    async def look(self) -> list[Row]:
        """Read every field that can be read. Raises DeviceError."""
        rows = await self._read(self._fast)
        if not self.moving:
            rows += await self._read([one for one in self._blocks if one not in self._fast])
        return rows

    async def probe(self, exchanges: int) -> list[Row]:
        """Ask so many times for what the lane polls. Raises DeviceError when nothing answers."""
        blocks = self._fast or self._blocks
        rows: dict[str, Row] = {}
        for turn in range(exchanges):
            try:
                found = await self._rows(blocks[turn % len(blocks)])
            except (DeviceTimeout, DeviceGarbled):
                self.misses += 1
                if self.misses == exchanges:
                    raise
                continue
            rows |= {row.field: row for row in found}
            if self.moving:
                break
        return list(rows.values())

    async def _read(self, blocks: Sequence[Block]) -> list[Row]:
        return [row for block in blocks for row in await self._rows(block)]

    async def _rows(self, block: Block) -> list[Row]:
        request = Request(
            device=self._place.name,
            operation=f"read {', '.join(field.name for field in block.fields[:3])}",
            unit=self._place.made.unit,
            function=READ_FUNCTIONS[block.table],
            address=block.address,
            count=block.count,
        )
        asked_ns = self._now_ns()
        try:
            answer = await self._parts.bus.exchange(request)
        except DeviceRefused as error:
            # The device lives and says no to these registers, or to one of them: a smaller model
            # of its family has fewer.
            if len(block.fields) > 1:
                return await self._read(
                    [one for field in block.fields for one in plan_fields(self._map, [field])]
                )
            (field,) = block.fields
            return [Row(field.name, None, field.unit, Quality.BAD, asked_ns, detail=error.detail)]
        self._timed((self._now_ns() - answer.requested_ns) / 1e6, block)
        return [
            self._row(field, answer.registers[field.address - block.address :], answer.requested_ns)
            for field in block.fields
        ]

    def _timed(self, took_ms: float, block: Block) -> None:
        pace = self._place.made.pace
        characters = block_read(block, 0).characters
        self.durations_ms.append(took_ms)
        self.turnarounds_ms.append(max(took_ms - characters * pace.character_ms, 0.0))

    def _row(self, field: MapField, registers: Sequence[int], requested_ns: int) -> Row:
        number = decode_field(self._map, field, registers)
        self._values[field.name] = number
        raw = tuple(registers[: field.words])
        if not math.isfinite(number):
            detail = f"{number} is no number"
            return Row(field.name, None, field.unit, Quality.BAD, requested_ns, raw, detail)
        low, high = value_range(field)
        quality, detail = Quality.GOOD, _set_bits(field, number)
        value: int | float | str = number if field.scale == 1 else round(number * field.scale, 6)
        if not low <= number <= high:
            quality, detail = Quality.BAD, f"outside {low:g}..{high:g} of the map"
        elif field.values and number in field.values:
            value = field.values[int(number)]
        elif field.values:
            quality, detail = Quality.UNCERTAIN, "the map has no word for this code"
        return Row(field.name, value, field.unit, quality, requested_ns, raw, detail)


def _set_bits(field: MapField, number: float) -> str:
    """The named bits that are set."""
    bits: Mapping[str, int] = field.bits
    return ", ".join(name for name, bit in bits.items() if int(number) >> bit & 1)
