"""The driver of a Spellman X-ray generator on its numeric protocol, serial or TCP."""

import contextlib
import re
from collections.abc import Callable
from typing import Literal, Self, TypeVar

from pydantic import Field, model_validator

from drivers.generator import Generator, said
from drivers.generator_settings import FULL_SCALE, GeneratorSettings
from drivers.spellman_frames import Answer, AnswerParser, encode
from drivers.spellman_profiles import PROFILES, Flag, Profile, Series
from edge.core.values import Input, Quality
from edge.errors import DeviceGarbled, DeviceRefused, DeviceTimeout
from edge.ports import Heartbeat, Point, Sink, Value

_SCALE_TOLERANCE = 0.005
_OF_A_SERIES = ("monitor_overrange", "ma_per_count", "warm_up_s", "seen_98_99")
_ARM_AGAIN_S = 60
"""Between two orders that arm a watchdog of which nothing can be read."""
_NOT_READ_BACK = "it cannot be read back; it is armed again every minute"
_NOT_PUBLISHED = "what asks for it is not published for this series"

N = TypeVar("N", int, float)


class SpellmanSettings(GeneratorSettings):
    """The generator in the lane file.

    Attributes:
        series: whose profile applies; the model it names itself must fit.
        framing: ``rs232`` with checksum, ``tcp`` without.
        kv_max: kilovolts at full scale; required where the series does not tell.
        ma_max: milliamperes at full scale; likewise.
        monitor_overrange: what the monitors' 4095 is in full scales (SLM: see its test sheet).
        ma_per_count: milliamperes of one count of the current's set point (XRB011).
        watchdog_s: seconds of silence after which the generator gives up (XRB011).
        warm_up_s: seconds from the first answer on until it counts as warm (SLM: no flag says).
        seen_98_99: that 98 was seen to switch high voltage and 99 to take it to remote (SLM).
    """

    kind: Literal["spellman"] = "spellman"
    baud: int = Field(default=38_400, ge=1200, le=1_000_000)
    series: Series
    framing: Literal["rs232", "tcp"] = "rs232"
    kv_max: float = Field(default=160.0, gt=0, le=1000)
    ma_max: float = Field(default=10.0, gt=0, le=1000)
    monitor_overrange: float | None = Field(default=None, ge=1, le=2)
    ma_per_count: float | None = Field(default=None, gt=0, le=1)
    watchdog_s: int = Field(default=1, ge=1, le=10)
    warm_up_s: int | None = Field(default=None, ge=0, le=7200)
    seen_98_99: Literal[True] | None = None

    @model_validator(mode="after")
    def _says_what_the_series_does_not(self) -> Self:
        needs = PROFILES[self.series].needs
        missing = [name for name in needs if self._lacks(name)]
        if missing:
            raise ValueError(f"a generator of series {self.series} needs {', '.join(missing)}")
        for name in _OF_A_SERIES:
            if name in self.model_fields_set and name not in needs:
                raise ValueError(f"{name} is not for series {self.series}: remove it")
        return self

    def _lacks(self, name: str) -> bool:
        return name not in self.model_fields_set or getattr(self, name) is None


