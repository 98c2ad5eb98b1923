"""Rules of whose signature counts for what."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.control.signatures import Keyring
from edge.errors import SettingsError
from edge.evidence.signing import KEY_ID, key_id, public_key_text, sign, trust, verify
from edge.evidence.vouching import name_of, voucher
from edge.lane_file import load
from edge.settings import LaneFile
from tests.unit.control.kit import LANE, LANE_FILE


def key(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


def text(number: int) -> str:
    return public_key_text(key(number).public_key())


LANES_OWN, COMMANDS, MANIFESTS, OMS_OWN, STRANGER, LAW = range(1, 7)
MESSAGE = {"id": "m-1", "lane": LANE.lane.id}


def lane_file(
    *,
    manifests: tuple[str, ...] = (text(MANIFESTS),),
    commands: tuple[str, ...] = (text(COMMANDS),),
    own: tuple[str, str] = (text(OMS_OWN), ""),
) -> LaneFile:
    officers = tuple(
        officer.model_copy(update={"public_key": public})
        for officer, public in zip(LANE.officers, own, strict=True)
    )
    said = {"manifests": manifests, "commands": commands, "law": (text(LAW),)}
    trusted = LANE.trust.model_copy(update=said)
    return LANE.model_copy(update={"trust": trusted, "officers": officers})


def keyring(lane: LaneFile | None = None, state: Path = Path("nowhere")) -> Keyring:
    return Keyring(lane or lane_file(), state, key(LANES_OWN), "lane.toml")


def mistakes(lane: LaneFile, state: Path = Path("nowhere")) -> list[tuple[str, str]]:
    with pytest.raises(SettingsError) as raised:
        keyring(lane, state)
    return [(mistake.key, mistake.reason) for mistake in raised.value.mistakes]


@pytest.mark.parametrize(
    ("signer", "manifest", "command"),
    [
        (MANIFESTS, True, False),
        (COMMANDS, False, True),
        (OMS_OWN, False, True),
        (LANES_OWN, False, False),
        (STRANGER, False, False),
    ],
)
def test_a_key_signs_only_what_the_lane_file_trusts_it_with(
    signer: int, manifest: bool, command: bool
) -> None:
    signed = sign(MESSAGE, key(signer))
    assert (keyring().manifest_problem(signed) == "") is manifest
    assert (keyring().command_problem(signed) == "") is command


@pytest.mark.parametrize("change", [{"id": "m-2"}, {KEY_ID: ""}, {"signature": ""}])
def test_a_message_that_is_not_as_signed_has_a_problem(change: dict[str, str]) -> None:
    assert keyring().manifest_problem({**sign(MESSAGE, key(MANIFESTS)), **change}) != ""


def test_headquarters_speaks_for_every_officer_and_an_officers_key_for_him_alone() -> None:
    ring = keyring()
    first, second = (officer.id for officer in LANE.officers)
    own, headquarters = (key_id(key(one).public_key()) for one in (OMS_OWN, COMMANDS))
    assert [ring.speaks_for(headquarters, one) for one in (first, second)] == [True, True]
    assert [ring.speaks_for(own, one) for one in (first, second)] == [True, False]
    for other in (MANIFESTS, STRANGER, LANES_OWN):
        assert not ring.speaks_for(key_id(key(other).public_key()), first)


def test_the_lane_signs_with_its_own_key() -> None:
    signed = keyring().sign(MESSAGE)
    assert verify(signed, trust([key(LANES_OWN).public_key()])).valid


def test_a_key_may_stand_in_a_file_of_the_state_folder(tmp_path: Path) -> None:
    (tmp_path / "hq.pub").write_text(text(COMMANDS) + "\n")
    ring = keyring(lane_file(commands=("file:hq.pub",)), tmp_path)
    assert ring.command_problem(sign(MESSAGE, key(COMMANDS))) == ""


@pytest.mark.parametrize(
    "wrong", ["file:missing.pub", "file:\0", "file:.", "no key", text(COMMANDS)[:-4], "é"]
)
def test_every_key_that_cannot_be_used_is_named_at_once(tmp_path: Path, wrong: str) -> None:
    lane = lane_file(manifests=(wrong,), commands=(wrong,), own=(wrong, ""))
    named = [where for where, _ in mistakes(lane, tmp_path)]
    first = LANE.officers[0].id
    assert named == ["trust.manifests", "trust.commands", f"officers.{first}.public_key"]


@pytest.mark.parametrize(
    "own", [(text(OMS_OWN), " " + text(OMS_OWN)), ("", text(COMMANDS)), (text(COMMANDS), "")]
)
def test_no_key_stands_for_two(own: tuple[str, str]) -> None:
    """Also when it is written in two ways, which a comparison of texts does not see."""
    ((where, reason),) = mistakes(lane_file(own=own))
    assert where.startswith("officers.")
    assert "stand for" in reason


def test_a_simulated_officer_signs_nothing_on_a_real_lane(tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    shipped = LANE_FILE.read_text()
    assert shipped.count("\nsimulated = true") == 3
    real.write_text(shipped.replace("\nsimulated = true", "\nsimulated = false", 1))
    with pytest.raises(SettingsError, match="a simulated officer on a real lane") as raised:
        load(real)
    assert len(raised.value.mistakes) == 2


TABLE = b"schema = 2\n"


def put(state: Path, data: bytes, envelope: dict[str, object], signer: int) -> Keyring:
    """A keyring of a lane in whose state folder a voucher lies."""
    folder = state / "trust" / "law"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name_of(data)}.json").write_text(json.dumps(sign(envelope, key(signer))))
    return keyring(state=state)


def test_a_file_of_the_law_counts_when_its_key_vouches_for_its_bytes(tmp_path: Path) -> None:
    ring = put(tmp_path, TABLE, voucher(TABLE, file="t.toml", signed="2026-01-01"), LAW)
    assert ring.vouches(Path("t.toml"), TABLE)
    assert not ring.vouches(Path("t.toml"), TABLE + b"# one more line\n")


@pytest.mark.parametrize("signer", [STRANGER, MANIFESTS, COMMANDS, LANES_OWN])
def test_no_other_key_vouches_for_the_law(tmp_path: Path, signer: int) -> None:
    ring = put(tmp_path, TABLE, voucher(TABLE, file="t.toml", signed="2026-01-01"), signer)
    assert not ring.vouches(Path("t.toml"), TABLE)


@pytest.mark.parametrize("change", [{"kind": "manifest"}, {"sha256": name_of(b"another")}])
def test_a_signature_of_something_else_vouches_for_nothing(
    tmp_path: Path, change: dict[str, object]
) -> None:
    envelope = {**voucher(TABLE, file="t.toml", signed="2026-01-01"), **change}
    assert not put(tmp_path, TABLE, envelope, LAW).vouches(Path("t.toml"), TABLE)


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b"\xff", b'{"kind": 1}'])
def test_a_broken_voucher_is_none(tmp_path: Path, broken: bytes) -> None:
    ring = put(tmp_path, TABLE, voucher(TABLE, file="t.toml", signed="2026-01-01"), LAW)
    (tmp_path / "trust" / "law" / f"{name_of(TABLE)}.json").write_bytes(broken)
    assert not ring.vouches(Path("t.toml"), TABLE)
