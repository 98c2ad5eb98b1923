"""Living goods in words: each class in each language, what is silenced, what never is."""

import hashlib
import tomllib
from pathlib import Path

import pytest
from word_phrases import NOTHING, SILENCED, STRONG, TRAPS, WEAK

from edge.law.dated import Provenance
from edge.law.lexicon import Lexicon, Strength
from edge.law.lexicon_reader import build_lexicon
from edge.law.living_words import Found, find_words

FILE = Path(__file__).parents[3] / "config" / "law" / "words" / "words-2026.toml"


def shipped_lexicon():
    data = FILE.read_bytes()
    mapping = tomllib.loads(data.decode())
    built = build_lexicon(mapping, hashlib.sha256(data).hexdigest(), provenance=Provenance.SIGNED)
    assert isinstance(built, Lexicon), built
    return built


LEXICON = shipped_lexicon()


def find(description):
    return find_words(LEXICON, description)


def heard(description):
    return [hit.words for hit in find(description).hits]


@pytest.mark.parametrize(("description", "word_class"), STRONG)
def test_what_is_said_to_be_alive_is_heard_strongly(description, word_class):
    found = find(description)
    assert any(
        hit.word_class.value == word_class and hit.strength is Strength.STRONG for hit in found.hits
    ), found


@pytest.mark.parametrize(("description", "word_class"), WEAK)
def test_an_animal_that_is_only_named_is_heard_weakly(description, word_class):
    found = find(description)
    assert [word_class] == sorted({hit.word_class.value for hit in found.hits})
    assert not found.strong


@pytest.mark.parametrize(("description", "friend_id"), SILENCED)
def test_a_false_friend_silences_and_says_why(description, friend_id):
    found = find(description)
    assert found.hits == ()
    assert friend_id in {one.friend_id for one in found.silenced}


@pytest.mark.parametrize("description", NOTHING)
def test_ordinary_goods_say_nothing(description):
    found = find(description)
    assert found.hits == ()
    assert not found.not_read_whole


@pytest.mark.parametrize(
    "blank", ["", " ", "-", "\u200b", "\u3164", "---", "0306 33", "12/2025", "½", "😀", "\u0301"]
)
def test_a_description_without_a_letter_is_as_unread_as_one_that_is_too_long(blank):
    assert find(blank) == Found((), (), not_read_whole=True)


@pytest.mark.parametrize("described", ["x", "А4", "шина", "漢字", "№5 ж", "ª"])
def test_one_letter_of_any_script_is_a_description(described):
    assert not find(described).not_read_whole


@pytest.mark.parametrize(("description", "words"), TRAPS)
def test_a_false_friend_never_silences_a_second_living_word(description, words):
    shown = heard(description)
    assert [word for word in words if word not in shown] == []
