"""The table of device kinds, and the way from a lane file's sections to buses and devices.

A new kind is one more row of `KINDS`; nothing is found by name or by import magic.
"""

from collections.abc import Mapping
from dataclasses import dataclass

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
    sinamics_v20_words,
    spellman,
    spellman_plan,
    technix,
    toledo,
    ups_modbus,
)
from drivers.bus_plan import LinePlan, Pace, Plan, pace_of_bus, pace_of_line
from drivers.device_map import load_device_map
from drivers.device_map_model import DeviceMap
from drivers.kind import BusParts, Kind, Parts, Surroundings, alone, on_bus, polls
from drivers.modbus import ModbusBus
from drivers.modbus_settings import RtuSettings, TcpSettings
from drivers.serial_line import SerialSettings
from edge.errors import Mistake, SettingsError
from edge.ports import Device

Sections = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Made:
    """One device and what it was made of.

    Attributes:
        kind: its row.
        settings: its section of the lane file.
        parts: bus and map, for a device that has them.
        pace: of the line it is on.
        plan: what it asks of that line.
    """

    kind: Kind
    settings: BaseModel
    parts: Parts
    pace: Pace
    plan: Plan

    @property
    def unit(self) -> int:
        """Its address on a Modbus bus."""
        unit: object = getattr(self.settings, "unit", None)
        assert isinstance(unit, int), f"{type(self.settings).__name__} has no unit"
        return unit


@dataclass(frozen=True, slots=True)
class Built:
    """Buses and devices by their names in the lane file; cancel the devices before the buses.

    Attributes:
        buses: by name.
        devices: by name.
        made: what each device was made of, by the same names.
        warnings: what is no mistake and still surely not what is wanted.
    """

    buses: dict[str, ModbusBus]
    devices: dict[str, Device]
    made: dict[str, Made]
    warnings: list[Mistake]


KINDS: Mapping[str, Kind] = {
    "altivar": on_bus(
        altivar.AltivarSettings,
        altivar.REQUIRED_FIELDS,
        altivar.Altivar,
        altivar.plan,
        altivar.ABOUT,
        moves=altivar.moves,
        check=polls(altivar.POLLED),
    ),
    "sinamics_v20": on_bus(
        sinamics_v20_words.SinamicsV20Settings,
        sinamics_v20.REQUIRED_FIELDS,
        sinamics_v20.SinamicsV20,
        sinamics_v20.plan,
        sinamics_v20.ABOUT,
        moves=sinamics_v20.moves,
    ),
    "pnozmulti": on_bus(
        pnozmulti.PnozmultiSettings,
        pnozmulti.REQUIRED_FIELDS,
        pnozmulti.Pnozmulti,
        pnozmulti.plan,
        pnozmulti.ABOUT,
        check=polls(pnozmulti.POLLED),
    ),
    "ez_array": on_bus(
        ez_array.EzArraySettings,
        ez_array.REQUIRED_FIELDS,
        ez_array.EzArray,
        ez_array.plan,
        ez_array.ABOUT,
        check=polls(ez_array.POLLED),
    ),
    "iologik": on_bus(
        iologik.IologikSettings,
        iologik.REQUIRED_FIELDS,
        iologik.Iologik,
        iologik.plan,
        iologik.ABOUT,
    ),
    "ups_modbus": on_bus(
        ups_modbus.UpsModbusSettings,
        ups_modbus.REQUIRED_FIELDS,
        ups_modbus.UpsModbus,
        ups_modbus.plan,
        ups_modbus.ABOUT,
    ),
    "linac_sim": on_bus(
        linac_sim.LinacSimSettings,
        linac_sim.REQUIRED_FIELDS,
        linac_sim.LinacSim,
        linac_sim.plan,
        linac_sim.ABOUT,
    ),
    "generic": on_bus(
        generic.GenericSettings,
        (),
        generic.Generic,
        generic.plan,
        generic.ABOUT,
        check=generic.mistakes_of,
    ),
    "spellman": alone(
        spellman.SpellmanSettings, spellman.Spellman, spellman_plan.plan, spellman_plan.ABOUT
    ),
    "technix": alone(technix.TechnixSettings, technix.Technix, technix.plan, technix.ABOUT),
    "toledo": alone(toledo.ToledoSettings, toledo.Toledo, toledo.plan, toledo.ABOUT),
    "rs_s131": alone(rs_s131.RsS131Settings, rs_s131.RsS131, rs_s131.plan, rs_s131.ABOUT),
    "reader": alone(reader.ReaderSettings, reader.Reader, reader.plan, reader.ABOUT),
    "permit_board": alone(
        permit_board.PermitBoardSettings,
        permit_board.PermitBoard,
        permit_board.plan,
        permit_board.ABOUT,
    ),
}

LAST_UNIT = 247
"""Highest address of a device on a serial line."""

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
    lines = builder.lines()
    builder.mistakes += [one for line in lines for one in line.mistakes(around.file)]
    if builder.mistakes:
        raise SettingsError(builder.mistakes)
    warnings = [one for line in lines for one in line.warnings(around.file)]
    return Built(builder.buses, builder.devices, builder.made, warnings)


