"""What every X-ray generator on a line of its own has in common; a series adds its words.

One request is in flight at a time. Switching high voltage off overtakes whatever waits.
"""

import asyncio
import heapq
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import Field

from drivers.serial_line import Backoff, SerialLine, SerialSettings
from edge.core.values import Input, Quality
from edge.errors import DeviceError, DeviceGarbled, DeviceRefused, DeviceTimeout, DeviceUnreachable
from edge.ports import Heartbeat, Sink, Value, points_of

MAX_JOBS = 8
"""Commands that may wait; more is refused."""
OFF_ATTEMPTS = 3
FULL_SCALE = 4095
"""Set points and monitors are 12-bit numbers."""
_URGENT, _COMMAND = 0, 1
_QUIET_S = 0.05
_QUIET_ROUNDS = 10

T = TypeVar("T")


class GeneratorSettings(SerialSettings):
    """What every generator has in the lane file.

    Attributes:
        kv_max: kilovolts at full scale.
        ma_max: milliamperes at full scale.
        poll_ms: between two polls.
        timeout_ms: longest wait for one answer.
        command_ms: longest wait for a whole command.
        misses: polls in a row without an answer before the generator counts as lost.
    """

    kv_max: float = Field(gt=0, le=1000)
    ma_max: float = Field(gt=0, le=1000)
    poll_ms: int = Field(default=100, ge=20, le=5000)
    timeout_ms: int = Field(default=300, ge=20, le=5000)
    command_ms: int = Field(default=3000, ge=100, le=30_000)
    misses: int = Field(default=3, ge=1, le=20)


class _Overtaken(DeviceRefused):
    """HV off waits; nothing else is sent before it."""


@dataclass(order=True, slots=True)
class _Job:
    rank: int
    order: int
    name: str = field(compare=False)
    work: Callable[[], Awaitable[None]] = field(compare=False)
    done: "asyncio.Future[None]" = field(compare=False)


