"""Reads a lane file and finds every mistake in it at once, with line, key, value and remedy."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from edge.core.interlocks import BEAM, FEEDBACKS, OPTIONAL
from edge.errors import Mistake, SettingsError
from edge.settings import LaneFile, NotFitted

COMPUTED = frozenset({"lane", "worker"})
"""Names before the dot that are no devices: readings the lane makes itself."""

INDEPENDENT_IDENTIFIERS = 2
"""A manifest binds only when this many identifiers agree."""

_REMEDY = "See config/README.md for what is allowed"
_REMEDIES = {"missing": "Add the key", "extra_forbidden": "Remove the key or mend its spelling"}


def load(path: Path) -> LaneFile:
    """Read a lane file. Raises SettingsError with every mistake found, not just the first."""
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
        raise SettingsError([Mistake(file, "-", "", reason, "Name a lane file")]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reason = f"is not valid TOML: {error}"
        raise SettingsError([Mistake(file, "-", "", reason, "Mend the line it names")]) from error
    try:
        lane = LaneFile.model_validate(raw)
    except ValidationError as error:
        raise SettingsError(mistakes_of(error, file, text)) from error
    mistakes = [
        Mistake(file, key, value, reason, remedy, line_of(text, key))
        for key, value, reason, remedy in _cross_checks(lane)
    ]
    if mistakes:
        raise SettingsError(mistakes)
    return lane


def mistakes_of(error: ValidationError, file: str, text: str, prefix: str = "") -> list[Mistake]:
    """Turn a validation error into mistakes with key, value, reason, remedy and line."""
    found = []
    for item in error.errors():
        parts = [str(part) for part in item["loc"]]
        parts = [part for part in parts if part not in _UNION_BRANCHES]
        key = ".".join([prefix, *parts] if prefix else parts) or "-"
        value = "" if item["type"] == "missing" else repr(item["input"])[:80]
        remedy = _REMEDIES.get(item["type"], _REMEDY)
        found.append(Mistake(file, key, value, item["msg"], remedy, line_of(text, key)))
    return found


_UNION_BRANCHES = frozenset({"NotFitted", "constrained-str"})


def line_of(text: str, key: str) -> int:
    """Return the line on which a dotted key (or the nearest table above it) stands, else 0."""
    *tables, last = key.split(".")
    header, nearest = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        table = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
        if table:
            header = table[1]
            if header in {key, ".".join(tables)}:
                nearest = number
        elif header == ".".join(tables) and re.match(rf"\s*\"?{re.escape(last)}\"?\s*=", line):
            return number
    return nearest


_Found = Iterator[tuple[str, str, str, str]]


def _cross_checks(lane: LaneFile) -> _Found:
    yield from _rows(lane)
    yield from _devices(lane)
    yield from _readers(lane)
    for officer in lane.officers:
        if officer.simulated and not lane.lane.simulated:
            yield "officers", officer.id, "a simulated officer on a real lane", "Remove the officer"
    for name in ("height_mm", "width_mm", "length_mm", "mass_kg"):
        low, high = getattr(lane.envelope, name)
        if not 0 <= low < high:
            reason = "the smallest is not below the largest"
            yield f"envelope.{name}", str((low, high)), reason, "Give [smallest, largest]"


def _rows(lane: LaneFile) -> _Found:
    rows = {*BEAM, *FEEDBACKS}
    for row in sorted(rows - set(lane.interlocks)):
        remedy = 'Name its "device.field"' + (" or say not_fitted" if row in OPTIONAL else "")
        yield f"interlocks.{row}", "", "the row has no source: there could never be a beam", remedy
    for row, source in lane.interlocks.items():
        key = f"interlocks.{row}"
        if row not in rows:
            yield key, str(source), "there is no such row", f"Rows: {', '.join(sorted(rows))}"
        elif not isinstance(source, NotFitted):
            yield from _device_of(lane, key, source)
        elif row not in OPTIONAL:
            yield key, "not_fitted", "this row may not be missing", 'Name its "device.field"'


def _devices(lane: LaneFile) -> _Found:
    for group in ("presence", "gauges"):
        section = getattr(lane, group)
        for name in type(section).model_fields:
            yield from _device_of(lane, f"{group}.{name}", getattr(section, name))
    roles = {
        "board": lane.board,
        "safety": lane.safety,
        "belt.device": lane.belt.device,
        "source.device": lane.source.device,
        **{f"readers.{reader}": reader for reader in lane.readers},
    }
    for key, device in roles.items():
        if device not in lane.devices:
            yield key, device, "there is no such device", "Name a table under [devices]"


def _readers(lane: LaneFile) -> _Found:
    if len(set(lane.readers.values())) < INDEPENDENT_IDENTIFIERS:
        reason = "a manifest binds only when two independent identifiers agree"
        yield "readers", str(lane.readers), reason, "Name two readers of different kinds"


def _device_of(lane: LaneFile, key: str, source: str) -> _Found:
    device = source.split(".", 1)[0]
    if device not in lane.devices and device not in COMPUTED:
        yield key, source, f"there is no device {device!r}", "Name a device of this file"
