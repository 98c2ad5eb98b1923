"""Kinds of documents and vehicles: a hold is not lost by how one is spelt, and none is invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from law_builders import LAW, case, papers

from edge.law.case import Case, LawData
from edge.law.exemptions import decide
from edge.law.kinds import MALFORMED, document_code
from edge.law.manifest import Document, GoodsLine
from edge.law.rules import VerdictKind

VETERINARY = [
    "1201",
    "01 201",
    "О1201",
    "О12О1",
    "0l201",
    "01201/1",
    "1201/1",
    "01201-1",
    "0 1 2 0 1",
    "№ 1201",
    "№01201",
    "код 01201",
    "01201 ветеринарный сертификат",
    "Ветсертификат",
    "вет. сертификат",
    "вет-сертификат",
    "ветсвидетельство",
    "вeтеринарный",
    "ветери-нарный",
    "ветери нарный",
    "ВЕТЕРИНАРНОЕ СВИДЕТЕЛЬСТВО",
    "vet certificate",
    "vet. cert.",
    "animal health certificate",
    "ветпаспорт",
    "Pet passport",
    "мал дәрігерлік куәлік",
]
OTHER_DOUBTS = [
    "1031",
    "О1О31",
    "C.I.T.E.S.",
    "сиtес",
    "1291",
    "01291/2",
    "сертификат на живых птиц",
    "паспорт лошади",
    "разрешение на взрывчатые вещества",
]
NO_CODE = ["12", "120", "0120", "012011", "380", "О1", "???", "-", "Ð²ÐµÑ‚ÐµÑ€Ð¸Ð½Ð°Ñ€Ð½Ñ‹Ð¹", ""]
ORDINARY = [
    "CMR",
    "СМР",
    "04021",
    "4021",
    "2015/2",
    "01207",
    "1207",
    "invoice",
    "Invoice 12",
    "packing list",
    "Счет-фактура",
    "TIR carnet",
    "протокол дозиметрического контроля",
    "phytosanitary certificate",
    "Совет документов",
    "ответ, справка",
    "Сертификат происхождения СТ-1",
    "EUR.1",
    "T1",
    "ЭДТ 10",
    "шот-фактура",
    "жүкқұжат",
]
ANIMAL_VEHICLES = [
    "ското-воз",
    "ското воз",
    "cкoтoвoз",
    "skotovoz",
    "mal tasymaldaytyn kolik",
    "zhivorybnyy transport",
    "yaytsevoz",
    "tsyplyatovoz",
    "pchelovoz",
    "яйцовоз",
    "яйце-воз",
    "птицевоз для живой птицы",
    "cattle transporter",
    "pig carrier",
    "horse trailer",
    "автомобиль для перевозки животных",
    "прицеп для перевозки лошадей",
    "перевозка скота",
    "жылқы таситын",
    "жануарларға арналған көлік",
    "шапито",
    "13",
    "truck; skotovoz",
    "van for live animals",
]
ORDINARY_VEHICLES = [
    "",
    "truck",
    "тягач",
    "рефрижератор",
    "Dodge Ram",
    "truck for explosives",
    "tractor 150 horse power",
    "CAT truck",
    "113",
    "20",
    "fridge van for meat of poultry",
    "контейнеровоз",
    "автовоз",
    "лесовоз",
    "молоковоз",
    "ГАЗель",
    "кран козловой",
    "жүк көлігі",
]


def beside(kind: str, code: str = "8471 30 000 0", description: str = "computers") -> Case:
    goods = (GoodsLine(code, description),)
    return case(papers(goods=goods, documents=(Document(kind, "KZ-1"),)))


@pytest.mark.parametrize("kind", [*VETERINARY, *OTHER_DOUBTS, *NO_CODE])
def test_a_document_of_animals_or_of_no_readable_kind_holds_however_it_is_written(
    kind: str,
) -> None:
    verdict = decide(beside(kind))
    assert verdict.kind is VerdictKind.HOLD
    assert verdict.rule_ids == ("HO-DOCUMENT",)


@pytest.mark.parametrize("kind", VETERINARY)
def test_a_veterinary_paper_however_written_is_a_notice_beside_meat(kind: str) -> None:
    verdict = decide(beside(kind, "0202 30 900 4", "beef, frozen"))
    assert verdict.kind is VerdictKind.SCAN
    assert {one.rule_id for one in verdict.notices} == {"NT-DOCUMENT"}


@pytest.mark.parametrize("kind", ORDINARY)
def test_an_ordinary_document_holds_nothing(kind: str) -> None:
    assert decide(beside(kind)).kind is VerdictKind.SCAN


def test_a_word_in_the_name_of_a_document_holds_unless_every_code_explains_it() -> None:
    kind = "ветеринарный сертификат на птицу"
    assert decide(beside(kind, "0207 14 100 0", "тушки")).kind is VerdictKind.SCAN
    assert decide(beside(kind, "5101 11 000 0", "шерсть")).kind is VerdictKind.SCAN
    assert decide(beside(kind)).kind is VerdictKind.HOLD
    alive = "ветеринарный сертификат на живую птицу"
    assert decide(beside(alive, "0207 14 100 0", "тушки")).rule_ids == ("HO-DOCUMENT",)
    nothing = case(papers(goods=(), documents=(Document("паспорт лошади", "1"),)))
    assert "HO-DOCUMENT" in decide(nothing).rule_ids


@pytest.mark.parametrize("kind", ANIMAL_VEHICLES)
def test_a_vehicle_made_for_animals_holds_however_it_is_called(kind: str) -> None:
    verdict = decide(case(papers(vehicle=kind)))
    assert verdict.rule_ids == ("HO-ANIMAL-VEHICLE",)


@pytest.mark.parametrize("kind", ORDINARY_VEHICLES)
def test_an_ordinary_vehicle_holds_nothing(kind: str) -> None:
    assert decide(case(papers(vehicle=kind))).kind is VerdictKind.SCAN


def test_without_a_lexicon_a_kind_is_still_judged_by_the_table_and_its_form() -> None:
    bare = LawData(LAW.tables, ())
    documents = (Document("12", "1"), Document("вет. сертификат", "2"))
    found = decide(case(papers(documents=documents, vehicle="ското-воз"), law=bare))
    assert {"HO-DOCUMENT", "HO-ANIMAL-VEHICLE"} <= set(found.rule_ids)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("01201", "01201"),
        ("4021", "04021"),
        ("04021/3", "04021"),
        ("doc 02015", "02015"),
        ("12011", "12011"),
        ("invoice", None),
        ("bill 12", None),
        ("form 12 of 2020", None),
        ("123456", MALFORMED),
        ("0120", MALFORMED),
        ("/", MALFORMED),
    ],
)
def test_a_code_is_read_as_the_one_it_must_be_or_named_as_none(
    written: str, code: str | None
) -> None:
    assert document_code(written) == code


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_kind_is_answered_and_its_code_has_five_digits(kind: str, more: str) -> None:
    code = document_code(kind)
    assert code in (None, MALFORMED) or (len(code) == 5 and code.isdigit())
    documents = (Document(kind, "1"),)
    verdict = decide(case(papers(documents=documents, vehicle=kind + more)))
    assert verdict.kind in (VerdictKind.SCAN, VerdictKind.HOLD)
    assert code != MALFORMED or "HO-DOCUMENT" in verdict.rule_ids


@given(st.sampled_from(["01201", "1201", "01031", "01291"]), st.data())
def test_spaces_signs_and_look_alikes_inside_a_code_never_lose_it(code: str, data) -> None:  # type: ignore[no-untyped-def]
    marks = st.sampled_from(["", "", " ", ".", "-", "\u00a0", "\u200b"])
    zero = data.draw(st.sampled_from(["0", "O", "О", "о"]))
    written = "".join(zero if one == "0" else one + data.draw(marks) for one in code)
    assert document_code(written) == code.zfill(5)
