"""Care of the X-ray tube: its duty, its warm-up, and whether it stood cold for too long.

What it finds is read like a device: ``lane.tube`` is a row of the interlock predicate, and each
reason is a fault that admits no unit and ends by itself. Doubt waits: what is not known of the
past counts against the tube.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from edge.clock import Clock, rfc3339
from edge.core.faults import ActiveFault, Fault
from edge.core.lane import SERVING, LaneState
from edge.core.state import State
from edge.core.values import Input, Quality
from edge.ports import BoardReport, Point, Points, Reading
from edge.settings import Duty, LaneFile, Seasoning, WarmUp
from edge.tube_file import REACTION_S

CHECK_NS = 200_000_000
"""Period of looking; the row's age limit is longer."""
_NS = 1_000_000_000
_NEVER_S = -math.inf
_STEADY_S = 2.0
"""An end that moves by less, as of a warm-up read in whole seconds, is told as it was."""
_UNDER_WAY = frozenset({LaneState.ADMITTING, LaneState.INTENT, LaneState.SCANNING}) | SERVING
"""What has been begun was within the limits and is finished; it is judged anew afterwards."""


class Exposure(NamedTuple):
    """One exposure: how long ago it ended, and for how long the tube radiated (seconds)."""

    age_s: float
    on_s: float


@dataclass(frozen=True, slots=True)
class TubeHistory:
    """What the journal says of the tube at a start.

    Attributes:
        exposures: those that may still count for the duty.
        unused_s: seconds since it was last surely used or seasoned, None when that is not known.
    """

    exposures: tuple[Exposure, ...] = ()
    unused_s: float | None = None


NO_HISTORY = TubeHistory()
"""Of a journal without an exposure."""


class _Spent(NamedTuple):
    ended_s: float
    on_s: float


class _Why(NamedTuple):
    """Why the tube may not be used, and until when on the monotonic clock (inf: not by itself)."""

    until_s: float
    detail: str


_FIELDS = {
    "resting": Fault.SOURCE_RESTING,
    "warming": Fault.SOURCE_WARMING,
    "seasoning": Fault.SEASONING_DUE,
}
"""Readings beside ``lane.tube``: the fault that each of them is."""


