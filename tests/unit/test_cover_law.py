"""The coverage of the law is written down with its sources, and nothing measured is no result."""

from pathlib import Path

import pytest

from tests import measured
from tests.cover_law import SOURCES, lines_of

SUMMARY = {"num_statements": 9, "missing_lines": 1, "num_branches": 4, "missing_branches": 2}


def test_what_is_not_run_is_told_file_by_file() -> None:
    report = {"files": {"edge/law/basis.py": {"summary": SUMMARY}}, "totals": SUMMARY}
    assert lines_of(report)[2:] == ["| basis.py | 9 | 1 | 4 | 2 |", "| all | 9 | 1 | 4 | 2 |"]


def test_a_report_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no file of edge/law was measured"):
        lines_of({"files": {}, "totals": SUMMARY})


def test_the_result_states_target_and_sources_as_the_others_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measured, "RESULTS", tmp_path)
    measured.write_result("cover-law", "Branches of the law", SOURCES, ["| all |"])
    said = measured.stated(tmp_path / "cover-law.md")
    assert (said.target, said.names, said.is_stale) == ("cover-law", SOURCES, False)
