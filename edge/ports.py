"""What the lane logic asks of the world, as protocols. Adapters in ``drivers`` satisfy them.

Drivers push what each poll read into a ``Sink`` as `Point` values in the words of the core; no raw
register crosses this border. A driver never decides: staleness, interlocks and faults are judged
above it from a point's quality and the poll's request time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

from edge.core.values import Input, Presence, Quality

Value = Input | Presence | int | float | str | None


class Point(NamedTuple):
    """One value of one device field; a tuple, since hundreds are made in a second.

    Attributes:
        source: ``device.field``, device as named in the lane file.
        value: in the words of the core, or a number in the unit the field's name ends with;
            ``None`` only together with ``Quality.BAD``.
        quality: good, uncertain or bad.
        detail: why it is so, for people; empty where nothing more is known.
    """

    source: str
    value: Value
    quality: Quality = Quality.GOOD
    detail: str = ""


Points = tuple[Point, ...]
"""What one request brought, never empty; a field stands in it once."""


def points_of(device: str, values: Mapping[str, Value], quality: Quality = Quality.GOOD) -> Points:
    """Points of one device out of values by field."""
    return tuple([Point(f"{device}.{field}", value, quality) for field, value in values.items()])


class Reading(NamedTuple):
    """A point with its age: the newest that is known of a field.

    Attributes:
        source: as in `Point`, like ``value``, ``quality`` and ``detail``.
        requested_ns: monotonic time at which the request that brought it was *sent*.
    """

    source: str
    value: Value
    quality: Quality
    requested_ns: int
    detail: str = ""


class Sink(Protocol):
    """Where a driver delivers. All calls are made on the event loop's thread and return at once."""

    def deliver(self, points: Points, requested_ns: int) -> None:
        """Deliver what one poll read; sent at every poll, changed or not, since age matters.

        Args:
            points: the same fields at every poll cost least: then only what changed is looked at.
            requested_ns: monotonic time at which the request was *sent*.
        """

    def text(self, source: str, line: str, received_ns: int) -> None:
        """Deliver one line a reader read (plate, container number, QR), already cleaned."""

    def lost(self, device: str, detail: str) -> None:
        """Say once that a device stopped answering or speaks garbage."""

    def back(self, device: str) -> None:
        """Say once that a lost device answers again."""


Heartbeat = Callable[[], bool]
"""True while the lane logic is alive: drivers stop polling and refreshing when it is not."""


class Device(Protocol):
    """Every driver. ``run`` ends only by cancellation and leaves the device in its safe state."""

    name: str

    async def run(self) -> None:
        """Connect, poll, reconnect with bounded back-off; world's failures go to the sink."""


class WatchdogSet(NamedTuple):
    """A device's own watchdog.

    Attributes:
        time_ms: longest silence of its master; 0 where it is off.
        parameters: what the device says of it, for people and to be compared with itself later.
    """

    time_ms: int
    parameters: str


@runtime_checkable
class Watched(Device, Protocol):
    """A device with a watchdog of its own that a trial can be made of."""

    @property
    def watchdog(self) -> WatchdogSet | None:
        """Its watchdog as it was last read, None before."""


@runtime_checkable
class Fed(Watched, Protocol):
    """A device whose watchdog is fed by some frames only: its silence begins with the last one."""

    @property
    def fed_ns(self) -> int:
        """Monotonic time at which the newest answered frame that feeds it was sent; 0 before."""


@runtime_checkable
class Conveyor(Device, Protocol):
    """The belt or tow drive. Publishes ``speed_mm_s`` (signed), ``running``, ``drive_fault``."""

    async def start(self, speed_mm_s: int) -> None:
        """Run at a signed speed. Raises DeviceError when the drive does not confirm."""

    async def stop(self) -> None:
        """Stop; overtakes every other request on the line. Raises DeviceError."""

    async def reset_fault(self) -> None:
        """Have the drive forget its fault; the belt stays stopped. Raises DeviceError."""