class TubeCare:
    """Judges whether the tube may be used.

    Args:
        lane: says what the maker asks for.
        history: what the journal knows.
        core: the lane's state.
        latest: the newest reading of a source.
        deliver: takes the readings.
        clock: the lane's.
    """

    def __init__(
        self,
        lane: LaneFile,
        *,
        history: TubeHistory,
        core: Callable[[], State],
        latest: Callable[[str], Reading | None],
        deliver: Callable[[Points, int], None],
        clock: Clock,
    ) -> None:
        self._section = lane.source
        self._core = core
        self._latest = latest
        self._deliver = deliver
        self._clock = clock
        now_s = self._now_s()
        self._spent: dict[int, _Spent] = {
            -place: _Spent(now_s - one.age_s, one.on_s)
            for place, one in enumerate(history.exposures, start=1)
        }
        unused_s = history.unused_s
        self._used_s = _NEVER_S if unused_s is None else now_s - unused_s
        self._warm_since_s: float | None = None
        self._checked_ns: int | None = None
        self._why: dict[str, _Why | None] = dict.fromkeys(_FIELDS)

    def tick(self) -> None:
        """Look, if it is time to."""
        now_ns = self._clock.monotonic_ns()
        if self._checked_ns is None or now_ns - self._checked_ns >= CHECK_NS:
            self._checked_ns = now_ns
            self.check()

    def check(self) -> None:
        """Judge, and deliver what was found."""
        now_s = self._now_s()
        known = self._hear(now_s)
        found = {"warming": self._warming(now_s)}
        if self._core().lane not in _UNDER_WAY:
            found |= {"resting": self._resting(now_s), "seasoning": self._cold(now_s)}
        for field, why in found.items():
            before = self._why[field]
            self._why[field] = _steady(before, why)
        reasons = [why.detail for why in self._why.values() if why is not None]
        state = Input.BLOCKED if reasons else Input.OK if known else Input.UNKNOWN
        points = [Point("lane.tube", state, detail="; ".join(reasons))]
        for field, standing in self._why.items():
            says = Input.OK if standing is None else Input.BLOCKED
            quality = Quality.GOOD if known or standing is not None else Quality.BAD
            points.append(
                Point(f"lane.{field}", says, quality, standing.detail if standing else "")
            )
        self._deliver(tuple(points), self._clock.monotonic_ns())

    def report(self, report: BoardReport, *, service: bool) -> None:
        """Take the board's count of an exposure.

        Args:
            report: the board's.
            service: it is of a service mission: it wears the tube, and is no use that keeps it
                seasoned.
        """
        if not (report.scan_id and report.exposure_ms):
            return
        on_s, now_s = report.exposure_ms / 1000, self._now_s()
        known = self._spent.get(report.scan_id)
        if known is not None and known.on_s >= on_s and not report.relay_closed:
            return
        if known is None and not report.relay_closed:
            return  # of a life before this one: the journal has told it
        self._spent[report.scan_id] = _Spent(now_s, max(on_s, known.on_s if known else 0.0))
        if not service:
            self._used_s = now_s

    def seasoned(self) -> None:
        """The schedule was run to its end, and that is on disk."""
        self._used_s = self._now_s()
        self.check()

    def standing(self) -> dict[str, object]:
        """What it is about, for people; ``left_s`` where it ends by itself."""
        now_s = self._now_s()
        told: dict[str, object] = {}
        for field, why in self._why.items():
            if why is not None:
                told[field] = why.detail
                if math.isfinite(why.until_s):
                    left_s = max(0, math.ceil(why.until_s - now_s))
                    told["left_s"] = max(left_s, int(str(told.get("left_s", 0))))
        return told

    def hindrance(self) -> str:
        """Why no service mission may begin now, empty when nothing stands against it."""
        whys = (self._why["warming"], self._why["resting"])
        return "; ".join(why.detail for why in whys if why is not None)

    def _now_s(self) -> float:
        return self._clock.monotonic_ns() / _NS

    def _hear(self, now_s: float) -> bool:
        """Whether the generator answers; from when it does, it warms up."""
        lost = ActiveFault(Fault.SOURCE_LOST, present=True) in self._core().faults
        reading = self._latest(f"{self._section.device}.ready")
        heard = reading is not None and reading.quality is Quality.GOOD
        if lost:
            self._warm_since_s = None
        elif heard and self._warm_since_s is None:
            self._warm_since_s = now_s
        return heard and not lost

    def _warming(self, now_s: float) -> _Why | None:
        """What our own count says, or the generator's."""
        until_s = _NEVER_S
        settings = self._section.warm_up
        if isinstance(settings, WarmUp) and self._warm_since_s is not None:
            until_s = self._warm_since_s + settings.warm_up_s
        says = self._latest(f"{self._section.device}.warm_up_s")
        if says is not None and isinstance(says.value, int) and says.value > 0:
            until_s = max(until_s, now_s + says.value)
        return self._until(until_s, now_s, "warms up")

    def _resting(self, now_s: float) -> _Why | None:
        duty = self._section.duty
        if not isinstance(duty, Duty):
            self._spent.clear()
            return None
        until_s = rest_until(
            tuple(self._spent.values()), duty, self._section.max_exposure_ms / 1000 + REACTION_S
        )
        longest_s = max(duty.pause_s or 0, duty.window_s or 0)
        self._spent = {
            scan_id: one for scan_id, one in self._spent.items() if one.ended_s + longest_s > now_s
        }
        return self._until(until_s, now_s, f"rests ({duty.source})")

    def _cold(self, now_s: float) -> _Why | None:
        settings = self._section.seasoning
        if not isinstance(settings, Seasoning):
            return None
        limit_h = settings.season_after_h
        if now_s - self._used_s <= limit_h * 3600:
            return None
        last = "at no time that is known"
        if math.isfinite(self._used_s):
            last = f"last at {self._utc(self._used_s, now_s)}"
        return _Why(
            math.inf, f"seasoning due: used {last}, longest {limit_h} h ({settings.source})"
        )

    def _until(self, until_s: float, now_s: float, what: str) -> _Why | None:
        if until_s <= now_s:
            return None
        return _Why(until_s, f"{what} until {self._utc(until_s, now_s)}")

    def _utc(self, at_s: float, now_s: float) -> str:
        moment = self._clock.utc() + timedelta(seconds=at_s - now_s)
        return rfc3339(moment.replace(microsecond=0))


def _steady(before: _Why | None, why: _Why | None) -> _Why | None:
    """What is told: the same words as long as the end hardly moves."""
    if why is None or before is None:
        return why
    moved = why.until_s != before.until_s and abs(why.until_s - before.until_s) >= _STEADY_S
    return why if moved else before


def rest_until(spent: Sequence[tuple[float, float]], duty: Duty, longest_s: float) -> float:
    """From when another exposure of the longest kind keeps the duty.

    An exposure counts in full until its end has left the window.

    Args:
        spent: end and length of each exposure, seconds, in any order.
        duty: the limits.
        longest_s: what the next exposure may last.

    Returns:
        The moment on the clock of ``spent``; in the past when the tube may be used.
    """
    until_s = _NEVER_S
    if spent and duty.pause_s is not None:
        until_s = max(ended_s for ended_s, _ in spent) + duty.pause_s
    if duty.window_s is not None and duty.on_s is not None:
        used_s = sum(on_s for _, on_s in spent)
        for ended_s, on_s in sorted(spent):
            if used_s + longest_s <= duty.on_s:
                break
            used_s -= on_s
            until_s = max(until_s, ended_s + duty.window_s)
    return until_s
