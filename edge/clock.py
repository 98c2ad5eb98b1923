"""The only module of the lane that reads a clock."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the runner and the adapters take the time from."""

    def monotonic_ns(self) -> int:
        """Nanoseconds that never go back; the origin means nothing."""

    def utc(self) -> datetime:
        """Wall time, timezone-aware, UTC."""


class SystemClock:
    """The clock of the machine."""

    def monotonic_ns(self) -> int:
        """Nanoseconds of CLOCK_MONOTONIC."""
        return time.monotonic_ns()

    def utc(self) -> datetime:
        """Wall time of the machine in UTC."""
        return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """Write a moment as RFC 3339 UTC with microseconds, as every record does."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
