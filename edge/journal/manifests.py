"""Manifests as received, every version of them, found again by what identifies a unit."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from edge.journal.database import Reader
from edge.journal.entries import Statement
from edge.messages.manifest import plain_identifier

FOUND_LIMIT = 20
"""More manifests than this for one identifier are not told apart any better by reading on."""

_BY_IDENTIFIER = """
SELECT manifest_id, version, body, received_utc FROM manifest AS m
WHERE m.manifest_id IN (
    SELECT n.manifest_id FROM manifest_identifier AS i JOIN manifest AS n ON n.id = i.manifest
    WHERE i.kind = ? AND i.value = ?
      AND n.version = (SELECT max(o.version) FROM manifest AS o WHERE o.manifest_id = n.manifest_id)
  )
  AND m.version = (SELECT max(n.version) FROM manifest AS n WHERE n.manifest_id = m.manifest_id)
ORDER BY m.id DESC LIMIT ?
"""
_BY_ID = """
SELECT manifest_id, version, body, received_utc FROM manifest
WHERE manifest_id = ? ORDER BY version DESC, id DESC LIMIT ?
"""


_OUT_OF_DATE = """
SELECT DISTINCT m.manifest_id FROM manifest AS m
WHERE m.valid_until < ? AND NOT EXISTS (
    SELECT 1 FROM manifest AS n WHERE n.manifest_id = m.manifest_id
      AND (n.valid_until IS NULL OR n.valid_until >= ?)
  )
ORDER BY m.manifest_id LIMIT ?
"""
_REMOVE_IDENTIFIERS = """
DELETE FROM manifest_identifier
WHERE manifest IN (SELECT id FROM manifest WHERE manifest_id = ?)
  AND NOT EXISTS (
    SELECT 1 FROM manifest AS n WHERE n.manifest_id = ?
      AND (n.valid_until IS NULL OR n.valid_until >= ?)
  )
"""
_REMOVE = """
DELETE FROM manifest WHERE manifest_id = ?
  AND NOT EXISTS (
    SELECT 1 FROM manifest AS n WHERE n.manifest_id = ?
      AND (n.valid_until IS NULL OR n.valid_until >= ?)
  )
"""


@dataclass(frozen=True, slots=True)
class StoredManifest:
    """A manifest as received: the bytes, so that its signature can be checked again."""

    manifest_id: str
    version: int
    body: bytes
    received_utc: str


def keep_manifest(
    manifest_id: str,
    version: int,
    *,
    body: bytes,
    identifiers: Mapping[str, str],
    received_utc: str,
) -> list[Statement]:
    """Write a manifest and its identifiers (``plate``, ``container``, ``qr``).

    The same bytes again change nothing. The same version with other bytes is kept beside the
    first; both are found, and that is a contradiction for the law to see.
    """
    digest = hashlib.sha256(body).digest()
    statements = [
        Statement(
            "INSERT INTO manifest (manifest_id, version, sha256, body, received_utc)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (manifest_id, version, digest, body, received_utc),
        )
    ]
    statements.extend(
        Statement(
            "INSERT INTO manifest_identifier (kind, value, manifest)"
            " SELECT ?, ?, id FROM manifest WHERE manifest_id = ? AND version = ? AND sha256 = ?"
            " ON CONFLICT DO NOTHING",
            (kind, plain_identifier(value), manifest_id, version, digest),
        )
        for kind, value in identifiers.items()
        if plain_identifier(value)
    )
    return statements


def manifests_for(reader: Reader, kind: str, value: str) -> list[StoredManifest]:
    """Give the manifests whose newest version names this identifier, last received first.

    Where the newest version was received with different bytes, all of them are given, also those
    that do not name it: that they contradict each other is for the caller to see. At most
    `FOUND_LIMIT`. More than one is for the caller to resolve, never to pick from.
    Raises JournalError.
    """
    plain = plain_identifier(value)
    return _read(reader, _BY_IDENTIFIER, kind, plain) if plain else []


def manifest_versions(reader: Reader, manifest_id: str) -> list[StoredManifest]:
    """Give the versions of one manifest, newest first, at most `FOUND_LIMIT`."""
    return _read(reader, _BY_ID, manifest_id)


def newest_version(reader: Reader, manifest_id: str) -> list[StoredManifest]:
    """Give the newest version of one manifest, more than one when it was received saying more.

    None when it was never received. Raises JournalError.
    """
    versions = manifest_versions(reader, manifest_id)
    return [one for one in versions if one.version == versions[0].version]


def manifests_out_of_date(reader: Reader, before_utc: str, limit: int) -> list[str]:
    """Give the ids of manifests of which no version was valid at a moment or later, in order.

    A correction may be valid for a shorter time than what it has replaced, so a manifest is out of
    date as a whole or not at all. One that does not say until when it is valid never is. Raises
    JournalError.
    """
    return [str(found) for (found,) in reader.rows(_OUT_OF_DATE, before_utc, before_utc, limit)]


def remove_manifest(manifest_id: str, before_utc: str) -> list[Statement]:
    """Remove a manifest in every version, unless one was valid at this moment or later."""
    values = (manifest_id, manifest_id, before_utc)
    return [Statement(_REMOVE_IDENTIFIERS, values), Statement(_REMOVE, values)]


def _read(reader: Reader, sql: str, *values: str) -> list[StoredManifest]:
    found = []
    for manifest_id, version, body, received_utc in reader.rows(sql, *values, FOUND_LIMIT):
        assert isinstance(manifest_id, str)
        assert isinstance(version, int)
        assert isinstance(body, bytes)
        assert isinstance(received_utc, str)
        found.append(StoredManifest(manifest_id, version, body, received_utc))
    return found
