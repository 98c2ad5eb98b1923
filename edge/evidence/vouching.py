"""Detached signatures of files: an envelope that names the hash of the bytes it vouches for."""

import hashlib
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.evidence.signing import SignatureCheck, SignatureState, verify

KIND = "scanlane.law-file/1"
"""What the envelope is for; a signature of anything else vouches for no file."""


def voucher(data: bytes, *, file: str, signed: str) -> dict[str, object]:
    """The envelope for the bytes of a file, yet to be signed.

    Args:
        data: the bytes.
        file: name of the file, for people.
        signed: when, RFC 3339 text.
    """
    return {"kind": KIND, "file": file, "sha256": name_of(data), "signed": signed}


def name_of(data: bytes) -> str:
    """SHA-256 of the bytes in hex: the name under which their voucher is kept."""
    return hashlib.sha256(data).hexdigest()


def vouches(
    envelope: Mapping[str, object], data: bytes, trusted: Mapping[str, Ed25519PublicKey]
) -> SignatureCheck:
    """Check that a trusted key vouches for just these bytes. Never raises."""
    check = verify(envelope, trusted)
    if not check.valid:
        return check
    if envelope.get("kind") != KIND or envelope.get("sha256") != name_of(data):
        detail = "the signature is for something else; have this file signed"
        return SignatureCheck(SignatureState.BAD_SIGNATURE, check.key_id, detail)
    return check
