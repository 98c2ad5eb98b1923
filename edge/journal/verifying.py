"""Checks a stored chain: from its newest signed checkpoint, or whole."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.evidence.chain import ChainProblem, Head, genesis, verify_chain
from edge.journal.checkpoints import CheckpointProblem, Origin, checkpoints
from edge.journal.database import Reader
from edge.journal.reading import links


class ChainCheck(NamedTuple):
    """What a check found: where it began, the newest checkpoint that held, what is wrong."""

    checked_from: int
    checkpoint: int
    chain: tuple[ChainProblem, ...]
    checkpoints: tuple[CheckpointProblem, ...]


def verify_tail(
    reader: Reader,
    origin: Origin,
    trusted: Mapping[str, Ed25519PublicKey],
    known: Iterable[Head] = (),
) -> ChainCheck:
    """Check what follows the newest checkpoint; whole when that checkpoint does not hold.

    Args:
        reader: the journal.
        origin: lane and journal id.
        trusted: keys that may have signed checkpoints, by key id.
        known: heads known from outside; the only proof against a tail cut off whole.

    Raises:
        JournalError: the journal cannot be read.
    """
    newest = next(checkpoints(reader, origin, trusted, newest_only=True), None)
    if not isinstance(newest, Head):
        return verify_whole(reader, origin, trusted, known)
    before = _before(reader, origin, newest.sequence)
    if before is None:
        return verify_whole(reader, origin, trusted, known)
    problems = verify_chain(links(reader, newest.sequence), before, (newest, *known))
    return ChainCheck(newest.sequence, newest.sequence, tuple(problems), ())


def verify_whole(
    reader: Reader,
    origin: Origin,
    trusted: Mapping[str, Ed25519PublicKey],
    known: Iterable[Head] = (),
) -> ChainCheck:
    """Check every record and every checkpoint. Arguments and errors as in `verify_tail`."""
    heads: list[Head] = []
    bad: list[CheckpointProblem] = []
    for found in checkpoints(reader, origin, trusted):
        if isinstance(found, Head):
            heads.append(found)
        else:
            bad.append(found)
    newest = heads[0].sequence if heads else 0
    start = genesis(origin.lane, origin.journal_id)
    problems = verify_chain(links(reader, 1), start, (*heads, *known))
    return ChainCheck(1, newest, tuple(problems), tuple(bad))


def _before(reader: Reader, origin: Origin, sequence: int) -> Head | None:
    """Give the head before a record, None when its record is missing."""
    if sequence == 1:
        return genesis(origin.lane, origin.journal_id)
    row = reader.row("SELECT hash FROM entry WHERE sequence = ?", sequence - 1)
    if row is None:
        return None
    assert isinstance(row[0], bytes)
    return Head(sequence - 1, row[0])
