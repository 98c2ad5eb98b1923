"""What a kind of device is to the registry: its row, and what a row is used with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import BaseModel

from drivers.about import About
from drivers.bus_plan import Pace, Plan
from drivers.device_map_model import DeviceMap, Group
from drivers.modbus import ModbusBus
from drivers.read_plan import plan_named
from edge.errors import Mistake
from edge.ports import Device, Heartbeat, Sink

_S = TypeVar("_S", bound=BaseModel)
_Given = TypeVar("_Given", bound=BaseModel, contravariant=True)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every driver is given by the process that runs it.

    Attributes:
        sink: where readings go.
        alive: the lane logic's heartbeat.
        now_ns: monotonic time in nanoseconds.
        state_folder: relative device paths start here.
        map_folder: where the device maps are, one ``KIND.toml`` each
            unless a section names another.
        file: the lane file as the person named it, for mistakes.
    """

    sink: Sink
    alive: Heartbeat
    now_ns: Callable[[], int]
    state_folder: Path
    map_folder: Path
    file: str


@dataclass(frozen=True, slots=True)
class BusParts:
    """What a device on a Modbus bus needs besides."""

    bus: ModbusBus
    pace: Pace
    device_map: DeviceMap


Parts = BusParts | None
Factory = Callable[[str, BaseModel, Surroundings, Parts], Device]
Planner = Callable[[BaseModel, Parts], Plan]
Moves = Callable[[BaseModel, Mapping[str, float]], bool]
Check = Callable[[DeviceMap, str], list[Mistake]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table.

    Attributes:
        settings: the model of its section.
        map_fields: the map fields its driver needs; None for a kind with neither bus nor map.
        make: makes the driver.
        plan: what the driver asks of its line, and how often.
        about: what people are told of it.
        moves: whether raw values of its map, as far as they were read, show something that moves
            or may move.
        check: what its driver cannot do with a map that is sound in itself, read from a file.
    """

    settings: type[BaseModel]
    map_fields: tuple[str, ...] | None
    make: Factory
    plan: Planner
    about: About
    moves: Moves
    check: Check

    def mistakes_of_map(self, name: str, device_map: DeviceMap, file: str) -> list[Mistake]:
        """What the driver of this kind, called ``name``, cannot do with a map."""
        there = {field.name for field in device_map.fields}
        reason, remedy = f"the driver of {name} needs this field", "Add a [[fields]] entry"
        missing = [
            Mistake(file, f"fields.{field}", "", reason, remedy)
            for field in sorted(set(self.map_fields or ()) - there)
        ]
        return missing + self.check(device_map, file)


class _OnBus(Protocol[_Given]):
    """What makes a device that speaks over a Modbus bus."""

    def __call__(
        self,
        *,
        name: str,
        settings: _Given,
        sink: Sink,
        alive: Heartbeat,
        now_ns: Callable[[], int],
        bus: ModbusBus,
        device_map: DeviceMap,
    ) -> Device: ...


class _Alone(Protocol[_Given]):
    """What makes a device with a line of its own."""

    def __call__(
        self,
        *,
        name: str,
        settings: _Given,
        sink: Sink,
        alive: Heartbeat,
        now_ns: Callable[[], int],
    ) -> Device: ...


def _stands(_settings: BaseModel, _values: Mapping[str, float]) -> bool:
    return False


def _suits(_map: DeviceMap, _file: str) -> list[Mistake]:
    return []


def polls(groups: Mapping[str, Group]) -> Check:
    """Check that a map gives each field as a register of the group in which its driver polls it."""

    def check(device_map: DeviceMap, file: str) -> list[Mistake]:
        remedy = "Set group = {!r} and a table of registers that may be read"
        return [
            Mistake(
                file,
                f"fields.{field.name}.group",
                field.group,
                f"its driver polls this field as a register of group {groups[field.name]}",
                remedy.format(groups[field.name]),
            )
            for field in device_map.fields
            if field.name in groups
            and not plan_named(device_map, groups[field.name], (field.name,))
        ]

    return check


def on_bus(
    settings: type[_S],
    map_fields: tuple[str, ...],
    device: _OnBus[_S],
    plan: Callable[[_S, DeviceMap], Plan],
    about: About,
    moves: Callable[[_S, Mapping[str, float]], bool] = _stands,
    check: Check = _suits,
) -> Kind:
    """A kind that speaks over a Modbus bus, by the fields of its map."""

    def make(name: str, given: BaseModel, around: Surroundings, parts: Parts) -> Device:
        assert isinstance(given, settings)
        assert parts is not None
        return device(
            name=name,
            settings=given,
            sink=around.sink,
            alive=around.alive,
            now_ns=around.now_ns,
            bus=parts.bus,
            device_map=parts.device_map,
        )

    def planned(given: BaseModel, parts: Parts) -> Plan:
        assert isinstance(given, settings)
        assert parts is not None
        return plan(given, parts.device_map)

    def seen(given: BaseModel, values: Mapping[str, float]) -> bool:
        assert isinstance(given, settings)
        return moves(given, values)

    return Kind(settings, map_fields, make, planned, about, seen, check)


def alone(settings: type[_S], device: _Alone[_S], plan: Callable[[_S], Plan], about: About) -> Kind:
    """A kind with a line of its own and no map."""

    def make(name: str, given: BaseModel, around: Surroundings, _parts: Parts) -> Device:
        assert isinstance(given, settings)
        return device(
            name=name,
            settings=given,
            sink=around.sink,
            alive=around.alive,
            now_ns=around.now_ns,
        )

    def planned(given: BaseModel, _parts: Parts) -> Plan:
        assert isinstance(given, settings)
        return plan(given)

    return Kind(settings, None, make, planned, about, _stands, _suits)
