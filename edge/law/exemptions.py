"""The decision on one unit, and the only maker of scan permits.

The order of the rules is the order of ``decide``: basis, goods the order exempts, size, doubt,
then scan. A new ground for doubt is one more function in ``grounds.DOUBTS``.
"""

from collections.abc import Container
from dataclasses import KW_ONLY, InitVar, dataclass
from enum import unique
from typing import NoReturn

from edge.law.basis import basis_findings
from edge.law.case import Case
from edge.law.grounds import (
    DOUBTS,
    Study,
    exempt_goods,
    released_goods,
    size_fit,
    sizes,
    study_case,
)
from edge.law.inputs import record_inputs
from edge.law.lexicon import Lexicon
from edge.law.outcomes import Act, Role, may, same_officer
from edge.law.rules import RULES, Rule
from edge.law.tables import ExemptionTable
from edge.law.verdicts import Finding, Reason, TableRef, Verdict, VerdictKind, gather
from edge.law.words import Word, says_something

_KEY = object()


def decide(case: Case) -> Verdict:
    """Decide on one unit. Never raises on doubtful facts: doubt is a HOLD.

    The first of these that speaks decides; within it every reason is named.

    1. No basis: departure without the carrier's written request.
    2. Goods the order exempts, by code, in a manifest that is signed and of this unit; and
       measured sizes beyond the lane's envelope with their whole uncertainty. A unit that meets
       both says so, since what is too large is diverted and not passed.
    3. Doubt of any kind.
    4. Scan.
    """
    study = study_case(case)
    spoken = _spoken(study)
    kind, notices = _deciding(spoken), spoken.get(None, [])
    clear = [*released_goods(study), Finding(Rule.CLEAR, "")]
    table, lexicon = study.table, study.lexicon
    return Verdict(
        kind=kind,
        reasons=gather(spoken.get(kind, clear)),
        size=size_fit(study),
        table=table.ref if isinstance(table, ExemptionTable) else None,
        words=lexicon.ref if isinstance(lexicon, Lexicon) else None,
        inspection_id=study.case.inspection_id,
        inputs=record_inputs(study.case),
        notices=gather(notices),
    )


def would_also_speak(study: Study) -> tuple[Reason, ...]:
    """What would decide were it not for what `decide` asks before it; told, and never decided by.

    It is not in the verdict, whose reasons all lead to its kind: a departure without a request has
    no basis, whatever else is aboard.
    """
    spoken = _spoken(study)
    decided = _deciding(spoken)
    return gather(
        finding
        for kind, findings in spoken.items()
        if kind not in (decided, None)
        for finding in findings
    )


def _spoken(study: Study) -> dict[VerdictKind | None, list[Finding]]:
    """Everything that any rule finds, by what it leads to; None holds the notices."""
    found: dict[VerdictKind | None, list[Finding]] = {}
    for finding in (
        *basis_findings(study.case.manifest, study.case.day),
        *exempt_goods(study),
        *sizes(study),
        *(finding for doubt in DOUBTS for finding in doubt(study)),
    ):
        found.setdefault(RULES[finding.rule].kind, []).append(finding)
    return found


def _deciding(spoken: Container[VerdictKind | None]) -> VerdictKind:
    """The first kind that speaks."""
    order = (VerdictKind.NO_BASIS, VerdictKind.EXEMPT, VerdictKind.HOLD)
    return next((kind for kind in order if kind in spoken), VerdictKind.SCAN)


@unique
class HoldDecision(Word):
    """What an officer may decide about a held unit."""

    SCAN = "scan"
    TURN_AWAY = "turn_away"
    PASS = "pass"  # noqa: S105 - a way through the lane, not a secret


@dataclass(frozen=True, slots=True)
class HoldAnswer:
    """A named officer's recorded answer to a HOLD.

    Attributes:
        inspection_id: the inspection that was held.
        rule_ids: the rules shown to the officer; the answer covers no others.
        officer_id: who answered.
        role: in which role.
        decision: scan, turn away or pass.
        reason: why, in the officer's words.
        utc: when, RFC 3339 text.
        confirmed_by: a second officer who said the same, empty while none has.
    """

    inspection_id: str
    rule_ids: tuple[str, ...]
    officer_id: str
    role: Role
    decision: HoldDecision
    reason: str
    utc: str
    confirmed_by: str = ""


