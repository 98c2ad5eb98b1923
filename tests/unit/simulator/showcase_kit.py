"""What the tests of the showcase share: the play and a feed that tells a perfect run of it."""

import json
from collections.abc import Iterator

from simulator.showcase.feed import News, Story, read_news
from simulator.showcase.judge import Received, Truth
from simulator.showcase.script import Scene, scenes

PLAY = scenes(722)
OPENED, CLOSED = "2026-01-31T08:00:00.000000Z", "2026-01-31T08:00:21.000000Z"


def line(kind: str, inspection: str = "", cause: str = "", **body: object) -> bytes:
    """One step with one entry, as the control socket writes it."""
    utc = CLOSED if kind == "inspection.closed" else OPENED
    entry = {"kind": kind, "inspection": inspection or None, "cause": cause, "utc": utc}
    return json.dumps({"mode": "ready", "entries": [{**entry, "body": body}]}).encode() + b"\n"


def verdict(
    scene: Scene, inspection: str, route: str = "pass", held_for: tuple[str, ...] = ()
) -> bytes:
    """The entry of the verdict that is expected, or of a hold before it."""
    expected = scene.expected
    return line(
        "verdict.given",
        inspection,
        "hold" if held_for else expected.verdict,
        verdict={"reasons": [{"rule": rule} for rule in held_for or expected.rules]},
        identifiers={"qr": scene.unit.qr, "container": scene.unit.label},
        route=route,
    )


def inspection_of(scene: Scene) -> str:
    """The inspection a scene's unit gets in the perfect run."""
    return f"I-{PLAY.index(scene) + 1:08d}"


def feed_of(scene: Scene) -> Iterator[bytes]:
    """What the lane tells of a unit that becomes what it must."""
    name = inspection_of(scene)
    yield line("inspection.opened", name)
    if scene.expected.first:
        yield verdict(scene, name, held_for=scene.expected.first)
    yield verdict(scene, name)
    if scene.expected.exposed:
        yield line("beam.intent", name, scan_id=7000 + PLAY.index(scene))
    if scene.finding is not None:
        yield line("image.stored", name, folder=f"archive/{name}")
    yield line("inspection.closed", name, end=scene.expected.end)


def told(*lines: bytes) -> Story:
    """A story after these lines."""
    story = Story(PLAY)
    for each in lines:
        story.take(read_news(each))
    return story


def perfect() -> tuple[Story, Truth, Received]:
    """A run in which everything became what it must."""
    story = told(*(each for scene in PLAY for each in feed_of(scene)))
    passages = {
        scene.unit.unit_id: (4000 if scene.expected.exposed else 0, scene.expected.taken_away)
        for scene in PLAY
    }
    ends = {inspection_of(scene): scene.expected.end for scene in PLAY}
    return story, Truth((), passages, ()), Received(ends, 90, 90, 0, 0)


def news(*lines: bytes) -> tuple[News, ...]:
    """Lines as read."""
    return tuple(read_news(each) for each in lines)
