"""Builds a lexicon from parsed TOML, or says everything that is wrong with it."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from edge.law.dated import Provenance
from edge.law.lexicon import (
    Element,
    Entry,
    FalseFriend,
    Language,
    Lexicon,
    Need,
    Stem,
    Strength,
    WordClass,
)
from edge.law.row_checks import Problem, Row, RowChecks
from edge.law.spelling import KAZAKH_LETTERS
from edge.law.stems import MIN_CHARS, Spelling, spellings

SCHEMA = 1
"""The layout of the file this code reads."""

MAX_ROWS = 500
"""Entries, and false friends, of one lexicon."""

MAX_STEMS = 200
"""Stems of an entry, or phrases of a false friend."""

MAX_PHRASE = 6
"""Words of one stem or phrase."""

MAX_BETWEEN = 4
"""Largest ``window`` and ``reach``."""

ANIMALS = "animals"
"""Among the silenced: every weak entry of ``ANIMAL_CLASSES`` in the false friend's language."""

ANIMAL_CLASSES = (WordClass.LIVE_ANIMALS, WordClass.LIVE_FISH, WordClass.OTHER_LIVING)

SHORT_KAZAKH = 3
"""A Kazakh word of so few letters, none of them Kazakh only, needs a Kazakh line around it."""

_KEYS = frozenset({"review", "kazakh_words", "entry", "false_friend"})
_ENTRY_KEYS = frozenset(
    {"id", "class", "language", "strength", "stems", "needs", "live_word", "window", "note"}
)
_FRIEND_KEYS = frozenset(
    {
        "id",
        "language",
        "silences",
        "phrases",
        "reach",
        "abbreviated",
        "made_for",
        "example",
        "note",
    }
)


def build_lexicon(
    mapping: Mapping[str, object], sha256: str, *, provenance: Provenance
) -> Lexicon | tuple[Problem, ...]:
    """Build a lexicon from a parsed TOML file, or say everything that is wrong with it.

    Args:
        mapping: as ``tomllib`` gives it.
        sha256: hash of the file's bytes, 64 lower-case hex digits.
        provenance: how the file came here; an unsigned lexicon is built but never in force.
    """
    reader = _Reader()
    head = reader.head(mapping, sha256, schema=SCHEMA, keys=_KEYS)
    review = reader.text("", mapping, "review")
    kazakh = reader.texts("", mapping, "kazakh_words", MAX_STEMS)
    kazakh_words = frozenset(reader.word("kazakh_words", one) for one in kazakh)
    reader.entries = reader.rows(mapping, "entry", MAX_ROWS, reader.entry)
    friends = reader.rows(mapping, "false_friend", MAX_ROWS, reader.friend)
    reader.once("entry", ((entry.entry_id, entry.entry_id) for entry in reader.entries))
    reader.once("false_friend", ((friend.friend_id, friend.friend_id) for friend in friends))
    reader.once("entry.stems", reader.written())
    if reader.problems:
        return tuple(reader.problems)
    return Lexicon(
        ref=head.ref,
        valid_from=head.valid_from,
        valid_to=head.valid_to,
        source=head.source,
        review=review,
        provenance=provenance,
        entries={entry.entry_id: entry for entry in reader.entries},
        friends={friend.friend_id: friend for friend in friends},
        kazakh_words=kazakh_words,
        words=tuple(reader.words),
    )


