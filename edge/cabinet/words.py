"""What the cabinet commands print, as lines for people and as records for JSON. Pure."""

import json
import statistics
from collections.abc import Iterator
from datetime import datetime

from edge.cabinet.rows import shown, table
from edge.cabinet.visit import Back, Changed, Lost, News, Probed, Seen
from edge.clock import rfc3339


def read_lines(seen: Seen) -> Iterator[str]:
    """One look: what it is, and a row a field."""
    place = seen.place
    yield f"{place.name}: {seen.title} ({place.kind}), {place.where}; sends {seen.sends}"
    if seen.rows:
        yield from table(seen.rows, seen.now_ns)


def record(seen: Seen) -> dict[str, object]:
    """One look for JSON."""
    place = seen.place
    return {
        "device": place.name,
        "kind": place.kind,
        "title": seen.title,
        "where": place.where,
        "sends": seen.sends,
        "moving": seen.moving,
        "fields": [row.record(seen.now_ns) for row in seen.rows],
    }


def probe_lines(probed: Probed) -> Iterator[str]:
    """What answered and how fast; nothing but the first line when nothing did."""
    lines = read_lines(probed.seen)
    yield next(lines)
    if probed.reason:
        return
    place = probed.seen.place
    took, turned = _times(probed.durations_ms), _times(probed.turnarounds_ms)
    if took is None:
        yield "answers"
    else:
        missed = f", {probed.misses} missed" if probed.misses else ""
        figures = " / ".join(f"{one:g}" for one in took.values())
        counted = f"{len(probed.durations_ms)} exchanges{missed}"
        yield f"answers: {counted}, {figures} ms (min / median / max)"
    if turned is not None:
        yield (
            f"turnaround: {turned['median']:g} ms beside the bytes; "
            f"{place.line} plans with {place.made.pace.turnaround_ms} (turnaround_ms)"
        )
    yield from lines


def probe_record(probed: Probed) -> dict[str, object]:
    """The same for JSON."""
    return {
        **record(probed.seen),
        "answered": not probed.reason,
        "reason": probed.reason,
        "exchanges": len(probed.durations_ms),
        "misses": probed.misses,
        "took_ms": _times(probed.durations_ms),
        "turnaround_ms": _times(probed.turnarounds_ms),
        "planned_turnaround_ms": probed.seen.place.made.pace.turnaround_ms,
    }


def _times(durations_ms: list[float]) -> dict[str, float] | None:
    if not durations_ms:
        return None
    return {
        "min": round(min(durations_ms), 2),
        "median": round(statistics.median(durations_ms), 2),
        "max": round(max(durations_ms), 2),
    }


def news_line(news: News, at: datetime, now_ns: int, *, as_json: bool) -> str:
    """One line of a watch; ``at`` is wall time in UTC."""
    found: dict[str, object] = {"at": rfc3339(at)}
    match news:
        case Lost(detail):
            found["lost"], text = detail, f"lost: {detail}"
        case Back():
            found["back"], text = True, "back"
        case Changed(row, before):
            found |= row.record(now_ns)
            was = f"{shown(before.value)} -> " if before is not None else ""
            words = (f"{row.field} = {was}{shown(row.value)}", row.unit, row.words, row.detail)
            text = "  ".join(word for word in (*words, row.quality.value) if word)
    if as_json:
        return json.dumps(found, ensure_ascii=False)
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}Z  {text}"
