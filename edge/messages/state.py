"""State, health, self-description and receipts: what is known of a lane right now."""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field, ValidationError

from edge.errors import PublishError
from edge.messages.base import (
    Additive,
    LaneId,
    Line,
    StreamId,
    Token,
    UtcTime,
    problems,
    read_object,
)

Count = Annotated[int, Field(ge=0, le=2**53 - 1)]


class State(Additive):
    """Birth and will, retained.

    Attributes:
        online: True in the birth, False in the will and in a clean farewell.
        boot: one UUID per start of the lane.
        session: counts the connections of this boot; a will only ends its own session.
        since: when this session began.
        backlog: events not yet receipted at the birth.
    """

    online: bool
    lane: LaneId
    boot: StreamId
    session: Count
    since: UtcTime
    software: Line
    backlog: Count
    simulated: bool


class Health(Additive):
    """Gauges, QoS 0; missing ones are not fitted."""

    time: UtcTime
    simulated: bool
    mode: Token
    backlog: Count = 0
    oldest_backlog_s: Count | None = None
    journal_bytes: Count | None = None
    disk_free_bytes: Count | None = None
    faults: tuple[Token, ...] = ()
    clock_synchronised: bool | None = None


class Meta(Additive):
    """Self-description, retained.

    The public key (base64 of its 32 bytes) lets headquarters verify what the lane signs.
    """

    lane: LaneId
    software: Line
    simulated: bool
    contract: Literal["scanlane/v1"] = "scanlane/v1"
    stream: StreamId
    schemas: tuple[Line, ...]
    commands: tuple[Token, ...]
    key_id: Line
    public_key: Annotated[str, Field(max_length=100)]


class Span(NamedTuple):
    """Sequences from ``first`` to ``last``, both included."""

    first: int
    last: int


class Receipt(Additive):
    """Headquarters has durably stored every event up to ``upto`` of this stream.

    ``missing`` names what is absent between ``upto`` and the highest sequence it has seen.
    """

    stream: StreamId
    upto: Count
    missing: Annotated[tuple[Span, ...], Field(max_length=64)] = ()
    by: Line
    time: UtcTime


def read_receipt(payload: bytes) -> Receipt:
    """Read a receipt. Raises PublishError."""
    read_object(payload, "receipt")
    try:
        return Receipt.model_validate_json(payload)
    except ValidationError as error:
        raise PublishError(f"receipt: {problems(error)}") from error
