"""A whole simulated lane: the hall, its devices, and the wire each device hangs on.

Pure but for reading the device maps: whoever holds it gives it the time and moves the bytes, on
real wires or in memory. Every step runs in the same order (Modbus devices as in the lane file,
board, generator, hall), so the same bytes at the same times give the same history.
"""

from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from pathlib import Path
from typing import Protocol

from edge.errors import Mistake, SettingsError
from simulator.attendant import Attendant
from simulator.board import Board
from simulator.devices.altivar import Drive
from simulator.devices.iologik import IoLogik
from simulator.devices.linac import Linac
from simulator.devices.line_faults import FaultScript
from simulator.devices.modbus_server import RtuLine, Slave, TcpConnection
from simulator.devices.pnozmulti import SafetyPlc
from simulator.devices.readers import LineReader
from simulator.devices.rs_s131 import AreaMonitor
from simulator.devices.sinamics_v20 import V20
from simulator.devices.spellman import Generator
from simulator.devices.spoilt import Endpoint, Spoilt, delimited
from simulator.devices.technix import TechnixGenerator
from simulator.devices.toledo import Weighbridge
from simulator.hall.plant import STEP_MS, Plant
from simulator.hall.tube import Tube
from simulator.lane_file import Contact, DeviceEntry, LaneFile, SerialWire, TcpWire, Wire
from simulator.plugs import Plug
from simulator.slaves import BeltDrive, Living, make_slaves

READ_DELAY_MS = 300
"""From a unit standing at the entry to its codes being read."""
RESET_PRESS_MS = 200
STRIDE_MS = 20
"""Longest step of a lane at rest: nobody can tell whether its devices looked more often."""
BACKGROUND_MR_H, BEAM_MR_H, LEAK_MR_H = 0.012, 0.02, 5.0
"""Dose rates beside the lane: without beam, with it, and where its shielding leaks."""


DETECTOR = "detector"
"""What the line detector is called among the devices; a lane file has no section for it there."""


class Source(Endpoint, Protocol):
    """A generator of any make."""

    tube: Tube

    def power_up(self) -> None:
        """Switch off and on."""

    def advance(self, now_ms: int) -> None:
        """Let the high voltage follow until ``now_ms``."""


