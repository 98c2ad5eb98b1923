"""Reads the dated data of the law, codes and words; what is wrong is a mistake with its key.

A file that nobody vouches for is read all the same: the lane says that it is unsigned, and scans
nothing by it.
"""

import hashlib
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from edge.errors import Mistake
from edge.law.case import LawData
from edge.law.dated import Provenance
from edge.law.lexicon import Lexicon
from edge.law.lexicon_reader import build_lexicon
from edge.law.row_checks import Problem
from edge.law.table_reader import build_table
from edge.law.tables import NAMES, ExemptionTable
from edge.law.traffic import LegalTraffic, build_traffic

WORDS = "words"
"""Folder of the lexica, inside that of the tables."""

TRAFFIC = "traffic"
"""Folder of legal traffic, inside that of the tables."""

_T = TypeVar("_T", ExemptionTable, Lexicon)

IsSigned = Callable[[Path, bytes], bool]
"""Whether a trusted key vouches for the bytes of a file."""


def load_law(folder: Path, is_signed: IsSigned) -> tuple[LawData, list[Mistake]]:
    """Read every table, the ``*.toml`` of a folder, and every lexicon in its ``words``.

    Returns:
        What builds, and every mistake found; the lane runs only without mistakes.
    """
    reason = "holds no table of exempt codes, so no permit could ever be made"
    tables, mistakes, broken = _load_all(folder, build_table, is_signed, reason)
    reason = "holds no lexicon of living goods, so no permit could ever be made"
    lexica, more, unknown = _load_all(folder / WORDS, build_lexicon, is_signed, reason)
    if not unknown:
        more += _strangers(folder, tables, broken, lexica)
    return LawData(tables, lexica), [*mistakes, *more]


def load_traffic(folder: Path) -> tuple[tuple[LegalTraffic, ...], list[Mistake]]:
    """Read what may lawfully come by road, the ``traffic`` in the folder of the law, if any.

    Returns:
        What builds, and every mistake found.
    """
    built: list[LegalTraffic] = []
    mistakes: list[Mistake] = []
    for file in sorted((folder / TRAFFIC).glob("*.toml")):
        read = _read(file)
        if isinstance(read, Mistake):
            mistakes.append(read)
            continue
        made = build_traffic(read[0])
        if isinstance(made, tuple):
            mistakes.extend(_mistakes(file, made))
        else:
            built.append(made)
    return tuple(built), mistakes


def _mistakes(file: Path, problems: tuple[Problem, ...]) -> list[Mistake]:
    return [Mistake(str(file), p.key, p.value, p.reason, p.remedy) for p in problems]


def _load_all(
    folder: Path,
    build: Callable[..., _T | tuple[Problem, ...]],
    is_signed: IsSigned,
    reason: str,
) -> tuple[tuple[_T, ...], list[Mistake], list[Mapping[str, object]]]:
    """What builds, every mistake, and the content of files that were read and do not build."""
    built: list[_T] = []
    mistakes: list[Mistake] = []
    broken: list[Mapping[str, object]] = []
    files = sorted(folder.glob("*.toml")) if folder.is_dir() else []
    if not files:
        mistakes.append(Mistake(str(folder), "-", "", reason, "Put the one in force there"))
    for file in files:
        read = _read(file)
        if isinstance(read, Mistake):
            mistakes.append(read)
            continue
        mapping, data = read
        signed = Provenance.SIGNED if is_signed(file, data) else Provenance.UNSIGNED
        made = build(mapping, hashlib.sha256(data).hexdigest(), provenance=signed)
        if isinstance(made, tuple):
            mistakes.extend(_mistakes(file, made))
            broken.append(mapping)
        else:
            built.append(made)
    return tuple(built), mistakes, broken


def _read(file: Path) -> tuple[Mapping[str, object], bytes] | Mistake:
    """The content of a file and its bytes."""
    try:
        data = file.read_bytes()
        return tomllib.loads(data.decode("utf-8")), data
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
        return Mistake(str(file), "-", "", reason, "Make it readable to the lane's user")
    except (ValueError, RecursionError) as error:
        # Bad TOML and bad UTF-8 are ValueErrors; so are numbers and nesting beyond all use.
        return Mistake(str(file), "-", "", f"is not valid TOML: {error}", "Mend that line")


def _strangers(
    folder: Path,
    tables: tuple[ExemptionTable, ...],
    broken: list[Mapping[str, object]],
    lexica: tuple[Lexicon, ...],
) -> list[Mistake]:
    """Words that a row expects and no lexicon knows: a slip of the pen would go unnoticed.

    Tables that do not build are asked too, so that all their mistakes are told at once.
    """
    if not lexica:
        return []
    known = {NAMES}.union(*(lexicon.entries for lexicon in lexica))
    rows = [
        (kind, row.prefix, sorted(row.expects))
        for table in tables
        for kind, of_kind in (("exempt", table.rows), ("goods", table.goods))
        for row in of_kind
    ]
    rows += [row for mapping in broken for row in _expecting(mapping)]
    return [
        Mistake(
            str(folder), f"{kind} {prefix}: expects", word, "no lexicon has this entry",
            f"Write an entry's id, or {NAMES!r} for every name of an animal",
        )
        for kind, prefix, expects in rows
        for word in expects
        if word not in known
    ]  # fmt: skip


def _expecting(mapping: Mapping[str, object]) -> Iterator[tuple[str, str, list[str]]]:
    """Kind, prefix and expected words of each row, as far as they are such."""
    for kind in ("exempt", "goods"):
        rows = mapping.get(kind)
        for row in rows if isinstance(rows, list) else ():
            expects = row.get("expects") if isinstance(row, Mapping) else None
            if isinstance(row, Mapping) and isinstance(expects, list):
                words = sorted({word for word in expects if isinstance(word, str)})
                yield kind, str(row.get("prefix", "-"))[:80], words
