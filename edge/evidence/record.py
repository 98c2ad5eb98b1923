"""The record of one journal entry: the canonical bytes that the chain covers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from edge.evidence.canonical import canonical

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Record:
    """One entry as it stands in the journal.

    Attributes:
        sequence: place in the journal, from 1, without gaps.
        kind: what happened, for example ``verdict.given``.
        inspection_id: the inspection it belongs to, None for the lane itself.
        utc: wall time, RFC 3339 UTC.
        monotonic_ns: monotonic time of the machine, nanoseconds since its boot.
        body: the facts, JSON-ready.
    """

    sequence: int
    kind: str
    inspection_id: str | None
    utc: str
    monotonic_ns: int
    body: Mapping[str, object]

    def to_bytes(self) -> bytes:
        """Give the canonical bytes. Raises NotCanonical when the body has none."""
        return canonical(
            {
                "sequence": self.sequence,
                "kind": self.kind,
                "inspection_id": self.inspection_id,
                "utc": self.utc,
                # Text, since nanoseconds pass 2^53 after 104 days of uptime.
                "monotonic_ns": str(self.monotonic_ns),
                "body": self.body,
            }
        )


def read_record(stored: bytes) -> Record:
    """Read a record back.

    Raises:
        ValueError: the bytes are not a record.
    """
    try:
        raw = json.loads(stored)
        return Record(
            sequence=_typed(raw["sequence"], int),
            kind=_typed(raw["kind"], str),
            inspection_id=None
            if raw["inspection_id"] is None
            else _typed(raw["inspection_id"], str),
            utc=_typed(raw["utc"], str),
            monotonic_ns=int(_typed(raw["monotonic_ns"], str)),
            body=_typed(raw["body"], dict),
        )
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"not a journal record ({error}): {stored[:80]!r}") from error


def _typed(value: object, kind: type[T]) -> T:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not {kind.__name__}")
    return value
