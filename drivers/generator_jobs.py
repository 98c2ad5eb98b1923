"""What waits for its turn on the line of a generator."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from edge.errors import DeviceError

URGENT, COMMAND = 0, 1
"""Ranks: HV off, and everything else."""


@dataclass(order=True, slots=True)
class Job:
    """One order and who waits for it; sorted by rank, then by order of asking."""

    rank: int
    order: int
    name: str = field(compare=False)
    work: Callable[[], Awaitable[None]] = field(compare=False)
    done: "asyncio.Future[None]" = field(compare=False)


def fail(job: Job, error: DeviceError) -> None:
    """Tell whoever still waits that it failed."""
    if not job.done.done():
        job.done.set_exception(error)
