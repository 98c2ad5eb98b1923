"""Prints an answer as plain lines for people."""

from collections.abc import Iterator

from edge.law.guidance import GUIDES
from edge.law.rules import RULES, VerdictKind
from edge.law.verdicts import TableRef
from edge.law.words import NATIVE_REVIEW
from edge.law_desk.desk import Answer, Guided
from edge.law_desk.labels import Language, headline, label, plain, said
from edge.law_desk.row_words import SIZES, offending


def letter(answer: Answer, language: Language) -> Iterator[str]:
    """The lines of an answer, in one language."""
    verdict = answer.verdict
    may = verdict.officer_may_scan
    name = label("manifest", language)
    yield f"{name} {answer.manifest_id} ({answer.version}), {answer.lane}"
    yield f"{label('verdict', language)}: {headline(verdict.kind, language, officer_may_scan=may)}"
    if verdict.kind is not VerdictKind.SCAN:
        yield _officer(language, may=may)
    yield f"{label('size', language)}: {said(SIZES[verdict.size], language)}"
    yield from _section("reasons", answer.reasons, language)
    yield from _section("notices", answer.notices, language)
    if answer.also:
        yield from _section("also", answer.also, language)
    yield f"{label('assumed', language)}:"
    yield from (f"  - {plain(said(text, language))}" for text in answer.assumed)
    yield f"{label('table', language)}: {_ref(verdict.table, language)}"
    yield f"{label('words', language)}: {_ref(verdict.words, language)}"
    if language != "en":
        yield NATIVE_REVIEW


def _officer(language: Language, *, may: bool) -> str:
    return f"{label('officer', language)}: {label('yes' if may else 'no', language)}"


def _section(name: str, some: tuple[Guided, ...], language: Language) -> Iterator[str]:
    if not some:
        yield f"{label(name, language)}: {label('none', language)}"
        return
    yield f"{label(name, language)}:"
    for one in some:
        reason, guide = one.reason, GUIDES[one.reason.rule]
        yield f"  {reason.rule_id}  {said(reason.text, language)}"
        for one_input in filter(None, reason.offending):
            shown = offending(reason.rule, one_input, language)
            yield f"    {label('input', language)}: {plain(shown)}"
        if reason.count > len(reason.offending):
            yield f"    {label('more', language)}: {reason.count - len(reason.offending)}"
        for source in one.sources:
            yield f"    {label('source', language)}: {plain(source)}"
        yield f"    {label('change', language)}: {said(guide.change, language)}"
        # Nobody is asked about what does not decide.
        if name != "also" and RULES[reason.rule].kind not in (None, VerdictKind.SCAN):
            yield f"    {_officer(language, may=guide.officer_may_scan)}"


def _ref(ref: TableRef | None, language: Language) -> str:
    if ref is None:
        return label("none", language)
    return f"{ref.table_id} {ref.version} sha256 {ref.sha256}"
