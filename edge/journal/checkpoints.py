"""Reads the signed checkpoints of a journal back and judges each."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.evidence.chain import Head
from edge.evidence.checkpoint import read_checkpoint
from edge.journal.database import Reader


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose chain it is: the lane, and the journal's own id."""

    lane: str
    journal_id: str


@dataclass(frozen=True, slots=True)
class CheckpointProblem:
    """A stored checkpoint that proves nothing, and why."""

    upto: int
    detail: str

    def __str__(self) -> str:
        return f"checkpoint {self.upto}: {self.detail}"


def checkpoints(
    reader: Reader,
    origin: Origin,
    trusted: Mapping[str, Ed25519PublicKey],
    *,
    newest_only: bool = False,
) -> Iterator[Head | CheckpointProblem]:
    """Give the head of every checkpoint that holds, and a problem for each that does not.

    Newest first. Raises JournalError when the table cannot be read.
    """
    for upto, signed in reader.walk(
        "SELECT upto, signed FROM checkpoint ORDER BY upto DESC LIMIT ?", 1 if newest_only else -1
    ):
        assert isinstance(upto, int)
        assert isinstance(signed, str)
        yield _judge(upto, signed, origin, trusted)


def _judge(
    upto: int, signed: str, origin: Origin, trusted: Mapping[str, Ed25519PublicKey]
) -> Head | CheckpointProblem:
    try:
        statement = json.loads(signed)
        if not isinstance(statement, dict):
            return CheckpointProblem(upto, "is not a JSON object")
        checkpoint, check = read_checkpoint(statement, trusted)
    except (ValueError, RecursionError) as error:
        return CheckpointProblem(upto, str(error))
    if not check.valid:
        return CheckpointProblem(upto, check.detail)
    if (checkpoint.lane, checkpoint.stream) != (origin.lane, origin.journal_id):
        return CheckpointProblem(
            upto, f"speaks of lane {checkpoint.lane}, journal {checkpoint.stream}"
        )
    if checkpoint.head.sequence != upto:
        return CheckpointProblem(upto, f"speaks of record {checkpoint.head.sequence}")
    return checkpoint.head
