"""One lane in one process on virtual time: the real lane logic and journal in a simulated hall.

A seed gives units, papers, people and faults; the same seed gives the same run, to the last entry.
``python -m simulator.world --seed N`` runs one and judges it.
"""

import gc
import random
import sys
import sysconfig
import tempfile
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.control.actuators import Devices
from edge.control.lane_logic import LaneLogic
from edge.core.inspection import InspectionState
from edge.core.lane import LaneState
from edge.journal.recovery import recover
from edge.journal.store import Journal
from simulator.world.damage import Saboteur
from simulator.world.faults import schedule
from simulator.world.hall import Hall
from simulator.world.journal import SlowJournal
from simulator.world.ports import WorldWorker
from simulator.world.run import Fit, Fitted, Plan, Result, World
from simulator.world.virtual_loop import START_S, VirtualClock, VirtualLoop, run_virtual
from simulator.world.wires import Wires

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
COLLECT_EVERY = 200_000
"""New objects between two collections of garbage: a run makes little of it."""
_RESTING = frozenset({LaneState.READY, LaneState.PROVING})


def plan_of(seed: int, hours: float = 1.0) -> Plan:
    """Draw a run from its seed."""
    drawn = random.Random(f"plan {seed}")
    gap_s = drawn.uniform(60.0, 240.0)
    return Plan(seed, hours, gap_s, schedule(seed, round(hours * 3_600_000)))


def fit_plainly(
    logic: LaneLogic, loop: VirtualLoop, clock: VirtualClock, journal: SlowJournal
) -> Fitted:
    """Attach the plain devices of this simulator at the ports."""
    hall = Hall(lambda: round((loop.time() - START_S) * 1000))

    def busy() -> bool:
        state = logic.runner.state
        if state.lane not in _RESTING or hall.plant.waiting():
            return True
        return any(each.state is InspectionState.IDENTIFYING for each in state.inspections)

    wires = Wires(hall, logic.supervisor, logic.ticker.alive, clock.monotonic_ns, busy)
    wires.on_report = logic.report
    listen(wires.worker, logic)
    devices = Devices(
        board=wires.board,
        source=wires.source,
        conveyor=wires.conveyor,
        safety=wires.safety,
        worker=wires.worker,
    )
    return Fitted(hall, devices, (wires.run,), Saboteur(loop, hall, logic, wires, journal))


def listen(worker: WorldWorker, logic: LaneLogic) -> None:
    """Bring what the image worker says to the lane logic."""
    worker.on_progress = logic.lines_progressed
    worker.on_failed = logic.scan_failed
    worker.on_package = lambda scan_id, image, whole: logic.package_written(
        scan_id, image, complete=whole
    )


def shipped_config() -> Path:
    """The folder of lanes and law: in the tree, or where the package installed it."""
    tree = Path(__file__).resolve().parents[2] / "config"
    installed = Path(sysconfig.get_path("data")) / "share" / "scanlane" / "config"
    return tree if tree.is_dir() else installed


def run_plan(plan: Plan, folder: Path, config: Path, fit: Fit = fit_plainly) -> Result:
    """Run a plan with its journal in an empty folder, and judge it.

    Args:
        plan: the run.
        folder: for the journal.
        config: folder with ``lanes`` and ``law``.
        fit: makes hall and devices.
    """

    async def main(loop: VirtualLoop) -> Result:
        clock = VirtualClock(loop)
        journal = Journal.open(
            folder / "journal.db", "kz-cargo-demo", KEY, clock=clock, inline=True
        )
        try:
            result = await World(plan, journal, loop, config, fit).run()
            report = recover(journal, whole=True)
        finally:
            journal.close()
        complaints = tuple(f"evidence: {line}" for line in report.complaints())
        return Result(
            result.plan, result.problems + complaints, result.digest, result.virtual_s,
            result.units, result.exposed, result.entries, result.coverage,
        )  # fmt: skip

    return run_virtual(main)


def run_seed(seed: int, hours: float = 1.0) -> Result:
    """Run a seed with its journal in memory where the machine allows it."""
    gc.set_threshold(COLLECT_EVERY)
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        return run_plan(plan_of(seed, hours), Path(folder), shipped_config())


@click.command()
@click.option("--seed", default=1, show_default=True, help="First seed.")
@click.option("--runs", default=1, show_default=True, help="How many seeds from there on.")
@click.option("--hours", default=1.0, show_default=True, help="Virtual hours of each run.")
@click.option("--faults", is_flag=True, help="Show the faults of each run.")
def main(seed: int, runs: int, hours: float, *, faults: bool) -> None:
    """Run the in-process world and judge it; ends with 1 when something is wrong."""
    bad = 0
    for number in range(seed, seed + runs):
        result = run_seed(number, hours)
        bad += bool(result.problems)
        click.echo(str(result))
        if faults:
            for trouble in result.plan.troubles:
                click.echo(f"  {trouble}")
    sys.exit(1 if bad else 0)
