"""Checks one device map: its form, its numbers, its vectors, what its driver needs of it."""

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path

from drivers.device_map import load_device_map
from drivers.device_map_vectors import check_vectors
from drivers.registry import KINDS
from edge.errors import Mistake
from edge.lane_file import line_of


@dataclass(frozen=True, slots=True)
class MapReport:
    """What was found in a map; ``mistakes`` is empty when it may be used."""

    file: str
    title: str
    fields: int
    vectors: int
    mistakes: list[Mistake]


def check_map(path: Path) -> MapReport:
    """Find every mistake of a device map file."""
    loaded = load_device_map(path)
    if isinstance(loaded, list):
        return MapReport(str(path), "", 0, 0, _placed(loaded, path))
    mistakes = check_vectors(loaded, str(path))
    # A map that is named after no kind can only be one for the generic driver.
    name = path.stem if path.stem in KINDS else "generic"
    mistakes += KINDS[name].mistakes_of_map(name, loaded, str(path))
    title = f"{loaded.device.vendor} {loaded.device.model}"
    found = _placed(mistakes, path)
    return MapReport(str(path), title, len(loaded.fields), len(loaded.vectors), found)


def _placed(mistakes: list[Mistake], path: Path) -> list[Mistake]:
    """Give each mistake its line; a field is found by its name."""
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (OSError, ValueError, RecursionError):
        return mistakes  # that it cannot be read is the mistake
    fields = document.get("fields")
    entries = [one for one in fields if isinstance(one, dict)] if isinstance(fields, list) else []
    numbers = {str(one.get("name")): str(at) for at, one in enumerate(entries)}

    def line(key: str) -> int:
        parts = key.split(".")
        if parts[0] == "fields" and len(parts) > 1:
            parts[1] = numbers.get(parts[1], parts[1])
        return line_of(text, ".".join(parts))

    return [dataclasses.replace(one, line=line(one.key)) for one in mistakes]
