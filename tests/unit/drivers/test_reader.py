"""Line readers: only a line that passes every filter becomes a text."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.reader import Beat, LineCutter, Reader, ReaderSettings, Reject, Text
from edge.core.values import Input
from tests.unit.drivers.driver_bench import Remembering, now_ns, run, stopped


def cutter(**more: object) -> LineCutter:
    return LineCutter(ReaderSettings.model_validate({"port": "wires/qr", **more}))


def test_a_plain_line_is_a_text_however_it_is_cut() -> None:
    cut = cutter()
    assert cut.feed(b"MSCU") == []
    assert cut.feed(b"1234566\r") == []
    assert cut.feed(b"\nKZ 123 ABC 02\r\n") == [Text("MSCU1234566"), Text("KZ 123 ABC 02")]


@pytest.mark.parametrize(
    ("line", "reject"),
    [
        (b"NOREAD", Reject.NO_READ),
        (b"", Reject.EMPTY),
        (b"   ", Reject.EMPTY),
        (b"A" * 257, Reject.TOO_LONG),
        (b"A" * 5000, Reject.TOO_LONG),
        (b"A\x00B", Reject.NOT_PRINTABLE),
        (b"A\x1b[2JB", Reject.NOT_PRINTABLE),
        (b"\xff\xfe", Reject.NOT_DECODABLE),
    ],
)
def test_a_line_that_fails_a_filter_is_named_and_never_a_text(line: bytes, reject: Reject) -> None:
    assert cutter().feed(line + b"\r\nGOOD\r\n") == [reject, Text("GOOD")]


def test_prefix_suffix_and_aim_identifier_are_checked_and_taken_off() -> None:
    cut = cutter(prefix="\x02", suffix="\x03", aim_id=True)
    assert cut.feed(b"\x02]Q3MSCU1234566\x03") == [Text("MSCU1234566")]
    assert cut.feed(b"]Q3MSCU1234566\x03") == [Reject.NO_PREFIX]
    assert cut.feed(b"\x02MSCU1234566\x03") == [Reject.NO_AIM_ID]
    assert cut.feed(b"\x02]Q3\x03") == [Reject.EMPTY]


def test_a_heartbeat_is_no_text() -> None:
    assert cutter(heartbeat="ALIVE").feed(b"ALIVE\r\nALIVE?\r\n") == [Beat(), Text("ALIVE?")]


def test_cyrillic_needs_its_encoding() -> None:
    line = "А123ВС 777\r\n".encode()
    assert cutter().feed(line) == [Reject.NOT_DECODABLE]
    assert cutter(encoding="utf-8").feed(line) == [Text("А123ВС 777")]


@given(st.binary(max_size=3000), st.integers(1, 64))
@settings(deadline=None, max_examples=150, derandomize=True)
def test_any_bytes_give_printable_bounded_texts_and_cost_bounded_memory(
    data: bytes, step: int
) -> None:
    cut = cutter(max_length=32, suffix="\r")
    for start in range(0, len(data), step):
        for found in cut.feed(data[start : start + step]):
            if isinstance(found, Text):
                assert 0 < len(found.text) <= 32
                assert found.text.isprintable()
        assert len(cut._partial) <= 32 * 4 + 8
    assert cut.feed(b"\rGOOD\r")[-1] == Text("GOOD")


class Wire:
    """A reader on a socket, in virtual time."""

    def __init__(self, **more: object) -> None:
        self.sink = Remembering()
        self.more = more
        self.alive = True

    async def play(self, *steps: tuple[bytes, float]) -> None:
        far: list[asyncio.StreamWriter] = []

        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            far.append(writer)

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = f"socket://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        driver = Reader(
            name="qr",
            settings=ReaderSettings.model_validate({"port": port, **self.more}),
            sink=self.sink,
            alive=lambda: self.alive,
            now_ns=now_ns,
        )
        task = asyncio.create_task(driver.run())
        await asyncio.sleep(0.1)
        for data, wait_s in steps:
            far[0].write(data)
            await asyncio.sleep(wait_s)
        await stopped(task)
        far[0].close()
        await far[0].wait_closed()
        server.close()
        await server.wait_closed()


def test_texts_reach_the_sink_and_the_link_is_published() -> None:
    wire = Wire()
    run(lambda: wire.play((b"MSCU1234566\r\n", 2.0)))
    assert wire.sink.texts == [("qr", "MSCU1234566")]
    assert set(wire.sink.all("qr.link")) == {Input.OK}
    assert len(wire.sink.all("qr.link")) >= 4
    assert wire.sink.events == []


def test_garbage_is_a_named_loss_and_the_next_good_line_ends_it() -> None:
    wire = Wire()
    run(lambda: wire.play((b"\xff\r\n" * 3, 1.0), (b"GOOD\r\n", 1.0)))
    assert wire.sink.events == ["lost", "back"]
    assert "not_decodable" in wire.sink.losses[0]
    assert wire.sink.all("qr.rejected") == ["not_decodable"] * 3
    assert wire.sink.texts == [("qr", "GOOD")]


def test_seeing_nothing_legible_is_reported_but_is_no_loss() -> None:
    wire = Wire()
    run(lambda: wire.play((b"NOREAD\r\n" * 10, 1.0)))
    assert wire.sink.events == []
    assert wire.sink.all("qr.rejected") == ["no_read"] * 10
    assert wire.sink.texts == []


def test_a_missing_heartbeat_is_a_loss_and_its_return_ends_it() -> None:
    wire = Wire(heartbeat="HB", heartbeat_ms=2000)
    run(lambda: wire.play((b"HB\r\n", 1.9), (b"HB\r\n", 5.0), (b"HB\r\n", 1.0)))
    assert wire.sink.events == ["lost", "back"]
    assert "no heartbeat" in wire.sink.losses[0]


def test_a_text_read_while_the_lane_logic_is_dead_is_not_delivered_later() -> None:
    wire = Wire()
    wire.alive = False
    run(lambda: wire.play((b"OLD\r\n", 1.0)))
    assert wire.sink.texts == []
    assert wire.sink.readings == []
