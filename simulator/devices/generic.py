"""A simulated device of which only its map is known: it holds what it is given."""

from simulator.devices.registers import RegisterFile, Table

MAX_WORD = 0xFFFF


class GenericDevice:
    """Registers, bits and nothing else; every one begins as 0.

    Args:
        registers: laid out from the device map.
    """

    def __init__(self, registers: RegisterFile) -> None:
        self.registers = registers

    def hold(self, name: str, *words: int) -> None:
        """Let a field of the map hold these numbers, one a register."""
        place = self.registers.place(name)
        self.registers.store(place.table, place.address, list(words))

    def refresh(self, now_ms: int) -> None:
        """Nothing changes by itself."""

    def written(self, table: Table, address: int, count: int, now_ms: int) -> None:
        """What is written is held, and means nothing."""
