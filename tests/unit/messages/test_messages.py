"""The contract: what a message may say, and what is refused."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.errors import PublishError
from edge.law.outcomes import Judgement, outcome
from edge.messages.base import read_object, to_bytes
from edge.messages.commands import COMMANDS, AnswerArgs, Command
from edge.messages.event_data import EVENTS, LaneMode, OutcomeGiven, VerdictGiven
from edge.messages.events import Place, read_event, schema_id, write_event
from edge.messages.manifest import plain_identifier, read_manifest
from edge.messages.schemas import schemas
from edge.messages.state import Receipt, Span, read_receipt
from edge.messages.topics import LaneTopics, broker_address, split_topic

STREAM = "0f6f8cd0-1111-4222-8333-944445555666"
TIME = "2026-01-31T08:00:00.000000Z"
MANIFEST = {
    "id": "KZ-2026-0001",
    "version": 1,
    "lane": "cargo-1",
    "direction": "arrival",
    "carrier": "ТОО «Пример»",
    "identifiers": {"plate": "123 ABC 02", "qr": "Q1"},
    "goods": [{"tnved_code": "0301 11", "description": "рыба живая", "mass_kg": 12.5}],
    "documents": [{"type": "CMR", "number": "1", "date": "2026-01-30"}],
    "issued": TIME,
    "valid_until": "2026-02-28T00:00:00Z",
}


def lane_mode() -> LaneMode:
    return LaneMode(
        journal_sequence=7, journal_head="ab" * 32, simulated=True, mode="idle", packml_state=4
    )


def written(sequence: int = 12_345) -> bytes:
    return write_event(
        Place("cargo-1", STREAM, sequence), subject="insp-1", time=TIME, data=lane_mode()
    )


def test_an_event_is_a_cloudevent_with_the_key_as_its_id() -> None:
    raw = json.loads(written())
    assert raw["specversion"] == "1.0"
    assert raw["id"] == f"{STREAM}:12345"
    assert raw["sequence"] == "00000000000000012345"
    assert raw["source"] == "/lanes/cargo-1"
    assert raw["type"] == "kz.scanlane.lane.mode.v1"
    assert raw["dataschema"] == schema_id("lane.mode")
    assert raw["data"]["simulated"] is True


@given(st.integers(min_value=1, max_value=2**53 - 1))
@settings(deadline=None, max_examples=50, derandomize=True)
def test_an_event_reads_back_as_it_was_written(sequence: int) -> None:
    event = read_event(written(sequence))
    assert event.number == sequence
    assert event.data == lane_mode()
    assert to_bytes(event) == written(sequence)


def test_fields_of_a_newer_minor_version_are_ignored() -> None:
    raw = json.loads(written())
    raw["newer"] = 1
    raw["data"]["newer"] = {"a": [1]}
    assert read_event(json.dumps(raw).encode()).data == lane_mode()


def test_an_unknown_event_type_keeps_its_common_data() -> None:
    raw = json.loads(written())
    raw["type"] = "kz.scanlane.future.thing.v1"
    event = read_event(json.dumps(raw).encode())
    assert event.event_type == "future.thing"
    assert event.data.journal_sequence == 7


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", f"{STREAM}:1"),
        ("sequence", "12345"),
        ("source", "/lanes/Cargo 1"),
        ("time", "2026-02-30T00:00:00Z"),
        ("time", "2026-01-31 08:00:00"),
        ("stream", "x"),
        ("data", {"journal_sequence": "7"}),
    ],
)
def test_a_false_envelope_is_refused(field: str, value: object) -> None:
    raw = json.loads(written()) | {field: value}
    with pytest.raises(PublishError):
        read_event(json.dumps(raw).encode())


def test_every_event_says_whether_it_is_simulated() -> None:
    for name, model in EVENTS.items():
        assert "simulated" in model.model_json_schema()["required"], name


def test_the_inputs_of_a_verdict_survive_unchanged() -> None:
    inputs: dict[str, object] = {"height_mm": 900, "carrier_request": None, "codes": ["0301"]}
    verdict = VerdictGiven(
        journal_sequence=1, journal_head="ab" * 32, simulated=False, verdict="hold", inputs=inputs
    )
    body = write_event(Place("cargo-1", STREAM, 1), subject="i-1", time=TIME, data=verdict)
    assert json.loads(body)["data"]["inputs"] == inputs


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"1", b'{"a":1,"a":2}', b'{"a":NaN}', b"\xff", b"[" * 5000, b" " * 131_073],
)
def test_what_is_not_one_json_object_is_refused(payload: bytes) -> None:
    with pytest.raises(PublishError):
        read_object(payload, "message")


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=200, derandomize=True)
def test_random_bytes_are_refused_in_words(payload: bytes) -> None:
    with pytest.raises(PublishError):
        read_event(payload)
    with pytest.raises(PublishError):
        read_manifest(payload)


def test_a_manifest_reads_with_goods_and_documents() -> None:
    manifest = read_manifest(json.dumps(MANIFEST).encode())
    assert manifest.goods[0].tnved_code == "0301 11"
    assert manifest.documents[0].type == "CMR"


@pytest.mark.parametrize(
    "change",
    [{"surprise": 1}, {"version": 0}, {"direction": "transit"}, {"lane": "A"}, {"id": "a/b"}],
)
def test_a_manifest_with_an_unknown_or_false_field_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(PublishError):
        read_manifest(json.dumps(MANIFEST | change).encode())


def test_identifiers_compare_without_spaces_and_case() -> None:
    assert plain_identifier(" 123 abc\u00a002") == plain_identifier("123ABC02")


def test_a_command_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="extra"):
        AnswerArgs.model_validate(
            {"inspection_id": "i", "decision": "scan", "reason": "r", "more": 1}
        )


def test_no_command_may_start_a_scan_or_reset_a_trip() -> None:
    assert set(COMMANDS) == {
        "answer", "abort", "outcome", "ack", "confirm_identity", "state_no_animals", "ask_driver",
        "refusal",
    }  # fmt: skip


def test_a_receipt_writes_missing_spans_as_pairs() -> None:
    receipt = Receipt(stream=STREAM, upto=9, missing=(Span(11, 12),), by="hq", time=TIME)
    assert json.loads(to_bytes(receipt))["missing"] == [[11, 12]]
    assert read_receipt(to_bytes(receipt)) == receipt


def test_every_message_has_a_json_schema() -> None:
    found = schemas()
    assert {f"evt:{name}" for name in EVENTS} <= set(found)
    assert {"state", "health", "meta", "receipt", "command", "manifest"} <= set(found)
    assert found["evt:verdict.given"]["$id"] == schema_id("verdict.given")
    assert found["manifest"]["additionalProperties"] is False
    json.dumps(found)


def test_topics_stay_below_the_lane() -> None:
    topics = LaneTopics("cargo-1")
    assert topics.event("scan.completed") == "scanlane/v1/cargo-1/evt/scan.completed"
    assert split_topic(topics.command("abort")).name == "abort"
    for name in ("a/b", "+", "#", ""):
        with pytest.raises(PublishError):
            topics.command(name)


@pytest.mark.parametrize("lane", ["", "ab", "a" * 41, "Cargo", "a/b", "lane+", "lane\n"])
def test_a_lane_id_is_one_plain_topic_level(lane: str) -> None:
    with pytest.raises(PublishError):
        LaneTopics(lane)


def test_a_broker_url_names_host_port_and_protection() -> None:
    assert broker_address("mqtt://hq.example").port == 1883
    assert broker_address("mqtts://hq.example").port == 8883
    assert broker_address("mqtts://[::1]:99").url.startswith("mqtts://")
    for url in ("hq.example", "http://x", "mqtt://", "mqtt://x:0", "mqtt://x:99999", "mqtt://u@x"):
        with pytest.raises(PublishError):
            broker_address(url)


def test_command_times_are_real_moments() -> None:
    with pytest.raises(ValidationError):
        Command.model_validate(
            {
                "id": "c",
                "lane": "cargo-1",
                "name": "abort",
                "issued": "yesterday",
                "expires": TIME,
                "officer": "o",
                "args": {},
            }
        )


@pytest.mark.parametrize(
    ("args", "code"), [({}, None), ({"fault_code": "unit_jammed"}, "unit_jammed")]
)
def test_an_acknowledgement_may_name_a_fault_and_need_not(
    args: dict[str, object], code: str | None
) -> None:
    assert COMMANDS["ack"].model_validate(args).model_dump() == {"fault_code": code}


def _described(schema: dict[str, object]) -> list[str]:
    """Fields of a schema, and of all it is made of, that nobody has described."""
    definitions = schema.get("$defs", {})
    assert isinstance(definitions, dict)
    return [
        f"{name}.{field}"
        for name, one in {"manifest": schema, **definitions}.items()
        for field, about in one["properties"].items()
        if not about.get("description")
    ]


def test_every_field_of_a_manifest_says_what_it_is() -> None:
    assert _described(schemas()["manifest"]) == []


def test_a_vehicle_is_told_by_its_kind_and_is_nobodys_own_unless_said() -> None:
    plain = read_manifest(json.dumps(MANIFEST).encode())
    assert (plain.transport, plain.private_vehicle) == (None, False)
    van = {"kind": "яйцевоз", "registration": "123 ABC 02"}
    read = read_manifest(
        json.dumps({**MANIFEST, "transport": van, "private_vehicle": True}).encode()
    )
    assert read.transport is not None
    assert (read.transport.kind, read.private_vehicle) == ("яйцевоз", True)
    for wrong in ({"transport": {"registration": "1"}}, {"private_vehicle": "no"}):
        with pytest.raises(PublishError):
            read_manifest(json.dumps({**MANIFEST, **wrong}).encode())


def test_a_byte_order_mark_is_no_part_of_a_message() -> None:
    marked = b"\xef\xbb\xbf" + json.dumps(MANIFEST).encode()
    assert read_manifest(marked) == read_manifest(json.dumps(MANIFEST).encode())
    assert read_object(marked, "manifest") == MANIFEST


def test_half_a_character_is_refused_and_a_whole_one_written_in_halves_is_read() -> None:
    assert read_object(b'{"a": "\\ud83d\\udc1f"}', "command") == {"a": "\N{FISH}"}
    for halves in (b"\\ud83d", b"\\udc1f", b"\\udc1f\\ud83d"):
        for text in (b'{"a": "' + halves + b'"}', b'{"' + halves + b'": 1}'):
            with pytest.raises(PublishError, match=r"command: .* lone surrogate"):
                read_object(text, "command")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "cp1251"])
def test_another_encoding_is_named_and_not_guessed_at(encoding: str) -> None:
    with pytest.raises(PublishError, match=r"manifest: is .*not UTF-8.*; save it as UTF-8"):
        read_manifest(json.dumps(MANIFEST, ensure_ascii=False).replace("«", "").encode(encoding))


def test_no_refusal_has_an_empty_place() -> None:
    for payload in (b"", b"{", b"[]", b"{}", b'{"a": 1} x', b'{"": 1}', b'{"goods": [1]}'):
        with pytest.raises(PublishError) as refused:
            read_manifest(payload)
        assert ": :" not in str(refused.value)


ANSWERS = [(suspicion, agrees) for suspicion in (True, False) for agrees in (True, False)]
OUTCOMES = ("without_suspicion", "under_suspicion")


def outcome_given(answers: tuple[bool, bool], said: str) -> dict[str, object]:
    suspicion, agrees = answers
    return {
        "journal_sequence": 1, "journal_head": "ab" * 32, "simulated": True, "officer": "oac-1",
        "suspicion": suspicion, "agrees_with_documents": agrees, "outcome": said,
    }  # fmt: skip


def derived(answers: tuple[bool, bool]) -> str:
    suspicion, agrees = (Judgement.YES if one else Judgement.NO for one in answers)
    return outcome(suspicion=suspicion, agrees_with_documents=agrees).value


@pytest.mark.parametrize("answers", ANSWERS)
@pytest.mark.parametrize("said", OUTCOMES)
def test_no_message_holds_an_outcome_the_answers_do_not_lead_to(
    answers: tuple[bool, bool], said: str
) -> None:
    data = outcome_given(answers, said)
    if said == derived(answers):
        assert OutcomeGiven.model_validate(data).outcome == said
        return
    with pytest.raises(ValidationError, match="does not follow from suspicion"):
        OutcomeGiven.model_validate(data)


@pytest.mark.parametrize("answers", ANSWERS)
@pytest.mark.parametrize("said", OUTCOMES)
def test_the_published_schema_refuses_the_same_outcomes(
    answers: tuple[bool, bool], said: str
) -> None:
    schema: Any = schemas()["evt:outcome.given"]
    data = outcome_given(answers, said)

    def meets(part: dict[str, Any]) -> bool:
        consts = part["properties"].items()
        present = all(name in data for name in part.get("required", ()))
        return present and all(data[name] == rule["const"] for name, rule in consts)

    chosen = schema["then"] if meets(schema["if"]) else schema["else"]
    assert meets(chosen) == (said == derived(answers))
