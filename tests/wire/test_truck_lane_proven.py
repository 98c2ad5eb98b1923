"""The truck lane's devices are proven on real wires, as they stand in the shipped file."""

import json
from collections.abc import Iterator

import pytest

from tests.wire.lane_kit import TRUCK, a_rig
from tests.wire.lane_programs import until
from tests.wire.test_device_prove import Yard

PROVEN = {"tow", "board", "safety", "linac"}


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    with a_rig(tmp_path_factory.mktemp("numba"), kind=Yard, lane=TRUCK) as rig:
        rig.start_broker()
        rig.start_simulator()
        rig.service()
        yield rig


def test_with_a_person_in_the_cab_no_relay_closes_for_a_proof(yard: Yard) -> None:
    yard.act("cab", on=True)
    try:
        done = yard.prove("linac", "--json")
    finally:
        yard.act("cab", on=False)
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert {one["device"] for one in found} == {"board", "linac"}
    assert all("every interlock is good" in one["reason"] for one in found)
    assert yard.truth()["relay_spans"] == []


def test_every_device_of_the_truck_lane_is_proven_and_the_lane_rests_on_it(yard: Yard) -> None:
    found = yard.proofs("--all")
    assert {name: (one["outcome"], one["reason"]) for name, one in found.items()} == dict.fromkeys(
        PROVEN, ("proven", "")
    )
    truth = yard.truth()
    assert (truth["hv_spans"], truth["beam_spans"], truth["violations"]) == ([], [], [])
    assert truth["relay_spans"]
    assert [name for name, on in truth["actuators"].items() if on] == []
    # The journal is there: the rig takes nothing as proven.
    yard.start_control()
    assert yard.control is not None
    try:
        rows = ("watchdogs", "tube")
        until(lambda: not any(map(yard.says, rows)), f"{rows} are well", 60.0)
        assert "watchdog_unproven" not in yard.faults()
    finally:
        yard.control.stop()
