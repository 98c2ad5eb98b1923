"""Whether what a line's devices ask fits the line: characters, silences, answers. Pure.

Each kind of device tells its plan (``plan`` in its module): which exchanges, how often, of how many
bytes. What a plan leaves out is what comes rarely: commands, retries, the wait after a missing
answer. A line that is nearly full has no room for them, hence the warning long before 100 %.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.device_map_model import BIT_TABLES, Table
from drivers.modbus_settings import BusSettings, RtuSettings
from drivers.read_plan import Block
from drivers.serial_line import SerialSettings
from edge.errors import Mistake

REFUSED_ABOVE = 1.0
WARNED_ABOVE = 0.7
FRAME_GAP_CHARACTERS = 3.5
"""Silence between RTU frames (Modbus over Serial Line V1.02, 2.5.1.1)."""
FAST_BAUD = 19_200
FAST_GAP_MS = 1.75
"""Above 19200 baud the silence no longer shrinks (the same, 2.5.1.1)."""
_RTU_FRAME_BYTES = 3
"""Unit and CRC around a PDU (Modbus over Serial Line V1.02, 2.3)."""


@dataclass(frozen=True, slots=True)
class PlannedExchange:
    """One question with its answer, asked again and again.

    Attributes:
        what: what is asked, in words.
        per_second: how often.
        request_bytes: on a serial line, with everything around it.
        answer_bytes: likewise.
    """

    what: str
    per_second: float
    request_bytes: int
    answer_bytes: int

    @property
    def characters(self) -> int:
        """What crosses the line in both directions."""
        return self.request_bytes + self.answer_bytes


Plan = tuple[PlannedExchange, ...]


def modbus_read(
    what: str, per_second: float, count: int, table: Table = Table.HOLDING
) -> PlannedExchange:
    """Functions 1 to 4 (Application Protocol V1.1b3, 6.1 to 6.4).

    PDUs of 5 bytes and of 2, behind which a register takes two bytes and eight bits take one.
    """
    data = -(-count // 8) if table in BIT_TABLES else 2 * count
    return PlannedExchange(what, per_second, 5 + _RTU_FRAME_BYTES, 2 + data + _RTU_FRAME_BYTES)


def block_read(block: Block, per_second: float) -> PlannedExchange:
    """The question for one block of a device map, named after its first field."""
    what = f"read {block.fields[0].name}"
    return modbus_read(what, per_second, block.count, block.table)


def modbus_write(
    what: str, per_second: float, count: int, table: Table = Table.HOLDING
) -> PlannedExchange:
    """Function 16 (the same, 6.12): PDUs of 6 + 2n and 5 bytes; function 5 (6.5): 5 each."""
    request = 5 if table is Table.COIL else 6 + 2 * count
    return PlannedExchange(what, per_second, request + _RTU_FRAME_BYTES, 5 + _RTU_FRAME_BYTES)


def per_second(period_ms: int) -> float:
    """How often something of a period happens."""
    return 1000 / period_ms


@dataclass(frozen=True, slots=True)
class Pace:
    """How long one line takes for things.

    Attributes:
        baud: bits per second; 0 where bytes take no time worth counting (TCP).
        parity: N, E or O.
        framed: whether silence tells frames apart, as on Modbus RTU.
        silence_ms: the pause that is set, kept when it is longer than the frames ask for.
        turnaround_ms: what a device takes to begin its answer.
    """

    baud: int
    parity: str
    framed: bool
    silence_ms: int
    turnaround_ms: int

    @property
    def bits(self) -> int:
        """Bits of a character: start, eight, stop, and parity where there is one."""
        return 10 if self.parity == "N" else 11

    @property
    def gap_ms(self) -> float:
        """The silence that has to stand between two frames."""
        if not (self.baud and self.framed):
            return 0.0
        if self.baud > FAST_BAUD:
            return FAST_GAP_MS
        return FRAME_GAP_CHARACTERS * self.character_ms

    @property
    def character_ms(self) -> float:
        """Time of one character on the line."""
        return 1000 * self.bits / self.baud if self.baud else 0.0

    def exchange_ms(self, exchange: PlannedExchange) -> float:
        """Silence, request, turnaround (never below the gap a frame needs), answer."""
        silence_ms = max(self.silence_ms, self.gap_ms) if self.framed else 0.0
        turnaround_ms = max(self.turnaround_ms, self.gap_ms)
        return silence_ms + exchange.characters * self.character_ms + turnaround_ms

    def share(self, plan: Plan) -> float:
        """Part of the line's time that a plan takes; 1 is all of it."""
        return sum(each.per_second * self.exchange_ms(each) for each in plan) / 1000

    @property
    def shown(self) -> str:
        """In words, for messages."""
        if not self.baud:
            return f"TCP, {self.turnaround_ms} ms until an answer comes"
        silence = f", {max(self.silence_ms, self.gap_ms):.2f} ms silence" if self.framed else ""
        return (
            f"{self.baud} baud 8{self.parity}1, {self.bits} bits a character{silence}, "
            f"{self.turnaround_ms} ms turnaround"
        )


