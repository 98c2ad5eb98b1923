"""The signing key of headquarters, made on first run, and the public keys of lanes it has seen."""

import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.errors import PublishError
from edge.evidence import signing
from edge.evidence.canonical import NotCanonical
from edge.messages.base import read_object

_PRIVATE_MODE = 0o600


class HeadquartersKey:
    """Signs commands and manifests."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    @property
    def public_text(self) -> str:
        """The public key as a lane's file lists it: base64 of its 32 bytes."""
        return signing.public_key_text(self._private.public_key())

    @property
    def key_id(self) -> str:
        """The name of the key, as every signed message carries it."""
        return signing.key_id(self._private.public_key())

    def sign(self, mapping: Mapping[str, object]) -> dict[str, object]:
        """Give the mapping with ``key_id`` and ``signature``. Raises PublishError."""
        try:
            return signing.sign(mapping, self._private)
        except NotCanonical as error:
            raise PublishError(f"cannot be signed: {error}") from error


def open_key(folder: Path) -> HeadquartersKey:
    """Open ``keys/headquarters.pem``, or make it on the first run.

    Raises:
        PublishError: unreadable, or readable by others than its owner.
    """
    path = folder / "keys" / "headquarters.pem"
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o077:
            raise PublishError(f"key {path}: others may read it; chmod 600 {path}")
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise PublishError(f"key {path}: {error}; restore it, or move it away for a new one") from (
            error
        )
    if not isinstance(private, Ed25519PrivateKey):
        raise PublishError(f"key {path}: not an Ed25519 key; move it away for a new one")
    return HeadquartersKey(private)


def signature_problem(payload: bytes, public_text: str) -> str:
    """Say what is wrong with the signature of a message from a lane; "" when nothing is."""
    try:
        trusted = signing.trust([signing.public_key_from_text(public_text)])
        check = signing.verify(read_object(payload, "response"), trusted)
    except (ValueError, PublishError) as error:
        return str(error)
    return "" if check.valid else check.detail


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    public = signing.public_key_text(private.public_key())
    path.with_suffix(".pub").write_text(public + "\n", encoding="utf-8")
