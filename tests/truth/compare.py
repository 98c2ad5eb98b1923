"""One chunk of units, judged by the law and by the second opinion."""

import sys
import time
from collections import Counter
from pathlib import Path

LAW_TESTS = Path(__file__).parents[1] / "unit" / "law"
CHUNK = 25_000
SHOWN = 3
"""So many disagreements are told."""


def compare(seed: int) -> tuple[Counter[str], Counter[str], list[str], float]:
    """One chunk: verdicts, rules met, disagreements in words, CPU seconds."""
    if str(LAW_TESTS) not in sys.path:
        sys.path.insert(0, str(LAW_TESTS))
    from truth_units import Units, first_of_the_law  # type: ignore[import-not-found]

    began = time.process_time()
    units, verdicts, rules = Units(seed), Counter[str](), Counter[str]()
    differ: list[str] = []
    for _ in range(CHUNK):
        case, opinion = units.next()
        first, second = first_of_the_law(case), tuple(opinion.judge(case))
        verdicts[second[0]] += 1
        rules.update((*second[1], *second[2]))
        if first != second and len(differ) < SHOWN:
            differ.append(f"{case}\n  law            {first}\n  second opinion {second}")
    return verdicts, rules, differ, time.process_time() - began
