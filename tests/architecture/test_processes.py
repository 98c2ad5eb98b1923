"""What each process loads: control never carries the weight, or the dangers, of imaging."""

import json
import subprocess
import sys


def _loaded_by(module: str) -> set[str]:
    program = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    return set(json.loads(done.stdout))


def test_control_imports_neither_numba_nor_numpy() -> None:
    assert _loaded_by("edge.app") & {"numba", "numpy", "tifffile", "edge.imaging.kernels"} == set()


def test_the_image_worker_imports_neither_journal_nor_publisher() -> None:
    loaded = _loaded_by("edge.worker")
    assert loaded & {"sqlite3", "paho", "edge.journal.store", "drivers.permit_board"} == set()


def test_headquarters_imports_no_driver_and_no_numba() -> None:
    assert _loaded_by("headquarters.__main__") & {"numba", "pymodbus", "serial"} == set()
