"""Rules of the view: always SIMULATED, one line for each change, a row for each unit."""

import io

from rich.console import Console

from simulator.showcase.feed import read_news
from simulator.showcase.view import BANNER, View
from tests.unit.simulator.showcase_kit import PLAY, feed_of, line, perfect, told


def paper(*, terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=200, height=60)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_off_a_terminal_each_change_is_one_line_and_told_once() -> None:
    console, story = paper(), told()
    view = View(console, story)
    view.open()
    for each in feed_of(PLAY[2]):
        story.take(read_news(each))
        view.changed()
        view.changed()
    story.act("attendant: presses the local reset")
    view.changed()
    view.close()
    lines = written(console).splitlines()
    assert lines[0] == BANNER
    assert lines[-2:] == [
        "SHOW-03 live cattle  closed  exempt  EX-LIVE-ANIMALS  not_applied_exempt",
        "    attendant: presses the local reset",
    ]
    assert len(lines) == len(set(lines)) == 5


def test_faults_are_shown_when_they_come_and_when_they_go() -> None:
    console, story = paper(), told()
    view = View(console, story)
    view.changed()
    for kind in ("fault.raised", "fault.cleared"):
        story.take(read_news(line(kind, cause="estop", **{"class": "trip"})))
        view.changed()
    assert written(console).splitlines() == ["    faults: estop [trip]", "    faults: none"]


def test_on_a_terminal_the_picture_names_mode_verdict_scan_faults_and_acts() -> None:
    console = paper(terminal=True)
    story = told(
        *list(feed_of(PLAY[0]))[:3],
        b'{"progress": {"scan_id": 7000, "lines": 321}}',
        line("fault.raised", cause="broker_lost", **{"class": "notice"}),
    )
    story.act("oms-sim: acknowledges")
    view = View(console, story)
    view.open()
    view.refresh()
    view.close()
    for part in (
        "SIMULATED", "lane: ready", "SC-CLEAR", "321 lines", "broker_lost", "oms-sim: acknowledges",
    ):  # fmt: skip
        assert part in written(console)


def test_the_last_table_has_a_row_for_every_unit_with_its_image_and_receipt() -> None:
    console = paper()
    story, _, received = perfect()
    View(console, story).table(PLAY, received)
    text = written(console)
    assert all(scene.unit.unit_id in text for scene in PLAY)
    assert text.count("receipted") == len(PLAY)
    assert "archive/I-00000001" in text
    assert "SIMULATED" in text
