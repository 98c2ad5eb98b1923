"""Both shipped lanes: no mistake, no warning, and limits that fit their halls."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.app import check_lane, warnings_of
from edge.core.interlocks import OPTIONAL
from edge.lane_file import load
from edge.settings import LaneFile, NotFitted
from simulator.hall.geometry import Geometry
from simulator.lane import SimLane
from simulator.lane_file import load_lane_file

CONFIG = Path(__file__).resolve().parents[2] / "config"
LANES = sorted((CONFIG / "lanes").glob("*.toml"))
NOW = datetime(2026, 11, 24, tzinfo=UTC)
GAUGE_MM = 50
"""Uncertainty of the coarsest gauge of sizes, the profiler."""

each_lane = pytest.mark.parametrize("file", LANES, ids=lambda file: str(file.stem))


def _slowest_mm_s(lane: LaneFile) -> float:
    return lane.belt.speed_mm_s * (100 - lane.belt.band_percent) / 100


def _hall(file: Path) -> Geometry:
    return load_lane_file(file).geometry


def test_there_are_a_cargo_lane_and_a_truck_lane() -> None:
    assert {load(file).lane.units for file in LANES} == {"goods", "vehicles"}
    assert {"cargo", "truck"} <= {file.stem for file in LANES}
    assert len({load(file).lane.id for file in LANES}) == len(LANES)


@each_lane
def test_a_shipped_lane_is_checked_without_mistake_or_warning(file: Path) -> None:
    lane, mistakes = check_lane(file)
    assert mistakes == []
    assert warnings_of(lane, file, NOW) == []


@each_lane
def test_every_device_of_a_shipped_lane_has_its_emulator(file: Path) -> None:
    lane, hall = load(file), SimLane(load_lane_file(file), CONFIG / "devices")
    assert len(hall.serial) + len(hall.tcp) > len(lane.buses)
    assert (hall.drive, hall.safety, hall.board) != (None, None, None)
    assert set(hall.readers) == set(lane.readers)


@each_lane
def test_the_longest_exposure_is_enough_for_the_whole_tunnel_at_the_slowest_speed(
    file: Path,
) -> None:
    # From the barrier's shutting behind the unit until its rear has left: the same for any length.
    lane, hall = load(file), _hall(file)
    beam_s = (hall.tunnel_out_mm - hall.entry_barrier_mm) / _slowest_mm_s(lane)
    assert beam_s * 1000 < lane.source.max_exposure_ms


@each_lane
def test_the_longest_way_between_two_sensors_fits_into_the_travel_time(file: Path) -> None:
    lane, hall = load(file), _hall(file)
    longest = lane.envelope.length_mm[1]
    ways = (longest, hall.tunnel_out_mm - hall.tunnel_in_mm, hall.exit_stand_mm - longest)
    assert max(ways) / _slowest_mm_s(lane) * 1000 < lane.timing.travel_ms


@each_lane
def test_the_longest_scan_fits_into_the_lines_of_the_lane_file(file: Path) -> None:
    lane, read = load(file), load_lane_file(file)
    way_mm = read.geometry.tunnel_out_mm + lane.envelope.length_mm[1]
    lines = (way_mm - read.geometry.entry_stand_mm) * 1000 / read.array.step_um
    assert lines < lane.detector.max_lines
    assert read.array.pixels == lane.detector.detectors + lane.detector.reference_pixels


def test_the_truck_lane_has_a_source_for_the_cab_and_the_area_monitor() -> None:
    lane = load(CONFIG / "lanes" / "truck.toml")
    fitted = {row for row in OPTIONAL if not isinstance(lane.interlocks[row], NotFitted)}
    assert {"cab", "dose_monitor"} <= fitted


def test_what_is_just_lawful_is_surely_inside_the_truck_lanes_envelope() -> None:
    envelope = load(CONFIG / "lanes" / "truck.toml").envelope
    assert envelope.length_mm[1] >= 24_000 + 2 * GAUGE_MM
    assert envelope.height_mm[1] >= 4300 + 2 * GAUGE_MM
    assert {"height", "width", "length", "mass"} <= set(envelope.must_measure)
