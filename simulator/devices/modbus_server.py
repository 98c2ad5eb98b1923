"""The simulator's own Modbus server core: executes requests on slaves, spoils answers on demand.

Pure: bytes and a time in milliseconds go in, bytes come out. The fronts in ``simulator.wires`` do
the input and output.
"""

import struct
from typing import Protocol

from simulator.devices.line_faults import FaultScript, Harm, LineFault, Outbox, has, spoil_frame
from simulator.devices.modbus_frames import (
    Request,
    RtuSplitter,
    TcpSplitter,
    rtu_frame,
    tcp_frame,
)
from simulator.devices.registers import (
    GATEWAY_NO_TARGET,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    ModbusRefusal,
    RegisterFile,
    Table,
)


class Slave(Protocol):
    """A device behind a Modbus address."""

    registers: RegisterFile

    def refresh(self, now_ms: int) -> None:
        """A valid frame for this slave has come: bring the registers up to date."""

    def written(self, table: Table, address: int, count: int, now_ms: int) -> None:
        """The client has stored values; act on them."""


def execute(slave: Slave, pdu: bytes, now_ms: int) -> bytes:
    """Execute one request and return the answer PDU; refusals become exception answers."""
    function = pdu[0]
    handler = _HANDLERS.get(function)
    slave.refresh(now_ms)
    if handler is None:
        return bytes([function | 0x80, ILLEGAL_FUNCTION])
    try:
        return bytes([function]) + handler(slave, pdu[1:], now_ms)
    except struct.error:
        return bytes([function | 0x80, ILLEGAL_VALUE])
    except ModbusRefusal as refusal:
        return bytes([function | 0x80, refusal.code])


