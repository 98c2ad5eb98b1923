"""Rules of `scanlane decide --batch`: a line for each manifest, nothing guessed for broken ones."""

import contextlib
import hashlib
import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import PublishError
from edge.law_desk.batch import MAX_ROWS, judge_lines, judge_rows, raw_lines
from edge.law_desk.columns import COLUMNS
from edge.law_desk.desk import open_desk
from edge.law_desk.labels import json_text
from edge.messages.manifest import MAX_GOODS_LINES
from tests.unit.control.kit import ROOT, Clock
from tests.unit.test_law_cli import AT, call, manifest

HEAD = "id,direction,tnved_code,description,height_mm,width_mm,length_mm,unit_mass_kg"
SIZES = "900,800,600,500"
DESK = open_desk(None, None, None, Clock(), {})


def batch(content: bytes | str, *words: str) -> tuple[int, list[dict[str, Any]]]:
    data = content.encode() if isinstance(content, str) else content
    result = call("decide", *AT, "--batch", "-", *words, stdin=data)
    assert all(list(one) == sorted(one) for one in map(json.loads, result.stdout.splitlines()))
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def rows(*lines: str, head: str = HEAD) -> tuple[int, list[dict[str, Any]]]:
    return batch("\n".join((head, *lines)), "--csv")


def line(code: str, manifest_id: str = "m-1", description: str = "x") -> str:
    goods = {"tnved_code": code, "description": description}
    return json.dumps(manifest(goods, id=manifest_id), ensure_ascii=False)


def test_every_manifest_has_its_line() -> None:
    code, found = batch("\n".join([line("8471 30", "a"), line("0301", "b"), line("0407", "c")]))
    assert code == 0
    assert [(one["id"], one["line"], one["verdict"], one["rules"]) for one in found] == [
        ("a", 1, "scan", ["SC-CLEAR"]),
        ("b", 2, "exempt", ["EX-LIVE-FISH"]),
        ("c", 3, "hold", ["HO-UNDECIDED-CODE"]),
    ]


def test_broken_lines_in_between_are_told_and_the_others_judged() -> None:
    lines = [
        line("8471 30", "a").encode(),
        b"{",
        b"",
        json.dumps(manifest(id="b", mood="good")).encode(),
        b"\xff\xfe\x00",
        b"x" * 10_000_000,
        b'{"id": "\\ud800"}',
        line("0301", "c").encode(),
    ]
    code, found = batch(b"\r\n".join(lines))
    assert code == 1
    assert [(one["line"], "error" in one) for one in found] == [
        (1, False), (2, True), (4, True), (5, True), (6, True), (7, True), (8, False),
    ]  # fmt: skip
    assert found[2]["id"] == "b"
    assert "mood" in found[2]["error"]
    assert "longer than" in found[4]["error"]


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_the_texts_are_in_the_language_that_was_asked_for(language: str) -> None:
    _, (found,) = batch(line("0301"), "--lang", language)
    fish = {"en": "Live fish", "ru": "Живая рыба", "kk": "Тірі балық"}
    assert found["texts"]["EX-LIVE-FISH"].startswith(fish[language])


SCRAPS = st.sampled_from(
    (*HEAD, *'",;\n\r\x00{}[\ufeff\ud800', "a,", HEAD, line("0301"), f"a,arrival,0301,x,{SIZES}\n")
)  # fmt: skip


@given(scraps=st.lists(SCRAPS, max_size=40), tail=st.binary(max_size=30), headed=st.booleans())
@settings(max_examples=150, deadline=None)
def test_no_file_at_all_ends_in_a_traceback(scraps: list[str], tail: bytes, headed: bool) -> None:
    body = "".join(scraps).encode("utf-8", "surrogatepass") + tail
    found = list(judge_lines(io.BytesIO(body), DESK, "en"))
    with contextlib.suppress(PublishError):  # columns that are none of a spreadsheet's
        head = f"{HEAD}\n".encode() if headed else b""
        found += judge_rows(io.BytesIO(head + body), DESK, "en")
    assert all(("error" in one) is not ("verdict" in one) for one in found)
    assert all(json.loads(json_text(one)) == one for one in found)


def test_an_empty_batch_is_done_and_a_missing_one_is_code_1(tmp_path: Path) -> None:
    assert batch("") == (0, [])
    for file in (tmp_path / "none.jsonl", tmp_path):
        result = call("decide", "--batch", str(file))
        assert result.exit_code == 1
        assert "cannot be read" in result.output


