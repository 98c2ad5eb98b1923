"""Every code that section 2.2 of the reference on the order names, at every length, by hand.

Each line holds a code of ten digits and what a unit with that code alone, cut to 2, 4, 6, 8 and 10
digits, must give. Nothing here is computed from the table that ships.

    A F H C  EXEMPT: live animals, live fish, hatching eggs, circus
    U  HOLD, the code is too short to tell whether it is exempt
    L  HOLD, goods that are or may be alive
    P  HOLD, policy of the site
    M  HOLD, no code of the tariff
    n  SCAN with a notice (beside a hold: the hold with a notice)
    w  SCAN, or HOLD for goods that may be alive when the description speaks of life
    s  SCAN
"""

import pytest
from law_builders import case, papers

from edge.law.exemptions import decide
from edge.law.manifest import Document, GoodsLine
from edge.law.verdicts import VerdictKind

LENGTHS = (2, 4, 6, 8, 10)
RULES = {
    "A": "EX-LIVE-ANIMALS",
    "F": "EX-LIVE-FISH",
    "H": "EX-HATCHING-EGGS",
    "C": "EX-CIRCUS",
    "U": "HO-UNDECIDED-CODE",
    "L": "HO-LIVING-GOODS",
    "P": "HO-SITE-POLICY",
    "M": "HO-MALFORMED-CODE",
}

EXEMPT = """
0101 21 000 0    A  A  A  A  A
0102 29 610 9    A  A  A  A  A
0103 91 100 0    A  A  A  A  A
0104 10 100 0    A  A  A  A  A
0105 11 110 0    A  A  A  A  A
0105 12 000 0    A  A  A  A  A
0105 13 000 0    A  A  A  A  A
0105 14 000 0    A  A  A  A  A
0105 15 000 0    A  A  A  A  A
0106 11 000 0    A  A  A  A  A
0106 12 000 0    A  A  A  A  A
0106 13 000 0    A  A  A  A  A
0106 14 100 0    A  A  A  A  A
0106 19 000 0    A  A  A  A  A
0106 20 000 0    A  A  A  A  A
0106 31 000 0    A  A  A  A  A
0106 32 000 0    A  A  A  A  A
0106 33 000 0    A  A  A  A  A
0106 39 800 0    A  A  A  A  A
0106 41 000 1    A  A  A  A  A
0106 41 000 2    A  A  A  A  A
0106 49 000 0    A  A  A  A  A
0106 90 000 0    A  A  A  A  A
9508 10 000 0    U  U  C  C  C
0301 11 000 0    UL F  F  F  F
0301 19 000 0    UL F  F  F  F
0301 91 100 0    UL F  F  F  F
0301 91 900 0    UL F  F  F  F
0301 92 100 0    UL F  F  F  F
0301 92 300 0    UL F  F  F  F
0301 92 900 0    UL F  F  F  F
0301 93 000 0    UL F  F  F  F
0301 94 100 0    UL F  F  F  F
0301 94 900 0    UL F  F  F  F
0301 95 000 0    UL F  F  F  F
0301 99 110 0    UL F  F  F  F
0301 99 181 0    UL F  F  F  F
0301 99 182 0    UL F  F  F  F
0301 99 186 0    UL F  F  F  F
0301 99 850 0    UL F  F  F  F
0407 11 000 0    U  U  H  H  H
0407 19 110 0    U  U  H  H  H
0407 19 190 0    U  U  H  H  H
0407 19 900 0    U  U  H  H  H
"""

NOT_EXEMPT = """
0407 21 000 0    U  U  s  s  s
0407 29 100 0    U  U  s  s  s
0407 29 900 0    U  U  s  s  s
0407 90 100 0    U  U  s  s  s
0407 90 900 0    U  U  s  s  s
0407 89 000 0    U  U  s  s  s
0407 91 000 0    U  U  s  s  s
0408 11 200 0    U  s  s  s  s
0408 99 800 9    U  s  s  s  s
9508 21 000 0    U  U  s  s  s
9508 22 000 0    U  U  s  s  s
9508 23 000 0    U  U  s  s  s
9508 24 000 0    U  U  s  s  s
9508 25 000 0    U  U  s  s  s
9508 26 000 0    U  U  s  s  s
9508 29 000 0    U  U  s  s  s
9508 30 000 0    U  U  s  s  s
9508 40 000 0    U  U  s  s  s
"""

