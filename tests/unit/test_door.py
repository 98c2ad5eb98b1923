"""Rules of the control socket: every request gets an answer, and none of them ends anything."""

import asyncio
import contextlib
import json
import os
import pwd
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edge.door import (
    CONNECTIONS_LIMIT,
    FEED_LIMIT,
    LISTENERS_LIMIT,
    REQUEST_LIMIT_BYTES,
    Door,
    ask,
)
from edge.errors import CommandRefused, EdgeError

ME = pwd.getpwuid(os.getuid()).pw_name


async def who(_request, login: str) -> dict[str, object]:
    return {"ok": True, "done": login}


async def refuse(_request, _login: str) -> dict[str, object]:
    raise CommandRefused("not now")


async def fail(_request, _login: str) -> dict[str, object]:
    raise EdgeError("disk full")


async def lack(request, _login: str) -> dict[str, object]:
    return {"ok": True, "done": request["officer"]}


HANDLERS = {"who": who, "refuse": refuse, "fail": fail, "lack": lack}


def with_door(path: Path, body: Callable[[Door], Awaitable[None]]) -> None:
    async def main() -> None:
        door = Door(path, HANDLERS)
        await door.open()
        try:
            await asyncio.wait_for(body(door), 20)
        finally:
            await door.close()

    asyncio.run(main())


async def turns() -> None:
    """Let the loop turn often enough for bytes to cross a socket."""
    for _ in range(50):
        await asyncio.sleep(0)


