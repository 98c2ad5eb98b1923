"""Control stopped, continued and later killed under the beam: nothing goes on by itself.

One lane lives through all of it: a scan in which control stands still for two seconds, the next
one, in which it is killed, and a third after its start.
"""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from simulator.hall.truth import Span
from tests.wire.lane_kit import Rig, a_rig
from tests.wire.lane_papers import (
    FOOTWEAR,
    arrive,
    closed,
    declare,
    expect_all_delivered,
    expect_no_violation,
    records,
)
from tests.wire.lane_programs import Answer, end, until

LEASE_MS = 300
STEP_MS = 5
TTO_MS = 1000
BELT_MM_S = 400
RAMP_MM_S2 = 600
WARNING_MS = 5000
BOARD_COUNT_MS = 20
"""The board counts in its own cycles; the hall in steps of 5 ms."""
STOPPED_MS = 2000
NAMED = {"control_stalled", "tracking_conflict", "safety_lost", "board_lost", "lease_lost"}
"""What may speak first after the signal: the late tick, or the first reading grown stale."""


@dataclass(slots=True)
class Stopped:
    """What happened when control stood still, as the hall and the lane tell it."""

    inspection: str = ""
    at_ms: int = 0
    standing: Answer | None = None
    spans: tuple[Span, ...] = ()
    faults: frozenset[str] = frozenset()
    mode: str = ""
    before_opening: tuple[Span, ...] = ()


@dataclass(slots=True)
class Killed:
    """What happened when control was killed."""

    at_ms: int = 0
    span: Span | None = None
    moved_mm: float = 0.0
    beam: bool = True
    inspection: str = ""
    after: str = ""
    restarted: Answer | None = None
    not_completed: dict[str, object] | None = None
    spans_before_opening: int = 0
    spans: tuple[Span, ...] = ()
    awaiting: Answer | None = None
    ends: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """One lane, and what it went through."""

    rig: Rig
    stopped: Stopped
    killed: Killed


def stop_under_beam(rig: Rig, stopped: Stopped) -> None:
    """Stop control for two seconds of the hall; nobody renews, nobody polls."""
    assert rig.control is not None
    arrive(rig, "S1")
    rig.await_beam()
    shown = rig.inspection("S1")
    assert shown is not None
    stopped.inspection = shown["inspection"]
    end(rig.control.pid, signal.SIGSTOP)
    stopped.at_ms = rig.now_ms()
    until(lambda: rig.now_ms() >= stopped.at_ms + STOPPED_MS, "two seconds of the hall")
    stopped.spans = tuple(rig.relay_spans())
    end(rig.control.pid, signal.SIGCONT)
    rig.await_mode("held")
    stopped.mode, stopped.faults = rig.mode(), frozenset(rig.faults())
    stopped.standing = rig.await_standstill()


def go_on(rig: Rig, stopped: Stopped) -> None:
    """Acknowledge and open the lane anew."""
    rig.await_fault("conveyor_fault")  # the drive has missed its master
    rig.recover()
    stopped.before_opening = tuple(rig.relay_spans())
    rig.open_lane()


def kill_under_beam(rig: Rig, killed: Killed) -> None:
    """Kill control in the next scan; the hall is left to its own devices."""
    arrive(rig, "K1")
    rig.await_beam()
    shown = rig.inspection("K1")
    assert shown is not None
    killed.inspection = shown["inspection"]
    before_um = rig.truth()["encoder_um"]
    killed.at_ms = rig.kill_control()
    standing = rig.await_standstill()
    killed.moved_mm = (standing["encoder_um"] - before_um) / 1000
    killed.span = rig.relay_spans()[-1]
    killed.beam = standing["beam_on"] or standing["hv_on"]


def start_again(rig: Rig, killed: Killed) -> None:
    """Start control; it has to close the broken record. Then people open the lane anew."""
    rig.start_control()
    until(lambda: killed.inspection in closed(rig), "the broken inspection is closed")
    killed.restarted = rig.status()
    killed.not_completed = records(rig, "scan.not_completed")[-1]
    killed.spans_before_opening = len(rig.relay_spans())
    rig.await_fault("conveyor_fault")
    rig.recover()
    rig.open_lane()
    arrive(rig, "K2")
    killed.after = rig.await_inspection("K2", "analysis")["inspection"]


def survive_awaiting(rig: Rig, killed: Killed) -> None:
    """Kill control again while an image waits for its outcome, its entry being on disk."""
    until(lambda: _stored(rig, killed.after), "the entry of the image is committed")
    rig.kill_control()
    rig.start_control()
    killed.awaiting = next(iter(rig.status()["inspections"]), None)
    rig.conclude(killed.after)
    rig.open_lane()  # the record is closed once the unit has left the lane
    until(lambda: killed.after in closed(rig), "the second inspection is closed")
    killed.ends = closed(rig)
    killed.spans = tuple(rig.relay_spans())