class Spellman(Generator):
    """A generator of one of the series of `drivers.spellman_profiles`.

    Publishes ``hv`` (OK: off, BLOCKED: on), ``ready``, ``interlock`` (all closed) and
    ``interlock_1`` upwards, ``source_fault`` with ``fault_names``, ``kv`` and ``ma``; and
    ``watchdog`` where the series has one that the host arms.
    """

    def __init__(
        self,
        *,
        name: str,
        settings: SpellmanSettings,
        sink: Sink,
        alive: Heartbeat,
        now_ns: Callable[[], int],
    ) -> None:
        super().__init__(name=name, settings=settings, sink=sink, alive=alive, now_ns=now_ns)
        self._settings = settings
        self._profile: Profile = PROFILES[settings.series]
        self._summed = settings.framing == "rs232"
        self._met_ns = self._armed_ns = now_ns()

    async def _meet(self) -> None:
        """Refuse a generator whose series or scaling is not the one in the lane file.

        HV off is said before its series is known: to another one the same command is a question, or
        takes it to local.
        """
        profile = self._profile
        with contextlib.suppress(DeviceTimeout, DeviceGarbled, DeviceRefused):
            # What came of it is seen below, once it is clear whose status that is.
            await self._turn_off()
        if profile.model is not None:
            model = ",".join((await self._ask(profile.model)).arguments)
            self._check_model(model)
        if profile.scaling is not None:
            kv, ma = self._numbers(await self._ask(profile.scaling), 3, float)[:2]
            self._check_scale(kv, self._settings.kv_max, "kV")
            self._check_scale(ma, self._settings.ma_max, "mA")
        await self._status()
        await self._off_at_first()
        self._met_ns = self._now_ns()
        await self._arm_watchdog()

    async def _arm_watchdog(self) -> None:
        if self.only_looked_at:
            return
        self._armed_ns = self._now_ns()
        for command, *arguments in self._profile.watchdog_orders:
            seconds = str(self._settings.watchdog_s)
            await self._order(command, *(each.format(s=seconds) for each in arguments))

    def _check_model(self, model: str) -> None:
        fits = re.fullmatch(self._profile.models, model)
        if fits is None:
            detail = (
                f"model {model!r} is no {self._profile.series}. Correct series in the lane file"
            )
            raise DeviceRefused(self.name, "identify", detail)
        for kilovolts in fits.groups():
            self._check_scale(float(kilovolts), self._settings.kv_max, "kV")

    def _check_scale(self, read: float, given: float, unit: str) -> None:
        if abs(read - given) > given * _SCALE_TOLERANCE:
            detail = f"full scale is {read} {unit}, the lane file says {given}. Correct it"
            raise DeviceRefused(self.name, "identify", detail)

    async def _set_points(self, kv: float, ma: float) -> None:
        profile, settings = self._profile, self._settings
        if profile.remote is not None and await self._is_local():
            await self._order(profile.remote, "1")
            if await self._is_local():
                raise DeviceRefused(self.name, "prepare", "it stays in local. Check its switch")
        kv_count = profile.kv_per_count or settings.kv_max / FULL_SCALE
        ma_count = settings.ma_per_count or settings.ma_max / FULL_SCALE
        for value, count, write, read in (
            (kv, kv_count, profile.set_kv, profile.read_kv),
            (ma, ma_count, profile.set_ma, profile.read_ma),
        ):
            wanted = round(value / count)
            await self._order(write, str(wanted))
            if read is None:
                continue
            (held,) = self._numbers(await self._ask(read), 1, int)
            if held != wanted:
                detail = f"command {write} set {wanted}, command {read} reads {held}"
                raise DeviceRefused(self.name, "prepare", detail)

    async def _is_local(self) -> bool:
        local = self._profile.local
        return local is not None and _shows(await self._status(), local)

    async def _turn_on(self) -> None:
        await self._order(self._profile.switch_hv, "1")

    async def _turn_off(self) -> None:
        await self._order(self._profile.switch_hv, "0", urgent=True)

    async def _is_hv_on(self) -> bool:
        return _shows(await self._status(urgent=True), self._profile.hv)

    async def _clear_faults(self) -> None:
        if self._profile.reset is None:
            detail = f"{_NOT_PUBLISHED}. Reset it at the generator"
            raise DeviceRefused(self.name, "reset_faults", detail)
        await self._order(self._profile.reset)

    def _off_word(self) -> bytes:
        return encode(self._profile.switch_hv, "0", summed=self._summed)

    async def _look(self) -> None:
        profile = self._profile
        if profile.tickle is not None and not self.only_looked_at:
            await self._order(profile.tickle)
        if self._arms_again():
            await self._arm_watchdog()
        status = await self._status()
        self._publish_status(status, self._line.asked_ns)
        self._hv_seen = _shows(status, profile.hv)
        if profile.monitors:
            await self._look_at_monitors()
        if profile.fault is not None:
            answer = await self._ask(profile.fault)
            flags = self._flags(answer, profile.fault_flags)
            self._publish_faults(status, flags, self._line.asked_ns)
        self._publish_unknown(self._line.asked_ns)

    async def _look_at_monitors(self) -> None:
        profile, settings = self._profile, self._settings
        counts: list[int] = []
        asked_ns = 0
        for command in profile.monitors:
            counts += self._numbers(await self._ask(command), profile.monitor_values, int)
            asked_ns = asked_ns or self._line.asked_ns
        full_scales = (profile.overrange or settings.monitor_overrange or 1.0) / FULL_SCALE
        kv, ma = (
            counts[0] * full_scales * settings.kv_max,
            counts[1] * full_scales * settings.ma_max,
        )
        self._deliver({"kv": round(kv, 4), "ma": round(ma, 4)}, asked_ns)

    async def _status(self, *, urgent: bool = False) -> list[int]:
        answer = await self._ask(self._profile.status, urgent=urgent)
        return self._flags(answer, self._profile.statuses)

    def _publish_status(self, status: list[int], asked_ns: int) -> None:
        profile = self._profile
        values: dict[str, Value] = {"hv": said(ok=not _shows(status, profile.hv))}
        if profile.ready is not None:
            values["ready"] = said(ok=_shows(status, profile.ready))
        closed = [_shows(status, interlock) for interlock in profile.interlocks]
        if closed:
            values["interlock"] = said(ok=all(closed))
        for number, is_closed in enumerate(closed, start=1):
            values[f"interlock_{number}"] = said(ok=is_closed)
        if profile.watchdog is not None:
            values["watchdog"] = said(ok=_shows(status, profile.watchdog))
        self._deliver(values, asked_ns)
        points = [*self._ready_without_flag(status), *self._watchdog_without_flag()]
        if points:
            self._sink.deliver(tuple(points), asked_ns)

    def _ready_without_flag(self, status: list[int]) -> list[Point]:
        """Of a series without a flag for it: no fault, remote, and warm.

        Not the interlock: where it is the permit relay, it closes for a ready generator only.
        """
        profile, source = self._profile, f"{self.name}.ready"
        if profile.ready is not None or profile.fault_flag is None:
            return []
        warm_up_s = self._settings.warm_up_s
        for hinders, why in (
            (_shows(status, profile.fault_flag), "it has a fault"),
            (profile.local is not None and _shows(status, profile.local), "it is in local"),
        ):
            if hinders:
                return [Point(source, Input.BLOCKED, detail=why)]
        seen_s = (self._now_ns() - self._met_ns) / 1e9
        if warm_up_s is None or seen_s < warm_up_s:
            detail = f"perhaps cold: seen for {seen_s:.0f} s of {warm_up_s} s"
            return [Point(source, Input.UNKNOWN, Quality.BAD, detail)]
        return [Point(source, Input.OK)]

    def _watchdog_without_flag(self) -> list[Point]:
        profile = self._profile
        if profile.watchdog is not None or not profile.watchdog_orders or self.only_looked_at:
            return []
        source = f"{self.name}.watchdog"
        return [Point(source, Input.UNKNOWN, Quality.UNCERTAIN, _NOT_READ_BACK)]

    def _arms_again(self) -> bool:
        """Whether a watchdog that shows nothing is due to be armed anew."""
        age_s = (self._now_ns() - self._armed_ns) / 1e9
        return self._profile.watchdog is None and age_s >= _ARM_AGAIN_S

    def _publish_faults(self, status: list[int], flags: list[int], asked_ns: int) -> None:
        profile = self._profile
        known = profile.faults or tuple(f"fault_{place}" for place, _ in enumerate(flags, start=1))
        names = [name for name, on in zip(known, flags, strict=True) if on]
        flag = profile.fault_flag is not None and _shows(status, profile.fault_flag)
        good, named = not (flag or names), ",".join(names)
        detail = "" if good else named or "a fault without a name"
        fault = Point(f"{self.name}.source_fault", said(ok=good), detail=detail)
        self._sink.deliver((fault, Point(f"{self.name}.fault_names", named)), asked_ns)

    def _publish_unknown(self, asked_ns: int) -> None:
        """What no published command asks for is said to be unknown, so that nothing rests on it."""
        profile = self._profile
        values: dict[str, Value] = {}
        if profile.ready is None and profile.fault_flag is None:
            values["ready"] = Input.UNKNOWN
        if not profile.interlocks:
            values["interlock"] = Input.UNKNOWN
        if profile.fault is None:
            values["source_fault"] = Input.UNKNOWN
        if not profile.monitors:
            values |= {"kv": None, "ma": None}
        points = tuple(
            Point(f"{self.name}.{field}", value, Quality.BAD, _NOT_PUBLISHED)
            for field, value in values.items()
        )
        if points:
            self._sink.deliver(points, asked_ns)

    async def _order(self, command: str, *arguments: str, urgent: bool = False) -> None:
        answer = await self._ask(command, *arguments, urgent=urgent)
        if answer.arguments != ("$",):
            words = ",".join(answer.arguments)
            detail = f"command {command} with {arguments} was refused: {words!r}"
            raise DeviceRefused(self.name, "order", detail)

    async def _ask(self, command: str, *arguments: str, urgent: bool = False) -> Answer:
        """Send one request and return its answer; answers to anything else are passed over."""
        parser = AnswerParser(summed=self._summed)

        def read(data: bytes) -> Answer | None:
            return next((one for one in parser.feed(data) if one.command == command), None)

        request = encode(command, *arguments, summed=self._summed)
        return await self._line.exchange(command, request, read, urgent=urgent)

    def _flags(self, answer: Answer, count: int) -> list[int]:
        flags = self._numbers(answer, count, int)
        if any(flag not in (0, 1) for flag in flags):
            raise DeviceGarbled(self.name, f"command {answer.command}", f"flags {flags}")
        return flags

    def _numbers(self, answer: Answer, count: int, kind: Callable[[str], N]) -> list[N]:
        try:
            numbers = [kind(argument) for argument in answer.arguments]
        except ValueError:
            numbers = []
        if len(numbers) != count or not numbers:
            detail = f"{answer.arguments} where {count} numbers belong. Check series and firmware"
            raise DeviceGarbled(self.name, f"command {answer.command}", detail)
        return numbers


def _shows(status: list[int], flag: Flag) -> bool:
    return status[flag.place] == flag.when
