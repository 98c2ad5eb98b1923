"""Whether the plug of a wire is in. The fronts in `simulator.wires` obey it."""

FOREVER = 2**62


class Plug:
    """One wire's plug.

    Pulled, a serial line is gone as an adapter that is pulled out; a TCP port ends its connections
    and takes no new ones. A cable that is cut and leaves both ends standing is `Harm.DROP`.
    """

    def __init__(self) -> None:
        self._out_until_ms = 0

    def pull(self, now_ms: int, for_ms: int) -> None:
        """Pull it for so many milliseconds, 0 for until it is put in."""
        self._out_until_ms = now_ms + for_ms if for_ms else FOREVER

    def put_in(self) -> None:
        """Put it in."""
        self._out_until_ms = 0

    def is_in(self, now_ms: int) -> bool:
        """Whether it is in at a moment."""
        return now_ms >= self._out_until_ms
