"""A serial line on a pseudo terminal and on a socket: what arrives, and every way to lose it."""

import asyncio
import os
import pty
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.serial_line import BUFFER_BYTES, Backoff, SerialLine
from edge.errors import DeviceGarbled, DeviceTimeout, DeviceUnreachable
from firmware_bridge.link import (
    MAX_PENDING_BYTES,
    DeviceLine,
    LineSettings,
    LinkDown,
    socket_address,
)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[tuple[int, str]]:
    """The far end of a line, and the path of the near end."""
    far, near = pty.openpty()
    tty.setraw(near)
    link = tmp_path / "line"
    link.symlink_to(os.ttyname(near))
    yield far, str(link)
    os.close(near)
    os.close(far)


CUT_SHORT = (b"", b"g", b"gr", b"gra", b"gran")


def line_to(port: str, **more: int) -> SerialLine:
    return SerialLine("qr", LineSettings(port, 9600, **more))  # type: ignore[arg-type]


def test_bytes_pass_both_ways_on_a_device(terminal: tuple[int, str]) -> None:
    far, path = terminal

    async def work() -> bytes:
        line = line_to(path)
        await line.open()
        line.write(b"ask")
        assert os.read(far, 10) == b"ask"
        os.write(far, b"answer")
        answer = await line.read(2)
        line.close()
        return answer

    assert asyncio.run(work()) == b"answer"


def test_an_urgent_frame_takes_the_place_of_what_has_not_left(terminal: tuple[int, str]) -> None:
    far, path = terminal

    async def work() -> bytes:
        loop = asyncio.get_running_loop()
        line = line_to(path)
        await line.open()
        for _ in range(400):
            line.write(b"grant" * 100)
            if waits(line):
                break
        assert waits(line), "the line took everything"
        line.overtake(b"off")
        arrived = bytearray()
        while not arrived.endswith(b"off"):
            arrived += await loop.run_in_executor(None, os.read, far, 4096)
        line.close()
        return bytes(arrived)

    def waits(line: SerialLine) -> int:
        assert isinstance(line._line, DeviceLine)
        return len(line._line._pending)

    arrived = asyncio.run(work())
    assert arrived.count(b"off") == 1
    assert arrived.removesuffix(b"off").replace(b"grant", b"") in CUT_SHORT


def test_a_port_serves_one_process_at_a_time(terminal: tuple[int, str]) -> None:
    async def work() -> None:
        first, second = line_to(terminal[1]), line_to(terminal[1])
        await first.open()
        with pytest.raises(DeviceUnreachable, match="free"):
            await second.open()
        first.close()

    asyncio.run(work())


def test_nobody_taking_bytes_is_an_error_and_not_a_growing_queue(
    terminal: tuple[int, str],
) -> None:
    async def work() -> None:
        line = line_to(terminal[1])
        await line.open()

        def babble() -> None:
            for _ in range(200):
                line.write(bytes(MAX_PENDING_BYTES // 4))

        with pytest.raises(DeviceUnreachable, match="takes no bytes"):
            babble()
        line.close()

    asyncio.run(work())


def test_silence_is_a_timeout_that_names_the_device(terminal: tuple[int, str]) -> None:
    async def work() -> None:
        line = line_to(terminal[1])
        await line.open()
        with pytest.raises(DeviceTimeout, match="qr: read: nothing came in 10 ms"):
            await line.read(0.01)
        line.close()

    asyncio.run(work())


@pytest.mark.parametrize("port", ["no/such/port", "socket://127.0.0.1:1", "socket://nowhere"])
def test_a_port_that_is_not_there_is_unreachable_with_a_remedy(port: str) -> None:
    async def work() -> None:
        with pytest.raises(DeviceUnreachable, match="Check that"):
            await line_to(port).open()

    asyncio.run(work())


def test_a_line_that_was_never_opened_says_so() -> None:
    async def work() -> None:
        line = line_to("wires/qr")
        with pytest.raises(DeviceUnreachable, match="not open"):
            line.write(b"x")
        with pytest.raises(DeviceUnreachable, match="not open"):
            await line.read(0.01)

    asyncio.run(work())


def test_a_socket_carries_the_same_line_and_its_end_is_noticed() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(3) + b"!")
        await writer.drain()
        writer.close()

    async def work() -> bytes:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        line = line_to(f"socket://127.0.0.1:{port}")
        await line.open()
        line.write(b"ask")
        answer = await line.read(2)
        with pytest.raises(DeviceUnreachable, match="closed by the far side"):
            await line.read(2)
        with pytest.raises(DeviceUnreachable):
            line.write(b"more")
        line.close()
        server.close()
        await server.wait_closed()
        return answer

    assert asyncio.run(work()) == b"ask!"


def test_a_babbling_device_costs_a_bounded_buffer(terminal: tuple[int, str]) -> None:
    far, path = terminal

    async def work() -> None:
        line = line_to(path)
        await line.open()
        written = 0
        while not line._overflowed:  # however slowly the terminal hands on what it is given
            written += os.write(far, bytes(1024))
            await asyncio.sleep(0.001)
            assert written <= 64 * BUFFER_BYTES
        assert len(line._buffer) <= BUFFER_BYTES
        with pytest.raises(DeviceGarbled, match="Check baud"):
            await line.read(1)
        os.write(far, b"calm")
        said = b""
        while not said.endswith(b"calm"):  # the terminal may still hold some of the babble
            said += await line.read(1)
        assert said.strip(b"\0") == b"calm"
        line.close()

    asyncio.run(work())


def test_waits_between_attempts_double_up_to_their_limit() -> None:
    backoff = Backoff(200, 1000)
    assert [backoff.failed() for _ in range(5)] == [0.2, 0.4, 0.8, 1.0, 1.0]
    backoff.succeeded()
    assert backoff.failed() == 0.2


@pytest.mark.parametrize("port", ["socket://", "socket://:1", "socket://host", "socket://h:x"])
def test_an_address_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(LinkDown):
        socket_address(port)


def test_an_address_is_host_and_port() -> None:
    assert socket_address("socket://10.0.0.9:4001") == ("10.0.0.9", 4001)