class Long:
    """A file of many equal lines that is never whole in memory."""

    def __init__(self, data: bytes, times: int) -> None:
        self._data, self._left = data, times

    def readline(self, most: int) -> bytes:
        self._left -= 1
        return self._data[:most] if self._left >= 0 else b""


def test_memory_does_not_grow_with_the_file() -> None:
    document = {"type": "01207", "number": "7" * 100, "date": "2026-01-31", "file": "f" * 300}
    data = json.dumps(manifest(documents=[document] * 200)).encode() + b"\n"
    tracemalloc.start()
    found: Iterator[object] = judge_lines(Long(data, 200), DESK, "en")  # type: ignore[arg-type]
    judged = sum(1 for _ in found)
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (judged, len(data) > 90_000) == (200, True)
    assert top < 5_000_000


def test_a_line_without_end_is_never_held_whole() -> None:
    tracemalloc.start()
    (only,) = raw_lines(Long(b"x" * 200_000, 400))  # type: ignore[arg-type]
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert only == (1, None)
    assert top < 5_000_000


def test_rows_of_one_id_are_one_manifest() -> None:
    code, found = rows(
        f"a,arrival,8471 30,computers,{SIZES}",
        "a,arrival,0407 11 000 0,eggs,,,,",
        f'b,arrival,8471 30,"computers, new",{SIZES}',
    )
    assert code == 0
    assert [(one["id"], one["line"], one["verdict"]) for one in found] == [
        ("a", 2, "exempt"), ("b", 4, "scan"),
    ]  # fmt: skip


def test_a_spreadsheet_is_known_by_its_name_and_may_use_semicolons(tmp_path: Path) -> None:
    file = tmp_path / "goods.CSV"
    text = f"{HEAD}\na,arrival,0301,carp,{SIZES}\n".replace(",", ";")
    file.write_text(text, encoding="utf-8-sig")
    result = call("decide", "--batch", str(file), *AT)
    assert result.exit_code == 0
    assert json.loads(result.output)["rules"] == ["EX-LIVE-FISH"]


def test_every_column_has_its_place_in_a_manifest() -> None:
    cells = {
        **dict.fromkeys(COLUMNS, "7"),
        "private_vehicle": "no",
        "lane": "lane-7",
        "direction": "departure",
        "mass_kg": "7,5",
        "request_date": "2026-01-31",
        "document_date": "2026-01-31",
        "issued": "2026-03-01T08:00:00Z",
        "valid_until": "2026-03-05T08:00:00Z",
    }
    code, (found,) = rows(",".join(f'"{cell}"' for cell in cells.values()), head=",".join(cells))
    assert (code, found["version"]) == (0, 7)
    page = (ROOT / "edge" / "law_desk" / "README.md").read_text(encoding="utf-8")
    assert [name for name in COLUMNS if f"| `{name}` |" not in page] == []


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (f"{HEAD},colour,mood", "unknown column 'colour'; unknown column 'mood'"),
        (f"{HEAD},id", "column 'id' twice"),
        ("id,direction,tnved_code", "no column 'description'"),
        ("", "the first line is empty"),
        ('"id', "the first line"),
    ],
)
def test_wrong_columns_are_code_1_and_named(head: str, said: str) -> None:
    result = call("decide", "--batch", "-", "--csv", stdin=head.encode())
    assert result.exit_code == 1
    assert said in result.output


def test_a_row_that_cannot_be_read_leaves_no_manifest_beside_it_judged() -> None:
    code, found = rows(
        f"a,arrival,8471 30,computers,{SIZES}",
        f",arrival,0301,carp,{SIZES}",
        f"b,arrival,8471 30,computers,{SIZES}",
        f"c,arrival,8471 30,computers,{SIZES}",
    )
    assert code == 1
    assert {one.get("id", ""): "error" in one for one in found} == {
        "": True, "a": True, "b": True, "c": False,
    }  # fmt: skip


