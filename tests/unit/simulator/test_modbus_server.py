"""The Modbus core answers as the specification says, and spoils answers as told."""

import itertools
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.devices.line_faults import FaultScript, Harm, LineFault
from simulator.devices.modbus_frames import RTU_IDLE_MS, crc16, rtu_frame, tcp_frame
from simulator.devices.modbus_server import RtuLine, TcpConnection
from simulator.devices.registers import RegisterFile, Table


class Slab:
    """A device with 20 writable cells in each table and no behaviour."""

    def __init__(self) -> None:
        self.registers = RegisterFile()
        for table in Table:
            self.registers.lay_out(table, 100, 20)
        self.registers.store(Table.HOLDING, 107, [0xAE41, 0x5652, 0x4340])
        self.registers.store(Table.INPUT, 100, [11, 22, 33])
        self.registers.store(Table.DISCRETE, 100, [1, 0, 1, 1, 0, 0, 1, 1, 1])

    def refresh(self, now_ms: int) -> None:
        """Nothing to do."""

    def written(self, table: Table, address: int, count: int, now_ms: int) -> None:
        """Nothing to do."""


def tcp(script: FaultScript | None = None) -> TcpConnection:
    return TcpConnection({17: Slab()}, script)


def ask(pdu: bytes) -> bytes:
    """One request over TCP; returns the answer's PDU."""
    return tcp().receive(tcp_frame(1, 17, pdu), 0)[7:]


def test_the_crc_is_the_one_of_the_makers_examples() -> None:
    # EZ-ARRAY manual 130426 and Waveshare relay manual.
    assert struct.pack("<H", crc16(bytes.fromhex("410477240019"))).hex() == "64bf"
    assert struct.pack("<H", crc16(bytes.fromhex("01050000ff00"))).hex() == "8c3a"


@pytest.mark.parametrize(
    ("request_hex", "answer_hex"),
    [
        ("01 0064 0003", "01 01 00"),
        ("02 0064 0009", "02 02 cd 01"),
        ("03 006b 0003", "03 06 ae41 5652 4340"),
        ("04 0064 0002", "04 04 000b 0016"),
        ("05 0065 ff00", "05 0065 ff00"),
        ("06 0065 0003", "06 0065 0003"),
        ("0f 0064 000a 02 cd01", "0f 0064 000a"),
        ("10 0064 0002 04 000a 0102", "10 0064 0002"),
        ("17 006b 0002 0064 0001 02 00ff", "17 04 ae41 5652"),
    ],
)
def test_each_function_answers_as_the_specification_shows(
    request_hex: str, answer_hex: str
) -> None:
    assert ask(bytes.fromhex(request_hex)) == bytes.fromhex(answer_hex)


@pytest.mark.parametrize(
    ("request_hex", "answer_hex"),
    [
        ("2b 0e 01 00", "ab 01"),
        ("16 0064 00f2 0025", "96 01"),
        ("03 0063 0001", "83 02"),
        ("03 0077 0002", "83 02"),
        ("06 0200 0001", "86 02"),
        ("03 0064 0000", "83 03"),
        ("03 0064 007e", "83 03"),
        ("05 0065 5500", "85 03"),
        ("10 0064 0002 03 000a01", "90 03"),
        ("0f 0064 0001 02 0000", "8f 03"),
        ("03 0064", "83 03"),
    ],
)
def test_what_cannot_be_is_refused_by_its_exception(request_hex: str, answer_hex: str) -> None:
    assert ask(bytes.fromhex(request_hex)) == bytes.fromhex(answer_hex)


def test_a_refused_write_changes_nothing() -> None:
    connection = tcp()
    # The second of the two registers does not exist.
    connection.receive(tcp_frame(1, 17, bytes.fromhex("10 0077 0002 04 00010002")), 0)
    answer = connection.receive(tcp_frame(2, 17, bytes.fromhex("03 0077 0001")), 0)
    assert answer[7:] == bytes.fromhex("03 02 0000")


def test_several_requests_in_one_segment_are_each_answered_with_their_own_id() -> None:
    reads = [(7, 100), (8, 101), (9, 102)]
    segment = b"".join(tcp_frame(t, 17, struct.pack(">BHH", 4, at, 1)) for t, at in reads)
    answers = tcp().receive(segment, 0)
    assert answers == b"".join(
        tcp_frame(t, 17, struct.pack(">BBH", 4, 2, value))
        for (t, _), value in zip(reads, (11, 22, 33), strict=True)
    )


def test_an_unknown_unit_is_silent_on_a_line_and_0b_behind_a_gateway() -> None:
    pdu = bytes.fromhex("04 0064 0001")
    assert RtuLine({17: Slab()}).receive(rtu_frame(18, pdu), 0) == b""
    assert tcp().receive(tcp_frame(5, 18, pdu), 0) == tcp_frame(5, 18, b"\x84\x0b")


