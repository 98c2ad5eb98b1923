"""Limits and times of publishing, with the measured or specified reason for each default."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from edge.messages.tls import TlsFiles

Seconds = Annotated[float, Field(gt=0, le=3600)]


class PublishSettings(BaseModel):
    """How the lane publishes.

    Attributes:
        url: ``mqtt://host:port`` or ``mqtts://host:port``.
        window: most events awaiting a PUBACK; beyond 20 the client library slows down.
        ahead_rows: most events sent beyond the last receipt, so that a silent headquarters
            never makes the lane pour its whole backlog into a broker's queue again and again.
        ack_timeout_s: oldest PUBLISH without PUBACK before the connection is renewed.
        receipt_timeout_s: PUBACKed but not receipted before it is sent again; doubles up to
            ``receipt_timeout_max_s`` while headquarters stays silent.
        refusals: refusals of one event, with others accepted in between, until its quarantine.
        will_delay_s: how long the broker waits before it says that the lane is gone.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    url: str
    tls: TlsFiles | None = None
    keep_alive_s: Annotated[int, Field(ge=2, le=300)] = 20
    connect_timeout_s: Seconds = 10.0
    window: Annotated[int, Field(ge=1, le=20)] = 20
    ahead_rows: Annotated[int, Field(ge=20, le=10_000)] = 1000
    ack_timeout_s: Seconds = 15.0
    receipt_timeout_s: Seconds = 30.0
    receipt_timeout_max_s: Seconds = 600.0
    retry_min_s: Seconds = 1.0
    retry_max_s: Seconds = 60.0
    refusals: Annotated[int, Field(ge=2, le=100)] = 3
    will_delay_s: Annotated[int, Field(ge=0, le=300)] = 15
    health_interval_s: Seconds = 15.0
    farewell_timeout_s: Seconds = 2.0
