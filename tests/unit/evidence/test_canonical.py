"""Canonical JSON: one value, one byte string, and clear refusals."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.evidence.canonical import DEPTH_LIMIT, GREATEST_INTEGER, NotCanonical, canonical

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.integers(-GREATEST_INTEGER, GREATEST_INTEGER)
    | st.floats(-GREATEST_INTEGER, GREATEST_INTEGER),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


def test_keys_are_sorted_by_utf16_units_as_in_rfc_8785_3_2_3() -> None:
    # Golden: the example of RFC 8785, section 3.2.3.
    value = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert [*json.loads(canonical(value)).values()] == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


def test_numbers_are_written_as_in_rfc_8785_3_2_2() -> None:
    # Golden: the example of RFC 8785, section 3.2.2, without its 1E30, which is beyond our bound.
    value = {
        "numbers": [333333333.33333329, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\nA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    assert canonical(value) == (
        b'{"literals":[null,true,false],"numbers":[333333333.3333333,4.5,0.002,1e-27],'
        b'"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


@given(JSON_VALUES)
@settings(deadline=None, max_examples=150, derandomize=True)
def test_reading_and_writing_again_gives_the_same_bytes(value: object) -> None:
    written = canonical(value)
    assert canonical(json.loads(written)) == written


@given(st.dictionaries(st.text(max_size=5), st.integers(0, 9), max_size=8))
@settings(deadline=None, max_examples=60, derandomize=True)
def test_the_order_of_keys_never_matters(mapping: dict[str, int]) -> None:
    assert canonical(mapping) == canonical(dict(reversed(mapping.items())))


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({"a": [1, float("nan")]}, "$.a[1]"),
        ({"a": float("inf")}, "$.a"),
        ({"speed": 2**53}, "2^53"),
        ({"speed": -(2**53)}, "2^53"),
        ({"speed": 1e30}, "2^53"),
        ({"a": b"raw"}, "bytes"),
        ({1: "a"}, "key 1"),
        ({"a": "\ud800"}, "Unicode"),
        ({"\ud800": "a"}, "Unicode"),
        ({"a": {1, 2}}, "set"),
    ],
)
def test_what_has_no_canonical_form_is_refused_by_place_and_value(
    value: object, named: str
) -> None:
    with pytest.raises(NotCanonical) as caught:
        canonical(value)
    assert named in str(caught.value)


def test_the_greatest_integer_itself_is_written() -> None:
    assert canonical(GREATEST_INTEGER) == b"9007199254740991"


def test_nesting_has_a_bound() -> None:
    value: object = 1
    for _ in range(DEPTH_LIMIT):
        value = [value]
    assert canonical(value).count(b"[") == DEPTH_LIMIT
    with pytest.raises(NotCanonical, match="nested deeper"):
        canonical([value])
