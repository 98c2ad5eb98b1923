"""What the simulator needs of a lane file: which device hangs on which wire.

Keys that concern only the controller are passed over; those the simulator needs are checked, and
every mistake is reported at once.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as default
from pathlib import Path

from edge.errors import Mistake, SettingsError
from simulator.hall.array import GOODS_ARRAY, LineArray, vehicle_array
from simulator.hall.geometry import BELT, Geometry, tow_hall
from simulator.hall.tube import NO_LIMITS, TubeLimits
from simulator.kinds import BAUD, CHOICES, KINDS, MAY_HAVE, NUMBERS, STEPS, TEXTS, UNIT

_MODBUS_PORT = 502
_REMEDY = "Correct the lane file; config/lanes holds working examples"


@dataclass(frozen=True, slots=True)
class SerialWire:
    """A serial line: a path relative to the state folder, speed and parity (N, E or O)."""

    port: str
    baud: int
    parity: str


@dataclass(frozen=True, slots=True)
class TcpWire:
    """A TCP address the simulator listens on; ``modbus`` when frames there carry MBAP headers."""

    host: str
    port: int
    modbus: bool = False


Wire = SerialWire | TcpWire


@dataclass(frozen=True, slots=True)
class Contact:
    """An input of a remote I/O: its channel, and whether it is closed while all is well."""

    channel: int
    closed_when_ok: bool


@dataclass(frozen=True, slots=True)
class DeviceEntry:
    """One device of the lane.

    Attributes:
        name: as in the lane file.
        kind: which emulator plays it.
        wire: what it hangs on.
        unit: Modbus address, 0 for a device that has none.
        field: what a measuring device measures, its name when the file does not say.
        mm_per_rev: belt travel of one motor revolution, drives only.
        kv_max: kilovolts at full scale, generators only.
        ma_max: milliamperes at full scale, generators only.
        checksum: whether frames carry one (RS-232 framing), generators only.
        numbers: what else the emulator of its kind takes from the section, by key.
        texts: the same, of texts.
        contacts: channel of each named input of a remote I/O.
        reads: what a reader reads: plate, container or qr; empty where the file does not say.
    """

    name: str
    kind: str
    wire: Wire
    unit: int
    field: str
    mm_per_rev: float = 12.0
    kv_max: float = 160.0
    ma_max: float = 10.0
    checksum: bool = True
    numbers: Mapping[str, float] = default(default_factory=dict)
    texts: Mapping[str, str] = default(default_factory=dict)
    contacts: Mapping[str, Contact] = default(default_factory=dict)
    reads: str = ""


@dataclass(frozen=True, slots=True)
class LaneFile:
    """The lane as the simulator plays it.

    Attributes:
        devices: what hangs on the wires.
        detector: where the line detector listens, None for a lane without one.
        geometry: where things stand in its hall.
        array: the detector's elements.
        vehicles: whether whole vehicles come, not goods.
    """

    devices: tuple[DeviceEntry, ...]
    detector: TcpWire | None
    tube: TubeLimits = NO_LIMITS
    geometry: Geometry = BELT
    array: LineArray = GOODS_ARRAY
    vehicles: bool = False


def load_lane_file(path: Path) -> LaneFile:
    """Read a lane file. Raises SettingsError with every mistake found."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise _alone(path, f"cannot be read: {error.strerror}") from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _alone(path, f"is not TOML: {error}") from error
    reader = _Reader(path)
    lane = reader.lane(document)
    if reader.mistakes:
        raise SettingsError(reader.mistakes)
    return lane


def _alone(path: Path, reason: str) -> SettingsError:
    return SettingsError([Mistake(str(path), "-", "", reason, _REMEDY)])


