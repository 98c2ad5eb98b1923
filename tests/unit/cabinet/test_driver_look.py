"""A device that only its driver reads: what comes is kept, what goes out is a stop at most."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edge.cabinet.driver_look import DriverLook
from edge.cabinet.rows import Row
from edge.core.values import Input, Quality
from edge.errors import DeviceTimeout, DeviceUnreachable
from firmware_bridge.words import Command, Hello
from simulator.devices.rs_s131 import AreaMonitor
from simulator.devices.spellman import Generator
from simulator.devices.technix import TechnixGenerator
from simulator.devices.toledo import Weighbridge
from simulator.hall.plant import Plant
from simulator.lane import Endpoint
from tests.unit.cabinet.cabinet_bench import driver_look, lane_file
from tests.unit.drivers.driver_bench import now_ns, run, stopped
from tests.unit.drivers.test_permit_board import Hall
from tests.unit.drivers.test_spellman import Tube

Act = Callable[[DriverLook], Awaitable[list[Row]]]
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def once(look: DriverLook) -> list[Row]:
    return await look.look()


async def timed(look: DriverLook) -> list[Row]:
    return await look.probe(10)


def looked(folder: Path, text: str, serve: Serve, act: Act, wait_s: float = 5.0) -> dict[str, Row]:
    """Do something with the device named ``it``, served on a socket."""

    async def main() -> list[Row]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        file = lane_file(folder, f'[devices.it]\nport = "socket://127.0.0.1:{port}"\n{text}')
        try:
            async with driver_look(file, "it", now_ns, wait_s) as look:
                return await act(look)
        finally:
            await asyncio.sleep(0.1)
            server.close()
            await server.wait_closed()

    return {row.field: row for row in run(main)}


SLM_NEEDS = "monitor_overrange = 1.0\nwarm_up_s = 0\nseen_98_99 = true"
SOURCE = 'kind = "spellman"\nseries = "XRV"\n'


@pytest.mark.parametrize("act", [once, timed])
def test_a_generator_is_asked_and_told_hv_off_at_both_ends_and_nothing_else(
    tmp_path: Path, act: Act
) -> None:
    tube = Tube()
    rows = looked(tmp_path, SOURCE, tube.serve, act)
    commands = [said.split(",")[0] for said in tube.heard]
    assert {*commands} == {"26", "28", "22", "19", "68", "98"}
    assert tube.heard[0] == tube.heard[-1] == "98,0,"
    assert "98,1," not in tube.heard
    assert (rows["kv"].value, rows["kv"].unit) == (0.0, "kV")


class Played:
    """An emulator of the simulator behind a socket; remembers what it was told."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.told = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            data = b""
            try:
                async with asyncio.timeout(0.05):
                    data = await reader.read(100)
            except TimeoutError:
                writer.write(self.endpoint.poll(now_ns() // 1_000_000))
            self.told += data
            if data:
                writer.write(self.endpoint.receive(data, now_ns() // 1_000_000))
        writer.close()


@pytest.mark.parametrize("act", [once, timed])
@pytest.mark.parametrize(
    ("series", "kv", "ma", "needs", "questions", "last"),
    [
        ("SLM", 70.0, 8.5, SLM_NEEDS, {"26", "22", "60", "61", "68"}, "98,0"),
        ("XRB011", 80.0, 0.7, "ma_per_count = 0.001", {"98"}, "99,0"),
    ],
)
def test_no_look_arms_or_feeds_the_watchdog_of_a_generator(
    tmp_path: Path,
    series: str,
    kv: float,
    ma: float,
    needs: str,
    questions: set[str],
    last: str,
    act: Act,
) -> None:
    played = Played(Generator(Plant(), series=series, kv_max=kv, ma_max=ma))
    section = f'kind = "spellman"\nseries = "{series}"\nkv_max = {kv}\nma_max = {ma}\n{needs}\n'
    rows = looked(tmp_path, section, played.serve, act)
    said = re.findall("\x02([^\x03]*),.\x03", played.told.decode())
    assert {*said} == questions | {last}
    assert said[0] == said[-1] == last
    assert rows["hv"].value is Input.OK


@pytest.mark.parametrize("act", [once, timed])
def test_a_technix_is_not_taken_to_remote_for_a_look(tmp_path: Path, act: Act) -> None:
    played = Played(TechnixGenerator(Plant(), kv_max=100.0, ma_max=50.0))
    section = 'kind = "technix"\nkv_max = 100.0\nma_max = 50.0\n'
    rows = looked(tmp_path, section, played.serve, act)
    said = played.told.decode().split("\r")
    assert {*said} == {"E", "a1", "a2", "P6,1", "P6,0", "P5,0", ""}
    assert said[-3:-1] == ["P6,1", "P6,0"]
    assert (rows["hv"].value, rows["watchdog"].value) == (Input.OK, Input.BLOCKED)


def test_an_area_monitor_is_asked_and_its_dose_shown_with_its_unit(tmp_path: Path) -> None:
    played = Played(AreaMonitor(lambda: 0.012))
    rows = looked(tmp_path, 'kind = "rs_s131"\nalarm_above_mr_h = 0.1\n', played.serve, once)
    assert played.told == b"#D0\r"
    assert (rows["dose_rate_mr_h"].value, rows["dose_rate_mr_h"].unit) == (0.012, "mR/h")


@pytest.mark.parametrize("act", [once, timed])
def test_a_weighbridge_is_only_listened_to(tmp_path: Path, act: Act) -> None:
    played = Played(Weighbridge(lambda: 1850, increment_kg=5.0))
    section = 'kind = "toledo"\nincrement_kg = 5.0\ntolerance_kg = 5\n'
    rows = looked(tmp_path, section, played.serve, act)
    assert played.told == b""
    assert (rows["mass_kg"].value, rows["mass_kg"].unit) == (1850, "kg")


def test_a_generator_s_answers_are_timed_one_by_one(tmp_path: Path) -> None:
    tube, seen = Tube(), list[DriverLook]()
    tube.delay_s = dict.fromkeys(("22", "19", "68"), 0.03)

    async def act(look: DriverLook) -> list[Row]:
        seen.append(look)
        return await look.probe(6)

    looked(tmp_path, SOURCE, tube.serve, act)
    assert seen[0].durations_ms[:6] == pytest.approx([30.0] * 6, abs=1.0)


def test_why_a_generator_is_not_read_is_said_as_its_driver_says_it(tmp_path: Path) -> None:
    tube = Tube()
    tube.answers["26"] = "XLF60N100"
    with pytest.raises(DeviceUnreachable, match="Correct series in the lane file"):
        looked(tmp_path, SOURCE, tube.serve, once)


@pytest.mark.parametrize("act", [once, timed])
def test_a_permit_board_hears_hello_and_off_and_nothing_else(tmp_path: Path, act: Act) -> None:
    hall = Hall()

    async def looking(look: DriverLook) -> list[Row]:
        from simulator.devices.mcu import Mcu

        hall.mcu = Mcu(hall.memory, now_ns() // 1_000_000)
        board = asyncio.create_task(hall.look())
        try:
            return await act(look)
        finally:
            await stopped(board)

    rows = looked(tmp_path, 'kind = "permit_board"\n', hall.serve, looking)
    assert any(isinstance(message, Hello) for message in hall.heard)
    assert {*hall.commands()} == {Command.OFF}
    assert (rows["link"].value.value, rows["relay"].value.value) == ("ok", "ok")


class Reader:
    """A reader that says what it is told to."""

    def __init__(self, *lines: bytes) -> None:
        self.lines = lines
        self.heard = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in self.lines:
            writer.write(line)
        self.heard = await reader.read(100)
        writer.close()


READER = 'kind = "reader"\n'


def test_a_reader_is_listened_to_and_nothing_is_sent(tmp_path: Path) -> None:
    reader = Reader(b"KZ-1\r\n")
    rows = looked(tmp_path, READER, reader.serve, timed)
    assert rows["text"].value == "KZ-1"
    assert reader.heard == b""


def test_a_reader_s_garbage_is_told_with_its_reason(tmp_path: Path) -> None:
    rows = looked(tmp_path, READER, Reader(b"\x80\x81\r\n").serve, timed)
    assert (rows["rejected"].value, rows["rejected"].quality) == (
        "not_decodable",
        Quality.UNCERTAIN,
    )


def test_a_reader_that_says_nothing_has_not_answered(tmp_path: Path) -> None:
    with pytest.raises(DeviceTimeout, match="2 s passed without a word"):
        looked(tmp_path, READER, Reader().serve, timed, wait_s=2.0)


def test_a_line_that_does_not_open_is_told_at_once(tmp_path: Path) -> None:
    file = lane_file(tmp_path, '[devices.it]\nport = "no-such-port"\nkind = "reader"\n')

    async def main() -> list[Row]:
        async with driver_look(file, "it", now_ns) as look:
            return await look.look()

    with pytest.raises(DeviceUnreachable, match="is there, free and powered"):
        run(main)
