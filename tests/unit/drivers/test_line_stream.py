"""The line stream: good lines whole, every damage named, never wrong data."""

import asyncio
import binascii
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.line_frames import (
    MAX_PAYLOAD,
    Ack,
    Command,
    Decoder,
    Event,
    Info,
    Line,
    LineKind,
    Lost,
    Reordered,
    Repeated,
    Torn,
    encode_command,
)
from drivers.line_stream import LineStream, LineStreamSettings
from edge.errors import DeviceRefused, DeviceTimeout, DeviceUnreachable

PAGE = Path(__file__).parents[3] / "drivers" / "LINE_STREAM.md"


# An independent encoder, written from the page with binascii in place of zlib.
def frame(kind: int, payload: bytes, version: int = 1) -> bytes:
    head = b"SLS1" + bytes([version, kind])
    length = struct.pack("<I", len(payload))
    check = binascii.crc32(head + b"\0\0" + length) % 65_536
    body = head + struct.pack("<H", check) + length + payload
    return body + struct.pack("<I", binascii.crc32(body))


def line(
    sequence: int, scan_id: int = 7, kind: int = 0, pixels: tuple[int, ...] = (1, 2, 3, 65_535)
) -> bytes:
    fixed = struct.pack(
        "<IIIBBHqQHH", scan_id, sequence, sequence + 1, 0, kind, 1, -3000 * sequence,
        10 * sequence, len(pixels), 0,
    )  # fmt: skip
    return frame(0x83, fixed + struct.pack(f"<{len(pixels)}H", *pixels))


INFO = frame(0x81, struct.pack("<HHIH16s", 4, 1, 1600, 1, b"SIM-1".ljust(16, b"\0")))


def ack(command: Command, status: int = 0, argument: int = 0) -> bytes:
    return frame(0x82, struct.pack("<BBI", command.value, status, argument))


def rows(events: list[Event]) -> list[int]:
    return [event.sequence for event in events if isinstance(event, Line)]


def test_the_example_of_the_page_is_what_is_sent() -> None:
    sent = encode_command(Command.ARM, 7).hex(" ").upper()
    text = PAGE.read_text(encoding="utf-8")
    assert sent[:47] in text
    assert sent[48:] in text


@pytest.mark.parametrize("command", list(Command))
def test_commands_are_framed_as_the_page_says(command: Command) -> None:
    bare = command in {Command.HELLO, Command.STOP}
    payload = b"" if bare else struct.pack("<I", 300)
    assert encode_command(command, 300) == frame(command.value, payload)


def test_info_ack_and_line_are_read_field_by_field() -> None:
    data = line(5)
    events = Decoder().feed(INFO + ack(Command.ARM, 2, 9) + data)
    info, answer, lost, got = events
    assert info == Info(4, 1, 1600, simulated=True, serial="SIM-1")
    assert answer == Ack(Command.ARM, 2, 9)
    assert lost == Lost(7, 0, 5)
    assert isinstance(got, Line)
    assert (got.scan_id, got.sequence, got.pulse_id, got.energy) == (7, 5, 6, 0)
    assert (got.kind, got.flags, got.encoder_um, got.time_us) == (LineKind.SCAN, 1, -15_000, 50)
    assert struct.unpack("<4H", got.pixels) == (1, 2, 3, 65_535)
    assert got.frame == data


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.lists(st.integers(1, 400), max_size=40))
def test_it_does_not_matter_how_the_bytes_are_cut(cuts: list[int]) -> None:
    stream = INFO + b"".join(line(number) for number in range(20))
    decoder, events, at = Decoder(), list[Event](), 0
    for cut in [*cuts, len(stream)]:
        events += decoder.feed(stream[at : at + cut])
        at += cut
    assert events == Decoder().feed(stream)
    assert rows(events) == list(range(20))


