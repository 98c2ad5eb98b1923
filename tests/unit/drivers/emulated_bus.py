"""A simulated device as the far end of a virtual line, with what real lines add to its answers."""

import asyncio
from collections.abc import Callable

from simulator.devices.line_faults import FaultScript, Harm, LineFault
from simulator.devices.modbus_server import RtuLine, Slave, TcpConnection

ANSWER_MS = 5
LONGEST_MS = 1000

Mangle = Callable[[bytes], list[tuple[int, bytes]]]


class Emulated:
    """One emulator behind one connection of the virtual loop."""

    def __init__(self, slave: Slave, *, unit: int = 1, tcp: bool = False) -> None:
        self.slave = slave
        self.tcp = tcp
        self.reachable = True
        self.silent = False
        self.frames: list[bytes] = []
        self.mangle: Mangle | None = None
        self.script = FaultScript(seed=7)
        slaves = {unit: slave}
        self._end = TcpConnection(slaves, self.script) if tcp else RtuLine(slaves, self.script)

    def harm(self, harm: Harm, *, times: int = 1, amount: int = 0) -> None:
        self.script.add(LineFault(harm, amount=amount, times=times))

    def receive(self, data: bytes) -> list[tuple[int, bytes]]:
        self.frames.append(data)
        if self.silent:
            return []
        now_ms = round(asyncio.get_running_loop().time() * 1000)
        answers = [(ANSWER_MS, self._end.receive(data, now_ms))]
        # What is held back is taken now, with the time at which it would have come.
        answers += [
            (ANSWER_MS + after, self._end.poll(now_ms + after)) for after in range(5, LONGEST_MS, 5)
        ]
        answers = [(after, answer) for after, answer in answers if answer]
        if self.mangle is None:
            return answers
        return [
            (after + more, piece)
            for after, answer in answers
            for more, piece in self.mangle(answer)
        ]


def split(answer: bytes) -> list[tuple[int, bytes]]:
    """An answer in three pieces, milliseconds apart."""
    third = max(1, len(answer) // 3)
    return [(0, answer[:third]), (4, answer[third : 2 * third]), (9, answer[2 * third :])]


def noisy(answer: bytes) -> list[tuple[int, bytes]]:
    """An answer behind a burst of noise."""
    return [(0, b"\x00\xff\x13" + answer)]


def garbage(answer: bytes) -> list[tuple[int, bytes]]:
    """Bytes that are no answer to anything."""
    return [(0, b"\x55\xaa" * 8)]
