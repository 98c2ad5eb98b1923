"""What a scanned unit costs on real wires beside travel, warning and people, from the journal."""

import statistics
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from edge.evidence.record import Record, read_record
from tests.wire.lane_kit import Rig, a_rig
from tests.wire.lane_papers import FOOTWEAR, arrive, closed, declare
from tests.wire.lane_programs import until

UNITS = ("B1", "B2", "B3")
WELL = ("detector", "watchdogs", "source", "board", "storage", "clock", "rules", "exposure")
"""Rows that become good without a person's act."""


class Phase(NamedTuple):
    """From the entry before to the entry of this kind (and cause, if one is named)."""

    name: str
    kind: str
    cause: str
    ours: bool


PHASES = (
    Phase("identify and measure", "verdict.given", "", ours=True),
    Phase("arm detector and generator", "lane.mode", "warning", ours=True),
    Phase("warning", "unit.admitted", "", ours=False),
    Phase("travel in and scan", "scan.ended", "", ours=False),
    Phase("store the image", "image.stored", "", ours=True),
    Phase("analysing officer", "outcome.given", "", ours=False),
    Phase("release", "unit.released", "", ours=True),
    Phase("travel out", "unit.left", "", ours=False),
    Phase("close the record", "inspection.closed", "", ours=True),
)


def measured() -> tuple[float, dict[str, float]]:
    """Run some units; returns seconds to a usable lane, and the median of each phase."""
    with tempfile.TemporaryDirectory(prefix="numba") as numba, a_rig(Path(numba) / "c") as rig:
        rig.start()
        _well(rig)  # kernels are compiled now
        assert rig.control is not None
        rig.control.stop()
        began = time.monotonic()
        rig.start_control()
        _well(rig)
        usable_s = time.monotonic() - began
        declare(rig, **dict.fromkeys(UNITS, FOOTWEAR))
        rig.open_lane()
        for number, unit in enumerate(UNITS, 1):
            arrive(rig, unit)
            rig.conclude(rig.await_inspection(unit, "analysis", seconds=60)["inspection"])
            # One after the other: nobody waits for the unit before him.
            until(lambda gone=number: len(closed(rig)) == gone, f"{unit} is closed", 60.0)
        records = [read_record(link.record) for link in rig.entries()]
    each = [
        _phases([one for one in records if one.inspection_id == name]) for name in _ids(records)
    ]
    return usable_s, {
        phase.name: statistics.median(times[phase.name] for times in each) for phase in PHASES
    }


def _well(rig: Rig) -> None:
    def well() -> bool:
        return not {reason["row"] for reason in rig.status()["against"]} & set(WELL)

    until(well, f"{WELL} are well", 90.0)


def _ids(records: Sequence[Record]) -> list[str]:
    return sorted({one.inspection_id for one in records if one.inspection_id is not None})


def _phases(entries: Sequence[Record]) -> dict[str, float]:
    """Seconds of each phase of one unit."""
    moments = [entries[0].monotonic_ns]
    moments += [
        next(
            entry.monotonic_ns
            for entry in entries
            if entry.kind == phase.kind and phase.cause in ("", entry.body.get("cause"))
        )
        for phase in PHASES
    ]
    lengths = [(after - before) / 1e9 for before, after in pairwise(moments)]
    return {phase.name: length for phase, length in zip(PHASES, lengths, strict=True)}


def rows() -> list[tuple[str, str, str]]:
    """The figures beside their goals; what is not ours is listed apart."""
    usable_s, phases = measured()
    ours = sum(phases[phase.name] for phase in PHASES if phase.ours)
    table = [
        ("process start to usable lane, warm caches", "< 3 s", f"{usable_s:.2f} s"),
        ("a scanned unit, without what is listed apart", "< 2 s", f"{ours:.2f} s"),
    ]
    for phase in PHASES:
        goal = "part of it" if phase.ours else "listed apart"
        table.append((f"- {phase.name}", goal, f"{phases[phase.name]:.2f} s"))
    return table
