"""Doubt never equals a safe value, whatever it is compared with."""

import importlib
import pkgutil
from enum import Enum
from itertools import combinations

import edge.core
import edge.law


def closed_sets() -> list[type[Enum]]:
    """Every enum that edge.core and edge.law define, each once."""
    found: dict[type[Enum], None] = {}
    for package in (edge.core, edge.law):
        for info in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{info.name}")
            for value in vars(module).values():
                if isinstance(value, type) and issubclass(value, Enum) and list(value):
                    found[value] = None
    return list(found)


SETS = closed_sets()


def test_the_search_finds_the_sets_that_matter() -> None:
    names = {one.__name__ for one in SETS}
    assert names >= {"Input", "Presence", "Quality", "Feedback", "LaneState", "VerdictKind"}


def test_no_member_equals_a_member_of_another_set() -> None:
    for one, other in combinations(SETS, 2):
        assert not [(a, b) for a in one for b in other if a == b or hash(a) == hash(b)]


def test_no_member_equals_a_plain_value() -> None:
    plain: list[object] = [0, 1, -1, False, True, None, "", b"", 0.0, (), float("nan")]
    for one in SETS:
        for member in one:
            assert not [value for value in [*plain, member.value] if member == value]


def test_no_member_is_a_number_or_a_text() -> None:
    assert not [one for one in SETS if issubclass(one, (int, str, float))]


def test_members_of_one_set_are_all_different() -> None:
    for one in SETS:
        assert len({member.value for member in one}) == len(one.__members__) == len(list(one))
