"""Which fault of the lane a silent device is, and which one a reading of its own says.

A fault that several devices share begins with the first of them and ends with the last.
"""

from collections.abc import Callable

from edge.core import events as ev
from edge.core.faults import Fault
from edge.core.values import Input, Quality
from edge.ports import Point
from edge.settings import LaneFile

_SAID = {
    "drive_fault": Fault.CONVEYOR_FAULT,
    "source_fault": Fault.SOURCE_FAULT,
    "watchdogs": Fault.WATCHDOG_UNPROVEN,
    "detector": Fault.DETECTOR_LOST,
    "calibration": Fault.CALIBRATION_MISSING,
    "storage": Fault.STORAGE_LOW,
    "rules": Fault.RULES_INVALID,
    "alarm": Fault.RADIATION_ALARM,
    "mains": Fault.ON_BATTERY,
    "resting": Fault.SOURCE_RESTING,
    "warming": Fault.SOURCE_WARMING,
    "seasoning": Fault.SEASONING_DUE,
}
"""Fields whose BLOCKED is a fault of its own, beside withholding the beam."""
DOUBT_MS = 5000
"""A device that cannot say for so long whether it has its fault is a lost one (DEVICE_LOST)."""
_COMPUTED = frozenset({"lane", "worker"})
"""Readings that the lane makes itself, each with a fault or row of its own for doubt."""
_MS_NS = 1_000_000


class DeviceFaults:
    """Who stands behind each fault that a device brings.

    Args:
        lane: says which device is what.
        post: takes events with what is to be written beside them.
    """

    def __init__(self, lane: LaneFile, post: Callable[..., None]) -> None:
        self._post = post
        self._silent = _silences(lane)
        self._behind: dict[Fault, dict[str, str]] = {}
        self._doubted: dict[str, tuple[int, str]] = {}

    def lost(self, device: str, detail: str) -> None:
        """Raise the fault of a device that fell silent."""
        fault = self._silent.get(device, Fault.DEVICE_LOST)
        self._behind.setdefault(fault, {})[device] = detail
        self._post(ev.FaultRaised(fault, present=True), {"device": device, "detail": detail})

    def back(self, device: str) -> None:
        """End the fault of a device that answers again, unless another one shares it."""
        self._leave(self._silent.get(device, Fault.DEVICE_LOST), device, "device")

    def read(self, fault: Fault, point: Point) -> None:
        """Raise or end the fault that a point says; doubt does neither.

        What a device names later, or anew, is told again: it is what a person has to read.
        """
        source, value = point.source, point.value
        if value is Input.BLOCKED or value is Input.CONFLICT:
            behind = self._behind.setdefault(fault, {})
            if source not in behind or point.detail not in {"", behind[source]}:
                behind[source] = point.detail
                detail = {"detail": point.detail} if point.detail else {}
                self._post(ev.FaultRaised(fault, present=True), {"source": source, **detail})
        elif value is Input.OK and point.quality is Quality.GOOD:
            self._leave(fault, source, "source")

    def doubt(self, point: Point, now_ns: int) -> None:
        """Note since when a field that would say a fault says nothing of it."""
        source = point.source
        if source.split(".", 1)[0] in _COMPUTED:
            return
        said = point.value in {Input.OK, Input.BLOCKED, Input.CONFLICT}
        if said and point.quality is not Quality.BAD:
            self._doubted.pop(source, None)
            self._leave(Fault.DEVICE_LOST, source, "source")
        elif source not in self._doubted:
            self._doubted[source] = (now_ns, point.detail)

    def tick(self, now_ns: int) -> None:
        """Raise DEVICE_LOST for what has been in doubt for too long and is not lost already."""
        lost = self._behind.setdefault(Fault.DEVICE_LOST, {})
        for source, (since_ns, detail) in self._doubted.items():
            device = source.split(".", 1)[0]
            silence = self._silent.get(device, Fault.DEVICE_LOST)
            told = source in lost or device in self._behind.get(silence, {})
            if told or now_ns - since_ns < DOUBT_MS * _MS_NS:
                continue
            lost[source] = detail
            why = f"in doubt for {DOUBT_MS / 1000:.0f} s" + f": {detail}" * bool(detail)
            note = {"source": source, "detail": why}
            self._post(ev.FaultRaised(Fault.DEVICE_LOST, present=True), note)

    def _leave(self, fault: Fault, who: str, told_as: str) -> None:
        behind = self._behind.get(fault, {})
        if who in behind:
            del behind[who]
            if not behind:
                self._post(ev.FaultGone(fault), {told_as: who})


def fault_said_by(field: str) -> Fault | None:
    """The fault that a field of this name says by BLOCKED, None when it says none."""
    return _SAID.get(field)


def _silences(lane: LaneFile) -> dict[str, Fault]:
    """What the silence of each device of the lane is; of any other it is DEVICE_LOST."""
    gauges = lane.gauges.model_dump(exclude_none=True).values()
    return {
        **dict.fromkeys(lane.readers, Fault.READER_LOST),
        **{gauge.split(".", 1)[0]: Fault.GAUGE_LOST for gauge in gauges},
        lane.source.device: Fault.SOURCE_LOST,
        lane.belt.device: Fault.CONVEYOR_LOST,
        lane.board: Fault.BOARD_LOST,
        lane.safety: Fault.SAFETY_LOST,
        "worker": Fault.WORKER_LOST,
    }
