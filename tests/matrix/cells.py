"""The cells of the fault matrix: every device x every fault that fits its wire x every state."""

import tomllib
from dataclasses import dataclass
from enum import Enum, unique
from pathlib import Path

from simulator.devices.line_faults import Harm, LineFault
from simulator.lane_file import DeviceEntry, LaneFile, TcpWire, load_lane_file
from simulator.world.seeded import shipped_config

FAULTS = Path(__file__).with_name("faults.toml")


@unique
class Stage(Enum):
    """What the lane is doing when a fault begins: its states, and a unit being identified."""

    PROVING = "proving"
    READY = "ready"
    IDENTIFYING = "identifying"
    ARMING = "arming"
    WARNING = "warning"
    ADMITTING = "admitting"
    INTENT = "intent"
    SCANNING = "scanning"
    PASSING = "passing"
    CLEARING = "clearing"
    RELEASING = "releasing"
    HELD = "held"
    TRIPPED = "tripped"


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A row of ``faults.toml``.

    Attributes:
        name: as people read it.
        fault: what is done.
        for_ms: for how long it stands.
        on: what it can be done to.
        unreadable: where nothing can be believed while it stands.
    """

    name: str
    fault: LineFault
    for_ms: int
    on: frozenset[str]
    unreadable: frozenset[str]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: a fault at a device in a state."""

    device: str
    wire: str
    kind: FaultKind
    stage: Stage

    @property
    def unreadable(self) -> bool:
        """Whether nothing of the device can be believed while the fault stands."""
        return self.wire in self.kind.unreadable

    def __str__(self) -> str:
        return f"{self.device} / {self.kind.name} / {self.stage.value}"


def fault_kinds() -> tuple[FaultKind, ...]:
    """The rows of ``faults.toml``."""
    document = tomllib.loads(FAULTS.read_text(encoding="utf-8"))
    kinds = []
    for row in document["fault"]:
        fault = LineFault(
            Harm(row["harm"]),
            amount=row.get("amount", 0),
            times=row.get("times", 0),
            chance=row.get("chance", 1.0),
        )
        on, unreadable = frozenset(row["on"]), frozenset(row["unreadable"])
        assert unreadable <= on, row["name"]
        kinds.append(FaultKind(row["name"], fault, document["for_ms"], on, unreadable))
    return tuple(kinds)


def wires(lane: LaneFile) -> dict[str, str]:
    """What each device of a lane speaks."""
    found = {device.name: _wire(device) for device in lane.devices}
    if lane.detector is not None:
        found["detector"] = "lines"
    return found


def _wire(device: DeviceEntry) -> str:
    if device.unit:
        is_tcp = isinstance(device.wire, TcpWire) and device.wire.modbus
        return "modbus_tcp" if is_tcp else "modbus_rtu"
    return {"spellman": "numeric", "permit_board": "board", "reader": "reader"}[device.kind]


def all_cells() -> tuple[Cell, ...]:
    """Every cell of the shipped cargo lane, those of one device and fault together."""
    lane = load_lane_file(shipped_config() / "lanes" / "cargo.toml")
    return tuple(
        Cell(device, wire, kind, stage)
        for device, wire in wires(lane).items()
        for kind in fault_kinds()
        if wire in kind.on
        for stage in Stage
    )


def lives() -> tuple[tuple[Cell, ...], ...]:
    """The cells by device and fault: each group is lived through by one lane."""
    groups: dict[tuple[str, str], list[Cell]] = {}
    for cell in all_cells():
        groups.setdefault((cell.device, cell.kind.name), []).append(cell)
    return tuple(map(tuple, groups.values()))


def a_slice() -> tuple[Cell, ...]:
    """Some cells: every fault, hence every harm, every device and every state at least once."""
    stages, devices = list(Stage), list(dict.fromkeys(cell.device for cell in all_cells()))
    chosen = []
    for number, kind in enumerate(fault_kinds()):
        stage = stages[number * 7 % len(stages)]
        fitting = [cell for cell in all_cells() if cell.kind == kind and cell.stage is stage]
        turned = devices[number * 4 % len(devices) :] + devices[: number * 4 % len(devices)]
        chosen.append(min(fitting, key=lambda cell: turned.index(cell.device)))
    return tuple(chosen)


def beam_cells() -> tuple[Cell, ...]:
    """What a beam rests on falling silent under the beam: the five that matter most."""
    rests = ("belt", "safety", "board", "source", "detector")
    return tuple(
        cell
        for cell in all_cells()
        if cell.device in rests and cell.kind.name == "lost" and cell.stage is Stage.SCANNING
    )
