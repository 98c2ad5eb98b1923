"""A command changes something only if everything about it is right."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from edge.messages.commands import AbortArgs
from edge.publish.commands import (
    Accepted,
    Checks,
    Judgement,
    RefusalCode,
    Refused,
    Replayed,
    Seen,
    judge,
)

NOW = datetime(2026, 1, 31, 8, 0, 30, tzinfo=UTC)
COMMAND: dict[str, object] = {
    "id": "c-1",
    "lane": "cargo-1",
    "name": "abort",
    "issued": "2026-01-31T08:00:00Z",
    "expires": "2026-01-31T08:01:00Z",
    "officer": "oms-1",
    "args": {"inspection_id": "i-1", "reason": "possible living cargo"},
    "key_id": "hq",
    "signature": "good",
}


def signature_problem(mapping: Mapping[str, object]) -> str:
    return "" if str(mapping["signature"]).startswith("good") else "bad signature"


CHECKS = Checks(
    lane="cargo-1",
    signature_problem=signature_problem,
    key_speaks_for=lambda key_id, officer: key_id == "hq" and officer != "oac-elsewhere",
    roles_of=lambda officer: {"oms-1": ("oms",), "oac-1": ("oac",)}.get(officer, ()),
    may=lambda role, act: (role, act) in {("oms", "abort"), ("oac", "outcome"), ("oms", "reset")},
    seen=lambda _identifier: None,
)


def judged(
    change: dict[str, object], *, now: datetime = NOW, checks: Checks = CHECKS, topic: str = "abort"
) -> Judgement:
    mapping = {key: value for key, value in (COMMAND | change).items() if value is not None}
    return judge(json.dumps(mapping).encode(), topic_name=topic, now=now, checks=checks)


def test_a_right_command_is_accepted_with_typed_arguments() -> None:
    judgement = judged({})
    assert isinstance(judgement, Accepted)
    assert judgement.args == AbortArgs(inspection_id="i-1", reason="possible living cargo")
    assert judgement.role == "oms"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lane": "cargo-2"}, RefusalCode.WRONG_LANE),
        ({"name": "outcome"}, RefusalCode.WRONG_TOPIC),
        ({"signature": None}, RefusalCode.UNSIGNED),
        ({"key_id": None}, RefusalCode.UNSIGNED),
        ({"signature": "forged"}, RefusalCode.BAD_SIGNATURE),
        ({"officer": "oac-elsewhere"}, RefusalCode.KEY_NOT_FOR_OFFICER),
        ({"officer": "nobody"}, RefusalCode.UNKNOWN_OFFICER),
        ({"officer": "oac-1"}, RefusalCode.NOT_ALLOWED),
        ({"issued": "2026-01-31T08:01:31Z"}, RefusalCode.NOT_YET),
        ({"expires": "2026-01-31T08:00:29Z"}, RefusalCode.EXPIRED),
        ({"expires": "2026-01-31T08:05:01Z"}, RefusalCode.LIFE_TOO_LONG),
        ({"args": {"inspection_id": "i-1"}}, RefusalCode.BAD_ARGUMENTS),
        ({"args": {"inspection_id": "i-1", "reason": "x", "y": 1}}, RefusalCode.BAD_ARGUMENTS),
        ({"surprise": True}, RefusalCode.UNREADABLE),
        ({"id": ""}, RefusalCode.UNREADABLE),
    ],
)
def test_one_thing_wrong_refuses_the_command(change: dict[str, object], code: RefusalCode) -> None:
    judgement = judged(change)
    assert isinstance(judgement, Refused)
    assert judgement.code is code
    assert judgement.detail != ""


def test_a_command_outside_the_table_is_refused_even_if_the_law_would_allow_it() -> None:
    judgement = judged({"name": "reset"}, topic="reset")
    assert isinstance(judgement, Refused)
    assert judgement.code is RefusalCode.UNKNOWN_COMMAND


def test_the_edges_of_a_commands_life_are_inside_it() -> None:
    exactly = datetime(2026, 1, 31, 8, 1, 0, tzinfo=UTC)
    assert isinstance(judged({}, now=exactly), Accepted)
    assert isinstance(judged({}, now=exactly + timedelta(microseconds=1)), Refused)


def test_a_repeated_command_gets_the_same_response_however_late() -> None:
    checks = replace(CHECKS, seen=lambda _identifier: Seen("good", b"the response"))
    late = NOW + timedelta(days=2)
    assert judged({}, now=late, checks=checks) == Replayed("c-1", b"the response")


def test_an_id_used_again_for_another_command_is_refused() -> None:
    checks = replace(CHECKS, seen=lambda _identifier: Seen("good of before", b"the response"))
    judgement = judged({}, checks=checks)
    assert isinstance(judgement, Refused)
    assert judgement.code is RefusalCode.ID_REUSED


def test_a_forged_replay_learns_nothing() -> None:
    checks = replace(CHECKS, seen=lambda _identifier: Seen("forged", b"the response"))
    judgement = judged({"signature": "forged"}, checks=checks)
    assert isinstance(judgement, Refused)
    assert judgement.code is RefusalCode.BAD_SIGNATURE


def test_the_signature_covers_the_message_exactly_as_it_came() -> None:
    covered: list[Mapping[str, object]] = []

    def remember(mapping: Mapping[str, object]) -> str:
        covered.append(mapping)
        return ""

    args = {"inspection_id": "i-1", "reason": "r", "extra": None}
    judged({"args": args}, checks=replace(CHECKS, signature_problem=remember))
    assert covered == [COMMAND | {"args": args}]


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b"\x00", b'{"id":"a","id":"b"}'])
def test_garbage_is_refused_in_words(payload: bytes) -> None:
    judgement = judge(payload, topic_name="abort", now=NOW, checks=CHECKS)
    assert isinstance(judgement, Refused)
    assert judgement.code is RefusalCode.UNREADABLE
