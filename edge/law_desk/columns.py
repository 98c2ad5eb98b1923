"""The columns of a spreadsheet of goods lines, and the manifest that rows of one id make."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from edge.errors import PublishError
from edge.messages.manifest import Manifest, read_manifest

UNDATED = {"issued": "2000-01-01T00:00:00Z", "valid_until": "9999-12-31T23:59:59Z"}
"""What a row without a time of validity stands for: in date on every day."""


class Per(Enum):
    """What a column speaks of."""

    MANIFEST = "manifest"
    LINE = "line"
    DOCUMENT = "document"


Value = str | int | float | bool

_ANSWERS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

_AMOUNT = re.compile(r"[0-9]{1,9}([.,][0-9]{1,6})?")


def _text(text: str) -> Value:
    return text


def _whole(text: str) -> Value:
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return int(text)
    raise ValueError(f"{text[:40]!r} is no whole number")


def _amount(text: str) -> Value:
    if _AMOUNT.fullmatch(text):
        return float(text.replace(",", "."))
    raise ValueError(f"{text[:40]!r} is no amount; write it as 1200 or 1200.5")


def _yes_or_no(text: str) -> Value:
    answer = _ANSWERS.get(text.lower())
    if answer is None:
        raise ValueError(f"{text[:40]!r} is no answer; write it as yes or no")
    return answer


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        path: where its value stands in a manifest, or in a goods line or document.
        per: what it speaks of.
        read: turns its text into a value.
        required: whether a file without it is refused.
    """

    path: tuple[str, ...]
    per: Per = Per.MANIFEST
    read: Callable[[str], Value] = _text
    required: bool = False


_SIZES = ("height_mm", "width_mm", "length_mm", "axle_load_kg", "ground_clearance_mm")

COLUMNS: Mapping[str, Column] = {
    "id": Column(("id",), required=True),
    "direction": Column(("direction",), required=True),
    "tnved_code": Column(("tnved_code",), Per.LINE, required=True),
    "description": Column(("description",), Per.LINE, required=True),
    "mass_kg": Column(("mass_kg",), Per.LINE, _amount),
    "packages": Column(("packages",), Per.LINE, _whole),
    "version": Column(("version",), read=_whole),
    "lane": Column(("lane",)),
    "carrier": Column(("carrier",)),
    "declaration_no": Column(("declaration_no",)),
    "request_reference": Column(("carrier_request", "reference")),
    "request_date": Column(("carrier_request", "date")),
    "request_name": Column(("carrier_request", "name")),
    "plate": Column(("identifiers", "plate")),
    "container": Column(("identifiers", "container")),
    "qr": Column(("identifiers", "qr")),
    "vehicle": Column(("transport", "kind")),
    "private_vehicle": Column(("private_vehicle",), read=_yes_or_no),
    **{name: Column(("dimensions", name), read=_whole) for name in _SIZES},
    "unit_mass_kg": Column(("dimensions", "mass_kg"), read=_whole),
    "document_type": Column(("type",), Per.DOCUMENT),
    "document_number": Column(("number",), Per.DOCUMENT),
    "document_date": Column(("date",), Per.DOCUMENT),
    "issued": Column(("issued",)),
    "valid_until": Column(("valid_until",)),
}
"""Every column by its name; README.md tells what each means."""


def read_header(row: Sequence[str]) -> tuple[str, ...]:
    """The columns of a file. Raises PublishError with everything wrong with them."""
    names = tuple(name.strip() for name in row)
    wrong = [f"unknown column {name[:40]!r}" for name in sorted({*names} - {*COLUMNS})]
    wrong += [f"column {name!r} twice" for name in sorted({*names}) if names.count(name) > 1]
    lacking = [name for name, column in COLUMNS.items() if column.required and name not in names]
    wrong += [f"no column {name!r}" for name in lacking]
    if wrong:
        raise PublishError(f"{'; '.join(wrong)}; columns: {', '.join(COLUMNS)}")
    return names


def make_manifest(rows: Sequence[Mapping[str, str]], lane_id: str) -> Manifest:
    """Make the manifest that rows of one id stand for.

    Args:
        rows: texts by column, at least one row; each is one goods line and may name a document.
            A column of the manifest may be left empty after the row that fills it. A row of a
            private vehicle whose cells of goods are all empty names no goods, and so does one
            that names a document beside such cells.
        lane_id: where no row names a lane.

    Returns:
        The manifest; in date on every day where no row names its validity.

    Raises:
        PublishError: two rows contradict each other, or they make no manifest.
    """
    made: dict[str, object] = {"version": 1, "lane": lane_id, "carrier": "", "identifiers": {}}
    dated = any(row.get("valid_until", "") for row in rows)
    made |= UNDATED if not dated else {"issued": UNDATED["issued"]}
    try:
        for name, column in COLUMNS.items():
            if column.per is Per.MANIFEST:
                _put(made, column, _agreed(name, rows))
        private = made.get("private_vehicle") is True
        lines = (row for row in rows if not _names_no_goods(row, private=private))
        made["goods"] = [_part(row, Per.LINE) for row in lines]
        documents = (_part(row, Per.DOCUMENT) for row in rows)
        made["documents"] = [one for one in documents if one]
    except ValueError as error:
        raise PublishError(f"manifest: {error}; correct the row") from error
    return read_manifest(json.dumps(made, ensure_ascii=False).encode())


def _names_no_goods(row: Mapping[str, str], *, private: bool) -> bool:
    """A row without goods: of one more document, or of a private vehicle, which declares none."""
    return not _says(row, Per.LINE) and (private or _says(row, Per.DOCUMENT))


def _says(row: Mapping[str, str], per: Per) -> bool:
    return any(row.get(name, "") for name, column in COLUMNS.items() if column.per is per)


def _agreed(name: str, rows: Sequence[Mapping[str, str]]) -> str:
    said = sorted({row.get(name, "") for row in rows} - {""})
    if len(said) > 1:
        shown = " and ".join(repr(text[:40]) for text in said[:2])
        raise ValueError(f"{name}: rows of one id say {shown}")
    return said[0] if said else ""


def _put(made: dict[str, object], column: Column, text: str) -> None:
    if not text:
        return
    place = made
    for key in column.path[:-1]:
        inner = place.setdefault(key, {})
        assert isinstance(inner, dict)
        place = inner
    try:
        place[column.path[-1]] = column.read(text)
    except ValueError as error:
        raise ValueError(f"{'.'.join(column.path)}: {error}") from error


def _part(row: Mapping[str, str], per: Per) -> dict[str, object]:
    """A goods line, with code and description also when they are empty, or a document."""
    part: dict[str, object] = {"tnved_code": "", "description": ""} if per is Per.LINE else {}
    for name, column in COLUMNS.items():
        if column.per is per:
            _put(part, column, row.get(name, ""))
    return part
