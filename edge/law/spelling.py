"""From a goods description as people typed, printed or scanned it to tokens that can be compared.

Every character is folded by itself, so the work grows with the length and the places of the words
stay known. Folding keeps the Kazakh letters. It does not take a Russian letter for the Kazakh one
it often stands for: that would make one word of құс (bird) and кус (piece), of балық (fish) and
балык (cured fillet). Where such a substitute is safe, the lexicon lists it as a stem of its own.
"""

import re
import unicodedata
from collections.abc import Sequence
from enum import unique
from functools import cached_property
from itertools import accumulate

from edge.law.mojibake import is_garbled
from edge.law.words import BLANK_LETTERS, Word

MAX_CHARS = 20_000
"""Characters of one description that are read; a manifest's field holds at most 4,000. What lies
beyond is not read, and the reading says so."""

MAX_WORD_CHARS = 40
"""Longest word that is compared; of a longer one its beginning is, and the reading is not whole."""

MIN_SPACED = 3
"""So many single letters in a row are read as letters of words that stand apart."""

MIN_CORE = 3
"""Fewest letters that count as a word when the digits around them fall off."""

KAZAKH_LETTERS = frozenset("әғқңөұүһі")
"""Letters of Kazakh that Russian does not have; і is also Ukrainian and Belarusian."""

_SOFT, _HIDDEN = "\u00ad", "\u2060"
_LINE_ENDS = "\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"

_TWINS = {
    **dict.fromkeys("'‘’‚‛ʹʼʻˈ`´′＇", "'"),
    **dict.fromkeys('"«»“”„‟″‹›＂', '"'),
    **dict.fromkeys("-‐‑‒–—―−﹣－", "-"),
    **dict.fromkeys(_LINE_ENDS, "\n"),
    **dict.fromkeys(BLANK_LETTERS, _HIDDEN),
    _SOFT: _SOFT,
    # A zero-width space divides words, or hides inside one; so does a hyphen.
    "\u200b": "-",
    "ı": "i",
    # Greek and rarer Latin and Cyrillic letters that look like a Latin one.
    **dict(zip("αβεζηικμνορτυχɑɡѕјԁԛԝ", "abezhikmnoptyxagsjdqw", strict=True)),
}
"""What stands for what before anything else; the right side is final."""

_TO_CYRILLIC = str.maketrans("abcehiklmnoprtuxy0136", "авсенікімпоргтиху" + "оізб")
_TO_LATIN = str.maketrans("авеікмнопрстухгьһӏ01l", "abeikmhonpctyxrbhi" + "oii")
_SHAPES = str.maketrans("l1", "ii")
_ALL_SHARED = re.compile("[abcehkmoptxy0368]{5,}")
_BROKEN_YERY = re.compile("[ьb][іil1]")
# A digit inside a word, or beside four letters of it: an article number ends in more than one.
_IN_WORD = "(?<=[Ё]){0}(?=[Ё])|^{0}(?=[Ё]{{4}})|(?<=[Ё]{{4}}){0}$".replace(
    "Ё", "abcehiklmnoprtuxy\u0430-\u052f"
)
_EIGHT, _ONE = (re.compile(_IN_WORD.format(digit)) for digit in "81")

_LATIN = re.compile("[a-z]")
_DIGITS = "0123456789"
_CYRILLIC = re.compile("[\u0400-\u052f]")
_WORD = re.compile(f"([^\\W_]++(?:['{_SOFT}{_HIDDEN}]++[^\\W_]++)*+)")
_UNSEEN = re.compile(f"[{_SOFT}{_HIDDEN}]")
_SILENT = str.maketrans("", "", f"\"'{_HIDDEN}")
_LOST, _LOST_IN_CODING = "\ufffd", "???"


@unique
class Gap(Word):
    """What stands between a word and the one before it."""

    SPACE = "space"
    HYPHEN = "hyphen"
    LOOSE_HYPHEN = "loose hyphen"
    LINE_BREAK = "line break"
    DASH = "dash"
    APART = "apart"


JOINING = frozenset({Gap.HYPHEN, Gap.LOOSE_HYPHEN, Gap.LINE_BREAK})
"""Gaps across which two tokens may be one word cut in two."""

PARTING = frozenset({Gap.LOOSE_HYPHEN, Gap.LINE_BREAK, Gap.DASH, Gap.APART})
"""Gaps across which no phrase of a false friend goes. Only ``APART``, a mark that can be seen and
is no dash, ends a clause as well."""


