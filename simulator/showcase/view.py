"""Shows the showcase: live on a terminal, one line for each change elsewhere, a table at the end.

It reads the story and decides nothing.
"""

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from simulator.devices.detector import STEP_UM
from simulator.hall.geometry import BELT
from simulator.showcase.feed import Chapter, Story
from simulator.showcase.judge import Received
from simulator.showcase.script import Scene

BANNER = "SIMULATED lane, units, devices and officers - no X-rays, no customs decision"
SCAN_TRAVEL_MM = BELT.tunnel_out_mm - BELT.entry_stand_mm
"""Belt travel of a scan, without the unit's own length, for the length of the progress bar."""
SHOWN_ACTS = 6
SHOWN_UNITS = 18
_STYLES = {
    "scan": "green",
    "exempt": "cyan",
    "no_basis": "magenta",
    "hold": "yellow",
    "held": "bold yellow",
    "tripped": "bold white on red",
    "scanning": "bold black on yellow",
    "without_suspicion": "green",
    "under_suspicion": "bold red",
    "not_completed": "yellow",
}


class View:
    """The view of one showcase.

    Args:
        console: where to; a live picture only on a terminal.
        story: what is shown.
    """

    def __init__(self, console: Console, story: Story) -> None:
        self._console = console
        self._story = story
        self._live = (
            Live(console=console, auto_refresh=False, get_renderable=self._picture)
            if console.is_terminal
            else None
        )
        self._said: dict[str, str] = {}
        self._acts = 0

    def open(self) -> None:
        """Begin to show."""
        if self._live is not None:
            self._live.start()
        else:
            self._say(BANNER)

    def close(self) -> None:
        """Stop showing."""
        if self._live is not None:
            self._live.stop()

    def note(self, text: str) -> None:
        """Say something that is not of the story."""
        self._say(text)

    def refresh(self) -> None:
        """Draw the live picture anew."""
        if self._live is not None:
            self._live.refresh()

    def changed(self) -> None:
        """Off a terminal, print what is new."""
        if self._live is not None:
            return
        for text in self._story.acts[self._acts :]:
            self._say(f"    {text}")
        self._acts = len(self._story.acts)
        for chapter in self._story.chapters.values():
            self._once(chapter.inspection, _line(chapter))
        faults = ", ".join(f"{code} [{kind}]" for code, kind in sorted(self._story.faults.items()))
        self._once("faults", f"    faults: {faults or 'none'}", first="    faults: none")

    def table(self, scenes: Sequence[Scene], received: Received) -> None:
        """Print what became of every unit."""
        table = Table(title="SIMULATED: what became of the units", title_style="bold")
        for heading in ("unit", "verdict", "rules", "end", "s", "image", "receipt"):
            table.add_column(heading, overflow="fold")
        for scene in scenes:
            chapter = self._story.of(scene) or Chapter("-")
            stored = received.ends.get(chapter.inspection, "")
            table.add_row(
                f"{scene.unit.unit_id} {scene.title}",
                _styled(chapter.verdict),
                chapter.why,
                _styled(chapter.end or "open"),
                str(chapter.stay_s or ""),
                chapter.image,
                "receipted" if stored and received.complete else "MISSING",
            )
        self._console.print(table)

    def _once(self, key: str, text: str, first: str = "") -> None:
        if self._said.get(key, first) != text:
            self._said[key] = text
            self._say(text)

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _picture(self) -> RenderableType:
        story = self._story
        mode = Text(f" lane: {story.mode} ", style=_STYLES.get(story.mode, "bold"))
        parts: list[RenderableType] = [
            Panel(Text(BANNER, justify="center"), style="bold black on yellow"),
            mode,
        ]
        if story.faults:
            named = ", ".join(f"{code} [{kind}]" for code, kind in sorted(story.faults.items()))
            parts.append(Text(f" faults: {named}", style="bold red"))
        parts.append(self._units())
        parts.extend(_bar(each) for each in story.open_chapters() if each.state == "scanning")
        parts.extend(Text(f" {text}", style="dim") for text in story.acts[-SHOWN_ACTS:])
        return Group(*parts)

    def _units(self) -> Table:
        table = Table(expand=True)
        for heading in ("unit", "verdict", "why", "state", "end"):
            table.add_column(heading)
        for chapter in list(self._story.chapters.values())[-SHOWN_UNITS:]:
            table.add_row(
                chapter.title,
                _styled(chapter.verdict),
                chapter.why,
                chapter.state,
                _styled(chapter.end),
            )
        return table


def _bar(chapter: Chapter) -> Table:
    length_mm = chapter.scene.unit.length_mm if chapter.scene else 0
    lines = (SCAN_TRAVEL_MM + length_mm) * 1000 // STEP_UM
    grid = Table.grid(padding=(0, 1))
    grid.add_row(
        f" beam: {chapter.title}",
        ProgressBar(total=lines, completed=chapter.lines, width=40),
        f"{chapter.lines} lines",
    )
    return grid


def _line(chapter: Chapter) -> str:
    words = [chapter.title, chapter.state, chapter.verdict, chapter.why]
    words += [chapter.end] if chapter.end else []
    return "  ".join(word for word in words if word)


def _styled(word: str) -> Text:
    return Text(word, style=_STYLES.get(word, ""))
