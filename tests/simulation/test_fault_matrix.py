"""A slice of the fault matrix (`make matrix` is all of it), and judges that see what they must."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from edge.lane_file import load
from simulator.devices.line_faults import Harm
from simulator.faults import FITS
from simulator.hall.truth import Span
from simulator.lane_file import load_lane_file
from simulator.world.seeded import shipped_config
from tests.matrix.cells import (
    Cell,
    Stage,
    a_slice,
    all_cells,
    beam_cells,
    fault_kinds,
    lives,
    wires,
)
from tests.matrix.judge import Bounds, bounds_of, consequence, problems
from tests.matrix.life import Seen, live
from tests.matrix.table import between, in_full, in_short, marked, put

CARGO = shipped_config() / "lanes" / "cargo.toml"
BELT = ("[devices.belt]\n", "[devices.belt]\nmisses = 10\n")
SPOKEN = {
    "modbus_rtu": "modbus_rtu", "modbus_tcp": "modbus_tcp", "numeric": "numeric",
    "board": "frames", "reader": "frames", "lines": "frames",
}  # fmt: skip


@cache
def bounds() -> Bounds:
    return bounds_of(load(CARGO).timing)


def wrong(seen: list[Seen]) -> list[str]:
    return [each for one in seen for each in problems(one, bounds())]


@cache
def lived(cells: tuple[Cell, ...]) -> list[Seen]:
    return live(cells)


def test_a_slice_of_the_matrix_is_safe_named_and_comes_back() -> None:
    seen = lived(a_slice())
    assert wrong(seen) == []
    assert [one.cell for one in seen] == list(a_slice())


def test_what_a_beam_rests_on_falls_silent_and_the_beam_ends_in_time() -> None:
    seen = lived(beam_cells())
    assert wrong(seen) == []
    assert all(one.beam and one.codes and not one.completed for one in seen)
    for one in seen:
        assert one.safe_ms is not None
        assert 0 < one.safe_ms <= (bounds().of(one.cell.device) or 0), str(one.cell)


def test_the_slice_has_every_fault_every_device_and_every_state() -> None:
    cells = a_slice()
    assert {cell.kind for cell in cells} == set(fault_kinds())
    assert {cell.stage for cell in cells} == set(Stage)
    assert {cell.device for cell in cells} == set(wires(load_lane_file(CARGO)))


def test_the_matrix_has_every_harm_on_every_wire_it_fits() -> None:
    # Answers out of order need a device that speaks unasked; asked ones have the late answer.
    asked = {"modbus_rtu", "modbus_tcp", "numeric"}
    for wire, spoken in SPOKEN.items():
        done = {kind.fault.harm for kind in fault_kinds() if wire in kind.on}
        fitting = set(FITS[spoken]) - ({Harm.REORDER} if wire in asked else set())
        # A line is a thousand bytes: one by one they would be slower than the lines come.
        assert done == fitting - ({Harm.SINGLE_BYTES} if wire == "lines" else set()), wire
    assert sum(map(len, lives())) == len(set(all_cells())) == len(all_cells())


# The judges ------------------------------------------------------------------------------------


def cell(device: str, fault: str, stage: Stage) -> Cell:
    (found,) = [
        one
        for one in all_cells()
        if (one.device, one.kind.name, one.stage) == (device, fault, stage)
    ]
    return found


def seen(one: Cell, *beams: Span, **facts: object) -> Seen:
    told = Seen(one, begun_ms=1000, ended_ms=3500, beam=bool(beams), beams=beams)
    return replace(told, **{"codes": ("safety_lost",), **facts})  # type: ignore[arg-type]  # of a test


SILENT = cell("safety", "lost", Stage.SCANNING)
HARMLESS = cell("safety", "twice", Stage.SCANNING)


@pytest.mark.parametrize(
    ("told", "part"),
    [
        (seen(SILENT, Span(500, 1371)), "371 ms after"),
        (seen(SILENT, Span(2000, 2010)), "beam permitted 1010 ms"),
        (seen(SILENT, Span(500, 1200), codes=()), "nothing was named"),
        (seen(HARMLESS, Span(500, 1200), codes=()), "nothing says why"),
        (seen(HARMLESS, problems=("liveness: it never came back",)), "never came back"),
    ],
)
def test_a_bad_cell_is_seen(told: Seen, part: str) -> None:
    (found,) = problems(told, bounds())
    assert part in found
    assert found.startswith(str(told.cell))


@pytest.mark.parametrize(
    "told",
    [
        seen(SILENT, Span(500, 1370)),
        seen(SILENT, Span(500, 1300), Span(3500, 9000)),
        seen(HARMLESS, Span(500, 6000), codes=(), completed=True),
        seen(cell("qr", "lost", Stage.SCANNING), Span(500, 6000), codes=(), completed=True),
    ],
)
def test_a_good_cell_is_left_alone(told: Seen) -> None:
    assert problems(told, bounds()) == []


def test_the_bounds_are_those_of_the_lane_file() -> None:
    timing = load(CARGO).timing
    assert (timing.stale_ms, timing.slow_stale_ms, timing.stall_ms) == (300, 1500, 200)
    assert bounds() == Bounds(fast=370, slow=1570, lines=320)
    assert [bounds().of(name) for name in ("safety", "qr")] == [370, None]


def test_a_lane_that_trusts_old_readings_is_caught() -> None:
    """The same cell on a lane that is slower to doubt, judged by the shipped lane's times."""
    text = CARGO.read_text(encoding="utf-8")
    for old, new in (("\nstale_ms = 300\n", "\nstale_ms = 1000\n"), BELT):
        assert old in text
        text = text.replace(old, new)
    told = live([cell("belt", "lost", Stage.SCANNING)], text)
    assert any("beam permitted" in each for each in wrong(told))


# The table -------------------------------------------------------------------------------------


def test_the_table_tells_the_name_and_the_worst_time_and_fits_its_markers(tmp_path: Path) -> None:
    told = [
        seen(SILENT, Span(500, 1258), safe_ms=258),
        seen(cell("safety", "lost", Stage.READY), safe_ms=None),
        seen(cell("safety", "twice", Stage.READY), codes=()),
    ]
    short = in_short(told, bounds())
    assert "| lost |  | `safety_lost`, 258 ms |" in short
    assert "| twice |  | harmless |" in short
    page = tmp_path / "page.md"
    page.write_text(f"a\n{marked('old')}\nb\n", encoding="utf-8")
    put(page, short)
    assert page.read_text(encoding="utf-8") == f"a\n{marked(short)}\nb\n"
    assert between(page.read_text(encoding="utf-8")) == marked(short)
    bare = tmp_path / "bare.md"
    bare.write_text("nothing\n", encoding="utf-8")
    with pytest.raises(ValueError, match="fault matrix"):
        put(bare, short)
    full = in_full(told)
    assert "| safety | lost | scanning | safety_lost | stop | 258 ms |" in full
    assert "| safety | lost | ready | safety_lost | stop | no beam |" in full
    assert consequence(told[2]) == "none"