class Generator(ABC):
    """The generator as the lane sees it; satisfies `edge.ports.XraySource`.

    ``only_looked_at`` is set before `run` where no lane watches: nothing is armed then, nothing is
    kept quiet, and every order but HV off is refused.
    """

    def __init__(
        self,
        *,
        name: str,
        settings: GeneratorSettings,
        sink: Sink,
        alive: Heartbeat,
        now_ns: Callable[[], int],
    ) -> None:
        self.name = name
        self.only_looked_at = False
        self._limits = settings
        self._sink = sink
        self._alive = alive
        self._now_ns = now_ns
        self._line = SerialLine(name, settings.line())
        self._jobs: list[_Job] = []
        self._orders = 0
        self._wake = asyncio.Event()
        self._serving = False
        self._reachable: bool | None = None
        self._unsettled = False
        self._misses = 0
        self._asked_ns = 0

    # The words of a series ------------------------------------------------------------------

    @abstractmethod
    async def _meet(self) -> None:
        """Make sure that this is the generator of the lane file. Raises DeviceError."""

    @abstractmethod
    async def _set_points(self, kv: float, ma: float) -> None:
        """Take it to remote, set both, read both back as far as it can be. Raises DeviceError."""

    @abstractmethod
    async def _turn_on(self) -> None:
        """Ask for high voltage. Raises DeviceError."""

    @abstractmethod
    async def _turn_off(self) -> None:
        """End high voltage, once; every request of it is urgent. Raises DeviceError."""

    @abstractmethod
    async def _clear_faults(self) -> None:
        """Have it forget its faults. Raises DeviceError."""

    @abstractmethod
    async def _look(self) -> None:
        """Read and deliver everything. Raises DeviceError."""

    @abstractmethod
    def _last_word(self) -> bytes:
        """What says HV off when nobody waits for an answer any more."""

    # What the lane asks for -----------------------------------------------------------------

    async def run(self) -> None:
        """Poll for ever; on cancellation the last word on the line is HV off."""
        backoff = Backoff(self._limits.retry_ms, self._limits.retry_max_ms)
        try:
            while True:
                try:
                    await self._line.open()
                    await self._logic_lives()
                    await self._meet()
                    backoff.succeeded()
                    await self._serve()
                except DeviceError as error:
                    self._stop_serving(error)
                await asyncio.sleep(backoff.failed())
        finally:
            self._part()

    async def prepare(self, *, kv: float, ma: float) -> None:
        """Take the generator to remote, set kV and mA, read both back.

        Raises:
            DeviceRefused: out of range, refused, not remote, or another value read back.
            DeviceError: the line or the generator failed.
        """
        limits = self._limits
        for value, limit, unit in ((kv, limits.kv_max, "kV"), (ma, limits.ma_max, "mA")):
            if not 0 <= value <= limit:
                raise DeviceRefused(self.name, "prepare", f"{value} {unit} is not in 0-{limit}")
        await self._do("prepare", _COMMAND, lambda: self._set_points(kv, ma))

    async def hv_on(self) -> None:
        """Ask for high voltage. Raises DeviceError."""
        if not self._alive():
            raise DeviceRefused(self.name, "hv_on", "the lane logic is not alive")
        await self._do("hv_on", _COMMAND, self._turn_on)

    async def hv_off(self) -> None:
        """End high voltage; overtakes every poll and command, and ends those that wait."""
        for job in self._jobs:
            if job.rank != _URGENT and not job.done.done():
                job.done.set_exception(DeviceRefused(self.name, job.name, "HV off was asked for"))
        await self._do("hv_off", _URGENT, self._off)

    async def reset_faults(self) -> None:
        """Clear latched faults; refused while a cause persists. Raises DeviceError."""
        await self._do("reset_faults", _COMMAND, self._clear_faults)

    # The line -------------------------------------------------------------------------------

    async def _exchange(
        self,
        command: str,
        request: bytes,
        read: Callable[[bytes], T | None],
        *,
        urgent: bool = False,
    ) -> T:
        """Send one request; ``read`` takes bytes as they come and returns the answer when whole.

        Raises DeviceTimeout, DeviceUnreachable, DeviceGarbled, and DeviceRefused when HV off
        waits and this is something else.
        """
        if not urgent:
            self._give_way(command)
            await self._settle()
        self._line.discard()
        timeout_ms = self._limits.timeout_ms
        self._asked_ns = self._now_ns()
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                self._line.write(request)
                while True:
                    answer = read(await self._line.read(timeout_ms / 1000))
                    if answer is not None:
                        return answer
        except (TimeoutError, DeviceTimeout) as error:
            self._unsettled = True
            detail = f"no answer in {timeout_ms} ms. Check cable, baud and power"
            raise DeviceTimeout(self.name, f"command {command}", detail) from error
        except DeviceGarbled:
            self._unsettled = True
            raise

    def _give_way(self, command: str) -> None:
        """Raise DeviceRefused when HV off waits: for whatever takes long and is not it."""
        if any(job.rank == _URGENT for job in self._jobs):
            raise _Overtaken(self.name, f"command {command}", "HV off was asked for")

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

    async def _do(self, name: str, rank: int, work: Callable[[], Awaitable[None]]) -> None:
        if self.only_looked_at and rank != _URGENT:
            raise DeviceRefused(self.name, name, "it is only looked at; a lane gives orders")
        if not self._serving:
            raise DeviceUnreachable(self.name, name, "the generator does not answer; see its link")
        if len(self._jobs) >= MAX_JOBS and rank != _URGENT:
            raise DeviceRefused(self.name, name, f"{MAX_JOBS} commands are waiting already")
        self._orders += 1
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._jobs, _Job(rank, self._orders, name, work, done))
        self._wake.set()
        try:
            async with asyncio.timeout(self._limits.command_ms / 1000):
                await done
        except TimeoutError as error:
            detail = f"not done in {self._limits.command_ms} ms"
            raise DeviceTimeout(self.name, name, detail) from error

    async def _off(self) -> None:
        """Repeat until accepted: withdrawing is worth more than one attempt."""
        for attempt in range(OFF_ATTEMPTS):
            try:
                await self._turn_off()
            except (DeviceTimeout, DeviceGarbled):
                if attempt == OFF_ATTEMPTS - 1:
                    raise
                # The order is out already; what is still on its way would spoil the next answer.
                await asyncio.sleep(_QUIET_S)
            else:
                return

    async def _logic_lives(self) -> None:
        """Wait for the heartbeat: a greeting would feed the watchdog of a line that came back."""
        while not self._alive():  # noqa: ASYNC110 - the heartbeat is a question, no event
            await asyncio.sleep(self._limits.poll_ms / 1000)

    async def _serve(self) -> None:
        self._serving, self._misses = True, 0
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            while self._jobs:
                await self._run_job(heapq.heappop(self._jobs))
            if self._alive() and loop.time() >= due_s:
                due_s = loop.time() + self._limits.poll_ms / 1000
                await self._poll()
                continue
            self._wake.clear()
            try:
                async with asyncio.timeout(self._limits.poll_ms / 1000):
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

    async def _poll(self) -> None:
        try:
            await self._look()
        except _Overtaken:
            # The next poll comes right after HV off.
            return
        except (DeviceTimeout, DeviceGarbled, DeviceRefused) as error:
            self._missed(error)
        else:
            self._misses = 0
            if self._reachable is False:
                self._sink.back(self.name)
            self._reachable = True

    def _missed(self, error: DeviceError) -> None:
        self._misses += 1
        self._put_unknown(self._asked_ns)
        if self._misses >= self._limits.misses:
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

    def _part(self) -> None:
        self._serving = False
        try:
            self._line.overtake(self._last_word())
        except DeviceUnreachable:
            # Nobody to tell: the permission relay and the generator's own interlock hold.
            pass
        finally:
            self._line.close()

    def _put_unknown(self, asked_ns: int) -> None:
        values: dict[str, Value] = dict.fromkeys(
            ("hv", "ready", "interlock", "source_fault"), Input.UNKNOWN
        )
        values |= {"kv": None, "ma": None}
        self._sink.deliver(points_of(self.name, values, Quality.BAD), asked_ns)

    def _deliver(self, values: Mapping[str, Value], asked_ns: int) -> None:
        self._sink.deliver(points_of(self.name, values), asked_ns)


def said(*, ok: bool) -> Input:
    """OK or BLOCKED."""
    return Input.OK if ok else Input.BLOCKED


def _fail(job: _Job, error: DeviceError) -> None:
    if not job.done.done():
        job.done.set_exception(error)
