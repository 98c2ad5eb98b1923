"""Phrases in which a word of the lexicon means nothing living: ``live yeast``, ``dog food``.

A phrase silences the words it is made of and no others. It stands within one stretch of words (no
mark, dash or line end inside), it does not step over another word of the lexicon, and each of its
words serves it alone: in ``dog food dog`` the second dog is heard.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from edge.law.lexicon import Element, FalseFriend, Lexicon, Phrase
from edge.law.sightings import Line, Sighting


@dataclass(frozen=True, slots=True)
class Silencing:
    """One phrase where it stands.

    Attributes:
        friend: the false friend.
        tokens: the tokens of the phrase, ascending.
        marked: those of them that are silenced.
    """

    friend: FalseFriend
    tokens: tuple[int, ...]
    marked: frozenset[int]

    def rank(self) -> tuple[int, int, str]:
        """What ends first comes first, then the longest."""
        return self.tokens[-1], self.tokens[0], self.friend.friend_id

    def covers(self, sighting: Sighting) -> bool:
        """Whether it silences a sighting: all of its words, and its entry."""
        return self.marked.issuperset(sighting.tokens) and (
            sighting.entry.entry_id in self.friend.silences
        )


def silence(
    lexicon: Lexicon, line: Line, sightings: Sequence[Sighting]
) -> dict[Sighting, Silencing]:
    """Which sightings mean nothing living, each with the phrase that says so.

    A live word stays where its clause names an animal as well, whatever a phrase makes of it:
    ``live flowers and birds``.
    """
    silencings = _accepted(_Search(lexicon, line, sightings).phrases())
    if not silencings:
        return {}
    named = {
        line.clauses[place]
        for sighting in sightings
        if sighting.entry.word_class.living and not sighting.entry.live_word
        for place in sighting.tokens
    }
    found: dict[Sighting, Silencing] = {}
    for sighting in sightings:
        if not (sighting.entry.live_word and line.clauses[sighting.tokens[0]] in named):
            covering = (s for s in silencings.get(sighting.tokens[0], ()) if s.covers(sighting))
            if (first := next(covering, None)) is not None:
                found[sighting] = first
    return found


def _accepted(candidates: Iterable[Silencing]) -> dict[int, list[Silencing]]:
    """Those that do not use another's word, by the tokens they silence.

    The one that ends first has it, so text added at the end takes nothing away from what stands
    before it; of those that end together the longest. A phrase may go on where a shorter one that
    began with it has ended.
    """
    user: dict[int, int] = {}
    accepted: dict[int, list[Silencing]] = {}
    for one in sorted(candidates, key=Silencing.rank):
        start = one.tokens[0]
        plain = [place for place in one.tokens if place not in one.marked]
        if all(user.get(place, start) == start for place in plain):
            user.update(dict.fromkeys(plain, start))
            for place in one.marked:
                accepted.setdefault(place, []).append(one)
    return accepted


class _Search:
    """Finds the phrases of the false friends that stand in a line."""

    def __init__(self, lexicon: Lexicon, line: Line, sightings: Sequence[Sighting]) -> None:
        self._lexicon = lexicon
        self._line = line
        self._seen = {place for sighting in sightings for place in sighting.tokens}
        # Words that are an entry by themselves: what stands elsewhere in the line changes nothing.
        self._alone: dict[int, set[str]] = {}
        for entry, tokens in sightings:
            if len(tokens) == 1:
                self._alone.setdefault(tokens[0], set()).add(entry.entry_id)
        self._ids = {sighting.entry.entry_id for sighting in sightings}

    def phrases(self) -> Iterator[Silencing]:
        """Every phrase that silences something seen."""
        places = self._line.places
        for word in self._lexicon.phrases.keys() & places.keys():
            for phrase in self._lexicon.phrases[word]:
                if phrase.words <= places.keys() and not phrase.friend.silences.isdisjoint(
                    self._ids
                ):
                    yield from self._standing(phrase, word)

    def _standing(self, phrase: Phrase, word: int) -> Iterator[Silencing]:
        friend = phrase.friend
        silences = friend.silences
        for place in self._line.places[word]:
            if self._stands(phrase.elements[phrase.anchor], place, silences):
                for left in self._onward(phrase.before, place, -1, friend):
                    for right in self._onward(phrase.after, place, 1, friend):
                        tokens = (*left[::-1], place, *right)
                        marks = zip(tokens, phrase.elements, strict=True)
                        marked = frozenset(there for there, one in marks if one.silenced)
                        yield Silencing(friend, tokens, marked)

    def _onward(
        self,
        rest: tuple[Element, ...],
        place: int,
        step: int,
        friend: FalseFriend,
    ) -> Iterator[tuple[int, ...]]:
        """The ways to go on from a place word by word, to the left or to the right."""
        if not rest:
            yield ()
            return
        line = self._line
        stretches = line.abbreviated_stretches if friend.abbreviated else line.stretches
        for there in range(place + step, place + step * (friend.reach + 2), step):
            if not 0 <= there < len(stretches) or stretches[there] != stretches[place]:
                return
            if self._stands(rest[0], there, friend.silences):
                for more in self._onward(rest[1:], there, step, friend):
                    yield (there, *more)
            if there in self._seen:
                return

    def _stands(self, element: Element, place: int, silences: frozenset[str]) -> bool:
        if element.word is not None:
            return element.word in self._line.words[place]
        return not silences.isdisjoint(self._alone.get(place, ()))
