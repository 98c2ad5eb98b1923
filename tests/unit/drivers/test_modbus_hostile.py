"""What slaves and servers were seen to do, done by the simulator's server to the Modbus bus.

Each test is a row of the table in tests/README.md. The faults are scripts of the simulator; what no
script can do (an echo, noise, a neighbour's frame) is put on the wire beside its answers.
"""

import asyncio
import contextlib

import pytest

from drivers.modbus import ModbusBus
from drivers.modbus_settings import RtuSettings, TcpSettings
from edge.errors import DeviceError, DeviceGarbled, DeviceRefused, DeviceTimeout, DeviceUnreachable
from simulator.devices.line_faults import FaultScript, Harm, LineFault
from simulator.devices.modbus_frames import rtu_frame
from simulator.devices.modbus_server import RtuLine, TcpConnection
from simulator.devices.registers import RegisterFile, Table
from tests.unit.drivers.bus_bench import PORT, read, write
from tests.unit.drivers.virtual_loop import run_virtual

STEP_S = 0.005
WAY_MS = 5


class Memory:
    """A slave whose register n holds 1000 + n."""

    def __init__(self) -> None:
        self.registers = RegisterFile()
        for table in (Table.HOLDING, Table.INPUT):
            self.registers.lay_out(table, 0, 50)
            self.registers.store(table, 0, [1000 + at for at in range(50)])

    def refresh(self, now_ms: int) -> None:
        """Nothing to do."""

    def written(self, table: Table, address: int, count: int, now_ms: int) -> None:
        """Nothing to do."""


class Wire:
    """One line or connection to the simulator's server, with room for what its scripts lack."""

    def __init__(self, *, tcp: bool) -> None:
        self.tcp = tcp
        self.reachable = True
        self.script = FaultScript(seed=5)
        self.memory = Memory()
        self.beside = lambda request, answer: [(WAY_MS, answer)]
        self.frames: list[bytes] = []
        self.loop = None
        self.restart()

    def restart(self) -> None:
        """The server starts anew: it knows nothing of earlier requests."""
        kind = TcpConnection if self.tcp else RtuLine
        self.server = kind({1: self.memory}, self.script)

    @property
    def now_ms(self) -> int:
        return round(self.loop.time() * 1000)

    def receive(self, data: bytes) -> list[tuple[int, bytes]]:
        self.frames.append(data)
        answer = self.server.receive(data, self.now_ms)
        if self.tcp and self.server.broken:
            self.loop.transports[-1].drop()
        return [(ms, part) for ms, part in self.beside(data, answer) if part]

    async def pump(self) -> None:
        """Bring what the server held back."""
        while True:
            await asyncio.sleep(STEP_S)
            held = self.server.poll(self.now_ms)
            if held and self.loop.transports:
                self.loop.transports[-1].deliver(held)

    def once(self, beside) -> None:
        """Do it to one answer only."""

        def act(request: bytes, answer: bytes):
            self.beside = lambda request, answer: [(WAY_MS, answer)]
            return beside(request, answer)

        self.beside = act

    def run(self, main, **settings):
        """Run ``main(exchange)`` beside a bus; ``exchange`` gives registers or the error's type."""
        if self.tcp:
            made = TcpSettings(kind="tcp", host="plc", port=PORT, **settings)
        else:
            made = RtuSettings(kind="rtu", port=f"socket://line:{PORT}", **settings)

        async def on(loop):
            self.loop = loop
            bus = ModbusBus(name="line", settings=made, now_ns=loop.now_ns)

            async def exchange(request):
                try:
                    return (await bus.exchange(request)).registers
                except DeviceError as error:
                    return type(error)

            tasks = [asyncio.create_task(self.pump()), asyncio.create_task(bus.run())]
            await asyncio.sleep(0.01)
            try:
                return await main(exchange)
            finally:
                for task in tasks:
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task

        return run_virtual({PORT: self}, on)

    def reads(self, *addresses: int, **more):
        """What reading one register after the other gives."""

        async def main(exchange):
            return [await exchange(read(address, **more)) for address in addresses]

        return self.run(main)


@pytest.fixture
def rtu() -> Wire:
    return Wire(tcp=False)


@pytest.fixture
def tcp() -> Wire:
    return Wire(tcp=True)


@pytest.fixture(params=["rtu", "tcp"])
def either(request) -> Wire:
    return Wire(tcp=request.param == "tcp")


# Servers ----------------------------------------------------------------------------------------


def test_several_callers_never_share_a_segment(tcp: Wire) -> None:
    async def main(exchange):
        return await asyncio.gather(*(exchange(read(at)) for at in range(3)))

    assert tcp.run(main) == [(1000,), (1001,), (1002,)]
    assert [len(frame) for frame in tcp.frames] == [12, 12, 12]


