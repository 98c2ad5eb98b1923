"""A plan of faults: every mistake is named, a seed draws one, and it happens at its times."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.errors import SettingsError
from simulator.__main__ import main
from simulator.devices.line_faults import Harm
from simulator.fault_plan import carry_out, draw_plan, load_plan, plan_text
from simulator.faults import FaultDesk
from simulator.lane import SimLane
from simulator.lane_file import load_lane_file
from simulator.maps import device_maps_beside
from tests.unit.simulator.lane_kit import cargo_lane

CARGO_TOML = Path(__file__).resolve().parents[3] / "config" / "lanes" / "cargo.toml"
PLAN = """schema = 1

[[fault]]
at_ms = 2000
device = "belt"
harm = "drop"
for_ms = 500

[[fault]]
at_ms = 1000
device = "safety"
harm = "delay"
amount = 40
chance = 0.5
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_plan_happens_at_its_times(tmp_path: Path) -> None:
    lane = cargo_lane()
    desk = FaultDesk(lane)
    plan = load_plan(written(tmp_path, PLAN), lane)
    assert [each.device for each in plan] == ["safety", "belt"]
    carry_out(plan, lane, desk)
    stood = []
    for now_ms in (900, 1100, 2100, 2700):
        lane.advance(now_ms)
        stood.append([each.device for each in desk.standing()])
    assert stood == [[], ["safety"], ["belt", "safety"], ["safety"]]


@pytest.mark.parametrize(
    ("old", "new", "key", "value"),
    [
        ("schema = 1", "schema = 2", "schema", "2"),
        ("schema = 1", "schema = 1\nlane = 3", "lane", "3"),
        ('device = "belt"', 'device = "bolt"', "fault[0].device", "'bolt'"),
        ('harm = "drop"', 'harm = "smash"', "fault[0].harm", "smash"),
        ('harm = "drop"', 'harm = "wrong_transaction"', "fault[0].harm", "wrong_transaction"),
        ("at_ms = 2000", "at_ms = -1", "fault[0].at_ms", "-1"),
        ("at_ms = 2000", "", "fault[0].at_ms", ""),
        ("for_ms = 500", "for_ms = 900000", "fault[0].for_ms", "900000"),
        ("for_ms = 500", "colour = 1", "fault[0].colour", "1"),
        ("amount = 40", "amount = 0", "fault[1].amount", "0"),
        ("chance = 0.5", "chance = 2.0", "fault[1].chance", "2.0"),
        ("chance = 0.5", 'chance = "often"', "fault[1].chance", "often"),
        (PLAN, "schema = 1", "fault", ""),
        (PLAN, "schema =", "-", ""),
    ],
)
def test_a_mistake_in_a_plan_is_named_with_key_and_value(
    tmp_path: Path, old: str, new: str, key: str, value: str
) -> None:
    path = written(tmp_path, PLAN.replace(old, new, 1))
    with pytest.raises(SettingsError) as caught:
        load_plan(path, cargo_lane())
    (mistake,) = caught.value.mistakes
    assert (mistake.file, mistake.key, mistake.value) == (str(path), key, value)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    text = PLAN.replace("2000", '"soon"').replace('"delay"', '"smash"')
    with pytest.raises(SettingsError) as caught:
        load_plan(written(tmp_path, text), cargo_lane())
    keys = [mistake.key for mistake in caught.value.mistakes]
    assert keys == ["fault[0].at_ms", "fault[1].harm"]


def test_a_seed_draws_a_plan_that_reads_back_as_itself(tmp_path: Path) -> None:
    lane = cargo_lane()
    plan = draw_plan(lane, seed=7, count=200, until_ms=60_000)
    assert load_plan(written(tmp_path, plan_text(plan)), lane) == plan
    assert draw_plan(lane, seed=7, count=200, until_ms=60_000) == plan
    assert draw_plan(lane, seed=8, count=200, until_ms=60_000) != plan
    assert {each.fault.harm for each in plan} == set(Harm)


def test_a_drawn_plan_runs_to_its_end_and_leaves_nothing_standing() -> None:
    lane = cargo_lane()
    desk = FaultDesk(lane)
    carry_out(draw_plan(lane, seed=3, count=100, until_ms=20_000), lane, desk)
    lane.advance(40_000)
    assert desk.standing() == ()


def test_the_command_draws_a_plan_for_a_lane(tmp_path: Path) -> None:
    words = ["fault", "draw", str(CARGO_TOML), "--seed", "5", "--count", "30"]
    first, again = (CliRunner().invoke(main, words) for _ in range(2))
    assert (first.exit_code, first.output) == (0, again.output)
    assert first.output.count("[[fault]]") == 30
    assert (
        len(
            load_plan(
                written(tmp_path, first.output),
                SimLane(load_lane_file(CARGO_TOML), device_maps_beside(CARGO_TOML)),
            )
        )
        == 30
    )


def test_without_a_running_simulator_the_command_says_where_it_looked(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["fault", "list", "--state", str(tmp_path)])
    assert result.exit_code == 1
    assert "sim.sock: no simulator answers there" in result.output
    assert "Traceback" not in result.output


def test_a_plan_with_mistakes_keeps_the_simulator_from_starting(tmp_path: Path) -> None:
    path = written(tmp_path, PLAN.replace('"belt"', '"bolt"'))
    words = [str(CARGO_TOML), "--state", str(tmp_path / "s"), "--faults", str(path)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert not (tmp_path / "s").exists()
