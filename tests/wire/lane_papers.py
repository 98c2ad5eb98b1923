"""Papers of the wire tests: units, their manifests, and what headquarters must have in the end."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from edge.archive.store import verify
from edge.clock import SystemClock, rfc3339
from edge.evidence.record import read_record
from edge.journal.database import Reader
from edge.messages.events import read_event
from edge.messages.manifest import read_manifest
from edge.messages.topics import LaneTopics, broker_address
from headquarters.link import Link, Post
from headquarters.send import send_manifest
from headquarters.store import Store
from headquarters.verify import problems_of
from tests.wire.lane_kit import LANE_ID, Rig
from tests.wire.lane_programs import until

WAIT_S = 10.0
LENGTH_MM = 700
FOOTWEAR = ("6403 91 160 0", "footwear")
CATTLE = ("0102 29 610 0", "cattle, live")
TABLE_EGGS = ("0407 21 000 0", "fresh hens' eggs for the table")
TOLD_ALWAYS = ("inspection.opened", "verdict.given", "outcome.given", "inspection.closed")


@contextmanager
def a_link(rig: Rig) -> Iterator[Link]:
    link = Link(broker_address(rig.url), client_id="hq-tests", clock=SystemClock())
    link.open(WAIT_S)
    try:
        yield link
    finally:
        link.close()


@contextmanager
def a_store(rig: Rig) -> Iterator[Store]:
    store = Store.open(rig.folder / "hq")
    try:
        yield store
    finally:
        store.close()


def manifest(unit: str, goods: tuple[str, str], lane: str = LANE_ID) -> dict[str, object]:
    """The manifest of a unit as headquarters would write it, unsigned."""
    now = SystemClock().utc()
    return {
        "id": f"m-{unit.lower()}",
        "version": 1,
        "lane": lane,
        "direction": "arrival",
        "carrier": "Kazpost",
        "identifiers": {"qr": unit, "container": unit},
        "goods": [{"tnved_code": goods[0], "description": goods[1]}],
        "dimensions": {"length_mm": LENGTH_MM, "mass_kg": 250},
        "issued": rfc3339(now),
        "valid_until": rfc3339(now + timedelta(days=1)),
    }


def declare(rig: Rig, **units: tuple[str, str]) -> None:
    """Send signed manifests and wait until the lane has committed them."""
    with a_link(rig) as link, a_store(rig) as store:
        for unit, goods in units.items():
            read = read_manifest(json.dumps(manifest(unit, goods)).encode())
            send_manifest(
                link, store, read, sign=rig.key.sign, clock=SystemClock(), timeout_s=WAIT_S
            )
    wanted = {f"m-{unit.lower()}" for unit in units}
    until(lambda: wanted <= _received(rig), f"the lane has manifests {wanted}")


def send_raw(rig: Rig, name: str, body: bytes) -> None:
    """Publish bytes where a manifest is expected."""
    topic = LaneTopics(LANE_ID).manifest(name)
    with a_link(rig) as link:
        link.publish_surely(Post(topic, body), WAIT_S)


def arrive(rig: Rig, unit: str, *, may_be_scanned: bool = True) -> None:
    """Let a unit come whose two codes say its name."""
    described = {
        "unit_id": unit,
        "length_mm": LENGTH_MM,
        "qr": unit,
        "label": unit,
        "may_be_scanned": may_be_scanned,
    }
    rig.act("arrive", unit=described)


def records(rig: Rig, kind: str) -> list[dict[str, object]]:
    """Bodies of the journal's entries of one kind, oldest first."""
    found = (read_record(link.record) for link in rig.entries())
    return [
        {"inspection": record.inspection_id, **record.body}
        for record in found
        if record.kind == kind
    ]


def closed(rig: Rig) -> dict[str, str]:
    """How each inspection was closed."""
    return {str(one["inspection"]): str(one["end"]) for one in records(rig, "inspection.closed")}


def _received(rig: Rig) -> set[object]:
    return {one["id"] for one in records(rig, "manifest.received")}


def waiting(rig: Rig) -> tuple[int, int]:
    """Highest sequence of the newest stream, and how many events wait for a receipt."""
    reader = Reader(rig.state / "journal.db")
    try:
        highest = reader.row("SELECT sum(highest) FROM outbox_stream")
        count = reader.row("SELECT count(*) FROM outbox")
    finally:
        reader.close()
    assert highest is not None
    assert count is not None
    return int(str(highest[0])), int(str(count[0]))


def expect_all_delivered(rig: Rig, seconds: float = 30.0) -> int:
    """Every event of the lane is at headquarters once, receipted, and names a true entry."""
    until(lambda: waiting(rig)[1] == 0, f"no event waits: {waiting(rig)}", seconds)
    highest, _ = waiting(rig)
    entries = {link.sequence: link for link in rig.entries()}
    with a_store(rig) as store:
        assert list(problems_of(store)) == []
        bodies = [body for stream in store.all_streams() for _, _, body in store.bodies(stream)]
    assert len(bodies) == highest
    told = [read_event(body.encode()) for body in bodies]
    assert len({(event.stream, event.number) for event in told}) == highest
    for event in told:
        entry = entries[event.data.journal_sequence]
        assert entry.hash.hex() == event.data.journal_head
        record = read_record(entry.record)
        assert event.subject == record.inspection_id
    for kind in TOLD_ALWAYS:
        of_journal = [one["inspection"] for one in records(rig, kind)]
        of_events = [event.subject for event in told if event.event_type == kind]
        assert sorted(map(str, of_journal)) == sorted(map(str, of_events)), kind
    return highest


def expect_sound_package(rig: Rig, facts: dict[str, object]) -> Path:
    """The package an entry names is on disk, complete, and has the hash that was written."""
    folder = rig.state / str(facts["folder"])
    assert verify(folder, str(facts["sha256"])) == []
    return folder


def expect_no_violation(rig: Rig) -> None:
    """The hall has seen no beam where none may be, and none without a whole warning."""
    assert rig.truth()["violations"] == []