TO_BE_DECIDED = """
0306 32 100 0    UL L  L  L  L
0306 31 000 0    UL L  w  w  w
0306 33 100 0    UL L  w  w  w
0306 33 900 0    UL L  w  w  w
0306 34 000 0    UL L  w  w  w
0306 35 500 0    UL L  w  w  w
0306 35 900 0    UL L  w  w  w
0306 36 100 0    UL L  w  w  w
0306 36 500 0    UL L  w  w  w
0306 36 900 0    UL L  w  w  w
0306 39 100 0    UL L  w  w  w
0306 39 800 0    UL L  w  w  w
0307 11 100 0    UL L  L  L  L
0307 11 900 0    UL L  L  w  w
0307 21 000 0    UL L  w  w  w
0307 21 000 9    UL L  w  w  w
0307 31 100 0    UL L  w  w  w
0307 31 900 0    UL L  w  w  w
0307 42 100 0    UL L  w  w  w
0307 42 900 0    UL L  w  w  w
0307 51 000 0    UL L  w  w  w
0307 60 000 0    UL L  w  w  w
0307 71 000 0    UL L  w  w  w
0307 81 000 0    UL L  w  w  w
0307 82 000 0    UL L  w  w  w
0307 91 000 0    UL L  w  w  w
0308 11 000 0    UL w  w  w  w
0308 21 000 0    UL w  w  w  w
0308 30 100 0    UL w  w  w  w
0308 90 200 0    UL w  w  w  w
0511 91 901 1    Ln Ln Ln Ln L
0511 91 901 9    Ln Ln Ln Ln L
0511 99 859 1    Ln Ln Ln Ln L
0511 99 851 0    Ln Ln Ln Ln L
0511 99 852 1    Ln Ln Ln Ln n
0511 99 852 9    Ln Ln Ln Ln n
0511 10 000 0    Ln Ln n  n  n
0511 99 853 1    Ln Ln Ln Ln n
0511 99 853 9    Ln Ln Ln Ln n
0511 91 902 0    Ln Ln Ln Ln n
0600 00 000 0    n  n  n  n  n
0601 10 100 0    n  n  n  n  n
0601 20 900 0    n  n  n  n  n
0602 10 900 0    n  n  n  n  n
0602 90 500 0    n  n  n  n  n
3002 49 000 1    n  n  n  n  n
3002 51 000 0    n  n  n  n  n
3002 59 000 0    n  n  n  n  n
3002 12 000 1    n  n  n  n  n
3002 90 300 0    n  n  n  n  n
3002 90 900 0    n  n  n  n  n
3701 10 000 0    P  P  P  P  P
3702 31 200 0    P  P  P  P  P
3704 00 100 0    P  P  P  P  P
9030 10 000 0    n  n  n  n  n
2844 41 000 0    P  P  P  P  P
3601 00 000 0    P  P  P  P  P
3602 00 000 0    P  P  P  P  P
3603 10 000 0    P  P  P  P  P
3604 10 000 0    P  P  P  P  P
8436 21 000 0    s  s  s  s  s
"""

