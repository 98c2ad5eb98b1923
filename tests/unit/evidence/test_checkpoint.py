"""A checkpoint speaks of one place in one chain and passes for nothing else."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.evidence.chain import Head
from edge.evidence.checkpoint import Checkpoint, read_checkpoint, sign_checkpoint
from edge.evidence.signing import SignatureState, sign, trust

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TRUSTED = trust([KEY.public_key()])
CHECKPOINT = Checkpoint("lane-1", "j-1", Head(9, bytes(range(32))), "2026-01-01T00:00:00.000000Z")


def test_a_checkpoint_reads_back_valid() -> None:
    read, check = read_checkpoint(sign_checkpoint(CHECKPOINT, KEY), TRUSTED)
    assert read == CHECKPOINT
    assert check.valid


def test_a_changed_checkpoint_is_not_valid() -> None:
    forged = {**sign_checkpoint(CHECKPOINT, KEY), "upto": 8}
    assert read_checkpoint(forged, TRUSTED)[1].state is SignatureState.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("statement", "scanlane/other/v1"),
        ("statement", None),
        ("lane", 5),
        ("stream", None),
        ("head", "00"),
        ("head", "zz"),
        ("upto", -1),
        ("upto", True),
        ("upto", "9"),
        ("utc", 1),
    ],
)
def test_another_signed_message_never_passes_for_a_checkpoint(field: str, value: object) -> None:
    message = sign({**sign_checkpoint(CHECKPOINT, KEY), field: value}, KEY)
    with pytest.raises(ValueError, match=r"."):
        read_checkpoint(message, TRUSTED)