@runtime_checkable
class SafetyController(Device, Protocol):
    """Reads the safety chain; drives barriers, lamp and horn through its virtual inputs."""

    async def set_output(self, name: str, *, on: bool) -> None:
        """Set one named output (``warning``, ``entry_barrier_open``, ``exit_barrier_open``)."""


@runtime_checkable
class XraySource(Device, Protocol):
    """The generator. Publishes ``hv``, ``ready``, ``source_fault``, ``kv``, ``ma_x100`` ..."""

    async def prepare(self, *, kv: float, ma: float) -> None:
        """Take the generator to remote, set kV and mA, read both back. Raises DeviceError."""

    async def hv_on(self) -> None:
        """Ask for high voltage; only ever called while a lease is held. Raises DeviceError."""

    async def hv_off(self) -> None:
        """End high voltage. Raises DeviceError."""

    async def reset_faults(self) -> None:
        """Have the generator forget its faults; high voltage stays off. Raises DeviceError."""


@dataclass(frozen=True, slots=True)
class BoardReport:
    """What the beam-permit board last said of itself; every field as the board counted it.

    Attributes:
        session: nonce of the session, 0 before one is agreed.
        state: ``silent|off|arming|armed|on|ended|tripped``.
        relay_closed: the board's own feedback of its relay.
        scan_id: 32-bit id of the arming, 0 when none.
        exposure_ms: milliseconds the relay was closed for ``scan_id``.
        warning_ms: milliseconds of warning the board has counted for this arming.
        end_reason: why the last lease or arming ended, ``none`` before one did.
        reset_edges: local reset edges counted since power-up.
        key_edges: rising edges of the key counted since power-up.
        requested_ns: monotonic time of the host frame this answers.
        trip: why the board has locked itself, ``none`` while it has not.
    """

    session: int
    state: str
    relay_closed: bool
    scan_id: int
    exposure_ms: int
    warning_ms: int
    end_reason: str
    reset_edges: int
    key_edges: int
    requested_ns: int
    trip: str = "none"


@dataclass(frozen=True, slots=True)
class Belief:
    """The inputs as the host believes them, from the safety controller; never from the board.

    Each is True only when its source says OK; doubt is False.
    """

    estop_ok: bool
    key_on: bool
    doors_closed: bool
    secured: bool
    zone_clear: bool
    lamp_proven: bool
    barrier_closed: bool


class BeamPermit(Device, Protocol):
    """The permit board. A lease is at most 300 ms and falls by itself.

    Publishes readings ``link`` (Input), ``relay`` (Input: OK when open while nothing is leased),
    and calls ``on_report`` with each `BoardReport`.
    """

    def believe(self, belief: Belief) -> None:
        """Hand over the newest belief; it travels in every frame from now on."""

    def arm(self, scan_id: int) -> None:
        """Begin an arming: the board starts to count its own warning time."""

    def renew(self, scan_id: int, healthy_ns: int) -> None:
        """Grant or renew the lease now. Drops the frame if ``healthy_ns`` is older than 150 ms."""

    def withdraw(self) -> None:
        """Send OFF at once, ahead of everything queued, and keep sending OFF."""


@dataclass(frozen=True, slots=True)
class ScanOrder:
    """What the image worker needs to take one scan.

    Attributes:
        scan_id: 32-bit id shared with the permit board and the detector stream.
        inspection_id: the inspection the image belongs to.
        folder: where the package is to be built, absolute.
        metadata: JSON-ready facts to be written into the package.
    """

    scan_id: int
    inspection_id: str
    folder: str
    metadata: dict[str, object]


class ImageWorker(Protocol):
    """The image worker process as control sees it."""

    async def arm(self, order: ScanOrder) -> None:
        """Arm the detector; returns when acknowledged. Raises ScanError."""

    async def finish(self, *, complete: bool, reason: str) -> None:
        """End the scan; the package follows as an event."""
