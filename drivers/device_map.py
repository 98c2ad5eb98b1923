"""Loading device maps: TOML to a checked `DeviceMap`, or all mistakes of the file at once."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from drivers.device_map_checks import check_device_map
from drivers.device_map_model import DeviceMap, Table
from edge.errors import Mistake

_ENTITY_BASE = {
    "modicon5": {
        Table.COIL: 1,
        Table.DISCRETE: 10001,
        Table.INPUT: 30001,
        Table.HOLDING: 40001,
    },
    "modicon6": {
        Table.COIL: 1,
        Table.DISCRETE: 100001,
        Table.INPUT: 300001,
        Table.HOLDING: 400001,
    },
}


def load_device_map(path: Path) -> DeviceMap | list[Mistake]:
    """Read and check a map; returns all mistakes, with file and key, when there is one."""
    try:
        document: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        return [Mistake(str(path), "-", "", reason, "Check that the file is there")]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return [Mistake(str(path), "-", "", f"is not TOML: {error}", "Correct the syntax")]
    return parse_device_map(document, str(path))


def parse_device_map(document: dict[str, object], file: str) -> DeviceMap | list[Mistake]:
    """Check a map that is already parsed from TOML; ``file`` names it in mistakes."""
    try:
        loaded = DeviceMap.model_validate(document)
    except ValidationError as error:
        return [
            Mistake(
                file,
                ".".join(str(part) for part in problem["loc"]) or "-",
                "" if problem["type"] == "missing" else repr(problem["input"])[:80],
                problem["msg"],
                "See drivers/README.md for the keys of a device map",
            )
            for problem in error.errors()
        ]
    loaded = _to_wire(loaded)
    return check_device_map(loaded, file) or loaded


def _to_wire(loaded: DeviceMap) -> DeviceMap:
    """Turn Modicon entity numbers into wire addresses; what does not fit stays for the checks."""
    base = _ENTITY_BASE.get(loaded.device.addressing)
    if base is None:
        return loaded
    moved = tuple(
        each.model_copy(update={"address": each.address - base[each.table]})
        for each in loaded.fields
    )
    return loaded.model_copy(update={"fields": moved})
