"""The grounds a decision can rest on: each looks at one unit and says which rules it meets."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from edge.law.accompanying import (
    document_doubts,
    document_findings,
    driver_findings,
    vehicle_findings,
    vehicle_words,
)
from edge.law.case import Case, LawData
from edge.law.dated import Absence, Missing, in_force
from edge.law.envelope import Axis, AxisFit, Fit, judge
from edge.law.goods import StudiedLine, line_findings, study_lines
from edge.law.lexicon import Lexicon
from edge.law.manifest import IdentityState, ManifestState
from edge.law.rules import Rule
from edge.law.tables import ExemptionTable
from edge.law.verdicts import Finding, SizeFit

_MANIFEST_RULES = {
    ManifestState.PRESENT: None,
    ManifestState.STALE: Rule.MANIFEST_STALE,
    ManifestState.UNSIGNED: Rule.MANIFEST_UNSIGNED,
    ManifestState.CONTRADICTED: Rule.MANIFEST_CONTRADICTION,
    ManifestState.MISSING: Rule.MANIFEST_MISSING,
}
_IDENTITY_RULES = {
    IdentityState.AGREED: None,
    IdentityState.CONFIRMED: None,
    IdentityState.CONFLICT: Rule.IDENTITY_CONFLICT,
    IdentityState.MISSING: Rule.IDENTITY_MISSING,
}
_SIZE_RULES = {
    Fit.FITS: None,
    Fit.BEYOND: Rule.DIMENSIONS,
    Fit.UNCERTAIN: Rule.DIMENSIONS_UNCERTAIN,
    Fit.UNKNOWN: Rule.DIMENSIONS_UNKNOWN,
    Fit.UNMEASURED: Rule.DIMENSIONS_UNMEASURED,
    Fit.DECLARED_BEYOND: Rule.DIMENSIONS_DECLARED,
}


_TABLE_RULES = {
    Absence.NOT_LOADED: Rule.TABLE_NOT_LOADED,
    Absence.EXPIRED: Rule.TABLE_EXPIRED,
    Absence.GAP: Rule.TABLE_GAP,
    Absence.CONTRADICTION: Rule.TABLE_CONTRADICTION,
    Absence.UNSIGNED: Rule.TABLE_UNSIGNED,
}


@dataclass(frozen=True, slots=True)
class Study:
    """A case with what every rule needs worked out once.

    Attributes:
        case: the unit.
        table: the table in force, or why there is none.
        lexicon: the lexicon in force, or why there is none.
        lines: every line of goods that differs from the others.
        axes: how the sizes are judged.
    """

    case: Case
    table: ExemptionTable | Missing
    lexicon: Lexicon | Missing
    lines: tuple[StudiedLine, ...]
    axes: tuple[AxisFit, ...]


def tables_in_force(law: LawData, day: date) -> tuple[ExemptionTable | Missing, Lexicon | Missing]:
    """What decides on a civil day at the lane, or why nothing does."""
    return (
        in_force(law.tables, day, "table of exemptions"),
        in_force(law.lexica, day, "lexicon of living goods"),
    )


def study_case(case: Case) -> Study:
    """Find what is in force, look up every line, and judge the sizes."""
    table, lexicon = tables_in_force(case.law, case.day)
    known = table if isinstance(table, ExemptionTable) else None
    words = lexicon if isinstance(lexicon, Lexicon) else None
    lines = dict.fromkeys(case.manifest.goods)
    return Study(
        case=case,
        table=table,
        lexicon=lexicon,
        lines=study_lines(lines, known, words),
        axes=judge(case.envelope, case.measured, case.manifest.declared),
    )


def size_fit(study: Study) -> SizeFit:
    """Whether the unit can be taken into the tunnel."""
    if any(one.fit is Fit.BEYOND and one.axis is not Axis.SPEED for one in study.axes):
        return SizeFit.BEYOND
    fits = all(one.fit is Fit.FITS for one in study.axes)
    return SizeFit.FITS if fits else SizeFit.DOUBTFUL


def exempt_goods(study: Study) -> list[Finding]:
    """Exempt lines. In papers that are not bound to this unit they neither exempt nor clear.

    Believing them would let anyone pass unscanned on a forged line; disregarding them could put
    what is alive into the beam on one officer's word.
    """
    bound = study.case.manifest.bound
    released = _statement_counts(study)
    return [
        Finding(row.rule if bound else Rule.EXEMPT_UNPROVEN, line.shown)
        for line in study.lines
        for row in line.exempt
        if not (released and row.rule is Rule.CIRCUS)
    ]


def released_goods(study: Study) -> list[Finding]:
    """Circus lines that a named officer's statement took out of the exemption."""
    if not _statement_counts(study):
        return []
    return [
        Finding(Rule.NO_ANIMALS_STATED, line.shown)
        for line in study.lines
        for row in line.exempt
        if row.rule is Rule.CIRCUS
    ]


def _statement_counts(study: Study) -> bool:
    statement = study.case.statement
    if statement is None or statement.inspection_id != study.case.inspection_id:
        return False
    return statement.counts


def sizes(study: Study) -> list[Finding]:
    """Axes that do not surely fit: beyond exempts, a speed excepted; everything else is doubt."""
    return [Finding(rule, one.shown) for one in study.axes if (rule := _size_rule(one)) is not None]


def _size_rule(one: AxisFit) -> Rule | None:
    too_fast = one.axis is Axis.SPEED and one.fit is Fit.BEYOND
    return Rule.SPEED if too_fast else _SIZE_RULES[one.fit]


def _doubtful_tables(study: Study) -> list[Finding]:
    found = []
    if isinstance(study.table, Missing):
        missing = study.table
        found.append(Finding(_TABLE_RULES[missing.absence], f"{missing.reason} ({missing.shown})"))
    if isinstance(study.lexicon, Missing):
        missing = study.lexicon
        found.append(Finding(Rule.WORDS_MISSING, f"{missing.reason} ({missing.shown})"))
    return found


def _doubtful_papers(study: Study) -> list[Finding]:
    manifest = study.case.manifest
    name = f"manifest {manifest.manifest_id or '-'} version {manifest.version}"
    found = [_MANIFEST_RULES[manifest.state], _IDENTITY_RULES[manifest.identity]]
    return [Finding(rule, name) for rule in found if rule is not None]


def _doubtful_goods(study: Study) -> list[Finding]:
    manifest = study.case.manifest
    if manifest.state is ManifestState.MISSING:
        return []
    if not manifest.goods and not manifest.private_vehicle:
        return [Finding(Rule.GOODS_MISSING, f"manifest {manifest.manifest_id or '-'}")]
    return [finding for line in study.lines for finding in line_findings(line)]


def _doubtful_company(study: Study) -> list[Finding]:
    manifest, table = study.case.manifest, study.table
    lexicon = study.lexicon if isinstance(study.lexicon, Lexicon) else None
    found = list(driver_findings(study.case))
    if isinstance(table, ExemptionTable):
        found.extend(document_findings(manifest.documents, table, study.lines))
        found.extend(vehicle_findings(manifest.vehicle, table))
    found.extend(document_doubts(manifest.documents, lexicon, study.lines))
    if lexicon is not None:
        found.extend(vehicle_words(manifest.vehicle, lexicon))
    return found


DOUBTS: tuple[Callable[[Study], list[Finding]], ...] = (
    _doubtful_tables,
    _doubtful_papers,
    _doubtful_goods,
    _doubtful_company,
)
"""Every ground for a HOLD or a notice besides size, basis and unproven exemptions."""
