"""What one line of goods says: its code, the rows that speak of it, the words of its description.

A word holds where the code does not explain it. It never exempts, and never clears.
"""

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import NamedTuple

from edge.law.lexicon import Lexicon, Strength, WordClass
from edge.law.living_words import Found, WordHit, find_words
from edge.law.manifest import GoodsLine
from edge.law.rules import Rule
from edge.law.sightings import MAX_EFFORT
from edge.law.tables import NAMES, Action, ExemptionTable, ExemptRow, GoodsRow
from edge.law.tariff import CodeProblem, print_code, read_code
from edge.law.verdicts import Finding

MAX_UNIT_EFFORT = 12_000
"""Steps that are spent on the descriptions of one unit beyond looking up words one by one: six on
each of the most lines a manifest may have; a hyphen takes one, and a word that is heard two."""

_UNHEARD = Found((), (), not_read_whole=False)


class StudiedLine(NamedTuple):
    """A line with everything its rules need.

    Attributes:
        line: as declared.
        digits: its code, or what is wrong with it.
        exempt: rows under which it is exempt.
        undecided: rows of which its code is too short to tell.
        advice: every row of advice that may speak of it, the one that surely does first.
        expects: words that go without saying with its code, whatever the code's missing digits.
        found: the words of its description.
    """

    line: GoodsLine
    digits: str | CodeProblem
    exempt: tuple[ExemptRow, ...]
    undecided: tuple[ExemptRow, ...]
    advice: tuple[GoodsRow, ...]
    expects: frozenset[str]
    found: Found

    @property
    def shown(self) -> str:
        """The line for people."""
        return f"{self.line.code[:24]!r} {self.line.description[:40]}".rstrip()

    def expected(self, hit: WordHit) -> bool:
        """Whether the code explains a word."""
        name = hit.strength is Strength.WEAK and hit.word_class.living
        return hit.entry_id in self.expects or (name and NAMES in self.expects)

    @property
    def speaks_of_life(self) -> bool:
        """Whether some word speaks of living goods that the code does not explain."""
        return any(hit.word_class.living and not self.expected(hit) for hit in self.found.hits)

    def code_in(self, prefixes: tuple[str, ...]) -> bool:
        """Whether the code surely begins with one of these."""
        return isinstance(self.digits, str) and self.digits.startswith(prefixes)


# A unit is decided on again whenever something new is known of it, mostly not its goods. Line,
# table and lexicon never change: remembering changes only the time.
@lru_cache(maxsize=4096)
def study_line(
    line: GoodsLine,
    table: ExemptionTable | None,
    lexicon: Lexicon | None,
    effort: int = MAX_EFFORT,
) -> StudiedLine:
    """Look everything up for one line; without table or lexicon nothing is known of it."""
    digits = read_code(line.code)
    found = _UNHEARD if lexicon is None else find_words(lexicon, line.description, effort)
    if table is None or isinstance(digits, CodeProblem):
        return StudiedLine(line, digits, *_NO_ROWS, found)
    return StudiedLine(line, digits, *code_rows(table, digits), found)


def study_lines(
    lines: Collection[GoodsLine], table: ExemptionTable | None, lexicon: Lexicon | None
) -> tuple[StudiedLine, ...]:
    """Look everything up for all lines of a unit, with no more work than `MAX_UNIT_EFFORT`.

    Where they need more, each gets the same share of it: what lies beyond is not read whole. So the
    order of the lines means nothing, and a lane that must withdraw a permit is never kept from it.
    """
    studied: list[StudiedLine] = []
    spent = 0
    for line in lines:
        studied.append(study_line(line, table, lexicon))
        spent += studied[-1].found.effort
        if spent > MAX_UNIT_EFFORT:
            share = MAX_UNIT_EFFORT // len(lines)
            return tuple(study_line(one, table, lexicon, share) for one in lines)
    return tuple(studied)


class CodeRows(NamedTuple):
    """What a table says of a code; the fields are those of `StudiedLine`."""

    exempt: tuple[ExemptRow, ...]
    undecided: tuple[ExemptRow, ...]
    advice: tuple[GoodsRow, ...]
    expects: frozenset[str]


_NO_ROWS = CodeRows((), (), (), frozenset())


@lru_cache(maxsize=4096)
def code_rows(table: ExemptionTable, digits: str) -> CodeRows:
    """Look up what a table says of a code, as `read_code` gives it."""
    advice = table.possible(digits)
    exempt = table.exempting.matching(digits)
    expects = _common(advice) if table.advice(digits) is not None else frozenset()
    return CodeRows(
        exempt=exempt,
        undecided=table.exempting.undecided(digits),
        advice=advice,
        expects=expects.union(*(row.expects for row in exempt)),
    )


def _common(rows: tuple[GoodsRow, ...]) -> frozenset[str]:
    """What every row expects: a code cut short explains no more than the whole code might."""
    return frozenset.intersection(*(row.expects for row in rows))


def line_findings(studied: StudiedLine) -> Iterator[Finding]:
    """Every doubt of a line and every notice; what exempts it is looked at elsewhere."""
    shown = studied.shown
    if isinstance(studied.digits, CodeProblem):
        yield Finding(Rule.MALFORMED_CODE, f"{shown}: {studied.digits.value}")
    for row in studied.undecided:
        yield Finding(Rule.UNDECIDED_CODE, f"{shown}: may be {print_code(row.prefix)}, {row.what}")
    if studied.found.not_read_whole:
        yield Finding(Rule.DESCRIPTION_UNREAD, shown)
    for advice in studied.advice:
        rule = advised(advice, studied.found)
        if rule is not None:
            yield Finding(rule, f"{shown}: {print_code(advice.prefix)}, {advice.what}")
    for hit in studied.found.hits:
        if not studied.expected(hit):
            sensitive = hit.word_class is WordClass.SENSITIVE
            rule = Rule.SITE_POLICY if sensitive else Rule.LIVING_WORD
            yield Finding(rule, f"{shown}: {hit.words!r} ({hit.entry_id})")


def advised(row: GoodsRow, found: Found) -> Rule | None:
    """The rule a row of advice leads to beside these words, None when it says nothing."""
    if row.action is Action.HOLD:
        return Rule.SITE_POLICY if row.site_policy else Rule.LIVING_GOODS
    if row.action is Action.HOLD_IF_LIVING and found.strong:
        return Rule.LIVING_GOODS
    return Rule.GOODS_NOTICE if row.action is Action.NOTICE else None
