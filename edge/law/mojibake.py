"""Text whose bytes were read in another encoding than they were written in: ``Ð¶Ð¸Ð²Ñ‹Ðµ``.

Nobody can hear a word in it, so it is not read; what it was meant to say is not guessed at.
"""

import re

# The second bytes of Cyrillic letters in UTF-8 are 0x80 to 0xBF; these are the characters that two
# encodings of one byte have there. ё and і are no proof: ТЕРІСІ is a Kazakh word.
_SECOND_OF_LATIN = "\u0080-\u00bf" + bytes(
    byte for byte in range(0x80, 0xA0) if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
).decode("cp1252")
_SECOND_OF_CYRILLIC = "".join(
    char
    for char in bytes(byte for byte in range(0x80, 0xC0) if byte != 0x98).decode("cp1251")
    if char not in "ЁёІі"
)

# Every way begins with one of few characters, which lets ordinary text pass quickly.
_GARBLED = re.compile(
    "[À-ÖØ-öø-ÿРСТУ](?:"
    # UTF-8 read as Latin-1 or Windows-1252
    f"(?<=[ÐÑÒÓ])[{_SECOND_OF_LATIN}][ÐÑÒÓ][{_SECOND_OF_LATIN}]"
    # UTF-8 read as Windows-1251
    f"|(?<=[РСТУ])[{_SECOND_OF_CYRILLIC}][РСТУ][{_SECOND_OF_CYRILLIC}]"
    # Windows-1251 read as Latin-1: no language has four such letters in a row
    "|(?<=[À-ÖØ-öø-ÿ])[À-ÖØ-öø-ÿ]{3})"
)


def is_garbled(text: str) -> bool:
    """Whether some of a text was plainly read in another encoding than it was written in."""
    return not text.isascii() and _GARBLED.search(text) is not None
