"""Commands have effect once; manifests are kept in every version and found by identifier."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.errors import JournalUnavailable
from edge.journal.commands import forget_commands, remember_command, seen_command
from edge.journal.database import Reader
from edge.journal.manifests import (
    FOUND_LIMIT,
    keep_manifest,
    manifest_versions,
    manifests_for,
    manifests_out_of_date,
    newest_version,
    remove_manifest,
)
from edge.journal.store import Journal
from tests.unit.journal.journal_bench import UTC_TEXT, entry, open_journal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = open_journal(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def reader(journal: Journal) -> Iterator[Reader]:
    opened = journal.reader()
    yield opened
    opened.close()


def answer(journal: Journal, command_id: str, request: bytes = b"req", expires: str = "2") -> None:
    remember = remember_command(
        command_id, "abort", request=request, response=b"done", expires_utc=expires
    )
    journal.append([entry()], also=lambda _: [remember]).result(5)


def keep(journal: Journal, manifest_id: str, version: int, body: bytes, **names: str) -> None:
    journal.write(
        keep_manifest(manifest_id, version, body=body, identifiers=names, received_utc=UTC_TEXT)
    ).result(5)


def test_a_repeated_command_is_answered_as_before(journal: Journal, reader: Reader) -> None:
    assert seen_command(reader, "c-1") is None
    answer(journal, "c-1")
    seen = seen_command(reader, "c-1")
    assert seen is not None
    assert (seen.name, seen.response) == ("abort", b"done")
    assert seen.repeats(b"req")


def test_other_bytes_under_the_same_id_are_no_repetition(journal: Journal, reader: Reader) -> None:
    answer(journal, "c-1", request=b"first")
    seen = seen_command(reader, "c-1")
    assert seen is not None
    assert not seen.repeats(b"second")


def test_a_command_answered_twice_fails_the_whole_transaction(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    answer(journal, "c-1")
    with pytest.raises(JournalUnavailable, match="UNIQUE"):
        answer(journal, "c-1")
    journal.close()
    again = open_journal(tmp_path)
    assert again.head.sequence == 1
    again.close()


def test_expired_commands_are_forgotten_and_others_kept(journal: Journal, reader: Reader) -> None:
    answer(journal, "old", expires="2026-01-01T00:00:00Z")
    answer(journal, "new", expires="2026-01-03T00:00:00Z")
    journal.write([forget_commands("2026-01-02T00:00:00Z")]).result(5)
    assert seen_command(reader, "old") is None
    assert seen_command(reader, "new") is not None


@pytest.mark.parametrize("asked", ["123ABC02", "123 abc 02", " 123abc02 "])
def test_a_manifest_is_found_by_an_identifier_however_spaced(
    journal: Journal, reader: Reader, asked: str
) -> None:
    keep(journal, "m-1", 1, b"one", plate="123 ABC 02", container="MSKU0000000")
    (found,) = manifests_for(reader, "plate", asked)
    assert (found.manifest_id, found.version, found.body) == ("m-1", 1, b"one")
    assert found.received_utc == UTC_TEXT


def test_one_kind_of_identifier_never_finds_another(journal: Journal, reader: Reader) -> None:
    keep(journal, "m-1", 1, b"one", plate="X1")
    assert manifests_for(reader, "container", "X1") == []


def test_an_empty_identifier_finds_nothing(journal: Journal, reader: Reader) -> None:
    keep(journal, "m-1", 1, b"one", plate="  ", qr="Q")
    assert manifests_for(reader, "plate", "") == []
    assert manifests_for(reader, "plate", " ") == []


def test_a_corrected_manifest_is_found_and_the_old_one_kept(
    journal: Journal, reader: Reader
) -> None:
    keep(journal, "m-1", 1, b"one", plate="X1")
    keep(journal, "m-1", 2, b"two", plate="X1")
    assert [one.version for one in manifests_for(reader, "plate", "X1")] == [2]
    assert [one.body for one in manifest_versions(reader, "m-1")] == [b"two", b"one"]


def test_an_identifier_taken_back_by_a_correction_finds_nothing(
    journal: Journal, reader: Reader
) -> None:
    keep(journal, "m-1", 1, b"one", plate="X1")
    keep(journal, "m-1", 2, b"two", plate="X2")
    assert manifests_for(reader, "plate", "X1") == []
    assert [one.version for one in manifests_for(reader, "plate", "X2")] == [2]


def test_an_older_version_received_late_does_not_replace_the_newer(
    journal: Journal, reader: Reader
) -> None:
    keep(journal, "m-1", 2, b"two", plate="X1")
    keep(journal, "m-1", 1, b"one", plate="X1")
    assert [one.version for one in manifests_for(reader, "plate", "X1")] == [2]


def test_the_same_bytes_again_change_nothing(journal: Journal, reader: Reader) -> None:
    keep(journal, "m-1", 1, b"one", plate="X1")
    keep(journal, "m-1", 1, b"one", plate="X1")
    assert len(manifests_for(reader, "plate", "X1")) == 1


def test_one_version_with_other_bytes_shows_both(journal: Journal, reader: Reader) -> None:
    keep(journal, "m-1", 1, b"one", plate="X1")
    keep(journal, "m-1", 1, b"uno", plate="X1")
    assert {one.body for one in manifests_for(reader, "plate", "X1")} == {b"one", b"uno"}


def test_a_contradiction_is_found_by_what_only_one_of_both_names(
    journal: Journal, reader: Reader
) -> None:
    keep(journal, "m-1", 1, b"old", plate="X1")
    keep(journal, "m-1", 2, b"one", plate="X1", qr="Q1")
    keep(journal, "m-1", 2, b"uno", plate="X2")
    for kind, value in (("plate", "X1"), ("plate", "X2"), ("qr", "Q1")):
        assert {one.body for one in manifests_for(reader, kind, value)} == {b"one", b"uno"}


def test_the_newest_version_is_given_by_its_id_with_all_it_says(
    journal: Journal, reader: Reader
) -> None:
    assert newest_version(reader, "m-1") == []
    keep(journal, "m-1", 1, b"one", plate="X1")
    keep(journal, "m-2", 9, b"nine", plate="X1")
    assert [one.body for one in newest_version(reader, "m-1")] == [b"one"]
    keep(journal, "m-1", 2, b"two")
    keep(journal, "m-1", 2, b"deux")
    assert {one.body for one in newest_version(reader, "m-1")} == {b"two", b"deux"}


def test_two_manifests_with_one_identifier_are_both_found(journal: Journal, reader: Reader) -> None:
    keep(journal, "m-1", 1, b"one", plate="X1")
    keep(journal, "m-2", 1, b"two", plate="x 1")
    assert [one.manifest_id for one in manifests_for(reader, "plate", "X1")] == ["m-2", "m-1"]


def valid(until: str) -> bytes:
    return json.dumps({"valid_until": until}).encode()


def test_a_manifest_is_out_of_date_when_every_version_of_it_is(
    journal: Journal, reader: Reader
) -> None:
    """Were only the newest one removed, the one it has replaced would count again."""
    keep(journal, "old", 1, valid("2026-01-01T00:00:00Z"), plate="X1")
    keep(journal, "both-old", 1, valid("2026-01-03T00:00:00Z"), plate="X2")
    keep(journal, "both-old", 2, valid("2026-01-01T00:00:00.5Z"), plate="X2")
    keep(journal, "shortened", 1, valid("2026-09-01T00:00:00Z"), plate="X3")
    keep(journal, "shortened", 2, valid("2026-01-01T00:00:00Z"), plate="X3")
    keep(journal, "unreadable", 1, b"{", plate="X4")
    keep(journal, "silent", 1, b"{}", plate="X5")
    keep(journal, "strange", 1, b'{"valid_until": 5}', plate="X6")
    assert manifests_out_of_date(reader, "2026-01-01T00:00:00.000000Z", 9) == []
    assert manifests_out_of_date(reader, "2026-01-02T00:00:00.000000Z", 9) == ["old"]
    late = "2026-06-01T00:00:00.000000Z"
    assert manifests_out_of_date(reader, late, 9) == ["both-old", "old"]
    assert manifests_out_of_date(reader, late, 1) == ["both-old"]


def test_a_removed_manifest_is_found_no_more_and_the_others_are(
    journal: Journal, reader: Reader
) -> None:
    keep(journal, "m-1", 1, valid("2026-01-01T00:00:00Z"), plate="X1", qr="Q1")
    keep(journal, "m-2", 1, valid("2026-01-01T00:00:00Z"), plate="X1")
    journal.write(remove_manifest("m-1", "2026-06-01T00:00:00Z")).result(5)
    assert [one.manifest_id for one in manifests_for(reader, "plate", "X1")] == ["m-2"]
    assert manifests_for(reader, "qr", "Q1") == []
    assert manifest_versions(reader, "m-1") == []


def test_a_version_that_came_meanwhile_keeps_its_manifest(journal: Journal, reader: Reader) -> None:
    """What is out of date is read before the removal is written: a correction may come between."""
    keep(journal, "m-1", 1, valid("2026-01-01T00:00:00Z"), plate="X1")
    keep(journal, "m-1", 2, valid("2026-09-01T00:00:00Z"), plate="X1")
    journal.write(remove_manifest("m-1", "2026-06-01T00:00:00Z")).result(5)
    assert [one.version for one in manifests_for(reader, "plate", "X1")] == [2]
    assert len(manifest_versions(reader, "m-1")) == 2


def test_what_is_found_is_bounded(journal: Journal, reader: Reader) -> None:
    for n in range(FOUND_LIMIT + 5):
        keep(journal, f"m-{n}", 1, b"x", plate="X1")
    assert len(manifests_for(reader, "plate", "X1")) == FOUND_LIMIT
