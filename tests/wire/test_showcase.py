"""The short showcase on real wires: broker, headquarters, simulator, lane, officers; judged."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.broker import free_port

LANES = Path(__file__).resolve().parents[2] / "config" / "lanes"
LIMIT_S = 200
PORTS = {"15502": "safety", "15600": "detector", "18830": "broker"}


def lane_file(folder: Path, **given: int) -> Path:
    """The cargo lane on free ports, or given ones; tables and maps beside it as in the tree."""
    text = (LANES / "cargo.toml").read_text(encoding="utf-8")
    for port, name in PORTS.items():
        assert text.count(port) == 1
        text = text.replace(port, str(given.get(name) or free_port()))
    lanes = folder / "config" / "lanes"
    lanes.mkdir(parents=True)
    for name in ("law", "devices"):
        (folder / "config" / name).symlink_to(LANES.parent / name)
    file = lanes / "cargo.toml"
    file.write_text(text, encoding="utf-8")
    return file


def showcase(file: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator.showcase", "--short"]
    return subprocess.run(
        [*command, "--lane", str(file), "--folder", str(folder)],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )


@pytest.mark.timeout(LIMIT_S + 20)
def test_a_short_play_ends_by_itself_with_everything_as_it_must_be(tmp_path: Path) -> None:
    done = showcase(lane_file(tmp_path), tmp_path / "run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all became what it must" in done.stdout
    assert done.stdout.count("receipted") == 5
    assert "HO-UNDECIDED-CODE" in done.stdout
    assert list((tmp_path / "run" / "lane" / "archive").glob("*/*"))


def test_a_taken_port_is_told_by_the_process_that_wanted_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = showcase(lane_file(tmp_path, safety=port), tmp_path / "run")
    assert done.returncode == 1
    assert "simulator ended early (exit 2)" in done.stdout
    assert str(port) in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
