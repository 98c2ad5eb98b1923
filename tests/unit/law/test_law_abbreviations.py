"""Rules of false friends that are abbreviated: a full stop inside them parts nothing."""

import tomllib

import pytest
from law_builders import LEXICON, WORDS_FILE

from edge.law.compare import compare_lexica
from edge.law.dated import Provenance
from edge.law.lexicon import Lexicon
from edge.law.lexicon_reader import build_lexicon
from edge.law.living_words import find_words


def heard(description: str) -> list[str]:
    return [hit.words.lower() for hit in find_words(LEXICON, description).hits]


@pytest.mark.parametrize("text", ["Cat. No. 12345", "cat.no.7", "CAT. 6 UTP", "ref. cat"])
def test_a_full_stop_of_an_abbreviation_parts_nothing(text: str) -> None:
    assert heard(text) == []


@pytest.mark.parametrize("text", ["Cat, no 12345", "cat; no. 7", "cat\nno. 7", "cat - no 7"])
def test_any_other_mark_still_parts(text: str) -> None:
    assert heard(text) == ["cat"]


@pytest.mark.parametrize("text", ["dog. food", "horse. saddles", "live. plants, live"])
def test_a_full_stop_parts_where_nothing_is_abbreviated(text: str) -> None:
    assert heard(text)


@pytest.mark.parametrize("key", ["abbreviated", "made_for"])
def test_a_false_friend_that_becomes_another_kind_of_one_is_told(key: str) -> None:
    mapping = tomllib.loads(WORDS_FILE.read_text(encoding="utf-8"))
    friend = mapping["false_friend"][0]
    friend[key] = True
    other = build_lexicon(mapping, "0" * 64, provenance=Provenance.SIGNED)
    assert isinstance(other, Lexicon)
    assert compare_lexica(LEXICON, other).decides == (
        f"false friend {friend['id']}: {key} was False, is now True",
    )
