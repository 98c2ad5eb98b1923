"""Lexica: what is refused, each mistake with its key, and which lexicon is in force."""

import copy
from datetime import date, datetime, timedelta

import pytest
from law_builders import DAY
from test_law_words import FILE, LEXICON

from edge.law.dated import Absence, Missing, Provenance, in_force
from edge.law.lexicon import Language, Lexicon, WordClass
from edge.law.lexicon_reader import MAX_PHRASE, MAX_ROWS, MAX_STEMS, build_lexicon
from edge.law.living_words import find_words

SHA = "0" * 64
ONE_DAY = timedelta(days=1)


def small():
    return {
        "schema": 1,
        "id": "small",
        "version": "1",
        "valid_from": date(2025, 1, 1),
        "valid_to": date(2025, 12, 31),
        "source": "the test",
        "review": "none",
        "kazakh_words": ["мен"],
        "entry": [
            {
                "id": "live",
                "class": "live_animals",
                "language": "en",
                "strength": "strong",
                "live_word": True,
                "stems": ["live"],
            },
            {
                "id": "dogs",
                "class": "live_animals",
                "language": "en",
                "strength": "weak",
                "stems": ["dog(|s)", "guinea pig(|s)"],
                "note": "a note is for people",
            },
            {
                "id": "ит",
                "class": "live_animals",
                "language": "kk",
                "strength": "weak",
                "needs": "kazakh_context",
                "stems": ["ит"],
            },
        ],
        "false_friend": [
            {
                "id": "food",
                "language": "en",
                "silences": ["animals"],
                "phrases": ["@ food"],
                "example": "dog food",
            },
        ],
    }


def build(mapping, sha256=SHA):
    return build_lexicon(mapping, sha256, provenance=Provenance.SIGNED)


def problems_of(mapping, sha256=SHA):
    built = build(mapping, sha256)
    assert isinstance(built, tuple), built
    assert all(problem.reason and problem.remedy for problem in built)
    return {problem.key: problem for problem in built}


def changed(kind, place, **values):
    mapping = small()
    mapping[kind][place] |= values
    return mapping


def test_a_small_lexicon_is_built_and_its_mapping_left_as_it_was():
    mapping = small()
    before = copy.deepcopy(mapping)
    built = build(mapping)
    assert isinstance(built, Lexicon)
    assert mapping == before
    assert find_words(built, "guinea pigs and dogs").hits[0].words == "guinea pigs"
    assert [hit.entry_id for hit in find_words(built, "ит мен").hits] == ["ит"]


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ("pig, guinea", ["pig, guinea"]),
        ("guinea or any pig", ["guinea or any pig"]),
        ("guinea and not any pig", []),
        ("guinea or any pi-g", ["guinea or any pi-g"]),
        ("g-u-i-n-e-a or any pig", ["g-u-i-n-e-a or any pig"]),
        ("p-ig and any guinea", ["p-ig and any guinea"]),
        ("p-i-g and not any guinea", []),
        ("pig, fresh-or-frozen, guinea", ["pig, fresh-or-frozen, guinea"]),
        ("guinea pi-g", ["guinea pi-g"]),
        ("guinea\u200bpig", ["guinea\u200bpig"]),
        ("guinea'pig", ["guinea'pig"]),
        ("pig, pig, guinea", ["pig, pig, guinea"]),
    ],
)
def test_the_words_of_a_stem_stand_in_any_order_within_its_window(description, words):
    assert [hit.words for hit in find_words(build(small()), description).hits] == words


def test_all_words_of_a_long_stem_must_be_there():
    lexicon = build(changed("entry", 1, stems=["alpha beta gamma", "dog"]))
    assert [hit.words for hit in find_words(lexicon, "gamma, alpha beta").hits] != []
    assert find_words(lexicon, "alpha beta, gam, beta").hits == ()


