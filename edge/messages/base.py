"""What every message shares: strict models, the text types of the contract, and reading bytes.

Times are RFC 3339 text in UTC and stay text, so that a signed message is the same bytes again.
"""

import json
import re
from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, NoReturn

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from edge.errors import PublishError

MESSAGE_LIMIT_BYTES = 131_072
"""Largest message of the contract: it fits the 128 KB packet limit of hosted brokers."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")

_SURROGATE = re.compile("[\ud800-\udfff]")

_TIME_FORMAT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$")


def _real_moment(text: str) -> str:
    """Refuse what looks like a moment and is none (a 31st of February)."""
    moment(text)
    return text


def moment(text: str) -> datetime:
    """Turn the contract's time text into an aware UTC moment.

    Raises:
        ValueError: the text is not RFC 3339 in UTC with a ``Z``.
    """
    if not _TIME_FORMAT.match(text):
        raise ValueError(f"time {text!r} is not RFC 3339 UTC like 2026-01-31T08:00:00.000000Z")
    return datetime.fromisoformat(text).astimezone(UTC)


LaneId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{3,40}$")]
"""Name of a lane: one topic level, equal to the certificate's common name."""
UtcTime = Annotated[str, StringConstraints(max_length=32), AfterValidator(_real_moment)]
StreamId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Sha256Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
"""An identifier we make or compare: officer, inspection, manifest, rule, command."""
Line = Annotated[str, StringConstraints(max_length=300)]
Text = Annotated[str, StringConstraints(max_length=4000)]
Signature = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Closed(BaseModel):
    """Something a person or headquarters asks of the lane: an unknown field is refused."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Additive(BaseModel):
    """Something that is reported: readers ignore fields of a newer minor version."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


def to_bytes(model: BaseModel) -> bytes:
    """Write a message as compact JSON in UTF-8; fields that are None are left out."""
    return model.model_dump_json(exclude_none=True).encode()


def to_mapping(model: BaseModel) -> dict[str, object]:
    """Give a message as a JSON-ready mapping, without the fields that are None: what is signed."""
    mapping: dict[str, object] = model.model_dump(mode="json", exclude_none=True)
    return mapping


def utf8(data: bytes) -> bytes:
    """The text itself: UTF-8 without the byte order mark that editors and spreadsheets put first.

    Raises:
        ValueError: it is in another encoding; says which one seems to be meant, and what to do.
    """
    if data.startswith(_WIDE_MARKS) or b"\x00" in data[:4]:
        raise ValueError("is UTF-16 or UTF-32, not UTF-8; save it as UTF-8")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"0x{data[error.start]:02x} at byte {error.start}"
        raise ValueError(
            f"is not UTF-8 ({found}, perhaps Windows-1251); save it as UTF-8"
        ) from error
    return data.removeprefix(_BYTE_ORDER_MARK)


def read_object(payload: bytes, what: str) -> dict[str, object]:
    """Read one JSON object, exactly as it was signed.

    Raises:
        PublishError: too long, not in UTF-8, not JSON, not an object, a key twice, NaN or half a
            character in it.
    """
    if len(payload) > MESSAGE_LIMIT_BYTES:
        raise PublishError(
            f"{what}: {len(payload)} bytes, the contract allows {MESSAGE_LIMIT_BYTES}; send less"
        )
    try:
        text = utf8(payload)
    except ValueError as error:
        raise PublishError(f"{what}: {error}") from error
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise PublishError(f"{what}: not a JSON message: {error}; send one JSON object") from error
    if _SURROGATE_ESCAPE.search(text) and _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise PublishError(
            f"{what}: half a character (a lone surrogate, as \\ud800) in its text, not UTF-8; "
            "write the whole character"
        )
    if not isinstance(value, dict):
        raise PublishError(f"{what}: JSON {type(value).__name__} instead of an object")
    return value


def problems(error: ValidationError) -> str:
    """Say what a model refused, one clause a field, at most five."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    clauses = [": ".join(filter(None, (_place(one), one["msg"]))) for one in found[:5]]
    more = f" (and {len(found) - 5} more)" if len(found) > 5 else ""
    return "; ".join(clauses) + more


def _place(error: ErrorDetails) -> str:
    """Which field is meant; empty for the message as a whole."""
    return ".".join(map(str, error["loc"]))


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = sorted(name for name, count in counts.items() if count > 1)
        raise ValueError(f"key {twice[0]!r} appears twice")
    return mapping


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
