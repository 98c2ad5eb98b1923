"""The commands at the cabinet that need no device: what there is, and what is wrong with a file."""

import json
from pathlib import Path

import pytest

from drivers.registry import KINDS
from tests.unit.cabinet.cabinet_bench import BELT, lane_file
from tests.unit.control.kit import ROOT
from tests.unit.drivers.panel import PANEL
from tests.unit.test_cli import call

MAPS = ROOT / "config" / "devices"


def changed(folder: Path, kind: str, *changes: tuple[str, str]) -> Path:
    """A shipped map with some texts replaced, under its own name."""
    text = (MAPS / f"{kind}.toml").read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file = folder / f"{kind}.toml"
    file.write_text(text)
    return file


def test_every_kind_is_listed_with_its_wire_its_map_and_its_hardware() -> None:
    listed = {one["kind"]: one for one in json.loads(call("device", "list", "--json").output)}
    assert set(listed) == set(KINDS)
    assert listed["altivar"]["map"] == "devices/altivar.toml"
    assert listed["spellman"]["map"] == ""
    assert listed["generic"]["map"] == "named in the lane file"
    assert {one["hardware"] for one in listed.values()} == {"not yet met real hardware"}
    text = call("device", "list").output
    assert [name for name in KINDS if f"\n{name}: " not in f"\n{text}"] == []


@pytest.mark.parametrize("file", sorted(MAPS.glob("*.toml")), ids=lambda file: file.stem)
def test_every_shipped_map_is_without_mistakes(file: Path) -> None:
    result = call("device", "check", str(file))
    assert (result.exit_code, "no mistakes" in result.output) == (0, True)


@pytest.mark.parametrize(
    ("change", "key", "reason"),
    [
        (("response = \"01 03 02 02 31\"", "response = \"01 03 02 02 32\""),
         "vectors.0.expect.eta", "the bytes say 562"),
        (("response = \"01 03 02 02 31\"", "response = \"01 03 04 02 31\""),
         "vectors.0.response", "is not 01 03 02 and 2 bytes"),
        (("request = \"01 03 0C 81 00 01\"", "request = \"01 2B 0C 81 00 01\""),
         "vectors.0.request", "is no request this program makes"),
        (("expect = { eta = 0x0231 }", "expect = { lft = 0x0231 }"),
         "vectors.0.expect.lft", "lies outside of holding 3201..3201"),
        (("address = 8604", "address = 70000"),
         "fields.rfrd.address", "outside the wire addresses"),
        (("unit = \"0.1 s\"", "colour = \"red\""), "fields.10.colour", "not permitted"),
        (("name = \"thd\"", "name = \"eta\""), "fields.eta.name", "is used twice"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_map_is_named_with_file_line_key_and_remedy(
    tmp_path: Path, change: tuple[str, str], key: str, reason: str
) -> None:
    file = changed(tmp_path, "altivar", change)
    found = json.loads(call("device", "check", str(file), "--json").stdout)["mistakes"]
    mistake = next(one for one in found if one["key"] == key)
    assert reason in mistake["reason"]
    assert mistake["file"] == str(file)
    assert mistake["remedy"]
    assert 0 < mistake["line"] <= len(file.read_text().splitlines())
    result = call("device", "check", str(file))
    assert (result.exit_code, f"{file}:{mistake['line']}: {key}" in result.stderr) == (1, True)


def test_the_line_of_a_mistake_in_a_field_is_the_field_s(tmp_path: Path) -> None:
    file = changed(tmp_path, "altivar", ("address = 8604", "address = 70000"))
    (mistake,) = json.loads(call("device", "check", str(file), "--json").stdout)["mistakes"]
    assert file.read_text().splitlines()[mistake["line"] - 1] == "address = 70000"


def test_a_write_s_vector_must_be_echoed(tmp_path: Path) -> None:
    vector = (
        '[[vectors]]\nsource = "by hand, 6.12"\nrequest = "01 10 21 9A 00 01 02 FA 24"\n'
        'response = "01 10 21 9A 00 0{}"\nexpect = {{ lfrd = -1500 }}\n'
    )
    whole = (MAPS / "altivar.toml").read_text()
    file = tmp_path / "altivar.toml"
    file.write_text(whole + vector.format(1))
    assert call("device", "check", str(file)).exit_code == 0
    file.write_text(whole + vector.format(2))
    result = call("device", "check", str(file))
    assert (result.exit_code, "does not echo" in result.stderr) == (1, True)


def test_a_map_without_a_field_that_its_driver_needs_is_no_map_for_it(tmp_path: Path) -> None:
    file = changed(
        tmp_path, "ez_array",
        ('name = "measurement_2"', 'name = "second"'), ("measurement_2 = 196", "second = 196"),
    )  # fmt: skip
    result = call("device", "check", str(file))
    assert (result.exit_code, "the driver of ez_array needs this field" in result.stderr) == (
        1,
        True,
    )


def test_what_the_driver_of_a_kind_cannot_do_with_a_map_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "panel.toml"
    file.write_text(PANEL.replace('"comm-timeout"', '"trigger-register"'))
    result = call("device", "check", str(file))
    assert (result.exit_code, "cannot feed this kind of watchdog" in result.stderr) == (1, True)
    file.write_text(PANEL)
    assert call("device", "check", str(file)).exit_code == 0


@pytest.mark.parametrize("text", [None, "[device", "fields = 5\n", "\xff"])
def test_what_is_no_map_at_all_is_told_without_a_traceback(
    tmp_path: Path, text: str | None
) -> None:
    file = tmp_path / "altivar.toml"
    if text is not None:
        file.write_bytes(text.encode("latin-1"))
    result = call("device", "check", str(file))
    assert (result.exit_code, str(file) in result.stderr) == (1, True)


@pytest.mark.parametrize("what", ["probe", "read", "watch"])
def test_a_device_that_the_file_does_not_have_is_named_with_those_it_has(
    tmp_path: Path, what: str
) -> None:
    file = lane_file(tmp_path, BELT)
    result = call("device", what, str(file), "robot", "--state", str(tmp_path), "--json")
    assert result.exit_code == 1
    assert "no device 'robot'; there are: belt" in result.stderr
    assert "robot" in json.loads(result.stdout)["error"]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("unit = 1", "unit = 300", "devices.belt.unit"),
        ('bus = "drive"', 'bus = "drvie"', "devices.belt.bus"),
        ('kind = "altivar"', 'kind = "altivari"', "devices.belt.kind"),
        ("[devices.belt]", "[devices]\nbelt = 5\n[devices.belter]", "devices"),
        ("[buses.drive]", "[buses.drive", "-"),
    ],
)
def test_mistakes_of_the_sections_it_needs_are_code_3(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    file = lane_file(tmp_path, BELT.replace(old, new))
    result = call("device", "read", str(file), "belt", "--state", str(tmp_path))
    assert result.exit_code == 3
    assert str(file) in result.stderr
    assert f": {key}" in result.stderr