def test_broken_rows_are_told_and_the_rest_is_judged() -> None:
    content = b"\n".join(
        [
            HEAD.encode(),
            f"a,arrival,8471 30,computers,{SIZES}".encode(),
            f"b,arrival,8471 30,computers,{SIZES},9".encode(),
            f"c,sideways,8471 30,computers,{SIZES}".encode(),
            f"d,arrival,8471 30,computers,high,{SIZES[4:]}".encode(),
            f"e,arrival,8471 30,computers,{SIZES}".encode(),
            b"f,arrival,\xff,computers,1,1,1,1",
            b"x" * 1_000_000,
            f"g,arrival,8471 30,computers,{SIZES}".encode(),
            f"h,arrival,8471 30,computers,{SIZES}".encode(),
            f"i,arrival,8471 30,two,{SIZES}".encode(),
            b"i,departure,8471 30,ways,,,,",
        ]
    )
    code, found = batch(content, "--csv")
    assert code == 1
    judged = [one["id"] for one in found if "verdict" in one]
    assert judged == ["a", "h"]
    errors = {one.get("id", f"line {one['line']}"): one["error"] for one in found if "error" in one}
    assert errors.keys() == {"b", "c", "d", "e", "line 7", "line 8", "g", "i"}
    assert "9 cells" in errors["b"]
    assert "height_mm" in errors["d"]
    assert "UTF-8" in errors["line 7"]
    assert "rows of one id say" in errors["i"]


def test_rows_of_one_id_that_stand_apart_are_an_error() -> None:
    code, found = rows(
        f"a,arrival,8471 30,computers,{SIZES}",
        f"b,arrival,8471 30,computers,{SIZES}",
        f"a,arrival,0301,carp,{SIZES}",
    )
    assert code == 1
    assert [("error" in one) for one in found] == [False, False, True]
    assert "began on line 2 already" in found[2]["error"]


def test_a_stray_quote_costs_no_more_than_the_manifests_beside_it() -> None:
    ordinary = [f"m-{number},arrival,0301,carp,{SIZES}" for number in range(5000)]
    ordinary[1] = f'm-1,arrival,0301,"carp,{SIZES}'
    code, found = rows(*ordinary)
    assert code == 1
    assert len(found) == 5000
    errors = {one["line"]: one["error"] for one in found if "error" in one}
    assert errors.keys() == {2, 3, 4}
    assert "a quote that is not closed on this line" in errors[3]
    assert "line 3 beside it" in errors[2]
    assert "line 3 beside it" in errors[4]
    assert {one["id"] for one in found if one.get("verdict") == "exempt"} == {
        f"m-{number}" for number in range(3, 5000)
    }


def test_a_cell_holds_no_line_end() -> None:
    code, found = rows(
        f'a,arrival,0301,"carp\n of the\n river",{SIZES}',
        f"b,arrival,8471 30,computers,{SIZES}",
        f"c,arrival,8471 30,computers,{SIZES}",
        f'd,arrival,8471 30,"computers\r",{SIZES}',
    )
    assert code == 1
    assert [one["id"] for one in found if "verdict" in one] == ["b"]
    assert {one["line"] for one in found if "error" in one} == {2, 3, 4, 6, 7}


@given(texts=st.lists(st.text('ab",;\r\x00 \ufeff', max_size=30), max_size=20))
@settings(max_examples=150, deadline=None)
def test_every_line_of_a_spreadsheet_is_in_a_verdict_or_an_error(texts: list[str]) -> None:
    lines = [f"m-{number},arrival,0301,{text},1,1,1,1" for number, text in enumerate(texts)]
    found = [*judge_rows(io.BytesIO("\n".join((HEAD, *lines)).encode()), DESK, "en")]
    assert {one["line"] for one in found} == {*range(2, len(texts) + 2)}


def test_too_many_rows_of_one_id_are_an_error() -> None:
    code, found = rows(*["a,arrival,8471 30,x,,,,"] * (MAX_ROWS + 1))
    assert code == 1
    assert f"{MAX_GOODS_LINES} goods lines" in found[0]["error"]


def test_a_thousand_goods_lines_of_one_manifest_are_judged() -> None:
    sizes = f"a,arrival,8471 30,Компьютер портативный новый,{SIZES}"
    code, (found,) = rows(sizes, *["a,arrival,8471 30,Компьютер портативный новый,,,,"] * 999)
    assert (code, found.get("error"), found["verdict"]) == (0, None, "scan")


def test_a_row_with_a_document_and_no_goods_names_one_more_document_of_the_manifest() -> None:
    head = f"{HEAD},document_type,document_number,document_date"
    first = f"a,arrival,8471 30,computers,{SIZES},02011,1,2026-01-31"
    code, (found,) = rows(first, "a,arrival,,,,,,,04021,2,2026-01-31", head=head)
    assert (code, found["verdict"], found["rules"]) == (0, "scan", ["SC-CLEAR"])
    _, (lacking,) = rows("a,arrival,,,,,,,04021,2,2026-01-31", head=head)
    assert "HO-GOODS-MISSING" in lacking["rules"]


