"""A device that speaks of itself, not in answers, with what can go wrong on its wire."""

from collections.abc import Callable
from typing import Protocol

from simulator.devices.line_faults import FaultScript, Outbox, spoil_frame

_DELIMITER = b"\x00"


class Endpoint(Protocol):
    """What hangs on a wire: bytes in, bytes out, at a time in milliseconds."""

    def receive(self, data: bytes, now_ms: int) -> bytes:
        """Take bytes; return what goes out now."""

    def poll(self, now_ms: int) -> bytes:
        """Return what goes out now without having been asked."""


Cut = Callable[[bytes], list[bytes]]


def whole(data: bytes) -> list[bytes]:
    """Take what is said at once for one frame."""
    return [data]


def delimited(data: bytes) -> list[bytes]:
    """Cut the frames of a permit board out of what it says at once."""
    frames = [frame for frame in data.split(_DELIMITER) if frame]
    return [_DELIMITER + frame + _DELIMITER for frame in frames]


class Spoilt:
    """Stands between a device and its wire.

    Args:
        device: the device.
        faults: what goes wrong with what it says; without power it neither hears nor speaks.
        cut: how its frames lie in what it says at once.
    """

    def __init__(self, device: Endpoint, faults: FaultScript, cut: Cut = whole) -> None:
        self._device = device
        self._faults = faults
        self._cut = cut
        self._outbox = Outbox()

    def receive(self, data: bytes, now_ms: int) -> bytes:
        """Hand bytes to the device; return what is to go out now."""
        if self._faults.is_dark(0):
            return self.poll(now_ms)
        return self._say(self._device.receive(data, now_ms), now_ms)

    def poll(self, now_ms: int) -> bytes:
        """Return what is to go out now."""
        return self._say(self._device.poll(now_ms), now_ms)

    def _say(self, data: bytes, now_ms: int) -> bytes:
        if self._faults.is_dark(0):
            self._outbox.drop()
            return b""
        if data:
            for frame in self._cut(data):
                harms = self._faults.harms(0, 0)
                self._outbox.put(spoil_frame(frame, harms, self._faults), harms, now_ms)
        return self._outbox.due(now_ms)
