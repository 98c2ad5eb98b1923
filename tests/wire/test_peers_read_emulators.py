"""Clients that others have written read every Modbus emulator, over TCP and over RTU."""

import asyncio
import re
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import minimalmodbus
import pytest
from pyModbusTCP.client import ModbusClient

from simulator.devices.registers import RegisterFile, Table
from simulator.kinds import UNIT
from simulator.lane import SimLane
from simulator.lane_file import DeviceEntry, LaneFile, SerialWire, TcpWire, Wire
from simulator.wires import serve_pty, serve_tcp
from tests.unit.drivers.panel import PANEL
from tests.unit.simulator.lane_kit import MAPS
from tests.wire.libmodbus_peer import BAUD, Client

Result = TypeVar("Result")
HOST = "127.0.0.1"
LINE = SerialWire("line", BAUD, "N")
NET = TcpWire(HOST, 0, modbus=True)
UNITS = {kind: unit for unit, kind in enumerate(sorted(UNIT), start=1)}
"""Every kind of device that hangs on a Modbus bus, each at its own address."""
MOST = 100
"""Registers or bits of one question; mbpoll takes up to 125."""
FUNCTIONS = {Table.COIL: 1, Table.DISCRETE: 2, Table.HOLDING: 3, Table.INPUT: 4}
BITS = frozenset({Table.COIL, Table.DISCRETE})


class Run(NamedTuple):
    """Neighbouring addresses of one device."""

    unit: int
    table: Table
    address: int
    count: int


class Reader(Protocol):
    """A client of somebody else's that reads one run at ``where``; it may block."""

    def __call__(self, where: str, run: Run) -> list[int]: ...


def mbpoll(where: str, run: Run) -> list[int]:
    types = {Table.COIL: "0", Table.DISCRETE: "1", Table.INPUT: "3", Table.HOLDING: "4"}
    kind = ["-m", "rtu", "-b", str(BAUD), "-P", "none"]
    if ":" in where:
        where, port = where.split(":")
        kind = ["-m", "tcp", "-p", port]
    asked = ["-a", str(run.unit), "-t", types[run.table], "-r", str(run.address)]
    command = ["mbpoll", "-0", "-1", "-q", *kind, *asked, "-c", str(run.count), where]
    told = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert told.returncode == 0, told.stdout + told.stderr
    return [int(value) for value in re.findall(r"\[\d+\]:\s+(\d+)", told.stdout)]


def libmodbus(where: str, run: Run) -> list[int]:
    with Client(where, run.unit, tcp=":" in where) as client:
        return client.read(run.table.value, run.address, run.count)


def pymodbustcp(where: str, run: Run) -> list[int]:
    host, port = where.split(":")
    client = ModbusClient(host=host, port=int(port), unit_id=run.unit, timeout=5)
    read = {
        Table.COIL: client.read_coils,
        Table.DISCRETE: client.read_discrete_inputs,
        Table.HOLDING: client.read_holding_registers,
        Table.INPUT: client.read_input_registers,
    }[run.table]
    try:
        found = read(run.address, run.count)
        assert found is not None, client.last_error_as_txt
        return [int(value) for value in found]
    finally:
        client.close()


def minimal(where: str, run: Run) -> list[int]:
    client = minimalmodbus.Instrument(where, run.unit)
    client.serial.baudrate = BAUD
    client.serial.timeout = 5
    function = FUNCTIONS[run.table]
    try:
        if run.table in BITS:
            return list(client.read_bits(run.address, run.count, function))
        return list(client.read_registers(run.address, run.count, function))
    finally:
        client.serial.close()


class Hall:
    """One emulator of each kind on one wire."""

    def __init__(self, wire: Wire, folder: Path) -> None:
        panel = folder / "panel.toml"
        panel.write_text(PANEL)
        self.lane = SimLane(
            LaneFile(tuple(_entry(kind, wire, panel) for kind in UNITS), None), MAPS, seed=1
        )
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        for registers in self.registers.values():
            _fill(registers)

    @property
    def registers(self) -> dict[int, RegisterFile]:
        return {UNITS[name]: slave.registers for name, slave in self.lane.slaves.items()}

    def clock(self) -> int:
        now_ms = int((self._loop.time() - self._began_s) * 1000)
        self.lane.advance(now_ms)
        return now_ms

    def runs(self) -> Iterator[Run]:
        """Everything every device has."""
        for unit, registers in self.registers.items():
            for table in Table:
                yield from (Run(unit, table, *each) for each in _runs(registers, table))

    def held(self, run: Run) -> list[int]:
        return self.registers[run.unit].read(run.table, run.address, run.count)


def _entry(kind: str, wire: Wire, panel: Path) -> DeviceEntry:
    numbers = {"mm_s_at_full_scale": 1000.0, "watchdog_action": 1.0, "host_watchdog_ms": 0.0}
    texts = {"model": "E1214", "map": str(panel)} if kind in ("iologik", "generic") else {}
    return DeviceEntry(kind, kind, wire, UNITS[kind], "height_mm", numbers=numbers, texts=texts)


def _fill(registers: RegisterFile) -> None:
    """Leave no two neighbours alike in what only the device itself can write."""
    for table in (Table.DISCRETE, Table.INPUT):
        for address in registers._tables[table]:
            value = address * 7 % 3 % 2 if table in BITS else address * 40503 & 0xFFFF
            registers.store(table, address, [value])


