import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.control.lane_logic import LaneLogic
from edge.journal.entries import JournalEntry
from simulator.hall.truth import Record, Wrong
from simulator.world.faults import Kind, schedule
from simulator.world.journal import SlowJournal
from simulator.world.oracles import unclosed, unwritten, wrongs
from simulator.world.run import Fitted
from simulator.world.seeded import fit_plainly, plan_of, run_plan, run_seed, shipped_config
from simulator.world.virtual_loop import START_S, VirtualClock, VirtualLoop

HOURS = 0.5


@pytest.mark.parametrize("seed", range(1, 9))
def test_whatever_goes_wrong_nothing_forbidden_is_exposed_and_the_lane_comes_back(
    seed: int,
) -> None:
    result = run_seed(seed, HOURS)
    assert result.problems == (), str(result)
    assert result.exposed > 0, "a lane that scans nothing is safe and useless"


def test_the_same_seed_gives_the_same_run() -> None:
    assert run_seed(11, 0.2).digest == run_seed(11, 0.2).digest


def test_another_seed_gives_another_run() -> None:
    assert run_seed(11, 0.1).digest != run_seed(12, 0.1).digest


def test_the_order_of_hashes_changes_nothing() -> None:
    command = [sys.executable, "-m", "simulator.world", "--seed", "13", "--hours", "0.1"]
    told = {
        subprocess.run(
            command,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            timeout=100,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(told) == 1


def _forgetful(
    logic: LaneLogic, loop: VirtualLoop, clock: VirtualClock, journal: SlowJournal
) -> Fitted:
    """A planted bug: a manifest that comes after the verdict is kept and not looked at."""
    logic.gate.manifest_arrived = lambda _manifest: None  # type: ignore[method-assign]  # planted
    return fit_plainly(logic, loop, clock, journal)


def test_a_lane_that_forgets_corrected_papers_is_found_out(tmp_path: Path) -> None:
    found = []
    for seed in range(1, 7):
        folder = tmp_path / str(seed)
        folder.mkdir()
        result = run_plan(plan_of(seed, HOURS), folder, shipped_config(), _forgetful)
        found += [problem for problem in result.problems if "papers forbade" in problem]
        if found:
            assert f"--seed {seed} " in str(result)
            return
    pytest.fail("the planted bug was not found by any seed")


def test_a_failure_names_the_command_that_repeats_it() -> None:
    plan = plan_of(77, 0.25)
    assert plan.command == "python -m simulator.world --seed 77 --hours 0.25"


def test_every_kind_of_fault_is_drawn_by_some_seed_and_never_all_at_once() -> None:
    drawn = [{each.kind for each in schedule(seed, 3_600_000)} for seed in range(200)]
    assert set().union(*drawn) == set(Kind)
    assert max(map(len, drawn)) < len(Kind) // 2


def test_faults_end_before_the_lane_is_judged() -> None:
    for seed in range(50):
        assert all(t.at_ms + t.duration_ms < 600_000 for t in schedule(seed, 600_000))


def _entry(kind: str, inspection: str) -> JournalEntry:
    return JournalEntry(kind, inspection, "2026-06-01T03:00:00.000000Z", 0, {})


def _at(ms: int) -> int:
    return round((START_S * 1000 + ms) * 1e6)


def test_the_oracles_see_a_forbidden_exposure_and_allow_a_boards_reaction() -> None:
    record = Record()
    for now_ms in (5, 10, 15, 20, 25):
        record.wrong({(Wrong.PERSON_IN_ZONE, "")}, now_ms, 5, relay=True, hv=True)
    assert len(wrongs(record)) == 1
    short = Record()
    short.wrong({(Wrong.PERSON_IN_ZONE, "")}, 5, 5, relay=True, hv=True)
    assert wrongs(short) == []
    short.wrong({(Wrong.UNIT_NOT_SCANNABLE, "U1")}, 10, 5, relay=True, hv=True)
    assert len(wrongs(short)) == 1


def test_the_oracles_see_a_relay_that_closes_before_its_intent_is_on_disk() -> None:
    record = Record()
    record.extend(record.relay, 1000, 5)
    assert len(unwritten(record, [])) == 1
    assert len(unwritten(record, [(_at(1020), _entry("beam.intent", "i-1"))])) == 1
    assert unwritten(record, [(_at(990), _entry("beam.intent", "i-1"))]) == []


def test_the_oracles_see_a_record_that_is_not_closed_or_closed_twice() -> None:
    opened, closed = _entry("inspection.opened", "i-1"), _entry("inspection.closed", "i-1")
    assert unclosed([(0, opened), (1, closed)]) == []
    assert len(unclosed([(0, opened)])) == 1
    assert len(unclosed([(0, opened), (1, closed), (2, closed)])) == 1
