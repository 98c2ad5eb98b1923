"""Rules of `scanlane decide`: the lane's own verdict on paper, why, and what would change it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge.cli import main
from edge.law.change_texts import CHANGE_TEXTS
from edge.law.rule_texts import RULE_TEXTS
from edge.law.rules import Rule
from edge.law.words import NATIVE_REVIEW
from tests.unit.control.kit import LANE_FILE, ROOT

LAW = ROOT / "config" / "law"
AT = ("--at", "2026-03-02")
LINE = {"tnved_code": "8471 30 000 0", "description": "computers"}

Write = Callable[..., Path]


def call(*words: str, stdin: bytes | None = None) -> Result:
    result = CliRunner().invoke(main, list(words), input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert "Traceback" not in result.output
    assert "\x1b" not in result.output
    return result


def manifest(*goods: dict[str, object], **changes: object) -> dict[str, Any]:
    ordinary = {
        "id": "m-1",
        "version": 1,
        "lane": "kz-cargo-demo",
        "direction": "arrival",
        "carrier": "TOO Carrier",
        "identifiers": {"qr": "Q-1", "container": "C-1"},
        "goods": list(goods) or [LINE],
        "dimensions": {"height_mm": 900, "width_mm": 800, "length_mm": 600, "mass_kg": 500},
        "issued": "2026-03-01T08:00:00Z",
        "valid_until": "2026-03-05T08:00:00Z",
    }
    return {**ordinary, **changes}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(content: object) -> Path:
        file = tmp_path / "manifest.json"
        file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return file

    return put


def decided(file: Path, *words: str) -> dict[str, Any]:
    result = call("decide", str(file), *AT, "--json", *words)
    assert result.exit_code == 0, result.output
    record: dict[str, Any] = json.loads(result.output)
    return record


def test_ordinary_goods_may_be_scanned_and_what_was_assumed_is_said(write: Write) -> None:
    result = call("decide", str(write(manifest())), *AT)
    assert result.exit_code == 0
    assert "verdict: SCAN" in result.output
    assert "the manifest is taken as signed by headquarters" in result.output
    assert "judged at 12:00 on 2026-03-02 at the lane (Asia/Almaty)" in result.output
    for axis in ("height_mm 900", "width_mm 800", "length_mm 600", "mass_kg 500"):
        assert f"{axis}: declared, taken as if measured exactly" in result.output
    assert result.output.count("sha256 ") == 2


def test_an_exemption_names_its_row_its_source_and_that_nobody_may_scan(write: Write) -> None:
    goods = {"tnved_code": "0301 99", "description": "carp"}
    result = call("decide", str(write(manifest(goods))), *AT)
    assert "verdict: EXEMPT" in result.output
    assert "EX-LIVE-FISH  Live fish is not scanned" in result.output
    assert "source: 0301, live fish: Order 722 notice, exemption 2" in result.output
    assert "an officer's answer may lead to a scan: no" in result.output
    assert "no officer may scan" in result.output


def test_what_would_also_speak_is_shown_with_its_sources_beside_the_verdict(write: Write) -> None:
    goods = {"tnved_code": "0101 21 000 0", "description": "horses"}
    file = write(manifest(goods, direction="departure"))
    words = ("--measured", "height_mm=9000")
    shown = call("decide", str(file), *AT, *words).output
    assert "verdict: NO_BASIS" in shown
    reasons, also = shown.split("would also speak:")
    assert "NB-DEPARTURE" in reasons
    assert "an officer's answer may lead to a scan" not in also
    for said in ("EX-LIVE-ANIMALS", "EX-DIMENSIONS", "source: 01, live animals"):
        assert said in also
        assert said not in reasons
    record = decided(file, *words)
    assert [one["rule"] for one in record["reasons"]] == ["NB-DEPARTURE"]
    told = [one["rule"] for one in record["would_also_speak"]]
    assert {"EX-DIMENSIONS", "EX-LIVE-ANIMALS"} <= set(told) <= set(record["explained"])
    plain = write(manifest())
    assert "would also speak" not in call("decide", str(plain), *AT).output
    assert decided(plain)["would_also_speak"] == []


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_every_language_has_text_and_remedy(write: Write, language: str) -> None:
    file = write(manifest({"tnved_code": "9508 10", "description": "x"}))
    shown = call("decide", str(file), *AT, "--lang", language).output
    assert getattr(RULE_TEXTS[Rule.CIRCUS], language) in shown
    assert getattr(CHANGE_TEXTS[Rule.CIRCUS], language) in shown
    assert ("needs native review" in shown) is (language != "en")
    explained = decided(file, "--lang", language)["explained"]["EX-CIRCUS"]
    assert explained["text"] == getattr(RULE_TEXTS[Rule.CIRCUS], language)
    assert explained["change"] == getattr(CHANGE_TEXTS[Rule.CIRCUS], language)


def test_a_record_says_where_an_officer_may_judge(write: Write) -> None:
    file = write(manifest({"tnved_code": "8471 30 000 0", "description": "live birds"}))
    record = decided(file)
    assert [reason["rule"] for reason in record["reasons"]] == ["HO-LIVING-WORD"]
    assert record["officer_may_scan"] is True


def test_the_record_is_that_of_the_verdict_with_sorted_additions(write: Write) -> None:
    file = write(manifest({"tnved_code": "0407", "description": "яйца"}))
    record = decided(file)
    assert list(record) == sorted(record)
    assert (record["verdict"], record["inspection"]) == ("hold", "on-paper")
    assert [reason["rule"] for reason in record["reasons"]] == ["HO-UNDECIDED-CODE"]
    assert record["officer_may_scan"] is False
    assert len(record["explained"]["HO-UNDECIDED-CODE"]["sources"]) == 2
    assert record["table"]["version"] == "2026.3"
    assert call("decide", str(file), *AT, "--json").output == (
        call("decide", str(file), *AT, "--json").output
    )


def test_given_measurements_go_before_declared_sizes(write: Write) -> None:
    file = write(manifest())
    too_high = decided(file, "--measured", "height_mm=1600")
    assert (too_high["verdict"], too_high["size"]) == ("exempt", "beyond")
    near = decided(file, "--measured", "height_mm=1495+-20, width_mm=800")
    assert [reason["rule"] for reason in near["reasons"]] == ["HO-DIMENSIONS-UNCERTAIN"]
    assert "height_mm 1495 ±20: given as measured" in near["assumed"]
    unknown = decided(write(manifest(dimensions=None)))
    assert [reason["rule"] for reason in unknown["reasons"]] == ["HO-DIMENSIONS-UNKNOWN"]


@pytest.mark.parametrize(
    "measured", ["height=1", "height_mm", "height_mm=x", "height_mm=1,height_mm=2",
                 "height_mm=-1", "height_mm=1+-", "height_mm=99999999999"],
)  # fmt: skip
def test_a_wrong_measurement_is_code_2_and_named(write: Write, measured: str) -> None:
    result = call("decide", str(write(manifest())), "--measured", measured)
    assert result.exit_code == 2
    assert "height" in result.output


def test_departures_stale_papers_and_other_lanes_are_seen(write: Write) -> None:
    leaving = decided(write(manifest(direction="departure")))
    assert leaving["verdict"] == "no_basis"
    stale = decided(write(manifest(valid_until="2026-03-02T06:00:00Z")))
    assert [reason["rule"] for reason in stale["reasons"]] == ["HO-MANIFEST-STALE"]
    other = decided(write(manifest(lane="another-lane")))
    assert any("another-lane" in text for text in other["assumed"])


def test_a_day_without_a_table_says_so(write: Write) -> None:
    result = call("decide", str(write(manifest())), "--at", "2031-01-01")
    assert result.exit_code == 0
    assert "HO-TABLE-EXPIRED" in result.output
    assert "table of exemptions: none" in result.output


def test_without_a_day_it_is_judged_now(write: Write) -> None:
    record = json.loads(call("decide", str(write(manifest())), "--json").output)
    assert record["inputs"]["day"] >= "2026-01-01"


def test_what_would_act_on_a_terminal_is_escaped(write: Write) -> None:
    file = write(manifest({"tnved_code": "12", "description": "live \u009b31m\u202e dogs"}))
    for words in ((), ("--json",)):
        output = call("decide", str(file), *AT, *words).output
        assert "live" in output
        assert not {"\x9b", "\u202e"} & set(output)


def test_another_law_and_another_lane_may_be_named(write: Write, tmp_path: Path) -> None:
    lane = tmp_path / "lane.toml"
    text = LANE_FILE.read_text(encoding="utf-8").replace("kz-cargo-demo", "other-lane")
    lane.write_text(text.replace("[100, 1500]", "[100, 500]"), encoding="utf-8")
    found = decided(write(manifest()), "--lane", str(lane), "--law", str(LAW))
    assert (found["lane"], found["verdict"]) == ("other-lane", "exempt")
    lost = call("decide", str(write(manifest())), "--lane", str(lane))
    assert lost.exit_code == 3
    assert "no table" in lost.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a JSON message"),
        (b"{", "not a JSON message"),
        (b"[]", "instead of an object"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"id": "m-1", "id": "m-2"}', "appears twice"),
        (b'{"a": NaN}', "NaN"),
        (b"[" * 100_000, "not a JSON message"),
        (b"x" * 10_000_000, "longer than the 131072 bytes"),
        (json.dumps(manifest(mood="good")).encode(), "mood"),
        (json.dumps(manifest(issued="yesterday")).encode(), "issued"),
        (b'{"id": "\\ud800"}', "lone surrogate"),
        (json.dumps(manifest(**{"\x1b[31m": 1})).encode(), "x1b"),
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_code_1_and_says_why(
    tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "broken.json"
    file.write_bytes(content)
    result = call("decide", str(file), *AT)
    assert result.exit_code == 1
    assert said in result.output
    assert str(file) in result.output
    assert len(result.output) < 2000


def test_a_missing_file_or_a_folder_is_code_1(tmp_path: Path) -> None:
    for file in (tmp_path / "none.json", tmp_path):
        result = call("decide", str(file))
        assert result.exit_code == 1
        assert "cannot be read" in result.output


def test_a_lane_or_a_law_that_cannot_be_read_is_code_3(write: Write, tmp_path: Path) -> None:
    file = str(write(manifest()))
    for words in (("--lane", str(tmp_path / "none.toml")), ("--law", str(tmp_path / "none"))):
        result = call("decide", file, *words)
        assert result.exit_code == 3
        assert "mistake(s)" in result.output


@pytest.mark.parametrize(
    "words",
    [
        ("decide",),
        ("decide", "m.json", "--batch", "-"),
        ("decide", "m.json", "--csv"),
        ("decide", "m.json", "--at", "2026-02-30"),
        ("decide", "m.json", "--at", "tomorrow"),
        ("decide", "m.json", "--lang", "de"),
        ("law", "show", "--lang", "de"),
        ("law", "show", "--at", "31.01.2026"),
        ("law", "explain"),
        ("law", "diff", "one"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_code_2(words: tuple[str, ...]) -> None:
    assert call(*words).exit_code == 2


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8-sig", ""),
        ("utf-16", "manifest: is UTF-16 or UTF-32, not UTF-8; save it as UTF-8"),
        ("utf-16-be", "manifest: is UTF-16 or UTF-32, not UTF-8; save it as UTF-8"),
        ("cp1251", "manifest: is not UTF-8 (0xea at byte"),
    ],
)
def test_a_manifest_is_utf_8_with_or_without_a_mark_and_others_are_named(
    tmp_path: Path, encoding: str, said: str
) -> None:
    text = json.dumps(manifest({**LINE, "description": "компьютер"}), ensure_ascii=False)
    file = tmp_path / "manifest.json"
    file.write_text(text, encoding=encoding)
    result = call("decide", str(file), *AT)
    assert result.exit_code == (1 if said else 0)
    assert said in result.output
    assert ": :" not in result.output


@pytest.mark.parametrize(
    ("code", "description", "may", "headline"),
    [
        ("0407", "x", "no", "held until a missing fact is known; no officer's answer makes a scan"),
        ("0407", "live hens", "no", "held until a missing fact is known"),
        ("8471 30", "live hens", "yes", "held; a named officer judges, and may answer scan"),
    ],
)
def test_the_headline_of_a_hold_agrees_with_what_an_officer_may(
    write: Write, code: str, description: str, may: str, headline: str
) -> None:
    file = write(manifest({"tnved_code": code, "description": description}))
    shown = call("decide", str(file), *AT).output.splitlines()
    assert shown[1].startswith(f"verdict: HOLD - {headline}")
    assert shown[2] == f"an officer's answer may lead to a scan: {may}"
    told = call("law", "explain", code, "--description", description, *AT).output
    assert f"HOLD - {headline}" in told


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_a_record_in_another_language_says_that_its_texts_need_review(
    write: Write, language: str
) -> None:
    file = write(manifest())
    assert decided(file, "--lang", language).get("review") == (
        None if language == "en" else NATIVE_REVIEW
    )
    result = call("decide", *AT, "--batch", str(file), "--lang", language)
    assert json.loads(result.output).get("review") == (None if language == "en" else NATIVE_REVIEW)