def _runs(registers: RegisterFile, table: Table) -> Iterator[tuple[int, int]]:
    addresses = sorted(registers._tables[table])
    first = last = None
    for address in addresses:
        if first is not None and (address != last + 1 or address - first == MOST):
            yield first, last + 1 - first
            first = None
        first, last = (address if first is None else first), address
    if first is not None:
        yield first, last + 1 - first


def on_tcp(folder: Path, act: Callable[[Hall, str], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        hall = Hall(NET, folder)
        front = await serve_tcp(hall.lane.tcp[NET], HOST, 0, hall.clock)
        try:
            return await act(hall, f"{HOST}:{front.port}")
        finally:
            front.close()

    return asyncio.run(run())


def on_rtu(folder: Path, act: Callable[[Hall, str], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        hall, link = Hall(LINE, folder), folder / "line"
        # The bytes are not slowed to the line's pace: what is asked here is what they say.
        wire = serve_pty(hall.lane.serial[LINE], link, baud=1_000_000, parity="N", clock=hall.clock)
        try:
            return await act(hall, str(link))
        finally:
            wire.close()

    return asyncio.run(run())


needs_mbpoll, needs_libmodbus = (
    pytest.mark.packages(package) for package in ("mbpoll", "libmodbus5")
)
PEERS = [
    pytest.param(on_tcp, mbpoll, id="mbpoll-tcp", marks=needs_mbpoll),
    pytest.param(on_rtu, mbpoll, id="mbpoll-rtu", marks=needs_mbpoll),
    pytest.param(on_tcp, libmodbus, id="libmodbus-tcp", marks=needs_libmodbus),
    pytest.param(on_rtu, libmodbus, id="libmodbus-rtu", marks=needs_libmodbus),
    pytest.param(on_tcp, pymodbustcp, id="pyModbusTCP"),
    pytest.param(on_rtu, minimal, id="minimalmodbus"),
]


@pytest.mark.parametrize(("on", "read"), PEERS)
def test_clients_of_others_read_what_every_emulator_holds(
    tmp_path: Path, on: Callable[..., dict[Run, bool]], read: Reader
) -> None:
    async def act(hall: Hall, where: str) -> dict[Run, tuple[list[int], list[int]]]:
        told = {}
        for run in hall.runs():
            found = await asyncio.to_thread(read, where, run)
            told[run] = found, hall.held(run)
        return told

    told = on(tmp_path, act)
    assert {run: found for run, (found, held) in told.items() if found != held} == {}
    assert {run.unit for run in told} == set(UNITS.values())
    inputs = [held for run, (_, held) in told.items() if run.table is Table.INPUT]
    assert any(high != low for held in inputs for high, low in pairwise(held))


def write_by_libmodbus(where: str, word: Run, value: int, coil: Run) -> None:
    with Client(where, word.unit, tcp=":" in where) as client:
        client.write(word.address, [value])
    with Client(where, coil.unit, tcp=":" in where) as client:
        client.write_coil(coil.address, on=True)


def write_by_pymodbustcp(where: str, word: Run, value: int, coil: Run) -> None:
    host, port = where.split(":")
    client = ModbusClient(host=host, port=int(port), unit_id=word.unit, timeout=5)
    try:
        assert client.write_multiple_registers(word.address, [value])
        client.unit_id = coil.unit
        assert client.write_single_coil(coil.address, True)
    finally:
        client.close()


def write_by_minimalmodbus(where: str, word: Run, value: int, coil: Run) -> None:
    client = minimalmodbus.Instrument(where, word.unit)
    client.serial.baudrate = BAUD
    client.serial.timeout = 5
    try:
        client.write_registers(word.address, [value])
        client.address = coil.unit
        client.write_bit(coil.address, 1)
    finally:
        client.serial.close()


@pytest.mark.parametrize(
    ("on", "write", "reads"),
    [
        pytest.param(on_tcp, write_by_libmodbus, libmodbus, id="tcp", marks=needs_libmodbus),
        pytest.param(on_rtu, write_by_libmodbus, libmodbus, id="rtu", marks=needs_libmodbus),
        pytest.param(on_tcp, write_by_pymodbustcp, pymodbustcp, id="pyModbusTCP"),
        pytest.param(on_rtu, write_by_minimalmodbus, minimal, id="minimalmodbus"),
    ],
)
def test_clients_of_others_write_a_register_and_a_coil(
    tmp_path: Path, on: Callable[..., list[int]], write: Callable[..., None], reads: Reader
) -> None:
    """The speed reference of the Altivar (8602), and output 3 of the ioLogik."""
    word = Run(UNITS["altivar"], Table.HOLDING, 8602, 1)
    coil = Run(UNITS["iologik"], Table.COIL, 3, 1)

    async def act(hall: Hall, where: str) -> list[int]:
        before = hall.held(word) + hall.held(coil)
        await asyncio.to_thread(write, where, word, 1234, coil)
        read = [await asyncio.to_thread(reads, where, run) for run in (word, coil)]
        return before + hall.held(word) + hall.held(coil) + read[0] + read[1]

    assert on(tmp_path, act) == [0, 0, 1234, 1, 1234, 1]