@dataclass(frozen=True, slots=True)
class ScanPermit:
    """Permission to scan one unit. Made only by ``make_scan_permit``; void for any other unit.

    Attributes:
        token: the unit's token in the lane.
        inspection_id: its inspection.
        rule_ids: the rules of the verdict behind it.
        table: the table of exemptions behind it.
        words: the lexicon of living goods behind it.
        officer_id: who answered the HOLD behind it; empty when the law itself said SCAN.

    Raises:
        ValueError: somebody else tried to make one.
    """

    token: int
    inspection_id: str
    rule_ids: tuple[str, ...]
    table: TableRef
    words: TableRef
    officer_id: str
    _: KW_ONLY
    key: InitVar[object]

    def __post_init__(self, key: object) -> None:
        if key is not _KEY:
            raise ValueError("a scan permit is made only by exemptions.make_scan_permit")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a scan permit cannot be copied or stored; decide again")


def make_scan_permit(
    verdict: Verdict,
    token: int,
    inspection_id: str,
    hold_answer: HoldAnswer | None = None,
    *,
    four_eyes: bool,
) -> ScanPermit:
    """Make the permit to scan one unit.

    Args:
        verdict: SCAN, or a HOLD that an officer may answer with a scan.
        token: the unit's token, 1 or more.
        inspection_id: its inspection.
        hold_answer: the newest answer to a HOLD of this inspection. It is needed for a HOLD and,
            where the verdict has become SCAN since, still stands if it said otherwise.
        four_eyes: the site's setting that a HOLD is turned into a scan by two officers only; it
            has no default, since who forgot to say it would be content with one.

    Raises:
        ValueError: there is no permit; says every reason. No answer of any officer makes one of
            an EXEMPT or NO_BASIS verdict.
    """
    flaws = [
        *_unit_flaws(verdict, token, inspection_id),
        *_verdict_flaws(verdict, hold_answer),
    ]
    if hold_answer is not None:
        flaws.extend(_answer_flaws(verdict, inspection_id, hold_answer))
        if four_eyes and verdict.kind is VerdictKind.HOLD:
            flaws.extend(_second_flaws(hold_answer))
    if flaws or verdict.table is None or verdict.words is None:
        raise ValueError(f"no scan permit for inspection {inspection_id!r}: {'; '.join(flaws)}")
    return ScanPermit(
        token=token,
        inspection_id=inspection_id,
        rule_ids=verdict.rule_ids,
        table=verdict.table,
        words=verdict.words,
        officer_id=hold_answer.officer_id if hold_answer is not None else "",
        key=_KEY,
    )


def _unit_flaws(verdict: Verdict, token: int, inspection_id: str) -> list[str]:
    checks = (
        (token > 0, f"token {token} is nobody's"),
        (says_something(inspection_id), "no inspection is named"),
        (verdict.inspection_id == inspection_id, f"the verdict is on {verdict.inspection_id!r}"),
    )
    return [flaw for holds, flaw in checks if not holds]


def _verdict_flaws(verdict: Verdict, answer: HoldAnswer | None) -> list[str]:
    if verdict.kind is VerdictKind.SCAN:
        return []
    shown = f"{verdict.kind.value} ({', '.join(verdict.rule_ids)})"
    if not verdict.officer_may_scan:
        return [f"the verdict is {shown}, which no officer can turn into a scan"]
    flaws = [] if answer is not None else [f"the verdict is {shown} and no officer has answered"]
    return flaws if verdict.table is not None else [*flaws, "no table of exemptions is in force"]


def _answer_flaws(verdict: Verdict, inspection_id: str, answer: HoldAnswer) -> list[str]:
    unseen = set(verdict.rule_ids) - set(answer.rule_ids)
    holds = verdict.kind is VerdictKind.HOLD
    checks = (
        (answer.decision is HoldDecision.SCAN, f"the officer said {answer.decision.value}"),
        (answer.inspection_id == inspection_id, f"the answer is for {answer.inspection_id!r}"),
        (says_something(answer.officer_id), "the answer names no officer"),
        (says_something(answer.reason), "the answer gives no reason"),
        (says_something(answer.utc), "the answer is not dated"),
        (may(answer.role, Act.ANSWER), f"role {answer.role.value} may not answer"),
        (not (holds and unseen), f"the officer was not shown {', '.join(sorted(unseen))}"),
    )
    return [flaw for fine, flaw in checks if not fine]


def _second_flaws(answer: HoldAnswer) -> list[str]:
    if not says_something(answer.confirmed_by):
        return ["a second officer has not confirmed the answer"]
    if same_officer(answer.confirmed_by) == same_officer(answer.officer_id):
        return ["the second officer is the first one"]
    return []
