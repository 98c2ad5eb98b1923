"""What the publisher asks of the outbox; the journal's outbox satisfies it."""

from collections.abc import Sequence
from typing import Protocol


class OutboxRow(Protocol):
    """One event as it will travel, byte for byte."""

    @property
    def sequence(self) -> int:
        """Place in the stream, from 1, without gaps."""

    @property
    def event_type(self) -> str:
        """Type as in the topic, for example ``verdict.given``."""

    @property
    def body(self) -> bytes:
        """The CloudEvents JSON, exactly as published."""


class Outbox(Protocol):
    """Rows wait here until headquarters has receipted them. Called from the publisher's thread.

    Every method may raise JournalError.
    """

    @property
    def stream(self) -> str:
        """UUID of the stream; changes when the database was found rolled back."""

    def unreceipted(self, after: int, limit: int) -> Sequence[OutboxRow]:
        """Give at most ``limit`` unreleased rows with a sequence above ``after``, in order."""

    def release(self, upto: int) -> None:
        """Note that headquarters has stored every row up to ``upto``.

        When a row up to there was never given out, the database went back in time: the outbox
        then begins a new stream, which `stream` shows, instead of releasing anything.
        """

    def quarantine(self, sequence: int, reason: str) -> None:
        """Put a tombstone in the place of a row that no broker takes."""

    def highest(self) -> int:
        """Give the highest sequence ever assigned in this stream, 0 before the first."""
