"""The simulated safety controller: watchdog word, virtual inputs and outputs."""

import struct

import pytest

from simulator.devices.modbus_server import execute
from simulator.devices.pnozmulti import CONTROL, CYCLE_MS, LIFE, STATUS, WATCHDOG_MS, SafetyPlc
from simulator.devices.registers import Table
from simulator.hall.plant import Key, Plant, Sees, Spot
from tests.unit.simulator.lane_kit import read, registers, staffed, write

TRIGGER_500_MS = 0x8300


def fresh() -> tuple[SafetyPlc, Plant]:
    plant = Plant()
    return SafetyPlc(registers("pnozmulti"), plant), plant


def bit(plc: SafetyPlc, number: int, now_ms: int = 0) -> bool:
    return bool(read(plc, Table.INPUT, 512 + number // 16, now_ms) >> number % 16 & 1)


def test_virtual_inputs_drive_lamp_horn_and_barriers() -> None:
    plc, plant = fresh()
    write(plc, 0, 0b111, 0)
    actuators = plant.actuators
    assert (actuators.warning, actuators.entry_barrier_open, actuators.exit_barrier_open) == (
        True,
        True,
        True,
    )
    write(plc, 0, 0, 0)
    assert not actuators.warning
    assert not actuators.entry_barrier_open


def test_an_expired_watchdog_zeroes_every_virtual_input_and_says_so() -> None:
    plc, plant = fresh()
    write(plc, CONTROL, TRIGGER_500_MS, 0)
    write(plc, 0, 0b001, 0)
    assert read(plc, Table.INPUT, STATUS, 499) == 0
    assert plant.actuators.warning
    assert read(plc, Table.INPUT, STATUS, 500) == 1 << 5
    assert not plant.actuators.warning
    assert read(plc, Table.HOLDING, 0, 501) == 0


def test_a_fed_watchdog_comes_back_without_the_old_outputs() -> None:
    plc, plant = fresh()
    write(plc, CONTROL, TRIGGER_500_MS, 0)
    write(plc, 0, 0b111, 0)
    plc.advance(600)
    write(plc, CONTROL, TRIGGER_500_MS, 700)
    assert read(plc, Table.INPUT, STATUS, 701) == 0
    assert not plant.actuators.warning


@pytest.mark.parametrize("code", range(1, 8))
def test_each_watchdog_time_of_the_manual_is_kept(code: int) -> None:
    plc, _ = fresh()
    write(plc, CONTROL, 0x8000 | code << 8, 0)
    assert read(plc, Table.INPUT, STATUS, WATCHDOG_MS[code] - 1) == 0
    assert read(plc, Table.INPUT, STATUS, WATCHDOG_MS[code]) == 1 << 5


def test_a_write_to_the_inputs_feeds_the_watchdog_and_a_read_does_not() -> None:
    plc, _ = fresh()
    write(plc, CONTROL, TRIGGER_500_MS, 0)
    write(plc, 0, 1, 400)
    assert read(plc, Table.INPUT, STATUS, 899) == 0
    assert read(plc, Table.INPUT, STATUS, 900) == 1 << 5


def test_a_control_word_without_the_trigger_bit_does_nothing() -> None:
    plc, _ = fresh()
    write(plc, CONTROL, 0x0300, 0)
    assert read(plc, Table.INPUT, STATUS, 60_000) == 0


def test_coils_and_registers_are_the_same_virtual_inputs() -> None:
    plc, plant = fresh()
    execute(plc, struct.pack(">BHH", 5, 1, 0xFF00), 0)
    assert read(plc, Table.HOLDING, 0, 0) == 0b010
    assert plant.actuators.entry_barrier_open
    assert execute(plc, struct.pack(">BHH", 1, 0, 3), 0) == bytes([1, 1, 0b010])


def test_every_contact_of_the_hall_has_its_bit() -> None:
    plc, plant = fresh()
    staffed(plant)
    assert [bit(plc, number) for number in range(8)] == [
        True, True, True, False, True, True, True, True,
    ]  # fmt: skip
    plant.people.estop_pressed = True
    plant.people.doors_open = True
    plant.people.person_in_zone = True
    plant.people.key = Key.SERVICE
    plant.secured = False
    plant.damage.zone_selftest_failed = True
    assert [bit(plc, number, CYCLE_MS) for number in range(8)] == [
        False, False, True, True, False, False, False, False,
    ]  # fmt: skip


def test_a_stuck_estop_contact_makes_the_two_disagree() -> None:
    plc, plant = fresh()
    plant.damage.estop_b_stuck = True
    plant.people.estop_pressed = True
    assert (bit(plc, 0), bit(plc, 1)) == (False, True)


@pytest.mark.parametrize(
    ("sees", "pair"),
    [
        (Sees.OCCUPIED, (True, False)),
        (Sees.CLEAR, (False, True)),
        (Sees.NEITHER, (False, False)),
    ],
)
def test_presence_is_antivalent_and_equal_bits_mean_doubt(
    sees: Sees, pair: tuple[bool, bool]
) -> None:
    plc, plant = fresh()
    for number, spot in enumerate(Spot):
        plant.stuck[spot] = sees
        at_ms = (number + 1) * CYCLE_MS
        assert (bit(plc, 16 + number, at_ms), bit(plc, 20 + number, at_ms)) == pair


def test_the_lamp_bit_is_current_and_not_the_command() -> None:
    plc, plant = fresh()
    plant.damage.lamp_broken = True
    write(plc, 0, 1, 0)
    assert (bit(plc, 8), bit(plc, 9)) == (False, True)


def test_the_life_counter_moves_every_cycle_until_the_program_stands() -> None:
    plc, plant = fresh()
    assert read(plc, Table.INPUT, LIFE, 100) == 10
    assert read(plc, Table.INPUT, LIFE, 110) == 11
    plc.frozen = True
    plant.people.estop_pressed = True
    assert read(plc, Table.INPUT, LIFE, 500) == 11
    assert bit(plc, 0, 500)
    assert read(plc, Table.INPUT, STATUS, 500) & 1


def test_a_power_cycle_forgets_outputs_and_search_and_secure() -> None:
    plc, plant = fresh()
    staffed(plant)
    write(plc, 0, 0b111, 0)
    plc.power_up()
    assert not plant.actuators.warning
    assert not bit(plc, 5)