def pace_of_bus(settings: BusSettings) -> Pace:
    """The pace of a Modbus line; RTU frames through a serial server still cross its line."""
    if isinstance(settings, RtuSettings):
        return Pace(
            baud=settings.baud,
            parity=settings.parity,
            framed=True,
            silence_ms=settings.silence_ms,
            turnaround_ms=settings.turnaround_ms,
        )
    return Pace(0, "N", framed=False, silence_ms=0, turnaround_ms=settings.turnaround_ms)


def pace_of_line(settings: SerialSettings) -> Pace:
    """The pace of a line with one device that speaks a protocol of its own.

    Behind a serial server its bytes still cross a serial line. Only a device with
    ``framing = "tcp"`` is spoken to over TCP itself, and its baud means nothing.
    """
    baud = 0 if getattr(settings, "framing", "") == "tcp" else settings.baud
    parity = settings.parity
    return Pace(baud, parity, framed=False, silence_ms=0, turnaround_ms=settings.turnaround_ms)


@dataclass(frozen=True, slots=True)
class LinePlan:
    """All that is asked on one line.

    Attributes:
        key: the section of the lane file that describes the line.
        pace: of the line.
        devices: the plan of each device by its name in the lane file.
    """

    key: str
    pace: Pace
    devices: Mapping[str, Plan]

    @property
    def share(self) -> float:
        """Part of the line's time that all plans together take."""
        return sum(self.pace.share(plan) for plan in self.devices.values())

    @property
    def arithmetic(self) -> str:
        """How the share comes about, exchange by exchange."""
        parts = []
        for name, plan in self.devices.items():
            terms = "; ".join(self._term(each) for each in plan)
            parts.append(f"{name} {100 * self.pace.share(plan):.1f} % ({terms})")
        return f"{100 * self.share:.1f} % of the line ({self.pace.shown}): {', '.join(parts)}"

    def _term(self, exchange: PlannedExchange) -> str:
        size = f"{exchange.request_bytes}+{exchange.answer_bytes} bytes " if self.pace.baud else ""
        took = f"{self.pace.exchange_ms(exchange):.1f} ms"
        return f"{exchange.what} {exchange.per_second:.1f}/s x {size}{took}"

    def mistakes(self, file: str) -> list[Mistake]:
        """What makes the plan impossible."""
        return [self._full(file, "cannot be kept")] if self.share > REFUSED_ABOVE else []

    def warnings(self, file: str) -> list[Mistake]:
        """What makes it doubtful: no room for commands and retries, silences that are too short."""
        found = []
        if WARNED_ABOVE < self.share <= REFUSED_ABOVE:
            found.append(self._full(file, "leaves little room for commands and retries"))
        pace = self.pace
        if pace.framed and pace.silence_ms < int(pace.gap_ms):
            reason = f"is shorter than 3.5 characters at {pace.baud} baud, {pace.gap_ms:.2f} ms"
            remedy = f"Set {int(pace.gap_ms) + 1}: devices tell frames apart by the silence"
            key = f"{self.key}.silence_ms"
            found.append(Mistake(file, key, str(pace.silence_ms), reason, remedy))
        return found

    def _full(self, file: str, what: str) -> Mistake:
        slowed = ", ".join(f"devices.{name}" for name in self.devices)
        remedy = f"Give longer periods in {slowed}, or move a device to a line of its own"
        if self.pace.baud:
            key, value, remedy = "baud", str(self.pace.baud), f"Raise baud, g{remedy[1:]}"
        else:
            key, value = "turnaround_ms", str(self.pace.turnaround_ms)
        reason = f"the poll plan {what}: {self.arithmetic}"
        return Mistake(file, f"{self.key}.{key}", value, reason, remedy)
