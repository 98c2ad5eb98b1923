"""A whole lane, a few units, a broker that dies three times: the hall sees no wrong, headquarters
has every event exactly once, images verify."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wire.lane_kit import Rig, a_rig
from tests.wire.lane_papers import (
    CATTLE,
    FOOTWEAR,
    TABLE_EGGS,
    a_store,
    arrive,
    closed,
    declare,
    expect_all_delivered,
    expect_no_violation,
    expect_sound_package,
    records,
    waiting,
)
from tests.wire.lane_programs import Answer, until

SCANNED = ("T1", "T3")
KILLS = 3


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Footwear, live cattle and table eggs through the lane, outcomes given as images come.

    The broker dies in the warning, under the beam and after an outcome, remembering nothing.
    """
    with a_rig(Path(tmp_path_factory.getbasetemp()) / "numba") as rig:
        rig.start()
        declare(rig, T1=FOOTWEAR, T2=CATTLE, T3=TABLE_EGGS)
        rig.open_lane()
        arrive(rig, "T1")
        arrive(rig, "T2", may_be_scanned=False)
        arrive(rig, "T3")
        rig.await_mode("warning")
        rig.restart_broker()
        rig.await_beam()
        rig.restart_broker()
        rig.conclude(rig.await_inspection("T1", "analysis", seconds=60)["inspection"])
        rig.restart_broker()
        rig.conclude(rig.await_inspection("T3", "analysis", seconds=60)["inspection"])
        until(lambda: len(closed(rig)) == 3, "all three inspections are closed", 40.0)
        yield rig


def passages(rig: Rig) -> dict[str, Answer]:
    return {one["unit"]["unit_id"]: one for one in rig.truth()["passages"]}


def test_no_beam_ever_met_a_unit_that_may_not_be_scanned(lane: Rig) -> None:
    expect_no_violation(lane)
    exposed = {unit for unit, one in passages(lane).items() if one["exposure_ms"]}
    assert exposed == set(SCANNED)


def test_live_cattle_pass_with_the_beam_locked_out(lane: Rig) -> None:
    cattle = passages(lane)["T2"]
    assert not cattle["taken_away"]
    assert cattle["exposure_ms"] == 0
    assert len(lane.relay_spans()) == len(SCANNED)
    (told,) = records(lane, "unit.passed_without_beam")
    assert told["why"] == "exempt"


def test_every_inspection_is_closed_as_what_it_was(lane: Rig) -> None:
    assert sorted(closed(lane).values()) == [
        "not_applied_exempt",
        "without_suspicion",
        "without_suspicion",
    ]


def test_the_relay_was_closed_for_nothing_but_verdicts_to_scan(lane: Rig) -> None:
    scanned = {one["inspection"] for one in records(lane, "beam.intent")}
    verdicts = records(lane, "verdict.given")
    assert scanned == {one["inspection"] for one in verdicts if one["cause"] == "scan"}
    assert len(scanned) == len(lane.relay_spans())


def test_every_package_verifies_against_the_journal(lane: Rig) -> None:
    stored = records(lane, "image.stored")
    assert len(stored) == len(SCANNED)
    for facts in stored:
        assert (expect_sound_package(lane, facts) / "raw.tif").is_file()


def test_the_exposure_written_down_is_the_one_of_the_hall(lane: Rig) -> None:
    written = [one["exposure_ms"] for one in records(lane, "image.stored")]
    truly = [span.end_ms - span.start_ms for span in lane.relay_spans()]
    assert written == pytest.approx(truly, abs=60)


def test_headquarters_ends_with_every_event_exactly_once(lane: Rig) -> None:
    stored = expect_all_delivered(lane, seconds=60.0)
    assert stored == waiting(lane)[0]
    with a_store(lane) as store:
        assert store.count() == stored


def test_every_loss_of_the_broker_is_written_down(lane: Rig) -> None:
    causes = [one["cause"] for one in records(lane, "fault.raised")]
    assert 1 <= causes.count("broker_lost") <= KILLS
    ended = [one["cause"] for one in records(lane, "fault.cleared")]
    assert ended.count("broker_lost") == causes.count("broker_lost")