class _Builder:
    """Collects what can be made and every mistake on the way."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self.mistakes: list[Mistake] = []
        self.buses: dict[str, ModbusBus] = {}
        self.devices: dict[str, Device] = {}
        self.made: dict[str, Made] = {}
        self._paces: dict[str, Pace] = {}
        self._bus_names: set[str] = set()
        self._bus_settings: dict[str, RtuSettings | TcpSettings] = {}
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
        self._bus_settings[name] = settings
        self.buses[name] = ModbusBus(name=name, settings=settings, now_ns=self._around.now_ns)
        self._paces[name] = pace_of_bus(settings)

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
            self._check_unit(key, str(section.get("bus")), settings)
            self._check_age(key, settings, parts.device_map)
        elif settings is not None and not self._free(key, "port", _text(settings, "port")):
            return
        if settings is not None:
            self.devices[name] = kind.make(name, settings, self._around, parts)
            pace = _pace(settings) if parts is None else parts.pace
            self.made[name] = Made(kind, settings, parts, pace, kind.plan(settings, parts))

    def lines(self) -> list[LinePlan]:
        """What is asked on every line, as far as its devices could be made."""
        shared: dict[str, dict[str, Plan]] = {name: {} for name in self.buses}
        lines = [
            LinePlan(f"buses.{name}", self._paces[name], plans) for name, plans in shared.items()
        ]
        for name, made in self.made.items():
            if made.parts is not None:
                shared[made.parts.bus.name][name] = made.plan
            else:
                lines.append(LinePlan(f"devices.{name}", made.pace, {name: made.plan}))
        return lines

    def _bus_parts(
        self, key: str, kind_name: str, kind: Kind, section: Mapping[str, object]
    ) -> BusParts | None:
        bus_name = str(section.get("bus"))
        if bus_name not in self._bus_names:
            known = ", ".join(sorted(self._bus_names)) or "none"
            self._mistake(f"{key}.bus", bus_name, "no such bus", f"Known buses: {known}")
        # A second device with the same address would answer into the first one's questions.
        free = self._free(key, "unit", (bus_name, section.get("unit")))
        if "upper_unit" in section:
            upper = (bus_name, section["upper_unit"])
            free = self._free(key, "upper_unit", upper, among="unit") and free
        device_map = self._map(kind_name, kind, str(section.get("map", f"{kind_name}.toml")))
        bus = self.buses.get(bus_name)
        if bus is None or device_map is None or not free:
            return None
        self._check_pace(bus_name, key, device_map)
        return BusParts(bus, self._paces[bus_name], device_map)

    def _check_pace(self, bus_name: str, device: str, device_map: DeviceMap) -> None:
        """What a device needs of its line, by its map, the line must give."""
        bus, needs = self._bus_settings[bus_name], device_map.device
        wanted = {"response_timeout_ms": needs.response_timeout_ms}
        if isinstance(bus, RtuSettings):
            wanted["silence_ms"] = needs.min_silence_ms
        for key, least in wanted.items():
            given: int = getattr(bus, key)
            if given < least:
                reason = f"is shorter than the map of {device} asks for, {least} ms"
                self._mistake(f"buses.{bus_name}.{key}", str(given), reason, f"Set {least}")

    def _check_age(self, key: str, settings: BaseModel | None, device_map: DeviceMap) -> None:
        """A field that grows stale between two polls would be in doubt for ever."""
        ages = [one.stale_after_ms for one in device_map.fields if one.group == "fast"]
        limit_ms = min((age for age in ages if age is not None), default=None)
        poll_ms: object = getattr(settings, "poll_ms", None)
        if limit_ms is not None and isinstance(poll_ms, int) and poll_ms >= limit_ms:
            reason = f"its map has fields that are stale after {limit_ms} ms"
            self._mistake(f"{key}.poll_ms", str(poll_ms), reason, "Poll faster")

    def _check_unit(self, key: str, bus: str, settings: BaseModel | None) -> None:
        """On a serial line 0 is everybody, who would all obey and none answer; 248 on is reserved.

        Serial Line V1.02, 2.2.
        """
        unit: object = getattr(settings, "unit", None)
        serial = isinstance(self._bus_settings.get(bus), RtuSettings)
        if serial and isinstance(unit, int) and not 1 <= unit <= LAST_UNIT:
            what = "addresses every device of a serial line" if unit == 0 else "is reserved"
            self._mistake(f"{key}.unit", str(unit), what, f"Give its own, 1 to {LAST_UNIT}")

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
        found = kind.mistakes_of_map(kind_name, loaded, str(path))
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

    def _free(self, key: str, what: str, place: object, among: str = "") -> bool:
        owner = self._places.setdefault((among or what, place), key)
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


def _pace(settings: BaseModel) -> Pace:
    """The pace of a device's own line."""
    assert isinstance(settings, SerialSettings)
    return pace_of_line(settings)
