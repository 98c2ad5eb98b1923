"""What the words of a goods description say of living goods.

A word only ever raises doubt: nothing here exempts or clears. The hits name their entries and
classes, so that whoever knows the commodity code can tell an expected word (``horse`` in a line of
saddles) from one that is not.
"""

from dataclasses import dataclass, field

from edge.law.false_friends import Silencing, silence
from edge.law.lexicon import Language, Lexicon, Need, Strength, WordClass
from edge.law.sightings import MAX_EFFORT, Line, Sighting
from edge.law.spelling import Reading

MAX_SHOWN_CHARS = 80
"""Longest quotation of a description."""


@dataclass(frozen=True, slots=True)
class WordHit:
    """One word or phrase that speaks of living or sensitive goods.

    Attributes:
        entry_id: the entry of the lexicon.
        word_class: what it speaks of.
        language: its language.
        strength: strong, or weak where the goods may as well be meat, hide or a picture.
        words: as written, cut at 80 characters.
        start: where they begin in the description.
        end: where they end, not included.
    """

    entry_id: str
    word_class: WordClass
    language: Language
    strength: Strength
    words: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Silenced:
    """A hit that does not count, and the phrase for which it does not, for the officer to see.

    Attributes:
        hit: the hit.
        friend_id: the false friend.
        phrase: its words as written, cut at 80 characters.
        start: where the phrase begins in the description.
        end: where it ends, not included.
    """

    hit: WordHit
    friend_id: str
    phrase: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in one description.

    Attributes:
        hits: in the order of the text; an entry once for each place.
        silenced: what a false friend took away.
        not_read_whole: some of the text lies beyond what is read, was lost on its way here, or
            holds no letter at all, or needs more work than a lane can give it; that is a doubt of
            its own, whatever the hits.
        effort: steps that were spent, see `sightings.MAX_EFFORT`.
    """

    hits: tuple[WordHit, ...]
    silenced: tuple[Silenced, ...]
    not_read_whole: bool
    effort: int = field(default=0, compare=False)

    @property
    def strong(self) -> bool:
        """Whether something is said to be living, or to be spoilt or set off by a beam."""
        return any(hit.strength is Strength.STRONG for hit in self.hits)


def find_words(lexicon: Lexicon, description: str, effort: int = MAX_EFFORT) -> Found:
    """Find the words of a lexicon in one goods description. Never raises on any text.

    A live word that no false friend silences makes every animal of the line strong, and the
    names that count only so (fish, seals) count. Where ``effort`` steps do not suffice nothing is
    silenced, and the description is not read whole.
    """
    reading = Reading(description)
    unread = reading.not_read_whole or not reading.has_letters
    line = Line(lexicon, reading, effort)
    sightings = line.sightings()
    silencings = {} if line.cut_short else silence(lexicon, line, sightings)
    unread = unread or line.cut_short
    if all(sighting.entry.needs is Need.LIVE_WORD for sighting in sightings):
        return Found((), (), unread, line.spent)
    heard = [sighting for sighting in sightings if sighting not in silencings]
    alive = any(sighting.entry.live_word for sighting in heard)
    quote = _Quotes(reading, description)
    hits: dict[tuple[str, int], WordHit] = {}
    for sighting in sorted(heard, key=_place):
        if alive or sighting.entry.needs is not Need.LIVE_WORD:
            hit = quote.hit(sighting, alive=alive)
            hits.setdefault((hit.entry_id, hit.start), hit)
    return Found(
        hits=tuple(hits.values()),
        silenced=tuple(
            quote.silenced(one, silencings[one])
            for one in sorted(silencings, key=_place)
            if alive or one.entry.needs is not Need.LIVE_WORD
        ),
        not_read_whole=unread,
        effort=line.spent,
    )


def _place(sighting: Sighting) -> tuple[tuple[int, ...], str]:
    return sighting.tokens, sighting.entry.entry_id


class _Quotes:
    """Makes what is reported of a sighting, in the words of the description."""

    def __init__(self, reading: Reading, description: str) -> None:
        self._reading = reading
        self._description = description

    def _quote(self, tokens: tuple[int, ...]) -> tuple[str, int, int]:
        start, end = self._reading.extent(tokens[0], tokens[-1])
        return self._description[start:end][:MAX_SHOWN_CHARS], start, end

    def hit(self, sighting: Sighting, *, alive: bool) -> WordHit:
        entry = sighting.entry
        words, start, end = self._quote(sighting.tokens)
        strong = entry.strength is Strength.STRONG or (alive and entry.word_class.living)
        return WordHit(
            entry_id=entry.entry_id,
            word_class=entry.word_class,
            language=entry.language,
            strength=Strength.STRONG if strong else Strength.WEAK,
            words=words,
            start=start,
            end=end,
        )

    def silenced(self, sighting: Sighting, silencing: Silencing) -> Silenced:
        phrase, start, end = self._quote(silencing.tokens)
        hit = self.hit(sighting, alive=False)
        return Silenced(hit, silencing.friend.friend_id, phrase, start, end)
