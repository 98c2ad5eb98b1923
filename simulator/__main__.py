"""The command ``scanlane-sim``: a simulated lane on real wires, and its faults."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import click

from edge.errors import EdgeError
from simulator.attendant import Attendant
from simulator.fault_cli import EXIT_SETTINGS, fault
from simulator.fault_plan import Planned, carry_out, load_plan
from simulator.harness import Harness
from simulator.lane import SimLane
from simulator.lane_file import load_lane_file
from simulator.maps import device_maps_beside
from simulator.serve import Server


async def _serve(
    lane: SimLane, state: Path, seed: int, scenario: str, plan: tuple[Planned, ...]
) -> None:
    harness = Harness(lane, seed)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = Server(lane, harness, state, seed=seed)
    try:
        await server.open()
        print(json.dumps({"ready": True, "simulated": True, **server.wires()}), flush=True)
        if scenario == "demo":
            lane.attend(Attendant(lane.plant, harness.maker))
        carry_out(plan, lane, harness.desk)
        await server.run(stop)
    finally:
        await server.close()


class _LaneOrCommand(click.Group):
    """A group whose words, when they begin with no command's name, are those of ``serve``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Say ``serve`` for those who name a lane file at once."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["serve", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_LaneOrCommand)
def main() -> None:
    """A simulated lane: scanlane-sim LANE.toml --state DIR; its faults: scanlane-sim fault."""


@main.command()
@click.argument("lane_file", metavar="LANE.toml", type=click.Path(path_type=Path))
@click.option("--state", required=True, type=click.Path(path_type=Path), help="State folder.")
@click.option("--seed", default=1, show_default=True, help="Seed of everything drawn.")
@click.option("--scenario", type=click.Choice(["none", "demo"]), default="none", show_default=True)
@click.option("--devices", type=click.Path(path_type=Path), help="Folder of the device maps.")
@click.option("--faults", type=click.Path(path_type=Path), help="Plan of faults, a TOML file.")
def serve(
    lane_file: Path,
    state: Path,
    seed: int,
    scenario: str,
    devices: Path | None,
    faults: Path | None,
) -> None:
    """Serve a simulated lane on the wires LANE.toml names; the word serve may be left out."""
    try:
        maps = devices or device_maps_beside(lane_file)
        lane = SimLane(load_lane_file(lane_file), maps, seed=seed)
        plan = load_plan(faults, lane) if faults is not None else ()
        state.mkdir(parents=True, exist_ok=True)
        asyncio.run(_serve(lane, state, seed, scenario, plan))
    except EdgeError as error:
        print(error, file=sys.stderr)
        sys.exit(EXIT_SETTINGS)


main.add_command(fault)

if __name__ == "__main__":
    main()
