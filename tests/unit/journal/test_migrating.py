"""The schema goes forward only, and a database of a newer scanlane is left alone."""

import sqlite3
from pathlib import Path

import pytest

from edge.errors import JournalUnavailable
from edge.journal.migrating import migrations, statements
from tests.unit.journal.journal_bench import open_journal


def test_every_step_is_recorded_with_its_hash(tmp_path: Path) -> None:
    open_journal(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "journal.db")
    taken = connection.execute("SELECT number, name, sha256 FROM schema_migration").fetchall()
    connection.close()
    assert taken == [(step.number, step.name, step.sha256) for step in migrations()]
    assert [step.number for step in migrations()] == list(range(1, len(taken) + 1))


def test_every_table_is_strict(tmp_path: Path) -> None:
    open_journal(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "journal.db")
    loose = connection.execute(
        "SELECT name FROM pragma_table_list"
        " WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    connection.close()
    assert loose == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("INSERT INTO schema_migration VALUES (99, '0099_x.sql', 'aa', 'u')", "newer scanlane"),
        ("UPDATE schema_migration SET sha256 = 'aa' WHERE number = 1", "other contents"),
    ],
)
def test_a_database_with_other_steps_is_refused(tmp_path: Path, change: str, message: str) -> None:
    open_journal(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    connection.execute(change)
    connection.close()
    with pytest.raises(JournalUnavailable, match=message):
        open_journal(tmp_path)


def test_a_later_step_is_taken_on_an_older_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = migrations()
    monkeypatch.setattr("edge.journal.migrating.migrations", lambda: steps[:2])
    open_journal(tmp_path).close()
    monkeypatch.undo()
    open_journal(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "journal.db")
    assert connection.execute("SELECT count(*) FROM seen_command").fetchone() == (0,)
    connection.close()


def test_a_script_is_split_at_statements_not_at_semicolons() -> None:
    script = "CREATE TABLE a (b);\nCREATE TRIGGER t AFTER INSERT ON a\nBEGIN SELECT 1; END;\n"
    assert [text.split()[1] for text in statements(script)] == ["TABLE", "TRIGGER"]
