"""The harness obeys, refuses clearly and tells the truth; lane files are checked."""

import json
from pathlib import Path

import pytest

from edge.errors import SettingsError
from simulator.attendant import Attendant
from simulator.hall.plant import Key, Sees, Spot
from simulator.hall.units import UnitMaker
from simulator.harness import Harness
from simulator.lane_file import load_lane_file
from tests.unit.simulator.lane_kit import SENSORS, cargo_lane

LANE = """
[buses.safety]
kind = "tcp"
host = "127.0.0.1"
port = 15502
[buses.sensors]
kind = "rtu"
port = "wires/sensors"
baud = 19200
parity = "E"
[devices.height]
kind = "ez_array"
bus = "sensors"
unit = 65
field = "height_mm"
[devices.qr]
kind = "reader"
port = "wires/qr"
baud = 9600
"""


def test_every_act_of_a_person_reaches_the_hall() -> None:
    lane = cargo_lane()
    harness = Harness(lane)
    people = lane.plant.people
    for request in (
        {"do": "key", "position": "on"},
        {"do": "door", "on": True},
        {"do": "person", "on": True},
        {"do": "estop"},
    ):
        assert harness.handle(request)["ok"] is True
    assert (people.key, people.doors_open, people.person_in_zone, people.estop_pressed) == (
        Key.ON,
        True,
        True,
        True,
    )
    assert harness.handle({"do": "secure"})["secured"] is False
    for request in ({"do": "door", "on": False}, {"do": "person", "on": False}):
        harness.handle(request)
    harness.handle({"do": "estop_release"})
    assert harness.handle({"do": "secure"})["secured"] is True


def test_a_unit_comes_is_in_the_truth_and_is_taken_away() -> None:
    harness = Harness(cargo_lane())
    unit = {"unit_id": "A", "qr": "Q", "may_be_scanned": False, "cargo": "live_fish"}
    assert harness.handle({"do": "arrive", "unit": unit})["ok"] is True
    truth = harness.handle({"do": "truth"})["truth"]
    assert isinstance(truth, dict)
    assert truth["present"][0]["unit"]["cargo"] == "live_fish"
    assert truth["violations"] == []
    assert json.loads(json.dumps(truth)) == truth
    assert harness.handle({"do": "take_away"})["unit_id"] == "A"
    assert harness.handle({"do": "take_away"})["unit_id"] is None


@pytest.mark.parametrize(
    ("request_", "part"),
    [
        ({"do": "fly"}, "unknown"),
        ({"do": "key"}, "position"),
        ({"do": "key", "position": "sideways"}, "position"),
        ({"do": "arrive", "unit": {"colour": "red"}}, "unit.colour"),
        ({"do": "damage", "what": "everything"}, "lamp_broken"),
        ({"do": "line_fault", "device": "nobody", "fault": {"harm": "drop"}}, "belt"),
        ({"do": "estop", "colour": "red"}, "colour"),
        (["do"], ""),
        ("estop", ""),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(request_: object, part: str) -> None:
    answer = Harness(cargo_lane()).handle(request_)
    assert answer["ok"] is False
    assert part in str(answer["error"])


def test_the_reset_button_comes_back_up_by_itself() -> None:
    lane = cargo_lane()
    Harness(lane).handle({"do": "reset"})
    lane.advance(100)
    assert lane.plant.people.reset_pressed
    lane.advance(300)
    assert not lane.plant.people.reset_pressed


def test_a_stuck_sensor_stays_stuck_until_repaired() -> None:
    lane = cargo_lane()
    harness = Harness(lane)
    harness.handle({"do": "sensor", "spot": "presence_exit", "sees": "neither"})
    assert lane.plant.sees(Spot.EXIT) is Sees.NEITHER
    harness.handle({"do": "sensor", "spot": "presence_exit"})
    assert lane.plant.sees(Spot.EXIT) is Sees.CLEAR


def test_the_demo_attendant_readies_the_lane_and_clears_what_stays() -> None:
    lane = cargo_lane()
    lane.attend(Attendant(lane.plant, UnitMaker(3)))
    lane.advance(10_000)
    assert lane.plant.people.key is Key.ON
    assert lane.plant.secured
    assert lane.plant.at_entry() is not None
    lane.advance(200_000)
    assert any(passage.taken_away for passage in lane.plant.record.passages)
    assert lane.plant.waiting() <= 1


def test_a_lane_file_is_read_with_its_wires(tmp_path: Path) -> None:
    path = tmp_path / "lane.toml"
    path.write_text(LANE)
    lane = load_lane_file(path)
    height, reader = lane.devices
    assert (height.wire, height.unit, height.field) == (SENSORS, 65, "height_mm")
    assert reader.unit == 0
    assert lane.detector is None


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ('bus = "sensors"', 'bus = "nowhere"', ["devices.height.bus"]),
        ("unit = 65", "unit = 0", ["devices.height.unit"]),
        ('kind = "reader"', 'kind = "oracle"', ["devices.qr.kind"]),
        ("baud = 19200", "baud = true", ["buses.sensors.baud"]),
        ('parity = "E"', 'parity = "even"', ["buses.sensors.parity"]),
        ('kind = "rtu"', 'kind = "can"', ["buses.sensors.kind", "devices.height.bus"]),
        ('port = "wires/qr"', 'port = "socket://here"', ["devices.qr.port"]),
    ],
)
def test_a_lane_file_with_mistakes_names_each_key(
    tmp_path: Path, old: str, new: str, keys: list[str]
) -> None:
    path = tmp_path / "lane.toml"
    path.write_text(LANE.replace(old, new, 1))
    with pytest.raises(SettingsError) as caught:
        load_lane_file(path)
    assert [mistake.key for mistake in caught.value.mistakes] == keys


def test_what_a_lane_file_leaves_out_is_what_the_device_settings_take(tmp_path: Path) -> None:
    path = tmp_path / "lane.toml"
    for line in ("unit = 65\n", "baud = 19200\n", 'parity = "E"\n'):
        assert line in LANE
    short = LANE.replace("unit = 65\n", "").replace("baud = 19200\n", "")
    path.write_text(short.replace('parity = "E"\n', ""))
    height, _ = load_lane_file(path).devices
    assert (height.wire, height.unit) == (SENSORS, 65)


@pytest.mark.parametrize("text", [None, "x = ", ""])
def test_a_lane_file_that_is_missing_torn_or_empty_is_refused(
    tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / "lane.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SettingsError, match=r"lane\.toml"):
        load_lane_file(path)
