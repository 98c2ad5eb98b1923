"""Looking at one device of a lane: once, again and again, or with a stop-watch."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from edge.cabinet.driver_look import Collector, DriverLook
from edge.cabinet.modbus_look import ModbusLook
from edge.cabinet.place import Place, find, refuse_beside_the_lane
from edge.cabinet.rows import Row
from edge.clock import SystemClock
from edge.errors import DeviceError, EdgeError

Look = ModbusLook | DriverLook


@dataclass(frozen=True, slots=True)
class Visit:
    """What is to be looked at, and how.

    Attributes:
        lane_file: where the device is described.
        device: its name there.
        state: the lane's state folder.
        wait_s: longest wait for a device that its driver reads.
        fields: what is shown of it; empty for all.
    """

    lane_file: Path
    device: str
    state: Path
    wait_s: float
    fields: tuple[str, ...] = ()

    def shown(self, rows: list[Row], place: Place) -> list[Row]:
        """The rows that are wanted. Raises EdgeError for a field that nothing has."""
        later = set(place.made.kind.about.tells)
        known = {row.field for row in rows} | (later if place.made.parts is None else set())
        unknown = sorted(set(self.fields) - known)
        if unknown:
            names = ", ".join(sorted(known))
            raise EdgeError(f"{place.name} has no field {', '.join(unknown)}; there are: {names}")
        return [row for row in rows if not self.fields or row.field in self.fields]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look brought.

    Attributes:
        place: the device.
        title: maker and model.
        sends: what the look sent.
        rows: the fields.
        now_ns: when they were there, for their age.
        moving: why nothing more may be asked; empty while nothing moves.
    """

    place: Place
    title: str
    sends: str
    rows: list[Row]
    now_ns: int
    moving: str


@dataclass(frozen=True, slots=True)
class Probed:
    """What a stop-watch saw.

    Attributes:
        seen: what the device answered.
        reason: why it did not; empty when it did.
        durations_ms: from each question to its answer.
        turnarounds_ms: the same without the time of the bytes, where that is known.
        misses: questions without a good answer.
    """

    seen: Seen
    reason: str
    durations_ms: list[float] = field(default_factory=list)
    turnarounds_ms: list[float] = field(default_factory=list)
    misses: int = 0


@dataclass(frozen=True, slots=True)
class Lost:
    """The device does not answer any more."""

    detail: str


@dataclass(frozen=True, slots=True)
class Back:
    """The device answers again."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A field says something new; ``before`` is None the first time."""

    row: Row
    before: Row | None


News = Lost | Back | Changed
Notice = Callable[[str], None]
"""Where it is said that something takes its time."""


async def _opened(visit: Visit, notice: Notice) -> tuple[Place, Look]:
    now_ns = SystemClock().monotonic_ns
    collector = Collector(now_ns)
    place = find(visit.lane_file, visit.device, visit.state, collector, now_ns)
    await refuse_beside_the_lane(visit.state)
    if place.made.parts is None:
        return place, DriverLook(place, collector, now_ns, visit.wait_s)
    look = ModbusLook(place, now_ns)
    if look.hold_off_s:
        notice(
            f"{place.name}: silent for {look.hold_off_s:g} s first, so that the time-out of a "
            "device that still runs acts"
        )
    return place, look


def _seen(place: Place, look: Look, rows: list[Row]) -> Seen:
    return Seen(place, look.title, look.sends, rows, SystemClock().monotonic_ns(), look.moving)


async def read(visit: Visit, notice: Notice) -> Seen:
    """Look once. Raises EdgeError."""
    place, look = await _opened(visit, notice)
    async with look:
        rows = await look.look()
        return _seen(place, look, visit.shown(rows, place))


async def probe(visit: Visit, exchanges: int, notice: Notice) -> Probed:
    """Measure how a device answers. Raises EdgeError for all but a device that does not."""
    place, look = await _opened(visit, notice)
    async with look:
        rows: list[Row] = []
        reason = ""
        try:
            rows = await look.probe(exchanges)
        except DeviceError as error:
            reason = str(error)
        return Probed(
            _seen(place, look, rows),
            reason,
            look.durations_ms[:exchanges],
            look.turnarounds_ms[:exchanges],
            look.misses,
        )


async def watch(visit: Visit, every_s: float, tell: Callable[[News], None], notice: Notice) -> None:
    """Look again and again until cancelled.

    Raises:
        EdgeError: the lane was started meanwhile, or the device moves.
    """
    place, look = await _opened(visit, notice)
    async with look:
        before: dict[str, Row] = {}
        lost = ""
        while True:
            await refuse_beside_the_lane(visit.state)
            try:
                rows = visit.shown(await look.look(), place)
            except DeviceError as error:
                if str(error) != lost:
                    lost = str(error)
                    tell(Lost(lost))
            else:
                if lost:
                    lost = ""
                    tell(Back())
                for row in rows:
                    last = before.get(row.field)
                    if row.event or last is None or last.told != row.told:
                        tell(Changed(row, None if row.event else last))
                    before[row.field] = row
            if look.moving:
                raise EdgeError(f"{place.name}: {look.moving}")
            await asyncio.sleep(every_s)
