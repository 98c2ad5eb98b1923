"""Sends signed commands and manifests to a lane, and waits for a command's response."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from pydantic import ValidationError

from edge.clock import Clock, rfc3339
from edge.errors import PublishError
from edge.messages.base import Closed, moment, problems, to_mapping
from edge.messages.commands import COMMANDS, Command, CommandResponse
from edge.messages.manifest import Manifest
from edge.messages.topics import LaneTopics
from headquarters.link import Link, Mail, Post
from headquarters.store import Store

NO_SUBSCRIBERS = 0x10
_SECOND_NS = 1_000_000_000
Sign = Callable[[Mapping[str, object]], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Order:
    """A command to be signed and sent.

    Attributes:
        identifier: unique; the same one again gets the same response.
        life_s: how long the lane may still accept it.
    """

    lane: str
    name: str
    officer: str
    args: Closed
    identifier: str
    life_s: int = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as received, for its signature, and as read."""

    payload: bytes
    response: CommandResponse


def command_bytes(order: Order, *, sign: Sign, clock: Clock) -> bytes:
    """Write and sign a command. Raises PublishError for values the contract does not allow."""
    now = clock.utc()
    try:
        command = Command(
            id=order.identifier,
            lane=order.lane,
            name=order.name,
            issued=rfc3339(now),
            expires=rfc3339(now + timedelta(seconds=order.life_s)),
            officer=order.officer,
            args=to_mapping(order.args),
        )
    except ValidationError as error:
        raise PublishError(f"command {order.name}: {problems(error)}") from error
    return json.dumps(sign(to_mapping(command)), ensure_ascii=False).encode()


def send_command(
    link: Link, store: Store, order: Order, *, sign: Sign, clock: Clock, timeout_s: float
) -> Answer:
    """Send a command over an open link and wait for its response.

    Raises:
        PublishError: refused by the broker, nobody listens, or no response in time.
    """
    topics = LaneTopics(order.lane)
    body = command_bytes(order, sign=sign, clock=clock)
    response_topic = topics.response(order.name)
    link.subscribe((response_topic,), timeout_s)
    store.note_sent(
        identifier=order.identifier,
        kind="command",
        lane=order.lane,
        time=rfc3339(clock.utc()),
        body=body,
    )
    post = Post(
        topics.command(order.name),
        body,
        expiry_s=order.life_s,
        correlation=order.identifier.encode(),
        response_topic=response_topic,
    )
    if link.publish_surely(post, timeout_s) == NO_SUBSCRIBERS:
        raise PublishError(f"lane {order.lane} is not connected; try again when it is online")
    answer = _await_response(link, order, clock, timeout_s)
    store.note_response(identifier=order.identifier, lane=order.lane, response=answer.payload)
    return answer


def send_manifest(
    link: Link, store: Store, manifest: Manifest, *, sign: Sign, clock: Clock, timeout_s: float
) -> None:
    """Sign a manifest and publish it retained until it expires.

    Raises:
        PublishError: expired already, or refused by the broker.
    """
    left_s = int((moment(manifest.valid_until) - clock.utc()).total_seconds())
    if left_s <= 0:
        raise PublishError(f"manifest {manifest.id}: valid_until {manifest.valid_until} is past")
    unsigned = manifest.model_copy(update={"key_id": None, "signature": None})
    body = json.dumps(sign(to_mapping(unsigned)), ensure_ascii=False).encode()
    store.note_sent(
        identifier=f"{manifest.id}:{manifest.version}",
        kind="manifest",
        lane=manifest.lane,
        time=rfc3339(clock.utc()),
        body=body,
    )
    topic = LaneTopics(manifest.lane).manifest(manifest.id)
    link.publish_surely(Post(topic, body, retain=True, expiry_s=left_s), timeout_s)


def read_args(name: str, values: Mapping[str, object]) -> Closed:
    """Check the arguments of a command of this name. Raises PublishError."""
    try:
        return COMMANDS[name].model_validate(dict(values))
    except ValidationError as error:
        raise PublishError(f"arguments: {problems(error)}") from error


def describe(answer: Answer) -> tuple[str, ...]:
    """Say a response in lines for a person."""
    response = answer.response
    verdict = "accepted" if response.accepted else "REFUSED"
    mark = " [SIMULATED]" if response.simulated else ""
    return (
        f"{response.lane}: {response.name} {verdict} ({response.reason}){mark}",
        f"  {response.detail}" if response.detail else "",
    )


def _await_response(link: Link, order: Order, clock: Clock, timeout_s: float) -> Answer:
    deadline_ns = clock.monotonic_ns() + int(timeout_s * _SECOND_NS)
    while clock.monotonic_ns() < deadline_ns:
        for mail in link.poll(0.1):
            link.ack(mail)
            answer = _matching(mail, order)
            if answer is not None:
                return answer
    raise PublishError(
        f"lane {order.lane}: no response to {order.name} in {timeout_s:g} s; "
        f"send it again with --id {order.identifier}, it is carried out once"
    )


def _matching(mail: Mail, order: Order) -> Answer | None:
    try:
        response = CommandResponse.model_validate_json(mail.payload)
    except ValidationError:
        return None  # not a response of this contract: keep waiting for ours
    if response.id != order.identifier or response.lane != order.lane:
        return None
    return Answer(mail.payload, response)
