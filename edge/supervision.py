"""Turns readings, silence and the board's reports into events of the core.

It keeps the newest reading of every source, judges its age from the time of the request, and
tells the core only of changes. Nothing here decides; doubt is passed on as doubt.
"""

from collections.abc import Callable

from edge.core import events as ev
from edge.core.faults import Fault
from edge.core.interlocks import BEAM, FEEDBACKS, Feedback, Inputs
from edge.core.lane import LaneState
from edge.core.state import State
from edge.core.tracking import Sensor
from edge.core.values import Input, Plausibility, Presence, Quality
from edge.odometer import Odometer
from edge.ports import BoardReport, Reading
from edge.settings import LaneFile, NotFitted

MS_NS = 1_000_000
FAST, SLOW = "fast", "slow"

_FEEDBACK = {Input.OK: Feedback.OFF, Input.BLOCKED: Feedback.ON}
_WATCHED = {
    "drive_fault": Fault.CONVEYOR_FAULT,
    "source_fault": Fault.SOURCE_FAULT,
    "watchdogs": Fault.WATCHDOG_UNPROVEN,
    "detector": Fault.DETECTOR_LOST,
    "calibration": Fault.CALIBRATION_MISSING,
    "storage": Fault.STORAGE_LOW,
    "rules": Fault.RULES_INVALID,
}
"""Fields whose BLOCKED is a fault of its own, beside withholding the beam."""
_ENDED = frozenset({"ended", "off", "silent", "tripped"})
_UNEXPOSED = frozenset({"off", "arming"})
"""Board states in which its exposure counter still speaks of a scan that is over."""
_FAST_ROWS = frozenset({"lane.belt", "lane.exposure"})
"""Readings made here out of those of the belt and the board: they age as fast."""
_PROOFS = ("watchdog", "watchdog_set")
_ARMED = frozenset({LaneState.ADMITTING, LaneState.INTENT, LaneState.SCANNING})

