"""Builds a table of exemptions and advice from parsed TOML, or says all that is wrong with it."""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TypeVar

from edge.law.dated import Provenance
from edge.law.row_checks import Problem, Row, RowChecks
from edge.law.rules import CODE_RULES
from edge.law.tables import (
    MANDATED,
    NAMES,
    Action,
    DocumentRow,
    ExemptionTable,
    ExemptRow,
    GoodsRow,
    VehicleRow,
)
from edge.law.tariff import CodeProblem, print_code, read_code

_R = TypeVar("_R")

SCHEMA = 2
"""The layout of the file this code reads."""

MAX_ROWS = 1000
"""More rows than this are refused: the tariff has about 13,000 codes, the order four kinds."""

MAX_TEXTS = 200
"""Stems, prefixes or words of one row."""

_LISTS = frozenset({"exempt", "goods", "document", "vehicle"})
_EXEMPT_KEYS = frozenset({"prefix", "rule", "expects", "what", "source"})
_GOODS_KEYS = frozenset({"prefix", "action", "site_policy", "expects", "what", "source"})
_DOCUMENT_KEYS = frozenset({"code", "stems", "action", "expected_with", "what", "source"})
_VEHICLE_KEYS = frozenset({"kind", "stems", "what", "source"})
_DOCUMENT_CODE = re.compile(r"\d{5}")
_CODE_RULES = {rule.value: rule for rule in CODE_RULES}


def build_table(
    mapping: Mapping[str, object], sha256: str, *, provenance: Provenance
) -> ExemptionTable | tuple[Problem, ...]:
    """Build a table from a parsed TOML file, or say everything that is wrong with it.

    Args:
        mapping: as ``tomllib`` gives it.
        sha256: hash of the file's bytes, 64 lower-case hex digits.
        provenance: how the file came here; an unsigned table is built but never in force.
    """
    reader = _Reader()
    head = reader.head(mapping, sha256, schema=SCHEMA, keys=_LISTS)
    rows = reader.rows(mapping, "exempt", MAX_ROWS, reader.exempt)
    reader.mandated(rows)
    goods = reader.optional(mapping, "goods", reader.goods)
    documents = reader.optional(mapping, "document", reader.document)
    vehicles = reader.optional(mapping, "vehicle", reader.vehicle)
    reader.once("goods", ((row.prefix, row.prefix) for row in goods))
    reader.once("document", ((row.code, row.code) for row in documents))
    reader.once("vehicle", ((row.kind, row.kind) for row in vehicles))
    reader.apart(rows, goods)
    if reader.problems:
        return tuple(reader.problems)
    return ExemptionTable(
        ref=head.ref,
        valid_from=head.valid_from,
        valid_to=head.valid_to,
        source=head.source,
        provenance=provenance,
        rows=tuple(rows),
        goods=tuple(goods),
        documents=tuple(documents),
        vehicles=tuple(vehicles),
    )


class _Reader(RowChecks):
    """Builds the rows of each kind."""

    def exempt(self, at: str, row: Row) -> ExemptRow:
        """One exemption of the order."""
        self.known(at, row, _EXEMPT_KEYS)
        rule_id = self.text(at, row, "rule")
        if rule_id not in _CODE_RULES:
            remedy = "write one of " + ", ".join(_CODE_RULES)
            self.say(f"{at}rule", rule_id, "unknown rule", remedy)
        rule = _CODE_RULES.get(rule_id, CODE_RULES[0])
        expects = frozenset(self._texts(at, row, "expects"))
        if NAMES in expects:
            reason = "would explain every animal in goods the order exempts"
            self.say(f"{at}expects", NAMES, reason, "name the entries of the lexicon")
        return ExemptRow(self._prefix(at, row), rule, *self._about(at, row), expects)

    def goods(self, at: str, row: Row) -> GoodsRow:
        """Advice on goods."""
        self.known(at, row, _GOODS_KEYS)
        action = self.one_of(at, row, "action", Action)
        policy = self.flag(at, row, "site_policy")
        if policy and action is not Action.HOLD:
            self.say(f"{at}site_policy", policy, "goes with hold alone", "remove it")
        expects = frozenset(self._texts(at, row, "expects"))
        return GoodsRow(self._prefix(at, row), action, policy, expects, *self._about(at, row))

    def document(self, at: str, row: Row) -> DocumentRow:
        """Advice on documents."""
        self.known(at, row, _DOCUMENT_KEYS)
        code = self.text(at, row, "code")
        if not _DOCUMENT_CODE.fullmatch(code):
            self.say(f"{at}code", code, "is no code of five digits", "write a code as 01201")
        stems = tuple(text.casefold() for text in self._texts(at, row, "stems"))
        action = self.one_of(at, row, "action", Action)
        prefixes = [
            self._code(f"{at}expected_with", text) for text in self._texts(at, row, "expected_with")
        ]
        return DocumentRow(code, stems, action, tuple(prefixes), *self._about(at, row))

    def vehicle(self, at: str, row: Row) -> VehicleRow:
        """A kind of vehicle made for living goods."""
        self.known(at, row, _VEHICLE_KEYS)
        stems = tuple(text.casefold() for text in self._texts(at, row, "stems"))
        return VehicleRow(self.text(at, row, "kind"), stems, *self._about(at, row))

    def mandated(self, rows: list[ExemptRow]) -> None:
        """Every code the order exempts must be covered under its rule, and every code one row.

        Finer rows never cover a code between them: what they leave out would be scanned.
        """
        for prefix, rule in MANDATED if rows else ():
            if not any(row.rule is rule and prefix.startswith(row.prefix) for row in rows):
                shown = print_code(prefix)
                reason = f"is not exempt under {rule.value} as a whole, which the order mandates"
                remedy = f'write a row with prefix = "{shown}" and rule = "{rule.value}"'
                self.say("exempt", shown, reason, remedy)
        for shorter, longer in pairwise(sorted(rows, key=lambda row: row.prefix)):
            if longer.prefix.startswith(shorter.prefix):
                reason = f"lies inside {shorter.prefix}"
                self.say("exempt", longer.prefix, reason, "keep one row for each code")

    def apart(self, rows: list[ExemptRow], goods: list[GoodsRow]) -> None:
        """Advice on what the order exempts would never be heard."""
        for row in goods:
            inside = [exempt.prefix for exempt in rows if row.prefix.startswith(exempt.prefix)]
            if inside:
                reason = f"lies inside {inside[0]}, which is exempt"
                self.say("goods", row.prefix, reason, "remove the row")

    def optional(self, mapping: Row, name: str, build: Callable[[str, Row], _R]) -> list[_R]:
        """Rows of a kind a table may do without."""
        return self.rows(mapping, name, MAX_ROWS, build) if name in mapping else []

    def _about(self, at: str, row: Row) -> tuple[str, str]:
        return self.text(at, row, "what"), self.text(at, row, "source")

    def _texts(self, at: str, row: Row, name: str) -> list[str]:
        return self.texts(at, row, name, MAX_TEXTS) if name in row else []

    def _prefix(self, at: str, row: Row) -> str:
        return self._code(f"{at}prefix", self.text(at, row, "prefix"))

    def _code(self, key: str, printed: str) -> str:
        digits = read_code(printed)
        if isinstance(digits, CodeProblem):
            self.say(key, printed, digits.value, "write a code as 0407 11")
            return ""
        return digits
