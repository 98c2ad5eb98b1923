"""What the lane tells through its control socket, and the story of the units that it adds up to.

Officers, view and judgement of the showcase all read this; nothing here acts.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from edge.errors import EdgeError
from simulator.showcase.script import Scene

LINE_LIMIT_BYTES = 1_048_576
"""Longest line of the feed; a stored image's thumbnail is not in it."""
ACTS_LIMIT = 200


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One journal entry as the feed shows it; ``inspection`` is empty for the lane itself."""

    kind: str
    inspection: str
    cause: str
    utc: str
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class News:
    """One line of the feed: a step with its entries, or the progress of a scan."""

    mode: str = ""
    entries: tuple[FeedEntry, ...] = ()
    scan_id: int = 0
    lines: int = 0


@dataclass(slots=True)
class Chapter:
    """What is known of one inspection.

    Attributes:
        inspection: its id.
        scene: the scene it belongs to, None until its identifiers are known.
        opened_utc: when it was opened.
        closed_utc: when its record was closed, empty while it is open.
        state: the last thing that happened, for people.
        verdict: kind of the newest verdict.
        rules: rules of the newest verdict.
        first: rules of the holds that came before it.
        route: where an unscanned unit goes, pass or turn_away.
        beam: whether a beam was intended.
        lines: detector lines of the running scan.
        image: folder of the stored scan package.
        end: state of the closed record.
    """

    inspection: str
    scene: Scene | None = None
    opened_utc: str = ""
    closed_utc: str = ""
    state: str = "identifying"
    verdict: str = ""
    rules: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    route: str = ""
    beam: bool = False
    lines: int = 0
    image: str = ""
    end: str = ""

    @property
    def title(self) -> str:
        """The unit for people."""
        return f"{self.scene.unit.unit_id} {self.scene.title}" if self.scene else self.inspection

    @property
    def why(self) -> str:
        """The rules of the newest verdict, and of the hold before it, for people."""
        after = f" (held first: {' '.join(self.first)})" if self.first else ""
        return " ".join(self.rules) + after

    @property
    def stay_s(self) -> int:
        """Seconds from arrival to closed record, 0 while it is open."""
        if not self.closed_utc:
            return 0
        stay = datetime.fromisoformat(self.closed_utc) - datetime.fromisoformat(self.opened_utc)
        return round(stay.total_seconds())


@dataclass(slots=True)
class Story:
    """All that the feed has told so far.

    Attributes:
        scenes: the play, by which units are recognised.
        mode: mode of the lane.
        chapters: by inspection, in the order of arrival.
        faults: active ones with their class.
        stopping_faults: every STOP and TRIP ever raised, in order.
        acts: what people did, the newest last.
    """

    scenes: Sequence[Scene]
    mode: str = "starting"
    chapters: dict[str, Chapter] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    stopping_faults: list[str] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    _scans: dict[int, str] = field(default_factory=dict)

    def take(self, news: News) -> None:
        """Add what the lane has told."""
        self.mode = news.mode or self.mode
        for entry in news.entries:
            self._entry(entry)
        chapter = self.chapters.get(self._scans.get(news.scan_id, ""))
        if chapter is not None and chapter.beam:
            chapter.lines = news.lines

    def act(self, text: str) -> None:
        """Note what a person did."""
        self.acts.append(text)
        del self.acts[:-ACTS_LIMIT]

    def of(self, scene: Scene) -> Chapter | None:
        """The chapter of a scene, None before its unit was recognised."""
        for chapter in self.chapters.values():
            if chapter.scene is scene:
                return chapter
        return None

    def open_chapters(self) -> tuple[Chapter, ...]:
        """Inspections whose record is not closed."""
        return tuple(chapter for chapter in self.chapters.values() if not chapter.end)

    def _entry(self, entry: FeedEntry) -> None:
        if entry.kind == "fault.raised":
            self.faults[entry.cause] = str(entry.body.get("class", ""))
            if self.faults[entry.cause] in {"stop", "trip"}:
                self.stopping_faults.append(entry.cause)
        elif entry.kind == "fault.cleared":
            self.faults.pop(entry.cause, None)
        if not entry.inspection:
            return
        chapter = self.chapters.setdefault(entry.inspection, Chapter(entry.inspection))
        teller = _TELLERS.get(entry.kind)
        if teller is not None:
            teller(self, chapter, entry)
        chapter.state = _STATES.get(entry.kind, chapter.state)

    def opened(self, chapter: Chapter, entry: FeedEntry) -> None:
        """A unit has arrived."""
        chapter.opened_utc = entry.utc

    def verdict(self, chapter: Chapter, entry: FeedEntry) -> None:
        """The law has spoken; by its QR code the unit is one of ours."""
        record = entry.body.get("verdict")
        words = record if isinstance(record, dict) else {}
        if chapter.verdict == "hold":
            chapter.first = tuple(dict.fromkeys((*chapter.first, *chapter.rules)))
        chapter.verdict = entry.cause
        chapter.rules = _rules(words)
        chapter.route = str(entry.body.get("route", ""))
        read = entry.body.get("identifiers")
        qr = str(read.get("qr", "")) if isinstance(read, dict) else ""
        for scene in self.scenes:
            if scene.unit.qr == qr:
                chapter.scene = scene

    def armed(self, chapter: Chapter, entry: FeedEntry) -> None:
        """The entry before the beam is written."""
        chapter.beam = True
        number = entry.body.get("scan_id")
        if isinstance(number, int):
            self._scans[number] = chapter.inspection

    def image(self, chapter: Chapter, entry: FeedEntry) -> None:
        """The scan package is stored."""
        chapter.image = str(entry.body.get("folder", ""))

    def closed(self, chapter: Chapter, entry: FeedEntry) -> None:
        """The record is complete."""
        chapter.end = str(entry.body.get("end", "")) or "closed"
        chapter.closed_utc = entry.utc


_TELLERS: dict[str, Callable[[Story, Chapter, FeedEntry], None]] = {
    "inspection.opened": Story.opened,
    "verdict.given": Story.verdict,
    "beam.intent": Story.armed,
    "image.stored": Story.image,
    "inspection.closed": Story.closed,
}
_STATES = {
    "verdict.given": "decided",
    "hold.asked": "waits for an officer",
    "hold.answered": "answered",
    "hold.expired": "unanswered",
    "scan.armed": "armed",
    "unit.admitted": "comes in",
    "unit.passed_without_beam": "passes, beam locked out",
    "unit.turned_away": "turned away",
    "beam.intent": "scanning",
    "scan.ended": "scanned",
    "scan.not_completed": "scan not completed",
    "image.stored": "waits for the analysis",
    "outcome.given": "analysed",
    "unit.released": "leaves",
    "unit.left": "gone",
    "inspection.closed": "closed",
}


def _rules(verdict: Mapping[str, object]) -> tuple[str, ...]:
    reasons = verdict.get("reasons")
    if not isinstance(reasons, list):
        return ()
    return tuple(str(reason.get("rule", "")) for reason in reasons if isinstance(reason, dict))


def read_news(line: bytes) -> News:
    """Read one line of the feed. Raises EdgeError for one that is none."""
    try:
        told = json.loads(line)
    except ValueError as error:
        raise EdgeError(f"feed: not JSON: {line[:80]!r}; is this a control socket?") from error
    if not isinstance(told, dict):
        raise EdgeError(f"feed: not an object: {line[:80]!r}; is this a control socket?")
    progress = told.get("progress")
    if isinstance(progress, dict):
        return News(scan_id=_number(progress, "scan_id"), lines=_number(progress, "lines"))
    listed = told.get("entries")
    entries = [each for each in listed if isinstance(each, dict)] if listed else []
    return News(mode=str(told.get("mode", "")), entries=tuple(_entry(each) for each in entries))


async def listen(socket: Path, timeout_s: float = 10.0) -> AsyncGenerator[News, None]:
    """Follow the feed of a running lane until it ends.

    Raises:
        EdgeError: nobody serves this socket, or what it says is no feed.
    """
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_unix_connection(str(socket), limit=LINE_LIMIT_BYTES)
    except (OSError, TimeoutError) as error:
        raise EdgeError(f"feed {socket}: no lane answers ({str(error) or 'timed out'})") from error
    try:
        writer.write(b'{"do": "listen"}\n')
        await writer.drain()
        while line := await reader.readline():
            yield read_news(line)
    except (OSError, ValueError) as error:
        raise EdgeError(f"feed {socket}: {error}; the lane has gone") from error
    finally:
        writer.close()


def _entry(told: Mapping[str, object]) -> FeedEntry:
    body = told.get("body")
    return FeedEntry(
        kind=str(told.get("kind", "")),
        inspection=str(told.get("inspection") or ""),
        cause=str(told.get("cause") or ""),
        utc=str(told.get("utc", "")),
        body=body if isinstance(body, dict) else {},
    )


def _number(told: Mapping[str, object], key: str) -> int:
    value = told.get(key)
    return value if isinstance(value, int) else 0
