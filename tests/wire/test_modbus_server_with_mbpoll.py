"""Independent clients read and write the simulated devices on real wires."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from pymodbus import FramerType, ModbusException
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient

from simulator.devices.line_faults import Harm, LineFault
from simulator.hall.units import Unit
from simulator.wires import PtyWire, TcpFront, serve_pty, serve_tcp
from tests.unit.simulator.lane_kit import DRIVE, SAFETY, SENSORS, cargo_lane

Result = TypeVar("Result")
needs_mbpoll = pytest.mark.packages("mbpoll")


class Wires:
    """A cargo lane whose Modbus wires stand; its time is the loop's."""

    def __init__(self, folder: Path) -> None:
        self.lane = cargo_lane()
        self.folder = folder
        self.ptys: list[PtyWire] = []

    def clock(self) -> int:
        now_ms = int((asyncio.get_running_loop().time() - self.started_s) * 1000)
        self.lane.advance(now_ms)
        return now_ms

    async def __aenter__(self) -> "Wires":
        self.started_s = asyncio.get_running_loop().time()
        for wire in (DRIVE, SENSORS):
            self.ptys.append(
                serve_pty(
                    self.lane.serial[wire],
                    self.folder / wire.port,
                    baud=wire.baud,
                    parity=wire.parity,
                    clock=self.clock,
                )
            )
        self.front: TcpFront = await serve_tcp(self.lane.tcp[SAFETY], "127.0.0.1", 0, self.clock)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.front.close()
        for pty in self.ptys:
            pty.close()


def on_wires(folder: Path, act: Callable[[Wires], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        async with Wires(folder) as wires:
            return await asyncio.wait_for(act(wires), 30)

    return asyncio.run(run())


async def mbpoll(*arguments: str) -> dict[int, int]:
    """Run mbpoll once; returns what it read by address."""
    process = await asyncio.create_subprocess_exec(
        "mbpoll", "-0", "-1", "-q", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    text = out.decode()
    assert process.returncode == 0, text
    return {int(at): int(value) for at, value in re.findall(r"\[(\d+)\]:\s+(\d+)", text)}


def rtu(wires: Wires, port: str, unit: int, *more: str) -> tuple[str, ...]:
    line = str(wires.folder / port)
    return ("-m", "rtu", "-b", "19200", "-P", "even", "-a", str(unit), *more, line)


@needs_mbpoll
@pytest.mark.packages("mbpoll")
def test_mbpoll_reads_both_curtains_on_one_line(tmp_path: Path) -> None:
    async def act(wires: Wires) -> list[dict[int, int]]:
        wires.lane.plant.arrive(Unit("A", height_mm=500, width_mm=250))
        read = ("-t", "3", "-r", "30001", "-c", "2")
        return [await mbpoll(*rtu(wires, SENSORS.port, unit, *read)) for unit in (65, 66)]

    height, width = on_wires(tmp_path, act)
    assert height == {30001: 400, 30002: 400}
    assert width == {30001: 200, 30002: 200}


@needs_mbpoll
@pytest.mark.packages("mbpoll")
def test_mbpoll_walks_the_drive_and_reads_it_back(tmp_path: Path) -> None:
    async def act(wires: Wires) -> dict[int, int]:
        for command in ("6", "7"):
            target = rtu(wires, DRIVE.port, 1, "-t", "4", "-r", "8501")
            await mbpoll(*target, command)
        return await mbpoll(*rtu(wires, DRIVE.port, 1, "-t", "4", "-r", "3201", "-c", "1"))

    assert on_wires(tmp_path, act) == {3201: 0x33}


@needs_mbpoll
@pytest.mark.packages("mbpoll")
def test_mbpoll_reads_and_writes_the_safety_controller_over_tcp(tmp_path: Path) -> None:
    async def act(wires: Wires) -> tuple[dict[int, int], bool]:
        tcp = ("-m", "tcp", "-p", str(wires.front.port), "-a", "1")
        await mbpoll(*tcp, "-t", "4", "-r", "0", "127.0.0.1", "1")
        outputs = await mbpoll(*tcp, "-t", "3", "-r", "512", "-c", "2", "127.0.0.1")
        return outputs, wires.lane.plant.actuators.warning

    outputs, warning = on_wires(tmp_path, act)
    assert warning
    assert outputs[512] >> 8 & 0b11 == 0b11
    assert outputs[513] == 0x00F0


def test_pymodbus_drives_the_belt_over_a_paced_serial_line(tmp_path: Path) -> None:
    async def act(wires: Wires) -> tuple[list[int], float]:
        # A Linux pty keeps no parity bit and glibc on Debian makes asking for one an error, so the
        # client opens without; the pace is that of the 8E1 line all the same.
        client = AsyncModbusSerialClient(
            str(wires.folder / DRIVE.port), framer=FramerType.RTU,
            baudrate=19200, parity="N", timeout=1, retries=0,
        )  # fmt: skip
        assert await client.connect()
        loop = asyncio.get_running_loop()
        try:
            await client.write_register(8602, 1500, device_id=1)
            states = []
            for command in (0x06, 0x07, 0x0F):
                await client.write_register(8501, command, device_id=1)
                answer = await client.read_holding_registers(3201, device_id=1)
                states.append(answer.registers[0])
            start_s = loop.time()
            await client.read_holding_registers(3201, device_id=1)
            return states, loop.time() - start_s
        finally:
            client.close()

    states, took_s = on_wires(tmp_path, act)
    assert states == [0x31, 0x33, 0x37]
    # 8 bytes there and 7 back at 11 bits a byte: 8.6 ms at least, however fast the machine is.
    assert took_s >= 15 * 11 / 19200


def test_pymodbus_uses_every_function_over_tcp(tmp_path: Path) -> None:
    async def act(wires: Wires) -> dict[str, list[int] | list[bool]]:
        client = AsyncModbusTcpClient("127.0.0.1", port=wires.front.port, timeout=1, retries=0)
        assert await client.connect()
        try:
            await client.write_registers(0, [0b100, 0], device_id=1)
            await client.write_coils(0, [True, True], device_id=1)
            await client.write_coil(2, False, device_id=1)
            both = await client.readwrite_registers(
                read_address=0, read_count=1, write_address=1, values=[7], device_id=1
            )
            coils = await client.read_coils(0, count=3, device_id=1)
            discrete = await client.read_discrete_inputs(8192 + 20, count=4, device_id=1)
            refused = await client.read_holding_registers(600, device_id=1)
            stranger = await client.read_holding_registers(0, device_id=9)
            return {
                "both": both.registers,
                "coils": coils.bits[:3],
                "discrete": discrete.bits[:4],
                "exceptions": [refused.exception_code, stranger.exception_code],
            }
        finally:
            client.close()

    assert on_wires(tmp_path, act) == {
        "both": [0b011],
        "coils": [True, True, False],
        "discrete": [True, True, True, True],
        "exceptions": [0x02, 0x0B],
    }


def test_a_dropped_answer_is_a_time_out_for_the_client(tmp_path: Path) -> None:
    async def act(wires: Wires) -> tuple[bool, int]:
        wires.lane.faults["safety"].add(LineFault(Harm.DROP))
        client = AsyncModbusTcpClient("127.0.0.1", port=wires.front.port, timeout=0.3, retries=0)
        assert await client.connect()
        try:
            try:
                await client.read_input_registers(512, device_id=1)
                lost = False
            except ModbusException as error:
                lost = "No response" in str(error)
            answer = await client.read_input_registers(512, device_id=1)
            return lost, len(answer.registers)
        finally:
            client.close()

    assert on_wires(tmp_path, act) == (True, 1)
