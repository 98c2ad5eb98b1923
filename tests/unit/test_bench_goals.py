"""A benchmark that misses a goal says so and fails."""

import pytest

from tests.bench.goals import missed


@pytest.mark.parametrize(
    ("goal", "figure", "met"),
    [
        ("< 100 ms", "99 ms", True),
        ("< 100 ms", "100 ms", False),
        ("< 100 ms", "110 ms", False),
        ("< 10 % of a core", "9.9 %", True),
        (">= 20,000 a second", "20,000", True),
        (">= 20,000 a second", "19,999", False),
        (">= 0.8 x", "0.79 x", False),
        ("bit-identical", "identical", True),
        ("bit-identical", "DIFFERENT", False),
        ("-", "3.1 ms", True),
        ("part of it", "4.29 s", True),
        ("listed apart", "4.29 s", True),
    ],
)
def test_a_figure_is_held_against_its_goal(goal: str, figure: str, met: bool) -> None:
    assert missed([("it", goal, figure)]) == ([] if met else [f"it: {figure}, goal {goal}"])


def test_every_missed_goal_is_named() -> None:
    rows = [("a", "< 1 s", "2 s"), ("b", "< 1 s", "0.5 s"), ("c", ">= 5 x", "4 x")]
    assert missed(rows) == ["a: 2 s, goal < 1 s", "c: 4 x, goal >= 5 x"]


def test_a_goal_without_its_number_is_an_error() -> None:
    with pytest.raises(ValueError, match="holds no number"):
        missed([("it", "< soon", "1 s")])
