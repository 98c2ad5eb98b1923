"""The newest point of every source, and what it is worth at a moment: age is judged here.

Age counts from the request that brought a point, never from its arrival. Points that came together
keep their age together, so that a poll that repeats the one before it costs one comparison.
"""

from edge.core.values import Input, Presence, Quality
from edge.ports import Point, Points, Reading

_NEVER_NS, _UNSURE_NS = 2**63, -1
"""Until when all is known to be young enough: for ever without readings; or it is not known."""


class _Poll:
    """Points that came together.

    Attributes:
        points: all of them, or none once one of them has come in other company.
        requested_ns: when they were asked for last.
        limit_ns: how old those on which something rests may grow.
    """

    __slots__ = ("limit_ns", "points", "requested_ns")

    def __init__(self, points: Points, requested_ns: int, limit_ns: int) -> None:
        self.points = points
        self.requested_ns = requested_ns
        self.limit_ns = limit_ns


class Readings:
    """Keeps what was read, and knows until when none of what matters can have grown stale."""

    def __init__(self) -> None:
        self._latest: dict[str, Point] = {}
        self._polls: dict[str, _Poll] = {}
        self._limits_ns: dict[str, int] = {}
        self._idle: set[str] = set()
        self._sure_until_ns = _UNSURE_NS

    def know(self, source: str, limit_ns: int, *, matters: bool) -> None:
        """Say how old a source's points may grow, and whether anything rests on them."""
        self._limits_ns[source] = limit_ns
        if not matters:
            self._idle.add(source)

    def latest(self, source: str) -> Reading | None:
        """The newest reading of a source, None before the first."""
        point = self._latest.get(source)
        if point is None:
            return None
        _, value, quality, detail = point
        return Reading(source, value, quality, self._polls[source].requested_ns, detail)

    def proves(self, source: str, limit_ns: int, now_ns: int) -> bool:
        """Whether a source has surely said OK, and not longer ago than a limit of its own."""
        point = self._latest.get(source)
        if point is None or point.value is not Input.OK or point.quality is not Quality.GOOD:
            return False
        return 0 <= now_ns - self._polls[source].requested_ns <= limit_ns

    def all(self) -> tuple[Reading, ...]:
        """The newest reading of every source, by source."""
        found = map(self.latest, sorted(self._latest))
        return tuple(reading for reading in found if reading is not None)

    @property
    def is_sure(self) -> bool:
        """Whether every reading was young enough when ages were judged last, and told."""
        return self._sure_until_ns != _UNSURE_NS

    def repeat(self, points: Points, requested_ns: int, now_ns: int) -> bool:
        """Take a poll that says no more than the one before it; False, and not taken, otherwise.

        It says no more only while nothing can have grown stale: then it was told already.
        """
        poll = self._polls.get(points[0].source)
        if poll is None or poll.points != points:
            return False
        # One that was asked for earlier than the last one grows stale earlier, too.
        if not poll.requested_ns <= requested_ns <= now_ns < self._sure_until_ns:
            return False
        poll.requested_ns = requested_ns
        return True

    def put(self, points: Points, requested_ns: int, now_ns: int) -> None:
        """Keep the points of known sources."""
        limits = [self._limits_ns[each.source] for each in points if each.source not in self._idle]
        poll = _Poll(points, requested_ns, min(limits, default=_NEVER_NS))
        for point in points:
            source = point.source
            before = self._polls.get(source)
            if before is not None:
                before.points = ()
            self._latest[source], self._polls[source] = point, poll
        if requested_ns > now_ns:
            self._sure_until_ns = _UNSURE_NS
        self._sure_until_ns = min(self._sure_until_ns, requested_ns + poll.limit_ns)

    def grow(self, now_ns: int) -> bool:
        """Let the readings age; True when all of them must be judged and told anew."""
        if now_ns <= self._sure_until_ns:
            return False
        was_sure = self.is_sure
        self._sure_until_ns = self._until_ns(now_ns)
        return not (was_sure and self.is_sure)

    def input(self, source: str, now_ns: int) -> Input:
        """What a source says of an interlock input now; doubt is said as doubt."""
        point = self._latest.get(source)
        if point is None:
            return Input.UNKNOWN
        if self._is_stale(source, now_ns):
            return Input.STALE
        value = point.value
        # Only the lane file may say that something is not fitted.
        if point.quality is not Quality.GOOD or value is Input.NOT_FITTED:
            return Input.UNKNOWN
        return value if isinstance(value, Input) else Input.UNKNOWN

    def presence(self, source: str, now_ns: int) -> Presence:
        """What a presence sensor says now; doubt is unknown."""
        point = self._latest.get(source)
        if point is None or point.quality is not Quality.GOOD:
            return Presence.UNKNOWN
        if self._is_stale(source, now_ns) or not isinstance(point.value, Presence):
            return Presence.UNKNOWN
        return point.value

    def _is_stale(self, source: str, now_ns: int) -> bool:
        # A request that lies ahead has no age that could be judged.
        age_ns = now_ns - self._polls[source].requested_ns
        return not 0 <= age_ns <= self._limits_ns[source]

    def _until_ns(self, now_ns: int) -> int:
        until_ns = _NEVER_NS
        for poll in set(self._polls.values()):
            stale_ns = poll.requested_ns + poll.limit_ns
            if stale_ns <= now_ns or (poll.requested_ns > now_ns and poll.limit_ns < _NEVER_NS):
                return _UNSURE_NS
            until_ns = min(until_ns, stale_ns)
        return until_ns
