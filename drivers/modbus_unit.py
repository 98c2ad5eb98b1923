"""One Modbus device on a bus: named reads and writes through its device map."""

from collections.abc import Callable
from dataclasses import dataclass

from drivers.device_map_model import DeviceMap
from drivers.modbus import ModbusBus
from drivers.modbus_requests import READ_FUNCTIONS, WRITE_REGISTERS, Answer, Priority, Request
from drivers.read_plan import Block, decode_block, decode_field, encode_register


@dataclass(frozen=True, slots=True)
class Sample:
    """Raw values of a block by field name, and when they were asked for."""

    values: dict[str, int]
    requested_ns: int


def _always() -> bool:
    return True


class ModbusUnit:
    """A device's own view of its bus. All methods raise DeviceError as `ModbusBus.exchange`."""

    def __init__(self, *, name: str, unit: int, bus: ModbusBus, device_map: DeviceMap) -> None:
        self.name = name
        self.device_map = device_map
        self._unit = unit
        self._bus = bus

    async def read_block(self, block: Block, priority: Priority = Priority.POLL) -> Sample:
        """Read one planned block and decode its integer fields."""
        names = ", ".join(field.name for field in block.fields[:3])
        answer = await self._bus.exchange(
            Request(
                device=self.name,
                operation=f"read {names}",
                unit=self._unit,
                function=READ_FUNCTIONS[block.table],
                address=block.address,
                count=block.count,
                priority=priority,
            )
        )
        values = decode_block(self.device_map, block, answer.registers)
        return Sample({name: int(value) for name, value in values.items()}, answer.requested_ns)

    async def read(self, name: str, priority: Priority = Priority.POLL) -> int:
        """Read one single-register field, decoded."""
        field = self.device_map.field(name)
        return int(decode_field(self.device_map, field, [await self.read_word(name, priority)]))

    async def read_word(self, name: str, priority: Priority = Priority.POLL) -> int:
        """Read the whole register that a field lies in, undecoded."""
        field = self.device_map.field(name)
        assert field.words == 1, f"{name} takes {field.words} registers"
        answer = await self._bus.exchange(
            Request(
                device=self.name,
                operation=f"read {name}",
                unit=self._unit,
                function=READ_FUNCTIONS[field.table],
                address=field.address,
                count=1,
                priority=priority,
            )
        )
        return answer.registers[0]

    async def write(
        self,
        name: str,
        value: int,
        priority: Priority,
        wanted: Callable[[], bool] = _always,
    ) -> Answer:
        """Write the whole register of a holding field; dropped unsent when no longer wanted."""
        field = self.device_map.field(name)
        assert field.writable, f"{name} is read-only in the device map"
        return await self._bus.exchange(
            Request(
                device=self.name,
                operation=f"write {name} = {value}",
                unit=self._unit,
                function=WRITE_REGISTERS,
                address=field.address,
                count=1,
                values=(encode_register(value),),
                priority=priority,
                wanted=wanted,
            )
        )
