"""Commodity codes of the EAEU tariff (TN VED): reading printed forms, matching by prefix.

A code is text from end to end: its leading zero is part of it.
"""

from collections.abc import Iterable
from enum import unique
from typing import Generic, Protocol, TypeVar

from edge.law.words import Word

LENGTHS = (2, 4, 6, 8, 10)
"""Chapter, heading, HS subheading, eight digits, full TN VED code. An odd length is most often a
code that was kept as a number and lost its leading zero, so it is never guessed at."""

FIRST_CHAPTER, LAST_CHAPTER = 1, 97
"""Chapters of the Harmonized System (2022 edition) that hold goods; 98 and 99 are left by it to
national use and hold none in the tariff."""

RESERVED_CHAPTERS = (77,)
"""Reserved by the Harmonized System; no goods."""


@unique
class CodeProblem(Word):
    """Why a text is no commodity code."""

    EMPTY = "no code is given"
    NOT_DIGITS = "holds something that is neither a digit nor a space or dot"
    LENGTH = "has not 2, 4, 6, 8 or 10 digits"
    CHAPTER = "names a chapter the tariff does not have"


@unique
class Match(Word):
    """How a declared code stands to a prefix of a table."""

    MATCH = "match"
    NO = "no"
    UNDECIDED = "undecided"


def read_code(printed: str) -> str | CodeProblem:
    """The digits of a printed code, or what is wrong with it.

    Codes are divided with dots and with whatever ``str.isspace`` takes for a space: the no-break,
    figure and thin spaces of print, the tab of a spreadsheet, the end of a line in a form.
    """
    digits = "".join(printed.split()).replace(".", "")
    if not digits:
        return CodeProblem.EMPTY
    if not (digits.isascii() and digits.isdigit()):
        return CodeProblem.NOT_DIGITS
    if len(digits) not in LENGTHS:
        return CodeProblem.LENGTH
    chapter = int(digits[:2])
    if not FIRST_CHAPTER <= chapter <= LAST_CHAPTER or chapter in RESERVED_CHAPTERS:
        return CodeProblem.CHAPTER
    return digits


def print_code(digits: str) -> str:
    """Digits as the tariff prints them: four, then groups of two, three and one."""
    parts = (digits[:4], digits[4:6], digits[6:9], digits[9:])
    return " ".join(part for part in parts if part)


def match(digits: str, prefix: str) -> Match:
    """Compare declared digits with a prefix, both ways.

    A declared code that begins with the prefix matches; one that is only the beginning of the
    prefix is undecided, and so is one that is the beginning filled up with zeros (``0407000000``
    says no more than ``0407``).

    Args:
        digits: as ``read_code`` gives them.
        prefix: as ``read_code`` gives them.
    """
    if digits.startswith(prefix):
        return Match.MATCH
    return Match.UNDECIDED if prefix.startswith(_stem(digits)) else Match.NO


def _stem(digits: str) -> str:
    """What is left of a code without the zeros that fill it up.

    A heading keeps its last zero: ``2840`` is borates, and not the beginning of ``2844``.
    """
    finer = digits[4:].rstrip("0")
    if finer:
        return digits[:4] + finer
    return digits[:2] if digits[2:4] == "00" else digits[:4]


class Prefixed(Protocol):
    """A row of a table that speaks of the codes with a prefix."""

    @property
    def prefix(self) -> str:
        """As ``read_code`` gives it."""


_R = TypeVar("_R", bound=Prefixed)


class PrefixIndex(Generic[_R]):
    """Finds rows by code as ``match`` does, without asking every row.

    Args:
        rows: in the order in which they are given back.
    """

    def __init__(self, rows: Iterable[_R]) -> None:
        self._whole: dict[str, tuple[_R, ...]] = {}
        self._begun: dict[str, tuple[_R, ...]] = {}
        for row in rows:
            prefix = row.prefix
            self._whole[prefix] = (*self._whole.get(prefix, ()), row)
            for end in range(2, len(prefix) + 1):
                stem = prefix[:end]
                self._begun[stem] = (*self._begun.get(stem, ()), row)

    def matching(self, digits: str) -> tuple[_R, ...]:
        """The rows that surely speak of a declared code, those of the shortest prefix first."""
        whole = self._whole
        return tuple(
            row for end in range(2, len(digits) + 1) for row in whole.get(digits[:end], ())
        )

    def undecided(self, digits: str) -> tuple[_R, ...]:
        """The rows of which a declared code is too short to tell whether they speak of it."""
        begun = self._begun.get(_stem(digits), ())
        return tuple(row for row in begun if not digits.startswith(row.prefix))