async def say(path: Path, *lines: bytes) -> list[dict[str, object]]:
    """Send lines over one connection; return the answers up to its end or one for each."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    answers = []
    with contextlib.suppress(ConnectionError):  # the lane has ended the connection
        for line in lines:
            writer.write(line + b"\n")
            answer = await reader.readline()
            if not answer:
                break
            answers.append(json.loads(answer))
    writer.close()
    return answers


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


def test_the_peer_is_known_by_his_login(path: Path) -> None:
    async def body(_door: Door) -> None:
        assert await ask(path, {"do": "who"}) == {"ok": True, "done": ME}
        assert await ask(path, {"do": "who", "login": "root2"}) == {"ok": True, "done": ME}

    with_door(path, body)


def test_only_owner_and_group_may_knock(path: Path) -> None:
    modes = []

    async def body(_door: Door) -> None:
        modes.append(mode())

    def mode() -> int:
        return path.stat().st_mode & 0o777

    with_door(path, body)
    assert modes == [0o660]


@pytest.mark.parametrize(
    "line", [b"{", b"\xff\xfe", b"", b"[1]", b"3", b"null", b'"x"', b"[" * 60_000]
)
def test_a_bad_request_gets_an_answer_and_ends_nothing(path: Path, line: bytes) -> None:
    async def body(_door: Door) -> None:
        first, second = await say(path, line, b'{"do": "who"}')
        assert first["ok"] is False
        assert "JSON object" in str(first["error"])
        assert second == {"ok": True, "done": ME}

    with_door(path, body)


@pytest.mark.parametrize(
    ("request_line", "words"),
    [
        (b"{}", "no request 'None'"),
        (b'{"do": "dance"}', "fail, lack, listen, refuse, who"),
        (b'{"do": ["who"]}', "no request"),
        (b'{"do": "lack"}', "officer"),
        (b'{"do": "fail"}', "disk full"),
    ],
)
def test_what_cannot_be_done_is_said(path: Path, request_line: bytes, words: str) -> None:
    async def body(_door: Door) -> None:
        (answer,) = await say(path, request_line)
        assert answer["ok"] is False
        assert words in str(answer["error"])

    with_door(path, body)


def test_a_refusal_is_marked_as_one(path: Path) -> None:
    async def body(_door: Door) -> None:
        assert await ask(path, {"do": "refuse"}) == {
            "ok": False,
            "refused": True,
            "error": "not now",
        }

    with_door(path, body)


def test_a_line_beyond_the_limit_is_answered_and_ends_its_connection_only(path: Path) -> None:
    async def body(_door: Door) -> None:
        answers = await say(path, b"x" * (2 * REQUEST_LIMIT_BYTES), b'{"do": "who"}')
        assert len(answers) == 1
        assert str(REQUEST_LIMIT_BYTES) in str(answers[0]["error"])
        assert (await ask(path, {"do": "who"}))["ok"] is True

    with_door(path, body)


def test_a_second_lane_on_one_folder_is_refused_and_leaves_the_first_alone(path: Path) -> None:
    async def body(_door: Door) -> None:
        second = Door(path, HANDLERS)
        with pytest.raises(EdgeError, match="another scanlane runs"):
            await second.open()
        await second.close()
        assert (await ask(path, {"do": "who"}))["ok"] is True

    with_door(path, body)


def test_a_socket_left_behind_is_replaced(path: Path) -> None:
    async def left_behind() -> None:
        server = await asyncio.start_unix_server(lambda *_: None, path=str(path))
        server.close()

    asyncio.run(left_behind())

    async def body(_door: Door) -> None:
        assert (await ask(path, {"do": "who"}))["ok"] is True

    with_door(path, body)
    assert not path.exists()


def test_a_folder_that_cannot_hold_the_socket_is_explained(tmp_path: Path) -> None:
    for path in (tmp_path / "none" / "control.sock", tmp_path / ("x" * 200)):
        with pytest.raises(EdgeError):
            asyncio.run(Door(path, HANDLERS).open())


def test_nobody_at_home_is_explained(path: Path) -> None:
    with pytest.raises(EdgeError, match=r"is `scanlane run` running"):
        asyncio.run(ask(path, {"do": "status"}))


@pytest.mark.parametrize("reply", [b"", b"nonsense\n", b"[1]\n", b"x" * 300_000])
def test_an_answer_that_is_none_is_no_traceback(path: Path, reply: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(reply)
        writer.close()

    async def main() -> dict[str, object]:
        server = await asyncio.start_unix_server(answer, path=str(path))
        async with server:
            try:
                return await ask(path, {"do": "status"})
            except EdgeError as error:
                return {"ok": False, "error": str(error)}

    said = asyncio.run(main())
    assert said["ok"] is False
    assert str(path) in str(said["error"])


def test_a_lane_that_does_not_answer_is_given_up(path: Path) -> None:
    async def main() -> None:
        never = asyncio.Event()

        async def hold(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await never.wait()
            writer.close()

        server = await asyncio.start_unix_server(hold, path=str(path))
        async with server:
            with pytest.raises(EdgeError, match="timed out"):
                await ask(path, {"do": "status"}, timeout_s=0.05)
            never.set()
            await turns()

    asyncio.run(main())


def test_listeners_hear_the_news_in_order(path: Path) -> None:
    async def body(door: Door) -> None:
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(b'{"do": "listen"}\n')
        await turns()
        for number in range(3):
            door.tell({"step": number})
        heard = [json.loads(await reader.readline()) for _ in range(3)]
        assert heard == [{"step": 0}, {"step": 1}, {"step": 2}]
        writer.close()

    with_door(path, body)


def test_a_listener_that_falls_behind_is_let_go_and_told_so_by_the_end(path: Path) -> None:
    async def body(door: Door) -> None:
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(b'{"do": "listen"}\n')
        await turns()
        for number in range(FEED_LIMIT + 5):
            door.tell({"step": number})
        assert door._listeners == set()
        heard = await reader.read()
        assert heard.startswith(b'{"step": 0}')
        writer.close()

    with_door(path, body)


async def listen(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(b'{"do": "listen"}\n')
    await turns()
    return reader, writer


def test_listeners_who_left_a_quiet_lane_hold_no_places(path: Path) -> None:
    async def body(door: Door) -> None:
        for _ in range(CONNECTIONS_LIMIT + 1):
            _, writer = await listen(path)
            writer.close()
            await writer.wait_closed()
        await turns()
        assert door._connections == set()
        assert await ask(path, {"do": "who"}) == {"ok": True, "done": ME}

    with_door(path, body)


def test_listeners_leave_places_for_requests_and_one_too_many_is_told(path: Path) -> None:
    async def body(_door: Door) -> None:
        writers = [(await listen(path))[1] for _ in range(LISTENERS_LIMIT)]
        reader, writer = await listen(path)
        refused = json.loads(await reader.readline())
        assert refused["ok"] is False
        assert f"all {LISTENERS_LIMIT} places for listeners" in refused["error"]
        assert (await ask(path, {"do": "who"}))["ok"] is True
        for one in (*writers, writer):
            one.close()

    with_door(path, body)


def test_who_finds_no_place_is_told_so(path: Path) -> None:
    async def body(_door: Door) -> None:
        held = [await asyncio.open_unix_connection(str(path)) for _ in range(CONNECTIONS_LIMIT)]
        await turns()
        reader, one_more = await asyncio.open_unix_connection(str(path))
        answer = json.loads(await reader.readline())
        assert answer["ok"] is False
        assert "places for connections" in answer["error"]
        for writer in (one_more, *(one for _, one in held)):
            writer.close()

    with_door(path, body)
