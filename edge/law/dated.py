"""Dated data of the law: which table or lexicon is in force on a civil day, or why none is."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import unique
from typing import Protocol, TypeVar

from edge.law.verdicts import TableRef
from edge.law.words import Word


@unique
class Provenance(Word):
    """Whether the bytes of a file are vouched for by a key the lane trusts."""

    SIGNED = "signed"
    UNSIGNED = "unsigned"


@unique
class Absence(Word):
    """Why nothing is in force."""

    NOT_LOADED = "not_loaded"
    EXPIRED = "expired"
    GAP = "gap"
    CONTRADICTION = "contradiction"
    UNSIGNED = "unsigned"


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing is in force on a day.

    Attributes:
        absence: why.
        shown: what there is, for people.
        reason: the same in words.
        remedy: what to do about it.
    """

    absence: Absence
    shown: str
    reason: str
    remedy: str


class Dated(Protocol):
    """A table or lexicon; both days are inside its validity."""

    @property
    def ref(self) -> TableRef:
        """Id, version and hash."""

    @property
    def valid_from(self) -> date:
        """First day."""

    @property
    def valid_to(self) -> date:
        """Last day."""

    @property
    def provenance(self) -> Provenance:
        """How it came to the lane."""

    @property
    def substance(self) -> Hashable:
        """What decides: two with the same substance decide every unit alike."""


D = TypeVar("D", bound=Dated)

_REMEDY = "install the one in force on that day, signed by headquarters"


def in_force(things: Sequence[D], day: date, name: str) -> D | Missing:
    """The table or lexicon in force on a civil day at the lane, or why there is none.

    Two may cover a day as long as they do not contradict each other: then the later one is named
    in the verdict. An unsigned one that covers the day is never passed over for another, since
    somebody meant it to count.

    Args:
        things: all that are loaded; their order means nothing.
        day: the civil day.
        name: what they are, for people.
    """
    covering = [one for one in things if one.valid_from <= day <= one.valid_to]
    shown = ", ".join(sorted(f"{x.ref.version} {x.valid_from}..{x.valid_to}" for x in things))
    if any(one.provenance is Provenance.UNSIGNED for one in covering):
        reason = f"the {name} for {day} has no valid signature"
        remedy = "have headquarters sign it: scanlane-hq sign-law FOLDER"
        return Missing(Absence.UNSIGNED, shown, reason, remedy)
    if len(covering) > 1 and len({one.substance for one in covering}) > 1:
        reason = f"more than one {name} covers {day}, and they contradict each other"
        remedy = "make them agree, or end one before the other begins"
        return Missing(Absence.CONTRADICTION, shown, reason, remedy)
    if covering:
        return max(covering, key=lambda one: (one.valid_from, one.ref.version, one.ref.sha256))
    if not things:
        return Missing(Absence.NOT_LOADED, shown, f"no {name} is loaded", _REMEDY)
    if all(one.valid_to < day for one in things):
        return Missing(Absence.EXPIRED, shown, f"every {name} ended before {day}", _REMEDY)
    return Missing(Absence.GAP, shown, f"no {name} covers {day}", _REMEDY)
