"""Proofs on wires: what stops by itself is proven, what does not is not, and a lane goes by it."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from simulator.hall.truth import Span
from tests.wire.lane_kit import OMS, Rig, a_rig
from tests.wire.lane_programs import Answer, until

TRIES = 4
PROVEN = {"belt", "board", "safety", "source"}


class Yard(Rig):
    """A rig whose lane does not run yet: its devices are proven on their wires."""

    def prove(self, *words: str, officer: str = OMS) -> subprocess.CompletedProcess[str]:
        place = (str(self.lane_file), "--state", str(self.state))
        command = [sys.executable, "-m", "edge", "device", "prove", *place, *words]
        return subprocess.run(
            [*command, "--officer", officer], capture_output=True, text=True, timeout=100
        )

    def start_proving(self, device: str) -> "subprocess.Popen[str]":
        words = (str(self.lane_file), device, "--state", str(self.state), "--officer", OMS)
        return subprocess.Popen(
            [sys.executable, "-m", "edge", "device", "prove", *words, "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def proofs(self, *words: str, fails: str = "") -> dict[str, Answer]:
        """Prove and give what was found, by device.

        A machine that stands still for a moment breaks a trial off, or spoils it: then it is tried
        again, as a person would. What a device does by itself stays the same.
        """
        for _ in range(TRIES):
            done = self.prove(*words, "--json")
            assert done.returncode in {0, 1}, done.stderr
            found = {one["device"]: one for one in json.loads(done.stdout)}
            if all(
                fails in one["reason"] if fails else not one["reason"] for one in found.values()
            ):
                break
        return found

    def service(self) -> None:
        """Nobody and nothing in the hall, the key turned from OFF to SERVICE."""
        self.act("clear")
        self.act("door", on=False)
        self.act("secure")
        self.act("key", position="off")
        self.let_the_board_look()
        self.act("key", position="service")

    def let_the_board_look(self) -> None:
        """Let the board see where the key stands."""
        at_ms = self.now_ms()
        until(lambda: self.now_ms() >= at_ms + 100, "the board has looked at the key")

    def kinds(self) -> list[str]:
        return [json.loads(link.record)["kind"] for link in self.entries()]


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    with a_rig(tmp_path_factory.mktemp("numba"), kind=Yard) as rig:
        rig.start_broker()
        rig.start_simulator()
        rig.service()
        yield rig


def test_every_device_of_the_cargo_lane_is_proven_without_high_voltage(yard: Yard) -> None:
    found = yard.proofs("--all")
    assert set(found) == PROVEN
    assert {name: (one["outcome"], one["reason"]) for name, one in found.items()} == dict.fromkeys(
        PROVEN, ("proven", "")
    )
    assert found["belt"]["parameters"] == "TTO 1000 ms, SLL ramp"
    for one in found.values():
        stood = [each["silence_ms"] for each in one["silences"] if not each["fell"]]
        fell = [each["silence_ms"] for each in one["silences"] if each["fell"]]
        assert max(stood) < min(fell) <= one["bound_ms"]
    truth = yard.truth()
    assert (truth["hv_spans"], truth["beam_spans"], truth["violations"]) == ([], [], [])
    spans = [Span(one["start_ms"], one["end_ms"]) for one in truth["relay_spans"]]
    assert spans
    assert all(span.end_ms is not None for span in spans)
    assert "closed for" in found["board"]["silences"][0]["saw"]
    assert [name for name, on in truth["actuators"].items() if on] == []
    kinds = yard.kinds()
    assert kinds.count("device.proof") >= len(PROVEN)
    assert kinds.index("service.permitted") < kinds.index("service.ended")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tto_ds": 10, "sll": 0}, "it went on through"),
        ({"tto_ds": 20, "sll": 6}, "the lane allows 2000 ms"),
        ({"tto_ds": 0, "sll": 6}, "its watchdog is off"),
    ],
)
def test_a_drive_whose_watchdog_does_nothing_is_slow_or_is_off_is_not_proven(
    yard: Yard, changes: dict[str, int], said: str
) -> None:
    yard.act("drive", **changes)
    try:
        found = yard.proofs("belt", fails=said)
    finally:
        yard.act("drive", tto_ds=10, sll=6)
    assert set(found) == {"belt"}
    assert found["belt"]["outcome"] in {"failed", "not_provable"}
    assert said in found["belt"]["reason"]
    assert yard.truth()["actuators"]["belt_speed_mm_s"] == 0
    done = yard.prove("--show", "--json")
    (belt,) = [one for one in json.loads(done.stdout) if one["device"] == "belt"]
    assert said in belt["against"]


def test_a_belt_is_not_started_while_somebody_is_near_and_nothing_is_written(yard: Yard) -> None:
    before = yard.kinds()
    yard.act("person", on=True)
    try:
        done = yard.prove("belt")
    finally:
        yard.act("person", on=False)
        yard.act("secure")
    assert done.returncode == 1
    assert "belt: not tried to the end, nothing was written" in done.stdout
    assert yard.kinds() == before


@pytest.mark.parametrize(
    ("position", "said"),
    [("on", "the key is not proven to stand in SERVICE"), ("off", "the key is not proven")],
)
def test_the_relay_is_not_closed_without_the_key_in_service(
    yard: Yard, position: str, said: str
) -> None:
    spans = yard.relay_spans()
    yard.act("key", position=position)
    try:
        done = yard.prove("board")
    finally:
        yard.act("key", position="off")
        yard.let_the_board_look()
        yard.act("key", position="service")
    assert done.returncode == 1
    assert said in done.stdout
    assert yard.relay_spans() == spans


def test_a_relay_that_does_not_open_when_its_host_dies_is_not_proven(yard: Yard) -> None:
    """It welds while it is closed: neither it nor the generator's interlock opens."""
    process = yard.start_proving("source")
    try:
        until(lambda: yard.truth()["relay_closed"], "the relay is closed for the proof")
        yard.act("damage", what="relay_welded", on=True)
        said, errors = process.communicate(timeout=90)
    finally:
        process.kill()
        yard.act("damage", what="relay_welded", on=False)
        until(lambda: not yard.truth()["relay_closed"], "the relay is mended")
        yard.act("reset")
    assert (process.returncode, "Traceback" in errors) == (1, False)
    found = {one["device"]: one for one in json.loads(said)}
    assert set(found) == {"board", "source"}
    # Or the board has locked itself before: then nothing is written at all.
    assert {one.get("outcome", "broken off") for one in found.values()} <= {"failed", "broken off"}
    assert yard.truth()["hv_spans"] == []


