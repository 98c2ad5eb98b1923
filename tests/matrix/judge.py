"""What a cell must be like: by what truly was in the hall, not by what the lane says."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.core.faults import CATALOGUE, RANK, Fault, FaultClass
from edge.settings import Timing
from tests.matrix.bench import PROGRESS_S
from tests.matrix.life import Seen

REACTION_MS = 20
"""From the lane's decision to the open relay: a frame on the wire and the board's next look."""
_ASKED = frozenset({"modbus_rtu", "modbus_tcp", "numeric", "board"})
"""Wires on which something is expected all the time, so that its absence must have a name."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """For how long a beam may outlast the last thing that could be believed, in milliseconds.

    Attributes:
        fast: safety controller, board and belt: the lane's ``stale_ms``, a tick, the reaction.
        slow: the generator: ``slow_stale_ms``, a tick, the reaction.
        lines: the detector: ``stall_ms``, a report of the worker, a tick, the reaction.
    """

    fast: int
    slow: int
    lines: int

    def of(self, device: str) -> int | None:
        """The bound of a device, None where no beam rests on it."""
        rests: Mapping[str, int] = {
            "safety": self.fast, "belt": self.fast, "board": self.fast, "source": self.slow,
            "detector": self.lines,
        }  # fmt: skip
        return rests.get(device)


def bounds_of(timing: Timing) -> Bounds:
    """The bounds that follow from a lane file's times."""
    after = timing.tick_ms + REACTION_MS
    return Bounds(
        fast=timing.stale_ms + after,
        slow=timing.slow_stale_ms + after,
        lines=timing.stall_ms + round(PROGRESS_S * 1000) + after,
    )


def problems(seen: Seen, bounds: Bounds) -> list[str]:
    """Everything that is wrong with a cell; empty is good."""
    found = [*seen.problems]
    cell = seen.cell
    bound_ms = bounds.of(cell.device)
    if cell.unreadable and bound_ms is not None:
        limit_ms = seen.begun_ms + bound_ms
        found += [
            f"beam permitted {span.end_ms - seen.begun_ms} ms after the last that could be "
            f"believed, {bound_ms} ms allowed"
            for span in seen.beams
            if span.end_ms > limit_ms and span.start_ms < seen.ended_ms
        ]
    named = seen.codes or seen.reason
    if cell.unreadable and cell.wire in _ASKED and not named and not seen.problems:
        found.append("nothing was named, neither a fault nor what ended the scan")
    elif seen.beam and not seen.completed and not named:
        found.append("a beam ended and nothing says why")
    return [f"{cell}: {each}" for each in found]


def strongest(codes: tuple[str, ...]) -> FaultClass | None:
    """The highest class among faults, None without any."""
    kinds = [CATALOGUE[Fault(code)].kind for code in codes]
    return max(kinds, key=RANK.__getitem__, default=None)


def consequence(seen: Seen) -> str:
    """What became of the lane and its unit, in words."""
    kind = strongest(seen.codes)
    words = [kind.value if kind is not None else "none"]
    if seen.completed:
        words.append("the scan came to its end")
    elif seen.reason:
        words.append(f"unit not completed ({seen.reason})")
    return ", ".join(words)
