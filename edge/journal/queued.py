"""A transaction that waits for the writer, and how several become one commit."""

import sqlite3
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from edge.errors import JournalError
from edge.evidence.chain import Head
from edge.journal.entries import Statement

T = TypeVar("T")


class Work(Generic[T]):
    """One transaction's worth of statements, and who waits for it.

    ``head`` is the end of the chain after it, None for bookkeeping, which can be written in any
    order and twice.
    """

    __slots__ = ("_result", "future", "head", "queued_ns", "statements")

    def __init__(
        self, statements: Sequence[Statement], result: T, head: Head | None, queued_ns: int
    ) -> None:
        self.statements = tuple(statements)
        self.head = head
        self.queued_ns = queued_ns
        self.future: Future[T] = Future()
        # What is queued is written: nobody can take it back by cancelling.
        self.future.set_running_or_notify_cancel()
        self._result = result

    def done(self) -> None:
        """Tell who waits that it is on disk; one who has heard that it failed hears no more."""
        if not self.future.done():
            self.future.set_result(self._result)

    def failed(self, error: JournalError) -> None:
        """Tell who waits that it is not on disk now."""
        if not self.future.done():
            self.future.set_exception(error)


def commit(connection: sqlite3.Connection, works: Sequence[Work[object]], first: str = "") -> None:
    """Write works as one transaction. Raises sqlite3.Error; the connection is to be closed then."""
    connection.execute("BEGIN IMMEDIATE")
    if first:
        connection.execute(first)
    for work in works:
        for statement in work.statements:
            connection.execute(statement.sql, statement.values)
    connection.execute("COMMIT")
