"""The Modbus bus against a slave that lies, delays, babbles and dies."""

import asyncio
import contextlib
import itertools
import threading

import pytest

from drivers.modbus import ModbusBus
from drivers.modbus_settings import TcpSettings
from edge.errors import DeviceGarbled, DeviceRefused, DeviceTimeout, DeviceUnreachable
from tests.unit.drivers.bus_bench import PORT, read, with_bus, write
from tests.unit.drivers.fake_modbus import FakeSlave, rtu
from tests.unit.drivers.virtual_loop import run_virtual


@pytest.fixture(params=["rtu", "tcp"])
def slave(request) -> FakeSlave:
    made = FakeSlave(tcp=request.param == "tcp")
    made.holding = {10: 7, 11: 0xFFFF, 12: 99, 20: 0}
    return made


@pytest.fixture
def serial() -> FakeSlave:
    made = FakeSlave()
    made.holding = {10: 7, 11: 0xFFFF, 12: 99, 20: 0}
    return made


def test_a_read_returns_the_registers_and_the_time_its_request_was_sent(slave):
    async def main(bus, loop):
        await asyncio.sleep(1.0)
        return await bus.exchange(read(10, 3)), loop.now_ns()

    answer, now_ns = with_bus(slave, main)
    assert answer.registers == (7, 0xFFFF, 99)
    assert 1_000_000_000 <= answer.requested_ns <= now_ns - slave.delay_ms * 1_000_000


def test_a_write_reaches_the_register_and_its_echo_is_checked(slave):
    async def main(bus, loop):
        return await bus.exchange(write(20, 0x8300))

    assert with_bus(slave, main).registers == ()
    assert slave.writes == [(20, 0x8300)]


def test_the_request_of_the_manual_leaves_the_line_byte_for_byte():
    """Banner manual 130426: 41 04 77 24 00 19 with CRC 64 BF."""
    curtain = FakeSlave(unit=0x41)
    curtain.input = dict.fromkeys(range(30500, 30525), 4)

    async def main(bus, loop):
        return await bus.exchange(read(30500, 25, function=4, unit=0x41))

    answer = with_bus(curtain, main)
    assert curtain.frames == [bytes.fromhex("41 04 77 24 00 19 64 BF")]
    assert answer.registers == (4,) * 25


def test_an_exception_answer_is_a_refusal_naming_device_operation_and_code(slave):
    async def main(bus, loop):
        await bus.exchange(read(500))

    with pytest.raises(DeviceRefused, match=r"drive: read 500: .*02 \(illegal data address\)"):
        with_bus(slave, main)


HOSTILE = {
    "another function code": lambda s, q, a: a.__class__(s.frame(q, bytes([1, 4, 2, 0, 7]))),
    "two registers for one": lambda s, q, a: s.frame(q, bytes([1, 3, 4, 0, 7, 0, 8])),
    "no register for one": lambda s, q, a: s.frame(q, bytes([1, 3, 0])),
    "an odd number of bytes": lambda s, q, a: s.frame(q, bytes([1, 3, 1, 7])),
    "another unit": lambda s, q, a: s.frame(q, bytes([2, 3, 2, 0, 7])),
    "an unknown function code": lambda s, q, a: s.frame(q, bytes([1, 0x63, 2, 0, 7])),
    "noise alone": lambda s, q, a: b"\x00\xff\x55" * 5,
}


@pytest.mark.parametrize("lie", HOSTILE)
def test_what_does_not_answer_the_question_is_garbage_and_never_data(slave, lie):
    slave.harms = [lambda q, a: [(5, HOSTILE[lie](slave, q, a))]]

    async def main(bus, loop):
        with pytest.raises(DeviceGarbled, match=r"^drive: read 10: "):
            await bus.exchange(read(10))
        return (await bus.exchange(read(10))).registers

    assert with_bus(slave, main) == (7,)


def test_a_write_echoed_for_another_register_is_garbage(slave):
    slave.harms = [lambda q, a: [(5, slave.frame(q, bytes([1, 16, 0, 21, 0, 1])))]]

    async def main(bus, loop):
        with pytest.raises(DeviceGarbled):
            await bus.exchange(write(20, 1))

    with_bus(slave, main)


def test_a_tcp_answer_without_our_transaction_id_is_never_data():
    plc = FakeSlave(tcp=True)
    plc.holding = {10: 7}
    plc.harms = [
        lambda q, a: [(5, b"\x00\x00" + a[2:])],
        lambda q, a: [(5, b"\x77\x77" + a[2:9] + b"\x00\x63"), (9, a)],
    ]

    async def main(bus, loop):
        with pytest.raises(DeviceTimeout):
            await bus.exchange(read(10))
        return (await bus.exchange(read(10))).registers

    assert with_bus(plc, main) == (7,)


def test_noise_before_and_pieces_of_a_good_rtu_answer_do_no_harm(serial):
    serial.harms = [
        lambda q, a: [(5, b"\x00\x13" + a)],
        lambda q, a: [(5, a[:2]), (9, a[2:4]), (14, a[4:])],
    ]

    async def main(bus, loop):
        return [(await bus.exchange(read(10))).registers for _ in range(2)]

    assert with_bus(serial, main) == [(7,), (7,)]


def test_a_bad_crc_is_garbage(serial):
    serial.harms = [lambda q, a: [(5, a[:-1] + bytes([a[-1] ^ 1]))]]

    async def main(bus, loop):
        with pytest.raises(DeviceGarbled):
            await bus.exchange(read(10))

    with_bus(serial, main)


