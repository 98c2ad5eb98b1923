"""The pictures in the READMEs are those of the tables, and tell every move."""

from pathlib import Path

import pytest

from edge.core.diagrams import mermaid_inspection, mermaid_lane
from edge.core.inspection import INSPECTION_TABLE
from edge.core.lane import LANE_TABLE
from simulator.pictures import PICTURES, main, redrawn

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "edge" / "core" / "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_pictures_are_fresh(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert redrawn(text) == text, f"run: python -m simulator.pictures {page.relative_to(ROOT)}"


def test_both_pictures_stand_on_the_core_page() -> None:
    text = PAGES[1].read_text(encoding="utf-8")
    for name, draw in PICTURES.items():
        assert f"<!-- {name} -->\n{draw()}\n<!-- /{name} -->" in text


@pytest.mark.parametrize(
    ("table", "picture"), [(LANE_TABLE, mermaid_lane()), (INSPECTION_TABLE, mermaid_inspection())]
)
def test_every_move_between_two_states_is_drawn_or_noted(
    table: dict[tuple[object, object], object], picture: str
) -> None:
    lines = picture.splitlines()
    for (before, cause), after in table.items():
        if before is after:
            continue
        start = f"    {before.value} --> {after.value}: "
        drawn = [line for line in lines if line.startswith(start)]
        noted = any("note" in line and before.value in line for line in lines)
        told = any(cause.value in line.removeprefix(start).split(", ") for line in drawn)
        assert told or (cause.value in {"stop", "trip"} and noted)


def test_a_page_without_a_marker_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing here\n", encoding="utf-8")
    assert main([str(page)]) == 1
    assert "no picture marker" in capsys.readouterr().err


def test_a_stale_picture_is_drawn_anew(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- lane machine -->\nold\n<!-- /lane machine -->\nb\n", encoding="utf-8")
    assert main([str(page)]) == 0
    assert page.read_text(encoding="utf-8") == (
        f"a\n<!-- lane machine -->\n{mermaid_lane()}\n<!-- /lane machine -->\nb\n"
    )
