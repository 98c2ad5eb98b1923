"""What a device map must fulfil beyond its form.

No overlaps, ranges that fit, a safe value and a watchdog wherever something can be written.
"""

from collections.abc import Iterator

from drivers.device_map_model import (
    BIT_TABLES,
    RANGES,
    WRITABLE_TABLES,
    DeviceMap,
    MapField,
    Proof,
)
from edge.errors import Mistake

MAX_ADDRESS = 0xFFFF
REGISTER_BITS = 16


def check_device_map(loaded: DeviceMap, file: str) -> list[Mistake]:
    """Return every mistake of a map whose form is right, in the order of the file."""
    mistakes = [
        Mistake(file, f"fields.{field.name}.{key}", value, reason, remedy)
        for field in loaded.fields
        for key, value, reason, remedy in _field_problems(field)
    ]
    mistakes += _overlaps(loaded, file)
    mistakes += _word_order(loaded, file)
    mistakes += _watchdog(loaded, file)
    mistakes += [
        Mistake(file, f"vectors.{index}.expect", name, "no field of that name", "Name a field")
        for index, vector in enumerate(loaded.vectors)
        for name in vector.expect
        if name not in {field.name for field in loaded.fields}
    ]
    return mistakes


Problem = tuple[str, str, str, str]
"""Key, value, reason, remedy of one mistake in a field."""


def _field_problems(field: MapField) -> Iterator[Problem]:
    if not 0 <= field.address <= MAX_ADDRESS + 1 - field.words:
        yield (
            "address",
            str(field.address),
            "outside the wire addresses 0..65535",
            "Give the address in the notation of device.addressing",
        )
    yield from _type_problems(field)
    yield from _value_problems(field)
    yield from _word_problems(field)
    if field.writable:
        yield from _write_problems(field)


def _type_problems(field: MapField) -> Iterator[Problem]:
    if (field.table in BIT_TABLES) != (field.data_type == "BOOL"):
        yield (
            "data_type",
            field.data_type,
            f"does not fit the table {field.table.value}",
            "Use BOOL for coil and discrete, another type for holding and input",
        )
    if field.bit is None:
        return
    if field.data_type != "UINT16":
        yield ("bit", str(field.bit), "a bit of a value that is no UINT16", "Use UINT16")
    if field.bit + field.width > REGISTER_BITS:
        yield ("width", str(field.width), "reaches beyond bit 15", "Narrow the field")


def value_range(field: MapField) -> tuple[float, float]:
    """Smallest and largest raw value that the field may hold."""
    if field.bit is not None:
        return 0, (1 << field.width) - 1
    low, high = RANGES.get(field.data_type, (float("-inf"), float("inf")))
    return (
        low if field.min is None else max(low, field.min),
        high if field.max is None else min(high, field.max),
    )


def _value_problems(field: MapField) -> Iterator[Problem]:
    low, high = RANGES.get(field.data_type, (float("-inf"), float("inf")))
    for key, value in (("min", field.min), ("max", field.max)):
        if value is not None and not low <= value <= high:
            yield (key, str(value), f"does not fit {field.data_type}", "Correct it")
    low, high = value_range(field)
    if low > high:
        yield ("min", str(field.min), "is above max: no value fits", "Correct min or max")
    if field.safe is not None and not low <= field.safe <= high:
        yield ("safe", str(field.safe), "is outside the field's range", "Correct it")


def _word_problems(field: MapField) -> Iterator[Problem]:
    """Enumeration, named bits and unit: what a number means."""
    low, high = value_range(field)
    for number, name in field.values.items():
        if not low <= number <= high:
            yield (f"values.{number}", name, "can never be read", "Remove it or widen the range")
    if len(set(field.values.values())) != len(field.values):
        yield ("values", "", "two numbers have the same word", "Give each its own")
    if field.scale != 1.0 and not field.unit:
        yield ("unit", "", "a scaled number needs its unit", "Add unit = ...")
    if field.values and field.data_type == "FLOAT32":
        yield ("values", "", "a FLOAT32 is no enumeration", "Remove it or correct the type")
    if field.bits and (field.data_type != "UINT16" or field.bit is not None):
        yield ("bits", "", "only a whole UINT16 has named bits", "Correct the type")
    for name, bit in field.bits.items():
        if not 0 <= bit < REGISTER_BITS:
            yield (f"bits.{name}", str(bit), "is no bit of a register", "Use 0..15")


