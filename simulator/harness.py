"""What may be done to a simulated lane from outside: one JSON request, one JSON answer.

For the test harness and the demo. Plays the people of the lane (arrivals, e-stop, key, doors),
breaks things, and tells the truth.
"""

from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from enum import Enum
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from simulator.devices.generic import MAX_WORD, GenericDevice
from simulator.devices.iologik import IoLogik
from simulator.devices.linac import LinacFault
from simulator.devices.line_faults import LineFault
from simulator.devices.ups_modbus import Ups
from simulator.faults import FaultDesk, FaultRefused
from simulator.hall.barrier import Barrier
from simulator.hall.plant import Key, Sees, Spot
from simulator.hall.tube import Fault
from simulator.hall.units import GOODS_SIZES, VEHICLE_SIZES, Cargo, Unit, UnitMaker
from simulator.lane import SimLane

_UNIT = TypeAdapter(Unit)
_UNIT_FIELDS = frozenset(Unit.__dataclass_fields__)
_LINE_FAULT = TypeAdapter(LineFault)
_LINE_FAULT_FIELDS = frozenset(LineFault.__dataclass_fields__)
Answer = dict[str, object]
Device = TypeVar("Device")


class Request(BaseModel):
    """One request. Each act uses the keys its entry in the README names and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: str
    unit: dict[str, object] | None = None
    cargo: Cargo | None = None
    position: Key | None = None
    on: bool = True
    spot: Spot | None = None
    sees: Sees | None = None
    device: str = ""
    what: str = ""
    text: str = ""
    persists: bool = False
    fault: dict[str, object] | None = None
    for_ms: int = 0
    tto_ds: int | None = Field(default=None, ge=0, le=300)
    sll: int | None = Field(default=None, ge=0, le=8)


class _Refused(Exception):
    """The request cannot be done; the text says why."""


def jsonable(value: object) -> object:
    """Turn records into what JSON can say: enums by value, dataclasses by field."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {str(jsonable(key)): jsonable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return jsonable(asdict(value))
    return value


