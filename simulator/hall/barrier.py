"""A barrier arm of the simulated hall."""

BARRIER_TRAVEL_MS = 700


class Barrier:
    """A barrier arm: 0 shut, 1 open, one travel each way. It never closes on a unit."""

    def __init__(self) -> None:
        self._raised_ms = 0
        self.jammed = False

    @property
    def is_open(self) -> bool:
        """Fully open."""
        return self._raised_ms >= BARRIER_TRAVEL_MS

    @property
    def is_closed(self) -> bool:
        """Fully shut."""
        return self._raised_ms <= 0

    def rests(self, *, wanted_open: bool) -> bool:
        """Whether the arm has nowhere to go; one held up by a unit would still move."""
        return self.jammed or (self.is_open if wanted_open else self.is_closed)

    def step(self, step_ms: int, *, wanted_open: bool, obstructed: bool) -> None:
        """Move for one step of ``step_ms`` milliseconds."""
        if self.jammed:
            return
        if wanted_open:
            self._raised_ms = min(BARRIER_TRAVEL_MS, self._raised_ms + step_ms)
        elif not obstructed:
            self._raised_ms = max(0, self._raised_ms - step_ms)