class _Reader(RowChecks):
    """Builds entries and false friends, and numbers the words they are made of."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[tuple[Spelling, ...]] = []
        self.entries: list[Entry] = []
        self._numbers: dict[str, int] = {}

    def word(self, key: str, notation: str) -> int:
        """The number of a word; the same notation has the same number."""
        if notation not in self._numbers:
            ways = spellings(notation)
            if isinstance(ways, str):
                self.say(key, notation, ways, "see the notation in edge/law/stems.py")
                ways = ()
            self._numbers[notation] = len(self.words)
            self.words.append(ways)
        return self._numbers[notation]

    def written(self) -> Iterator[tuple[object, str]]:
        """Every way a stem of one word is written, and the stem as the file has it."""
        for entry in self.entries:
            for stem in entry.stems:
                for way in self.words[stem.words[0]] if len(stem.words) == 1 else ():
                    yield (entry.language, way), stem.text

    def _phrase(self, key: str, text: str) -> list[str]:
        words = text.split()
        if len(words) > MAX_PHRASE:
            self.say(key, text, "is too long", f"write at most {MAX_PHRASE} words")
        return words[:MAX_PHRASE]

    def entry(self, at: str, row: Row) -> Entry:
        """Build one entry; what is wrong with it is told."""
        self.known(at, row, _ENTRY_KEYS)
        stems = self.texts(at, row, "stems", MAX_STEMS)
        key = f"{at}stems"
        entry = Entry(
            entry_id=self.text(at, row, "id"),
            word_class=self.one_of(at, row, "class", WordClass),
            language=self.one_of(at, row, "language", Language),
            strength=self.one_of(at, row, "strength", Strength),
            stems=tuple(
                Stem(text, tuple(self._stem_word(key, word) for word in self._phrase(key, text)))
                for text in stems
            ),
            needs=self.one_of(at, row, "needs", Need, Need.NOTHING),
            live_word=self.flag(at, row, "live_word"),
            window=self.number(at, row, "window", 2, MAX_BETWEEN),
        )
        self._sense(at, entry)
        return entry

    def _stem_word(self, key: str, notation: str) -> int:
        number = self.word(key, notation)
        if any(len(way.text) < MIN_CHARS for way in self.words[number]):
            self.say(key, notation, "is too short", f"write at least {MIN_CHARS} letters")
        return number

    def _sense(self, at: str, entry: Entry) -> None:
        strong = entry.strength is Strength.STRONG
        if entry.live_word and not strong:
            self.say(f"{at}live_word", "true", "is for strong words", 'write strength = "strong"')
        if entry.needs is Need.LIVE_WORD and strong:
            remedy = 'write strength = "weak"; a live word makes it strong'
            self.say(f"{at}needs", entry.needs.value, "is for weak words", remedy)
        if entry.needs is Need.KAZAKH_CONTEXT and entry.language is not Language.KK:
            self.say(f"{at}needs", entry.needs.value, "is for Kazakh words", "remove it")
        if entry.language is Language.KK and entry.needs is Need.NOTHING:
            for stem in entry.stems:
                if len(stem.words) == 1 and any(map(_ambiguous, self.words[stem.words[0]])):
                    reason = "is too short to be surely Kazakh"
                    self.say(f"{at}stems", stem.text, reason, 'write needs = "kazakh_context"')

    def friend(self, at: str, row: Row) -> FalseFriend:
        """Build one false friend; what is wrong with it is told."""
        self.known(at, row, _FRIEND_KEYS)
        language = self.one_of(at, row, "language", Language)
        silenced = self._silenced(at, row, language)
        phrases = [
            self._elements(f"{at}phrases", text, silenced)
            for text in self.texts(at, row, "phrases", MAX_STEMS)
        ]
        for entry in (silenced[name] for name in _named(row) if name in silenced):
            if phrases and not any(self._may_silence(phrase, entry) for phrase in phrases):
                reason = "no phrase can silence it"
                self.say(f"{at}silences", entry.entry_id, reason, "mend the phrases or remove it")
        return FalseFriend(
            friend_id=self.text(at, row, "id"),
            language=language,
            silences=frozenset(silenced),
            phrases=tuple(phrases),
            reach=self.number(at, row, "reach", 0, MAX_BETWEEN),
            example=self.text(at, row, "example"),
            abbreviated=self.flag(at, row, "abbreviated"),
            made_for=self.flag(at, row, "made_for"),
        )

    def _silenced(self, at: str, row: Row, language: Language) -> dict[str, Entry]:
        known = {entry.entry_id: entry for entry in self.entries if entry.language is language}
        found: dict[str, Entry] = {}
        for name in self.texts(at, row, "silences", MAX_ROWS):
            if name == ANIMALS:
                found |= {k: e for k, e in known.items() if _names_animals(e)}
            elif name in known:
                found[name] = known[name]
            else:
                reason = f"is no entry in {language.value}"
                self.say(f"{at}silences", name, reason, "name an entry of the same language")
        return found

    def _elements(self, key: str, text: str, silenced: Mapping[str, Entry]) -> tuple[Element, ...]:
        elements = tuple(
            Element(None if word == "@" else self.word(key, word.removeprefix("@")), word[0] == "@")
            for word in self._phrase(key, text)
        )
        if not any(one.silenced for one in elements):
            self.say(key, text, "silences nothing", "mark the word it silences with @")
        elif any(one.word is None and two.word is None for one, two in pairwise(elements)):
            reason = "silences two words that nothing joins"
            self.say(key, text, reason, "name one of them, or the word between")
        elif silenced and not any(self._may_silence(elements, e) for e in silenced.values()):
            self.say(key, text, "meets no word of what it silences", "mend it or remove it")
        return elements

    def _may_silence(self, phrase: Iterable[Element], entry: Entry) -> bool:
        marked = [one.word for one in phrase if one.silenced]
        return any(
            all(any(self._meet(word, mark) for mark in marked) for word in stem.words)
            for stem in entry.stems
        )

    def _meet(self, word: int, mark: int | None) -> bool:
        if mark is None:
            return True
        return any(a.meets(b) for a in self.words[word] for b in self.words[mark])


def _names_animals(entry: Entry) -> bool:
    return entry.strength is Strength.WEAK and entry.word_class in ANIMAL_CLASSES


def _named(row: Row) -> list[object]:
    names = row.get("silences")
    return names if isinstance(names, list) else []


def _ambiguous(way: Spelling) -> bool:
    return len(way.text) <= SHORT_KAZAKH and KAZAKH_LETTERS.isdisjoint(way.text)
