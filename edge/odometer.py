"""How far the belt has gone, from the drive's speed readings (trapezoidal, in integers).

Good to about one poll period of travel; used only for plausibility, never for the image.
"""

_UM_PER_MM = 1000
_LONGEST_GAP_NS = 1_000_000_000


class Odometer:
    """Sums distance from (speed, time) pairs; a gap in the readings loses the mark."""

    def __init__(self) -> None:
        self._um = 0
        self._last: tuple[int, int] | None = None
        self._mark: int | None = None

    def add(self, *, speed_mm_s: int, at_ns: int) -> None:
        """Take a reading; times must not go back (older ones are left out)."""
        if self._last is not None:
            speed, before_ns = self._last
            gap_ns = at_ns - before_ns
            if gap_ns < 0:
                return
            if gap_ns > _LONGEST_GAP_NS:
                self._mark = None
            self._um += (speed + speed_mm_s) * gap_ns // 2_000_000
        self._last = (speed_mm_s, at_ns)

    def lose(self) -> None:
        """Give up the distance since the mark: the speed is not known."""
        self._mark = None
        self._last = None

    def mark(self) -> None:
        """Measure from here."""
        self._mark = self._um

    def since_mark_mm(self) -> int | None:
        """Signed distance since the mark in mm, None when there is no mark or it was lost."""
        return None if self._mark is None else (self._um - self._mark) // _UM_PER_MM