def _read_bits(table: Table, slave: Slave, data: bytes) -> bytes:
    address, count = struct.unpack(">HH", data)
    if not 1 <= count <= 2000:
        raise ModbusRefusal(ILLEGAL_VALUE)
    values = slave.registers.read(table, address, count)
    packed = bytearray((count + 7) // 8)
    for index, value in enumerate(values):
        if value:
            packed[index // 8] |= 1 << (index % 8)
    return bytes([len(packed)]) + bytes(packed)


def _read_words(table: Table, slave: Slave, data: bytes) -> bytes:
    address, count = struct.unpack(">HH", data)
    if not 1 <= count <= 125:
        raise ModbusRefusal(ILLEGAL_VALUE)
    values = slave.registers.read(table, address, count)
    return bytes([2 * count]) + struct.pack(f">{count}H", *values)


def _write(slave: Slave, table: Table, address: int, values: list[int], now_ms: int) -> None:
    slave.registers.check_write(table, address, len(values))
    slave.registers.store(table, address, values)
    slave.written(table, address, len(values), now_ms)


def _write_coil(slave: Slave, data: bytes, now_ms: int) -> bytes:
    address, value = struct.unpack(">HH", data)
    if value not in (0x0000, 0xFF00):
        raise ModbusRefusal(ILLEGAL_VALUE)
    _write(slave, Table.COIL, address, [int(value != 0)], now_ms)
    return data


def _write_register(slave: Slave, data: bytes, now_ms: int) -> bytes:
    address, value = struct.unpack(">HH", data)
    _write(slave, Table.HOLDING, address, [value], now_ms)
    return data


def _write_coils(slave: Slave, data: bytes, now_ms: int) -> bytes:
    address, count, size = struct.unpack_from(">HHB", data)
    if not 1 <= count <= 1968 or size != (count + 7) // 8 or len(data) != 5 + size:
        raise ModbusRefusal(ILLEGAL_VALUE)
    values = [data[5 + index // 8] >> (index % 8) & 1 for index in range(count)]
    _write(slave, Table.COIL, address, values, now_ms)
    return data[:4]


def _write_registers(slave: Slave, data: bytes, now_ms: int) -> bytes:
    address, count, size = struct.unpack_from(">HHB", data)
    if not 1 <= count <= 123 or size != 2 * count or len(data) != 5 + size:
        raise ModbusRefusal(ILLEGAL_VALUE)
    _write(slave, Table.HOLDING, address, list(struct.unpack_from(f">{count}H", data, 5)), now_ms)
    return data[:4]


def _write_then_read(slave: Slave, data: bytes, now_ms: int) -> bytes:
    read_at, read_count, address, count, size = struct.unpack_from(">HHHHB", data)
    sizes_fit = size == 2 * count and len(data) == 9 + size
    if not 1 <= read_count <= 125 or not 1 <= count <= 121 or not sizes_fit:
        raise ModbusRefusal(ILLEGAL_VALUE)
    _write(slave, Table.HOLDING, address, list(struct.unpack_from(f">{count}H", data, 9)), now_ms)
    return _read_words(Table.HOLDING, slave, struct.pack(">HH", read_at, read_count))


_HANDLERS = {
    1: lambda slave, data, _: _read_bits(Table.COIL, slave, data),
    2: lambda slave, data, _: _read_bits(Table.DISCRETE, slave, data),
    3: lambda slave, data, _: _read_words(Table.HOLDING, slave, data),
    4: lambda slave, data, _: _read_words(Table.INPUT, slave, data),
    5: _write_coil,
    6: _write_register,
    15: _write_coils,
    16: _write_registers,
    23: _write_then_read,
}


def _spoil_pdu(pdu: bytes, harms: tuple[LineFault, ...]) -> bytes:
    for fault in harms:
        if fault.harm is Harm.EXCEPTION:
            pdu = bytes([pdu[0] & 0x7F | 0x80, fault.amount or 0x04])
        elif fault.harm is Harm.WRONG_FUNCTION:
            pdu = bytes([(pdu[0] & 0x7F) % 4 + 1]) + pdu[1:]
    return pdu


class RtuLine:
    """One serial line with its slaves; a request for an address nobody has stays unanswered."""

    def __init__(self, slaves: dict[int, Slave], faults: FaultScript | None = None) -> None:
        self._slaves = slaves
        self.faults = faults or FaultScript()
        self._splitter = RtuSplitter()
        self._outbox = Outbox()

    def receive(self, data: bytes, now_ms: int) -> bytes:
        """Take bytes off the line; return what the slaves put on it now.

        One without power neither hears nor answers.
        """
        for request in self._splitter.feed(data, now_ms):
            self._answer(request, now_ms)
        return self._outbox.due(now_ms)

    def poll(self, now_ms: int) -> bytes:
        """Return answers that were held back and are due now."""
        return self._outbox.due(now_ms)

    def _answer(self, request: Request, now_ms: int) -> None:
        if request.unit == 0:
            for unit, each in self._slaves.items():
                if not self.faults.is_dark(unit):
                    execute(each, request.pdu, now_ms)
            return
        slave = self._slaves.get(request.unit)
        if slave is None or self.faults.is_dark(request.unit):
            return
        harms = self.faults.harms(request.unit, request.pdu[0])
        pdu = _spoil_pdu(execute(slave, request.pdu, now_ms), harms)
        unit = request.unit % 247 + 1 if has(harms, Harm.WRONG_UNIT) else request.unit
        frame = spoil_frame(rtu_frame(unit, pdu), harms, self.faults)
        self._outbox.put(frame, harms, now_ms)


class TcpConnection:
    """One Modbus/TCP connection. Unknown units get exception 0B, as a gateway answers."""

    def __init__(self, slaves: dict[int, Slave], faults: FaultScript | None = None) -> None:
        self._slaves = slaves
        self.faults = faults or FaultScript()
        self._splitter = TcpSplitter()
        self._outbox = Outbox()

    @property
    def broken(self) -> bool:
        """True after a header that cannot be Modbus; the front closes the connection."""
        return self._splitter.broken

    def receive(self, data: bytes, now_ms: int) -> bytes:
        """Take bytes of the connection; return the answers due now, each with its own id."""
        for request in self._splitter.feed(data):
            self._answer(request, now_ms)
        return self._outbox.due(now_ms)

    def poll(self, now_ms: int) -> bytes:
        """Return answers that were held back and are due now."""
        return self._outbox.due(now_ms)

    def _answer(self, request: Request, now_ms: int) -> None:
        if self.faults.is_dark(request.unit):
            return
        harms = self.faults.harms(request.unit, request.pdu[0])
        slave = self._slaves.get(request.unit)
        if slave is None:
            pdu = bytes([request.pdu[0] | 0x80, GATEWAY_NO_TARGET])
        else:
            pdu = execute(slave, request.pdu, now_ms)
        pdu = _spoil_pdu(pdu, harms)
        unit = (request.unit + 1) % 256 if has(harms, Harm.WRONG_UNIT) else request.unit
        transaction = request.transaction
        if has(harms, Harm.WRONG_TRANSACTION):
            transaction = (transaction + 1) % 0x10000
        frame = spoil_frame(tcp_frame(transaction, unit, pdu), harms, self.faults)
        self._outbox.put(frame, harms, now_ms)
