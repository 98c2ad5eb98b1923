"""Fixtures of more than one file of the journal's tests."""

import pytest

from tests.unit.journal.journal_bench import StillClock


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite waits two seconds for a lock: here it need not."""
    monkeypatch.setattr("edge.journal.database._BUSY_MS", 1)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()
