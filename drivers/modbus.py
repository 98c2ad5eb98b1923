"""One Modbus line or connection: one request in flight, stops first, every answer checked.

Which answer may be believed, when to retry and when to reconnect is decided here. Whoever finds
the line free sends at once; an answer wakes its caller and sends what waits next. No task stands in
between: `ModbusBus.run` connects and mends, and sleeps for as long as all is well.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from drivers.modbus_answers import AnswerFilter, Framing
from drivers.modbus_client import ModbusClient, Reply, checked
from drivers.modbus_requests import Answer, Request, RequestQueue, Waiting
from drivers.modbus_settings import BusSettings, RtuSettings, TcpSettings
from edge.errors import (
    DeviceError,
    DeviceGarbled,
    DeviceRefused,
    DeviceTimeout,
    DeviceUnreachable,
)

_REMEMBERED = 32
"""So many newest times of sending are remembered."""
_DRAIN_PAUSES = 4
"""Quiet pauses that a babbling line is given before it is spoken to again."""


class ModbusBus:
    """One line shared by the drivers of its devices; `run` is its only task.

    Args:
        name: the bus as named in the lane file.
        settings: how to reach it; a relative device path is already resolved.
        now_ns: monotonic time in nanoseconds.
    """

    def __init__(self, *, name: str, settings: BusSettings, now_ns: Callable[[], int]) -> None:
        self.name = name
        self._settings = settings
        self._now_ns = now_ns
        self._queue = RequestQueue(settings.queue_limit)
        self._patience_s = settings.patience_ms / 1000
        self._timeout_s = settings.response_timeout_ms / 1000
        rtu = isinstance(settings, RtuSettings)
        self._silence_s = settings.silence_ms / 1000 if isinstance(settings, RtuSettings) else 0.0
        self._filter = AnswerFilter(Framing.RTU if rtu else Framing.TCP)
        self._newest: deque[int] = deque(maxlen=_REMEMBERED)
        self._client: ModbusClient | None = None
        self._down = ""
        self._ready = False
        self._in_flight: Waiting | None = None
        self._sent_ns = 0
        self._deadline_s = 0.0
        self._quiet_at_s = 0.0
        self._trouble: DeviceError | None = None
        self._troubled = asyncio.Event()
        # Timers that are due are looked at, not moved with each request: few are ever late.
        self._deadline: asyncio.TimerHandle | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._rest: asyncio.TimerHandle | None = None

    @property
    def sent_ns(self) -> int:
        """Monotonic time at which the newest frame left, 0 before the first."""
        return self._sent_ns

    def sent_after(self, moment_ns: int) -> int | None:
        """When the first frame after a moment left, None before it; of the newest few frames."""
        return next((sent_ns for sent_ns in self._newest if sent_ns > moment_ns), None)

    async def exchange(self, request: Request) -> Answer:
        """Queue one request and wait for its checked answer.

        Raises:
            DeviceUnreachable: the line is down; nothing was sent.
            DeviceTimeout: no answer, or the request's turn did not come, in time.
            DeviceGarbled: what came is not an answer to this request.
            DeviceRefused: a Modbus exception, or the request was withdrawn before its turn.
        """
        if self._down:
            raise DeviceUnreachable(request.device, request.operation, self._down)
        loop = asyncio.get_running_loop()
        waiting = self._queue.put(request, loop.time() + self._patience_s)
        self._next()
        answered_first = waiting is self._in_flight and self._deadline_s <= waiting.until_s
        if self._expiry is None and not answered_first:
            self._expiry = loop.call_at(waiting.until_s, self._expire)
        return await waiting.future

    def _expire(self) -> None:
        """End the wait of everyone who has waited for as long as he would."""
        loop = asyncio.get_running_loop()
        now_s, waited = loop.time(), f"{self._settings.patience_ms} ms"
        until_s = self._queue.expire(
            now_s,
            lambda request: DeviceTimeout(
                request.device,
                request.operation,
                f"its turn on {self.name} did not come in {waited}",
            ),
        )
        sent = self._in_flight
        if sent is not None and not sent.future.done():
            if sent.until_s <= now_s:
                detail = f"sent on {self.name} and not answered when {waited} were over"
                sent.fail(DeviceTimeout(sent.request.device, sent.request.operation, detail))
            else:
                until_s = min(sent.until_s, until_s or sent.until_s)
        self._expiry = loop.call_at(until_s, self._expire) if until_s is not None else None

    async def run(self) -> None:
        """Serve the queue for ever; reconnects with a bounded back-off."""
        backoff_ms = self._settings.backoff_min_ms
        try:
            while True:
                if await self._connect():
                    backoff_ms = self._settings.backoff_min_ms
                    self._down = ""
                    await self._serve()
                else:
                    self._fail_waiting()
                    await asyncio.sleep(backoff_ms / 1000)
                    backoff_ms = min(2 * backoff_ms, self._settings.backoff_max_ms)
        finally:
            self._close()
            self._down = f"{self.name} is closed"
            self._fail_waiting()
            for timer in (self._deadline, self._expiry):
                if timer is not None:
                    timer.cancel()

    async def _serve(self) -> None:
        """Let requests go until the connection is gone, mending the line after each trouble."""
        client = self._client
        assert client is not None
        while client.connected:
            self._troubled.clear()
            self._ready = True
            self._be_silent()
            self._next()
            await self._troubled.wait()
            await self._recover(self._trouble)
        self._close()

    def _halt(self, error: DeviceError | None) -> None:
        """Send nothing more until `_serve` has mended the line after this error, or stray bytes."""
        self._ready = False
        self._trouble = error
        self._troubled.set()

    def _next(self) -> None:
        """Send the request whose turn it is, if the line is free for it.

        The silence comes before the choice, so that a stop may still overtake in it.
        """
        while self._ready and self._in_flight is None and self._queue:
            if self._quiet_at_s:
                loop = asyncio.get_running_loop()
                if self._rest is None and loop.time() < self._quiet_at_s:
                    self._rest = loop.call_at(self._quiet_at_s, self._rested)
                if self._rest is not None:
                    return
                self._quiet_at_s = 0.0
            if self._filter.strays:
                self._halt(None)
                return
            waiting = self._queue.pop()
            if waiting is not None:
                self._begin(waiting)

    def _rested(self) -> None:
        self._rest = None
        self._quiet_at_s = 0.0
        self._next()

    def _be_silent(self) -> None:
        """Keep the silence between RTU frames from now on."""
        if self._silence_s:
            self._quiet_at_s = asyncio.get_running_loop().time() + self._silence_s

    def _begin(self, waiting: Waiting) -> None:
        request, client = waiting.request, self._client
        if not request.wanted():
            detail = "withdrawn before it was sent"
            waiting.fail(DeviceRefused(request.device, request.operation, detail))
            return
        self._in_flight = waiting
        if client is None or not client.connected:
            self._fail(self._unreachable(request))
            return
        loop = asyncio.get_running_loop()
        self._deadline_s = loop.time() + self._timeout_s
        if self._deadline is None:
            self._deadline = loop.call_at(self._deadline_s, self._overdue)
        try:
            client.send(request)
        except OSError as error:
            self._fail(self._unreachable(request, str(error)))

    def _overdue(self) -> None:
        """The time of a request is over: of the one in flight, or of one that was answered."""
        self._deadline = None
        waiting, client = self._in_flight, self._client
        if waiting is None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() < self._deadline_s:
            self._deadline = loop.call_at(self._deadline_s, self._overdue)
            return
        request = waiting.request
        device, operation = request.device, request.operation
        if client is None or not client.connected:
            self._fail(self._unreachable(request))
        elif self._filter.garbled:
            self._fail(DeviceGarbled(device, operation, self._filter.garbled))
        else:
            timeout = f"{self._settings.response_timeout_ms} ms"
            detail = f"no answer from unit {request.unit} on {self.name} in {timeout}"
            self._fail(DeviceTimeout(device, operation, detail))

    def _fail(self, error: DeviceError) -> None:
        """End the request in flight by an error after which the line must be mended."""
        waiting = self._landed()
        if waiting is not None:
            waiting.fail(error)
        self._halt(error)

    def _landed(self) -> Waiting | None:
        """Nothing is in flight any more; return what was."""
        waiting, self._in_flight = self._in_flight, None
        self._filter.done()
        self._be_silent()
        return waiting

    def _answered(self, answer: Reply) -> None:
        """Give the caller what was decoded, if it answers him, and send what waits."""
        waiting = self._in_flight
        if waiting is None:
            return
        try:
            registers = checked(waiting.request, answer)
        except DeviceGarbled as error:
            self._fail(error)
        except (DeviceRefused, DeviceTimeout, DeviceUnreachable) as error:
            # An answer all the same: the line is in step and free.
            self._landed()
            waiting.fail(error)
        else:
            self._landed()
            if not waiting.future.done():
                waiting.future.set_result(Answer(registers, self._sent_ns))
        self._next()

    def _lost(self) -> None:
        """No answer will come: its caller need not wait for his time-out."""
        if self._in_flight is not None:
            self._fail(self._unreachable(self._in_flight.request))

    def _sent(self, frame: bytes) -> None:
        assert self._in_flight is not None
        self._sent_ns = self._now_ns()
        self._newest.append(self._sent_ns)
        self._filter.sent(self._in_flight.request, frame)

    async def _recover(self, error: DeviceError | None) -> None:
        """After a failed exchange make sure that its late answer meets nobody."""
        if error is not None and not isinstance(error, DeviceTimeout | DeviceGarbled):
            return
        await self._drain()
        if isinstance(self._settings, TcpSettings) and isinstance(error, DeviceGarbled):
            # A byte stream that lost its frame boundaries has no way back into step.
            self._close()

    async def _drain(self) -> None:
        """Send nothing until an RTU line was quiet for a whole pause; at most some pauses.

        Bytes that come while nothing is in flight mean that we are out of step with the device.
        """
        if isinstance(self._settings, RtuSettings):
            for _ in range(_DRAIN_PAUSES):
                self._filter.strays = 0
                await asyncio.sleep(self._settings.quiet_ms / 1000)
                if not self._filter.strays:
                    break
        self._filter.strays = 0

    async def _connect(self) -> bool:
        self._close()
        try:
            client = ModbusClient(
                name=self.name,
                settings=self._settings,
                sent=self._sent,
                received=self._filter.filter,
                answered=self._answered,
                lost=self._lost,
            )
            self._client = client
            connected = await client.open()
        except (TimeoutError, OSError, ValueError) as error:
            connected, self._down = False, f"{self.where} cannot be opened: {error}"
        else:
            self._down = f"{self.where} cannot be opened"
        _honour_cancellation()
        if not connected:
            self._down += ". Check that the device has power, the cable and the address"
            self._close()
        return connected

    @property
    def where(self) -> str:
        """Name and address of the line, for messages."""
        settings = self._settings
        if isinstance(settings, TcpSettings):
            return f"{self.name} at {settings.host}:{settings.port}"
        return f"{self.name} at {settings.port}"

    def _unreachable(self, request: Request, detail: str = "") -> DeviceUnreachable:
        where = f"{self.where} was lost" + (f": {detail}" if detail else "")
        return DeviceUnreachable(request.device, request.operation, where)

    def _fail_waiting(self) -> None:
        down = self._down
        sent = self._landed()
        if sent is not None:
            sent.fail(DeviceUnreachable(sent.request.device, sent.request.operation, down))
        self._queue.fail_all(
            lambda request: DeviceUnreachable(request.device, request.operation, down)
        )

    def _close(self) -> None:
        self._ready = False
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
        if self._client is not None:
            self._client.close()
            self._client = None


def _honour_cancellation() -> None:
    """End the task if it was cancelled while the library waited.

    ``asyncio.wait_for`` of Python 3.11, which the library uses, forgets a cancellation that comes
    together with the result.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
