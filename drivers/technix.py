"""The driver of a Technix SR high-voltage generator: an echo protocol without checksum.

Each answer is the command itself, for a question with a number behind it, and CR. It is compared
byte by byte; a number, which nothing protects, is believed when it was said twice. The generator
acknowledges what it does not do, too, so every order is judged by the status that follows it.

Source: ``doc/sphinx/protocol.rst`` of the public HVCtl project.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from drivers.about import About
from drivers.bus_plan import Plan, PlannedExchange, per_second
from drivers.generator import Generator, said
from drivers.generator_settings import FULL_SCALE, GeneratorSettings
from edge.core.values import Input
from edge.errors import DeviceError, DeviceGarbled, DeviceRefused
from edge.ports import Heartbeat, Sink, Value

PULSE_S = 0.1
"""Between the two halves of the HV on and HV off pulses, after the answer to the first."""
SILENCE_S = 5.0
"""After so long without a command the generator powers off and goes to local."""
_MARGIN_S = 0.5
_ON_LOOK_S = 0.05
_READS = 3
_CR = b"\r"
_STATUS_MAX = 255
_REGULATION = 1

ABOUT = About(
    device="Technix SR high-voltage generator",
    protocol="echoed orders of HVCtl's protocol",
    wire="serial",
    publishes=("hv", "ready", "interlock", "source_fault", "kv", "ma", "watchdog"),
    sends="questions, and HV off when it begins and when it ends",
)


class TechnixSettings(GeneratorSettings):
    """The generator in the lane file.

    Attributes:
        kv_max: kilovolts at full scale; the generator does not tell.
        ma_max: milliamperes at full scale; likewise.
        poll_ms: between two polls; well below the generator's five seconds.
        on_ms: longest wait for high voltage to show in the status.
    """

    kind: Literal["technix"] = "technix"
    baud: int = Field(default=9600, ge=1200, le=1_000_000)
    poll_ms: int = Field(default=200, ge=50, le=1000)
    on_ms: int = Field(default=500, ge=50, le=2000)


def plan(settings: TechnixSettings) -> Plan:
    """The status twice, voltage and current at every poll, each answer at its longest."""
    polls = per_second(settings.poll_ms)
    asked = (("E", 2 * polls, _STATUS_MAX), ("a1", polls, FULL_SCALE), ("a2", polls, FULL_SCALE))
    return tuple(
        PlannedExchange(f"ask {word}", often, len(f"{word}\r"), len(f"{word}{most}\r"))
        for word, often, most in asked
    )


@dataclass(frozen=True, slots=True)
class Status:
    """The eight bits of the answer to ``E``, bit 1 the lowest.

    Bits 6 and 5, the first halves of HV off and on, need no name here: both are let go of whenever
    the line is opened. Bit 1 says which of voltage and current is regulated.
    """

    bits: int

    def _bit(self, number: int) -> bool:
        return bool(self.bits >> (number - 1) & 1)

    @property
    def inhibited(self) -> bool:
        """Inhibition is active."""
        return self._bit(8)

    @property
    def local(self) -> bool:
        """It does not listen to the line."""
        return self._bit(7)

    @property
    def hv(self) -> bool:
        """High voltage is on."""
        return self._bit(4)

    @property
    def interlock_open(self) -> bool:
        """The interlock is open."""
        return self._bit(3)

    @property
    def fault(self) -> bool:
        """There is a fault."""
        return self._bit(2)


class Echo:
    """Takes an answer byte by byte as it comes.

    Args:
        device: for errors.
        command: what was sent, without CR.
        most: the highest number that may follow; None when none may.
    """

    def __init__(self, device: str, command: str, most: int | None = None) -> None:
        self._device = device
        self._command = command.encode("ascii")
        self._most = most
        self._taken = bytearray()

    def take(self, data: bytes) -> int | None:
        """Return the number, 0 for an answer without one, when the answer is whole.

        Raises DeviceGarbled at the first byte that cannot be.
        """
        for place, byte in enumerate(data):
            size = len(self._taken)
            self._taken.append(byte)
            if size < len(self._command):
                if byte != self._command[size]:
                    raise self._garbled("is no echo")
            elif byte == _CR[0]:
                if place + 1 < len(data):
                    raise self._garbled("has something behind it")
                return self._number()
            elif self._most is None or not 0x30 <= byte <= 0x39 or size > len(self._command) + 3:
                raise self._garbled("is longer than the echo")
        return None

    def _number(self) -> int:
        digits = bytes(self._taken[len(self._command) : -1])
        if self._most is None:
            return 0
        if not digits or int(digits) > self._most:
            raise self._garbled(f"has no number up to {self._most}")
        return int(digits)

    def _garbled(self, why: str) -> DeviceGarbled:
        command = self._command.decode("ascii")
        detail = f"answer {bytes(self._taken)!r} {why}. Check baud, cable and its screen"
        return DeviceGarbled(self._device, f"command {command}", detail)


class Technix(Generator):
    """A Technix SR.

    Publishes ``hv`` (OK: off, BLOCKED: on), ``ready`` (no fault, not inhibited, remote),
    ``interlock``, ``source_fault``, ``kv``, ``ma``, and ``watchdog``: OK once this generator was
    seen to go to local by itself after five seconds of silence, which is tried whenever the line is
    first opened.
    """

    def __init__(
        self,
        *,
        name: str,
        settings: TechnixSettings,
        sink: Sink,
        alive: Heartbeat,
        now_ns: Callable[[], int],
    ) -> None:
        super().__init__(name=name, settings=settings, sink=sink, alive=alive, now_ns=now_ns)
        self._settings = settings
        self._watchdog_acts = False

    async def _meet(self) -> None:
        """Have it off, and see once that its watchdog acts."""
        await self._off_at_first()
        if not (self._watchdog_acts or self.only_looked_at):
            self._watchdog_acts = await self._try_watchdog()

    async def _try_watchdog(self) -> bool:
        """Take it to remote, say nothing for as long as it waits, and see it gone to local."""
        await self._to_remote("watchdog")
        await asyncio.sleep(SILENCE_S + _MARGIN_S)
        return (await self._status()).local

    async def _to_remote(self, operation: str) -> Status:
        if (status := await self._status()).local:
            await self._order("P7,0")
            status = await self._status()
        if status.local:
            raise DeviceRefused(self.name, operation, "it stays in local. Check its front panel")
        return status

    async def _set_points(self, kv: float, ma: float) -> None:
        """Set both. Only the echo tells what was understood: set points cannot be read back."""
        status = await self._to_remote("prepare")
        if status.inhibited:
            raise DeviceRefused(self.name, "prepare", "it is inhibited. Lift that at the generator")
        for number, value, full in (
            (1, kv, self._settings.kv_max),
            (2, ma, self._settings.ma_max),
        ):
            await self._order(f"d{number},{round(value / full * FULL_SCALE)}")

    async def _turn_on(self) -> None:
        status = await self._status()
        for hinders, why in (
            (status.local, "it is in local"),
            (status.inhibited, "it is inhibited"),
            (status.fault, "it has a fault"),
            (status.interlock_open, "its interlock is open"),
        ):
            if hinders:
                raise DeviceRefused(self.name, "hv_on", why)
        try:
            await self._order("P5,1")
            await self._pulse_goes_by()
            await self._order("P5,0")
            await self._see_hv()
        except DeviceError:
            # It may have been understood all the same, or half, or late: so it goes off.
            await self._off()
            raise

    async def _pulse_goes_by(self) -> None:
        """Wait for the pulse to be long enough, less when HV off is asked for."""
        self._give_way("P5,1")
        await asyncio.sleep(PULSE_S)
        self._give_way("P5,0")

    async def _see_hv(self) -> None:
        looks = max(1, round(self._settings.on_ms / 1000 / _ON_LOOK_S))
        for _ in range(looks):
            if (await self._status()).hv:
                return
            await asyncio.sleep(_ON_LOOK_S)
        detail = f"no high voltage {self._settings.on_ms} ms after its pulse"
        raise DeviceRefused(self.name, "hv_on", detail)

    async def _turn_off(self) -> None:
        """Hold HV off, let go of a half-given HV on while it is held, then let go of HV off."""
        await self._order("P6,1", urgent=True)
        await self._order("P5,0", urgent=True)
        await asyncio.sleep(PULSE_S)
        await self._order("P6,0", urgent=True)

    async def _is_hv_on(self) -> bool:
        return (await self._status(urgent=True)).hv

    async def _clear_faults(self) -> None:
        if (await self._status()).fault:
            detail = "no command resets this generator. Reset it at its front panel"
            raise DeviceRefused(self.name, "reset_faults", detail)

    def _off_word(self) -> bytes:
        """Hold HV off, whatever half command the line may hold. `_turn_off` lets go of it."""
        return b"\rP6,1\r"

    @property
    def _tells_answers_apart(self) -> bool:
        """An echo is compared byte by byte: another one before it is damage."""
        return False

    def _last_word(self) -> bytes:
        """Leave HV off held; the watchdog takes the rest. Who only looked lets go of it."""
        return self._off_word() + b"P6,0\r" * self.only_looked_at

    async def _look(self) -> None:
        asked_ns = self._now_ns()
        status = await self._status()
        values: dict[str, Value] = {
            "hv": said(ok=not status.hv),
            # The interlock is none of it: where it is the permit relay, it closes for ready ones.
            "ready": said(ok=not (status.fault or status.inhibited or status.local)),
            "interlock": said(ok=not status.interlock_open),
            "source_fault": said(ok=not status.fault),
            "watchdog": Input.OK if self._watchdog_acts else Input.BLOCKED,
        }
        self._deliver(values, asked_ns)
        self._hv_seen = status.hv
        asked_ns = self._now_ns()
        kv, ma = await self._ask("a1", FULL_SCALE), await self._ask("a2", FULL_SCALE)
        kv_shown = round(kv / FULL_SCALE * self._settings.kv_max, 4)
        ma_shown = round(ma / FULL_SCALE * self._settings.ma_max, 4)
        self._deliver({"kv": kv_shown, "ma": ma_shown}, asked_ns)

    async def _status(self, *, urgent: bool = False) -> Status:
        """Read the status until it was the same twice: nothing else protects it."""
        before = -1
        for _ in range(_READS):
            bits = await self._ask("E", _STATUS_MAX, urgent=urgent) & ~_REGULATION
            if before == bits:
                return Status(bits)
            before = bits
        raise DeviceGarbled(self.name, "status", f"never the same twice in {_READS} answers")

    async def _order(self, command: str, *, urgent: bool = False) -> None:
        echo = Echo(self.name, command)
        await self._line.exchange(command, command.encode("ascii") + _CR, echo.take, urgent=urgent)

    async def _ask(self, command: str, most: int, *, urgent: bool = False) -> int:
        echo = Echo(self.name, command, most)
        return await self._line.exchange(
            command, command.encode("ascii") + _CR, echo.take, urgent=urgent
        )
