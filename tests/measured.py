"""Results of long runs under `tests/results`: figures, day, machine, and the sources they speak of.

A result speaks of the sources whose hash it bears; once they have changed it is stale.
"""

import hashlib
import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "tests" / "results"
_SUFFIXES = frozenset({".py", ".toml", ".sql"})
_HEAD = re.compile(
    r"^(?P<day>\d{4}-\d\d-\d\d), (?P<cores>\d+) cores, \S+, Python 3\.\d+\.\d+\. Made by "
    r"`make (?P<target>[\w-]+)`",
    re.MULTILINE,
)
_SOURCES = re.compile(r"^sources: `(?P<hash>[0-9a-f]{64})` of (?P<names>[\w/, ]+)$", re.MULTILINE)


class Stated(NamedTuple):
    """What a result says of itself."""

    target: str
    hash: str
    names: tuple[str, ...]

    @property
    def is_stale(self) -> bool:
        """Whether it speaks of other sources than those that are here."""
        return self.hash != hash_of(self.names)


def hash_of(names: Sequence[str]) -> str:
    """SHA-256 over the names and bytes of all sources in these folders."""
    digest = hashlib.sha256()
    for name in names:
        for path in sorted((ROOT / name).rglob("*")):
            if path.suffix in _SUFFIXES:
                body = hashlib.sha256(path.read_bytes()).hexdigest()
                digest.update(f"{path.relative_to(ROOT).as_posix()} {body}\n".encode())
    return digest.hexdigest()


def stated(path: Path) -> Stated:
    """Read what a result says of itself. Raises ValueError when it does not say it."""
    text = path.read_text(encoding="utf-8")
    head, sources = _HEAD.search(text), _SOURCES.search(text)
    if head is None or sources is None:
        raise ValueError(f"{path.name}: names no day, machine, target or sources; run it again")
    return Stated(head["target"], sources["hash"], tuple(sources["names"].split(", ")))


def write_result(
    target: str, title: str, names: Sequence[str], lines: Sequence[str], note: str = ""
) -> str:
    """Write ``tests/results/TARGET.md``, the result of ``make TARGET``; return its text."""
    head = (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}. Made by `make {target}`{note}."
    )
    sources = f"sources: `{hash_of(names)}` of {', '.join(names)}"
    text = "\n".join([f"# {title}", "", head, "", sources, "", *lines]) + "\n"
    (RESULTS / f"{target}.md").write_text(text, encoding="utf-8")
    return text
