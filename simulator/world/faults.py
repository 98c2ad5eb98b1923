"""What goes wrong in the in-process world, as data: a schedule drawn from the seed.

Each run uses a random subset of the kinds (a swarm), never all at once.
"""

import random
from dataclasses import dataclass
from enum import Enum, unique

from simulator.hall.plant import Sees, Spot


@unique
class Kind(Enum):
    """One way things go wrong."""

    ESTOP = "estop"
    DOOR = "door"
    PERSON = "person"
    KEY = "key"
    DRIVE_FAULT = "drive_fault"
    BELT_JAM = "belt_jam"
    BARRIER_JAM = "barrier_jam"
    SENSOR_STUCK = "sensor_stuck"
    DEVICE_LOST = "device_lost"
    SOURCE_FAULT = "source_fault"
    ARC = "arc"
    LAMP = "lamp"
    HORN = "horn"
    WORKER_DEATH = "worker_death"
    JOURNAL_SLOW = "journal_slow"
    CONTROL_STALL = "control_stall"
    BOARD_POWER = "board_power"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One fault: when it begins, for how long it lasts, and on what."""

    at_ms: int
    kind: Kind
    duration_ms: int
    what: str = ""


_LONGEST_MS = {
    Kind.ESTOP: 15_000,
    Kind.DOOR: 8_000,
    Kind.PERSON: 5_000,
    Kind.KEY: 5_000,
    Kind.DRIVE_FAULT: 10_000,
    Kind.BELT_JAM: 40_000,
    Kind.BARRIER_JAM: 20_000,
    Kind.SENSOR_STUCK: 10_000,
    Kind.DEVICE_LOST: 8_000,
    Kind.SOURCE_FAULT: 15_000,
    Kind.ARC: 10,
    Kind.LAMP: 20_000,
    Kind.HORN: 20_000,
    Kind.WORKER_DEATH: 10_000,
    Kind.JOURNAL_SLOW: 3_000,
    Kind.CONTROL_STALL: 2_500,
    Kind.BOARD_POWER: 4_000,
}
_WHAT = {
    Kind.SENSOR_STUCK: tuple(f"{spot.value}={sees.value}" for spot in Spot for sees in Sees),
    Kind.DEVICE_LOST: ("belt", "safety", "height", "width", "source", "qr", "label", "board"),
    Kind.BARRIER_JAM: ("entry", "exit"),
}
MOST_KINDS = 6
MEAN_GAP_MS = 120_000


def schedule(seed: int, until_ms: int, mean_gap_ms: int = MEAN_GAP_MS) -> tuple[Trouble, ...]:
    """Draw the faults of a run: all of them have ended by ``until_ms``.

    Args:
        seed: of the run.
        until_ms: end of the part of the run in which things go wrong.
        mean_gap_ms: mean time between two faults; each run draws its own around it.
    """
    drawn = random.Random(f"faults {seed}")
    kinds = drawn.sample(tuple(Kind), drawn.randint(1, MOST_KINDS))
    gap_ms = mean_gap_ms * drawn.uniform(0.4, 2.5)
    found: list[Trouble] = []
    at_ms = 20_000.0
    while True:
        at_ms += drawn.expovariate(1 / gap_ms)
        kind = drawn.choice(kinds)
        duration_ms = max(5, round(_LONGEST_MS[kind] * drawn.random() ** 2))
        what = drawn.choice(_WHAT.get(kind, ("",)))
        if at_ms + duration_ms >= until_ms:
            return tuple(found)
        found.append(Trouble(round(at_ms), kind, duration_ms, what))
