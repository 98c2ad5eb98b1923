"""What an open inspection waits for, in words for whoever stands at the lane."""

from edge.control.cases import Case
from edge.core.inspection import InspectionState
from edge.law.rules import Rule
from edge.law.verdicts import Reason, Verdict

_CORRECTED = "a corrected manifest from headquarters"
_ACTS = {
    Rule.DRIVER_NOT_ASKED: "an OMS asks the driver: scanlane ask-driver",
    Rule.UNDECIDED_CODE: _CORRECTED,
    Rule.MALFORMED_CODE: _CORRECTED,
    Rule.GOODS_MISSING: _CORRECTED,
    Rule.IDENTITY_MISSING: "a second identifier, or an OMS: scanlane confirm-identity",
    Rule.IDENTITY_CONFLICT: "an OMS, where the papers are its own: scanlane confirm-identity",
    Rule.MANIFEST_MISSING: "a manifest from headquarters, or an OMS: scanlane confirm-identity",
    Rule.MANIFEST_UNSIGNED: "a signed manifest from headquarters",
    Rule.MANIFEST_STALE: "a newer manifest from headquarters",
    Rule.MANIFEST_CONTRADICTION: "a higher version of the manifest from headquarters",
}
"""What would end a reason for a hold by itself."""


def waits_for(state: InspectionState, case: Case) -> list[str]:
    """Everything that is waited for, reasons first; empty when it waits for nobody."""
    if state is InspectionState.IDENTIFYING:
        return ["identifiers and sizes of the unit"]
    if state is InspectionState.ANALYSIS:
        return ["an OAC: scanlane outcome"]
    verdict = case.verdict
    if state is not InspectionState.ON_HOLD or verdict is None:
        return []
    rules = {reason.rule for reason in verdict.reasons}
    acts = dict.fromkeys(what for rule, what in _ACTS.items() if rule in rules)
    first, manifest_id = case.first_confirmed
    if first:
        acts[f"a second OMS: scanlane confirm-identity {manifest_id}, as {first} has said"] = None
    return [*map(_shown, verdict.reasons), *acts, _answer(case, verdict)]


def _shown(reason: Reason) -> str:
    offending = "; ".join(one for one in reason.offending if one)
    return f"{reason.rule_id}: {reason.text.en}" + (f" ({offending})" if offending else "")


def _answer(case: Case, verdict: Verdict) -> str:
    if case.first_answer is not None:
        first = case.first_answer.officer_id
        return f"a second OMS: scanlane answer scan, as {first} has said, or another answer"
    may = ["scan"] if verdict.officer_may_scan else []
    may += ["pass"] if verdict.may_pass_inside else []
    return f"an OMS: scanlane answer {', '.join([*may, 'turn_away'])}"
