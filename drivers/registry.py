"""The table of device kinds, and the way from a lane file's sections to buses and devices.

A new kind is one more row of `KINDS`; nothing is found by name or by import magic.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from drivers import (
    altivar,
    ez_array,
    generic,
    iologik,
    linac_sim,
    permit_board,
    pnozmulti,
    reader,
    rs_s131,
    sinamics_v20,
    spellman,
    technix,
    toledo,
    ups_modbus,
)
from drivers.device_map import load_device_map
from drivers.device_map_model import DeviceMap
from drivers.modbus import ModbusBus
from drivers.modbus_settings import RtuSettings, TcpSettings
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

    ``map_fields`` is None for a device that needs neither bus nor map. The map is ``KIND.toml``
    unless the section names another; ``check`` finds what its driver cannot do with it.
    """

    settings: type[BaseModel]
    map_fields: tuple[str, ...] | None
    make: Factory
    check: Callable[[DeviceMap, str], list[Mistake]] = lambda _map, _file: []


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


def _on_bus(settings: type[_S], map_fields: tuple[str, ...], device: _OnBus[_S]) -> Kind:
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

    return Kind(settings, map_fields, make)


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
    "altivar": _on_bus(altivar.AltivarSettings, altivar.REQUIRED_FIELDS, altivar.Altivar),
    "pnozmulti": _on_bus(
        pnozmulti.PnozmultiSettings, pnozmulti.REQUIRED_FIELDS, pnozmulti.Pnozmulti
    ),
    "ez_array": _on_bus(ez_array.EzArraySettings, ez_array.REQUIRED_FIELDS, ez_array.EzArray),
    "generic": replace(
        _on_bus(generic.GenericSettings, (), generic.Generic), check=generic.mistakes_of
    ),
    "iologik": _on_bus(iologik.IologikSettings, iologik.REQUIRED_FIELDS, iologik.Iologik),
    "linac_sim": _on_bus(linac_sim.LinacSimSettings, linac_sim.REQUIRED_FIELDS, linac_sim.LinacSim),
    "sinamics_v20": _on_bus(
        sinamics_v20.SinamicsV20Settings, sinamics_v20.REQUIRED_FIELDS, sinamics_v20.SinamicsV20
    ),
    "ups_modbus": _on_bus(
        ups_modbus.UpsModbusSettings, ups_modbus.REQUIRED_FIELDS, ups_modbus.UpsModbus
    ),
    "spellman": _alone(spellman.SpellmanSettings, spellman.Spellman),
    "reader": _alone(reader.ReaderSettings, reader.Reader),
    "rs_s131": _alone(rs_s131.RsS131Settings, rs_s131.RsS131),
    "technix": _alone(technix.TechnixSettings, technix.Technix),
    "toledo": _alone(toledo.ToledoSettings, toledo.Toledo),
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
        self._maps: dict[tuple[str, str], DeviceMap | None] = {}
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
        device_map = self._map(kind_name, kind, str(section.get("map", f"{kind_name}.toml")))
        bus = self.buses.get(bus_name)
        if bus is None or device_map is None or not free:
            return None
        return BusParts(bus, device_map)

    def _map(self, kind_name: str, kind: Kind, file: str) -> DeviceMap | None:
        if (kind_name, file) not in self._maps:
            self._maps[kind_name, file] = self._load(kind_name, kind, file)
        return self._maps[kind_name, file]

    def _load(self, kind_name: str, kind: Kind, file: str) -> DeviceMap | None:
        path = self._around.map_folder / file
        loaded = load_device_map(path)
        if isinstance(loaded, list):
            self.mistakes += loaded
            return None
        missing = sorted(set(kind.map_fields or ()) - {field.name for field in loaded.fields})
        reason = f"the driver of {kind_name} needs this field"
        found = [
            Mistake(str(path), f"fields.{name}", "", reason, "Add a [[fields]] entry")
            for name in missing
        ]
        found += kind.check(loaded, str(path))
        self.mistakes += found
        return None if found else loaded

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


def _text(settings: BaseModel, name: str) -> str:
    """A text setting by name, empty when the kind has none of that name or it is a number."""
    value: object = getattr(settings, name, "")
    return value if isinstance(value, str) else ""
