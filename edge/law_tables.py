"""Reads the dated tables of exempt codes; a table that does not build is a mistake with its key."""

import hashlib
import tomllib
from pathlib import Path

from edge.errors import Mistake
from edge.law.tables import ExemptionTable, Provenance, build_table


def load_tables(folder: Path) -> tuple[tuple[ExemptionTable, ...], list[Mistake]]:
    """Read every ``*.toml`` of a folder.

    Returns:
        The tables that build, and every mistake found; the lane runs only without mistakes.
    """
    tables: list[ExemptionTable] = []
    mistakes: list[Mistake] = []
    files = sorted(folder.glob("*.toml")) if folder.is_dir() else []
    if not files:
        reason = "holds no table of exempt codes, so no permit could ever be made"
        mistakes.append(Mistake(str(folder), "-", "", reason, "Put the table in force there"))
    for file in files:
        found = _load(file)
        if isinstance(found, ExemptionTable):
            tables.append(found)
        else:
            mistakes.extend(found)
    return tuple(tables), mistakes


def _load(file: Path) -> ExemptionTable | list[Mistake]:
    try:
        data = file.read_bytes()
        mapping = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
        return [Mistake(str(file), "-", "", reason, "Make it readable to the lane's user")]
    except (ValueError, RecursionError) as error:
        # Bad TOML and bad UTF-8 are ValueErrors; so are numbers and nesting beyond all use.
        return [Mistake(str(file), "-", "", f"is not valid TOML: {error}", "Mend that line")]
    built = build_table(mapping, hashlib.sha256(data).hexdigest(), provenance=Provenance.SHIPPED)
    if isinstance(built, ExemptionTable):
        return built
    return [Mistake(str(file), p.key, p.value, p.reason, p.remedy) for p in built]
