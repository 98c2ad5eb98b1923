"""Which proofs count: the newest one, of this device as it is, of these days, within its limit."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.clock import rfc3339
from edge.evidence.record import Record
from edge.proofs import (
    PROOF,
    Proof,
    ProofBook,
    Silence,
    judged,
    needed,
    newest,
    proof_of,
    told,
)
from simulator.proofs import as_proven
from tests.unit.control.kit import LANE

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DEVICES = {"board", "safety", "belt", "source"}
IO = {"kind": "iologik", "bus": "safety", "unit": 2, "model": "E1212"}


def record(body: Mapping[str, object], sequence: int = 1) -> Record:
    return Record(sequence, PROOF, None, rfc3339(NOW), 0, body)


def book(**changes: object) -> ProofBook:
    """The lane's book with the belt's proof changed."""
    found = as_proven(LANE, NOW)
    return ProofBook(LANE, found | {"belt": replace(found["belt"], **changes)})


def of_belt(*silences: Silence, time_ms: int = 1000) -> Proof:
    belt = as_proven(LANE, NOW)["belt"]
    return replace(belt, time_ms=time_ms, silences=silences, outcome="failed", bound_ms=None)


def stood(silence_ms: int) -> Silence:
    return Silence(silence_ms, fell=False, safe_ms=None, saw="it still ran")


def fell(silence_ms: int, safe_ms: int | None) -> Silence:
    return Silence(silence_ms, fell=True, safe_ms=safe_ms, saw="it stands")


def test_drive_controller_board_generator_and_whatever_has_outputs_need_a_proof() -> None:
    assert {one.device for one in needed(LANE)} == DEVICES
    silent = LANE.model_copy(update={"devices": LANE.devices | {"io": dict(IO)}})
    assert {one.device for one in needed(silent)} == DEVICES
    lamp = IO | {"outputs": {"lamp": {"channel": 0, "safe": "off"}}}
    holding = LANE.model_copy(update={"devices": LANE.devices | {"io": lamp}})
    (io,) = [one for one in needed(holding) if one.device == "io"]
    assert (io.part, io.limit_ms) == ("outputs", None)
    found = as_proven(holding, NOW) | as_proven(LANE, NOW)
    found["io"] = replace(found["io"], bound_ms=500)
    assert "add outputs_ms under [proofs]" in ProofBook(holding, found).against(NOW)["io"]


def test_a_lane_without_proofs_has_every_device_against_it_and_names_the_command() -> None:
    against = ProofBook(LANE, {}).against(NOW)
    assert set(against) == DEVICES
    said = told(against)
    assert said.count("no proof in the journal") == 1
    assert said.endswith("run scanlane device prove LANE.toml --all --officer ID")
    assert len(said) < 300


def test_a_lane_with_all_its_proofs_has_nothing_against_it() -> None:
    assert ProofBook(LANE, as_proven(LANE, NOW)).against(NOW) == {}
    assert told({}) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"outcome": "failed", "reason": "it went on"}, "failed: it went on"),
        ({"outcome": "not_provable", "reason": "no watchdog"}, "not provable: no watchdog"),
        ({"kind": "sinamics_v20"}, "proven as sinamics_v20"),
        ({"part": "safety"}, r"it is altivar \(conveyor\)"),
        ({"settings_sha256": "00" * 32}, "section of the lane file has changed"),
        ({"simulated": False}, "proven on a real lane"),
        ({"bound_ms": 2001}, "safe only after 2001 ms, the lane allows 2000 ms"),
        ({"bound_ms": None}, "its safe state was not seen"),
    ],
)
def test_a_proof_that_is_not_of_this_device_or_not_good_enough_does_not_count(
    changes: dict[str, object], said: str
) -> None:
    against = book(**changes).against(NOW)
    assert set(against) == {"belt"}
    assert re.search(said, against["belt"])


@given(days=st.integers(-3, 800), minutes=st.integers(-60, 60))
def test_a_proof_counts_from_its_moment_to_the_end_of_its_days_and_never_outside(
    days: int, minutes: int
) -> None:
    made = ProofBook(LANE, as_proven(LANE, NOW))
    age = timedelta(days=days, minutes=minutes)
    valid = timedelta() <= age <= timedelta(days=LANE.proofs.valid_days)
    assert (made.against(NOW + age) == {}) is valid


@given(st.lists(st.integers(-2, 800), min_size=2, max_size=8))
def test_what_was_judged_before_changes_nothing_of_a_later_judgement(days: list[int]) -> None:
    """Between two judgements only time passes, also when the clock is set back."""
    found = as_proven(LANE, NOW)
    found["belt"] = replace(found["belt"], utc=rfc3339(NOW - timedelta(days=200)))
    kept = ProofBook(LANE, found)
    for each in days:
        at = NOW + timedelta(days=each)
        assert kept.against(at) == ProofBook(LANE, found).against(at)


def test_a_watchdog_that_was_set_anew_after_its_proof_is_unproven_until_it_is_as_it_was() -> None:
    made = ProofBook(LANE, as_proven(LANE, NOW))
    made.says("belt", "TTO 1000 ms, SLL ramp")
    assert made.against(NOW) == {}
    made.says("belt", "TTO 1000 ms, SLL ignore")
    assert made.against(NOW) == {
        "belt": "proven with TTO 1000 ms, SLL ramp, now TTO 1000 ms, SLL ignore"
    }
    made.says("belt", "TTO 1000 ms, SLL ramp")
    assert made.against(NOW) == {}


# What silences show ---------------------------------------------------------------------------


def test_a_device_that_stands_through_less_and_falls_by_more_than_its_time_out_is_proven() -> None:
    proof = judged(of_belt(stood(520), stood(830), fell(1230, 1280)), 2000)
    assert (proof.outcome, proof.reason) == ("proven", "")
    assert (proof.survived_ms, proof.bound_ms) == (830, 1280)


@pytest.mark.parametrize(
    ("silences", "said"),
    [
        ((stood(500), stood(800), stood(1200), stood(2000)), "went on through 2000 ms"),
        ((stood(500), stood(1300), fell(1500, 1500)), "went on through 1300 ms"),
        ((fell(500, 500),), "fell after 500 ms already"),
        ((stood(500),), "was not seen to fall"),
        ((fell(1250, 1250),), "no silence was short enough"),
        ((stood(500), fell(1250, None)), "its safe state was not seen"),
        ((stood(500), fell(1250, 2001)), "safe only after 2001 ms"),
    ],
)
def test_any_other_run_of_silences_is_a_failure_with_its_reason(
    silences: tuple[Silence, ...], said: str
) -> None:
    proof = judged(of_belt(*silences), 2000)
    assert proof.outcome == "failed"
    assert said in proof.reason


@given(
    st.lists(
        st.builds(
            Silence,
            st.integers(0, 5000),
            fell=st.booleans(),
            safe_ms=st.none() | st.integers(0, 9000),
            saw=st.just(""),
        ),
        max_size=6,
    ),
    st.integers(1, 3000),
)
def test_nothing_is_proven_without_a_silence_survived_and_a_safe_state_in_time(
    silences: list[Silence], limit_ms: int
) -> None:
    proof = judged(of_belt(*silences), limit_ms)
    if proof.outcome == "proven":
        assert any(not one.fell and one.silence_ms < 1200 for one in silences)
        assert any(one.fell and one.silence_ms > 900 for one in silences)
        assert proof.bound_ms is not None
        assert proof.bound_ms <= limit_ms


# In the journal -------------------------------------------------------------------------------


def test_a_proof_comes_back_from_its_entry_as_it_was_written() -> None:
    proof = judged(of_belt(stood(520), fell(1230, 1280)), 2000)
    stored = Record.to_bytes(record(proof.body()))
    assert stored
    assert proof_of(record(proof.body())) == proof


def test_the_newest_proof_of_a_device_counts_also_when_it_failed_or_cannot_be_read() -> None:
    good = as_proven(LANE, NOW)["belt"]
    bad = replace(good, outcome="failed", reason="it went on")
    assert newest([record(good.body(), 1), record(bad.body(), 2)])["belt"] == bad
    assert newest([record(bad.body(), 1), record(good.body(), 2)])["belt"] == good
    torn = {"device": "belt", "outcome": "proven"}
    assert newest([record(good.body(), 1), record(torn, 2)]) == {}


Change = Callable[[dict[str, object]], object]


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.pop("bound_ms"),
        lambda body: body.update(outcome="surely"),
        lambda body: body.update(silences=[{"silence_ms": 1}]),
        lambda body: body.update(part="roof"),
        lambda body: body.update(utc="yesterday"),
    ],
)
def test_an_entry_that_is_no_whole_proof_is_none(change: Change) -> None:
    body = as_proven(LANE, NOW)["belt"].body()
    change(body)
    assert proof_of(record(body)) is None
