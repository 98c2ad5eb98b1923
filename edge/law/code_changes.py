"""What two tables decide differently about codes: the codes a row speaks of, and those cut short.

A code is looked up as a goods line's is, by `goods.code_rows`, with a description that says
nothing. Two sorts of codes have a prefix: those that go on with no finer row of either table, and
the prefix itself, as it is or filled up with zeros, which may turn out to be any finer row.
"""

from collections.abc import Iterator
from typing import NamedTuple

from edge.law.goods import CodeRows, advised, code_rows
from edge.law.living_words import Found
from edge.law.rules import Rule
from edge.law.tables import Action, ExemptionTable, GoodsRow
from edge.law.tariff import LENGTHS, print_code

_SILENT = Found((), (), not_read_whole=False)
_SCANNED, _HELD = "scanned", "held"
_SAID = {
    Rule.LIVING_GOODS: "held (living goods)",
    Rule.SITE_POLICY: "held (policy of the site)",
    Rule.GOODS_NOTICE: "scanned with a notice",
}
_IF_LIVING = "scanned, held when the words say that something is alive"


class _Said(NamedTuple):
    """What a table says of one sort of codes.

    Attributes:
        verdict: what becomes of them, in words.
        maybe: rows that they may turn out to be, and what those lead to.
        expects: words that go without saying with them.
    """

    verdict: str
    maybe: frozenset[str]
    expects: frozenset[str]


def code_changes(old: ExemptionTable, new: ExemptionTable) -> Iterator[str]:
    """One sentence for each prefix, of which codes are decided differently, and how."""
    exempt = {row.prefix for one in (old, new) for row in one.rows}
    rows = exempt | {row.prefix for one in (old, new) for row in one.goods}
    version = old.ref.version
    for prefix in sorted({row[:end] for row in rows for end in range(2, len(row) + 1, 2)}):
        alone, below = ([how(one, prefix) for one in (old, new)] for how in (_alone, _below))
        finer = {row for row in rows if row != prefix and row.startswith(prefix)}
        if finer:
            yield from _moved(f"{print_code(prefix)} when no longer", version, *alone)
        if prefix in rows:
            yield from _moved(_span(prefix, finer), version, *below)


def _span(prefix: str, finer: set[str]) -> str:
    """The codes that begin with a prefix and with no finer one, in words."""
    shown = print_code(prefix)
    if len(prefix) == max(LENGTHS):
        return shown
    if not finer:
        return f"{shown} and below"
    closest = {row for row in finer if not any(row[:end] in finer for end in range(len(row)))}
    listed = ", ".join(map(print_code, sorted(closest)))
    return f"{shown} and below, but for {listed} and what is cut short of it,"


def _below(table: ExemptionTable, prefix: str) -> _Said:
    """What is said of the codes that go on with no finer row."""
    rows = code_rows(table, prefix)
    sure = table.advice(prefix)
    advice = () if sure is None else (sure,)
    return _said(
        rows._replace(
            undecided=(), advice=advice, expects=frozenset() if sure is None else sure.expects
        ),
        frozenset(),
    )


def _alone(table: ExemptionTable, prefix: str) -> _Said:
    """What is said of the prefix itself, which may go on with anything."""
    rows = code_rows(table, prefix)
    maybe = {f"{print_code(row.prefix)} (exempt)" for row in rows.undecided}
    for row in rows.advice:
        if not prefix.startswith(row.prefix) and (said := _advice(row)):
            maybe.add(f"{print_code(row.prefix)} ({said})")
    return _said(rows, frozenset(maybe))


def _said(rows: CodeRows, maybe: frozenset[str]) -> _Said:
    """What becomes of a code with these rows, what is asked first before the rest."""
    rules = {row.rule.value for row in rows.exempt}
    words = ["exempt (" + ", ".join(sorted(rules)) + ")"] if rules else []
    if rows.undecided:
        words.append("held (it may be exempt)")
    advised_so = {said for row in rows.advice if (said := _advice(row))}
    words += sorted(said for said in advised_so if said.startswith(_HELD))
    # What is noted, or held by a word, makes no difference where it is not scanned anyway.
    words = words or sorted(advised_so)
    return _Said("; ".join(words) or _SCANNED, maybe, rows.expects)


def _advice(row: GoodsRow) -> str:
    """What one row of advice leads to; empty where it says nothing."""
    rule = advised(row, _SILENT)
    if rule is not None:
        return _SAID[rule]
    return _IF_LIVING if row.action is Action.HOLD_IF_LIVING else ""


def _moved(what: str, version: str, before: _Said, after: _Said) -> Iterator[str]:
    if before == after:
        return
    moved = f"was {before.verdict} under {version}, is now {after.verdict}"
    if before.verdict == after.verdict:
        moved = f"is {after.verdict} as under {version}"
    maybe = _members("may {} be", before.maybe, after.maybe)
    expects = _members("words {} expected:", before.expects, after.expects)
    yield "; ".join((f"{what} {moved}", *maybe, *expects))


def _members(clause: str, old: frozenset[str], new: frozenset[str]) -> Iterator[str]:
    """What has gone from a set and what has come to it, each in one clause."""
    for when, some in (("no longer", old - new), ("now", new - old)):
        if some:
            yield f"{clause.format(when)} {', '.join(sorted(some))}"
