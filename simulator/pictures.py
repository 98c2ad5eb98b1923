"""Puts the pictures of the two machines between their markers in Markdown files.

Command: ``python -m simulator.pictures README.md``.
"""

import re
import sys
from pathlib import Path

from edge.core.diagrams import mermaid_inspection, mermaid_lane

PICTURES = {"lane machine": mermaid_lane, "inspection machine": mermaid_inspection}
"""Each marker's name and the picture that belongs between ``<!-- name -->`` and ``<!-- /name -->``.
"""


def redrawn(text: str) -> str:
    """Return a Markdown text with every marked picture drawn anew; unmarked text stays."""
    for name, draw in PICTURES.items():
        between = re.compile(rf"(<!-- {name} -->).*?(<!-- /{name} -->)", re.DOTALL)
        picture = draw()
        text = between.sub(lambda found, p=picture: f"{found[1]}\n{p}\n{found[2]}", text)  # type: ignore[misc]  # a default argument in a lambda cannot be annotated
    return text


def main(names: list[str]) -> int:
    """Redraw the files named; exit status 1 when one has no marker at all."""
    for name in names:
        path = Path(name)
        before = path.read_text(encoding="utf-8")
        if not any(f"<!-- {marker} -->" in before for marker in PICTURES):
            sys.stderr.write(f"{name}: no picture marker found; write <!-- lane machine -->"
                             " and <!-- /lane machine --> where the picture belongs\n")  # fmt: skip
            return 1
        path.write_text(redrawn(before), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
