"""Scan packages: sealed once, every damage found, leftovers swept, nothing with lines deleted."""

import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.archive import package, store
from edge.archive.store import Partial, RawPart
from edge.errors import ArchiveError
from edge.ipc import PackageFile

FACTS: dict[str, object] = {"scan_id": 7, "text": "груз", "share": 0.25}


def _sealed(folder: Path) -> store.Sealed:
    partial = Partial.begin(folder / "scan-7", b"{}")
    partial.add("raw.tif", b"raw bytes")
    partial.add_by("preview.png", lambda path: path.write_bytes(b"picture") and None)
    part = RawPart(partial)
    part.append(b"frames")
    part.close()
    return partial.seal(FACTS)


def test_a_sealed_package_is_named_by_the_hash_of_its_metadata(tmp_path: Path) -> None:
    sealed = _sealed(tmp_path)
    metadata = (sealed.folder / "metadata.json").read_bytes()
    assert hashlib.sha256(metadata).hexdigest() == sealed.sha256
    assert store.verify(sealed.folder, sealed.sha256) == []
    assert sorted(path.name for path in sealed.folder.iterdir()) == [
        "metadata.json", "preview.png", "raw.tif",
    ]  # fmt: skip
    assert {file.name for file in sealed.files} == {"metadata.json", "preview.png", "raw.tif"}
    assert list(tmp_path.iterdir()) == [sealed.folder]


# RFC 8785: members sorted, no blanks, shortest numbers, text as UTF-8; written out by hand.
GOLDEN = (
    '{"files":[{"bytes":3,"name":"a.tif","sha256":"x"}],"scan_id":7,'
    '"schema":"scanlane-package/1","share":0.25,"text":"груз"}'
)


def test_the_metadata_is_canonical() -> None:
    data = package.metadata_bytes(FACTS, (PackageFile("a.tif", "x", 3),))
    assert data == GOLDEN.encode("utf-8")
    assert package.listed_files(data) == (PackageFile("a.tif", "x", 3),)


def test_facts_that_are_not_json_are_refused() -> None:
    for fact in (float("nan"), float("inf"), {1, 2}, b"bytes", 2**60):
        with pytest.raises(ArchiveError):
            package.metadata_bytes({"fact": fact}, ())


@pytest.mark.parametrize(
    "metadata",
    [
        b"", b"[]", b"{}", b"\xff", GOLDEN.replace(",", ", ").encode(),
        GOLDEN.replace("package/1", "package/2").encode(),
        GOLDEN.replace('"a.tif"', '"../a.tif"').encode(),
        GOLDEN.replace('"a.tif"', '".a"').encode(),
        GOLDEN.replace('"a.tif"', '""').encode(),
        GOLDEN.replace('"bytes":3,', "").encode(),
        GOLDEN.replace('[{"bytes":3,"name":"a.tif","sha256":"x"}]', "7").encode(),
    ],
)  # fmt: skip
def test_metadata_that_is_not_ours_is_refused(metadata: bytes) -> None:
    with pytest.raises(ArchiveError, match=r"metadata\.json"):
        package.listed_files(metadata)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(st.data())
