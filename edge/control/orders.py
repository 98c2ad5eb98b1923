"""From the arguments of a command of headquarters to the officer's act."""

from edge.control.acts import Actor, Acts
from edge.messages.base import Closed
from edge.messages.commands import (
    AbortArgs,
    AckArgs,
    AnswerArgs,
    AskDriverArgs,
    ConfirmIdentityArgs,
    OutcomeArgs,
    RefusalArgs,
    StateNoAnimalsArgs,
)


def carry_out(acts: Acts, actor: Actor, args: Closed) -> str:
    """Do what a command asks for; gives what was done in words. Raises CommandRefused."""
    match args:
        case AnswerArgs():
            done = acts.answer(
                actor,
                inspection_id=args.inspection_id,
                decision=args.decision,
                reason=args.reason,
            )
        case AbortArgs():
            done = acts.abort(actor, inspection_id=args.inspection_id, reason=args.reason)
        case OutcomeArgs():
            done = acts.outcome(
                actor,
                inspection_id=args.inspection_id,
                suspicion=args.suspicion,
                agrees=args.agrees_with_documents,
                note=args.note,
            )
        case ConfirmIdentityArgs():
            done = acts.confirm_identity(
                actor,
                inspection_id=args.inspection_id,
                manifest_id=args.manifest_id,
                reason=args.reason,
            )
        case StateNoAnimalsArgs():
            done = acts.state_no_animals(actor, inspection_id=args.inspection_id)
        case AskDriverArgs():
            done = acts.ask_driver(actor, inspection_id=args.inspection_id, animals=args.animals)
        case RefusalArgs():
            done = acts.refusal(actor, inspection_id=args.inspection_id, reason=args.reason)
        case _:
            assert isinstance(args, AckArgs)
            done = acts.ack(actor, args.fault_code)
    return done
