"""`make matrix`: every device x every fault x every state of the lane, on virtual time.

Ends with 1 and what is wrong, or writes ``tests/results/matrix.md`` and the top README's table.
"""

import sys
import time
from multiprocessing import get_context

from edge.lane_file import load
from simulator.world.seeded import shipped_config
from tests.matrix.cells import lives
from tests.matrix.judge import bounds_of, problems
from tests.matrix.life import Seen, timed
from tests.matrix.table import in_full, in_short, marked, put
from tests.measured import ROOT, write_result

PROCESSES = 2
SOURCES = ("edge", "drivers", "firmware_bridge", "simulator", "config", "tests/matrix")


def main() -> int:
    """Live, judge, write down."""
    all_seen: list[Seen] = []
    spent_s, began = 0.0, time.monotonic()
    bounds = bounds_of(load(shipped_config() / "lanes" / "cargo.toml").timing)
    wrong = 0
    with get_context("spawn").Pool(PROCESSES) as pool:
        for seen, took_s in pool.imap(timed, lives()):
            all_seen += seen
            spent_s += took_s
            found = [each for one in seen for each in problems(one, bounds)]
            wrong += len(found)
            print(
                "\n".join(found) or f"{seen[0].cell.device} / {seen[0].cell.kind.name}", flush=True
            )
    if wrong:
        print(f"{wrong} problems in {len(all_seen)} cells")
        return 1
    minutes = (time.monotonic() - began) / 60
    short = in_short(all_seen, bounds)
    lines = [
        (
            f"{len(all_seen)} cells, {sum(seen.beam for seen in all_seen)} of them under a beam; "
            f"0 times a beam was permitted with a bad or stale reading longer than allowed; "
            f"{spent_s / 60:.1f} minutes of CPU time, {minutes:.1f} minutes on {PROCESSES} "
            "processes."
        ),
        "",
        marked(short),
        "",
        "## Every cell",
        "",
        *in_full(all_seen),
    ]
    print(write_result("matrix", "The fault matrix of the cargo lane", SOURCES, lines)[:2000])
    put(ROOT / "README.md", short)
    return 0


if __name__ == "__main__":
    sys.exit(main())
