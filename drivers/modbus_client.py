"""The client library on one line: it transports, frames and encodes, and is asked for nothing else.

The only importer of pymodbus. Its own queue, retries, time-outs and reconnecting are left aside
(`TransactionManager.execute`): a frame is sent through its framer and transport, and what the
filter of `ModbusBus` lets through comes back as one decoded answer.
"""

import asyncio
import contextlib
import logging
import termios
from collections.abc import Callable
from urllib.parse import urlsplit

from pymodbus import ModbusException
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.framer import FramerType
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadDiscreteInputsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
)

from drivers.modbus_requests import READ_BITS, WRITE_COIL, WRITE_REGISTERS, Request
from drivers.modbus_settings import BusSettings, TcpSettings, usable_parity
from edge.errors import (
    DeviceError,
    DeviceGarbled,
    DeviceRefused,
    DeviceTimeout,
    DeviceUnreachable,
)

Reply = ModbusPDU
"""A decoded answer, for `checked`."""

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

_NOT_THERE = (1, 2)
_NO_PATH, _NO_ANSWER = 10, 11

_READS: dict[int, type[ModbusPDU]] = {
    1: ReadCoilsRequest,
    2: ReadDiscreteInputsRequest,
    3: ReadHoldingRegistersRequest,
    4: ReadInputRegistersRequest,
}
_SOCKET_SCHEME = "socket"


class ModbusClient:
    """One connection, made once; a lost one is closed and another client made.

    Args:
        name: the line as named in the lane file.
        settings: how to reach it.
        sent: told every frame as it leaves.
        received: told what the receive buffer holds; returns what may be decoded.
        answered: told every answer that was decoded.
        lost: told when the connection has ended by itself.
    """

    def __init__(
        self,
        *,
        name: str,
        settings: BusSettings,
        sent: Callable[[bytes], None],
        received: Callable[[bytes], bytes],
        answered: Callable[[Reply], None],
        lost: Callable[[], None],
    ) -> None:
        self._name = name
        self._settings = settings
        self._sent = sent
        self._received = received
        self._answered = answered
        self._lost = lost
        self._client = self._made()
        self._manager = self._client.ctx
        # The library's warnings repeat what reaches the lane as exceptions.
        logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)

    async def open(self) -> bool:
        """Connect. Raises TimeoutError, OSError and ValueError."""
        try:
            async with asyncio.timeout(self._settings.connect_timeout_ms / 1000):
                connected = await self._client.connect()
        except (ModbusException, termios.error) as error:
            raise OSError(str(error)) from error
        # A serial transport reports to its protocol two turns of the loop later.
        await asyncio.sleep(0.001)
        return connected

    @property
    def connected(self) -> bool:
        """Whether the connection stands, as far as anybody has noticed."""
        return self._manager.is_active()

    def send(self, request: Request) -> None:
        """Send a request. Raises OSError."""
        pdu = _encoded(request)
        pdu.transaction_id = self._manager.getNextTID()
        try:
            self._manager.pdu_send(pdu)
        except ModbusException as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        """Close the connection, if it stands."""
        with contextlib.suppress(OSError, termios.error):
            self._client.close()

    def _trace_bytes(self, sending: bool, data: bytes) -> bytes:  # noqa: FBT001 - the library's
        """See every frame that leaves and everything that comes, before it is decoded."""
        if not sending:
            return self._received(data)
        self._sent(data)
        return data

    def _trace_pdu(self, sending: bool, pdu: ModbusPDU) -> ModbusPDU:  # noqa: FBT001 - the library's
        if not sending:
            self._answered(pdu)
        return pdu

    def _trace_connection(self, connected: bool) -> None:  # noqa: FBT001 - the library's
        if not connected:
            self._lost()

    def _made(self) -> AsyncModbusSerialClient | AsyncModbusTcpClient:
        settings = self._settings
        # The library's own time-out must never win against ours, which knows the reasons.
        timeout_s = (settings.connect_timeout_ms + 2 * settings.response_timeout_ms) / 1000
        if isinstance(settings, TcpSettings):
            return self._tcp(settings.host, settings.port, FramerType.SOCKET, timeout_s)
        url = urlsplit(settings.port)
        if url.scheme == _SOCKET_SCHEME and url.hostname and url.port:
            return self._tcp(url.hostname, url.port, FramerType.RTU, timeout_s)
        return AsyncModbusSerialClient(
            settings.port,
            baudrate=settings.baud,
            parity=usable_parity(settings),
            timeout=timeout_s,
            retries=0,
            reconnect_delay=0,
            name=self._name,
            trace_packet=self._trace_bytes,
            trace_pdu=self._trace_pdu,
            trace_connect=self._trace_connection,
        )

    def _tcp(
        self, host: str, port: int, framer: FramerType, timeout_s: float
    ) -> AsyncModbusTcpClient:
        return AsyncModbusTcpClient(
            host,
            port=port,
            framer=framer,
            timeout=timeout_s,
            retries=0,
            reconnect_delay=0,
            name=self._name,
            trace_packet=self._trace_bytes,
            trace_pdu=self._trace_pdu,
            trace_connect=self._trace_connection,
        )


def _encoded(request: Request) -> ModbusPDU:
    unit, address = request.unit, request.address
    if request.function == WRITE_REGISTERS:
        values = list(request.values)
        return WriteMultipleRegistersRequest(address=address, registers=values, dev_id=unit)
    if request.function == WRITE_COIL:
        on = bool(request.values[0])
        return WriteSingleCoilRequest(address=address, bits=[on], dev_id=unit)
    return _READS[request.function](address=address, count=request.count, dev_id=unit)


class NotThere(DeviceRefused):
    """Exceptions 01 and 02: the device is well and has no such function or address."""


def _refusal(device: str, operation: str, code: int, detail: str) -> DeviceError:
    """What a Modbus exception means to the lane.

    10 and 11 come from a gateway, for a device that nobody can hear: that is silence, not refusal.
    """
    if code in _NOT_THERE:
        return NotThere(device, operation, detail)
    if code == _NO_PATH:
        return DeviceUnreachable(device, operation, f"{detail}. Check the gateway's own settings")
    if code == _NO_ANSWER:
        return DeviceTimeout(device, operation, f"{detail}. Check the device behind the gateway")
    return DeviceRefused(device, operation, detail)


def checked(request: Request, answer: Reply) -> tuple[int, ...]:
    """Return registers or bits of a good answer.

    Raises DeviceRefused, DeviceGarbled, and DeviceTimeout or DeviceUnreachable where a gateway
    answers for a device that it cannot hear.
    """
    device, operation = request.device, request.operation
    if answer.isError():
        code = answer.exception_code
        meaning = _EXCEPTIONS.get(code, "unknown")
        detail = f"Modbus exception {code:02X} ({meaning}) for address {request.address}"
        raise _refusal(device, operation, code, detail)
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
