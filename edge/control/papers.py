"""The manifests that headquarters sends: taken in, kept, and found by what identifies a unit.

One that is unsigned, for another lane, or not of the contract counts as missing and is refused
loudly.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future

from edge.clock import Clock, rfc3339
from edge.control.gate import Gate
from edge.control.recorder import Recorder
from edge.core import events as ev
from edge.core.faults import Fault
from edge.errors import JournalError, PublishError
from edge.journal.database import Reader
from edge.journal.entries import Committed
from edge.journal.manifests import (
    StoredManifest,
    keep_manifest,
    manifest_versions,
    manifests_for,
    newest_version,
)
from edge.messages.base import read_object
from edge.messages.manifest import Manifest, plain_identifier, read_manifest
from edge.settings import LaneFile

DETAIL_LIMIT = 300
SEEN_LIMIT = 4096
"""Manifests known by their hash."""


class Papers:
    """Takes manifests in and finds them again.

    Args:
        lane: the lane file.
        gate: hears of each manifest once it is on disk.
        recorder: writes what came.
        reader: the journal.
        problem: what is wrong with a manifest's signature, empty when nothing is.
        post: takes events.
        clock: says when it came.
    """

    def __init__(
        self,
        lane: LaneFile,
        *,
        gate: Gate,
        recorder: Recorder,
        reader: Reader,
        problem: Callable[[Mapping[str, object]], str],
        post: Callable[..., None],
        clock: Clock,
    ) -> None:
        self._lane = lane
        self._gate = gate
        self._recorder = recorder
        self._reader = reader
        self._problem = problem
        self._post = post
        self._clock = clock
        self._seen: dict[bytes, None] = {}

    def take_in(self, payload: bytes) -> None:
        """Take a manifest; one that is refused raises a notice that names the reason.

        The broker brings a retained manifest again at each connection: bytes that are kept
        already change nothing, and are known by their hash before anything is read or verified.
        """
        digest = hashlib.sha256(payload).digest()
        if digest in self._seen:
            return
        try:
            # Its form first: what is in the form can be quoted and written down.
            manifest = read_manifest(payload)
            problem = self._problem(read_object(payload, "manifest"))
            if not problem and manifest.lane != self._lane.lane.id:
                problem = f"it is for lane {manifest.lane!r}"
            if problem:
                self._refuse_manifest(problem)
            elif self._is_kept(manifest, payload):
                self._know(digest)
            else:
                self._take(manifest, payload, digest)
        except PublishError as error:
            self._refuse_manifest(str(error))
        except JournalError as error:
            self.journal_failed(error)

    def _refuse_manifest(self, problem: str) -> None:
        detail = writable(f"manifest refused: {problem}")
        self._post(ev.FaultRaised(Fault.MANIFEST_REFUSED, present=False), {"detail": detail})
        self._recorder.write("manifest.refused", None, {"reason": detail})

    def _is_kept(self, manifest: Manifest, payload: bytes) -> bool:
        versions = manifest_versions(self._reader, manifest.id)
        return any(version.body == payload for version in versions)

    def _know(self, digest: bytes) -> None:
        """Remember bytes that are on disk; what is forgotten costs one more look."""
        self._seen[digest] = None
        if len(self._seen) > SEEN_LIMIT:
            del self._seen[next(iter(self._seen))]

    def journal_failed(self, error: JournalError) -> None:
        """Stop the lane for a read that failed."""
        # Each read that fails says so anew; whether it can be written is watched elsewhere.
        fault = ev.FaultRaised(Fault.JOURNAL_UNAVAILABLE, present=False)
        self._post(fault, {"detail": writable(str(error))})

    def _take(self, manifest: Manifest, payload: bytes, digest: bytes) -> None:
        declared = manifest.identifiers
        identifiers = {
            kind: plain_identifier(text)
            for kind, text in (
                ("plate", declared.plate),
                ("container", declared.container),
                ("qr", declared.qr),
            )
            if text is not None
        }
        keeping = keep_manifest(
            manifest.id,
            manifest.version,
            body=payload,
            identifiers=identifiers,
            received_utc=rfc3339(self._clock.utc()),
        )
        body = {
            "id": manifest.id,
            "version": manifest.version,
            "key_id": manifest.key_id,
            "identifiers": identifiers,
        }
        committed = self._recorder.write("manifest.received", None, body, lambda _: keeping)

        def kept_now() -> None:
            self._know(digest)
            self._gate.manifest_arrived(manifest)

        then(committed, kept_now)

    def find(self, kind: str, text: str) -> Sequence[Manifest]:
        """The newest version of each manifest that names this identifier.

        When one of them cannot be read there are none: with a part of them the rest might seem
        to agree. A unit without a manifest is held.
        """
        return self._read(lambda: manifests_for(self._reader, kind, text))

    def by_id(self, manifest_id: str) -> Sequence[Manifest]:
        """Everything the newest version of one manifest was received saying, as `find` gives it."""
        return self._read(lambda: newest_version(self._reader, manifest_id))

    def _read(self, stored: Callable[[], list[StoredManifest]]) -> Sequence[Manifest]:
        try:
            return [read_manifest(one.body) for one in stored()]
        except JournalError as error:
            self.journal_failed(error)
        except PublishError as error:
            self._refuse_manifest(f"one that was kept is not of the contract: {error}")
        return ()


def writable(text: str) -> str:
    """Cut a detail to what an entry and an event take; what is not Unicode becomes ``?``."""
    return text.encode(errors="replace").decode()[:DETAIL_LIMIT]


def then(committed: Future[Committed], act: Callable[[], None]) -> None:
    """Go on once it is on disk; a failure is seen at the next tick."""
    loop = asyncio.get_running_loop()

    def done(future: Future[Committed]) -> None:
        if future.exception() is None:
            loop.call_soon_threadsafe(act)

    committed.add_done_callback(done)
