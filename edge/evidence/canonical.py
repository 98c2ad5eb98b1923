"""Canonical JSON (RFC 8785): one value has exactly one byte string, which is hashed and signed."""

import math
from collections.abc import Mapping

import rfc8785

GREATEST_INTEGER = 2**53 - 1
"""Beyond it a reader that keeps numbers as doubles sees another number (RFC 8785, 3.2.2.3)."""

DEPTH_LIMIT = 32
"""Deeper nesting is refused: no record of ours needs it, and readers have stacks."""


class NotCanonical(ValueError):
    """A value that has no canonical JSON; the message names the place, the value and the cure."""


Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


def canonical(value: object) -> bytes:
    """Give the canonical JSON bytes of a value.

    Takes mappings with text keys, lists, tuples, text, bool, None, integers up to 2^53 - 1 and
    finite floats up to the same bound; reading the bytes back and writing them again gives the
    same bytes.

    Raises:
        NotCanonical: anything else in the value, nesting beyond 32, or text that is not Unicode.
    """
    return rfc8785.dumps(_plain(value, "$", 0))


def _plain(value: object, place: str, depth: int) -> Json:
    """Copy a value into plain JSON types, refusing what cannot be written."""
    if depth > DEPTH_LIMIT:
        raise NotCanonical(f"{place}: nested deeper than {DEPTH_LIMIT}; make it flatter")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, place)
    if isinstance(value, int | float):
        return _number(value, place)
    if isinstance(value, Mapping):
        return {
            _key(key, place): _plain(item, f"{place}.{key}", depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(item, f"{place}[{n}]", depth + 1) for n, item in enumerate(value)]
    raise NotCanonical(
        f"{place}: a {type(value).__name__} has no JSON form; turn it into text or a number first"
    )


def _number(value: float, place: str) -> int | float:
    if not math.isfinite(value):
        raise NotCanonical(f"{place}: {value} is not a number in JSON; leave it out or write null")
    if abs(value) > GREATEST_INTEGER:
        raise NotCanonical(f"{place}: {value} is beyond 2^53 - 1; write it as text")
    return int(value) if isinstance(value, int) else float(value)


def _text(value: str, place: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical(f"{place}: text is not Unicode ({error.reason}); clean it") from error
    return str(value)


def _key(key: object, place: str) -> str:
    if not isinstance(key, str):
        raise NotCanonical(f"{place}: key {key!r} is not text; use text keys")
    return _text(key, place)