def test_every_verdict_names_table_and_lexicon_by_their_hash() -> None:
    _, (found,) = rows(f"a,arrival,8471 30,computers,{SIZES}")
    law = Path(__file__).parents[2] / "config" / "law"
    hashes = {hashlib.sha256(one.read_bytes()).hexdigest() for one in law.rglob("*.toml")}
    assert {found["table_sha256"], found["words_sha256"]} <= hashes
    assert found["table_sha256"] != found["words_sha256"]


def test_a_row_without_a_time_of_validity_is_in_date() -> None:
    head = f"{HEAD},valid_until"
    _, (undated,) = rows(f"a,arrival,8471 30,computers,{SIZES},", head=head)
    assert undated["verdict"] == "scan"
    ended = "2026-03-01T00:00:00Z"
    _, (dated,) = rows(f"a,arrival,8471 30,computers,{SIZES},{ended}", head=head)
    assert dated["rules"] == ["HO-MANIFEST-STALE"]


def test_a_vehicle_made_for_animals_holds_in_a_spreadsheet_as_in_a_message() -> None:
    head = f"{HEAD},vehicle"
    code, (found,) = rows(f"a,arrival,8471 30,computers,{SIZES},скотовоз", head=head)
    assert (code, found["rules"]) == (0, ["HO-ANIMAL-VEHICLE"])


@pytest.mark.parametrize("goods", [",", "8471 30,computers"])
@pytest.mark.parametrize("answer", ["yes", "Yes", "true", "1"])
def test_a_private_vehicle_in_a_spreadsheet_asks_for_the_driver(answer: str, goods: str) -> None:
    head = f"{HEAD},private_vehicle"
    code, (found,) = rows(f"a,arrival,{goods},{SIZES},{answer}", head=head)
    assert (code, found["rules"]) == (0, ["HO-DRIVER-NOT-ASKED"])


def test_an_empty_goods_line_of_a_declared_unit_is_a_line_without_a_code() -> None:
    head = f"{HEAD},private_vehicle"
    for answer in ("", "no", "0"):
        _, (found,) = rows(f"a,arrival,,,{SIZES},{answer}", head=head)
        assert "HO-MALFORMED-CODE" in found["rules"]
    code, (found,) = rows(f"a,arrival,,,{SIZES},perhaps", head=head)
    assert code == 1
    assert "private_vehicle: 'perhaps' is no answer; write it as yes or no" in found["error"]


MARK = b"\xef\xbb\xbf"


def test_a_byte_order_mark_before_any_line_is_passed_over() -> None:
    one = MARK + line("0301", "a").encode()
    code, found = batch(b"\n".join([one, one.replace(b'"a"', b'"b"'), MARK]))
    assert (code, [each["verdict"] for each in found]) == (0, ["exempt", "exempt"])
    text = f"a,arrival,0301,carp,{SIZES}".encode()
    content = MARK + HEAD.encode() + b"\n" + MARK + text + b"\n" + text.replace(b"a,", b"b,", 1)
    code, found = batch(content, "--csv")
    assert (code, [each["id"] for each in found]) == (0, ["a", "b"])


WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32")


@pytest.mark.parametrize("encoding", WIDE)
def test_a_batch_in_a_wide_encoding_is_told_which_encoding_is_wanted(encoding: str) -> None:
    code, found = batch("\n".join([line("0301", "a"), line("0301", "b"), ""]).encode(encoding))
    assert code == 1
    assert len(found) == 2
    assert all("is UTF-16 or UTF-32, not UTF-8" in one["error"] for one in found)
    head = f"{HEAD}\na,arrival,0301,carp,{SIZES}\n".encode(encoding)
    result = call("decide", "--batch", "-", "--csv", stdin=head)
    assert result.exit_code == 1
    assert "the first line is UTF-16 or UTF-32, not UTF-8; save it as UTF-8" in result.output


def test_what_is_no_utf_8_is_named_with_its_place() -> None:
    content = [line("0301", "a", "карп").encode("cp1251"), b'{"id": "\\ud800"}', b'{"id": "a"} }']
    code, found = batch(b"\n".join(content))
    assert code == 1
    errors = [one["error"] for one in found]
    assert "is not UTF-8 (0xea at byte " in errors[0]
    assert "perhaps Windows-1251" in errors[0]
    assert "lone surrogate" in errors[1]
    assert not any(": :" in error for error in errors)
