"""From a device map to the fewest requests that read it, and from registers back to values."""

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from drivers.device_map_model import DeviceMap, Group, MapField, Table


@dataclass(frozen=True, slots=True)
class Block:
    """One read request: ``count`` registers or bits from ``address``, and the fields inside."""

    table: Table
    address: int
    count: int
    fields: tuple[MapField, ...]


def plan_reads(device_map: DeviceMap, group: Group) -> tuple[Block, ...]:
    """Return the blocks that read a poll group, as `plan_fields` does."""
    return plan_fields(device_map, (field for field in device_map.fields if field.group == group))


def plan_fields(device_map: DeviceMap, fields: Iterable[MapField]) -> tuple[Block, ...]:
    """Return the blocks that read those of the fields that can be read.

    A block never exceeds ``max_read`` registers or bits and never reads through more than
    ``max_gap`` undefined ones.
    """
    limit, gap = device_map.device.max_read, device_map.device.max_gap
    wanted = [field for field in fields if field.access != "w"]
    blocks: list[list[MapField]] = []
    for field in sorted(wanted, key=lambda each: (each.table.value, each.address)):
        if blocks and _joins(blocks[-1], field, limit, gap):
            blocks[-1].append(field)
        else:
            blocks.append([field])
    return tuple(
        Block(fields[0].table, fields[0].address, _end(fields) - fields[0].address, tuple(fields))
        for fields in blocks
    )


def plan_named(device_map: DeviceMap, group: Group, names: Collection[str]) -> tuple[Block, ...]:
    """Return the blocks of a poll group that hold these fields, however the map joins them."""
    return tuple(
        block
        for block in plan_reads(device_map, group)
        if any(field.name in names for field in block.fields)
    )


def _joins(fields: Sequence[MapField], field: MapField, limit: int, gap: int) -> bool:
    first = fields[0]
    return (
        field.table is first.table
        and field.address - _end(fields) <= gap
        and field.address + field.words - first.address <= limit
    )


def _end(fields: Sequence[MapField]) -> int:
    return max(field.address + field.words for field in fields)


def decode_block(
    device_map: DeviceMap, block: Block, registers: Sequence[int]
) -> Mapping[str, int | float]:
    """Decode the raw (unscaled) value of every field of a block that was read."""
    return {
        field.name: decode_field(device_map, field, registers[field.address - block.address :])
        for field in block.fields
    }


def decode_field(device_map: DeviceMap, field: MapField, registers: Sequence[int]) -> int | float:
    """Decode one raw value from the registers that begin at its address."""
    if field.bit is not None:
        return (registers[0] & field.mask) >> field.bit
    if field.words == 1:
        value = registers[0]
        return value - 0x10000 if field.data_type == "INT16" and value & 0x8000 else value
    first, second = registers[0], registers[1]
    order = device_map.device.byte_order
    if order in ("BADC", "DCBA"):
        first, second = _swapped(first), _swapped(second)
    if order in ("CDAB", "DCBA"):
        first, second = second, first
    data = struct.pack(">HH", first, second)
    form = {"UINT32": ">I", "INT32": ">i", "FLOAT32": ">f"}[field.data_type]
    value32: int | float = struct.unpack(form, data)[0]
    return value32


def encode_field(device_map: DeviceMap, field: MapField, raw: float) -> tuple[int, ...]:
    """Encode a raw value as the registers it takes, in the order they go on the wire."""
    if field.words == 1:
        return (encode_register(int(raw)),)
    form = {"UINT32": ">I", "INT32": ">i", "FLOAT32": ">f"}[field.data_type]
    data = struct.pack(form, raw if field.data_type == "FLOAT32" else int(raw))
    first, second = struct.unpack(">HH", data)
    order = device_map.device.byte_order
    if order in ("CDAB", "DCBA"):
        first, second = second, first
    if order in ("BADC", "DCBA"):
        first, second = _swapped(first), _swapped(second)
    return first, second


def _swapped(register: int) -> int:
    return (register & 0xFF) << 8 | register >> 8


def encode_register(value: int) -> int:
    """Encode a signed or unsigned 16-bit value as it goes on the wire."""
    assert -0x8000 <= value <= 0xFFFF, f"{value} does not fit a register"
    return value & 0xFFFF
