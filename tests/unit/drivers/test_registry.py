"""From a lane file's sections to drivers, with every mistake named at once."""

from pathlib import Path

import pytest

from drivers.altivar import Altivar
from drivers.kind import Surroundings
from drivers.permit_board import PermitBoard
from drivers.registry import KINDS, build
from edge.errors import SettingsError
from tests.unit.drivers.device_bench import MAPS
from tests.unit.drivers.fake_modbus import Recorder

BUSES = {
    "drive": {"kind": "rtu", "port": "wires/drive", "baud": 19200, "parity": "E"},
    "sensors": {"kind": "rtu", "port": "wires/sensors", "baud": 19200},
    "safety": {"kind": "tcp", "host": "127.0.0.1", "port": 15502},
}
DEVICES = {
    "belt": {"kind": "altivar", "bus": "drive", "unit": 1, "mm_per_rev": 12.0},
    "safety": {"kind": "pnozmulti", "bus": "safety", "unit": 1},
    "height": {"kind": "ez_array", "bus": "sensors", "unit": 65, "field": "height_mm"},
    "width": {"kind": "ez_array", "bus": "sensors", "unit": 66, "field": "width_mm"},
    "source": {"kind": "spellman", "series": "XRV", "port": "wires/source", "baud": 38400},
    "qr": {"kind": "reader", "port": "wires/qr", "baud": 9600},
    "label": {"kind": "reader", "port": "wires/label", "baud": 9600},
    "second": {"kind": "technix", "port": "wires/second", "kv_max": 100.0, "ma_max": 50.0},
    "monitor": {"kind": "rs_s131", "port": "wires/monitor", "alarm_above_mr_h": 0.1},
    "scale": {
        "kind": "toledo",
        "port": "wires/scale",
        "increment_kg": 5.0,
        "tolerance_kg": 5,
    },
    "board": {"kind": "permit_board", "port": "wires/board", "baud": 115200},
}


def around(folder: Path, maps: Path = MAPS) -> Surroundings:
    return Surroundings(
        sink=Recorder(),
        alive=lambda: True,
        now_ns=lambda: 0,
        state_folder=folder,
        map_folder=maps,
        file="lane.toml",
    )


def mistakes_of(buses, devices, folder: Path, maps: Path = MAPS) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        build(buses, devices, around(folder, maps))
    return {each.key: each.reason for each in caught.value.mistakes}


def test_the_cargo_lane_becomes_three_buses_and_eight_devices(tmp_path):
    built = build(BUSES, DEVICES, around(tmp_path))
    assert set(built.buses) == set(BUSES)
    assert {name: device.name for name, device in built.devices.items()} == {
        name: name for name in DEVICES
    }
    assert isinstance(built.devices["belt"], Altivar)
    assert isinstance(built.devices["board"], PermitBoard)


OTHERS = {
    "other_belt": {
        "kind": "sinamics_v20",
        "bus": "other_drive",
        "unit": 2,
        "full_scale": 16384,
        "mm_s_at_full_scale": 1000.0,
        "forward": "047F",
        "actual": "signed",
        "running_bit": 2,
        "fault_bit": 3,
        "watchdog_action": 1,
    },
    "curtain": {"kind": "generic", "bus": "sensors", "unit": 67, "map": "ez_array.toml"},
    "ups": {"kind": "ups_modbus", "bus": "sensors", "unit": 68},
    "linac": {
        "kind": "linac_sim",
        "bus": "safety",
        "unit": 3,
        "mode": "high",
        "pulse_rate_hz": 100,
    },
    "io": {
        "kind": "iologik",
        "bus": "safety",
        "unit": 2,
        "model": "E1214",
        "inputs": {"lane_free": {"channel": 0, "ok_when": "on"}},
    },
}
"""Kinds that the cargo lane has no need of."""


def test_every_kind_can_be_built(tmp_path):
    sections = {**DEVICES, **OTHERS}
    assert {section["kind"] for section in sections.values()} == set(KINDS)
    buses = {**BUSES, "other_drive": {**BUSES["drive"], "port": "wires/other_drive"}}
    built = build(buses, sections, around(tmp_path))
    assert set(built.devices) == set(built.made) == set(sections)


def test_every_mistake_of_a_lane_is_named_with_its_key_at_once(tmp_path):
    buses = {**BUSES, "odd": {"kind": "canbus"}, "safety": {"kind": "tcp", "host": 5}}
    devices = {
        **DEVICES,
        "belt": {"kind": "altivar", "bus": "drvie", "unit": 300, "mm_per_rev": 12.0},
        "width": {**DEVICES["width"], "unit": 65},
        "label": {**DEVICES["label"], "port": "wires/qr"},
        "robot": {"kind": "robot"},
        "height": {**DEVICES["height"], "colour": "red"},
    }
    found = mistakes_of(buses, devices, tmp_path)
    assert set(found) == {
        "buses.odd.kind",
        "buses.safety.host",
        "devices.belt.bus",
        "devices.belt.unit",
        "devices.width.unit",
        "devices.label.port",
        "devices.robot.kind",
        "devices.height.colour",
    }
    assert found["devices.width.unit"] == "is taken by devices.height"


