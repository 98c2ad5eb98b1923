"""Tables of exempt commodity codes: building one from parsed TOML, finding the one in force."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import unique
from itertools import pairwise

from edge.law.rules import CODE_RULES, Rule
from edge.law.tariff import CodeProblem, Match, match, read_code
from edge.law.verdicts import TableRef
from edge.law.words import Word

SCHEMA = 1
"""The layout of the file this code reads."""

MAX_ROWS = 1000
"""More rows than this are refused: the tariff has about 13,000 codes, the order four kinds."""

_TOP_TEXTS = ("id", "version", "source")
_TOP_DATES = ("valid_from", "valid_to")
_TOP_KEYS = frozenset({"schema", *_TOP_TEXTS, *_TOP_DATES, "exempt"})
_ROW_KEYS = frozenset({"prefix", "rule", "what", "source"})
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CODE_RULES = {rule.value: rule for rule in CODE_RULES}


@unique
class Provenance(Word):
    """How a table came to the lane."""

    SHIPPED = "shipped"
    SIGNED = "signed"
    UNSIGNED = "unsigned"


@dataclass(frozen=True, slots=True)
class TableProblem:
    """One thing wrong with a table, or with the tables of a day.

    Attributes:
        key: dotted path of the key, or ``-`` for the whole file or set.
        value: the offending value as text.
        reason: what is wrong with it.
        remedy: what to do about it.
        rule: the HOLD that units get while it lasts.
    """

    key: str
    value: str
    reason: str
    remedy: str
    rule: Rule = Rule.TABLE_NOT_LOADED


@dataclass(frozen=True, slots=True)
class ExemptRow:
    """Codes that begin with ``prefix`` (digits) are exempt under ``rule``."""

    prefix: str
    rule: Rule
    what: str
    source: str


@dataclass(frozen=True, slots=True)
class ExemptionTable:
    """One dated table. ``valid_from`` and ``valid_to`` are both inside its validity."""

    ref: TableRef
    valid_from: date
    valid_to: date
    source: str
    provenance: Provenance
    rows: tuple[ExemptRow, ...]

    def exempting(self, digits: str) -> tuple[ExemptRow, ...]:
        """The rows under which a declared code is exempt."""
        return tuple(row for row in self.rows if match(digits, row.prefix) is Match.MATCH)

    def undecided(self, digits: str) -> tuple[ExemptRow, ...]:
        """The rows of which a declared code is too short to tell whether they exempt it."""
        return tuple(row for row in self.rows if match(digits, row.prefix) is Match.UNDECIDED)


def build_table(
    mapping: Mapping[str, object], sha256: str, *, provenance: Provenance
) -> ExemptionTable | tuple[TableProblem, ...]:
    """Build a table from a parsed TOML file, or say everything that is wrong with it.

    Args:
        mapping: as ``tomllib`` gives it.
        sha256: hash of the file's bytes, 64 lower-case hex digits.
        provenance: how the file came here; an unsigned table is built but never in force.
    """
    rows, problems = _rows(mapping.get("exempt"))
    problems = [*_top_problems(mapping), *problems, *_contradictions(rows)]
    if not _SHA256.fullmatch(sha256):
        problems.append(_problem("-", sha256, "is no SHA-256", "hash the bytes of the file"))
    if problems:
        return tuple(problems)
    return ExemptionTable(
        ref=TableRef(str(mapping["id"]), str(mapping["version"]), sha256),
        valid_from=_day(mapping["valid_from"]),
        valid_to=_day(mapping["valid_to"]),
        source=str(mapping["source"]),
        provenance=provenance,
        rows=tuple(rows),
    )


def in_force(tables: Sequence[ExemptionTable], day: date) -> ExemptionTable | TableProblem:
    """The one table in force on a civil day at the lane, or why there is none.

    Exactly one table must cover the day: two are a contradiction even if they agree, since a
    verdict names the table that decided.
    """
    covering = [table for table in tables if table.valid_from <= day <= table.valid_to]
    shown = ", ".join(sorted(f"{t.ref.version} {t.valid_from}..{t.valid_to}" for t in tables))
    if len(covering) > 1:
        rule, reason = Rule.TABLE_CONTRADICTION, f"{len(covering)} tables cover {day}"
        return TableProblem("-", shown, reason, "end one before the other begins", rule)
    if covering and covering[0].provenance is Provenance.UNSIGNED:
        rule, reason = Rule.TABLE_UNSIGNED, f"the table for {day} has no valid signature"
        return TableProblem("-", shown, reason, "send the table signed by headquarters", rule)
    if covering:
        return covering[0]
    if not tables:
        return _problem("-", "", "no table is loaded", "put a table into config/law")
    if all(table.valid_to < day for table in tables):
        rule, reason = Rule.TABLE_EXPIRED, f"every table ended before {day}"
    else:
        rule, reason = Rule.TABLE_GAP, f"no table covers {day}"
    return TableProblem("-", shown, reason, "install the table in force on that day", rule)


def _problem(key: str, value: object, reason: str, remedy: str) -> TableProblem:
    return TableProblem(key, str(value)[:80], reason, remedy)


def _day(value: object) -> date:
    assert isinstance(value, date), value
    return value


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _top_problems(mapping: Mapping[str, object]) -> list[TableProblem]:
    problems = [
        _problem(key, mapping[key], "unknown key", "remove it or correct its spelling")
        for key in sorted(mapping.keys() - _TOP_KEYS)
    ]
    schema = mapping.get("schema", "")
    if type(schema) is not int or schema != SCHEMA:
        problems.append(_problem("schema", schema, "unknown layout", f"write schema = {SCHEMA}"))
    problems.extend(
        _problem(key, mapping.get(key, ""), "is missing or no text", "write a text")
        for key in _TOP_TEXTS
        if not _is_text(mapping.get(key))
    )
    days = [mapping.get(key, "") for key in _TOP_DATES]
    for key, value in zip(_TOP_DATES, days, strict=True):
        if not isinstance(value, date) or isinstance(value, datetime):
            problems.append(
                _problem(key, value, "is missing or no date", "write a date as 2025-01-31")
            )
            return problems
    if _day(days[0]) > _day(days[1]):
        problems.append(
            _problem("valid_to", days[1], f"is before valid_from {days[0]}", "correct the dates")
        )
    return problems


def _rows(found: object) -> tuple[list[ExemptRow], list[TableProblem]]:
    if not isinstance(found, list) or not 0 < len(found) <= MAX_ROWS:
        remedy = f"write 1 to {MAX_ROWS} [[exempt]] tables"
        return [], [_problem("exempt", type(found).__name__, "is no list of rows", remedy)]
    rows: list[ExemptRow] = []
    problems: list[TableProblem] = []
    for index, entry in enumerate(found):
        row = _row(f"exempt[{index}]", entry)
        if isinstance(row, ExemptRow):
            rows.append(row)
        else:
            problems.extend(row)
    return rows, problems


def _row(key: str, entry: object) -> ExemptRow | list[TableProblem]:
    if not isinstance(entry, Mapping):
        return [_problem(key, entry, "is no table", "write it as [[exempt]]")]
    problems = [
        _problem(f"{key}.{name}", entry[name], "unknown key", "remove it or correct its spelling")
        for name in sorted(str(name) for name in entry.keys() - _ROW_KEYS)
    ]
    problems.extend(
        _problem(f"{key}.{name}", entry.get(name, ""), "is missing or no text", "write a text")
        for name in sorted(_ROW_KEYS)
        if not _is_text(entry.get(name))
    )
    code, rule_id = str(entry.get("prefix", "")), str(entry.get("rule", ""))
    prefix, rule = read_code(code), _CODE_RULES.get(rule_id)
    if isinstance(prefix, CodeProblem):
        problems.append(_problem(f"{key}.prefix", code, prefix.value, "write a code as 0407 11"))
    if rule is None:
        remedy = "write one of " + ", ".join(_CODE_RULES)
        problems.append(_problem(f"{key}.rule", rule_id, "unknown rule", remedy))
    if problems or rule is None or isinstance(prefix, CodeProblem):
        return problems
    return ExemptRow(prefix, rule, str(entry["what"]), str(entry["source"]))


def _contradictions(rows: list[ExemptRow]) -> list[TableProblem]:
    problems = [
        _problem("exempt", rule.value, "no code is named for it", "the order mandates it; add one")
        for rule in CODE_RULES
        if rows and rule not in {row.rule for row in rows}
    ]
    ordered = sorted(rows, key=lambda row: row.prefix)
    for shorter, longer in pairwise(ordered):
        if longer.prefix.startswith(shorter.prefix):
            reason = f"lies inside {shorter.prefix}"
            problems.append(_problem("exempt", longer.prefix, reason, "keep one row for each code"))
    return problems