def test_lost_repeated_and_late_lines_are_named() -> None:
    order = [0, 1, 4, 4, 2, 2, 5, 0]
    events = Decoder().feed(b"".join(line(number) for number in order))
    facts = [event for event in events if not isinstance(event, Line)]
    assert facts == [
        Lost(7, 2, 2), Repeated(7, 4), Reordered(7, 2), Repeated(7, 2), Repeated(7, 0),
    ]  # fmt: skip
    assert rows(events) == order


def test_a_new_scan_and_new_dark_lines_begin_their_own_order() -> None:
    stream = [line(0), line(1), line(0, scan_id=8), line(0, 0, 1), line(1, 0, 1), line(0, 0, 1)]
    assert rows(events := Decoder().feed(b"".join(stream))) == [0, 1, 0, 0, 1, 0]
    assert all(isinstance(event, Line) for event in events)


def test_a_torn_line_costs_itself_only() -> None:
    whole = line(1)
    events = Decoder().feed(line(0) + whole[:-9] + line(2))
    assert events[1:3] == [Torn(len(whole) - 9), Lost(7, 1, 1)]
    assert rows(events) == [0, 2]


@settings(deadline=None, max_examples=150, derandomize=True)
@given(st.data())
def test_damage_never_becomes_data(data: st.DataObject) -> None:
    good = [line(number, pixels=(number, number + 1, 7, 9)) for number in range(12)]
    stream = bytearray(b"".join(good))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(stream) - 1))
        harm = data.draw(st.sampled_from(["flip", "cut", "insert"]))
        if harm == "flip":
            stream[at] ^= data.draw(st.integers(1, 255))
        elif harm == "cut":
            del stream[at : at + data.draw(st.integers(1, 80))]
        else:
            stream[at:at] = data.draw(st.binary(min_size=1, max_size=40))
        stream = stream or bytearray(b"x")
    # Good frames behind the damage, longer than any frame could be, bring everything out.
    tail = [line(number, pixels=(number, number + 1, 7, 9)) for number in range(12, 14)]
    events = Decoder().feed(bytes(stream) + b"".join(tail))
    frames = [event.frame for event in events if isinstance(event, Line)]
    assert set(frames) <= {*good, *tail}
    assert frames[-2:] == tail


def test_a_lying_length_does_not_hold_up_the_stream() -> None:
    liar = bytearray(line(0))
    liar[8:12] = struct.pack("<I", MAX_PAYLOAD)
    assert rows(Decoder().feed(bytes(liar) + line(1))) == [1]


def test_garbage_is_bounded() -> None:
    decoder = Decoder()
    for _ in range(50):
        assert decoder.feed(b"SLS" * 20_000) == []
    assert len(decoder._buffer) < 16
    assert decoder.feed(b"x" + line(0))[0] == Torn(50 * 60_000 + 1)


@pytest.mark.parametrize(
    "bad",
    [
        frame(0x83, b"\0" * 10), frame(0x83, line(0)[12:-6]), frame(0x99, b""),
        frame(0x81, b"\0" * 26), frame(0x82, struct.pack("<BBI", 0x77, 0, 0)),
        frame(0x81, struct.pack("<HHIH16s", 4, 1, 1600, 1, b"../../etc".ljust(16, b"\0"))),
        frame(0x83, line(0)[12:-4], version=2), line(0, kind=9),
    ],
)  # fmt: skip
def test_a_well_framed_frame_with_nonsense_in_it_is_dropped(bad: bytes) -> None:
    assert Decoder().feed(bad + line(0)) == [Torn(len(bad)), *Decoder().feed(line(0))]


class FakeDetector:
    """A listening socket that answers what the test says."""

    def __init__(self, answers: dict[int, bytes]) -> None:
        self.answers = answers
        self.heard: list[int] = []
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        writer.write(INFO)
        while len(head := await reader.read(12)) == 12:
            await reader.readexactly(4 + int.from_bytes(head[8:], "little"))
            self.heard.append(head[5])
            writer.write(self.answers.get(head[5], b""))
        writer.close()


