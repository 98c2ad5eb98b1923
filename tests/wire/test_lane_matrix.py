"""Thirty cells of the fault matrix on real wires: the same names, and the beam ends in time.

Every process is the real one; the faults are set at the running simulator, and the times are its
own. All of it is `make matrix`, on virtual time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.lane_file import load
from simulator.hall.truth import Span
from simulator.world.seeded import shipped_config
from tests.matrix.cells import Cell, Stage, all_cells
from tests.matrix.judge import bounds_of
from tests.wire.lane_kit import Rig, a_rig
from tests.wire.lane_papers import FOOTWEAR, arrive, declare, expect_no_violation, records
from tests.wire.lane_programs import until
from tests.wire.test_lane_interrupted import LEASE_MS

READY = {
    "height": ("lost", "corrupt", "refused", "wrong unit", "unplugged"),
    "width": (
        "cut short",
        "refused",
        "wrong function",
        "late, into the next request",
        "delay 1.5 s",
    ),
    "source": ("lost", "corrupt", "wrong function", "unplugged", "power cycled"),
    "belt": ("lost", "corrupt", "wrong unit", "unplugged", "power cycled"),
    "board": ("lost", "cut short", "unplugged"),
    "detector": ("unplugged", "power cycled"),
    "qr": ("unplugged",),
    "label": ("unplugged",),
}
BEAM = {"detector": "lost", "board": "lost", "safety": "lost"}
NAMES = {
    "height": "gauge_lost", "width": "gauge_lost", "source": "source_lost", "qr": "reader_lost",
    "belt": "conveyor_lost", "board": "board_lost", "detector": "detector_lost",
    "label": "reader_lost", "safety": "safety_lost",
}  # fmt: skip
TRIES = 3
"""A busy machine may cost a lane an answer, and a unit its scan, before anything is done to it."""
UNITS = {device: tuple(f"X{device.upper()}{number}" for number in range(TRIES)) for device in BEAM}


def cell(device: str, fault: str, stage: Stage) -> Cell:
    (found,) = [
        one
        for one in all_cells()
        if (one.device, one.kind.name, one.stage) == (device, fault, stage)
    ]
    return found


READY_CELLS = tuple(cell(one, fault, Stage.READY) for one in READY for fault in READY[one])
BEAM_CELLS = tuple(cell(one, fault, Stage.SCANNING) for one, fault in BEAM.items())


@dataclass(slots=True)
class Told:
    """What was seen of the cells."""

    named: dict[str, str] = field(default_factory=dict)
    back: set[str] = field(default_factory=set)
    dark: tuple[Span, ...] = ()
    begun_ms: dict[str, int] = field(default_factory=dict)
    beam: dict[str, Span] = field(default_factory=dict)


def set_fault(rig: Rig, one: Cell) -> int:
    """Let the fault of a cell stand until it is cleared; the simulator's time of its beginning."""
    fault = one.kind.fault
    said = {"harm": fault.harm.value, "amount": fault.amount, "times": fault.times}
    return int(rig.act("line_fault", device=one.device, fault=said)["now_ms"])


def wait_well(rig: Rig) -> None:
    """Do what the remedies say until no fault is left, whatever a busy machine has added."""

    def is_well() -> bool:
        if any(fault["class"] == "stop" for fault in rig.status()["faults"]):
            rig.ack()
        return not rig.faults()

    until(is_well, "no fault is left", 30.0)


def suffer_at_rest(rig: Rig, told: Told, one: Cell) -> None:
    """A fault at a lane that waits: it is named, and gone when its cause is."""
    set_fault(rig, one)
    name = NAMES[one.device]
    until(lambda: name in rig.faults(), f"{one} is named {name}", 20.0)
    told.named[str(one)] = name
    rig.act("line_clear")
    wait_well(rig)
    told.back.add(str(one))


def await_beam(rig: Rig, units: tuple[str, ...]) -> int:
    """Bring units until one is under the beam; how many times the relay had closed before."""
    for unit in units:
        wait_well(rig)
        until(lambda: _is_out(rig), "the lane is rid of the unit or knows that it must be searched")
        rig.open_lane()
        spans = len(rig.relay_spans())
        arrive(rig, unit)
        until(lambda one=unit: _has_beam_or_failed(rig, one), f"{unit} comes to its beam", 60.0)  # type: ignore[misc]  # a default argument in a lambda
        if rig.truth()["beam_on"]:
            return spans
    pytest.fail(f"none of {len(units)} units came under the beam")


def _has_beam_or_failed(rig: Rig, unit: str) -> bool:
    shown = rig.inspection(unit)
    failed = shown is not None and shown["state"] == "not_completed"
    return failed or bool(rig.truth()["beam_on"]) or rig.mode() in {"held", "tripped", "proving"}


def suffer_under_beam(rig: Rig, told: Told, one: Cell) -> None:
    """A fault under the beam: the relay opens, and the lane says why."""
    spans = await_beam(rig, UNITS[one.device])
    told.begun_ms[str(one)] = set_fault(rig, one)
    until(lambda: not rig.truth()["relay_closed"], f"the relay opens: {one}", 20.0)
    (told.beam[str(one)],) = rig.relay_spans()[spans:]
    rig.await_fault(NAMES[one.device])
    rig.act("line_clear")
    told.named[str(one)] = NAMES[one.device]
    wait_well(rig)


def _is_out(rig: Rig) -> bool:
    status = rig.status()
    return status["mode"] == "proving" or (
        status["mode"] == "ready" and not status["inspections"] and not rig.truth()["present"]
    )


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rig, Told]]:
    told = Told()
    with a_rig(Path(tmp_path_factory.getbasetemp()) / "numba") as rig:
        rig.start()
        declare(
            rig, **dict.fromkeys((name for names in UNITS.values() for name in names), FOOTWEAR)
        )
        rig.open_lane()
        for one in READY_CELLS:
            suffer_at_rest(rig, told, one)
        told.dark = tuple(rig.relay_spans())
        for one in BEAM_CELLS:
            suffer_under_beam(rig, told, one)
        yield rig, told


@pytest.mark.timeout(400)
def test_every_fault_at_rest_is_named_as_on_virtual_time_and_goes_with_its_cause(
    lane: tuple[Rig, Told],
) -> None:
    _, told = lane
    assert len(READY_CELLS) + len(BEAM_CELLS) == 30
    assert {str(one) for one in READY_CELLS} <= told.named.keys()
    assert told.back == {str(one) for one in READY_CELLS}


def test_no_fault_at_rest_ever_closes_the_relay(lane: tuple[Rig, Told]) -> None:
    _, told = lane
    assert told.dark == ()


def test_a_beam_does_not_outlast_what_can_be_believed(lane: tuple[Rig, Told]) -> None:
    _, told = lane
    bounds = bounds_of(load(shipped_config() / "lanes" / "cargo.toml").timing)
    for device, fault in BEAM.items():
        one = cell(device, fault, Stage.SCANNING)
        outlasted_ms = told.beam[str(one)].end_ms - told.begun_ms[str(one)]
        # On a machine that is busy with other things the lease ends what the lane does not.
        assert outlasted_ms <= (bounds.of(device) or 0) + LEASE_MS, str(one)
        assert told.named[str(one)] == NAMES[device]


def test_nobody_was_exposed_and_every_interruption_is_written_down(
    lane: tuple[Rig, Told],
) -> None:
    rig, _ = lane
    expect_no_violation(rig)
    raised = {str(one["cause"]) for one in records(rig, "fault.raised")}
    assert set(NAMES.values()) <= raised
    assert len(records(rig, "scan.not_completed")) >= len(BEAM)
