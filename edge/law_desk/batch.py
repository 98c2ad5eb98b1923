"""Judges a file of many manifests, one at a time: JSON Lines, or rows of a spreadsheet.

What cannot be read is told with its line and judged not at all; nothing is filled in for it.
"""

import csv
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import IO, NamedTuple

from edge.errors import EdgeError, PublishError
from edge.law.words import NATIVE_REVIEW, Json
from edge.law_desk.columns import make_manifest, read_header
from edge.law_desk.desk import Desk
from edge.law_desk.labels import Language, said
from edge.messages.base import MESSAGE_LIMIT_BYTES, read_object, utf8
from edge.messages.manifest import MAX_DOCUMENTS, MAX_GOODS_LINES, Manifest, read_manifest

MAX_REMEMBERED = 100_000
"""So many ids of a spreadsheet are remembered, to find rows of one id that stand apart."""

MAX_ROWS = MAX_GOODS_LINES + MAX_DOCUMENTS
"""Rows of one id: the goods lines and the documents a manifest may have."""

Record = dict[str, Json]


class Raw(NamedTuple):
    """One line of a file; its text is None where it is longer than a message may be."""

    number: int
    data: bytes | None


def raw_lines(stream: IO[bytes]) -> Iterator[Raw]:
    """The lines of a file, never holding more than one, nor more of one than a message."""
    number = 0
    while data := stream.readline(MESSAGE_LIMIT_BYTES + 2):
        number += 1
        if len(data.rstrip(b"\r\n")) <= MESSAGE_LIMIT_BYTES:
            yield Raw(number, data)
            continue
        while data and not data.endswith(b"\n"):
            data = stream.readline(MESSAGE_LIMIT_BYTES)
        yield Raw(number, None)


def error_record(line: int, error: str, manifest_id: str = "") -> Record:
    """What is printed for a line that cannot be read."""
    named: Record = {"id": manifest_id} if manifest_id else {}
    return {**named, "line": line, "error": error}


def verdict_record(line: int, manifest: Manifest, desk: Desk, language: Language) -> Record:
    """What is printed for a manifest that was judged; ``line`` is where it begins."""
    verdict = desk.verdict(manifest)
    review: Record = {} if language == "en" else {"review": NATIVE_REVIEW}
    return {
        **review,
        "id": manifest.id,
        "line": line,
        "version": manifest.version,
        "verdict": verdict.kind.value,
        "rules": [*verdict.rule_ids],
        "notices": [one.rule_id for one in verdict.notices],
        "inputs": {one.rule_id: [*one.offending] for one in verdict.reasons},
        "texts": {one.rule_id: said(one.text, language) for one in verdict.reasons},
        "officer_may_scan": verdict.officer_may_scan,
        "size": verdict.size.value,
        "table": None if verdict.table is None else verdict.table.version,
        "table_sha256": None if verdict.table is None else verdict.table.sha256,
        "words": None if verdict.words is None else verdict.words.version,
        "words_sha256": None if verdict.words is None else verdict.words.sha256,
    }


def judge_lines(stream: IO[bytes], desk: Desk, language: Language) -> Iterator[Record]:
    """Judge JSON Lines, one manifest a line; empty lines are passed over."""
    for line in raw_lines(stream):
        if line.data is None:
            yield error_record(line.number, _TOO_LONG)
        elif line.data.strip(_BLANK):
            yield _judge_line(line.number, line.data, desk, language)


_BLANK = b"\xef\xbb\xbf\x00 \t\r\n"
"""Bytes of a line with nothing on it: the rest of a line end in UTF-16 is no manifest either."""

_TOO_LONG = f"longer than the {MESSAGE_LIMIT_BYTES} bytes of a message; write one manifest a line"


def _judge_line(number: int, data: bytes, desk: Desk, language: Language) -> Record:
    manifest_id = ""
    try:
        found = read_object(data, "manifest").get("id")
        manifest_id = found[:64] if isinstance(found, str) else ""
        manifest = read_manifest(data)
    except EdgeError as error:
        return error_record(number, str(error), manifest_id)
    return verdict_record(number, manifest, desk, language)


@dataclass(slots=True)
class _Group:
    """Rows of one id that stand together.

    Attributes:
        manifest_id: the id.
        line: where they begin.
        rows: texts by column.
        chars: how long they are together.
        flaw: why they make no manifest, empty while they may.
    """

    manifest_id: str
    line: int
    rows: list[dict[str, str]] = field(default_factory=list)
    chars: int = 0
    flaw: str = ""

    def add(self, row: dict[str, str]) -> None:
        """Take one more row, unless there are more than a manifest may hold."""
        self.chars += sum(map(len, row.values()))
        if len(self.rows) < MAX_ROWS and self.chars <= MESSAGE_LIMIT_BYTES:
            self.rows.append(row)
        elif not self.flaw:
            self.flaw = (
                f"has more than the {MAX_GOODS_LINES} goods lines, {MAX_DOCUMENTS} documents or "
                f"{MESSAGE_LIMIT_BYTES} bytes of one manifest"
            )