@pytest.mark.parametrize("late_ms", [151, 160, 200, 250, 299])
def test_a_late_rtu_answer_is_never_taken_for_the_next_one(serial, late_ms):
    serial.harms = [lambda q, a: [(late_ms, a)]]

    async def main(bus, loop):
        with pytest.raises(DeviceTimeout):
            await bus.exchange(read(12))
        return (await bus.exchange(read(10))).registers

    assert with_bus(serial, main) == (7,)


def test_a_babbling_line_is_left_to_fall_quiet_but_not_for_ever(serial):
    serial.harms = [lambda q, a: [(at, rtu("01 03 02 00 63")) for at in range(160, 5000, 40)]]

    async def main(bus, loop):
        with pytest.raises(DeviceTimeout):
            await bus.exchange(read(10))
        before = loop.time()
        with contextlib.suppress(DeviceTimeout, DeviceGarbled):
            await bus.exchange(read(11))
        return loop.time() - before

    assert 0.6 <= with_bus(serial, main) <= 1.5


def test_an_unreachable_line_fails_at_once_and_is_tried_with_a_bounded_back_off(slave):
    slave.reachable = False

    async def main(bus, loop):
        with pytest.raises(
            DeviceUnreachable, match=r"line at .*cannot be opened: .*refused|cannot be opened\."
        ):
            await bus.exchange(read(10))
        await asyncio.sleep(20)
        before = loop.time()
        with pytest.raises(DeviceUnreachable):
            await bus.exchange(read(10))
        assert loop.time() == before
        slave.reachable = True
        await asyncio.sleep(2.1)
        return (await bus.exchange(read(10))).registers, loop.attempts_s

    registers, attempts_s = with_bus(slave, main)
    gaps = [later - sooner for sooner, later in itertools.pairwise(attempts_s)]
    assert registers == (7,)
    assert gaps[0] == pytest.approx(0.1, abs=0.01)
    assert max(gaps) == pytest.approx(2.0, abs=0.01)
    assert gaps == pytest.approx(sorted(gaps))


def test_a_dropped_connection_is_made_anew(slave):
    async def main(bus, loop):
        first = (await bus.exchange(read(10))).registers
        loop.transports[-1].drop()
        await asyncio.sleep(0.01)
        with pytest.raises(DeviceUnreachable):
            await bus.exchange(read(10))
        await asyncio.sleep(0.2)
        return first, (await bus.exchange(read(12))).registers

    assert with_bus(slave, main) == ((7,), (99,))


def test_a_connection_that_ends_in_mid_request_is_known_at_once(slave):
    slave.silent = True

    async def main(bus, loop):
        caller = asyncio.create_task(bus.exchange(read(10)))
        await asyncio.sleep(0.02)
        dropped_s = loop.time()
        loop.transports[-1].drop()
        with pytest.raises(DeviceUnreachable, match="was lost"):
            await caller
        slave.silent = False
        return loop.time() - dropped_s, (await bus.exchange(read(12))).registers

    assert with_bus(slave, main, response_timeout_ms=1000) == (0.0, (99,))


def test_a_caller_that_leaves_does_not_disturb_the_next(slave):
    async def main(bus, loop):
        leaver = asyncio.create_task(bus.exchange(read(10)))
        await asyncio.sleep(0.006)
        leaver.cancel()
        return (await bus.exchange(read(12))).registers

    assert with_bus(slave, main) == (99,)


def test_a_closed_bus_refuses_every_later_request(slave):
    async def run(loop):
        settings = TcpSettings(kind="tcp", host="plc", port=PORT)
        bus = ModbusBus(name="line", settings=settings, now_ns=loop.now_ns)
        task = asyncio.create_task(bus.run())
        await asyncio.sleep(0.01)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        with pytest.raises(DeviceUnreachable, match="closed"):
            await bus.exchange(read(10))

    run_virtual({PORT: slave}, run)


def test_a_request_in_flight_when_the_bus_closes_is_unreachable_not_cancelled(slave):
    async def run(loop):
        settings = TcpSettings(kind="tcp", host="plc", port=PORT)
        slave.silent = True
        bus = ModbusBus(name="line", settings=settings, now_ns=loop.now_ns)
        task = asyncio.create_task(bus.run())
        caller = asyncio.create_task(bus.exchange(read(10)))
        await asyncio.sleep(0.02)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        with pytest.raises(DeviceUnreachable, match="closed"):
            await caller

    run_virtual({PORT: slave}, run)


def test_no_thread_is_started_for_a_line(slave):
    async def main(bus, loop):
        await bus.exchange(read(10))
        return threading.active_count()

    before = threading.active_count()
    assert with_bus(slave, main) == before


def test_a_bus_tells_when_its_frames_left_so_that_a_silence_can_be_measured(slave):
    async def main(bus, loop):
        assert (bus.sent_ns, bus.sent_after(0)) == (0, None)
        for _ in range(2):
            await bus.exchange(read(10))
        last_ns = bus.sent_ns
        assert bus.sent_after(last_ns) is None
        await asyncio.sleep(0.7)
        woke_ns = loop.now_ns()
        for _ in range(3):
            await bus.exchange(read(10))
        first_ns = bus.sent_after(last_ns)
        assert woke_ns <= first_ns < bus.sent_ns
        assert first_ns - last_ns >= 700_000_000

    with_bus(slave, main)
