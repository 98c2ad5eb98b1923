"""`make mutate`: does some test of the law fail for every small change of it?

Writes ``tests/results/mutate.md`` with the figures and every change that no test noticed, each with
the reason why it changes nothing; one without a reason is a gap, and the command ends with 1.
"""

import sys
import tempfile
from collections import deque
from pathlib import Path

from tests.measured import write_result
from tests.mutate.equivalent import EQUIVALENT
from tests.mutate.mutations import Mutant, mutants
from tests.mutate.trees import BROKEN, ROOT, Known, Tree, next_ended

TESTS = {
    "tariff": ("test_law_tariff", "test_law_tables", "test_law_every_code", "test_law_decide"),
    "basis": ("test_law_decide",),
    "exemptions": (
        "test_law_decide",
        "test_law_permits",
        "test_law_grounds",
        "test_law_properties",
    ),
    "terms": ("test_terms", "test_terms_refused", "test_deadline_records", "test_terms_properties"),
}
"""Which tests look at which module; a test elsewhere that would notice is no excuse."""

PROCESSES = 2
GOAL = 0.95
SOURCES = ("edge/law", "config/law", "tests/unit/law", "tests/mutate")


def _survivors(made: list[Mutant], folder: Path) -> list[Mutant]:
    """The mutants no test noticed."""
    known = Known(ROOT / ".run" / "mutants.json")
    keys = {one: Known.key(one.module, one.source, TESTS[one.module]) for one in made}
    alive = [one for one in made if known.get(keys[one])]
    todo = deque(one for one in made if known.get(keys[one]) is None)
    free = [Tree(folder / str(number)) for number in range(PROCESSES)]
    running: dict[int, tuple[Mutant, Tree]] = {}
    while todo or running:
        while todo and free:
            tree, mutant = free.pop(), todo.popleft()
            child = tree.start(mutant.module, mutant.source, TESTS[mutant.module])
            running[child] = (mutant, tree)
        child, code = next_ended()
        mutant, tree = running.pop(child)
        if code in BROKEN:
            raise RuntimeError(f"the tests of {mutant.module} could not be run: {code}")
        known.put(keys[mutant], survived=code == 0)
        if code == 0:
            alive.append(mutant)
            print(f"survived: line {mutant.line}, {mutant.shown}", flush=True)
        tree.restore(mutant.module)
        free.append(tree)
    return alive


def _source(name: str) -> str:
    return (ROOT / "edge" / "law" / f"{name}.py").read_text(encoding="utf-8")


def _made(names: list[str]) -> list[Mutant]:
    return [one for name in names for one in mutants(name, _source(name))]


def _unchanged(names: list[str]) -> list[Mutant]:
    """The law as it is: what its tests say of mutants counts only while these survive."""
    return [Mutant(name, 0, "", "unchanged", "unchanged", _source(name)) for name in names]


def main(names: list[str]) -> int:
    """Test every mutant of the named modules, all when none is named."""
    chosen = names or list(TESTS)
    made = _made(chosen)
    with tempfile.TemporaryDirectory() as folder:
        plain = _unchanged(chosen)
        if set(_survivors(plain, Path(folder, "plain"))) != set(plain):
            raise RuntimeError("the tests fail for the law as it is; mend them first")
        alive = _survivors(made, Path(folder, "changed"))
    gaps = [one for one in alive if one.shown not in EQUIVALENT]
    for gap in gaps:
        print(f"no test notices: line {gap.line}, {gap.shown}")
    killed = len(made) - len(alive)
    if names or gaps:
        print(f"{killed} of {len(made)} killed, {len(alive)} survived, {len(gaps)} without reason")
        return 1 if gaps else 0
    table = []
    for name in chosen:
        count, left = (sum(one.module == name for one in things) for things in (made, alive))
        table.append(f"| {name} | {count} | {count - left} | {(count - left) / count:.1%} |")
    lines = [
        f"{killed} of {len(made)} mutants killed, {killed / len(made):.1%} (goal {GOAL:.0%}).",
        "",
        "| module | mutants | killed | share |",
        "|---|---|---|---|",
        *table,
        "",
        "What no test noticed, and why it is the same:",
        "",
        *sorted({f"- `{one.shown}`: {EQUIVALENT[one.shown]}" for one in alive}),
    ]
    print(write_result("mutate", "Mutants of the law", SOURCES, lines))
    return 0 if killed / len(made) >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
