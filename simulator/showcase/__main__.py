"""``make run``: a whole simulated lane at work, from the broker to the officers, judged at the end.

Starts every process as a site would, lets the play's units come, and ends by itself: exit code 0
when all became what it must, 1 with the differences named, 2 for wrong usage.
"""

import asyncio
import contextlib
import os
import signal
import sys
import tomllib
from collections.abc import Coroutine, Sequence
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console

from edge.clock import SystemClock
from edge.door import ask
from edge.errors import EdgeError
from edge.messages.base import to_bytes
from edge.messages.manifest import Manifest
from simulator.broker import BrokerHandle, start_broker
from simulator.showcase.feed import Story, listen
from simulator.showcase.folder import Places, fresh_folder
from simulator.showcase.judge import differences, read_received, read_truth
from simulator.showcase.officers import OMS, PACE, Hands, People
from simulator.showcase.processes import ShowError, Troupe, program, run_words, tail
from simulator.showcase.script import SHORT, Scene, corrected_of, manifest_of, scenes
from simulator.showcase.view import View

OVERALL_S = 480.0
UNIT_S = 90.0
"""Longest stay of one unit, from its arrival to its closed record."""
PREPARE_S = 60.0
"""Longest wait for the interlocks of a fresh lane; the imaging is compiled in it."""
RECEIPTS_S = 30.0
PROVE_TRIES = 3
PROVE_S = 90.0
"""Longest time of the proofs; they take about 15 s."""
_LOOK_S = 0.2
_DRAW_S = 0.25
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SEED = 722
PLAIN_COLUMNS = 200
INTERRUPTED = 130
"""Exit code of a program ended by Ctrl-C, as shells give it."""
_PREPARED = frozenset({"lamp", "horn", "belt", "key", "secured", "key_edge", "secured_edge"})
"""Rows that stand against the beam of a lane that only waits for its key and a unit."""
LAW_FOLDER = Path(__file__).resolve().parents[2] / "config" / "law"
LANE_FILE = Path(__file__).resolve().parents[2] / "config" / "lanes" / "cargo.toml"


