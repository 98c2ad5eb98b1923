"""The image worker as control sees it: a child process on a socket pair, watched and restarted.

A worker that is silent for a second is hung and is killed; one that died is started again with
back-off. Imaging can delay an image, never a stop: nothing here is waited for by the lane logic.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge import ipc
from edge.core.values import Input, Quality
from edge.errors import ScanError
from edge.ports import ScanOrder, Sink, points_of

PING_S = 0.2
HUNG_MS = 1000
START_S = 60.0
"""Longest start: kernels are compiled in it when the cache is cold."""
ARM_S = 15.0
"""Longest arming: dark lines, files, the detector's answer; the worker has limits of its own."""
END_S = 5.0
"""Longest wait for a worker to write an incomplete package after SIGTERM."""
LAST_WORDS_S = 1.0
RETRY_S = (0.2, 0.5, 1.0, 2.0, 5.0)
MS_NS = 1_000_000

Command = tuple[str, ...]
WORKER: Command = (sys.executable, "-m", "edge.worker")


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Whom to tell; called on the event loop's thread."""

    on_progress: Callable[[ipc.Progress], None]
    on_package: Callable[[ipc.PackageWritten], None]
    on_failed: Callable[[ipc.ScanFailed], None]
    on_orphan: Callable[[ipc.Orphaned], None]


