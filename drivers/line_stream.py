"""The link to the line detector: connects for ever, sends commands, hands its lines up.

When the link ends the detector stops sending by itself (``LINE_STREAM.md``).
"""

import asyncio
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field

from drivers.line_frames import Ack, Command, Decoder, Event, Info, Line, LineKind, encode_command
from edge.errors import DeviceError, DeviceGarbled, DeviceRefused, DeviceTimeout, DeviceUnreachable

HELLO_S = 1.0
SILENCE_S = 3.0
READ_BYTES = 65_536
COLLECT_S = 5.0
"""Longest wait for the lines of one DARK or AIR command."""
_COMMANDS = {LineKind.DARK: Command.DARK, LineKind.AIR: Command.AIR}
_REFUSALS = {1: "not in this state", 2: "bad argument"}


class LineStreamSettings(BaseModel):
    """Where the detector is and how long it may take.

    Attributes:
        host: name or address.
        port: TCP port.
        connect_ms: longest wait for a connection.
        ack_ms: longest wait for the answer to a command.
        retry_ms: wait before the second attempt to connect; doubles with each.
        retry_max_ms: longest wait between attempts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    host: str = Field(min_length=1)
    port: int = Field(ge=1, le=65535)
    connect_ms: int = Field(default=2000, ge=100, le=10_000)
    ack_ms: int = Field(default=1000, ge=50, le=10_000)
    retry_ms: int = Field(default=200, ge=50, le=10_000)
    retry_max_ms: int = Field(default=5000, ge=50, le=60_000)


class _Collection:
    """Dark or air lines on their way."""

    def __init__(self, kind: LineKind, wanted: int, energies: int) -> None:
        self.done = asyncio.Event()
        self._kind = kind
        self._wanted = wanted
        self._of: list[list[bytes]] = [[] for _ in range(energies)]

    @property
    def lines(self) -> list[bytes]:
        """Those of the high energy first."""
        return [line for lines in self._of for line in lines]

    def take(self, line: Line) -> None:
        if line.kind is not self._kind or line.energy >= len(self._of):
            return
        if len(self._of[line.energy]) < self._wanted:
            self._of[line.energy].append(bytes(line.pixels))
            if all(len(lines) == self._wanted for lines in self._of):
                self.done.set()


class LineStream:
    """The link to one detector: connects for ever, hands events up, sends commands.

    Args:
        name: the detector's name in messages.
        settings: where it is.
        on_event: takes the lines of scans, and facts about any line, in order.
        on_up: called with the detector's description at each new connection.
        on_down: called once with the reason when the link is lost or cannot be made.
    """

    def __init__(
        self,
        *,
        name: str,
        settings: LineStreamSettings,
        on_event: Callable[[Event], None],
        on_up: Callable[[Info], None],
        on_down: Callable[[str], None],
    ) -> None:
        self.name = name
        self._settings = settings
        self._on_event = on_event
        self._on_up = on_up
        self._on_down = on_down
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: dict[Command, asyncio.Future[Ack]] = {}
        self._collection: _Collection | None = None
        self._said_down = False
        self._is_up = False

    async def run(self) -> None:
        """Connect, read, reconnect; ends only by cancellation, with the link closed."""
        wait_ms = self._settings.retry_ms
        while True:
            try:
                await self._session()
            except DeviceError as error:
                wait_ms = self._settings.retry_ms if self._is_up else wait_ms
                self._down(str(error))
            await asyncio.sleep(wait_ms / 1000)
            wait_ms = min(2 * wait_ms, self._settings.retry_max_ms)

    async def command(self, command: Command, argument: int = 0) -> None:
        """Send a command and wait for its answer.

        Raises:
            DeviceUnreachable: there is no link.
            DeviceTimeout: no answer in time.
            DeviceRefused: the detector will not.
        """
        writer, operation = self._writer, command.name.lower()
        if writer is None or not self._is_up:
            raise DeviceUnreachable(self.name, operation, "no link to the detector")
        answer: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._waiting[command] = answer
        try:
            writer.write(encode_command(command, argument))
            async with asyncio.timeout(self._settings.ack_ms / 1000):
                ack = await answer
        except TimeoutError as error:
            detail = f"no answer in {self._settings.ack_ms} ms. Check the detector"
            raise DeviceTimeout(self.name, operation, detail) from error
        finally:
            self._waiting.pop(command, None)
        if ack.status:
            reason = _REFUSALS.get(ack.status, f"status {ack.status}")
            raise DeviceRefused(self.name, operation, f"argument {argument}: {reason}")

    async def collect(self, kind: LineKind, count: int, energies: int = 1) -> list[bytes]:
        """Have dark or air lines taken on the internal trigger and return their pixels.

        Args:
            kind: dark or air.
            count: how many of each energy.
            energies: of how many; the lines of the high one come first in what is returned.

        Raises:
            DeviceRefused: armed, or another collection is running.
            DeviceUnreachable: there is no link.
            DeviceTimeout: the lines did not come in time.
        """
        operation = kind.name.lower()
        if self._collection is not None:
            raise DeviceRefused(self.name, operation, "other lines are being collected. Try again")
        collection = self._collection = _Collection(kind, count, energies)
        try:
            await self.command(_COMMANDS[kind], count * energies)
            async with asyncio.timeout(COLLECT_S):
                await collection.done.wait()
        except TimeoutError as error:
            detail = (
                f"{len(collection.lines)} of {count * energies} lines came in {COLLECT_S:.0f} s"
            )
            raise DeviceTimeout(self.name, operation, detail) from error
        finally:
            self._collection = None
        return collection.lines

    async def _session(self) -> None:
        settings = self._settings
        where = f"{settings.host}:{settings.port}"
        try:
            async with asyncio.timeout(settings.connect_ms / 1000):
                reader, writer = await asyncio.open_connection(settings.host, settings.port)
        except (OSError, TimeoutError) as error:
            detail = f"{where}: {error!r}. Check power and network"
            raise DeviceUnreachable(self.name, "connect", detail) from error
        self._writer = writer
        hello = asyncio.create_task(self._say_hello(writer))
        try:
            await self._read(reader)
        except OSError as error:
            raise DeviceUnreachable(self.name, "read", f"{where}: {error}") from error
        finally:
            hello.cancel()
            self._writer = None
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        decoder = Decoder()
        loop = asyncio.get_running_loop()
        heard = loop.time()
        while True:
            left_s = heard + SILENCE_S - loop.time()
            try:
                async with asyncio.timeout(max(0.0, left_s)):
                    data = await reader.read(READ_BYTES)
            except TimeoutError as error:
                detail = f"no good frame for {SILENCE_S:.0f} s. Check the detector"
                raise DeviceTimeout(self.name, "read", detail) from error
            if not data:
                raise DeviceUnreachable(self.name, "read", "the detector closed the connection")
            for event in decoder.feed(data):
                heard = loop.time()
                self._take(event)

    def _take(self, event: Event) -> None:
        if isinstance(event, Ack):
            answer = self._waiting.get(event.command)
            if answer is not None and not answer.done():
                answer.set_result(event)
        elif isinstance(event, Info):
            if not self._is_up:
                self._is_up, self._said_down = True, False
                self._on_up(event)
        elif not self._is_up:
            raise DeviceGarbled(self.name, "read", "lines came before INFO. Check the port")
        elif isinstance(event, Line) and event.kind is not LineKind.SCAN:
            if self._collection is not None:
                self._collection.take(event)
        else:
            self._on_event(event)

    async def _say_hello(self, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(encode_command(Command.HELLO))
            await asyncio.sleep(HELLO_S)

    def _down(self, detail: str) -> None:
        self._is_up = False
        for command, answer in self._waiting.items():
            if not answer.done():
                answer.set_exception(DeviceUnreachable(self.name, command.name.lower(), detail))
        if not self._said_down:
            self._said_down = True
            self._on_down(detail)
