"""Rules of the lane file: every mistake is named at once, with its line, and never a traceback."""

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.interlocks import BEAM, FEEDBACKS, OPTIONAL, SWITCHES
from edge.errors import Mistake, SettingsError
from edge.lane_file import line_of, load
from tests.unit.control.kit import LANE_FILE

TEXT = LANE_FILE.read_text(encoding="utf-8")
RAW = tomllib.loads(TEXT)


def mistakes(path: Path, text: str) -> list[Mistake]:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(path)
    return caught.value.mistakes


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lane.toml"


def test_the_shipped_lane_has_no_mistake() -> None:
    assert load(LANE_FILE).lane.id == "kz-cargo-demo"


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("warning_ms = 5000 ", "warning_ms = 4999 ", "timing.warning_ms", "5000"),
        ("tick_ms = 50", 'tick_ms = "50"', "timing.tick_ms", "integer"),
        ("tick_ms = 50", "tick_ms = true", "timing.tick_ms", "integer"),
        ("[100, 1500]", "[1500, 100]", "envelope.height_mm", "smallest"),
        ("[100, 1500]", '["100", 1500]', "envelope.height_mm.0", "integer"),
        ('"Asia/Almaty"', '"Asia"', "lane.timezone", "IANA"),
        ('"Asia/Almaty"', '"../etc"', "lane.timezone", "IANA"),
        ("simulated = true\n\n[timing", "[timing", "lane.simulated", "required"),
        ('units = "goods"\n', "", "lane.units", "required"),
        ('units = "goods"', 'units = "trucks"', "lane.units", "vehicles"),
        ('"Asia/Almaty"', '"Asia/Almaty"\ndirection = "both"', "lane.direction", "arrival"),
        ('"Asia/Almaty"', '"Asia/Almaty"\ndirection = ""', "lane.direction", "departure"),
        ("_free_mb = 200", "_free_mb = 200\nmanifest_days = 0", "storage.manifest_days", "1"),
        ("speed_mm_s = 400", "speed_mms = 400", "belt.speed_mms", "not permitted"),
        ('key = "safety.key"', 'key = "safety"', "interlocks.key", "pattern"),
        ('key = "safety.key"', 'key = "safty.key"', "interlocks.key", "'safty'"),
        ('rules = "lane.rules"', 'rules = "lane.rulez"', "interlocks.rules", "nothing publishes"),
        ('doors = "safety.doors"\n', "", "interlocks.doors", "no source"),
        ('doors = "safety', 'hatch = "safety', "interlocks.hatch", "no such row"),
        ('entry = "safety.presence_entry"', 'entry = "x.y"', "presence.entry", "'x'"),
        ('entry = "safety.presence_entry"', 'entry = "safety.presence_exit"', "presence", "one so"),
        ('board = "board"\nsafety', 'board = "plank"\nsafety', "board", "no such device"),
        ('device = "belt"', 'device = "strap"', "belt.device", "no such device"),
        ('label = "container"', 'label = "qr"', "readers", "two independent"),
        ('label = "container"', 'lable = "container"', "readers.lable", "no such device"),
        ("[devices.label]", "[devices.lane]", "devices.lane", "no name for a device"),
        ('id = "oac-sim"', 'id = "oms-sim"', "officers.1.id", "two"),
        ('roles = ["OAC"]', 'roles = ["JUDGE"]', "officers.1.roles.0", "OMS"),
        ("schema = 1", "schema = 2", "schema", "1"),
        (
            'must_measure = ["height", "width"]',
            'must_measure = ["height", "length"]',
            "envelope.must_measure",
            "nothing measures it",
        ),
        ("[gauges]\n", '[gauges]\nspeed = "belt.speed_mm_s"\n', "gauges.speed", "with nothing"),
        ("mass_kg = [1, 3000]", "mass_kg = [9, 3]", "envelope.mass_kg", "not below"),
    ],
)
def test_a_mistake_is_named_with_line_key_value_reason_and_remedy(
    file: Path, old: str, new: str, key: str, reason: str
) -> None:
    assert TEXT.count(old) == 1
    found = [one for one in mistakes(file, TEXT.replace(old, new)) if one.key == key]
    assert len(found) >= 1
    one = found[0]
    assert reason in one.reason
    assert one.remedy != ""
    assert str(one).startswith(f"{file}:{one.line}: {key}")
    assert one.line > 0
    shown = (file.read_text(encoding="utf-8").splitlines())[one.line - 1]
    words = [key.split(".")[-1], key.split(".")[0], key.rpartition(".")[0].split(".")[-1]]
    assert any(word and word in shown for word in words), shown


@pytest.mark.parametrize("direction", ["arrival", "departure"])
def test_a_lane_may_have_one_direction_and_need_not(file: Path, direction: str) -> None:
    assert load(LANE_FILE).lane.direction is None
    zone = 'timezone = "Asia/Almaty"'
    file.write_text(TEXT.replace(zone, f'{zone}\ndirection = "{direction}"'), encoding="utf-8")
    assert load(file).lane.direction == direction


def test_all_mistakes_are_reported_at_once(file: Path) -> None:
    text = TEXT.replace("hold_ms = 20000", "hold_ms = 1").replace("kv = 160.0", "kv = -1.0")
    text = text.replace("port = 15600", "port = 0")
    keys = {one.key for one in mistakes(file, text)}
    assert keys == {"timing.hold_ms", "source.kv", "detector.port"}


def test_all_contradictions_are_reported_at_once(file: Path) -> None:
    text = TEXT.replace('doors = "safety.doors"\n', "").replace(
        'label = "container"', 'label = "qr"'
    )
    text = text.replace("simulated = true\n\n[timing", "simulated = false\n\n[timing")
    keys = [one.key for one in mistakes(file, text)]
    assert keys == ["interlocks.doors", "readers", "officers.0", "officers.1"]


