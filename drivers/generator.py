"""What every X-ray generator on a line of its own has in common; a series adds its words.

One request is in flight at a time. Switching high voltage off overtakes whatever waits.
"""

import asyncio
import contextlib
import heapq
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from drivers.generator_jobs import COMMAND, URGENT, Job, fail
from drivers.generator_line import GeneratorLine, Overtaken, StaysOn, Unheard
from drivers.generator_settings import OFF_ATTEMPTS, GeneratorSettings
from drivers.generator_silence import Silence
from drivers.serial_line import Backoff
from edge.core.values import Input, Quality
from edge.errors import DeviceError, DeviceGarbled, DeviceRefused, DeviceTimeout, DeviceUnreachable
from edge.ports import Heartbeat, Sink, Value, points_of

MAX_JOBS = 8
"""Commands that may wait; more is refused."""
_OFF_LOOK_S = 0.02

T = TypeVar("T")


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
        self._line = GeneratorLine(
            name,
            settings.line(),
            timeout_ms=settings.timeout_ms,
            quiet_ms=settings.quiet_ms,
            now_ns=now_ns,
            hinders=self._give_way,
        )
        self._jobs: list[Job] = []
        self._orders = 0
        self._wake = asyncio.Event()
        self._serving = False
        self._at_work = False
        self._switching_off = False
        self._hv_wanted = self._hv_seen = False
        self._offs_blind = 0
        self._reachable: bool | None = None
        self._silence = Silence(settings.misses, settings.timeout_ms, now_ns)

    # The words of a series ------------------------------------------------------------------

    @abstractmethod
    async def _meet(self) -> None:
        """Have it off, see it off and that it is the lane file's. Raises DeviceError."""

    @abstractmethod
    async def _set_points(self, kv: float, ma: float) -> None:
        """Take it to remote, set both, read both back as far as it can be. Raises DeviceError."""

    @abstractmethod
    async def _turn_on(self) -> None:
        """Ask for high voltage. Raises DeviceError."""

    @abstractmethod
    async def _turn_off(self) -> None:
        """Order HV off, once; every request of it is urgent. Raises DeviceError."""

    @abstractmethod
    async def _is_hv_on(self) -> bool:
        """Ask the status, urgently, whether there is high voltage. Raises DeviceError."""

    @abstractmethod
    async def _clear_faults(self) -> None:
        """Have it forget its faults. Raises DeviceError."""

    @abstractmethod
    async def _look(self) -> None:
        """Read and deliver everything; set `_hv_seen` as the status says. Raises DeviceError."""

    @abstractmethod
    def _off_word(self) -> bytes:
        """What says HV off at once, to be repeated by `_turn_off`."""

    @property
    def _tells_answers_apart(self) -> bool:
        """Whether an answer to HV off cannot spoil the one to another question."""
        return True

    def _last_word(self) -> bytes:
        """What says HV off when nobody waits for an answer any more."""
        return self._off_word()

    # What the lane asks for -----------------------------------------------------------------

    async def run(self) -> None:
        """Poll for ever; on cancellation the last word on the line is HV off."""
        backoff = Backoff(self._limits.retry_ms, self._limits.retry_max_ms)
        try:
            while True:
                try:
                    await self._line.line.open()
                    await self._meet_off()
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
        await self._do("prepare", COMMAND, lambda: self._set_points(kv, ma))

    async def hv_on(self) -> None:
        """Ask for high voltage. Raises DeviceError."""
        if not self._alive():
            raise DeviceRefused(self.name, "hv_on", "the lane logic is not alive")
        await self._do("hv_on", COMMAND, self._ask_for_hv)

    async def hv_off(self) -> None:
        """End high voltage; overtakes every poll and command, and ends those that wait.

        It is on the wire before this waits for anything, also where the generator is not met yet,
        and done when the status says so.

        Raises:
            DeviceUnreachable: the generator does not answer; said blindly where the line is open.
            DeviceError: it was not seen to be off.
        """
        self._hv_wanted = False
        for job in self._jobs:
            if job.rank != URGENT and not job.done.done():
                job.done.set_exception(DeviceRefused(self.name, job.name, "HV off was asked for"))
        await self._do("hv_off", URGENT, self._off)

    async def reset_faults(self) -> None:
        """Clear latched faults; refused while a cause persists. Raises DeviceError."""
        await self._do("reset_faults", COMMAND, self._clear_faults)

    # The line -------------------------------------------------------------------------------

    def _give_way(self, command: str) -> None:
        """Raise DeviceRefused when only HV off may be sent: it waits, or the logic is dead."""
        if any(job.rank == URGENT for job in self._jobs):
            raise Overtaken(self.name, f"command {command}", "HV off was asked for")
        if not self._alive():
            raise Unheard(self.name, f"command {command}", "the lane logic is not alive")

    def _say_off(self) -> None:
        """Put HV off on the wire now. Raises DeviceUnreachable."""
        self._line.say(self._off_word(), spoils=not self._tells_answers_apart)

    async def _do(self, name: str, rank: int, work: Callable[[], Awaitable[None]]) -> None:
        if self.only_looked_at and rank != URGENT:
            raise DeviceRefused(self.name, name, "it is only looked at; a lane gives orders")
        if not self._serving:
            said = rank == URGENT and self._blindly_off()
            detail = "the generator does not answer; see its link"
            raise DeviceUnreachable(self.name, name, detail + "; said blindly" * said)
        if len(self._jobs) >= MAX_JOBS and rank != URGENT:
            raise DeviceRefused(self.name, name, f"{MAX_JOBS} commands are waiting already")
        done = self._push(name, rank, work)
        if rank == URGENT and self._at_work and not self._switching_off:
            # The line has two directions: what waits for an answer holds nothing up.
            self._say_off()
        try:
            async with asyncio.timeout(self._limits.command_ms / 1000):
                await done
        except TimeoutError as error:
            detail = f"not done in {self._limits.command_ms} ms"
            raise DeviceTimeout(self.name, name, detail) from error

    def _push(
        self, name: str, rank: int, work: Callable[[], Awaitable[None]]
    ) -> "asyncio.Future[None]":
        self._orders += 1
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # Where nobody waits, the next poll tells what has become of it.
        done.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        heapq.heappush(self._jobs, Job(rank, self._orders, name, work, done))
        self._wake.set()
        return done

    def _blindly_off(self) -> bool:
        """Say HV off to a generator that is not met; return whether there was a line to say it."""
        try:
            self._say_off()
        except DeviceUnreachable:
            return False
        self._offs_blind += 1
        return True

    async def _off(self) -> None:
        """Repeat HV off until the status says it: an answer may be another order's, and late."""
        self._switching_off = True
        try:
            for attempt in range(OFF_ATTEMPTS):
                try:
                    await self._off_once()
                except DeviceUnreachable:
                    raise
                except DeviceError as error:
                    silent = isinstance(error, DeviceTimeout | DeviceGarbled)
                    if silent and self._silence.missed(self._line.asked_ns):
                        self._tell_lost(error)  # and is still told off, while there is a line
                    if attempt == OFF_ATTEMPTS - 1:
                        raise
                else:
                    return
        finally:
            self._switching_off = False

    async def _off_once(self) -> None:
        if self._line.unsettled:
            self._say_off()
            await self._line.settle(urgent=True)
        doubt: DeviceError | None = None
        try:
            await self._turn_off()
        except DeviceUnreachable:
            raise
        except DeviceError as error:
            doubt = error
            await self._line.settle(urgent=True)
        loop = asyncio.get_running_loop()
        until_s = loop.time() + self._limits.off_ms / 1000
        while await self._is_hv_on():
            if doubt is not None or loop.time() >= until_s:
                detail = "the status still says high voltage. Open its interlock"
                raise doubt or StaysOn(self.name, "hv_off", detail)
            await asyncio.sleep(_OFF_LOOK_S)
        if doubt is not None:
            raise doubt

    async def _off_at_first(self) -> None:
        """Have a generator off that may have been left on.

        One that stays on is met all the same: every poll tells that, and says HV off again.
        """
        with contextlib.suppress(StaysOn):
            await self._off()

    async def _ask_for_hv(self) -> None:
        self._hv_wanted = True
        try:
            await self._turn_on()
        except DeviceError:
            self._hv_wanted = False
            raise

    def _end_unwanted_hv(self) -> None:
        """End high voltage that a poll has seen and nobody wants, as after a late order."""
        seen, self._hv_seen = self._hv_seen, False
        waits = any(job.rank == URGENT for job in self._jobs)
        if seen and not (self._hv_wanted or self.only_looked_at or waits):
            self._push("hv_off", URGENT, self._off_once)

    async def _meet_off(self) -> None:
        """Meet the generator, which begins with HV off: it may have been left on.

        Not before the lane logic lives: a greeting would feed the watchdog of a line that came
        back. Anew when HV off was asked for meanwhile. Raises DeviceError.
        """
        while True:
            while not self._alive():  # noqa: ASYNC110 - the heartbeat is a question, no event
                await asyncio.sleep(self._limits.poll_ms / 1000)
            offs = self._offs_blind
            self._hv_wanted = False
            try:
                await self._meet()
            except Unheard:
                continue
            except (DeviceTimeout, DeviceGarbled, DeviceRefused):
                if offs == self._offs_blind:
                    raise
            if offs == self._offs_blind:
                return

    async def _serve(self) -> None:
        self._serving = True
        self._silence.heard()
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            self._at_work = True
            while self._jobs:
                await self._run_job(heapq.heappop(self._jobs))
            if self._alive() and loop.time() >= due_s:
                due_s = loop.time() + self._limits.poll_ms / 1000
                await self._poll()
                continue
            self._at_work = False
            self._wake.clear()
            try:
                async with asyncio.timeout(self._limits.poll_ms / 1000):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _run_job(self, job: Job) -> None:
        if job.done.done() and job.rank != URGENT:
            # Nobody waits for it any more; HV off is sent all the same.
            return
        try:
            await job.work()
        except DeviceUnreachable as error:
            fail(job, error)
            raise
        except DeviceError as error:
            fail(job, error)
        else:
            if not job.done.done():
                job.done.set_result(None)

    async def _poll(self) -> None:
        try:
            await self._look()
        except (Overtaken, Unheard):
            return
        except (DeviceTimeout, DeviceGarbled, DeviceRefused) as error:
            self._missed(error)
        else:
            self._silence.heard()
            if self._reachable is False:
                self._sink.back(self.name)
            self._reachable = True
        finally:
            self._end_unwanted_hv()

    def _missed(self, error: DeviceError) -> None:
        self._put_unknown(self._line.asked_ns)
        if self._silence.missed(self._line.asked_ns):
            detail = f"{self._silence.misses} times: {error.detail}"
            raise DeviceUnreachable(self.name, "poll", detail)

    def _tell_lost(self, error: DeviceError) -> None:
        if self._reachable is not False:
            self._reachable = False
            self._sink.lost(self.name, str(error))

    def _stop_serving(self, error: DeviceError) -> None:
        self._part()
        for job in self._jobs:
            fail(job, error)
        self._jobs.clear()
        self._tell_lost(error)
        self._put_unknown(self._now_ns())

    def _part(self) -> None:
        """Say HV off for as long as there is a line, and close it."""
        self._serving = self._at_work = False
        # Where nobody can be told, the permission relay and the generator's own interlock hold.
        with contextlib.suppress(DeviceUnreachable):
            self._line.line.overtake(self._last_word())
        self._line.line.close()

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
