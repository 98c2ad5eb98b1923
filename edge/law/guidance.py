"""For every rule: where it is said, and what a person could do that would change the verdict.

A change is never an order to scan: it says which fact, paper or answer the rule waits for. The
sources of codes and words stand in the tables and lexica; here are those of the rules themselves.
What is cited of a page stands there in these words, and a setting that is named exists.
"""

from dataclasses import dataclass
from types import MappingProxyType

from edge.law.change_texts import CHANGE_TEXTS
from edge.law.rules import RULES, Rule
from edge.law.words import Text

_NOTICE = "Order of the State Revenue Committee No. 722 of 12.11.2021, as noticed on 18.04.2025"
_VERDICTS = "The four verdicts, in the order in which they are asked"
_SORTS = "The two sorts of holds"
_NOBODY = "What nobody can do"
_STATED = "What an OMS may state of a unit"
_WORDS = "Words of living goods"
_CHOICE = "Where the notice leaves a choice"
_SIZES = (
    f"{_NOTICE}, exemption 4 (dimensions that do not correspond to the technical capabilities of "
    "the complex); limits: setting `[envelope]` of the lane file"
)


def _said(section: str, words: str) -> str:
    """A citation of the page of this folder: its section, and words that stand in it."""
    return f'edge/law/README.md, {section}: "{words}"'


_SITE = _said(_VERDICTS, "are the site's advice and exempt nothing")
_NO_LAW = _said(
    _VERDICTS,
    "no table or lexicon in force for the day: none, an unsigned one, or two that contradict each "
    "other",
)
_IDENTIFIERS = _said(_VERDICTS, "identifiers that do not agree")
_PAPERS = _said(_VERDICTS, "a manifest that is missing, unsigned or stale")

RULE_SOURCES = MappingProxyType(
    {
        Rule.CLEAR: f"{_NOTICE}: the complex is applied at arrival, or upon the carrier's request",
        Rule.NO_ANIMALS_STATED: _said(_CHOICE, "9508 10 also covers equipment"),
        Rule.LIVE_ANIMALS: f"{_NOTICE}, exemption 1 (live animals)",
        Rule.CIRCUS: f"{_NOTICE}, exemption 1 (mobile circuses and menageries)",
        Rule.LIVE_FISH: f"{_NOTICE}, exemption 2 (live fish)",
        Rule.HATCHING_EGGS: f"{_NOTICE}, exemption 3 (eggs for incubation)",
        Rule.DIMENSIONS: _SIZES,
        Rule.DEPARTURE: f"{_NOTICE}: on departure only upon the written request of the carrier",
        Rule.DEPARTURE_REQUEST: f"{_NOTICE}: on departure only upon the written request of the "
        "carrier",
        Rule.DIRECTION_UNKNOWN: _said(_VERDICTS, "a direction that is unknown"),
        Rule.DIRECTION_CONTRADICTION: _said(
            _VERDICTS, "a direction that is unknown, or other than the lane's"
        ),
        Rule.UNDECIDED_CODE: _said(_VERDICTS, "a code too short to tell"),
        Rule.MALFORMED_CODE: _said(_VERDICTS, "a code that is none"),
        Rule.GOODS_MISSING: _said(_VERDICTS, "no goods named"),
        Rule.EXEMPT_UNPROVEN: _said(
            _NOBODY,
            "Exempt goods declared in papers that are not proven to be this unit's are neither "
            "passed as exempt nor scanned",
        ),
        Rule.MANIFEST_MISSING: _PAPERS,
        Rule.MANIFEST_UNSIGNED: _PAPERS,
        Rule.MANIFEST_STALE: _said(_SORTS, "a manifest that is signed and out of date"),
        Rule.MANIFEST_CONTRADICTION: _said(_SORTS, "one version that says two things"),
        Rule.IDENTITY_CONFLICT: _IDENTIFIERS,
        Rule.IDENTITY_MISSING: _said(_SORTS, "identifiers missing or in conflict"),
        Rule.DIMENSIONS_UNCERTAIN: f"{_SIZES}; "
        + _said(_SORTS, "a measured size or mass too near the limit"),
        Rule.DIMENSIONS_UNKNOWN: f"{_SIZES}; "
        + _said(_SORTS, "a size not measured, only declared, or seen by a gauge that saw nothing"),
        Rule.DIMENSIONS_UNMEASURED: f"{_SIZES}, what must be measured: setting "
        "`[envelope] must_measure`; " + _said(_VERDICTS, "only declared where it must be measured"),
        Rule.DIMENSIONS_DECLARED: f"{_SIZES}; "
        + _said(_VERDICTS, "declared too large and not measured"),
        Rule.SPEED: _said(_CHOICE, "who comes too fast is held"),
        Rule.TABLE_NOT_LOADED: _NO_LAW,
        Rule.TABLE_EXPIRED: _NO_LAW,
        Rule.TABLE_GAP: _NO_LAW,
        Rule.TABLE_CONTRADICTION: _NO_LAW,
        Rule.TABLE_UNSIGNED: _NO_LAW,
        Rule.DESCRIPTION_UNREAD: _said(_WORDS, "`not_read_whole` is a doubt of its own"),
        Rule.LIVING_GOODS: _SITE,
        Rule.LIVING_WORD: _said(_WORDS, "A word only ever raises doubt"),
        Rule.SITE_POLICY: _SITE,
        Rule.DOCUMENT: _SITE,
        Rule.ANIMAL_VEHICLE: _SITE,
        Rule.DRIVER_NOT_ASKED: _said(
            _STATED, "Pets and riding horses in a person's own vehicle have no goods declaration"
        ),
        Rule.ANIMALS_ABOARD: f"{_NOTICE}, exemption 1 (live animals); "
        + _said(_STATED, "`yes`, and no answer to a question that was put, are holds"),
        Rule.WORDS_MISSING: _NO_LAW,
        Rule.GOODS_NOTICE: _SITE,
        Rule.DOCUMENT_NOTICE: _SITE,
    }
)
"""Where every rule is said; the page of this package where the notice leaves a choice."""


@dataclass(frozen=True, slots=True)
class Guide:
    """What can be said of a rule beside its text.

    Attributes:
        source: where it is said.
        change: what a person could do.
        officer_may_scan: whether an officer's answer may lead to a scan over it, if it holds.
    """

    source: str
    change: Text
    officer_may_scan: bool


GUIDES = MappingProxyType(
    {
        rule: Guide(RULE_SOURCES[rule], CHANGE_TEXTS[rule], RULES[rule].officer_may_scan)
        for rule in Rule
    }
)
"""One guide for every rule."""
