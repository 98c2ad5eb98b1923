"""``scanlane device``: for the integrator at the cabinet. Looks, measures, checks; starts nothing.

What moves something, ``scanlane device prove``, is in `edge.prove_cli`.

Exit codes: 0 done, 1 failed, refused or a map with mistakes, 2 wrong usage, 3 the lane file has
mistakes. Heavy imports stay inside the commands so that help is quick.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

from edge.errors import EdgeError, SettingsError

if TYPE_CHECKING:
    from edge.cabinet.visit import News, Seen

EXIT_FAILED, EXIT_SETTINGS = 1, 3

Command = Callable[..., None]
T = TypeVar("T")


@click.group()
def device() -> None:
    """Devices at the cabinet: what there is, what answers, what it says, whether it stops.

    A Modbus device is only ever read (functions 1 to 4). A device with a line of its own is read by
    its driver, which sends questions and stop words at most; `device list` says which. No command
    here but `prove` can move or close anything, and none can radiate. While the lane runs they
    refuse: two on one line garble each other.
    """


def _json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def _visit_options(command: Command) -> Command:
    """The lane file, the device in it, and the state folder its ports start in."""
    for option in (
        click.option(
            "--wait",
            "wait_s",
            type=click.FloatRange(0.1, 600),
            default=5.0,
            show_default=True,
            help="Longest wait for a device that speaks by itself or that its driver reads.",
        ),
        click.option(
            "--state",
            type=click.Path(path_type=Path, file_okay=False),
            default=Path("/var/lib/scanlane"),
            show_default=True,
            envvar="SCANLANE_STATE",
            help="State folder of the lane: relative ports start there.",
        ),
        _json_option,
        click.argument("name", metavar="DEVICE"),
        click.argument("lane_file", type=click.Path(path_type=Path, dir_okay=False)),
    ):
        command = option(command)
    return command


@device.command("list")
@_json_option
def list_kinds(*, as_json: bool) -> None:
    """List every kind: device, wire, map, what it publishes, whether it has met real hardware."""
    from edge.cabinet.kinds import kinds

    found = kinds()
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for kind in found:
        click.echo(f"{kind['kind']}: {kind['device']} ({kind['hardware']})")
        for name in ("protocol", "wire", "map", "publishes", "tells", "sends"):
            value = kind[name]
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            if text:
                click.echo(f"    {name}: {text}")


@device.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_json_option
def check(file: Path, *, as_json: bool) -> None:
    """Check the device map FILE and run its vectors; report every mistake."""
    from edge.cabinet.maps import check_map

    report = check_map(file)
    if as_json:
        click.echo(json.dumps(asdict(report), indent=2, ensure_ascii=False))
    else:
        for mistake in report.mistakes:
            click.echo(str(mistake), err=True)
        counted = f"{report.fields} fields, {report.vectors} vectors"
        if report.mistakes:
            click.echo(f"{len(report.mistakes)} mistake(s)", err=True)
        else:
            click.echo(f"{file}: {report.title}: {counted}: no mistakes")
    if report.mistakes:
        sys.exit(EXIT_FAILED)


@device.command()
@_visit_options
@click.option(
    "--exchanges",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    help="How many answers are timed.",
)
def probe(
    lane_file: Path, name: str, state: Path, wait_s: float, exchanges: int, *, as_json: bool
) -> None:
    """Open the line of DEVICE, ask, and tell what answered and how fast, or why nothing did.

    The times are from the question to the whole answer. Less the time of the bytes they are the
    device's turnaround, which `scanlane check` plans with as turnaround_ms.

    A source is told HV off when the probe ends; a permit board is told HELLO, which ends an arming,
    and OFF. A reader speaks unasked: show it a code while --wait runs.
    """
    from edge.cabinet.visit import Visit
    from edge.cabinet.visit import probe as look
    from edge.cabinet.words import probe_lines, probe_record

    visit = Visit(lane_file, name, state, wait_s)
    probed = _run(lambda: look(visit, exchanges, _notice), as_json=as_json)
    if as_json:
        click.echo(json.dumps(probe_record(probed), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(probe_lines(probed)))
    if probed.reason:
        _fail(probed.reason)
    _end_if_moving(probed.seen)


@device.command()
@_visit_options
@click.argument("fields", nargs=-1, metavar="[FIELD]...")
def read(
    lane_file: Path,
    name: str,
    state: Path,
    wait_s: float,
    fields: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Read DEVICE once: value, unit, quality, age and raw registers of every FIELD, or of all.

    Nothing is written and nothing is started. A source is told HV off at the end; a permit board is
    told HELLO, which ends an arming, and OFF.
    """
    from edge.cabinet.visit import Visit
    from edge.cabinet.visit import read as look
    from edge.cabinet.words import read_lines, record

    visit = Visit(lane_file, name, state, wait_s, fields)
    seen = _run(lambda: look(visit, _notice), as_json=as_json)
    if as_json:
        click.echo(json.dumps(record(seen), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(read_lines(seen)))
    _end_if_moving(seen)


@device.command()
@_visit_options
@click.argument("fields", nargs=-1, metavar="[FIELD]...")
@click.option(
    "--every",
    "every_s",
    type=click.FloatRange(0.05, 60),
    default=0.5,
    show_default=True,
    help="Seconds between two looks.",
)
@click.option(
    "--for", "for_s", type=click.FloatRange(0.1), help="End so many seconds after the start."
)
def watch(
    lane_file: Path,
    name: str,
    state: Path,
    wait_s: float,
    fields: tuple[str, ...],
    every_s: float,
    for_s: float | None,
    *,
    as_json: bool,
) -> None:
    """Read DEVICE again and again and print one line for each change, until Ctrl-C or --for.

    With --json each line is one object. What is sent is what `scanlane device read` sends. It ends
    when the lane is started, and when a drive is seen to move that no lane watches.
    """
    from edge.cabinet.visit import Visit
    from edge.cabinet.visit import watch as look

    visit = Visit(lane_file, name, state, wait_s, fields)

    async def watched() -> None:
        try:
            async with asyncio.timeout(for_s):
                await look(visit, every_s, lambda news: _tell(news, as_json=as_json), _notice)
        except TimeoutError:
            return

    try:
        _run(watched, as_json=as_json)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)


def _run(work: Callable[[], Coroutine[None, None, T]], *, as_json: bool) -> T:
    """Run to the end; what the world does to it is said in one line."""
    try:
        return asyncio.run(work())
    except SettingsError as error:
        for mistake in error.mistakes:
            click.echo(str(mistake), err=True)
        if as_json:
            found = [asdict(mistake) for mistake in error.mistakes]
            click.echo(json.dumps({"mistakes": found}, indent=2, ensure_ascii=False))
        sys.exit(EXIT_SETTINGS)
    except EdgeError as error:
        if as_json:
            click.echo(json.dumps({"error": str(error)}, ensure_ascii=False))
        _fail(str(error))


def _notice(text: str) -> None:
    click.echo(text, err=True)


def _tell(news: "News", *, as_json: bool) -> None:
    from edge.cabinet.words import news_line
    from edge.clock import SystemClock

    clock = SystemClock()
    click.echo(news_line(news, clock.utc(), clock.monotonic_ns(), as_json=as_json))


def _end_if_moving(seen: "Seen") -> None:
    if seen.moving:
        _fail(f"{seen.place.name}: {seen.moving}")


def _fail(text: str) -> NoReturn:
    click.echo(f"scanlane: {text}", err=True)
    sys.exit(EXIT_FAILED)