@pytest.mark.parametrize("row", sorted({*BEAM, *FEEDBACKS}))
def test_every_row_needs_a_source(file: Path, row: str) -> None:
    inside = TEXT[TEXT.index("[interlocks]") : TEXT.index("[buses.drive]")]
    section = [line for line in inside.splitlines() if not line.startswith(f"{row} = ")]
    text = TEXT.replace(inside, "\n".join(section) + "\n")
    (one,) = mistakes(file, text)
    assert one.key == f"interlocks.{row}"
    assert ("not_fitted" in one.remedy) is (row in OPTIONAL)


@pytest.mark.parametrize("row", sorted({*BEAM, *FEEDBACKS} - OPTIONAL))
def test_a_mandatory_row_may_not_be_missing(file: Path, row: str) -> None:
    inside = TEXT[TEXT.index("[interlocks]") : TEXT.index("[buses.drive]")]
    changed = [
        f'{row} = {{ not_fitted = "we can do without it" }}'
        if line.startswith(f"{row} = ")
        else line
        for line in inside.splitlines()
    ]
    (one,) = mistakes(file, TEXT.replace(inside, "\n".join(changed) + "\n"))
    assert (one.key, one.reason) == (f"interlocks.{row}", "this row may not be missing")


def test_a_missing_row_needs_a_reason(file: Path) -> None:
    text = TEXT.replace("a belt lane takes no vehicles with people in them", "no")
    assert {one.key for one in mistakes(file, text)} >= {"interlocks.cab.not_fitted"}


@pytest.mark.parametrize("login", ["user", "public_key"])
def test_one_person_may_not_stand_for_two_officers(file: Path, login: str) -> None:
    text = TEXT.replace("simulated = true\n\n[[", f'simulated = true\n{login} = "same"\n\n[[')
    text = text.replace('pns = "SIM-000"', f'{login} = "same"')
    (one,) = mistakes(file, text)
    assert one.key == f"officers.1.{login}"


@pytest.mark.parametrize(
    "text",
    ["", "lane", "a = [", "x = " + "9" * 5000, "x = " + "[" * 100_000, "\0", "[lane]\n[lane]"],
)
def test_what_is_no_lane_file_is_a_mistake_of_the_whole_file(file: Path, text: str) -> None:
    found = mistakes(file, text)
    assert all(one.reason for one in found)
    assert len(found) >= 1


def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path, tmp_path / "a\0b"):
        with pytest.raises(SettingsError) as caught:
            load(path)
        assert caught.value.mistakes[0].remedy != ""


def test_bytes_that_are_no_text_are_a_mistake(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not valid TOML"):
        load(file)


def test_a_key_without_a_line_of_its_own_has_that_of_its_table() -> None:
    text = 'a = 1\n[x."y"]\nb = { c = 2 }\n[[o]]\nd = 1\n[[o]]\nd = 2\n'
    keys = ("a", "x.y", "x.y.b", "x.y.b.c", "x.y.none", "o.0.d", "o.1.d", "o.1.none", "none")
    assert [line_of(text, key) for key in keys] == [1, 2, 3, 3, 2, 5, 7, 6, 0]


def _paths(value: object, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [at] if at else []
    items = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for key, item in items:
        found += _paths(item, (*at, key))
    return found


def _toml(value: object) -> str:
    """Write a value as TOML: JSON text is TOML text, and inline tables do for all tables."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f")
    return str(value).lower()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None, max_examples=250, derandomize=True)
@given(
    st.lists(st.tuples(st.sampled_from(_paths(RAW)), st.none() | VALUES), min_size=1, max_size=3)
)
def test_any_change_to_a_lane_file_loads_or_is_explained(
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[tuple[tuple[str | int, ...], object]],
) -> None:
    raw = json.loads(json.dumps(RAW))
    for path, value in changes:
        holder = raw
        for key in path[:-1]:
            inside = isinstance(holder, dict) and key in holder
            inside = inside or (
                isinstance(holder, list) and isinstance(key, int) and key < len(holder)
            )
            holder = holder[key] if inside else {}
        if value is None and isinstance(holder, dict):
            holder.pop(path[-1], None)
        elif isinstance(holder, dict):
            holder[str(path[-1])] = value
    text = "\n".join(f"{json.dumps(key)} = {_toml(value)}" for key, value in raw.items())
    file = tmp_path_factory.getbasetemp() / "mutated.toml"
    file.write_text(text, encoding="utf-8")
    found: list[Mistake] = []
    try:
        lane = load(file)
    except SettingsError as error:
        found = error.mistakes
    else:
        assert set(lane.interlocks) == {*BEAM, *FEEDBACKS, *SWITCHES}
        return
    assert found != []
    assert all(one.reason and one.remedy and one.key for one in found)


MONITOR = """
[devices.monitor]
kind = "rs_s131"
port = "wires/monitor"
alarm_above_mr_h = 0.1
"""


def test_an_area_monitor_whose_alarm_no_row_waits_for_is_refused(file: Path) -> None:
    (mistake,) = mistakes(file, TEXT + MONITOR)
    assert mistake.key == "devices.monitor"
    assert 'dose_monitor = "monitor.alarm"' in mistake.remedy
    old = 'dose_monitor = { not_fitted = "the simulated hall has no area monitor" }'
    assert old in TEXT
    file.write_text(TEXT.replace(old, 'dose_monitor = "monitor.alarm"') + MONITOR)
    assert load(file).devices["monitor"]["kind"] == "rs_s131"
