"""The link to headquarters as control sees it: notices in, wake-ups and health out."""

import asyncio
import logging
import random
from importlib.metadata import version
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.clock import Clock, rfc3339
from edge.control.arrivals import WAITING_LIMIT, Arrivals
from edge.control.inbox import Inbox
from edge.control.lane_logic import LaneLogic
from edge.core import events as ev
from edge.core.faults import Fault
from edge.errors import PublishError
from edge.evidence.signing import key_id, public_key_text
from edge.journal.outbox import Outbox
from edge.journal.store import Journal
from edge.messages.base import to_bytes
from edge.messages.commands import COMMANDS
from edge.messages.event_data import EVENTS
from edge.messages.events import schema_id
from edge.messages.state import Health, Meta
from edge.publish.notices import Notice, NoticeKind
from edge.publish.publisher import LaneIdentity, Publisher
from edge.publish.settings import PublishSettings
from edge.settings import LaneFile

log = logging.getLogger(__name__)
STOP_S = 4.0
_LINK = {NoticeKind.LOST, NoticeKind.FAILED}


class Uplink:
    """Owns the publisher and hands what it brings to the inbox, on the event loop."""

    def __init__(
        self,
        lane: LaneFile,
        *,
        journal: Journal,
        inbox: Inbox,
        logic: LaneLogic,
        public_key: Ed25519PublicKey,
        clock: Clock,
        url: str,
    ) -> None:
        self._lane = lane
        self._inbox = inbox
        self._logic = logic
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._down = False
        self._stopping = False
        self._arrivals = Arrivals(take=self._take, crowded=self._crowded, now_ns=clock.monotonic_ns)
        self._journal = journal
        self._outbox = Outbox(journal, clock=clock)
        software = f"scanlane {version('scanlane')}"
        identity = LaneIdentity(lane.lane.id, str(uuid4()), software, lane.lane.simulated)
        meta = Meta(
            lane=lane.lane.id,
            software=software,
            simulated=lane.lane.simulated,
            stream=journal.stream.stream,
            schemas=tuple(schema_id(name) for name in EVENTS),
            commands=tuple(COMMANDS),
            key_id=key_id(public_key),
            public_key=public_key_text(public_key),
        )
        self._publisher = Publisher(
            identity=identity,
            settings=PublishSettings(
                url=url,
                will_delay_s=lane.mqtt.will_delay_s,
                health_interval_s=float(lane.mqtt.health_s),
            ),
            outbox=self._outbox,
            deliver=self._deliver,
            clock=clock,
            rng=random.Random(),  # noqa: S311 - jitter of the back-off, not a secret
            meta=to_bytes(meta),
        )

    def start(self) -> None:
        """Start publishing; the broker need not be there."""
        self._publisher.start()

    async def stop(self) -> None:
        """Say farewell to the broker; an outbox that the publisher has let go of is closed."""
        self._stopping = True
        self._arrivals.close()
        if await self._loop.run_in_executor(None, self._publisher.stop, STOP_S):
            self._outbox.close()
        else:
            log.warning("the publisher did not end within %g s", STOP_S)

    def wake(self) -> None:
        """Say that the outbox has new rows; on any thread."""
        if not self._stopping:
            self._publisher.wake()

    async def run(self) -> None:
        """Take what comes and leave the newest gauges with the publisher until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._arrivals.run(), name="arrivals")
            tasks.create_task(self._gauge(), name="health")

    async def _gauge(self) -> None:
        while True:
            self._publisher.set_health(self._health())
            if not self._publisher.alive():
                self._link_is_down("the publisher's thread has ended")
            await asyncio.sleep(self._lane.mqtt.health_s)

    def _health(self) -> Health:
        state = self._logic.runner.state
        # By its numbers: counting the rows of a long backlog would keep the event loop waiting.
        stream = self._journal.stream
        backlog = stream.highest - stream.released_upto
        return Health(
            time=rfc3339(self._clock.utc()),
            simulated=self._lane.lane.simulated,
            mode=state.lane.value,
            backlog=backlog,
            faults=tuple(active.fault.value for active in state.faults),
        )

    def _deliver(self, notice: Notice) -> None:
        """Called on the publisher's thread."""
        if notice.kind is not NoticeKind.RECEIPTED:  # control has nothing to do for it
            self._arrivals.put(notice)

    def _take(self, notice: Notice) -> None:
        if notice.kind is NoticeKind.MANIFEST:
            self._inbox.manifest(notice.payload)
        elif notice.kind is NoticeKind.COMMAND:
            self._inbox.command(
                notice.name,
                notice.payload,
                lambda response: self._respond(notice, response),
            )
        elif notice.kind is NoticeKind.CONNECTED:
            if self._down:
                self._logic.runner.post(ev.FaultGone(Fault.BROKER_LOST))
            self._down = False
        elif notice.kind in _LINK:
            self._link_is_down(notice.detail)
        else:
            self._note(notice.kind.value, notice.detail)

    def _crowded(self) -> None:
        self._note("crowded", f"{WAITING_LIMIT} messages wait; the broker keeps what follows")

    def _note(self, kind: str, detail: str) -> None:
        log.warning("%s: %s", kind, detail)
        body = {"kind": kind, "detail": detail[:300]}
        self._logic.recorder.write("publish.notice", None, body)

    def _link_is_down(self, detail: str) -> None:
        if not self._down:
            self._down = True
            event = ev.FaultRaised(Fault.BROKER_LOST, present=True)
            self._logic.runner.post(event, {"detail": detail[:300]})

    def _respond(self, notice: Notice, response: bytes) -> None:
        try:
            taken = self._publisher.respond(notice.name, response, notice.correlation)
        except PublishError as error:
            log.warning("response dropped: %s", error)  # no topic can be named like this command
            return
        if not taken:
            log.warning("response to %s dropped: too many wait", notice.name)
