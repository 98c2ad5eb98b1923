"""Scan packages on disk: made under a temporary name, every file fsynced and hashed, renamed.

A power cut leaves either a whole package under its final name or a folder ending in ``.partial``,
which the next start sweeps. Nothing that holds lines is ever deleted.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.archive import package
from edge.archive.package import Problem
from edge.errors import ArchiveError
from edge.ipc import PackageFile

CHUNK_BYTES = 1 << 20
MAX_ORPHANS = 1000
"""Orphans of one name; more means that something is badly wrong."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A finished package: where it is, its hash, its files with ``metadata.json``."""

    folder: Path
    sha256: str
    files: tuple[PackageFile, ...]


@contextmanager
def _told(what: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        detail = f"{path}: {what}: {error}. Check disk space and permissions"
        raise ArchiveError(detail) from error


def _sync_folder(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _sync_file(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_durably(path: Path, data: bytes) -> None:
    """Write a file; after a power cut there is the old or the new one. Raises ArchiveError."""
    temporary = path.with_name(f".{path.name}.new")
    with _told("write", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(temporary, data)
        temporary.replace(path)
        _sync_folder(path.parent)


def file_fact(path: Path) -> PackageFile:
    """Hash and measure a file. Raises ArchiveError."""
    with _told("read", path), path.open("rb") as file:
        sha = hashlib.sha256()
        size = 0
        while chunk := file.read(CHUNK_BYTES):
            sha.update(chunk)
            size += len(chunk)
    return PackageFile(path.name, sha.hexdigest(), size)


class Partial:
    """A package in the making."""

    def __init__(self, final: Path) -> None:
        """Name the package; `begin` or an earlier life has made the folder."""
        self.final = final
        self.path = final.with_name(final.name + package.PARTIAL)

    @classmethod
    def begin(cls, final: Path, order: bytes) -> "Partial":
        """Make the folder and write the order into it. Raises ArchiveError."""
        made = cls(final)
        if final.exists():
            raise ArchiveError(f"{final}: there is a package already. Give the scan another name")
        with _told("make", made.path):
            final.parent.mkdir(parents=True, exist_ok=True)
            made.path.mkdir()
            _write(made.path / package.ORDER, order)
            _sync_folder(made.path)
            _sync_folder(final.parent)
        return made

    def add(self, name: str, data: bytes) -> None:
        """Write one small file. Raises ArchiveError."""
        with _told("write", self.path / name):
            _write(self.path / name, data)

    def add_by(self, name: str, write: Callable[[Path], None]) -> None:
        """Let ``write`` make one file, then put it on disk. Raises ArchiveError."""
        with _told("write", self.path / name):
            write(self.path / name)
            _sync_file(self.path / name)

    def seal(self, facts: Mapping[str, object]) -> Sealed:
        """Hash, write the metadata, drop the working files, rename. Raises ArchiveError."""
        working = {package.ORDER, package.RAW_PART, package.METADATA}
        with _told("list", self.path):
            names = sorted(path.name for path in self.path.iterdir() if path.name not in working)
        files = tuple(file_fact(self.path / name) for name in names)
        metadata = package.metadata_bytes(facts, files)
        self.add(package.METADATA, metadata)
        return self.publish(metadata, files)

    def publish(self, metadata: bytes, files: tuple[PackageFile, ...]) -> Sealed:
        """Drop the working files and rename; everything else is on disk. Raises ArchiveError."""
        with _told("rename", self.path):
            _sync_folder(self.path)
            # Only now: until here a kill leaves what the package can be made from again.
            (self.path / package.RAW_PART).unlink(missing_ok=True)
            (self.path / package.ORDER).unlink(missing_ok=True)
            _sync_folder(self.path)
            self.path.rename(self.final)
            _sync_folder(self.final.parent)
        sha256 = package.digest(metadata)
        whole = (*files, PackageFile(package.METADATA, sha256, len(metadata)))
        return Sealed(self.final, sha256, whole)

    def publish_whole(self) -> Sealed:
        """Publish a leftover of which `is_whole` is true. Raises ArchiveError."""
        with _told("read", self.path):
            metadata = (self.path / package.METADATA).read_bytes()
        return self.publish(metadata, package.listed_files(metadata))

    def drop_derived(self) -> None:
        """Remove what can be made again from ``raw.part``; it may be torn. Raises ArchiveError."""
        with _told("remove", self.path):
            for path in self.path.iterdir():
                if path.name not in {package.ORDER, package.RAW_PART}:
                    path.unlink()

    def discard(self) -> None:
        """Remove a package into which no line came. Raises ArchiveError."""
        with _told("remove", self.path):
            for name in (package.ORDER, package.RAW_PART):
                (self.path / name).unlink(missing_ok=True)
            self.path.rmdir()


class RawPart:
    """The detector's frames on disk while a scan runs, for a worker that is killed."""

    def __init__(self, partial: Partial) -> None:
        """Open it in a package in the making. Raises ArchiveError."""
        self._path = partial.path / package.RAW_PART
        with _told("open", self._path):
            self._file = self._path.open("ab", buffering=0)

    def append(self, data: bytes) -> None:
        """Write and put on disk. Raises ArchiveError."""
        with _told("append", self._path):
            view = memoryview(data)
            while view:
                view = view[self._file.write(view) :]
            os.fdatasync(self._file.fileno())

    def close(self) -> None:
        """Close; harmless when repeated."""
        self._file.close()


def leftovers(root: Path) -> tuple[Partial, ...]:
    """Packages a former life did not finish, one or two levels below ``root``."""
    if not root.is_dir():
        return ()
    found = [*root.glob(f"*{package.PARTIAL}"), *root.glob(f"*/*{package.PARTIAL}")]
    names = [path.with_name(path.name.removesuffix(package.PARTIAL)) for path in sorted(found)]
    return tuple(Partial(name) for name in names)


def is_whole(partial: Partial) -> bool:
    """Whether everything was written and only the rename is missing."""
    return (partial.path / package.METADATA).is_file() and not verify(partial.path)


def set_aside(partial: Partial) -> Path:
    """Rename a leftover nothing can be made of; it is kept. Raises ArchiveError."""
    for number in range(MAX_ORPHANS):
        name = f"{package.ORPHAN}{partial.final.name}" + (f"-{number}" if number else "")
        target = partial.path.with_name(name)
        if not target.exists():
            with _told("rename", partial.path):
                partial.path.rename(target)
                _sync_folder(target.parent)
            return target
    raise ArchiveError(f"{partial.path}: {MAX_ORPHANS} orphans of this name. Clear them away")


def verify(folder: Path, sha256: str = "") -> list[Problem]:
    """Check a package against itself, and against its hash if one is given.

    Returns:
        Everything wrong; empty for a sound package.
    """
    path = folder / package.METADATA
    try:
        with path.open("rb") as opened:
            metadata = opened.read(package.MAX_METADATA_BYTES)
        files = package.listed_files(metadata)
        present = {one.name for one in folder.iterdir()} - {package.METADATA}
    except (OSError, ArchiveError) as error:
        return [Problem(package.METADATA, str(error))]
    problems = []
    if sha256 and package.digest(metadata) != sha256:
        problems.append(Problem(package.METADATA, f"its hash is not {sha256}"))
    for file in files:
        problems.extend(_differences(folder, file))
    known = {file.name for file in files} | {package.ORDER, package.RAW_PART}
    problems.extend(Problem(name, "not part of the package") for name in sorted(present - known))
    return problems


def _differences(folder: Path, expected: PackageFile) -> list[Problem]:
    try:
        found = file_fact(folder / expected.name)
    except ArchiveError as error:
        return [Problem(expected.name, str(error))]
    if found != expected:
        detail = f"has {found.size_bytes} bytes, sha256 {found.sha256}; not what was stored"
        return [Problem(expected.name, detail)]
    return []
