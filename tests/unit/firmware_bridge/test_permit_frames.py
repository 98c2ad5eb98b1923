"""The bytes of the permit link: vectors, a second encoder, and a parser fed with anything."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.frames import MAX_ENCODED_BYTES, Parser, cobs, decode, encode, uncobs
from firmware_bridge.words import (
    Command,
    EndReason,
    Hello,
    Identity,
    Message,
    Permit,
    Refusal,
    State,
    Status,
    Trip,
)

PROTOCOL = Path(__file__).parents[3] / "firmware_bridge" / "PROTOCOL.md"

STATUS_HEX = (
    "00050182a701010267010103a41701024d01010202010103b81301042a01ff06"
    "05cc010101010101020101010596077ab800"
)
# Written by `second_encoder` below: a bit-by-bit CRC and the byte-at-a-time COBS of the paper.
VECTORS: dict[str, tuple[Message, str]] = {
    "HELLO": (Hello(0x12345678), "000b0101785634127803d7c900"),
    "OFF": (
        Permit(0x1A7, 1, 0, 0, Command.OFF, 0, 0),
        "00050102a70101020101010101010101010101023c0101053934fb0800",
    ),
    "ARM": (
        Permit(0x1A7, 2, 77, 1000, Command.ARM, 0, 0x3F),
        "00050102a7010102020101024d010103e8030102a501063f8f910c9800",
    ),
    "ON": (
        Permit(0x1A7, 103, 77, 6050, Command.ON, 300, 0x7F),
        "00050102a7010102670101024d010103a21701095a2c017f426e4d7000",
    ),
    "IDENTITY": (
        Identity(0x12345678, 0x1A7, 3, 9, 1),
        "0009018178563412a7010102030101020901010201054991f9fe00",
    ),
    "STATUS": (
        Status(
            session=0x1A7,
            sequence=103,
            board_ms=6052,
            scan_id=77,
            exposure_ms=2,
            warning_ms=5048,
            lease_ms=298,
            inputs=0xFF,
            state=State.ON,
            relay_closed=True,
            end_reason=EndReason.NONE,
            refusal=Refusal.NONE,
            trip=Trip.NONE,
            trips=0,
            reset_edges=0,
            key_edges=1,
            crc_errors=0,
        ),
        STATUS_HEX,
    ),
}

u16 = st.integers(0, 2**16 - 1)
u32 = st.integers(0, 2**32 - 1)
permits = st.builds(Permit, u32, u32, u32, u32, st.sampled_from(Command), u16, st.integers(0, 255))
statuses = st.builds(
    Status,
    session=u32,
    sequence=u32,
    board_ms=u32,
    scan_id=u32,
    exposure_ms=u32,
    warning_ms=u32,
    lease_ms=u16,
    inputs=u16,
    state=st.sampled_from(State),
    relay_closed=st.booleans(),
    end_reason=st.sampled_from(EndReason),
    refusal=st.sampled_from(Refusal),
    trip=st.sampled_from(Trip),
    trips=u16,
    reset_edges=u16,
    key_edges=u16,
    crc_errors=u16,
)
messages = st.one_of(
    st.builds(Hello, u32), permits, statuses, st.builds(Identity, u32, u32, u32, u32, u16)
)
moderate = settings(deadline=None, max_examples=200, derandomize=True)


def second_encoder(body: bytes) -> bytes:
    """Another way to the same frame: CRC bit by bit, COBS byte by byte."""
    crc = 0xFFFFFFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xEDB88320 if crc & 1 else 0)
    out, at, code = bytearray(1), 0, 1
    for byte in body + (crc ^ 0xFFFFFFFF).to_bytes(4, "little"):
        if byte:
            out.append(byte)
            code += 1
        else:
            out[at], at, code = code, len(out), 1
            out.append(0)
    out[at] = code
    return b"\x00" + bytes(out) + b"\x00"


@pytest.mark.parametrize("name", VECTORS)
def test_each_message_is_encoded_as_the_protocol_says(name: str) -> None:
    message, hexadecimal = VECTORS[name]
    assert encode(message).hex() == hexadecimal
    assert Parser().feed(bytes.fromhex(hexadecimal)) == [message]


@pytest.mark.parametrize("name", VECTORS)
def test_the_protocol_text_carries_the_vectors(name: str) -> None:
    text = PROTOCOL.read_text(encoding="utf-8").replace(" ", "").replace("\n", "")
    assert VECTORS[name][1] in text


def test_the_crc_is_the_one_of_the_published_check_value() -> None:
    # CRC-32/ISO-HDLC, check value for "123456789": CBF43926.
    assert second_encoder(b"123456789")[-5:-1] == bytes.fromhex("2639f4cb")


@given(messages)
@moderate
def test_every_message_survives_the_wire_and_fits_its_bound(message: Message) -> None:
    frame = encode(message)
    assert frame == second_encoder(uncobs(frame[1:-1])[:-4])
    assert 0 not in frame[1:-1]
    assert len(frame) <= MAX_ENCODED_BYTES + 2
    assert decode(frame[1:-1]) == message


@given(st.binary(max_size=MAX_ENCODED_BYTES - 1))
@moderate
def test_cobs_leaves_no_zero_and_loses_nothing(data: bytes) -> None:
    assert 0 not in cobs(data)
    assert uncobs(cobs(data)) == data


@given(st.binary(max_size=400), messages, st.lists(st.integers(0, 500), max_size=8))
@moderate
def test_the_parser_finds_a_frame_after_any_noise_however_it_is_cut(
    noise: bytes, message: Message, cuts: list[int]
) -> None:
    stream = noise + encode(message)
    whole = Parser()
    expected = whole.feed(stream)
    assert expected[-1] == message
    pieces = Parser()
    found = []
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for start, end in pairwise(edges):
        found += pieces.feed(stream[start:end])
        assert len(pieces._partial) <= MAX_ENCODED_BYTES
    assert found == expected
    assert pieces.errors == whole.errors


@given(permits, st.integers(0, 10_000), st.integers(1, 255))
@moderate
def test_a_damaged_byte_never_makes_another_message(
    permit: Permit, place: int, change: int
) -> None:
    frame = bytearray(encode(permit))
    frame[place % len(frame)] ^= change
    assert Parser().feed(bytes(frame)) in ([], [permit])


def test_bits_of_a_frame_of_another_version_are_not_believed() -> None:
    body = bytes((2, 1)) + (7).to_bytes(4, "little")
    parser = Parser()
    assert parser.feed(second_encoder(body)) == []
    assert parser.errors == 1


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        pytest.param(0x01, bytes(3), id="short"),
        pytest.param(0x01, bytes(5), id="long"),
        pytest.param(0x7F, bytes(4), id="unknown_type"),
        pytest.param(0x02, bytes(16) + b"\x00" + bytes(3), id="no_command"),
        pytest.param(0x82, bytes(28) + b"\x05\x01" + b"\x01" * 3 + bytes(8), id="half_a_relay"),
    ],
)
def test_a_frame_whose_content_makes_no_sense_is_dropped_and_counted(
    kind: int, payload: bytes
) -> None:
    parser = Parser()
    assert parser.feed(second_encoder(bytes((1, kind)) + payload)) == []
    assert parser.errors == 1


def test_an_endless_stream_without_delimiter_costs_one_frame_and_no_memory() -> None:
    parser = Parser()
    for _ in range(100):
        assert parser.feed(b"\x55" * 50) == []
        assert len(parser._partial) <= MAX_ENCODED_BYTES
    assert parser.feed(encode(Hello(1))) == [Hello(1)]
    assert parser.errors == 1


def test_no_two_commands_are_fewer_than_four_bits_apart() -> None:
    codes = [command.value for command in Command]
    distances = {(a ^ b).bit_count() for a in codes for b in codes if a != b}
    assert min(distances) >= 4
    assert all(code.bit_count() == 4 for code in codes)
