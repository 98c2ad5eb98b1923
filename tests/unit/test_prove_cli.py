"""The command that proves: what it refuses before it sends anything, and what it shows."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from edge.clock import SystemClock
from edge.proofs import Proof
from simulator.proofs import as_proven
from tests.proofs import take_as_proven, write_proofs
from tests.unit.control.kit import LANE, LANE_FILE
from tests.unit.test_cli import call

COMMAND = ("device", "prove", str(LANE_FILE))


def state_with(folder: Path, *proofs: Proof) -> Path:
    state = folder / "state"
    state.mkdir()
    write_proofs(state, LANE.lane.id, *proofs)
    return state


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name devices, or --all"),
        (("belt", "--all"), "name devices, or --all"),
        (("belt",), "--officer is missing"),
    ],
)
def test_wrong_usage_is_told_and_ends_with_2(words: tuple[str, ...], said: str) -> None:
    result = call(*COMMAND, *words)
    assert (result.exit_code, said in result.output) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--all", "--officer", "nobody"), "no officer 'nobody' in the lane file"),
        (("qr", "--officer", "oms-sim"), "qr: needs no proof on this lane"),
        (("--all", "--officer", "oms-sim"), "there is no state folder"),
        (("--show",), "there is no journal"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    result = call(*COMMAND, *words, "--state", str(tmp_path / "nowhere"))
    assert (result.exit_code, said in result.output) == (1, True)
    assert result.output.count("\n") == 1
    assert not (tmp_path / "nowhere").exists()


def test_mistakes_of_the_lane_file_are_told_with_their_key_and_end_with_3(tmp_path: Path) -> None:
    file = tmp_path / "lane.toml"
    text = LANE_FILE.read_text()
    file.write_text(text.replace("valid_days = 365 ", "valid_days = 0 ").replace("service_s", "s"))
    for words in (("--all", "--officer", "oms-sim"), ("--show",)):
        result = call("device", "prove", str(file), *words, "--state", str(tmp_path))
        assert result.exit_code == 3
        for key in ("proofs.valid_days", "proofs.service_s", "proofs.s"):
            assert f": {key}" in result.output


def test_the_proofs_of_a_lane_are_listed_with_their_age_and_what_is_against_them(
    tmp_path: Path,
) -> None:
    now = SystemClock().utc()
    proofs = as_proven(LANE, now - timedelta(days=40))
    bad = replace(proofs["belt"], outcome="failed", reason="it went on through 2000 ms")
    state = state_with(tmp_path, *proofs.values(), bad)
    result = call(*COMMAND, "--show", "--json", "--state", str(state))
    rows = {one["device"]: one for one in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert {row["age_days"] for row in rows.values()} == {40}
    assert {name for name, row in rows.items() if row["against"]} == {"belt"}
    assert rows["belt"]["against"] == "failed: it went on through 2000 ms"
    assert (rows["board"]["officer"], rows["board"]["utc"]) == ("oms-sim", proofs["board"].utc)
    text = call(*COMMAND, "--show", "--state", str(state)).output
    assert "belt (conveyor)  failed: it went on through 2000 ms" in text
    assert "board (board)  valid, safe within 500 ms" in text


def test_a_lane_whose_proofs_are_all_valid_is_shown_with_0(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    take_as_proven(LANE_FILE, state)
    result = call(*COMMAND, "--show", "--state", str(state))
    assert (result.exit_code, result.output.count("valid")) == (0, 4)


def test_a_lane_with_an_old_proof_is_shown_as_unproven(tmp_path: Path) -> None:
    old = as_proven(LANE, SystemClock().utc() - timedelta(days=LANE.proofs.valid_days + 1))
    state = state_with(tmp_path, *old.values())
    result = call(*COMMAND, "--show", "--state", str(state))
    assert (result.exit_code, result.output.count("is older than 365 days")) == (1, 4)
