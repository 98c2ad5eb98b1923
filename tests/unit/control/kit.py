"""What the tests of the control side are built from: the shipped lane, a clock, units, papers."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.control.binding import Shelf
from edge.control.cases import Case, CaseBook
from edge.core.faults import ActiveFault, Fault
from edge.core.inspection import Inspection, InspectionState
from edge.core.lane import LaneState
from edge.core.state import State, restarted
from edge.core.tracking import Certainty, Phase
from edge.core.values import Quality
from edge.lane_file import load
from edge.law_tables import load_law
from edge.messages.manifest import Manifest, plain_identifier
from edge.ports import Reading
from edge.settings import LaneFile

ROOT = Path(__file__).parents[3]
LANE_FILE = ROOT / "config" / "lanes" / "cargo.toml"
MS = 1_000_000
TOKEN = 7
STARTED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

LIVING = {"tnved_code": "8471 30 000 0", "description": "live birds"}
"""A line of goods that holds for what it says: a named OMS may answer with a scan."""
UNDECIDED = {"tnved_code": "0407", "description": "eggs"}
"""A line of goods of which nobody knows what it is: no officer may scan."""

LANE: LaneFile = load(LANE_FILE)
LAW, _ = load_law(ROOT / "config" / "law", lambda _file, _data: True)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ms = 1_000_000

    def monotonic_ns(self) -> int:
        return self.ms * MS

    def utc(self) -> datetime:
        return STARTED + timedelta(milliseconds=self.ms - 1_000_000)


class Posted:
    """Takes posted events in order."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.notes: list[dict[str, object]] = []

    def __call__(self, event: object, note: dict[str, object] | None = None) -> None:
        self.events.append(event)
        self.notes.append(dict(note or {}))

    def of(self, kind: type) -> list[object]:
        return [event for event in self.events if isinstance(event, kind)]


class Core:
    """The core's state as the code under test is shown it."""

    def __init__(self) -> None:
        self.state: State = restarted(())
        self.state = self.state._replace(
            tracking=self.state.tracking._replace(certainty=Certainty.TRACKED)
        )

    def __call__(self) -> State:
        return self.state

    def at_entry(self, token: int, phase: Phase = Phase.STANDING) -> None:
        tracking = self.state.tracking._replace(entry=token, phase=phase)
        self.state = self.state._replace(tracking=tracking)

    def inspection(self, token: int, state: InspectionState) -> None:
        others = tuple(i for i in self.state.inspections if i.token != token)
        one = Inspection(token, state, gone=False, held_ticks=0)
        self.state = self.state._replace(inspections=(*others, one))

    def faults(self, *faults: Fault, present: bool = False) -> None:
        self.state = self.state._replace(faults=tuple(ActiveFault(one, present) for one in faults))

    def lane(self, lane: LaneState, mission: int = 0) -> None:
        self.state = self.state._replace(lane=lane, mission=mission)


def open_case(book: CaseBook, clock: Clock) -> Case:
    return book.open(book.fresh_token(), "2026-03-02T08:00:00.000000Z", clock.monotonic_ns())


def manifest(identity: str = "m-1", version: int = 1, **changes: object) -> Manifest:
    values: dict[str, object] = {
        "id": identity,
        "version": version,
        "lane": LANE.lane.id,
        "direction": "arrival",
        "carrier": "carrier",
        "identifiers": {"container": "MSKU 1", "qr": "Q-1"},
        "goods": ({"tnved_code": "8471 30 000 0", "description": "portable computers"},),
        "dimensions": {"length_mm": 600, "mass_kg": 40},
        "issued": "2026-03-01T08:00:00Z",
        "valid_until": "2026-04-01T08:00:00Z",
        **changes,
    }
    return Manifest.model_validate(values)


def shelf(known: Callable[[], Sequence[Manifest]]) -> Shelf:
    """Finds manifests among those that are known, as the journal does."""

    def find(kind: str, text: str) -> list[Manifest]:
        def named(one: Manifest) -> str:
            return plain_identifier(getattr(one.identifiers, kind) or "")

        return [one for one in known() if named(one) == text]

    def by_id(manifest_id: str) -> list[Manifest]:
        versions = [one for one in known() if one.id == manifest_id]
        newest = max((one.version for one in versions), default=0)
        return [one for one in versions if one.version == newest]

    return Shelf(find, by_id)


def good(source: str, value: object, requested_ns: int) -> Reading:
    return Reading(source, value, Quality.GOOD, requested_ns)  # type: ignore[arg-type]


def done() -> Future[object]:
    future: Future[object] = Future()
    future.set_result(None)
    return future


def in_loop(body: Callable[[], object]) -> None:
    """Run a synchronous body where an event loop is running."""

    async def main() -> None:
        body()
        for _ in range(20):
            await asyncio.sleep(0)

    asyncio.run(main())
