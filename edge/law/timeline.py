"""What is wrong with the validity of tables and lexica over the days, before a day has come."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from edge.law.case import LawData
from edge.law.dated import D, Dated, Missing, in_force
from edge.law.row_checks import Problem
from edge.law.tables import NAMES
from edge.law.tariff import print_code

_DAY = timedelta(days=1)
_KEY = "valid_from..valid_to"


def first_days(things: Sequence[D]) -> tuple[date, ...]:
    """The days on which what is in force may change, ascending; the last is after every end."""
    days = {one.valid_from for one in things}
    return tuple(sorted(days | {one.valid_to + _DAY for one in things if one.valid_to < date.max}))


def validity_problems(things: Sequence[D], name: str) -> tuple[Problem, ...]:
    """Gaps and contradictions between the first day of the first and the last day of the last.

    Args:
        things: tables or lexica; an unsigned one is a problem of its own on its days.
        name: what they are, for people.
    """
    if not things:
        return ()
    last = max(one.valid_to for one in things)
    days = [day for day in first_days(things) if day <= last]
    found = []
    for place, day in enumerate(days):
        answer = in_force(things, day, name)
        if isinstance(answer, Missing):
            until = days[place + 1] - _DAY if place + 1 < len(days) else last
            value = f"{day}..{until}"
            reason = f"{answer.absence.value}: {answer.reason} ({answer.shown})"
            found.append(Problem(_KEY, value, reason, _capital(answer.remedy)))
    return tuple(found)


def today_problems(law: LawData, today: date) -> tuple[Problem, ...]:
    """Tables or lexica of which none is in force today, where none was before or none is after.

    A gap between two, and what the other kind has alone, are told by the other functions.
    """
    found = []
    for name, things, others in (
        ("table of exemptions", law.tables, law.lexica),
        ("lexicon of living goods", law.lexica, law.tables),
    ):
        if _spans(things, today) or any(one.valid_from <= today <= one.valid_to for one in others):
            continue
        answer = in_force(things, today, name)
        if things and isinstance(answer, Missing):
            reason = f"{answer.absence.value}: {answer.reason}: nothing can be scanned today"
            found.append(Problem(_KEY, answer.shown, reason, _capital(answer.remedy)))
    return tuple(found)


def _spans(things: Sequence[Dated], day: date) -> bool:
    """Whether a day lies between the first day of the first and the last day of the last."""
    return any(one.valid_from <= day for one in things) and any(
        day <= one.valid_to for one in things
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def alone_problems(law: LawData) -> tuple[Problem, ...]:
    """Days on which only tables or only lexica are valid: nothing can be scanned on them.

    A gap between two of a kind is told by `validity_problems`.
    """
    both = (("table of exemptions", law.tables), ("lexicon of living goods", law.lexica))
    days = sorted({*first_days(law.tables), *first_days(law.lexica)})
    found = []
    for place, day in enumerate(days[:-1]):
        lacking = [
            name for name, things in both
            if not _spans(things, day)
        ]  # fmt: skip
        if len(lacking) == 1 and law.tables and law.lexica:
            value = f"{day}..{days[place + 1] - _DAY}"
            reason = f"no {lacking[0]} is valid while the other is: no scan could be permitted"
            found.append(Problem(_KEY, value, reason, "Make both valid on the same days"))
    return tuple(found)


def word_problems(law: LawData) -> Iterator[Problem]:
    """Words that a row expects and a lexicon of the same days does not have, though another does.

    What no lexicon has at all is told where they are loaded.
    """
    known = {NAMES}.union(*(lexicon.entries for lexicon in law.lexica))
    for table in law.tables:
        for lexicon in law.lexica:
            if table.valid_from > lexicon.valid_to or lexicon.valid_from > table.valid_to:
                continue
            kinds = (("exempt", table.rows), ("goods", table.goods))
            for kind, row in ((kind, row) for kind, rows in kinds for row in rows):
                for word in sorted((row.expects & known) - {NAMES, *lexicon.entries}):
                    reason = (
                        f"table {table.ref.version} expects it, lexicon {lexicon.ref.version}, "
                        "valid on the same days, has no such entry"
                    )
                    yield Problem(
                        f"{kind} {print_code(row.prefix)}: expects",
                        word,
                        reason,
                        "Name an entry of both",
                    )
