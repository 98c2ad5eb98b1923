"""Rules of documents: a veterinary paper is usual with products of dead animals and no others."""

import pytest
from law_builders import case, papers

from edge.law.exemptions import decide
from edge.law.manifest import Document, GoodsLine
from edge.law.rules import VerdictKind

VETERINARY = ("01201", "01202", "01203", "01204")


def beside(code: str, description: str = "x", kind: str = "01201") -> tuple[str, ...]:
    goods = (GoodsLine(code, description),)
    return decide(case(papers(goods=goods, documents=(Document(kind, "KZ-1"),)))).rule_ids


@pytest.mark.parametrize("kind", VETERINARY)
@pytest.mark.parametrize(
    ("code", "description"),
    [
        ("0306 17 920 0", "Креветки мороженые"), ("0307 43 910 0", "squid, frozen"),
        ("0307 19 000 0", "oysters in brine"), ("0308 12 000 0", "трепанги мороженые"),
        ("1603 00 100 0", "экстракт мяса"), ("5101 11 000 0", "шерсть овец"),
        ("5102 11 100 0", "goat hair"), ("5103 10 100 0", "wool waste"), ("0505 10 100 0", "пух"),
    ],
)  # fmt: skip
def test_a_veterinary_paper_is_usual_with_products_of_dead_animals(
    code: str, description: str, kind: str
) -> None:
    goods = (GoodsLine(code, description),)
    verdict = decide(case(papers(goods=goods, documents=(Document(kind, "KZ-1"),))))
    assert verdict.kind is VerdictKind.SCAN
    assert "NT-DOCUMENT" in [one.rule_id for one in verdict.notices]


@pytest.mark.parametrize(
    "code", ["0306 31 000 0", "0306 33 100 0", "0306 36 500 0", "0307 11 900 0", "0307 60 000 0",
             "0308 11 000 0", "0306 32 100 0", "0306", "0307", "8471 30 000 0"],
)  # fmt: skip
def test_a_veterinary_paper_holds_beside_goods_that_may_be_alive(code: str) -> None:
    assert "HO-DOCUMENT" in beside(code)


@pytest.mark.parametrize("code", ["0306 17 920 0", "5101 11 000 0"])
def test_a_live_word_makes_a_veterinary_paper_hold_beside_any_goods(code: str) -> None:
    assert {"HO-DOCUMENT", "HO-LIVING-WORD"} <= set(beside(code, "live shrimps"))
