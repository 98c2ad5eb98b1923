"""From a raw number to what a map's field says, and back. Pure."""

import math
from collections.abc import Iterator, Mapping

from drivers.device_map_checks import value_range
from drivers.device_map_model import DeviceMap, MapField, Proof
from edge.core.values import Quality
from edge.ports import Point, Value

_DIGITS = 9
"""Decimals that a scaled number keeps: a scale of 0.1 must not show as 21.900000000000002."""


def points_of_field(device: str, field: MapField, raw: float) -> Iterator[Point]:
    """Return the points of one field: its value, and each of its named bits as 0 or 1."""
    value, doubt = meaning(field, raw)
    quality = Quality.BAD if doubt else Quality.GOOD
    yield Point(f"{device}.{field.name}", value, quality, doubt)
    for name, bit in field.bits.items():
        shown = None if doubt else int(raw) >> bit & 1
        yield Point(f"{device}.{field.name}_{name}", shown, quality, doubt)


def unread_points(device: str, field: MapField, detail: str) -> Iterator[Point]:
    """Return the same points of a field that could not be read."""
    for name in (field.name, *(f"{field.name}_{bit}" for bit in field.bits)):
        yield Point(f"{device}.{name}", None, Quality.BAD, detail)


def meaning(field: MapField, raw: float) -> tuple[Value, str]:
    """Return value and, when it cannot be, None and the reason."""
    if not math.isfinite(raw):
        return None, f"{raw} is no number"
    low, high = value_range(field)
    if not low <= raw <= high:
        return None, f"{raw} is outside {low}..{high} of the map"
    if field.values:
        word = field.values.get(int(raw))
        return word, "" if word is not None else f"code {raw} is not in the map"
    if field.scale == 1.0:
        return raw, ""
    return round(raw * field.scale, _DIGITS), ""


def raw_of(field: MapField, value: float | str) -> float:
    """Return the raw number that says a value. Raises ValueError with the reason."""
    if isinstance(value, str):
        found = [number for number, word in field.values.items() if word == value]
        if not found:
            raise ValueError(
                f"{value!r} is none of {', '.join(field.values.values()) or 'its words'}"
            )
        return found[0]
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number")
    raw = value / field.scale
    raw = raw if field.data_type == "FLOAT32" else round(raw)
    low, high = value_range(field)
    if not low <= raw <= high:
        span = f"{low * field.scale:g}..{high * field.scale:g} {field.unit}".rstrip()
        raise ValueError(f"{value:g} is outside {span}")
    if field.values and int(raw) not in field.values:
        raise ValueError(f"{value:g} is none of its numbers")
    return raw


def is_proven(device_map: DeviceMap, raw: Mapping[str, float]) -> bool | None:
    """Return whether the map's own conditions hold, None before all their fields were read."""
    watchdog = device_map.watchdog
    if watchdog is None or any(proof.field not in raw for proof in watchdog.prove):
        return None
    return all(
        _holds(proof, device_map.field(proof.field), raw[proof.field]) for proof in watchdog.prove
    )


def _holds(proof: Proof, field: MapField, raw: float) -> bool:
    if proof.min is not None and raw < proof.min:
        return False
    if proof.max is not None and raw > proof.max:
        return False
    return proof.among is None or field.values.get(int(raw)) in proof.among
