"""Reads a lane file and finds every mistake in it at once, with line, key, value and remedy."""

import re
import sysconfig
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from edge.core.interlocks import BEAM, FEEDBACKS, OPTIONAL, SWITCHES
from edge.errors import Mistake, SettingsError
from edge.law.envelope import Axis
from edge.settings import LaneFile, NotFitted
from edge.tube_file import tube_mistakes

COMPUTED = frozenset({"lane", "worker"})
"""Names before the dot that are no devices: readings the lane makes itself."""

COMPUTED_SOURCES = frozenset(
    {
        "lane.belt",
        "lane.exposure",
        "lane.storage",
        "lane.tube",
        "lane.clock",
        "lane.rules",
        "lane.watchdogs",
        "worker.detector",
    }
)
"""What those two publish; a row on any other reading of theirs would never be read."""

AXIS_NAMES = {
    axis: axis.value.removesuffix("_mm_s").removesuffix("_mm").removesuffix("_kg") for axis in Axis
}
"""What the lane file calls an axis where its unit is no matter: in gauges and must_measure."""

_DEVICE = re.compile(r"[a-z][a-z0-9_]*")

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
    except (ValueError, RecursionError) as error:
        # Bad TOML and bad UTF-8 are ValueErrors; so are numbers and nesting beyond all use.
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


def map_folder(lane_file: Path) -> Path:
    """Device maps: beside the lane file's folder, or where the package installed them."""
    beside = lane_file.resolve().parent.parent / "devices"
    installed = Path(sysconfig.get_path("data")) / "share" / "scanlane" / "config" / "devices"
    return beside if beside.is_dir() else installed


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


_UNION_BRANCHES = frozenset(
    {"NotFitted", "constrained-str", "Duty", "WarmUp", "Seasoning", "NotNeeded"}
)


def line_of(text: str, key: str) -> int:
    """Return the line on which a dotted key (or the nearest table above it) stands, else 0."""
    places = _places(text)
    while key:
        if key in places:
            return places[key]
        key = key.rpartition(".")[0]
    return 0


def placed(mistakes: list[Mistake], path: Path) -> list[Mistake]:
    """Give each mistake of a file that was read already the line it stands on."""
    text = path.read_text(encoding="utf-8")
    return [
        replace(one, line=line_of(text, one.key)) if one.file == str(path) and not one.line else one
        for one in mistakes
    ]


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"\s*([\w\".' -]+?)\s*=")


def _places(text: str) -> dict[str, int]:
    """The line of every table and key; the members of an array of tables are numbered."""
    places: dict[str, int] = {}
    members: Counter[str] = Counter()
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _plain(header[2])
            if header[1] == "[[":
                members[table] += 1
                table = f"{table}.{members[table] - 1}"
            places.setdefault(table, number)
        elif key := _KEY.match(line):
            name = _plain(key[1])
            places.setdefault(f"{table}.{name}" if table else name, number)
    return places


def _plain(dotted: str) -> str:
    return re.sub(r"\s*\.\s*", ".", dotted).replace('"', "").replace("'", "")


_Found = Iterator[tuple[str, str, str, str]]


def _cross_checks(lane: LaneFile) -> _Found:
    yield from _rows(lane)
    yield from _devices(lane)
    yield from _monitors(lane)
    yield from _readers(lane)
    yield from _officers(lane)
    yield from _envelope(lane)
    yield from tube_mistakes(lane)


def _rows(lane: LaneFile) -> _Found:
    rows = {*BEAM, *FEEDBACKS, *SWITCHES}
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


def _monitors(lane: LaneFile) -> _Found:
    """An alarm that no row waits for would withhold no beam while nobody knows what it says."""
    rows = {str(source) for source in lane.interlocks.values()}
    for name, section in lane.devices.items():
        if section.get("kind") == "rs_s131" and f"{name}.alarm" not in rows:
            reason = "no row of [interlocks] names its alarm"
            yield f"devices.{name}", "rs_s131", reason, f'Set dose_monitor = "{name}.alarm"'


def _envelope(lane: LaneFile) -> _Found:
    limited = set()
    for axis in Axis:
        span = getattr(lane.envelope, axis.value)
        if span is not None:
            limited.add(AXIS_NAMES[axis])
            if not 0 <= span[0] < span[1]:
                reason = "the smallest is not below the largest"
                yield f"envelope.{axis.value}", str(span), reason, "Give [smallest, largest]"
    gauged = {name for name in type(lane.gauges).model_fields if getattr(lane.gauges, name)}
    for must in lane.envelope.must_measure:
        if must not in gauged:
            reason = "nothing measures it: every unit would be held"
            yield "envelope.must_measure", must, reason, f"Name its source as gauges.{must}"
        if must not in limited:
            yield "envelope.must_measure", must, "it has no limits", "Give it limits or remove it"
    for name in sorted(gauged - limited):
        reason = "is measured and compared with nothing"
        yield f"gauges.{name}", getattr(lane.gauges, name), reason, "Give it limits or remove it"


def _devices(lane: LaneFile) -> _Found:
    for name in lane.devices:
        if name in COMPUTED or not _DEVICE.fullmatch(name):
            reason = "is no name for a device"
            remedy = f"Use a-z, 0-9 and _; {' and '.join(sorted(COMPUTED))} are the lane's own"
            yield f"devices.{name}", name, reason, remedy
    spots = Counter(getattr(lane.presence, name) for name in type(lane.presence).model_fields)
    for source in (source for source, times in spots.items() if times > 1):
        reason = "two presence sensors have one source: no unit could be tracked"
        yield "presence", source, reason, "Name four different sensors"
    for group in ("presence", "gauges"):
        section = getattr(lane, group)
        for name in type(section).model_fields:
            if getattr(section, name) is not None:
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


def _officers(lane: LaneFile) -> _Found:
    for place, officer in enumerate(lane.officers):
        if officer.simulated and not lane.lane.simulated:
            reason = "a simulated officer on a real lane"
            yield f"officers.{place}", officer.id, reason, "Remove the officer"
        for name in ("id", "user", "public_key"):
            mine = getattr(officer, name)
            if mine and mine in {getattr(other, name) for other in lane.officers[:place]}:
                reason = "another officer has it: one person could stand for two"
                yield f"officers.{place}.{name}", mine, reason, "Give every officer his own"


def _device_of(lane: LaneFile, key: str, source: str) -> _Found:
    device = source.split(".", 1)[0]
    if device in COMPUTED and source not in COMPUTED_SOURCES:
        remedy = f"There are: {', '.join(sorted(COMPUTED_SOURCES))}"
        yield key, source, "nothing publishes this reading", remedy
    elif device not in lane.devices and device not in COMPUTED:
        yield key, source, f"there is no device {device!r}", "Name a device of this file"
