"""Rules of the judgement: a perfect run has no differences, and every flaw is named."""

from dataclasses import replace

import pytest

from simulator.showcase.feed import FeedEntry, News
from simulator.showcase.judge import differences, read_truth
from tests.unit.simulator.showcase_kit import PLAY, inspection_of, perfect

FISH = PLAY[4]


def test_a_perfect_run_has_no_differences() -> None:
    assert differences(PLAY, *perfect()) == []


def test_a_unit_that_never_came_is_named() -> None:
    story, truth, received = perfect()
    del story.chapters[inspection_of(FISH)]
    assert differences(PLAY, story, truth, received) == ["SHOW-05 live fish: no inspection"]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("verdict", "scan", "verdict scan, expected exempt"),
        ("rules", ("SC-CLEAR",), "rules SC-CLEAR, expected EX-LIVE-FISH"),
        ("end", "", "ended not at all, expected not_applied_exempt"),
    ],
)
def test_a_record_that_differs_is_named(field: str, value: object, says: str) -> None:
    story, truth, received = perfect()
    setattr(story.chapters[inspection_of(FISH)], field, value)
    assert differences(PLAY, story, truth, received) == [f"SHOW-05 live fish: {says}"]


@pytest.mark.parametrize(("before", "shown"), [((), "nothing"), (("HO-SPEED",), "HO-SPEED")])
def test_a_scan_without_the_hold_that_must_come_before_it_is_named(
    before: tuple[str, ...], shown: str
) -> None:
    story, truth, received = perfect()
    story.chapters[inspection_of(PLAY[12])].first = before
    assert differences(PLAY, story, truth, received) == [
        f"SHOW-13 eggs by four digits only: held before for {shown}, expected HO-UNDECIDED-CODE"
    ]


def test_an_outcome_without_an_image_is_named() -> None:
    story, truth, received = perfect()
    story.chapters[inspection_of(PLAY[0])].image = ""
    assert differences(PLAY, story, truth, received) == ["SHOW-01 ordinary pallet: no image"]


def test_an_exposed_fish_and_a_violation_of_the_plant_are_named() -> None:
    story, truth, received = perfect()
    hit = replace(
        truth,
        violations=("unit_not_scannable SHOW-05",),
        passages={**truth.passages, FISH.unit.unit_id: (5, False)},
    )
    assert differences(PLAY, story, hit, received) == [
        "SHOW-05 live fish: exposed for 5 ms, expected exposed: False",
        "plant: unit_not_scannable SHOW-05",
    ]


def test_a_unit_that_stays_on_the_lane_is_named() -> None:
    story, truth, received = perfect()
    passages = {unit: each for unit, each in truth.passages.items() if unit != FISH.unit.unit_id}
    stuck = replace(truth, passages=passages, present=(FISH.unit.unit_id,))
    assert differences(PLAY, story, stuck, received) == [
        "SHOW-05 live fish: never left the lane",
        "plant: SHOW-05 is still on the lane",
    ]


def test_a_stopping_fault_that_no_incident_brings_is_named() -> None:
    story, truth, received = perfect()
    entry = FeedEntry("fault.raised", "", "hv_missing", "", {"class": "stop"})
    story.take(News(entries=(entry,)))
    assert differences(PLAY, story, truth, received) == [
        "fault hv_missing: nothing in the play brings it"
    ]


def test_events_without_a_receipt_are_named() -> None:
    story, truth, received = perfect()
    missing = replace(received, upto=80, waiting=10, problems=1)
    assert differences(PLAY, story, truth, missing) == [
        "headquarters: 1 problems; see `scanlane-hq show problems`",
        "receipts: up to 80 of 90, 10 events wait in the lane",
    ]


def test_a_store_that_never_heard_of_the_lane_is_not_complete() -> None:
    _, _, received = perfect()
    assert not replace(received, upto=0, highest=0).complete


def test_the_simulators_answer_is_read_as_it_is() -> None:
    passage = {"unit": {"unit_id": "SHOW-05"}, "exposure_ms": 5, "taken_away": True}
    answer = {"truth": {"violations": [], "passages": [passage], "present": [passage]}}
    truth = read_truth(answer)
    assert truth.passages == {"SHOW-05": (5, True)}
    assert truth.present == ("SHOW-05",)
