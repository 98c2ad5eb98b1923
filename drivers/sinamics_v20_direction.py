"""Which way a belt runs whose drive shows only how fast."""


class Direction:
    """What is known of the direction of a belt of which only the amount of speed can be read.

    The control word is a wish: a belt that ran when we came, or whose direction was changed while
    it ran, or that somebody else started, runs whichever way it does until it was seen to stand.
    """

    def __init__(self) -> None:
        self._stood = False
        self._bit: int | None = None

    def seen(self, hiw: int, *, runs: bool, bit: int) -> bool:
        """Take one look; return whether the belt runs as the control word says.

        Args:
            hiw: actual speed, without sign.
            runs: whether the control word in force asks for a run.
            bit: its direction.
        """
        if hiw == 0:
            self._stood, self._bit = True, None
            return True
        if self._stood and runs:
            self._bit = bit
        self._stood = False
        if self._bit != bit:
            self._bit = None
        return self._bit is not None
