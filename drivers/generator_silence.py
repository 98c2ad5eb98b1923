"""When a generator that does not answer counts as lost."""

from collections.abc import Callable

_NS_PER_MS = 1_000_000


class Silence:
    """Counts missing answers, of polls and of orders alike.

    Args:
        misses: so many in a row are a loss; two are, once nothing was heard for as many time-outs:
            the quiet that follows each missing answer must not make a loss the later known.
        timeout_ms: longest wait for one answer.
        now_ns: monotonic time.
    """

    def __init__(self, misses: int, timeout_ms: int, now_ns: Callable[[], int]) -> None:
        self._most = misses
        self._longest_ns = misses * timeout_ms * _NS_PER_MS
        self._now_ns = now_ns
        self._since_ns = 0
        self.misses = 0

    def heard(self) -> None:
        """An answer has come."""
        self.misses = 0

    def missed(self, asked_ns: int) -> bool:
        """One has not, to what was asked at a time. True when the generator is lost by it."""
        self.misses += 1
        if self.misses == 1:
            self._since_ns = asked_ns
        too_long = self.misses > 1 and self._now_ns() - self._since_ns >= self._longest_ns
        return too_long or self.misses >= self._most
