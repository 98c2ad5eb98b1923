"""The CloudEvents envelope every event travels in, written and read in one place."""

import json
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, SerializeAsAny, ValidationError, model_validator

from edge.errors import PublishError
from edge.messages.base import Additive, StreamId, Token, UtcTime, problems, read_object, to_bytes
from edge.messages.event_data import EVENTS, EventData

SCHEMA_MINOR = 2
"""1 added: notices and lexicon of a verdict, the second officer of an answer, why a record that was
not completed broke off. 2 added: whether an exposure is all that was counted, and in the closing
too; among the inputs of a verdict, `law`, every table and lexicon that covered the day, with hash
and standing. Readers of what is older ignore them."""
TYPE_PREFIX = "kz.scanlane."
TYPE_SUFFIX = ".v1"


class CloudEvent(Additive):
    """CloudEvents 1.0, structured mode; ``(stream, sequence)`` is the key for ever."""

    specversion: Literal["1.0"] = "1.0"
    id: Annotated[str, Field(max_length=60)]
    source: Annotated[str, Field(pattern=r"^/lanes/[a-z0-9-]{3,40}$")]
    type: Annotated[str, Field(pattern=r"^kz\.scanlane\.[a-z._]{1,60}\.v1$")]
    subject: Token | None = None
    time: UtcTime
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Annotated[str, Field(max_length=200)]
    stream: StreamId
    sequence: Annotated[str, Field(pattern=r"^\d{20}$")]
    data: SerializeAsAny[EventData]

    @model_validator(mode="after")
    def _id_is_the_key(self) -> Self:
        if self.id != f"{self.stream}:{int(self.sequence)}":
            raise ValueError(f"id {self.id!r} is not stream:sequence")
        return self

    @property
    def number(self) -> int:
        """The sequence as a number."""
        return int(self.sequence)

    @property
    def lane(self) -> str:
        """The lane that made it."""
        return self.source.removeprefix("/lanes/")

    @property
    def event_type(self) -> str:
        """The type without prefix and version, as in the topic."""
        return self.type.removeprefix(TYPE_PREFIX).removesuffix(TYPE_SUFFIX)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands: lane, stream and gap-free sequence within the stream."""

    lane: str
    stream: str
    sequence: int


def write_event(place: Place, *, subject: str | None, time: str, data: EventData) -> bytes:
    """Write an event as the bytes the outbox stores and the wire carries.

    Args:
        place: lane, stream, sequence.
        subject: the inspection, or None for an event of the lane.
        time: RFC 3339 UTC.
        data: one of the models in `EVENTS`.

    Raises:
        PublishError: the values do not make a valid event.
    """
    event_type = type_of(data)
    try:
        event = CloudEvent(
            id=f"{place.stream}:{place.sequence}",
            source=f"/lanes/{place.lane}",
            type=f"{TYPE_PREFIX}{event_type}{TYPE_SUFFIX}",
            subject=subject,
            time=time,
            dataschema=schema_id(event_type),
            stream=place.stream,
            sequence=f"{place.sequence:020d}",
            data=data,
        )
    except ValidationError as error:
        raise PublishError(f"event {event_type}: {problems(error)}") from error
    return to_bytes(event)


def read_event(payload: bytes) -> CloudEvent:
    """Read and check an event; its data becomes the model of its type.

    An unknown type keeps the common data only, since a newer lane may know more than we do.

    Raises:
        PublishError: not an event of this contract.
    """
    raw = read_object(payload, "event")
    try:
        event = CloudEvent.model_validate_json(payload)
        model = EVENTS.get(event.event_type)
        if model is None:
            return event
        checked = model.model_validate_json(json.dumps(raw["data"]))
    except ValidationError as error:
        raise PublishError(f"event: {problems(error)}") from error
    return event.model_copy(update={"data": checked})


def type_of(data: EventData) -> str:
    """Give the event type of a data model. Raises PublishError for a model not in the table."""
    for event_type, model in EVENTS.items():
        if type(data) is model:
            return event_type
    raise PublishError(f"{type(data).__name__} is the data of no event type")


def schema_id(event_type: str) -> str:
    """Name the JSON Schema of an event type, with major and minor version."""
    return f"urn:scanlane:evt:{event_type}:1.{SCHEMA_MINOR}"