class _Row(NamedTuple):
    line: int
    cells: list[str]
    flaw: str


def judge_rows(stream: IO[bytes], desk: Desk, language: Language) -> Iterator[Record]:
    """Judge a spreadsheet of goods lines (CSV in UTF-8, divided by commas or semicolons).

    One line of the file is one row: a quote that is not closed on its line is a flaw of that line
    alone. Rows of one id that stand together are one manifest. A row that cannot be read may have
    been a goods line of the manifest before or behind it, so neither of them is judged.

    Raises:
        PublishError: the columns are not those of `columns.COLUMNS`; names them.
    """
    rows = _rows(stream)
    head = next(rows, None)
    if head is None or head.flaw:
        reason = head.flaw if head else "is empty"
        raise PublishError(f"the first line {reason}; write the names of the columns")
    names = read_header(head.cells)
    for group in _groups(rows, names):
        yield _judge_group(group, desk, language)


def _rows(stream: IO[bytes]) -> Iterator[_Row]:
    """Every line is read by itself, so what is wrong with one takes no other with it."""
    lines = raw_lines(stream)
    first = next(lines, None)
    if first is None:
        return
    semicolons = first.data is not None and b";" in first.data and b"," not in first.data
    for line in chain((first,), lines):
        try:
            cells = _cells(line, ";" if semicolons else ",")
        except ValueError as error:
            yield _Row(line.number, [], str(error))
            continue
        if any(cell.strip() for cell in cells):
            yield _Row(line.number, cells, "")


def _cells(line: Raw, delimiter: str) -> list[str]:
    """The cells of one line. Raises ValueError with what is wrong with it."""
    if line.data is None:
        raise ValueError(_TOO_LONG)
    text = utf8(line.data).decode("utf-8").rstrip("\r\n")
    if "\r" in text:
        raise ValueError("has a line end (CR) inside; end every line with LF or CR LF")
    try:
        return next(csv.reader((text,), delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise ValueError(
            f"has a quote that is not closed on this line, or not doubled inside a cell ({error}); "
            "one goods line a line, no line end inside a cell"
        ) from error


def _groups(rows: Iterable[_Row], names: tuple[str, ...]) -> Iterator[_Group]:
    """Groups in the order of the file; each row without an id by itself, before the open group."""
    seen: OrderedDict[str, int] = OrderedDict()
    group: _Group | None = None
    broken = ""
    for row in rows:
        texts = dict(zip(names, (cell.strip() for cell in row.cells), strict=False))
        manifest_id = texts.get("id", "")
        flaw = row.flaw or _row_flaw(row, names, manifest_id)
        if not manifest_id:
            broken = f"line {row.line} beside it cannot be read and may be one of its goods lines"
            if group is not None:
                group.flaw = group.flaw or broken
            yield _Group("", row.line, flaw=flaw)
            continue
        if group is None or group.manifest_id != manifest_id:
            if group is not None:
                yield group
            group = _Group(manifest_id, row.line, flaw=_again_flaw(seen, manifest_id, row.line))
        group.flaw = group.flaw or flaw or broken
        broken = ""
        group.add(texts)
    if group is not None:
        yield group


def _row_flaw(row: _Row, names: tuple[str, ...], manifest_id: str) -> str:
    if len(row.cells) != len(names):
        return f"line {row.line} has {len(row.cells)} cells, the first line has {len(names)}"
    return "" if manifest_id else "has no id; write the id of its manifest"


def _again_flaw(seen: OrderedDict[str, int], manifest_id: str, line: int) -> str:
    before = seen.get(manifest_id)
    seen[manifest_id] = line
    seen.move_to_end(manifest_id)
    if len(seen) > MAX_REMEMBERED:
        seen.popitem(last=False)
    if before is None:
        return ""
    return f"the same id began on line {before} already; let the rows of one id follow each other"


def _judge_group(group: _Group, desk: Desk, language: Language) -> Record:
    if group.flaw:
        return error_record(group.line, group.flaw, group.manifest_id)
    try:
        manifest = make_manifest(group.rows, desk.lane_id)
    except EdgeError as error:
        return error_record(group.line, str(error), group.manifest_id)
    return verdict_record(group.line, manifest, desk, language)
