"""Which emulator plays each kind of Modbus device; a new kind is one more row."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, runtime_checkable

from simulator.devices.altivar import Drive
from simulator.devices.ez_array import LightCurtain
from simulator.devices.generic import GenericDevice
from simulator.devices.iologik import IoLogik
from simulator.devices.linac import Linac
from simulator.devices.modbus_server import Slave
from simulator.devices.pnozmulti import SafetyPlc
from simulator.devices.profiler import MEASURED, Profiler
from simulator.devices.registers import RegisterFile, load_register_file
from simulator.devices.sinamics_v20 import V20
from simulator.devices.ups_modbus import Ups
from simulator.hall.plant import Plant
from simulator.lane_file import DeviceEntry

COMMISSIONED_MS = 1000
"""Telegram time of a drive that somebody has put into service; at the factory it is 0."""


@runtime_checkable
class Living(Protocol):
    """A device that does something even when nobody asks."""

    def advance(self, now_ms: int) -> None:
        """Live until ``now_ms``."""


class BeltDrive(Protocol):
    """What the hall's people can do to a drive of any make."""

    OVERHEAT: int

    def commission(self, *, tto_ds: int | None, sll: int | None) -> None:
        """Set the time (0.1 s) and the reaction to the loss of the master."""

    def trip(self, fault: int, *, persists: bool) -> None:
        """Raise a fault."""

    def repair(self) -> None:
        """Remove the cause of a persisting fault."""


def make_slaves(device: DeviceEntry, maps: Path, plant: Plant) -> dict[int, Slave]:
    """The Modbus slaves a device is, by address, its own first; none when it speaks else."""
    maker = _MAKERS.get(device.kind)
    if maker is None:
        return {}
    file = device.texts.get("map", f"{device.kind}.toml")
    slaves = {device.unit: maker(device, load_register_file(maps / file), plant)}
    if "upper_unit" in device.numbers:
        upper = _upper_curtain(device, load_register_file(maps / file), plant)
        slaves[int(device.numbers["upper_unit"])] = upper
    return slaves


def _altivar(device: DeviceEntry, registers: RegisterFile, plant: Plant) -> Slave:
    return Drive(registers, plant, mm_per_rev=device.mm_per_rev)


def _sinamics_v20(device: DeviceEntry, registers: RegisterFile, plant: Plant) -> Slave:
    return V20(
        registers,
        plant,
        mm_s_at_full_scale=device.numbers["mm_s_at_full_scale"],
        watchdog_ms=COMMISSIONED_MS,
        watchdog_action=int(device.numbers["watchdog_action"]),
    )


def _pnozmulti(_: DeviceEntry, registers: RegisterFile, plant: Plant) -> Slave:
    return SafetyPlc(registers, plant)


def _generic(_: DeviceEntry, registers: RegisterFile, plant: Plant) -> Slave:
    if MEASURED & registers.places.keys():
        return Profiler(registers, plant.at_entry)
    return GenericDevice(registers)


def _linac_sim(_: DeviceEntry, registers: RegisterFile, plant: Plant) -> Slave:
    return Linac(registers, plant)


def _iologik(device: DeviceEntry, registers: RegisterFile, _: Plant) -> Slave:
    channels = 8 if device.texts["model"] == "E1212" else 6
    silence_ms = int(device.numbers["host_watchdog_ms"])
    return IoLogik(registers, channels=channels, host_watchdog_ms=silence_ms)


def _ez_array(device: DeviceEntry, registers: RegisterFile, plant: Plant) -> Slave:
    wide = device.field.startswith("width")

    def size_mm() -> int:
        unit = plant.at_entry()
        if unit is None:
            return 0
        return unit.width_mm if wide else unit.height_mm  # beyond its channels all are blocked

    return LightCurtain(registers, size_mm)


def _upper_curtain(device: DeviceEntry, registers: RegisterFile, plant: Plant) -> Slave:
    """A curtain that stands on the device's own: it sees what is higher than that."""
    from_mm = int(device.numbers.get("upper_from_mm", 0))

    def size_mm() -> int:
        unit = plant.at_entry()
        return 0 if unit is None else max(0, unit.height_mm - from_mm)

    return LightCurtain(registers, size_mm)


def _ups_modbus(_: DeviceEntry, registers: RegisterFile, _plant: Plant) -> Slave:
    return Ups(registers)


_MAKERS: dict[str, Callable[[DeviceEntry, RegisterFile, Plant], Slave]] = {
    "altivar": _altivar,
    "ez_array": _ez_array,
    "generic": _generic,
    "iologik": _iologik,
    "linac_sim": _linac_sim,
    "pnozmulti": _pnozmulti,
    "sinamics_v20": _sinamics_v20,
    "ups_modbus": _ups_modbus,
}
