"""The lane's own key and the public keys it trusts, by what each may sign."""

import logging
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge.errors import Mistake, PublishError, SettingsError
from edge.evidence.signing import key_id, public_key_from_text, sign, trust, verify
from edge.evidence.vouching import name_of, vouches
from edge.messages.base import read_object
from edge.settings import LaneFile

log = logging.getLogger(__name__)
VOUCHERS = "trust/law"
"""Where in the state folder the signatures of the law's files lie."""

_FILE = "file:"


class Keyring:
    """Judges signatures of manifests and commands, and signs as the lane."""

    def __init__(self, lane: LaneFile, state: Path, own: Ed25519PrivateKey, file: str) -> None:
        """Read every trusted key. Raises SettingsError naming each one that cannot be used."""
        mistakes: list[Mistake] = []
        self._own = own
        self._manifests = trust(
            _keys(lane.trust.manifests, "trust.manifests", state, file, mistakes)
        )
        self._law = trust(_keys(lane.trust.law, "trust.law", state, file, mistakes))
        self._vouchers = state / VOUCHERS
        commands = _keys(lane.trust.commands, "trust.commands", state, file, mistakes)
        headquarters = trust(commands)
        self._officers: dict[str, str] = {}
        for officer in lane.officers:
            if officer.public_key:
                key = f"officers.{officer.id}.public_key"
                for public in _keys((officer.public_key,), key, state, file, mistakes):
                    if key_id(public) in headquarters:
                        mistakes.append(_taken(file, key, officer.public_key))
                    self._officers[key_id(public)] = officer.id
                    headquarters[key_id(public)] = public
        self._headquarters = {key_id(public) for public in commands}
        self._commands = headquarters
        if mistakes:
            raise SettingsError(mistakes)

    def manifest_problem(self, mapping: Mapping[str, object]) -> str:
        """What is wrong with a manifest's signature, empty when nothing is."""
        check = verify(mapping, self._manifests)
        return "" if check.valid else check.detail

    def vouches(self, file: Path, data: bytes) -> bool:
        """Whether headquarters has signed the bytes of a file of the law.

        Its voucher lies in the state folder, named by the hash of the bytes; whatever else lies
        there under that name vouches for nothing, and the log says why.
        """
        path = self._vouchers / f"{name_of(data)}.json"
        try:
            envelope = read_object(path.read_bytes(), "voucher")
        except (OSError, PublishError) as error:
            log.warning("%s is not signed: %s: %s", file, path, error)
            return False
        check = vouches(envelope, data, self._law)
        if not check.valid:
            log.warning("%s is not signed: %s: %s", file, path, check.detail)
        return check.valid

    def command_problem(self, mapping: Mapping[str, object]) -> str:
        """What is wrong with a command's signature, empty when nothing is."""
        check = verify(mapping, self._commands)
        return "" if check.valid else check.detail

    def speaks_for(self, key_id_: str, officer_id: str) -> bool:
        """Headquarters speaks for every officer, an officer's own key for him alone."""
        return key_id_ in self._headquarters or self._officers.get(key_id_) == officer_id

    def sign(self, mapping: Mapping[str, object]) -> Mapping[str, object]:
        """Sign as the lane."""
        return sign(mapping, self._own)


def _keys(
    texts: tuple[str, ...], key: str, state: Path, file: str, mistakes: list[Mistake]
) -> list[Ed25519PublicKey]:
    found = []
    for text in texts:
        try:
            found.append(public_key_from_text(_read(text, state)))
        except OSError as error:
            reason = f"cannot be read ({error.strerror})"
            remedy = f"Put the public key there, relative to {state}"
            mistakes.append(Mistake(file, key, text, reason, remedy))
        except ValueError as error:
            remedy = "Give the 32 bytes of an Ed25519 public key in base64"
            mistakes.append(Mistake(file, key, text, str(error), remedy))
    return found


def _taken(file: str, key: str, text: str) -> Mistake:
    reason = "is the key of headquarters or of another officer: one could stand for the other"
    return Mistake(file, key, text, reason, "Give every officer a key of his own")


def _read(text: str, state: Path) -> str:
    if not text.startswith(_FILE):
        return text
    return (state / text.removeprefix(_FILE)).read_text(encoding="utf-8").strip()
