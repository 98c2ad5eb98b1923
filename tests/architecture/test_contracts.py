"""The import contracts hold, and each of them bites when a forbidden import is planted."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import PACKAGES, ROOT

PLANTS = [
    ("edge/core/machine.py", "import logging", "pure"),
    ("edge/law/tariff.py", "import os", "pure"),
    ("edge/evidence/chain.py", "import time", "pure"),
    ("edge/core/state.py", "import edge.settings", "one way"),
    ("edge/journal/store.py", "import edge.control.cases", "one way"),
    ("drivers/altivar.py", "import edge.settings", "drivers see ports"),
    ("edge/runner.py", "import drivers.altivar", "only app, worker and cabinet"),
    ("firmware_bridge/frames.py", "import edge.errors", "bridge stands alone"),
    ("edge/runner.py", "import simulator.hall.plant", "imports the simulator"),
    ("headquarters/store.py", "import edge.core.state", "headquarters knows"),
    ("edge/messages/base.py", "import edge.law.verdicts", "messages do not know"),
    ("edge/control/cases.py", "import numpy", "never reach numba"),
    ("edge/worker.py", "import edge.journal.store", "image worker never reaches"),
    ("edge/imaging/preview.py", "import numba", "numba in kernels"),
    ("drivers/pnozmulti.py", "import pymodbus", "pymodbus in one place"),
    ("edge/publish/pump.py", "import sqlite3", "SQLite where"),
    ("edge/control/cases.py", "import paho.mqtt.client", "MQTT at the two ends"),
    ("drivers/reader.py", "import serial", "serial ports behind"),
    ("headquarters/verify.py", "import holidays", "holidays behind one file"),
]


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=100, check=False
    )


def _tree(folder: Path) -> Path:
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a tree with every forbidden import planted in it."""
    folder = _tree(tmp_path_factory.mktemp("tree"))
    for file, line, _ in PLANTS:
        target = folder / file
        target.write_text(target.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    return _lint(folder).stdout


def test_the_contracts_hold(tmp_path: Path) -> None:
    done = _lint(_tree(tmp_path))
    assert done.returncode == 0, done.stdout


def test_every_contract_catches_a_planted_import(said: str) -> None:
    broken = [line for line in said.splitlines() if line.rstrip().endswith("BROKEN")]
    missed = [
        (file, line) for file, line, contract in PLANTS
        if not any(contract in one for one in broken)
    ]  # fmt: skip
    assert missed == [], said


def test_every_planted_import_is_named_with_its_file(said: str) -> None:
    unnamed = []
    for file, line, _ in PLANTS:
        importer = file.removesuffix(".py").replace("/", ".")
        imported = line.split()[1]
        if not any(importer in one and imported.split(".")[0] in one for one in said.splitlines()):
            unnamed.append((importer, imported))
    assert unnamed == [], said
