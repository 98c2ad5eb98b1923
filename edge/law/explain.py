"""What tables and lexicon say of one line of goods, and which rows stand behind a verdict.

Nothing is decided here: the same lookups that decide are shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from edge.law.accompanying import document_findings, vehicle_findings
from edge.law.goods import StudiedLine, advised, line_findings, study_line
from edge.law.grounds import Study
from edge.law.guidance import RULE_SOURCES
from edge.law.lexicon import Lexicon
from edge.law.living_words import WordHit
from edge.law.manifest import GoodsLine
from edge.law.rules import RULES, Rule, VerdictKind
from edge.law.tables import ExemptionTable
from edge.law.tariff import CodeProblem, print_code, read_code
from edge.law.verdicts import Reason, gather

_FULL_CODE_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is to be said of one line of goods by itself.

    Attributes:
        studied: the line with everything found for it.
        kind: the verdict this line alone would lead to; SCAN where nothing stands against one.
        reasons: the rules that speak of it.
        lost_zero: the code with a zero before it, where the code has an odd number of digits and
            would be one then; else empty. It is shown and never judged by.
    """

    studied: StudiedLine
    kind: VerdictKind
    reasons: tuple[Reason, ...]
    lost_zero: str


def explain_line(
    line: GoodsLine, table: ExemptionTable | None, lexicon: Lexicon | None
) -> Explanation:
    """Explain one line as if it stood in a signed manifest of the unit.

    Args:
        line: code as printed, and description; where that is empty the code alone is asked about,
            and that a manifest must describe its goods is not held against it.
        table: the table in force, None when there is none.
        lexicon: the lexicon in force, None when there is none.
    """
    studied = study_line(line, table, lexicon)
    reasons = gather(
        finding
        for finding in line_findings(studied)
        if line.description or finding.rule is not Rule.DESCRIPTION_UNREAD
    )
    kind = VerdictKind.SCAN
    if any(RULES[reason.rule].kind is VerdictKind.HOLD for reason in reasons):
        kind = VerdictKind.HOLD
    if studied.exempt:
        kind = VerdictKind.EXEMPT
    return Explanation(studied, kind, reasons, _lost_zero(line.code, studied.digits))


def _lost_zero(printed: str, digits: str | CodeProblem) -> str:
    if digits is not CodeProblem.LENGTH:
        return ""
    mended = read_code(f"0{printed}")
    return mended if isinstance(mended, str) and len(mended) <= _FULL_CODE_DIGITS else ""


def sources_of(rule: Rule, study: Study) -> tuple[str, ...]:
    """Where a rule that met this case is said: the rows behind it, else the rule's own source.

    Returns:
        Sorted, each once: for a row its code or kind, what it is and its source; for a word its
        entry and the source of the lexicon.
    """
    found = {shown for one, shown in _rows_behind(study) if one is rule}
    return tuple(sorted(found)) or (RULE_SOURCES[rule],)


def _rows_behind(study: Study) -> Iterator[tuple[Rule, str]]:
    return chain(_goods_behind(study), _words_behind(study), _company_behind(study))


def _goods_behind(study: Study) -> Iterator[tuple[Rule, str]]:
    for line in study.lines:
        for row in line.exempt:
            shown = f"{print_code(row.prefix)}, {row.what}: {row.source}"
            yield from ((rule, shown) for rule in (row.rule, Rule.EXEMPT_UNPROVEN))
            if row.rule is Rule.CIRCUS:
                yield Rule.NO_ANIMALS_STATED, shown
        for row in line.undecided:
            yield Rule.UNDECIDED_CODE, f"{print_code(row.prefix)}, {row.what}: {row.source}"
        for advice in line.advice:
            rule = advised(advice, line.found)
            if rule is not None:
                yield rule, f"{print_code(advice.prefix)}, {advice.what}: {advice.source}"


def _words_behind(study: Study) -> Iterator[tuple[Rule, str]]:
    if not isinstance(study.lexicon, Lexicon):
        return
    ref, source = study.lexicon.ref, study.lexicon.source
    for line in study.lines:
        for hit in line.found.hits:
            alone = line._replace(undecided=(), advice=(), found=replace(line.found, hits=(hit,)))
            for finding in line_findings(alone):
                if finding.rule in (Rule.LIVING_WORD, Rule.SITE_POLICY):
                    shown = f"{hit.entry_id} of {ref.table_id} {ref.version}: {source}"
                    yield finding.rule, shown


def _company_behind(study: Study) -> Iterator[tuple[Rule, str]]:
    if not isinstance(study.table, ExemptionTable):
        return
    manifest, bare = study.case.manifest, replace(study.table, rows=(), goods=())
    for row in study.table.documents:
        alone = replace(bare, documents=(row,))
        for finding in document_findings(manifest.documents, alone, study.lines):
            yield finding.rule, f"{row.code}, {row.what}: {row.source}"
    for vehicle in study.table.vehicles:
        for finding in vehicle_findings(manifest.vehicle, replace(bare, vehicles=(vehicle,))):
            yield finding.rule, f"{vehicle.kind}, {vehicle.what}: {vehicle.source}"


def unexplained(studied: StudiedLine) -> tuple[WordHit, ...]:
    """The words heard in a line that its code does not explain."""
    return tuple(hit for hit in studied.found.hits if not studied.expected(hit))
