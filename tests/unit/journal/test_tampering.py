"""Whatever is done to the file behind scanlane's back is found and named at the next start."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.core.effects import EntryKind
from edge.evidence.chain import Head, Tampering, record_hash
from edge.evidence.checkpoint import Checkpoint, sign_checkpoint
from edge.evidence.record import Record
from edge.evidence.signing import trust
from edge.journal.recovery import RecoveryReport, recover
from tests.unit.journal.journal_bench import KEY, UTC_TEXT, entry, open_journal

CLOSED = EntryKind.INSPECTION_CLOSED.value
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))

Change = Callable[[sqlite3.Connection], object]


def make(folder: Path) -> Head:
    """Write ten entries: a checkpoint after the sixth, three more, closed with the tenth."""
    journal = open_journal(folder)
    for n in range(1, 11):
        journal.append([entry(CLOSED if n == 6 else "lane.mode", f"i-{n}", n=n)]).result(5)
    head = journal.head
    journal.close()
    return head


def tamper(folder: Path, change: Change) -> None:
    connection = sqlite3.connect(folder / "journal.db", isolation_level=None)
    connection.execute("DROP TRIGGER entry_is_never_changed")
    connection.execute("DROP TRIGGER entry_is_never_deleted")
    change(connection)
    connection.close()


def without_last_checkpoint(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM checkpoint WHERE upto = 10")


def report(folder: Path, *, whole: bool = False, known: tuple[Head, ...] = ()) -> RecoveryReport:
    journal = open_journal(folder)
    try:
        return recover(journal, whole=whole, known=known)
    finally:
        journal.close()


def chain(found: RecoveryReport) -> list[tuple[int, Tampering]]:
    return [(problem.sequence, problem.what) for problem in found.chain]


def swap(connection: sqlite3.Connection, a: int, b: int) -> None:
    rows = connection.execute(
        "SELECT record, hash FROM entry WHERE sequence IN (?, ?) ORDER BY sequence", (a, b)
    ).fetchall()
    for sequence, row in ((a, rows[1]), (b, rows[0])):
        connection.execute(
            "UPDATE entry SET record = ?, hash = ? WHERE sequence = ?", (*row, sequence)
        )


def flip(sequence: int) -> Change:
    return lambda connection: connection.execute(
        "UPDATE entry SET record = replace(record, ?, ?) WHERE sequence = ?",
        (f'{{"n":{sequence}}}', '{"n":0}', sequence),
    )


def test_an_untouched_journal_is_sound(tmp_path: Path) -> None:
    head = make(tmp_path)
    found = report(tmp_path, whole=True, known=(head,))
    assert found.sound
    assert found.complaints() == []


def test_a_flipped_value_is_edited(tmp_path: Path) -> None:
    make(tmp_path)
    tamper(tmp_path, flip(3))
    assert chain(report(tmp_path, whole=True)) == [(3, Tampering.EDITED)]


def test_a_value_flipped_after_the_last_checkpoint_is_found_at_start(tmp_path: Path) -> None:
    make(tmp_path)
    tamper(tmp_path, lambda db: (without_last_checkpoint(db), flip(8)(db)))
    found = report(tmp_path)
    assert (found.checked_from, chain(found)) == (6, [(8, Tampering.EDITED)])


def test_the_checkpointed_record_itself_is_checked_at_start(tmp_path: Path) -> None:
    make(tmp_path)
    tamper(tmp_path, flip(10))
    assert chain(report(tmp_path)) == [(10, Tampering.EDITED)]


def test_white_space_in_a_record_is_an_edit(tmp_path: Path) -> None:
    make(tmp_path)
    tamper(
        tmp_path,
        lambda db: db.execute(
            "UPDATE entry SET record = replace(record, ',', ', ') WHERE sequence = 4"
        ),
    )
    assert chain(report(tmp_path, whole=True)) == [(4, Tampering.EDITED)]


def test_a_dropped_record_is_a_gap(tmp_path: Path) -> None:
    make(tmp_path)
    tamper(tmp_path, lambda db: db.execute("DELETE FROM entry WHERE sequence = 4"))
    assert chain(report(tmp_path, whole=True)) == [(4, Tampering.GAP)]


def test_an_inserted_record_is_reordered(tmp_path: Path) -> None:
    make(tmp_path)

    def insert(db: sqlite3.Connection) -> None:
        for sequence in range(10, 3, -1):
            db.execute("UPDATE entry SET sequence = ? WHERE sequence = ?", (sequence + 1, sequence))
        db.execute(
            "INSERT INTO entry (sequence, record, hash) SELECT 4, record, hash FROM entry"
            " WHERE sequence = 3"
        )

    tamper(tmp_path, insert)
    assert chain(report(tmp_path, whole=True))[0] == (4, Tampering.REORDERED)


def test_swapped_records_are_reordered(tmp_path: Path) -> None:
    make(tmp_path)
    tamper(tmp_path, lambda db: swap(db, 3, 5))
    found = chain(report(tmp_path, whole=True))
    assert {(3, Tampering.REORDERED), (5, Tampering.REORDERED)} <= set(found)


def test_a_cut_tail_is_truncated_against_its_checkpoint(tmp_path: Path) -> None:
    make(tmp_path)
    tamper(tmp_path, lambda db: db.execute("DELETE FROM entry WHERE sequence > 7"))
    assert chain(report(tmp_path)) == [(7, Tampering.TRUNCATED)]


def test_a_tail_cut_with_its_checkpoint_is_truncated_against_a_head_from_outside(
    tmp_path: Path,
) -> None:
    head = make(tmp_path)
    tamper(
        tmp_path,
        lambda db: (
            without_last_checkpoint(db),
            db.execute("DELETE FROM entry WHERE sequence > 7"),
        ),
    )
    assert report(tmp_path).sound
    make_nothing = report(tmp_path, known=(head,))
    assert chain(make_nothing) == [(7, Tampering.TRUNCATED)]


def rewrite_from(db: sqlite3.Connection, first: int) -> Head:
    """Write the chain anew with good hashes, as someone without the key can."""
    (previous,) = db.execute("SELECT hash FROM entry WHERE sequence = ?", (first - 1,)).fetchone()
    for sequence in range(first, 11):
        record = Record(sequence, "forged", None, UTC_TEXT, 5, {}).to_bytes()
        previous = record_hash(previous, record)
        db.execute(
            "UPDATE entry SET record = ?, hash = ? WHERE sequence = ?",
            (record.decode(), previous, sequence),
        )
    return Head(10, previous)


def test_a_chain_written_anew_is_rewritten_against_its_checkpoint(tmp_path: Path) -> None:
    make(tmp_path)
    tamper(tmp_path, lambda db: rewrite_from(db, 8))
    assert chain(report(tmp_path, whole=True)) == [(10, Tampering.REWRITTEN)]


def test_a_chain_written_anew_and_signed_by_a_stranger_is_found(tmp_path: Path) -> None:
    make(tmp_path)

    def forge(db: sqlite3.Connection) -> None:
        head = rewrite_from(db, 8)
        (journal_id,) = db.execute("SELECT journal_id FROM journal_info").fetchone()
        signed = sign_checkpoint(Checkpoint("lane-1", journal_id, head, UTC_TEXT), STRANGER)
        db.execute("UPDATE checkpoint SET signed = ? WHERE upto = 10", (json.dumps(signed),))

    tamper(tmp_path, forge)
    found = report(tmp_path)
    assert [problem.upto for problem in found.checkpoints] == [10]
    assert "not trusted" in found.checkpoints[0].detail
    assert not found.sound
    journal = open_journal(tmp_path)
    both = trust([KEY.public_key(), STRANGER.public_key()])
    assert recover(journal, trusted=both).sound
    journal.close()


@pytest.mark.parametrize(
    ("signed", "detail"),
    [
        ("[]", "not a JSON object"),
        ("{", "Expecting"),
        ("{}", "statement None"),
        ("other lane", "speaks of lane lane-2"),
        ("other place", "speaks of record 9"),
        ("bad signature", "not one of key"),
    ],
)
def test_a_checkpoint_that_proves_nothing_is_named(
    tmp_path: Path, signed: str, detail: str
) -> None:
    head = make(tmp_path)
    connection = sqlite3.connect(tmp_path / "journal.db")
    (journal_id,) = connection.execute("SELECT journal_id FROM journal_info").fetchone()
    connection.close()
    good = Checkpoint("lane-1", journal_id, head, UTC_TEXT)
    texts = {
        "other lane": json.dumps(
            sign_checkpoint(Checkpoint("lane-2", journal_id, head, UTC_TEXT), KEY)
        ),
        "other place": json.dumps(
            sign_checkpoint(Checkpoint("lane-1", journal_id, Head(9, head.hash), UTC_TEXT), KEY)
        ),
        "bad signature": json.dumps({**sign_checkpoint(good, KEY), "utc": "later"}),
    }
    text = texts.get(signed, signed)
    tamper(
        tmp_path, lambda db: db.execute("UPDATE checkpoint SET signed = ? WHERE upto = 10", (text,))
    )
    found = report(tmp_path)
    assert [problem.upto for problem in found.checkpoints] == [10]
    assert detail in str(found.checkpoints[0])
    assert found.checked_from == 1


def test_a_record_that_is_no_json_is_found_and_reported(tmp_path: Path) -> None:
    make(tmp_path)
    tamper(tmp_path, lambda db: db.execute("UPDATE entry SET record = 'gone' WHERE sequence = 9"))
    assert (9, Tampering.EDITED) in chain(report(tmp_path, whole=True))


def test_a_damaged_page_is_reported_not_raised(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    for n in range(300):
        journal.append([entry("lane.mode", f"i-{n}", text="x" * 500)]).result(5)
    journal.close()
    content = bytearray((tmp_path / "journal.db").read_bytes())
    pages = len(content) // 4096
    for page in range(pages // 2, pages // 2 + 5):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    (tmp_path / "journal.db").write_bytes(content)
    found = report(tmp_path, whole=True)
    assert not found.sound
    assert found.file


def checkpoint_count(folder: Path) -> int:
    connection = sqlite3.connect(folder / "journal.db")
    (count,) = connection.execute("SELECT count(*) FROM checkpoint").fetchone()
    connection.close()
    assert isinstance(count, int)
    return count


def test_a_changed_journal_is_never_signed_over_so_every_start_finds_it(tmp_path: Path) -> None:
    make(tmp_path)
    tamper(tmp_path, lambda db: (without_last_checkpoint(db), flip(8)(db)))
    before = checkpoint_count(tmp_path)
    for _ in range(3):
        journal = open_journal(tmp_path)
        assert chain(recover(journal)) == [(8, Tampering.EDITED)]
        journal.append([entry(CLOSED, "i-99")]).result(5)
        journal.close()
    assert checkpoint_count(tmp_path) == before


def test_nothing_is_signed_before_the_journal_was_checked(tmp_path: Path) -> None:
    make(tmp_path)
    before = checkpoint_count(tmp_path)
    journal = open_journal(tmp_path)
    journal.append([entry(CLOSED, "i-98")]).result(5)
    journal.close()
    assert checkpoint_count(tmp_path) == before
    journal = open_journal(tmp_path)
    assert recover(journal).sound
    journal.close()
    assert checkpoint_count(tmp_path) == before + 1


def test_a_chain_written_anew_after_the_checkpoint_before_is_found_at_start(tmp_path: Path) -> None:
    make(tmp_path)
    tamper(tmp_path, lambda db: rewrite_from(db, 8))
    found = report(tmp_path)
    assert (found.checked_from, chain(found)) == (10, [(10, Tampering.REWRITTEN)])


def test_the_newest_record_cut_off_is_truncated_at_start(tmp_path: Path) -> None:
    make(tmp_path)
    tamper(tmp_path, lambda db: db.execute("DELETE FROM entry WHERE sequence = 10"))
    assert chain(report(tmp_path)) == [(9, Tampering.TRUNCATED)]
