"""What the bits of the safety project mean, in the words of the core. Pure."""

from collections.abc import Mapping

from edge.core.values import Input, Presence

PRESENCES = ("presence_entry", "presence_tunnel_in", "presence_tunnel_out", "presence_exit")


def _when(bit: int) -> Input:
    return Input.OK if bit else Input.BLOCKED


def _estop(bits: Mapping[str, int]) -> Input:
    first, second = bits["estop_a_closed"], bits["estop_b_closed"]
    return _when(first) if first == second else Input.CONFLICT


def _zone(bits: Mapping[str, int]) -> Input:
    """A zone sensor that fails its own test says nothing, whatever it shows."""
    if not bits["zone_selftest_ok"]:
        return Input.UNKNOWN if bits["zone_clear"] else Input.BLOCKED
    return _when(bits["zone_clear"])


_DIRECT = {
    "key": "key_on",
    "key_service": "key_service",
    "doors": "doors_closed",
    "secured": "secured",
    "lamp": "lamp_current",
    "horn": "horn_current",
    "entry_barrier_closed": "entry_barrier_closed",
    "entry_barrier_open": "entry_barrier_open",
    "exit_barrier_closed": "exit_barrier_closed",
    "exit_barrier_open": "exit_barrier_open",
}
"""Published field to the bit that makes it OK."""


PUBLISHED_INPUTS = (*_DIRECT, "estop", "zone", "beam_feedback")
"""Every safety input by its published name."""


def safety_inputs(bits: Mapping[str, int]) -> dict[str, Input]:
    """Every safety input by its published name.

    ``beam_feedback`` is OK while the independent detector sees no beam.
    """
    inputs = {name: _when(bits[bit]) for name, bit in _DIRECT.items()}
    inputs["estop"] = _estop(bits)
    inputs["zone"] = _zone(bits)
    inputs["beam_feedback"] = _when(1 - bits["beam_seen"])
    return inputs


def presence(bits: Mapping[str, int], name: str) -> Presence:
    """One presence sensor; its two contacts are antivalent, equal ones say nothing."""
    occupied, clear = bits[f"{name}_occupied"], bits[f"{name}_clear"]
    if occupied == clear:
        return Presence.UNKNOWN
    return Presence.OCCUPIED if occupied else Presence.CLEAR


REQUIRED_BITS = (
    *_DIRECT.values(),
    "estop_a_closed",
    "estop_b_closed",
    "zone_clear",
    "zone_selftest_ok",
    "beam_seen",
    *(f"{name}_{side}" for name in PRESENCES for side in ("occupied", "clear")),
)
"""Fields that the device map must have."""


class LifeCounter:
    """Judges whether the controller's program still runs, from a counter it increments.

    Args:
        limit_ns: longest time the counter may stand still. Two reads may come closer together
            than one cycle of the controller, so equal values alone say nothing.
    """

    def __init__(self, limit_ns: int) -> None:
        self._limit_ns = limit_ns
        self._counter: int | None = None
        self._moved_ns = 0
        self._verdict = Input.UNKNOWN

    def seen(self, counter: int, requested_ns: int) -> Input:
        """Take one reading; UNKNOWN until the counter has been seen to move once."""
        if self._counter is None:
            self._counter, self._moved_ns = counter, requested_ns
        elif counter != self._counter:
            self._counter, self._moved_ns = counter, requested_ns
            self._verdict = Input.OK
        elif requested_ns - self._moved_ns >= self._limit_ns:
            self._verdict = Input.STALE
        return self._verdict
