"""A record reads back as it was written."""

import pytest

from edge.evidence.canonical import NotCanonical
from edge.evidence.record import Record, read_record


def test_a_record_reads_back_as_it_was_written() -> None:
    record = Record(7, "verdict.given", None, "2026-01-01T00:00:00.000000Z", 2**61, {"a": [1]})
    assert read_record(record.to_bytes()) == record


def test_a_body_without_canonical_form_is_refused() -> None:
    with pytest.raises(NotCanonical, match=r"\$\.body\.a"):
        Record(1, "k", None, "u", 1, {"a": object()}).to_bytes()


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"[]",
        b"{}",
        b'{"sequence":"1","kind":"k","inspection_id":null,"utc":"u","monotonic_ns":"1","body":{}}',
        b'{"sequence":1,"kind":"k","inspection_id":null,"utc":"u","monotonic_ns":"x","body":{}}',
        b'{"sequence":1,"kind":"k","inspection_id":5,"utc":"u","monotonic_ns":"1","body":{}}',
        b'{"sequence":1,"kind":"k","inspection_id":null,"utc":"u","monotonic_ns":"1","body":[]}',
    ],
)
def test_bytes_that_are_no_record_are_refused(stored: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_record(stored)
