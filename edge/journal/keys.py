"""The lane's own signing key: made on the first run, kept in the state folder, never elsewhere."""

import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from edge.errors import Mistake, SettingsError
from edge.evidence.signing import public_key_text

PRIVATE_NAME = "lane.pem"
PUBLIC_NAME = "lane.pub"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def lane_key(state: Path) -> Ed25519PrivateKey:
    """Give the lane's key from ``keys/lane.pem`` of the state folder, making it on first use.

    The public key stands beside it in ``keys/lane.pub``, as a lane file or headquarters trusts it.

    Raises:
        SettingsError: the key is readable by others, is no Ed25519 key, does not fit the public
            key beside it, is gone while the public key is still there, or cannot be stored.
    """
    folder = state / "keys"
    private, public = folder / PRIVATE_NAME, folder / PUBLIC_NAME
    try:
        if not private.exists():
            if public.exists():
                raise _refuse(
                    private,
                    "the private key is gone, its public key is still there",
                    f"Restore {private} from a copy; for a new identity remove {public} as well",
                )
            folder.mkdir(mode=0o700, exist_ok=True)
            _create(private)
        key = _load(private)
        _settle_public(public, private, public_key_text(key.public_key()))
    except OSError as error:
        raise _refuse(
            folder, f"{error.strerror}", "Make the state folder exist and be writable"
        ) from error
    return key


def _create(private: Path) -> None:
    """Write a new key so that a crash leaves either no key or a whole one."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    _store(private, pem, 0o600)


def _load(private: Path) -> Ed25519PrivateKey:
    mode = stat.S_IMODE(private.stat().st_mode)
    if mode & _OTHERS:
        raise _refuse(
            private,
            f"others than its owner may use the private key (mode {mode:04o})",
            f"Run: chmod 600 {private}; if others may have read it, make a new key",
        )
    try:
        key = load_pem_private_key(private.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _refuse(private, f"not a private key in PEM: {error}", _RESTORE) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _refuse(private, f"a {type(key).__name__}, not Ed25519", _RESTORE)
    return key


_RESTORE = "Restore it from a copy; for a new identity remove it and the public key beside it"


def _settle_public(public: Path, private: Path, text: str) -> None:
    """Write the public key when it is missing; a different one is never overwritten."""
    if not public.exists():
        _store(public, f"{text}\n".encode(), 0o644)
    elif public.read_bytes().strip() != text.encode():
        raise _refuse(
            public,
            f"is not the public key of {private}",
            "Restore the pair from one copy; for a new identity remove both",
        )


def _store(path: Path, content: bytes, mode: int) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(fd, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(fd)
    fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _refuse(file: Path, reason: str, remedy: str) -> SettingsError:
    return SettingsError([Mistake(str(file), "-", "", reason, remedy)])
