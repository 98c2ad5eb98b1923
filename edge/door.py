"""The control socket: status, officers' acts, and a feed of steps, as JSON lines.

A unix socket in the state folder. Who knocks is known by the kernel's peer credentials; a bad
request gets a clear answer and ends nothing.
"""

import asyncio
import contextlib
import json
import pwd
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from edge.errors import CommandRefused, EdgeError

REQUEST_LIMIT_BYTES = 65_536
CONNECTIONS_LIMIT = 32
LISTENERS_LIMIT = 8
"""Of these connections; the others are kept for requests, a stop among them."""
IDLE_S = 60.0
"""A peer that asks nothing, or takes no answer, for longer is let go: places are few."""
FEED_LIMIT = 256
"""A listener that falls this many steps behind is let go: the lane never waits for a viewer."""

Request = Mapping[str, object]
Reply = dict[str, object]
Handler = Callable[[Request, str], Awaitable[Reply]]
"""Takes a request and the login of the peer."""


class Door:
    """Serves the control socket of one lane."""

    def __init__(self, path: Path, handlers: Mapping[str, Handler]) -> None:
        self._path = path
        self._handlers = handlers
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._listeners: set[asyncio.Queue[str]] = set()
        self._feeds = 0

    async def open(self) -> None:
        """Listen. Raises EdgeError when another lane already serves this state folder."""
        if self._path.exists():
            if await answers(self._path):
                raise EdgeError(
                    f"control socket {self._path} is in use: another scanlane runs on this state "
                    "folder; stop it or name another --state"
                )
            self._path.unlink()
        try:
            self._server = await asyncio.start_unix_server(
                self._serve, path=str(self._path), limit=REQUEST_LIMIT_BYTES
            )
            self._path.chmod(0o660)
        except OSError as error:
            raise EdgeError(
                f"control socket {self._path}: {error.strerror}; the state folder must be writable "
                "and its path short (107 bytes)"
            ) from error

    async def close(self) -> None:
        """Stop listening, end all connections, remove the socket."""
        if self._server is None:
            return  # never opened: the socket there belongs to another lane
        self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    def tell(self, news: Mapping[str, object]) -> None:
        """Show something to every listener."""
        if not self._listeners:
            return
        line = json.dumps(news)
        for listener in tuple(self._listeners):
            if listener.full():
                self._listeners.discard(listener)
            else:
                listener.put_nowait(line)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._connections) >= CONNECTIONS_LIMIT:
            writer.write(_answer(_full(CONNECTIONS_LIMIT, "connections")))
            writer.close()
            return
        self._connections.add(task)
        try:
            login = _login_of(writer.get_extra_info("socket"))
            while line := await _line(reader):
                request = _request(line)
                if isinstance(request, str):
                    await _say(writer, {"ok": False, "error": request})
                elif request.get("do") == "listen":
                    await self._feed(reader, writer)
                    return
                else:
                    await _say(writer, await self._reply(request, login))
        except ValueError:
            error = f"a request has at most {REQUEST_LIMIT_BYTES} bytes"
            with contextlib.suppress(ConnectionError, TimeoutError):
                await _say(writer, {"ok": False, "error": error})
        except (ConnectionError, TimeoutError):
            return  # the peer is gone, or holds its place without using it
        except asyncio.CancelledError:
            return  # only `close` cancels a connection
        finally:
            self._connections.discard(task)
            writer.close()

    async def _reply(self, request: Request, login: str) -> Reply:
        name = str(request.get("do"))
        handler = self._handlers.get(name)
        if handler is None:
            known = ", ".join(sorted([*self._handlers, "listen"]))
            return {"ok": False, "error": f"no request {name!r}; there are: {known}"}
        try:
            return await handler(request, login)
        except CommandRefused as error:
            return {"ok": False, "refused": True, "error": str(error)}
        except EdgeError as error:
            return {"ok": False, "error": str(error)}
        except (KeyError, TypeError, ValueError) as error:
            return {"ok": False, "error": f"request {name!r}: {error!r}"}

    async def _feed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Show the news until the peer ends its side: on a quiet lane no write would tell."""
        if self._feeds >= LISTENERS_LIMIT:
            await _say(writer, _full(LISTENERS_LIMIT, "listeners"))
            return
        listener: asyncio.Queue[str] = asyncio.Queue(FEED_LIMIT)
        self._listeners.add(listener)
        self._feeds += 1
        tasks = [
            asyncio.create_task(self._show(listener, writer)),
            asyncio.create_task(_until_end(reader)),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._feeds -= 1
            self._listeners.discard(listener)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _show(self, listener: asyncio.Queue[str], writer: asyncio.StreamWriter) -> None:
        while listener in self._listeners:
            await _write(writer, (await listener.get()).encode() + b"\n")


async def ask(path: Path, request: Mapping[str, object], timeout_s: float = 10.0) -> Reply:
    """Ask a running lane. Raises EdgeError when none answers at this socket."""
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_unix_connection(
                str(path), limit=4 * REQUEST_LIMIT_BYTES
            )
            try:
                writer.write(json.dumps(request).encode() + b"\n")
                await writer.drain()
                line = await reader.readline()
            finally:
                writer.close()
    except OSError as error:  # a time-out is one, and says nothing
        raise EdgeError(
            f"no lane answers at {path} ({error.strerror or 'timed out'}); "
            "is `scanlane run` running with this --state?"
        ) from error
    except ValueError as error:
        raise EdgeError(f"the answer at {path} is too long; is it a lane's socket?") from error
    reply = _request(line)
    if isinstance(reply, str):
        said = "closed the connection" if not line else "answered something that is no answer"
        return {"ok": False, "error": f"the lane at {path} {said}"}
    return dict(reply)


async def answers(path: Path) -> bool:
    """Whether somebody serves a control socket."""
    try:
        _, writer = await asyncio.open_unix_connection(str(path))
    except (ConnectionRefusedError, FileNotFoundError):
        return False
    except OSError:
        return True  # busy, or not ours to knock at: somebody is there
    writer.close()
    return True


async def _line(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(IDLE_S):
        return await reader.readline()


async def _until_end(reader: asyncio.StreamReader) -> None:
    """Read until the peer ends its side; what a listener says is nobody's."""
    while await reader.read(REQUEST_LIMIT_BYTES):
        continue


def _full(limit: int, what: str) -> Reply:
    return {"ok": False, "error": f"all {limit} places for {what} are taken; end one of them"}


def _answer(reply: Reply) -> bytes:
    return json.dumps(reply).encode() + b"\n"


def _request(line: bytes) -> Request | str:
    """The JSON object on a line, or what is wrong with it."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        return "a request is one JSON object on one line"
    return request if isinstance(request, dict) else "a request is a JSON object"


async def _say(writer: asyncio.StreamWriter, reply: Reply) -> None:
    await _write(writer, _answer(reply))


async def _write(writer: asyncio.StreamWriter, line: bytes) -> None:
    writer.write(line)
    async with asyncio.timeout(IDLE_S):
        await writer.drain()


def _login_of(sock: socket.socket) -> str:
    credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
