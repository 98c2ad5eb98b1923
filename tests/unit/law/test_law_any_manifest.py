"""Whatever comes as a manifest gives a verdict or a named refusal, and never anything else."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from law_builders import DAY, ENVELOPE, INSPECTION, LAW, MEASURED
from law_units import ADVISED_CODES, EXEMPT_CODES, TEXTS

from edge.control.facts import manifest_facts
from edge.errors import PublishError
from edge.law.case import Case
from edge.law.exemptions import decide
from edge.law.manifest import IdentityState
from edge.law.replay import read_inputs
from edge.law.verdicts import Verdict, VerdictKind
from edge.messages.base import MESSAGE_LIMIT_BYTES
from edge.messages.manifest import read_manifest

NOW = datetime(2025, 6, 2, 8, tzinfo=UTC)
QUIET = settings(deadline=None, max_examples=150, derandomize=True)
GOOD = {
    "id": "M-2025-0001",
    "version": 1,
    "lane": "cargo-1",
    "direction": "arrival",
    "carrier": "A carrier",
    "identifiers": {"plate": "123ABC02"},
    "goods": [{"tnved_code": "8471 30 000 0", "description": "portable computers"}],
    "dimensions": {"length_mm": 900, "mass_kg": 120},
    "issued": "2025-06-01T08:00:00Z",
    "valid_until": "2025-06-08T08:00:00Z",
}


def decided(payload):
    """The verdict on bytes, or the refusal; any other exception is a failure of the test."""
    try:
        manifest = read_manifest(payload)
    except PublishError as refused:
        return str(refused)
    facts = manifest_facts((manifest,), IdentityState.AGREED, NOW)
    unit = Case(INSPECTION, facts, MEASURED, ENVELOPE, LAW, DAY)
    verdict = decide(unit)
    record = json.loads(json.dumps(verdict.record()))
    assert decide(read_inputs(record["inputs"], LAW)) == verdict
    return verdict


def written(**changes):
    return json.dumps({**GOOD, **changes}).encode()


def is_an_answer(found):
    return isinstance(found, Verdict) or found.startswith("manifest: ")


# Lone surrogates included: JSON can write them, UTF-8 cannot.
TEXT = st.text(st.characters(exclude_categories=[]), max_size=60)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
)
CODES = st.sampled_from((*EXEMPT_CODES, *ADVISED_CODES)) | TEXT
LINES = st.fixed_dictionaries(
    {"tnved_code": CODES | SCALARS, "description": st.sampled_from(TEXTS) | TEXT | SCALARS},
    optional={"mass_kg": SCALARS, "packages": SCALARS, "more": SCALARS},
)


@QUIET
@given(st.binary(max_size=300))
def test_any_bytes_give_a_named_refusal(payload):
    assert is_an_answer(decided(payload))


@QUIET
@given(JSON)
def test_any_json_gives_a_named_refusal(value):
    assert decided(json.dumps(value).encode()).startswith("manifest: ")


@QUIET
@given(st.sampled_from(sorted(GOOD)), JSON)
def test_a_manifest_with_anything_in_a_field_gives_a_verdict_or_a_named_refusal(key, value):
    assert is_an_answer(decided(written(**{key: value})))


@QUIET
@given(st.lists(LINES, max_size=5))
def test_any_lines_of_goods_give_a_verdict_or_a_named_refusal(lines):
    assert is_an_answer(decided(written(goods=lines)))


@QUIET
@given(st.lists(st.tuples(CODES, TEXT), min_size=1, max_size=5))
def test_any_text_in_a_line_gives_a_verdict_or_names_what_cannot_be_written(lines):
    goods = [{"tnved_code": code, "description": text} for code, text in lines]
    found = decided(written(goods=goods))
    lone = any("\ud800" <= char <= "\udfff" for line in lines for part in line for char in part)
    long = any(len(code) > 40 for code, _ in lines)
    assert isinstance(found, Verdict) is not (lone or long)


@QUIET
@given(st.data())
def test_a_manifest_that_was_damaged_on_its_way_gives_a_verdict_or_a_named_refusal(data):
    payload = bytearray(written())
    for place in data.draw(st.lists(st.integers(0, len(payload) - 1), max_size=4)):
        payload[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(payload)) | st.just(len(payload)))
    assert is_an_answer(decided(bytes(payload[:cut])))


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"goods":['])
@pytest.mark.parametrize("closed", [True, False])
def test_deep_nesting_gives_a_named_refusal(opening, closed):
    deep = opening * 40_000
    payload = deep + b"1" + (b"]" if opening == b"[" else b"}") * 40_000 * closed
    for one in (payload, payload[:MESSAGE_LIMIT_BYTES]):
        assert decided(one).startswith("manifest: ")


@pytest.mark.parametrize("size", [MESSAGE_LIMIT_BYTES + 1, 10_000_000])
def test_more_than_the_contract_allows_is_refused_unread(size):
    assert decided(b" " * size).startswith(f"manifest: {size} bytes")


@pytest.mark.parametrize("keys", [["a"] * 20_000, [f"{n:x}" for n in range(7_000)] * 2])
def test_many_keys_that_come_twice_are_refused_by_name(keys):
    payload = ("{" + ",".join(f'"{key}":1' for key in keys) + "}").encode()
    assert len(payload) < MESSAGE_LIMIT_BYTES
    assert "appears twice" in decided(payload)


@pytest.mark.parametrize("number", ["9" * 5000, "-" + "9" * 4301, "1e400", "NaN", "-Infinity"])
def test_numbers_that_are_none_are_refused(number):
    payload = written().replace(b'"version": 1', b'"version": ' + number.encode())
    assert decided(payload).startswith("manifest: ")


def goods(count, description="parts of tractors"):
    codes = ("8708 99 970 9", "8471 30 000 0", "0302 11 100 0")
    return [
        {"tnved_code": codes[number % 3], "description": f"{description} {number}"}
        for number in range(count)
    ]


def test_two_thousand_lines_are_decided_and_one_more_is_refused():
    short = [{"tnved_code": "8471300000", "description": "x"}] * 2001
    payload = json.dumps({**GOOD, "goods": short[:2000]}, separators=(",", ":")).encode()
    assert len(payload) <= MESSAGE_LIMIT_BYTES
    assert decided(payload).kind is VerdictKind.SCAN
    more = json.dumps({**GOOD, "goods": short}, separators=(",", ":")).encode()
    assert "at most 2000 items" in decided(more)


def test_one_exempt_line_among_a_thousand_exempts_the_unit():
    lines = goods(1000)
    assert decided(written(goods=lines)).kind is VerdictKind.SCAN
    lines[617] = {"tnved_code": "0105 11 110 0", "description": "day-old chicks"}
    assert decided(written(goods=lines)).rule_ids == ("EX-LIVE-ANIMALS",)


@pytest.mark.parametrize(
    "text",
    ["live " * 700, "тірі " * 700, "l i v e " * 400, "dog food " * 400, "a-" * 1900, "ж" * 3900,
     "live\n" * 700, "\u0301" * 3900, "живые цветы и птицы " * 180, "\u200b" * 3900, "' " * 1900],
)  # fmt: skip
def test_descriptions_made_to_be_slow_are_decided_like_any_other(text):
    line = {"tnved_code": "8471 30 000 0", "description": text[:3999]}
    lines = [{**line, "description": line["description"] + str(number)} for number in range(8)]
    payload = json.dumps({**GOOD, "goods": lines}, ensure_ascii=False).encode()
    assert isinstance(decided(payload), Verdict)
