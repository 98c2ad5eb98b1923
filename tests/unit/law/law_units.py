"""Units with everything the law can be told, for what must hold for every one of them."""

from dataclasses import replace
from datetime import date

from hypothesis import strategies as st
from law_builders import DAY, ENVELOPE, INSPECTION, LAW, LEXICON, TABLE, shipped_lexicon

from edge.law.case import Aboard, Case, DriverAnswer, LawData, NoAnimalsStatement
from edge.law.dated import Provenance
from edge.law.envelope import Axis, Limits, Measurement, Origin
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

EVERY_LIMIT = replace(
    ENVELOPE,
    axle_load_kg=Limits(1, 300),
    ground_clearance_mm=Limits(100, 900),
    speed_mm_s=Limits(100, 1200),
)
FITTING = dict(zip(Axis, (800, 700, 900, 100, 80, 200, 500), strict=True))
UNSIGNED_WORDS = shipped_lexicon(Provenance.UNSIGNED)
LAWS = (
    LawData((), (LEXICON,)),
    LawData((TABLE,), ()),
    LawData((TABLE, TABLE), (LEXICON,)),
    LawData((TABLE,), (UNSIGNED_WORDS,)),
)

EXEMPT_CODES = (
    "01", "0105 11 110 0", "0106 41 000 1", "0301", "0301 99 181 0", "0407 11", "0407 19 900 0",
    "9508 10 000 0",
)  # fmt: skip
ADVISED_CODES = (
    "0306 32 100 0", "0306 31 000 0", "0306 33 100 0", "0307 11 10", "0511 91 901 1",
    "0511 99 852 1", "0511 99 859 1", "0602 90 500 0", "3002 12 000 1", "3702 31 200 0",
    "2844 41 000 0", "9030 10 000 0", "0202 30 900 0", "0407 21 000 0", "0403 20 110 0",
    "8436 21 000 0", "4101 20 100 0",
)  # fmt: skip
PLAIN_CODES = ("8471 30 000 0", "8708 99 970 9", "2840 19 900 0", "9508 30 000 0", "2204 21 110 0")
UNCLEAR_CODES = ("03", "0407", "9508", "", "1", "301", "x", "7700", "0511 99 850 0", "30")

TEXTS = (
    "goods", "части автомобилей", "тауар", "корм для собак", "dog food", "live yeast",
    "тірі мал", "live lobsters", "horses", "мясо говядины", "живая рыба", "инкубационное яйцо",
    "circus", "цирк", "X-ray film", "bees", "мед", "octopus", "g o o d s", "???", "",
)  # fmt: skip
KINDS = (
    "01201",
    "ветеринарный сертификат",
    "01031",
    "01291",
    "02025",
    "01207",
    "04021",
    "CMR",
    "1201",
    "12",
    "Horse passport",
)
VEHICLES = (
    "",
    "truck",
    "livestock_carrier",
    "скотовоз",
    "circus caravan",
    "bee_truck",
    "cattle transporter",
)


def spaced(code):
    """A code as people print it."""
    separators = st.sampled_from(["", " ", ".", "\u00a0", "\u2009", "\t"])
    return separators.map(lambda mark: code.replace(" ", mark))


CODES = st.sampled_from(
    (*EXEMPT_CODES, *ADVISED_CODES, *ADVISED_CODES, *PLAIN_CODES, *UNCLEAR_CODES)
).flatmap(spaced)
LINES = st.builds(GoodsLine, CODES, st.sampled_from(TEXTS))
QUIET_LINES = st.builds(GoodsLine, st.sampled_from(PLAIN_CODES), st.sampled_from(TEXTS[:5]))


def amounts(origin):
    """Amounts around the limits, unknown ones among them."""
    one = st.builds(
        Measurement,
        st.sampled_from(Axis),
        st.integers(-2, 2500) | st.sampled_from((50, 100, 300, 500, 900, 1000, 1100)),
        st.integers(-1, 60),
        st.just(origin),
    )
    return st.lists(one, max_size=5)


FITTING_AMOUNTS = tuple(
    Measurement(axis, value, 5, Origin.MEASURED) for axis, value in FITTING.items()
)
REQUESTS = st.none() | st.builds(
    CarrierRequest,
    st.sampled_from(["", " ", "\u200b", "R-1"]),
    st.sampled_from([None, DAY, date(2025, 6, 3)]),
    st.sampled_from(["", "\u2060", "A carrier"]),
)
INSPECTIONS = st.sampled_from([INSPECTION, INSPECTION, "another"])
OFFICERS = st.sampled_from(["", "\u200b", "oms-1"])
MOMENTS = st.sampled_from(["", "\u3164", "2025-06-02T08:00:00Z"])
STATEMENTS = st.none() | st.builds(
    NoAnimalsStatement, INSPECTIONS, OFFICERS, st.sampled_from(Role), MOMENTS
)
ANSWERS = st.none() | st.builds(
    DriverAnswer, INSPECTIONS, st.sampled_from(Aboard), OFFICERS, st.sampled_from(Role), MOMENTS
)
DOCUMENTS = st.lists(st.builds(Document, st.sampled_from(KINDS), st.just("N-1")), max_size=3)


def often(usual, others):
    """The usual value in about three of four."""
    return st.integers(0, 3).flatmap(lambda drawn: others if drawn == 0 else st.just(usual))


@st.composite
def full_cases(draw, goods=None):
    """Any unit; every part is in order more often than not, so that SCAN is near."""
    lines = st.lists(LINES | QUIET_LINES, min_size=1, max_size=4) if goods is None else goods
    papers = ManifestFacts(
        state=draw(often(ManifestState.PRESENT, st.sampled_from(ManifestState))),
        direction=draw(often(Direction.ARRIVAL, st.sampled_from(Direction))),
        carrier_request=draw(REQUESTS),
        goods=tuple(draw(lines)),
        declared=tuple(draw(amounts(Origin.DECLARED))),
        identity=draw(often(IdentityState.AGREED, st.sampled_from(IdentityState))),
        documents=tuple(draw(often([], DOCUMENTS))),
        vehicle=draw(often("", st.sampled_from(VEHICLES))),
        private_vehicle=draw(often(False, st.booleans())),
        manifest_id="m-1",
        version=1,
    )
    fitting = draw(often(FITTING_AMOUNTS, st.just(())))
    return Case(
        inspection_id=INSPECTION,
        manifest=papers,
        measured=(*fitting, *draw(often([], amounts(Origin.MEASURED)))),
        envelope=EVERY_LIMIT,
        law=draw(often(LAW, st.sampled_from(LAWS))),
        day=draw(often(DAY, st.just(date(2031, 1, 1)))),
        statement=draw(STATEMENTS),
        driver=draw(ANSWERS),
        vehicles=draw(st.booleans()),
    )
