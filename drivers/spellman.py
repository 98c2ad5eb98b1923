"""The driver of a Spellman X-ray generator on its numeric protocol, serial or TCP.

One request is in flight at a time. Switching high voltage off overtakes whatever waits.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from pydantic import Field

from drivers.serial_line import Backoff, SerialLine, SerialSettings
from drivers.spellman_frames import (
    FULL_SCALE,
    MONITOR_SCALE,
    PROFILES,
    Answer,
    AnswerParser,
    Profile,
    encode,
)
from edge.core.values import Input, Quality
from edge.errors import DeviceError, DeviceGarbled, DeviceRefused, DeviceTimeout, DeviceUnreachable
from edge.ports import Heartbeat, Point, Sink, Value, points_of

MAX_JOBS = 8
"""Commands that may wait; more is refused."""
OFF_ATTEMPTS = 3
_URGENT, _COMMAND = 0, 1
_QUIET_S = 0.05
_QUIET_ROUNDS = 10
_SCALE_TOLERANCE = 0.005

N = TypeVar("N", int, float)


class SpellmanSettings(SerialSettings):
    """The generator in the lane file.

    Attributes:
        series: whose profile applies; the model it names itself must fit.
        framing: ``rs232`` with checksum, ``tcp`` without.
        kv_max: kilovolts at full scale.
        ma_max: milliamperes at full scale.
        poll_ms: between two polls.
        timeout_ms: longest wait for one answer.
        command_ms: longest wait for a whole command.
        misses: polls in a row without an answer before the generator counts as lost.
    """

    kind: Literal["spellman"] = "spellman"
    baud: int = Field(default=38_400, ge=1200, le=1_000_000)
    series: Literal["XRV"]
    framing: Literal["rs232", "tcp"] = "rs232"
    kv_max: float = Field(default=160.0, gt=0, le=1000)
    ma_max: float = Field(default=10.0, gt=0, le=1000)
    poll_ms: int = Field(default=100, ge=20, le=5000)
    timeout_ms: int = Field(default=300, ge=20, le=5000)
    command_ms: int = Field(default=3000, ge=100, le=30_000)
    misses: int = Field(default=3, ge=1, le=20)


@dataclass(order=True, slots=True)
class _Job:
    rank: int
    order: int
    name: str = field(compare=False)
    work: Callable[[], Awaitable[None]] = field(compare=False)
    done: "asyncio.Future[None]" = field(compare=False)


class Spellman:
    """The generator as the lane sees it; satisfies `edge.ports.XraySource`.

    Publishes ``hv`` (OK: off, BLOCKED: on), ``ready``, ``interlock`` (all closed) and
    ``interlock_1`` upwards, ``source_fault`` with ``fault_names``, ``kv`` and ``ma``.
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
        self.name = name
        self._settings = settings
        self._sink = sink
        self._alive = alive
        self._now_ns = now_ns
        self._profile: Profile = PROFILES[settings.series]
        self._summed = settings.framing == "rs232"
        self._line = SerialLine(name, settings.line())
        self._jobs: list[_Job] = []
        self._orders = 0
        self._wake = asyncio.Event()
        self._serving = False
        self._reachable: bool | None = None
        self._unsettled = False
        self._misses = 0

    async def run(self) -> None:
        """Poll for ever; on cancellation the last word on the line is HV off."""
        settings = self._settings
        backoff = Backoff(settings.retry_ms, settings.retry_max_ms)
        try:
            while True:
                try:
                    await self._line.open()
                    await self._identify()
                    backoff.succeeded()
                    await self._serve()
                except DeviceError as error:
                    self._stop_serving(error)
                await asyncio.sleep(backoff.failed())
        finally:
            self._last_word()

    async def prepare(self, *, kv: float, ma: float) -> None:
        """Take the generator to remote, set kV and mA, read both back.

        Raises:
            DeviceRefused: out of range, refused, not remote, or another value read back.
            DeviceError: the line or the generator failed.
        """
        settings = self._settings
        for value, limit, unit in ((kv, settings.kv_max, "kV"), (ma, settings.ma_max, "mA")):
            if not 0 <= value <= limit:
                raise DeviceRefused(self.name, "prepare", f"{value} {unit} is not in 0-{limit}")
        await self._do("prepare", _COMMAND, lambda: self._set_points(kv, ma))

    async def hv_on(self) -> None:
        """Ask for high voltage. Raises DeviceError."""
        if not self._alive():
            raise DeviceRefused(self.name, "hv_on", "the lane logic is not alive")
        await self._do("hv_on", _COMMAND, lambda: self._order(self._profile.switch_hv, "1"))

    async def hv_off(self) -> None:
        """End high voltage; overtakes every poll and command, and ends those that wait."""
        for job in self._jobs:
            if job.rank != _URGENT and not job.done.done():
                job.done.set_exception(DeviceRefused(self.name, job.name, "HV off was asked for"))
        await self._do("hv_off", _URGENT, self._off)

    async def reset_faults(self) -> None:
        """Clear latched faults; refused while a cause persists. Raises DeviceError."""
        await self._do("reset_faults", _COMMAND, lambda: self._order(self._profile.reset))

    async def _do(self, name: str, rank: int, work: Callable[[], Awaitable[None]]) -> None:
        if not self._serving:
            raise DeviceUnreachable(self.name, name, "the generator does not answer; see its link")
        if len(self._jobs) >= MAX_JOBS and rank != _URGENT:
            raise DeviceRefused(self.name, name, f"{MAX_JOBS} commands are waiting already")
        self._orders += 1
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._jobs, _Job(rank, self._orders, name, work, done))
        self._wake.set()
        try:
            async with asyncio.timeout(self._settings.command_ms / 1000):
                await done
        except TimeoutError as error:
            detail = f"not done in {self._settings.command_ms} ms"
            raise DeviceTimeout(self.name, name, detail) from error

    async def _serve(self) -> None:
        self._serving, self._misses = True, 0
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            while self._jobs:
                await self._run_job(heapq.heappop(self._jobs))
            if self._alive() and loop.time() >= due_s:
                due_s = loop.time() + self._settings.poll_ms / 1000
                await self._poll()
                continue
            self._wake.clear()
            try:
                async with asyncio.timeout(self._settings.poll_ms / 1000):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _run_job(self, job: _Job) -> None:
        if job.done.done():
            return
        try:
            await job.work()
        except DeviceUnreachable as error:
            _fail(job, error)
            raise
        except DeviceError as error:
            _fail(job, error)
        else:
            if not job.done.done():
                job.done.set_result(None)

    async def _identify(self) -> None:
        """Refuse a generator whose series or scaling is not the one in the lane file."""
        profile, settings = self._profile, self._settings
        model = ",".join((await self._ask(profile.model)).arguments)
        if not model.startswith(profile.models):
            detail = f"model {model!r} is no {profile.series}. Correct series in the lane file"
            raise DeviceRefused(self.name, "identify", detail)
        kv, ma = self._numbers(await self._ask(profile.scaling), 3, float)[:2]
        for read, said, unit in ((kv, settings.kv_max, "kV"), (ma, settings.ma_max, "mA")):
            if abs(read - said) > said * _SCALE_TOLERANCE:
                detail = f"full scale is {read} {unit}, the lane file says {said}. Correct it"
                raise DeviceRefused(self.name, "identify", detail)

    async def _set_points(self, kv: float, ma: float) -> None:
        profile, settings = self._profile, self._settings
        if (await self._status())[profile.local]:
            await self._order(profile.remote, "1")
            if (await self._status())[profile.local]:
                raise DeviceRefused(self.name, "prepare", "it stays in local. Check its switch")
        for value, limit, write, read in (
            (kv, settings.kv_max, profile.set_kv, profile.read_kv),
            (ma, settings.ma_max, profile.set_ma, profile.read_ma),
        ):
            wanted = round(value / limit * FULL_SCALE)
            await self._order(write, str(wanted))
            (held,) = self._numbers(await self._ask(read), 1, int)
            if held != wanted:
                detail = f"command {write} set {wanted}, command {read} reads {held}"
                raise DeviceRefused(self.name, "prepare", detail)

    async def _off(self) -> None:
        """Repeat until accepted: withdrawing is worth more than one attempt."""
        for attempt in range(OFF_ATTEMPTS):
            try:
                await self._order(self._profile.switch_hv, "0", urgent=True)
            except DeviceTimeout:
                if attempt == OFF_ATTEMPTS - 1:
                    raise
            else:
                return

    async def _order(self, command: str, *arguments: str, urgent: bool = False) -> None:
        answer = await self._ask(command, *arguments, urgent=urgent)
        if answer.arguments != ("$",):
            said = ",".join(answer.arguments)
            detail = f"command {command} with {arguments} was refused: {said!r}"
            raise DeviceRefused(self.name, "order", detail)

    async def _status(self) -> list[int]:
        return self._flags(await self._ask(self._profile.status), self._profile.statuses)

    async def _poll(self) -> None:
        profile, requested_ns = self._profile, self._now_ns()
        try:
            status = await self._status()
            self._publish_status(status, requested_ns)
            requested_ns = self._now_ns()
            answer = await self._ask(profile.monitor)
            monitors = self._numbers(answer, profile.monitors, int)
            shares = [count * MONITOR_SCALE for count in monitors]
            kv, ma = shares[0] * self._settings.kv_max, shares[1] * self._settings.ma_max
            self._deliver({"kv": round(kv, 4), "ma": round(ma, 4)}, requested_ns)
            requested_ns = self._now_ns()
            flags = self._flags(await self._ask(profile.fault), len(profile.faults))
            self._publish_faults(status[profile.fault_flag], flags, requested_ns)
        except (DeviceTimeout, DeviceGarbled) as error:
            self._missed(error, requested_ns)
        except DeviceRefused:
            # Overtaken by HV off: the next poll comes right after it.
            return
        else:
            self._misses = 0
            self._reached()

    def _publish_status(self, status: list[int], requested_ns: int) -> None:
        profile = self._profile
        closed = [status[place] == 1 for place in profile.interlocks]
        values: dict[str, Value] = {
            "hv": Input.BLOCKED if status[profile.hv] else Input.OK,
            "ready": _input(ok=status[profile.ready] == 1),
            "interlock": _input(ok=all(closed)),
        }
        for number, is_closed in enumerate(closed, start=1):
            values[f"interlock_{number}"] = _input(ok=is_closed)
        self._deliver(values, requested_ns)

    def _publish_faults(self, flag: int, flags: list[int], requested_ns: int) -> None:
        names = [name for name, on in zip(self._profile.faults, flags, strict=True) if on]
        good, named = not (flag or names), ",".join(names)
        detail = "" if good else named or "a fault without a name"
        fault = Point(f"{self.name}.source_fault", _input(ok=good), detail=detail)
        self._sink.deliver((fault, Point(f"{self.name}.fault_names", named)), requested_ns)

    async def _ask(self, command: str, *arguments: str, urgent: bool = False) -> Answer:
        """Send one request and return its answer.

        Raises DeviceTimeout, DeviceUnreachable, DeviceGarbled, and DeviceRefused when HV off
        waits and this is something else.
        """
        if not urgent:
            if any(job.rank == _URGENT for job in self._jobs):
                raise DeviceRefused(self.name, f"command {command}", "HV off was asked for")
            await self._settle()
        parser = AnswerParser(summed=self._summed)
        self._line.discard()
        timeout_ms = self._settings.timeout_ms
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                self._line.write(encode(command, *arguments, summed=self._summed))
                while True:
                    for answer in parser.feed(await self._line.read(timeout_ms / 1000)):
                        if answer.command == command:
                            return answer
        except (TimeoutError, DeviceTimeout) as error:
            self._unsettled = True
            detail = f"no answer in {timeout_ms} ms. Check cable, baud and power"
            raise DeviceTimeout(self.name, f"command {command}", detail) from error

    async def _settle(self) -> None:
        """After a time-out, let late answers pass: none may be taken for the next one's."""
        if not self._unsettled:
            return
        for _ in range(_QUIET_ROUNDS):
            try:
                await self._line.read(_QUIET_S)
            except DeviceTimeout:
                self._unsettled = False
                return
        raise DeviceGarbled(self.name, "settle", "the line does not fall silent. Check the device")

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
        if len(numbers) != count:
            detail = f"{answer.arguments} where {count} numbers belong. Check series and firmware"
            raise DeviceGarbled(self.name, f"command {answer.command}", detail)
        return numbers

    def _missed(self, error: DeviceError, requested_ns: int) -> None:
        self._misses += 1
        self._put_unknown(requested_ns)
        if self._misses >= self._settings.misses:
            raise DeviceUnreachable(self.name, "poll", f"{self._misses} times: {error.detail}")

    def _stop_serving(self, error: DeviceError) -> None:
        self._serving = False
        self._line.close()
        for job in self._jobs:
            _fail(job, error)
        self._jobs.clear()
        if self._reachable is not False:
            self._reachable = False
            self._sink.lost(self.name, str(error))
        self._put_unknown(self._now_ns())

    def _last_word(self) -> None:
        self._serving = False
        try:
            self._line.overtake(encode(self._profile.switch_hv, "0", summed=self._summed))
        except DeviceUnreachable:
            # Nobody to tell: the permission relay and the generator's own interlock hold.
            pass
        finally:
            self._line.close()

    def _reached(self) -> None:
        if self._reachable is False:
            self._sink.back(self.name)
        self._reachable = True

    def _put_unknown(self, requested_ns: int) -> None:
        values: dict[str, Value] = dict.fromkeys(
            ("hv", "ready", "interlock", "source_fault"), Input.UNKNOWN
        )
        values |= {"kv": None, "ma": None}
        self._sink.deliver(points_of(self.name, values, Quality.BAD), requested_ns)

    def _deliver(self, values: Mapping[str, Value], requested_ns: int) -> None:
        self._sink.deliver(points_of(self.name, values), requested_ns)


def _input(*, ok: bool) -> Input:
    return Input.OK if ok else Input.BLOCKED


def _fail(job: _Job, error: DeviceError) -> None:
    if not job.done.done():
        job.done.set_exception(error)
