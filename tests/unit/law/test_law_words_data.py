"""The shipped words: every stem is reached by its own text, every false friend by its example."""

from dataclasses import replace

import pytest
from test_law_words import LEXICON, find

from edge.law.lexicon import Language, Need, Strength
from edge.law.lexicon_reader import ANIMAL_CLASSES
from edge.law.living_words import find_words
from edge.law.stems import spellings

BESIDE = {
    Need.NOTHING: "{}",
    Need.KAZAKH_CONTEXT: "және, {}",
    Need.LIVE_WORD: {Language.EN: "live, {}", Language.RU: "живые, {}", Language.KK: "тірі, {}"},
}


def written(entry):
    """Every way each stem of an entry is written, with what it needs beside it."""
    beside = BESIDE[entry.needs]
    frame = beside if isinstance(beside, str) else beside[entry.language]
    for stem in entry.stems:
        choices = [spellings(word) for word in stem.text.split()]
        for place, ways in enumerate(choices):
            firsts = [one[0].text for one in choices]
            for way in ways:
                yield frame.format(" ".join([*firsts[:place], way.text, *firsts[place + 1 :]]))


@pytest.mark.parametrize("entry_id", LEXICON.entries)
def test_every_stem_is_heard_in_its_own_text(entry_id):
    entry = LEXICON.entries[entry_id]
    unheard = [
        text
        for text in written(entry)
        if entry_id
        not in {hit.entry_id for hit in (*find(text).hits, *(s.hit for s in find(text).silenced))}
    ]
    assert unheard == []


@pytest.mark.parametrize("entry_id", LEXICON.entries)
def test_no_stem_is_silenced_by_its_own_text(entry_id):
    entry = LEXICON.entries[entry_id]
    silenced = [text for text in written(entry) if find(text).silenced and not find(text).hits]
    assert silenced == []


@pytest.mark.parametrize("friend_id", LEXICON.friends)
def test_every_false_friend_silences_its_example_and_leaves_nothing_of_it(friend_id):
    found = find(LEXICON.friends[friend_id].example)
    assert friend_id in {one.friend_id for one in found.silenced}
    assert found.hits == ()


def test_without_false_friends_every_example_of_one_is_heard():
    bare = replace(LEXICON, friends={})
    examples = [friend.example for friend in LEXICON.friends.values()]
    assert [example for example in examples if not find_words(bare, example).hits] == []


def test_no_false_friend_silences_a_strong_word_but_live_words_and_those_of_equipment_and_feed():
    silenced = {
        (friend.friend_id, entry_id)
        for friend in LEXICON.friends.values()
        for entry_id in friend.silences
        if LEXICON.entries[entry_id].strength is Strength.STRONG
        and not LEXICON.entries[entry_id].live_word
    }
    assert {entry_id for _, entry_id in silenced} == {
        "en-live-fish",
        "en-hatching-eggs",
        "ru-hatching-eggs",
        "ru-live-fish",
    }


def test_live_words_are_strong_and_there_is_one_family_in_each_language():
    live = [entry for entry in LEXICON.entries.values() if entry.live_word]
    assert {entry.language for entry in live} == set(Language)
    assert len(live) == len(Language)


def test_false_friends_of_animals_silence_weak_words_only():
    for friend in LEXICON.friends.values():
        entries = [LEXICON.entries[entry_id] for entry_id in friend.silences]
        assert {entry.language for entry in entries} == {friend.language}
        if len(entries) > 2:
            assert all(entry.word_class in ANIMAL_CLASSES for entry in entries)
            assert all(entry.strength is Strength.WEAK for entry in entries)


@pytest.mark.parametrize("word", ["ит", "ара", "мал", "тай", "бота", "тана", "аю"])
def test_a_word_that_is_russian_too_is_kazakh_only_among_kazakh_words(word):
    assert find(f"{word} 12 шт").hits == ()
    assert [hit.words for hit in find(f"{word}, ұзын").hits] == [word]
    assert find_words(LEXICON, f"новый {word}").hits == ()


def test_a_kazakh_word_does_not_make_itself_kazakh():
    assert find("мал").hits == ()
    assert len(find("мал мен мал").hits) == 2
