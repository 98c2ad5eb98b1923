"""What headquarters says about a unit before it comes: carrier, goods lines and documents."""

import re
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from edge.errors import PublishError
from edge.messages.base import (
    MESSAGE_LIMIT_BYTES,
    Closed,
    LaneId,
    Line,
    Sha256Hex,
    Signature,
    Text,
    Token,
    UtcTime,
    problems,
    read_object,
    utf8,
)

Kilograms = Annotated[int, Field(ge=0, le=200_000)]
Millimetres = Annotated[int, Field(ge=1, le=100_000)]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
Name = Annotated[str, Field(min_length=1, max_length=100)]


MAX_GOODS_LINES = 2000
"""So many bare lines fit into one message; with descriptions its size is the narrower limit: 1,000
lines fit with about 40 letters of Russian or Kazakh each, twice as many of English. A message is no
longer because brokers that others host take no longer packet (`base.MESSAGE_LIMIT_BYTES`)."""

MAX_DOCUMENTS = 200
"""Documents of one manifest."""


class CarrierRequest(Closed):
    """The carrier's written request, the basis for a departure."""

    reference: Name = Field(description="Number under which the request is registered")
    date: Day = Field(description="Its date, as 2026-01-31")
    name: str = Field(min_length=1, max_length=200, description="Name of the carrier who asks")


class Identifiers(Closed):
    """How the unit can be recognised; two that agree bind it."""

    plate: Line | None = Field(default=None, description="Registration plate")
    container: Line | None = Field(default=None, description="Container or label number")
    qr: Line | None = Field(default=None, description="Text of the QR code")


class GoodsLine(Closed):
    """One line of goods. The code stays as printed; the law judges its form."""

    tnved_code: str = Field(max_length=40, description="Code of the EAEU tariff, as printed")
    description: Text = Field(description="What the goods are called in the declaration")
    mass_kg: float | None = Field(default=None, ge=0, le=1_000_000, description="Gross mass, kg")
    packages: int | None = Field(default=None, ge=0, le=1_000_000, description="Number of packages")


class Document(Closed):
    """One accompanying document; the analysing officer compares the image with it."""

    type: Name = Field(description="Code of the EAEU classifier of document types, or its name")
    number: Name = Field(description="Its number")
    date: Day = Field(description="Its date, as 2026-01-31")
    sha256: Sha256Hex | None = Field(default=None, description="Hash of the document's file")
    file: Line | None = Field(default=None, description="Where headquarters keeps the file")


class Dimensions(Closed):
    """Declared size and mass of the unit."""

    height_mm: Millimetres | None = Field(default=None, description="Height, mm")
    width_mm: Millimetres | None = Field(default=None, description="Width, mm")
    length_mm: Millimetres | None = Field(default=None, description="Length, mm")
    mass_kg: Kilograms | None = Field(default=None, description="Gross mass, kg")
    axle_load_kg: Kilograms | None = Field(
        default=None, description="Load of the heaviest axle, kg"
    )
    ground_clearance_mm: Millimetres | None = Field(
        default=None, description="Lowest part above the road, mm"
    )


class Transport(Closed):
    """The vehicle, where there is one."""

    kind: Name = Field(description="What it is, in words: refrigerated truck, livestock carrier")
    registration: Line | None = Field(default=None, description="Its registration, for people")


class Manifest(Closed):
    """A manifest. Without a valid signature it counts as missing."""

    id: Token = Field(description="Id given by headquarters; the same for every version")
    version: int = Field(ge=1, le=1_000_000, description="The highest version counts")
    lane: LaneId = Field(description="The lane it is sent to")
    direction: Literal["arrival", "departure"] = Field(
        description="Whether the unit enters or leaves the customs territory"
    )
    carrier: Line = Field(description="Name of the carrier")
    carrier_request: CarrierRequest | None = Field(
        default=None, description="The carrier's written request, needed for a departure"
    )
    declaration_no: Line = Field(default="", description="Number of the goods declaration")
    identifiers: Identifiers = Field(description="How the unit can be recognised")
    goods: tuple[GoodsLine, ...] = Field(
        max_length=MAX_GOODS_LINES,
        description="Every line of goods; none for a private vehicle. The whole message has "
        f"at most {MESSAGE_LIMIT_BYTES} bytes of UTF-8",
    )
    documents: tuple[Document, ...] = Field(
        default=(), max_length=MAX_DOCUMENTS, description="Documents that go with the goods"
    )
    dimensions: Dimensions | None = Field(default=None, description="Declared size and mass")
    transport: Transport | None = Field(default=None, description="The vehicle, where there is one")
    private_vehicle: bool = Field(
        default=False,
        description="A person's own vehicle without a goods declaration: the driver is asked",
    )
    issued: UtcTime = Field(description="When it was issued, RFC 3339 in UTC")
    valid_until: UtcTime = Field(description="Until when it may be relied upon")
    key_id: Line | None = Field(default=None, description="Id of the key that signed it")
    signature: Signature | None = Field(default=None, description="Ed25519 over the canonical JSON")


_SPACES = re.compile(r"\s+")


def read_manifest(payload: bytes) -> Manifest:
    """Read a manifest; the signature is not judged here. Raises PublishError."""
    read_object(payload, "manifest")
    try:
        return Manifest.model_validate_json(utf8(payload))
    except ValidationError as error:
        raise PublishError(f"manifest: {problems(error)}") from error


def plain_identifier(text: str) -> str:
    """Write an identifier so that it compares: no spaces, upper case."""
    return _SPACES.sub("", text).upper()
