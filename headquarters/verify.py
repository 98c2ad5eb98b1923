"""Checks what is stored: hashes, keys, gaps, conflicts. Proofs of the chain come on top of it."""

import hashlib
from collections.abc import Iterator

from edge.errors import PublishError
from edge.messages.events import read_event
from headquarters.store import Store


def problems_of(store: Store) -> Iterator[str]:
    """Give every problem of the stored events, one line each."""
    for stream in store.all_streams():
        yield from _stream_problems(store, stream)
    for row in store.rows("problems", limit=1000):
        yield f"{row['kind']}: {row['place']}: {row['detail']}"


def _stream_problems(store: Store, stream: str) -> Iterator[str]:
    expected = 1
    for sequence, sha256, body in store.bodies(stream):
        if sequence != expected:
            yield f"{stream}: events {expected} to {sequence - 1} are missing"
        expected = sequence + 1
        if body.startswith('"'):
            continue  # kept as unreadable; the view of problems names it
        if hashlib.sha256(body.encode()).hexdigest() != sha256:
            yield f"{stream}:{sequence}: the body was changed after it was stored"
            continue
        try:
            event = read_event(body.encode())
        except PublishError as error:
            yield f"{stream}:{sequence}: {error}"
            continue
        if (event.stream, event.number) != (stream, sequence):
            yield f"{stream}:{sequence}: the body is event {event.id}"
