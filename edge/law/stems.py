"""The notation of stems in a lexicon, and the index that finds them in a word.

A stem is one or more words. A word stands for itself alone; ``*`` at its end stands for any
ending; ``(a|b)`` at its end lists the endings it may have, an empty one included:

    собак*          собака, собаками, собаководство
    dog(|s)         dog, dogs, and not dogma
    кот(|а|ик*)     кот, кота, котик, котики, and not котел
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from edge.law.spelling import MAX_WORD_CHARS, MIN_SPACED, fold, forms, scripts, shape

MIN_CHARS = 2
"""Shortest word of a stem; in a false friend's phrase one letter may stand."""

MIN_INNER_CHARS = 4
"""Shortest stem looked for in the middle of letters that stand apart."""

MAX_ENDINGS = 80
"""Endings one word may list."""

_NOTATION = re.compile(r"([^\s()|*@]*)(?:\(([^\s()@]*)\)|(\*))?")
_LETTERS = re.compile(r"[^\W_]+")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_LATIN = re.compile("[a-z]")


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way a word of a stem is written.

    Attributes:
        text: in the shape in which ``spelling.forms`` gives words.
        open_ended: whether any ending may follow.
    """

    text: str
    open_ended: bool

    def meets(self, other: "Spelling") -> bool:
        """Whether some word is written in both ways."""
        if self.open_ended and other.text.startswith(self.text):
            return True
        if other.open_ended and self.text.startswith(other.text):
            return True
        return self.text == other.text


def spellings(notation: str) -> tuple[Spelling, ...] | str:
    """Every way a word is written, or what is wrong with its notation."""
    found = _NOTATION.fullmatch(notation)
    if found is None:
        return "is no word; write letters, then * or (a|b) at the end"
    body, endings, star = found.groups()
    written = [body + (star or "")]
    if endings is not None:
        written = [body + ending for ending in endings.split("|")]
    if len(written) > MAX_ENDINGS:
        return f"has more than {MAX_ENDINGS} endings"
    flaw = next((flaw for one in written if (flaw := _flaw(one))), "")
    if flaw or len(set(written)) < len(written):
        return flaw or "lists one ending twice"
    return tuple(Spelling(shape(one.removesuffix("*")), one.endswith("*")) for one in written)


def _flaw(written: str) -> str:
    text = written.removesuffix("*")
    folded = fold(text)
    if not _LETTERS.fullmatch(folded):
        return f"{written!r} is not made of letters alone"
    if len(folded) >= MAX_WORD_CHARS:
        return f"{written!r} has more than {MAX_WORD_CHARS - 1} letters"
    if _CYRILLIC.search(folded) and _LATIN.search(folded):
        return f"{written!r} mixes Latin and Cyrillic letters"
    return ""


class StemIndex:
    """Finds the words of all stems that a token is written as.

    Args:
        words: for each word, by its place, the ways it is written.
    """

    def __init__(self, words: Iterable[tuple[Spelling, ...]]) -> None:
        self._exact: dict[str, list[int]] = {}
        self._open: dict[str, list[int]] = {}
        for number, ways in enumerate(words):
            for way in ways:
                table = self._open if way.open_ended else self._exact
                table.setdefault(way.text, []).append(number)
        # How long the open-ended ones are that begin with the same letters.
        self._lengths: dict[str, set[int]] = {}
        for text in self._open:
            self._lengths.setdefault(text[:MIN_CHARS], set()).add(len(text))
        self._all_lengths = sorted({len(text) for text in (*self._open, *self._exact)})
        # The answer depends on the token alone, so remembering it changes nothing but the time.
        self.find = lru_cache(maxsize=16384)(self._find)

    def _find(self, spelt: str) -> frozenset[int]:
        return frozenset(number for form in forms(spelt) for number in self._of_form(form))

    def _of_form(self, form: str) -> Iterator[int]:
        yield from self._exact.get(form, ())
        for length in self._lengths.get(form[:MIN_CHARS], ()):
            yield from self._open.get(form[:length], ())

    def find_spaced(self, letters: str) -> list[tuple[int, int, int]]:
        """Find stems in letters that stand apart: number, first letter and the one past the last.

        No word ends surely there, so every stem counts as open-ended; in the middle only those
        of ``MIN_INNER_CHARS`` letters and more. Of those that begin together the longest is last.
        """
        found: dict[tuple[int, int, int], None] = {}
        for form in scripts(letters):
            # A reading that joins two letters into one would lose the places.
            for start in range(len(form) if len(form) == len(letters) else 0):
                for number, length in self._beginnings(form, start):
                    found[number, start, start + length] = None
        return list(found)

    def _beginnings(self, form: str, start: int) -> Iterator[tuple[int, int]]:
        for length in self._all_lengths:
            if start + length > len(form):
                return
            if length >= (MIN_INNER_CHARS if start else MIN_SPACED):
                text = form[start : start + length]
                for number in (*self._open.get(text, ()), *self._exact.get(text, ())):
                    yield number, length