def _stored(rig: Rig, inspection: str) -> bool:
    return any(one["inspection"] == inspection for one in records(rig, "image.stored"))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with a_rig(Path(tmp_path_factory.getbasetemp()) / "numba") as rig:
        story = Story(rig, Stopped(), Killed())
        rig.start()
        declare(rig, S1=FOOTWEAR, K1=FOOTWEAR, K2=FOOTWEAR)
        rig.open_lane()
        stop_under_beam(rig, story.stopped)
        go_on(rig, story.stopped)
        kill_under_beam(rig, story.killed)
        start_again(rig, story.killed)
        survive_awaiting(rig, story.killed)
        yield story


def test_the_relay_opens_within_the_lease_when_control_stands_still(told: Story) -> None:
    (span,) = told.stopped.spans
    assert span.start_ms < told.stopped.at_ms
    assert span.end_ms <= told.stopped.at_ms + LEASE_MS + STEP_MS


def test_control_that_stood_still_says_so_and_scans_no_further(told: Story) -> None:
    assert told.stopped.mode == "held"
    assert told.stopped.faults & NAMED
    ended = records(told.rig, "scan.not_completed")[0]
    assert ended["inspection"] == told.stopped.inspection
    assert told.stopped.standing is not None
    assert not told.stopped.standing["relay_closed"]
    assert not told.stopped.standing["hv_on"]


def test_the_lost_beam_is_never_taken_up_again(told: Story) -> None:
    assert told.stopped.before_opening == told.stopped.spans
    assert len(records(told.rig, "beam.intent")) == len(told.killed.spans)


def test_a_worker_that_went_on_is_not_taken_for_hung(told: Story) -> None:
    assert "worker_lost" not in {one["cause"] for one in records(told.rig, "fault.raised")}


def test_the_relay_opens_within_the_lease_when_control_is_killed(told: Story) -> None:
    killed = told.killed
    assert killed.span is not None
    assert killed.span.start_ms < killed.at_ms
    assert killed.span.end_ms <= killed.at_ms + LEASE_MS + STEP_MS
    assert not killed.beam


def test_the_belt_stops_by_its_own_watchdog_when_control_is_killed(told: Story) -> None:
    ramp_mm = BELT_MM_S * BELT_MM_S / (2 * RAMP_MM_S2)
    assert 0 < told.killed.moved_mm <= BELT_MM_S * (TTO_MS + LEASE_MS) / 1000 + ramp_mm


def test_an_open_scan_is_closed_with_the_exposure_the_board_counted(told: Story) -> None:
    killed = told.killed
    assert killed.not_completed is not None
    assert killed.span is not None
    assert killed.ends is not None
    assert killed.not_completed["inspection"] == killed.inspection
    counted_ms = killed.not_completed["exposure_ms"]
    assert isinstance(counted_ms, int)
    truly_ms = killed.span.end_ms - killed.span.start_ms
    assert counted_ms == pytest.approx(truly_ms, abs=BOARD_COUNT_MS)
    assert killed.ends[killed.inspection] == "not_completed"


def test_no_beam_comes_back_without_a_new_search_and_key_edge(told: Story) -> None:
    killed = told.killed
    assert killed.restarted is not None
    assert killed.restarted["mode"] in {"proving", "held"}
    against = {row["row"] for row in killed.restarted["against"]}
    assert {"key_edge", "secured_edge"} <= against
    assert killed.spans_before_opening == 2


def test_a_new_scan_has_a_scan_id_and_a_warning_of_its_own(told: Story) -> None:
    assert len(told.killed.spans) == 3
    ids = [one["scan_id"] for one in records(told.rig, "beam.intent")]
    assert len(set(map(str, ids))) == len(ids) == 3
    gaps_ms = [after.start_ms - before.end_ms for before, after in pairwise(told.killed.spans)]
    assert min(gaps_ms) >= WARNING_MS
    expect_no_violation(told.rig)


def test_an_awaited_outcome_survives_a_kill_and_can_be_concluded(told: Story) -> None:
    killed = told.killed
    assert killed.awaiting is not None
    assert (killed.awaiting["inspection"], killed.awaiting["state"]) == (killed.after, "analysis")
    assert killed.ends is not None
    assert killed.ends[killed.after] == "without_suspicion"


def test_headquarters_has_every_event_of_three_lives_once(told: Story) -> None:
    assert expect_all_delivered(told.rig) > 0
