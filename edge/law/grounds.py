"""The grounds a decision can rest on: each looks at one unit and says which rules it meets."""

from collections.abc import Callable
from dataclasses import dataclass

from edge.law.case import Case
from edge.law.envelope import Axis, AxisFit, Fit, judge
from edge.law.manifest import GoodsLine, IdentityState, ManifestState
from edge.law.rules import Rule
from edge.law.tables import ExemptionTable, TableProblem, in_force
from edge.law.tariff import CodeProblem, read_code
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


@dataclass(frozen=True, slots=True)
class Study:
    """A case with what every rule needs worked out once."""

    case: Case
    table: ExemptionTable | TableProblem
    axes: tuple[AxisFit, ...]


def study_case(case: Case) -> Study:
    """Find the table in force and judge the sizes."""
    return Study(
        case=case,
        table=in_force(case.tables, case.day),
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
        Finding(rule if bound else Rule.EXEMPT_UNPROVEN, _show(line))
        for line, rule in _exempt_lines(study)
        if not (released and rule is Rule.CIRCUS)
    ]


def released_goods(study: Study) -> list[Finding]:
    """Circus lines that a named officer's statement took out of the exemption."""
    if not _statement_counts(study):
        return []
    return [
        Finding(Rule.NO_ANIMALS_STATED, _show(line))
        for line, rule in _exempt_lines(study)
        if rule is Rule.CIRCUS
    ]


def _statement_counts(study: Study) -> bool:
    statement = study.case.statement
    if statement is None or statement.inspection_id != study.case.inspection_id:
        return False
    return statement.counts


def _exempt_lines(study: Study) -> list[tuple[GoodsLine, Rule]]:
    if isinstance(study.table, TableProblem):
        return []
    return [
        (line, row.rule)
        for line in study.case.manifest.goods
        if not isinstance(digits := read_code(line.code), CodeProblem)
        for row in study.table.exempting(digits)
    ]


def sizes(study: Study) -> list[Finding]:
    """Axes that do not surely fit: beyond exempts, everything else is doubt."""
    return [Finding(rule, one.shown) for one in study.axes if (rule := _size_rule(one)) is not None]


def _size_rule(one: AxisFit) -> Rule | None:
    too_fast = one.axis is Axis.SPEED and one.fit in (Fit.BEYOND, Fit.DECLARED_BEYOND)
    return Rule.SPEED if too_fast else _SIZE_RULES[one.fit]


def _doubtful_table(study: Study) -> list[Finding]:
    problem = study.table
    if isinstance(problem, ExemptionTable):
        return []
    return [Finding(problem.rule, f"{problem.reason} ({problem.value})")]


def _doubtful_papers(study: Study) -> list[Finding]:
    manifest = study.case.manifest
    name = f"manifest {manifest.manifest_id or '-'} version {manifest.version}"
    found = [_MANIFEST_RULES[manifest.state], _IDENTITY_RULES[manifest.identity]]
    return [Finding(rule, name) for rule in found if rule is not None]


def _doubtful_goods(study: Study) -> list[Finding]:
    manifest = study.case.manifest
    if manifest.state is ManifestState.MISSING:
        return []
    if not manifest.goods:
        return [Finding(Rule.GOODS_MISSING, f"manifest {manifest.manifest_id or '-'}")]
    return [finding for line in manifest.goods for finding in _doubtful_line(study, line)]


def _doubtful_line(study: Study, line: GoodsLine) -> list[Finding]:
    digits = read_code(line.code)
    if isinstance(digits, CodeProblem):
        return [Finding(Rule.MALFORMED_CODE, f"{_show(line)}: {digits.value}")]
    if isinstance(study.table, TableProblem):
        return []
    return [
        Finding(Rule.UNDECIDED_CODE, f"{_show(line)}: may be {row.prefix}, {row.what}")
        for row in study.table.undecided(digits)
    ]


DOUBTS: tuple[Callable[[Study], list[Finding]], ...] = (
    _doubtful_table,
    _doubtful_papers,
    _doubtful_goods,
)
"""Every ground for a HOLD besides size, basis and unproven exemptions."""


def _show(line: GoodsLine) -> str:
    return f"{line.code[:24]!r} {line.description[:40]}".rstrip()
