"""For every rule: where it is said, and what a person could do that would change the verdict.

A change is never an order to scan: it says which fact, paper or answer the rule waits for. The
sources of codes and words stand in the tables and lexica; here are those of the rules themselves.
"""

from dataclasses import dataclass
from types import MappingProxyType

from edge.law.change_texts import CHANGE_TEXTS
from edge.law.rules import RULES, Rule
from edge.law.words import Text

_NOTICE = "Order of the State Revenue Committee No. 722 of 12.11.2021, as noticed on 18.04.2025"
_CHOICE = "edge/law/README.md"
_FACT = f"{_CHOICE}, The two sorts of holds: only the fact ends what nobody knows"
_JUDGED = f"{_CHOICE}, The two sorts of holds: a named OMS judges what is known"
_NOBODY = f"{_CHOICE}, What nobody can do"
_DATED = f"{_CHOICE}, The four verdicts: no table of exemptions, or two, for the day"
_WORDS = f"{_CHOICE}, Words of living goods: a word only ever raises doubt"
_SITE = f"{_CHOICE}, The four verdicts; rows of advice are the site's and exempt nothing"

RULE_SOURCES = MappingProxyType(
    {
        Rule.CLEAR: f"{_NOTICE}: the complex is applied at arrival, or upon the carrier's request",
        Rule.NO_ANIMALS_STATED: f"{_CHOICE}, Where the notice leaves a choice: 9508 10 also covers "
        "equipment",
        Rule.LIVE_ANIMALS: f"{_NOTICE}, exemption 1 (live animals)",
        Rule.CIRCUS: f"{_NOTICE}, exemption 1 (mobile circuses and menageries)",
        Rule.LIVE_FISH: f"{_NOTICE}, exemption 2 (live fish)",
        Rule.HATCHING_EGGS: f"{_NOTICE}, exemption 3 (eggs for incubation)",
        Rule.DIMENSIONS: f"{_NOTICE}: dimensions that do not fit the technical capabilities of the "
        "complex",
        Rule.DEPARTURE: f"{_NOTICE}: on departure only upon the written request of the carrier",
        Rule.DEPARTURE_REQUEST: f"{_NOTICE}: on departure only upon the written request of the "
        "carrier",
        Rule.DIRECTION_UNKNOWN: _FACT,
        Rule.DIRECTION_CONTRADICTION: _FACT,
        Rule.UNDECIDED_CODE: _FACT,
        Rule.MALFORMED_CODE: _FACT,
        Rule.GOODS_MISSING: _FACT,
        Rule.EXEMPT_UNPROVEN: _NOBODY,
        Rule.MANIFEST_MISSING: _FACT,
        Rule.MANIFEST_UNSIGNED: _FACT,
        Rule.MANIFEST_STALE: f"{_CHOICE}, Where the notice leaves a choice: stale manifest",
        Rule.MANIFEST_CONTRADICTION: _FACT,
        Rule.IDENTITY_CONFLICT: _FACT,
        Rule.IDENTITY_MISSING: _FACT,
        Rule.DIMENSIONS_UNCERTAIN: _JUDGED,
        Rule.DIMENSIONS_UNKNOWN: _FACT,
        Rule.DIMENSIONS_UNMEASURED: _FACT,
        Rule.DIMENSIONS_DECLARED: _FACT,
        Rule.SPEED: f"{_CHOICE}, Where the notice leaves a choice: is speed a dimension",
        Rule.TABLE_NOT_LOADED: _DATED,
        Rule.TABLE_EXPIRED: _DATED,
        Rule.TABLE_GAP: _DATED,
        Rule.TABLE_CONTRADICTION: _DATED,
        Rule.TABLE_UNSIGNED: _DATED,
        Rule.DESCRIPTION_UNREAD: f"{_CHOICE}, Words of living goods: not_read_whole",
        Rule.LIVING_GOODS: _SITE,
        Rule.LIVING_WORD: _WORDS,
        Rule.SITE_POLICY: _SITE,
        Rule.DOCUMENT: _SITE,
        Rule.ANIMAL_VEHICLE: _SITE,
        Rule.DRIVER_NOT_ASKED: f"{_CHOICE}: pets and riding horses have no goods declaration",
        Rule.ANIMALS_ABOARD: f"{_NOTICE}, exemption 1 (live animals); no declaration proves them",
        Rule.WORDS_MISSING: f"{_CHOICE}, Words of living goods: dated like the tables of codes",
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
