"""Where the words of a lexicon stand in one description, before anything is judged."""

from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from edge.law.lexicon import Entry, Lexicon, Need
from edge.law.spelling import (
    JOINING,
    KAZAKH_LETTERS,
    MAX_WORD_CHARS,
    MIN_SPACED,
    PARTING,
    Gap,
    Reading,
    forms,
)

MAX_PIECES = 6
"""Into so many pieces a word may be cut by hyphens and line ends and still be put together."""

MAX_EFFORT = 3000
"""Steps that are spent on one description beyond looking up its words one by one. A long and honest
one needs some hundred; who writes nothing but hyphens would stall the lane with thousands."""

_LETTER_EFFORT, _SIGHTING_EFFORT, _WINDOW_EFFORT = 3, 2, 4
"""Steps for a letter that stands apart and for a word that is heard; places of a window a step."""


class Sighting(NamedTuple):
    """One entry of the lexicon at one place.

    Attributes:
        entry: what was seen.
        tokens: numbers of the tokens that are its words, ascending; a word cut in pieces has all
            its pieces.
    """

    entry: Entry
    tokens: tuple[int, ...]


class Line:
    """One description cut into tokens, and the places of the lexicon's words in it.

    Args:
        lexicon: the words.
        reading: the description.
        effort: steps that may be spent on it.

    Attributes:
        words: for each token the numbers of the words it is written as.
        places: for each word, where it begins and the last token of it there.
        spent: steps that were spent so far.
        cut_short: they did not suffice, so words may stand there that were not looked for.
    """

    def __init__(self, lexicon: Lexicon, reading: Reading, effort: int = MAX_EFFORT) -> None:
        self._lexicon = lexicon
        self._reading = reading
        self._effort = effort
        self.spent = 0
        self.cut_short = False
        self.words = list(map(lexicon.index.find, reading.spelt))
        self.places: dict[int, dict[int, int]] = {}
        for place, words in enumerate(self.words):
            for word in words:
                self._put(word, place, place)
        joints, letters = not JOINING.isdisjoint(reading.gaps), reading.has_single_letters
        if joints:
            self._join_pieces()
        if letters:
            self._join_letters()
        # How far a word in pieces may push the others of its stem apart.
        self._slack = MAX_WORD_CHARS if joints or letters else 0

    def spend(self, steps: int) -> bool:
        """Take so many steps; false where there are no more, and what they were for is left."""
        self.cut_short = self.cut_short or self.spent + steps > self._effort
        self.spent += 0 if self.cut_short else steps
        return not self.cut_short

    def _put(self, word: int, first: int, last: int) -> None:
        self.places.setdefault(word, {}).setdefault(first, last)

    def _join_pieces(self) -> None:
        """Find words cut by a hyphen or the end of a line; the pieces count by themselves too."""
        spelt, find = self._reading.spelt, self._lexicon.index.find
        joins = [gap in JOINING for gap in self._reading.gaps]
        for first in filter(joins.__getitem__, range(1, len(spelt))):
            whole = spelt[first - 1]
            for last in range(first, min(first + MAX_PIECES - 1, len(spelt))):
                if not joins[last] or len(whole) > MAX_WORD_CHARS:
                    break
                if not self.spend(1):
                    return
                whole += spelt[last]
                # Digits alone are no word in any script; most joined numbers are such.
                if not whole.isdigit():
                    for word in find(whole[: MAX_WORD_CHARS + 1]):
                        self._put(word, first - 1, last)

    def _join_letters(self) -> None:
        """Find words whose letters stand apart, one run for each kind of gap."""
        spelt, before = self._reading.spelt, self._reading.before
        first = 0
        while first < len(spelt):
            last = first
            while (
                last + 1 < len(spelt)
                and len(spelt[last]) == len(spelt[last + 1]) == 1
                and before[last + 1] == before[first + 1]
            ):
                last += 1
            count = last - first + 1
            if count >= MIN_SPACED:
                if not self.spend(count * _LETTER_EFFORT):
                    return
                letters = "".join(spelt[first : last + 1])
                for word, start, end in reversed(self._lexicon.index.find_spaced(letters)):
                    self._put(word, first + start, first + end - 1)
            # The last letter of one run may be the first of the next, with another gap.
            first = max(last, first + 1)

    @cached_property
    def clauses(self) -> list[int]:
        """For each token the number of the clause it stands in."""
        return list(accumulate(gap is Gap.APART for gap in self._reading.gaps))

    @cached_property
    def stretches(self) -> list[int]:
        """For each token the number of the stretch of words it stands in, shorter than a clause."""
        return list(accumulate(gap in PARTING for gap in self._reading.gaps))

    @cached_property
    def abbreviated_stretches(self) -> list[int]:
        """The same, where a full stop is taken for that of an abbreviation and parts nothing."""
        parts = zip(self._reading.gaps, self._reading.before, strict=True)
        return list(accumulate(gap in PARTING and text.strip() != "." for gap, text in parts))

    @cached_property
    def _kazakh(self) -> list[int]:
        """The tokens that show the line to be Kazakh: by a letter, or as a word that says so."""
        found = {
            place
            for word in self._lexicon.kazakh_words.intersection(self.places)
            for first, last in self.places[word].items()
            for place in range(first, last + 1)
        }
        for place, spelt in enumerate(self._reading.spelt):
            # A digit may be read as the letter і, which would prove nothing.
            letters = () if any(map(str.isdigit, spelt)) else forms(spelt)
            if not all(map(KAZAKH_LETTERS.isdisjoint, letters)):
                found.add(place)
        return sorted(found)

    def _in_kazakh(self, tokens: tuple[int, ...]) -> bool:
        """Whether another word than these shows the line to be Kazakh."""
        return any(place not in tokens for place in self._kazakh[: len(tokens) + 1])

    def sightings(self) -> list[Sighting]:
        """Every entry at every place; those that need a Kazakh line only in one."""
        found: dict[tuple[str, tuple[int, ...]], Sighting] = {}
        for word in sorted(self._lexicon.speaking.intersection(self.places)):
            for first, last in self.places[word].items():
                for entry, tokens in self._at(word, tuple(range(first, last + 1))):
                    if not self.spend(_SIGHTING_EFFORT):
                        return list(found.values())
                    if entry.needs is not Need.KAZAKH_CONTEXT or self._in_kazakh(tokens):
                        found[entry.entry_id, tokens] = Sighting(entry, tokens)
        return list(found.values())

    def _at(self, word: int, tokens: tuple[int, ...]) -> Iterator[tuple[Entry, tuple[int, ...]]]:
        for entry in self._lexicon.single.get(word, ()):
            yield entry, tokens
        for entry, stem in self._lexicon.anchored.get(word, ()):
            whole = self._complete(stem.words[1:], tokens, entry.window)
            if whole is not None:
                yield entry, whole

    def _complete(
        self, words: tuple[int, ...], tokens: tuple[int, ...], window: int
    ) -> tuple[int, ...] | None:
        """Add words to tokens, the leftmost that fit, with ``window`` others between them at most.

        Two words may be one token where nothing but an apostrophe divides them.
        """
        if not words:
            return tokens
        places = self.places.get(words[0], {})
        leftmost = max(0, tokens[0] - window - self._slack - 1)
        window_places = range(leftmost, tokens[-1] + window + self._slack + 2)
        if not self.spend(1 + len(window_places) // _WINDOW_EFFORT):
            return None
        for first in window_places:
            if first in places:
                both = tuple(sorted({*tokens, *range(first, places[first] + 1)}))
                if self._between(both) <= window:
                    whole = self._complete(words[1:], both, window)
                    if whole is not None:
                        return whole
        return None

    def _between(self, tokens: tuple[int, ...]) -> int:
        """How many other words stand between tokens; the parts of a compound are one."""
        others = set(range(tokens[0], tokens[-1])).difference(tokens)
        return sum(self._reading.gaps[other] is not Gap.HYPHEN for other in others)
