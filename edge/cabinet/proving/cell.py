"""The devices that one proof needs, each run by its own driver under a heartbeat of its own.

No lane logic runs: a driver whose heartbeat is taken away falls silent as it would if the lane
logic had died. What is published is kept with its age, and judged as in the lane.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from drivers.generator import Generator
from drivers.kind import Surroundings
from drivers.linac_sim import LinacSim
from drivers.modbus import ModbusBus
from drivers.permit_board import PermitBoard
from drivers.registry import Built, build
from edge.core.interlocks import UNREAD, Inputs
from edge.core.tracking import Sensor
from edge.core.values import Input, Presence
from edge.errors import EdgeError
from edge.lane_file import COMPUTED, map_folder
from edge.ports import BoardReport, Device, Fed, Points, Reading
from edge.readings import Readings
from edge.settings import LaneFile, NotFitted

MS_NS = 1_000_000
_REMEMBERED = 2000
_LOOK_S = 0.002
_WAKES_S = 5.0


class ProofBroken(EdgeError):
    """A trial could not be carried through: says why, and nothing follows about the device."""


class Eyes:
    """The sink of the drivers: the newest of every field, and what came before it."""

    def __init__(self, lane: LaneFile, now_ns: Callable[[], int]) -> None:
        self._lane = lane
        self._now_ns = now_ns
        self._readings = Readings()
        self._heard: deque[Reading] = deque(maxlen=_REMEMBERED)
        self._lost: dict[str, str] = {}
        self._changed = asyncio.Event()

    def deliver(self, points: Points, requested_ns: int) -> None:
        """Keep what one poll read."""
        timing = self._lane.timing
        fast = {self._lane.safety, self._lane.board, self._lane.belt.device}
        for source, value, quality, detail in points:
            is_fast = source.partition(".")[0] in fast
            limit_ms = timing.stale_ms if is_fast else timing.slow_stale_ms
            self._readings.know(source, limit_ms * MS_NS, matters=True)
            self._heard.append(Reading(source, value, quality, requested_ns, detail))
        self._readings.put(points, requested_ns, self._now_ns())
        self._changed.set()

    def text(self, source: str, line: str, received_ns: int) -> None:
        """Nothing that reads is proven."""

    def lost(self, device: str, detail: str) -> None:
        """Remember that a device fell silent, and why."""
        self._lost[device] = detail

    def back(self, device: str) -> None:
        """It answers again."""
        self._lost.pop(device, None)

    def input(self, source: str) -> Input:
        """What a source says now; doubt is said as doubt."""
        return self._readings.input(source, self._now_ns())

    def presence(self, source: str) -> Presence:
        """What a presence sensor says now."""
        return self._readings.presence(source, self._now_ns())

    def latest(self, source: str) -> Reading | None:
        """The newest reading of a source."""
        return self._readings.latest(source)

    def since(self, source: str, moment_ns: int) -> list[Reading]:
        """Every reading of a source that was asked for at a moment or later, in order."""
        return [
            one for one in self._heard if one.source == source and one.requested_ns >= moment_ns
        ]

    def row(self, row: str) -> Input:
        """What the source of an interlock row says."""
        source = self._lane.interlocks[row]
        return Input.NOT_FITTED if isinstance(source, NotFitted) else self.input(source)

    def inputs(self, rows: Sequence[str]) -> Inputs:
        """These rows as they are read; all others are unknown."""
        return UNREAD._replace(**{row: self.row(row) for row in rows})  # type: ignore[arg-type]  # none of them is a feedback

    async def until(self, fact: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait until a fact holds. Raises ProofBroken, with what was lost, when it does not."""
        try:
            async with asyncio.timeout(seconds):
                while not fact():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError as error:
            lost = "; ".join(f"{name}: {why}" for name, why in sorted(self._lost.items()))
            detail = f" ({lost})" if lost else ""
            raise ProofBroken(f"not within {seconds:g} s: {what}{detail}") from error

    def touch(self) -> None:
        """Have those that wait look again."""
        self._changed.set()


def tellers(lane: LaneFile, rows: Sequence[str]) -> tuple[str, ...]:
    """Devices that tell these rows and the presence of units: what a trial must hear besides."""
    sources = [lane.interlocks[row] for row in rows]
    sources += [getattr(lane.presence, sensor.value) for sensor in Sensor]
    told = [one.partition(".")[0] for one in sources if isinstance(one, str)]
    return tuple(name for name in dict.fromkeys(told) if name not in COMPUTED)


