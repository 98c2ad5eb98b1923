"""The ``scanlane`` command: run a lane, check its file, and the officers' acts at the lane.

Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 3 the configuration has mistakes.
Heavy imports stay inside the commands so that help and acts are quick.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click

from edge.device_cli import device
from edge.errors import EdgeError, SettingsError
from edge.law_cli import decide, law
from edge.prove_cli import prove

EXIT_FAILED, EXIT_SETTINGS = 1, 3
JOURNAL = "journal.db"

Command = Callable[..., None]


def _state_option(command: Command) -> Command:
    return click.option(
        "--state",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("/var/lib/scanlane"),
        show_default=True,
        envvar="SCANLANE_STATE",
        help="State folder of the lane.",
    )(command)


def _officer_option(command: Command) -> Command:
    return click.option("--officer", required=True, help="Officer id in the lane file.")(command)


@click.group()
@click.version_option(package_name="scanlane")
def main() -> None:
    """Edge controller of a customs X-ray scanner lane."""


@main.command()
@click.argument("lane_file", type=click.Path(path_type=Path, dir_okay=False))
@_state_option
@click.option("--broker", help="Broker URL instead of the lane file's.")
def run(lane_file: Path, state: Path, broker: str | None) -> None:
    """Run the lane described by LANE_FILE until told to stop."""
    from edge.app import run_lane

    try:
        asyncio.run(run_lane(lane_file, state, broker))
    except SettingsError as error:
        _mistakes(error)
    except EdgeError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        click.echo("stopped", err=True)


@main.command()
@click.argument("lane_file", type=click.Path(path_type=Path, dir_okay=False))
def check(lane_file: Path) -> None:
    """Check LANE_FILE and everything it names; report every mistake, and warn of legal traffic."""
    from edge.app import check_lane, warnings_of
    from edge.clock import SystemClock

    try:
        lane, mistakes = check_lane(lane_file)
    except SettingsError as error:
        _mistakes(error)
    if mistakes:
        _mistakes(SettingsError(mistakes))
    for warning in warnings_of(lane, lane_file, SystemClock().utc()):
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"{lane_file}: lane {lane.lane.id}: no mistakes")


@main.command()
@_state_option
@click.option("--json", "as_json", is_flag=True, help="Print the whole status as JSON.")
def status(state: Path, *, as_json: bool) -> None:
    """Show what the running lane is doing and what it waits for."""
    reply = _ask(state, {"do": "status"})
    if as_json:
        click.echo(json.dumps(reply, indent=2, ensure_ascii=False))
        return
    click.echo(f"lane {reply['lane']}: {reply['mode']}  simulated: {reply['simulated']}")
    for name in ("journal", "rules"):
        if reply.get(name):
            click.echo(f"{name}: {reply[name]}")
    for name in ("source", "service"):
        told = reply.get(name)
        if isinstance(told, dict) and told:
            click.echo(f"{name}: " + "  ".join(f"{key}={value}" for key, value in told.items()))
    for section in ("faults", "against", "inspections"):
        rows = reply.get(section)
        click.echo(f"{section}:" if rows else f"{section}: none")
        for row in rows if isinstance(rows, list) else ():
            waits = row.get("waits_for", ())
            shown = (f"{key}={value}" for key, value in row.items() if key != "waits_for")
            click.echo("  " + "  ".join(shown))
            for one in waits:
                click.echo(f"    waits for: {one}")


@main.command()
@click.argument("code", required=False)
@_state_option
@_officer_option
def ack(code: str | None, state: Path, officer: str) -> None:
    """Acknowledge the fault CODE, or the stopped lane. A TRIP is reset at the board, never here."""
    _act(state, {"do": "ack", "officer": officer, "fault": code})


@main.command()
@click.argument("inspection")
@click.argument("decision", type=click.Choice(["scan", "pass", "turn_away"]))
@click.option("--reason", required=True, help="Why, in the officer's words.")
@_state_option
@_officer_option
def answer(inspection: str, decision: str, reason: str, state: Path, officer: str) -> None:
    """Answer a HOLD. No answer makes a scan of an exemption or of what nobody knows."""
    request = {"inspection": inspection, "decision": decision, "reason": reason}
    _act(state, {"do": "answer", "officer": officer, **request})


@main.command()
@click.argument("inspection")
@click.option("--reason", required=True, help="Why, for example: possible living cargo.")
@_state_option
@_officer_option
def abort(inspection: str, reason: str, state: Path, officer: str) -> None:
    """End the running scan of an inspection at once."""
    _act(state, {"do": "abort", "officer": officer, "inspection": inspection, "reason": reason})


@main.command()
@click.argument("inspection")
@click.option("--suspicion", type=click.Choice(["yes", "no"]), required=True)
@click.option("--agrees", type=click.Choice(["yes", "no"]), required=True)
@click.option("--note", default="", help="What was seen.")
@_state_option
@_officer_option
def outcome(
    inspection: str, suspicion: str, agrees: str, note: str, state: Path, officer: str
) -> None:
    """Answer the OAC's two questions: suspicion? does the image agree with the documents?"""
    words = {"suspicion": suspicion == "yes", "agrees": agrees == "yes", "note": note}
    _act(state, {"do": "outcome", "officer": officer, "inspection": inspection, **words})


