"""The table of the fault matrix in the top README is the one of the committed result."""

import pytest

from tests.matrix.table import between
from tests.measured import RESULTS, ROOT

RESULT = RESULTS / "matrix.md"
README = ROOT / "README.md"


def test_the_readme_tells_the_fault_matrix_that_was_measured() -> None:
    told = between(README.read_text(encoding="utf-8"))
    if not RESULT.exists():
        assert "run `make matrix`" in told, "a table that nothing measured stands in the README"
        pytest.xfail("no result: run `make matrix`")
    assert told == between(RESULT.read_text(encoding="utf-8")), "run: make matrix"
