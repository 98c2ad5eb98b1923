"""What the cabinet commands show: one row a field, in words for people and for JSON. Pure."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge.core.values import Input, Presence, Quality
from edge.ports import Value

_UNITS = (
    ("_mm_s", "mm/s"),
    ("_mm", "mm"),
    ("_kg", "kg"),
    ("_ms", "ms"),
    ("_mr_h", "mR/h"),
    ("kv", "kV"),
    ("ma", "mA"),
)
"""Endings of published names and the units they stand for; the first that fits."""


@dataclass(frozen=True, slots=True)
class Row:
    """One field as it was read last.

    Attributes:
        field: name in the device map, or as the driver publishes it.
        value: in the field's unit, as a word, or None when it could not be read.
        unit: empty for none.
        quality: good, uncertain or bad.
        requested_ns: monotonic time at which its request was sent.
        raw: registers as they came; empty where a driver publishes values and no registers.
        detail: what else is known.
        event: something that happened, and not a state that lasts.
    """

    field: str
    value: Value
    unit: str
    quality: Quality
    requested_ns: int
    raw: tuple[int, ...] = ()
    detail: str = ""
    event: bool = False

    @property
    def told(self) -> tuple[Value, Quality, str]:
        """What a change is a change of; age and registers behind it are none."""
        return self.value, self.quality, self.detail

    def record(self, now_ns: int) -> dict[str, object]:
        """The row for JSON."""
        return {
            "field": self.field,
            "value": plain(self.value),
            "unit": self.unit,
            "quality": self.quality.value,
            "age_ms": self.age_ms(now_ns),
            "raw": list(self.raw),
            "detail": self.detail,
        }

    def age_ms(self, now_ns: int) -> int:
        """Milliseconds since it was asked for."""
        return (now_ns - self.requested_ns) // 1_000_000

    @property
    def words(self) -> str:
        """The registers in hexadecimal."""
        return " ".join(f"{register:04X}" for register in self.raw)


def plain(value: Value) -> int | float | str | None:
    """A value as a number or a word."""
    return str(value.value) if isinstance(value, Input | Presence) else value


def unit_of(field: str) -> str:
    """The unit that the ending of a published name stands for."""
    return next((unit for ending, unit in _UNITS if field.endswith(ending)), "")


def shown(value: Value) -> str:
    """A value for people: what the wire said never reaches the terminal unquoted."""
    said = plain(value)
    if said is None:
        return "-"
    return said if isinstance(said, str) and said.isprintable() and said else json.dumps(said)


def table(rows: Sequence[Row], now_ns: int) -> Iterable[str]:
    """The rows as lines of even columns."""
    cells = [("field", "value", "unit", "quality", "age_ms", "raw", "")]
    cells += [
        (
            row.field,
            shown(row.value),
            row.unit,
            row.quality.value,
            str(row.age_ms(now_ns)),
            row.words,
            row.detail,
        )
        for row in rows
    ]
    widths = [max(len(line[at]) for line in cells) for at in range(len(cells[0]))]
    for line in cells:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(padded).rstrip()
