"""What headquarters sends down: signed manifests and signed commands.

Runs on the event loop. A command is judged, carried out once, and answered; manifests go to
`edge.control.papers`.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Protocol

from edge.clock import Clock, rfc3339
from edge.control.acts import Actor, Acts
from edge.control.gate import Gate
from edge.control.officers import Officers
from edge.control.orders import carry_out
from edge.control.papers import Papers, then, writable
from edge.control.recorder import Recorder
from edge.core import events as ev
from edge.core.faults import Fault
from edge.errors import CommandRefused, JournalError
from edge.evidence.signing import SIGNATURE
from edge.journal.commands import (
    SeenCommand,
    forget_commands,
    remember_command,
    seen_command,
)
from edge.journal.database import Reader
from edge.journal.entries import Committed
from edge.law.outcomes import Act, Role, may
from edge.messages.base import read_object, to_mapping
from edge.messages.commands import COMMANDS, CommandResponse
from edge.messages.manifest import Manifest
from edge.publish.commands import Accepted, Checks, Refused, Replayed, Seen, judge
from edge.settings import LaneFile

Post = Callable[..., None]
Respond = Callable[[bytes], None]
REMEMBER = timedelta(days=1)
"""Answered commands are remembered for this long beyond their life, in which they would be refused
as expired: a wall clock that was set back makes none of them new."""


@dataclass(slots=True)
class _Answering:
    """A command that was carried out and whose answer is not on disk yet.

    ``late`` when the journal did not take the answer at once: it is given when the same command
    comes again, from the journal, which has kept it.
    """

    answer: SeenCommand
    waiting: list[Respond] = field(default_factory=list)
    late: bool = False


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
        self._recorder = recorder
        self._reader = reader
        self._signatures = signatures
        self._post = post
        self._clock = clock
        self._answering: dict[str, _Answering] = {}
        self._papers = Papers(
            lane,
            gate=gate,
            recorder=recorder,
            reader=reader,
            problem=signatures.manifest_problem,
            post=post,
            clock=clock,
        )
        self._checks = Checks(
            lane=lane.lane.id,
            signature_problem=signatures.command_problem,
            key_speaks_for=signatures.speaks_for,
            roles_of=self._roles_of,
            may=_role_may,
            seen=lambda _: None,
        )

    def manifest(self, payload: bytes) -> None:
        """Take a manifest; see `Papers`."""
        self._papers.take_in(payload)

    def find(self, kind: str, text: str) -> Sequence[Manifest]:
        """The newest version of each manifest that names this identifier; see `Papers`."""
        return self._papers.find(kind, text)

    def by_id(self, manifest_id: str) -> Sequence[Manifest]:
        """Everything the newest version of one manifest was received saying; see `Papers`."""
        return self._papers.by_id(manifest_id)

    def command(self, name: str, payload: bytes, respond: Respond) -> None:
        """Judge a command, carry it out once, and respond, signed, once that is on disk."""
        checks = replace(self._checks, seen=partial(self._seen, payload))
        try:
            judged = judge(payload, topic_name=name, now=self._clock.utc(), checks=checks)
        except JournalError as error:
            self._papers.journal_failed(error)  # whether it was answered is not known: no answer
            return
        if isinstance(judged, Replayed):
            self._repeat(judged, respond)
        elif isinstance(judged, Refused):
            self._refuse(name, judged, respond)
        else:
            self._do(judged, payload, respond)

    def _repeat(self, judged: Replayed, respond: Respond) -> None:
        answering = self._answering.get(judged.command_id)
        if answering is None:
            respond(judged.response)
        elif not answering.late:
            answering.waiting.append(respond)

    def _seen(self, payload: bytes, command_id: str) -> Seen | None:
        answering = self._answering.get(command_id)
        found = answering.answer if answering else None
        if answering is None or answering.late:
            on_disk = seen_command(self._reader, command_id)
            if on_disk is not None:
                self._answering.pop(command_id, None)
                found = on_disk
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
        detail = writable(detail)
        response = self._response(command.id, command.name, code=code, detail=detail)
        digest = hashlib.sha256(payload).digest()
        answer = SeenCommand(command.id, command.name, digest, response, command.expires)
        self._answering[command.id] = _Answering(answer, [respond])
        body = {
            "id": command.id,
            "name": command.name,
            "officer": command.officer,
            "args": dict(command.args),
            "response": code,
            "detail": detail,
        }
        # The runner has been woken before: what the command has led to is written first, so that
        # nobody is told that something was done which a power cut could still undo.
        asyncio.get_running_loop().call_soon(self._write_answer, answer, payload, body)

    def _write_answer(
        self, answer: SeenCommand, payload: bytes, body: Mapping[str, object]
    ) -> None:
        remembered = remember_command(
            answer.command_id,
            answer.name,
            request=payload,
            response=answer.response,
            expires_utc=answer.expires_utc,
        )
        forgotten = forget_commands(rfc3339(self._clock.utc() - REMEMBER))
        committed = self._recorder.write(
            "command.answered", None, body, lambda _: [forgotten, remembered]
        )
        loop = asyncio.get_running_loop()
        committed.add_done_callback(
            lambda ended: loop.call_soon_threadsafe(self._answered, answer, ended)
        )

    def _answered(self, answer: SeenCommand, committed: Future[Committed]) -> None:
        """Respond to everyone who has asked; to nobody when it could not be written at once."""
        if committed.exception() is not None:
            self._answering[answer.command_id].late = True
            return
        answering = self._answering.pop(answer.command_id)
        for respond in answering.waiting:
            respond(answer.response)

    def _refuse(self, name: str, refused: Refused, respond: Respond) -> None:
        detail = writable(f"command {name}: {refused.code.value}: {refused.detail}")
        self._post(ev.FaultRaised(Fault.COMMAND_REFUSED, present=False), {"detail": detail})
        body = {"id": refused.command_id, "reason": detail}
        committed = self._recorder.write("command.refused", None, body)
        code = refused.code.value
        command_id = refused.command_id or "unreadable"
        # A topic may be called anything; a response only what the contract allows.
        called = name if name in COMMANDS else "unknown"
        response = self._response(command_id, called, code=code, detail=writable(refused.detail))
        then(committed, lambda: respond(response))

    def _carry_out(self, accepted: Accepted) -> str:
        officer = self._officers.by_signature(accepted.command.officer)
        actor = Actor(officer, accepted.command.id)
        return carry_out(self._acts, actor, accepted.args)

    def _response(self, command_id: str, name: str, *, code: str, detail: str) -> bytes:
        response = CommandResponse(
            id=command_id,
            lane=self._lane.lane.id,
            name=name,
            accepted=code == "accepted",
            reason=code,
            detail=detail,
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
