"""``scanlane device`` at the cabinet of a simulated lane: every device of the cargo lane."""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.kind import Surroundings
from drivers.registry import Built, build
from edge.cabinet.place import sections
from edge.clock import SystemClock
from edge.ports import Points
from tests.unit.drivers.fake_modbus import Recorder
from tests.wire.lane_kit import ROOT, Ports, Rig, a_rig, lane_text
from tests.wire.lane_programs import Answer, Program, ask, until

MODBUS = ("belt", "safety", "height", "width")
ASKED = (*MODBUS, "source", "board")
READERS = ("qr", "label")


class Cabinet:
    """A simulated hall, its lane file, and the command."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "s"
        self.file = folder / "lane.toml"
        self.file.write_text(lane_text(Ports(), Path("wires")))
        words = ("simulator", str(self.file), "--state", str(self.state))
        self.simulator = Program("simulator", words, folder / "simulator.log")
        self.simulator.await_word('"ready": true')

    def words(self, what: str, device: str, *more: str) -> list[str]:
        place = (str(self.file), device, *more, "--state", str(self.state))
        return [sys.executable, "-m", "edge", "device", what, *place]

    def call(self, what: str, device: str, *more: str) -> subprocess.CompletedProcess[str]:
        words = self.words(what, device, *more)
        return subprocess.run(words, capture_output=True, text=True, timeout=60)

    def json(self, what: str, device: str, *more: str) -> Answer:
        done = self.call(what, device, "--json", *more)
        assert done.returncode == 0, done.stderr
        found: Answer = json.loads(done.stdout)
        return found

    def act(self, do: str, **keys: object) -> Answer:
        answer = ask(self.state / "sim.sock", {"do": do, **keys})
        assert answer["ok"], answer
        return answer

    def start(self, what: str, device: str, *more: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.words(what, device, *more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture(scope="module")
def cabinet() -> Iterator[Cabinet]:
    with tempfile.TemporaryDirectory(prefix="lane") as folder:
        found = Cabinet(Path(folder))
        try:
            yield found
        finally:
            found.simulator.stop()


@pytest.mark.parametrize("device", ASKED)
def test_every_device_that_is_asked_answers_a_probe(cabinet: Cabinet, device: str) -> None:
    found = cabinet.json("probe", device)
    took = found["took_ms"]
    assert (found["answered"], found["exchanges"], found["misses"]) == (True, 10, 0)
    assert 0 <= took["min"] <= took["median"] <= took["max"] < 300
    assert found["fields"]
    assert (found["turnaround_ms"] is None) == (device not in MODBUS)


@pytest.mark.parametrize("device", READERS)
def test_a_reader_answers_a_probe_when_it_is_shown_a_code(cabinet: Cabinet, device: str) -> None:
    process = cabinet.start("probe", device, "--json", "--wait", "30")
    try:
        until(lambda: shown_until_it_ends(cabinet, process, device), "the probe has ended")
        said, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, "")
    found = json.loads(said)
    texts = [one["value"] for one in found["fields"] if one["field"] == "text"]
    # The line may open in the middle of a code: what is left of it is a text, or no line at all.
    assert found["answered"]
    assert all("KZ-77".endswith(text) for text in texts)


def shown_until_it_ends(cabinet: Cabinet, process: "subprocess.Popen[str]", device: str) -> bool:
    cabinet.act("read", device=device, text="KZ-77")
    return process.poll() is not None


def test_a_probe_that_nothing_answers_says_why_and_fails(cabinet: Cabinet, tmp_path: Path) -> None:
    text = cabinet.file.read_text()
    file = tmp_path / "lane.toml"
    file.write_text(text.replace("unit = 65", "unit = 64"))
    words = [sys.executable, "-m", "edge", "device", "probe", str(file), "height"]
    done = subprocess.run(
        [*words, "--state", str(cabinet.state)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "no answer from unit 64 on sensors" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("device", MODBUS)
def test_a_modbus_device_is_read_with_every_field_of_its_map(cabinet: Cabinet, device: str) -> None:
    found = cabinet.json("read", device)
    assert {field["quality"] for field in found["fields"]} == {"good"}
    assert all(field["raw"] and field["age_ms"] < 2000 for field in found["fields"])
    assert found["sends"] == "questions"


def test_what_is_read_is_what_the_hall_is(cabinet: Cabinet) -> None:
    cabinet.act("door", on=True)
    until(lambda: value(cabinet, "safety", "doors_closed") == 0, "the open door is read")
    cabinet.act("door", on=False)
    until(lambda: value(cabinet, "safety", "doors_closed") == 1, "the closed door is read")
    found = cabinet.json("read", "source", "hv", "kv")
    assert [(one["field"], one["value"], one["unit"]) for one in found["fields"]] == [
        ("hv", "ok", ""),
        ("kv", 0.0, "kV"),
    ]
    assert value(cabinet, "board", "relay") == "ok"


def value(cabinet: Cabinet, device: str, field: str) -> object:
    (found,) = cabinet.json("read", device, field)["fields"]
    return found["value"]


def test_looking_at_everything_moves_and_lights_nothing(cabinet: Cabinet) -> None:
    for device in (*ASKED, *READERS):
        assert cabinet.call("read", device).returncode == 0
    truth = cabinet.act("truth")["truth"]
    assert truth["actuators"]["belt_speed_mm_s"] == 0
    assert [name for name, on in truth["actuators"].items() if on] == []
    assert (truth["relay_spans"], truth["beam_on"], truth["violations"]) == ([], False, [])


def test_a_watch_tells_changes_in_single_lines_and_ends_by_itself(cabinet: Cabinet) -> None:
    cabinet.act("door", on=False)
    process = cabinet.start("watch", "safety", "doors_closed", "--every", "0.1", "--for", "5")
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        cabinet.act("door", on=True)
        second = process.stdout.readline()
        rest, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        cabinet.act("door", on=False)
    assert "doors_closed = 1" in first
    assert "doors_closed = 1 -> 0" in second
    assert (process.returncode, rest, errors) == (0, "", "")


def test_a_watch_ends_on_ctrl_c_and_speaks_json(cabinet: Cabinet) -> None:
    process = cabinet.start("watch", "source", "--json")
    try:
        assert process.stdout is not None
        news = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert {"at", "field", "value", "quality", "age_ms"} <= set(news)
    assert (process.returncode, errors.strip()) == (0, "stopped")


class Listening(Recorder):
    """A sink that can be waited on."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = asyncio.Event()

    def deliver(self, points: Points, requested_ns: int) -> None:
        super().deliver(points, requested_ns)
        self.changed.set()


