"""GE Reuter-Stokes RS-S131 area radiation monitor: the dose rate beside the lane, and an alarm.

Asked with ``#D0`` CR it answers ``D Y 0 SSSS HHHH BB.BB AAAAA EEEE CC`` CR LF (manual S131-200-UM
p. 69): address, status, chamber's high voltage, battery, dose rate in mR/h averaged since it was
asked last, minutes of that, and the sum of all digits before.

**Not in the reference**: which of the four flags of the status says what. They are taken in the
order of `_TROUBLES`, the last for its alarm. The limit of the lane file alarms without any of them.
"""

import asyncio
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Self, Unpack

from pydantic import Field, model_validator

from drivers.about import About
from drivers.bus_plan import Plan, PlannedExchange, per_second
from drivers.device_link import DeviceLink, rest_s
from drivers.line_driver import LineDriver, LineHead
from drivers.serial_line import SerialSettings
from edge.core.values import Input, Quality
from edge.errors import DeviceError, DeviceGarbled, DeviceTimeout, DeviceUnreachable
from edge.ports import Point

REQUEST = b"#D0\r"
MAX_ANSWER_BYTES = 64
_ANSWER_BYTES = len("D Y 0 SSSS HHHH BB.BB AAAAA EEEE CC\r\n")
_ANSWER = re.compile(
    rb"D (\d) 0 ([01]{4}) (\d{4}) (\d\d\.\d\d) (?=.{5} )(\d*\.?\d+) (\d{4}) (\d\d)"
)
_MAX_SUM = 99
"""How a sum of three digits is written is not published."""
_TROUBLES = ("error of its processor", "error of its converter", "battery low")
_QUIET_ROUNDS = 3

ABOUT = About(
    device="GE Reuter-Stokes RS-S131 area radiation monitor",
    protocol="lines of text with a sum",
    wire="serial",
    publishes=("dose_rate_mr_h", "alarm"),
    sends="questions",
)


class RsS131Settings(SerialSettings):
    """The monitor in the lane file."""

    kind: Literal["rs_s131"] = "rs_s131"
    baud: int = Field(default=9600, ge=1200, le=1_000_000)
    alarm_above_mr_h: float = Field(
        gt=0, le=1000, description="Dose rate in mR/h from which on no beam may be; the site's"
    )
    poll_ms: int = Field(500, ge=100, le=10_000, description="Period of asking")
    timeout_ms: int = Field(300, ge=50, le=5000, description="Longest wait for an answer")
    quiet_ms: int = Field(
        600,
        ge=50,
        le=10_000,
        description="Silence after a failed poll; an answer later than timeout_ms + quiet_ms could "
        "be taken for the next one's",
    )
    misses: int = Field(3, ge=1, le=20, description="Failed polls in a row until it is lost")

    @model_validator(mode="after")
    def _lets_late_answers_pass(self) -> Self:
        if self.quiet_ms < self.timeout_ms:
            raise ValueError(f"quiet_ms must be at least timeout_ms, {self.timeout_ms}")
        return self


def plan(settings: RsS131Settings) -> Plan:
    """One question at every poll."""
    polls = per_second(settings.poll_ms)
    return (PlannedExchange("ask the dose rate", polls, len(REQUEST), _ANSWER_BYTES),)


@dataclass(frozen=True, slots=True)
class Dose:
    """One answer.

    Attributes:
        rate_mr_h: as printed.
        trouble: what is wrong with the monitor, empty when nothing is.
        alarm: its own alarm flag.
    """

    rate_mr_h: Decimal
    trouble: str
    alarm: bool


def decode(line: bytes) -> Dose:
    """Return what an answer without CR LF says. Raises ValueError, whose text says why not."""
    fits = _ANSWER.fullmatch(line)
    if fits is None:
        raise ValueError(f"{line[:MAX_ANSWER_BYTES]!r} has not the form of an answer")
    _, status, high_voltage, _, rate, _, said = fits.groups()
    total = sum(byte - 0x30 for byte in line[1:-2] if byte in b"0123456789")
    if total != int(said) or total > _MAX_SUM:
        raise ValueError(f"sum of digits is {total}, the answer says {said.decode('ascii')}")
    troubles = [name for name, flag in zip(_TROUBLES, status, strict=False) if flag != 0x30]
    if int(high_voltage) == 0:
        troubles.append("no voltage on its chamber")
    return Dose(Decimal(rate.decode("ascii")), " and ".join(troubles), alarm=status.endswith(b"1"))


