"""The linac's driver and the simulated linac on one connection, for its tests."""

import asyncio

from drivers.linac_sim import LinacSim, LinacSimSettings
from simulator.devices.linac import Linac
from simulator.devices.registers import Table
from simulator.hall.plant import Plant
from tests.unit.drivers.device_bench import run_device
from tests.unit.drivers.emulated_modbus import Emulated
from tests.unit.simulator.lane_kit import registers

GIVEN = {
    "kind": "linac_sim",
    "bus": "source",
    "mode": "dual",
    "low_kv": 4000,
    "pulse_rate_hz": 200,
}


def given(**changes) -> LinacSimSettings:
    return LinacSimSettings(**{**GIVEN, **changes})


SETTINGS = given()


def far_linac(*, relay: bool = True, **settings) -> Emulated:
    plant = Plant()
    plant.actuators.relay_closed = relay
    far = Emulated(Linac(registers("linac_sim"), plant, **settings), tcp=True)
    far.plant = plant
    return far


def on(far: Emulated, main, settings: LinacSimSettings = SETTINGS):
    return run_device(far, LinacSim, settings, "linac_sim", main)


async def beam(bench, far: Emulated) -> None:
    """Prepared, high voltage on."""
    await asyncio.sleep(0.1)
    await bench.device.prepare(kv=6000, ma=0.1)
    await bench.device.hv_on()
    assert far.slave.hv


def control(far: Emulated) -> int:
    return far.slave.registers.get(Table.HOLDING, 0)


def pdus(far: Emulated) -> list[bytes]:
    return [frame[7:] for frame in far.frames]