class Showcase:
    """One showing of the play.

    Args:
        places: a fresh folder.
        lane_file: the lane.
        play: the scenes, in order.
        console: where the view goes.
    """

    def __init__(
        self, places: Places, lane_file: Path, play: Sequence[Scene], console: Console
    ) -> None:
        self._places = places
        self._lane_file = lane_file
        self._play = play
        self._clock = SystemClock()
        self._story = Story(play)
        self._view = View(console, self._story)
        self._troupe = Troupe(places.root)
        self._broker: BrokerHandle | None = None
        self._hands = Hands(places.lane / "sim.sock")
        self._sent: set[str] = set()
        self._url = ""
        lane = tomllib.loads(lane_file.read_text(encoding="utf-8"))
        self._lane_id = str(lane["lane"]["id"])
        self._lane_url = str(lane["mqtt"]["url"])

    async def run(self, *, keep: bool) -> list[str]:
        """Show the play; return the differences. Raises EdgeError when it cannot go on."""
        try:
            self._view.note("starting broker, headquarters, simulator and lane")
            async with asyncio.timeout(OVERALL_S):
                await self._start()
                self._view.open()
                await self._perform()
            found = await self._judge()
            for difference in found:
                self._view.note(f"DIFFERENT: {difference}")
            if keep:
                await self._serve_on()
        except TimeoutError as error:
            raise ShowError(f"the showcase did not end in {OVERALL_S:.0f} s") from error
        finally:
            self._view.close()
            _hear_no_more()
            await self._stop()
        return found

    async def _serve_on(self) -> None:
        """Keep everything running until a signal comes."""
        self._view.note(f"still serving in {self._places.lane}; Ctrl-C ends it")
        try:
            await self._watch()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            assert task is not None
            task.uncancel()

    # Processes --------------------------------------------------------------------------------

    async def _start(self) -> None:
        places = self._places
        port = int(self._lane_url.rpartition(":")[2])
        given = os.environ.get("MQTT_URL", "")
        self._broker = await asyncio.to_thread(start_broker, port, places.broker, url=given)
        self._url = self._broker.url
        await self._trust_headquarters()
        hq = (program("scanlane-hq"), "--url", self._url, "--store", str(places.headquarters))
        await self._troupe.start("headquarters", (*hq, "collect"), ": collecting")
        lane = (str(self._lane_file), "--state", str(places.lane))
        sim = (program("scanlane-sim"), *lane, "--scenario", "none", "--seed", str(_SEED))
        await self._troupe.start("simulator", sim, '"ready": true')
        await self._prove(lane)
        run = (program("scanlane"), "run", *lane, "--broker", self._url)
        await self._troupe.start("lane", run, '"ready": true')

    async def _prove(self, lane: tuple[str, ...]) -> None:
        """Prove the devices as whoever puts the lane into service does: the hall is empty."""
        self._view.note("proving that every device stops by itself: belt, warning, permit relay")
        for position in ("off", "service"):
            await self._hands.do("key", position=position)
            await asyncio.sleep(PACE.step_s)
        await self._hands.do("secure")
        words = ("device", "prove", *lane, "--all", "--officer", OMS)
        for _ in range(PROVE_TRIES):
            said = await run_words((program("scanlane"), *words), PROVE_S)
            if not said.code:
                break
            # A machine that stands still for a moment spoils a trial; a person would try again.
            self._view.note(said.out.strip() or said.err.strip())
        # A beam needs a search and a turn of the key of its own, both seen by the lane.
        await self._hands.do("key", position="off")
        for shut in (False, True):
            await self._hands.do("door", on=not shut)
            await asyncio.sleep(PACE.step_s)
        for line in said.out.splitlines():
            self._view.note(line)
        if said.code:
            raise ShowError(f"scanlane {' '.join(words)}: {said.out}{said.err}")

    async def _trust_headquarters(self) -> None:
        said = await self._headquarters("key")
        public = said.split()[1]
        trust = self._places.lane / "trust"
        trust.mkdir(parents=True)
        (trust / "headquarters.pub").write_text(public + "\n", encoding="ascii")
        await self._headquarters("sign-law", str(LAW_FOLDER), "--into", str(trust / "law"))

    async def _headquarters(self, *words: str) -> str:
        where = ("--url", self._url, "--store", str(self._places.headquarters))
        said = await run_words((program("scanlane-hq"), *where, *words))
        if said.code:
            raise ShowError(f"scanlane-hq {' '.join(words)}: {said.err.strip()}")
        return said.out

    async def _stop(self) -> None:
        await self._troupe.stop()
        if self._broker is not None:
            await asyncio.to_thread(self._broker.stop)

    # The play ---------------------------------------------------------------------------------

    async def _perform(self) -> None:
        """Let the units come and people act until every record is closed."""
        try:
            async with asyncio.TaskGroup() as tasks:
                others: list[asyncio.Task[None]] = []

                def spawn(work: Coroutine[None, None, None]) -> None:
                    others.append(tasks.create_task(work))

                people = People(
                    self._places.lane, self._story, self._hands, spawn, self._send_corrected
                )
                spawn(self._follow(people))
                spawn(self._watch())
                spawn(self._draw())
                spawn(self._send_manifests())
                await self._direct(people)
                for task in others:
                    task.cancel()
        except* EdgeError as group:
            # What people and feed complain of is often only that a process has died.
            await asyncio.sleep(_LOOK_S)
            raise self._troupe.casualty() or _first(group) from group

    async def _follow(self, people: People) -> None:
        feed = listen(self._places.control)
        async with contextlib.aclosing(feed):
            async for news in feed:
                self._story.take(news)
                people.hear(news)
                self._view.changed()
        raise ShowError("the lane closed its feed")

    async def _draw(self) -> None:
        while True:
            self._view.refresh()
            await asyncio.sleep(_DRAW_S)

    async def _watch(self) -> None:
        watching = asyncio.create_task(self._troupe.watch())
        try:
            while not watching.done():
                await asyncio.wait([watching], timeout=1.0)
                process = self._broker.process if self._broker is not None else None
                if process is not None and process.poll() is not None:
                    logs = sorted(self._places.broker.glob("*.log"))
                    said = tail(logs[0]) if logs else ""
                    raise ShowError(f"the broker ended early ({process.returncode}):\n{said}")
            await watching
        finally:
            watching.cancel()

    async def _send_manifests(self) -> None:
        self._places.papers.mkdir(exist_ok=True)
        for scene in self._play:
            manifest = manifest_of(scene, self._lane_id, self._clock.utc())
            if manifest is not None:
                await self._send(manifest)
            self._sent.add(scene.unit.unit_id)

    async def _send_corrected(self, scene: Scene) -> None:
        await self._send(corrected_of(scene, self._lane_id, self._clock.utc()))

    async def _send(self, manifest: Manifest) -> None:
        file = self._places.papers / f"{manifest.id}-{manifest.version}.json"
        file.write_bytes(to_bytes(manifest))
        await self._headquarters("manifest", str(file))

    async def _direct(self, people: People) -> None:
        await self._prepared()
        await people.unlock()
        for scene in self._play:
            await self._bring(scene)
        while any(not self._ended(scene) for scene in self._play):
            self._check_deadlines()
            await asyncio.sleep(_LOOK_S)

    async def _prepared(self) -> None:
        """Wait until only key, hall and unit are missing for a beam."""
        standing: list[str] = []
        for _ in range(int(PREPARE_S / _LOOK_S)):
            status = await ask(self._places.control, {"do": "status"})
            self._story.mode = str(status.get("mode", self._story.mode))
            rows = status.get("against")
            told = (
                {str(row["row"]): str(row["says"]) for row in rows if isinstance(row, dict)}
                if isinstance(rows, list)
                else {}
            )
            standing = [row for row in told if row not in _PREPARED or told[row] != "blocked"]
            if told and not standing:
                return
            await asyncio.sleep(_LOOK_S)
        raise ShowError(
            f"the lane was not prepared in {PREPARE_S:.0f} s; against a beam: {', '.join(standing)}"
        )

    async def _bring(self, scene: Scene) -> None:
        """Bring a unit as soon as its papers are sent and the one before stands at the entry."""
        place = self._play.index(scene)
        while scene.unit.unit_id not in self._sent or len(self._story.chapters) < place:
            self._check_deadlines()
            await asyncio.sleep(_LOOK_S)
        unit = scene.unit
        await self._hands.do(
            "arrive",
            unit={
                "unit_id": unit.unit_id,
                "length_mm": unit.length_mm,
                "height_mm": unit.height_mm,
                "width_mm": unit.width_mm,
                "qr": unit.qr,
                "label": unit.label,
                "may_be_scanned": unit.may_be_scanned,
                "fill": unit.fill,
            },
        )

    def _ended(self, scene: Scene) -> bool:
        chapter = self._story.of(scene)
        return chapter is not None and bool(chapter.end)

    def _check_deadlines(self) -> None:
        now = self._clock.utc()
        for chapter in self._story.open_chapters():
            if chapter.opened_utc:
                stay_s = (now - datetime.fromisoformat(chapter.opened_utc)).total_seconds()
                if stay_s > UNIT_S:
                    faults = ", ".join(sorted(self._story.faults)) or "none"
                    raise ShowError(
                        f"{chapter.title}: {chapter.state} for more than {UNIT_S:.0f} s; "
                        f"lane {self._story.mode}, faults: {faults}; see {self._places.root}/*.log"
                    )

    # The judgement ----------------------------------------------------------------------------

    async def _judge(self) -> list[str]:
        places = self._places
        received = read_received(places.headquarters, places.journal)
        for _ in range(int(RECEIPTS_S / _LOOK_S)):
            if received.complete:
                break
            await asyncio.sleep(_LOOK_S)
            received = read_received(places.headquarters, places.journal)
        truth = read_truth(await self._hands.do("truth"))
        self._view.close()
        self._view.table(self._play, received)
        return differences(self._play, self._story, truth, received)


