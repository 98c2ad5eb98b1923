"""The commands of ``scanlane`` that tell what the law says: ``decide`` and ``law``.

They read files and print; they ask no lane and permit nothing. Exit codes as in `edge.cli`.
Heavy imports stay inside the commands so that help is quick.
"""

import sys
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from edge.errors import EdgeError, SettingsError

if TYPE_CHECKING:
    from edge.law_desk.desk import Desk
    from edge.law_desk.labels import Language

EXIT_FAILED, EXIT_SETTINGS = 1, 3

Command = Callable[..., None]


def _day(_context: click.Context, _option: click.Parameter, value: datetime | None) -> date | None:
    return None if value is None else value.date()


def _at_option(command: Command) -> Command:
    return click.option(
        "--at",
        type=click.DateTime(formats=["%Y-%m-%d"]),
        callback=_day,
        metavar="DATE",
        help="Civil day at the lane, as 2026-01-31. Left out: now; for `law` today in UTC.",
    )(command)


def _law_option(command: Command) -> Command:
    return click.option(
        "--law",
        "folder",
        type=click.Path(path_type=Path),
        help="Folder of tables and lexica. Left out: the lane file's, or the shipped one.",
    )(command)


def _lang_option(command: Command) -> Command:
    return click.option(
        "--lang",
        type=click.Choice(["en", "ru", "kk"]),
        default="en",
        show_default=True,
        help="Language of the texts. RU and KK need native review.",
    )(command)


