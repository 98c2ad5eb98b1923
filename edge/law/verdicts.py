"""The verdict on one unit: what the law says, by which rules, from which table and inputs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import unique
from itertools import groupby

from edge.law.rule_texts import RULE_TEXTS
from edge.law.rules import RULES, Rule, VerdictKind
from edge.law.words import Json, Text, Word

__all__ = ["Finding", "Reason", "SizeFit", "TableRef", "Verdict", "VerdictKind", "gather"]

MAX_OFFENDING = 10
"""How many offending inputs one reason shows; its count says how many there were."""

MAX_OFFENDING_CHARS = 120
"""Longest offending input that is shown whole."""


@unique
class SizeFit(Word):
    """Whether the unit can be taken into the tunnel at all, with or without a beam."""

    FITS = "fits"
    BEYOND = "beyond"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that one input met; ``offending`` is that input as people wrote or measured it."""

    rule: Rule
    offending: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that decided, with the inputs it met.

    Attributes:
        rule: the rule.
        offending: up to ten of the inputs, sorted, each cut at 120 characters.
        count: how many different inputs met the rule.
    """

    rule: Rule
    offending: tuple[str, ...]
    count: int

    @property
    def rule_id(self) -> str:
        """The stable id, as written into records."""
        return self.rule.value

    @property
    def text(self) -> Text:
        """What the officer reads."""
        return RULE_TEXTS[self.rule]

    def record(self) -> dict[str, Json]:
        """The reason as it is written."""
        return {
            "rule": self.rule_id,
            "text": self.text.en,
            "offending": list(self.offending),
            "count": self.count,
        }


def gather(findings: Iterable[Finding]) -> tuple[Reason, ...]:
    """One reason per rule, in an order that does not depend on the order of the findings."""
    seen = sorted({(finding.rule.value, finding.offending) for finding in findings})
    reasons = []
    for rule_id, group in groupby(seen, key=lambda pair: pair[0]):
        inputs = [offending for _, offending in group]
        shown = tuple(_cut(text) for text in inputs[:MAX_OFFENDING])
        reasons.append(Reason(Rule(rule_id), shown, len(inputs)))
    return tuple(reasons)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_OFFENDING_CHARS else text[: MAX_OFFENDING_CHARS - 1] + "…"


@dataclass(frozen=True, slots=True)
class TableRef:
    """Which table or lexicon decided: its id, version and the SHA-256 of its file."""

    table_id: str
    version: str
    sha256: str

    def record(self) -> dict[str, Json]:
        """The reference as it is written."""
        return {"id": self.table_id, "version": self.version, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the law says about one unit. Made by ``exemptions.decide``.

    Attributes:
        kind: scan, exempt, no basis or hold.
        reasons: never empty; every rule in it leads to ``kind``.
        size: whether the unit may be taken in at all. A unit that is exempt for its goods may be
            too large as well; it is diverted, not passed.
        table: the table in force; None when there was none.
        words: the lexicon in force; None when there was none.
        inspection_id: the inspection it decides; it permits nothing for any other.
        inputs: everything the decision used, ready for canonical JSON. Not to be changed.
        notices: what is to be noted and decides nothing.

    Raises:
        ValueError: reasons that do not lead to ``kind``, or a SCAN without a table in force or
            with a size that is not known to fit.
    """

    kind: VerdictKind
    reasons: tuple[Reason, ...]
    size: SizeFit
    table: TableRef | None
    words: TableRef | None
    inspection_id: str
    inputs: Mapping[str, Json] = field(hash=False)
    notices: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        strays = [r.rule_id for r in self.reasons if RULES[r.rule].kind is not self.kind]
        if strays or not self.reasons:
            raise ValueError(f"verdict {self.kind.value} cannot rest on rules {strays}")
        if self.kind is not VerdictKind.SCAN:
            return
        if self.table is None or self.words is None or self.size is not SizeFit.FITS:
            raise ValueError(
                f"verdict scan needs table and lexicon in force and a size that fits, "
                f"not {self.table}, {self.words} and {self.size.value}"
            )

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """The stable ids of the rules that decided."""
        return tuple(reason.rule_id for reason in self.reasons)

    @property
    def officer_may_scan(self) -> bool:
        """Whether an officer's answer to this HOLD may lead to a scan; False for all others."""
        return self.kind is VerdictKind.HOLD and all(
            RULES[reason.rule].officer_may_scan for reason in self.reasons
        )

    @property
    def may_pass_inside(self) -> bool:
        """Whether a unit that is not scanned may still be passed through the tunnel."""
        return self.size is SizeFit.FITS

    def record(self) -> dict[str, Json]:
        """The verdict as it is journalled and published."""
        return {
            "verdict": self.kind.value,
            "inspection": self.inspection_id,
            "size": self.size.value,
            "reasons": [reason.record() for reason in self.reasons],
            "notices": [reason.record() for reason in self.notices],
            "table": None if self.table is None else self.table.record(),
            "words": None if self.words is None else self.words.record(),
            "inputs": dict(self.inputs),
        }
