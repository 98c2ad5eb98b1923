"""The table of device kinds, and the way from a lane file's sections to buses and devices.

A new kind is one more row of `KINDS`; nothing is found by name or by import magic.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from drivers import altivar, ez_array, permit_board, pnozmulti, reader, spellman
from drivers.device_map import load_device_map
from drivers.device_map_model import DeviceMap, Group
from drivers.modbus import ModbusBus
from drivers.modbus_settings import RtuSettings, TcpSettings
from drivers.read_plan import plan_fields
from edge.errors import Mistake, SettingsError
from edge.ports import Device, Heartbeat, Sink

Sections = Mapping[str, Mapping[str, object]]

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
        map_folder: where the device maps are, one ``KIND.toml`` each.
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
    device_map: DeviceMap


Parts = BusParts | None
Factory = Callable[[str, BaseModel, Surroundings, Parts], Device]


@dataclass(frozen=True, slots=True)
class Kind:
    """One row: the model of its section, the map fields it needs, and how to make it.

    ``map_fields`` is None for a device that needs neither bus nor map; ``polled`` names the group
    in which its driver polls a field.
    """

    settings: type[BaseModel]
    map_fields: tuple[str, ...] | None
    make: Factory
    polled: Mapping[str, Group] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class Built:
    """Buses and devices by their names in the lane file; cancel the devices before the buses."""

    buses: dict[str, ModbusBus]
    devices: dict[str, Device]


def _on_bus(
    settings: type[_S],
    map_fields: tuple[str, ...],
    device: _OnBus[_S],
    polled: Mapping[str, Group] = MappingProxyType({}),
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

    return Kind(settings, map_fields, make, polled)


def _alone(settings: type[_S], device: _Alone[_S]) -> Kind:
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

    return Kind(settings, None, make)


KINDS: Mapping[str, Kind] = {
    "altivar": _on_bus(
        altivar.AltivarSettings, altivar.REQUIRED_FIELDS, altivar.Altivar, altivar.POLLED
    ),
    "pnozmulti": _on_bus(
        pnozmulti.PnozmultiSettings,
        pnozmulti.REQUIRED_FIELDS,
        pnozmulti.Pnozmulti,
        pnozmulti.POLLED,
    ),
    "ez_array": _on_bus(
        ez_array.EzArraySettings, ez_array.REQUIRED_FIELDS, ez_array.EzArray, ez_array.POLLED
    ),
    "spellman": _alone(spellman.SpellmanSettings, spellman.Spellman),
    "reader": _alone(reader.ReaderSettings, reader.Reader),
    "permit_board": _alone(permit_board.PermitBoardSettings, permit_board.PermitBoard),
}

BUS_KINDS: Mapping[str, type[RtuSettings] | type[TcpSettings]] = {
    "rtu": RtuSettings,
    "tcp": TcpSettings,
}


def build(buses: Sections, devices: Sections, around: Surroundings) -> Built:
    """Make every bus and device of a lane; nothing is opened yet.

    Raises:
        SettingsError: with all mistakes of the bus and device sections and of the device maps.
    """
    builder = _Builder(around)
    for name, section in buses.items():
        builder.add_bus(name, section)
    for name, section in devices.items():
        builder.add_device(name, section)
    if builder.mistakes:
        raise SettingsError(builder.mistakes)
    return Built(builder.buses, builder.devices)


class _Builder:
    """Collects what can be made and every mistake on the way."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self.mistakes: list[Mistake] = []
        self.buses: dict[str, ModbusBus] = {}
        self.devices: dict[str, Device] = {}
        self._bus_names: set[str] = set()
        self._maps: dict[str, DeviceMap | None] = {}
        self._places: dict[tuple[str, object], str] = {}

    def add_bus(self, name: str, section: Mapping[str, object]) -> None:
        key = f"buses.{name}"
        self._bus_names.add(name)
        model = BUS_KINDS.get(str(section.get("kind")))
        if model is None:
            self._unknown_kind(key, section, BUS_KINDS)
            return
        settings = self._settings(key, model, section)
        if settings is None:
            return
        assert isinstance(settings, RtuSettings | TcpSettings)
        if isinstance(settings, RtuSettings) and not self._free(key, "port", settings.port):
            return
        self.buses[name] = ModbusBus(name=name, settings=settings, now_ns=self._around.now_ns)

    def add_device(self, name: str, section: Mapping[str, object]) -> None:
        key = f"devices.{name}"
        kind_name = str(section.get("kind"))
        kind = KINDS.get(kind_name)
        if kind is None:
            self._unknown_kind(key, section, KINDS)
            return
        settings = self._settings(key, kind.settings, section)
        parts: Parts = None
        if kind.map_fields is not None:
            parts = self._bus_parts(key, kind_name, kind, section)
            if parts is None:
                return
        elif settings is not None and not self._free(key, "port", _text(settings, "port")):
            return
        if settings is not None:
            self.devices[name] = kind.make(name, settings, self._around, parts)

    def _bus_parts(
        self, key: str, kind_name: str, kind: Kind, section: Mapping[str, object]
    ) -> BusParts | None:
        bus_name = str(section.get("bus"))
        if bus_name not in self._bus_names:
            known = ", ".join(sorted(self._bus_names)) or "none"
            self._mistake(f"{key}.bus", bus_name, "no such bus", f"Known buses: {known}")
        # A second device with the same address would answer into the first one's questions.
        free = self._free(key, "unit", (bus_name, section.get("unit")))
        device_map = self._map(kind_name, kind)
        bus = self.buses.get(bus_name)
        if bus is None or device_map is None or not free:
            return None
        return BusParts(bus, device_map)

    def _map(self, kind_name: str, kind: Kind) -> DeviceMap | None:
        if kind_name not in self._maps:
            path = self._around.map_folder / f"{kind_name}.toml"
            loaded = load_device_map(path)
            if isinstance(loaded, list):
                self.mistakes += loaded
                self._maps[kind_name] = None
                return None
            unfit = _unfit(kind_name, kind, loaded, str(path))
            self.mistakes += unfit
            self._maps[kind_name] = None if unfit else loaded
        return self._maps[kind_name]

    def _settings(
        self, key: str, model: type[BaseModel], section: Mapping[str, object]
    ) -> BaseModel | None:
        try:
            settings = model.model_validate(dict(section))
        except ValidationError as error:
            for problem in error.errors():
                where = ".".join([key, *(str(part) for part in problem["loc"])])
                value = "" if problem["type"] == "missing" else repr(problem["input"])[:80]
                self._mistake(where, value, problem["msg"], "See drivers/README.md for its keys")
            return None
        port = _text(settings, "port")
        if not port:
            return settings
        return settings.model_copy(update={"port": self._resolved(port)})

    def _resolved(self, port: str) -> str:
        """A relative device path starts in the state folder; an address stays as it is."""
        return port if "://" in port else str(self._around.state_folder / port)

    def _free(self, key: str, what: str, place: object) -> bool:
        owner = self._places.setdefault((what, place), key)
        if owner != key:
            self._mistake(f"{key}.{what}", str(place), f"is taken by {owner}", "Give it its own")
        return owner == key

    def _unknown_kind(
        self, key: str, section: Mapping[str, object], known: Mapping[str, object]
    ) -> None:
        kinds = ", ".join(sorted(known))
        self._mistake(f"{key}.kind", str(section.get("kind")), "no such kind", f"Known: {kinds}")

    def _mistake(self, key: str, value: str, reason: str, remedy: str) -> None:
        self.mistakes.append(Mistake(self._around.file, key, value, reason, remedy))


def _unfit(kind_name: str, kind: Kind, loaded: DeviceMap, path: str) -> list[Mistake]:
    """What the driver of a kind needs and a map does not give: fields, and how they are polled."""
    known = {each.name: each for each in loaded.fields}
    needs = f"the driver of {kind_name} needs this field"
    unfit = [
        Mistake(path, f"fields.{name}", "", needs, "Add a [[fields]] entry")
        for name in sorted(set(kind.map_fields or ()) - known.keys())
    ]
    for name, group in kind.polled.items():
        if name in known and not plan_fields(loaded, group, (name,)):
            reason = f"the driver of {kind_name} polls this field as a register of group {group}"
            remedy = f'Set group = "{group}" and a table of registers that may be read'
            unfit.append(Mistake(path, f"fields.{name}.group", known[name].group, reason, remedy))
    return unfit


def _text(settings: BaseModel, name: str) -> str:
    """A text setting by name, empty when the kind has none of that name or it is a number."""
    value: object = getattr(settings, name, "")
    return value if isinstance(value, str) else ""
