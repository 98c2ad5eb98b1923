"""What the tests of the law build their units from: an ordinary unit, changed in one respect."""

import hashlib
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

from edge.law.case import Case, LawData
from edge.law.dated import Provenance
from edge.law.envelope import Axis, Envelope, Limits, Measurement, Origin
from edge.law.exemptions import HoldAnswer, HoldDecision
from edge.law.lexicon import Lexicon
from edge.law.lexicon_reader import build_lexicon
from edge.law.manifest import (
    Direction,
    GoodsLine,
    IdentityState,
    ManifestFacts,
    ManifestState,
)
from edge.law.outcomes import Role
from edge.law.table_reader import build_table
from edge.law.tables import ExemptionTable
from edge.law.verdicts import Verdict

TABLE_FILE = Path(__file__).parents[3] / "config" / "law" / "exemptions-2025.toml"
WORDS_FILE = TABLE_FILE.parent / "words" / "words-2026.toml"
DAY = date(2025, 6, 2)
INSPECTION = "cargo-000017"


def shipped_mapping():
    return tomllib.loads(TABLE_FILE.read_text(encoding="utf-8"))


def shipped_table(provenance=Provenance.SIGNED):
    sha256 = hashlib.sha256(TABLE_FILE.read_bytes()).hexdigest()
    table = build_table(shipped_mapping(), sha256, provenance=provenance)
    assert isinstance(table, ExemptionTable), table
    return table


def shipped_lexicon(provenance=Provenance.SIGNED):
    data = WORDS_FILE.read_bytes()
    mapping = tomllib.loads(data.decode())
    lexicon = build_lexicon(mapping, hashlib.sha256(data).hexdigest(), provenance=provenance)
    assert isinstance(lexicon, Lexicon), lexicon
    return lexicon


TABLE = shipped_table()
LEXICON = shipped_lexicon()
LAW = LawData((TABLE,), (LEXICON,))

ENVELOPE = Envelope(
    height_mm=Limits(50, 1000),
    width_mm=Limits(50, 1000),
    length_mm=Limits(600, 1100),
    mass_kg=Limits(0, 500),
    must_measure=frozenset({Axis.HEIGHT, Axis.WIDTH}),
)


def measured(axis, value, uncertainty=5):
    return Measurement(axis, value, uncertainty, Origin.MEASURED)


def declared(axis, value, uncertainty=0):
    return Measurement(axis, value, uncertainty, Origin.DECLARED)


MEASURED = (measured(Axis.HEIGHT, 800), measured(Axis.WIDTH, 700))
DECLARED = (declared(Axis.LENGTH, 900), declared(Axis.MASS, 120))

MACHINES = GoodsLine("8471 30 000 0", "portable computers")


def goods(*codes):
    return tuple(GoodsLine(code, f"goods of {code}") for code in codes)


def papers(*codes, **changes):
    ordinary = ManifestFacts(
        state=ManifestState.PRESENT,
        direction=Direction.ARRIVAL,
        carrier_request=None,
        goods=goods(*codes) or (MACHINES,),
        declared=DECLARED,
        identity=IdentityState.AGREED,
        manifest_id="m-1",
        version=1,
    )
    return replace(ordinary, **changes)


def case(manifest=None, **changes):
    ordinary = Case(
        inspection_id=INSPECTION,
        manifest=papers() if manifest is None else manifest,
        measured=MEASURED,
        envelope=ENVELOPE,
        law=LAW,
        day=DAY,
    )
    return replace(ordinary, **changes)


def allow(verdict: Verdict, **changes):
    answer = HoldAnswer(
        inspection_id=INSPECTION,
        rule_ids=verdict.rule_ids,
        officer_id="oms-1",
        role=Role.OMS,
        decision=HoldDecision.SCAN,
        reason="papers seen at the lane",
        utc="2025-06-02T08:00:00.000000Z",
    )
    return replace(answer, **changes)
