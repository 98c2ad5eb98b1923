"""The outbox stream in use: how events are numbered, released, and carried into a new stream."""

from typing import NamedTuple

from edge.journal.entries import Statement

STREAM_STARTED = "outbox.stream_started"
"""Kind of the journal's own entry that says why the outbox counts from 1 again."""


class Stream(NamedTuple):
    """A stream: highest number assigned, given out to be published, and receipted."""

    stream: str
    number: int
    highest: int
    given_out: int
    released_upto: int


def highest_is(stream: Stream) -> Statement:
    """Note how far the stream has been assigned."""
    return Statement(
        "UPDATE outbox_stream SET highest = ? WHERE stream = ?", (stream.highest, stream.stream)
    )


def give_out(stream: Stream, upto: int) -> Statement:
    """Note, before it can be published, how far the stream has been given out."""
    return Statement(
        "UPDATE outbox_stream SET given_out = ? WHERE stream = ?", (upto, stream.stream)
    )


def release(stream: Stream, upto: int) -> list[Statement]:
    """Take out the rows that headquarters has, and note how far."""
    return [
        Statement("DELETE FROM outbox WHERE stream = ? AND sequence <= ?", (stream.stream, upto)),
        Statement(
            "UPDATE outbox_stream SET released_upto = ? WHERE stream = ?", (upto, stream.stream)
        ),
    ]


def successor(old: Stream, uuid: str) -> Stream:
    """Give the stream after ``old``; it begins with the old one's unreleased events."""
    return Stream(uuid, old.number + 1, old.highest - old.released_upto, 0, 0)


def carry_over(old: Stream, new: Stream, utc: str) -> list[Statement]:
    """Open the new stream and move the unreleased events into it, numbered from 1.

    An event's bytes name its stream and number, so those three fields are written anew; the
    statement runs behind every queued write and needs no memory however long the backlog is.
    """
    return [
        Statement(
            "INSERT INTO outbox_stream (number, stream, opened_utc, highest, given_out,"
            " released_upto) VALUES (?, ?, ?, ?, 0, 0)",
            (new.number, new.stream, utc, new.highest),
        ),
        Statement(
            "UPDATE outbox SET stream = ?, sequence = sequence - ?,"
            " body = CAST(json_set(CAST(body AS TEXT), '$.id', ? || ':' || (sequence - ?),"
            " '$.stream', ?, '$.sequence', printf('%020d', sequence - ?)) AS BLOB)"
            " WHERE stream = ?",
            (*(new.stream, old.released_upto) * 3, old.stream),
        ),
    ]
