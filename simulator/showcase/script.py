"""The play of the showcase: which units come, what their papers say, and what must become of each.

The lane never sees this file; it sees codes, sizes and identifiers. The expectations are the
order's, written down here by hand and not computed by the law.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, unique

from edge.clock import rfc3339
from edge.messages.manifest import (
    CarrierRequest,
    Dimensions,
    Document,
    GoodsLine,
    Identifiers,
    Manifest,
)
from simulator.hall.units import Unit

VALID = timedelta(hours=1)
HEIGHT_LIMIT_MM = 1500
"""Greatest height the cargo lane takes; the band scene stands exactly on it."""
OVERSIZE_MM = 1700


@unique
class Incident(Enum):
    """What goes wrong while the beam is on."""

    NONE = "none"
    DRIVE_FAULT = "drive_fault"
    ESTOP = "estop"


@unique
class Papers(Enum):
    """How the unit travels."""

    ARRIVAL = "arrival"
    DEPARTURE = "departure"
    DEPARTURE_WITH_REQUEST = "departure_with_request"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the simulated OMS answers to a hold: ``scan``, ``pass`` or ``turn_away``, and why."""

    decision: str
    reason: str


@dataclass(frozen=True, slots=True)
class Goods:
    """One goods line: code as printed, description, mass in kg."""

    code: str
    text: str
    mass_kg: int


