"""What headquarters sends down: signed manifests and signed commands.

Runs on the event loop. A manifest that is unsigned, for another lane, or not of the contract
counts as missing and is refused loudly; a command is judged, carried out once, and answered.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Protocol

from edge.clock import Clock, rfc3339
from edge.control.acts import Actor, Acts
from edge.control.gate import Gate
from edge.control.officers import Officers
from edge.control.recorder import Recorder
from edge.core import events as ev
from edge.core.faults import Fault
from edge.errors import CommandRefused, PublishError
from edge.evidence.signing import SIGNATURE
from edge.journal.commands import remember_command, seen_command
from edge.journal.database import Reader
from edge.journal.entries import Committed
from edge.journal.manifests import keep_manifest, manifests_for
from edge.law.outcomes import Act, Role, may
from edge.messages.base import read_object, to_mapping
from edge.messages.commands import (
    AbortArgs,
    AckArgs,
    AnswerArgs,
    CommandResponse,
    ConfirmIdentityArgs,
    OutcomeArgs,
)
from edge.messages.manifest import Manifest, plain_identifier, read_manifest
from edge.publish.commands import Accepted, Checks, Refused, Replayed, Seen, judge
from edge.settings import LaneFile

Post = Callable[..., None]
Respond = Callable[[bytes], None]


class Signatures(Protocol):
    """The lane's keys."""

    def manifest_problem(self, mapping: Mapping[str, object]) -> str:
        """What is wrong with a manifest's signature, empty when nothing is."""

    def command_problem(self, mapping: Mapping[str, object]) -> str:
        """What is wrong with a command's signature, empty when nothing is."""

    def speaks_for(self, key_id: str, officer_id: str) -> bool:
        """Whether a key may sign for an officer."""

    def sign(self, mapping: Mapping[str, object]) -> Mapping[str, object]:
        """Sign as the lane."""


