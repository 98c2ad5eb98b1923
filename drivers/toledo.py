"""A weighbridge whose indicator sends Toledo continuous output: the gross mass on the entry zone.

The indicator speaks by itself; nothing is ever sent to it. Read eight bits without parity whatever
it sends: the eighth bit is not looked at.
"""

from decimal import ROUND_CEILING, Decimal
from typing import Literal, Unpack

from pydantic import Field, field_validator

from drivers.about import About
from drivers.bus_plan import Plan
from drivers.device_link import DeviceLink
from drivers.line_driver import LineDriver, LineHead
from drivers.serial_line import SerialSettings
from drivers.toledo_frames import FRAME_BYTES, FrameCutter, Reject, Weight
from edge.core.values import Quality
from edge.errors import DeviceError, DeviceGarbled, DeviceTimeout
from edge.ports import Point

_NS_PER_MS = 1_000_000
_AT_ONCE = 3
"""Frames that may come in one read; more were kept somewhere, and are old."""
_QUIET_S = 0.03
_CALM_S = 0.5
"""After opening a line is live when it was quiet, or brought no such read, for so long."""
_KG = {"kg": Decimal(1), "t": Decimal(1000)}

ABOUT = About(
    device="weighbridge with Toledo 8142 continuous output",
    protocol="Toledo continuous output",
    wire="serial, only listened to",
    publishes=("mass_kg", "uncertainty_kg"),
    sends="nothing",
    unasked=True,
)


class ToledoSettings(SerialSettings):
    """The weighbridge in the lane file."""

    kind: Literal["toledo"] = "toledo"
    baud: int = Field(default=9600, ge=1200, le=1_000_000)
    unit: Literal["kg", "t"] = Field("kg", description="Unit the indicator must show")
    increment_kg: float = Field(
        gt=0, le=10_000, description="Step the indicator must show, in kilograms; else it is doubt"
    )
    tolerance_kg: int = Field(
        ge=0,
        le=10_000,
        description="Error the scale may have besides its step; see its certificate",
    )
    max_age_ms: int = Field(
        1000, ge=100, le=10_000, description="Longest silence before the scale counts as lost"
    )
    misses: int = Field(3, ge=1, le=20, description="Rejected frames in a row until it is lost")

    @field_validator("increment_kg")
    @classmethod
    def _is_a_step(cls, value: float) -> float:
        _, digits, exponent = Decimal(str(value)).normalize().as_tuple()
        if digits not in {(1,), (2,), (5,)} or exponent not in range(-5, 6):
            raise ValueError("a scale shows steps of 1, 2 or 5 times a power of ten")
        return value


def plan(_settings: ToledoSettings) -> Plan:
    """A scale speaks all the time; nothing is asked of it."""
    return ()


