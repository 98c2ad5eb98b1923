"""Rules of the command: help always works, errors have a code and no traceback."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from edge.cli import main
from edge.core.catalogue import TEXTS
from edge.core.faults import Fault
from edge.core.remedies import REMEDIES
from edge.door import Door, Reply, Request
from edge.errors import CommandRefused
from edge.law.words import NATIVE_REVIEW
from headquarters.__main__ import cli as headquarters
from tests.unit.control.kit import LANE_FILE

STATUS: Reply = {
    "ok": True,
    "lane": "kz-cargo-demo",
    "simulated": True,
    "mode": "held",
    "journal": "write journal: database or disk is full",
    "rules": "the table of exemptions has no valid signature",
    "source": {"resting": "rests until noon", "left_s": 40},
    "service": {},
    "faults": [{"code": "estop", "class": "trip"}],
    "against": [],
    "inspections": [
        {
            "inspection": "kz-cargo-demo-00000001",
            "state": "on_hold",
            "waits_for": ["HO-DRIVER-NOT-ASKED: asked?", "an OMS: scanlane answer pass"],
        }
    ],
}
ANSWER = ("answer", "i-1", "turn_away", "--reason", "seal broken", "--officer", "oms-sim")
ABORT = ("abort", "i-1", "--reason", "possible living cargo", "--officer", "oac-sim")
OUTCOME = ("outcome", "i-1", "--suspicion", "no", "--agrees", "yes", "--officer", "oac-sim")
ACK = ("ack", "--officer", "oms-sim")
STATE = ("state-no-animals", "i-1", "--officer", "oms-sim")
ASK = ("ask-driver", "i-1", "--animals", "no", "--officer", "oms-sim")
REFUSAL = ("refusal", "i-1", "--reason", "says no", "--officer", "oms-sim")
ACTS = (ANSWER, ABORT, OUTCOME, ACK, STATE, ASK, REFUSAL)


def commands(group: click.Group, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for name, command in group.commands.items():
        found.append((*at, name))
        if isinstance(command, click.Group):
            found += commands(command, (*at, name))
    return found


def call(*words: str) -> Result:
    result = CliRunner().invoke(main, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert "Traceback" not in result.output
    return result


class Lane:
    """A fake lane behind a real control socket, served on a thread of its own."""

    def __init__(self, state: Path) -> None:
        self.state, self.asked = state, list[Request]()
        self._up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> "Lane":
        self._thread.start()
        assert self._up.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        names = [*(act[0].replace("-", "_") for act in ACTS), "season", "end_service"]
        acts = dict.fromkeys(names, self._act)
        door = Door(self.state / "control.sock", {"status": self._status, **acts})
        await door.open()
        self._up.set()
        await self._stop.wait()
        await door.close()

    async def _status(self, _request: Request, _login: str) -> Reply:
        return STATUS

    async def _act(self, request: Request, _login: str) -> Reply:
        self.asked.append(request)
        if request["officer"] == "nobody":
            raise CommandRefused("no officer 'nobody' in the lane file")
        return {"ok": True, "done": f"{request['do']} done"}


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[Lane]:
    with Lane(tmp_path) as lane:
        yield lane


@pytest.mark.parametrize("words", [(), *commands(main)], ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    result = call(*words, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output


@pytest.mark.parametrize(
    "words",
    [
        ("dance",),
        ("answer", "i-1", "release", "--reason", "x", "--officer", "a"),
        ("answer", "i-1", "scan", "--officer", "a"),
        ("outcome", "i-1", "--suspicion", "maybe", "--agrees", "yes", "--officer", "a"),
        ("ack",),
        ("ask-driver", "i-1", "--animals", "perhaps", "--officer", "a"),
        ("ask-driver", "i-1", "--officer", "a"),
        ("refusal", "i-1", "--officer", "a"),
        ("schema", "nothing"),
        ("run",),
    ],
)
def test_wrong_usage_is_code_2(words: tuple[str, ...]) -> None:
    assert call(*words).exit_code == 2


@pytest.mark.parametrize("act", [*ACTS, ("status",)], ids=lambda act: act[0])
def test_an_act_without_a_lane_is_code_1_and_says_what_to_do(
    act: tuple[str, ...], tmp_path: Path
) -> None:
    result = call(*act, "--state", str(tmp_path))
    assert result.exit_code == 1
    assert "scanlane run" in result.output


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act[0])
def test_an_act_prints_what_was_done(act: tuple[str, ...], lane: Lane) -> None:
    result = call(*act, "--state", str(lane.state))
    name = act[0].replace("-", "_")
    assert (result.exit_code, result.output) == (0, f"{name} done\n")
    (asked,) = lane.asked
    assert (asked["do"], asked["officer"]) == (name, act[-1])


def test_an_act_says_to_the_lane_what_the_officer_said(lane: Lane) -> None:
    for act in (ANSWER, ABORT, OUTCOME, STATE, ASK, REFUSAL):
        call(*act, "--state", str(lane.state))
    answer, abort, outcome, state, ask, refusal = lane.asked
    assert {one["inspection"] for one in lane.asked} == {"i-1"}
    assert set(state) == {"do", "officer", "inspection"}
    assert (ask["animals"], refusal["reason"]) == ("no", "says no")
    assert (answer["decision"], answer["reason"]) == ("turn_away", "seal broken")
    assert (abort["inspection"], abort["reason"]) == ("i-1", "possible living cargo")
    assert (outcome["suspicion"], outcome["agrees"], outcome["note"]) == (False, True, "")


@pytest.mark.parametrize("code", [(), ("unit_jammed",)], ids=["all", "one"])
def test_an_acknowledgement_may_name_one_fault(code: tuple[str, ...], lane: Lane) -> None:
    result = call("ack", *code, "--officer", "oms-sim", "--state", str(lane.state))
    assert result.exit_code == 0
    assert lane.asked[0].get("fault") == (code[0] if code else None)


@pytest.mark.parametrize(("flag", "asked"), [((), "season"), (("--end",), "end_service")])
def test_a_seasoning_is_asked_for_and_ended(flag: tuple[str, ...], asked: str, lane: Lane) -> None:
    result = call("season", *flag, "--officer", "oms-sim", "--state", str(lane.state))
    assert (result.exit_code, result.output) == (0, f"{asked} done\n")
    assert lane.asked == [{"do": asked, "officer": "oms-sim"}]


def test_a_refused_act_is_code_1_with_the_reason(lane: Lane) -> None:
    result = call("ack", "--officer", "nobody", "--state", str(lane.state))
    assert result.exit_code == 1
    assert "no officer 'nobody'" in result.output


def test_status_is_for_people_and_for_programs(lane: Lane) -> None:
    shown = call("status", "--state", str(lane.state))
    assert shown.exit_code == 0
    assert "held" in shown.output
    assert "journal: write journal: database or disk is full" in shown.output
    assert "rules: the table of exemptions has no valid signature" in shown.output
    assert "    waits for: HO-DRIVER-NOT-ASKED: asked?\n" in shown.output
    assert "waits_for=" not in shown.output
    assert "estop" in shown.output
    assert "source: resting=rests until noon  left_s=40\n" in shown.output
    assert "service:" not in shown.output
    read = call("status", "--json", "--state", str(lane.state))
    assert json.loads(read.output) == STATUS


def test_a_lane_file_with_mistakes_is_code_3_and_shows_all(tmp_path: Path) -> None:
    file = tmp_path / "lane.toml"
    text = LANE_FILE.read_text(encoding="utf-8")
    text = text.replace("hold_ms = 20000", "hold_ms = 1").replace("kv = 160.0", "kv = -1.0")
    file.write_text(text, encoding="utf-8")
    for command in (("check",), ("run", "--state", str(tmp_path / "state"))):
        result = call(*command[:1], str(file), *command[1:])
        assert result.exit_code == 3
        assert f"{file}:23: timing.hold_ms = 1" in result.output
        assert "source.kv" in result.output
        assert "2 mistake" in result.output


def test_a_lane_file_that_is_not_there_is_code_3(tmp_path: Path) -> None:
    assert call("check", str(tmp_path / "none.toml")).exit_code == 3


def test_the_shipped_lane_is_checked_without_a_mistake() -> None:
    result = call("check", str(LANE_FILE))
    assert result.exit_code == 0, result.output
    assert "no mistakes" in result.output


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_every_fault_is_listed_with_its_remedy(language: str) -> None:
    result = call("fault", "list", "--language", language)
    assert result.exit_code == 0
    for fault in Fault:
        assert f"{fault.value}  [" in result.output
        assert f"    {getattr(TEXTS[fault], language)}\n" in result.output
        assert f"    {getattr(REMEDIES[fault], language)}\n" in result.output
    assert (NATIVE_REVIEW in result.output) == (language != "en")


def test_every_schema_that_is_listed_is_printed() -> None:
    names = call("schema").output.split()
    assert "lane-file" in names
    for name in names:
        assert json.loads(call("schema", name).output)["type"] == "object"


def test_every_command_a_remedy_names_exists() -> None:
    known = {"scanlane": main, "scanlane-hq": headquarters}
    for remedy in REMEDIES.values():
        for line in (named for part in remedy for named in re.findall("`([^`]+)`", part)):
            program, *words = line.split()
            result = CliRunner().invoke(known[program], [*words, "--help"])
            assert result.exit_code == 0, line
            assert f"{' '.join(words)} [OPTIONS]" in result.output