class _Reader:
    """Collects the mistakes while it reads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.mistakes: list[Mistake] = []

    def lane(self, document: dict[str, object]) -> LaneFile:
        buses: dict[str, Wire] = {}
        for name, bus in self._tables(document, "buses").items():
            wire = self._bus(f"buses.{name}", bus)
            if wire is not None:
                buses[name] = wire
        devices = []
        readers = document.get("readers")
        reads = readers if isinstance(readers, dict) else {}
        for name, device in self._tables(document, "devices").items():
            entry = self._device(name, device, buses)
            if entry is not None:
                devices.append(replace(entry, reads=str(reads.get(name, ""))))
        if not devices and not self.mistakes:
            self._wrong("devices", "", "a lane needs devices")
        detector = document.get("detector")
        vehicles = _takes_vehicles(document)
        wire, array = None, GOODS_ARRAY
        if isinstance(detector, dict):
            wire = self._tcp("detector", detector)
            array = self._array(detector) if vehicles else GOODS_ARRAY
        tube = self._tube(document.get("source"))
        geometry = self._geometry(document)
        return LaneFile(tuple(devices), wire, tube, geometry, array, vehicles)

    def _geometry(self, document: dict[str, object]) -> Geometry:
        """A lane of vehicles has a hall as long as its longest vehicle; goods have the belt."""
        if not _takes_vehicles(document):
            return BELT
        belt, envelope = (self._table(document, key) for key in ("belt", "envelope"))
        span = envelope.get("length_mm")
        longest = span[-1] if isinstance(span, list) and span else None
        return tow_hall(
            longest_mm=self._needed("envelope", {"length_mm": longest}, "length_mm"),
            entry_to_tunnel_mm=self._needed("belt", belt, "entry_to_tunnel_mm"),
        )

    def _array(self, detector: dict[str, object]) -> LineArray:
        energies = self._number("detector", detector, "energies", 1)
        if energies not in (1, 2):
            self._wrong("detector.energies", str(energies), "is neither 1 nor 2")
        return vehicle_array(
            detectors=self._needed("detector", detector, "detectors"),
            reference_pixels=self._needed("detector", detector, "reference_pixels"),
            energies=energies,
        )

    def _needed(self, key: str, table: dict[str, object], name: str) -> int:
        """A whole number above 0 that may not be left out."""
        if table.get(name) is None:
            self._wrong(f"{key}.{name}", "", "is missing: the simulated hall is laid out by it")
            return 1
        return self._number(key, table, name, 1)

    @staticmethod
    def _table(document: dict[str, object], key: str) -> dict[str, object]:
        table = document.get(key)
        return table if isinstance(table, dict) else {}

    def _tube(self, source: object) -> TubeLimits:
        """The simulated tube has the very limits that the lane is told to keep."""
        section = source if isinstance(source, dict) else {}
        duty, warm_up, seasoning = (
            section.get(name, {}) for name in ("duty", "warm_up", "seasoning")
        )
        return TubeLimits(
            warm_up_ms=1000 * self._care("source.warm_up", warm_up, "warm_up_s"),
            pause_ms=1000 * self._care("source.duty", duty, "pause_s"),
            window_ms=1000 * self._care("source.duty", duty, "window_s"),
            on_ms=1000 * self._care("source.duty", duty, "on_s"),
            season_after_ms=3_600_000 * self._care("source.seasoning", seasoning, "season_after_h"),
        )

    def _care(self, key: str, table: object, name: str) -> int:
        """A limit of the tube, 0 where the lane file gives none."""
        if not isinstance(table, dict) or name not in table:
            return 0
        return self._number(key, table, name, 0)

    def _tables(self, document: dict[str, object], key: str) -> dict[str, dict[str, object]]:
        tables = document.get(key, {})
        if not isinstance(tables, dict):
            self._wrong(key, str(tables), "is not a table")
            return {}
        found = {}
        for name, table in tables.items():
            if isinstance(table, dict):
                found[name] = table
            else:
                self._wrong(f"{key}.{name}", str(table), "is not a table")
        return found

    def _bus(self, key: str, bus: dict[str, object]) -> Wire | None:
        kind = bus.get("kind")
        if kind == "rtu":
            return self._serial(key, bus, "rtu", "E")
        if kind == "tcp":
            return replace(self._tcp(key, bus), modbus=True)
        self._wrong(f"{key}.kind", str(kind), "is neither rtu nor tcp")
        return None

    def _serial(
        self, key: str, table: dict[str, object], kind: str, parity_default: str
    ) -> Wire | None:
        port = self._text(key, table, "port")
        if port.startswith("socket://"):
            host, _, number = port.removeprefix("socket://").rpartition(":")
            if host and number.isdecimal():
                return TcpWire(host, int(number))
            self._wrong(f"{key}.port", port, "is not socket://host:port")
            return None
        baud = self._number(key, table, "baud", BAUD[kind])
        parity = table.get("parity", parity_default)
        if parity not in ("N", "E", "O"):
            self._wrong(f"{key}.parity", str(parity), "is none of N, E, O")
        return SerialWire(port, baud, str(parity))

    def _tcp(self, key: str, table: dict[str, object]) -> TcpWire:
        return TcpWire(
            self._text(key, table, "host"), self._number(key, table, "port", _MODBUS_PORT)
        )

    def _device(
        self, name: str, table: dict[str, object], buses: dict[str, Wire]
    ) -> DeviceEntry | None:
        key = f"devices.{name}"
        kind = self._text(key, table, "kind")
        if kind not in KINDS:
            self._wrong(f"{key}.kind", kind, f"the simulator plays only {', '.join(KINDS)}")
            return None
        wire: Wire | None
        if kind in UNIT:
            bus = self._text(key, table, "bus")
            wire = buses.get(bus)
            if wire is None:
                self._wrong(f"{key}.bus", bus, "no such bus")
        else:
            wire = self._serial(key, table, kind, "N")
        if wire is None:
            return None
        return DeviceEntry(
            name=name,
            kind=kind,
            wire=wire,
            unit=self._number(key, table, "unit", UNIT[kind]) if kind in UNIT else 0,
            field=str(table.get("field", name)),
            mm_per_rev=self._measure(key, table, "mm_per_rev", 12.0),
            kv_max=self._measure(key, table, "kv_max", 160.0),
            ma_max=self._measure(key, table, "ma_max", 10.0),
            checksum=table.get("framing", "rs232") == "rs232",
            numbers=self._numbers(key, table, kind),
            texts=self._texts(key, table, kind),
            contacts=self._contacts(key, table) if kind == "iologik" else {},
        )

    def _contacts(self, key: str, table: dict[str, object]) -> dict[str, Contact]:
        found = {}
        for name, given in self._tables(table, "inputs").items():
            channel, ok_when = given.get("channel"), given.get("ok_when")
            if type(channel) is not int or ok_when not in ("on", "off"):
                reason = "needs channel, a number, and ok_when, on or off"
                self._wrong(f"{key}.inputs.{name}", str(given), reason)
                continue
            found[name] = Contact(channel, closed_when_ok=ok_when == "on")
        return found

    def _numbers(self, key: str, table: dict[str, object], kind: str) -> dict[str, float]:
        found = {
            name: self._measure(key, table, name, left_out) if name in table or left_out else 0.0
            for name, left_out in NUMBERS.get(kind, {}).items()
        }
        there = [name for name in MAY_HAVE.get(kind, ()) if name in table]
        found.update({name: self._measure(key, table, name, 1.0) for name in there})
        step = found.get("increment_kg", 1.0)
        if f"{step:.6e}".split("e")[0] not in STEPS:
            self._wrong(f"{key}.increment_kg", str(step), "is not 1, 2 or 5 times a power of ten")
        return found

    def _texts(self, key: str, table: dict[str, object], kind: str) -> dict[str, str]:
        found = {
            name: self._text(key, table, name, left_out)
            for name, left_out in TEXTS.get(kind, {}).items()
        }
        for name, text in found.items():
            choices = CHOICES.get(name, (text,))
            if text and text not in choices:
                self._wrong(f"{key}.{name}", text, f"the simulator plays only {', '.join(choices)}")
        return found

    def _text(
        self, key: str, table: dict[str, object], name: str, left_out: str | None = None
    ) -> str:
        value = table.get(name, left_out)
        if isinstance(value, str) and value:
            return value
        self._wrong(f"{key}.{name}", _shown(value), "is missing or not a text")
        return ""

    def _number(self, key: str, table: dict[str, object], name: str, default: int) -> int:
        value = table.get(name, default)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        self._wrong(f"{key}.{name}", _shown(value), "is not a whole number above 0")
        return default

    def _measure(self, key: str, table: dict[str, object], name: str, default: float) -> float:
        value = table.get(name, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return float(value)
        self._wrong(f"{key}.{name}", _shown(value), "is not a number above 0")
        return default

    def _wrong(self, key: str, value: str, reason: str) -> None:
        self.mistakes.append(Mistake(str(self._path), key, value, reason, _REMEDY))


def _takes_vehicles(document: dict[str, object]) -> bool:
    lane = document.get("lane")
    return isinstance(lane, dict) and lane.get("units") == "vehicles"


def _shown(value: object) -> str:
    return "" if value is None else str(value)
