"""The devices of the in-process world at the ports of the lane logic, without any wire or protocol.

They do what a driver does: act or raise DeviceError, publish at a pace, fall silent with the lane
logic. `Wires` polls all of them in one task, slowly while the hall rests.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from typing import Protocol

from edge.control.cases import StoredImage
from edge.core.values import Input, Presence
from edge.errors import DeviceRefused, DeviceUnreachable, ScanError
from edge.ports import Point, Points, ScanOrder, Sink, Value
from simulator.hall.plant import Key, Plant, Sees, Spot
from simulator.hall.tube import Tube
from simulator.world.hall import Hall

ACT_S = 0.02
WALK_S = 0.06
ARM_S = 1.2
STORE_S = 0.8
LINE_UM = 3000
_SEEN = {spot: f"safety.{spot.value}" for spot in Spot}
_SAFETY = (
    "safety.key", "safety.key_service", "safety.doors", "safety.secured", "safety.zone",
    "safety.lamp", "safety.horn", "safety.entry_barrier_closed", "safety.exit_barrier_closed",
    "safety.beam_feedback", "safety.watchdog",
)  # fmt: skip
_PRESENCE = {Sees.CLEAR: Presence.CLEAR, Sees.OCCUPIED: Presence.OCCUPIED}


class Link:
    """Whether one device can be reached; a device that cannot neither hears nor says anything."""

    def __init__(self, name: str, sink: Sink) -> None:
        self.name = name
        self.up = True
        self._sink = sink

    def cut(self) -> None:
        """Cut the wire; the driver notices."""
        if self.up:
            self.up = False
            self._sink.lost(self.name, "does not answer")

    def mend(self) -> None:
        """Mend the wire."""
        if not self.up:
            self.up = True
            self._sink.back(self.name)

    def check(self, operation: str) -> None:
        """Raise DeviceUnreachable while the wire is cut."""
        if not self.up:
            raise DeviceUnreachable(self.name, operation, "the wire is cut")


class WorldConveyor:
    """Satisfies `edge.ports.Conveyor`."""

    name = "belt"

    def __init__(self, hall: Hall, link: Link) -> None:
        self._hall = hall
        self._link = link

    async def run(self) -> None:
        """`Wires` polls for it."""

    async def start(self, speed_mm_s: int) -> None:
        """Run; the drive is walked through its states first."""
        await asyncio.sleep(WALK_S)
        self._link.check("start")
        self._hall.sync()
        if self._hall.belt.fault:
            raise DeviceRefused(self.name, "start", "the drive is in fault")
        self._hall.belt.heard_ms = self._hall.now_ms
        self._hall.belt.wanted_mm_s = float(speed_mm_s)

    async def stop(self) -> None:
        """Stop and see it stand."""
        await asyncio.sleep(ACT_S)
        self._link.check("stop")
        self._hall.sync()
        self._hall.belt.wanted_mm_s = 0.0
        await asyncio.sleep(self._hall.belt.speed_mm_s / 1800 + ACT_S)

    async def reset_fault(self) -> None:
        """Reset a fault whose cause is gone."""
        await asyncio.sleep(WALK_S)
        self._link.check("reset")
        self._hall.sync()
        if self._hall.belt.fault_persists:
            raise DeviceRefused(self.name, "reset", "the cause is still there")
        self._hall.belt.fault = False


class WorldSafety:
    """Satisfies `edge.ports.SafetyController`."""

    name = "safety"

    def __init__(self, hall: Hall, link: Link) -> None:
        self._hall = hall
        self._link = link

    async def run(self) -> None:
        """`Wires` polls for it."""

    async def set_output(self, name: str, *, on: bool) -> None:
        """Set one output; a controller whose watchdog has fired refuses."""
        await asyncio.sleep(ACT_S)
        self._link.check(f"set {name}")
        self._hall.sync()
        if self._hall.plc_expired and on:
            raise DeviceRefused(self.name, f"set {name}", "its watchdog has fired")
        self._hall.outputs[name] = on
        self._hall.drive_outputs()


class WorldSource:
    """Satisfies `edge.ports.XraySource`."""

    name = "source"

    def __init__(self, hall: Hall, link: Link) -> None:
        self._hall = hall
        self._link = link

    async def run(self) -> None:
        """`Wires` polls for it."""

    async def prepare(self, *, kv: float, ma: float) -> None:
        """Set the tube voltage."""
        tube = await self._reached("prepare")
        tube.set_kv = kv

    async def hv_on(self) -> None:
        """Ask for high voltage."""
        tube = await self._reached("hv on")
        if not tube.ready or not tube.interlocks_closed:
            raise DeviceRefused(self.name, "hv on", "an interlock is open or a fault is latched")
        tube.request()

    async def hv_off(self) -> None:
        """End high voltage."""
        (await self._reached("hv off")).drop()

    async def reset_faults(self) -> None:
        """Reset the faults whose cause is gone."""
        (await self._reached("reset")).reset()

    async def _reached(self, operation: str) -> Tube:
        await asyncio.sleep(ACT_S)
        self._link.check(operation)
        self._hall.sync()
        return self._hall.tube


class Belted(Protocol):
    """A hall whose belt can be followed."""

    plant: Plant

    def sync(self) -> int:
        """Live up to the present; return it in milliseconds."""


class WorldWorker:
    """Satisfies `edge.ports.ImageWorker`; lines follow the belt, packages come a moment later."""

    def __init__(self, hall: Belted, link: Link) -> None:
        self._hall = hall
        self._link = link
        self._scan_id = 0
        self._next_um = 0
        self._lines = 0
        self.on_progress: Callable[[int], None] = lambda _scan_id: None
        self.on_failed: Callable[[int, str], None] = lambda _scan_id, _detail: None
        self.on_package: Callable[[int, StoredImage, bool], None] = lambda _id, _image, _whole: None

    async def arm(self, order: ScanOrder) -> None:
        """Arm the detector."""
        self._scan_id = 0
        await asyncio.sleep(ARM_S)
        if not self._link.up:
            raise ScanError(f"scan {order.scan_id}: the image worker is not running")
        self._hall.sync()
        self._scan_id, self._lines = order.scan_id, 0
        self._next_um = self._hall.plant.encoder_um + LINE_UM

    async def finish(self, *, complete: bool, reason: str) -> None:
        """End the scan and store its package."""
        scan_id, self._scan_id = self._scan_id, 0
        if scan_id and self._link.up:
            digest = hashlib.sha256(str(scan_id).encode()).hexdigest()
            image = StoredImage(f"archive/{scan_id}", digest, 1_000_000, self._lines, "")
            asyncio.get_running_loop().call_later(STORE_S, self._stored, scan_id, image, complete)

    def _stored(self, scan_id: int, image: StoredImage, complete: bool) -> None:  # noqa: FBT001 - a callback
        if self._link.up:
            self.on_package(scan_id, image, complete)
        else:
            self.on_failed(scan_id, "the image worker has died")

    def die(self) -> None:
        """The process is gone, and with it the scan that ran."""
        self._link.cut()
        scan_id, self._scan_id = self._scan_id, 0
        if scan_id:
            self.on_failed(scan_id, "the image worker has died")

    def poll(self) -> None:
        """Say that lines have come, if the belt has moved by one."""
        travelled = self._hall.plant.encoder_um - self._next_um
        if self._scan_id and travelled >= 0 and self._link.up:
            lines = travelled // LINE_UM + 1
            self._lines += lines
            self._next_um += lines * LINE_UM
            self.on_progress(self._scan_id)


_Said = tuple[object, Points]
"""What the hall showed at a poll, and the points made of it."""
_NOTHING: _Said = (None, ())
_LANE = tuple(Point(f"lane.{row}", Input.OK) for row in ("storage", "clock", "rules"))


class Publisher:
    """Makes the points of all devices out of what the hall shows; anew only when that changes."""

    def __init__(self, hall: Hall, sink: Sink, now_ns: Callable[[], int]) -> None:
        self._hall = hall
        self._sink = sink
        self._now_ns = now_ns
        self._said: dict[str, _Said] = {}

    def put(self, values: Mapping[str, Value]) -> None:
        """Publish what one poll read, all of it good."""
        if not self._again(next(iter(values)), values):
            self._say(next(iter(values)), values, values)

    def _again(self, poll: str, shown: object) -> bool:
        """Publish what this poll said before, if it is shown the same."""
        before, points = self._said.get(poll, _NOTHING)
        if before != shown:
            return False
        self._sink.deliver(points, self._now_ns())
        return True

    def _say(self, poll: str, shown: object, values: Mapping[str, Value]) -> None:
        points = tuple([Point(source, value) for source, value in values.items()])
        self._said[poll] = (shown, points)
        self._sink.deliver(points, self._now_ns())

    def safety(self) -> None:
        """Publish the safety chain and the presence sensors."""
        plant = self._hall.plant
        people, damage = plant.people, plant.damage
        estop = _ok(not people.estop_pressed)
        if damage.estop_b_stuck and people.estop_pressed:
            estop = Input.CONFLICT
        entry, way_out = plant.entry_barrier, plant.exit_barrier
        good = (
            people.key is not Key.OFF,
            people.key is Key.SERVICE,
            not people.doors_open,
            plant.secured,
            not (people.person_in_zone or damage.zone_selftest_failed),
            plant.lamp_current,
            plant.horn_current,
            entry.is_closed,
            way_out.is_closed,
            not (plant.beam_on or damage.beam_detector_on),
            not self._hall.plc_expired,
        )
        seen = tuple([plant.sees(spot) for spot in _SEEN])
        if not self._again("safety", (estop, good, seen)):
            values: dict[str, Value] = {"safety.estop": estop}
            values |= zip(_SAFETY, map(_ok, good), strict=True)
            places = [_PRESENCE.get(sees, Presence.UNKNOWN) for sees in seen]
            values |= zip(_SEEN.values(), places, strict=True)
            self._say("safety", (estop, good, seen), values)

    def belt(self) -> None:
        """Publish the drive."""
        belt = self._hall.belt
        shown = (round(belt.speed_mm_s), belt.fault)
        if not self._again("belt", shown):
            values: dict[str, Value] = {
                "belt.speed_mm_s": shown[0],
                "belt.drive_fault": _ok(not belt.fault),
                "belt.watchdog_set": Input.OK,
            }
            self._say("belt", shown, values)

    def source(self) -> None:
        """Publish the generator."""
        tube = self._hall.tube
        shown = (self._hall.plant.hv_on, tube.ready, tube.latched)
        if not self._again("source", shown):
            values = {
                "source.hv": _ok(not self._hall.plant.hv_on),
                "source.ready": _ok(tube.ready),
                "source.source_fault": _ok(not tube.latched),
            }
            self._say("source", shown, values)

    def gauges(self) -> None:
        """Publish height and width of what stands at the entry."""
        unit = self._hall.plant.at_entry()
        self.put(
            {
                "height.uncertainty_mm": 5,
                "height.height_mm": unit.height_mm if unit else 0,
                "width.uncertainty_mm": 5,
                "width.width_mm": unit.width_mm if unit else 0,
            }
        )

    def lane(self) -> None:
        """Publish what a lane finds out about itself."""
        self._sink.deliver(_LANE, self._now_ns())


def _ok(good: bool) -> Input:  # noqa: FBT001 - a conversion
    return Input.OK if good else Input.BLOCKED
