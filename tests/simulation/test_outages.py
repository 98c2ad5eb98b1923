"""The world with a journal that cannot be written now and then: nothing forbidden, nothing lost."""

import asyncio
import random
import sqlite3
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from edge.control.lane_logic import LaneLogic
from simulator.world.journal import SlowJournal
from simulator.world.run import Fit, Fitted
from simulator.world.seeded import fit_plainly, plan_of, run_plan, shipped_config
from simulator.world.virtual_loop import START_S, VirtualClock, VirtualLoop
from tests.unit.journal.journal_bench import locked

HOURS = 0.25
MEAN_GAP_S = 15.0
LONGEST_S = 8.0


def failing(seed: int, path: Path, felt: Counter[str]) -> Fit:
    """The plain hall, and a stranger who locks the journal's file again and again."""

    def fit(
        logic: LaneLogic, loop: VirtualLoop, clock: VirtualClock, journal: SlowJournal
    ) -> Fitted:
        drawn = random.Random(f"outages {seed}")

        async def outages() -> None:
            while loop.time() < START_S + HOURS * 3600:
                await asyncio.sleep(drawn.expovariate(1 / MEAN_GAP_S))
                lane = logic.runner.state.lane.value
                with locked(path):
                    await asyncio.sleep(drawn.uniform(0.05, LONGEST_S))
                    felt[lane] += journal.refusal is not None
            await asyncio.Event().wait()

        fitted = fit_plainly(logic, loop, clock, journal)
        return replace(fitted, runs=(*fitted.runs, outages))

    return fit


def count(path: Path, kind: str) -> Counter[str]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT inspection_id FROM entry WHERE kind = ?", (kind,)).fetchall()
    connection.close()
    return Counter(str(name) for (name,) in rows)


@pytest.mark.parametrize("seed", [31, 32, 34, 35])
def test_outages_of_the_journal_expose_nothing_forbidden_and_lose_no_entry(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.journal.database._BUSY_MS", 0)
    felt: Counter[str] = Counter()
    path = tmp_path / "journal.db"
    result = run_plan(plan_of(seed, HOURS), tmp_path, shipped_config(), failing(seed, path, felt))
    assert result.problems == (), str(result)
    assert felt.total() > 0
    assert result.exposed > 0, "a lane that scans nothing is safe and useless"
    assert sum(count(path, "journal.back").values()) > 0
    opened = count(path, "inspection.opened")
    assert set(opened.values()) == {1}
    assert count(path, "inspection.closed") == opened
