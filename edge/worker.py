"""The image worker process: detector lines in, scan packages out, small messages to control.

The event loop never computes: kernels, pictures and files run in one executor thread, and the
raw lines of a running scan are flushed by another. It never reaches permit, journal or broker.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, ParamSpec, TypeVar

from drivers.line_frames import (
    Command,
    Decoder,
    Event,
    Info,
    Line,
    LineFlag,
    LineKind,
    Reordered,
    Torn,
)
from drivers.line_stream import LineStream, LineStreamSettings
from edge import ipc
from edge.clock import SystemClock
from edge.errors import CalibrationMissing, DeviceError, EdgeError, ScanError
from edge.imaging.scan import LineFacts, ScanBuffer

if TYPE_CHECKING:
    # At run time these come only after NUMBA_CACHE_DIR is set.
    from edge.imaging.bench import Bench
    from edge.imaging.session import ScanSession

PROGRESS_S = 0.05
FLUSH_S = 0.5
DETAIL_CHARACTERS = 2000
MAX_BUILDS = 2

P = ParamSpec("P")
R = TypeVar("R")
log = logging.getLogger(__name__)


class Worker:
    """One worker's life, from Configure to the end of the connection."""

    def __init__(self, channel: ipc.Channel, configure: ipc.Configure) -> None:
        self._channel = channel
        self._configure = configure
        self._compute = ThreadPoolExecutor(1, "compute")
        self._disk = ThreadPoolExecutor(1, "disk")
        self._bench: Bench | None = None
        self._info: Info | None = None
        self._session: ScanSession | None = None
        self._arming: asyncio.Task[None] | None = None
        self._builds = 0
        self._trouble = "starting"
        self._calibrated = False
        self._reported = 0
        self._stream = LineStream(
            name="detector",
            settings=LineStreamSettings(host=configure.host, port=configure.port),
            on_event=self._event,
            on_up=self._up,
            on_down=self._down,
        )
        self._calibrating: asyncio.Task[None] | None = None
        self._finishing: asyncio.Task[None] | None = None
        self._broken = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, ending: asyncio.Event) -> None:
        """Serve until control hangs up or ``ending`` is set; then end the scan and go."""
        tasks: list[asyncio.Task[None] | asyncio.Task[Literal[True]]] = [
            asyncio.create_task(self._start()),
            asyncio.create_task(self._listen()),
            asyncio.create_task(ending.wait()),
            asyncio.create_task(self._broken.wait()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._end()

    async def _listen(self) -> None:
        while (message := await self._channel.receive()) is not None:
            if isinstance(message, ipc.Ping):
                self._pong(message)
            elif isinstance(message, ipc.Arm):
                self._arm(message)
            elif isinstance(message, ipc.Finish):
                self._ask_finish(message)
            else:
                raise ScanError(f"{type(message).__name__} is not for a running worker")

    async def _start(self) -> None:
        bench = await self._in_thread(_open_bench, self._configure)
        self._bench = bench
        for news in await self._in_thread(bench.sweep, _place_all):
            self._channel.send(news)
        self._trouble = "no link to the detector"
        self._channel.send(ipc.Ready(os.environ["NUMBA_CACHE_DIR"]))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stream.run())
            group.create_task(self._report())
            group.create_task(self._flush())

    # The detector -----------------------------------------------------------------------------

    def _up(self, info: Info) -> None:
        expected = (
            self._configure.detectors + self._configure.reference_pixels,
            self._configure.reference_pixels,
            self._configure.energies,
        )
        found = (info.pixels, info.reference_pixels, info.energies)
        if found != expected:
            what = "pixels, reference pixels and energies"
            self._lost(f"it has {found} {what}, the lane file says {expected}")
        elif info.simulated and not self._configure.simulated:
            self._lost("it is a simulated one and this lane is not. Connect the real one")
        else:
            self._info = info
            self._trouble = ""
            self._channel.send(ipc.DetectorBack(info.serial))
            if self._calibrating is not None:
                self._calibrating.cancel()
            self._calibrating = self._spawn(self._calibrate(info))

    def _down(self, detail: str) -> None:
        self._lost(detail)
        if self._session is not None:
            self._session.trouble = f"the link to the detector was lost: {detail}"

    def _lost(self, detail: str) -> None:
        self._info, self._calibrated, self._trouble = None, False, detail
        self._channel.send(ipc.DetectorLost(detail[:DETAIL_CHARACTERS]))

    def _event(self, event: Event) -> None:
        if isinstance(event, Line):
            self._line(event)
        elif self._session is not None:
            tally = self._session.scan.tally
            if isinstance(event, Reordered) and event.scan_id == self._session.order.scan_id:
                tally.reordered += 1
            elif isinstance(event, Torn):
                tally.torn_bytes += event.count

    def _line(self, line: Line) -> None:
        if not self._configure.simulated and LineFlag.SIMULATED in line.flags:
            return
        session = self._session
        if session is not None and line.scan_id == session.order.scan_id:
            session.take(_line_facts(line), line.pixels, line.frame)

    async def _calibrate(self, info: Info) -> None:
        """Load the air calibration; on a simulated lane make the first one."""
        bench = self._bench
        assert bench is not None
        try:
            if info.simulated and not bench.has_air(info):
                dark = await self._stream.collect(LineKind.DARK, bench.dark_lines)
                air = await self._stream.collect(LineKind.AIR, bench.air_lines, info.energies)
                await self._in_thread(bench.make_air, info, dark, air)
            await self._in_thread(bench.load_air, info)
            self._calibrated = True
        except EdgeError as error:
            self._trouble = str(error)
            log.warning("calibration: %s", error)

    # One scan ---------------------------------------------------------------------------------

    def _arm(self, order: ipc.Arm) -> None:
        busy = self._session is not None or (self._arming is not None and not self._arming.done())
        if busy or self._builds >= MAX_BUILDS:
            self._fail(order.scan_id, "the worker is busy with another scan. Finish that first")
            return
        self._arming = self._spawn(self._arm_task(order))

    async def _arm_task(self, order: ipc.Arm) -> None:
        try:
            if self._calibrating is not None:
                await asyncio.wait([self._calibrating])
            bench, info = self._bench, self._info
            if bench is None or info is None:
                raise ScanError(f"the detector cannot be armed: {self._trouble}")
            dark = await self._stream.collect(LineKind.DARK, bench.dark_lines)
            opening = asyncio.create_task(self._in_thread(bench.open_scan, order, info, dark))
            await asyncio.wait([opening])
            self._session, self._reported = opening.result(), 0
            await self._stream.command(Command.ARM, order.scan_id)
            self._channel.send(ipc.Armed(order.scan_id))
        except EdgeError as error:
            if isinstance(error, CalibrationMissing):
                self._calibrated, self._trouble = False, str(error)
            await self._abandon()
            self._fail(order.scan_id, str(error))

    async def _abandon(self) -> None:
        """Forget a scan that could not be armed."""
        session, self._session = self._session, None
        if session is not None:
            try:
                await self._in_disk_thread(session.abandon)
            except EdgeError as error:
                log.warning("the folder of a scan that was not armed stays: %s", error)

    def _ask_finish(self, message: ipc.Finish) -> None:
        if self._finishing is None or self._finishing.done():
            finish = self._finish(complete=message.complete, reason=message.reason)
            self._finishing = self._spawn(finish)

    async def _finish(self, *, complete: bool, reason: str) -> None:
        if self._arming is not None:
            # Bounded: every step of an arming has its own limit.
            await asyncio.wait([self._arming])
        session = self._session
        if session is None:
            return
        try:
            # Lines and the answer come on one stream: when it is here, so are all lines.
            await self._stream.command(Command.STOP)
        except DeviceError as error:
            session.trouble = session.trouble or f"the detector did not confirm STOP: {error}"
        self._close_scan(session, complete=complete, reason=reason)

    def _close_scan(self, session: "ScanSession", *, complete: bool, reason: str) -> None:
        self._session = None
        if session.trouble:
            complete, reason = False, f"{reason} {session.trouble}".strip()
        self._builds += 1
        self._spawn(self._build(session, complete=complete, reason=reason))

    async def _build(self, session: "ScanSession", *, complete: bool, reason: str) -> None:
        bench = self._bench
        assert bench is not None
        try:
            await self._in_disk_thread(session.close, session.pending())
            made = await self._in_thread(bench.build, session, complete=complete, reason=reason)
            self._channel.send(made)
        except EdgeError as error:
            self._fail(session.order.scan_id, str(error))
        finally:
            self._builds -= 1

    def _fail(self, scan_id: int, detail: str) -> None:
        self._channel.send(ipc.ScanFailed(scan_id, detail[:DETAIL_CHARACTERS]))

    async def _end(self) -> None:
        """Keep what a running scan has: an incomplete package is better than a leftover."""
        for task in (self._arming, self._finishing, self._calibrating):
            if task is not None and not task.done():
                task.cancel()
                await asyncio.wait([task])
        if self._session is not None:
            self._close_scan(self._session, complete=False, reason="the image worker was ended")
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._compute.shutdown()
        self._disk.shutdown()

    # Little things ----------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Our own mistake, or control does not read: this worker is of no more use.
            log.critical("the image worker ends: %r", error, exc_info=error)
            self._broken.set()

    def _pong(self, ping: ipc.Ping) -> None:
        up = self._info is not None
        detail = "" if up and self._calibrated else self._trouble
        self._channel.send(ipc.Pong(ping.number, up, self._calibrated, detail[:DETAIL_CHARACTERS]))

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(PROGRESS_S)
            session = self._session
            if session is not None and session.scan.count != self._reported:
                scan = session.scan
                self._reported = scan.count
                self._channel.send(
                    ipc.Progress(session.order.scan_id, scan.count, scan.lost, scan.last_line_us)
                )

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            if self._session is not None:
                await self._in_disk_thread(self._session.write, self._session.pending())

    async def _in_thread(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._compute, partial(work, *args, **kwargs))

    async def _in_disk_thread(
        self, work: Callable[P, None], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._disk, partial(work, *args, **kwargs))


def _open_bench(configure: ipc.Configure) -> "Bench":
    """Import and compile the imaging, with its cache in the state folder."""
    cache = Path(configure.state_folder) / "numba"
    cache.mkdir(parents=True, exist_ok=True)
    os.environ["NUMBA_CACHE_DIR"] = str(cache)
    # Not before the line above: numba reads its settings when it is imported.
    from edge.imaging.bench import Bench

    return Bench(configure, SystemClock().utc)


def _line_facts(line: Line) -> LineFacts:
    return LineFacts(
        line.sequence,
        line.pulse_id,
        line.energy,
        int(line.flags),
        line.encoder_um,
        line.time_us,
    )


def _place_all(frames: bytes, scan: ScanBuffer) -> None:
    """Place the frames a killed worker left; a torn last one is dropped."""
    for event in Decoder().feed(frames):
        if isinstance(event, Line):
            scan.place(_line_facts(event), event.pixels)
        elif isinstance(event, Reordered):
            scan.tally.reordered += 1
        elif isinstance(event, Torn):
            scan.tally.torn_bytes += event.count


async def _serve(end: socket.socket) -> None:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ending.set)
    # Ctrl-C reaches the whole group; control ends the worker in its own order.
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    channel = await ipc.Channel.over(end)
    try:
        configure = await channel.receive()
        if configure is None:
            return
        if not isinstance(configure, ipc.Configure):
            raise ScanError(f"the first message is {type(configure).__name__}, not Configure")
        await Worker(channel, configure).run(ending)
    finally:
        await channel.close()


def main(fd: int) -> None:
    """Run a worker on an inherited end of a socket pair."""
    failures: list[str] = []
    try:
        asyncio.run(_serve(socket.socket(fileno=fd)))
    except* EdgeError as group:
        failures = [str(error) for error in group.exceptions]
    if failures:
        sys.exit(f"image worker: {'; '.join(failures)}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
