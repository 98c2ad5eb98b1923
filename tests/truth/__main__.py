"""`make truth`: a million units judged by the law and by the second opinion, which must agree.

Ends with 1 and the first units they disagree on; else writes ``tests/results/truth.md``.
"""

import sys
import time
from collections import Counter
from multiprocessing import get_context

from tests.measured import write_result
from tests.truth.compare import CHUNK, compare

CASES = 1_000_000
PROCESSES = 2
SOURCES = ("edge/law", "config/law", "tests/truth")


def main() -> int:
    """Compare, print, write down."""
    verdicts, rules, spent_s = Counter[str](), Counter[str](), 0.0
    began = time.monotonic()
    with get_context("spawn").Pool(PROCESSES) as pool:
        for found in pool.imap(compare, range(CASES // CHUNK)):
            if found[2]:
                print("\n".join(found[2]))
                return 1
            verdicts, rules = verdicts + found[0], rules + found[1]
            spent_s += found[3]
    minutes = (time.monotonic() - began) / 60
    lines = [
        (
            f"{CASES:,} units, {CASES:,} times the same verdict, rules, notices, size and answer "
            f"to whether an officer may scan; {spent_s / 60:.1f} minutes of CPU time, "
            f"{minutes:.1f} minutes on {PROCESSES} processes. Seeds 0 to {CASES // CHUNK - 1}, "
            f"{CHUNK:,} units each."
        ),
        "",
        "| verdict | units |",
        "|---|---|",
        *(f"| {verdict} | {count:,} |" for verdict, count in sorted(verdicts.items())),
        "",
        "| rule | units that met it |",
        "|---|---|",
        *(f"| {rule} | {count:,} |" for rule, count in sorted(rules.items())),
    ]
    print(write_result("truth", "The law and a second opinion on it", SOURCES, lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
