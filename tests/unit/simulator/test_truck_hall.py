"""What a truck lane has more than a belt lane: cab, profiler, contacts, two curtains, a leak."""

from pathlib import Path

import pytest

from edge.errors import SettingsError
from simulator.devices.ez_array import LightCurtain
from simulator.devices.iologik import IoLogik
from simulator.devices.profiler import Profiler
from simulator.devices.registers import Table
from simulator.hall.geometry import BELT
from simulator.hall.plant import STEP_MS, Key
from simulator.hall.truth import Wrong
from simulator.hall.units import Cargo, Unit
from simulator.harness import Harness
from simulator.lane import SimLane
from simulator.lane_file import load_lane_file
from tests.unit.simulator.lane_kit import MAPS, read

TRUCK_FILE = MAPS.parent / "lanes" / "truck.toml"
TRUCK = Unit("A", 16_510, 3990, 2510, qr="QR-1", label="777AAA02")


@pytest.fixture
def lane() -> SimLane:
    return SimLane(load_lane_file(TRUCK_FILE), MAPS)


def _live(lane: SimLane, ms: int) -> None:
    lane.advance(lane.now_ms + ms)


def _io(lane: SimLane) -> IoLogik:
    io = lane.slaves["io"]
    assert isinstance(io, IoLogik)
    return io


def test_the_hall_is_as_long_as_the_longest_vehicle_of_the_lane_file(lane: SimLane) -> None:
    hall = lane.plant.geometry
    assert hall != BELT
    assert hall.tunnel_in_mm - hall.entry_zone_mm[1] == 1500
    assert hall.beam_plane_mm - hall.entry_barrier_mm > 24_500


def test_the_contact_of_the_cab_follows_the_person_in_it(lane: SimLane) -> None:
    assert _io(lane).registers.get(Table.DISCRETE, 0) == 1
    assert Harness(lane).handle({"do": "cab", "on": True})["ok"]
    _live(lane, STEP_MS)
    assert _io(lane).registers.get(Table.DISCRETE, 0) == 0
    assert Harness(lane).handle({"do": "cab", "on": False})["ok"]
    _live(lane, STEP_MS)
    assert _io(lane).registers.get(Table.DISCRETE, 0) == 1


def test_a_contact_stays_as_a_test_has_moved_it_while_the_hall_does_not_change(
    lane: SimLane,
) -> None:
    assert Harness(lane).handle({"do": "input", "device": "io", "what": "0", "on": False})["ok"]
    _live(lane, 100)
    assert _io(lane).registers.get(Table.DISCRETE, 0) == 0


def test_a_person_in_the_cab_with_the_relay_closed_is_a_violation(lane: SimLane) -> None:
    plant = lane.plant
    plant.people.key, plant.people.person_in_cab = Key.ON, True
    plant.damage.relay_welded = plant.actuators.warning = True
    _live(lane, 6000)
    assert Wrong.PERSON_IN_CAB in {one.wrong for one in plant.record.violations}


def test_a_leak_is_measured_beside_the_lane_only_under_beam(lane: SimLane) -> None:
    plant = lane.plant
    plant.damage.leaking = True
    assert not plant.leaks
    assert _io(lane).registers.get(Table.DISCRETE, 1) == 1
    plant.actuators.hv_kv, plant.actuators.relay_closed = 6000.0, True
    assert plant.leaks


def test_profiler_and_curtains_see_the_vehicle_at_the_entry_rounded_up(lane: SimLane) -> None:
    lane.plant.arrive(TRUCK)
    profiler = lane.slaves["profiler"]
    assert isinstance(profiler, Profiler)
    seen = [read(profiler, Table.INPUT, address, lane.now_ms) for address in range(3)]
    assert seen == [2550, 16_550, 50]
    lower = lane.slaves["height"]
    assert isinstance(lower, LightCurtain)
    assert read(lower, Table.INPUT, 30001, lane.now_ms) == 1920


def test_a_profiler_with_nothing_before_it_shows_nothing(lane: SimLane) -> None:
    assert read(lane.slaves["profiler"], Table.INPUT, 1, 0) == 0


def test_each_reader_reads_what_the_lane_file_says_it_reads(lane: SimLane) -> None:
    lane.plant.arrive(TRUCK)
    _live(lane, 1000)
    assert lane.readers["plate"].poll(lane.now_ms) == b"777AAA02\r\n"
    assert lane.readers["qr"].poll(lane.now_ms) == b"QR-1\r\n"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("length_mm = [3000, 24500]\n", "", "envelope.length_mm"),
        ("entry_to_tunnel_mm = 1500\n", "", "belt.entry_to_tunnel_mm"),
        ("detectors = 1150\n", "", "detector.detectors"),
        ("energies = 2\n", "energies = 3\n", "detector.energies"),
        ('channel = 0, ok_when = "on"', 'channel = 0, ok_when = "shut"', "inputs.cab_empty"),
    ],
)
def test_a_hall_that_cannot_be_laid_out_is_a_mistake_with_its_key(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    text = TRUCK_FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "lane.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SettingsError, match=key):
        load_lane_file(file)


def test_seeded_units_of_a_truck_lane_are_vehicles_that_it_takes_or_too_high(lane: SimLane) -> None:
    harness = Harness(lane, 3)
    units = [harness.maker.make() for _ in range(200)]
    assert all(6000 <= unit.length_mm <= 24_000 and unit.width_mm <= 2600 for unit in units)
    assert all(500 <= unit.mass_kg <= 60_000 for unit in units)
    high = {unit.cargo for unit in units if unit.height_mm > 4500}
    assert high == {Cargo.OVERSIZE}
