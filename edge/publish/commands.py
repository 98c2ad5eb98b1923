"""Judges a command from headquarters: is it for us, fresh, signed, allowed, and new? Pure.

Decides nothing about the lane; what is accepted goes to control as a typed act.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, unique

from pydantic import ValidationError

from edge.errors import PublishError
from edge.messages.base import Closed, moment, problems, read_object
from edge.messages.commands import COMMANDS, Command

SKEW = timedelta(seconds=60)
"""How far the clocks of headquarters and lane may differ."""
LONGEST_LIFE = timedelta(seconds=300)
"""A command may not be signed in advance for longer than this."""


@unique
class RefusalCode(Enum):
    """Why a command is refused."""

    UNREADABLE = "unreadable"
    WRONG_LANE = "wrong_lane"
    WRONG_TOPIC = "wrong_topic"
    UNKNOWN_COMMAND = "unknown_command"
    UNSIGNED = "unsigned"
    BAD_SIGNATURE = "bad_signature"
    KEY_NOT_FOR_OFFICER = "key_not_for_officer"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    LIFE_TOO_LONG = "life_too_long"
    UNKNOWN_OFFICER = "unknown_officer"
    NOT_ALLOWED = "not_allowed"
    BAD_ARGUMENTS = "bad_arguments"
    ID_REUSED = "id_reused"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A command that may be carried out now.

    Attributes:
        command: the command as signed.
        args: its arguments, of the model of its name.
        role: the officer's role that allows it.
    """

    command: Command
    args: Closed
    role: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A command that changes nothing; ``command_id`` is empty when it could not be read."""

    code: RefusalCode
    detail: str
    command_id: str = ""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A command that was judged before: send the same response again."""

    command_id: str
    response: bytes


@dataclass(frozen=True, slots=True)
class Seen:
    """A command of the past, with its signature and the response it got."""

    signature: str
    response: bytes


@dataclass(frozen=True, slots=True)
class Checks:
    """What a lane judges commands by.

    Attributes:
        lane: our lane id.
        signature_problem: says what is wrong with a signed mapping, "" when nothing is.
        key_speaks_for: whether a key id may sign for an officer id.
        roles_of: the roles of an officer id; none when unknown.
        may: whether a role may do an act (the command's name).
        seen: the past command of an id, or None.
    """

    lane: str
    signature_problem: Callable[[Mapping[str, object]], str]
    key_speaks_for: Callable[[str, str], bool]
    roles_of: Callable[[str], tuple[str, ...]]
    may: Callable[[str, str], bool]
    seen: Callable[[str], Seen | None]


Judgement = Accepted | Refused | Replayed


def judge(payload: bytes, *, topic_name: str, now: datetime, checks: Checks) -> Judgement:
    """Judge one command.

    The signature is judged before everything it covers, and a replay before its age, so that a
    repeated command gets its response however late.

    Args:
        payload: the message as it arrived.
        topic_name: last level of the topic it came on.
        now: aware wall time.
        checks: what to judge by.
    """
    read = _read(payload)
    if isinstance(read, Refused):
        return read
    command = read.command
    refusal = _origin(read, topic_name, checks)
    if refusal is not None:
        return refusal
    seen = checks.seen(command.id)
    if seen is not None:
        if seen.signature == command.signature:
            return Replayed(command.id, seen.response)
        return _refused(command, RefusalCode.ID_REUSED, "another command had this id; use a new id")
    return _freshness(command, now) or _permission(command, checks)


@dataclass(frozen=True, slots=True)
class _Read:
    """A command, and the mapping exactly as it was signed."""

    command: Command
    signed: Mapping[str, object]


def _read(payload: bytes) -> _Read | Refused:
    try:
        signed = read_object(payload, "command")
        return _Read(Command.model_validate_json(payload), signed)
    except PublishError as error:
        return Refused(RefusalCode.UNREADABLE, str(error))
    except ValidationError as error:
        return Refused(RefusalCode.UNREADABLE, f"command: {problems(error)}")


def _origin(read: _Read, topic_name: str, checks: Checks) -> Refused | None:
    command = read.command
    if command.signature is None or command.key_id is None:
        return _refused(command, RefusalCode.UNSIGNED, "no signature; sign it with a trusted key")
    problem = checks.signature_problem(read.signed)
    if problem:
        return _refused(command, RefusalCode.BAD_SIGNATURE, problem)
    if command.lane != checks.lane:
        detail = f"is for lane {command.lane}, this is {checks.lane}"
        return _refused(command, RefusalCode.WRONG_LANE, detail)
    if command.name != topic_name:
        detail = f"{command.name} came on the topic of {topic_name}"
        return _refused(command, RefusalCode.WRONG_TOPIC, detail)
    if not checks.key_speaks_for(command.key_id, command.officer):
        detail = f"key {command.key_id} does not sign for officer {command.officer}"
        return _refused(command, RefusalCode.KEY_NOT_FOR_OFFICER, detail)
    return None


def _freshness(command: Command, now: datetime) -> Refused | None:
    issued, expires = moment(command.issued), moment(command.expires)
    if issued > now + SKEW:
        detail = f"issued {command.issued} is in the future; check both clocks"
        return _refused(command, RefusalCode.NOT_YET, detail)
    if now > expires:
        detail = f"expired {command.expires}; send it again"
        return _refused(command, RefusalCode.EXPIRED, detail)
    if expires - issued > LONGEST_LIFE:
        detail = f"lives longer than {int(LONGEST_LIFE.total_seconds())} s"
        return _refused(command, RefusalCode.LIFE_TOO_LONG, detail)
    return None


def _permission(command: Command, checks: Checks) -> Accepted | Refused:
    model = COMMANDS.get(command.name)
    if model is None:
        detail = f"{command.name} is none of {', '.join(COMMANDS)}"
        return _refused(command, RefusalCode.UNKNOWN_COMMAND, detail)
    roles = checks.roles_of(command.officer)
    if not roles:
        detail = f"officer {command.officer} is not known to this lane"
        return _refused(command, RefusalCode.UNKNOWN_OFFICER, detail)
    role = next((one for one in roles if checks.may(one, command.name)), None)
    if role is None:
        detail = f"{', '.join(roles)} may not {command.name}"
        return _refused(command, RefusalCode.NOT_ALLOWED, detail)
    try:
        args = model.model_validate(command.args)
    except ValidationError as error:
        detail = f"{command.name}: {problems(error)}"
        return _refused(command, RefusalCode.BAD_ARGUMENTS, detail)
    return Accepted(command, args, role)


def _refused(command: Command, code: RefusalCode, detail: str) -> Refused:
    return Refused(code, detail[:300], command.id)
