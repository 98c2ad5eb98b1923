"""The image worker killed or stopped under the beam: the scan ends, its lines are kept."""

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from edge.archive.store import verify
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

HARMS = {"W1": signal.SIGKILL, "W2": signal.SIGSTOP}


@dataclass(slots=True)
class Ended:
    """One scan that lost its worker."""

    inspection: str
    scan_id: object
    truth: Answer
    worker_before: int
    worker_after: int
    packages: list[Path]


@dataclass(slots=True)
class Story:
    """What became of each harmed scan, and of the unit of the first."""

    harmed: dict[str, Ended] = field(default_factory=dict)
    left_by_itself: bool = False


def harm(rig: Rig, unit: str, number: signal.Signals) -> Ended:
    """Harm the worker under the beam and wait until another one serves the detector."""
    arrive(rig, unit)
    rig.await_beam()
    shown = rig.inspection(unit)
    assert shown is not None
    worker = psutil.Process(rig.worker())
    scans = len(rig.relay_spans())
    end(worker.pid, number)
    truth = until(lambda: _dark(rig), "the relay is open")
    assert len(truth["relay_spans"]) == scans
    worker.wait(20)
    scan_id = records(rig, "beam.intent")[-1]["scan_id"]
    packages = until(lambda: packages_of(rig, scan_id), "the lines are recovered", 40.0)
    until(lambda: not rig.says("detector"), "the detector is back", 40.0)
    if rig.mode() == "held":
        rig.recover()
    return Ended(shown["inspection"], scan_id, truth, worker.pid, rig.worker(), packages)


def _dark(rig: Rig) -> Answer | None:
    truth = rig.truth()
    return None if truth["relay_closed"] or truth["hv_on"] else truth


def packages_of(rig: Rig, scan_id: object) -> list[Path]:
    """Finished packages of a scan, complete or not."""
    found = rig.archive.glob(f"*/*-{scan_id}*")
    return [path for path in found if (path / "metadata.json").exists() and path.suffix == ""]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rig, Story]]:
    story = Story()
    with a_rig(Path(tmp_path_factory.getbasetemp()) / "numba") as rig:
        rig.start()
        declare(rig, W1=FOOTWEAR, W2=FOOTWEAR)
        rig.open_lane()
        story.harmed["W1"] = harm(rig, "W1", HARMS["W1"])
        # Driven out and released without anybody going in: the next unit is scanned after it.
        until(lambda: rig.inspection("W1") is None, "the unit has left", 40.0)
        story.left_by_itself = not rig.truth()["present"]
        story.harmed["W2"] = harm(rig, "W2", HARMS["W2"])
        yield rig, story


@pytest.mark.parametrize("unit", HARMS)
def test_a_scan_without_its_worker_ends(told: tuple[Rig, Story], unit: str) -> None:
    rig, story = told
    ended = story.harmed[unit]
    assert not ended.truth["relay_closed"]
    causes = [
        one["cause"]
        for one in records(rig, "scan.not_completed")
        if one["inspection"] == ended.inspection
    ]
    assert len(causes) == 1
    expect_no_violation(rig)


@pytest.mark.parametrize("unit", HARMS)
def test_the_lines_of_a_broken_scan_are_kept(told: tuple[Rig, Story], unit: str) -> None:
    _, story = told
    (package,) = story.harmed[unit].packages
    assert verify(package) == []
    facts = json.loads((package / "metadata.json").read_text())
    assert facts["complete"] is False
    assert (package / "raw.tif").stat().st_size > 0


@pytest.mark.parametrize("unit", HARMS)
def test_another_worker_is_started(told: tuple[Rig, Story], unit: str) -> None:
    _, story = told
    ended = story.harmed[unit]
    assert ended.worker_after not in {0, ended.worker_before}
    assert not psutil.pid_exists(ended.worker_before)


def test_the_unit_of_a_broken_scan_is_driven_out_and_the_lane_goes_on(
    told: tuple[Rig, Story],
) -> None:
    rig, story = told
    assert story.left_by_itself
    assert len(rig.relay_spans()) == len(HARMS)


def test_headquarters_is_told_of_both(told: tuple[Rig, Story]) -> None:
    rig, _ = told
    assert expect_all_delivered(rig) > 0
