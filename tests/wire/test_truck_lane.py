"""The truck lane on real wires: a van from the entry to its receipted result, by its linac.

It is the shipped file but for the longest vehicle: the hall is as long as that one needs it to be.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import tifffile

from edge.clock import SystemClock
from edge.messages.manifest import read_manifest
from headquarters.send import send_manifest
from tests.wire.lane_kit import TRUCK, Rig, a_rig
from tests.wire.lane_papers import (
    FOOTWEAR,
    WAIT_S,
    a_link,
    a_store,
    closed,
    expect_all_delivered,
    expect_no_violation,
    expect_sound_package,
    manifest,
    records,
)
from tests.wire.lane_programs import Answer, until

LANE_ID = "kz-truck-demo"
VAN, PLATE, LENGTH_MM = "V1", "777AAA02", 3500
SIZES = {"length_mm": LENGTH_MM, "height_mm": 2600, "width_mm": 2000, "mass_kg": 3000}


@dataclass(slots=True)
class Visit:
    """What a van has been through: the rig, and what was so while somebody sat in its cab."""

    rig: Rig
    with_driver: Answer
    cab_said: str


def declare_van(rig: Rig) -> None:
    """Send its signed manifest and wait until the lane has committed it."""
    paper = manifest(VAN, FOOTWEAR, LANE_ID)
    paper["identifiers"] = {"qr": VAN, "plate": PLATE}
    paper["dimensions"] = {"length_mm": LENGTH_MM, "mass_kg": SIZES["mass_kg"]}
    with a_link(rig) as link, a_store(rig) as store:
        read = read_manifest(json.dumps(paper).encode())
        send_manifest(link, store, read, sign=rig.key.sign, clock=SystemClock(), timeout_s=WAIT_S)
    until(lambda: records(rig, "manifest.received"), "the lane has the manifest")


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """A van comes with its driver in the cab; he gets out; it is scanned, concluded, and leaves."""
    with a_rig(Path(tmp_path_factory.getbasetemp()) / "numba", lane=TRUCK) as rig:
        rig.start()
        declare_van(rig)
        rig.open_lane()
        rig.act("cab", on=True)
        rig.act("arrive", unit={"unit_id": VAN, "qr": VAN, "label": PLATE, **SIZES})
        rig.await_inspection(VAN, "cleared")
        rig.await_mode("arming")
        # The detector is armed meanwhile, so that only the person stands against the warning.
        until(lambda: rig.says("cab") and not rig.says("detector"), "the lane sees the person")
        said, with_driver = rig.says("cab"), rig.truth()
        rig.act("cab", on=False)
        rig.conclude(rig.await_inspection(VAN, "analysis", seconds=60)["inspection"])
        until(lambda: closed(rig), "the inspection is closed", 40.0)
        yield Visit(rig, with_driver, said)


def test_with_a_person_in_the_cab_no_relay_closes_and_nothing_moves(visit: Visit) -> None:
    assert visit.cab_said == "blocked"
    assert visit.with_driver["relay_spans"] == []
    assert visit.with_driver["actuators"]["belt_speed_mm_s"] == 0


def test_the_van_was_scanned_once_and_nothing_was_wrong(visit: Visit) -> None:
    expect_no_violation(visit.rig)
    (passage,) = visit.rig.truth()["passages"]
    assert passage["exposure_ms"] > LENGTH_MM * 1000 / 900
    assert len(visit.rig.relay_spans()) == 1
    assert list(closed(visit.rig).values()) == ["without_suspicion"]


def test_the_package_holds_both_energies_and_verifies(visit: Visit) -> None:
    (stored,) = records(visit.rig, "image.stored")
    folder = expect_sound_package(visit.rig, stored)
    facts = json.loads((folder / "metadata.json").read_bytes())
    low = facts["low_energy"]
    assert (facts["quality"]["foreign"], low["quality"]["foreign"]) == (0, 0)
    assert facts["quality"]["lit"] > 1000
    assert abs(facts["quality"]["lit"] - low["quality"]["lit"]) <= 1
    shapes = [
        tifffile.imread(folder / name).shape for name in ("attenuation.tif", "attenuation-low.tif")
    ]
    assert [width for _, width in shapes] == [1150, 1150]
    assert [height for height, _ in shapes] == [facts["image"]["height"], low["height"]]


def test_every_event_of_the_visit_is_at_headquarters(visit: Visit) -> None:
    assert expect_all_delivered(visit.rig) > 0