@pytest.mark.parametrize(
    ("description", "words"),
    [("dog food", []), ("dog fo-od", ["dog"]), ("do-g food", ["do-g"]), ("food dog", ["dog"])],
)
def test_a_phrase_that_silences_must_stand_as_it_is_written(description, words):
    assert [hit.words for hit in find_words(build(small()), description).hits] == words


@pytest.mark.parametrize(
    "key",
    [
        "schema",
        "id",
        "version",
        "source",
        "review",
        "valid_from",
        "valid_to",
        "kazakh_words",
        "entry",
        "false_friend",
    ],
)
def test_a_lexicon_without_one_of_its_facts_is_refused(key):
    mapping = small()
    del mapping[key]
    assert key in problems_of(mapping)


@pytest.mark.parametrize("key", ["id", "class", "language", "strength", "stems"])
def test_an_entry_without_one_of_its_facts_is_refused(key):
    mapping = small()
    del mapping["entry"][0][key]
    assert f"entry[0].{key}" in problems_of(mapping)


@pytest.mark.parametrize("key", ["id", "language", "silences", "phrases", "example"])
def test_a_false_friend_without_one_of_its_facts_is_refused(key):
    mapping = small()
    del mapping["false_friend"][0][key]
    assert f"false_friend[0].{key}" in problems_of(mapping)


