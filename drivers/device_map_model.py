"""The form of a device map: which registers a Modbus device has, with a source per number.

The key names are Telegraf's, plus the safety semantics a lane needs.
"""

from enum import Enum, unique
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


@unique
class Table(Enum):
    """The four Modbus tables."""

    COIL = "coil"
    DISCRETE = "discrete"
    HOLDING = "holding"
    INPUT = "input"


WRITABLE_TABLES = frozenset({Table.COIL, Table.HOLDING})
BIT_TABLES = frozenset({Table.COIL, Table.DISCRETE})

WORDS = {"BOOL": 1, "UINT16": 1, "INT16": 1, "UINT32": 2, "INT32": 2, "FLOAT32": 2}
"""Registers (or bits) that a value takes."""

RANGES = {
    "BOOL": (0, 1),
    "UINT16": (0, 0xFFFF),
    "INT16": (-0x8000, 0x7FFF),
    "UINT32": (0, 0xFFFFFFFF),
    "INT32": (-0x80000000, 0x7FFFFFFF),
}

DataType = Literal["BOOL", "UINT16", "INT16", "UINT32", "INT32", "FLOAT32"]
ByteOrder = Literal["ABCD", "CDAB", "BADC", "DCBA"]
Group = Literal["fast", "slow", "once", "event"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Source = Annotated[str, Field(min_length=5)]
"""Where a number comes from: a document with its page, or a recorded reading."""


def _integer_keys(value: object) -> object:
    """TOML keys are texts; an enumeration's keys are numbers, hex allowed."""
    if not isinstance(value, dict):
        return value
    return {int(key, 0) if isinstance(key, str) else key: name for key, name in value.items()}


def _table(value: object) -> object:
    return Table(value) if isinstance(value, str) and value in set(map(_word, Table)) else value


def _word(table: Table) -> str:
    return str(table.value)


Enumeration = Annotated[dict[int, str], BeforeValidator(_integer_keys)]


class Section(BaseModel):
    """Base of every part of a map: frozen, no unknown keys, no silent conversion of types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DeviceFacts(Section):
    """The device as a whole; times in ms, ``max_read`` and ``max_gap`` in registers."""

    schema_version: Literal[1] = Field(alias="schema")
    vendor: str = Field(min_length=1)
    model: str = Field(min_length=1)
    source: Source
    addressing: Literal["wire", "modicon5", "modicon6"]
    byte_order: ByteOrder = "ABCD"
    max_read: int = Field(ge=1, le=125, description="Application Protocol V1.1b3: 125 at most")
    max_gap: int = Field(ge=0, le=124)
    min_silence_ms: int = Field(ge=0, le=1000)
    response_timeout_ms: int = Field(ge=10, le=5000)


class Proof(Section):
    """One condition under which the device's own watchdog counts as set."""

    field: Name
    min: int | None = None
    max: int | None = None
    among: tuple[str, ...] | None = Field(default=None, alias="in", strict=False)


class Watchdog(Section):
    """How the device notices that its master is gone.

    ``none`` when nothing that Modbus shows would prove it: then what it holds stays as it is.
    """

    kind: Literal["comm-timeout", "trigger-register", "toggle", "command", "none"]
    source: Source
    prove: tuple[Proof, ...] = Field(default=(), strict=False)
    refresh_ms: int = Field(ge=10, le=5000)


class MapField(Section):
    """One named value. ``address`` is a wire address once the map is loaded."""

    name: Name
    table: Annotated[Table, BeforeValidator(_table)]
    address: int = Field(ge=0, le=499_999)
    data_type: DataType
    access: Literal["r", "w", "rw"]
    group: Group
    source: Source
    bit: int | None = Field(default=None, ge=0, le=15)
    width: int = Field(default=1, ge=1, le=15, description="Bits from ``bit`` upwards")
    bits: dict[str, int] = {}
    values: Enumeration = {}
    scale: float = Field(default=1.0, gt=0)
    unit: str = ""
    min: int | None = None
    max: int | None = None
    safe: int | None = None
    verify: Literal["none", "echo", "readback"] = "none"
    stale_after_ms: int | None = Field(default=None, ge=10, le=60_000)

    @property
    def words(self) -> int:
        """Registers or bits it takes on the wire."""
        return WORDS[self.data_type]

    @property
    def mask(self) -> int:
        """Bits of its register that are its own."""
        if self.bit is None:
            return 0xFFFF
        return ((1 << self.width) - 1) << self.bit

    @property
    def writable(self) -> bool:
        """Whether the lane may write it."""
        return self.access != "r"


class Vector(Section):
    """A conformance vector: request and answer without CRC or MBAP, and what they mean."""

    source: Source
    request: str = Field(pattern=r"^[0-9A-F]{2}( [0-9A-F]{2})+$")
    response: str = Field(pattern=r"^[0-9A-F]{2}( [0-9A-F]{2})+$")
    expect: dict[str, int]


class DeviceMap(Section):
    """A whole map."""

    device: DeviceFacts
    watchdog: Watchdog | None = None
    fields: tuple[MapField, ...] = Field(strict=False, min_length=1)
    vectors: tuple[Vector, ...] = Field(default=(), strict=False)

    @cached_property
    def _by_name(self) -> dict[str, MapField]:
        return {field.name: field for field in self.fields}

    def field(self, name: str) -> MapField:
        """Return a field by name. A driver asks only for names its loader required."""
        return self._by_name[name]
