"""`make cover-law`: writes ``tests/results/cover-law.md``, how much of the law its tests run."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.measured import write_result

SOURCES = ("edge/law", "config/law", "tests/unit/law")
_FIGURES = ("num_statements", "missing_lines", "num_branches", "missing_branches")


def lines_of(report: Mapping[str, Any]) -> list[str]:
    """The figures of a report as ``coverage json`` writes it, file by file.

    Raises:
        ValueError: it speaks of no file, so that nothing was measured.
    """
    files = sorted(report["files"].items())
    if not files:
        raise ValueError("no file of edge/law was measured; run the tests under coverage first")
    rows = [(name.removeprefix("edge/law/"), one["summary"]) for name, one in files]
    rows.append(("all", report["totals"]))
    return [
        "| file | statements | not run | branches | not taken |",
        "|---|---|---|---|---|",
        *(f"| {name} | {' | '.join(str(one[key]) for key in _FIGURES)} |" for name, one in rows),
    ]


def main(report: Path) -> None:
    """Write the result of one report."""
    lines = lines_of(json.loads(report.read_text(encoding="utf-8")))
    write_result("cover-law", "Branches of the law", SOURCES, lines)
    print(lines[-1])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