class Client:
    """A link under test with everything it said."""

    def __init__(self, port: int, ack_ms: int = 200) -> None:
        self.events: list[Event] = []
        self.ups: list[Info] = []
        self.downs: list[str] = []
        self.changed = asyncio.Event()
        settings_ = LineStreamSettings(
            host="127.0.0.1", port=port, ack_ms=ack_ms, retry_ms=50, retry_max_ms=50
        )
        self.stream = LineStream(
            name="detector", settings=settings_, on_event=self._event, on_up=self._up,
            on_down=self._down,
        )  # fmt: skip
        self.task = asyncio.create_task(self.stream.run())

    def _event(self, event: Event) -> None:
        self.events.append(event)
        self.changed.set()

    def _up(self, info: Info) -> None:
        self.ups.append(info)
        self.changed.set()

    def _down(self, detail: str) -> None:
        self.downs.append(detail)
        self.changed.set()

    async def wait(self, count: int, what: list[Info] | list[str] | list[Event]) -> None:
        async with asyncio.timeout(10):
            while len(what) < count:
                self.changed.clear()
                await self.changed.wait()

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def _with(detector: FakeDetector, ack_ms: int = 200) -> tuple[asyncio.Server, Client]:
    server = await asyncio.start_server(detector.serve, "127.0.0.1", 0)
    client = Client(server.sockets[0].getsockname()[1], ack_ms)
    await client.wait(1, client.ups)
    return server, client


def test_commands_wait_for_their_answer_and_lines_come_up() -> None:
    async def scenario() -> None:
        lines = b"".join(line(number, 0, 1) for number in range(3))
        detector = FakeDetector({
            2: ack(Command.ARM, 0, 7) + line(0),
            4: ack(Command.DARK, 0, 3) + lines,
            5: ack(Command.AIR, 1, 3),
        })  # fmt: skip
        server, client = await _with(detector)
        dark = await client.stream.collect(LineKind.DARK, 3)
        assert [struct.unpack("<4H", one) for one in dark] == [(1, 2, 3, 65_535)] * 3
        assert client.events == []
        await client.stream.command(Command.ARM, 7)
        await client.wait(1, client.events)
        with pytest.raises(DeviceRefused, match="not in this state"):
            await client.stream.collect(LineKind.AIR, 3)
        with pytest.raises(DeviceTimeout, match="no answer in 200 ms"):
            await client.stream.command(Command.STOP)
        await client.close()
        server.close()

    asyncio.run(scenario())


def test_a_lost_link_is_told_once_and_comes_back_by_itself() -> None:
    async def scenario() -> Client:
        detector = FakeDetector({})
        server, client = await _with(detector)
        detector.writers[0].transport.abort()
        await client.wait(2, client.ups)
        await client.close()
        server.close()
        return client

    client = asyncio.run(scenario())
    assert len(client.downs) == 1
    assert len(client.ups) == 2


def test_an_absent_detector_is_told_once_and_refuses_commands() -> None:
    async def scenario() -> list[str]:
        attempts = 0
        third = asyncio.Event()

        async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal attempts
            attempts += 1
            if attempts == 3:
                third.set()
            writer.close()

        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        client = Client(server.sockets[0].getsockname()[1])
        async with asyncio.timeout(10):
            await third.wait()
        with pytest.raises(DeviceUnreachable, match="no link"):
            await client.stream.command(Command.ARM, 1)
        await client.close()
        server.close()
        return client.downs

    (detail,) = asyncio.run(scenario())
    assert "closed the connection" in detail


def test_a_port_nobody_listens_on_is_named() -> None:
    async def scenario() -> list[str]:
        server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        client = Client(port)
        await client.wait(1, client.downs)
        await client.close()
        return client.downs

    (detail,) = asyncio.run(scenario())
    assert "Check power and network" in detail