@pytest.mark.parametrize(
    ("kind", "place", "values", "key"),
    [
        ("entry", 0, {"class": "dragons"}, "class"),
        ("entry", 0, {"class": 1}, "class"),
        ("entry", 0, {"strength": "medium"}, "strength"),
        ("entry", 0, {"language": "de"}, "language"),
        ("entry", 0, {"needs": "luck"}, "needs"),
        ("entry", 0, {"live_word": "yes"}, "live_word"),
        ("entry", 0, {"window": -1}, "window"),
        ("entry", 0, {"window": 5}, "window"),
        ("entry", 0, {"window": True}, "window"),
        ("entry", 0, {"stems": "live"}, "stems"),
        ("entry", 0, {"stems": []}, "stems"),
        ("entry", 0, {"stems": ["live"] * (MAX_STEMS + 1)}, "stems"),
        ("entry", 0, {"stems": [1]}, "stems"),
        ("entry", 0, {"stems": [" "]}, "stems"),
        ("entry", 0, {"stems": ["li*ve"]}, "stems"),
        ("entry", 0, {"stems": ["х"]}, "stems"),
        ("entry", 0, {"stems": ["one two three four five six seven"]}, "stems"),
        ("entry", 0, {"steams": ["live"]}, "steams"),
        ("entry", 0, {"strength": "weak"}, "live_word"),
        ("entry", 0, {"needs": "live_word"}, "needs"),
        ("entry", 1, {"needs": "kazakh_context"}, "needs"),
        ("entry", 2, {"needs": "nothing"}, "stems"),
        ("false_friend", 0, {"reach": 5}, "reach"),
        ("false_friend", 0, {"silences": ["cats"]}, "silences"),
        ("false_friend", 0, {"silences": ["ит"]}, "silences"),
        ("false_friend", 0, {"phrases": ["dog food"]}, "phrases"),
        ("false_friend", 0, {"phrases": ["@ @"]}, "phrases"),
        ("false_friend", 0, {"phrases": ["@"]}, "phrases"),
        ("false_friend", 0, {"phrases": ["hides of @ @"]}, "phrases"),
        ("false_friend", 0, {"phrases": ["@ food @ @"]}, "phrases"),
        ("false_friend", 0, {"phrases": ["@cat food"]}, "phrases"),
        ("false_friend", 0, {"phrases": ["@c(at food"]}, "phrases"),
        ("false_friend", 0, {"silences": ["live", "dogs"], "phrases": ["@dog food"]}, "silences"),
        ("false_friend", 0, {"colour": "red"}, "colour"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_with_its_key(kind, place, values, key):
    assert f"{kind}[{place}].{key}" in problems_of(changed(kind, place, **values))


def test_a_phrase_of_the_longest_allowed_length_is_taken():
    words = " ".join(["word"] * (MAX_PHRASE - 1))
    assert isinstance(build(changed("false_friend", 0, phrases=[f"@ {words}"])), Lexicon)


@pytest.mark.parametrize("kind", ["entry", "false_friend"])
@pytest.mark.parametrize("rows", [[], {}, "x", [1], [{}] * (MAX_ROWS + 1)])
def test_a_lexicon_without_rows_or_with_too_many_is_refused(kind, rows):
    assert any(key.startswith(kind) for key in problems_of(small() | {kind: rows}))


def test_ids_and_stems_that_come_twice_are_refused():
    assert problems_of(changed("entry", 1, id="live"))["entry"].value == "live"
    doubled = changed("entry", 1, stems=["dog(|s)", "dogs"])
    assert problems_of(doubled)["entry.stems"].value == "dogs"
    mapping = small()
    mapping["false_friend"].append(dict(mapping["false_friend"][0]))
    assert problems_of(mapping)["false_friend"].value == "food"


def test_the_same_word_may_stand_in_two_languages():
    mapping = small()
    mapping["entry"].append(mapping["entry"][1] | {"id": "hunde", "language": "ru"})
    assert isinstance(build(mapping), Lexicon)


def test_every_problem_is_named_not_only_the_first():
    mapping = changed("entry", 0, strength="x", language="y") | {"version": "", "schema": 2}
    found = problems_of(mapping, "short")
    assert {"version", "schema", "-", "entry[0].strength", "entry[0].language"} <= found.keys()


def test_dates_the_wrong_way_round_and_moments_are_refused():
    mapping = small()
    swapped = mapping | {"valid_from": mapping["valid_to"], "valid_to": mapping["valid_from"]}
    assert "valid_to" in problems_of(swapped)
    moment = datetime(2025, 1, 1)  # noqa: DTZ001 - TOML has local moments; they are refused
    assert "valid_from" in problems_of(mapping | {"valid_from": moment})


def test_a_kazakh_word_without_kazakh_letters_may_be_long_or_in_a_phrase():
    mapping = changed("entry", 2, needs="nothing", stems=["балапан", "ит жануар"])
    assert isinstance(build(mapping), Lexicon)


def test_lexica_that_hear_the_same_words_agree_whatever_their_texts_and_order():
    plain = build(small())
    reworded = build(small() | {"source": "elsewhere", "version": "9"})
    turned = build(small() | {"entry": small()["entry"][::-1]})
    assert plain.substance == reworded.substance == turned.substance
    assert in_force([plain, reworded], DAY, "lexicon") in (plain, reworded)


@pytest.mark.parametrize(
    "other",
    [
        small() | {"kazakh_words": ["дана"]},
        small() | {"entry": small()["entry"][:-1]},
        changed("entry", 1, stems=["dog(|s)"]),
        changed("entry", 1, strength="strong"),
        changed("entry", 0, live_word=False),
        changed("false_friend", 0, phrases=["@ biscuits"], example="dog biscuits"),
        changed("false_friend", 0, reach=1),
        changed("false_friend", 0, abbreviated=True),
        changed("false_friend", 0, made_for=True),
    ],
)
def test_lexica_that_hear_other_words_contradict_each_other(other):
    found = in_force([build(small()), build(other)], DAY, "lexicon")
    assert isinstance(found, Missing)
    assert found.absence is Absence.CONTRADICTION


def test_only_the_sensitive_are_not_living():
    assert [one for one in WordClass if not one.living] == [WordClass.SENSITIVE]


@pytest.mark.parametrize("language", list(Language), ids=lambda one: one.value)
def test_the_shipped_lexicon_has_every_class_in_every_language(language):
    there = {e.word_class for e in LEXICON.entries.values() if e.language is language}
    assert there == set(WordClass)


def test_the_shipped_lexicon_says_who_must_still_review_it():
    assert "native review" in LEXICON.review
    assert "Order" in LEXICON.source
    assert FILE.name.endswith("2026.toml")
