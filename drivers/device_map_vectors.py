"""Runs the conformance vectors of a device map: request and answer must mean what they expect."""

from collections.abc import Iterator, Sequence

from drivers.device_map_model import BIT_TABLES, DeviceMap, Table, Vector
from drivers.modbus_requests import READ_FUNCTIONS, WRITE_REGISTERS
from drivers.read_plan import decode_field
from edge.errors import Mistake

_HEAD = 6
"""Unit, function, address, count (Modbus Application Protocol V1.1b3, 6.3, 6.4 and 6.12)."""

Problem = tuple[str, str, str, str]
"""Key, value, reason, remedy of one mistake in a vector."""


def check_vectors(loaded: DeviceMap, file: str) -> list[Mistake]:
    """Return every mistake of the vectors of a map that is otherwise right."""
    return [
        Mistake(file, f"vectors.{index}.{key}", value, reason, remedy)
        for index, vector in enumerate(loaded.vectors)
        for key, value, reason, remedy in _problems(loaded, vector)
    ]


def _problems(loaded: DeviceMap, vector: Vector) -> Iterator[Problem]:
    request, response = bytes.fromhex(vector.request), bytes.fromhex(vector.response)
    tables = {function: table for table, function in READ_FUNCTIONS.items()}
    tables[WRITE_REGISTERS] = Table.HOLDING
    function = request[1]
    table = tables.get(function)
    if table is None or len(request) < _HEAD:
        known = ", ".join(str(each) for each in sorted(tables))
        remedy = f"Use unit, a function of {known}, address and count, without CRC or MBAP"
        yield "request", vector.request, "is no request this program makes", remedy
        return
    first, count = int.from_bytes(request[2:4], "big"), int.from_bytes(request[4:6], "big")
    values = _carried(request, response, count, table)
    if isinstance(values, str):
        yield "response", vector.response, values, "Correct the answer or the request"
        return
    for name, expected in vector.expect.items():
        field = loaded.field(name)
        at = field.address - first
        if field.table is not table or not 0 <= at <= count - field.words:
            reason = f"lies outside of {table.value} {first}..{first + count - 1}, which is asked"
            yield f"expect.{name}", str(expected), reason, "Name a field that is asked for"
            continue
        decoded = decode_field(loaded, field, values[at:])
        if decoded != expected:
            reason = f"the bytes say {decoded}"
            remedy = "Correct the field's address, type or bits, or the expectation"
            yield f"expect.{name}", str(expected), reason, remedy


def _carried(request: bytes, response: bytes, count: int, table: Table) -> Sequence[int] | str:
    """The registers (or bits) that a vector carries, or what is wrong with its answer."""
    if request[1] == WRITE_REGISTERS:
        if response != request[:_HEAD]:
            return "does not echo unit, function, address and count of the request"
        return _registers(request[_HEAD + 1 :])
    length = -(-count // 8) if table in BIT_TABLES else 2 * count
    head = bytes([request[0], request[1], length & 0xFF])
    if response[:3] != head or len(response) != len(head) + length:
        return f"is not {head.hex(' ').upper()} and {length} bytes, as the request wants"
    if table in BIT_TABLES:
        return [response[3 + bit // 8] >> bit % 8 & 1 for bit in range(count)]
    return _registers(response[3:])


def _registers(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
