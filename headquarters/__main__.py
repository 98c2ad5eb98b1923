"""``scanlane-hq``: the reference headquarters on the command line.

Exit codes: 0 done, 1 an error (said in one line), 2 wrong usage.
"""

import logging
import random
import signal
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from edge.clock import SystemClock
from edge.errors import EdgeError
from edge.messages.manifest import read_manifest
from edge.messages.tls import TlsFiles
from edge.messages.topics import broker_address
from headquarters.collector import Collector, CollectorSettings
from headquarters.keys import open_key, signature_problem
from headquarters.link import Link
from headquarters.send import Order, describe, read_args, send_command, send_manifest
from headquarters.store import Store
from headquarters.verify import problems_of
from headquarters.views import VIEWS
from headquarters.vouch import law_files, sign_law

_LANE = "headquarters.lane"


@dataclass(frozen=True, slots=True)
class _Context:
    url: str
    folder: Path
    tls: TlsFiles | None
    timeout_s: float


@click.group()
@click.option("--url", default="mqtt://127.0.0.1:1883", show_default=True, help="The broker.")
@click.option(
    "--store",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("headquarters-store"),
    show_default=True,
    help="Folder of the database and the key.",
)
@click.option("--ca", default="", help="PEM file of the authority, for mqtts.")
@click.option("--certificate", default="", help="PEM file of our certificate, for mqtts.")
@click.option("--key-file", default="", help="PEM file of our TLS key, for mqtts.")
@click.option("--timeout", "timeout_s", default=15.0, show_default=True, help="Longest wait, s.")
@click.pass_context
def cli(
    context: click.Context,
    *,
    url: str,
    folder: Path,
    ca: str,
    certificate: str,
    key_file: str,
    timeout_s: float,
) -> None:
    """Collect results of scanner lanes, show them, and send signed commands and manifests."""
    tls = TlsFiles(ca=ca, certificate=certificate, key=key_file) if ca else None
    context.obj = _Context(url, folder, tls, timeout_s)


@cli.command()
@click.option("--name", default="hq-collector", show_default=True, help="MQTT client id.")
@click.pass_obj
def collect(context: _Context, *, name: str) -> None:
    """Store every event of every lane, until interrupted."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopping.set())
    with _store(context) as store:
        collector = Collector(
            CollectorSettings(broker_address(context.url), name=name, tls=context.tls),
            store,
            clock=SystemClock(),
            rng=random.Random(uuid.uuid4().int),  # noqa: S311  # jitter, no secret
            stopping=stopping,
        )
        click.echo(f"collecting from {context.url} into {context.folder}; Ctrl+C ends it")
        collector.run()
        click.echo(f"{store.count()} events stored")


@cli.command("sign-law")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--into",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the lane looks for them: STATE/trust/law.",
)
@click.pass_obj
def sign_law_files(context: _Context, *, paths: tuple[Path, ...], into: Path) -> None:
    """Sign tables and lexica of the law: files, or folders as config/law."""
    key = open_key(context.folder)
    for written in sign_law(key, law_files(paths), into, SystemClock()):
        click.echo(f"{written}")


@cli.command()
@click.argument("view", type=click.Choice(list(VIEWS)), default="inspections")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@click.pass_obj
def show(context: _Context, *, view: str, limit: int) -> None:
    """Show a view of what is stored, newest first."""
    with _store(context) as store:
        for row in store.rows(view, limit=limit):
            known = [f"{name}={value}" for name, value in row.items() if value is not None]
            click.echo("  ".join(known))


@cli.command()
@click.pass_obj
def verify(context: _Context) -> None:
    """Check what is stored; every problem is a line, none is exit code 0."""
    with _store(context) as store:
        found = list(problems_of(store))
        for line in found:
            click.echo(line, err=True)
        click.echo(f"{store.count()} events, {len(found)} problems")
    if found:
        sys.exit(1)


@cli.command()
@click.pass_obj
def key(context: _Context) -> None:
    """Print key id and public key, for the lane file; made on the first run."""
    ours = open_key(context.folder)
    click.echo(f"{ours.key_id} {ours.public_text}")


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def manifest(context: _Context, *, file: Path) -> None:
    """Sign the manifest in FILE (JSON) and send it to the lane it names."""
    read = read_manifest(file.read_bytes())
    signer = open_key(context.folder)
    with _store(context) as store, _link(context) as link:
        send_manifest(
            link,
            store,
            read,
            sign=signer.sign,
            clock=SystemClock(),
            timeout_s=context.timeout_s,
        )
    click.echo(f"{read.lane}: manifest {read.id} version {read.version} sent")


@cli.group()
@click.argument("lane")
@click.pass_context
def cmd(context: click.Context, *, lane: str) -> None:
    """Send a signed command to LANE and wait for its response."""
    context.meta[_LANE] = lane


def _officer_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that every command of an officer has."""

    def keep(context: click.Context, option: click.Parameter, value: str) -> None:
        context.meta[f"{_LANE}.{option.name}"] = value

    officer = click.option(
        "--officer",
        required=True,
        expose_value=False,
        callback=keep,
        help="Who asks: an officer id the lane knows.",
    )
    identifier = click.option(
        "--id",
        "identifier",
        default="",
        expose_value=False,
        callback=keep,
        help="Repeat a command that got no response; it is carried out once.",
    )
    return officer(identifier(command))


