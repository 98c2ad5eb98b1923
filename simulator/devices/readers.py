"""The simulated line readers: code readers that put a text line on a serial wire."""

from collections import deque

MAX_LINES = 32


class LineReader:
    """A reader that sends each text once, ended by CR LF; what it is sent it ignores.

    Args:
        prefix: bytes before each text.
        suffix: bytes after each text.
    """

    def __init__(self, prefix: bytes = b"", suffix: bytes = b"\r\n") -> None:
        self._prefix = prefix
        self._suffix = suffix
        self._lines: deque[bytes] = deque(maxlen=MAX_LINES)

    def read(self, text: str) -> None:
        """See a code: its text goes out with the next poll."""
        self._lines.append(self._prefix + text.encode("utf-8") + self._suffix)

    def blurt(self, data: bytes) -> None:
        """Send bytes as they are: noise, half a line, a foreign heartbeat."""
        self._lines.append(data)

    def receive(self, data: bytes, now_ms: int) -> bytes:
        """Ignore what the host says."""
        return self.poll(now_ms)

    def poll(self, now_ms: int) -> bytes:
        """Return what is to go out now."""
        out = b"".join(self._lines)
        self._lines.clear()
        return out