class WorkerProxy:
    """Satisfies ``edge.ports.ImageWorker``.

    Publishes ``NAME.detector`` and ``NAME.calibration`` (Input) with every sign of life, and
    says ``lost`` and ``back`` of the worker itself.

    Args:
        name: of the worker in readings.
        configure: the first message to every new worker.
        sink: where readings and losses go.
        callbacks: where news of scans goes.
        now_ns: monotonic time.
        command: how a worker is started; the number of its socket is appended.
    """

    def __init__(
        self,
        *,
        name: str,
        configure: ipc.Configure,
        sink: Sink,
        callbacks: Callbacks,
        now_ns: Callable[[], int],
        command: Command = WORKER,
    ) -> None:
        self.name = name
        self._configure = configure
        self._sink = sink
        self._callbacks = callbacks
        self._now_ns = now_ns
        self._command = command
        self._channel: ipc.Channel | None = None
        self._is_ready = False
        self._is_lost = False
        self._owed: set[int] = set()  # scans of which neither package nor failure has come
        self._arming: tuple[int, asyncio.Future[None]] | None = None
        self._sent: dict[int, int] = {}
        self._heard_ns = 0
        self._pings = 0
        self._pid = 0

    @property
    def pid(self) -> int:
        """Process id of the running worker, 0 when there is none."""
        return self._pid

    async def arm(self, order: ScanOrder) -> None:
        """Arm the detector; returns when it is. Raises ScanError."""
        if self._channel is None or not self._is_ready:
            raise ScanError(f"scan {order.scan_id}: the image worker is not ready. Try again")
        if self._arming is not None:
            raise ScanError(f"scan {order.scan_id}: scan {self._arming[0]} is being armed")
        armed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._arming = (order.scan_id, armed)
        self._owed.add(order.scan_id)
        try:
            self._channel.send(
                ipc.Arm(order.scan_id, order.inspection_id, order.folder, order.metadata)
            )
            async with asyncio.timeout(ARM_S):
                await armed
        except TimeoutError as error:
            raise ScanError(f"scan {order.scan_id}: not armed in {ARM_S:.0f} s") from error
        finally:
            self._arming = None

    async def finish(self, *, complete: bool, reason: str) -> None:
        """End the scan; the package follows as a callback. Harmless when there is none."""
        if self._channel is not None:
            self._channel.send(ipc.Finish(complete, reason))

    async def run(self) -> None:
        """Keep a worker alive; ends only by cancellation, and then with the worker ended."""
        attempt = 0
        while True:
            try:
                await self._one_life()
            except (ScanError, OSError) as error:
                attempt = 0 if self._is_ready else attempt
                self._lost(str(error))
            await asyncio.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
            attempt += 1

    async def _one_life(self) -> None:
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, str(theirs.fileno()), pass_fds=(theirs.fileno(),)
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self._pid = process.pid
        talk: asyncio.Task[None] | None = None
        try:
            self._channel = await ipc.Channel.over(ours)
            self._channel.send(self._configure)
            self._heard_ns = self._now_ns()
            talk = asyncio.create_task(self._listen(self._channel))
            await self._serve(self._channel, talk)
        finally:
            await self._end(process, talk)
        raise ScanError(f"the image worker (process {process.pid}) ended by itself")

    async def _serve(self, channel: ipc.Channel, talk: asyncio.Task[None]) -> None:
        """Talk until the worker hangs up. Raises ScanError when it is hung or talks nonsense."""
        ping = asyncio.create_task(self._ping(channel))
        try:
            done, _ = await asyncio.wait((talk, ping), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            ping.cancel()
            await asyncio.gather(ping, return_exceptions=True)

    async def _listen(self, channel: ipc.Channel) -> None:
        while (message := await channel.receive()) is not None:
            self._heard_ns = self._now_ns()
            self._take(message)

    async def _ping(self, channel: ipc.Channel) -> None:
        start_ns = woke_ns = self._now_ns()
        while True:
            await asyncio.sleep(PING_S)
            now_ns = self._now_ns()
            if now_ns - woke_ns > HUNG_MS * MS_NS:
                # It was control that stood still; what the worker said meanwhile is unread.
                self._heard_ns = now_ns
            woke_ns = now_ns
            silent_ms = (now_ns - self._heard_ns) // MS_NS
            if self._is_ready and silent_ms > HUNG_MS:
                raise ScanError(f"the image worker is hung: silent for {silent_ms} ms")
            if not self._is_ready and now_ns - start_ns > START_S * 1000 * MS_NS:
                raise ScanError(f"the image worker was not ready in {START_S:.0f} s")
            self._pings += 1
            self._sent[self._pings] = now_ns
            self._sent.pop(self._pings - 100, None)
            channel.send(ipc.Ping(self._pings))

    def _take(self, message: ipc.Message) -> None:
        match message:
            case ipc.Pong():
                self._pong(message)
            case ipc.Progress():
                self._callbacks.on_progress(message)
            case ipc.Armed():
                self._done_arming(message.scan_id)
            case ipc.PackageWritten():
                self._owed.discard(message.scan_id)
                self._callbacks.on_package(message)
            case ipc.ScanFailed():
                self._failed(message)
            case ipc.Orphaned():
                self._callbacks.on_orphan(message)
            case ipc.Ready():
                self._ready()
            case ipc.DetectorLost() | ipc.DetectorBack():
                ok = isinstance(message, ipc.DetectorBack)
                self._deliver({"detector": ok}, self._now_ns())
            case _:
                raise ScanError(f"the image worker sent {type(message).__name__}")

    def _ready(self) -> None:
        self._is_ready = True
        if self._is_lost:
            self._is_lost = False
            self._sink.back(self.name)

    def _done_arming(self, scan_id: int) -> None:
        waiting = self._waiting(scan_id)
        if waiting is not None:
            waiting.set_result(None)

    def _waiting(self, scan_id: int) -> asyncio.Future[None] | None:
        """Who waits for the arming of this very scan.

        What was said of an arming that was given up may still be on its way, and an earlier
        scan's package is made while the next one is armed.
        """
        if self._arming is None or self._arming[0] != scan_id or self._arming[1].done():
            return None
        return self._arming[1]

    def _pong(self, pong: ipc.Pong) -> None:
        sent_ns = self._sent.pop(pong.number, None)
        if sent_ns is not None and self._is_ready:
            self._deliver({"detector": pong.detector, "calibration": pong.calibrated}, sent_ns)

    def _deliver(self, good: Mapping[str, bool], requested_ns: int) -> None:
        values = {field: Input.OK if ok else Input.BLOCKED for field, ok in good.items()}
        self._sink.deliver(points_of(self.name, values), requested_ns)

    def _failed(self, message: ipc.ScanFailed) -> None:
        self._owed.discard(message.scan_id)
        waiting = self._waiting(message.scan_id)
        if waiting is not None:
            # Whoever waits for the arming hears it there, and only there.
            waiting.set_exception(ScanError(message.detail))
        else:
            self._callbacks.on_failed(message)

    def _lost(self, detail: str) -> None:
        self._is_ready = False
        if not self._is_lost:
            self._is_lost = True
            self._sink.lost(self.name, detail)
        unknown = points_of(self.name, {"detector": None, "calibration": None}, Quality.BAD)
        self._sink.deliver(unknown, self._now_ns())
        for scan_id in sorted(self._owed):
            self._failed(ipc.ScanFailed(scan_id, detail))

    async def _end(
        self, process: asyncio.subprocess.Process, talk: asyncio.Task[None] | None
    ) -> None:
        """End the worker: it may write its package, then it is killed."""
        try:
            await self._terminate(process)
            if talk is not None:
                # What it said last is still in the socket.
                await asyncio.wait([talk], timeout=LAST_WORDS_S)
        finally:
            if process.returncode is None:
                _signal(process.pid, signal.SIGKILL)
            if talk is not None:
                talk.cancel()
                await asyncio.gather(talk, return_exceptions=True)
            channel, self._channel = self._channel, None
            if channel is not None:
                await channel.close()
            self._pid = 0
            self._sent.clear()

    async def _terminate(self, process: asyncio.subprocess.Process) -> None:
        hung = self._is_ready and (self._now_ns() - self._heard_ns) // MS_NS > HUNG_MS
        if process.returncode is None and not hung:
            _signal(process.pid, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(END_S):
                    await process.wait()
        if process.returncode is None:
            _signal(process.pid, signal.SIGKILL)
            await process.wait()


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
