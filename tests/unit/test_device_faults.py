"""Rules by which silent devices and what they say of themselves become faults of the lane."""

import pytest

from edge.core import events as ev
from edge.core.faults import CATALOGUE, Fault, FaultClass, FaultRow
from edge.core.values import Input, Quality
from edge.device_faults import DOUBT_MS
from tests.unit.supervision_bench import Bench


def test_a_fault_shared_by_two_devices_ends_with_the_last() -> None:
    bench = Bench()
    bench.supervisor.lost("height", "silent")
    bench.supervisor.lost("width", "silent")
    bench.supervisor.back("height")
    assert bench.faults() == [ev.FaultRaised(Fault.GAUGE_LOST, present=True)] * 2
    bench.supervisor.back("width")
    assert bench.faults()[-1] == ev.FaultGone(Fault.GAUGE_LOST)


def test_a_device_that_was_never_lost_ends_no_fault() -> None:
    bench = Bench()
    bench.supervisor.lost("height", "silent")
    for device in ("width", "qr", "nothing"):
        bench.supervisor.back(device)
    assert len(bench.faults()) == 1


@pytest.mark.parametrize(
    ("device", "fault"),
    [
        ("safety", Fault.SAFETY_LOST),
        ("board", Fault.BOARD_LOST),
        ("belt", Fault.CONVEYOR_LOST),
        ("source", Fault.SOURCE_LOST),
        ("qr", Fault.READER_LOST),
        ("worker", Fault.WORKER_LOST),
        ("ups", Fault.DEVICE_LOST),
    ],
)
def test_every_device_that_falls_silent_is_a_fault(device: str, fault: Fault) -> None:
    bench = Bench()
    bench.supervisor.lost(device, "no answer")
    assert bench.faults() == [ev.FaultRaised(fault, present=True)]


def test_a_reported_fault_ends_only_by_a_good_reading() -> None:
    bench = Bench()
    bench.say("source.source_fault", Input.BLOCKED)
    bench.say("source.source_fault", Input.UNKNOWN, Quality.BAD)
    bench.say("source.source_fault", Input.OK, Quality.BAD)
    assert bench.faults() == [ev.FaultRaised(Fault.SOURCE_FAULT, present=True)]
    bench.say("source.source_fault", Input.OK)
    assert bench.faults()[-1] == ev.FaultGone(Fault.SOURCE_FAULT)


@pytest.mark.parametrize(
    ("source", "fault"),
    [("monitor.alarm", Fault.RADIATION_ALARM), ("ups.mains", Fault.ON_BATTERY)],
)
def test_a_radiation_alarm_and_a_lost_mains_are_faults_of_their_own(
    source: str, fault: Fault
) -> None:
    bench = Bench()
    bench.say(source, Input.OK)
    assert bench.faults() == []
    bench.say(source, Input.BLOCKED)
    assert bench.faults() == [ev.FaultRaised(fault, present=True)]
    bench.say(source, Input.UNKNOWN, Quality.BAD)
    assert len(bench.faults()) == 1
    bench.say(source, Input.OK)
    assert bench.faults()[-1] == ev.FaultGone(fault)


def test_a_radiation_alarm_trips_and_a_lost_mains_admits_no_unit() -> None:
    assert CATALOGUE[Fault.RADIATION_ALARM] == FaultRow(FaultClass.TRIP, latched=True)
    assert CATALOGUE[Fault.ON_BATTERY].kind is FaultClass.NO_ENTRY


DOUBTS = [
    ("ups.mains", Input.UNKNOWN, Quality.BAD),
    ("monitor.alarm", Input.UNKNOWN, Quality.GOOD),
    ("monitor.alarm", Input.OK, Quality.BAD),
    ("source.source_fault", Input.UNKNOWN, Quality.BAD),
]


@pytest.mark.parametrize(("source", "value", "quality"), DOUBTS)
def test_a_device_in_doubt_of_its_own_fault_for_too_long_is_a_lost_one(
    source: str, value: Input, quality: Quality
) -> None:
    bench = Bench()
    bench.say(source, value, quality, detail="battery low")
    bench.clock.ms += DOUBT_MS - 1
    bench.supervisor.tick()
    assert bench.faults() == []
    bench.clock.ms += 1
    bench.supervisor.tick()
    bench.supervisor.tick()
    assert bench.faults() == [ev.FaultRaised(Fault.DEVICE_LOST, present=True)]
    bench.say(source, Input.OK)
    assert bench.faults()[-1] == ev.FaultGone(Fault.DEVICE_LOST)


def test_doubt_that_ends_in_time_is_no_loss() -> None:
    bench = Bench()
    for _ in range(5):
        bench.say("ups.mains", Input.UNKNOWN, Quality.BAD)
        bench.clock.ms += DOUBT_MS - 1000
        bench.say("ups.mains", Input.OK)
        bench.supervisor.tick()
    assert bench.faults() == []


def test_a_device_that_is_lost_already_is_not_lost_once_more_for_its_doubt() -> None:
    bench = Bench()
    bench.say("source.source_fault", Input.UNKNOWN, Quality.BAD)
    bench.supervisor.lost("source", "silent")
    bench.clock.ms += 2 * DOUBT_MS
    bench.supervisor.tick()
    assert bench.faults() == [ev.FaultRaised(Fault.SOURCE_LOST, present=True)]


def test_readings_that_the_lane_makes_itself_have_rows_of_their_own_for_doubt() -> None:
    bench = Bench()
    bench.say("worker.detector", Input.UNKNOWN, Quality.BAD)
    bench.clock.ms += 2 * DOUBT_MS
    bench.supervisor.tick()
    assert bench.faults() == []
