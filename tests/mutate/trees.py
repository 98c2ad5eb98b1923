"""Copies of the law with one module changed, and the law's tests run against them in children."""

import hashlib
import json
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAW_TESTS = Path("tests") / "unit" / "law"
IMPORT_S = 60
"""A mutant that has not come to its first test by then is ended; a test has its own timeout."""
BROKEN = (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR)


class Tree:
    """A folder with what the law's tests need.

    Args:
        folder: does not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        ignored = shutil.ignore_patterns("__pycache__", ".hypothesis")
        for name in ("edge", "config/law", str(LAW_TESTS), "config/lanes"):
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", folder)

    def start(self, module: str, source: str, tests: tuple[str, ...]) -> int:
        """Run tests against a changed module in a child; return its process id."""
        target = self._folder / "edge" / "law" / f"{module}.py"
        target.write_text(source, encoding="utf-8")
        child = os.fork()
        if child:
            return child
        code = 70
        try:
            code = self._test(tests)
        finally:
            os._exit(code)

    def restore(self, module: str) -> None:
        """Put the module back as it is."""
        name = f"edge/law/{module}.py"
        shutil.copy(ROOT / name, self._folder / name)

    def _test(self, tests: tuple[str, ...]) -> int:
        os.chdir(self._folder)
        signal.alarm(IMPORT_S)
        sys.path.insert(0, str(self._folder))
        sys.dont_write_bytecode = True
        quiet = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(quiet, stream)
        files = [str(LAW_TESTS / f"{name}.py") for name in tests]
        config = ["-c", "pyproject.toml", "--rootdir", ".", "-p", "no:cacheprovider"]
        return int(pytest.main([*config, "-x", "-q", *files]))


class Known:
    """What earlier runs found; it counts while mutant, law, data and tests are the same bytes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: dict[str, bool] = {}
        if path.exists():
            self._found = json.loads(path.read_text(encoding="utf-8"))

    @staticmethod
    def key(module: str, source: str, tests: tuple[str, ...], root: Path = ROOT) -> str:
        """Of everything the answer depends on: whatever a test may import counts, used or not."""
        helpers = sorted((root / LAW_TESTS).glob("*.py"))
        law = sorted(p for p in (root / "edge" / "law").glob("*.py") if p.stem != module)
        digest = hashlib.sha256(f"{module}\n{source}\n{tests}".encode())
        for path in (*helpers, *law, *sorted((root / "config" / "law").rglob("*.toml"))):
            digest.update(f"\n{path.name}\n".encode() + path.read_bytes())
        return digest.hexdigest()

    def get(self, key: str) -> bool | None:
        """Whether the mutant survived; None when it was not tested."""
        return self._found.get(key)

    def put(self, key: str, *, survived: bool) -> None:
        """Note it, on disk too: a run may be broken off."""
        self._found[key] = survived
        self._path.parent.mkdir(exist_ok=True)
        self._path.write_text(json.dumps(self._found), encoding="utf-8")


def next_ended() -> tuple[int, int]:
    """Wait for some child to end: its process id and exit code."""
    child, status = os.waitpid(-1, 0)
    return child, os.waitstatus_to_exitcode(status)