@pytest.mark.parametrize(("tcp", "settings"), [(True, {}), (False, {"quiet_ms": 400})])
def test_a_slow_answer_is_never_given_to_the_request_behind_it(
    tcp: bool, settings: dict[str, int]
) -> None:
    # A line must be left quiet for as long as its slowest device may take: drivers/README.md.
    wire = Wire(tcp=tcp)
    wire.script.add(LineFault(Harm.DELAY, amount=400))

    async def main(exchange):
        return [await exchange(read(at)) for at in range(4)]

    found = wire.run(main, **settings)
    assert found[0] is DeviceTimeout
    assert found[1] in ((1001,), DeviceTimeout)
    assert found[3] == (1003,)
    assert found[2] in ((1002,), DeviceTimeout)


@pytest.mark.parametrize("late_ms", [150, 170, 200, 250, 290])
def test_a_register_that_timed_out_is_never_read_as_the_next_one(
    either: Wire, late_ms: int
) -> None:
    either.script.add(LineFault(Harm.LATE, amount=late_ms))
    late, following = either.reads(0, 1)
    assert late in (DeviceTimeout, DeviceGarbled)
    assert following == (1001,)


def test_an_unknown_unit_is_silence_on_a_line_and_behind_a_gateway(rtu: Wire, tcp: Wire) -> None:
    assert rtu.reads(0, unit=9) == [DeviceTimeout]
    # A gateway answers for it, exception 0B: nobody is there all the same.
    assert tcp.reads(0, 1, unit=9) == [DeviceTimeout, DeviceTimeout]


def test_garbage_before_a_good_header_ends_the_connection_and_the_next_one_is_well(
    tcp: Wire,
) -> None:
    tcp.once(lambda request, answer: [(WAY_MS, b"\xde\xad\xbe\xef" * 3 + answer)])

    async def main(exchange):
        first = await exchange(read(0))
        await asyncio.sleep(0.5)
        return first, await exchange(read(1))

    assert tcp.run(main) == (DeviceGarbled, (1001,))
    assert len(tcp.loop.transports) == 2


def test_an_answer_in_single_bytes_is_whole(either: Wire) -> None:
    either.once(
        lambda request, answer: [(WAY_MS + at, answer[at : at + 1]) for at in range(len(answer))]
    )
    assert either.reads(0, 1) == [(1000,), (1001,)]


# Slaves on a line -------------------------------------------------------------------------------


def test_an_echo_of_a_read_before_its_answer_does_no_harm(rtu: Wire) -> None:
    rtu.beside = lambda request, answer: [(1, request), (WAY_MS, answer)]
    assert rtu.reads(0, 1, 2) == [(1000,), (1001,), (1002,)]


def test_an_echo_of_a_write_is_never_taken_for_its_answer(rtu: Wire) -> None:
    async def main(exchange):
        rtu.beside = lambda request, answer: [(1, request), (WAY_MS, answer)]
        with_answer = await exchange(write(3, 7))
        rtu.beside = lambda request, answer: [(1, request)]
        return with_answer, await exchange(write(3, 7))

    answered, echoed = rtu.run(main)
    assert answered == ()
    assert echoed in (DeviceGarbled, DeviceTimeout)


@pytest.mark.parametrize("noise", [b"\x00", b"\xff\x13", b"\x01", b"\x01\x03"])
def test_noise_before_a_good_answer_is_passed_over(rtu: Wire, noise: bytes) -> None:
    rtu.once(lambda request, answer: [(WAY_MS, noise + answer)])
    assert rtu.reads(0, 1) == [(1000,), (1001,)]


def test_a_damaged_answer_is_never_data_even_with_a_good_one_behind_it(rtu: Wire) -> None:
    def damaged(request: bytes, answer: bytes):
        return [(WAY_MS, answer[:-1] + bytes([answer[-1] ^ 0x40])), (WAY_MS + 20, answer)]

    rtu.once(damaged)
    found = rtu.reads(0, 1)
    assert found[0] in ((1000,), DeviceGarbled)
    assert found[1] == (1001,)


@pytest.mark.parametrize("seed", range(8))
def test_a_flipped_bit_anywhere_is_never_another_value(either: Wire, seed: int) -> None:
    either.script = FaultScript(seed=seed)
    either.script.add(LineFault(Harm.CORRUPT))
    either.restart()
    found = either.reads(0, 1)
    # A TCP frame has no sum of its own: what flips inside its data is TCP's to find.
    allowed = {(1000,)} if not either.tcp else {(1000 ^ 1 << bit,) for bit in range(16)}
    assert found[0] in {*allowed, (1000,), DeviceGarbled, DeviceTimeout, DeviceRefused}
    assert found[1] in ((1001,), DeviceUnreachable)