class Reading:
    """A description folded and cut into words. Never raises, whatever the characters are.

    Args:
        description: any text.

    Attributes:
        spelt: the words as folded, in their order; an apostrophe inside one stays.
        before: for each word the folded characters between it and the one before it.
        gaps: for each word the kind of gap before it.
        not_read_whole: the text is longer than ``MAX_CHARS``; a word is longer than
            ``MAX_WORD_CHARS``, so that words may have run together; or something stands for
            characters lost on the way: lone surrogates, U+FFFD, three question marks in a row, and
            text read in another encoding than it was written in.
    """

    def __init__(self, description: str) -> None:
        self._text = description[:MAX_CHARS]
        self._folded = fold(self._text)
        # In turn what stands before a word and the word, at last what stands behind them all.
        self._pieces: list[str] = _WORD.split(self._folded)
        self.spelt = self._words()
        if too_long := max(map(len, self.spelt), default=0) > MAX_WORD_CHARS:
            # An apostrophe may be a quotation mark without its space.
            self._folded = self._folded.replace("'", "-")
            self._pieces = _WORD.split(self._folded)
            self.spelt = [word[: MAX_WORD_CHARS + 1] for word in self._words()]
            too_long = any(len(word) > MAX_WORD_CHARS for word in self.spelt)
        self.before = self._pieces[:-1:2]
        self.gaps = list(map(_GAPS.__getitem__, self.before))
        lost = _LOST in self._folded or _LOST_IN_CODING in self._folded
        lost = lost or is_garbled(self._text)
        self.not_read_whole = too_long or lost or len(description) > MAX_CHARS

    def _words(self) -> list[str]:
        words = self._pieces[1::2]
        if _HIDDEN in self._folded or _SOFT in self._folded:
            return [_UNSEEN.sub("", word) for word in words]
        return words

    @property
    def has_letters(self) -> bool:
        """Whether there is anything to read: a letter of any script that can be seen."""
        return any(char.isalpha() for word in self.spelt for char in word)

    @property
    def has_single_letters(self) -> bool:
        """Whether there may be words whose letters stand apart."""
        return list(map(len, self.spelt)).count(1) >= MIN_SPACED

    @cached_property
    def _ends(self) -> list[int]:
        """For each piece the folded character it ends at, not inside."""
        return list(accumulate(map(len, self._pieces)))

    @cached_property
    def _places(self) -> Sequence[int]:
        """For each folded character the place of the character it came from."""
        if len(self._folded) == len(self._text):
            return range(len(self._text))
        return [place for place, char in enumerate(self._text) for _ in fold(char)]

    def extent(self, first: int, last: int) -> tuple[int, int]:
        """Where in the description the words from one to another stand; the end is not inside."""
        start, end = self._ends[2 * first], self._ends[2 * last + 1]
        return self._places[start], self._places[end - 1] + 1


class _Folding(dict[int, str]):
    """Folds one character; keeps what it has met, up to a bound. Its answers never change."""

    _KEPT = 8192

    def __missing__(self, code: int) -> str:
        folded = _fold_char(chr(code))
        if len(self) < self._KEPT:
            self[code] = folded
        return folded


def _fold_char(char: str) -> str:
    if char in _TWINS:
        return _TWINS[char]
    if "\ud800" <= char <= "\udfff":
        return _LOST
    if char.isspace():
        return " "
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    kept = "".join(_TWINS.get(one, one) for one in letters if not _is_hidden(one))
    return kept or _HIDDEN


def _is_hidden(char: str) -> bool:
    # Marks, format characters and controls. So й and ё lose their marks as well, in words and
    # lexicon alike: и with a breve and и without are told apart by no stem.
    return unicodedata.category(char) in {"Mn", "Mc", "Me", "Cf", "Cc"} and char not in _TWINS


_FOLDING = _Folding()
# The letters of the three languages are kept for good, whatever else was met first.
_FOLDING.update((code, _fold_char(chr(code))) for code in range(0x530))


def fold(text: str) -> str:
    """The text with every character folded; never empty characters, sometimes more than one."""
    return text.translate(_FOLDING)


def gap(before: str) -> Gap:
    """What kind of gap the folded characters before a token are."""
    bare = before.translate(_SILENT).replace(_SOFT, "-")
    if bare.strip("- \n"):
        return Gap.APART
    if "-" not in bare:
        return Gap.LINE_BREAK if "\n" in bare else Gap.SPACE
    if bare[0] != "-" or "-" in bare[1:]:
        return Gap.DASH
    if "\n" in bare:
        return Gap.LINE_BREAK
    return Gap.HYPHEN if bare == "-" else Gap.LOOSE_HYPHEN


class _Gaps(dict[str, Gap]):
    """Tells gaps apart; keeps short ones it has met, up to a bound. Its answers never change."""

    _KEPT, _SHORT = 1024, 8

    def __missing__(self, before: str) -> Gap:
        kind = gap(before)
        if len(before) <= self._SHORT and len(self) < self._KEPT:
            self[before] = kind
        return kind


_GAPS = _Gaps()


def forms(spelt: str) -> tuple[str, ...]:
    """Every reading of a word that is compared with the lexicon, each once.

    - Parts divided by an apostrophe count by themselves too.
    - A word of Cyrillic and Latin letters, or of letters and digits, is read as each of them.
    - Latin l, 1 and i are one shape, 0 is o; digits around a word fall off.
    - Inside a Cyrillic word 8 is also в, and 1 is л or и.
    """
    words = [spelt.replace("'", ""), *spelt.split("'")] if "'" in spelt else [spelt]
    found: list[str] = []
    for word in words:
        found += scripts(word)
        core = word.strip(_DIGITS)
        if MIN_CORE <= len(core) < len(word):
            found += scripts(core)
    return tuple(dict.fromkeys(found))


def scripts(word: str) -> list[str]:
    """A folded word as a Latin one and as a Cyrillic one, where it can be read so."""
    latin = _LATIN.search(word) is not None
    cyrillic = not word.isascii() and _CYRILLIC.search(word) is not None
    readings: list[str] = []
    if latin:
        readings.append(word.translate(_TO_LATIN))
    if cyrillic or (latin and _ALL_SHARED.fullmatch(word)):
        readings.append(word.translate(_TO_CYRILLIC))
        if _BROKEN_YERY.search(word):
            readings.append(_BROKEN_YERY.sub("ы", word).translate(_TO_CYRILLIC))
        seen = _EIGHT.sub("в", word)
        if seen != word or "1" in word:
            ones = (seen, _ONE.sub("л", seen), _ONE.sub("и", seen))
            readings.extend(one.translate(_TO_CYRILLIC) for one in ones if one != word)
    return readings


def shape(word: str) -> str:
    """A word of the lexicon in the form in which ``forms`` gives it."""
    folded = _UNSEEN.sub("", fold(word))
    return folded if _CYRILLIC.search(folded) else folded.translate(_SHAPES)
