"""Random units for the comparison with the second opinion, from a seed; parts are used again."""

from copy import deepcopy
from datetime import date
from random import Random

from law_builders import LEXICON, shipped_lexicon, shipped_mapping
from said_by_hand import CODES, IN_NAMES, NO_CODES, SAID
from second_opinion import SecondOpinion, Shelf, TableFile

from edge.law.case import Aboard, Case, DriverAnswer, LawData, NoAnimalsStatement
from edge.law.dated import Provenance
from edge.law.envelope import Axis, Envelope, Limits, Measurement, Origin
from edge.law.exemptions import decide
from edge.law.manifest import (
    CarrierRequest,
    Direction,
    Document,
    GoodsLine,
    IdentityState,
    ManifestFacts,
    ManifestState,
)
from edge.law.outcomes import Role
from edge.law.table_reader import build_table

INSPECTION = "cargo-000017"
DAYS = (
    *(date(2025, 6, 2),) * 8,
    date(2024, 12, 31), date(2025, 1, 1), date(2027, 12, 31), date(2028, 1, 1), date(2029, 7, 1),
)  # fmt: skip
LIMITS = {
    "height_mm": Limits(50, 1000),
    "width_mm": Limits(50, 1000),
    "length_mm": Limits(600, 1100),
    "mass_kg": Limits(0, 500),
    "axle_load_kg": Limits(1, 300),
    "ground_clearance_mm": Limits(100, 900),
    "speed_mm_s": Limits(100, 1200),
}
BASIC = dict(list(LIMITS.items())[:4])
ENVELOPES = (
    Envelope(**BASIC, must_measure=frozenset({Axis.HEIGHT, Axis.WIDTH})),
    Envelope(**LIMITS, must_measure=frozenset({Axis.HEIGHT, Axis.SPEED})),
)
MIDDLE = dict(zip(Axis, (800, 700, 900, 100, 80, 200, 500), strict=True))
FITTING = tuple(Measurement(axis, value, 5, Origin.MEASURED) for axis, value in MIDDLE.items())
LENGTHS = (2, 4, 6, 8, 10)
KINDS = (
    "01201", "01202", "01203", "01204", "01031", "01291", "02025", "01206", "01207", "04021",
    "Ветеринарный сертификат", "Книжка  АТА", "CMR", "01201 ", *CODES, *NO_CODES, *IN_NAMES,
)  # fmt: skip
VEHICLES = (
    "truck",
    "livestock_carrier",
    "Скотовоз",
    "цирк шапито",
    "BEE_TRUCK",
    "hatchery van",
    "перевозка скота",
)


def _table(mapping, provenance=Provenance.SIGNED):
    table = build_table(mapping, "0" * 64, provenance=provenance)
    assert not isinstance(table, tuple), table
    return table


def shelves():
    """Every state the tables can be in, as the law takes it and as the second opinion does."""
    usual = shipped_mapping()
    other = deepcopy(usual)
    other["exempt"] = [*other["exempt"], {**usual["exempt"][0], "prefix": "0208"}]
    next_one = {**usual, "valid_from": date(2028, 1, 2), "valid_to": date(2029, 12, 31)}
    signed, copy = TableFile(usual, True, "usual"), TableFile(deepcopy(usual), True, "usual")
    sets = {
        "one": (signed,),
        "none": (),
        "twice": (signed, copy),
        "contradicting": (signed, TableFile(other, True, "other")),
        "unsigned": (TableFile(usual, False, "usual"),),
        "one unsigned": (signed, TableFile(other, False, "other")),
        "with a gap": (signed, TableFile(next_one, True, "usual")),
    }
    words = {
        "words": ((LEXICON,), True),
        "no words": ((), False),
        "unsigned words": ((shipped_lexicon(Provenance.UNSIGNED),), False),
    }
    for name, files in sets.items():
        tables = tuple(
            _table(one.mapping, Provenance.SIGNED if one.signed else Provenance.UNSIGNED)
            for one in files
        )
        for lexica, counts in words.values() if name == "one" else [words["words"]]:
            shelf = Shelf(files, LEXICON.valid_from, LEXICON.valid_to, counts)
            yield LawData(tables, lexica), SecondOpinion(shelf)


