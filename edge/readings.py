"""The newest reading of every source, and what it is worth at a moment: age is judged here.

Age counts from the request that brought the reading, never from its arrival.
"""

from edge.core.values import Input, Presence, Quality
from edge.ports import Reading

_NEVER_NS, _UNSURE_NS = 2**63, -1
"""Until when all is known to be young enough: for ever without readings; or it is not known."""


class Readings:
    """Keeps what was read, and knows until when none of what matters can have grown stale."""

    def __init__(self) -> None:
        self._latest: dict[str, Reading] = {}
        self._limits_ns: dict[str, int] = {}
        self._idle: set[str] = set()
        self._sure_until_ns = _UNSURE_NS

    def know(self, source: str, limit_ns: int, *, matters: bool) -> None:
        """Say how old a source's readings may grow, and whether anything rests on them."""
        self._limits_ns[source] = limit_ns
        if not matters:
            self._idle.add(source)

    def latest(self, source: str) -> Reading | None:
        """The newest reading of a source, None before the first."""
        return self._latest.get(source)

    def all(self) -> tuple[Reading, ...]:
        """The newest reading of every source, by source."""
        return tuple(self._latest[source] for source in sorted(self._latest))

    @property
    def is_sure(self) -> bool:
        """Whether every reading was young enough when ages were judged last, and told."""
        return self._sure_until_ns != _UNSURE_NS

    def put(self, reading: Reading, now_ns: int) -> bool:
        """Keep a reading of a known source; True when it says no more than the one before it.

        It does so only while nothing can have grown stale: then what it says was told already.
        """
        source = reading.source
        before = self._latest.get(source)
        self._latest[source] = reading
        if reading.requested_ns > now_ns:
            self._sure_until_ns = _UNSURE_NS
        # One that was asked for earlier than the last one grows stale earlier, too.
        stale_ns = reading.requested_ns + self._limits_ns[source]
        if stale_ns < self._sure_until_ns:
            self._sure_until_ns = stale_ns
        return (
            before is not None
            and reading.value is before.value
            and reading.quality is before.quality
            and now_ns < self._sure_until_ns
        )

    def grow(self, now_ns: int) -> bool:
        """Let the readings age; True when all of them must be judged and told anew."""
        if now_ns <= self._sure_until_ns:
            return False
        was_sure = self.is_sure
        self._sure_until_ns = self._until_ns(now_ns)
        return not (was_sure and self.is_sure)

    def input(self, source: str, now_ns: int) -> Input:
        """What a source says of an interlock input now; doubt is said as doubt."""
        reading = self._latest.get(source)
        if reading is None:
            return Input.UNKNOWN
        if self._is_stale(reading, now_ns):
            return Input.STALE
        value = reading.value
        # Only the lane file may say that something is not fitted.
        if reading.quality is not Quality.GOOD or value is Input.NOT_FITTED:
            return Input.UNKNOWN
        return value if isinstance(value, Input) else Input.UNKNOWN

    def presence(self, source: str, now_ns: int) -> Presence:
        """What a presence sensor says now; doubt is unknown."""
        reading = self._latest.get(source)
        if reading is None or reading.quality is not Quality.GOOD:
            return Presence.UNKNOWN
        if self._is_stale(reading, now_ns) or not isinstance(reading.value, Presence):
            return Presence.UNKNOWN
        return reading.value

    def _is_stale(self, reading: Reading, now_ns: int) -> bool:
        # A request that lies ahead has no age that could be judged.
        return not 0 <= now_ns - reading.requested_ns <= self._limits_ns[reading.source]

    def _until_ns(self, now_ns: int) -> int:
        until_ns = _NEVER_NS
        for source, reading in self._latest.items():
            if source not in self._idle:
                stale_ns = reading.requested_ns + self._limits_ns[source]
                if stale_ns <= now_ns or reading.requested_ns > now_ns:
                    return _UNSURE_NS
                until_ns = min(until_ns, stale_ns)
        return until_ns
