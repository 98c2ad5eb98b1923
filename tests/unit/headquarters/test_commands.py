"""Rules of headquarters' command line: everything an officer may ask of a lane can be sent."""

import pytest
from click.testing import CliRunner

from edge.cli import main
from edge.law.outcomes import Act
from edge.messages.commands import COMMANDS
from headquarters.__main__ import cli, cmd


def test_every_command_of_the_contract_can_be_sent_and_done_at_the_lane() -> None:
    names = {name.replace("_", "-") for name in COMMANDS}
    assert set(cmd.commands) == names
    assert names <= set(main.commands)


def test_every_command_is_an_act_of_the_law() -> None:
    assert set(COMMANDS) <= {act.value for act in Act}


@pytest.mark.parametrize("name", sorted(cmd.commands))
def test_every_command_explains_itself_and_asks_who_sends_it(name: str) -> None:
    said = CliRunner().invoke(cli, ["cmd", "cargo-1", name, "--help"])
    assert said.exit_code == 0
    assert "--officer" in said.output


@pytest.mark.parametrize(
    "words",
    [
        ("ask-driver", "i-1", "--officer", "oms-1"),
        ("ask-driver", "i-1", "--animals", "unanswered", "--officer", "oms-1"),
        ("refusal", "i-1", "--officer", "oms-1"),
        ("state-no-animals", "i-1"),
    ],
)
def test_a_statement_that_is_not_whole_is_never_sent(words: tuple[str, ...]) -> None:
    assert CliRunner().invoke(cli, ["cmd", "cargo-1", *words]).exit_code == 2
