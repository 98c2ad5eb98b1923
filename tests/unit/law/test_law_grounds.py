"""What a table may say beside what the shipped one says, and how its parts show themselves."""

import pytest
from law_builders import INSPECTION, LAW, LEXICON, TABLE, case, papers, shipped_mapping

from edge.law.case import LawData
from edge.law.dated import Provenance
from edge.law.exemptions import decide, make_scan_permit
from edge.law.manifest import Document, GoodsLine
from edge.law.table_reader import build_table
from edge.law.tables import ExemptionTable
from edge.law.verdicts import VerdictKind


def law_with_document(**row):
    mapping = shipped_mapping()
    mapping["document"] = [{"code": "04021", "what": "invoice", "source": "test", **row}]
    table = build_table(mapping, "0" * 64, provenance=Provenance.SIGNED)
    assert isinstance(table, ExemptionTable), table
    return LawData((table,), (LEXICON,))


@pytest.mark.parametrize("text", ["portable computers", "live birds"])
def test_a_document_that_is_to_be_noted_is_noted_whatever_the_goods(text):
    goods = (GoodsLine("8471 30 000 0", text),)
    unit = papers(goods=goods, documents=(Document("04021", "1"),))
    verdict = decide(case(unit, law=law_with_document(action="notice")))
    assert [one.rule_id for one in verdict.notices] == ["NT-DOCUMENT"]
    assert "HO-DOCUMENT" not in verdict.rule_ids


def test_a_document_that_holds_does_so_beside_goods_nobody_expects_it_with():
    unit = papers("8471 30 000 0", documents=(Document("04021", "1"),))
    verdict = decide(case(unit, law=law_with_document(action="hold")))
    assert (verdict.kind, verdict.rule_ids) == (VerdictKind.HOLD, ("HO-DOCUMENT",))


def test_tables_and_lexica_show_themselves_by_id_and_version():
    assert repr(TABLE) == "<table kz-order-722-exemptions 2026.3>"
    assert repr(LEXICON) == f"<lexicon {LEXICON.ref.table_id} {LEXICON.ref.version}>"
    assert repr(LAW).startswith("LawData(tables=(<table ")


def test_notices_and_reasons_are_told_apart():
    verdict = decide(case(papers("0407", "0602 90 500 0")))
    assert verdict.rule_ids == ("HO-UNDECIDED-CODE",)
    assert [one.rule_id for one in verdict.notices] == ["NT-GOODS"]
    assert decide(case(papers("0407"))).notices == ()


def test_the_first_unit_of_a_lane_gets_a_permit():
    assert make_scan_permit(decide(case()), 1, INSPECTION, four_eyes=False).token == 1
