"""An inbox on a lane bench: real keys, real journal, and what headquarters would send."""

import json
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.clock import rfc3339
from edge.control.inbox import Inbox
from edge.control.signatures import Keyring
from edge.core import events as ev
from edge.core.faults import Fault
from edge.evidence.signing import public_key_text, sign
from edge.journal.database import Reader
from edge.messages.base import to_mapping
from edge.messages.commands import CommandResponse
from edge.messages.manifest import Manifest
from edge.settings import LaneFile
from tests.unit.control.kit import LANE
from tests.unit.control.lane_bench import KEY, LaneBench, on_bench, paper

HEADQUARTERS = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)
OFFICERS_OWN = Ed25519PrivateKey.from_private_bytes(bytes([2]) * 32)
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32)
OWN_KEY = public_key_text(OFFICERS_OWN.public_key())
OMS, OAC = "oms-sim", "oac-sim"


def trusting(lane: LaneFile = LANE) -> LaneFile:
    """The shipped lane with these keys; the OAC has one of his own."""
    key = public_key_text(HEADQUARTERS.public_key())
    officers = tuple(
        officer.model_copy(update={"public_key": OWN_KEY}) if officer.id == OAC else officer
        for officer in lane.officers
    )
    trust = lane.trust.model_copy(update={"manifests": (key,), "commands": (key,), "law": (key,)})
    return lane.model_copy(update={"trust": trust, "officers": officers})


def signed(manifest: Manifest, key: Ed25519PrivateKey = HEADQUARTERS) -> bytes:
    return json.dumps(sign(to_mapping(manifest), key)).encode()


class InboxBench:
    """Sends as headquarters would and keeps what comes back."""

    def __init__(self, bench: LaneBench, folder: Path) -> None:
        self.lane = bench
        self.reader = Reader(folder / "journal.db")
        self.posted: list[tuple[object, Mapping[str, object]]] = []
        self.responses: list[bytes] = []
        logic, file = bench.logic, trusting()
        self.inbox = Inbox(
            file,
            acts=logic.acts,
            officers=logic.officers,
            gate=logic.gate,
            recorder=logic.recorder,
            reader=self.reader,
            signatures=Keyring(file, folder, KEY, "lane file"),
            post=self._post,
            clock=bench.clock,
        )

    def command(
        self,
        name: str,
        args: Mapping[str, object],
        *,
        key: Ed25519PrivateKey | None = HEADQUARTERS,
        topic: str = "",
        **changes: object,
    ) -> bytes:
        """Send a command and give its bytes."""
        payload = self.wrap(name, args, key=key, **changes)
        self.send(topic or name, payload)
        return payload

    def wrap(
        self,
        name: str,
        args: Mapping[str, object],
        *,
        key: Ed25519PrivateKey | None = HEADQUARTERS,
        **changes: object,
    ) -> bytes:
        now = self.lane.clock.utc()
        command: dict[str, object] = {
            "id": "c-1",
            "lane": LANE.lane.id,
            "name": name,
            "issued": rfc3339(now),
            "expires": rfc3339(now + timedelta(seconds=60)),
            "officer": OMS,
            "args": dict(args),
            **changes,
        }
        return json.dumps(command if key is None else sign(command, key)).encode()

    def send(self, topic: str, payload: bytes) -> None:
        self.inbox.command(topic, payload, self.responses.append)

    async def settle(self) -> None:
        await self.lane.run(0.1)

    def answers(self) -> list[CommandResponse]:
        return [CommandResponse.model_validate_json(response) for response in self.responses]

    def faults(self) -> list[Fault]:
        return [event.fault for event, _ in self.posted if isinstance(event, ev.FaultRaised)]

    def bodies(self, kind: str) -> list[dict[str, object]]:
        rows = self.reader.rows(
            "SELECT record FROM entry WHERE kind = ? ORDER BY sequence LIMIT 100", kind
        )
        return [json.loads(str(record))["body"] for (record,) in rows]

    def kinds(self) -> list[str]:
        return [
            str(kind) for (kind,) in self.reader.rows("SELECT kind FROM entry ORDER BY sequence")
        ]

    def _post(self, event: ev.Event, note: Mapping[str, object] | None = None) -> None:
        self.posted.append((event, note or {}))
        self.lane.logic.runner.post(event, note)


def with_inbox(
    folder: Path, scenario: Callable[[InboxBench], Coroutine[object, object, None]]
) -> None:
    """Run a scenario with an inbox beside a running lane logic."""

    async def on_lane(bench: LaneBench) -> None:
        await bench.run(0.1)
        inbox = InboxBench(bench, folder)
        try:
            await scenario(inbox)
        finally:
            inbox.reader.close()

    on_bench(folder, on_lane)


async def a_unit_on_hold(bench: InboxBench) -> str:
    """Bring a unit whose papers are not there; gives its inspection."""
    lane = bench.lane
    lane.papers = [paper(identifiers={"container": "MSKU 1"})]
    await lane.into_service()
    lane.arrive()
    await lane.read_identifiers()
    await lane.until(lambda: lane.inspection() == "on_hold")
    (case,) = lane.logic.book.all()
    return case.inspection_id


async def an_image_to_analyse(bench: InboxBench) -> str:
    """Bring a unit and scan it; gives its inspection."""
    lane = bench.lane
    await lane.into_service()
    lane.arrive()
    await lane.read_identifiers()
    await lane.until(lambda: lane.inspection() == "analysis")
    (case,) = lane.logic.book.all()
    return case.inspection_id