def test_an_answer_in_three_pieces_is_whole(rtu: Wire) -> None:
    rtu.once(lambda request, answer: [(5, answer[:2]), (15, answer[2:4]), (30, answer[4:])])
    assert rtu.reads(0, 1) == [(1000,), (1001,)]


def test_a_neighbours_answer_before_ours_is_passed_over(rtu: Wire) -> None:
    foreign = rtu_frame(2, bytes.fromhex("03 02 00 63"))
    rtu.once(lambda request, answer: [(WAY_MS, foreign), (WAY_MS + 3, answer)])
    assert rtu.reads(0, 1) == [(1000,), (1001,)]


@pytest.mark.parametrize(
    "harm", [Harm.WRONG_FUNCTION, Harm.WRONG_UNIT, Harm.TRUNCATE, Harm.WRONG_TRANSACTION]
)
def test_what_answers_another_question_is_never_data(either: Wire, harm: Harm) -> None:
    either.script.add(LineFault(harm))

    async def main(exchange):
        first = await exchange(read(0))
        await asyncio.sleep(0.5)
        return first, await exchange(read(1))

    first, second = either.run(main)
    if harm is Harm.WRONG_TRANSACTION and not either.tcp:
        assert first == (1000,), "a line has no transactions to be wrong"
    else:
        assert first in (DeviceGarbled, DeviceTimeout)
    assert second == (1001,)


def test_two_registers_for_one_are_never_data(rtu: Wire) -> None:
    two = rtu_frame(1, bytes.fromhex("03 04 03 E8 03 E9"))
    rtu.once(lambda request, answer: [(WAY_MS, two)])
    assert rtu.reads(0, 1) == [DeviceGarbled, (1001,)]


def test_an_answer_said_twice_is_taken_once(either: Wire) -> None:
    either.script.add(LineFault(Harm.DUPLICATE, times=0))
    assert either.reads(0, 1, 2) == [(1000,), (1001,), (1002,)]


def test_an_exception_is_a_refusal_and_the_line_goes_on(either: Wire) -> None:
    either.script.add(LineFault(Harm.EXCEPTION, amount=6))
    assert either.reads(0, 1) == [DeviceRefused, (1001,)]


def test_unplugged_it_fails_at_once_and_plugged_in_it_goes_on(either: Wire) -> None:
    async def main(exchange):
        first = await exchange(read(0))
        either.reachable = False
        either.loop.transports[-1].drop()
        await asyncio.sleep(1)
        gone = await exchange(read(0))
        either.reachable = True
        either.restart()
        await asyncio.sleep(2.1)
        return first, gone, await exchange(read(1))

    assert either.run(main) == ((1000,), DeviceUnreachable, (1001,))


def test_a_caller_that_leaves_in_the_middle_does_not_disturb_the_next(either: Wire) -> None:
    either.script.add(LineFault(Harm.DELAY, amount=50))

    async def main(exchange):
        leaver = asyncio.create_task(exchange(read(0)))
        await asyncio.sleep(0.02)
        leaver.cancel()
        return await exchange(read(1))

    assert either.run(main) == (1001,)


def test_a_server_that_restarts_is_spoken_to_anew(tcp: Wire) -> None:
    async def main(exchange):
        first = await exchange(read(0))
        tcp.restart()
        tcp.loop.transports[-1].drop()
        await asyncio.sleep(0.01)
        at_once = await exchange(read(1))
        await asyncio.sleep(0.11)
        return first, at_once, await exchange(read(1))

    assert tcp.run(main) == ((1000,), DeviceUnreachable, (1001,))


def test_under_every_harm_at_once_no_register_is_ever_another(either: Wire) -> None:
    """A thousand reads on a line where every third answer is harmed in some way."""
    either.script = FaultScript(
        tuple(
            LineFault(harm, amount=amount, times=0, chance=0.06)
            for harm, amount in (
                (Harm.DROP, 0), (Harm.DUPLICATE, 0), (Harm.TRUNCATE, 3), (Harm.WRONG_UNIT, 0),
                (Harm.WRONG_FUNCTION, 0), (Harm.EXCEPTION, 4), (Harm.LATE, 200), (Harm.DELAY, 60),
            )
        ),
        seed=11,
    )  # fmt: skip
    either.restart()
    addresses = [at % 50 for at in range(1000)]
    found = either.reads(*addresses)
    values = [each for each in found if isinstance(each, tuple)]
    wrong = [
        (at, each)
        for at, each in zip(addresses, found, strict=True)
        if isinstance(each, tuple) and each != (1000 + at,)
    ]
    assert wrong == []
    assert len(values) > 400
