"""The units that come to a simulated lane: what they are in truth, and what their papers say.

Truth (``may_be_scanned``) belongs to the oracle and never reaches the lane; the lane sees codes,
words, measurements and identifiers only.
"""

import random
from dataclasses import dataclass
from enum import Enum, unique

MIN_LENGTH_MM = 600
MAX_LENGTH_MM = 1100


@unique
class Cargo(Enum):
    """Kinds of load a seeded lane meets."""

    GENERAL = "general"
    TABLE_EGGS = "table_eggs"
    LIVE_ANIMALS = "live_animals"
    LIVE_FISH = "live_fish"
    HATCHING_EGGS = "hatching_eggs"
    CIRCUS = "circus"
    OVERSIZE = "oversize"
    UNDECIDED_CODE = "undecided_code"


@dataclass(frozen=True, slots=True)
class GoodsLine:
    """One goods line of a manifest.

    Attributes:
        code: commodity code as a paper writes it (TN VED, 4 to 10 digits, spaces allowed).
        text: description.
    """

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit as it really is.

    Attributes:
        unit_id: name of the unit in the truth record.
        length_mm: along the belt.
        height_mm: as the height curtain sees it.
        width_mm: as the width curtain sees it.
        qr: text of its QR code, empty for none.
        label: text of its second identifier, empty for none.
        may_be_scanned: whether the rules allow X-rays on it; for the oracle only.
        cargo: what the load is.
        goods: what its manifest declares.
        fill: seed of its contents, for the radiograph.
        mass_kg: gross, as a weighbridge feels it.
    """

    unit_id: str
    length_mm: int = 800
    height_mm: int = 500
    width_mm: int = 400
    qr: str = ""
    label: str = ""
    may_be_scanned: bool = True
    cargo: Cargo = Cargo.GENERAL
    goods: tuple[GoodsLine, ...] = ()
    fill: int = 0
    mass_kg: int = 1200


@dataclass(frozen=True, slots=True)
class Sizes:
    """From where to where the sizes of seeded units are drawn, and what is too high for the lane.

    Attributes:
        length_mm: shortest, and one more than the longest.
        height_mm: the same of the height, in steps of 5 mm.
        width_mm: the same of the width, in steps of 5 mm.
        oversize_height_mm: of a unit that is too high.
        kg_per_m: gross mass of each metre of length; 0 leaves the mass as it is.
    """

    length_mm: tuple[int, int]
    height_mm: tuple[int, int]
    width_mm: tuple[int, int]
    oversize_height_mm: int
    kg_per_m: int = 0


GOODS_SIZES = Sizes((MIN_LENGTH_MM, MAX_LENGTH_MM + 1), (250, 700), (250, 600), 1800)
VEHICLE_SIZES = Sizes((6000, 24_001), (2200, 4300), (2000, 2600), 4700, kg_per_m=1700)


@dataclass(frozen=True, slots=True)
class _Kind:
    cargo: Cargo
    weight: int
    may_be_scanned: bool
    goods: tuple[GoodsLine, ...]


# Codes: TN VED of the EAEU, HS 2022 edition; which are exempt follows the notice on Order 722.
_KINDS = (
    _Kind(Cargo.GENERAL, 8, may_be_scanned=True, goods=(GoodsLine("8418 10 200 1", "fridges"),)),
    _Kind(Cargo.GENERAL, 8, may_be_scanned=True, goods=(GoodsLine("6403 91 160 0", "footwear"),)),
    _Kind(
        Cargo.TABLE_EGGS, 2, may_be_scanned=True, goods=(GoodsLine("0407 21 000 0", "fresh eggs"),)
    ),
    _Kind(
        Cargo.LIVE_ANIMALS,
        2,
        may_be_scanned=False,
        goods=(GoodsLine("0106 41 000 2", "пчелопакеты"),),
    ),
    _Kind(
        Cargo.LIVE_FISH,
        2,
        may_be_scanned=False,
        goods=(GoodsLine("0301 99 181 0", "молодь осетровых живая"),),
    ),
    _Kind(
        Cargo.HATCHING_EGGS,
        2,
        may_be_scanned=False,
        goods=(GoodsLine("0407 11 000 0", "яйца инкубационные"), GoodsLine("4819 10", "boxes")),
    ),
    _Kind(
        Cargo.CIRCUS,
        1,
        may_be_scanned=False,
        goods=(GoodsLine("9508 10 000 0", "travelling menagerie"),),
    ),
    _Kind(Cargo.OVERSIZE, 2, may_be_scanned=False, goods=(GoodsLine("8428 33 000 0", "conveyor"),)),
    _Kind(
        # A heading that could be hatching or table eggs: nobody may decide it is safe.
        Cargo.UNDECIDED_CODE,
        1,
        may_be_scanned=False,
        goods=(GoodsLine("0407", "eggs"),),
    ),
)


class UnitMaker:
    """Makes units for ever; the same seed makes the same units.

    Args:
        seed: seed of the sequence.
        sizes: of the units.
    """

    def __init__(self, seed: int, sizes: Sizes = GOODS_SIZES) -> None:
        self._random = random.Random(seed)
        self._sizes = sizes
        self._made = 0

    def make(self, cargo: Cargo | None = None) -> Unit:
        """Make the next unit, of a given kind or of a drawn one."""
        kinds = [kind for kind in _KINDS if cargo is None or kind.cargo is cargo]
        kind = self._random.choices(kinds, [kind.weight for kind in kinds])[0]
        self._made += 1
        number = self._made
        sizes = self._sizes
        height_mm = self._random.randrange(*sizes.height_mm, 5)
        if kind.cargo is Cargo.OVERSIZE:
            height_mm = sizes.oversize_height_mm
        length_mm = self._random.randrange(*sizes.length_mm)
        return Unit(
            unit_id=f"U{number:05d}",
            length_mm=length_mm,
            height_mm=height_mm,
            width_mm=self._random.randrange(*sizes.width_mm, 5),
            qr=f"SL-{number:05d}",
            label=f"SL-{number:05d}",
            may_be_scanned=kind.may_be_scanned,
            cargo=kind.cargo,
            goods=kind.goods,
            fill=self._random.getrandbits(31),
            mass_kg=sizes.kg_per_m * length_mm // 1000 or 1200,
        )