def test_every_changed_byte_of_every_file_is_found(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    sealed = _sealed(tmp_path_factory.mktemp("archive"))
    path = sealed.folder / data.draw(st.sampled_from([file.name for file in sealed.files]))
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    assert store.verify(sealed.folder, sealed.sha256) != []


def test_a_missing_and_an_added_file_are_found(tmp_path: Path) -> None:
    sealed = _sealed(tmp_path)
    (sealed.folder / "raw.tif").unlink()
    (sealed.folder / "extra.txt").write_bytes(b"x")
    assert [problem.file for problem in store.verify(sealed.folder)] == ["raw.tif", "extra.txt"]


def test_a_folder_without_metadata_is_no_package(tmp_path: Path) -> None:
    assert [problem.file for problem in store.verify(tmp_path)] == ["metadata.json"]
    assert [problem.file for problem in store.verify(tmp_path / "none")] == ["metadata.json"]


def test_a_package_is_never_overwritten(tmp_path: Path) -> None:
    sealed = _sealed(tmp_path)
    with pytest.raises(ArchiveError, match="a package already"):
        Partial.begin(tmp_path / "scan-7", b"{}")
    assert store.verify(sealed.folder, sealed.sha256) == []


def test_a_scan_in_the_making_is_never_begun_twice(tmp_path: Path) -> None:
    Partial.begin(tmp_path / "scan-7", b"{}")
    with pytest.raises(ArchiveError, match="make"):
        Partial.begin(tmp_path / "scan-7", b"{}")


def test_everything_is_on_disk_before_the_final_name_appears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def spying_fsync(fd: int) -> None:
        done.append(f"fsync {Path(f'/proc/self/fd/{fd}').readlink().name}")
        fsync(fd)

    def spying_rename(path: Path, target: Path) -> Path:
        done.append(f"rename {path.name} {target.name}")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", spying_fsync)
    monkeypatch.setattr(Path, "rename", spying_rename)
    _sealed(tmp_path)
    last = done.index("rename scan-7.partial scan-7")
    for name in ("raw.tif", "preview.png", "metadata.json", "scan-7.partial"):
        assert f"fsync {name}" in done[:last]
    assert done[last + 1 :] == [f"fsync {tmp_path.name}"]


def test_a_full_disk_is_told_and_what_is_there_stays(tmp_path: Path) -> None:
    partial = Partial.begin(tmp_path / "scan-7", b"{}")
    part = RawPart(partial)
    part.append(b"frames")
    part.close()

    def refuse(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(ArchiveError, match="No space left"):
        partial.add_by("raw.tif", refuse)
    assert (partial.path / "raw.part").read_bytes() == b"frames"


def test_leftovers_are_found_and_set_aside_without_loss(tmp_path: Path) -> None:
    Partial.begin(tmp_path / "scan-7", b"one")
    Partial.begin(tmp_path / "2026-03" / "scan-8", b"two")
    _sealed(tmp_path / "whole")
    found = store.leftovers(tmp_path)
    assert [partial.final.name for partial in found] == ["scan-8", "scan-7"]
    kept = [store.set_aside(partial) for partial in found]
    assert [(path / "order.json").read_bytes() for path in kept] == [b"two", b"one"]
    assert store.leftovers(tmp_path) == ()
    assert store.leftovers(tmp_path / "none") == ()


def test_a_second_orphan_of_the_same_name_gets_a_number(tmp_path: Path) -> None:
    names = [
        store.set_aside(Partial.begin(tmp_path / "scan-7", b"{}")).name for _ in range(3)
    ]  # fmt: skip
    assert names == [".orphan-scan-7", ".orphan-scan-7-1", ".orphan-scan-7-2"]


def test_a_package_that_lacks_only_its_rename_is_published_whole(tmp_path: Path) -> None:
    sealed = _sealed(tmp_path)
    sealed.folder.rename(tmp_path / "scan-7.partial")
    (partial,) = store.leftovers(tmp_path)
    (partial.path / "raw.part").write_bytes(b"frames")
    assert store.is_whole(partial)
    assert partial.publish_whole() == sealed
    assert store.verify(tmp_path / "scan-7", sealed.sha256) == []


def test_a_torn_leftover_is_not_whole(tmp_path: Path) -> None:
    sealed = _sealed(tmp_path)
    sealed.folder.rename(tmp_path / "scan-7.partial")
    (partial,) = store.leftovers(tmp_path)
    (partial.path / "raw.tif").write_bytes(b"raw by")
    assert not store.is_whole(partial)
    partial.drop_derived()
    assert list(partial.path.iterdir()) == []


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "air.json"
    store.write_durably(path, b"old")
    store.write_durably(path, b"new")
    assert path.read_bytes() == b"new"
    assert [one.name for one in path.parent.iterdir()] == ["air.json"]


def test_the_order_of_a_leftover_can_be_read_as_json(tmp_path: Path) -> None:
    partial = Partial.begin(tmp_path / "scan-7", json.dumps(FACTS).encode())
    assert json.loads((partial.path / package.ORDER).read_bytes()) == FACTS