async def published(built: Built, sink: Listening, wanted: set[str]) -> None:
    """Run every driver until all that is promised has come; devices end before buses."""
    buses = [asyncio.create_task(bus.run()) for bus in built.buses.values()]
    devices = [asyncio.create_task(device.run()) for device in built.devices.values()]
    try:
        async with asyncio.timeout(20):
            while not wanted <= {each.source for each in sink.readings}:
                sink.changed.clear()
                await sink.changed.wait()
    finally:
        for task in (*devices, *buses):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def test_what_is_listed_as_published_is_what_drivers_publish(cabinet: Cabinet) -> None:
    buses, devices = sections(cabinet.file)
    sink = Listening()
    around = Surroundings(
        sink=sink,
        alive=lambda: True,
        now_ns=SystemClock().monotonic_ns,
        state_folder=cabinet.state,
        map_folder=ROOT / "config" / "devices",
        file=str(cabinet.file),
    )
    built = build(buses, devices, around)
    wanted, sometimes = set[str](), set[str]()
    for name, made in built.made.items():
        measured = str(getattr(made.settings, "field", ""))
        for field in made.kind.about.publishes:
            for number in "123":
                wanted.add(f"{name}.{field.replace('<field>', measured).replace('<n>', number)}")
        sometimes |= {f"{name}.{field}" for field in made.kind.about.tells}
    asyncio.run(published(built, sink, wanted))
    assert {each.source for each in sink.readings} - sometimes == wanted


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with a_rig(tmp_path_factory.mktemp("numba")) as rig:
        rig.start_broker()
        rig.start_simulator()
        rig.start_control()
        yield rig


@pytest.mark.parametrize("what", ["probe", "read", "watch"])
def test_nothing_is_looked_at_while_the_lane_runs(running: Rig, what: str) -> None:
    words = [sys.executable, "-m", "edge", "device", what, str(running.lane_file), "safety"]
    done = subprocess.run(
        [*words, "--state", str(running.state)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "a lane runs on" in done.stderr
    assert running.status()["ok"]


@pytest.mark.parametrize("device", ["belt", "source"])
def test_a_serial_line_that_the_lane_holds_does_not_open_under_another_state_folder_either(
    running: Rig, device: str, tmp_path: Path
) -> None:
    words = [sys.executable, "-m", "edge", "device", "read", str(running.lane_file), device]
    done = subprocess.run(
        [*words, "--state", str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "open" in done.stderr
    assert running.faults() & {"conveyor_lost", "source_lost"} == set()
