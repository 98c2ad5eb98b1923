"""What a person or a network gets wrong: a clear error or a named fault, never a beam."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.errors import PublishError
from simulator.broker import start_broker
from tests.wire.lane_kit import WIRES, Rig, a_rig, lane_text
from tests.wire.lane_papers import (
    FOOTWEAR,
    arrive,
    declare,
    expect_no_violation,
    manifest,
    records,
    send_raw,
)
from tests.wire.lane_programs import Answer, until

NOISE_BYTES = 4800
"""Three quarters of a second of it."""
SETTLE_MS = 800
"""By then a device that has fallen silent has been missed."""
LANE_NAME = "lane.toml"
MAY_RAISE = {
    "drive": {"conveyor_lost", "conveyor_fault", "watchdog_unproven"},
    "sensors": {"gauge_lost"},
    "source": {"source_lost", "source_fault"},
    "qr": {"reader_lost"},
    "label": {"reader_lost"},
    "board": {"board_lost"},
}

LANE_FILES = {
    "broken TOML": ("[timing]", "[timing", ("TOML", "line")),
    "a device that is not there": ('device = "belt"', 'device = "belter"', ("belter", "[devices]")),
    "an unknown key": ("tick_ms = 50", "tick_ms = 50\ntick_sm = 5", ("timing.tick_sm", "spelling")),
    "a value out of range": ("warning_ms = 5000", "warning_ms = 500", ("warning_ms", "500")),
    "an unknown kind": ('kind = "altivar"', 'kind = "altivari"', ("altivari", "kind")),
}


def scanlane(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def expect_error(done: subprocess.CompletedProcess[str], code: int, *said: str) -> None:
    """The exit code, every word, and no traceback."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert [word for word in said if word not in done.stderr] == [], done.stderr


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[Rig]:
    """A rig of which nothing has been started."""
    with a_rig(tmp_path / "numba") as rig:
        yield rig


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One running lane whose serial wires can be disturbed."""
    with a_rig(Path(tmp_path_factory.getbasetemp()) / "numba", noisy=True) as rig:
        rig.start()
        declare(rig, G0=FOOTWEAR, G1=FOOTWEAR)
        rig.open_lane()
        yield rig


@pytest.mark.parametrize("mistake", LANE_FILES)
def test_a_wrong_lane_file_is_named_with_key_and_remedy(idle: Rig, mistake: str) -> None:
    old, new, said = LANE_FILES[mistake]
    text = lane_text(idle.ports, idle.hall)
    assert old in text
    idle.lane_file.write_text(text.replace(old, new, 1))
    done = scanlane("run", str(idle.lane_file), "--state", str(idle.state))
    expect_error(done, 3, LANE_NAME, "nothing was started", *said)


def test_a_file_in_place_of_the_state_folder_is_refused(idle: Rig) -> None:
    done = scanlane("run", str(idle.lane_file), "--state", str(idle.lane_file / "below"))
    expect_error(done, 1, "state folder", str(idle.lane_file), "name one")


def test_a_state_folder_that_cannot_be_written_is_refused(idle: Rig) -> None:
    # Nobody makes files here, not even root, whom the mode of a folder does not stop.
    done = scanlane("run", str(idle.lane_file), "--state", "/sys/kernel")
    expect_error(done, 3, "/sys/kernel", "writable")


def test_a_missing_key_of_headquarters_is_named(idle: Rig) -> None:
    (idle.state / "trust" / "headquarters.pub").unlink()
    done = scanlane("run", str(idle.lane_file), "--state", str(idle.state))
    expect_error(done, 3, "trust.manifests", "headquarters.pub", str(idle.state))


def test_a_broker_port_in_use_is_an_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        with pytest.raises(PublishError, match=str(port)):
            start_broker(port, tmp_path / "broker", kind="iotcore").stop()


def test_wires_nobody_answers_on_are_named_faults_of_a_lane_that_runs(idle: Rig) -> None:
    idle.start_control()
    wanted = {
        "safety_lost", "board_lost", "conveyor_lost", "source_lost", "gauge_lost", "reader_lost",
    }  # fmt: skip
    until(lambda: wanted <= idle.faults(), f"faults {wanted}")
    assert idle.mode() == "held"
    assert idle.says("detector")
    assert idle.control is not None
    idle.control.stop()
    assert idle.control.wait() == 0
    assert "Traceback" not in idle.control.said()


def test_a_second_lane_on_a_state_folder_is_refused(lane: Rig) -> None:
    done = scanlane("run", str(lane.lane_file), "--state", str(lane.state))
    expect_error(done, 1, str(lane.state), "another scanlane runs")
    assert lane.mode() == "ready", lane.status()


def test_a_second_simulator_on_the_ports_is_refused(lane: Rig, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulator", str(lane.hall_file), "--state", str(tmp_path)]
    lane.hall_file.write_text(lane_text(lane.ports, tmp_path / "w"))
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    expect_error(done, 2, "in use", str(lane.ports.safety))


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("unsigned", {}, "sign"),
        ("unknown-field", {"weather": "fine"}, "weather"),
        ("other-lane", {"lane": "kz-other-lane"}, "kz-other-lane"),
    ],
)
def test_a_manifest_that_is_wrong_counts_as_missing(
    lane: Rig, name: str, change: dict[str, str], reason: str
) -> None:
    before = len(records(lane, "manifest.refused"))
    paper = {**manifest("G2", FOOTWEAR), "id": name, **change}
    if name == "other-lane":
        paper = dict(lane.key.sign(paper))
    send_raw(lane, name, json.dumps(paper).encode())
    until(lambda: len(records(lane, "manifest.refused")) > before, "the manifest is refused")
    assert reason in str(records(lane, "manifest.refused")[-1]["reason"])
    assert "manifest_refused" in lane.faults()


def test_a_unit_with_nothing_but_refused_manifests_is_held(lane: Rig) -> None:
    arrive(lane, "G2")
    held = lane.await_inspection("G2", "on_hold")
    assert "HO-MANIFEST-MISSING" in held["rules"]
    turn_away(lane, held)
    assert lane.relay_spans() == []


@pytest.mark.parametrize("wire", WIRES)
def test_garbage_on_an_idle_wire_is_a_named_fault_at_most(lane: Rig, wire: str) -> None:
    assert lane.wires is not None
    before = len(records(lane, "fault.raised"))
    lane.wires.disturb(wire, NOISE_BYTES)
    until(lane.wires.quiet, f"the noise on {wire} is over")
    over_ms = lane.now_ms()
    until(lambda: lane.now_ms() > over_ms + SETTLE_MS, "what follows has followed")
    assert lane.mode() in {"ready", "held"}
    until(lambda: recovered(lane), f"the lane has recovered from noise on {wire}")
    raised = {one["cause"] for one in records(lane, "fault.raised")[before:]}
    assert raised <= MAY_RAISE[wire]
    assert raised or wire != "drive"
    assert lane.relay_spans() == []


def test_a_unit_whose_codes_were_read_through_garbage_is_held(lane: Rig) -> None:
    arrive(lane, "G0")
    held = until(lambda: the_one_on_hold(lane), "the unit is held")
    assert "HO-IDENTITY-MISSING" in held["rules"]
    turn_away(lane, held)
    assert lane.relay_spans() == []


def test_garbage_on_every_wire_under_the_beam_ends_in_a_record(lane: Rig) -> None:
    assert lane.wires is not None
    arrive(lane, "G1")
    lane.await_beam()
    shown = lane.inspection("G1")
    assert shown is not None
    for wire in WIRES:
        lane.wires.disturb(wire, NOISE_BYTES)
    until(lane.wires.quiet, "the noise is over")
    until(lambda: not lane.truth()["relay_closed"], "the relay is open")
    kinds = ("scan.not_completed", "image.stored")
    until(lambda: any(shown["inspection"] in ended(lane, kind) for kind in kinds), "a record")
    assert len(lane.relay_spans()) == 1
    expect_no_violation(lane)


def test_no_bad_input_made_a_traceback(lane: Rig) -> None:
    assert lane.control is not None
    assert lane.simulator is not None
    assert [one.name for one in (lane.control, lane.simulator) if "Traceback" in one.said()] == []


def the_one_on_hold(rig: Rig) -> Answer | None:
    shown: list[Answer] = rig.status()["inspections"]
    return next((one for one in shown if one["state"] == "on_hold"), None)


def turn_away(rig: Rig, held: Answer) -> None:
    """Answer a hold with turning away, and take the unit off the lane."""
    rig.answer(held["inspection"], "turn_away")
    until(lambda: not the_one_on_hold(rig), "the answer is taken")
    rig.act("take_away")
    until(lambda: not rig.status()["inspections"], "the unit has left")


def ended(rig: Rig, kind: str) -> set[object]:
    return {one["inspection"] for one in records(rig, kind)}


def recovered(rig: Rig) -> bool:
    """Whether the lane is ready again; acknowledges what asks for it."""
    status = rig.status()
    if status["mode"] == "held":
        rig.ack()
    losses = {one["code"] for one in status["faults"]} - {"manifest_refused"}
    return status["mode"] == "ready" and not losses
