"""Rules of reading the tables of exempt codes: all mistakes at once, each with file and remedy."""

import hashlib
from pathlib import Path

import pytest

from edge.law.dated import Provenance
from edge.law_tables import load_law
from tests.unit.control.kit import ROOT

(SHIPPED,) = sorted((ROOT / "config" / "law").glob("*.toml"))
(WORDS,) = sorted((ROOT / "config" / "law" / "words").glob("*.toml"))


def signed(_file: Path, _data: bytes) -> bool:
    return True


def unsigned(_file: Path, _data: bytes) -> bool:
    return False


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the law with the shipped lexicon and no table."""
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / WORDS.name).write_bytes(WORDS.read_bytes())
    return tmp_path


def test_the_shipped_law_is_read_with_the_hash_of_its_bytes() -> None:
    law, mistakes = load_law(SHIPPED.parent, signed)
    assert mistakes == []
    for read, file in ((law.tables, SHIPPED), (law.lexica, WORDS)):
        assert [one.ref.sha256 for one in read] == [hashlib.sha256(file.read_bytes()).hexdigest()]
        assert [one.provenance for one in read] == [Provenance.SIGNED]


def test_a_law_nobody_vouches_for_is_read_and_unsigned() -> None:
    law, mistakes = load_law(SHIPPED.parent, unsigned)
    assert mistakes == []
    assert {one.provenance for one in (*law.tables, *law.lexica)} == {Provenance.UNSIGNED}


def test_a_folder_without_table_or_lexicon_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("not a table")
    law, mistakes = load_law(tmp_path, signed)
    assert law == ((), ())
    assert [one.file for one in mistakes] == [str(tmp_path), str(tmp_path / "words")]
    assert "no table" in mistakes[0].reason
    assert "no lexicon" in mistakes[1].reason
    _, absent = load_law(tmp_path / "nowhere", signed)
    assert len(absent) == len(mistakes)


def test_a_word_a_row_expects_must_be_in_a_lexicon(folder: Path) -> None:
    text = SHIPPED.read_text().replace('expects = ["names"]', 'expects = ["en-catle"]', 1)
    (folder / SHIPPED.name).write_text(text)
    _, (mistake,) = load_law(folder, signed)
    assert (mistake.value, mistake.key) == ("en-catle", "goods 0306310000: expects")


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
    folder: Path, broken: bytes
) -> None:
    (folder / "broken.toml").write_bytes(broken)
    (folder / "sound.toml").write_bytes(SHIPPED.read_bytes())
    ((table,), _), (mistake,) = load_law(folder, signed)
    assert mistake.file.endswith("broken.toml")
    assert mistake.reason.startswith("is not valid TOML")
    assert table.ref.table_id


def test_a_table_that_cannot_be_read_says_why(folder: Path) -> None:
    (folder / "folder.toml").mkdir()
    _, (mistake,) = load_law(folder, signed)
    assert "cannot be read (Is a directory)" in mistake.reason


def test_every_mistake_of_every_table_is_told_with_its_key(folder: Path) -> None:
    text = SHIPPED.read_text()
    (folder / "one.toml").write_text(text.replace("schema = 2", "schema = 1", 1))
    (folder / "two.toml").write_text("colour = 1\n" + text.replace("valid_to", "valid_too", 1))
    law, mistakes = load_law(folder, signed)
    assert law.tables == ()
    told = {(Path(mistake.file).name, mistake.key) for mistake in mistakes}
    assert told == {
        ("one.toml", "schema"),
        ("two.toml", "colour"),
        ("two.toml", "valid_too"),
        ("two.toml", "valid_to"),
    }
    assert all(mistake.reason and mistake.remedy for mistake in mistakes)
