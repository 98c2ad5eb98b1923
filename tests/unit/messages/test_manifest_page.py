"""The page on the manifest names every field a manifest has, each with its meaning."""

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from edge.messages import manifest
from edge.messages.manifest import Manifest

PAGE = Path(manifest.__file__).parent / "README.md"
ROW = re.compile(r"^\| `([\w.]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def fields(model: type[BaseModel], at: str = "") -> Iterator[str]:
    parts = {name: one for name, one in vars(manifest).items() if isinstance(one, type)}
    for name, field in model.model_fields.items():
        yield at + name
        for part in re.findall(r"manifest\.(\w+)", str(field.annotation)):
            yield from fields(parts[part], f"{at}{name}.")


def test_every_field_of_a_manifest_is_explained_with_its_terms() -> None:
    rows = {row[0]: row[1:] for row in ROW.findall(PAGE.read_text(encoding="utf-8"))}
    wanted = list(fields(Manifest))
    assert "goods.tnved_code" in wanted
    assert "carrier_request.reference" in wanted
    assert [name for name in wanted if name not in rows] == []
    assert [name for name, cells in rows.items() if not all(map(str.strip, cells))] == []


def test_nothing_is_called_confirmed_that_names_no_term() -> None:
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    bare = [row[0] for row in rows if "confirmed" in row[4] and row[2].strip() == "-" == row[3]]
    assert len(rows) > 30
    assert bare == []