@main.command("confirm-identity")
@click.argument("inspection")
@click.argument("manifest")
@click.option("--reason", required=True, help="How the officer knows.")
@_state_option
@_officer_option
def confirm_identity(
    inspection: str, manifest: str, reason: str, state: Path, officer: str
) -> None:
    """Bind a manifest to a held unit whose identifiers do not do it, or of which none was read."""
    request = {"inspection": inspection, "manifest": manifest, "reason": reason}
    _act(state, {"do": "confirm_identity", "officer": officer, **request})


@main.command("state-no-animals")
@click.argument("inspection")
@_state_option
@_officer_option
def state_no_animals(inspection: str, state: Path, officer: str) -> None:
    """State that a circus or menagerie travels without live animals; the law decides anew."""
    _act(state, {"do": "state_no_animals", "officer": officer, "inspection": inspection})


@main.command("ask-driver")
@click.argument("inspection")
@click.option(
    "--animals", type=click.Choice(["yes", "no"]), required=True, help="What the driver says."
)
@_state_option
@_officer_option
def ask_driver(inspection: str, animals: str, state: Path, officer: str) -> None:
    """Record the driver's answer to: are live animals on board? The newest answer counts."""
    request = {"inspection": inspection, "animals": animals}
    _act(state, {"do": "ask_driver", "officer": officer, **request})


@main.command()
@click.argument("inspection")
@click.option("--reason", required=True, help="What the driver says, or that he says nothing.")
@_state_option
@_officer_option
def refusal(inspection: str, reason: str, state: Path, officer: str) -> None:
    """Record that the driver refuses to drive through: the unit goes unscanned."""
    _act(state, {"do": "refusal", "officer": officer, "inspection": inspection, "reason": reason})


@main.command()
@click.option("--end", is_flag=True, help="End the service mission under way instead.")
@_state_option
@_officer_option
def season(state: Path, officer: str, *, end: bool) -> None:
    """Season the tube by the lane file's schedule: key in SERVICE, the lane empty and secured.

    The beam goes on without a unit, after the full warning. Follow it with `scanlane status`; the
    key ends it at any time.
    """
    _act(state, {"do": "end_service" if end else "season", "officer": officer})


@main.group()
def fault() -> None:
    """The faults a lane can have."""


@fault.command("list")
@click.option("--language", type=click.Choice(["en", "ru", "kk"]), default="en")
def fault_list(language: str) -> None:
    """List every fault with its class, its text and the remedy."""
    from edge.core.catalogue import TEXTS
    from edge.core.faults import CATALOGUE
    from edge.core.remedies import REMEDIES
    from edge.law.words import NATIVE_REVIEW

    for code, row in CATALOGUE.items():
        latched = "latched" if row.latched else "clears by itself"
        click.echo(f"{code.value}  [{row.kind.value}, {latched}]")
        click.echo(f"    {getattr(TEXTS[code], language)}")
        click.echo(f"    {getattr(REMEDIES[code], language)}")
    if language != "en":
        click.echo(NATIVE_REVIEW)


@main.group()
def journal() -> None:
    """Look into a journal, also of a running lane."""


@journal.command("list")
@_state_option
@click.option("--limit", default=50, show_default=True, help="How many inspections at most.")
def journal_list(state: Path, limit: int) -> None:
    """List the inspections, newest first."""
    from edge.journal.inspect import list_inspections

    try:
        for line in list_inspections(state / JOURNAL, limit):
            end = "closed" if line.closed else f"open, last {line.last_kind}"
            outcome = "  outcome given" if line.has_outcome else ""
            click.echo(f"{line.inspection_id}  {line.opened_utc}  {end}{outcome}")
    except EdgeError as error:
        _fail(str(error))


@journal.command("export")
@_state_option
@click.option("--first", default=1, show_default=True, help="Sequence to begin with.")
def journal_export(state: Path, first: int) -> None:
    """Print the journal as JSON lines, each with its hash, so that it verifies elsewhere."""
    from edge.journal.inspect import export_entries

    try:
        for line in export_entries(state / JOURNAL, first):
            click.echo(line)
    except EdgeError as error:
        _fail(str(error))


@main.command()
@click.argument("name", required=False)
def schema(name: str | None) -> None:
    """Print the JSON Schema of the lane file, or of the message NAME."""
    from edge.messages.schemas import schemas
    from edge.settings import LaneFile

    known = {"lane-file": LaneFile.model_json_schema(), **schemas()}
    if name is None:
        click.echo("\n".join(sorted(known)))
    elif name in known:
        click.echo(json.dumps(known[name], indent=2, ensure_ascii=False))
    else:
        raise click.UsageError(f"no schema {name!r}; `scanlane schema` lists them")


main.add_command(decide)
device.add_command(prove)
main.add_command(device)
main.add_command(law)


def _ask(state: Path, request: dict[str, object]) -> dict[str, object]:
    from edge.door import ask

    try:
        reply = asyncio.run(ask(state / "control.sock", request))
    except EdgeError as error:
        _fail(str(error))
    if not reply.get("ok"):
        _fail(str(reply.get("error")))
    return reply


def _act(state: Path, request: dict[str, object]) -> None:
    click.echo(_ask(state, request).get("done"))


def _mistakes(error: SettingsError) -> NoReturn:
    for mistake in error.mistakes:
        click.echo(str(mistake), err=True)
    click.echo(f"{len(error.mistakes)} mistake(s); nothing was started", err=True)
    sys.exit(EXIT_SETTINGS)


def _fail(text: str) -> NoReturn:
    click.echo(f"scanlane: {text}", err=True)
    sys.exit(EXIT_FAILED)
