"""A whole simulated lane: the hall, its devices, and the wire each device hangs on.

Pure but for reading the device maps: whoever holds it gives it the time and moves the bytes, on
real wires or in memory. Every step runs in the same order (drive, safety controller, board,
generator, hall), so the same bytes at the same times give the same history.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from edge.errors import Mistake, SettingsError
from simulator.attendant import Attendant
from simulator.devices.altivar import Drive
from simulator.devices.ez_array import LightCurtain
from simulator.devices.line_faults import FaultScript
from simulator.devices.mcu import Mcu
from simulator.devices.mcu_memory import BoardInputs, BoardMemory
from simulator.devices.modbus_server import RtuLine, Slave, TcpConnection
from simulator.devices.pnozmulti import SafetyPlc
from simulator.devices.readers import LineReader
from simulator.devices.registers import load_register_file
from simulator.devices.rs_s131 import AreaMonitor
from simulator.devices.spellman import Generator
from simulator.devices.technix import TechnixGenerator
from simulator.devices.toledo import Weighbridge
from simulator.hall.plant import STEP_MS, Key, Plant
from simulator.hall.tube import Tube
from simulator.lane_file import DeviceEntry, LaneFile, SerialWire, TcpWire, Wire

READ_DELAY_MS = 300
"""From a unit standing at the entry to its codes being read."""
RESET_PRESS_MS = 200
STRIDE_MS = 20
"""Longest step of a lane at rest: nobody can tell whether its devices looked more often."""
MAX_BOARD_BYTES = 4096
BACKGROUND_MR_H, BEAM_MR_H = 0.012, 0.02
"""Dose rates beside the lane, without and with beam; nothing leaks."""


class Endpoint(Protocol):
    """What hangs on a wire: bytes in, bytes out, at a time in milliseconds."""

    def receive(self, data: bytes, now_ms: int) -> bytes:
        """Take bytes; return what goes out now."""

    def poll(self, now_ms: int) -> bytes:
        """Return what goes out now without having been asked."""


class Source(Endpoint, Protocol):
    """A generator of any make."""

    tube: Tube

    def power_up(self) -> None:
        """Switch off and on."""

    def advance(self, now_ms: int) -> None:
        """Let the high voltage follow until ``now_ms``."""


class Board:
    """The permit board on its wire, its terminals on the hall."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._memory = BoardMemory()
        self._mcu: Mcu | None = Mcu(self._memory)
        self._out = b""

    def receive(self, data: bytes, now_ms: int) -> bytes:
        """Hand bytes to the board; a board without power says nothing."""
        if self._mcu is not None:
            self._say(self._mcu.receive(data, now_ms))
            self._move_relay()
        return self.poll(now_ms)

    def poll(self, now_ms: int) -> bytes:
        """Return what the board has said since."""
        out, self._out = self._out, b""
        return out

    def look(self, now_ms: int) -> None:
        """One cycle of the board: read the terminals, move the relay."""
        if self._mcu is not None:
            self._say(self._mcu.poll(now_ms, self._inputs()))
        self._move_relay()

    def power(self, now_ms: int, *, on: bool) -> None:
        """Take the board's power away or give it back."""
        self._mcu = Mcu(self._memory, now_ms) if on else None
        self._out = b""
        self._move_relay()

    def _say(self, data: bytes) -> None:
        self._out = (self._out + data)[-MAX_BOARD_BYTES:]

    def _move_relay(self) -> None:
        coil = self._mcu is not None and self._mcu.relay_closed
        self._plant.actuators.relay_closed = coil or self._plant.damage.relay_welded

    def _inputs(self) -> BoardInputs:
        plant, people = self._plant, self._plant.people
        return BoardInputs(
            estop=not people.estop_pressed,
            key_on=people.key is Key.ON,
            doors=not people.doors_open,
            secured=plant.secured,
            zone_clear=not people.person_in_zone,
            lamp_current=plant.lamp_current,
            horn_current=plant.horn_current,
            barrier_closed=plant.entry_barrier.is_closed,
            hv=plant.hv_on,
            beam=plant.beam_on or plant.damage.beam_detector_on,
            reset_button=people.reset_pressed,
            relay_feedback=True if plant.damage.relay_welded else None,
        )


