"""Serial wires with somebody else's bytes on them: pseudo-terminals between lane and simulator.

Each wire is carried both ways by one thread; `disturb` adds seeded random bytes in both
directions, as interference or a second talker on the line would.
"""

import os
import random
import selectors
import threading
import tty
from pathlib import Path

from edge.clock import SystemClock

CHUNK_BYTES = 4096
STROKE_BYTES = 32
PACE_S = 0.005
"""Pace of the noise: 6400 bytes a second, at most."""


class NoisyWires:
    """Carries wires until closed.

    Args:
        inner: folder of the simulator's links.
        outer: folder the lane's links are made in.
        names: of the wires.
        seed: of the noise.
    """

    def __init__(self, inner: Path, outer: Path, names: tuple[str, ...], seed: int = 1) -> None:
        outer.mkdir(parents=True)
        self._random = random.Random(seed)
        self._pairs: dict[int, int] = {}
        self._ends: dict[str, tuple[int, int]] = {}
        self._slaves: list[int] = []
        self._noise: dict[str, int] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        for name in names:
            master, slave = os.openpty()
            device = os.open(inner / name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            for end in (slave, device):
                tty.setraw(end)
            os.set_blocking(master, False)
            (outer / name).symlink_to(os.ttyname(slave))
            self._pairs |= {master: device, device: master}
            self._ends[name] = (master, device)
            self._slaves.append(slave)
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def disturb(self, name: str, size: int) -> None:
        """Put so many random bytes on a wire, towards the lane and towards the device."""
        with self._lock:
            self._noise[name] = self._noise.get(name, 0) + size

    def quiet(self) -> bool:
        """Whether all noise asked for has been put on its wire."""
        with self._lock:
            return not self._noise

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        for end in (*self._pairs, *self._slaves):
            os.close(end)

    def _carry(self) -> None:
        clock, due_ns = SystemClock(), 0
        with selectors.DefaultSelector() as ready:
            for end in self._pairs:
                ready.register(end, selectors.EVENT_READ)
            while not self._stop.is_set():
                for key, _ in ready.select(PACE_S):
                    _write(self._pairs[key.fd], os.read(key.fd, CHUNK_BYTES))
                if clock.monotonic_ns() >= due_ns:
                    due_ns = clock.monotonic_ns() + int(PACE_S * 1e9)
                    self._add_noise()

    def _add_noise(self) -> None:
        with self._lock:
            for name, left in list(self._noise.items()):
                size = min(left, STROKE_BYTES)
                for end in self._ends[name]:
                    _write(end, self._random.randbytes(size))
                self._noise[name] = left - size
                if not self._noise[name]:
                    del self._noise[name]


def _write(end: int, data: bytes) -> None:
    """Put bytes on a wire; what does not fit is lost, as on a real one."""
    try:
        os.write(end, data)
    except BlockingIOError:
        return
