"""`make bench`: what the control process costs and how fast virtual time runs, beside the goals.

Prints a table and writes it to ``tests/results/bench.md`` with the machine and a hash of the
sources it speaks of. Nothing here can fail a test: figures depend on the machine.
"""

import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil

from simulator.world import plan_of, run_seed
from tests.bench.core_speed import lane_hours_per_cpu_minute
from tests.simulation.full_lane import run_full

ROOT = Path(__file__).parents[2]
LANE = ROOT / "config" / "lanes" / "cargo.toml"
BIN = Path(sys.executable).parent
IDLE_S = 10.0
HOURS = 0.5


def _trusted(state: Path) -> None:
    key = [str(BIN / "scanlane-hq"), "--store", str(state / "headquarters"), "key"]
    shown = subprocess.run(key, capture_output=True, text=True, check=True).stdout.split()
    (state / "trust").mkdir()
    (state / "trust" / "headquarters.pub").write_text(shown[-1])


def _until_ready(command: list[str]) -> tuple[subprocess.Popen[str], float]:
    began = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    json.loads(process.stdout.readline())
    return process, time.monotonic() - began


def _control() -> list[tuple[str, str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        _trusted(state)
        args = [str(LANE), "--state", folder]
        simulated, _ = _until_ready([str(BIN / "scanlane-sim"), *args])
        lane, _ = _until_ready([str(BIN / "scanlane"), "run", *args])
        try:
            psutil.Process(lane.pid).cpu_percent(IDLE_S)  # caches and links warm
            lane.terminate()
            lane.wait(20)
            lane, ready_s = _until_ready([str(BIN / "scanlane"), "run", *args])
            process = psutil.Process(lane.pid)
            process.cpu_percent(IDLE_S / 2)
            idle = process.cpu_percent(IDLE_S)
            memory = process.memory_info().rss / 1e6
        finally:
            for running in (lane, simulated):
                running.terminate()
                running.wait(20)
    return [
        ("resident memory of control", "< 150 MB", f"{memory:.0f} MB"),
        ("ready, warm caches", "< 3 s", f"{ready_s:.2f} s"),
        ("idle CPU of control", "< 10 % of a core", f"{idle:.1f} %"),
    ]


def _virtual() -> list[tuple[str, str, str]]:
    run_seed(1, 0.05)
    began = time.process_time()
    first = run_seed(2, HOURS)
    plain = first.virtual_s / (time.process_time() - began)
    same = run_seed(2, HOURS).digest == first.digest
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        full = run_full(plan_of(2, HOURS / 5), Path(folder))
        wired = full.virtual_s / (time.process_time() - began)
    return [
        ("drivers replaced at the ports", ">= 1,000 x", f"{plain:,.0f} x"),
        ("real drivers, wires in memory", ">= 50 x", f"{wired:,.0f} x"),
        (
            "pure core",
            ">= 1,000 lane-hours per CPU-minute",
            f"{lane_hours_per_cpu_minute():,.0f}",
        ),
        ("replay of a seed", "bit-identical", "identical" if same else "DIFFERENT"),
    ]


def _sources() -> str:
    digest = hashlib.sha256()
    for name in ("edge", "drivers", "firmware_bridge", "simulator"):
        for path in sorted((ROOT / name).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def main() -> None:
    """Measure, print, write down."""
    rows = [*_control(), *_virtual()]
    lines = [
        "# Benchmark",
        "",
        (
            f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.machine()}, "
            f"Python {platform.python_version()}. Made by `make bench`."
        ),
        "",
        f"sources: `{_sources()}`",
        "",
        "| what | goal | figure |",
        "|---|---|---|",
        *(f"| {what} | {goal} | {figure} |" for what, goal, figure in rows),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    (ROOT / "tests" / "results" / "bench.md").write_text(text)


if __name__ == "__main__":
    main()
