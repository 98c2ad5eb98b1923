"""The simulated linac does what ``drivers/LINAC_SIM.md`` says, and nothing it does not say."""

import struct

import pytest

from simulator.devices.linac import Linac, LinacFault
from simulator.devices.modbus_server import execute
from simulator.devices.registers import Table
from simulator.hall.plant import Plant
from simulator.harness import Harness
from simulator.lane import SimLane
from simulator.lane_file import load_lane_file
from tests.unit.simulator.lane_kit import MAPS, read, registers, write

READY = [1, 3, 6000, 4000, 100, 200]
ON = [3, *READY[1:]]


def fresh(**settings) -> tuple[Linac, Plant]:
    plant = Plant()
    plant.actuators.relay_closed = True
    return Linac(registers("linac_sim"), plant, **settings), plant


def command(linac: Linac, words: list[int], word: int, now_ms: int) -> None:
    """All commands and a watchdog word in one request."""
    values = [*words, word]
    pdu = struct.pack(f">BHHB{len(values)}H", 16, 0, len(values), 2 * len(values), *values)
    assert execute(linac, pdu, now_ms) == pdu[:5]


def status(linac: Linac, now_ms: int) -> int:
    return read(linac, Table.INPUT, 0, now_ms)


def on(linac: Linac) -> None:
    command(linac, READY, 1, 0)
    command(linac, ON, 2, 10)
    assert linac.hv


def test_a_rising_edge_makes_high_voltage_of_the_highest_energy_and_pulses_are_counted() -> None:
    linac, plant = fresh()
    assert status(linac, 0) == 0b010010
    on(linac)
    assert plant.hv_on
    assert plant.actuators.hv_kv == 6000.0
    assert status(linac, 10) == 0b110011
    for step in range(1, 11):
        command(linac, ON, 2 + step, 10 + 100 * step)
    assert execute(linac, bytes.fromhex("04 0003 0005"), 1010)[2:] == struct.pack(
        ">5H", 6000, 100, 200, 0, 200
    )


@pytest.mark.parametrize("place", range(1, 6))
def test_no_set_point_may_be_missing(place: int) -> None:
    linac, _ = fresh()
    words = list(ON)
    words[place] = 0
    command(linac, [1, *words[1:]], 1, 0)
    command(linac, words, 2, 10)
    assert not linac.hv


def test_a_low_energy_is_needed_only_where_it_is_used() -> None:
    for mode, energies in ((1, (0, 4000)), (2, (6000, 0))):
        linac, plant = fresh()
        command(linac, [1, mode, *energies, 100, 200], 1, 0)
        command(linac, [3, mode, *energies, 100, 200], 2, 10)
        assert plant.actuators.hv_kv == max(energies)


@pytest.mark.parametrize("what", ["relay", "estop", "door"])
def test_an_interlock_ends_high_voltage_and_closing_it_brings_nothing_back(what: str) -> None:
    linac, plant = fresh()
    on(linac)
    if what == "relay":
        plant.actuators.relay_closed = False
    else:
        setattr(plant.people, {"estop": "estop_pressed", "door": "doors_open"}[what], True)
    linac.advance(15)
    assert not plant.hv_on
    plant.actuators.relay_closed = True
    plant.people.estop_pressed = plant.people.doors_open = False
    command(linac, ON, 3, 20)
    assert not linac.hv
    command(linac, READY, 4, 30)
    command(linac, ON, 5, 40)
    assert linac.hv


def test_an_edge_under_an_open_interlock_is_not_remembered() -> None:
    linac, plant = fresh()
    plant.actuators.relay_closed = False
    command(linac, READY, 1, 0)
    command(linac, ON, 2, 10)
    plant.actuators.relay_closed = True
    command(linac, ON, 3, 20)
    assert not linac.hv


def test_the_watchdog_wants_another_word_and_its_fault_takes_every_command_away() -> None:
    linac, plant = fresh(watchdog_ms=500)
    on(linac)
    command(linac, ON, 2, 300)
    read(linac, Table.INPUT, 0, 509)
    assert linac.hv
    linac.advance(510)
    assert (linac.hv, plant.hv_on, linac.fault) == (False, False, LinacFault.HOST_WATCHDOG)
    assert read(linac, Table.HOLDING, 0, 510) == 0
    assert status(linac, 510) == 0b011000


def test_without_a_watchdog_it_radiates_on_without_its_host() -> None:
    linac, plant = fresh(watchdog_ms=0)
    on(linac)
    linac.advance(3_600_000)
    assert plant.hv_on
    assert read(linac, Table.INPUT, 8, 3_600_000) == 0


def test_a_fault_is_latched_until_its_cause_is_gone_and_it_is_reset_by_an_edge() -> None:
    linac, _ = fresh()
    on(linac)
    linac.fail(LinacFault.MODULATOR, persists=True)
    linac.fail(LinacFault.ARC)
    assert read(linac, Table.INPUT, 1, 20) == 2
    write(linac, 0, 4, 20)
    assert linac.fault is LinacFault.MODULATOR
    linac.repair()
    write(linac, 0, 4, 30)
    assert linac.fault is LinacFault.MODULATOR
    write(linac, 0, 0, 40)
    write(linac, 0, 4, 50)
    assert (linac.fault, linac.hv) == (LinacFault.NONE, False)


def test_it_warms_up_after_power_up_and_gives_nothing_before() -> None:
    linac, _ = fresh(warm_up_ms=10_000, watchdog_ms=0)
    assert status(linac, 0) == 0b010100
    assert read(linac, Table.INPUT, 2, 1500) == 9
    command(linac, READY, 1, 2000)
    command(linac, ON, 2, 2010)
    assert not linac.hv
    assert status(linac, 10_000) & 0b000110 == 0b000010
    linac.power_up()
    assert status(linac, 10_000) == 0b010100
    assert read(linac, Table.HOLDING, 2, 10_000) == 0


def test_a_lane_file_with_it_is_played_and_the_harness_can_fail_it(tmp_path) -> None:
    path = tmp_path / "lane.toml"
    path.write_text("""
[buses.source]
kind = "tcp"
host = "127.0.0.1"
port = 15504
[devices.source]
kind = "linac_sim"
bus = "source"
mode = "high"
pulse_rate_hz = 100
""")
    lane = SimLane(load_lane_file(path), MAPS)
    harness, linac = Harness(lane), lane.linac
    assert linac is not None
    lane.plant.actuators.relay_closed = True
    on(linac)
    lane.advance(100)
    assert lane.plant.hv_on
    asked = {"do": "source_fault", "what": "vacuum", "persists": True}
    assert harness.handle(asked)["ok"]
    assert (linac.fault, lane.plant.hv_on) == (LinacFault.VACUUM, False)
    assert not harness.handle(asked | {"what": "anode_arc"})["ok"]
    assert harness.handle({"do": "repair"})["ok"]
    assert harness.handle({"do": "power", "what": "generator"})["ok"]
    assert linac.fault is LinacFault.NONE
