"""The simulated tube: it overheats beyond its duty, and arcs when it stood cold."""

import pytest

from simulator.hall.plant import Plant
from simulator.hall.tube import COLD_HOLDS_KV, Fault, Tube, TubeLimits

SECOND = 1000


class Bench:
    """A tube with closed interlocks and no host watchdog."""

    def __init__(self, limits: TubeLimits) -> None:
        plant = Plant()
        plant.actuators.relay_closed = True
        self.tube = Tube(plant, watchdog_ms=0)
        self.tube.limit(limits)
        self.now_ms = 0

    def on(self, kv: float, seconds: float) -> Fault:
        self.tube.set_kv = kv
        self.tube.request()
        self.wait(seconds)
        return self.tube.latched

    def off(self, seconds: float) -> None:
        self.tube.drop()
        self.wait(seconds)

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * SECOND / 5)):
            self.now_ms += 5
            self.tube.advance(self.now_ms)


def test_a_tube_within_its_duty_has_no_fault_and_overheats_beyond_it() -> None:
    bench = Bench(TubeLimits(window_ms=20 * SECOND, on_ms=5 * SECOND))
    assert not bench.on(100.0, 4)
    bench.off(2)
    assert bench.on(100.0, 2) is Fault.OVER_TEMPERATURE_ANODE
    assert bench.tube.kv == 0.0


def test_a_tube_cools_by_rest() -> None:
    bench = Bench(TubeLimits(window_ms=20 * SECOND, on_ms=5 * SECOND))
    assert not bench.on(100.0, 4)
    bench.off(20)
    assert not bench.on(100.0, 4)


def test_a_tube_that_must_pause_overheats_without_its_pause() -> None:
    limits = TubeLimits(pause_ms=3 * SECOND)
    bench = Bench(limits)
    assert not bench.on(100.0, 2)
    bench.off(3.1)
    assert not bench.on(100.0, 2)
    bench.off(2)
    assert bench.on(100.0, 1) is Fault.OVER_TEMPERATURE_ANODE


def test_a_tube_is_not_ready_before_it_is_warm() -> None:
    bench = Bench(TubeLimits(warm_up_ms=2 * SECOND))
    bench.wait(1.9)
    assert not bench.tube.ready
    bench.wait(0.2)
    assert bench.tube.ready


@pytest.mark.parametrize("stood", ["for_too_long", "said_so"])
def test_a_cold_tube_arcs_at_once_at_full_voltage(stood: str) -> None:
    bench = Bench(TubeLimits(season_after_ms=60 * SECOND))
    assert not bench.on(160.0, 2)
    bench.off(59)
    assert not bench.on(160.0, 2)
    if stood == "said_so":
        bench.off(1)
        bench.tube.cool()
    else:
        bench.off(61)
    assert bench.on(160.0, 2) is Fault.ANODE_ARC


def test_a_cold_tube_that_is_seasoned_step_by_step_holds_full_voltage() -> None:
    bench = Bench(TubeLimits())
    bench.tube.cool()
    for kv in (COLD_HOLDS_KV - 10, 70.0, 95.0, 130.0):
        assert not bench.on(kv, 12)
    assert not bench.on(160.0, 5)


def test_a_cold_tube_whose_steps_are_cut_short_arcs() -> None:
    bench = Bench(TubeLimits())
    bench.tube.cool()
    assert not bench.on(50.0, 2)
    assert bench.on(125.0, 3) is Fault.ANODE_ARC
