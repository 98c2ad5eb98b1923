"""The simulated remote I/O: a Moxa ioLogik E1212 or E1214 on Modbus/TCP.

Addresses follow the user manual of the E1200 series, appendix A. Its host watchdog is set in its
web page; here by ``host_watchdog_ms``, off unless a test sets it.
"""

from simulator.devices.registers import ILLEGAL_VALUE, ModbusRefusal, RegisterFile, Table

COUNTER = 0x0010
COUNTING, CLEAR = 0x0100, 0x0110
SAFE_STATUS, CLEAR_SAFE = 0x1010, 0x1020


class IoLogik:
    """Inputs that a test moves, counters that count their rising edges, outputs with a safe state.

    Args:
        registers: laid out from the device map.
        channels: 8 of an E1212, 6 of an E1214; those above do not exist.
        host_watchdog_ms: silence after which outputs go off and stay in safe mode; 0 for never.
    """

    def __init__(
        self, registers: RegisterFile, *, channels: int = 6, host_watchdog_ms: int = 0
    ) -> None:
        self.registers = RegisterFile()
        self.registers.places = registers.places
        self.channels = channels
        for table, start, count in (
            (Table.DISCRETE, 0, channels),
            (Table.INPUT, COUNTER, 2 * channels),
            (Table.COIL, 0, channels),
            (Table.COIL, COUNTING, channels),
            (Table.COIL, CLEAR, channels),
            (Table.COIL, SAFE_STATUS, channels),
            (Table.COIL, CLEAR_SAFE, channels),
        ):
            self.registers.lay_out(table, start, count)
        self.registers.store(Table.COIL, COUNTING, [1] * channels)
        self._host_watchdog_ms = host_watchdog_ms
        self._heard_ms: int | None = None

    def set_input(self, channel: int, *, on: bool) -> None:
        """Close or open a contact; a rising edge counts while the counter runs."""
        before = self.registers.get(Table.DISCRETE, channel)
        self.registers.store(Table.DISCRETE, channel, [int(on)])
        if on and not before and self.registers.get(Table.COIL, COUNTING + channel):
            self._store_count(channel, self.count(channel) + 1)

    def count(self, channel: int) -> int:
        """What a counter shows."""
        high, low = self.registers.read(Table.INPUT, COUNTER + 2 * channel, 2)
        return high << 16 | low

    def output(self, channel: int) -> bool:
        """Whether a relay is closed."""
        return bool(self.registers.get(Table.COIL, channel))

    def power_up(self) -> None:
        """Off and on again: every relay is open, the host was never heard."""
        self.registers.store(Table.COIL, 0, [0] * self.channels)
        self._heard_ms = None

    def refresh(self, now_ms: int) -> None:
        """A request came: the host is there."""
        self.advance(now_ms)
        self._heard_ms = now_ms

    def advance(self, now_ms: int) -> None:
        """Look after the host."""
        if not self._host_watchdog_ms or self._heard_ms is None:
            return
        if now_ms - self._heard_ms >= self._host_watchdog_ms:
            self.registers.store(Table.COIL, 0, [0] * self.channels)
            self.registers.store(Table.COIL, SAFE_STATUS, [1] * self.channels)

    def written(self, table: Table, address: int, count: int, now_ms: int) -> None:
        """Clear what was asked to be cleared; a 0 there is no value."""
        if table is not Table.COIL:
            return
        values = self.registers.read(Table.COIL, address, count)
        for coil, value in enumerate(values, start=address):
            self._act(coil, value)

    def _act(self, coil: int, value: int) -> None:
        if CLEAR <= coil < CLEAR + self.channels:
            self.registers.store(Table.COIL, coil, [0])
            if not value:
                raise ModbusRefusal(ILLEGAL_VALUE)
            self._store_count(coil - CLEAR, 0)
        elif CLEAR_SAFE <= coil < CLEAR_SAFE + self.channels:
            self.registers.store(Table.COIL, coil, [0])
            if value:
                self.registers.store(Table.COIL, coil - CLEAR_SAFE + SAFE_STATUS, [0])
        elif coil < self.channels and self.registers.get(Table.COIL, SAFE_STATUS + coil):
            # In safe mode an output does not follow its host.
            self.registers.store(Table.COIL, coil, [0])

    def _store_count(self, channel: int, count: int) -> None:
        words = [count >> 16 & 0xFFFF, count & 0xFFFF]
        self.registers.store(Table.INPUT, COUNTER + 2 * channel, words)