class Toledo(LineDriver[ToledoSettings]):
    """Publishes ``mass_kg`` (gross, rounded up) and ``uncertainty_kg`` with every frame.

    Good only at rest, in range, gross, in the unit and step of the lane file. In motion the mass is
    uncertain, and so is one of many frames that come at once; whatever else is not as it should be
    leaves no value. Without a checksum a weight is good only when two frames in a row say it. What
    was kept for us before the line was opened is thrown away.
    """

    def __init__(self, **head: Unpack[LineHead[ToledoSettings]]) -> None:
        super().__init__(**head)
        self._cutter = FrameCutter()
        self._link = DeviceLink(self.name, self._sink, misses=1)
        self._rejected = 0
        self._before: Weight | None = None

    async def _live(self) -> None:
        self._cutter.reset()
        self._before, self._rejected = None, 0
        await self._let_old_frames_pass()
        await self._listen()

    def _failed(self, error: DeviceError) -> None:
        self._link.failed(error)

    async def _let_old_frames_pass(self) -> None:
        """Throw away what port or serial server had kept before the line was opened.

        Raises DeviceGarbled when it comes faster than any scale for too long.
        """
        now_ns, calm_ns = self._now_ns(), round(_CALM_S * 1e9)
        calm_at_ns, end_ns = now_ns + calm_ns, now_ns + calm_ns
        end_ns += self._settings.max_age_ms * _NS_PER_MS
        while self._now_ns() < calm_at_ns:
            try:
                data = await self._line.read(_QUIET_S)
            except DeviceTimeout:
                return
            if len(data) > _AT_ONCE * FRAME_BYTES:
                calm_at_ns = self._now_ns() + calm_ns
            if self._now_ns() >= end_ns and calm_at_ns > end_ns:
                detail = "frames come faster than a scale sends them. Check what keeps them"
                raise DeviceGarbled(self.name, "listen", detail)

    async def _listen(self) -> None:
        """Take frames until the line, the indicator or its format fails. Raises DeviceError."""
        limit_ns = self._settings.max_age_ms * _NS_PER_MS
        last_ns = self._now_ns()
        while True:
            left_ns = last_ns + limit_ns - self._now_ns()
            if left_ns <= 0:
                detail = (
                    f"no frame in {self._settings.max_age_ms} ms. Check cable, baud and that the "
                    "indicator is set to continuous output"
                )
                raise DeviceTimeout(self.name, "listen", detail)
            try:
                data = await self._line.read(left_ns / 1e9)
            except DeviceTimeout:
                continue
            # Nothing of a frame was sent before the end of the one read before it.
            begun_ns = last_ns
            came = self._cutter.feed(data)
            weights = [one for one in came if isinstance(one, Weight)]
            is_old = len(weights) > _AT_ONCE
            for found in weights[-1:] if is_old else came:
                if isinstance(found, Reject):
                    self._reject(found)
                    continue
                last_ns = self._now_ns()
                self._take(found, begun_ns, is_old=is_old)

    def _reject(self, reject: Reject) -> None:
        self._rejected += 1
        self._before = None
        if self._rejected >= self._settings.misses:
            detail = f"{self._rejected} times: {reject.value}"
            raise DeviceGarbled(self.name, "listen", detail)

    def _take(self, weight: Weight, begun_ns: int, *, is_old: bool) -> None:
        self._rejected = 0
        said_twice = weight == self._before
        self._before = None if is_old else weight
        self._link.good()
        if not self._alive():
            return
        quality, detail = judge(weight, self._settings)
        if quality is Quality.GOOD and not (self._cutter.summed or said_twice):
            quality, detail = Quality.UNCERTAIN, "said once only, on a line without checksum"
        if quality is Quality.GOOD and is_old:
            quality, detail = Quality.UNCERTAIN, "one of many that came at once, so perhaps old"
        mass_kg, uncertainty_kg = masses(weight) if quality is not Quality.BAD else (None, None)
        if uncertainty_kg is not None:
            uncertainty_kg += self._settings.tolerance_kg
        self._sink.deliver(
            (
                Point(f"{self.name}.mass_kg", mass_kg, quality, detail),
                Point(f"{self.name}.uncertainty_kg", uncertainty_kg, quality, detail),
            ),
            begun_ns,
        )


def judge(weight: Weight, settings: ToledoSettings) -> tuple[Quality, str]:
    """Return how far a weight may be trusted, and why not."""
    step_kg = (weight.increment * _KG.get(weight.unit, 0)).normalize()
    for wrong, detail in (
        (weight.out_of_range, "out of the scale's range"),
        (weight.net, "net: the gross mass is what counts. Clear the tare at the indicator"),
        (
            weight.unit != settings.unit,
            f"shown in {weight.unit}, the lane file says {settings.unit}. Set the indicator",
        ),
        (weight.expanded, "shown expanded by ten. Set the indicator to its normal display"),
        (weight.not_zeroed, "not zeroed since power-up. Zero the empty scale"),
        (weight.negative, "below zero. Zero the empty scale"),
        (
            step_kg != Decimal(str(settings.increment_kg)),
            f"shown in steps of {step_kg:f} kg, the lane file says {settings.increment_kg}",
        ),
    ):
        if wrong:
            return Quality.BAD, detail
    if weight.motion:
        return Quality.UNCERTAIN, "in motion"
    return Quality.GOOD, ""


def masses(weight: Weight) -> tuple[int, int]:
    """Mass in kilograms, rounded up: never taken for smaller; and one step with what that added."""
    kilograms = _KG[weight.unit]
    exact = weight.amount * kilograms
    mass = exact.to_integral_value(ROUND_CEILING)
    spread = (weight.increment * kilograms + mass - exact).to_integral_value(ROUND_CEILING)
    return int(mass), int(spread)