class SimLane:
    """The lane. Attributes are there for tests and the harness to reach into.

    Args:
        lane_file: which devices hang where.
        device_maps: folder of the device maps.
        seed: seed of everything drawn (line faults).
    """

    def __init__(self, lane_file: LaneFile, device_maps: Path, seed: int = 0) -> None:
        self.now_ms = 0
        self.plant = Plant(lane_file.geometry)
        self.vehicles = lane_file.vehicles
        self.drive: BeltDrive | None = None
        self.safety: SafetyPlc | None = None
        self.generator: Source | None = None
        self.linac: Linac | None = None
        self.board: Board | None = None
        self.readers: dict[str, LineReader] = {}
        self.monitors: dict[str, AreaMonitor] = {}
        self.scales: dict[str, Weighbridge] = {}
        self.slaves: dict[str, Slave] = {}
        self.faults: dict[str, FaultScript] = {}
        self.serial: dict[SerialWire, Endpoint] = {}
        self.tcp: dict[TcpWire, Callable[[], Endpoint]] = {}
        self.devices = {device.name: device for device in lane_file.devices}
        self.plugs: dict[Wire, Plug] = {}
        self._later: list[tuple[int, int, Callable[[], None]]] = []
        self._orders = 0
        self._maps = device_maps
        self._tube_limits = lane_file.tube
        self._living: list[Living] = []
        self._seed = seed
        self._read_unit = ""
        self._read_due_ms = 0
        self._of_labels: set[str] = set()
        self._contacts: list[tuple[IoLogik, Mapping[str, Contact]]] = []
        self._facts: dict[str, bool] = {}
        self._reset_until_ms = 0
        self._attendant: Attendant | None = None
        self._alone: dict[str, Callable[[DeviceEntry], Endpoint]] = {
            "permit_board": self._board,
            "reader": self._reader,
            "rs_s131": self._rs_s131,
            "spellman": self._spellman,
            "technix": self._technix,
            "toledo": self._toledo,
        }
        slaves: dict[Wire, dict[int, Slave]] = {}
        for device in lane_file.devices:
            self._install(device, slaves)
        for wire, on_wire in slaves.items():
            self._string(wire, on_wire, lane_file)
        self.detector_wire = lane_file.detector
        self.array = lane_file.array
        if self.detector_wire is not None:
            self.faults[DETECTOR] = FaultScript(seed=seed)
        for each in (*self.serial, *self.tcp, self.detector_wire):
            if each is not None:
                self.plugs[each] = Plug()
        self._move_contacts()

    def later(self, at_ms: int, act: Callable[[], None]) -> None:
        """Do something at a time of the lane."""
        self._orders += 1
        heappush(self._later, (at_ms, self._orders, act))

    def advance(self, now_ms: int) -> None:
        """Live until ``now_ms``, in steps of 5 ms; at rest in strides of 20 ms at most."""
        while self.now_ms + STEP_MS <= now_ms:
            stride_ms = STEP_MS
            if self.is_at_rest:
                stride_ms = min(STRIDE_MS, (now_ms - self.now_ms) // STEP_MS * STEP_MS)
            self._step(self.now_ms + stride_ms)

    @property
    def is_at_rest(self) -> bool:
        """True while nothing moves, warns or radiates, and nobody acts at each step."""
        still = self.plant.is_at_rest and not self.plant.actuators.warning
        return still and self._attendant is None

    def attend(self, attendant: Attendant) -> None:
        """Let an attendant act at every step from now on."""
        self._attendant = attendant

    def press_reset(self) -> None:
        """Press the local reset button for 200 ms."""
        self.plant.people.reset_pressed = True
        self._reset_until_ms = self.now_ms + RESET_PRESS_MS

    def _step(self, now_ms: int) -> None:
        self.now_ms = now_ms
        while self._later and self._later[0][0] <= now_ms:
            heappop(self._later)[2]()
        if self.plant.people.reset_pressed and now_ms >= self._reset_until_ms:
            self.plant.people.reset_pressed = False
        for slave in self._living:
            slave.advance(now_ms)
        if self.board is not None:
            self.board.look(now_ms)
        for source in (self.generator, self.linac):
            if source is not None:
                source.advance(now_ms)
        self.plant.advance(now_ms)
        self._read_codes()
        self._move_contacts()
        if self._attendant is not None:
            self._attendant.step()

    def _read_codes(self) -> None:
        unit = self.plant.at_entry()
        if unit is None:
            self._read_unit, self._read_due_ms = "", self.now_ms + READ_DELAY_MS
            return
        if unit.unit_id == self._read_unit or self.now_ms < self._read_due_ms:
            return
        self._read_unit = unit.unit_id
        for name, reader in self.readers.items():
            text = unit.label if name in self._of_labels else unit.qr
            if text:
                reader.read(text)

    def _move_contacts(self) -> None:
        """Contacts of remote I/Os follow the hall, at each change, so that a test can move them."""
        if not self._contacts:
            return
        facts = {"cab_empty": not self.plant.people.person_in_cab, "alarm": not self.plant.leaks}
        if facts == self._facts:
            return
        for io, contacts in self._contacts:
            for name, contact in contacts.items():
                if name in facts and facts[name] is not self._facts.get(name):
                    io.set_input(contact.channel, on=facts[name] is contact.closed_when_ok)
        self._facts = facts

    def _install(self, device: DeviceEntry, slaves: dict[Wire, dict[int, Slave]]) -> None:
        """Build the emulator of one device and hang it on its wire."""
        mine = make_slaves(device, self._maps, self.plant)
        if not mine:
            self._hang(device, self._alone[device.kind](device))
            return
        self._know(device, mine[device.unit])
        on_wire = slaves.setdefault(device.wire, {})
        for unit, slave in mine.items():
            if unit in on_wire:
                raise _clash(device, "unit", str(unit), "is taken on this bus")
            on_wire[unit] = slave

    def _script(self, device: DeviceEntry) -> FaultScript:
        """The faults of a device with a wire of its own."""
        return self.faults.setdefault(device.name, FaultScript(seed=self._seed))

    def _spellman(self, device: DeviceEntry) -> Endpoint:
        self.generator = generator = Generator(
            self.plant,
            series=device.texts["series"],
            kv_max=device.kv_max,
            ma_max=device.ma_max,
            serial=device.checksum,
            faults=self._script(device),
        )
        generator.tube.limit(self._tube_limits)
        return generator

    def _technix(self, device: DeviceEntry) -> Endpoint:
        self.generator = generator = TechnixGenerator(
            self.plant, kv_max=device.kv_max, ma_max=device.ma_max, faults=self._script(device)
        )
        generator.tube.limit(self._tube_limits)
        return generator

    def _board(self, device: DeviceEntry) -> Endpoint:
        self.board = Board(self.plant)
        return Spoilt(self.board, self._script(device), delimited)

    def _reader(self, device: DeviceEntry) -> Endpoint:
        self.readers[device.name] = reader = LineReader()
        if device.reads in {"plate", "container"} or (not device.reads and device.name == "label"):
            self._of_labels.add(device.name)
        return Spoilt(reader, self._script(device))

    def _toledo(self, device: DeviceEntry) -> Endpoint:
        self.scales[device.name] = scale = Weighbridge(
            self._mass_kg,
            increment_kg=device.numbers["increment_kg"],
            tons=device.texts["unit"] == "t",
            faults=self._script(device),
        )
        return scale

    def _mass_kg(self) -> int:
        unit = self.plant.at_entry()
        return unit.mass_kg if unit else 0

    def _rs_s131(self, device: DeviceEntry) -> Endpoint:
        self.monitors[device.name] = monitor = AreaMonitor(
            self._dose_mr_h, faults=self._script(device)
        )
        return monitor

    def _dose_mr_h(self) -> float:
        if self.plant.leaks:
            return LEAK_MR_H
        return BEAM_MR_H if self.plant.beam_on else BACKGROUND_MR_H

    def _know(self, device: DeviceEntry, slave: Slave) -> None:
        self.slaves[device.name] = slave
        if isinstance(slave, IoLogik):
            self._contacts.append((slave, device.contacts))
        if isinstance(slave, Drive | V20):
            self.drive = slave
        elif isinstance(slave, SafetyPlc):
            self.safety = slave
        if isinstance(slave, Linac):
            self.linac = slave
            slave.warms_up(self._tube_limits.warm_up_ms)
        elif isinstance(slave, Living):
            self._living.append(slave)

    def _hang(self, device: DeviceEntry, endpoint: Endpoint) -> None:
        if device.wire in self.serial or device.wire in self.tcp:
            raise _clash(device, "port", str(device.wire.port), "is taken by another device")
        if isinstance(device.wire, SerialWire):
            self.serial[device.wire] = endpoint
        else:
            self.tcp[device.wire] = lambda: endpoint

    def _string(self, wire: Wire, slaves: dict[int, Slave], lane_file: LaneFile) -> None:
        """Hang the slaves of one bus on its wire, under one fault script."""
        names = [device.name for device in lane_file.devices if device.wire == wire]
        script = FaultScript(seed=self._seed)
        for name in names:
            self.faults[name] = script
        if isinstance(wire, SerialWire):
            self.serial[wire] = RtuLine(slaves, script)
        elif wire.modbus:
            self.tcp[wire] = lambda: TcpConnection(slaves, script)
        else:
            self.tcp[wire] = lambda: RtuLine(slaves, script)


def _clash(device: DeviceEntry, key: str, value: str, reason: str) -> SettingsError:
    remedy = "Give each device its own"
    return SettingsError(
        [Mistake("lane file", f"devices.{device.name}.{key}", value, reason, remedy)]
    )
