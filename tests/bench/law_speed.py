"""How fast the law decides: goods lines a second, and one long manifest, new and again."""

import hashlib
import statistics
import time
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

from edge.law.case import Case, LawData
from edge.law.dated import Provenance
from edge.law.envelope import Axis, Envelope, Limits, Measurement, Origin
from edge.law.exemptions import decide
from edge.law.lexicon import Lexicon
from edge.law.lexicon_reader import build_lexicon
from edge.law.manifest import Direction, GoodsLine, IdentityState, ManifestFacts, ManifestState
from edge.law.table_reader import build_table
from edge.law.tables import ExemptionTable
from edge.law.verdicts import VerdictKind

LAW = Path(__file__).parents[2] / "config" / "law"
DAY = date(2026, 6, 2)
LINES, MANIFESTS, TRIES = 1000, 120, 3
DESCRIPTIONS = (
    ("8471 30 000 0", "Portable computers, new, in cartons, model"),
    ("8708 99 970 9", "Части и принадлежности для автомобилей, новые, арт."),
    ("8517 13 000 0", "Ұялы телефондар және керек-жарақтар, жаңа, үлгі"),
    ("6403 99 960 0", "Обувь мужская с верхом из натуральной кожи, размер"),
    ("0202 30 900 4", "Мясо говядины замороженное, бескостное, партия"),
    ("9403 60 100 0", "Жиһаз ағаштан, бөлшектелген, жинақ"),
    ("3926 90 970 9", "Articles of plastics, household, lot"),
    ("0602 90 500 0", "Живые растения в горшках, сорт"),
    ("2309 10 900 0", "Корм для собак сухой, мешок"),
    ("8436 21 000 0", "Incubators with spare parts, type"),
)
"""Ordinary lines in three languages; three of ten bear words that must be looked into. Every one
ends in a number with a hyphen, as article numbers do, so in each words cut in two are looked for:
the harder mix, and the honest one."""
SIZES = ((Axis.HEIGHT, 2600), (Axis.WIDTH, 2500), (Axis.LENGTH, 12_000))


def _law() -> LawData:
    files = (LAW / "exemptions-2025.toml", LAW / "words" / "words-2026.toml")
    (table_map, table_hash), (words_map, words_hash) = (
        (tomllib.loads(data.decode()), hashlib.sha256(data).hexdigest())
        for data in (path.read_bytes() for path in files)
    )
    table = build_table(table_map, table_hash, provenance=Provenance.SIGNED)
    lexicon = build_lexicon(words_map, words_hash, provenance=Provenance.SIGNED)
    assert isinstance(table, ExemptionTable)
    assert isinstance(lexicon, Lexicon)
    return LawData((table,), (lexicon,))


def _unit(law: LawData, number: int) -> Case:
    """A unit whose lines differ from those of every other."""
    goods = tuple(
        GoodsLine(code, f"{text} {number}-{line}")
        for line in range(LINES)
        for code, text in (DESCRIPTIONS[line % len(DESCRIPTIONS)],)
    )
    papers = ManifestFacts(
        ManifestState.PRESENT, Direction.ARRIVAL, None, goods, (), IdentityState.AGREED,
        manifest_id=f"m-{number}", version=1,
    )  # fmt: skip
    limits = Limits(100, 20_000)
    return Case(
        inspection_id="bench-00000001",
        manifest=papers,
        measured=tuple(Measurement(axis, size, 20, Origin.MEASURED) for axis, size in SIZES),
        envelope=Envelope(limits, limits, limits),
        law=law,
        day=DAY,
    )


COSTLY = (
    "abcehkm" + "-".join("abcehkmoptxy036") + "-",
    "x y z " * 5,
    "live dog food ",
    "egg hatching ",
)
"""What takes most work where a manifest is full of it: pieces of words, letters apart, words that
are heard, words that look for others."""


def _costly_s(law: LawData) -> float:
    """The most CPU time that a manifest of the largest message takes."""
    found = []
    for number, text in enumerate(COSTLY * TRIES):
        for size in (60, 250, 4000):
            calm = _unit(law, 0)
            goods = tuple(
                GoodsLine("8471 30", (f"{number} {line} a-b " + text * size)[:size])
                for line in range(min(124_000 // size, 2000))
            )
            costly = replace(calm, manifest=replace(calm.manifest, goods=goods))
            began = time.process_time()
            verdict = decide(costly)
            found.append((text, size, time.process_time() - began))
            assert verdict.kind is VerdictKind.HOLD, verdict.rule_ids
    kinds = {(text, size) for text, size, _ in found}
    return max(min(s for text, size, s in found if (text, size) == kind) for kind in kinds)


def rows() -> list[tuple[str, str, str]]:
    """Decide on long manifests in CPU time; every one must be a SCAN, or the figures are void.

    The speed is that of the median manifest, not of the luckiest one.
    """
    law, new_s, again_s = _law(), [], []
    for number in range(MANIFESTS):
        unit = _unit(law, number)
        for spent in (new_s, again_s):
            began = time.process_time()
            verdict = decide(unit)
            spent.append(time.process_time() - began)
            assert verdict.kind is VerdictKind.SCAN, verdict.rule_ids
    slowest = statistics.quantiles(new_s, n=100)[98]
    return [
        (
            "goods lines decided, median",
            ">= 20,000 a second",
            f"{LINES / statistics.median(new_s):,.0f}",
        ),
        (f"a manifest of {LINES:,} lines, 99 of 100", "< 100 ms", f"{slowest * 1000:.0f} ms"),
        ("the same decided again, median", "-", f"{statistics.median(again_s) * 1000:.1f} ms"),
        ("the costliest manifests a lane accepts", "< 150 ms", f"{_costly_s(law) * 1000:.0f} ms"),
    ]


if __name__ == "__main__":
    for row in rows():
        print(*row, sep=" | ")
