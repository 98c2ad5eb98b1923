"""Kinds of documents and vehicles as people write them: codes of the classifier, and names.

A spreadsheet drops the leading zero, box 44 adds a sign behind the code, a keyboard in the wrong
language types О for 0; names are cut, spaced and hyphenated. All are read as what they mean.
"""

import re
from functools import lru_cache

from edge.law.spelling import Reading, fold, scripts, shape

CODE_DIGITS = 5
"""Digits of a code in the EAEU classifier of document types."""

MAX_PIECES = 6
"""Into so many pieces a name may be cut and still be put together."""

MALFORMED = ""
"""What is meant as a code, or cannot be read, and names no kind of document."""

_WORD = re.compile(r"[^\W_]+")
_BEHIND = re.compile("[/,;:()]")
_FIVE = re.compile(r"(?<![0-9])[0-9]{5}(?![0-9])")
_LABELS = frozenset({"no", "n", "nr", "code", "type", "код", "вид", "тип", "коды"})
_LIKE_DIGITS = str.maketrans("oоliіzзsbбв", "00111235868")


@lru_cache(maxsize=1024)
def document_code(kind: str) -> str | None:
    """The code that a kind of document is written as.

    Returns:
        Five digits; `MALFORMED`, which nobody may take for a harmless kind; None for a name.
    """
    folded = fold(kind)
    # Behind a stroke stands a sign of presentation, no part of the code.
    words = next(filter(None, map(_WORD.findall, _BEHIND.split(folded))), [])
    while words and words[0] in _LABELS:
        words = words[1:]
    whole = _digits("".join(words))
    for digits in (whole, *map(_digits, words[:1])):
        if len(digits) == CODE_DIGITS:
            return digits
        if len(digits) == CODE_DIGITS - 1 and digits[0] != "0":
            return f"0{digits}"
    if found := _FIVE.search(folded):
        return found.group()
    reading = Reading(kind)
    if whole or not reading.has_letters or reading.not_read_whole:
        return MALFORMED
    return None


def _digits(word: str) -> str:
    """The digits of what is at least half digits and else letters that look like some."""
    told = word.translate(_LIKE_DIGITS)
    real = sum(char in "0123456789" for char in word)
    return told if told.isascii() and told.isdigit() and 2 * real >= len(word) else ""


def is_called(said: str, name: str, stems: tuple[str, ...]) -> bool:
    """Whether a kind bears a name, or holds one of the stems.

    Spaces, hyphens, case and accents mean nothing, and letters may be of the other script. A stem
    stands within a word, or begins with one and goes on through the next: ``ското-воз``.
    """
    if _bare(said) == _bare(name):
        return True
    within, onward = _forms(said)
    wanted = _wanted(stems)
    return any(form.startswith(wanted) for form in onward) or any(
        one in form for form in within for one in wanted
    )


@lru_cache(maxsize=1024)
def _bare(text: str) -> str:
    return "".join(_WORD.findall(fold(text)))


@lru_cache(maxsize=1024)
def _wanted(stems: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(shape(_bare(stem)) for stem in stems)


# A unit is decided on again and again, and each kind is asked of every row.
@lru_cache(maxsize=1024)
def _forms(said: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Each word in every script, and each with those that follow it joined on."""
    words = _WORD.findall(fold(said))
    joined = ["".join(words[place : place + MAX_PIECES]) for place in range(len(words))]
    within, onward = (
        tuple(dict.fromkeys(form for one in ones for form in scripts(one)))
        for ones in (words, joined)
    )
    return within, onward
