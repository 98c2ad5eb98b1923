"""The broker killed three times while units pass: headquarters has every event exactly once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wire.lane_kit import Rig, a_rig
from tests.wire.lane_papers import (
    FOOTWEAR,
    a_store,
    arrive,
    closed,
    declare,
    expect_all_delivered,
    expect_no_violation,
    records,
    waiting,
)
from tests.wire.lane_programs import until

KILLS = 3


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One unit scanned and one turned away; the broker dies under way, remembering nothing."""
    with a_rig(Path(tmp_path_factory.getbasetemp()) / "numba") as rig:
        rig.start()
        declare(rig, B1=FOOTWEAR)
        rig.open_lane()
        arrive(rig, "B1")
        rig.await_mode("warning")
        rig.restart_broker()
        rig.await_beam()
        rig.restart_broker()
        rig.conclude(rig.await_inspection("B1", "analysis")["inspection"])
        rig.restart_broker()
        arrive(rig, "B2")
        held = rig.await_inspection("B2", "on_hold")["inspection"]
        rig.answer(held, "turn_away")
        rig.await_inspection("B2", "turning_away")
        rig.act("take_away")
        until(lambda: len(closed(rig)) == 2, "both inspections are closed")
        yield rig


def test_headquarters_ends_with_every_event_exactly_once(lane: Rig) -> None:
    stored = expect_all_delivered(lane, seconds=60.0)
    assert stored == waiting(lane)[0]
    with a_store(lane) as store:
        assert store.count() == stored


def test_a_scan_does_not_care_for_the_broker(lane: Rig) -> None:
    assert len(records(lane, "image.stored")) == 1
    assert len(lane.relay_spans()) == 1
    expect_no_violation(lane)


def test_every_loss_of_the_broker_is_written_down(lane: Rig) -> None:
    causes = [one["cause"] for one in records(lane, "fault.raised")]
    assert 1 <= causes.count("broker_lost") <= KILLS
    ended = [one["cause"] for one in records(lane, "fault.cleared")]
    assert ended.count("broker_lost") == causes.count("broker_lost")
