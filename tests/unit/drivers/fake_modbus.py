"""A small Modbus slave of the tests' own, written from the specification, with room for malice."""

import struct
from collections.abc import Callable

from tests.unit.drivers.driver_bench import readings_of

Harm = Callable[[bytes, bytes], list[tuple[int, bytes]]]
"""From a request frame and its good answer frame to what comes back: (delay in ms, bytes)."""


def crc(data: bytes) -> bytes:
    """CRC of Serial Line V1.02, 6.2.2: bit by bit, low byte first."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value, carry = value >> 1, value & 1
            if carry:
                value ^= 0xA001
    return struct.pack("<H", value)


def rtu(text: str) -> bytes:
    """A frame from hex without CRC."""
    data = bytes.fromhex(text)
    return data + crc(data)


class FakeSlave:
    """Registers of one unit behind one RTU or TCP connection."""

    def __init__(self, *, tcp: bool = False, unit: int = 1, delay_ms: int = 5) -> None:
        self.reachable = True
        self.silent = False
        self.tcp = tcp
        self.unit = unit
        self.delay_ms = delay_ms
        self.holding: dict[int, int] = {}
        self.input: dict[int, int] = {}
        self.coils: dict[int, int] = {}
        self.discrete: dict[int, int] = {}
        self.harms: list[Harm] = []
        self.frames: list[bytes] = []
        self.writes: list[tuple[int, int]] = []
        self.reads: list[tuple[int, int, int]] = []
        self.before: Callable[[], None] = lambda: None
        self.on_write: Callable[[int, int], None] = lambda address, value: None

    def receive(self, data: bytes) -> list[tuple[int, bytes]]:
        self.frames.append(data)
        if self.silent:
            return []
        body = data[6:] if self.tcp else data[:-2]
        if not self.tcp:
            assert crc(body) == data[-2:], f"the driver sent a bad CRC: {data.hex(' ')}"
        else:
            assert struct.unpack(">H", data[4:6])[0] == len(body)
        if body[0] != self.unit:
            return []
        answer = self.frame(data, bytes([self.unit]) + self._execute(body[1:]))
        if self.harms:
            return self.harms.pop(0)(data, answer)
        return [(self.delay_ms, answer)]

    def frame(self, request: bytes, body: bytes) -> bytes:
        if self.tcp:
            return request[:4] + struct.pack(">H", len(body)) + body
        return body + crc(body)

    def _execute(self, pdu: bytes) -> bytes:
        self.before()
        function, address, count = struct.unpack(">BHH", pdu[:5])
        if function == 16:
            return self._write_registers(pdu, address, count)
        if function == 5:
            return self._write_coil(pdu, address, on=count == 0xFF00)
        self.reads.append((function, address, count))
        tables = {1: self.coils, 2: self.discrete, 3: self.holding, 4: self.input}
        table = tables.get(function)
        if table is None:
            return bytes([function | 0x80, 1])
        if any(at not in table for at in range(address, address + count)):
            return bytes([function | 0x80, 2])
        values = [table[at] & 0xFFFF for at in range(address, address + count)]
        if function in (1, 2):
            size = (count + 7) // 8
            packed = sum(value << at for at, value in enumerate(values))
            return bytes([function, size]) + packed.to_bytes(size, "little")
        return struct.pack(f">BB{count}H", function, 2 * count, *values)

    def _write_registers(self, pdu: bytes, address: int, count: int) -> bytes:
        for offset in range(count):
            value = struct.unpack(">H", pdu[6 + 2 * offset : 8 + 2 * offset])[0]
            self.writes.append((address + offset, value))
            if address + offset not in self.holding:
                return bytes([0x90, 2])
            self.holding[address + offset] = value
            self.on_write(address + offset, value)
        return pdu[:5]

    def _write_coil(self, pdu: bytes, address: int, *, on: bool) -> bytes:
        if address not in self.coils:
            return bytes([0x85, 2])
        self.coils[address] = int(on)
        self.writes.append((address, int(on)))
        return pdu[:5]


class Recorder:
    """A sink that keeps everything it is told."""

    def __init__(self) -> None:
        self.readings: list = []
        self.events: list[str] = []

    def deliver(self, points, requested_ns) -> None:
        self.readings += readings_of(points, requested_ns)

    def text(self, source: str, line: str, received_ns: int) -> None:
        self.events.append(f"text {source} {line}")

    def lost(self, device: str, detail: str) -> None:
        self.events.append(f"lost {device}")

    def back(self, device: str) -> None:
        self.events.append(f"back {device}")

    def last(self, source: str):
        return next(each for each in reversed(self.readings) if each.source == source)

    def values(self, source: str) -> list:
        return [each.value for each in self.readings if each.source == source]