def test_a_map_without_a_field_that_the_driver_needs_is_a_mistake_of_the_map(tmp_path):
    text = (MAPS / "ez_array.toml").read_text()
    (tmp_path / "ez_array.toml").write_text(
        text.replace('"measurement_2"', '"other"').replace("measurement_2 =", "other =")
    )
    found = mistakes_of(BUSES, {"height": DEVICES["height"]}, tmp_path, tmp_path)
    assert found == {"fields.measurement_2": "the driver of ez_array needs this field"}


def test_a_generic_device_takes_the_map_it_names_and_its_mistakes(tmp_path):
    text = (MAPS / "altivar.toml").read_text()
    (tmp_path / "own.toml").write_text(text.replace('"comm-timeout"', '"toggle"'))
    section = {"kind": "generic", "bus": "drive", "unit": 1, "map": "own.toml"}
    found = mistakes_of(BUSES, {"belt": section}, tmp_path, tmp_path)
    assert found == {"watchdog.kind": "the generic driver cannot feed this kind of watchdog"}
    found = mistakes_of(BUSES, {"belt": {**section, "map": "other.toml"}}, tmp_path, tmp_path)
    assert found == {"-": "cannot be read: No such file or directory"}


@pytest.mark.parametrize(
    ("device", "field", "group"),
    [("belt", "eta", "fast"), ("belt", "sll", "slow"), ("safety", "life", "fast")],
)
def test_a_field_in_another_group_than_its_driver_polls_is_a_mistake_of_the_map(
    tmp_path, device, field, group
):
    kind = DEVICES[device]["kind"]
    text = (MAPS / f"{kind}.toml").read_text()
    before, named, after = text.partition(f'name = "{field}"\n')
    moved = after.replace(f'group = "{group}"', 'group = "once"', 1)
    (tmp_path / f"{kind}.toml").write_text(before + named + moved)
    found = mistakes_of(BUSES, {device: DEVICES[device]}, tmp_path, tmp_path)
    reason = f"its driver polls this field as a register of group {group}"
    assert found == {f"fields.{field}.group": reason}


def test_a_missing_map_is_told_once_for_all_its_devices(tmp_path):
    with pytest.raises(SettingsError) as caught:
        build(
            BUSES, {name: DEVICES[name] for name in ("height", "width")}, around(tmp_path, tmp_path)
        )
    assert [each.file for each in caught.value.mistakes] == [str(tmp_path / "ez_array.toml")]


def test_a_relative_port_starts_in_the_state_folder_and_an_address_stays(tmp_path):
    buses = {**BUSES, "drive": {"kind": "rtu", "port": "socket://gw:4001"}}
    built = build(buses, DEVICES, around(tmp_path))
    assert built.buses["drive"].where == "drive at socket://gw:4001"
    assert built.buses["sensors"].where == f"sensors at {tmp_path}/wires/sensors"


def test_the_readme_says_of_every_kind_what_the_program_says():
    text = (MAPS.parents[1] / "drivers" / "README.md").read_text()
    rows = text.partition("## Kinds\n")[2].partition("\n\nRun ")[0].splitlines()
    assert sum(row.startswith("| `") for row in rows) == len(KINDS)
    for name, kind in KINDS.items():
        (row,) = [line for line in rows if line.startswith(f"| `{name}` |")]
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[1:3] == [kind.about.device, kind.about.wire]
        assert cells[4] == kind.about.hardware


def test_what_may_be_sent_for_a_look_is_said_where_a_driver_runs_for_it():
    told = {name: bool(kind.about.sends) for name, kind in KINDS.items()}
    assert told == {name: kind.map_fields is None for name, kind in KINDS.items()}


def test_the_upper_of_two_curtains_needs_an_address_of_its_own_on_the_bus(tmp_path):
    height = {**DEVICES["height"], "upper_unit": 66, "upper_from_mm": 2400}
    found = mistakes_of(BUSES, {**DEVICES, "width": DEVICES["width"], "height": height}, tmp_path)
    assert found == {"devices.width.unit": "is taken by devices.height"}


@pytest.mark.parametrize(("unit", "says"), [(0, "addresses every device"), (248, "is reserved")])
@pytest.mark.parametrize("name", ["curtain", "ups", "linac", "io"])
def test_no_device_of_a_serial_line_has_an_address_that_is_none(tmp_path, name, unit, says):
    device = {**OTHERS[name], "bus": "sensors", "unit": unit}
    found = mistakes_of({"sensors": BUSES["sensors"]}, {name: device}, tmp_path)
    assert says in found[f"devices.{name}.unit"]


def test_a_line_gives_each_device_the_time_and_the_silence_of_its_map(tmp_path):
    hasty = {**BUSES["sensors"], "response_timeout_ms": 100, "silence_ms": 2}
    found = mistakes_of({"sensors": hasty}, {"height": DEVICES["height"]}, tmp_path)
    assert set(found) == {"buses.sensors.response_timeout_ms", "buses.sensors.silence_ms"}
    assert "asks for, 150 ms" in found["buses.sensors.response_timeout_ms"]


def test_no_device_is_polled_more_seldom_than_its_readings_grow_stale(tmp_path):
    ups = {**OTHERS["ups"], "poll_ms": 5000}
    found = mistakes_of({"sensors": BUSES["sensors"]}, {"ups": ups}, tmp_path)
    assert found == {"devices.ups.poll_ms": "its map has fields that are stale after 5000 ms"}
