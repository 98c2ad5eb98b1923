"""Prints what tables and lexicon say of one code and its description."""

from collections.abc import Iterator
from datetime import date

from edge.law.case import LawData
from edge.law.dated import Missing
from edge.law.explain import Explanation, explain_line, unexplained
from edge.law.grounds import tables_in_force
from edge.law.lexicon import Lexicon
from edge.law.living_words import WordHit
from edge.law.manifest import GoodsLine
from edge.law.rules import RULES, VerdictKind
from edge.law.tables import ExemptionTable, GoodsRow
from edge.law.tariff import CodeProblem, print_code
from edge.law.words import NATIVE_REVIEW
from edge.law_desk.labels import ACTIONS, Language, headline, label, plain, said
from edge.law_desk.row_words import CODE_PROBLEMS, what


def explain(law: LawData, line: GoodsLine, day: date, language: Language) -> Iterator[str]:
    """The lines that tell what is said of one line of goods on a civil day."""
    table, lexicon = tables_in_force(law, day)
    one = explain_line(
        line,
        table if isinstance(table, ExemptionTable) else None,
        lexicon if isinstance(lexicon, Lexicon) else None,
    )
    yield f"{label('code', language)}: {plain(line.code)}"
    for name, found in (("table", table), ("words", lexicon)):
        if isinstance(found, Missing):
            yield f"{label(name, language)}: {label('none', language)}: {found.reason}"
        else:
            yield f"{label(name, language)}: {found.ref.table_id} {found.ref.version}"
    yield from _code(one, language)
    if one.lost_zero and isinstance(table, ExemptionTable):
        whole = explain_line(GoodsLine(one.lost_zero, ""), table, None)
        yield f"{label('lost_zero', language)}: {print_code(one.lost_zero)}"
        yield from (f"  {text}" for text in _code(whole, language))
    if line.description:
        yield from _words(one, language)
    if not isinstance(table, Missing) and not isinstance(lexicon, Missing):
        yield from _alone(one, language)
    if language != "en":
        yield NATIVE_REVIEW


def _code(one: Explanation, language: Language) -> Iterator[str]:
    studied = one.studied
    if isinstance(studied.digits, CodeProblem):
        problem = said(CODE_PROBLEMS[studied.digits], language)
        yield f"{one.studied.line.code[:40]!r} {problem}"
        return
    for row in studied.exempt:
        goods = f"{print_code(row.prefix)}, {plain(what(row.what, language))}"
        yield f"{label('exempt', language)} {row.rule.value}: {goods}"
        yield f"  {label('source', language)}: {plain(row.source)}"
    for row in studied.undecided:
        code = print_code(row.prefix)
        goods = plain(what(row.what, language))
        yield f"{label('undecided', language)} {code}: {row.rule.value}, {goods}"
        yield f"  {label('source', language)}: {plain(row.source)}"
    for advice in studied.advice:
        yield from _advice(advice, language)
    if not (studied.exempt or studied.undecided or studied.advice):
        yield label("unspoken", language)
    expects = ", ".join(sorted(studied.expects)) or label("none", language)
    yield f"{label('expects', language)}: {expects}"


def _advice(row: GoodsRow, language: Language) -> Iterator[str]:
    policy = " site_policy" if row.site_policy else ""
    yield f"{row.action.value}{policy}: {print_code(row.prefix)}, {plain(what(row.what, language))}"
    yield f"  {said(ACTIONS[row.action], language)}"
    yield f"  {label('source', language)}: {plain(row.source)}"


def _words(one: Explanation, language: Language) -> Iterator[str]:
    found = one.studied.found
    alarming = unexplained(one.studied)
    if not found.hits:
        yield f"{label('heard', language)}: {label('none', language)}"
    for hit in found.hits:
        known = "" if hit in alarming else f" ({label('explained', language)})"
        yield f"{label('heard', language)}: {_hit(hit)}{known}"
    for silenced in found.silenced:
        because = f"{label('by', language)} {silenced.friend_id} {plain(silenced.phrase)!r}"
        yield f"{label('silenced', language)}: {_hit(silenced.hit)} {because}"


def _hit(hit: WordHit) -> str:
    return f"{plain(hit.words)!r} {hit.entry_id} {hit.word_class.value} {hit.strength.value}"


def _alone(one: Explanation, language: Language) -> Iterator[str]:
    kind = one.kind
    may = all(RULES[reason.rule].officer_may_scan for reason in one.reasons)
    shown = headline(kind, language, officer_may_scan=may)
    if kind is VerdictKind.SCAN:
        shown = f"{kind.name} - {label('clear', language)}"
    yield f"{label('alone', language)}: {shown}"
    if kind is VerdictKind.EXEMPT:
        return
    for reason in one.reasons:
        yield f"  {reason.rule_id}  {said(reason.text, language)}"
