"""Trials of devices with a watchdog of their own: growing silences, and what each has brought.

Reading feeds most watchdogs, so a device is not watched falling: it is left alone for a while and
looked at once, by its own driver, whose word of stopping is told from the device's own fall by
the device's own status. The silences are parts of its time-out, below and above it, and are
taken from the line as they really were; where some frames only feed it, from the last of these.

- drive: runs slowly; fallen when the drive itself says a fault, safe when it stands. Neither is
  what the driver's stop word brings.
- safety controller: the warning is on; fallen when it says that its watchdog has expired and its
  outputs are off already; safe when no lamp current flows.
- remote I/O: the output that the lane file allows is switched; fallen and safe when the device
  says that it is in its safe mode.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from drivers.iologik import Iologik
from edge.cabinet.proving.cell import MS_NS, Cell, ProofBroken
from edge.core.interlocks import MOTION, reasons_against
from edge.core.tracking import Sensor
from edge.core.values import Input, Presence
from edge.ports import Conveyor, Reading, SafetyController, WatchdogSet, Watched
from edge.proofs import Silence

FRACTIONS = (0.5, 0.8, 1.2, 1.5, 2.0)
"""Parts of the time-out that are kept silent, until the device falls."""
_SETTLE_S = 5.0
_SAFE_S = 5.0
_SLOWNESS = 4
"""The belt runs at this part of its speed, and not below what a belt is set to at least."""
_SLOWEST_MM_S = 50


@dataclass(frozen=True, slots=True)
class Fall:
    """What one look has found; ``safe_ns`` is when the safe state was asked for and seen."""

    fell: bool
    safe_ns: int | None
    saw: str


class Trial(Protocol):
    """One device brought to the state whose loss can be seen, again and again."""

    async def begin(self) -> None:
        """Bring it there. Raises ProofBroken and DeviceError."""

    def guard(self) -> None:
        """Raise ProofBroken when it must not stay there."""

    async def look(self, since_ns: int) -> Fall:
        """See what the silence has brought, in readings asked for since then."""

    async def rest(self) -> None:
        """Bring it back to rest; called whatever has happened. Raises DeviceError."""


async def watchdog_of(cell: Cell, name: str) -> WatchdogSet | None:
    """What a device says of its own watchdog, None where nothing can be known of one."""
    device = cell.device(name)
    if not isinstance(device, Watched):
        return None
    if isinstance(device, Iologik):
        return device.watchdog
    await cell.eyes.until(
        lambda: device.watchdog is not None, _SETTLE_S, f"{name} tells its watchdog"
    )
    return device.watchdog


async def silences(
    cell: Cell, name: str, trial: Trial, time_ms: int, notice: Callable[[str], None]
) -> tuple[Silence, ...]:
    """Keep silences until the device falls, or none is left. Raises ProofBroken, DeviceError."""
    kept: list[Silence] = []
    for fraction in FRACTIONS:
        try:
            await trial.begin()
            trial.guard()
            last_ns, first_ns = await cell.keep_silent(name, int(fraction * time_ms), trial.guard)
            fall = await trial.look(first_ns)
        finally:
            await trial.rest()
        safe_ms = None if fall.safe_ns is None else _ms(fall.safe_ns - last_ns)
        kept.append(Silence(_ms(first_ns - last_ns), fall.fell, safe_ms, fall.saw))
        notice(f"{name}: {kept[-1].silence_ms} ms of silence: {fall.saw}")
        if fall.fell:
            break
    return tuple(kept)


def _ms(span_ns: int) -> int:
    """Milliseconds, rounded up: a bound may not be shorter than what was seen."""
    return -(-span_ns // MS_NS)


class DriveTrial:
    """The belt, running slowly, with nobody near and nothing on it."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._eyes = cell.eyes
        self._name = cell.lane.belt.device
        device = cell.device(self._name)
        assert isinstance(device, Conveyor), "checked with the lane file"
        self._belt = device
        self._speed_mm_s = max(_SLOWEST_MM_S, cell.lane.belt.speed_mm_s // _SLOWNESS)

    async def begin(self) -> None:
        """See the lane clear and start the belt."""
        sources = (f"{self._name}.drive_fault", f"{self._name}.running")
        await self._eyes.until(
            lambda: all(self._eyes.input(one) in {Input.OK, Input.BLOCKED} for one in sources),
            _SETTLE_S,
            f"{self._name} answers",
        )
        await self._eyes.until(
            lambda: not self._hindered(), _SETTLE_S, "the belt may run: nobody near, nothing on it"
        )
        if self._eyes.input(sources[0]) is Input.BLOCKED:
            await self._belt.reset_fault()
        await self._belt.start(self._speed_mm_s)
        await self._eyes.until(self._runs, _SETTLE_S, f"{self._name} runs at {self._speed_mm_s}")

    def _runs(self) -> bool:
        speed = self._eyes.latest(f"{self._name}.speed_mm_s")
        fast = speed is not None and isinstance(speed.value, int | float) and speed.value != 0
        return fast and self._eyes.input(f"{self._name}.running") is Input.OK

    def _hindered(self) -> list[str]:
        rows = reasons_against(self._eyes.inputs(MOTION), MOTION)
        found = [f"{reason.row} is {reason.says.value}" for reason in rows]
        for sensor in Sensor:
            says = self._eyes.presence(getattr(self._cell.lane.presence, sensor.value))
            if says is not Presence.CLEAR:
                found.append(f"presence at {sensor.value} is {says.value}")
        return found

    def guard(self) -> None:
        """End it when anybody comes near, or anything comes on the belt."""
        if hindered := self._hindered():
            raise ProofBroken(f"{self._name}: stopped, since {', '.join(hindered)}")

    async def look(self, since_ns: int) -> Fall:
        """A fault of its own is its fall; the driver's own stop word makes none."""
        said = await _first(self._cell, f"{self._name}.drive_fault", since_ns)
        if said.value is not Input.BLOCKED:
            return Fall(fell=False, safe_ns=None, saw="it still ran")
        fault = f"in fault ({said.detail})" if said.detail else "in fault"
        speed = f"{self._name}.speed_mm_s"
        stood: list[Reading] = []

        def stands() -> bool:
            stood[:] = [one for one in self._eyes.since(speed, since_ns) if one.value == 0]
            return bool(stood)

        try:
            await self._eyes.until(stands, _SAFE_S, "the belt stands")
        except ProofBroken:
            return Fall(fell=True, safe_ns=None, saw=f"{fault}, and it moves on")
        return Fall(fell=True, safe_ns=stood[0].requested_ns, saw=f"{fault}, it stands")

    async def rest(self) -> None:
        """Stop the belt and have the drive forget the fault that it was brought to."""
        await self._belt.stop()
        if self._eyes.input(f"{self._name}.drive_fault") is Input.BLOCKED:
            await self._belt.reset_fault()


class SafetyTrial:
    """The safety controller, with the warning on."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._name = cell.lane.safety
        device = cell.device(self._name)
        assert isinstance(device, SafetyController), "checked with the lane file"
        self._safety = device

    async def begin(self) -> None:
        """Put the warning on and see the lamp's current."""
        eyes, ours = self._cell.eyes, (f"{self._name}.watchdog", f"{self._name}.life")
        await eyes.until(
            lambda: all(eyes.input(one) is Input.OK for one in ours), _SETTLE_S, "it lives"
        )
        await self._safety.set_output("warning", on=True)
        await eyes.until(lambda: eyes.row("lamp") is Input.OK, _SETTLE_S, "the lamp has current")

    def guard(self) -> None:
        """A warning harms nobody."""

    async def look(self, since_ns: int) -> Fall:
        """Its own word that its watchdog has expired, and its outputs off before ours came."""
        watchdog = await _first(self._cell, f"{self._name}.watchdog", since_ns)
        outputs = await _first(self._cell, f"{self._name}.outputs", since_ns)
        if watchdog.value is not Input.BLOCKED or outputs.value is not Input.OK:
            return Fall(fell=False, safe_ns=None, saw="its warning was still asked for")
        lamp = self._cell.lane.interlocks["lamp"]
        assert isinstance(lamp, str), "the lamp is no optional row"
        seen: list[Reading] = []

        def dark() -> bool:
            found = self._cell.eyes.since(lamp, since_ns)
            seen[:] = [one for one in found if one.value is Input.BLOCKED]
            return bool(seen)

        try:
            await self._cell.eyes.until(dark, _SAFE_S, "the lamp is dark")
        except ProofBroken:
            return Fall(fell=True, safe_ns=None, saw=f"{watchdog.detail}, and the lamp is lit")
        return Fall(fell=True, safe_ns=seen[0].requested_ns, saw=f"{watchdog.detail}, lamp dark")

    async def rest(self) -> None:
        """Take the warning back."""
        await self._safety.set_output("warning", on=False)


class OutputsTrial:
    """A remote I/O, with the one output switched that the lane file allows."""

    def __init__(self, cell: Cell, name: str) -> None:
        self._cell = cell
        self._name = name
        device = cell.device(name)
        assert isinstance(device, Iologik), "the only kind with a host watchdog and outputs"
        self._device = device

    async def begin(self) -> None:
        """Switch the output; the device must hold it."""
        eyes, ours = self._cell.eyes, (f"{self._name}.outputs", f"{self._name}.safe_mode")
        await eyes.until(
            lambda: all(eyes.input(one) is Input.OK for one in ours), _SETTLE_S, "it is at rest"
        )
        await self._device.try_output()

    def guard(self) -> None:
        """The lane file says that this output may be switched."""

    async def look(self, since_ns: int) -> Fall:
        """Its own word that an output is in the safe mode: only its host watchdog does that."""
        said = await _first(self._cell, f"{self._name}.safe_mode", since_ns)
        if said.value is not Input.BLOCKED:
            return Fall(fell=False, safe_ns=None, saw="its output was still held")
        return Fall(fell=True, safe_ns=said.requested_ns, saw="in its safe mode")

    async def rest(self) -> None:
        """Its driver gives every output its safe state at the next poll and at its end."""
        await asyncio.sleep(0)


async def _first(cell: Cell, source: str, since_ns: int) -> Reading:
    """The first reading of a source that was asked for since then."""
    await cell.eyes.until(
        lambda: bool(cell.eyes.since(source, since_ns)), _SETTLE_S, f"{source} is read again"
    )
    return cell.eyes.since(source, since_ns)[0]
