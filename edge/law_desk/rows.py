"""Every row of a table of exemptions, for people in columns and for machines as a record."""

from collections.abc import Iterator, Sequence
from datetime import date

from edge.law.case import LawData
from edge.law.dated import Missing
from edge.law.grounds import tables_in_force
from edge.law.lexicon import Lexicon
from edge.law.rule_texts import RULE_TEXTS
from edge.law.tables import ExemptionTable, GoodsRow
from edge.law.tariff import print_code
from edge.law.words import NATIVE_REVIEW, Json
from edge.law_desk.labels import Language, label, plain, said
from edge.law_desk.row_words import what

_NONE = "-"


def goods_lines(table: ExemptionTable, language: Language) -> Iterator[str]:
    """Every row of advice on goods by its code: action, goods, words expected, source."""
    yield from _columns(
        (label("code", language), "action", label("goods", language), "expects"),
        label("source", language),
        [
            (
                (
                    print_code(row.prefix),
                    _action(row),
                    what(row.what, language),
                    _list(sorted(row.expects)),
                ),
                row.source,
            )
            for row in _by_code(table)
        ],
    )


def document_lines(table: ExemptionTable, language: Language) -> Iterator[str]:
    """Every kind of document: action, words in its name, goods it is usual with, source."""
    yield from _columns(
        (label("code", language), "action", "stems", label("documents", language), "expected_with"),
        label("source", language),
        [
            (
                (
                    row.code,
                    row.action.value,
                    _list(row.stems),
                    what(row.what, language),
                    _codes(row.expected_with),
                ),
                row.source,
            )
            for row in sorted(table.documents, key=lambda row: row.code)
        ],
    )


def vehicle_lines(table: ExemptionTable, language: Language) -> Iterator[str]:
    """Every kind of vehicle made for animals: each holds; words it is known by, source."""
    yield from _columns(
        ("kind", "stems", label("vehicles", language)),
        label("source", language),
        [
            ((row.kind, _list(row.stems), what(row.what, language)), row.source)
            for row in table.vehicles
        ],
    )


def _columns(
    heads: Sequence[str], source: str, rows: Sequence[tuple[Sequence[str], str]]
) -> Iterator[str]:
    """One row a line, columns below each other, the source last since it may be long."""
    table = [(heads, source), *rows]
    widths = [max(len(plain(cells[place])) for cells, _ in table) for place in range(len(heads))]
    for cells, last in table:
        padded = [plain(cell).ljust(width) for cell, width in zip(cells, widths, strict=True)]
        yield "  ".join((*padded, plain(last)))


def _by_code(table: ExemptionTable) -> list[GoodsRow]:
    return sorted(table.goods, key=lambda row: row.prefix)


def _action(row: GoodsRow) -> str:
    return f"{row.action.value}, site_policy" if row.site_policy else row.action.value


def _list(words: Sequence[str]) -> str:
    return ", ".join(words) or _NONE


def _codes(prefixes: Sequence[str]) -> str:
    return _list([print_code(prefix) for prefix in prefixes])


def law_record(law: LawData, day: date, language: Language) -> dict[str, Json]:
    """What is in force on a civil day, every row of the table with its source."""
    table, lexicon = tables_in_force(law, day)
    return {
        "day": day.isoformat(),
        "table": _missing(table) if isinstance(table, Missing) else _table(table, language),
        "words": _missing(lexicon) if isinstance(lexicon, Missing) else _lexicon(lexicon),
        "review": NATIVE_REVIEW,
    }


def _missing(found: Missing) -> dict[str, Json]:
    return {"missing": found.reason, "remedy": found.remedy}


def _head(one: ExemptionTable | Lexicon) -> dict[str, Json]:
    return {
        "id": one.ref.table_id,
        "version": one.ref.version,
        "sha256": one.ref.sha256,
        "valid_from": one.valid_from.isoformat(),
        "valid_to": one.valid_to.isoformat(),
        "source": one.source,
    }


def _table(table: ExemptionTable, language: Language) -> dict[str, Json]:
    return {
        **_head(table),
        "exempt": [
            {
                "code": print_code(row.prefix),
                "rule": row.rule.value,
                "text": said(RULE_TEXTS[row.rule], language),
                "what": row.what,
                "source": row.source,
            }
            for row in sorted(table.rows, key=lambda row: row.prefix)
        ],
        "goods": [
            {
                "code": print_code(row.prefix),
                "action": row.action.value,
                "site_policy": row.site_policy,
                "expects": list[Json](sorted(row.expects)),
                "what": row.what,
                "source": row.source,
            }
            for row in _by_code(table)
        ],
        "documents": [
            {
                "code": row.code,
                "stems": list[Json](row.stems),
                "action": row.action.value,
                "expected_with": list[Json](map(print_code, row.expected_with)),
                "what": row.what,
                "source": row.source,
            }
            for row in sorted(table.documents, key=lambda row: row.code)
        ],
        "vehicles": [
            {"kind": row.kind, "stems": list[Json](row.stems), "what": row.what,
             "source": row.source}
            for row in table.vehicles
        ],
    }  # fmt: skip


def _lexicon(lexicon: Lexicon) -> dict[str, Json]:
    return {
        **_head(lexicon),
        "entries": len(lexicon.entries),
        "friends": len(lexicon.friends),
        "review": lexicon.review,
    }