def test_a_header_that_cannot_be_modbus_breaks_the_connection() -> None:
    connection = tcp()
    assert connection.receive(b"GET / HTTP/1.1\r\n\r\n", 0) == b""
    assert connection.broken


@settings(deadline=None, max_examples=60, derandomize=True)
@given(cuts=st.lists(st.integers(1, 30), max_size=6))
def test_a_request_cut_anywhere_is_answered_once(cuts: list[int]) -> None:
    request, answer = bytes.fromhex("10 0064 0002 04 000a 0102"), bytes.fromhex("10 0064 0002")
    for frame, expected, far in (
        (rtu_frame(17, request), rtu_frame(17, answer), RtuLine({17: Slab()})),
        (tcp_frame(7, 17, request), tcp_frame(7, 17, answer), tcp()),
    ):
        edges = sorted({0, *(cut for cut in cuts if cut < len(frame)), len(frame)})
        pieces = [frame[start:end] for start, end in itertools.pairwise(edges)]
        assert b"".join(far.receive(piece, 1) for piece in pieces) == expected


@settings(deadline=None, max_examples=60, derandomize=True)
@given(noise=st.binary(min_size=1, max_size=40))
def test_after_noise_and_a_pause_the_line_answers_again(noise: bytes) -> None:
    line = RtuLine({17: Slab()})
    line.receive(noise, 0)
    good = rtu_frame(17, bytes.fromhex("04 0064 0001"))
    out = line.receive(good, RTU_IDLE_MS + 1)
    assert out == rtu_frame(17, bytes.fromhex("04 02 000b"))


READ = bytes.fromhex("04 0064 0001")
GOOD = tcp_frame(1, 17, bytes.fromhex("04 02 000b"))


@pytest.mark.parametrize(
    ("harm", "amount", "answer"),
    [
        (Harm.DROP, 0, b""),
        (Harm.EXCEPTION, 6, tcp_frame(1, 17, b"\x84\x06")),
        (Harm.WRONG_TRANSACTION, 0, tcp_frame(2, 17, GOOD[7:])),
        (Harm.WRONG_UNIT, 0, tcp_frame(1, 18, GOOD[7:])),
        (Harm.WRONG_FUNCTION, 0, tcp_frame(1, 17, bytes.fromhex("01 02 000b"))),
        (Harm.TRUNCATE, 3, GOOD[:-3]),
        (Harm.DUPLICATE, 0, GOOD + GOOD),
    ],
)
def test_one_answer_is_harmed_as_told_and_the_next_is_whole(
    harm: Harm, amount: int, answer: bytes
) -> None:
    connection = tcp(FaultScript((LineFault(harm, amount),)))
    assert connection.receive(tcp_frame(1, 17, READ), 0) == answer
    assert connection.receive(tcp_frame(1, 17, READ), 0) == GOOD


def test_a_corrupted_answer_differs_in_one_bit_and_the_seed_repeats_it() -> None:
    spoilt = [
        tcp(FaultScript((LineFault(Harm.CORRUPT),), seed=4)).receive(tcp_frame(1, 17, READ), 0)
        for _ in range(2)
    ]
    assert spoilt[0] == spoilt[1]
    assert len(spoilt[0]) == len(GOOD)
    differing = sum((a ^ b).bit_count() for a, b in zip(spoilt[0], GOOD, strict=True))
    assert differing == 1


def test_a_late_answer_arrives_during_the_next_request() -> None:
    line = RtuLine({17: Slab()}, FaultScript((LineFault(Harm.LATE, 200),)))
    assert line.receive(rtu_frame(17, READ), 0) == b""
    second = line.receive(rtu_frame(17, bytes.fromhex("04 0065 0001")), 150)
    assert second == rtu_frame(17, bytes.fromhex("04 02 0016"))
    assert line.poll(199) == b""
    assert line.poll(200) == rtu_frame(17, bytes.fromhex("04 02 000b"))


def test_a_slow_device_keeps_its_answers_in_order() -> None:
    line = RtuLine({17: Slab()}, FaultScript((LineFault(Harm.DELAY, 200),)))
    assert line.receive(rtu_frame(17, READ), 0) == b""
    assert line.receive(rtu_frame(17, bytes.fromhex("04 0065 0001")), 150) == b""
    both = rtu_frame(17, bytes.fromhex("04 02 000b")) + rtu_frame(17, bytes.fromhex("04 02 0016"))
    assert line.poll(200) == both


def test_rules_of_harm_pick_function_place_and_number() -> None:
    script = FaultScript((LineFault(Harm.DROP, function=4, skip=1, times=2),))
    connection = tcp(script)
    whole = [bool(connection.receive(tcp_frame(1, 17, READ), 0)) for _ in range(4)]
    assert whole == [True, False, False, True]
    assert connection.receive(tcp_frame(1, 17, bytes.fromhex("03 0064 0001")), 0)
