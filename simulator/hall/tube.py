"""The simulated X-ray tube and its high voltage: ramp, interlocks, arcs, latched faults, care."""

from dataclasses import dataclass
from enum import IntFlag

from simulator.hall.plant import Plant

RAMP_KV_S = 400.0
ARC_QUENCH_MS = 100
ARCS_TO_FAULT = 4
ARC_WINDOW_MS = 10_000


COLD_HOLDS_KV = 60.0
"""What a tube that stood cold for too long holds without arcing; an order of size, no tube's."""
SEASONS_KV_S = 4.0
"""Each second near what it holds lets it hold so much more."""
NEAR = 0.7
"""How near, as a share."""


@dataclass(frozen=True, slots=True)
class TubeLimits:
    """What the maker of this tube would write into its manual; zeros where there is no limit.

    Attributes:
        warm_up_ms: time after power-up during which it is not ready.
        pause_ms: rest it needs after every exposure.
        window_ms: length of the window its load is counted in.
        on_ms: longest radiation in any window.
        season_after_ms: it is cold after so long without high voltage.
    """

    warm_up_ms: int = 0
    pause_ms: int = 0
    window_ms: int = 0
    on_ms: int = 0
    season_after_ms: int = 0


NO_LIMITS = TubeLimits()
"""A tube that needs nothing."""


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
        self._limits = TubeLimits(warm_up_ms=warm_up_ms)
        self._exposures: list[tuple[int, int]] = []
        self._exposure_ms = 0
        self._used_ms = 0
        self.holds_kv: float | None = None
        self.power_up()

    def limit(self, limits: TubeLimits) -> None:
        """Give it the limits of a make of tube."""
        self._limits, self._warm_up_ms = limits, limits.warm_up_ms

    def cool(self) -> None:
        """Let it have stood cold for too long: it has to be seasoned."""
        self.holds_kv = COLD_HOLDS_KV

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
        self._load(elapsed_ms)
        self._plant.actuators.hv_kv = self.kv

    def _load(self, elapsed_ms: int) -> None:
        """Heat, rest, and whether it holds its voltage."""
        limits, now_ms = self._limits, self._now_ms
        if self.kv <= 0.0:
            if self._exposure_ms:
                self._exposures.append((now_ms, self._exposure_ms))
                self._exposure_ms = 0
            return
        if limits.season_after_ms and now_ms - self._used_ms > limits.season_after_ms:
            self.cool()
        begins = not self._exposure_ms
        last_ms = self._exposures[-1][0] if self._exposures else -limits.pause_ms
        self._used_ms, self._exposure_ms = now_ms, self._exposure_ms + elapsed_ms
        kept_ms = max(limits.window_ms, limits.pause_ms)
        self._exposures = [one for one in self._exposures if now_ms - one[0] < kept_ms]
        load_ms = self._exposure_ms + sum(on_ms for _, on_ms in self._exposures)
        hot = limits.on_ms and load_ms > limits.on_ms
        if hot or (begins and limits.pause_ms and now_ms - last_ms < limits.pause_ms):
            self.fail(Fault.OVER_TEMPERATURE_ANODE)
        elif self.holds_kv is not None:
            self._season(self.holds_kv, elapsed_ms)

    def _season(self, holds_kv: float, elapsed_ms: int) -> None:
        if self.kv > holds_kv:
            self.arc()
        elif self.kv >= NEAR * holds_kv:
            self.holds_kv = holds_kv + SEASONS_KV_S * elapsed_ms / 1000

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
