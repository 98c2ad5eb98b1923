"""One Modbus line or connection: one request in flight, stops first, every answer checked.

The only importer of pymodbus. The library transports, frames and encodes; which answer may be
believed, when to retry and when to reconnect is decided here.
"""

import asyncio
import contextlib
import logging
import termios
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

from pymodbus import ModbusException
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.framer import FramerType
from pymodbus.pdu import ModbusPDU

from drivers.modbus_answers import AnswerFilter, Framing
from drivers.modbus_requests import (
    READ_BITS,
    WRITE_COIL,
    WRITE_REGISTERS,
    Answer,
    Request,
    RequestQueue,
)
from drivers.modbus_settings import BusSettings, RtuSettings, TcpSettings, usable_parity
from edge.errors import (
    DeviceError,
    DeviceGarbled,
    DeviceRefused,
    DeviceTimeout,
    DeviceUnreachable,
)

Client = AsyncModbusSerialClient | AsyncModbusTcpClient

_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledge, still working",
    6: "device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target did not respond",
}
"""Exception codes (Modbus Application Protocol V1.1b3, section 7)."""

_SOCKET_SCHEME = "socket"
_REMEMBERED = 32
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
        rtu = isinstance(settings, RtuSettings)
        self._filter = AnswerFilter(Framing.RTU if rtu else Framing.TCP)
        self._in_flight: Request | None = None
        self._sent_ns = 0
        self._newest: deque[int] = deque(maxlen=_REMEMBERED)
        self._client: Client | None = None
        self._down = ""
        # The library's warnings repeat what reaches the lane as exceptions.
        logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)

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
        future = self._queue.put(request)
        patience_s = self._settings.patience_ms / 1000
        expiry = asyncio.get_running_loop().call_later(patience_s, self._expire, request, future)
        try:
            return await future
        finally:
            expiry.cancel()

    def _expire(self, request: Request, future: "asyncio.Future[Answer]") -> None:
        if not future.done():
            waited = f"{self._settings.patience_ms} ms"
            detail = (
                f"sent on {self.name} and not answered when {waited} were over"
                if self._in_flight is request
                else f"its turn on {self.name} did not come in {waited}"
            )
            future.set_exception(DeviceTimeout(request.device, request.operation, detail))

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

    async def _serve(self) -> None:
        """Take requests one by one until the connection is gone."""
        client = self._client
        assert client is not None
        while client.connected:
            # The pause comes before the choice, so that a stop may still overtake in it.
            await self._pause()
            waiting = await self._queue.get()
            request = waiting.request
            try:
                answer = await self._exchange(client, request)
            except DeviceError as error:
                if not waiting.future.done():
                    waiting.future.set_exception(error)
                await self._recover(error)
            except asyncio.CancelledError:
                if not waiting.future.done():
                    closed = DeviceUnreachable(
                        request.device, request.operation, f"{self.name} is closed"
                    )
                    waiting.future.set_exception(closed)
                raise
            else:
                if not waiting.future.done():
                    waiting.future.set_result(answer)
        self._close()

    async def _exchange(self, client: Client, request: Request) -> Answer:
        if self._filter.strays:
            await self._drain()
        if not request.wanted():
            raise DeviceRefused(request.device, request.operation, "withdrawn before it was sent")
        if not client.connected:
            raise self._unreachable(request)
        self._in_flight = request
        timeout_ms = self._settings.response_timeout_ms
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                answer = await self._send(client, request)
        except TimeoutError:
            if not client.connected:
                raise self._unreachable(request) from None
            if self._filter.garbled:
                raise DeviceGarbled(
                    request.device, request.operation, self._filter.garbled
                ) from None
            detail = f"no answer from unit {request.unit} on {self.name} in {timeout_ms} ms"
            raise DeviceTimeout(request.device, request.operation, detail) from None
        except (ModbusException, OSError) as error:
            raise self._unreachable(request, str(error)) from error
        finally:
            self._in_flight = None
            self._filter.done()
        _honour_cancellation()
        return Answer(_checked(request, answer), self._sent_ns)

    async def _send(self, client: Client, request: Request) -> ModbusPDU:
        unit = request.unit
        if request.function == WRITE_REGISTERS:
            values = list(request.values)
            return await client.write_registers(request.address, values, device_id=unit)
        if request.function == WRITE_COIL:
            on = bool(request.values[0])
            return await client.write_coil(request.address, on, device_id=unit)
        read = {
            1: client.read_coils,
            2: client.read_discrete_inputs,
            3: client.read_holding_registers,
            4: client.read_input_registers,
        }
        return await read[request.function](request.address, count=request.count, device_id=unit)

    def _trace(self, sending: bool, data: bytes) -> bytes:  # noqa: FBT001 - the library's signature
        """See every frame that leaves and everything that comes, before it is decoded."""
        if not sending:
            return self._filter.filter(data)
        assert self._in_flight is not None
        self._sent_ns = self._now_ns()
        self._newest.append(self._sent_ns)
        self._filter.sent(self._in_flight, data)
        return data

    async def _pause(self) -> None:
        """Keep the silence between RTU frames."""
        if isinstance(self._settings, RtuSettings):
            await asyncio.sleep(self._settings.silence_ms / 1000)

    async def _recover(self, error: DeviceError) -> None:
        """After a failed exchange make sure that its late answer meets nobody."""
        if not isinstance(error, DeviceTimeout | DeviceGarbled):
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
        timeout_s = self._settings.connect_timeout_ms / 1000
        try:
            client = self._make_client(timeout_s)
            self._client = client
            async with asyncio.timeout(timeout_s):
                connected = await client.connect()
            # A serial transport reports to its protocol two turns of the loop later.
            await asyncio.sleep(0.001)
        except (TimeoutError, ModbusException, OSError, ValueError, termios.error) as error:
            connected, self._down = False, f"{self.where} cannot be opened: {error}"
        else:
            self._down = f"{self.where} cannot be opened"
        _honour_cancellation()
        if not connected:
            self._down += ". Check that the device has power, the cable and the address"
            self._close()
        return connected

    def _make_client(self, timeout_s: float) -> Client:
        settings = self._settings
        # The library's own time-out must never win against ours, which knows the reasons.
        library_s = timeout_s + 2 * settings.response_timeout_ms / 1000
        if isinstance(settings, TcpSettings):
            return self._tcp_client(settings.host, settings.port, FramerType.SOCKET, library_s)
        url = urlsplit(settings.port)
        if url.scheme == _SOCKET_SCHEME and url.hostname and url.port:
            return self._tcp_client(url.hostname, url.port, FramerType.RTU, library_s)
        return AsyncModbusSerialClient(
            settings.port,
            baudrate=settings.baud,
            parity=usable_parity(settings),
            timeout=library_s,
            retries=0,
            reconnect_delay=0,
            name=self.name,
            trace_packet=self._trace,
        )

    def _tcp_client(
        self, host: str, port: int, framer: FramerType, timeout_s: float
    ) -> AsyncModbusTcpClient:
        return AsyncModbusTcpClient(
            host,
            port=port,
            framer=framer,
            timeout=timeout_s,
            retries=0,
            reconnect_delay=0,
            name=self.name,
            trace_packet=self._trace,
        )

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
        self._queue.fail_all(
            lambda request: DeviceUnreachable(request.device, request.operation, down)
        )

    def _close(self) -> None:
        if self._client is not None:
            with contextlib.suppress(OSError, termios.error):
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