class Inbox:
    """Takes manifests and commands in."""

    def __init__(
        self,
        lane: LaneFile,
        *,
        acts: Acts,
        officers: Officers,
        gate: Gate,
        recorder: Recorder,
        reader: Reader,
        signatures: Signatures,
        post: Post,
        clock: Clock,
    ) -> None:
        self._lane = lane
        self._acts = acts
        self._officers = officers
        self._gate = gate
        self._recorder = recorder
        self._reader = reader
        self._signatures = signatures
        self._post = post
        self._clock = clock
        self._checks = Checks(
            lane=lane.lane.id,
            signature_problem=signatures.command_problem,
            key_speaks_for=signatures.speaks_for,
            roles_of=self._roles_of,
            may=_role_may,
            seen=lambda _: None,
        )

    def manifest(self, payload: bytes) -> None:
        """Take a manifest; one that is refused raises a notice that names the reason."""
        try:
            problem = self._signatures.manifest_problem(read_object(payload, "manifest"))
            manifest = read_manifest(payload)
        except PublishError as error:
            problem = str(error)
        else:
            if not problem and manifest.lane != self._lane.lane.id:
                problem = f"it is for lane {manifest.lane!r}"
            if not problem:
                self._take(manifest, payload)
                return
        detail = f"manifest refused: {problem}"[:300]
        self._post(ev.FaultRaised(Fault.MANIFEST_REFUSED, present=False), {"detail": detail})
        self._recorder.write("manifest.refused", None, {"reason": detail})

    def _take(self, manifest: Manifest, payload: bytes) -> None:
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
        kept = keep_manifest(
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
        committed = self._recorder.write("manifest.received", None, body, lambda _: kept)
        self._then(committed, lambda: self._gate.manifest_arrived(manifest))

    def find(self, kind: str, text: str) -> Sequence[Manifest]:
        """The newest version of each manifest that names this identifier."""
        found = manifests_for(self._reader, kind, text)
        return [read_manifest(stored.body) for stored in found]

    def command(self, name: str, payload: bytes, respond: Respond) -> None:
        """Judge a command, carry it out once, and respond, signed, once that is on disk."""
        checks = replace(self._checks, seen=partial(self._seen, payload))
        judged = judge(payload, topic_name=name, now=self._clock.utc(), checks=checks)
        if isinstance(judged, Replayed):
            respond(judged.response)
        elif isinstance(judged, Refused):
            self._refuse(name, judged, respond)
        else:
            self._do(judged, payload, respond)

    def _seen(self, payload: bytes, command_id: str) -> Seen | None:
        found = seen_command(self._reader, command_id)
        if found is None:
            return None
        signature = read_object(payload, "command").get(SIGNATURE)
        return Seen(str(signature) if found.repeats(payload) else "", found.response)

    def _do(self, accepted: Accepted, payload: bytes, respond: Respond) -> None:
        command = accepted.command
        try:
            code, detail = "accepted", self._carry_out(accepted)
        except CommandRefused as error:
            code, detail = "refused", str(error)
        response = self._response(command.id, command.name, code=code, detail=detail)
        answered = remember_command(
            command.id,
            command.name,
            request=payload,
            response=response,
            expires_utc=command.expires,
        )
        body = {
            "id": command.id,
            "name": command.name,
            "officer": command.officer,
            "args": dict(command.args),
            "response": code,
            "detail": detail[:300],
        }
        committed = self._recorder.write("command.answered", None, body, lambda _: [answered])
        self._then(committed, lambda: respond(response))

    def _refuse(self, name: str, refused: Refused, respond: Respond) -> None:
        detail = f"command {name}: {refused.code.value}: {refused.detail}"[:300]
        self._post(ev.FaultRaised(Fault.COMMAND_REFUSED, present=False), {"detail": detail})
        body = {"id": refused.command_id, "reason": detail}
        committed = self._recorder.write("command.refused", None, body)
        code = refused.code.value
        command_id = refused.command_id or "unreadable"
        response = self._response(command_id, name, code=code, detail=refused.detail)
        self._then(committed, lambda: respond(response))

    def _then(self, committed: Future[Committed], act: Callable[[], None]) -> None:
        """Go on once it is on disk; a journal that fails has raised its own fault."""
        loop = asyncio.get_running_loop()

        def done(future: Future[Committed]) -> None:
            if future.exception() is None:
                loop.call_soon_threadsafe(act)

        committed.add_done_callback(done)

    def _carry_out(self, accepted: Accepted) -> str:
        officer = self._officers.by_signature(accepted.command.officer)
        actor = Actor(officer, accepted.command.id)
        args = accepted.args
        if isinstance(args, AnswerArgs):
            return self._acts.answer(
                actor,
                inspection_id=args.inspection_id,
                decision=args.decision,
                reason=args.reason,
            )
        if isinstance(args, AbortArgs):
            return self._acts.abort(actor, inspection_id=args.inspection_id, reason=args.reason)
        if isinstance(args, OutcomeArgs):
            return self._acts.outcome(
                actor,
                inspection_id=args.inspection_id,
                suspicion=args.suspicion,
                agrees=args.agrees_with_documents,
                note=args.note,
            )
        if isinstance(args, ConfirmIdentityArgs):
            return self._acts.confirm_identity(
                actor,
                inspection_id=args.inspection_id,
                manifest_id=args.manifest_id,
                reason=args.reason,
            )
        assert isinstance(args, AckArgs)
        return self._acts.ack(actor)

    def _response(self, command_id: str, name: str, *, code: str, detail: str) -> bytes:
        response = CommandResponse(
            id=command_id,
            lane=self._lane.lane.id,
            name=name,
            accepted=code == "accepted",
            reason=code,
            detail=detail[:300],
            time=rfc3339(self._clock.utc()),
            simulated=self._lane.lane.simulated,
        )
        signed = self._signatures.sign(to_mapping(response))
        return json.dumps(signed, ensure_ascii=False).encode()

    def _roles_of(self, officer_id: str) -> tuple[str, ...]:
        try:
            officer = self._officers.by_signature(officer_id)
        except CommandRefused:
            return ()  # the judgement says that the officer is unknown
        return tuple(role.lower() for role in officer.roles)


def _role_may(role: str, act: str) -> bool:
    return may(Role(role), Act(act))