NEIGHBOURS = """
0001 00 000 0    M  M  M  M  M
0201 10 000 0    s  s  s  s  s
0300 00 000 0    UL UL UL UL UL
0302 11 100 0    UL s  s  s  s
0309 10 000 0    UL s  s  s  s
0406 10 200 0    U  s  s  s  s
0407 00 000 0    U  U  U  U  U
0407 10 000 0    U  U  U  U  U
0407 12 000 0    U  U  s  s  s
0407 18 000 0    U  U  s  s  s
0407 20 000 0    U  U  s  s  s
0407 22 000 0    U  U  s  s  s
0407 28 000 0    U  U  s  s  s
0407 30 000 0    U  U  s  s  s
9507 10 000 0    U  s  s  s  s
9508 00 000 0    U  U  U  U  U
9508 09 000 0    U  U  s  s  s
9508 11 000 0    U  U  s  s  s
9508 20 000 0    U  U  s  s  s
9509 10 000 0    U  s  s  s  s
9408 10 000 0    s  s  s  s  s
9608 10 000 0    s  s  s  s  s
0305 10 000 0    UL s  s  s  s
0306 30 000 0    UL L  L  L  L
0306 32 000 0    UL L  L  L  L
0306 32 200 0    UL L  L  s  s
0306 37 000 0    UL L  s  s  s
0306 38 000 0    UL L  s  s  s
0306 40 000 0    UL L  s  s  s
0307 10 000 0    UL L  L  L  L
0307 11 000 0    UL L  L  L  L
0307 11 200 0    UL L  L  s  s
0307 11 800 0    UL L  L  s  s
0307 12 000 0    UL L  s  s  s
0307 20 000 0    UL L  w  w  w
0307 22 000 0    UL L  s  s  s
0307 30 000 0    UL L  w  w  w
0307 32 000 0    UL L  s  s  s
0307 41 000 0    UL L  s  s  s
0307 43 000 0    UL L  s  s  s
0307 50 000 0    UL L  w  w  w
0307 52 000 0    UL L  s  s  s
0307 59 000 0    UL L  s  s  s
0307 61 000 0    UL L  s  s  s
0307 70 000 0    UL L  w  w  w
0307 72 000 0    UL L  s  s  s
0307 83 000 0    UL L  s  s  s
0307 90 000 0    UL L  w  w  w
0307 92 000 0    UL L  s  s  s
0308 10 000 0    UL w  w  w  w
0308 12 000 0    UL w  s  s  s
0308 20 000 0    UL w  w  w  w
0308 22 000 0    UL w  s  s  s
0308 30 200 0    UL w  w  s  s
0308 90 100 0    UL w  w  s  s
0308 90 300 0    UL w  w  s  s
0510 00 000 0    Ln s  s  s  s
0511 09 000 0    Ln Ln s  s  s
0511 11 000 0    Ln Ln s  s  s
0511 91 901 0    Ln Ln Ln Ln L
0511 91 901 2    Ln Ln Ln Ln s
0511 91 901 8    Ln Ln Ln Ln s
0511 91 902 1    Ln Ln Ln Ln s
0511 91 909 0    Ln Ln Ln Ln s
0511 99 850 0    Ln Ln Ln Ln Ln
0511 99 851 1    Ln Ln Ln Ln n
0511 99 859 0    Ln Ln Ln Ln Ln
0511 99 859 2    Ln Ln Ln Ln n
0511 99 840 0    Ln Ln Ln s  s
0511 99 860 0    Ln Ln Ln s  s
0501 00 000 0    Ln s  s  s  s
0512 00 000 0    Ln s  s  s  s
0603 11 000 0    n  s  s  s  s
0701 10 000 0    s  s  s  s  s
2840 19 900 0    P  s  s  s  s
2843 10 000 0    P  s  s  s  s
2845 10 000 0    P  s  s  s  s
3001 20 100 0    n  s  s  s  s
3002 11 000 0    n  n  s  s  s
3002 13 000 0    n  n  s  s  s
3002 48 000 0    n  n  s  s  s
3002 49 000 0    n  n  n  n  n
3002 49 000 2    n  n  n  n  s
3002 50 000 0    n  n  n  n  n
3002 52 000 0    n  n  s  s  s
3002 60 000 0    n  n  s  s  s
3002 89 000 0    n  n  s  s  s
3002 91 000 0    n  n  s  s  s
3003 10 000 0    n  s  s  s  s
3605 00 000 0    P  s  s  s  s
3600 00 000 0    P  P  P  P  P
3700 00 000 0    P  P  P  P  P
3703 10 000 0    P  s  s  s  s
3705 00 000 0    P  s  s  s  s
9029 10 000 0    n  s  s  s  s
9030 09 000 0    n  n  s  s  s
9030 20 000 0    n  n  s  s  s
9031 10 000 0    n  s  s  s  s
8435 10 000 0    s  s  s  s  s
8436 20 000 0    s  s  s  s  s
8436 22 000 0    s  s  s  s  s
"""


