"""The V20's driver and the simulated V20 on one line, for its tests."""

from drivers.sinamics_v20 import SinamicsV20
from drivers.sinamics_v20_words import SinamicsV20Settings
from simulator.devices.registers import Table
from simulator.devices.sinamics_v20 import V20
from simulator.hall.plant import Plant
from tests.unit.drivers.device_bench import run_device
from tests.unit.drivers.emulated_modbus import Emulated
from tests.unit.simulator.lane_kit import registers

GIVEN = {
    "kind": "sinamics_v20",
    "bus": "drive",
    "full_scale": 0x4000,
    "mm_s_at_full_scale": 1000.0,
    "forward": "047F",
    "actual": "signed",
    "running_bit": 2,
    "fault_bit": 3,
    "watchdog_action": 1,
    "p2014_ms": 1000,
}
STW, HSW = 99, 100


def given(**changes) -> SinamicsV20Settings:
    return SinamicsV20Settings(**{**GIVEN, **changes})


SETTINGS = given()


def drive(watchdog_ms: int = 1000, watchdog_action: int = 1) -> V20:
    return V20(
        registers("sinamics_v20"),
        Plant(),
        mm_s_at_full_scale=1000.0,
        watchdog_ms=watchdog_ms,
        watchdog_action=watchdog_action,
    )


def on(far: Emulated, main, settings: SinamicsV20Settings = SETTINGS):
    return run_device(far, SinamicsV20, settings, "sinamics_v20", main)


def holds(v20: V20, address: int) -> int:
    return v20.registers.get(Table.HOLDING, address)
