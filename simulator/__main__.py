"""The command ``scanlane-sim``: a simulated lane on real wires."""

import asyncio
import json
import signal
import sys
import sysconfig
from pathlib import Path

import click

from edge.errors import EdgeError
from simulator.attendant import Attendant
from simulator.harness import Harness
from simulator.lane import SimLane
from simulator.lane_file import LaneFile, load_lane_file
from simulator.serve import Server

EXIT_SETTINGS = 2


def device_maps_beside(lane_file: Path) -> Path:
    """Return the folder of device maps: beside the lane file's folder, in the tree, installed."""
    candidates = (
        lane_file.resolve().parent.parent / "devices",
        Path(__file__).resolve().parent.parent / "config" / "devices",
        Path(sysconfig.get_path("data")) / "share" / "scanlane" / "config" / "devices",
    )
    return next((folder for folder in candidates if folder.is_dir()), candidates[0])


async def _serve(lane_file: LaneFile, maps: Path, state: Path, seed: int, scenario: str) -> None:
    lane = SimLane(lane_file, maps, seed=seed)
    harness = Harness(lane, seed)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = Server(
        lane, harness, state, detector=lane_file.detector, seed=seed, array=lane_file.array
    )
    try:
        await server.open()
        print(json.dumps({"ready": True, "simulated": True, **server.wires()}), flush=True)
        if scenario == "demo":
            lane.attend(Attendant(lane.plant, harness.maker))
        await server.run(stop)
    finally:
        await server.close()


@click.command()
@click.argument("lane_file", metavar="LANE.toml", type=click.Path(path_type=Path))
@click.option("--state", required=True, type=click.Path(path_type=Path), help="State folder.")
@click.option("--seed", default=1, show_default=True, help="Seed of everything drawn.")
@click.option("--scenario", type=click.Choice(["none", "demo"]), default="none", show_default=True)
@click.option("--devices", type=click.Path(path_type=Path), help="Folder of the device maps.")
def main(lane_file: Path, state: Path, seed: int, scenario: str, devices: Path | None) -> None:
    """Serve a simulated lane on the wires LANE.toml names."""
    try:
        lane = load_lane_file(lane_file)
        maps = devices or device_maps_beside(lane_file)
        state.mkdir(parents=True, exist_ok=True)
        asyncio.run(_serve(lane, maps, state, seed, scenario))
    except EdgeError as error:
        print(error, file=sys.stderr)
        sys.exit(EXIT_SETTINGS)


if __name__ == "__main__":
    main()
