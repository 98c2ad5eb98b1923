"""The hall obeys geometry and physics, and its record tells the truth."""

import pytest

from simulator.hall.barrier import BARRIER_TRAVEL_MS
from simulator.hall.geometry import BELT
from simulator.hall.plant import (
    STEP_MS,
    Plant,
    Sees,
    Spot,
)
from simulator.hall.truth import Wrong
from simulator.hall.units import Unit
from tests.unit.simulator.lane_kit import run, staffed

SPEED_MM_S = 300.0
FORBIDDEN = Unit("EGGS", may_be_scanned=False)


def moving(unit: Unit) -> Plant:
    plant = staffed(Plant())
    plant.arrive(unit)
    plant.actuators.entry_barrier_open = True
    plant.actuators.belt_speed_mm_s = SPEED_MM_S
    return plant


def test_a_unit_waits_at_the_shut_entry_barrier() -> None:
    plant = staffed(Plant())
    plant.arrive(Unit("A"))
    plant.actuators.belt_speed_mm_s = SPEED_MM_S
    run(plant, 5000)
    assert plant.fronts_mm() == (100.0,)
    assert plant.sees(Spot.ENTRY) is Sees.OCCUPIED


def test_a_barrier_takes_its_travel_time_each_way() -> None:
    plant = Plant()
    plant.actuators.entry_barrier_open = True
    run(plant, BARRIER_TRAVEL_MS - STEP_MS)
    assert not plant.entry_barrier.is_open
    assert not plant.entry_barrier.is_closed
    run(plant, STEP_MS)
    assert plant.entry_barrier.is_open
    plant.actuators.entry_barrier_open = False
    run(plant, BARRIER_TRAVEL_MS)
    assert plant.entry_barrier.is_closed


def test_the_entry_barrier_never_closes_on_a_unit() -> None:
    plant = moving(Unit("A", length_mm=800))
    run(plant, BARRIER_TRAVEL_MS + 1000)
    plant.actuators.entry_barrier_open = False
    plant.actuators.belt_speed_mm_s = 0.0
    run(plant, 3000)
    assert plant.entry_barrier.is_open


