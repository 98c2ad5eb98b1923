"""The checkpoint: a signed statement of where a journal's chain stood, made to leave the lane."""

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge.evidence.chain import HASH_BYTES, Head
from edge.evidence.signing import SignatureCheck, sign, verify

STATEMENT = "scanlane/checkpoint/v1"
"""Says what is signed, so that no other signed message can pass for a checkpoint."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where the chain of a lane stood.

    Attributes:
        lane: the lane.
        stream: id of the journal whose chain it is.
        head: sequence of the newest record covered, and the hash after it.
        utc: when it was made, RFC 3339 UTC.
    """

    lane: str
    stream: str
    head: Head
    utc: str


def sign_checkpoint(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> dict[str, object]:
    """Give the signed statement, JSON-ready."""
    return sign(
        {
            "statement": STATEMENT,
            "lane": checkpoint.lane,
            "stream": checkpoint.stream,
            "upto": checkpoint.head.sequence,
            "head": checkpoint.head.hash.hex(),
            "utc": checkpoint.utc,
        },
        key,
    )


def read_checkpoint(
    signed: Mapping[str, object], trusted: Mapping[str, Ed25519PublicKey]
) -> tuple[Checkpoint, SignatureCheck]:
    """Read a signed statement and check its signature; use the checkpoint only if it is valid.

    Raises:
        ValueError: it is not a checkpoint statement at all.
    """
    if signed.get("statement") != STATEMENT:
        raise ValueError(f"statement {signed.get('statement')!r} is not {STATEMENT!r}")
    texts = []
    for name in ("lane", "stream", "head", "utc"):
        value = signed.get(name)
        if not isinstance(value, str):
            raise ValueError(f"checkpoint: {name} {value!r} is not text")  # noqa: TRY004
        texts.append(value)
    lane, stream, head, utc = texts
    upto = signed.get("upto")
    if not isinstance(upto, int) or isinstance(upto, bool) or upto < 0:
        raise ValueError(f"checkpoint: upto {upto!r} is not a sequence")
    digest = bytes.fromhex(head)
    if len(digest) != HASH_BYTES:
        raise ValueError(f"checkpoint: head {head[:80]!r} is not {HASH_BYTES} bytes in hex")
    return Checkpoint(lane, stream, Head(upto, digest), utc), verify(signed, trusted)