def test_an_officer_who_may_not_do_service_proves_nothing(yard: Yard) -> None:
    for officer, said in (("oac-sim", "none of which may service"), ("nobody", "no officer")):
        done = yard.prove("safety", officer=officer)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr


def test_a_lane_goes_into_service_by_its_proofs_and_not_without_one(yard: Yard) -> None:
    yard.act("drive", tto_ds=10, sll=0)
    assert yard.proofs("belt", fails="it went on through")["belt"]["outcome"] == "failed"
    yard.act("drive", tto_ds=10, sll=6)
    yard.start_control()
    try:
        yard.await_fault("watchdog_unproven")
        until(lambda: "it went on through" in fault_detail(yard), "the drive's failure is named")
        assert "scanlane device prove" in fault_detail(yard)
        done = yard.prove("belt")
        assert (done.returncode, "a lane runs on" in done.stderr) == (1, True)
    finally:
        assert yard.control is not None
        yard.control.stop()
    yard.act("secure")
    assert {one["outcome"] for one in yard.proofs("--all").values()} == {"proven"}
    yard.start_control()
    try:
        yard.open_lane()
        assert "watchdog_unproven" not in yard.faults()
    finally:
        yard.control.stop()


def fault_detail(yard: Yard) -> str:
    faults = yard.status()["faults"]
    return str([one for one in faults if one["code"] == "watchdog_unproven"])
