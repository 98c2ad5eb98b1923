"""The matrix as Markdown: all of it for the result, in short for the top README."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from edge.core.faults import CATALOGUE, RANK, Fault
from tests.matrix.cells import Stage, fault_kinds
from tests.matrix.judge import Bounds, consequence
from tests.matrix.life import Seen

MARKER = "fault matrix"
_BETWEEN = re.compile(rf"(<!-- {MARKER} -->\n).*?(\n<!-- /{MARKER} -->)", re.DOTALL)
_COLUMNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("drive", ("belt",)),
    ("safety controller", ("safety",)),
    ("permit board", ("board",)),
    ("generator", ("source",)),
    ("detector", ("detector",)),
    ("gauges", ("height", "width")),
    ("readers", ("qr", "label")),
)


def in_short(all_seen: Sequence[Seen], bounds: Bounds) -> str:
    """The table for the README: faults by devices, the name over all states, the worst time."""
    heads = [name for name, _ in _COLUMNS]
    lines = [f"| fault | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for kind in fault_kinds():
        of_kind = [seen for seen in all_seen if seen.cell.kind.name == kind.name]
        cells = [
            _short([seen for seen in of_kind if seen.cell.device in devices])
            for _, devices in _COLUMNS
        ]
        lines.append(f"| {kind.name} | {' | '.join(cells)} |")
    allowed = (
        "Allowed while nothing can be believed: drive, safety controller and board "
        f"{bounds.fast} ms, "
        f"generator {bounds.slow} ms, detector lines {bounds.lines} ms."
    )
    return "\n".join([*lines, "", allowed])


def _short(seen: Sequence[Seen]) -> str:
    if not seen:
        return ""
    codes = Counter(code for each in seen for code in each.codes)
    if not codes:
        name = "harmless"
    else:
        # What names the device itself where anything does, else what is said most.
        own = {code for each in seen for code in each.own}
        named = own if any(2 * codes[one] >= len(seen) for one in own) else codes
        code = max(named, key=lambda one: (codes[one], RANK[CATALOGUE[Fault(one)].kind], one))
        name = f"`{code}`"
        if 2 * codes[code] < len(seen):
            name += f" in {codes[code]} of {len(seen)}"
    times = [each.safe_ms for each in seen if each.safe_ms is not None]
    return f"{name}, {max(times)} ms" if times else name


def in_full(all_seen: Iterable[Seen]) -> list[str]:
    """Every cell, those of one device and fault with the same end in one line."""
    groups: dict[tuple[str, str, str, str, bool], list[Seen]] = {}
    for seen in all_seen:
        codes = ", ".join(sorted(seen.codes)) or "-"
        key = (seen.cell.device, seen.cell.kind.name, codes, consequence(seen), seen.beam)
        groups.setdefault(key, []).append(seen)
    lines = [
        "| device | fault | states | codes | consequence | safe after |",
        "|---|---|---|---|---|---|",
    ]
    for (device, fault, codes, end, beam), seen_alike in groups.items():
        stages = [seen.cell.stage for seen in seen_alike]
        times = [seen.safe_ms for seen in seen_alike if seen.safe_ms is not None]
        safe = f"{max(times)} ms" if times else "-" if beam else "no beam"
        lines.append(f"| {device} | {fault} | {_told(stages)} | {codes} | {end} | {safe} |")
    return lines


def _told(stages: Sequence[Stage]) -> str:
    if len(stages) == len(Stage):
        return "all"
    missing = [stage.value for stage in Stage if stage not in stages]
    if len(missing) <= len(Stage) // 3:
        return f"all but {', '.join(missing)}"
    return ", ".join(stage.value for stage in stages)


def marked(table: str) -> str:
    """A table between its markers."""
    return f"<!-- {MARKER} -->\n{table}\n<!-- /{MARKER} -->"


def between(text: str) -> str:
    """What stands between the markers. Raises ValueError when they are not there."""
    found = _BETWEEN.search(text)
    if found is None:
        raise ValueError(f"no <!-- {MARKER} --> and <!-- /{MARKER} -->")
    return found[0]


def put(page: Path, table: str) -> None:
    """Put a table between the markers of a page. Raises ValueError when they are not there."""
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace(between(text), marked(table)), encoding="utf-8")