def _first(group: BaseExceptionGroup[EdgeError]) -> EdgeError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, EdgeError)
    return error


def _hear_no_more() -> None:
    """Once the processes are being ended, no further signal may cut that short."""
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, lambda: None)


async def show(
    folder: Path, lane_file: Path, play: Sequence[Scene], console: Console, *, keep: bool
) -> list[str]:
    """Show a play; SIGINT, SIGTERM and SIGHUP end it in order.

    Raises:
        EdgeError: it could not go on.
        asyncio.CancelledError: it was ended by a signal.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    for number in _SIGNALS:
        loop.add_signal_handler(number, task.cancel)
    with fresh_folder(folder, console) as places:
        return await Showcase(places, lane_file, play, console).run(keep=keep)


@click.command()
@click.option("--folder", default=".run", type=click.Path(path_type=Path), show_default=True)
@click.option(
    "--lane", "lane_file", default=LANE_FILE, type=click.Path(path_type=Path, exists=True)
)
@click.option("--short", is_flag=True, help="Five units only.")
@click.option("--seed", default=_SEED, show_default=True, help="Seed of sizes and contents.")
@click.option("--keep", is_flag=True, envvar="KEEP", help="Go on serving until Ctrl-C.")
def main(folder: Path, lane_file: Path, seed: int, *, short: bool, keep: bool) -> None:
    """Show a simulated lane at work."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=PLAIN_COLUMNS)
    play = scenes(seed, SHORT if short else ())
    begun_ns = SystemClock().monotonic_ns()
    try:
        found = asyncio.run(show(folder, lane_file, play, console, keep=keep))
    except EdgeError as error:
        console.print(f"showcase: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    except (asyncio.CancelledError, KeyboardInterrupt):
        console.print("showcase: ended")
        sys.exit(INTERRUPTED)
    spent_s = (SystemClock().monotonic_ns() - begun_ns) / 1e9
    ending = f"{len(found)} differences" if found else "all became what it must"
    console.print(f"{len(play)} units in {spent_s:.0f} s: {ending}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
