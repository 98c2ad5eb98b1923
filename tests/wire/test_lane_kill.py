"""Control killed under the beam and started again: the beam ends, nothing goes on by itself."""

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
from tests.wire.lane_programs import Answer, until

LEASE_MS = 300
STEP_MS = 5
TTO_MS = 1000
BELT_MM_S = 400
RAMP_MM_S2 = 600
WARNING_MS = 5000
BOARD_COUNT_MS = 20
"""The board counts in its own cycles; the hall in steps of 5 ms."""


@dataclass(slots=True)
class Story:
    """What happened, as the hall and the lane tell it."""

    killed_ms: int = 0
    after_kill: Span | None = None
    moved_mm: float = 0.0
    beam_after_kill: bool = True
    first: str = ""
    second: str = ""
    restarted: Answer | None = None
    not_completed: dict[str, object] | None = None
    spans_before_opening: int = 0
    spans: tuple[Span, ...] = ()
    awaiting: Answer | None = None
    ends: dict[str, str] | None = None


def kill_under_beam(rig: Rig, story: Story) -> None:
    """Kill control in the first scan; the hall is left to its own devices."""
    arrive(rig, "K1")
    rig.await_beam()
    shown = rig.inspection("K1")
    assert shown is not None
    story.first = shown["inspection"]
    before_um = rig.truth()["encoder_um"]
    story.killed_ms = rig.kill_control()
    standing = rig.await_standstill()
    story.moved_mm = (standing["encoder_um"] - before_um) / 1000
    story.after_kill = rig.relay_spans()[-1]
    story.beam_after_kill = standing["beam_on"] or standing["hv_on"]


def start_again(rig: Rig, story: Story) -> None:
    """Start control; it has to close the broken record. Then people open the lane anew."""
    rig.start_control()
    until(lambda: closed(rig), "the broken inspection is closed")
    story.restarted = rig.status()
    story.not_completed = records(rig, "scan.not_completed")[-1]
    story.spans_before_opening = len(rig.relay_spans())
    rig.await_fault("conveyor_fault")
    rig.recover()
    rig.open_lane()
    arrive(rig, "K2")
    story.second = rig.await_inspection("K2", "analysis")["inspection"]


def survive_awaiting(rig: Rig, story: Story) -> None:
    """Kill control again while an image waits for its outcome, its entry being on disk."""
    until(lambda: _stored(rig, story.second), "the entry of the image is committed")
    rig.kill_control()
    rig.start_control()
    story.awaiting = next(iter(rig.status()["inspections"]), None)
    rig.conclude(story.second)
    rig.open_lane()  # the record is closed once the unit has left the lane
    until(lambda: story.second in closed(rig), "the second inspection is closed")
    story.ends = closed(rig)
    story.spans = tuple(rig.relay_spans())


def _stored(rig: Rig, inspection: str) -> bool:
    return any(one["inspection"] == inspection for one in records(rig, "image.stored"))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rig, Story]]:
    story = Story()
    with a_rig(Path(tmp_path_factory.getbasetemp()) / "numba") as rig:
        rig.start()
        declare(rig, K1=FOOTWEAR, K2=FOOTWEAR)
        rig.open_lane()
        kill_under_beam(rig, story)
        start_again(rig, story)
        survive_awaiting(rig, story)
        yield rig, story


def test_the_relay_opens_within_the_lease_when_control_is_killed(told: tuple[Rig, Story]) -> None:
    _, story = told
    assert story.after_kill is not None
    assert story.after_kill.start_ms < story.killed_ms
    assert story.after_kill.end_ms <= story.killed_ms + LEASE_MS + STEP_MS
    assert not story.beam_after_kill


def test_the_belt_stops_by_its_own_watchdog_when_control_is_killed(
    told: tuple[Rig, Story],
) -> None:
    _, story = told
    ramp_mm = BELT_MM_S * BELT_MM_S / (2 * RAMP_MM_S2)
    assert 0 < story.moved_mm <= BELT_MM_S * (TTO_MS + LEASE_MS) / 1000 + ramp_mm


def test_an_open_scan_is_closed_with_the_exposure_the_board_counted(
    told: tuple[Rig, Story],
) -> None:
    _, story = told
    assert story.not_completed is not None
    assert story.after_kill is not None
    assert story.ends is not None
    assert story.not_completed["inspection"] == story.first
    counted_ms = story.not_completed["exposure_ms"]
    assert isinstance(counted_ms, int)
    truly_ms = story.after_kill.end_ms - story.after_kill.start_ms
    assert counted_ms == pytest.approx(truly_ms, abs=BOARD_COUNT_MS)
    assert story.ends[story.first] == "not_completed"


def test_no_beam_comes_back_without_a_new_search_and_key_edge(told: tuple[Rig, Story]) -> None:
    _, story = told
    assert story.restarted is not None
    assert story.restarted["mode"] in {"proving", "held"}
    against = {row["row"] for row in story.restarted["against"]}
    assert {"key_edge", "secured_edge"} <= against
    assert story.spans_before_opening == 1


def test_a_new_scan_has_a_scan_id_and_a_warning_of_its_own(told: tuple[Rig, Story]) -> None:
    rig, story = told
    assert len(story.spans) == 2
    first, second = records(rig, "beam.intent")
    assert first["scan_id"] != second["scan_id"]
    gaps_ms = [after.start_ms - before.end_ms for before, after in pairwise(story.spans)]
    assert min(gaps_ms) >= WARNING_MS
    expect_no_violation(rig)


def test_an_awaited_outcome_survives_a_kill_and_can_be_concluded(told: tuple[Rig, Story]) -> None:
    _, story = told
    assert story.awaiting is not None
    assert (story.awaiting["inspection"], story.awaiting["state"]) == (story.second, "analysis")
    assert story.ends is not None
    assert story.ends[story.second] == "without_suspicion"


def test_headquarters_has_every_event_of_three_lives_once(told: tuple[Rig, Story]) -> None:
    rig, _ = told
    assert expect_all_delivered(rig) > 0
