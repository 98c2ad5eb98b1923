"""libmodbus, a C library by others, as client and as server. No code of ours frames anything here.

The shared library (Debian package ``libmodbus5``) is used as it is, without header or compiler.

    python -m tests.wire.libmodbus_peer tcp 127.0.0.1:0     a server; prints the port it listens on
    python -m tests.wire.libmodbus_peer rtu TTY:UNIT        the same on a serial line; prints "open"
    ... --ask                                               then prints what it is asked, as hex
    ... input:3=32                                          a register or bit it holds at first
"""

import ctypes
import os
import re
import select
import socket
import sys
from collections.abc import Sequence
from typing import Any

LIBRARY = "libmodbus.so.5"
SIZE = 5000
"""Coils, discrete inputs, holding and input registers the server has, each from address 0."""
FIRST = 1000
"""Register n of the server holds FIRST + n at first; its odd bits are set."""
MAX_ADU_BYTES = 260
BAUD = 19_200
FAILED = -1


class _Mapping(ctypes.Structure):
    """``modbus_mapping_t`` of modbus.h, 3.1."""

    _fields_ = (
        ("nb_bits", ctypes.c_int),
        ("start_bits", ctypes.c_int),
        ("nb_input_bits", ctypes.c_int),
        ("start_input_bits", ctypes.c_int),
        ("nb_input_registers", ctypes.c_int),
        ("start_input_registers", ctypes.c_int),
        ("nb_registers", ctypes.c_int),
        ("start_registers", ctypes.c_int),
        ("tab_bits", ctypes.POINTER(ctypes.c_uint8)),
        ("tab_input_bits", ctypes.POINTER(ctypes.c_uint8)),
        ("tab_input_registers", ctypes.POINTER(ctypes.c_uint16)),
        ("tab_registers", ctypes.POINTER(ctypes.c_uint16)),
    )


class PeerError(Exception):
    """What libmodbus says went wrong."""


class _Context:
    """A ``modbus_t`` for ``host:port`` or for a serial line (19200 8N1)."""

    def __init__(self, where: str, *, tcp: bool) -> None:
        self.lib: Any = ctypes.CDLL(LIBRARY, use_errno=True)
        self.lib.modbus_new_tcp.restype = self.lib.modbus_new_rtu.restype = ctypes.c_void_p
        self.lib.modbus_mapping_new.restype = ctypes.POINTER(_Mapping)
        self.lib.modbus_strerror.restype = ctypes.c_char_p
        if tcp:
            host, port = where.rsplit(":", 1)
            made = self.lib.modbus_new_tcp(host.encode(), int(port))
        else:
            made = self.lib.modbus_new_rtu(where.encode(), BAUD, ctypes.c_char(b"N"), 8, 1)
        assert made, f"libmodbus makes no context for {where}"
        self.context = ctypes.c_void_p(made)

    def call(self, name: str, *arguments: object) -> int:
        """Call a function of the library on this context. Raises PeerError."""
        result = int(getattr(self.lib, name)(self.context, *arguments))
        if result == FAILED:
            raise PeerError(self.lib.modbus_strerror(ctypes.get_errno()).decode())
        return result


class Client:
    """A client of one unit."""

    def __init__(self, where: str, unit: int, *, tcp: bool) -> None:
        self._modbus = _Context(where, tcp=tcp)
        self._modbus.call("modbus_set_slave", unit)
        self._modbus.call("modbus_set_response_timeout", 2, 0)
        self._modbus.call("modbus_connect")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._modbus.lib.modbus_close(self._modbus.context)
        self._modbus.lib.modbus_free(self._modbus.context)

    def read(self, table: str, address: int, count: int) -> list[int]:
        """Read a table by the words of the device maps. Raises PeerError."""
        name, item = {
            "coil": ("modbus_read_bits", ctypes.c_uint8),
            "discrete": ("modbus_read_input_bits", ctypes.c_uint8),
            "holding": ("modbus_read_registers", ctypes.c_uint16),
            "input": ("modbus_read_input_registers", ctypes.c_uint16),
        }[table]
        into = (item * count)()
        self._modbus.call(name, address, count, into)
        return list(into)

    def write(self, address: int, values: Sequence[int]) -> None:
        """Write holding registers in one request. Raises PeerError."""
        words = (ctypes.c_uint16 * len(values))(*values)
        self._modbus.call("modbus_write_registers", address, len(values), words)

    def write_coil(self, address: int, *, on: bool) -> None:
        """Write one coil. Raises PeerError."""
        self._modbus.call("modbus_write_bit", address, int(on))


class Server:
    """Registers behind libmodbus's own server."""

    def __init__(self, where: str, *, tcp: bool, unit: int, ask: bool) -> None:
        self._modbus = _Context(where, tcp=tcp)
        self._map = self._modbus.lib.modbus_mapping_new(SIZE, SIZE, SIZE, SIZE)
        tables = self._map.contents
        for at in range(SIZE):
            tables.tab_bits[at] = tables.tab_input_bits[at] = at % 2
            tables.tab_registers[at] = tables.tab_input_registers[at] = FIRST + at
        self._request = (ctypes.c_uint8 * MAX_ADU_BYTES)()
        self._head = 7 if tcp else 1
        self._ask = ask
        if not tcp:
            self._modbus.call("modbus_set_slave", unit)

    def hold(self, table: str, address: int, value: int) -> None:
        """Hold a value in a table, by the words of the device maps."""
        tables = self._map.contents
        {
            "coil": tables.tab_bits,
            "discrete": tables.tab_input_bits,
            "holding": tables.tab_registers,
            "input": tables.tab_input_registers,
        }[table][address] = value

    def serve_tcp(self) -> None:
        """Listen, say where, and answer every connection until the process is ended."""
        listening = self._modbus.call("modbus_tcp_listen", 8)
        with socket.socket(fileno=os.dup(listening)) as named:
            print(named.getsockname()[1], flush=True)
        poll = select.poll()
        poll.register(listening, select.POLLIN)
        while True:
            for ready, _ in poll.poll():
                if ready == listening:
                    accepted = self._modbus.call(
                        "modbus_tcp_accept", ctypes.byref(ctypes.c_int(listening))
                    )
                    poll.register(accepted, select.POLLIN)
                    continue
                self._modbus.call("modbus_set_socket", ready)
                if not self._answer():
                    poll.unregister(ready)
                    os.close(ready)

    def serve_rtu(self) -> None:
        """Open the line, say so, and answer until the process is ended."""
        self._modbus.call("modbus_connect")
        print("open", flush=True)
        while True:
            self._answer()

    def _answer(self) -> bool:
        lib, context = self._modbus.lib, self._modbus.context
        size = lib.modbus_receive(context, self._request)
        if size > 0:
            if self._ask:
                print(bytes(self._request[self._head : self._head + 5]).hex(), flush=True)
            lib.modbus_reply(context, self._request, size, self._map)
        return size >= 0


def main(arguments: Sequence[str]) -> None:
    """Serve as the arguments say."""
    kind, where, *more = arguments
    ask, tcp, unit = "--ask" in more, kind == "tcp", 1
    if not tcp:
        where, _, number = where.rpartition(":")
        unit = int(number)
    server = Server(where, tcp=tcp, unit=unit, ask=ask)
    for table, address, value in re.findall(r"(\w+):(\d+)=(\d+)", " ".join(more)):
        server.hold(table, int(address), int(value))
    if tcp:
        server.serve_tcp()
    server.serve_rtu()


if __name__ == "__main__":
    main(sys.argv[1:])
