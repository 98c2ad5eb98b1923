"""What goes wrong on the line stream is named by the driver, and no spoilt line is ever data."""

import pytest

from drivers.line_frames import Decoder, Event, Line, Lost, Reordered, Repeated, Torn
from simulator.devices.detector import ARM, LINE, STEP_UM, LineDetector, PlantSource
from simulator.devices.line_faults import FaultScript, Harm, LineFault
from simulator.hall.plant import Plant

SCAN = (7).to_bytes(4, "little")
LINES = 6


def streamed(*faults: LineFault) -> list[Event]:
    """Six lines of a scan, one at a time, the way a belt earns them."""
    plant = Plant()
    detector = LineDetector(PlantSource(plant), seed=1, faults=FaultScript(faults, seed=3))
    decoder = Decoder()
    decoder.feed(detector.command(ARM, SCAN, 0))
    plant.actuators.belt_speed_mm_s = 400.0
    events, now_ms, sent = [], 0, 0
    while sent < LINES:
        now_ms += 5
        plant.advance(now_ms)
        earned = plant.encoder_um // STEP_UM
        if earned > sent:
            sent = earned
            events += decoder.feed(detector.poll(now_ms * 1000))
    return [*events, *decoder.feed(detector.poll((now_ms + 1000) * 1000))]


def rows(events: list[Event]) -> list[int]:
    return [event.sequence for event in events if isinstance(event, Line)]


@pytest.mark.parametrize(
    ("harm", "amount", "order", "fact"),
    [
        (Harm.DROP, 0, [0, 1, 3, 4, 5], Lost(7, 2, 1)),
        (Harm.DUPLICATE, 0, [0, 1, 2, 2, 3, 4, 5], Repeated(7, 2)),
        (Harm.REORDER, 0, [0, 1, 3, 2, 4, 5], Reordered(7, 2)),
        (Harm.TRUNCATE, 100, [0, 1, 3, 4, 5], Lost(7, 2, 1)),
        (Harm.CORRUPT, 0, [0, 1, 3, 4, 5], Lost(7, 2, 1)),
    ],
)
def test_a_lost_repeated_late_or_torn_line_is_named(
    harm: Harm, amount: int, order: list[int], fact: Event
) -> None:
    events = streamed(LineFault(harm, amount=amount, function=LINE, skip=2))
    assert rows(events) == order
    assert fact in events
    assert any(isinstance(event, Torn) for event in events) is (
        harm in {Harm.TRUNCATE, Harm.CORRUPT}
    )


def test_single_bytes_and_noise_cost_no_line() -> None:
    events = streamed(
        LineFault(Harm.NOISE, amount=30, function=LINE, times=0),
        LineFault(Harm.DELAY, amount=1, function=LINE, times=0),
    )
    assert rows(events) == list(range(LINES))


def test_a_line_that_waits_when_the_link_ends_is_never_sent() -> None:
    plant = Plant()
    script = FaultScript((LineFault(Harm.LATE, amount=500, function=LINE, times=0),))
    detector = LineDetector(PlantSource(plant), seed=1, faults=script)
    detector.command(ARM, SCAN, 0)
    plant.actuators.belt_speed_mm_s = 400.0
    plant.advance(100)
    assert detector.poll(100_000) == b""
    detector.hung_up()
    assert not detector.is_armed
    assert detector.poll(2_000_000) == b""
