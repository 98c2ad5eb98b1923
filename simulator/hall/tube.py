"""The simulated X-ray tube and its high voltage: ramp, interlocks, arcs, latched faults."""

from enum import IntFlag

from simulator.hall.plant import Plant

RAMP_KV_S = 400.0
ARC_QUENCH_MS = 100
ARCS_TO_FAULT = 4
ARC_WINDOW_MS = 10_000


class Fault(IntFlag):
    """Faults the simulator can raise, as the flags of the XRV's command 68."""

    OVER_VOLTAGE = 1 << 2
    UNDER_VOLTAGE = 1 << 3
    OVER_TEMPERATURE_ANODE = 1 << 6
    FILAMENT_FEEDBACK = 1 << 10
    ANODE_ARC = 1 << 11
    WATCHDOG = 1 << 21


class Tube:
    """The high voltage; writes ``plant.actuators.hv_kv``.

    Interlock 1 is the permit relay, interlock 2 the chain of e-stop and doors. An interlock that
    opens drops the high voltage at once; it comes back only by a new request.

    Args:
        plant: the hall it stands in.
        warm_up_ms: time after power-up during which it is not ready.
        watchdog_ms: longest silence of the host while high voltage is on, 0 for none.
    """

    def __init__(self, plant: Plant, *, warm_up_ms: int = 0, watchdog_ms: int = 5000) -> None:
        self._plant = plant
        self._warm_up_ms = warm_up_ms
        self.watchdog_ms = watchdog_ms
        self._now_ms = 0
        self._persisting = Fault(0)
        self.on_ms = 0
        self.power_up()

    def power_up(self) -> None:
        """Switch off and on: set point, faults and high voltage are gone, warm-up starts."""
        self._on_since_ms = self._heard_ms = self._now_ms
        self._quench_until_ms = 0
        self._arcs_ms: list[int] = []
        self.set_kv = 0.0
        self.requested = False
        self.kv = 0.0
        self.latched = self._persisting
        self._plant.actuators.hv_kv = 0.0

    @property
    def interlock_1_closed(self) -> bool:
        """The permit relay."""
        return self._plant.actuators.relay_closed

    @property
    def interlock_2_closed(self) -> bool:
        """E-stop chain and doors."""
        people = self._plant.people
        return not people.estop_pressed and not people.doors_open

    @property
    def interlocks_closed(self) -> bool:
        """Both."""
        return self.interlock_1_closed and self.interlock_2_closed

    @property
    def ready(self) -> bool:
        """Warm and without a fault."""
        return self._now_ms - self._on_since_ms >= self._warm_up_ms and not self.latched

    def heard(self, now_ms: int) -> None:
        """A good command came from the host."""
        self._heard_ms = now_ms

    def request(self) -> None:
        """Start the ramp; the caller has checked that it may."""
        self.requested = True

    def advance(self, now_ms: int) -> None:
        """Let the high voltage follow until ``now_ms``."""
        elapsed_ms, self._now_ms = max(0, now_ms - self._now_ms), max(now_ms, self._now_ms)
        silent_ms = self._now_ms - self._heard_ms
        if self.requested and self.watchdog_ms and silent_ms >= self.watchdog_ms:
            self.fail(Fault.WATCHDOG)
        if not self.interlocks_closed:
            self.drop()
        if self.requested and self._now_ms >= self._quench_until_ms:
            self.kv = min(self.set_kv, self.kv + RAMP_KV_S * elapsed_ms / 1000)
            self.on_ms += elapsed_ms
        self._plant.actuators.hv_kv = self.kv

    def fail(self, fault: Fault, *, persists: bool = False) -> None:
        """Raise a fault: high voltage off, latched until reset, and longer while it persists."""
        self.latched |= fault
        if persists:
            self._persisting |= fault
        self.drop()

    def repair(self) -> None:
        """Remove the causes of persisting faults; they stay latched until reset."""
        self._persisting = Fault(0)

    def reset(self) -> None:
        """Clear the latched faults whose cause is gone."""
        self.latched = self._persisting

    def arc(self) -> None:
        """One arc: the voltage collapses and comes back; the fourth in 10 s is a fault."""
        recent = [at for at in self._arcs_ms if self._now_ms - at < ARC_WINDOW_MS]
        self._arcs_ms = [*recent, self._now_ms]
        self.kv = self._plant.actuators.hv_kv = 0.0
        self._quench_until_ms = self._now_ms + ARC_QUENCH_MS
        if len(self._arcs_ms) >= ARCS_TO_FAULT:
            self._arcs_ms = []
            self.fail(Fault.ANODE_ARC)

    def drop(self) -> None:
        """High voltage off, now."""
        self.requested = False
        self.kv = self._plant.actuators.hv_kv = 0.0
