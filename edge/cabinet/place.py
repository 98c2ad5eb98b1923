"""From a lane file to one of its devices, alone, with the lane's daemon known to be away.

Only the sections of buses and devices are looked at: at the cabinet the rest of a lane file is
often not written yet. `scanlane check` judges the whole.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from drivers.kind import Surroundings
from drivers.registry import Made, build
from edge.door import answers
from edge.errors import EdgeError, Mistake, SettingsError
from edge.lane_file import map_folder, placed
from edge.ports import Device, Sink

CONTROL_SOCKET = "control.sock"

Sections = dict[str, dict[str, object]]


class LaneRuns(EdgeError):
    """The lane's own daemon holds the lines."""


@dataclass(frozen=True, slots=True)
class Place:
    """One device of a lane file, not yet spoken to.

    Attributes:
        name: in the lane file.
        kind: name of its kind.
        where: its line and address, for people.
        line: the section of the lane file that describes its line.
        made: what it was made of.
        device: its driver.
    """

    name: str
    kind: str
    where: str
    line: str
    made: Made
    device: Device


def find(lane_file: Path, name: str, state: Path, sink: Sink, now_ns: Callable[[], int]) -> Place:
    """Make one device of a lane file and its bus; nothing is opened yet.

    Raises:
        SettingsError: the sections it needs have mistakes.
        EdgeError: the file has no such device.
    """
    buses, devices = sections(lane_file)
    section = devices.get(name)
    if section is None:
        known = ", ".join(sorted(devices)) or "none"
        raise EdgeError(f"{lane_file} has no device {name!r}; there are: {known}")
    bus = str(section.get("bus", ""))
    around = Surroundings(
        sink=sink,
        alive=lambda: True,
        now_ns=now_ns,
        state_folder=state,
        map_folder=map_folder(lane_file),
        file=str(lane_file),
    )
    try:
        built = build({bus: buses[bus]} if bus in buses else {}, {name: section}, around)
    except SettingsError as error:
        raise SettingsError(placed(error.mistakes, lane_file)) from error
    made = built.made[name]
    if made.parts is None:
        line, where = f"devices.{name}", str(getattr(made.settings, "port", ""))
    else:
        line = f"buses.{made.parts.bus.name}"
        where = f"unit {made.unit} on {made.parts.bus.where}"
    return Place(name, str(section["kind"]), where, line, made, built.devices[name])


def sections(lane_file: Path) -> tuple[Sections, Sections]:
    """The tables ``[buses]`` and ``[devices]`` of a lane file. Raises SettingsError."""
    file = str(lane_file)
    try:
        document = tomllib.loads(lane_file.read_text(encoding="utf-8"))
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
        raise SettingsError([Mistake(file, "-", "", reason, "Name a lane file")]) from error
    except (ValueError, RecursionError) as error:
        # Bad TOML and bad UTF-8 are ValueErrors; so are numbers and nesting beyond all use.
        reason = f"is not valid TOML: {error}"
        raise SettingsError([Mistake(file, "-", "", reason, "Mend the line it names")]) from error
    mistakes = [
        Mistake(file, key, str(value)[:80], "is not a table of tables", f"Write [{key}.NAME]")
        for key in ("buses", "devices")
        if not _tables(value := document.get(key, {}))
    ]
    if mistakes:
        raise SettingsError(mistakes)
    return document.get("buses", {}), document.get("devices", {})


def _tables(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(one, Mapping) for one in value.values())


async def refuse_beside_the_lane(state: Path) -> None:
    """Two masters on one line garble each other: the lane's daemon goes first.

    Raises:
        LaneRuns: a lane runs on this state folder.
    """
    if await answers(state / CONTROL_SOCKET):
        raise LaneRuns(
            f"a lane runs on {state} and holds the lines of its devices. Stop it first, or ask it: "
            f"scanlane status --state {state}"
        )
