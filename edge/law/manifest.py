"""What the law is told about one unit's papers: the manifest, its standing, its identity."""

from dataclasses import dataclass
from datetime import date
from enum import unique

from edge.law.envelope import Measurement
from edge.law.words import Word

VEHICLE_SEPARATOR = "; "
"""Between the kinds of vehicle that several manifests of one unit name."""


@unique
class ManifestState(Word):
    """How far the manifest may be relied upon."""

    PRESENT = "present"
    STALE = "stale"
    UNSIGNED = "unsigned"
    CONTRADICTED = "contradicted"
    MISSING = "missing"


@unique
class IdentityState(Word):
    """Whether the manifest belongs to the unit that stands before the lane."""

    AGREED = "agreed"
    CONFIRMED = "confirmed"
    CONFLICT = "conflict"
    MISSING = "missing"


@unique
class Direction(Word):
    """Whether the unit enters or leaves the customs territory."""

    ARRIVAL = "arrival"
    DEPARTURE = "departure"
    CONTRADICTED = "contradicted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CarrierRequest:
    """The carrier's written request to be scanned on departure.

    Attributes:
        reference: number under which the request is registered.
        dated: its date; None when it bears none.
        carrier: name of the carrier who asks.
    """

    reference: str
    dated: date | None
    carrier: str


@dataclass(frozen=True, slots=True)
class GoodsLine:
    """One line of goods as declared: commodity code as printed, and its description."""

    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Document:
    """One accompanying document.

    Attributes:
        kind: code of the EAEU classifier of document types, or its name.
        number: its number.
    """

    kind: str
    number: str


@dataclass(frozen=True, slots=True)
class ManifestFacts:
    """What the law sees of a manifest.

    Attributes:
        state: present (signed and in date), stale, unsigned, contradicted (the same version says
            two things) or missing.
        direction: where the unit goes; the lane's own for a unit without a manifest on a lane that
            has one direction; contradicted when a manifest says otherwise than that.
        carrier_request: the written request, None when there is none.
        goods: lines as declared.
        declared: declared sizes and mass; believed only within ``Envelope.must_measure``.
        identity: agreed by two independent identifiers, confirmed by a named officer, or not.
        documents: as declared.
        vehicle: kind of the vehicle as declared, several with ``VEHICLE_SEPARATOR`` between them,
            empty when none is.
        private_vehicle: a person's own vehicle, which comes without a goods declaration.
        manifest_id: as headquarters gave it, empty when missing.
        version: the manifest's version, 0 when missing.
    """

    state: ManifestState
    direction: Direction
    carrier_request: CarrierRequest | None
    goods: tuple[GoodsLine, ...]
    declared: tuple[Measurement, ...]
    identity: IdentityState
    documents: tuple[Document, ...] = ()
    vehicle: str = ""
    private_vehicle: bool = False
    manifest_id: str = ""
    version: int = 0

    @property
    def bound(self) -> bool:
        """Whether its statements are statements about this unit: signed, and of this unit.

        A stale manifest is still signed; it may exempt, never clear.
        """
        return self.state in (ManifestState.PRESENT, ManifestState.STALE) and self.identity in (
            IdentityState.AGREED,
            IdentityState.CONFIRMED,
        )


def no_manifest(direction: Direction, identity: IdentityState) -> ManifestFacts:
    """The facts about a unit for which no manifest is known."""
    return ManifestFacts(
        state=ManifestState.MISSING,
        direction=direction,
        carrier_request=None,
        goods=(),
        declared=(),
        identity=identity,
    )
