"""Ed25519 signatures over envelopes: a signed mapping says which key and carries the signature.

The signature covers the canonical bytes of everything except the ``signature`` field itself,
``key_id`` included.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, unique

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge.evidence.canonical import NotCanonical, canonical

KEY_ID = "key_id"
SIGNATURE = "signature"
_PUBLIC_KEY_BYTES = 32
_SIGNATURE_BYTES = 64


@unique
class SignatureState(Enum):
    """What a signature proves. Only ``VALID`` proves anything."""

    __hash__ = object.__hash__

    VALID = "valid"
    MISSING_FIELD = "missing_field"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    NOT_CANONICAL = "not_canonical"


@dataclass(frozen=True, slots=True)
class SignatureCheck:
    """The result of checking one envelope.

    Attributes:
        state: what was found; compare it with ``SignatureState.VALID``, or read `valid`.
        key_id: the key the envelope names, empty when it names none.
        detail: the same for people, with what to do about it.
    """

    state: SignatureState
    key_id: str
    detail: str

    @property
    def valid(self) -> bool:
        """True only when a trusted key signed exactly these contents."""
        return self.state is SignatureState.VALID


def sign(mapping: Mapping[str, object], key: Ed25519PrivateKey) -> dict[str, object]:
    """Give a copy of the mapping with ``key_id`` and ``signature`` (base64) added or replaced.

    Raises:
        NotCanonical: the mapping has no canonical JSON.
    """
    unsigned = {name: value for name, value in mapping.items() if name != SIGNATURE}
    unsigned[KEY_ID] = key_id(key.public_key())
    signature = key.sign(canonical(unsigned))
    return {**unsigned, SIGNATURE: base64.b64encode(signature).decode()}


def verify(
    mapping: Mapping[str, object], trusted: Mapping[str, Ed25519PublicKey]
) -> SignatureCheck:
    """Check the envelope against the trusted keys, by key id (see `trust`). Never raises."""
    named, signature = mapping.get(KEY_ID), mapping.get(SIGNATURE)
    for field, value in ((KEY_ID, named), (SIGNATURE, signature)):
        if not isinstance(value, str) or not value:
            return SignatureCheck(
                SignatureState.MISSING_FIELD,
                named if isinstance(named, str) else "",
                f"{field} is missing or not text; sign the message",
            )
    assert isinstance(named, str)
    assert isinstance(signature, str)
    public = trusted.get(named)
    if public is None:
        known = ", ".join(sorted(trusted)) or "none"
        return SignatureCheck(
            SignatureState.UNKNOWN_KEY,
            named,
            f"key {named} is not trusted here (trusted: {known}); add its public key to the lane",
        )
    return _verify_with(mapping, named, signature, public)


def _verify_with(
    mapping: Mapping[str, object], named: str, signature: str, public: Ed25519PublicKey
) -> SignatureCheck:
    unsigned = {name: value for name, value in mapping.items() if name != SIGNATURE}
    try:
        signed_bytes = canonical(unsigned)
    except NotCanonical as error:
        return SignatureCheck(SignatureState.NOT_CANONICAL, named, str(error))
    try:
        public.verify(_decode(signature, _SIGNATURE_BYTES, "signature"), signed_bytes)
    except (InvalidSignature, ValueError):
        return SignatureCheck(
            SignatureState.BAD_SIGNATURE,
            named,
            f"the signature is not one of key {named} over these contents; have it sent again",
        )
    return SignatureCheck(SignatureState.VALID, named, f"signed by key {named}")


def key_id(public: Ed25519PublicKey) -> str:
    """Name a key: the first 16 hex digits of SHA-256 over its 32 raw bytes."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


def trust(keys: Iterable[Ed25519PublicKey]) -> dict[str, Ed25519PublicKey]:
    """Put keys under their own ids, the only way a trusted table should be made."""
    return {key_id(public): public for public in keys}


def public_key_text(public: Ed25519PublicKey) -> str:
    """Write a public key as it stands in a lane file: base64 of its 32 raw bytes."""
    return base64.b64encode(public.public_bytes_raw()).decode()


def public_key_from_text(text: str) -> Ed25519PublicKey:
    """Read a public key written by `public_key_text`.

    Raises:
        ValueError: not base64, or not 32 bytes.
    """
    return Ed25519PublicKey.from_public_bytes(_decode(text.strip(), _PUBLIC_KEY_BYTES, "key"))


def _decode(text: str, length: int, what: str) -> bytes:
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(f"{what} {text[:100]!r} is not base64: {error}; copy it whole") from error
    # A second spelling of the same bytes would let two envelopes differ under one signature.
    if len(raw) != length or base64.b64encode(raw).decode() != text:
        raise ValueError(
            f"{what} {text[:100]!r} is {len(raw)} bytes, expected {length}; copy it whole"
        )
    return raw
