"""Which manifest is a unit's: by the identifiers read, or on a named OMS's word.

Nothing is chosen here: what does not agree by itself is a conflict, and one version of a manifest
that says two things stays two.
"""

from collections.abc import Callable, Mapping, Sequence

from edge.control.cases import Case
from edge.law.manifest import IdentityState
from edge.messages.manifest import Manifest, plain_identifier

AGREEING = 2
"""A manifest binds when so many identifiers agree on it and none speaks against it."""

FindManifests = Callable[[str, str], Sequence[Manifest]]
"""Manifests by kind and text of an identifier, newest version of each, signature checked. A version
that was received saying different things is given with all of them."""

Papers = tuple[Manifest, ...]
"""What the newest version of one manifest says; more than one contradict each other."""


def candidates(identifiers: Mapping[str, str], find: FindManifests) -> dict[str, Papers]:
    """Every manifest that names an identifier read on the unit, by id."""
    found: dict[str, Papers] = {}
    for kind, text in sorted(identifiers.items()):
        for manifest in find(kind, text):
            found[manifest.id] = _joined(found.get(manifest.id, ()), manifest)
    return found


def bind(case: Case, found: Mapping[str, Papers]) -> tuple[Papers, IdentityState]:
    """The papers of a unit among those found, and whether they are surely its own.

    Where several manifests name the unit they are all given: what one of them forbids is not
    forgotten because another one is there.
    """
    confirmed = found.get(case.confirmed_manifest)
    if confirmed is not None:
        return confirmed, IdentityState.CONFIRMED
    if not found:
        return (), IdentityState.MISSING
    if len(found) > 1:
        return tuple(one for papers in found.values() for one in papers), IdentityState.CONFLICT
    (papers,) = found.values()
    agreeing = min(_agreement(one, case.identifiers) for one in papers)
    if case.unclear or agreeing < 0:
        return papers, IdentityState.CONFLICT
    return papers, IdentityState.AGREED if agreeing >= AGREEING else IdentityState.MISSING


def touches(case: Case, manifest: Manifest) -> bool:
    """Whether a manifest that has just come may change what is known of the unit."""
    if any(one.id == manifest.id for one in case.papers):
        return True
    return any(_declared(manifest, kind) == text for kind, text in case.identifiers.items())


def _joined(known: Papers, manifest: Manifest) -> Papers:
    """Add what another manifest of the same id says; a higher version replaces a lower one."""
    newest = max((one.version for one in known), default=0)
    if manifest.version > newest:
        return (manifest,)
    said = {_statement(one) for one in known}
    if manifest.version < newest or _statement(manifest) in said:
        return known
    return (*known, manifest)


def _statement(manifest: Manifest) -> Manifest:
    """What is said, whoever has signed it: the same again with another key is the same."""
    return manifest.model_copy(update={"key_id": None, "signature": None})


def _agreement(manifest: Manifest, read: Mapping[str, str]) -> int:
    """How many identifiers agree; -1 when one that was read speaks against the manifest."""
    agreeing = 0
    for kind, text in read.items():
        declared = _declared(manifest, kind)
        if not declared:
            continue
        if declared != text:
            return -1
        agreeing += 1
    return agreeing


def _declared(manifest: Manifest, kind: str) -> str:
    return plain_identifier(getattr(manifest.identifiers, kind) or "")
