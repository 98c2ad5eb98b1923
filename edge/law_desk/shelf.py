"""Tables and lexica for people: what is in force on a day, what is wrong, what differs."""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from edge.errors import EdgeError, Mistake, SettingsError
from edge.law.case import LawData
from edge.law.compare import Difference, compare_lexica, compare_tables
from edge.law.dated import Missing, Provenance
from edge.law.grounds import tables_in_force
from edge.law.lexicon import Lexicon
from edge.law.lexicon_reader import build_lexicon
from edge.law.rule_texts import RULE_TEXTS
from edge.law.table_reader import build_table
from edge.law.tables import Action, ExemptionTable
from edge.law.tariff import print_code
from edge.law.timeline import alone_problems, today_problems, validity_problems, word_problems
from edge.law.words import NATIVE_REVIEW
from edge.law_desk.desk import load_signed, read_law
from edge.law_desk.labels import ACTIONS, Language, label, plain, said
from edge.law_desk.row_words import what
from edge.law_desk.rows import document_lines, goods_lines, vehicle_lines
from edge.law_tables import WORDS

_Thing = ExemptionTable | Lexicon


def show_law(law: LawData, day: date, language: Language, *, rows: bool) -> Iterator[str]:
    """The lines that tell what is in force on a civil day, the exemptions in full.

    Args:
        law: everything that is loaded.
        day: the civil day.
        language: of the texts.
        rows: whether every row of advice is listed as well, or counted alone.
    """
    table, lexicon = tables_in_force(law, day)
    yield f"{label('day', language)}: {day}"
    for name, found in (("table", table), ("words", lexicon)):
        if isinstance(found, Missing):
            yield f"{label(name, language)}: {label('none', language)}: {found.reason}"
            yield f"  {found.remedy}"
    if isinstance(table, ExemptionTable):
        yield from _show_table(table, language, rows=rows)
    if isinstance(lexicon, Lexicon):
        yield from _show_lexicon(lexicon, language)
    loaded: list[_Thing] = [*law.tables, *law.lexica]
    others = [one for one in loaded if one is not table and one is not lexicon]
    if others:
        yield f"{label('other', language)}:"
        yield from sorted(f"  {_name(one)}" for one in others)
    yield NATIVE_REVIEW


def _name(one: _Thing) -> str:
    ref = one.ref
    return f"{ref.table_id} {ref.version} {one.valid_from}..{one.valid_to} sha256 {ref.sha256}"


def _head(name: str, one: _Thing, language: Language) -> Iterator[str]:
    yield f"{label(name, language)}: {one.ref.table_id} {one.ref.version}"
    yield f"  {label('valid', language)}: {one.valid_from}..{one.valid_to}"
    yield f"  sha256: {one.ref.sha256}"
    yield f"  {label('source', language)}: {plain(one.source)}"


def _show_table(table: ExemptionTable, language: Language, *, rows: bool) -> Iterator[str]:
    yield from _head("table", table, language)
    yield f"  {label('exemptions', language)}: {len(table.rows)}"
    for row in sorted(table.rows, key=lambda row: row.prefix):
        text = said(RULE_TEXTS[row.rule], language)
        yield f"    {print_code(row.prefix)}  {row.rule.value}  {text}"
        yield f"      {plain(what(row.what, language))}"
        yield f"      {label('source', language)}: {plain(row.source)}"
    yield f"  {label('advice', language)}:"
    actions = Counter(row.action for row in table.goods)
    yield f"    {label('goods', language)}: {len(table.goods)}"
    for action in Action:
        shown = said(ACTIONS[action], language)
        yield f"      {action.value}: {actions[action]} ({shown})"
    if rows:
        yield from _indented(goods_lines(table, language))
    yield f"    {label('documents', language)}: {len(table.documents)}"
    if rows:
        yield from _indented(document_lines(table, language))
    yield f"    {label('vehicles', language)}: {len(table.vehicles)}"
    if rows:
        yield from _indented(vehicle_lines(table, language))


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"      {line}" for line in lines)


