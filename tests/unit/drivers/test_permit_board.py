"""The permit driver against the simulated board over TCP, in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pydantic import ValidationError

from drivers.permit_board import PermitBoard, PermitBoardSettings
from edge.core.values import Input
from edge.ports import Belief, BoardReport, Points
from firmware_bridge.frames import Parser
from firmware_bridge.words import Command, Hello, Permit
from simulator.devices.mcu import Mcu
from simulator.devices.mcu_memory import BoardInputs, BoardMemory
from tests.unit.drivers.driver_bench import Remembering, now_ns, run, stopped
from tests.unit.simulator.permit_bench import GOOD

ALL_GOOD = Belief(
    estop_ok=True,
    key_on=True,
    doors_closed=True,
    secured=True,
    zone_clear=True,
    lamp_proven=True,
    barrier_closed=True,
)


class Hall:
    """A board behind a TCP port, its driver, and what both said."""

    def __init__(self) -> None:
        self.memory = BoardMemory()
        self.inputs: BoardInputs = GOOD._replace(key_on=False)
        self.sink = Remembering()
        self.reports: list[BoardReport] = []
        self.heard: list[Hello | Permit] = []
        self.alive = True
        self.writers: list[asyncio.StreamWriter] = []
        self.mcu: Mcu | None = None
        self.driver: PermitBoard

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        parser = Parser()
        while data := await reader.read(4096):
            self.heard += [m for m in parser.feed(data) if isinstance(m, Hello | Permit)]
            if self.mcu is not None:
                writer.write(self.mcu.receive(data, now_ns() // 1_000_000))
        writer.close()

    async def look(self) -> None:
        while True:
            if self.mcu is not None:
                said = self.mcu.poll(now_ns() // 1_000_000, self.inputs)
                for writer in self.writers[-1:]:
                    if not writer.is_closing():
                        writer.write(said)
            await asyncio.sleep(0.005)

    async def scene(self, play: Callable[["Hall"], Awaitable[None]]) -> None:
        self.mcu = Mcu(self.memory, now_ns() // 1_000_000)
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        self.driver = PermitBoard(
            name="board",
            settings=PermitBoardSettings(port=f"socket://127.0.0.1:{port}"),
            sink=self.sink,
            alive=lambda: self.alive,
            now_ns=now_ns,
            on_report=self.reports.append,
        )
        self.driver.believe(ALL_GOOD)
        tasks = [asyncio.create_task(self.look()), asyncio.create_task(self.driver.run())]
        await play(self)
        for task in reversed(tasks):
            await stopped(task)
        await asyncio.sleep(0.05)
        for writer in self.writers:
            writer.close()
        server.close()
        await server.wait_closed()

    async def armed(self) -> None:
        await asyncio.sleep(0.3)
        self.inputs = GOOD
        await asyncio.sleep(0.3)
        self.driver.arm(7)
        await asyncio.sleep(5.3)

    async def beam(self, ms: int) -> None:
        for _ in range(ms // 50):
            self.driver.renew(7, now_ns())
            await asyncio.sleep(0.05)

    @property
    def closed(self) -> bool:
        return self.mcu is not None and self.mcu.relay_closed

    def commands(self) -> list[Command]:
        return [message.command for message in self.heard if isinstance(message, Permit)]


def scene(play: Callable[[Hall], Awaitable[None]]) -> Hall:
    hall = Hall()
    run(lambda: hall.scene(play))
    return hall


def test_renewals_give_beam_and_a_withdrawal_takes_it_within_one_look() -> None:
    async def play(hall: Hall) -> None:
        await hall.armed()
        await hall.beam(1000)
        assert hall.closed
        hall.driver.withdraw()
        await asyncio.sleep(0.005)
        assert not hall.closed
        await asyncio.sleep(0.01)

    hall = scene(play)
    assert 1000 <= hall.memory.exposures_ms[7] <= 1010
    assert "on" in {report.state for report in hall.reports}
    assert Input.BLOCKED in hall.sink.all("board.relay")
    assert hall.sink.last("board.relay") is Input.OK
    assert hall.sink.last("board.link") is Input.OK


@pytest.mark.parametrize("age_ms", [151, 2000, -1])
def test_a_renewal_on_an_old_healthy_tick_is_dropped_and_said(age_ms: int) -> None:
    async def play(hall: Hall) -> None:
        await hall.armed()
        hall.driver.renew(7, now_ns() - age_ms * 1_000_000)
        await asyncio.sleep(0.1)

    hall = scene(play)
    assert Command.ON not in hall.commands()
    assert "healthy tick" in str(hall.sink.last("board.renewal"))


def test_a_renewal_at_150_ms_is_still_good() -> None:
    async def play(hall: Hall) -> None:
        await hall.armed()
        hall.driver.renew(7, now_ns() - 150_000_000)
        await asyncio.sleep(0.01)
        assert hall.closed

    assert scene(play).commands().count(Command.ON) == 1


def test_nothing_but_a_renewal_ever_sends_on() -> None:
    async def play(hall: Hall) -> None:
        await hall.armed()
        await hall.beam(200)
        await asyncio.sleep(10)
        hall.driver.arm(8)
        await asyncio.sleep(10)

    hall = scene(play)
    assert hall.commands().count(Command.ON) == 4
    assert hall.memory.exposures_ms[7] <= 500
    lost = str(hall.sink.all("board.arming_lost")[0])
    assert lost.endswith(("lapsed", "ended, expired"))  # whichever clock speaks first


def test_a_dead_lane_logic_is_withdrawn_once_and_then_met_with_silence() -> None:
    heard = []

    async def play(hall: Hall) -> None:
        await hall.armed()
        await hall.beam(100)
        hall.alive = False
        await asyncio.sleep(0.1)
        assert not hall.closed
        heard.append(len(hall.heard))
        hall.driver.renew(7, now_ns())
        hall.driver.arm(9)
        await asyncio.sleep(3)
        heard.append(len(hall.heard))

    hall = scene(play)
    assert heard[0] == heard[1]
    assert hall.commands()[-1] is Command.OFF
    assert "not alive" in str(hall.sink.last("board.renewal"))


def test_a_cancelled_driver_leaves_the_relay_open() -> None:
    async def play(hall: Hall) -> None:
        await hall.armed()
        await hall.beam(100)
        assert hall.closed

    hall = scene(play)
    assert hall.commands()[-1] is Command.OFF
    assert not hall.closed


def test_a_cut_line_is_lost_once_found_again_and_arms_nothing() -> None:
    async def play(hall: Hall) -> None:
        await hall.armed()
        await hall.beam(100)
        hall.writers[-1].close()
        await asyncio.sleep(3)
        assert not hall.closed
        await asyncio.sleep(8)

    hall = scene(play)
    assert hall.sink.events == ["lost", "back"]
    assert hall.commands()[-1] is Command.OFF
    assert "silent" in {report.state for report in hall.reports}
    assert Input.UNKNOWN in hall.sink.all("board.link")


def test_a_board_without_power_is_lost_once_and_its_relay_unknown() -> None:
    async def play(hall: Hall) -> None:
        await hall.armed()
        hall.mcu = None
        await asyncio.sleep(5)

    hall = scene(play)
    assert hall.sink.events == ["lost"]
    assert hall.sink.last("board.relay") is Input.UNKNOWN
    assert hall.reports[-1].state == "silent"


def test_a_trip_is_reported_by_its_name() -> None:
    async def play(hall: Hall) -> None:
        await asyncio.sleep(0.3)
        hall.inputs = GOOD._replace(beam=True)
        await asyncio.sleep(1)

    hall = scene(play)
    assert hall.reports[0].trip == "none"
    assert (hall.reports[-1].state, hall.reports[-1].trip) == ("tripped", "beam_without_lease")


def test_what_the_board_said_last_is_never_younger_than_the_question() -> None:
    gone_ns = []

    async def play(hall: Hall) -> None:
        await hall.armed()
        hall.mcu = None
        gone_ns.append(now_ns())
        await asyncio.sleep(5)

    good = [
        (reading.requested_ns, reading.source)
        for reading in scene(play).sink.readings
        if reading.source in {"board.link", "board.relay"} and reading.value is Input.OK
    ]
    assert max(good)[0] < gone_ns[0]


def test_the_age_of_a_board_that_answers_stays_far_below_the_limit() -> None:
    async def play(hall: Hall) -> None:
        await hall.armed()
        before, deliver = len(hall.sink.readings), hall.sink.deliver
        ages_ms: list[float] = []

        def measured(points: Points, requested_ns: int) -> None:
            ages_ms.append((now_ns() - requested_ns) / 1e6)
            deliver(points, requested_ns)

        hall.sink.deliver = measured  # type: ignore[method-assign]
        await hall.beam(3000)
        assert len(hall.sink.readings) > before
        assert 0 <= min(ages_ms) <= max(ages_ms) <= 110

    scene(play)


def test_a_belief_travels_in_every_frame() -> None:
    async def play(hall: Hall) -> None:
        await asyncio.sleep(0.3)
        hall.driver.believe(
            Belief(
                estop_ok=True,
                key_on=False,
                doors_closed=True,
                secured=False,
                zone_clear=False,
                lamp_proven=False,
                barrier_closed=True,
            )
        )
        await asyncio.sleep(0.2)

    last = scene(play).heard[-1]
    assert isinstance(last, Permit)
    assert last.belief == 0b100_0101


def test_a_port_that_is_not_there_is_lost_with_a_remedy() -> None:
    async def work() -> Remembering:
        sink = Remembering()
        driver = PermitBoard(
            name="board",
            settings=PermitBoardSettings(port="no/such/port"),
            sink=sink,
            alive=lambda: True,
            now_ns=now_ns,
        )
        task = asyncio.create_task(driver.run())
        await asyncio.sleep(30)
        await stopped(task)
        return sink

    sink = run(work)
    assert len(sink.losses) == 1
    assert "no/such/port" in sink.losses[0]
    assert "Check that" in sink.losses[0]


@pytest.mark.parametrize("lease_ms", [0, 99, 301])
def test_a_lease_outside_100_to_300_ms_is_no_setting(lease_ms: int) -> None:
    with pytest.raises(ValidationError):
        PermitBoardSettings(port="wires/board", lease_ms=lease_ms)


def test_a_host_that_plays_dead_says_not_even_off_and_the_board_opens_by_itself() -> None:
    heard = []

    async def play(hall: Hall) -> None:
        await hall.armed()
        await hall.beam(100)
        hall.driver.play_dead(dead=True)
        await asyncio.sleep(0.02)
        heard.append(len(hall.heard))
        hall.driver.renew(7, now_ns())
        hall.driver.withdraw()
        await asyncio.sleep(1)
        heard.append(len(hall.heard))
        assert not hall.closed
        assert hall.reports[-1].end_reason == "expired"
        hall.driver.play_dead(dead=False)
        await asyncio.sleep(1)

    hall = scene(play)
    assert heard[0] == heard[1]
    assert len(hall.heard) > heard[1]
    assert hall.commands()[-1] is Command.OFF


def test_a_driver_that_ends_while_it_plays_dead_still_says_off() -> None:
    async def play(hall: Hall) -> None:
        await hall.armed()
        await hall.beam(100)
        hall.driver.play_dead(dead=True)

    hall = scene(play)
    assert hall.commands()[-1] is Command.OFF
    assert not hall.closed