def _write_problems(field: MapField) -> Iterator[Problem]:
    if field.table not in WRITABLE_TABLES:
        yield (
            "access",
            field.access,
            f"the table {field.table.value} cannot be written",
            'Use access = "r", or the holding or coil table',
        )
    if field.verify == "readback" and field.access == "w":
        yield ("verify", field.verify, "the field cannot be read", 'Use access = "rw", or echo')
    if field.safe is None:
        yield ("safe", "", "a writable field needs a safe value", "Add safe = ...")


def _overlaps(loaded: DeviceMap, file: str) -> Iterator[Mistake]:
    taken: dict[tuple[str, int, int], str] = {}
    names: set[str] = set()
    for field in loaded.fields:
        if field.name in names:
            yield Mistake(file, f"fields.{field.name}.name", "", "is used twice", "Rename one")
        names.add(field.name)
        for shown in sorted(f"{field.name}_{bit}" for bit in field.bits):
            if shown in {each.name for each in loaded.fields}:
                reason = "a bit is published under this name, which is a field"
                yield Mistake(file, f"fields.{field.name}.bits", shown, reason, "Rename one")
        others: set[str] = set()
        for address in range(field.address, field.address + field.words):
            for bit in range(REGISTER_BITS):
                if field.mask >> bit & 1:
                    place = (field.table.value, address, bit)
                    others.add(taken.setdefault(place, field.name))
        for other in sorted(others - {field.name}):
            yield Mistake(
                file,
                f"fields.{field.name}.address",
                str(field.address),
                f"overlaps the field {other}",
                "Correct the address, the type or the bits of one of them",
            )


def _word_order(loaded: DeviceMap, file: str) -> Iterator[Mistake]:
    """Makers differ in it, so that a default would be a guess."""
    long = [field.name for field in loaded.fields if field.words > 1]
    if long and "byte_order" not in loaded.device.model_fields_set:
        reason = f"{', '.join(long)} take two registers, and their order is not said"
        yield Mistake(file, "device.byte_order", "", reason, "Add ABCD, CDAB, BADC or DCBA")


def _watchdog(loaded: DeviceMap, file: str) -> Iterator[Mistake]:
    if loaded.watchdog is None:
        if any(field.writable for field in loaded.fields):
            yield Mistake(
                file,
                "watchdog",
                "",
                "fields can be written and nothing says how the device notices a dead master",
                "Add a [watchdog] section, or make the fields read-only",
            )
        return
    if (loaded.watchdog.kind == "none") != (not loaded.watchdog.prove):
        reason = "a watchdog needs conditions that prove it, and kind none has none"
        yield Mistake(file, "watchdog.prove", "", reason, "Correct kind or prove")
    by_name = {field.name: field for field in loaded.fields}
    for index, proof in enumerate(loaded.watchdog.prove):
        field = by_name.get(proof.field)
        key = f"watchdog.prove.{index}"
        if field is None:
            yield Mistake(file, f"{key}.field", proof.field, "no such field", "Name a field")
            continue
        yield from (
            Mistake(file, key, proof.field, reason, "Correct the condition")
            for reason in _proof_problems(proof, field)
        )


def _proof_problems(proof: Proof, field: MapField) -> Iterator[str]:
    if proof.min is None and proof.max is None and proof.among is None:
        yield "proves nothing: neither min, max nor in"
    unknown = sorted(set(proof.among or ()) - set(field.values.values()))
    if unknown:
        yield f"names values the field does not have: {', '.join(unknown)}"
