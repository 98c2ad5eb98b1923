"""Commands already answered: the same command again gets the same response and has no effect."""

import hashlib
from dataclasses import dataclass

from edge.journal.database import Reader
from edge.journal.entries import Statement


@dataclass(frozen=True, slots=True)
class SeenCommand:
    """What was answered to a command.

    Attributes:
        command_id: the command's id.
        name: the command's name.
        request_sha256: hash of the request's bytes, which tells a repetition from a reused id.
        response: the signed response, byte for byte.
        expires_utc: when the command expires, RFC 3339 UTC; afterwards it is refused as expired
            and need not be remembered.
    """

    command_id: str
    name: str
    request_sha256: bytes
    response: bytes
    expires_utc: str

    def repeats(self, request: bytes) -> bool:
        """True when these are the bytes that were answered, not other ones under the same id."""
        return hashlib.sha256(request).digest() == self.request_sha256


def remember_command(
    command_id: str, name: str, *, request: bytes, response: bytes, expires_utc: str
) -> Statement:
    """Write an answered command; belongs into the transaction of the entry that it caused.

    The first answer stands: a second one under the same id fails the transaction.
    """
    return Statement(
        "INSERT INTO seen_command (command_id, name, request_sha256, response, expires_utc)"
        " VALUES (?, ?, ?, ?, ?)",
        (command_id, name, hashlib.sha256(request).digest(), response, expires_utc),
    )


def forget_commands(expired_before_utc: str) -> Statement:
    """Forget commands that expired before a moment, which keeps the table bounded."""
    return Statement("DELETE FROM seen_command WHERE expires_utc < ?", (expired_before_utc,))


def seen_command(reader: Reader, command_id: str) -> SeenCommand | None:
    """Look up an answered command. Raises JournalError."""
    row = reader.row(
        "SELECT command_id, name, request_sha256, response, expires_utc FROM seen_command"
        " WHERE command_id = ?",
        command_id,
    )
    if row is None:
        return None
    found, name, request_sha256, response, expires_utc = row
    assert isinstance(found, str)
    assert isinstance(name, str)
    assert isinstance(request_sha256, bytes)
    assert isinstance(response, bytes)
    assert isinstance(expires_utc, str)
    return SeenCommand(found, name, request_sha256, response, expires_utc)
