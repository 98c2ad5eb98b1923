"""The lexicon of living goods: its words and its false friends."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import unique
from typing import TypeVar

from edge.law.dated import Provenance
from edge.law.stems import Spelling, StemIndex
from edge.law.verdicts import TableRef
from edge.law.words import Word

_K = TypeVar("_K")
_V = TypeVar("_V")


@unique
class WordClass(Word):
    """What a word speaks of. The last one is not alive, but what a beam may spoil or set off."""

    LIVE_ANIMALS = "live_animals"
    CIRCUS = "circus"
    LIVE_FISH = "live_fish"
    HATCHING_EGGS = "hatching_eggs"
    OTHER_LIVING = "other_living"
    SENSITIVE = "sensitive"

    @property
    def living(self) -> bool:
        """Whether it is a class of living goods."""
        return self is not WordClass.SENSITIVE


@unique
class Strength(Word):
    """What a hit is worth.

    STRONG says by itself that something living is there (``live``, ``hatching eggs``,
    ``day-old chicks``), or names an animal in a line that says something is alive. WEAK names an
    animal, and the goods may as well be its meat, its hide or its picture.
    """

    STRONG = "strong"
    WEAK = "weak"


@unique
class Language(Word):
    """The language of an entry; false friends act within their own."""

    EN = "en"
    RU = "ru"
    KK = "kk"


@unique
class Need(Word):
    """What a line must hold beside the word for it to count."""

    NOTHING = "nothing"
    LIVE_WORD = "live_word"
    KAZAKH_CONTEXT = "kazakh_context"


@dataclass(frozen=True, slots=True)
class Stem:
    """One stem: its words by their numbers in the lexicon, which may stand in any order."""

    text: str
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One family of words; compares by identity.

    Attributes:
        entry_id: stable id.
        word_class: what they speak of.
        language: their language.
        strength: what a hit is worth before the rest of the line is looked at.
        stems: how they are written.
        needs: what the line must hold beside them.
        live_word: whether they say that what the line names is alive.
        window: words that may stand between the words of one stem.
    """

    entry_id: str
    word_class: WordClass
    language: Language
    strength: Strength
    stems: tuple[Stem, ...]
    needs: Need = Need.NOTHING
    live_word: bool = False
    window: int = 2


@dataclass(frozen=True, slots=True)
class Element:
    """One word of a false friend's phrase.

    Attributes:
        word: number of the word that must stand there; None for any word that is silenced.
        silenced: whether the word that stands there is the one that is silenced.
    """

    word: int | None
    silenced: bool


@dataclass(frozen=True, slots=True)
class FalseFriend:
    """Phrases in which words of the lexicon mean nothing living.

    Attributes:
        friend_id: stable id.
        language: its language, and that of every entry it silences.
        silences: the ids of these entries.
        phrases: words in the order in which they must stand.
        reach: other words that may stand between two of them.
        example: a description in which it silences.
        abbreviated: whether a full stop behind a word parts nothing: ``cat. no. 7``.
        made_for: whether what its phrases name is made for the animals: ``pig carrier``.
    """

    friend_id: str
    language: Language
    silences: frozenset[str]
    phrases: tuple[tuple[Element, ...], ...]
    reach: int
    example: str
    abbreviated: bool = False
    made_for: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase of a false friend, and where to begin to look for it.

    Attributes:
        friend: the false friend.
        elements: the words of the phrase.
        anchor: place of its first named word; ``before`` (backwards) and ``after`` lie around it.
        before: the elements before the anchor, the nearest first.
        after: the elements after it.
        words: every word it names.
    """

    friend: FalseFriend
    elements: tuple[Element, ...]
    anchor: int = field(init=False)
    before: tuple[Element, ...] = field(init=False)
    after: tuple[Element, ...] = field(init=False)
    words: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        named = [place for place, one in enumerate(self.elements) if one.word is not None]
        object.__setattr__(self, "anchor", named[0])
        object.__setattr__(self, "before", self.elements[: named[0]][::-1])
        object.__setattr__(self, "after", self.elements[named[0] + 1 :])
        words = frozenset(one.word for one in self.elements if one.word is not None)
        object.__setattr__(self, "words", words)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Lexicon:
    """One dated lexicon. ``valid_from`` and ``valid_to`` are both inside its validity.

    Attributes:
        ref: its id, version and the hash of its file.
        valid_from: first day.
        valid_to: last day.
        source: where the words come from.
        review: who has looked at them and who still must.
        provenance: how it came to the lane.
        entries: the words, by id.
        friends: the false friends, by id.
        kazakh_words: numbers of words without Kazakh letters that show a line to be Kazakh.
        words: for each word, by its number, the ways it is written.
        index: finds the words of a token.
        single: the entries of which a word is a whole stem.
        anchored: the stems of several words that begin with a word.
        phrases: the false friends' phrases by the first word they name.
        speaking: the words in ``single`` and ``anchored``; a line without them says nothing.
    """

    ref: TableRef
    valid_from: date
    valid_to: date
    source: str
    review: str
    provenance: Provenance
    entries: Mapping[str, Entry]
    friends: Mapping[str, FalseFriend]
    kazakh_words: frozenset[int]
    words: tuple[tuple[Spelling, ...], ...]
    index: StemIndex = field(init=False, repr=False)
    single: Mapping[int, tuple[Entry, ...]] = field(init=False, repr=False)
    anchored: Mapping[int, tuple[tuple[Entry, Stem], ...]] = field(init=False, repr=False)
    phrases: Mapping[int, tuple[Phrase, ...]] = field(init=False, repr=False)
    speaking: frozenset[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        stems = [(entry, stem) for entry in self.entries.values() for stem in entry.stems]
        single = _grouped((s.words[0], entry) for entry, s in stems if len(s.words) == 1)
        anchored = _grouped((s.words[0], (entry, s)) for entry, s in stems if len(s.words) > 1)
        phrases = [
            Phrase(friend, elements)
            for friend in self.friends.values()
            for elements in friend.phrases
        ]
        by_word = _grouped((p.elements[p.anchor].word or 0, p) for p in phrases)
        object.__setattr__(self, "index", StemIndex(self.words))
        object.__setattr__(self, "single", single)
        object.__setattr__(self, "anchored", anchored)
        object.__setattr__(self, "phrases", by_word)
        object.__setattr__(self, "speaking", frozenset({*single, *anchored}))

    def __repr__(self) -> str:
        return f"<lexicon {self.ref.table_id} {self.ref.version}>"

    @property
    def substance(self) -> Hashable:
        """What decides, written out: numbers of words differ from file to file."""
        entries = (
            (e.entry_id, e.word_class, e.language, e.strength, e.needs, e.live_word, e.window,
             frozenset(stem.text for stem in e.stems))
            for e in self.entries.values()
        )  # fmt: skip
        friends = (
            (
                f.friend_id,
                f.silences,
                f.reach,
                f.abbreviated,
                f.made_for,
                frozenset(map(self._spelt, f.phrases)),
            )
            for f in self.friends.values()
        )
        kazakh = frozenset(self.words[number] for number in self.kazakh_words)
        return frozenset(entries), frozenset(friends), kazakh

    def _spelt(self, phrase: tuple[Element, ...]) -> tuple[object, ...]:
        return tuple(
            (one.silenced, None if one.word is None else self.words[one.word]) for one in phrase
        )


def _grouped(pairs: Iterable[tuple[_K, _V]]) -> dict[_K, tuple[_V, ...]]:
    found: dict[_K, list[_V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}
