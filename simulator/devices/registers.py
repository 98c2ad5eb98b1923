"""What a simulated Modbus device stores: four tables of addresses, some of them writable.

A register file is laid out from the same TOML device map the lane reads; a device may add areas
its manual documents beyond the map.
"""

import tomllib
from dataclasses import dataclass
from enum import Enum, unique
from pathlib import Path

from edge.errors import Mistake, SettingsError


@unique
class Table(Enum):
    """The four Modbus tables, by the words of the device maps."""

    __hash__ = object.__hash__

    COIL = "coil"
    DISCRETE = "discrete"
    HOLDING = "holding"
    INPUT = "input"


WRITABLE = frozenset({Table.COIL, Table.HOLDING})

_FIRST = {
    "wire": {Table.COIL: 0, Table.DISCRETE: 0, Table.INPUT: 0, Table.HOLDING: 0},
    "modicon5": {
        Table.COIL: 1,
        Table.DISCRETE: 10_001,
        Table.INPUT: 30_001,
        Table.HOLDING: 40_001,
    },
    "modicon6": {
        Table.COIL: 1,
        Table.DISCRETE: 100_001,
        Table.INPUT: 300_001,
        Table.HOLDING: 400_001,
    },
}
"""The number that means wire address 0, by a map's ``addressing``."""

_WORDS = {"UINT16": 1, "INT16": 1, "UINT32": 2, "INT32": 2, "FLOAT32": 2}


class ModbusRefusal(Exception):
    """A request the device refuses; ``code`` is the Modbus exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"Modbus exception {code:02X}")
        self.code = code


ILLEGAL_FUNCTION = 0x01
ILLEGAL_ADDRESS = 0x02
ILLEGAL_VALUE = 0x03
GATEWAY_NO_TARGET = 0x0B


@dataclass(frozen=True, slots=True)
class Place:
    """Where a named field lives."""

    table: Table
    address: int


class RegisterFile:
    """Sparse Modbus memory. Addresses not laid out are refused with exception 02."""

    def __init__(self) -> None:
        self._tables: dict[Table, dict[int, int]] = {table: {} for table in Table}
        self._read_only: set[int] = set()
        self.places: dict[str, Place] = {}

    def lay_out(self, table: Table, start: int, count: int) -> None:
        """Make ``count`` addresses exist, value 0; those that exist keep their value."""
        for address in range(start, start + count):
            self._tables[table].setdefault(address, 0)

    def read(self, table: Table, address: int, count: int) -> list[int]:
        """Return ``count`` values. Raises `ModbusRefusal` 02 when one does not exist."""
        cells = self._tables[table]
        try:
            return [cells[at] for at in range(address, address + count)]
        except KeyError:
            raise ModbusRefusal(ILLEGAL_ADDRESS) from None

    def check_write(self, table: Table, address: int, count: int) -> None:
        """Raise `ModbusRefusal` 02 unless every address exists and may be written."""
        if table not in WRITABLE:
            raise ModbusRefusal(ILLEGAL_ADDRESS)
        self.read(table, address, count)
        if table is Table.HOLDING and any(
            at in self._read_only for at in range(address, address + count)
        ):
            raise ModbusRefusal(ILLEGAL_ADDRESS)

    def store(self, table: Table, address: int, values: list[int]) -> None:
        """Store values as the device itself does, writable or not."""
        cells = self._tables[table]
        for offset, value in enumerate(values):
            cells[address + offset] = value & 0xFFFF

    def get(self, table: Table, address: int) -> int:
        """One value; the address must exist."""
        return self._tables[table][address]

    def signed(self, table: Table, address: int) -> int:
        """One 16-bit value as signed."""
        value = self.get(table, address)
        return value - 0x10000 if value & 0x8000 else value

    def protect(self, address: int) -> None:
        """Refuse writes to a holding register."""
        self._read_only.add(address)

    def place(self, name: str) -> Place:
        """Where the map put a field. Raises SettingsError when the map lacks it."""
        found = self.places.get(name)
        if found is None:
            raise SettingsError(
                [
                    Mistake(
                        "device map",
                        f"fields.{name}",
                        "",
                        "the simulated device needs this field and the map has none",
                        f"Add a [[fields]] entry named {name!r}",
                    )
                ]
            )
        return found


def load_register_file(path: Path) -> RegisterFile:
    """Lay out a register file from a device map. Raises SettingsError naming file and key."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _mistake(path, "-", "", f"cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise _mistake(path, "-", "", f"is not TOML: {error}") from error
    fields = document.get("fields")
    if not isinstance(fields, list) or not fields:
        raise _mistake(path, "fields", "", "a device map needs [[fields]]")
    device = document.get("device")
    addressing = device.get("addressing", "") if isinstance(device, dict) else ""
    if addressing not in _FIRST:
        raise _mistake(
            path, "device.addressing", str(addressing), f"is none of {', '.join(_FIRST)}"
        )
    registers = RegisterFile()
    for index, field in enumerate(fields):
        _lay_out_field(registers, path, index, field, _FIRST[addressing])
    return registers


def _lay_out_field(
    registers: RegisterFile, path: Path, index: int, field: object, first: dict[Table, int]
) -> None:
    if not isinstance(field, dict):
        raise _mistake(path, f"fields[{index}]", str(field), "is not a table")
    name, table, address = field.get("name"), field.get("table"), field.get("address")
    if not isinstance(name, str):
        raise _mistake(path, f"fields[{index}].name", str(name), "is not a text")
    if table not in {each.value for each in Table}:
        raise _mistake(path, f"fields[{index}].table", str(table), "is no Modbus table")
    where = Table(table)
    if not isinstance(address, int) or not 0 <= address - first[where] <= 0xFFFF:
        raise _mistake(path, f"fields[{index}].address", str(address), "is no address of its table")
    address -= first[where]
    registers.lay_out(where, address, _WORDS.get(str(field.get("data_type", "UINT16")), 1))
    registers.places[name] = Place(where, address)
    if where is Table.HOLDING and field.get("access", "r") == "r":
        registers.protect(address)


def _mistake(path: Path, key: str, value: str, reason: str) -> SettingsError:
    remedy = "See config/devices/README or an existing map for the form"
    return SettingsError([Mistake(str(path), key, value, reason, remedy)])
