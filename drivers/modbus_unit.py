"""One Modbus device on a bus: named reads and writes through its device map."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from drivers.device_map_model import DeviceMap, Table
from drivers.modbus import ModbusBus
from drivers.modbus_requests import (
    READ_FUNCTIONS,
    WRITE_COIL,
    WRITE_REGISTERS,
    Answer,
    Priority,
    Request,
)
from drivers.read_plan import Block, decode_block, decode_field, encode_register


@dataclass(frozen=True, slots=True)
class Sample:
    """Raw values of a block by field name, and when they were asked for."""

    values: Mapping[str, int]
    requested_ns: int


@dataclass(slots=True)
class _Planned:
    """A request that is asked again and again, with what it brought last."""

    request: Request
    registers: tuple[int, ...] = ()
    values: Mapping[str, int] = field(default_factory=dict)


def _always() -> bool:
    return True


class ModbusUnit:
    """A device's own view of its bus. All methods raise DeviceError as `ModbusBus.exchange`."""

    def __init__(self, *, name: str, unit: int, bus: ModbusBus, device_map: DeviceMap) -> None:
        self.name = name
        self.device_map = device_map
        self._unit = unit
        self._bus = bus
        self._planned: dict[tuple[str, int, Priority], _Planned] = {}

    async def read_block(self, block: Block, priority: Priority = Priority.POLL) -> Sample:
        """Read one planned block and decode its integer fields.

        Registers that repeat the last ones are not decoded again.
        """
        planned = self._plan(block, priority)
        answer = await self._bus.exchange(planned.request)
        if planned.registers != answer.registers:
            decoded = decode_block(self.device_map, block, answer.registers)
            planned.registers = answer.registers
            planned.values = {name: int(value) for name, value in decoded.items()}
        return Sample(planned.values, answer.requested_ns)

    async def read_raw(self, block: Block, priority: Priority = Priority.POLL) -> Answer:
        """Read one planned block and leave its registers as they are."""
        return await self._bus.exchange(self._plan(block, priority).request)

    async def read(self, name: str, priority: Priority = Priority.POLL) -> int:
        """Read one single-register field, decoded."""
        field = self.device_map.field(name)
        return int(decode_field(self.device_map, field, [await self.read_word(name, priority)]))

    async def read_word(self, name: str, priority: Priority = Priority.POLL) -> int:
        """Read the whole register that a field lies in, undecoded."""
        field = self.device_map.field(name)
        assert field.words == 1, f"{name} takes {field.words} registers"
        block = Block(field.table, field.address, 1, (field,))
        return (await self._bus.exchange(self._plan(block, priority).request)).registers[0]

    def _plan(self, block: Block, priority: Priority) -> _Planned:
        """The request that reads a block, made once: most are asked again and again."""
        key = (block.fields[0].name, block.count, priority)
        planned = self._planned.get(key)
        if planned is None:
            names = ", ".join(field.name for field in block.fields[:3])
            request = Request(
                device=self.name,
                operation=f"read {names}",
                unit=self._unit,
                function=READ_FUNCTIONS[block.table],
                address=block.address,
                count=block.count,
                priority=priority,
            )
            planned = self._planned[key] = _Planned(request)
        return planned

    async def write(
        self,
        name: str,
        value: int,
        priority: Priority,
        wanted: Callable[[], bool] = _always,
    ) -> Answer:
        """Write a coil, or a holding field's whole register; dropped unsent when not wanted."""
        return await self.write_words(name, (value,), priority, wanted)

    async def write_words(
        self,
        name: str,
        words: tuple[int, ...],
        priority: Priority,
        wanted: Callable[[], bool] = _always,
    ) -> Answer:
        """Write registers from a holding field on, all in one request, or one coil."""
        field = self.device_map.field(name)
        coil = field.table is Table.COIL
        assert field.writable, f"{name} is read-only in the device map"
        return await self._bus.exchange(
            Request(
                device=self.name,
                operation=f"write {name} = {', '.join(map(str, words))}",
                unit=self._unit,
                function=WRITE_COIL if coil else WRITE_REGISTERS,
                address=field.address,
                count=len(words),
                values=tuple(map(encode_register, words)),
                priority=priority,
                wanted=wanted,
            )
        )
