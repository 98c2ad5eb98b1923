"""What a scan package is: its files, its metadata and its one hash. No input or output here.

A package is a folder. ``metadata.json`` is canonical JSON (RFC 8785) and holds the SHA-256 of
every other file; the package's hash is the SHA-256 of ``metadata.json``.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import rfc8785

from edge.errors import ArchiveError
from edge.ipc import PackageFile

SCHEMA = "scanlane-package/1"
METADATA = "metadata.json"
RAW = "raw.tif"
ATTENUATION = "attenuation.tif"
CALIBRATION = "calibration.tif"
LINES = "lines.csv"
PREVIEW = "preview.png"
THUMBNAIL = "thumbnail.png"
LOW = "-low"
"""Stands before the suffix of the same files of the low energy."""
PARTIAL = ".partial"
ORPHAN = ".orphan-"
ORDER = "order.json"
"""What the scan was ordered as; only in a package that is being made."""
RAW_PART = "raw.part"
"""The detector's own frames as they came; only in a package that is being made."""
MAX_METADATA_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a package: the file, or ``-`` for the folder, and what."""

    file: str
    detail: str


def of_energy(name: str, energy: int) -> str:
    """The name of a file that each energy has; the high or only one has the plain name."""
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}{LOW}{dot}{suffix}" if energy else name


def digest(data: bytes) -> str:
    """SHA-256 as the archive writes it."""
    return hashlib.sha256(data).hexdigest()


def metadata_bytes(facts: Mapping[str, object], files: tuple[PackageFile, ...]) -> bytes:
    """Write ``metadata.json``: the facts, the schema and the files by name.

    Raises:
        ArchiveError: a fact is not JSON (a number that is no number, a key that is no text).
    """
    listed = [
        {"name": file.name, "sha256": file.sha256, "bytes": file.size_bytes}
        for file in sorted(files, key=lambda file: file.name)
    ]
    body = {**facts, "schema": SCHEMA, "files": listed}
    try:
        # Through JSON once, so that only what JSON can say reaches the canonical form.
        return rfc8785.dumps(json.loads(json.dumps(body, allow_nan=False)))
    except (ValueError, TypeError) as error:
        raise ArchiveError(f"metadata of the package is no JSON: {error}") from error


def listed_files(metadata: bytes) -> tuple[PackageFile, ...]:
    """Read the files a ``metadata.json`` names.

    Raises:
        ArchiveError: it is no metadata of this schema, or not in canonical form.
    """
    try:
        body = json.loads(metadata)
        if not isinstance(body, dict) or body.get("schema") != SCHEMA:
            raise ArchiveError(f"{METADATA} is not of schema {SCHEMA}")
        if rfc8785.dumps(body) != metadata:
            raise ArchiveError(f"{METADATA} is not in canonical form")
        files = tuple(
            PackageFile(str(one["name"]), str(one["sha256"]), int(one["bytes"]))
            for one in body["files"]
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ArchiveError(f"{METADATA} cannot be read: {error!r}") from error
    bad = [file.name for file in files if not _is_plain(file.name)]
    if bad:
        raise ArchiveError(f"{METADATA} names files outside the package: {bad}")
    return files


def _is_plain(name: str) -> bool:
    return bool(name) and "/" not in name and "\0" not in name and not name.startswith(".")