def _checked(request: Request, answer: ModbusPDU) -> tuple[int, ...]:
    """Return registers or bits of a good answer. Raises DeviceRefused and DeviceGarbled."""
    device, operation = request.device, request.operation
    if answer.isError():
        code = answer.exception_code
        meaning = _EXCEPTIONS.get(code, "unknown")
        detail = f"Modbus exception {code:02X} ({meaning}) for address {request.address}"
        raise DeviceRefused(device, operation, detail)
    if answer.function_code != request.function or answer.dev_id != request.unit:
        detail = f"unit {answer.dev_id} answered function {answer.function_code}"
        raise DeviceGarbled(device, operation, detail)
    if request.function == WRITE_REGISTERS:
        if (answer.address, answer.count) != (request.address, request.count):
            detail = f"echoes {answer.count} registers from {answer.address}"
            raise DeviceGarbled(device, operation, detail)
        return ()
    if request.function == WRITE_COIL:
        if (answer.address, list(answer.bits)) != (request.address, [bool(request.values[0])]):
            detail = f"echoes {answer.bits} for coil {answer.address}"
            raise DeviceGarbled(device, operation, detail)
        return ()
    if request.function in READ_BITS:
        # Whole bytes come; that their number fits was seen before they were decoded.
        registers = tuple(int(bit) for bit in answer.bits[: request.count])
    else:
        registers = tuple(answer.registers)
    if len(registers) != request.count:
        detail = f"{len(registers)} values came where {request.count} were asked for"
        raise DeviceGarbled(device, operation, detail)
    return registers
