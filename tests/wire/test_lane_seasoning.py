"""A cold tube on real wires: due, seasoned at the door, and only then a unit is scanned."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from simulator.hall.truth import Span
from tests.wire.lane_kit import OMS, Rig, a_rig
from tests.wire.lane_papers import FOOTWEAR, arrive, declare, expect_no_violation
from tests.wire.lane_programs import Answer, until

NOT_NEEDED = 'not_needed = "a simulated tube keeps its vacuum; config/README.md shows a schedule"\n'
SCHEDULE = """source = "schedule of the simulated tube"
season_after_h = 8
tolerance_percent = 5
longest_s = 60
steps = [ { kv = 50.0, ma = 1.0, hold_s = 4 }, { kv = 70.0, ma = 1.0, hold_s = 4 } ]
"""
DUE = {"seasoning_due", "calibration_missing"}
"""What a new lane has to be served for; the worker calibrates by itself."""
WARNING_MS, HELD_MS = 5000, 8000
ATTEMPTS = 6


@dataclass(slots=True)
class Story:
    """What happened, as the hall and the lane tell it."""

    refused: str = ""
    asked_ms: int = 0
    shown: Answer | None = None
    seasoned: tuple[Span, ...] = ()
    scanned: tuple[Span, ...] = ()
    kinds: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()


def season(rig: Rig, story: Story) -> None:
    """Ask with the key on, then in SERVICE; a doubt that ended it is mended, and it is asked anew.

    A machine that has much else to do lets a reading grow stale now and then: that is a doubt.
    """
    story.refused = until(partial(refused_when_warm, rig), "the generator is warm")
    for _ in range(ATTEMPTS):
        rig.act("key", position="service")
        until(lambda: rig.says("service"), "the lane sees the key in SERVICE")
        story.asked_ms, before = rig.now_ms(), len(ends(rig))
        if rig.door("season", officer=OMS)["ok"]:
            until(partial(followed_to_its_end, rig, story, before), "it has ended", 90.0)
            if ends(rig)[-1] == "done":
                break
        rig.recover()
        rig.open_lane()
    until(lambda: "seasoning_due" not in rig.faults(), "the tube is seasoned")
    story.seasoned = tuple(rig.relay_spans())
    rig.act("key", position="on")


def refused_when_warm(rig: Rig) -> str:
    """Why seasoning is refused, once it is not for want of warmth."""
    said = str(rig.door("season", officer=OMS)["error"])
    return "" if "warms up" in said else said


def followed_to_its_end(rig: Rig, story: Story, before: int) -> bool:
    """Look at what the status shows of the mission; True once it has ended."""
    story.shown = rig.status()["service"] or story.shown
    return len(ends(rig)) > before


def ends(rig: Rig) -> list[str]:
    """Why each service mission has ended."""
    entries = [json.loads(link.record) for link in rig.entries()]
    return [str(one["body"]["cause"]) for one in entries if one["kind"] == "service.ended"]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rig, Story]]:
    story = Story()
    with a_rig(Path(tmp_path_factory.getbasetemp()) / "numba") as rig:
        for file in (rig.lane_file, rig.hall_file):
            text = file.read_text()
            assert text.count(NOT_NEEDED) == 1
            file.write_text(text.replace(NOT_NEEDED, SCHEDULE))
        rig.start()
        declare(rig, S1=FOOTWEAR)
        rig.await_fault("seasoning_due")
        until(lambda: not rig.faults() - DUE, "nothing else stands against it", 60.0)
        rig.open_lane()
        season(rig, story)
        arrive(rig, "S1")
        rig.await_beam()
        story.scanned = tuple(rig.relay_spans())
        entries = [json.loads(link.record) for link in rig.entries()]
        story.kinds = tuple(one["kind"] for one in entries)
        story.causes = tuple(ends(rig))
        yield rig, story


def test_a_seasoning_is_refused_while_the_key_is_not_in_service(told: tuple[Rig, Story]) -> None:
    assert "key is not proven to stand in SERVICE" in told[1].refused


def test_a_seasoning_radiates_after_its_warning_for_its_steps_and_no_longer(
    told: tuple[Rig, Story],
) -> None:
    _, story = told
    span = story.seasoned[-1]
    assert span.start_ms - story.asked_ms >= WARNING_MS
    assert HELD_MS <= span.end_ms - span.start_ms <= 60_000
    assert story.causes[-1] == "done"
    assert story.shown is not None
    assert story.shown["purpose"] == "seasoning"


def test_its_permit_and_intent_are_on_disk_in_their_order_and_a_scan_follows(
    told: tuple[Rig, Story],
) -> None:
    rig, story = told
    order = ["service.permitted", "service.beam_intent", "service.ended", "beam.intent"]
    assert [kind for kind in story.kinds if kind in order][-4:] == order
    assert len(story.scanned) == len(story.seasoned) + 1
    expect_no_violation(rig)
