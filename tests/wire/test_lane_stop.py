"""Control stopped by a signal under the beam and continued after two seconds: no beam by itself."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulator.hall.truth import Span
from tests.wire.lane_kit import Rig, a_rig
from tests.wire.lane_papers import (
    FOOTWEAR,
    arrive,
    declare,
    expect_all_delivered,
    expect_no_violation,
    records,
)
from tests.wire.lane_programs import Answer, end, until
from tests.wire.test_lane_kill import LEASE_MS, STEP_MS, WARNING_MS

STOPPED_MS = 2000
NAMED = {"control_stalled", "tracking_conflict", "safety_lost", "board_lost", "lease_lost"}
"""What may speak first after the signal: the late tick, or the first reading grown stale."""


@dataclass(slots=True)
class Story:
    """What happened, as the hall and the lane tell it."""

    inspection: str = ""
    stopped_ms: int = 0
    standing: Answer | None = None
    while_stopped: tuple[Span, ...] = ()
    faults: frozenset[str] = frozenset()
    mode: str = ""
    before_opening: tuple[Span, ...] = ()
    next_scan: tuple[Span, ...] = ()


def stop_under_beam(rig: Rig, story: Story) -> None:
    """Stop control for two seconds of the hall; nobody renews, nobody polls."""
    assert rig.control is not None
    arrive(rig, "S1")
    rig.await_beam()
    shown = rig.inspection("S1")
    assert shown is not None
    story.inspection = shown["inspection"]
    end(rig.control.pid, signal.SIGSTOP)
    story.stopped_ms = rig.now_ms()
    until(lambda: rig.now_ms() >= story.stopped_ms + STOPPED_MS, "two seconds of the hall")
    story.while_stopped = tuple(rig.relay_spans())
    end(rig.control.pid, signal.SIGCONT)
    rig.await_mode("held")
    story.mode, story.faults = rig.mode(), frozenset(rig.faults())
    story.standing = rig.await_standstill()


def go_on(rig: Rig, story: Story) -> None:
    """Acknowledge, open the lane anew; the next unit is scanned after a whole warning."""
    rig.await_fault("conveyor_fault")  # the drive has missed its master
    rig.recover()
    story.before_opening = tuple(rig.relay_spans())
    rig.open_lane()
    arrive(rig, "S2")
    rig.await_beam()
    story.next_scan = tuple(rig.relay_spans())


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rig, Story]]:
    story = Story()
    with a_rig(Path(tmp_path_factory.getbasetemp()) / "numba") as rig:
        rig.start()
        declare(rig, S1=FOOTWEAR, S2=FOOTWEAR)
        rig.open_lane()
        stop_under_beam(rig, story)
        go_on(rig, story)
        yield rig, story


def test_the_relay_opens_within_the_lease_when_control_stands_still(
    told: tuple[Rig, Story],
) -> None:
    _, story = told
    (span,) = story.while_stopped
    assert span.start_ms < story.stopped_ms
    assert span.end_ms <= story.stopped_ms + LEASE_MS + STEP_MS


def test_control_that_stood_still_says_so_and_scans_no_further(told: tuple[Rig, Story]) -> None:
    rig, story = told
    assert story.mode == "held"
    assert story.faults & NAMED
    (ended,) = records(rig, "scan.not_completed")
    assert ended["inspection"] == story.inspection
    assert story.standing is not None
    assert not story.standing["relay_closed"]
    assert not story.standing["hv_on"]


def test_the_lost_beam_is_never_taken_up_again(told: tuple[Rig, Story]) -> None:
    rig, story = told
    assert story.before_opening == story.while_stopped
    assert len(records(rig, "beam.intent")) == len(story.next_scan)


def test_the_next_scan_has_a_new_scan_id_and_a_whole_warning(told: tuple[Rig, Story]) -> None:
    rig, story = told
    first, second = story.next_scan
    assert second.start_ms - first.end_ms >= WARNING_MS
    ids = [one["scan_id"] for one in records(rig, "beam.intent")]
    assert len(set(map(str, ids))) == len(ids)
    expect_no_violation(rig)


def test_a_worker_that_went_on_is_not_taken_for_hung(told: tuple[Rig, Story]) -> None:
    rig, _ = told
    assert "worker_lost" not in {one["cause"] for one in records(rig, "fault.raised")}


def test_headquarters_is_told_of_the_interruption(told: tuple[Rig, Story]) -> None:
    rig, _ = told
    assert expect_all_delivered(rig) > 0
