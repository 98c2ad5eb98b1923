"""Brings the tables up to date, forward only; a step once taken is never changed."""

import hashlib
import sqlite3
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from edge.errors import JournalUnavailable


class Migration(NamedTuple):
    """One step of the schema, in the order of its number."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Hash of the text, so that a step already taken is not changed afterwards."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """Give every step of the schema, lowest number first."""
    steps = [
        Migration(int(item.name.partition("_")[0]), item.name, item.read_text("utf-8"))
        for item in files("edge.journal").joinpath("schema").iterdir()
        if item.name.endswith(".sql")
    ]
    return sorted(steps)


def migrate(connection: sqlite3.Connection, path: Path, utc: str) -> None:
    """Take the steps not taken yet, all in one transaction with the note that they were taken.

    Raises:
        JournalUnavailable: a newer or another scanlane made the database.
        sqlite3.Error: it cannot be written.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migration (number INTEGER PRIMARY KEY,"
            " name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_utc TEXT NOT NULL) STRICT"
        )
        taken = dict(connection.execute("SELECT number, sha256 FROM schema_migration"))
        steps = migrations()
        _check_taken(taken, steps, path)
        for step in steps:
            if step.number not in taken:
                for statement in statements(step.sql):
                    connection.execute(statement)
                connection.execute(
                    "INSERT INTO schema_migration VALUES (?, ?, ?, ?)",
                    (step.number, step.name, step.sha256, utc),
                )
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _check_taken(taken: dict[int, str], steps: list[Migration], path: Path) -> None:
    known = {step.number: step for step in steps}
    for number, sha256 in taken.items():
        if number not in known:
            raise JournalUnavailable(
                f"{path}: has schema step {number}, this scanlane knows up to {max(known)}; "
                "run the newer scanlane that made it"
            )
        if known[number].sha256 != sha256:
            raise JournalUnavailable(
                f"{path}: schema step {known[number].name} was taken with other contents; "
                "run the scanlane that made it"
            )


def statements(script: str) -> Iterator[str]:
    """Split a script into single statements, so that they run inside our transaction."""
    part = ""
    for line in script.splitlines(keepends=True):
        part += line
        if sqlite3.complete_statement(part):
            yield part
            part = ""
    assert not part.strip(), "a schema script ends within a statement"
