"""``scanlane device prove``: shows that each device stops when its master falls silent.

Exit codes: 0 all proven, 1 one is not, or refused, 2 wrong usage, 3 the lane file has mistakes.
Heavy imports stay inside the command so that help is quick.
"""

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from edge.errors import EdgeError, SettingsError

if TYPE_CHECKING:
    from edge.cabinet.proving.prove import Found

EXIT_FAILED, EXIT_SETTINGS = 1, 3


@click.command()
@click.argument("lane_file", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("devices", nargs=-1, metavar="[DEVICE]...")
@click.option("--all", "everything", is_flag=True, help="Every device that needs a proof.")
@click.option("--show", is_flag=True, help="List the proofs in the journal; send nothing.")
@click.option("--officer", default="", help="Officer id in the lane file; stands by.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("/var/lib/scanlane"),
    show_default=True,
    envvar="SCANLANE_STATE",
    help="State folder of the lane: its journal, and where relative ports start.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def prove(
    lane_file: Path,
    devices: tuple[str, ...],
    officer: str,
    state: Path,
    *,
    everything: bool,
    show: bool,
    as_json: bool,
) -> None:
    """Prove that each DEVICE stops by itself when the lane falls silent, and journal it.

    A lane without valid proofs does not enter service. The lane itself must not run. THE BELT
    RUNS slowly, the warning comes on, and THE PERMIT RELAY IS CLOSED for some seconds; high
    voltage is never asked for. So: nobody and nothing in the lane, doors shut, search-and-secure
    done, the key turned from OFF to SERVICE.
    """
    if show:
        _show(lane_file, state, as_json=as_json)
        return
    if everything == bool(devices):
        raise click.UsageError("name devices, or --all")
    if not officer:
        raise click.UsageError("--officer is missing: who stands by?")
    found = _prove(lane_file, devices, officer, state)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
    else:
        for one in found:
            click.echo(_line(one))
    if any(getattr(one, "outcome", "") != "proven" for one in found):
        sys.exit(EXIT_FAILED)


def _prove(lane_file: Path, devices: tuple[str, ...], officer: str, state: Path) -> "list[Found]":
    from edge.cabinet.proving.prove import Order
    from edge.cabinet.proving.prove import prove as make
    from edge.clock import SystemClock

    order = Order(lane_file, state, devices, officer)
    try:
        return asyncio.run(make(order, SystemClock(), lambda text: click.echo(text, err=True)))
    except SettingsError as error:
        _mistakes(error)
    except EdgeError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        _fail("stopped; what was proven before stands in the journal")


def _line(one: "Found") -> str:
    from edge.proofs import Proof

    if not isinstance(one, Proof):
        return f"{one.device}: not tried to the end, nothing was written: {one.reason}"
    if one.outcome == "proven":
        stood = f"stood through {one.survived_ms} ms"
        return f"{one.device}: proven: {stood}, safe {one.bound_ms} ms after the last frame"
    return f"{one.device}: {one.outcome.replace('_', ' ')}: {one.reason}"


def _show(lane_file: Path, state: Path, *, as_json: bool) -> None:
    from edge.cabinet.proving.shown import shown
    from edge.clock import SystemClock

    try:
        found = shown(lane_file, state, SystemClock().utc())
    except SettingsError as error:
        _mistakes(error)
    except EdgeError as error:
        _fail(str(error))
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        for one in found:
            made = f"{one['utc']} by {one['officer']}, {one['age_days']} days" if one["utc"] else ""
            said = one["against"] or f"valid, safe within {one['bound_ms']} ms"
            words = (f"{one['device']} ({one['part']})", str(said), made)
            click.echo("  ".join(filter(None, words)))
    if any(one["against"] for one in found):
        sys.exit(EXIT_FAILED)


def _mistakes(error: SettingsError) -> NoReturn:
    for mistake in error.mistakes:
        click.echo(str(mistake), err=True)
    sys.exit(EXIT_SETTINGS)


def _fail(text: str) -> NoReturn:
    click.echo(f"scanlane: {text}", err=True)
    sys.exit(EXIT_FAILED)
