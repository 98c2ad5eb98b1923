"""Commands that come down and the responses that go up; both signed, both closed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from edge.messages.base import Closed, LaneId, Line, Signature, Text, Token, UtcTime


class AnswerArgs(Closed):
    """Answer a hold. No answer makes a scan of an exemption or of what nobody knows."""

    inspection_id: Token
    decision: Literal["scan", "turn_away", "pass"]
    reason: Text


class AbortArgs(Closed):
    """End a running scan at once."""

    inspection_id: Token
    reason: Text


class OutcomeArgs(Closed):
    """The analysing officer's two answers."""

    inspection_id: Token
    suspicion: bool
    agrees_with_documents: bool
    note: Text = ""


class AckArgs(Closed):
    """Acknowledge one fault, or without a code everything that may be; never resets a trip."""

    fault_code: Token | None = None


class ConfirmIdentityArgs(Closed):
    """Bind a manifest to a unit whose identifiers do not do it, or of which none was read."""

    inspection_id: Token
    manifest_id: Token
    reason: Text


class StateNoAnimalsArgs(Closed):
    """State that a circus or menagerie travels without live animals."""

    inspection_id: Token


class AskDriverArgs(Closed):
    """The driver's answer to "are live animals on board?"."""

    inspection_id: Token
    animals: Literal["yes", "no"]


class RefusalArgs(Closed):
    """The driver refuses to drive through: the unit goes unscanned."""

    inspection_id: Token
    reason: Text


COMMANDS: Mapping[str, type[Closed]] = MappingProxyType(
    {
        "answer": AnswerArgs,
        "abort": AbortArgs,
        "outcome": OutcomeArgs,
        "ack": AckArgs,
        "confirm_identity": ConfirmIdentityArgs,
        "state_no_animals": StateNoAnimalsArgs,
        "ask_driver": AskDriverArgs,
        "refusal": RefusalArgs,
    }
)
"""Every command name with the model of its arguments; the name is also the act asked of the law."""


class Command(Closed):
    """A signed command. ``args`` are checked against the model of ``name``."""

    id: Token
    lane: LaneId
    name: Token
    issued: UtcTime
    expires: UtcTime
    officer: Token
    args: dict[str, object]
    key_id: Line | None = None
    signature: Signature | None = None


class CommandResponse(Closed):
    """What became of a command, signed by the lane.

    Attributes:
        id: the command's id; the same command again gets the same response.
        reason: ``accepted`` or the code of the refusal.
        detail: the same in words, with what to do.
    """

    id: Token
    lane: LaneId
    name: Token
    accepted: bool
    reason: Token
    detail: Line
    time: UtcTime
    simulated: bool
    key_id: Line | None = None
    signature: Signature | None = None
