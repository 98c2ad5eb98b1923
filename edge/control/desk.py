"""The requests of the control socket, each a few lines: status and the officers' acts.

An act is called done once its entry is on disk, and everything that it has led to before.
"""

import asyncio
import pwd
from collections.abc import Awaitable, Callable, Mapping
from os import getuid

from edge.control.acts import Actor
from edge.control.lane_logic import LaneLogic
from edge.errors import JournalError, JournalUnavailable

WRITE_WAIT_S = 5.0
"""An officer hears within this time whether his act is on disk; `edge.door.ask` waits longer."""

Request = Mapping[str, object]
Reply = dict[str, object]
Handler = Callable[[Request, str], Awaitable[Reply]]


class Desk:
    """Answers requests that come through the door; refusals are raised as CommandRefused."""

    def __init__(self, logic: LaneLogic) -> None:
        self._logic = logic
        self._own_login = _login(getuid())

    def handlers(self) -> Mapping[str, Handler]:
        """Every request of the door by its name."""
        return {
            "status": self.status,
            "ack": self.ack,
            "answer": self.answer,
            "abort": self.abort,
            "outcome": self.outcome,
            "confirm_identity": self.confirm_identity,
            "state_no_animals": self.state_no_animals,
            "ask_driver": self.ask_driver,
            "refusal": self.refusal,
            "season": self.season,
            "end_service": self.end_service,
        }

    async def status(self, _request: Request, _login: str) -> Reply:
        """What the lane is doing."""
        return self._logic.status()

    async def ack(self, request: Request, login: str) -> Reply:
        """Acknowledge one fault, or without ``fault`` the stopped lane as it stands."""
        code = None if request.get("fault") is None else _text(request, "fault")
        return await self._done(self._logic.acts.ack(self._actor(request, login), code))

    async def answer(self, request: Request, login: str) -> Reply:
        """Answer a hold."""
        return await self._done(
            self._logic.acts.answer(
                self._actor(request, login),
                inspection_id=_text(request, "inspection"),
                decision=_text(request, "decision"),
                reason=_text(request, "reason"),
            )
        )

    async def abort(self, request: Request, login: str) -> Reply:
        """End a scan."""
        return await self._done(
            self._logic.acts.abort(
                self._actor(request, login),
                inspection_id=_text(request, "inspection"),
                reason=_text(request, "reason"),
            )
        )

    async def outcome(self, request: Request, login: str) -> Reply:
        """Give the outcome of an analysis."""
        return await self._done(
            self._logic.acts.outcome(
                self._actor(request, login),
                inspection_id=_text(request, "inspection"),
                suspicion=_truth(request, "suspicion"),
                agrees=_truth(request, "agrees"),
                note=_text(request, "note"),
            )
        )

    async def confirm_identity(self, request: Request, login: str) -> Reply:
        """Bind a manifest to a held unit on a named OMS's word."""
        return await self._done(
            self._logic.acts.confirm_identity(
                self._actor(request, login),
                inspection_id=_text(request, "inspection"),
                manifest_id=_text(request, "manifest"),
                reason=_text(request, "reason"),
            )
        )

    async def state_no_animals(self, request: Request, login: str) -> Reply:
        """State that no live animals are aboard."""
        return await self._done(
            self._logic.acts.state_no_animals(
                self._actor(request, login), inspection_id=_text(request, "inspection")
            )
        )

    async def ask_driver(self, request: Request, login: str) -> Reply:
        """Record the driver's answer to the question for live animals."""
        return await self._done(
            self._logic.acts.ask_driver(
                self._actor(request, login),
                inspection_id=_text(request, "inspection"),
                animals=_text(request, "animals"),
            )
        )

    async def refusal(self, request: Request, login: str) -> Reply:
        """Record that the driver refuses to drive through."""
        return await self._done(
            self._logic.acts.refusal(
                self._actor(request, login),
                inspection_id=_text(request, "inspection"),
                reason=_text(request, "reason"),
            )
        )

    async def season(self, request: Request, login: str) -> Reply:
        """Season the tube."""
        return await self._done(self._logic.service.season(self._actor(request, login)))

    async def end_service(self, request: Request, login: str) -> Reply:
        """End the service mission under way."""
        return await self._done(self._logic.service.end(self._actor(request, login)))

    async def _done(self, text: str) -> Reply:
        """Say that an act is done, once that is on disk. Raises JournalUnavailable."""
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._logic.runner.then(lambda: taken.set_result(None))
        try:
            async with asyncio.timeout(WRITE_WAIT_S):
                await asyncio.shield(taken)
                await asyncio.shield(asyncio.wrap_future(self._logic.recorder.newest))
        except TimeoutError as error:
            raise JournalUnavailable(
                f"{text}: asked for, but not on disk within {WRITE_WAIT_S:g} s; check the disk"
            ) from error
        except JournalError as error:
            raise JournalUnavailable(f"{text}: asked for, but not on disk: {error}") from error
        return {"ok": True, "done": text}

    def _actor(self, request: Request, login: str) -> Actor:
        officer = self._logic.officers.at_the_lane(
            _text(request, "officer"), login=login, own_login=self._own_login
        )
        return Actor(officer)


def _login(uid: int) -> str:
    """The login as the door names it: a container may run under a number without a name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _text(request: Request, key: str) -> str:
    value = request.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key} must be a text")  # noqa: TRY004 - one kind of bad request
    return value


def _truth(request: Request, key: str) -> bool:
    value = request.get(key)
    if not isinstance(value, bool):
        raise ValueError(f"{key} must be true or false")  # noqa: TRY004 - one kind of bad request
    return value
