"""The simulated safety controller: a Pilz PNOZmulti on Modbus/TCP with this lane's project in it.

Areas, control word and status word follow the manufacturer's Modbus/TCP manual (1002971EN02,
p. 51-91); the meaning of each bit is the lane's own project.
"""

from simulator.devices.registers import RegisterFile, Table
from simulator.hall.plant import Key, Plant, Sees, Spot

VIRTUAL_INPUT_WORDS = 8
CONTROL = 255
VIRTUAL_OUTPUTS = 512
LIFE = 514
STATUS = 2048
STATUS_NOT_CURRENT = 1 << 0
STATUS_WATCHDOG = 1 << 5
TRIGGER = 1 << 15
WATCHDOG_MS = (0, 100, 200, 500, 1000, 3000, 5000, 10000)
"""Control register bits 10-8 to the watchdog time; 0 is off."""
CYCLE_MS = 10

_DISCRETE_VIRTUAL_OUTPUTS = 8192
_COIL_CONTROL = 4080
_ANTIVALENT = {Sees.OCCUPIED: (True, False), Sees.CLEAR: (False, True)}


class SafetyPlc:
    """Turns the hall's contacts into virtual outputs, virtual inputs into lamp and barriers."""

    def __init__(self, registers: RegisterFile, plant: Plant) -> None:
        self.registers = registers
        self._plant = plant
        for table, start, count in (
            (Table.HOLDING, 0, VIRTUAL_INPUT_WORDS),
            (Table.HOLDING, CONTROL, 1),
            (Table.INPUT, CONTROL, 1),
            (Table.INPUT, VIRTUAL_OUTPUTS, 8),
            (Table.INPUT, STATUS, 1),
            (Table.COIL, 0, 16 * VIRTUAL_INPUT_WORDS),
            (Table.COIL, _COIL_CONTROL, 16),
            (Table.DISCRETE, _DISCRETE_VIRTUAL_OUTPUTS, 128),
        ):
            registers.lay_out(table, start, count)
        self._now_ms = 0
        self._life = 0
        self._watchdog_ms = 0
        self._fed_ms = 0
        self._expired = False
        self.frozen = False
        self._shown_bits: list[bool] = []
        self._shown_inputs: list[int] = []
        self._shown_cycle = -1
        self._show()

    def refresh(self, now_ms: int) -> None:
        """A request came: bring the areas up to date, once in a cycle of the controller."""
        self.advance(now_ms)
        if now_ms // CYCLE_MS != self._shown_cycle:
            self._shown_cycle = now_ms // CYCLE_MS
            self._show()

    def written(self, table: Table, address: int, count: int, now_ms: int) -> None:
        """Mirror coils and registers; feed the watchdog as the manual says."""
        if table is Table.COIL:
            self._coils_to_words(address, count)
            in_inputs, in_control = address < 128, address >= _COIL_CONTROL
        else:
            in_inputs, in_control = address < VIRTUAL_INPUT_WORDS, address + count > CONTROL
        if in_control:
            control = self.registers.get(Table.HOLDING, CONTROL)
            if control & TRIGGER:
                self._watchdog_ms = WATCHDOG_MS[control >> 8 & 7]
                self._feed(now_ms)
        if in_inputs:
            self._feed(now_ms)
        self._drive_outputs()
        self._show()

    def power_up(self) -> None:
        """Off and on again: everything virtual is forgotten, search-and-secure is lost."""
        self.registers.store(Table.HOLDING, 0, [0] * VIRTUAL_INPUT_WORDS)
        self.registers.store(Table.HOLDING, CONTROL, [0])
        self._watchdog_ms, self._expired, self._life = 0, False, 0
        self._plant.power_up()
        self._drive_outputs()
        self._show()

    def advance(self, now_ms: int) -> None:
        """Run the controller's cycles until ``now_ms``."""
        if now_ms <= self._now_ms:
            return
        self._now_ms = now_ms
        if self._watchdog_ms and now_ms - self._fed_ms >= self._watchdog_ms:
            self._expired = True
            self.registers.store(Table.HOLDING, 0, [0] * VIRTUAL_INPUT_WORDS)
        if not self.frozen:
            self._life = now_ms // CYCLE_MS & 0xFFFF
            self._drive_outputs()

    def _feed(self, now_ms: int) -> None:
        self._fed_ms = now_ms
        self._expired = False

    def _coils_to_words(self, address: int, count: int) -> None:
        for coil in range(address, address + count):
            word = coil // 16
            value = self.registers.get(Table.HOLDING, word)
            bit = 1 << coil % 16
            on = self.registers.get(Table.COIL, coil)
            self.registers.store(Table.HOLDING, word, [value | bit if on else value & ~bit])

    def _drive_outputs(self) -> None:
        """Virtual inputs 0-2 of the lane's project act on lamp, horn and barriers."""
        word = self.registers.get(Table.HOLDING, 0)
        actuators = self._plant.actuators
        actuators.warning = bool(word & 1)
        actuators.entry_barrier_open = bool(word & 2)
        actuators.exit_barrier_open = bool(word & 4)

    def _show(self) -> None:
        self._show_status()
        if self.frozen:
            return
        self.registers.store(Table.INPUT, CONTROL, [self.registers.get(Table.HOLDING, CONTROL)])
        bits = self._virtual_outputs()
        if bits != self._shown_bits:
            self._shown_bits = bits
            for word in range(0, len(bits), 16):
                on = bits[word : word + 16]
                self._show_word(word // 16, sum(1 << at for at, each in enumerate(on) if each))
        self._show_word(LIFE - VIRTUAL_OUTPUTS, self._life)
        inputs = self.registers.read(Table.HOLDING, 0, VIRTUAL_INPUT_WORDS)
        if inputs != self._shown_inputs:
            self._shown_inputs = inputs
            self.registers.store(
                Table.COIL, 0, [value >> bit & 1 for value in inputs for bit in range(16)]
            )

    def _show_word(self, word: int, value: int) -> None:
        """Show a word of virtual outputs as a register and, bit by bit, as discrete inputs."""
        self.registers.store(Table.INPUT, VIRTUAL_OUTPUTS + word, [value])
        first = _DISCRETE_VIRTUAL_OUTPUTS + 16 * word
        self.registers.store(Table.DISCRETE, first, [value >> bit & 1 for bit in range(16)])

    def _show_status(self) -> None:
        status = (STATUS_WATCHDOG if self._expired else 0) | (
            STATUS_NOT_CURRENT if self.frozen else 0
        )
        self.registers.store(Table.INPUT, STATUS, [status])

    def _virtual_outputs(self) -> list[bool]:
        """Bits 0 to 23 of the lane's project."""
        plant = self._plant
        people, damage = plant.people, plant.damage
        pairs = [_ANTIVALENT.get(plant.sees(spot), (False, False)) for spot in Spot]
        return [
            not people.estop_pressed,
            damage.estop_b_stuck or not people.estop_pressed,
            people.key is not Key.OFF,
            people.key is Key.SERVICE,
            not people.doors_open,
            plant.secured,
            not people.person_in_zone,
            not damage.zone_selftest_failed,
            plant.lamp_current,
            plant.horn_current,
            plant.entry_barrier.is_closed,
            plant.entry_barrier.is_open,
            plant.exit_barrier.is_closed,
            plant.exit_barrier.is_open,
            plant.beam_on or damage.beam_detector_on,
            False,
            *(pair[0] for pair in pairs),
            *(pair[1] for pair in pairs),
        ]
