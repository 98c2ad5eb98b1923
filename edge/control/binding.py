"""Which manifest is a unit's: by the identifiers read, or on a named OMS's word.

Nothing is chosen here: what does not agree by itself is a conflict, and one version of a manifest
that says two things stays two.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from edge.control.cases import Case
from edge.errors import CommandRefused
from edge.law.manifest import IdentityState
from edge.messages.manifest import Manifest, plain_identifier

AGREEING = 2
"""A manifest binds when so many identifiers agree on it and none speaks against it."""

FindManifests = Callable[[str, str], Sequence[Manifest]]
"""Manifests by kind and text of an identifier, newest version of each, signature checked. A version
that was received saying different things is given with all of them."""

Papers = tuple[Manifest, ...]
"""What the newest version of one manifest says; more than one contradict each other."""


class Shelf(NamedTuple):
    """Where the manifests of the lane are found.

    Attributes:
        find: by what identifies a unit.
        by_id: everything the newest version of one manifest was received saying, signature checked;
            nothing when the lane does not have it.
    """

    find: FindManifests
    by_id: Callable[[str], Sequence[Manifest]]


def candidates(case: Case, shelf: Shelf) -> dict[str, Papers]:
    """Every manifest that may be the unit's, by id: all that name an identifier read on it.

    Where none does, it is the one that an OMS has bound, unless what was read speaks against it.
    """
    found = _named(case, shelf)
    if not found and case.confirmed_manifest:
        papers = _all_of(shelf.by_id(case.confirmed_manifest))
        if papers and not _contradictions(papers, case.identifiers):
            found[case.confirmed_manifest] = papers
    return found


def confirmable(case: Case, manifest_id: str, shelf: Shelf) -> None:
    """Refuse what no officer may bind.

    A manifest that names an identifier read on the unit may be bound; where no manifest does, any
    that nothing read speaks against, so that a lane whose readers are silent still finds papers.

    Raises:
        CommandRefused: the lane has no such manifest, another one names what was read, what was
            read speaks against this one, or it contradicts itself.
    """
    found = _named(case, shelf)
    papers = found.get(manifest_id) or _all_of(shelf.by_id(manifest_id))
    if not papers:
        raise CommandRefused(
            f"the lane has no manifest {manifest_id!r}; check the id, or have headquarters send it"
        )
    if found and manifest_id not in found:
        raise CommandRefused(
            f"manifest {manifest_id!r} names no identifier read on {case.inspection_id}; "
            f"manifests that do: {', '.join(sorted(found))}"
        )
    if not found and (against := _contradictions(papers, case.identifiers)):
        raise CommandRefused(
            f"manifest {manifest_id!r} is not of {case.inspection_id}: {', '.join(against)}; "
            "headquarters has to send a corrected one"
        )
    if len(papers) > 1:
        raise CommandRefused(
            f"manifest {manifest_id!r} says {len(papers)} different things under version "
            f"{papers[0].version}; headquarters has to send a higher version"
        )


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
    if case.also_read or agreeing < 0:
        return papers, IdentityState.CONFLICT
    return papers, IdentityState.AGREED if agreeing >= AGREEING else IdentityState.MISSING


def touches(case: Case, manifest: Manifest) -> bool:
    """Whether a manifest that has just come may change what is known of the unit."""
    if manifest.id in {case.confirmed_manifest, *(one.id for one in case.papers)}:
        return True
    return any(_declared(manifest, kind) == text for kind, text in _read(case))


def _named(case: Case, shelf: Shelf) -> dict[str, Papers]:
    found: dict[str, Papers] = {}
    for kind, text in _read(case):
        for manifest in shelf.find(kind, text):
            found[manifest.id] = _joined(found.get(manifest.id, ()), manifest)
    return found


def _read(case: Case) -> list[tuple[str, str]]:
    """Every text that was read, with its kind: what any of them names may be the unit's."""
    also = [(kind, text) for kind, texts in case.also_read.items() for text in texts]
    return sorted([*case.identifiers.items(), *also])


def _all_of(manifests: Sequence[Manifest]) -> Papers:
    papers: Papers = ()
    for manifest in manifests:
        papers = _joined(papers, manifest)
    return papers


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


def _contradictions(papers: Papers, read: Mapping[str, str]) -> list[str]:
    """What was read and speaks against the papers, in words."""
    return [
        f"{kind} {text!r} was read and {declared!r} is declared"
        for kind, text in sorted(read.items())
        for declared in sorted({_declared(one, kind) for one in papers} - {"", text})
    ]


def _declared(manifest: Manifest, kind: str) -> str:
    return plain_identifier(getattr(manifest.identifiers, kind) or "")
