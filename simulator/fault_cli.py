"""``scanlane-sim fault``: spoil the wires of a running simulated lane, by its control socket."""

import json
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from edge.errors import EdgeError
from simulator.devices.line_faults import Harm
from simulator.fault_plan import draw_plan, plan_text
from simulator.lane import SimLane
from simulator.lane_file import load_lane_file
from simulator.maps import device_maps_beside
from simulator.serve import SOCKET_NAME

EXIT_REFUSED, EXIT_SETTINGS = 1, 2
ANSWER_S = 5.0

_STATE = click.option(
    "--state", required=True, type=click.Path(path_type=Path), help="The simulator's state folder."
)
_HARM = click.Choice([harm.value for harm in Harm])
Answer = Mapping[str, Any]


@click.group(name="fault")
def fault() -> None:
    """Let things go wrong on the wires of a running simulated lane."""


@fault.command(name="list")
@_STATE
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(state: Path, *, as_json: bool) -> None:
    """Show every device, the harms that fit it, and what stands now."""
    answer = _ask(state, {"do": "line_faults"})
    if as_json:
        click.echo(json.dumps({key: answer[key] for key in ("devices", "standing")}))
        return
    for device, harms in answer["devices"].items():
        click.echo(f"{device}: {', '.join(harms)}")
    for each in answer["standing"]:
        said = ", ".join(f"{key} {value}" for key, value in each["fault"].items() if value)
        click.echo(f"stands at {each['device']}: {said}")


@fault.command(name="set")
@click.argument("device")
@click.argument("harm", type=_HARM)
@_STATE
@click.option("--amount", default=0, help="Milliseconds, bytes or exception code; see the README.")
@click.option("--times", default=0, help="How many answers are harmed, 0 for all.")
@click.option("--skip", default=0, help="Answers that pass unharmed first.")
@click.option("--chance", default=1.0, help="Share of answers that are harmed.")
@click.option("--function", type=int, help="Only answers to this function or command.")
@click.option("--for-ms", default=0, help="How long it stands, 0 until it is cleared.")
def set_(device: str, harm: str, *, state: Path, for_ms: int, **numbers: float | None) -> None:
    """Let HARM be done to what DEVICE says."""
    given = {key: value for key, value in numbers.items() if value is not None}
    request = {"do": "line_fault", "device": device, "for_ms": for_ms}
    _ask(state, {**request, "fault": {"harm": harm, **given}})
    click.echo(f"{device}: {harm}")


@fault.command()
@click.argument("device", default="")
@_STATE
def clear(device: str, *, state: Path) -> None:
    """End the faults of DEVICE, or all of them."""
    _ask(state, {"do": "line_clear", "device": device})
    click.echo(f"{device or 'all devices'}: clear")


@fault.command()
@click.argument("lane_file", metavar="LANE.toml", type=click.Path(path_type=Path))
@click.option("--seed", default=1, show_default=True, help="Seed of everything drawn.")
@click.option("--count", default=20, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--until-ms", default=600_000, show_default=True, type=click.IntRange(1, 604_800_000))
@click.option("--devices", type=click.Path(path_type=Path), help="Folder of the device maps.")
def draw(lane_file: Path, *, seed: int, count: int, until_ms: int, devices: Path | None) -> None:
    """Draw a plan of faults for LANE.toml, for ``scanlane-sim LANE.toml --faults``."""
    try:
        lane = SimLane(load_lane_file(lane_file), devices or device_maps_beside(lane_file))
    except EdgeError as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_SETTINGS)
    click.echo(plan_text(draw_plan(lane, seed=seed, count=count, until_ms=until_ms)), nl=False)


def _ask(state: Path, request: Mapping[str, object]) -> Answer:
    """Ask the running simulator; what it refuses, or that none runs, ends the command."""
    path = state / SOCKET_NAME
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(ANSWER_S)
            line.connect(str(path))
            line.sendall(json.dumps(request).encode() + b"\n")
            answer: Answer = json.loads(line.makefile("rb").readline())
    except (OSError, ValueError) as error:
        _refuse(f"{path}: no simulator answers there: {error}. Name the --state it runs with")
    if not answer["ok"]:
        _refuse(str(answer["error"]))
    return answer


def _refuse(text: str) -> None:
    click.echo(text, err=True)
    sys.exit(EXIT_REFUSED)
