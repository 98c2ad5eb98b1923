"""Rules of legal traffic: a lane that would exempt it is warned of, and nothing else changes."""

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.app import check_lane, warnings_of
from edge.cli import main
from edge.control.facts import envelope_of
from edge.lane_file import load
from edge.law.envelope import Axis
from edge.law.traffic import LegalTraffic, TrafficLimit, build_traffic, would_exempt
from edge.law_tables import load_traffic
from tests.unit.control.kit import LANE, LANE_FILE, ROOT

SHIPPED = ROOT / "config" / "law" / "traffic" / "kz-roads.toml"
RAW = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LAWFUL = {"height_mm": [1000, 4300], "length_mm": [2000, 24000], "width_mm": [1000, 3000]}


def lane_file(folder: Path, units: str = "vehicles", **spans: list[int]) -> Path:
    """The shipped lane for other units and with another envelope, beside the shipped law."""
    (folder / "config").mkdir()
    for part in ("law", "devices"):
        (folder / "config" / part).symlink_to(ROOT / "config" / part)
    lanes = folder / "config" / "lanes"
    lanes.mkdir()
    text = LANE_FILE.read_text(encoding="utf-8").replace('"goods"', f'"{units}"')
    for name, span in spans.items():
        before = list(getattr(LANE.envelope, name))
        text = text.replace(f"{name} = {before}", f"{name} = {span}")
    path = lanes / "lane.toml"
    path.write_text(text, encoding="utf-8")
    return path


def warned(path: Path) -> list[tuple[str, str]]:
    return [(one.key, one.value) for one in warnings_of(load(path), path, NOW)]


def test_the_shipped_limits_are_the_confirmed_ones_and_each_names_its_source() -> None:
    (traffic,), mistakes = load_traffic(ROOT / "config" / "law")
    assert mistakes == []
    rows = [(one.axis, one.greatest) for one in traffic.limits]
    assert rows == [(Axis.LENGTH, 24_000), (Axis.HEIGHT, 4_000), (Axis.HEIGHT, 4_300)]
    assert all("342" in one.source for one in traffic.limits)


def test_a_lane_that_takes_all_legal_traffic_is_not_warned(tmp_path: Path) -> None:
    assert warned(lane_file(tmp_path, **LAWFUL)) == []


@pytest.mark.parametrize(
    ("name", "largest", "found"),
    [
        ("length_mm", 20_000, [("envelope.length_mm", "20000")]),
        ("length_mm", 23_999, [("envelope.length_mm", "23999")]),
        ("height_mm", 4_200, [("envelope.height_mm", "4200")]),
        ("height_mm", 3_999, [("envelope.height_mm", "3999")] * 2),
    ],
)
def test_an_envelope_below_a_legal_size_is_warned_of(
    tmp_path: Path, name: str, largest: int, found: list[tuple[str, str]]
) -> None:
    path = lane_file(tmp_path, **{**LAWFUL, name: [1000, largest]})
    assert warned(path) == found


def test_a_lane_of_goods_is_never_warned(tmp_path: Path) -> None:
    assert warned(lane_file(tmp_path, "goods")) == []
    assert warnings_of(LANE, LANE_FILE, NOW) == []


def test_a_warning_is_printed_and_the_check_is_done(tmp_path: Path) -> None:
    path = lane_file(tmp_path, **{**LAWFUL, "height_mm": [1000, 4200]})
    result = CliRunner().invoke(main, ["check", str(path)])
    assert result.exit_code == 0
    assert f"warning: {path}:" in result.output
    assert "4300 would be exempt" in result.output
    assert "no mistakes" in result.output


@given(st.integers(1, 30_000), st.integers(1, 30_000))
@settings(deadline=None, derandomize=True, max_examples=50)
def test_what_is_warned_of_is_exactly_what_lies_beyond_the_envelope(legal: int, takes: int) -> None:
    limit = TrafficLimit(Axis.LENGTH, legal, "any", "act")
    traffic = LegalTraffic("a", "1", date(2026, 1, 1), "act", (limit,))
    section = LANE.envelope.model_copy(update={"length_mm": (0, takes)})
    envelope = envelope_of(LANE.model_copy(update={"envelope": section}))
    found = [one for one, _ in would_exempt(envelope, [traffic], NOW.date())]
    assert found == ([limit] if legal > takes else [])


def test_the_newest_version_in_force_counts_and_no_later_one() -> None:
    def version(year: int, greatest: int) -> LegalTraffic:
        rows = (TrafficLimit(Axis.LENGTH, greatest, "any", "act"),)
        return LegalTraffic("a", str(year), date(year, 1, 1), "act", rows)

    all_of = [version(2026, 2000), version(2020, 9000), version(2027, 8000)]
    found = would_exempt(envelope_of(LANE), all_of, NOW.date())
    assert [one.greatest for one, _ in found] == [2000]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"schema": 2}, "schema"),
        ({"schema": True}, "schema"),
        ({"id": ""}, "id"),
        ({"valid_from": "2024-10-03"}, "valid_from"),
        ({"valid_from": NOW}, "valid_from"),
        ({"colour": 1}, "colour"),
        ({"limit": []}, "limit"),
        ({"limit": [*RAW["limit"], RAW["limit"][0]]}, "limit"),
        ({"limit": [{**RAW["limit"][0], "axis": "depth_mm"}]}, "limit[0].axis"),
        ({"limit": [{**RAW["limit"][0], "axis": "ground_clearance_mm"}]}, "limit[0].axis"),
        ({"limit": [{**RAW["limit"][0], "greatest": 24.0}]}, "limit[0].greatest"),
        ({"limit": [{**RAW["limit"][0], "greatest": 0}]}, "limit[0].greatest"),
        ({"limit": [{**RAW["limit"][0], "source": " "}]}, "limit[0].source"),
        ({"limit": [{**RAW["limit"][0], "least": 1}]}, "limit[0].least"),
    ],
)
def test_what_is_wrong_with_a_file_of_traffic_is_named(change: dict[str, object], key: str) -> None:
    assert isinstance(build_traffic(RAW), LegalTraffic)
    made = build_traffic({**RAW, **change})
    assert isinstance(made, tuple)
    assert key in [one.key for one in made]


def test_a_broken_file_of_traffic_is_a_mistake_of_the_lane(tmp_path: Path) -> None:
    path = lane_file(tmp_path)
    law = path.parent.parent / "law"
    law.unlink()
    for part in ("", "words", "traffic"):
        (law / part).mkdir()
        for file in (ROOT / "config" / "law" / part).glob("*.toml"):
            (law / part / file.name).write_bytes(file.read_bytes())
    (law / "traffic" / "kz-roads.toml").write_text("schema = ")
    _, mistakes = check_lane(path)
    assert [Path(one.file).name for one in mistakes] == ["kz-roads.toml"]