def expectations(table):
    for line in table.strip().splitlines():
        code, columns = line[:13].replace(" ", ""), line[13:].split()
        for length, letters in zip(LENGTHS, columns, strict=True):
            yield code[:length], letters


EVERY = sorted(
    {
        pair
        for table in (EXEMPT, NOT_EXEMPT, TO_BE_DECIDED, NEIGHBOURS)
        for pair in expectations(table)
    }
)
OPEN = [code for code, letters in EVERY if letters == "w"]
PLAIN = [code for code, letters in EVERY if letters == "s"]


def kind_of(letters):
    if set(letters) & set("AFHC"):
        return VerdictKind.EXEMPT
    return VerdictKind.HOLD if set(letters) & set("ULPM") else VerdictKind.SCAN


def judged(code, description="goods"):
    verdict = decide(case(papers(goods=(GoodsLine(code, description),))))
    return verdict, set(verdict.rule_ids), {notice.rule_id for notice in verdict.notices}


def test_no_code_is_expected_to_give_two_verdicts():
    assert len(dict(EVERY)) == len(EVERY)
    assert len(EVERY) > 500


@pytest.mark.parametrize(("code", "letters"), EVERY)
def test_every_code_the_reference_names_and_its_neighbours_give_what_it_says(code, letters):
    verdict, rules, notices = judged(code)
    expected = {RULES[letter] for letter in letters if letter in RULES}
    assert verdict.kind is kind_of(letters)
    assert rules == (expected or {"SC-CLEAR"})
    assert notices == ({"NT-GOODS"} if "n" in letters else set())


@pytest.mark.parametrize("code", OPEN)
@pytest.mark.parametrize("description", ["live, in water", "живые", "тірі"])
def test_goods_that_may_be_alive_hold_when_the_description_speaks_of_life(code, description):
    verdict, rules, _ = judged(code, description)
    assert verdict.kind is VerdictKind.HOLD
    assert rules == {"HO-LIVING-GOODS", "HO-LIVING-WORD"}
    assert verdict.officer_may_scan


@pytest.mark.parametrize("code", OPEN)
def test_goods_that_may_be_alive_are_scanned_when_they_are_chilled(code):
    verdict, _, _ = judged(code, "chilled, without ice, in boxes")
    assert verdict.kind is VerdictKind.SCAN


@pytest.mark.parametrize("code", PLAIN)
def test_a_word_holds_where_the_code_says_nothing_of_life(code):
    verdict, rules, _ = judged(code, "live horses")
    assert (verdict.kind, rules) == (VerdictKind.HOLD, {"HO-LIVING-WORD"})


def test_a_permit_for_explosives_or_sources_holds():
    documents = (Document("01291", "KZ-7"),)
    verdict = decide(case(papers("8471 30 000 0", documents=documents)))
    assert (verdict.kind, verdict.rule_ids) == (VerdictKind.HOLD, ("HO-DOCUMENT",))


@pytest.mark.parametrize("code", ["2840", "2840 00", "2840 00 000 0", "0510", "0510 00 000 0"])
def test_a_heading_that_ends_in_a_zero_is_not_the_beginning_of_another(code):
    verdict, rules, _ = judged(code, "borates")
    assert (verdict.kind, rules) == (VerdictKind.SCAN, {"SC-CLEAR"})


@pytest.mark.parametrize("description", ["incubators", "инкубатор", "инкубаторлар және брудерлер"])
def test_an_incubator_is_a_machine(description):
    verdict, _, _ = judged("8436 21 000 0", description)
    assert verdict.kind is VerdictKind.SCAN
