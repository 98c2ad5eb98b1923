"""The command ``scanlane-sim`` serves a lane, obeys its control socket and ends clean."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.wire.lane_programs import until

LANE = """
[buses.drive]
kind = "rtu"
port = "wires/drive"
baud = 19200
parity = "E"
[buses.safety]
kind = "tcp"
host = "127.0.0.1"
port = {port}
[devices.belt]
kind = "altivar"
bus = "drive"
unit = 1
[devices.safety]
kind = "pnozmulti"
bus = "safety"
unit = 1
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(folder: Path, port: int) -> subprocess.Popen[str]:
    lane = folder / "lane.toml"
    lane.write_text(LANE.format(port=port))
    command = [sys.executable, "-m", "simulator", str(lane), "--state", str(folder / "s")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ask(folder: Path, *requests: object) -> list[dict[str, object]]:
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(10)
        control.connect(str(folder / "s" / "sim.sock"))
        stream = control.makefile("rw")
        answers = []
        for request in requests:
            stream.write(json.dumps(request) + "\n")
            stream.flush()
            answers.append(json.loads(stream.readline()))
        return answers


def test_a_lane_is_served_until_it_is_told_to_end(tmp_path: Path) -> None:
    process = start(tmp_path, free_port())
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["ready"] is True
        assert ready["simulated"] is True
        assert (tmp_path / "s" / "wires" / "drive").is_char_device()
        arrived, truth, bad = ask(tmp_path, {"do": "arrive"}, {"do": "truth"}, {"do": "fly"})
        assert arrived["ok"] is True
        found = truth["truth"]
        assert isinstance(found, dict)
        assert found["presence"]["presence_entry"] == "occupied"
        assert bad["ok"] is False
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, "")
    assert not (tmp_path / "s" / "sim.sock").exists()
    assert not (tmp_path / "s" / "wires" / "drive").is_symlink()


@pytest.mark.parametrize("what", ["port in use", "missing file"])
def test_what_keeps_it_from_serving_is_said_in_one_line(tmp_path: Path, what: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = start(tmp_path, int(taken.getsockname()[1]))
        if what == "missing file":
            process.kill()
            process.communicate()
            command = [sys.executable, "-m", "simulator", "no.toml", "--state", str(tmp_path)]
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert errors.count("\n") == 1
    assert "Traceback" not in errors
    assert ("in use" in errors) or ("no.toml" in errors)


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    words = ("fault", *words, "--state", str(folder / "s"))
    return subprocess.run(
        [sys.executable, "-m", "simulator", *words], capture_output=True, text=True, timeout=30
    )


def test_faults_are_set_listed_and_cleared_while_it_runs(tmp_path: Path) -> None:
    process = start(tmp_path, free_port())
    link = tmp_path / "s" / "wires" / "drive"
    try:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline()
        assert command(tmp_path, "set", "belt", "delay", "--amount", "40").returncode == 0
        assert command(tmp_path, "set", "belt", "unplug").returncode == 0
        until(lambda: not link.is_symlink(), "the adapter is gone")
        told = command(tmp_path, "list").stdout
        assert "stands at belt: harm delay, amount 40" in told
        assert "stands at belt: harm unplug" in told
        assert "safety: delay" in told
        refused = command(tmp_path, "set", "belt", "wrong_transaction")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "does not fit belt" in refused.stderr
        assert command(tmp_path, "clear", "belt").returncode == 0
        until(link.is_char_device, "the adapter is back")
        assert "stands at" not in command(tmp_path, "list").stdout
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, "")