class Cell:
    """The lane's devices, made anew; those that are named run inside ``running``."""

    def __init__(
        self, lane: LaneFile, lane_file: Path, state: Path, now_ns: Callable[[], int]
    ) -> None:
        self.lane = lane
        self.now_ns = now_ns
        self.eyes = Eyes(lane, now_ns)
        self.report: BoardReport | None = None
        self._alive = dict.fromkeys(lane.devices, True)
        self._around = Surroundings(
            sink=self.eyes,
            alive=lambda: False,
            now_ns=now_ns,
            state_folder=state,
            map_folder=map_folder(lane_file),
            file=str(lane_file),
        )
        self._built: Built = build(lane.buses, lane.devices, self._around)
        self._running: dict[str, Device] = {}

    def device(self, name: str) -> Device:
        """A device that runs."""
        return self._running[name]

    def bus(self, name: str) -> ModbusBus:
        """The bus of a device that runs alone on it. Raises ProofBroken when it is not alone."""
        parts = self._built.made[name].parts
        if parts is None:
            raise ProofBroken(f"{name} is on no Modbus bus: nothing here can prove its watchdog")
        beside = [
            other
            for other in self._running
            if other != name
            and (its := self._built.made[other].parts) is not None
            and its.bus is parts.bus
        ]
        if beside:
            both = f"{name} shares {parts.bus.name} with {', '.join(beside)}"
            raise ProofBroken(f"{both}: its line cannot fall silent. Give it a bus of its own")
        return parts.bus

    @contextlib.asynccontextmanager
    async def running(self, *names: str) -> AsyncIterator[None]:
        """Run devices and their buses; the devices say goodbye before the buses end."""
        names = tuple(dict.fromkeys(names))
        # What was read before they ran this time says nothing.
        self.eyes, self.report = Eyes(self.lane, self.now_ns), None
        self._alive.update(dict.fromkeys(names, True))
        self._running = {name: self._make(name) for name in names}
        buses = {
            id(parts.bus): parts.bus
            for name in names
            if (parts := self._built.made[name].parts) is not None
        }
        lines = [asyncio.create_task(bus.run()) for bus in buses.values()]
        devices = [asyncio.create_task(each.run()) for each in self._running.values()]
        try:
            yield
        finally:
            for group in (devices, lines):
                for task in group:
                    task.cancel()
                await asyncio.gather(*group, return_exceptions=True)
            self._running = {}
        for task in (*devices, *lines):
            if not task.cancelled():
                task.result()

    def _make(self, name: str) -> Device:
        made = self._built.made[name]
        around = replace(self._around, sink=self.eyes, alive=lambda: self._alive[name])
        device = made.kind.make(name, made.settings, around, made.parts)
        if isinstance(device, Generator | LinacSim):
            # It refuses every order but HV off.
            device.only_looked_at = True
        if isinstance(device, PermitBoard):
            device.on_report = self._reported
        return device

    def _reported(self, report: BoardReport) -> None:
        self.report = report
        self.eyes.touch()

    async def keep_silent(
        self, name: str, silence_ms: int, guard: Callable[[], None]
    ) -> tuple[int, int]:
        """Take a device's heartbeat away for so long, and give it back.

        Args:
            name: a device that runs, alone on its bus.
            silence_ms: shortest silence; the driver wakes at its next turn.
            guard: raises what ends the silence before its time; asked again and again.

        Returns:
            When the last frame before the silence left that feeds the watchdog, and the first
            frame after it, in ns.
        """
        bus, device = self.bus(name), self._running[name]

        def fed_ns() -> int:
            return (device.fed_ns if isinstance(device, Fed) else 0) or bus.sent_ns

        try:
            self._alive[name] = False
            # A poll that is under way may still be sent: the silence begins with the last frame.
            while self.now_ns() < fed_ns() + silence_ms * MS_NS:
                guard()
                await asyncio.sleep(_LOOK_S)
            begun_ns, last_ns = fed_ns(), bus.sent_ns
        finally:
            self._alive[name] = True
        deadline_ns = self.now_ns() + int(_WAKES_S * 1e9)
        while (first_ns := bus.sent_after(last_ns)) is None:
            guard()
            if self.now_ns() > deadline_ns:
                raise ProofBroken(f"{name}: its driver did not speak again")
            await asyncio.sleep(_LOOK_S)
        return begun_ns, first_ns
