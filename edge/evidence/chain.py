"""The hash chain over journal records, and the check that names what was done to it.

hash(n) = SHA-256(domain || hash(n-1) || record(n)). The chain shows edits, gaps and reordering by
itself; truncation and a chain written anew show only against heads known from elsewhere
(checkpoints, receipts, paper).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, unique
from typing import NamedTuple

_ENTRY_DOMAIN = b"scanlane/journal/entry/v1\n"
_GENESIS_DOMAIN = b"scanlane/journal/genesis/v1\n"
HASH_BYTES = 32
PROBLEM_LIMIT = 100
"""A check stops after so many problems: the chain is lost then, and the list stays readable."""


class Head(NamedTuple):
    """A place in a chain: the hash after record ``sequence`` (0: before the first)."""

    sequence: int
    hash: bytes


class Link(NamedTuple):
    """One record as stored: its place, its canonical bytes, and the hash kept beside it."""

    sequence: int
    record: bytes
    hash: bytes


@unique
class Tampering(Enum):
    """What is wrong with a chain."""

    __hash__ = object.__hash__

    GAP = "gap"
    EDITED = "edited"
    REORDERED = "reordered"
    REWRITTEN = "rewritten"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class ChainProblem:
    """One thing wrong with a chain: at which record, what, and how it was seen."""

    sequence: int
    what: Tampering
    detail: str

    def __str__(self) -> str:
        return f"record {self.sequence}: {self.what.value}: {self.detail}"


def genesis(lane: str, journal_id: str) -> Head:
    """Give the head before the first record; it binds the chain to its lane and journal."""
    name = f"{lane}\n{journal_id}".encode()
    return Head(0, hashlib.sha256(_GENESIS_DOMAIN + name).digest())


def record_hash(previous: bytes, record: bytes) -> bytes:
    """Give the hash of a record that follows the record with hash ``previous`` (32 bytes)."""
    assert len(previous) == HASH_BYTES
    return hashlib.sha256(_ENTRY_DOMAIN + previous + record).digest()


def verify_chain(
    links: Iterable[Link], start: Head, known: Iterable[Head] = ()
) -> list[ChainProblem]:
    """Check stored records, in the order given, against the head before them and known heads.

    Each problem is named where it is; the check goes on from the stored hash, so one edit is one
    problem. It stops after `PROBLEM_LIMIT` problems.

    Args:
        links: the records after ``start``; may be a generator over a large table.
        start: where the check begins; its hash is taken as true.
        known: heads known from elsewhere; those at or before ``start`` are compared with it only.

    Returns:
        The problems found, empty when the chain holds.
    """
    heads = {head.sequence: head.hash for head in known}
    problems = _against_known(start, heads)
    last = start
    for link in links:
        problems.extend(_check_link(link, last))
        last = Head(link.sequence, link.hash)
        problems.extend(_against_known(last, heads))
        if len(problems) >= PROBLEM_LIMIT:
            return problems[:PROBLEM_LIMIT]
    furthest = max(heads, default=0)
    if furthest > last.sequence:
        detail = f"the records end here, a known head is at {furthest}: the tail was cut off"
        problems.append(ChainProblem(last.sequence, Tampering.TRUNCATED, detail))
    return problems


def _check_link(link: Link, last: Head) -> list[ChainProblem]:
    due = last.sequence + 1
    if link.sequence < due:
        detail = f"stands after record {last.sequence}"
        return [ChainProblem(link.sequence, Tampering.REORDERED, detail)]
    inner = _own_sequence(link.record)
    if inner is not None and inner != link.sequence:
        detail = f"holds the record that was written as number {inner}"
        return [ChainProblem(link.sequence, Tampering.REORDERED, detail)]
    if link.sequence > due:
        detail = f"records {due} to {link.sequence - 1} are missing"
        return [ChainProblem(due, Tampering.GAP, detail)]
    if inner is None:
        detail = "is not a journal record any more"
        return [ChainProblem(link.sequence, Tampering.EDITED, detail)]
    if len(last.hash) != HASH_BYTES or record_hash(last.hash, link.record) != link.hash:
        detail = "its contents do not give the hash kept beside it"
        return [ChainProblem(link.sequence, Tampering.EDITED, detail)]
    return []


def _against_known(head: Head, heads: Mapping[int, bytes]) -> list[ChainProblem]:
    known = heads.get(head.sequence)
    if known is None or known == head.hash:
        return []
    detail = f"hash {head.hash.hex()[:16]} here, {known.hex()[:16]} is known: written anew"
    return [ChainProblem(head.sequence, Tampering.REWRITTEN, detail)]


def _own_sequence(record: bytes) -> int | None:
    """Read the number a record was written under; None when it is no record."""
    try:
        parsed = json.loads(record)
    except (ValueError, RecursionError):
        return None
    number = parsed.get("sequence") if isinstance(parsed, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None