def test_a_unit_meets_the_sensors_in_order_and_waits_at_the_exit() -> None:
    plant = moving(Unit("A", length_mm=800))
    seen: list[tuple[Spot, bool]] = []
    last = {spot: plant.is_occupied(spot) for spot in Spot}
    for _ in range(20_000 // STEP_MS):
        run(plant, STEP_MS)
        for spot in Spot:
            if plant.is_occupied(spot) is not last[spot]:
                last[spot] = not last[spot]
                seen.append((spot, last[spot]))
    assert seen == [
        (Spot.TUNNEL_IN, True),
        (Spot.ENTRY, False),
        (Spot.TUNNEL_IN, False),
        (Spot.TUNNEL_OUT, True),
        (Spot.EXIT, True),
        (Spot.TUNNEL_OUT, False),
    ]
    assert plant.fronts_mm() == (3800.0,)
    plant.actuators.exit_barrier_open = True
    run(plant, 6000)
    assert plant.fronts_mm() == ()
    assert [passage.unit.unit_id for passage in plant.record.passages] == ["A"]


def test_the_entry_is_seen_clear_between_two_units() -> None:
    plant = moving(Unit("A"))
    plant.arrive(Unit("B"))
    clear = 0
    for _ in range(10_000 // STEP_MS):
        run(plant, STEP_MS)
        clear += not plant.is_occupied(Spot.ENTRY)
        if len(plant.fronts_mm()) == 2:
            break
    assert clear * STEP_MS >= 1000
    assert plant.at_entry() == Unit("B")


def test_a_unit_never_runs_into_the_one_before_it() -> None:
    plant = moving(Unit("A", length_mm=800))
    plant.arrive(Unit("B", length_mm=800))
    run(plant, 60_000)
    first, second = plant.fronts_mm()
    assert first == 3800.0
    assert second < first - 800


def test_the_attendant_takes_only_what_stands_before_the_barrier() -> None:
    plant = moving(Unit("A"))
    run(plant, 4000)
    assert plant.take_away() is None
    plant.arrive(Unit("B"))
    run(plant, 10_000)
    plant.actuators.entry_barrier_open = False
    other = staffed(Plant())
    other.arrive(Unit("C"))
    assert other.take_away() == Unit("C")
    assert not other.is_occupied(Spot.ENTRY)
    assert other.record.passages[0].taken_away


@pytest.mark.parametrize("what", ["estop_pressed", "doors_open", "person_in_zone"])
def test_search_and_secure_is_lost_and_does_not_come_back_by_itself(what: str) -> None:
    plant = staffed(Plant())
    setattr(plant.people, what, True)
    assert not plant.press_secure()
    run(plant, STEP_MS)
    setattr(plant.people, what, False)
    run(plant, 1000)
    assert not plant.secured
    assert plant.press_secure()


def test_a_relay_closed_on_a_forbidden_unit_in_the_tunnel_is_written_down() -> None:
    plant = moving(FORBIDDEN)
    plant.actuators.warning = True
    run(plant, 6000)
    plant.actuators.relay_closed = True
    run(plant, 100)
    plant.actuators.relay_closed = False
    run(plant, 100)
    (violation,) = plant.record.violations
    assert violation.wrong is Wrong.UNIT_NOT_SCANNABLE
    assert violation.unit_id == "EGGS"
    assert violation.duration_ms == 100
    assert violation.relay_closed
    assert not violation.hv_on


def test_high_voltage_alone_on_a_forbidden_unit_is_written_down_too() -> None:
    plant = moving(FORBIDDEN)
    run(plant, 6000)
    plant.actuators.hv_kv = 80.0
    run(plant, STEP_MS)
    assert [violation.wrong for violation in plant.record.violations] == [Wrong.UNIT_NOT_SCANNABLE]


def test_a_forbidden_unit_before_the_barrier_is_no_violation() -> None:
    plant = staffed(Plant())
    plant.arrive(FORBIDDEN)
    plant.actuators.warning = True
    run(plant, 6000)
    plant.actuators.relay_closed = True
    run(plant, 1000)
    assert plant.record.violations == []
    assert [(span.start_ms, span.end_ms) for span in plant.record.relay] == [(6000, 7000)]


def test_a_person_in_the_zone_under_a_closed_relay_is_written_down() -> None:
    plant = Plant()
    plant.actuators.warning = True
    run(plant, 6000)
    plant.people.person_in_zone = True
    plant.actuators.relay_closed = True
    run(plant, 50)
    assert [(each.wrong, each.duration_ms) for each in plant.record.violations] == [
        (Wrong.PERSON_IN_ZONE, 50)
    ]


@pytest.mark.parametrize(("warning_ms", "wrong"), [(4995, 1), (5000, 0)])
def test_a_relay_without_five_seconds_of_lamp_current_is_written_down(
    warning_ms: int, wrong: int
) -> None:
    plant = Plant()
    plant.actuators.warning = True
    run(plant, warning_ms)
    plant.actuators.relay_closed = True
    run(plant, STEP_MS)
    assert len(plant.record.violations) == wrong


def test_exposure_is_counted_only_while_the_beam_hits_the_unit() -> None:
    plant = moving(Unit("A", length_mm=600))
    plant.actuators.warning = True
    run(plant, 5000)
    plant.actuators.relay_closed = True
    plant.actuators.hv_kv = 100.0
    run(plant, 6000)
    (passage,) = plant.present()
    assert passage.exposure_ms == pytest.approx(2000, abs=2 * STEP_MS)
    assert plant.record.violations == []


def test_the_beam_plane_cuts_the_unit_where_the_belt_has_brought_it() -> None:
    plant = moving(Unit("A", length_mm=1000))
    while plant.at_beam() is None:
        run(plant, STEP_MS)
    start_um = plant.encoder_um
    run(plant, 1000)
    cut = plant.at_beam()
    assert cut is not None
    travelled_mm = (plant.encoder_um - start_um) / 1000
    assert travelled_mm == pytest.approx(300.0)
    assert cut.offset_mm == pytest.approx(plant.fronts_mm()[0] - BELT.beam_plane_mm)


def test_the_same_acts_give_the_same_history() -> None:
    histories = []
    for pieces in (1, 7, 333):
        plant = moving(Unit("A"))
        for now_ms in range(pieces, 9000 + pieces, pieces):
            plant.advance(min(now_ms, 9000))
        histories.append((plant.fronts_mm(), plant.encoder_um, plant.now_ms))
    assert histories[0] == histories[1] == histories[2]