@cmd.command()
@click.argument("inspection")
@click.argument("decision", type=click.Choice(["scan", "turn_away", "pass"]))
@click.option("--reason", required=True)
@_officer_options
@click.pass_context
def answer(context: click.Context, *, inspection: str, decision: str, reason: str) -> None:
    """Answer a hold."""
    values = {"inspection_id": inspection, "decision": decision, "reason": reason}
    _order(context, "answer", values)


@cmd.command()
@click.argument("inspection")
@click.option("--reason", required=True)
@_officer_options
@click.pass_context
def abort(context: click.Context, *, inspection: str, reason: str) -> None:
    """End a running scan."""
    _order(context, "abort", {"inspection_id": inspection, "reason": reason})


@cmd.command()
@click.argument("inspection")
@click.option("--suspicion/--no-suspicion", required=True)
@click.option("--agrees/--disagrees", required=True, help="With the documents.")
@click.option("--note", default="")
@_officer_options
@click.pass_context
def outcome(
    context: click.Context, *, inspection: str, suspicion: bool, agrees: bool, note: str
) -> None:
    """Give the two answers of the analysing officer."""
    values = {
        "inspection_id": inspection,
        "suspicion": suspicion,
        "agrees_with_documents": agrees,
        "note": note,
    }
    _order(context, "outcome", values)


@cmd.command()
@click.argument("fault_code", required=False)
@_officer_options
@click.pass_context
def ack(context: click.Context, *, fault_code: str | None) -> None:
    """Acknowledge one fault, or everything that may be (never a trip)."""
    _order(context, "ack", {"fault_code": fault_code})


@cmd.command("confirm-identity")
@click.argument("inspection")
@click.argument("manifest_id")
@click.option("--reason", required=True)
@_officer_options
@click.pass_context
def confirm_identity(
    context: click.Context, *, inspection: str, manifest_id: str, reason: str
) -> None:
    """Bind a manifest to a held unit whose identifiers do not do it, or of which none was read."""
    values = {"inspection_id": inspection, "manifest_id": manifest_id, "reason": reason}
    _order(context, "confirm_identity", values)


@cmd.command("state-no-animals")
@click.argument("inspection")
@_officer_options
@click.pass_context
def state_no_animals(context: click.Context, *, inspection: str) -> None:
    """State that a circus or menagerie travels without live animals."""
    _order(context, "state_no_animals", {"inspection_id": inspection})


@cmd.command("ask-driver")
@click.argument("inspection")
@click.option("--animals", type=click.Choice(["yes", "no"]), required=True)
@_officer_options
@click.pass_context
def ask_driver(context: click.Context, *, inspection: str, animals: str) -> None:
    """Record the driver's answer to: are live animals on board?"""
    _order(context, "ask_driver", {"inspection_id": inspection, "animals": animals})


@cmd.command()
@click.argument("inspection")
@click.option("--reason", required=True)
@_officer_options
@click.pass_context
def refusal(context: click.Context, *, inspection: str, reason: str) -> None:
    """Record that the driver refuses to drive through."""
    _order(context, "refusal", {"inspection_id": inspection, "reason": reason})


def _order(context: click.Context, name: str, values: Mapping[str, object]) -> None:
    args = read_args(name, values)
    lane: str = context.meta[_LANE]
    officer: str = context.meta[f"{_LANE}.officer"]
    identifier: str = context.meta[f"{_LANE}.identifier"] or str(uuid.uuid4())
    ours: _Context = context.obj
    signer = open_key(ours.folder)
    order = Order(lane, name, officer, args, identifier)
    with _store(ours) as store, _link(ours) as link:
        got = send_command(
            link,
            store,
            order,
            sign=signer.sign,
            clock=SystemClock(),
            timeout_s=ours.timeout_s,
        )
        public_text = store.lane_key(lane)
    for line in filter(None, describe(got)):
        click.echo(line)
    problem = signature_problem(got.payload, public_text) if public_text else "the key is unknown"
    if problem:
        click.echo(f"  signature of the lane not verified: {problem}", err=True)
    if not got.response.accepted:
        sys.exit(1)


@contextmanager
def _store(context: _Context) -> Iterator[Store]:
    store = Store.open(context.folder)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _link(context: _Context) -> Iterator[Link]:
    link = Link(
        broker_address(context.url),
        client_id=f"hq-{uuid.uuid4().hex[:12]}",
        clock=SystemClock(),
        tls=context.tls,
    )
    link.open(context.timeout_s)
    try:
        yield link
    finally:
        link.close()


def main() -> None:
    """Run the command line."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        cli.main(prog_name="scanlane-hq")
    except EdgeError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
