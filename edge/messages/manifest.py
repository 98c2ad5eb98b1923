"""What headquarters says about a unit before it comes: carrier, goods lines and documents."""

import re
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from edge.errors import PublishError
from edge.messages.base import (
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
)

Kilograms = Annotated[int, Field(ge=0, le=200_000)]
Millimetres = Annotated[int, Field(ge=1, le=100_000)]


class CarrierRequest(Closed):
    """The carrier's written request, the basis for a departure."""

    reference: Annotated[str, Field(min_length=1, max_length=100)]
    date: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]


class Identifiers(Closed):
    """How the unit can be recognised; two that agree bind it."""

    plate: Line | None = None
    container: Line | None = None
    qr: Line | None = None


class GoodsLine(Closed):
    """One line of goods. The code stays as printed; the law judges its form."""

    tnved_code: Annotated[str, Field(max_length=40)]
    description: Text
    mass_kg: Annotated[float, Field(ge=0, le=1_000_000)] | None = None
    packages: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class Document(Closed):
    """One accompanying document; the analysing officer compares the image with it."""

    type: Annotated[str, Field(min_length=1, max_length=100)]
    number: Annotated[str, Field(min_length=1, max_length=100)]
    date: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    sha256: Sha256Hex | None = None
    file: Line | None = None


class Dimensions(Closed):
    """Declared size and mass of the unit."""

    height_mm: Millimetres | None = None
    width_mm: Millimetres | None = None
    length_mm: Millimetres | None = None
    mass_kg: Kilograms | None = None
    axle_load_kg: Kilograms | None = None
    ground_clearance_mm: Millimetres | None = None


class Manifest(Closed):
    """A manifest. Without a valid signature it counts as missing."""

    id: Token
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    lane: LaneId
    direction: Literal["arrival", "departure"]
    carrier: Line
    carrier_request: CarrierRequest | None = None
    declaration_no: Line = ""
    identifiers: Identifiers
    goods: Annotated[tuple[GoodsLine, ...], Field(max_length=500)]
    documents: Annotated[tuple[Document, ...], Field(max_length=200)] = ()
    dimensions: Dimensions | None = None
    issued: UtcTime
    valid_until: UtcTime
    key_id: Line | None = None
    signature: Signature | None = None


_SPACES = re.compile(r"\s+")


def read_manifest(payload: bytes) -> Manifest:
    """Read a manifest; the signature is not judged here. Raises PublishError."""
    read_object(payload, "manifest")
    try:
        return Manifest.model_validate_json(payload)
    except ValidationError as error:
        raise PublishError(f"manifest: {problems(error)}") from error


def plain_identifier(text: str) -> str:
    """Write an identifier so that it compares: no spaces, upper case."""
    return _SPACES.sub("", text).upper()