class SimLane:
    """The lane. Attributes are there for tests and the harness to reach into.

    Args:
        lane_file: which devices hang where.
        device_maps: folder of the device maps.
        seed: seed of everything drawn (line faults).
    """

    def __init__(self, lane_file: LaneFile, device_maps: Path, seed: int = 0) -> None:
        self.now_ms = 0
        self.plant = Plant()
        self.drive: Drive | None = None
        self.safety: SafetyPlc | None = None
        self.generator: Source | None = None
        self.board: Board | None = None
        self.readers: dict[str, LineReader] = {}
        self.monitors: dict[str, AreaMonitor] = {}
        self.scales: dict[str, Weighbridge] = {}
        self.faults: dict[str, FaultScript] = {}
        self.serial: dict[SerialWire, Endpoint] = {}
        self.tcp: dict[TcpWire, Callable[[], Endpoint]] = {}
        self._maps = device_maps
        self._seed = seed
        self._read_unit = ""
        self._read_due_ms = 0
        self._reset_until_ms = 0
        self._attendant: Attendant | None = None
        slaves: dict[Wire, dict[int, Slave]] = {}
        for device in lane_file.devices:
            self._install(device, slaves)
        for wire, on_wire in slaves.items():
            self._string(wire, on_wire, lane_file)

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
        if self.plant.people.reset_pressed and now_ms >= self._reset_until_ms:
            self.plant.people.reset_pressed = False
        if self.drive is not None:
            self.drive.advance(now_ms)
        if self.safety is not None:
            self.safety.advance(now_ms)
        if self.board is not None:
            self.board.look(now_ms)
        if self.generator is not None:
            self.generator.advance(now_ms)
        self.plant.advance(now_ms)
        self._read_codes()
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
            text = unit.label if name == "label" else unit.qr
            if text:
                reader.read(text)

    def _install(self, device: DeviceEntry, slaves: dict[Wire, dict[int, Slave]]) -> None:
        """Build the emulator of one device and hang it on its wire."""
        slave = self._slave(device)
        if slave is not None:
            on_wire = slaves.setdefault(device.wire, {})
            if device.unit in on_wire:
                raise _clash(device, "unit", str(device.unit), "is taken on this bus")
            on_wire[device.unit] = slave
            return
        alone: dict[str, Callable[[DeviceEntry], Endpoint]] = {
            "spellman": self._spellman,
            "permit_board": self._board,
            "reader": self._reader,
            "toledo": self._toledo,
            "technix": self._technix,
            "rs_s131": self._rs_s131,
        }
        self._hang(device, alone[device.kind](device))

    def _script(self, device: DeviceEntry) -> FaultScript:
        """The faults of a device with a wire of its own."""
        return self.faults.setdefault(device.name, FaultScript(seed=self._seed))

    def _spellman(self, device: DeviceEntry) -> Endpoint:
        self.generator = generator = Generator(
            self.plant,
            series=device.series,
            kv_max=device.kv_max,
            ma_max=device.ma_max,
            serial=device.checksum,
            faults=self._script(device),
        )
        return generator

    def _technix(self, device: DeviceEntry) -> Endpoint:
        self.generator = generator = TechnixGenerator(
            self.plant, kv_max=device.kv_max, ma_max=device.ma_max, faults=self._script(device)
        )
        return generator

    def _board(self, _: DeviceEntry) -> Endpoint:
        self.board = Board(self.plant)
        return self.board

    def _reader(self, device: DeviceEntry) -> Endpoint:
        self.readers[device.name] = reader = LineReader()
        return reader

    def _toledo(self, device: DeviceEntry) -> Endpoint:
        self.scales[device.name] = scale = Weighbridge(
            self._mass_kg,
            increment_kg=device.increment_kg,
            tons=device.tons,
            faults=self._script(device),
        )
        return scale

    def _hang(self, device: DeviceEntry, endpoint: Endpoint) -> None:
        if device.wire in self.serial or device.wire in self.tcp:
            raise _clash(device, "port", str(device.wire.port), "is taken by another device")
        if isinstance(device.wire, SerialWire):
            self.serial[device.wire] = endpoint
        else:
            self.tcp[device.wire] = lambda: endpoint

    def _slave(self, device: DeviceEntry) -> Slave | None:
        """The Modbus slave a device is, None when it speaks something else."""
        plant = self.plant
        if device.kind == "altivar":
            registers = load_register_file(self._maps / "altivar.toml")
            self.drive = Drive(registers, plant, mm_per_rev=device.mm_per_rev)
            return self.drive
        if device.kind == "pnozmulti":
            self.safety = SafetyPlc(load_register_file(self._maps / "pnozmulti.toml"), plant)
            return self.safety
        if device.kind == "ez_array":
            registers = load_register_file(self._maps / "ez_array.toml")
            wide = device.field.startswith("width")
            return LightCurtain(registers, self._width_mm if wide else self._height_mm)
        return None

    def _height_mm(self) -> int:
        unit = self.plant.at_entry()
        return unit.height_mm if unit else 0

    def _rs_s131(self, device: DeviceEntry) -> Endpoint:
        self.monitors[device.name] = monitor = AreaMonitor(
            lambda: BEAM_MR_H if self.plant.beam_on else BACKGROUND_MR_H,
            faults=self._script(device),
        )
        return monitor

    def _mass_kg(self) -> int:
        unit = self.plant.at_entry()
        return unit.mass_kg if unit else 0

    def _width_mm(self) -> int:
        unit = self.plant.at_entry()
        return unit.width_mm if unit else 0

    def _string(self, wire: Wire, slaves: dict[int, Slave], lane_file: LaneFile) -> None:
        """Hang the slaves of one bus on its wire, under one fault script."""
        names = [device.name for device in lane_file.devices if device.wire == wire]
        script = FaultScript(seed=self._seed)
        for name in names:
            self.faults[name] = script
        if isinstance(wire, SerialWire):
            self.serial[wire] = RtuLine(slaves, script)
        elif any(device.kind == "pnozmulti" for device in lane_file.devices if device.wire == wire):
            self.tcp[wire] = lambda: TcpConnection(slaves, script)
        else:
            self.tcp[wire] = lambda: RtuLine(slaves, script)


def _clash(device: DeviceEntry, key: str, value: str, reason: str) -> SettingsError:
    remedy = "Give each device its own"
    return SettingsError(
        [Mistake("lane file", f"devices.{device.name}.{key}", value, reason, remedy)]
    )
