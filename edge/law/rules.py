"""Every rule of the law by its stable id, and what it leads to; the texts are in `rule_texts`.

Ids are written into journals and published; they are never renamed and never used again.
"""

from dataclasses import dataclass
from enum import unique
from types import MappingProxyType

from edge.law.words import Word


@unique
class VerdictKind(Word):
    """What the law says about one unit."""

    SCAN = "scan"
    EXEMPT = "exempt"
    NO_BASIS = "no_basis"
    HOLD = "hold"


@unique
class Rule(Word):
    """The rules. The value is the stable id."""

    CLEAR = "SC-CLEAR"
    NO_ANIMALS_STATED = "SC-NO-ANIMALS-STATED"
    LIVE_ANIMALS = "EX-LIVE-ANIMALS"
    CIRCUS = "EX-CIRCUS"
    LIVE_FISH = "EX-LIVE-FISH"
    HATCHING_EGGS = "EX-HATCHING-EGGS"
    DIMENSIONS = "EX-DIMENSIONS"
    DEPARTURE = "NB-DEPARTURE"
    DEPARTURE_REQUEST = "NB-DEPARTURE-REQUEST"
    DIRECTION_UNKNOWN = "HO-DIRECTION-UNKNOWN"
    DIRECTION_CONTRADICTION = "HO-DIRECTION-CONTRADICTION"
    UNDECIDED_CODE = "HO-UNDECIDED-CODE"
    MALFORMED_CODE = "HO-MALFORMED-CODE"
    GOODS_MISSING = "HO-GOODS-MISSING"
    EXEMPT_UNPROVEN = "HO-EXEMPT-UNPROVEN"
    MANIFEST_MISSING = "HO-MANIFEST-MISSING"
    MANIFEST_UNSIGNED = "HO-MANIFEST-UNSIGNED"
    MANIFEST_STALE = "HO-MANIFEST-STALE"
    MANIFEST_CONTRADICTION = "HO-MANIFEST-CONTRADICTION"
    IDENTITY_CONFLICT = "HO-IDENTITY-CONFLICT"
    IDENTITY_MISSING = "HO-IDENTITY-MISSING"
    DIMENSIONS_UNCERTAIN = "HO-DIMENSIONS-UNCERTAIN"
    DIMENSIONS_UNKNOWN = "HO-DIMENSIONS-UNKNOWN"
    DIMENSIONS_UNMEASURED = "HO-DIMENSIONS-UNMEASURED"
    DIMENSIONS_DECLARED = "HO-DIMENSIONS-DECLARED"
    SPEED = "HO-SPEED"
    TABLE_NOT_LOADED = "HO-TABLE-NOT-LOADED"
    TABLE_EXPIRED = "HO-TABLE-EXPIRED"
    TABLE_GAP = "HO-TABLE-GAP"
    TABLE_CONTRADICTION = "HO-TABLE-CONTRADICTION"
    TABLE_UNSIGNED = "HO-TABLE-UNSIGNED"
    DESCRIPTION_UNREAD = "HO-DESCRIPTION-UNREAD"
    LIVING_GOODS = "HO-LIVING-GOODS"
    LIVING_WORD = "HO-LIVING-WORD"
    SITE_POLICY = "HO-SITE-POLICY"
    DOCUMENT = "HO-DOCUMENT"
    ANIMAL_VEHICLE = "HO-ANIMAL-VEHICLE"
    DRIVER_NOT_ASKED = "HO-DRIVER-NOT-ASKED"
    ANIMALS_ABOARD = "HO-ANIMALS-ABOARD"
    WORDS_MISSING = "HO-WORDS-NOT-IN-FORCE"
    GOODS_NOTICE = "NT-GOODS"
    DOCUMENT_NOTICE = "NT-DOCUMENT"


CODE_RULES = (Rule.LIVE_ANIMALS, Rule.CIRCUS, Rule.LIVE_FISH, Rule.HATCHING_EGGS)
"""The exemptions the order mandates by kind of goods."""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """What a rule leads to.

    Attributes:
        kind: the verdict it gives; None for a notice, which decides nothing.
        officer_may_scan: whether it is a hold that a named OMS may answer with a scan.
    """

    kind: VerdictKind | None
    officer_may_scan: bool = False


_JUDGEMENTS = frozenset(
    {
        Rule.MANIFEST_STALE,
        Rule.DIMENSIONS_UNCERTAIN,
        Rule.SPEED,
        Rule.DESCRIPTION_UNREAD,
        Rule.LIVING_GOODS,
        Rule.LIVING_WORD,
        Rule.SITE_POLICY,
        Rule.DOCUMENT,
        Rule.ANIMAL_VEHICLE,
    }
)
"""Holds that judge known facts: a named OMS may answer them with a scan, and says why.

Every other hold is about a fact that nobody knows: only that fact ends it, and no answer of any
officer makes a scan of it.
"""

_KINDS = {
    "SC": VerdictKind.SCAN,
    "EX": VerdictKind.EXEMPT,
    "NB": VerdictKind.NO_BASIS,
    "HO": VerdictKind.HOLD,
    "NT": None,
}
"""What the first letters of an id say."""

RULES = MappingProxyType(
    {rule: RuleRow(_KINDS[rule.value[:2]], officer_may_scan=rule in _JUDGEMENTS) for rule in Rule}
)
"""One row for every rule."""
