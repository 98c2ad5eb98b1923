"""Where each unit is: slots entry, tunnel and exit hold one token each.

Tokens move only on the full sensor sequence entry, tunnel-in, tunnel-out, exit, with a plausible
length; anything else is a conflict, and a lane in conflict has no beam until it is proven empty.
"""

from enum import unique
from typing import NamedTuple

from edge.core.values import Plausibility, Presence, Word

NOBODY = 0
"""The token of an empty slot."""


@unique
class Sensor(Word):
    """The presence sensors in the order a unit meets them."""

    ENTRY = "entry"
    TUNNEL_IN = "tunnel_in"
    TUNNEL_OUT = "tunnel_out"
    EXIT = "exit"


@unique
class Certainty(Word):
    """Whether the slots may be believed."""

    TRACKED = "tracked"
    UNKNOWN = "unknown"
    CONFLICT = "conflict"


@unique
class Phase(Word):
    """How far the unit between entry and exit has come."""

    STANDING = "standing"
    ENTERING = "entering"
    INSIDE = "inside"
    REAR_IN = "rear_in"
    LEAVING = "leaving"
    AT_EXIT = "at_exit"


@unique
class Move(Word):
    """What a sensor change meant."""

    NOTHING = "nothing"
    ARRIVED = "arrived"
    TAKEN_AWAY = "taken_away"
    ENTERING = "entering"
    INSIDE = "inside"
    REAR_IN = "rear_in"
    LEAVING = "leaving"
    OUT = "out"
    GONE = "gone"
    LOST = "lost"
    CONFLICT = "conflict"


class Tracking(NamedTuple):
    """The slots, how far the moving unit is, and what the four sensors say."""

    certainty: Certainty
    entry: int
    tunnel: int
    exit: int
    phase: Phase
    seen_entry: Presence
    seen_tunnel_in: Presence
    seen_tunnel_out: Presence
    seen_exit: Presence


UNTRACKED = Tracking(
    Certainty.UNKNOWN, NOBODY, NOBODY, NOBODY, Phase.STANDING, *([Presence.UNKNOWN] * 4)
)
"""After a start: nothing is known about what stands in the lane."""


def sees_nothing(tracking: Tracking) -> bool:
    """True when all four sensors say clear."""
    return all(
        seen is Presence.CLEAR
        for seen in (
            tracking.seen_entry,
            tracking.seen_tunnel_in,
            tracking.seen_tunnel_out,
            tracking.seen_exit,
        )
    )


def proven_empty(tracking: Tracking) -> Tracking:
    """Believe an empty lane; the caller has seen a search-and-secure with all sensors clear."""
    assert sees_nothing(tracking)
    return tracking._replace(
        certainty=Certainty.TRACKED, entry=NOBODY, tunnel=NOBODY, exit=NOBODY, phase=Phase.STANDING
    )


def tokens(tracking: Tracking) -> tuple[int, ...]:
    """The tokens in the slots, exit first, without empty ones."""
    return tuple(
        token for token in (tracking.exit, tracking.tunnel, tracking.entry) if token != NOBODY
    )


def forgotten(tracking: Tracking, certainty: Certainty) -> Tracking:
    """Give up on the slots; what the sensors say stays."""
    return tracking._replace(
        certainty=certainty, entry=NOBODY, tunnel=NOBODY, exit=NOBODY, phase=Phase.STANDING
    )


class Moved(NamedTuple):
    """The new tracking, what happened, and to which token."""

    tracking: Tracking
    move: Move
    token: int


def _seeing(tracking: Tracking, sensor: Sensor, presence: Presence) -> Tracking:
    if sensor is Sensor.ENTRY:
        return tracking._replace(seen_entry=presence)
    if sensor is Sensor.TUNNEL_IN:
        return tracking._replace(seen_tunnel_in=presence)
    if sensor is Sensor.TUNNEL_OUT:
        return tracking._replace(seen_tunnel_out=presence)
    return tracking._replace(seen_exit=presence)


class Context(NamedTuple):
    """What decides the meaning of a sensor change beside the slots.

    Attributes:
        fresh: token for a unit that arrives with this change.
        length: plausibility of the length measured, for entry or tunnel-in clearing.
        admitting: True while the lane lets the unit at the entry move in.
        separated: True while the entry barrier is known to be closed.
    """

    fresh: int
    length: Plausibility
    admitting: bool
    separated: bool


