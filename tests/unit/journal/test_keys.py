"""The lane's key is made once, kept to its owner, and never replaced in silence."""

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from edge.errors import SettingsError
from edge.evidence.signing import public_key_from_text
from edge.journal.keys import lane_key


def raw(state: Path) -> bytes:
    return lane_key(state).private_bytes_raw()


def test_the_key_is_made_once_and_read_ever_after(tmp_path: Path) -> None:
    assert raw(tmp_path) == raw(tmp_path)


def test_two_lanes_get_two_keys(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert raw(tmp_path / "a") != raw(tmp_path / "b")


def test_only_the_owner_may_read_the_private_key(tmp_path: Path) -> None:
    lane_key(tmp_path)
    assert (tmp_path / "keys/lane.pem").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_the_public_key_beside_it_is_what_a_lane_file_trusts(tmp_path: Path) -> None:
    key = lane_key(tmp_path)
    text = (tmp_path / "keys/lane.pub").read_text()
    assert public_key_from_text(text).public_bytes_raw() == key.public_key().public_bytes_raw()


def test_a_lost_public_key_is_written_again(tmp_path: Path) -> None:
    before = raw(tmp_path)
    (tmp_path / "keys/lane.pub").unlink()
    assert raw(tmp_path) == before
    assert (tmp_path / "keys/lane.pub").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o666])
def test_a_private_key_open_to_others_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    lane_key(tmp_path)
    (tmp_path / "keys/lane.pem").chmod(mode)
    with pytest.raises(SettingsError, match=f"mode {mode:04o}.*chmod 600"):
        lane_key(tmp_path)


def test_a_lost_private_key_is_not_replaced_in_silence(tmp_path: Path) -> None:
    lane_key(tmp_path)
    (tmp_path / "keys/lane.pem").unlink()
    with pytest.raises(SettingsError, match="the private key is gone"):
        lane_key(tmp_path)
    assert not (tmp_path / "keys/lane.pem").exists()


def test_a_public_key_of_another_pair_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    lane_key(tmp_path)
    lane_key(tmp_path / "b")
    (tmp_path / "keys/lane.pub").write_bytes((tmp_path / "b/keys/lane.pub").read_bytes())
    with pytest.raises(SettingsError, match="is not the public key of"):
        lane_key(tmp_path)


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    lane_key(tmp_path)
    (tmp_path / "keys/lane.pem").write_bytes(b"rubbish")
    with pytest.raises(SettingsError, match="not a private key in PEM"):
        lane_key(tmp_path)


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    lane_key(tmp_path)
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (tmp_path / "keys/lane.pem").write_bytes(
        other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    with pytest.raises(SettingsError, match="not Ed25519"):
        lane_key(tmp_path)


def test_a_key_half_written_before_a_crash_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/lane.pem.new").write_bytes(b"-----BEGIN PRI")
    assert raw(tmp_path) == raw(tmp_path)


def test_a_missing_state_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Make the state folder exist"):
        lane_key(tmp_path / "nowhere")


def test_an_independent_tool_reads_the_key(tmp_path: Path) -> None:
    key = lane_key(tmp_path)
    shown = subprocess.run(
        ["openssl", "pkey", "-in", str(tmp_path / "keys/lane.pem"), "-pubout", "-outform", "DER"],
        capture_output=True,
        timeout=30,
        check=True,
    )
    assert shown.stdout[-32:] == key.public_key().public_bytes_raw()
