"""A person can look into a journal without the lane, or beside it."""

import hashlib
import json
from pathlib import Path

import pytest

from edge.core.effects import EntryKind
from edge.errors import JournalUnavailable
from edge.evidence.canonical import canonical
from edge.evidence.chain import Link, genesis, verify_chain
from edge.journal.inspect import EXPORT_FORMAT, InspectionLine, export_entries, list_inspections
from tests.unit.journal.journal_bench import UTC_TEXT, entry, open_journal

OPENED = EntryKind.INSPECTION_OPENED.value
CLOSED = EntryKind.INSPECTION_CLOSED.value
OUTCOME = EntryKind.OUTCOME_GIVEN.value


def test_an_export_verifies_like_the_journal(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    for n in range(20):
        journal.append([entry(OPENED, f"i-{n}", text="Груз «ё» \u2028", n=n / 3)]).result(5)
    lines = [json.loads(line) for line in export_entries(journal.path)]
    head = journal.head
    journal.close()
    assert lines[0]["format"] == EXPORT_FORMAT
    start = genesis(lines[0]["lane"], lines[0]["journal_id"])
    links = [
        Link(line["record"]["sequence"], canonical(line["record"]), bytes.fromhex(line["hash"]))
        for line in lines[1:]
    ]
    assert len(links) == 20
    assert verify_chain(links, start, [head]) == []


def test_an_export_verifies_with_the_standard_library_alone(tmp_path: Path) -> None:
    # Independent: the raw text of each record is cut out of its line, nothing of ours is used.
    journal = open_journal(tmp_path)
    for n in range(5):
        journal.append([entry(OPENED, f"i-{n}", n=n)]).result(5)
    lines = list(export_entries(journal.path))
    journal.close()
    whose = json.loads(lines[0])
    name = f"{whose['lane']}\n{whose['journal_id']}".encode()
    previous = hashlib.sha256(b"scanlane/journal/genesis/v1\n" + name).digest()
    for line in lines[1:]:
        record = line.split('"record":', 1)[1][:-1].encode()
        previous = hashlib.sha256(b"scanlane/journal/entry/v1\n" + previous + record).digest()
        assert json.loads(line)["hash"] == previous.hex()


def test_an_export_may_begin_later(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.append([entry(n=n) for n in range(5)]).result(5)
    lines = [json.loads(line) for line in export_entries(journal.path, first=4)]
    journal.close()
    assert [line["record"]["sequence"] for line in lines[1:]] == [4, 5]


def test_inspections_are_listed_newest_first(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.append([entry(OPENED, "a"), entry(OPENED, "b"), entry("lane.mode")])
    journal.append([entry(OUTCOME, "a"), entry(CLOSED, "a")]).result(5)
    found = list_inspections(journal.path)
    journal.close()
    assert found == [
        InspectionLine("a", UTC_TEXT, UTC_TEXT, CLOSED, 3, closed=True, has_outcome=True),
        InspectionLine("b", UTC_TEXT, UTC_TEXT, OPENED, 1, closed=False, has_outcome=False),
    ]


def test_a_list_is_bounded(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.append([entry(OPENED, f"i-{n}") for n in range(9)]).result(5)
    assert [one.inspection_id for one in list_inspections(journal.path, 2)] == ["i-8", "i-7"]
    assert list_inspections(journal.path, -1) == []
    journal.close()


def test_a_missing_journal_is_an_error_for_people(tmp_path: Path) -> None:
    with pytest.raises(JournalUnavailable, match="check that the state folder exists"):
        list_inspections(tmp_path / "nowhere.db")
    with pytest.raises(JournalUnavailable, match="export journal"):
        list(export_entries(tmp_path / "nowhere.db"))
    assert not (tmp_path / "nowhere.db").exists()