def _show_lexicon(lexicon: Lexicon, language: Language) -> Iterator[str]:
    yield from _head("words", lexicon, language)
    yield f"  {label('entries', language)}: {len(lexicon.entries)}"
    counts = Counter(
        (entry.word_class.value, entry.language.value) for entry in lexicon.entries.values()
    )
    for (word_class, spoken), count in sorted(counts.items()):
        yield f"    {word_class} {spoken}: {count}"
    yield f"  {label('friends', language)}: {len(lexicon.friends)}"
    yield f"  {label('review', language)}: {plain(lexicon.review)}"


def check_law(folder: Path, today: date) -> tuple[LawData, list[Mistake]]:
    """Find every mistake in a folder of the law, and in the validity of what is in it.

    Args:
        folder: of the law.
        today: the civil day on which something should be in force.
    """
    law, mistakes = load_signed(folder)
    words = folder / WORDS
    found = [
        *((folder, problem) for problem in validity_problems(law.tables, "table of exemptions")),
        *((words, problem) for problem in validity_problems(law.lexica, "lexicon of living goods")),
        *((folder, problem) for problem in alone_problems(law)),
        *((folder, problem) for problem in today_problems(law, today)),
        *((folder, problem) for problem in word_problems(law)),
    ]
    dated = (Mistake(str(at), p.key, p.value, p.reason, p.remedy) for at, p in found)
    return law, [*mistakes, *dated]


def difference(old: Path, new: Path, day: date) -> Iterator[tuple[str, str, Difference]]:
    """What two files, or what is in force in two folders, decide differently.

    Args:
        old: a TOML file of a table or a lexicon, or a folder of the law.
        new: of the same kind.
        day: the civil day that says what of a folder is compared.

    Yields:
        Name of the old one, name of the new one, and the difference.

    Raises:
        SettingsError: one of them has mistakes.
        EdgeError: they cannot be compared; says why.
    """
    before, after = _things(old, day), _things(new, day)
    for one, other in zip(before, after, strict=False):
        if isinstance(one, ExemptionTable) and isinstance(other, ExemptionTable):
            yield _name(one), _name(other), compare_tables(one, other)
        elif isinstance(one, Lexicon) and isinstance(other, Lexicon):
            yield _name(one), _name(other), compare_lexica(one, other)
        else:
            raise EdgeError(f"{old} and {new}: one is a table, the other a lexicon; name two alike")
    if len(before) != len(after):
        raise EdgeError(f"{old} and {new}: one is a folder, the other a file; name two alike")


def _things(path: Path, day: date) -> Sequence[_Thing]:
    try:
        is_folder = path.is_dir()
    except OSError:
        is_folder = False  # what cannot be looked at is told when it is read
    if not is_folder:
        return [_read_one(path)]
    found: list[_Thing] = []
    for one in tables_in_force(read_law(path), day):
        if isinstance(one, Missing):
            raise EdgeError(f"{path}: {one.reason}; name another day with --at, or two files")
        found.append(one)
    return found


def _read_one(file: Path) -> _Thing:
    try:
        data = file.read_bytes()
        mapping = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
        remedy = "Name a table or lexicon"
        raise SettingsError([Mistake(str(file), "-", "", reason, remedy)]) from error
    except (ValueError, RecursionError) as error:
        reason = f"is not valid TOML: {error}"
        raise SettingsError([Mistake(str(file), "-", "", reason, "Mend that line")]) from error
    build = build_lexicon if "entry" in mapping else build_table
    made = build(mapping, hashlib.sha256(data).hexdigest(), provenance=Provenance.SIGNED)
    if isinstance(made, tuple):
        raise SettingsError([Mistake(str(file), p.key, p.value, p.reason, p.remedy) for p in made])
    return made
