"""The base of every closed set in the law, and the three languages a text is shown in."""

from dataclasses import dataclass
from enum import Enum

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]
"""What a record may hold: canonical JSON has no float here, since every size is an integer."""


class Word(Enum):
    """Members compare and hash by identity: never equal to text, a number or another set."""

    __hash__ = object.__hash__


NATIVE_REVIEW = "RU and KK texts: needs native review"
"""State of every translation of this project; shown wherever one is printed, and said here only.

It speaks of ``rule_texts``, ``change_texts``, ``outcomes``, the fault catalogue and remedies of
`edge.core`, and the labels of `edge.law_desk`; a lexicon says it of its own words in ``review``.
"""


@dataclass(frozen=True, slots=True)
class Text:
    """One text for people, in English, Russian and Kazakh (see `NATIVE_REVIEW`)."""

    en: str
    ru: str
    kk: str
