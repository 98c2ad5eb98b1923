"""Rules of reading the tables of exempt codes: all mistakes at once, each with file and remedy."""

import hashlib
from pathlib import Path

import pytest

from edge.law.tables import Provenance
from edge.law_tables import load_tables
from tests.unit.control.kit import ROOT

(SHIPPED,) = sorted((ROOT / "config" / "law").glob("*.toml"))


def test_the_shipped_table_is_read_with_the_hash_of_its_bytes() -> None:
    (table,), mistakes = load_tables(SHIPPED.parent)
    assert mistakes == []
    assert table.ref.sha256 == hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
    assert table.provenance is Provenance.SHIPPED


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_without_a_table_is_a_mistake(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "law"
    if there:
        folder.mkdir()
        (folder / "readme.txt").write_text("not a table")
    tables, (mistake,) = load_tables(folder)
    assert tables == ()
    assert mistake.file == str(folder)
    assert "no table" in mistake.reason


@pytest.mark.parametrize(
    "broken",
    [
        b"schema = ",
        b"\xff\xfe",
        b"schema = " + b"9" * 5000,
        b"schema = " + b"[" * 5000,
        b"schema = 1\nschema = 1",
    ],
)
def test_a_file_that_is_no_toml_is_a_mistake_and_never_a_traceback(
    tmp_path: Path, broken: bytes
) -> None:
    (tmp_path / "broken.toml").write_bytes(broken)
    (tmp_path / "sound.toml").write_bytes(SHIPPED.read_bytes())
    (table,), (mistake,) = load_tables(tmp_path)
    assert mistake.file.endswith("broken.toml")
    assert mistake.reason.startswith("is not valid TOML")
    assert table.ref.table_id


def test_a_table_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    _, (mistake,) = load_tables(tmp_path)
    assert "cannot be read (Is a directory)" in mistake.reason


def test_every_mistake_of_every_table_is_told_with_its_key(tmp_path: Path) -> None:
    text = SHIPPED.read_text()
    (tmp_path / "one.toml").write_text(text.replace("schema = 1", "schema = 2", 1))
    (tmp_path / "two.toml").write_text("colour = 1\n" + text.replace("valid_to", "valid_too", 1))
    tables, mistakes = load_tables(tmp_path)
    assert tables == ()
    told = {(Path(mistake.file).name, mistake.key) for mistake in mistakes}
    assert told == {
        ("one.toml", "schema"),
        ("two.toml", "colour"),
        ("two.toml", "valid_too"),
        ("two.toml", "valid_to"),
    }
    assert all(mistake.reason and mistake.remedy for mistake in mistakes)