def track(tracking: Tracking, sensor: Sensor, presence: Presence, context: Context) -> Moved:
    """Take one sensor change and say what it meant."""
    seen = _seeing(tracking, sensor, presence)
    if seen == tracking:
        return Moved(tracking, Move.NOTHING, NOBODY)
    if presence is Presence.UNKNOWN:
        if seen.certainty is Certainty.TRACKED:
            return Moved(forgotten(seen, Certainty.UNKNOWN), Move.LOST, NOBODY)
        return Moved(seen, Move.NOTHING, NOBODY)
    if seen.certainty is not Certainty.TRACKED:
        return Moved(seen, Move.NOTHING, NOBODY)
    moved = _TABLE[sensor, presence](seen, context)
    if moved is None:
        return Moved(forgotten(seen, Certainty.CONFLICT), Move.CONFLICT, NOBODY)
    return moved


def _arrive(t: Tracking, context: Context) -> Moved | None:
    # With the barrier open, something at the entry may be the unit just inside coming back, or a
    # second one following through: neither may become a unit of its own.
    if t.entry != NOBODY or (t.phase is Phase.INSIDE and not context.separated):
        return None
    return Moved(t._replace(entry=context.fresh), Move.ARRIVED, context.fresh)


def _entry_clears(t: Tracking, context: Context) -> Moved | None:
    token = t.entry
    if token == NOBODY:
        return None
    if t.phase is Phase.ENTERING:
        # Two units that touch clear the entry as one: only their length gives them away in time.
        if context.length is not Plausibility.PLAUSIBLE:
            return None
        inside = t._replace(entry=NOBODY, tunnel=token, phase=Phase.INSIDE)
        return Moved(inside, Move.INSIDE, token)
    return Moved(t._replace(entry=NOBODY), Move.TAKEN_AWAY, token)


def _tunnel_in_blocked(t: Tracking, context: Context) -> Moved | None:
    free = t.tunnel == NOBODY and t.phase is Phase.STANDING
    if not (context.admitting and free) or t.entry == NOBODY:
        return None
    return Moved(t._replace(phase=Phase.ENTERING), Move.ENTERING, t.entry)


def _tunnel_in_clears(t: Tracking, context: Context) -> Moved | None:
    # Clearing while the unit still stands at the entry means that it went back.
    if t.phase is not Phase.INSIDE or context.length is not Plausibility.PLAUSIBLE:
        return None
    return Moved(t._replace(phase=Phase.REAR_IN), Move.REAR_IN, t.tunnel)


def _tunnel_out_blocked(t: Tracking, _context: Context) -> Moved | None:
    if t.phase is not Phase.REAR_IN or t.exit != NOBODY:
        return None
    return Moved(t._replace(phase=Phase.LEAVING), Move.LEAVING, t.tunnel)


def _tunnel_out_clears(t: Tracking, _context: Context) -> Moved | None:
    if t.phase is not Phase.AT_EXIT:
        return None
    token = t.tunnel
    out = t._replace(tunnel=NOBODY, exit=token, phase=Phase.STANDING)
    return Moved(out, Move.OUT, token)


def _exit_blocked(t: Tracking, _context: Context) -> Moved | None:
    if t.phase is not Phase.LEAVING:
        return None
    return Moved(t._replace(phase=Phase.AT_EXIT), Move.NOTHING, t.tunnel)


def _exit_clears(t: Tracking, _context: Context) -> Moved | None:
    if t.exit == NOBODY:
        return None
    return Moved(t._replace(exit=NOBODY), Move.GONE, t.exit)


_TABLE = {
    (Sensor.ENTRY, Presence.OCCUPIED): _arrive,
    (Sensor.ENTRY, Presence.CLEAR): _entry_clears,
    (Sensor.TUNNEL_IN, Presence.OCCUPIED): _tunnel_in_blocked,
    (Sensor.TUNNEL_IN, Presence.CLEAR): _tunnel_in_clears,
    (Sensor.TUNNEL_OUT, Presence.OCCUPIED): _tunnel_out_blocked,
    (Sensor.TUNNEL_OUT, Presence.CLEAR): _tunnel_out_clears,
    (Sensor.EXIT, Presence.OCCUPIED): _exit_blocked,
    (Sensor.EXIT, Presence.CLEAR): _exit_clears,
}
