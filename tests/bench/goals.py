"""Which figures of the benchmark miss their goal, read as they are printed."""

import re
from collections.abc import Iterable

Row = tuple[str, str, str]
"""What was measured, its goal, and the figure; a goal without a sign is none."""

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_EXACT = {"bit-identical": "identical"}


def missed(rows: Iterable[Row]) -> list[str]:
    """The rows that miss their goal, each as one line.

    Raises:
        ValueError: a goal with a sign, or its figure, holds no number.
    """
    return [
        f"{what}: {figure}, goal {goal}" for what, goal, figure in rows if _misses(goal, figure)
    ]


def _misses(goal: str, figure: str) -> bool:
    if goal in _EXACT:
        return figure != _EXACT[goal]
    if goal.startswith(">="):
        return _number(figure) < _number(goal)
    return goal.startswith("<") and _number(figure) >= _number(goal)


def _number(text: str) -> float:
    found = _NUMBER.search(text)
    if found is None:
        raise ValueError(f"{text!r} holds no number; write the goal as < 100 ms or >= 1,000 x")
    return float(found[0].replace(",", ""))
