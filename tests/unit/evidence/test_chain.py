"""The chain names what was done to it, and where."""

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.evidence.chain import (
    PROBLEM_LIMIT,
    Head,
    Link,
    Tampering,
    genesis,
    record_hash,
    verify_chain,
)
from edge.evidence.record import Record

START = genesis("lane-1", "journal-1")


def make(count: int, start: Head = START, first: int = 1) -> list[Link]:
    links, previous = [], start.hash
    for number in range(first, first + count):
        record = Record(number, "k", None, "2026-01-01T00:00:00.000000Z", 5, {"n": number})
        previous = record_hash(previous, record.to_bytes())
        links.append(Link(number, record.to_bytes(), previous))
    return links


def head(links: list[Link], sequence: int) -> Head:
    return Head(sequence, links[sequence - 1].hash)


def found(links: list[Link], *known: Head) -> list[tuple[int, Tampering]]:
    return [(problem.sequence, problem.what) for problem in verify_chain(links, START, known)]


def test_an_untouched_chain_has_no_problems() -> None:
    links = make(20)
    assert found(links, head(links, 7), head(links, 20)) == []


def test_an_empty_chain_is_whole() -> None:
    assert found([]) == []


def test_the_hash_is_sha256_over_domain_previous_hash_and_record() -> None:
    # Independent: the formula of the README, written out with hashlib alone.
    begin = hashlib.sha256(b"scanlane/journal/genesis/v1\nlane-1\njournal-1").digest()
    (link,) = make(1)
    expected = hashlib.sha256(b"scanlane/journal/entry/v1\n" + begin + link.record).digest()
    assert link.hash == expected


def test_a_flipped_bit_is_an_edit_of_that_record_alone() -> None:
    links = make(10)
    record = bytearray(links[4].record)
    place = record.index(b'"kind":"k"') + 8
    record[place] ^= 1
    links[4] = links[4]._replace(record=bytes(record))
    assert found(links, head(links, 10)) == [(5, Tampering.EDITED)]


def test_a_flipped_hash_is_seen_at_its_record_and_the_next() -> None:
    links = make(10)
    links[4] = links[4]._replace(hash=bytes(32))
    assert found(links) == [(5, Tampering.EDITED), (6, Tampering.EDITED)]


def test_bytes_that_are_no_record_are_an_edit() -> None:
    links = make(3)
    links[1] = links[1]._replace(record=b"\xff{")
    assert found(links) == [(2, Tampering.EDITED)]


def test_a_dropped_record_is_a_gap() -> None:
    links = make(10)
    del links[4]
    assert found(links) == [(5, Tampering.GAP)]


def test_a_dropped_record_with_the_rest_renumbered_is_reordered() -> None:
    links = make(5)
    shifted = [*links[:2], *(link._replace(sequence=link.sequence - 1) for link in links[3:])]
    assert found(shifted) == [(3, Tampering.REORDERED), (4, Tampering.REORDERED)]


def test_an_inserted_record_is_reordered() -> None:
    links = make(5)
    assert (3, Tampering.REORDERED) in found([*links[:3], links[2], *links[3:]])


def test_an_inserted_record_with_the_rest_renumbered_is_seen_from_there_on() -> None:
    links = make(5)
    strange = make(1, head(links, 2), first=3)[0]._replace(hash=bytes(32))
    shifted = [link._replace(sequence=link.sequence + 1) for link in links[2:]]
    problems = found([*links[:2], strange, *shifted])
    assert problems[0] == (3, Tampering.EDITED)
    assert (4, Tampering.REORDERED) in problems


def test_swapped_contents_are_reordered() -> None:
    links = make(6)
    a, b = links[1], links[3]
    links[1], links[3] = b._replace(sequence=2), a._replace(sequence=4)
    assert {(2, Tampering.REORDERED), (4, Tampering.REORDERED)} <= set(found(links))


def test_a_cut_tail_is_truncated_against_a_known_head() -> None:
    links = make(10)
    assert found(links[:6], head(links, 10)) == [(6, Tampering.TRUNCATED)]


def test_a_chain_emptied_whole_is_truncated_against_a_known_head() -> None:
    links = make(3)
    assert found([], head(links, 3)) == [(0, Tampering.TRUNCATED)]


def test_a_chain_written_anew_with_good_hashes_is_rewritten() -> None:
    links = make(10)
    forged = Record(5, "forged", None, "2026-01-01T00:00:00.000000Z", 5, {}).to_bytes()
    five = Link(5, forged, record_hash(links[3].hash, forged))
    anew = [*links[:4], five, *make(5, Head(5, five.hash), first=6)]
    assert found(anew) == []
    assert found(anew, head(links, 10)) == [(10, Tampering.REWRITTEN)]


def test_a_chain_of_another_lane_does_not_verify() -> None:
    links = make(3)
    problems = verify_chain(links, genesis("lane-2", "journal-1"))
    assert [(p.sequence, p.what) for p in problems] == [(1, Tampering.EDITED)]


def test_a_check_may_begin_in_the_middle() -> None:
    links = make(10)
    assert verify_chain(links[6:], head(links, 6), [head(links, 6), head(links, 10)]) == []


def test_a_lost_chain_is_not_listed_without_end() -> None:
    links = [link._replace(hash=bytes(32)) for link in make(PROBLEM_LIMIT * 2)]
    assert len(verify_chain(links, START)) == PROBLEM_LIMIT


def test_a_problem_says_where_and_what() -> None:
    links = make(4)
    del links[1]
    assert str(verify_chain(links, START)[0]) == "record 2: gap: records 2 to 2 are missing"


@given(st.integers(0, 11), st.integers(0, 10_000), st.integers(0, 7), st.booleans())
@settings(deadline=None, max_examples=200, derandomize=True)
def test_no_single_flipped_bit_ever_passes(index: int, place: int, bit: int, in_hash: bool) -> None:
    links = make(12)
    known = head(links, 12)
    field = "hash" if in_hash else "record"
    stored = bytearray(getattr(links[index], field))
    stored[place % len(stored)] ^= 1 << bit
    links[index] = links[index]._replace(**{field: bytes(stored)})
    assert verify_chain(links, START, [known])


@given(st.data())
@settings(deadline=None, max_examples=100, derandomize=True)
def test_no_loss_or_change_of_order_ever_passes(data: st.DataObject) -> None:
    links = make(9)
    kept = data.draw(st.lists(st.sampled_from(range(9)), max_size=12))
    picked = [links[n] for n in kept]
    if data.draw(st.booleans()):
        picked = [link._replace(sequence=n) for n, link in enumerate(picked, 1)]
    if picked != links:
        assert verify_chain(picked, START, [head(links, 9)])


@pytest.mark.parametrize("stored", [b"[]", b'{"sequence":true}', b'{"sequence":"1"}', b"", b"null"])
def test_a_record_without_its_number_is_an_edit(stored: bytes) -> None:
    forged = Link(1, stored, record_hash(START.hash, stored))
    assert found([forged]) == [(1, Tampering.EDITED)]


def test_a_record_is_canonical_json_with_nanoseconds_as_text() -> None:
    record = Record(1, "k", "i-1", "2026-01-01T00:00:00.000000Z", 2**62, {"b": 1, "a": 2})
    assert json.loads(record.to_bytes())["monotonic_ns"] == str(2**62)
    assert record.to_bytes().startswith(b'{"body":{"a":2,"b":1},')
