"""Our drivers and their Modbus layer read and write servers that others have written."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
import tty
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from pyModbusTCP.server import ModbusServer

from drivers.device_map_model import DeviceMap
from drivers.generic import Generic, GenericSettings
from drivers.iologik import Iologik, IologikSettings
from drivers.modbus import ModbusBus
from drivers.modbus_requests import Priority, Request
from drivers.modbus_settings import BusSettings, RtuSettings, TcpSettings
from edge.core.values import Input, Quality
from edge.errors import DeviceRefused, DeviceUnreachable
from tests.unit.drivers.device_bench import shipped_map
from tests.unit.drivers.fake_modbus import Recorder
from tests.unit.drivers.panel import panel_map
from tests.wire.libmodbus_peer import BAUD, FIRST, SIZE

Result = TypeVar("Result")
Held = Mapping[str, Mapping[int, int]]
HOST = "127.0.0.1"
PATIENCE_S = 20.0
PATIENT = {"response_timeout_ms": 4000, "patience_ms": 15_000}
"""A busy machine is no silent server."""

PANEL: Held = {
    # -5.5 C; 0.25 uSv/h with its low word first; a lost sensor; the serial number.
    "input": {0: 0x10000 - 55, 1: 0, 2: 0x3E80, 3: 0x20, 50: 4711},
    "discrete": {4: 1},
    "holding": {10: 2, 12: 800, 20: 0, 21: 0, 30: 2},
    "coil": {7: 1},
}
REMOTE_IO: Held = {
    "discrete": {0: 1, 5: 1},
    "input": {0x16: 1, 0x17: 0xFFFF},
    # Outputs 2 and 4 the wrong way round, no safe mode, counter 3 counting.
    "coil": {2: 1, 4: 0, 0x1012: 0, 0x1014: 0, 0x103: 1},
}


@contextmanager
def libmodbus(where: str, *words: str) -> Iterator[Iterator[str]]:
    """A libmodbus server; yields what it prints, the first line when it is ready."""
    command = [sys.executable, "-m", "tests.wire.libmodbus_peer", *where.split(), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield iter(server.stdout.readline, "")
        finally:
            server.kill()


def _words(held: Held) -> list[str]:
    return [f"{table}:{at}={value}" for table, each in held.items() for at, value in each.items()]


@contextmanager
def libmodbus_tcp(held: Held) -> Iterator[BusSettings]:
    with libmodbus(f"tcp {HOST}:0", *_words(held)) as told:
        yield TcpSettings(kind="tcp", host=HOST, port=int(next(told)), **PATIENT)


@contextmanager
def libmodbus_rtu(held: Held) -> Iterator[BusSettings]:
    """Two pseudo-terminals, back to back: each side opens one as its serial port."""
    ours, theirs = os.openpty(), os.openpty()
    for fd in (*ours, *theirs):
        tty.setraw(fd)
    with (
        _relayed(ours[0], theirs[0]),
        libmodbus(f"rtu {os.ttyname(theirs[1])}:1", *_words(held)) as told,
    ):
        assert next(told) == "open\n"
        yield RtuSettings(kind="rtu", port=os.ttyname(ours[1]), baud=BAUD, **PATIENT)
    for fd in (*ours, *theirs):
        os.close(fd)


@contextmanager
def _relayed(one: int, other: int) -> Iterator[None]:
    """Carry bytes both ways between two descriptors, in a process of its own."""
    carry = (
        "import os, select, sys\n"
        "one, other = map(int, sys.argv[1:])\n"
        "while True:\n"
        "    for fd in select.select([one, other], [], [])[0]:\n"
        "        os.write(other if fd == one else one, os.read(fd, 512))\n"
    )
    command = [sys.executable, "-c", carry, str(one), str(other)]
    with subprocess.Popen(command, pass_fds=(one, other)) as relay:
        try:
            yield
        finally:
            relay.kill()


@contextmanager
def pymodbustcp(held: Held) -> Iterator[BusSettings]:
    server = ModbusServer(HOST, 0, no_block=True)
    bank = server.data_bank
    for at in range(SIZE):
        bank.set_holding_registers(at, [FIRST + at])
        bank.set_input_registers(at, [FIRST + at])
        bank.set_coils(at, [at % 2 == 1])
        bank.set_discrete_inputs(at, [at % 2 == 1])
    store = {
        "coil": bank.set_coils,
        "discrete": bank.set_discrete_inputs,
        "holding": bank.set_holding_registers,
        "input": bank.set_input_registers,
    }
    for table, values in held.items():
        for at, value in values.items():
            store[table](at, [value])
    server.start()
    try:
        yield TcpSettings(kind="tcp", host=HOST, port=server._service.server_address[1], **PATIENT)
    finally:
        server.stop()


needs_libmodbus = pytest.mark.packages("libmodbus5")
SERVERS = [
    pytest.param(libmodbus_tcp, id="libmodbus-tcp", marks=needs_libmodbus),
    pytest.param(libmodbus_rtu, id="libmodbus-rtu", marks=needs_libmodbus),
    pytest.param(pymodbustcp, id="pyModbusTCP"),
]


class Sink(Recorder):
    """Remembers everything and tells who waits that something came."""

    def __init__(self) -> None:
        super().__init__()
        self.came = asyncio.Event()

    def deliver(self, points: Any, requested_ns: int) -> None:
        super().deliver(points, requested_ns)
        self.came.set()

    async def until(self, source: str, value: object) -> None:
        """Wait until a source has shown a value."""
        async with asyncio.timeout(PATIENCE_S):
            while value not in self.values(source):
                self.came.clear()
                await self.came.wait()


def with_bus(settings: BusSettings, act: Callable[[ModbusBus], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        bus = ModbusBus(name="peer", settings=settings, now_ns=time.monotonic_ns)
        serving = asyncio.create_task(bus.run())
        try:
            return await asyncio.wait_for(act(bus), PATIENCE_S)
        finally:
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving

    return asyncio.run(run())


def with_driver(
    lines: BusSettings,
    driver: Any,
    settings: object,
    device_map: DeviceMap,
    act: Callable[[Any, Sink], Awaitable[Result]],
) -> Result:
    async def run(bus: ModbusBus) -> Result:
        sink = Sink()
        device = driver(
            name="dev",
            settings=settings,
            sink=sink,
            alive=lambda: True,
            now_ns=time.monotonic_ns,
            bus=bus,
            device_map=device_map,
        )
        running = asyncio.create_task(device.run())
        try:
            return await act(device, sink)
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    return with_bus(lines, run)


def read(function: int, address: int, count: int) -> Request:
    return Request("peer", f"read {address}", 1, function, address, count)


def write(address: int, *values: int, function: int = 16, **more: Any) -> Request:
    count = len(values)
    return Request("peer", f"write {address}", 1, function, address, count, values, **more)


@pytest.mark.parametrize("server", SERVERS)
def test_the_layer_reads_every_table_and_writes_what_can_be_written(server: Any) -> None:
    async def act(bus: ModbusBus) -> list[tuple[int, ...]]:
        asked = [read(function, 100, 19) for function in (1, 2, 3, 4)]
        asked += [write(100, 0x8300, 7), write(100, 1, function=5)]
        asked += [read(3, 99, 4), read(1, 99, 3)]
        return [(await bus.exchange(each)).registers for each in asked]

    with server({}) as settings:
        told = with_bus(settings, act)
    bits, words = tuple(at % 2 for at in range(100, 119)), tuple(range(FIRST + 100, FIRST + 119))
    assert told[:4] == [bits, bits, words, words]
    assert told[4:6] == [(), ()]
    assert told[6:] == [(FIRST + 99, 0x8300, 7, FIRST + 102), (1, 1, 1)]


@pytest.mark.parametrize("server", SERVERS)
def test_what_a_server_refuses_is_a_refusal_and_the_line_goes_on(server: Any) -> None:
    async def act(bus: ModbusBus) -> tuple[int, ...]:
        with pytest.raises(DeviceRefused, match="illegal data address"):
            await bus.exchange(read(3, 0xFFFF, 2))
        return (await bus.exchange(read(3, 0, 1))).registers

    with server({}) as settings:
        assert with_bus(settings, act) == (FIRST,)


@pytest.mark.parametrize("server", SERVERS)
def test_the_generic_driver_reads_and_sets_a_device_of_others(server: Any) -> None:
    given = GenericSettings(kind="generic", bus="panel", map="panel.toml", poll_ms=50)

    async def act(device: Generic, sink: Sink) -> tuple[Sink, object]:
        await sink.until("dev.serial_number", 4711)
        await sink.until("dev.mode", "watched")
        await sink.until("dev.watchdog_set", Input.OK)
        await device.set_field("limit", 700.5)
        # Its safe value of the start has been written over, and so has the coil's.
        return sink, (await device._unit.read("level"), await device._unit.read("horn"))

    with server(PANEL) as settings:
        sink, held = with_driver(settings, Generic, given, panel_map(), act)
    values = {
        name: sink.last(f"dev.{name}").value
        for name in ("temperature_c", "dose_usv_h", "state", "fan", "mode", "serial_number")
    }
    assert values == {
        "temperature_c": -5.5,
        "dose_usv_h": 0.25,
        "state": 0x20,
        "fan": 1,
        "mode": "watched",
        "serial_number": 4711,
    }
    assert held == (1, 0)
    assert sink.events == []


@pytest.mark.parametrize("server", SERVERS)
def test_the_remote_io_driver_reads_and_sets_a_device_of_others(server: Any) -> None:
    given = IologikSettings(
        kind="iologik",
        bus="io",
        model="E1214",
        inputs={
            "lane_free": {"channel": 0, "ok_when": "on"},
            "gas_alarm": {"channel": 5, "ok_when": "off"},
        },
        counters={"axles": 3},
        outputs={
            "beacon": {"channel": 2, "safe": "off"},
            "closed_sign": {"channel": 4, "safe": "on"},
        },
    )

    async def act(device: Iologik, sink: Sink) -> tuple[Sink, object]:
        await sink.until("dev.outputs", Input.OK)
        safe = sink.last("dev.beacon").value, sink.last("dev.closed_sign").value
        await device.set_output("beacon", on=True)
        await sink.until("dev.beacon", 1)
        await sink.until("dev.axles", 0x1FFFF)
        return sink, safe

    with server(REMOTE_IO) as settings:
        sink, safe = with_driver(settings, Iologik, given, shipped_map("iologik"), act)
    assert safe == (0, 1)
    assert sink.last("dev.lane_free").value is Input.OK
    assert sink.last("dev.gas_alarm").value is Input.BLOCKED
    assert sink.last("dev.axles").quality is Quality.GOOD
    assert sink.last("dev.safe_mode").value is Input.OK


@needs_libmodbus
def test_a_server_of_others_hears_the_stop_before_a_hundred_polls_that_wait() -> None:
    async def act(bus: ModbusBus) -> None:
        await bus.exchange(read(3, 9, 1))
        polls = [asyncio.create_task(bus.exchange(read(3, 10, 2))) for _ in range(100)]
        await asyncio.sleep(0)
        await bus.exchange(write(0, 1, priority=Priority.STOP))
        await asyncio.gather(*polls)

    with libmodbus(f"tcp {HOST}:0", "--ask") as told:
        settings = TcpSettings(
            kind="tcp", host=HOST, port=int(next(told)), queue_limit=128, **PATIENT
        )
        with_bus(settings, act)
        heard = [next(told).strip() for _ in range(102)]
    assert heard == ["0300090001", "03000a0002", "1000000001", *["03000a0002"] * 99]


@needs_libmodbus
def test_a_server_of_others_that_dies_is_lost_and_its_successor_is_read() -> None:
    async def act(bus: ModbusBus) -> list[object]:
        with libmodbus(f"tcp {HOST}:{port}") as told:
            assert int(next(told)) == port
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    with contextlib.suppress(DeviceUnreachable):
                        before = (await bus.exchange(read(3, 5, 1))).registers
                        break
                    await asyncio.sleep(0.01)
        with pytest.raises(DeviceUnreachable):
            await bus.exchange(read(3, 6, 1))
        with libmodbus(f"tcp {HOST}:{port}") as told:
            assert int(next(told)) == port
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    with contextlib.suppress(DeviceUnreachable):
                        return [before, (await bus.exchange(read(3, 7, 1))).registers]
                    await asyncio.sleep(0.01)

    with libmodbus(f"tcp {HOST}:0") as told:
        port = int(next(told))
    settings = TcpSettings(kind="tcp", host=HOST, port=port, **PATIENT)
    assert with_bus(settings, act) == [(FIRST + 5,), (FIRST + 7,)]