Post = Callable[..., None]


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
    ) -> None:
        self._lane = lane
        self._post = post
        self._core = core
        self._fresh_token = fresh_token
        self._declared_length_mm = declared_length_mm
        self._on_text = on_text
        self._now_ns = now_ns
        self._latest: dict[str, Reading] = {}
        self._sent = core().inputs
        self._sensors = {getattr(lane.presence, sensor.value): sensor for sensor in Sensor}
        self._seen = dict.fromkeys(Sensor, Presence.UNKNOWN)
        self._lost: dict[Fault, set[str]] = {}
        self._loss = self._losses()
        self._odometer = Odometer()
        self._board: BoardReport | None = None
        self._spoken: BoardReport | None = None
        self._armed_ns = 0
        self._rows = {
            source for source in lane.interlocks.values() if not isinstance(source, NotFitted)
        }

    def latest(self, source: str) -> Reading | None:
        """The newest reading of a source, None before the first."""
        return self._latest.get(source)

    def readings(self) -> tuple[Reading, ...]:
        """The newest reading of every source, by source."""
        return tuple(self._latest[source] for source in sorted(self._latest))

    @property
    def board(self) -> BoardReport | None:
        """The board's newest report."""
        return self._board

    def reading(self, reading: Reading) -> None:
        """Take a reading; what follows from it is posted at once."""
        self._latest[reading.source] = reading
        if reading.source == f"{self._lane.belt.device}.speed_mm_s":
            self._belt(reading)
        self._watch_fault(reading)
        sensor = self._sensors.get(reading.source)
        if sensor is not None:
            self._sense(sensor, self._presence(reading.source))
        elif reading.source in self._rows:
            self._send_inputs()
        if reading.source.rsplit(".", 1)[-1] in _PROOFS:
            self._watchdogs(reading.requested_ns)

    def text(self, source: str, line: str, received_ns: int) -> None:
        """Hand a reader's line on."""
        self._on_text(source, line, received_ns)

    def lost(self, device: str, detail: str) -> None:
        """Raise the fault of a device that fell silent."""
        fault = self._loss.get(device)
        if fault is not None:
            self._lost.setdefault(fault, set()).add(device)
            self._post(ev.FaultRaised(fault, present=True), {"device": device, "detail": detail})

    def back(self, device: str) -> None:
        """End the fault of a device that answers again, unless another one shares it."""
        fault = self._loss.get(device)
        if fault is None or device not in self._lost.get(fault, set()):
            return
        self._lost[fault].discard(device)
        if not self._lost[fault]:
            self._post(ev.FaultGone(fault), {"device": device})

    def report(self, report: BoardReport) -> None:
        """Take the board's report: trips, local resets, leases that ended."""
        self._board = report
        if report.state != "silent":
            self._trips(report)
        spent = report.exposure_ms > self._lane.source.max_exposure_ms
        within = not spent or report.state in _UNEXPOSED
        exposure = Input.OK if within else Input.BLOCKED
        self.reading(Reading("lane.exposure", exposure, Quality.GOOD, report.requested_ns))
        lost = report.state in _ENDED and report.requested_ns > self._armed_ns
        if lost and self._core().lane in _ARMED:
            self._post(ev.LeaseLost(), {"detail": report.end_reason})

    def _trips(self, report: BoardReport) -> None:
        """Trips and resets, against what the board itself said last: silence says neither."""
        before, self._spoken = self._spoken, report
        tripped, was = report.state == "tripped", before is not None and before.state == "tripped"
        if tripped and not was:
            note = {"detail": report.end_reason}
            self._post(ev.FaultRaised(Fault.BOARD_TRIPPED, present=True), note)
        elif was and not tripped:
            self._post(ev.FaultGone(Fault.BOARD_TRIPPED))
        if before is not None and report.reset_edges > before.reset_edges:
            self._post(ev.LocalReset())

    def armed(self) -> None:
        """Note that the board was told to arm: older reports say nothing about this arming."""
        self._armed_ns = self._now_ns()

    def tick(self) -> None:
        """Judge ages: what has grown stale since its reading is passed on."""
        for source, sensor in self._sensors.items():
            self._sense(sensor, self._presence(source))
        self._send_inputs()

    def inputs(self) -> Inputs:
        """The interlock inputs as the newest readings and their ages give them."""
        values = {row: self._input(row) for row in BEAM}
        feedbacks = {row: _FEEDBACK.get(self._input(row), Feedback.UNKNOWN) for row in FEEDBACKS}
        return self._sent._replace(**values, **feedbacks)  # type: ignore[arg-type]  # two kinds of rows

    def _input(self, row: str) -> Input:
        source = self._lane.interlocks[row]
        if isinstance(source, NotFitted):
            return Input.NOT_FITTED
        reading = self._latest.get(source)
        if reading is None:
            return Input.UNKNOWN
        if self._is_stale(reading):
            return Input.STALE
        if reading.quality is not Quality.GOOD or not isinstance(reading.value, Input):
            return Input.UNKNOWN
        # Only the lane file may say that something is not fitted.
        return Input.UNKNOWN if reading.value is Input.NOT_FITTED else reading.value

    def _is_stale(self, reading: Reading) -> bool:
        device = reading.source.split(".", 1)[0]
        fast = reading.source in _FAST_ROWS or device in {
            self._lane.safety,
            self._lane.board,
            self._lane.belt.device,
        }
        timing = self._lane.timing
        return not self._is_younger(reading, timing.stale_ms if fast else timing.slow_stale_ms)

    def _is_younger(self, reading: Reading, limit_ms: int) -> bool:
        # A request that lies ahead has no age that could be judged.
        return 0 <= self._now_ns() - reading.requested_ns <= limit_ms * MS_NS

    def _send_inputs(self) -> None:
        inputs = self.inputs()
        if inputs != self._sent:
            self._sent = inputs
            self._post(ev.InputsChanged(inputs))

    def _presence(self, source: str) -> Presence:
        reading = self._latest.get(source)
        if reading is None or self._is_stale(reading) or reading.quality is not Quality.GOOD:
            return Presence.UNKNOWN
        return reading.value if isinstance(reading.value, Presence) else Presence.UNKNOWN

    def _sense(self, sensor: Sensor, presence: Presence) -> None:
        if presence is self._seen[sensor]:
            return
        self._seen[sensor] = presence
        length = Plausibility.UNKNOWN
        if sensor is Sensor.TUNNEL_IN:
            length = self._length(presence)
        token = self._fresh_token()
        self._post(ev.SensorChanged(sensor, presence, token, length))

    def _length(self, presence: Presence) -> Plausibility:
        if presence is Presence.OCCUPIED:
            self._odometer.mark()
            return Plausibility.UNKNOWN
        measured = self._odometer.since_mark_mm()
        tolerance = self._lane.belt.length_tolerance_mm
        low, high = self._lane.envelope.length_mm
        declared = self._declared_length_mm(self._core().tracking.tunnel)
        if declared is not None:
            low, high = declared, declared
        if measured is None:
            return Plausibility.UNKNOWN
        fits = max(1, low - tolerance) <= measured <= high + tolerance
        return Plausibility.PLAUSIBLE if fits else Plausibility.IMPLAUSIBLE

    def _belt(self, reading: Reading) -> None:
        speed = reading.value
        if reading.quality is not Quality.GOOD or not isinstance(speed, int):
            self._odometer.lose()
            state = Input.UNKNOWN
        else:
            self._odometer.add(speed_mm_s=speed, at_ns=reading.requested_ns)
            nominal = self._lane.belt.speed_mm_s
            band = nominal * self._lane.belt.band_percent // 100
            state = Input.OK if abs(speed - nominal) <= band else Input.BLOCKED
        self.reading(Reading("lane.belt", state, Quality.GOOD, reading.requested_ns))

    def _watchdogs(self, requested_ns: int) -> None:
        proven = all(
            any(self._proves(f"{device}.{proof}") for proof in _PROOFS)
            for device in (self._lane.safety, self._lane.belt.device)
        )
        state = Input.OK if proven and not self._unproven() else Input.BLOCKED
        self.reading(Reading("lane.watchdogs", state, Quality.GOOD, requested_ns))

    def _proves(self, source: str) -> bool:
        reading = self._latest.get(source)
        if reading is None or reading.quality is not Quality.GOOD:
            return False
        # A proof is read in turn with other slow parameters, also on a fast device.
        fresh = self._is_younger(reading, self._lane.timing.slow_stale_ms)
        return fresh and reading.value is Input.OK

    def _unproven(self) -> bool:
        """True while any device, one of the two or another, says that its watchdog is not set."""
        return any(
            source.rsplit(".", 1)[-1] in _PROOFS and not self._proves(source)
            for source in self._latest
        )

    def _watch_fault(self, reading: Reading) -> None:
        fault = _WATCHED.get(reading.source.split(".", 1)[1])
        if fault is None:
            return
        devices = self._lost.setdefault(fault, set())
        if reading.value in {Input.BLOCKED, Input.CONFLICT} and reading.source not in devices:
            devices.add(reading.source)
            self._post(ev.FaultRaised(fault, present=True), {"source": reading.source})
        elif (
            reading.value is Input.OK
            and reading.quality is Quality.GOOD
            and reading.source in devices
        ):
            devices.discard(reading.source)
            if not devices:
                self._post(ev.FaultGone(fault), {"source": reading.source})

    def _losses(self) -> dict[str, Fault]:
        lane = self._lane
        gauges = {lane.gauges.height, lane.gauges.width}
        return {
            **dict.fromkeys(lane.readers, Fault.READER_LOST),
            **{gauge.split(".", 1)[0]: Fault.GAUGE_LOST for gauge in gauges},
            lane.source.device: Fault.SOURCE_LOST,
            lane.belt.device: Fault.CONVEYOR_LOST,
            lane.board: Fault.BOARD_LOST,
            lane.safety: Fault.SAFETY_LOST,
            "worker": Fault.WORKER_LOST,
        }