@click.command()
@click.argument("manifest", type=click.Path(path_type=Path), required=False)
@click.option("--lane", type=click.Path(path_type=Path), help="Lane file. Left out: the shipped.")
@_law_option
@_at_option
@_lang_option
@click.option("--measured", default="", metavar="AXIS=VALUE[+-U],...", help="Amounts as measured.")
@click.option("--json", "as_json", is_flag=True, help="Print the record of the verdict as JSON.")
@click.option("--batch", metavar="FILE", help="Many manifests, JSON Lines; - for standard input.")
@click.option("--csv", "as_csv", is_flag=True, help="The batch is a spreadsheet of goods lines.")
def decide(
    manifest: Path | None,
    lane: Path | None,
    folder: Path | None,
    at: date | None,
    lang: "Language",
    measured: str,
    batch: str | None,
    *,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Say what the law says of MANIFEST, why, and what would change it. Permits nothing.

    The manifest is a message as headquarters sends it; its signature is not looked at. Sizes it
    declares are taken as measured, unless --measured gives others.

    With --batch every line is one manifest, and one line is printed for each. A name that ends in
    .csv, or --csv, means rows of goods lines; edge/law_desk/README.md tells the columns.
    """
    if (manifest is None) == (batch is None):
        raise click.UsageError("name a MANIFEST, or --batch FILE, one of the two")
    if as_csv and batch is None:
        raise click.UsageError("--csv goes with --batch FILE")
    desk = _desk(lane, folder, at, measured)
    if batch is not None:
        _batch(batch, desk, lang, as_csv=as_csv or batch.lower().endswith(".csv"))
    elif manifest is not None:
        _one(manifest, desk, lang, as_json=as_json)


def _one(manifest: Path, desk: "Desk", lang: "Language", *, as_json: bool) -> None:
    from edge.law_desk.desk import read_file
    from edge.law_desk.labels import json_text
    from edge.law_desk.letter import letter

    try:
        answer = desk.judge(read_file(manifest))
    except EdgeError as error:
        _fail(str(error))
    if as_json:
        click.echo(json_text(answer.record(lang), indent=2))
    else:
        _print(letter(answer, lang))


def _desk(lane: Path | None, folder: Path | None, at: date | None, measured: str) -> "Desk":
    from edge.clock import SystemClock
    from edge.law_desk.desk import open_desk, read_measured

    try:
        given = read_measured(measured)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--measured") from error
    try:
        return open_desk(lane, folder, at, SystemClock(), given)
    except SettingsError as error:
        _mistakes(error)


def _batch(file: str, desk: "Desk", lang: "Language", *, as_csv: bool) -> None:
    from edge.law_desk.batch import judge_lines, judge_rows
    from edge.law_desk.labels import json_text

    judge = judge_rows if as_csv else judge_lines
    failed = False
    try:
        with click.open_file(file, "rb") as stream:
            for record in judge(stream, desk, lang):
                failed = failed or "error" in record
                click.echo(json_text(record))
    except EdgeError as error:
        _fail(f"{file}: {error}")
    except BrokenPipeError:
        raise  # whoever read the output has gone: click ends quietly
    except OSError as error:
        _fail(f"{file}: cannot be read ({error.strerror}); name a file of manifests")
    if failed:
        sys.exit(EXIT_FAILED)


@click.group()
def law() -> None:
    """Tables of exemptions and lexica of living goods: show, check, compare, explain."""


@law.command("show")
@_law_option
@_at_option
@_lang_option
@click.option("--rows", is_flag=True, help="List every row of advice, with its source.")
@click.option("--json", "as_json", is_flag=True, help="Print every row of the table as JSON.")
def law_show(
    folder: Path | None, at: date | None, lang: "Language", *, rows: bool, as_json: bool
) -> None:
    """Show what is in force on a day, the exemptions in full; --rows lists what is held as well."""
    from edge.law.dated import Missing
    from edge.law.grounds import tables_in_force
    from edge.law_desk.desk import read_law
    from edge.law_desk.labels import json_text
    from edge.law_desk.rows import law_record
    from edge.law_desk.shelf import show_law

    day = at or _today()
    try:
        read = read_law(folder or _shipped())
    except SettingsError as error:
        _mistakes(error)
    if as_json:
        click.echo(json_text(law_record(read, day, lang), indent=2))
    else:
        _print(show_law(read, day, lang, rows=rows))
    if any(isinstance(one, Missing) for one in tables_in_force(read, day)):
        sys.exit(EXIT_FAILED)


@law.command("check")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@_at_option
def law_check(folder: Path | None, at: date | None) -> None:
    """Find every mistake in the law of FOLDER, gaps and contradictions in time among them.

    That nothing is in force on the day --at is a mistake as well.
    """
    from edge.law_desk.shelf import check_law

    checked = folder or _shipped()
    read, mistakes = check_law(checked, at or _today())
    if mistakes:
        _mistakes(SettingsError(mistakes))
    tables, lexica = len(read.tables), len(read.lexica)
    click.echo(f"{checked}: tables {tables}, lexica {lexica}: no mistakes")


@law.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@_at_option
def law_diff(old: Path, new: Path, at: date | None) -> None:
    """Tell what NEW decides otherwise than OLD: two files, or two folders of the law."""
    from edge.law_desk.shelf import difference

    try:
        for before, after, found in difference(old, new, at or _today()):
            click.echo(f"old: {before}\nnew: {after}")
            _part("decided differently", found.decides)
            _part("texts, sources and dates alone", found.apart)
    except SettingsError as error:
        _mistakes(error)
    except EdgeError as error:
        _fail(str(error))


def _part(title: str, lines: tuple[str, ...]) -> None:
    from edge.law_desk.labels import plain

    click.echo(f"{title}:" if lines else f"{title}: none")
    _print(f"  {plain(line)}" for line in lines)


@law.command("explain")
@click.argument("code")
@click.option("--description", default="", help="Description of the goods, as declared.")
@_law_option
@_at_option
@_lang_option
def law_explain(
    code: str, description: str, folder: Path | None, at: date | None, lang: "Language"
) -> None:
    """Tell what tables and lexicon say of a printed CODE of any length."""
    from edge.law.manifest import GoodsLine
    from edge.law_desk.code_words import explain
    from edge.law_desk.desk import read_law

    try:
        read = read_law(folder or _shipped())
    except SettingsError as error:
        _mistakes(error)
    _print(explain(read, GoodsLine(code, description), at or _today(), lang))


def _shipped() -> Path:
    from edge.law_desk.desk import shipped_config

    return shipped_config() / "law"


def _today() -> date:
    from edge.clock import SystemClock

    return SystemClock().utc().astimezone(UTC).date()


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def _mistakes(error: SettingsError) -> NoReturn:
    from edge.law_desk.labels import plain

    for mistake in error.mistakes:
        click.echo(plain(str(mistake)), err=True)
    click.echo(f"{len(error.mistakes)} mistake(s)", err=True)
    sys.exit(EXIT_SETTINGS)


def _fail(text: str) -> NoReturn:
    from edge.law_desk.labels import plain

    click.echo(f"scanlane: {plain(text)}", err=True)
    sys.exit(EXIT_FAILED)