class RsS131(LineDriver[RsS131Settings]):
    """Publishes ``dose_rate_mr_h`` and ``alarm``.

    ``alarm`` is OK below the limit of the lane file, BLOCKED from it on and while the monitor's own
    alarm is set, UNKNOWN when the monitor is in trouble or its answer is damaged.
    """

    def __init__(self, **head: Unpack[LineHead[RsS131Settings]]) -> None:
        super().__init__(**head)
        self._link = DeviceLink(self.name, self._sink, self._settings.misses)
        self._unsettled = False

    async def _live(self) -> None:
        while True:
            begun_ns = self._now_ns()
            if self._alive():
                await self._poll()
            await asyncio.sleep(rest_s(self._settings.poll_ms, begun_ns, self._now_ns()))

    def _failed(self, error: DeviceError) -> None:
        self._link.failed(error)

    async def _poll(self) -> None:
        asked_ns = self._now_ns()
        try:
            await self._settle()
            asked_ns = self._now_ns()
            dose = decode(await self._ask())
        except DeviceUnreachable:
            raise
        except ValueError as error:
            self._unsettled = True
            self._doubt(DeviceGarbled(self.name, "poll", str(error)), asked_ns)
        except DeviceError as error:
            self._unsettled = True
            self._doubt(error, asked_ns)
        else:
            self._link.good()
            self._publish(dose, asked_ns)

    async def _ask(self) -> bytes:
        """Return the answer without CR LF. Raises DeviceError."""
        self._line.discard()
        timeout_ms = self._settings.timeout_ms
        answer = bytearray()
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                self._line.write(REQUEST)
                while not answer.endswith(b"\r\n"):
                    answer += await self._line.read(timeout_ms / 1000)
                    if len(answer) > MAX_ANSWER_BYTES:
                        raise DeviceGarbled(
                            self.name, "poll", "more came than an answer. Check baud"
                        )
        except (TimeoutError, DeviceTimeout) as error:
            detail = f"no answer in {timeout_ms} ms. Check cable, baud and power"
            raise DeviceTimeout(self.name, "poll", detail) from error
        return bytes(answer[:-2])

    async def _settle(self) -> None:
        """After a failed poll, let late answers pass: none may be taken for the next one's."""
        if not self._unsettled:
            return
        for _ in range(_QUIET_ROUNDS):
            try:
                await self._line.read(self._settings.quiet_ms / 1000)
            except DeviceTimeout:
                self._unsettled = False
                return
        raise DeviceGarbled(self.name, "poll", "the line does not fall silent. Check the monitor")

    def _publish(self, dose: Dose, asked_ns: int) -> None:
        limit = Decimal(str(self._settings.alarm_above_mr_h))
        if dose.alarm or dose.rate_mr_h >= limit:
            alarm, quality, detail = Input.BLOCKED, Quality.GOOD, ""
        elif dose.trouble:
            alarm, quality, detail = Input.UNKNOWN, Quality.BAD, dose.trouble
        else:
            alarm, quality, detail = Input.OK, Quality.GOOD, ""
        rate = None if quality is Quality.BAD else float(dose.rate_mr_h)
        self._deliver(rate, alarm, quality, detail, asked_ns)

    def _doubt(self, error: DeviceError, asked_ns: int) -> None:
        self._link.failed(error)
        self._deliver(None, Input.UNKNOWN, Quality.BAD, error.detail, asked_ns)

    def _deliver(
        self, rate: float | None, alarm: Input, quality: Quality, detail: str, asked_ns: int
    ) -> None:
        self._sink.deliver(
            (
                Point(f"{self.name}.dose_rate_mr_h", rate, quality, detail),
                Point(f"{self.name}.alarm", alarm, quality, detail),
            ),
            asked_ns,
        )