class Units:
    """Makes units at random.

    Args:
        seed: the same seed gives the same units.
    """

    def __init__(self, seed):
        self._random = Random(seed)
        self._shelves = list(shelves())
        table = shipped_mapping()
        self._prefixes = [
            row["prefix"].replace(" ", "") for kind in ("exempt", "goods") for row in table[kind]
        ]
        self._exempt = self._prefixes[: len(table["exempt"])]
        self._lines = [GoodsLine(self._code(), self._pick(list(SAID))) for _ in range(40_000)]
        self._plain = [GoodsLine("8471 30 000 0", "goods"), GoodsLine("0302 11", "тауар")]
        self._requests = [
            CarrierRequest(reference, dated, carrier)
            for reference in ("R-1", "R-1", " ", "\u200b")
            for dated in (date(2024, 12, 1), date(2025, 6, 2), date(2025, 6, 3), None)
            for carrier in ("A carrier", "A carrier", "\u2060")
        ]
        self._amounts = [self._amount() for _ in range(20_000)]

    def _pick(self, things):
        return things[int(self._random.random() * len(things))]

    def _often(self, usual, others, share=0.85):
        return usual if self._random.random() < share else self._pick(others)

    def _code(self):
        draw = self._random
        if draw.random() < 0.06:
            return self._pick(
                ["", " ", "x", "1", "301", "0407x", "00", "7701", "98", "9901", "０１"]
            )
        prefix = self._pick(self._exempt if draw.random() < 0.2 else self._prefixes)
        length = self._pick(LENGTHS)
        fill = "0" if draw.random() < 0.4 else "".join(self._pick("0123456789") for _ in range(10))
        digits = (prefix + fill * 10)[:length] if draw.random() < 0.8 else (prefix + "0" * 10)[:10]
        if draw.random() < 0.4:
            place = draw.randrange(len(digits))
            near = str((int(digits[place]) + self._pick((1, 9))) % 10)
            digits = digits[:place] + near + digits[place + 1 :]
        if draw.random() < 0.3:
            cut = draw.randrange(2, len(digits) + 1, 2)
            digits = digits[:cut] + "0" * (len(digits) - cut)
        if draw.random() < 0.3:
            mark = self._pick(" .\u00a0\t")
            digits = f"{digits[:4]} {digits[4:6]}{mark}{digits[6:]}"
        return digits

    def _amount(self):
        draw = self._random
        axis = self._pick(list(Axis))
        limits, spread = LIMITS[axis.value], self._pick((0, 1, 5, 5, 40, 700, -1))
        near = self._pick((limits.least, limits.greatest)) + self._pick((-1, 0, 1)) * max(spread, 0)
        value = self._pick((0, -3, MIDDLE[axis], near, near + 1, near - 1, draw.randrange(2500)))
        return Measurement(axis, value, spread, self._pick(list(Origin)))

    def _some(self, things, most):
        return tuple(self._pick(things) for _ in range(int(self._random.random() * (most + 1))))

    def _declared(self):
        if self._random.random() < 0.7:
            return tuple(
                Measurement(one.axis, one.value, 0, Origin.DECLARED) for one in FITTING[2:4]
            )
        return self._some(self._amounts, 4)

    def _people(self):
        inspection = self._often(INSPECTION, ["another"])
        officer, utc = (
            self._often("oms-1", ["", "\u200b"]),
            self._often("2025-06-02T08:00:00Z", ["\u3164"]),
        )
        return inspection, officer, self._often(Role.OMS, list(Role)), utc

    def _statement(self):
        return NoAnimalsStatement(*self._people()) if self._random.random() < 0.3 else None

    def _answer(self):
        if self._random.random() < 0.5:
            return None
        inspection, officer, role, utc = self._people()
        return DriverAnswer(inspection, self._often(Aboard.NO, list(Aboard)), officer, role, utc)

    def _manifest(self):
        draw = self._random
        lines = [self._pick(self._lines if draw.random() < 0.5 else self._plain) for _ in "123"]
        documents = self._some(KINDS, 2) if draw.random() < 0.2 else ()
        return ManifestFacts(
            state=self._often(ManifestState.PRESENT, list(ManifestState)),
            direction=self._often(Direction.ARRIVAL, [*Direction, Direction.DEPARTURE]),
            carrier_request=self._often(self._requests[1], [None, *self._requests], 0.5),
            goods=tuple(lines[: draw.randrange(4)]) if draw.random() < 0.1 else tuple(lines[:2]),
            declared=self._declared(),
            identity=self._often(IdentityState.AGREED, list(IdentityState)),
            documents=tuple(Document(kind, "1") for kind in documents),
            vehicle=self._often("", VEHICLES, 0.9),
            private_vehicle=draw.random() < 0.1,
            manifest_id="m-1",
            version=1,
        )

    def next(self):
        """A case and the second opinion that judges it."""
        draw = self._random
        law, opinion = self._shelves[0] if draw.random() < 0.85 else self._pick(self._shelves)
        measured = FITTING if draw.random() < 0.8 else self._some(self._amounts, 6)
        if draw.random() < 0.15:
            measured = (*measured, self._pick(self._amounts))
        return (
            Case(
                inspection_id=INSPECTION,
                manifest=self._manifest(),
                measured=measured,
                envelope=self._pick(ENVELOPES),
                law=law,
                day=self._pick(DAYS),
                statement=self._statement(),
                driver=self._answer(),
                vehicles=draw.random() < 0.3,
            ),
            opinion,
        )


def first_of_the_law(case):
    """What the law says, in the words of the second opinion."""
    verdict = decide(case)
    return (
        verdict.kind.value,
        verdict.rule_ids,
        tuple(notice.rule_id for notice in verdict.notices),
        verdict.size.value,
        verdict.officer_may_scan,
    )
