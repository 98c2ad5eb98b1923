"""Every hall lets a lane track a unit and shine on it: the belt's, and tow halls of any length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.hall.barrier import BARRIER_TRAVEL_MS
from simulator.hall.geometry import BELT, Geometry, tow_hall
from simulator.hall.plant import Plant
from simulator.hall.units import Unit
from tests.unit.simulator.lane_kit import run, staffed

TOW_MM_S = 800
PERMIT_MS = 1500
"""Commit of the intent, relay and high voltage, generously."""


def _can_track(hall: Geometry, shortest_mm: int, longest_mm: int) -> bool:
    return (
        hall.entry_stand_mm < hall.entry_barrier_mm == hall.entry_zone_mm[1] < hall.tunnel_in_mm
        and hall.tunnel_out_mm - hall.tunnel_in_mm >= longest_mm
        and hall.exit_zone_mm[0] - hall.tunnel_out_mm < shortest_mm
        and hall.exit_stand_mm - longest_mm >= hall.tunnel_out_mm
        and hall.exit_stand_mm < hall.exit_barrier_mm == hall.exit_zone_mm[1]
    )


def test_the_belt_hall_tracks_what_the_cargo_lane_takes() -> None:
    assert _can_track(BELT, 400, 800)


@given(longest=st.integers(3000, 40_000), to_tunnel=st.integers(100, 20_000))
def test_a_tow_hall_tracks_every_vehicle_up_to_its_longest(longest: int, to_tunnel: int) -> None:
    hall = tow_hall(longest_mm=longest, entry_to_tunnel_mm=to_tunnel)
    assert _can_track(hall, 3000, longest)
    assert hall.tunnel_in_mm - hall.entry_zone_mm[1] == to_tunnel


@given(longest=st.integers(3000, 40_000))
def test_the_front_meets_the_beam_only_after_the_barrier_could_shut(longest: int) -> None:
    hall = tow_hall(longest_mm=longest, entry_to_tunnel_mm=1500)
    run_up_ms = (hall.beam_plane_mm - hall.entry_barrier_mm - longest) * 1000 / TOW_MM_S
    assert run_up_ms >= BARRIER_TRAVEL_MS + PERMIT_MS


@pytest.mark.parametrize("length_mm", [3000, 24_500])
def test_a_vehicle_goes_through_a_tow_hall(length_mm: int) -> None:
    plant = staffed(Plant(tow_hall(longest_mm=24_500, entry_to_tunnel_mm=1500)))
    plant.arrive(Unit("A", length_mm=length_mm))
    plant.actuators.entry_barrier_open = plant.actuators.exit_barrier_open = True
    plant.actuators.belt_speed_mm_s = TOW_MM_S
    run(plant, 120_000)
    assert [one.unit.unit_id for one in plant.record.passages] == ["A"]