@dataclass(frozen=True, slots=True)
class Correction:
    """What the simulated OMS finds in the opened boxes, and the goods headquarters corrects."""

    seen: str
    goods: tuple[Goods, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """The simulated OAC's two answers."""

    suspicion: bool
    agrees: bool
    note: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What must become of a unit.

    Attributes:
        verdict: scan, exempt, no_basis or hold; the last one where there are several.
        rules: the ids that must be among the rules of the verdict.
        end: state of the closed record.
        exposed: whether the beam may have touched it, and must have.
        taken_away: whether it left by the attendant instead of through the tunnel.
        first: the ids that must be among the rules of a hold before that verdict.
    """

    verdict: str
    rules: tuple[str, ...]
    end: str
    exposed: bool = False
    taken_away: bool = False
    first: tuple[str, ...] = ()


_NOT_CAST = Unit("")


@dataclass(frozen=True, slots=True)
class Scene:
    """One unit, its papers, what people do about it, and what must become of it.

    Attributes:
        title: name for people.
        goods: lines of its manifest.
        expected: what must become of it.
        papers: how it travels.
        ruling: the OMS's answer to its hold, None where none is expected.
        correction: what ends its hold instead, None where nothing does.
        finding: the OAC's answers about its image, None where none is expected.
        incident: what goes wrong under its beam.
        height_mm: its height, 0 to have one drawn.
        unit: the unit itself, made when the play is cast.
    """

    title: str
    goods: tuple[Goods, ...]
    expected: Expected
    papers: Papers = Papers.ARRIVAL
    ruling: Ruling | None = None
    correction: Correction | None = None
    finding: Finding | None = None
    incident: Incident = Incident.NONE
    height_mm: int = 0
    unit: Unit = _NOT_CAST


_CLEAR = Finding(suspicion=False, agrees=True, note="the image shows what the papers say")
_WITHOUT_SUSPICION = Expected("scan", ("SC-CLEAR",), "without_suspicion", exposed=True)
_SHOES = (Goods("6403 91 160 0", "footwear, leather", 180),)
_TABLE_EGGS = Goods("0407 21 000 0", "fresh eggs for the table", 240)


def _exempt(rule: str) -> Expected:
    return Expected("exempt", (rule,), "not_applied_exempt")


def _not_completed() -> Expected:
    return Expected("scan", ("SC-CLEAR",), "not_completed", exposed=True)


def _held_away(*rules: str) -> Expected:
    return Expected("hold", rules, "turned_away", taken_away=True)


_PLAY = (
    Scene("ordinary pallet", _SHOES, _WITHOUT_SUSPICION, finding=_CLEAR),
    Scene(
        "pallet close behind it",
        (Goods("8418 10 200 1", "refrigerators", 310),),
        Expected("scan", ("SC-CLEAR",), "under_suspicion", exposed=True),
        finding=Finding(
            suspicion=False, agrees=False, note="denser than refrigerators, layered like sheet"
        ),
    ),
    Scene("live cattle", (Goods("0102 29", "calves", 420),), _exempt("EX-LIVE-ANIMALS")),
    Scene(
        "travelling circus",
        (Goods("9508 10 000 0", "travelling menagerie", 600),),
        _exempt("EX-CIRCUS"),
    ),
    Scene(
        "live fish",
        (Goods("0301 99 181 0", "sturgeon fry, live", 350),),
        _exempt("EX-LIVE-FISH"),
    ),
    Scene(
        "hatching eggs of hens",
        (Goods("0407 11 000 0", "eggs for incubation", 150), Goods("4819 10 000 0", "boxes", 12)),
        _exempt("EX-HATCHING-EGGS"),
    ),
    Scene(
        "hatching eggs of geese",
        (Goods("0407 19 190 0", "goose eggs for incubation", 140),),
        _exempt("EX-HATCHING-EGGS"),
    ),
    Scene("table eggs", (_TABLE_EGGS,), _WITHOUT_SUSPICION, finding=_CLEAR),
    Scene(
        "too high for the tunnel",
        (Goods("8428 33 000 0", "belt conveyor", 900),),
        Expected("exempt", ("EX-DIMENSIONS",), "not_applied_exempt", taken_away=True),
        height_mm=OVERSIZE_MM,
    ),
    Scene(
        "height too near the limit",
        (Goods("9403 60 900 1", "wardrobes", 260),),
        _held_away("HO-DIMENSIONS-UNCERTAIN"),
        ruling=Ruling("turn_away", "cannot be sure that it fits"),
        height_mm=HEIGHT_LIMIT_MM,
    ),
    Scene(
        "departure without a request",
        (Goods("7404 00 100 0", "copper scrap", 700),),
        Expected("no_basis", ("NB-DEPARTURE",), "not_applied_no_basis", taken_away=True),
        papers=Papers.DEPARTURE,
    ),
    Scene(
        "departure with the carrier's request",
        (Goods("1001 99 000 0", "wheat in bags", 500),),
        _WITHOUT_SUSPICION,
        papers=Papers.DEPARTURE_WITH_REQUEST,
        finding=_CLEAR,
    ),
    Scene(
        "eggs by four digits only",
        (Goods("0407", "eggs", 230),),
        replace(_WITHOUT_SUSPICION, first=("HO-UNDECIDED-CODE",)),
        correction=Correction("boxes opened: table eggs", (_TABLE_EGGS,)),
        finding=_CLEAR,
    ),
    Scene(
        "no manifest",
        (),
        _held_away("HO-MANIFEST-MISSING"),
        papers=Papers.MISSING,
        ruling=Ruling("turn_away", "no papers; to the terminal"),
    ),
    Scene("drive fault under the beam", _SHOES, _not_completed(), incident=Incident.DRIVE_FAULT),
    Scene("emergency stop under the beam", _SHOES, _not_completed(), incident=Incident.ESTOP),
)

SHORT = (0, 3, 9, 12, 15)
"""A play of five that still has a scan, an exemption, a hold that is answered, one that ends by a
corrected manifest, and a trip."""


def scenes(seed: int, only: Sequence[int] = ()) -> tuple[Scene, ...]:
    """Make the play. The same seed makes the same sizes and contents.

    Args:
        seed: of sizes and contents.
        only: numbers of the scenes to play, from 0; none means all.
    """
    draw = random.Random(seed)
    play = tuple(_cast(number, scene, draw) for number, scene in enumerate(_PLAY))
    return tuple(play[number] for number in only) if only else play


def _cast(number: int, scene: Scene, draw: random.Random) -> Scene:
    name = f"SHOW-{number + 1:02d}"
    unit = Unit(
        unit_id=name,
        length_mm=draw.randrange(500, 700, 10),
        height_mm=scene.height_mm or draw.randrange(300, 700, 5),
        width_mm=draw.randrange(300, 600, 5),
        qr=name,
        label=f"KZSU{number + 1:07d}",
        may_be_scanned=scene.expected.exposed,
        fill=draw.getrandbits(31),
    )
    return replace(scene, unit=unit)


def corrected_of(scene: Scene, lane: str, now: datetime) -> Manifest:
    """The manifest headquarters sends when an OMS has had the boxes opened, unsigned."""
    assert scene.correction is not None
    corrected = manifest_of(replace(scene, goods=scene.correction.goods), lane, now)
    assert corrected is not None
    return corrected.model_copy(update={"version": corrected.version + 1})


def manifest_of(scene: Scene, lane: str, now: datetime) -> Manifest | None:
    """The manifest headquarters sends for a unit, unsigned; None for a unit without papers."""
    if scene.papers is Papers.MISSING:
        return None
    unit = scene.unit
    today = now.date().isoformat()
    request = CarrierRequest(reference=f"REQ-{unit.unit_id}", date=today, name="Demo Carrier LLP")
    asked = scene.papers is Papers.DEPARTURE_WITH_REQUEST
    return Manifest(
        id=f"M-{unit.unit_id}",
        version=1,
        lane=lane,
        direction="arrival" if scene.papers is Papers.ARRIVAL else "departure",
        carrier="Demo Carrier LLP (SIMULATED)",
        carrier_request=request if asked else None,
        declaration_no=f"DEMO/{unit.unit_id}",
        identifiers=Identifiers(container=unit.label, qr=unit.qr),
        goods=tuple(
            GoodsLine(tnved_code=line.code, description=line.text, mass_kg=float(line.mass_kg))
            for line in scene.goods
        ),
        documents=(Document(type="invoice", number=f"INV-{unit.unit_id}", date=today),),
        dimensions=Dimensions(
            height_mm=unit.height_mm,
            width_mm=unit.width_mm,
            length_mm=unit.length_mm,
            mass_kg=sum(line.mass_kg for line in scene.goods),
        ),
        issued=rfc3339(now),
        valid_until=rfc3339(now + VALID),
    )
