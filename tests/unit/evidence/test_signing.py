"""Signatures prove what they say, and name why they do not."""

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.evidence.canonical import NotCanonical, canonical
from edge.evidence.signing import (
    SignatureState,
    key_id,
    public_key_from_text,
    public_key_text,
    sign,
    trust,
    verify,
)

# Golden: RFC 8032, section 7.1, TEST 1.
SECRET = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
KEY = Ed25519PrivateKey.from_private_bytes(SECRET)
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
TRUSTED = trust([KEY.public_key()])
MESSAGE = {"id": "c-1", "args": {"b": 1, "a": [True, None]}}


def test_the_public_key_of_rfc_8032_is_named_and_written_as_documented() -> None:
    assert key_id(KEY.public_key()) == hashlib.sha256(PUBLIC).hexdigest()[:16]
    assert public_key_text(KEY.public_key()) == base64.b64encode(PUBLIC).decode()
    read = public_key_from_text(public_key_text(KEY.public_key()) + "\n")
    assert read.public_bytes_raw() == PUBLIC


def test_a_signed_message_is_valid() -> None:
    check = verify(sign(MESSAGE, KEY), TRUSTED)
    assert check.valid
    assert check.key_id == key_id(KEY.public_key())


def test_the_signature_is_over_the_canonical_bytes_of_everything_else() -> None:
    signed = sign(MESSAGE, KEY)
    signature = base64.b64decode(str(signed["signature"]))
    rest = {name: value for name, value in signed.items() if name != "signature"}
    KEY.public_key().verify(signature, canonical(rest))
    assert rest == {**MESSAGE, "key_id": key_id(KEY.public_key())}


def test_a_message_stays_valid_through_json_in_any_order_of_keys() -> None:
    signed = sign(MESSAGE, KEY)
    again = json.loads(json.dumps(dict(reversed(signed.items())), indent=3))
    assert verify(again, TRUSTED).valid


def test_signing_again_replaces_the_old_signature() -> None:
    assert sign(sign(MESSAGE, OTHER), KEY) == sign(MESSAGE, KEY)


@pytest.mark.parametrize("field", ["key_id", "signature"])
@pytest.mark.parametrize("value", [None, "", 5, ["x"]])
def test_a_missing_field_is_named(field: str, value: object) -> None:
    check = verify({**sign(MESSAGE, KEY), field: value}, TRUSTED)
    assert check.state is SignatureState.MISSING_FIELD
    assert field in check.detail


def test_an_unknown_key_is_named() -> None:
    check = verify(sign(MESSAGE, OTHER), TRUSTED)
    assert check.state is SignatureState.UNKNOWN_KEY
    assert key_id(OTHER.public_key()) in check.detail


def test_a_message_signed_by_one_key_and_naming_another_is_bad() -> None:
    forged = {**sign(MESSAGE, OTHER), "key_id": key_id(KEY.public_key())}
    assert verify(forged, TRUSTED).state is SignatureState.BAD_SIGNATURE


@pytest.mark.parametrize(
    "signature", ["x", "AAAA", "ы", "A" * 88, base64.b64encode(bytes(64)).decode()]
)
def test_a_signature_that_is_none_is_bad(signature: str) -> None:
    forged = {**sign(MESSAGE, KEY), "signature": signature}
    assert verify(forged, TRUSTED).state is SignatureState.BAD_SIGNATURE


def test_a_second_spelling_of_the_same_signature_is_bad() -> None:
    signed = sign(MESSAGE, KEY)
    text = str(signed["signature"])
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    spelled = text[:85] + alphabet[alphabet.index(text[85]) ^ 1] + text[86:]
    assert base64.b64decode(spelled) == base64.b64decode(text)
    assert verify({**signed, "signature": spelled}, TRUSTED).state is SignatureState.BAD_SIGNATURE


def test_contents_that_cannot_be_canonical_are_named() -> None:
    forged = {**sign(MESSAGE, KEY), "args": {"n": 2**60}}
    assert verify(forged, TRUSTED).state is SignatureState.NOT_CANONICAL
    with pytest.raises(NotCanonical):
        sign({"n": float("nan")}, KEY)


@given(
    st.dictionaries(st.text(max_size=4), st.integers(0, 3) | st.text(max_size=3), max_size=4),
    st.text(max_size=4),
    st.integers(0, 3),
)
@settings(deadline=None, max_examples=100, derandomize=True)
def test_any_change_of_contents_breaks_the_signature(
    message: dict[str, object], key: str, value: int
) -> None:
    signed = sign(message, KEY)
    changed = {**signed, key: value}
    if changed != signed:
        assert not verify(changed, TRUSTED).valid


@pytest.mark.parametrize("text", ["", "AAAA", "not base64!", "ключ"])
def test_text_that_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        public_key_from_text(text)


def test_no_state_equals_a_state_of_another_set_or_a_plain_value() -> None:
    for state in SignatureState:
        assert state not in (0, False, None, "", state.value)
