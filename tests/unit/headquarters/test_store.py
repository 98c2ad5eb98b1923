"""Headquarters stores every event once, and says exactly what it has."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.errors import PublishError
from edge.messages.event_data import FaultRaised, InspectionClosed, OutcomeGiven, VerdictGiven
from edge.messages.events import Place, write_event
from edge.messages.state import Health, Meta, Span, State
from headquarters.store import Incoming, Store
from headquarters.verify import problems_of
from tests.unit.publish.fake_outbox import HEAD, LANE, OTHER_STREAM, STREAM, TIME, lane_mode, row

BASE = {"journal_sequence": 1, "journal_head": HEAD, "simulated": True}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store.open(tmp_path)
    yield one
    one.close()


def incoming(sequence: int, *, lane: str = LANE, stream: str = STREAM) -> Incoming:
    body = row(sequence, stream=stream).body
    return Incoming(f"scanlane/v1/{lane}/evt/lane.mode", lane, body, stream, sequence, TIME)


def test_programs_that_start_together_all_open_a_new_store(tmp_path: Path) -> None:
    together = threading.Barrier(4)

    def open_and_close(folder: Path) -> int:
        together.wait()
        store = Store.open(folder)
        stored = store.count()
        store.close()
        return stored

    with ThreadPoolExecutor(4) as pool:
        for number in range(20):
            assert list(pool.map(open_and_close, [tmp_path / str(number)] * 4)) == [0] * 4


def test_a_repeated_event_has_no_effect(store: Store) -> None:
    (state,) = store.add([incoming(1), incoming(2), incoming(1)])
    (again,) = store.add([incoming(2)])
    assert store.count() == 2
    assert (state.upto, again.upto) == (2, 2)
    assert store.rows("problems") == []


def test_a_receipt_stops_at_the_first_gap_and_names_it(store: Store) -> None:
    (state,) = store.add([incoming(one) for one in (1, 2, 5, 6, 9)])
    assert (state.upto, state.highest) == (2, 9)
    assert state.missing == (Span(3, 4), Span(7, 8))
    (filled,) = store.add([incoming(one) for one in (4, 3)])
    assert (filled.upto, filled.missing) == (6, (Span(7, 8),))


@given(st.lists(st.integers(min_value=1, max_value=30), max_size=60))
@settings(
    deadline=None,
    max_examples=40,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_upto_is_the_longest_prefix_whatever_the_order(store: Store, order: list[int]) -> None:
    stream = f"{abs(hash(tuple(order))) % 16**8:08x}-1111-4222-8333-944445555666"
    for sequence in order:
        store.add([incoming(sequence, stream=stream)])
    expected = 0
    while expected + 1 in order:
        expected += 1
    states = [one for one in store.add([incoming(31, stream=stream)]) if one.stream == stream]
    assert [one.upto for one in states] == [31 if expected == 30 else expected]


def test_the_same_key_with_another_body_is_kept_as_a_conflict(store: Store) -> None:
    store.add([incoming(1)])
    other = write_event(Place(LANE, STREAM, 1), subject=None, time=TIME, data=lane_mode(1, "x"))
    store.add([Incoming("t", LANE, other, STREAM, 1, TIME)])
    assert store.count() == 1
    assert [problem["kind"] for problem in store.rows("problems")] == ["conflict"]


def test_an_unreadable_event_with_a_key_does_not_hold_up_its_stream(store: Store) -> None:
    broken = Incoming("t", LANE, b"{broken", STREAM, 2, TIME)
    (state,) = store.add([incoming(1), broken, incoming(3)])
    assert state.upto == 3
    assert [problem["kind"] for problem in store.rows("problems")] == ["unreadable"]


def test_garbage_without_a_key_is_kept_once_and_receipted_never(store: Store) -> None:
    garbage = Incoming("t", LANE, b"\xff\x00", "", 0, TIME)
    assert store.add([garbage, garbage]) == ()
    assert [problem["kind"] for problem in store.rows("problems")] == ["rejected"]


def test_no_lane_writes_into_the_stream_of_another(store: Store) -> None:
    store.add([incoming(1)])
    body = write_event(Place("cargo-2", STREAM, 2), subject=None, time=TIME, data=lane_mode(2))
    assert store.add([Incoming("t", "cargo-2", body, STREAM, 2, TIME)]) == ()
    forged = Incoming("t", "cargo-2", row(2).body, STREAM, 2, TIME)
    assert store.add([forged]) == ()
    assert store.count() == 1


def test_after_a_restart_the_newest_stream_of_a_lane_is_receipted(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.add([incoming(1)])
    late = Incoming("t", LANE, row(1, stream=OTHER_STREAM).body, "", 0, "2026-02-01T00:00:00Z")
    store.add([late])
    store.close()
    store = Store.open(tmp_path)
    assert [state.stream for state in store.streams()] == [OTHER_STREAM]
    store.close()


def test_inspections_are_flat(store: Store) -> None:
    facts = (
        VerdictGiven.model_validate(BASE | {"verdict": "scan"}),
        OutcomeGiven.model_validate(
            BASE
            | {
                "officer": "oac-1",
                "suspicion": False,
                "agrees_with_documents": True,
                "outcome": "without_suspicion",
            }
        ),
        InspectionClosed.model_validate(
            BASE | {"state": "without_suspicion", "opened": TIME, "closed": TIME}
        ),
        FaultRaised.model_validate(
            BASE | {"code": "belt-stalled", "fault_class": "stop", "text": "Belt stalled"}
        ),
    )
    batch = []
    for number, data in enumerate(facts, 1):
        place = Place(LANE, STREAM, number)
        subject = None if isinstance(data, FaultRaised) else "i-1"
        body = write_event(place, subject=subject, time=TIME, data=data)
        batch.append(Incoming("t", LANE, body, "", 0, TIME))
    store.add(batch)
    (inspection,) = store.rows("inspections")
    assert inspection["verdict"] == "scan"
    assert inspection["outcome"] == inspection["state"] == "without_suspicion"
    assert inspection["simulated"] == 1
    (fault,) = store.rows("faults")
    assert fault["code"] == "belt-stalled"


def test_headquarters_shows_no_outcome_that_the_answers_do_not_lead_to(
    store: Store, tmp_path: Path
) -> None:
    given = OutcomeGiven.model_validate(
        BASE
        | {
            "officer": "oac-1",
            "suspicion": False,
            "agrees_with_documents": True,
            "outcome": "without_suspicion",
        }
    )
    body = write_event(Place(LANE, STREAM, 1), subject="i-1", time=TIME, data=given)
    forged = body.replace(b'"agrees_with_documents":true', b'"agrees_with_documents":false')
    assert forged != body
    store.add([Incoming("t", LANE, forged, STREAM, 1, TIME)])
    assert [row["kind"] for row in store.rows("problems")] == ["unreadable"]
    assert store.rows("inspections") == []
    # What was taken in before the message refused it is shown as its answers say.
    (file,) = (one for one in tmp_path.iterdir() if one.suffix in {".db", ".sqlite"})
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(
            "UPDATE events SET problem = NULL, subject = 'i-1', type = 'outcome.given', body = ?",
            (forged.decode(),),
        )
    assert [row["outcome"] for row in store.rows("inspections")] == ["under_suspicion"]


def test_a_late_will_of_an_earlier_session_changes_nothing(store: Store) -> None:
    def state(session: int, *, online: bool) -> State:
        return State(
            online=online,
            lane=LANE,
            boot=STREAM,
            session=session,
            since=TIME,
            software="0.1.0",
            backlog=0,
            simulated=True,
        )

    store.lane_state(state(2, online=True), TIME)
    store.lane_state(state(1, online=False), TIME)
    assert store.rows("lanes_now")[0]["state"] == "online"
    store.lane_state(state(2, online=False), TIME)
    assert store.rows("lanes_now")[0]["state"] == "offline"


def test_health_and_meta_are_kept_beside_the_state(store: Store) -> None:
    store.lane_note(LANE, Health(time=TIME, simulated=True, mode="idle"), TIME)
    meta = Meta(
        lane=LANE,
        software="0.1.0",
        simulated=True,
        stream=STREAM,
        schemas=(),
        commands=(),
        key_id="k",
        public_key="abc",
    )
    store.lane_note(LANE, meta, TIME)
    assert store.rows("lanes_now")[0]["mode"] == "idle"
    assert store.lane_key(LANE) == "abc"
    assert store.lane_key("cargo-9") == ""


def test_a_changed_body_and_a_lost_event_are_found(store: Store) -> None:
    store.add([incoming(one) for one in (1, 2, 3, 4)])
    assert list(problems_of(store)) == []
    changed = json.loads(row(2).body)
    changed["data"]["mode"] = "other"
    store._connection.execute(
        "UPDATE events SET body = ? WHERE sequence = 2", (json.dumps(changed),)
    )
    store._connection.execute("DELETE FROM events WHERE sequence = 3")
    assert list(problems_of(store)) == [
        f"{STREAM}:2: the body was changed after it was stored",
        f"{STREAM}: events 3 to 3 are missing",
    ]


def test_a_store_that_cannot_be_written_says_so_and_stores_nothing(store: Store) -> None:
    store._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(PublishError, match="cannot write"):
        store.add([incoming(1)])
    assert store.count() == 0


def test_a_folder_that_is_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(PublishError, match="cannot open"):
        Store.open(tmp_path / "file")
