"""The simulated people of the showcase: OMS, OAC and the attendant at the lane.

Officers act through the ``scanlane`` command, as people would; the attendant's hands (units, key,
buttons) are the simulator's control socket. They follow the feed and know the play.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.showcase.feed import Chapter, FeedEntry, News, Story
from simulator.showcase.processes import Said, ShowError, program, run_words
from simulator.showcase.script import Correction, Incident, Scene

OMS, OAC = "oms-sim", "oac-sim"
PATIENCE_S = 15.0
"""Longest wait for the lane to follow an act."""
ACKS = 6
STOPPED = frozenset({"held", "tripped"})
_LOOK_S = 0.1

Run = Callable[[Sequence[str]], Coroutine[None, None, Said]]
Spawn = Callable[[Coroutine[None, None, None]], object]
Correct = Callable[[Scene], Coroutine[None, None, None]]
"""Has headquarters send the corrected manifest of a scene."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How quickly people are.

    Attributes:
        step_s: pause between two acts of the attendant's hands: the devices must see each.
        incident_s: from the beam's entry to the incident: the unit is then in the beam.
    """

    step_s: float = 0.6
    incident_s: float = 1.8


PACE = Pace()


class Hands:
    """What the attendant does in the hall, through the simulator's control socket."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def do(self, act: str, **keys: object) -> Mapping[str, object]:
        """Do one act. Raises ShowError when the simulator refuses or does not answer."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                reader, writer = await asyncio.open_unix_connection(
                    str(self._socket), limit=16 * 1024 * 1024
                )
                try:
                    writer.write(json.dumps({"do": act, **keys}).encode() + b"\n")
                    await writer.drain()
                    line = await reader.readline()
                finally:
                    writer.close()
        except (OSError, ValueError, TimeoutError) as error:
            raise ShowError(f"simulator, {act}: no answer at {self._socket} ({error})") from error
        answer = json.loads(line) if line else {}
        if not isinstance(answer, dict) or not answer.get("ok"):
            raise ShowError(f"simulator, {act}: {answer.get('error', 'it hung up')}")
        return answer


class People:
    """Officers and attendant.

    Args:
        state: state folder of the lane.
        story: what the feed has told; acts are noted in it.
        hands: the attendant's.
        spawn: starts a task whose failure ends the showcase.
        correct: what an OMS asks headquarters for when the boxes have been opened.
        run: runs an officer's command.
        pace: how quickly they are.
    """

    def __init__(
        self,
        state: Path,
        story: Story,
        hands: Hands,
        spawn: Spawn,
        correct: Correct,
        run: Run = run_words,
        pace: Pace = PACE,
    ) -> None:
        self._state = state
        self._story = story
        self._hands = hands
        self._spawn = spawn
        self._correct = correct
        self._run = run
        self._pace = pace
        self._struck: set[str] = set()
        self._opened: set[str] = set()

    def hear(self, news: News) -> None:
        """Act on what the lane has told; the story has taken it already."""
        for entry in news.entries:
            chapter = self._story.chapters.get(entry.inspection)
            if chapter is not None and chapter.scene is not None:
                self._about(entry, chapter, chapter.scene)

    async def unlock(self) -> None:
        """Turn the key, secure the hall and wait until the lane is ready."""
        await self._lock_and_secure()
        await self._until(lambda: self._story.mode == "ready", "the lane is ready")

    def _about(self, entry: FeedEntry, chapter: Chapter, scene: Scene) -> None:
        if entry.kind == "hold.asked" and scene.ruling is not None:
            self._spawn(self._answer(chapter, scene))
        elif entry.kind == "hold.asked" and scene.correction is not None:
            if chapter.inspection not in self._opened:
                self._opened.add(chapter.inspection)
                self._spawn(self._open_boxes(chapter, scene, scene.correction))
        elif entry.kind == "image.stored" and scene.finding is not None:
            self._spawn(self._analyse(chapter, scene))
        elif entry.kind == "beam.intent" and scene.incident is not Incident.NONE:
            if chapter.inspection not in self._struck:
                self._struck.add(chapter.inspection)
                self._spawn(self._strike(scene.incident, chapter))
        elif _goes_back(entry):
            self._spawn(self._take_away(chapter, scene))

    async def _answer(self, chapter: Chapter, scene: Scene) -> None:
        ruling = scene.ruling
        assert ruling is not None
        self._note(OMS, f"{chapter.title}: {ruling.decision} ({ruling.reason})")
        words = ("answer", chapter.inspection, ruling.decision, "--reason", ruling.reason)
        await self._officer(OMS, *words)

    async def _open_boxes(self, chapter: Chapter, scene: Scene, correction: Correction) -> None:
        """What nobody knows is not answered: a new fact ends the hold."""
        self._note(OMS, f"{chapter.title}: {correction.seen}; asks headquarters to correct it")
        await self._correct(scene)
        self._note("headquarters", f"{chapter.title}: corrected manifest sent")

    async def _analyse(self, chapter: Chapter, scene: Scene) -> None:
        finding = scene.finding
        assert finding is not None
        suspicion, agrees = _word(finding.suspicion), _word(finding.agrees)
        self._note(OAC, f"{chapter.title}: suspicion {suspicion}, agrees {agrees} ({finding.note})")
        words = ("--suspicion", suspicion, "--agrees", agrees, "--note", finding.note)
        await self._officer(OAC, "outcome", chapter.inspection, *words)

    async def _take_away(self, chapter: Chapter, scene: Scene) -> None:
        await asyncio.sleep(self._pace.step_s)
        answer = await self._hands.do("take_away")
        if answer.get("unit_id") != scene.unit.unit_id:
            raise ShowError(
                f"{chapter.title}: turned away, but {answer.get('unit_id')} stood at the entry"
            )
        self._note("attendant", f"{chapter.title}: taken off the entry")

    async def _strike(self, incident: Incident, chapter: Chapter) -> None:
        await asyncio.sleep(self._pace.incident_s)
        if incident is Incident.DRIVE_FAULT:
            await self._drive_fault(chapter)
        else:
            await self._estop(chapter)

    async def _drive_fault(self, chapter: Chapter) -> None:
        self._note("simulator", f"{chapter.title}: the drive overheats")
        await self._hands.do("drive_fault")
        await self._until(lambda: self._story.mode == "held", "the lane stops for the drive fault")
        await asyncio.sleep(self._pace.step_s)
        await self._acknowledge()

    async def _estop(self, chapter: Chapter) -> None:
        self._note("attendant", f"{chapter.title}: presses the emergency stop")
        await self._hands.do("estop")
        await self._until(lambda: self._story.mode == "tripped", "the lane trips")
        await asyncio.sleep(2 * self._pace.step_s)
        await self._hands.do("estop_release")
        self._note("attendant", "releases the emergency stop")
        await asyncio.sleep(self._pace.step_s)
        await self._hands.do("key", position="off")
        await asyncio.sleep(self._pace.step_s)
        await self._lock_and_secure()
        await self._hands.do("reset")
        self._note("attendant", "presses the local reset")
        tripped = self._story.faults.values
        await self._until(lambda: "trip" not in tripped(), "the local reset ends the trip")
        await asyncio.sleep(self._pace.step_s)
        if self._story.mode in STOPPED:
            await self._acknowledge()

    async def _lock_and_secure(self) -> None:
        await self._hands.do("key", position="on")
        await asyncio.sleep(self._pace.step_s)
        await self._hands.do("secure")
        self._note("attendant", "key ON, hall searched and secured")
        await asyncio.sleep(self._pace.step_s)

    async def _acknowledge(self) -> None:
        """Acknowledge until the lane goes on: a device is reset by it before its fault can end."""
        for _ in range(ACKS):
            self._note(OMS, f"acknowledges ({', '.join(sorted(self._story.faults)) or 'faults'})")
            await self._officer(OMS, "ack")
            await asyncio.sleep(2 * self._pace.step_s)
            if self._story.mode not in STOPPED:
                return
        standing = ", ".join(sorted(self._story.faults))
        raise ShowError(f"{ACKS} acknowledgements, and the lane is still stopped by: {standing}")

    async def _officer(self, officer: str, *words: str) -> None:
        where = ("--officer", officer, "--state", str(self._state))
        said = await self._run((program("scanlane"), *words, *where))
        if said.code:
            raise ShowError(f"{officer}: scanlane {' '.join(words)}: {said.err.strip()}")

    async def _until(self, true: Callable[[], bool], what: str) -> None:
        for _ in range(int(PATIENCE_S / _LOOK_S)):
            if true():
                return
            await asyncio.sleep(_LOOK_S)
        raise ShowError(
            f"waited {PATIENCE_S:.0f} s for: {what}; the lane is {self._story.mode}, "
            f"faults: {', '.join(sorted(self._story.faults)) or 'none'}"
        )

    def _note(self, who: str, text: str) -> None:
        self._story.act(f"{who}: {text}")


def _goes_back(entry: FeedEntry) -> bool:
    """Whether this entry means that the unit is to be taken off the entry."""
    if entry.kind == "verdict.given":
        return entry.cause in {"exempt", "no_basis"} and entry.body.get("route") == "turn_away"
    if entry.kind == "hold.answered":
        return entry.cause == "turn_away"
    return entry.kind == "hold.expired"


def _word(answer: bool) -> str:  # noqa: FBT001 - a word for a yes or a no
    return "yes" if answer else "no"
