"""What every polling driver needs: an even pace, and saying once what is lost and what is back."""

from collections.abc import Awaitable, Iterable

from edge.errors import DeviceError
from edge.ports import Sink


class DeviceLink:
    """Counts failed exchanges of one device and tells the sink at the change only.

    Args:
        name: the device as named in the lane file.
        sink: where to say it.
        misses: failures in a row after which the device counts as lost, 1 or more.
    """

    def __init__(self, name: str, sink: Sink, misses: int) -> None:
        self._name = name
        self._sink = sink
        self._misses = misses
        self._failed = 0
        self._said_lost = False

    @property
    def lost(self) -> bool:
        """True from the report of the loss to the next good exchange."""
        return self._said_lost

    def good(self) -> None:
        """An exchange came to its end."""
        self._failed = 0
        if self._said_lost:
            self._said_lost = False
            self._sink.back(self._name)

    def failed(self, error: DeviceError) -> bool:
        """An exchange failed. Returns True when this failure made the device a lost one."""
        self._failed += 1
        if self._said_lost or self._failed < self._misses:
            return False
        self._said_lost = True
        self._sink.lost(self._name, f"{error.operation}: {error.detail}")
        return True


async def tried(writes: Iterable[Awaitable[object]]) -> None:
    """Wait for each in turn, whatever becomes of those before: one output must not keep another.

    Raises the first DeviceError when all were tried.
    """
    first: DeviceError | None = None
    for write in writes:
        try:
            await write
        except DeviceError as error:
            first = first or error
    if first is not None:
        raise first


_NS_PER_MS = 1_000_000
_LEAST_REST_S = 0.005
"""A driver that cannot keep its pace still leaves the line to others for a moment."""


def rest_s(period_ms: int, begun_ns: int, now_ns: int) -> float:
    """Seconds to rest until the next poll, when the last one began at ``begun_ns``."""
    left_ns = begun_ns + period_ms * _NS_PER_MS - now_ns
    return max(left_ns / 1e9, _LEAST_REST_S)
