"""Mutants that decide every unit as the law does, each with the reason."""

EQUIVALENT = {
    "tariff: for end in range(2, len(prefix) + 1):: 2 -> 1": (
        "nothing is looked up by fewer than two digits"
    ),
    "tariff: for end in range(2, len(prefix) + 1):: 1 -> 0": (
        "a code whose stem is the whole prefix begins with it, and such rows are left out"
    ),
    "tariff: for end in range(2, len(prefix) + 1):: 1 -> 2": (
        "the row stands a second time under its whole prefix, where it is left out"
    ),
    "tariff: row for end in range(2, len(digits) + 1) for row in whole.get(digits[:end], ()): "
    "2 -> 1": "no row has a prefix of one digit",
    "terms: if span.last is not None and span.last <= start:: span.last <= start -> "
    "span.last < start": "a span that ends on the day of the start has no day after it either",
    "terms: elif last.last is not None and (one.received is None or one.received > last.last):: "
    "one.received > last.last -> one.received >= last.last": (
        "a span that ends on the same day is replaced by one with the same days"
    ),
    "terms: shown = tuple(span for span in spans if last is None or span.first < last): "
    "span.first < last -> span.first <= last": "the last day is counted, so no span begins on it",
}
