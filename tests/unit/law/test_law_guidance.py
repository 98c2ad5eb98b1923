"""Every rule has its source and what would change it; what is said agrees with what is decided."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
from law_builders import LAW, LEXICON, TABLE, case, papers

from edge.law.change_texts import CHANGE_TEXTS
from edge.law.exemptions import decide
from edge.law.explain import explain_line, sources_of
from edge.law.grounds import study_case
from edge.law.guidance import GUIDES, RULE_SOURCES
from edge.law.manifest import Document, GoodsLine, IdentityState
from edge.law.rule_texts import RULE_TEXTS
from edge.law.rules import RULES, Rule, VerdictKind
from edge.law.words import Text

DAY = date(2026, 3, 2)


@pytest.mark.parametrize("rule", Rule, ids=lambda rule: rule.value)
def test_every_rule_has_a_source_and_says_what_would_change_it(rule: Rule) -> None:
    guide = GUIDES[rule]
    assert guide.source == RULE_SOURCES[rule]
    texts = (guide.change.en, guide.change.ru, guide.change.kk)
    assert all(text.strip() == text != "" for text in texts)
    assert len(set(texts)) == 3


@pytest.mark.parametrize("rule", Rule, ids=lambda rule: rule.value)
def test_what_no_officer_may_scan_is_said_so_in_every_language(rule: Rule) -> None:
    kind, change = RULES[rule].kind, GUIDES[rule].change
    nobody = kind not in (None, VerdictKind.SCAN) and not RULES[rule].officer_may_scan
    said = ("no officer may scan", "не вправе никто", "ешкім сканерлей алмайды")
    shown = Text("no officer may scan" if said[0] in change.en else "", "", "")
    assert [word in text for word, text in zip(said, (change.en, change.ru, change.kk), strict=True)
            ] == [nobody] * 3, shown  # fmt: skip


CITED = re.compile(r'(?P<file>[a-z_]+/[\w/.-]+\.(?:md|toml)), (?P<part>[^:"]+): "(?P<words>[^"]+)"')
SETTING = re.compile(r"setting `\[(?P<part>\w+)\](?: (?P<key>\w+))?`")
ROOT = Path(__file__).parents[3]


def part_of_page(page: str, heading: str) -> str:
    """The text below one heading, line ends as spaces."""
    parts = page.split("\n## ")[1:]
    (found,) = [one for one in parts if one.startswith(f"{heading}\n")]
    return " ".join(found.split())


@pytest.mark.parametrize("rule", Rule, ids=lambda rule: rule.value)
def test_what_a_source_cites_stands_there_in_these_words(rule: Rule) -> None:
    source = RULE_SOURCES[rule]
    cited = [*CITED.finditer(source)]
    assert len(cited) == len(re.findall(r"\.(?:md|toml|py)\b", source))
    assert cited or "No. 722" in source
    for one in cited:
        page = (ROOT / one["file"]).read_text(encoding="utf-8")
        assert one["words"] in part_of_page(page, one["part"])


@pytest.mark.parametrize("rule", Rule, ids=lambda rule: rule.value)
def test_a_setting_that_a_source_names_exists(rule: Rule) -> None:
    lane = tomllib.loads((ROOT / "config/lanes/cargo.toml").read_text(encoding="utf-8"))
    for one in SETTING.finditer(RULE_SOURCES[rule]):
        assert one["part"] in lane
        assert one["key"] in (None, *lane[one["part"]])


def test_a_rule_about_sizes_cites_the_order_and_the_limits_of_the_lane() -> None:
    sizes = [rule for rule in Rule if "DIMENSIONS" in rule.value]
    assert len(sizes) == 5
    for rule in sizes:
        assert "exemption 4 (dimensions" in RULE_SOURCES[rule]
        assert "setting `[envelope]` of the lane file" in RULE_SOURCES[rule]


def test_the_source_of_a_stale_manifest_speaks_of_no_exempt_line() -> None:
    assert "exempt" not in RULE_SOURCES[Rule.MANIFEST_STALE]


def test_officers_have_their_russian_and_kazakh_names_in_every_text() -> None:
    texts = [*CHANGE_TEXTS.values(), *RULE_TEXTS.values()]
    for text in texts:
        assert not re.search("OMS|OAC|ОМС", text.ru + text.kk)
        assert ("OMS" in text.en) == ("ОУС" in text.ru) == ("жүйені басқару оператор" in (
            text.kk.lower()))  # fmt: skip


def explained(code: str, description: str = ""):
    return explain_line(GoodsLine(code, description), TABLE, LEXICON)


@pytest.mark.parametrize(
    ("code", "description", "kind", "rules"),
    [
        ("0407", "", VerdictKind.HOLD, ["HO-UNDECIDED-CODE"]),
        ("0407 11 000 0", "", VerdictKind.EXEMPT, []),
        ("0407 21 000 0", "eggs", VerdictKind.SCAN, []),
        ("8436 21", "инкубатор", VerdictKind.SCAN, []),
        ("407110000", "", VerdictKind.HOLD, ["HO-MALFORMED-CODE"]),
        ("2203 00", "живое пиво", VerdictKind.SCAN, []),
        ("4418", "живые цыплята", VerdictKind.HOLD, ["HO-LIVING-WORD"]),
    ],
)
def test_a_line_is_explained_as_it_is_decided(
    code: str, description: str, kind: VerdictKind, rules: list[str]
) -> None:
    one = explained(code, description)
    assert (one.kind, [reason.rule_id for reason in one.reasons]) == (kind, rules)
    alone = decide(case(papers(goods=(GoodsLine(code, description),))))
    assert alone.kind is kind


def test_a_lost_zero_is_shown_and_never_judged_by() -> None:
    one = explained("407110000")
    assert (one.lost_zero, one.kind) == ("0407110000", VerdictKind.HOLD)
    assert explained("12345678901").lost_zero == ""
    assert explained("77").lost_zero == ""


def sources(rule: Rule, *codes: str, **changes: object) -> tuple[str, ...]:
    return sources_of(rule, study_case(case(papers(*codes, **changes))))


def test_the_source_of_a_goods_rule_is_that_of_its_row() -> None:
    (row,) = [row for row in TABLE.rows if row.prefix == "0301"]
    assert sources(Rule.LIVE_FISH, "0301 99") == (f"0301, live fish: {row.source}",)
    unproven = sources(Rule.EXEMPT_UNPROVEN, "0301 99", identity=IdentityState.MISSING)
    assert unproven == (f"0301, live fish: {row.source}",)
    assert len(sources(Rule.UNDECIDED_CODE, "0407")) == 2
    assert "lobsters" in sources(Rule.LIVING_GOODS, "0306 32 100 0")[0]


def test_the_source_of_a_word_is_its_lexicon() -> None:
    line = GoodsLine("4418", "live chicks")
    found = sources(Rule.LIVING_WORD, goods=(line,))
    assert found
    assert all(LEXICON.ref.version in one and LEXICON.source in one for one in found)


def test_a_word_in_a_description_that_was_not_read_whole_still_has_its_source() -> None:
    line = GoodsLine("4418", "live chicks \ufffd")
    assert sources(Rule.LIVING_WORD, goods=(line,))
    assert "HO-DESCRIPTION-UNREAD" in decide(case(papers(goods=(line,)))).rule_ids


def test_documents_and_vehicles_name_their_rows() -> None:
    certificate = (Document("01201", "KZ-1"),)
    assert "veterinary" in sources(Rule.DOCUMENT, documents=certificate)[0]
    assert sources(Rule.ANIMAL_VEHICLE, vehicle="скотовоз")[0].startswith("livestock_carrier, ")


def test_a_rule_without_a_row_has_its_own_source() -> None:
    assert sources(Rule.CLEAR) == (RULE_SOURCES[Rule.CLEAR],)
    assert LAW.tables == (TABLE,)
