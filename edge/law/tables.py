"""Tables of goods, documents and vehicles: what is never scanned, and what is doubtful.

Only ``exempt`` rows exempt, and they are the order's. All other rows are advice of the site: they
hold, give notice or say which words are expected with a code.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date
from enum import unique

from edge.law.dated import Provenance
from edge.law.rules import Rule
from edge.law.tariff import PrefixIndex
from edge.law.verdicts import TableRef
from edge.law.words import Word

NAMES = "names"
"""Among the words a row expects: every name of an animal that says nothing of its being alive."""

MANDATED = (
    ("01", Rule.LIVE_ANIMALS),
    ("0301", Rule.LIVE_FISH),
    ("040711", Rule.HATCHING_EGGS),
    ("040719", Rule.HATCHING_EGGS),
    ("950810", Rule.CIRCUS),
)
"""The codes (digits) of the goods the order exempts, and the rule each is exempt under.

Source: Order No. 722, exemptions 1 to 3 as noticed on 18.04.2025; codes of the EAEU tariff, edition
based on HS 2022. A table may exempt more and never less: one signature must not be enough to put
live fish into the beam. So this is code and no setting, and a changed order is a reviewed release.
"""


@unique
class Action(Word):
    """What a row that exempts nothing leads to, the strictest first."""

    HOLD = "hold"
    HOLD_IF_LIVING = "hold_if_living_word"
    NOTICE = "notice"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class ExemptRow:
    """Codes that begin with ``prefix`` (digits) are exempt under ``rule``.

    ``expects`` are ids of the lexicon's entries that go without saying here. They change nothing of
    the exemption, only what is said of the line where a statement has ended it.
    """

    prefix: str
    rule: Rule
    what: str
    source: str
    expects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class GoodsRow:
    """Advice on codes that begin with ``prefix`` (digits). The longest prefix decides.

    Attributes:
        prefix: digits.
        action: what to do.
        site_policy: the reason lies with the site, not with living goods.
        expects: ids of the lexicon's entries that go without saying here, or `NAMES`.
        what: the goods.
        source: where it is said.
    """

    prefix: str
    action: Action
    site_policy: bool
    expects: frozenset[str]
    what: str
    source: str


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """Advice on a kind of document.

    Attributes:
        code: of the EAEU classifier of document types, five digits.
        stems: what its name holds where no code is given, case-folded.
        action: what to do; `Action.HOLD_IF_LIVING` gives notice while no line speaks of life.
        expected_with: digits; beside goods of these codes alone it is a notice, never a hold.
        what: the document.
        source: where it is said.
    """

    code: str
    stems: tuple[str, ...]
    action: Action
    expected_with: tuple[str, ...]
    what: str
    source: str


@dataclass(frozen=True, slots=True)
class VehicleRow:
    """A kind of vehicle made for living goods: a hold and a question, never an exemption.

    Attributes:
        kind: its name in a manifest.
        stems: what else it is called, case-folded.
        what: the vehicle.
        source: where it is said.
    """

    kind: str
    stems: tuple[str, ...]
    what: str
    source: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ExemptionTable:
    """One dated table. ``valid_from`` and ``valid_to`` are both inside its validity.

    Attributes:
        ref: its id, version and the hash of its file.
        valid_from, valid_to: first and last day.
        source: where it comes from.
        provenance: whether a trusted key vouches for it.
        rows: the exemptions of the order.
        goods, documents, vehicles: the advice.
        exempting: the exemptions by code.
        advising: the advice by code.
    """

    ref: TableRef
    valid_from: date
    valid_to: date
    source: str
    provenance: Provenance
    rows: tuple[ExemptRow, ...]
    goods: tuple[GoodsRow, ...] = ()
    documents: tuple[DocumentRow, ...] = ()
    vehicles: tuple[VehicleRow, ...] = ()
    exempting: PrefixIndex[ExemptRow] = field(init=False, repr=False)
    advising: PrefixIndex[GoodsRow] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "exempting", PrefixIndex(self.rows))
        object.__setattr__(self, "advising", PrefixIndex(self.goods))

    def __repr__(self) -> str:
        return f"<table {self.ref.table_id} {self.ref.version}>"

    def advice(self, digits: str) -> GoodsRow | None:
        """The row that speaks of a declared code most closely, None when none surely does."""
        rows = self.advising.matching(digits)
        return rows[-1] if rows else None

    def possible(self, digits: str) -> tuple[GoodsRow, ...]:
        """Every row that may speak of a declared code: the closest sure one, and finer ones."""
        sure = self.advice(digits)
        finer = self.advising.undecided(digits)
        return finer if sure is None else (sure, *finer)

    @property
    def substance(self) -> Hashable:
        """What decides; texts and sources do not."""
        return (
            frozenset((row.prefix, row.rule, row.expects) for row in self.rows),
            frozenset((r.prefix, r.action, r.site_policy, r.expects) for r in self.goods),
            frozenset((r.code, r.stems, r.action, r.expected_with) for r in self.documents),
            frozenset((row.kind, row.stems) for row in self.vehicles),
        )
