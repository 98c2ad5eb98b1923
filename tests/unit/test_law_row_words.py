"""An answer in Russian or Kazakh is in that language, but for what people wrote and for sources."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from edge.law.tariff import CodeProblem
from edge.law.verdicts import SizeFit
from edge.law_desk.row_words import CODE_PROBLEMS, SIZES, WHAT
from tests.unit.control.kit import ROOT
from tests.unit.test_law_cli import AT, call, manifest

TABLE = tomllib.loads((ROOT / "config/law/exemptions-2025.toml").read_text(encoding="utf-8"))
SPEAKING = [
    row
    for kind in ("exempt", "goods", "document", "vehicle")
    for row in TABLE[kind]
    if row.get("action") != "allow"
]


def test_every_row_that_can_speak_is_translated() -> None:
    assert [row["what"] for row in SPEAKING if row["what"] not in WHAT] == []
    for text in (*WHAT.values(), *SIZES.values(), *CODE_PROBLEMS.values()):
        assert re.search("[а-яә]", text.ru), text
        assert re.search("[а-яә]", text.kk), text
    assert set(SIZES) == set(SizeFit)
    assert set(CODE_PROBLEMS) == set(CodeProblem)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("document", ("01201 1: ветеринарный сертификат", "01201 1: ветеринариялық сертификат")),
        ("vehicle", ("скотовоз: скотовоз", "скотовоз: мал таситын көлік")),
        ("long", ("содержит не 2, 4, 6, 8 или 10 цифр", "цифр саны 2, 4, 6, 8 немесе 10 емес")),
        ("short", ("может быть 0407 11, оплодотворённые", "мүмкін 0407 11, инкубацияға")),
        ("film", ("3701, фотопластинки и плоские", "3701, экспонирленбеген фотопластинкалар")),
    ],
)
@pytest.mark.parametrize("language", ["ru", "kk"])
def test_no_input_of_an_answer_stays_english(
    tmp_path: Path, row: str, words: tuple[str, str], language: str
) -> None:
    codes = {"long": "84713", "short": "0407", "film": "3701 10"}
    goods = {"tnved_code": codes.get(row, "8471 30"), "description": "товар"}
    more: dict[str, object] = {}
    if row == "document":
        more["documents"] = [{"type": "01201", "number": "1", "date": "2026-01-31"}]
    if row == "vehicle":
        more["transport"] = {"kind": "скотовоз"}
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(manifest(goods, **more)), encoding="utf-8")
    said = call("decide", str(file), *AT, "--lang", language).output
    assert words[language == "kk"] in said
    inputs = [line for line in said.splitlines() if re.match(r"\s+(данные|дерек):", line)]
    assert inputs
    assert not any(re.search("[a-z]{4}", line) for line in inputs), inputs
    size = next(line for line in said.splitlines() if line.startswith("габарит"))
    assert size.split(": ")[1] in {getattr(one, language) for one in SIZES.values()}
    explained = call("law", "explain", codes.get(row, "8471 30"), *AT, "--lang", language).output
    if row in codes:
        assert words[language == "kk"].split(", ")[-1] in explained


def test_what_people_wrote_stays_as_they_wrote_it(tmp_path: Path) -> None:
    goods = {"tnved_code": "0301", "description": "x, live fish"}
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(manifest(goods)), encoding="utf-8")
    assert "'0301' x, live fish" in call("decide", str(file), *AT, "--lang", "ru").output


def test_an_amount_on_an_axis_without_limits_is_said_to_mean_nothing(tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    goods = {"tnved_code": "8471 30", "description": "computers"}
    file.write_text(json.dumps(manifest(goods)), encoding="utf-8")
    said = call("decide", str(file), *AT, "--measured", "speed_mm_s=99999,height_mm=900").output
    assert "speed_mm_s 99999 ±0: given as measured and not looked at" in said
    assert "height_mm 900 ±0: given as measured\n" in said