class Harness:
    """Executes requests on one lane.

    Args:
        lane: the lane.
        seed: seed of the units it makes itself.
    """

    def __init__(self, lane: SimLane, seed: int = 0) -> None:
        self._lane = lane
        self.maker = UnitMaker(seed, VEHICLE_SIZES if lane.vehicles else GOODS_SIZES)
        self.desk = FaultDesk(lane)
        self._acts: dict[str, Callable[[Request], Answer]] = {
            "arrive": self._arrive,
            "take_away": self._take_away,
            "clear": self._clear,
            "estop": lambda request: self._person("estop_pressed", on=True),
            "estop_release": lambda request: self._person("estop_pressed", on=False),
            "door": lambda request: self._person("doors_open", on=request.on),
            "person": lambda request: self._person("person_in_zone", on=request.on),
            "cab": lambda request: self._person("person_in_cab", on=request.on),
            "key": self._key,
            "secure": self._secure,
            "reset": self._reset,
            "sensor": self._sensor,
            "damage": self._damage,
            "drive": self._drive,
            "drive_fault": self._drive_fault,
            "source_fault": self._source_fault,
            "arc": self._arc,
            "cold": self._cold,
            "repair": self._repair,
            "line_fault": self._line_fault,
            "line_clear": self._line_clear,
            "line_faults": self._line_faults,
            "power": self._power,
            "freeze": self._freeze,
            "read": self._read,
            "input": self._input,
            "register": self._register,
            "truth": self._truth,
        }

    def handle(self, request: object) -> Answer:
        """Do what is asked. The answer's ``ok`` says whether; if not, ``error`` says why."""
        try:
            parsed = Request.model_validate(request)
            act = self._acts.get(parsed.do)
            if act is None:
                known = ", ".join(sorted(self._acts))
                return {"ok": False, "error": f"do = {parsed.do!r}: unknown; one of {known}"}
            return {"ok": True, "now_ms": self._lane.now_ms, **act(parsed)}
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            return {"ok": False, "error": f"{where}: {first['msg']}"}
        except (_Refused, FaultRefused) as error:
            return {"ok": False, "error": str(error)}

    def _arrive(self, request: Request) -> Answer:
        if request.unit is None:
            unit = self.maker.make(request.cargo)
        else:
            unknown = sorted(set(request.unit) - _UNIT_FIELDS)
            if unknown:
                raise _Refused(f"unit.{unknown[0]}: a unit has no such field")
            unit = _UNIT.validate_python(request.unit)
        if not self._lane.plant.arrive(unit):
            raise _Refused("arrive: the queue outside is full")
        return {"unit": jsonable(unit)}

    def _take_away(self, _: Request) -> Answer:
        unit = self._lane.plant.take_away()
        return {"unit_id": unit.unit_id if unit else None}

    def _clear(self, _: Request) -> Answer:
        """People go in and take every unit off the belt."""
        return {"unit_ids": [unit.unit_id for unit in self._lane.plant.clear()]}

    def _person(self, what: str, *, on: bool) -> Answer:
        setattr(self._lane.plant.people, what, on)
        return {}

    def _key(self, request: Request) -> Answer:
        if request.position is None:
            raise _Refused("position: is missing; one of off, on, service")
        self._lane.plant.people.key = request.position
        return {}

    def _secure(self, _: Request) -> Answer:
        return {"secured": self._lane.plant.press_secure()}

    def _reset(self, _: Request) -> Answer:
        self._lane.press_reset()
        return {}

    def _sensor(self, request: Request) -> Answer:
        """Make a presence sensor stick; without ``sees`` it is well again."""
        if request.spot is None:
            raise _Refused("spot: is missing; the name of a presence sensor")
        if request.sees is None:
            self._lane.plant.stuck.pop(request.spot, None)
        else:
            self._lane.plant.stuck[request.spot] = request.sees
        return {}

    def _damage(self, request: Request) -> Answer:
        plant = self._lane.plant
        barriers = {
            "entry_barrier_jammed": plant.entry_barrier,
            "exit_barrier_jammed": plant.exit_barrier,
        }
        if request.what in barriers:
            barriers[request.what].jammed = request.on
            return {}
        known = [*plant.damage.__dataclass_fields__, *barriers]
        if request.what not in known:
            raise _Refused(f"what = {request.what!r}: one of {', '.join(known)}")
        setattr(plant.damage, request.what, request.on)
        return {}

    def _drive(self, request: Request) -> Answer:
        """Commission the drive's loss-of-master reaction differently, in the Altivar's terms."""
        drive = _fitted(self._lane.drive, "drive")
        drive.commission(tto_ds=request.tto_ds, sll=request.sll)
        return {}

    def _drive_fault(self, request: Request) -> Answer:
        drive = _fitted(self._lane.drive, "drive")
        drive.trip(drive.OVERHEAT, persists=request.persists)
        return {}

    def _source_fault(self, request: Request) -> Answer:
        linac, name = self._lane.linac, request.what.upper()
        names = [str(fault.name) for fault in (Fault if linac is None else LinacFault)]
        if name not in names:
            raise _Refused(f"what = {request.what!r}: one of {', '.join(names).lower()}")
        if linac is not None:
            linac.fail(LinacFault[name], persists=request.persists)
        else:
            generator = _fitted(self._lane.generator, "generator")
            generator.tube.fail(Fault[name], persists=request.persists)
        return {}

    def _arc(self, _: Request) -> Answer:
        _fitted(self._lane.generator, "generator").tube.arc()
        return {}

    def _cold(self, _: Request) -> Answer:
        """Let the tube have stood cold for too long: it arcs until it is seasoned."""
        _fitted(self._lane.generator, "generator").tube.cool()
        return {}

    def _repair(self, _: Request) -> Answer:
        """Remove the causes of all persisting faults."""
        if self._lane.drive is not None:
            self._lane.drive.repair()
        if self._lane.generator is not None:
            self._lane.generator.tube.repair()
        if self._lane.linac is not None:
            self._lane.linac.repair()
        return {}

    def _line_fault(self, request: Request) -> Answer:
        if request.fault is None:
            raise _Refused("fault: is missing; an object with at least harm")
        unknown = sorted(set(request.fault) - _LINE_FAULT_FIELDS)
        if unknown:
            raise _Refused(f"fault.{unknown[0]}: a fault has no such field")
        fault = _LINE_FAULT.validate_python(request.fault)
        self.desk.set(request.device, fault, request.for_ms)
        return {}

    def _line_clear(self, request: Request) -> Answer:
        self.desk.clear(request.device)
        return {}

    def _line_faults(self, _: Request) -> Answer:
        """Every device with the harms that fit it, and the faults that stand."""
        return {
            "devices": {name: jsonable(harms) for name, harms in self.desk.devices().items()},
            "standing": [jsonable(each) for each in self.desk.standing()],
        }

    def _power(self, request: Request) -> Answer:
        """``what`` is board or mains (``on`` false takes it away), safety or generator (cycled)."""
        if request.what == "board":
            board = _fitted(self._lane.board, "board")
            board.power(self._lane.now_ms, on=request.on)
        elif request.what == "safety":
            _fitted(self._lane.safety, "safety controller").power_up()
        elif request.what == "generator":
            if self._lane.linac is not None:
                self._lane.linac.power_up()
            else:
                _fitted(self._lane.generator, "generator").power_up()
        elif request.what == "mains":
            all_ups = [each for each in self._lane.slaves.values() if isinstance(each, Ups)]
            _fitted(next(iter(all_ups), None), "UPS")
            for ups in all_ups:
                ups.cut(mains=request.on)
        else:
            raise _Refused(f"what = {request.what!r}: one of board, mains, safety, generator")
        return {}

    def _freeze(self, request: Request) -> Answer:
        """Stop the safety controller's program while its Modbus side goes on answering."""
        _fitted(self._lane.safety, "safety controller").frozen = request.on
        return {}

    def _read(self, request: Request) -> Answer:
        reader = self._lane.readers.get(request.device)
        if reader is None:
            raise _Refused(f"device = {request.device!r}: one of {', '.join(self._lane.readers)}")
        reader.read(request.text)
        return {}

    def _input(self, request: Request) -> Answer:
        """Close or open contact ``what`` of a remote I/O."""
        device = self._lane.slaves.get(request.device)
        if not isinstance(device, IoLogik):
            raise _Refused(f"device = {request.device!r}: is no remote I/O of this lane")
        if not request.what.isdecimal() or int(request.what) >= device.channels:
            raise _Refused(f"what = {request.what!r}: a channel, 0 to {device.channels - 1}")
        device.set_input(int(request.what), on=request.on)
        return {}

    def _register(self, request: Request) -> Answer:
        """Let field ``what`` of a generic device hold the numbers in ``text``, one a register."""
        device = self._lane.slaves.get(request.device)
        if not isinstance(device, GenericDevice):
            raise _Refused(f"device = {request.device!r}: is no generic device of this lane")
        if request.what not in device.registers.places:
            known = ", ".join(device.registers.places)
            raise _Refused(f"what = {request.what!r}: one of {known}")
        words = request.text.split()
        if not words or not all(word.isdecimal() and int(word) <= MAX_WORD for word in words):
            raise _Refused(f"text = {request.text!r}: numbers from 0 to {MAX_WORD}")
        device.hold(request.what, *map(int, words))
        return {}

    def _truth(self, _: Request) -> Answer:
        plant = self._lane.plant
        record = plant.record
        return {
            "truth": {
                "relay_closed": plant.actuators.relay_closed,
                "hv_on": plant.hv_on,
                "beam_on": plant.beam_on,
                "people": jsonable(plant.people),
                "actuators": jsonable(plant.actuators),
                "secured": plant.secured,
                "entry_barrier": _position(plant.entry_barrier),
                "exit_barrier": _position(plant.exit_barrier),
                "presence": {spot.value: plant.sees(spot).value for spot in Spot},
                "encoder_um": plant.encoder_um,
                "present": jsonable(plant.present()),
                "fronts_mm": list(plant.fronts_mm()),
                "waiting": plant.waiting(),
                "passages": jsonable(record.passages),
                "violations": jsonable(record.violations),
                "relay_spans": jsonable(record.relay),
                "hv_spans": jsonable(record.hv),
                "beam_spans": jsonable(record.beam),
            }
        }


def _fitted(device: Device | None, name: str) -> Device:
    if device is None:
        raise _Refused(f"this lane has no {name}")
    return device


def _position(barrier: Barrier) -> str:
    if barrier.is_open:
        return "open"
    return "closed" if barrier.is_closed else "between"
