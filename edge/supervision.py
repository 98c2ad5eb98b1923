"""Turns readings, silence and the board's reports into events of the core.

It tells the core only of changes. Nothing here decides; doubt is passed on as doubt.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from edge.core import events as ev
from edge.core.faults import Fault
from edge.core.interlocks import BEAM, FEEDBACKS, SWITCHES, Feedback, Inputs
from edge.core.lane import RADIATING, LaneState
from edge.core.state import State
from edge.core.tracking import Sensor
from edge.core.values import Input, Plausibility, Presence, Quality
from edge.device_faults import DeviceFaults, fault_said_by
from edge.odometer import Odometer
from edge.ports import BoardReport, Point, Points, Reading
from edge.proofs import ProofBook, told
from edge.readings import Readings
from edge.settings import LaneFile, NotFitted

MS_NS = 1_000_000

_FEEDBACK = {Input.OK: Feedback.OFF, Input.BLOCKED: Feedback.ON}
_ENDED = frozenset({"ended", "off", "silent", "tripped"})
_UNEXPOSED = frozenset({"off", "arming"})
"""Board states in which its exposure counter still speaks of a scan that is over."""
_FAST_ROWS = frozenset({"lane.belt", "lane.exposure"})
"""Readings made here out of those of the belt and the board: they age as fast."""
_PROOFS = ("watchdog", "watchdog_set")
_PARAMETERS = "watchdog_parameters"
_ROWS = (*BEAM, *FEEDBACKS, *SWITCHES)
_ARMED = RADIATING | {LaneState.ADMITTING, LaneState.INTENT, LaneState.SERVICE_INTENT}

Post = Callable[..., None]


class _Part(NamedTuple):
    """What a source is to the lane; worked out once, since readings come by the hundred."""

    rows: tuple[str, ...]
    sensor: Sensor | None
    fault: Fault | None
    each: Callable[[Point, int], None] | None
    """What to do at every poll, be it a repetition."""


class Supervisor:
    """The sink of all drivers, and the eyes of the core."""

    def __init__(
        self,
        lane: LaneFile,
        *,
        post: Post,
        core: Callable[[], State],
        fresh_token: Callable[[], int],
        declared_length_mm: Callable[[int], int | None],
        on_text: Callable[[str, str, int], None],
        now_ns: Callable[[], int],
        proofs: ProofBook,
        utc: Callable[[], datetime],
        longest_ms: Callable[[int], int] | None = None,
    ) -> None:
        """Make the eyes; ``longest_ms`` gives the longest exposure by arming, a scan's if None."""
        self._lane = lane
        self._longest_ms = longest_ms or (lambda _: lane.source.max_exposure_ms)
        self._post = post
        self._core = core
        self._fresh_token = fresh_token
        self._declared_length_mm = declared_length_mm
        self._on_text = on_text
        self._now_ns = now_ns
        self._readings = Readings()
        self._sent = core().inputs
        self._sensors = {getattr(lane.presence, sensor.value): sensor for sensor in Sensor}
        self._seen = dict.fromkeys(Sensor, Presence.UNKNOWN)
        self._faults = DeviceFaults(lane, post)
        self._odometer = Odometer()
        self._board: BoardReport | None = None
        self._spoken: BoardReport | None = None
        self._armed_ns = 0
        self._parts: dict[str, _Part] = {}
        self._each: dict[str, list[tuple[Callable[[Point, int], None], Point]]] = {}
        self._proofs: list[str] = []
        self._book = proofs
        self._utc = utc
        self._no_watchdog = {lane.safety, lane.belt.device}

    def latest(self, source: str) -> Reading | None:
        """The newest reading of a source, None before the first."""
        return self._readings.latest(source)

    def readings(self) -> tuple[Reading, ...]:
        """The newest reading of every source, by source."""
        return self._readings.all()

    @property
    def board(self) -> BoardReport | None:
        """The board's newest report."""
        return self._board

    def deliver(self, points: Points, requested_ns: int) -> None:
        """Take what one poll read; what follows from it is posted at once.

        Faults are posted first, that they and not their effects are the reason of what follows;
        then what the beam rests on; then what moved.
        """
        now_ns, first = self._now_ns(), points[0].source
        if not self._readings.repeat(points, requested_ns, now_ns):
            known = [(self._parts.get(one.source) or self._part(one.source), one) for one in points]
            self._readings.put(points, requested_ns, now_ns)
            self._compare(known, now_ns)
            self._each[first] = [(part.each, one) for part, one in known if part.each is not None]
        for act, point in self._each[first]:
            act(point, requested_ns)

    def _compare(self, known: Sequence[tuple[_Part, Point]], now_ns: int) -> None:
        """Post what points that differ from those before them mean."""
        for part, point in known:
            if part.fault is not None:
                self._faults.read(part.fault, point)
                self._faults.doubt(point, now_ns)
        if self._readings.is_sure:
            inputs = self._readings.input
            self._send(
                {row: inputs(one.source, now_ns) for part, one in known for row in part.rows}
            )
        elif any(part.rows for part, _ in known):
            self._send(self._values(now_ns))
        for part, point in known:
            if part.sensor is not None:
                self._sense(part.sensor, self._readings.presence(point.source, now_ns))

    def _part(self, source: str) -> _Part:
        """Work out what a source is to the lane, when it comes first."""
        device, field = source.split(".", 1)
        lane, timing = self._lane, self._lane.timing
        fast = source in _FAST_ROWS or device in {lane.safety, lane.board, lane.belt.device}
        is_proof = field.rsplit(".", 1)[-1] in _PROOFS
        is_speed = source == f"{lane.belt.device}.speed_mm_s"
        each: Callable[[Point, int], None] | None = self._watchdogs if is_proof else None
        if is_speed:
            each = self._belt
        elif field == _PARAMETERS:
            each = self._parameters
        limit_ms = timing.stale_ms if fast else timing.slow_stale_ms
        part = self._parts[source] = _Part(
            rows=tuple(row for row in _ROWS if lane.interlocks[row] == source),
            sensor=self._sensors.get(source),
            fault=fault_said_by(field),
            each=each,
        )
        matters = bool(part.rows) or part.sensor is not None
        self._readings.know(source, limit_ms * MS_NS, matters=matters)
        if is_proof:
            self._proofs.append(source)
            self._no_watchdog.discard(device)
        return part

    def text(self, source: str, line: str, received_ns: int) -> None:
        """Hand a reader's line on."""
        self._on_text(source, line, received_ns)

    def lost(self, device: str, detail: str) -> None:
        """Raise the fault of a device that fell silent."""
        self._faults.lost(device, detail)

    def back(self, device: str) -> None:
        """End the fault of a device that answers again, unless another one shares it."""
        self._faults.back(device)

    def report(self, report: BoardReport) -> None:
        """Take the board's report: trips, local resets, leases that ended."""
        self._board = report
        if report.state != "silent":
            self._trips(report)
        spent = report.exposure_ms > self._longest_ms(report.scan_id)
        within = not spent or report.state in _UNEXPOSED
        exposure = Input.OK if within else Input.BLOCKED
        self.deliver((Point("lane.exposure", exposure),), report.requested_ns)
        lost = report.state in _ENDED and report.requested_ns > self._armed_ns
        if lost and self._core().lane in _ARMED:
            self._post(ev.LeaseLost(), {"detail": report.end_reason})

    def _trips(self, report: BoardReport) -> None:
        """Trips and resets, against what the board itself said last: silence says neither."""
        before, self._spoken = self._spoken, report
        tripped, was = report.state == "tripped", before is not None and before.state == "tripped"
        if tripped and not was:
            note = {"detail": f"trip {report.trip}; the last lease ended: {report.end_reason}"}
            self._post(ev.FaultRaised(Fault.BOARD_TRIPPED, present=True), note)
        elif was and not tripped:
            self._post(ev.FaultGone(Fault.BOARD_TRIPPED))
        if before is not None and report.reset_edges > before.reset_edges:
            self._post(ev.LocalReset())
        if before is not None and report.key_edges < before.key_edges:
            self._post(ev.BoardRestarted())

    def relay_closed(self, scan_id: int) -> bool:
        """Whether the board has shown its relay closed for this scan, and no other."""
        board = self._board
        return board is not None and board.relay_closed and board.scan_id == scan_id != 0

    def armed(self) -> None:
        """Note that the board was told to arm: older reports say nothing about this arming."""
        self._armed_ns = self._now_ns()

    def tick(self) -> Inputs:
        """Judge ages: what has grown stale since its reading is passed on.

        Returns the interlock inputs as they stand.
        """
        now_ns = self._now_ns()
        self._faults.tick(now_ns)
        if self._readings.grow(now_ns):
            for source, sensor in self._sensors.items():
                self._sense(sensor, self._readings.presence(source, now_ns))
            self._send(self._values(now_ns))
        return self._sent

    def inputs(self) -> Inputs:
        """The interlock inputs as the newest readings and their ages give them."""
        return _inputs(self._sent, self._values(self._now_ns()))

    def _values(self, now_ns: int) -> dict[str, Input]:
        values = {}
        for row in _ROWS:
            source = self._lane.interlocks[row]
            values[row] = (
                Input.NOT_FITTED
                if isinstance(source, NotFitted)
                else self._readings.input(source, now_ns)
            )
        return values

    def _send(self, values: dict[str, Input]) -> None:
        inputs = _inputs(self._sent, values)
        if inputs is not self._sent:
            self._sent = inputs
            self._post(ev.InputsChanged(inputs))

    def _sense(self, sensor: Sensor, presence: Presence) -> None:
        if presence is self._seen[sensor]:
            return
        self._seen[sensor] = presence
        if sensor is Sensor.TUNNEL_IN and presence is Presence.OCCUPIED:
            self._odometer.mark()
        length = self._length(sensor) if presence is Presence.CLEAR else Plausibility.UNKNOWN
        token = self._fresh_token()
        self._post(ev.SensorChanged(sensor, presence, token, length))

    def _length(self, sensor: Sensor) -> Plausibility:
        """Judge the length between the front at the tunnel-in sensor and the rear at this one."""
        travelled = self._odometer.since_mark_mm()
        if sensor not in {Sensor.ENTRY, Sensor.TUNNEL_IN} or travelled is None:
            return Plausibility.UNKNOWN
        belt, tracking = self._lane.belt, self._core().tracking
        measured = travelled + (belt.entry_to_tunnel_mm if sensor is Sensor.ENTRY else 0)
        low, high = self._lane.envelope.length_mm
        declared = self._declared_length_mm(tracking.tunnel or tracking.entry)
        if declared is not None:
            low, high = declared, declared
        fits = low - belt.length_tolerance_mm <= measured <= high + belt.length_tolerance_mm
        return Plausibility.PLAUSIBLE if fits and travelled > 0 else Plausibility.IMPLAUSIBLE

    def _belt(self, point: Point, requested_ns: int) -> None:
        speed = point.value
        if point.quality is not Quality.GOOD or not isinstance(speed, int):
            self._odometer.lose()
            state = Input.UNKNOWN
        else:
            self._odometer.add(speed_mm_s=speed, at_ns=requested_ns)
            nominal = self._lane.belt.speed_mm_s
            band = nominal * self._lane.belt.band_percent // 100
            state = Input.OK if abs(speed - nominal) <= band else Input.BLOCKED
        self.deliver((Point("lane.belt", state),), requested_ns)

    def _parameters(self, point: Point, _requested_ns: int) -> None:
        self._book.says(point.source.split(".", 1)[0], str(point.value))

    def _watchdogs(self, _proof: Point, requested_ns: int) -> None:
        """Both must have a watchdog, none may be off, and each device must have a valid proof."""
        # A proof is read in turn with other slow parameters, also on a fast device.
        limit_ns, now_ns = self._lane.timing.slow_stale_ms * MS_NS, self._now_ns()
        unproven = [
            source for source in self._proofs if not self._readings.proves(source, limit_ns, now_ns)
        ]
        against = self._book.against(self._utc())
        bad = unproven or self._no_watchdog or against
        state = Input.BLOCKED if bad else Input.OK
        detail = "; ".join([*self._unproven(unproven), *filter(None, [told(against)])])
        self.deliver((Point("lane.watchdogs", state, detail=detail),), requested_ns)

    def _unproven(self, sources: Sequence[str]) -> list[str]:
        """Which watchdogs are not set, and what their devices say of them."""
        unread = [f"{device}: no watchdog was read" for device in sorted(self._no_watchdog)]
        read = [(source, self._readings.latest(source)) for source in sources]
        said = [f"{source}: {one.detail or 'not set'}" for source, one in read if one is not None]
        return [*unread, *said]


def _says(row: str, value: Input) -> Input | Feedback:
    """What a value says on a row: feedbacks have words of their own."""
    return _FEEDBACK.get(value, Feedback.UNKNOWN) if row in FEEDBACKS else value


def _inputs(before: Inputs, values: dict[str, Input]) -> Inputs:
    """The inputs with some rows read anew."""
    changed: dict[str, object] = {}
    for row, value in values.items():
        says = _says(row, value)
        if says is not getattr(before, row):
            changed[row] = says
    return before._replace(**changed) if changed else before  # type: ignore[arg-type]  # two kinds of rows
