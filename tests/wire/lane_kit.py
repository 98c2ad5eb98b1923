"""A whole lane on real wires: broker, simulator, control with its worker, headquarters.

Every process is the real one. A rig owns a short folder of its own, knows every process it has
started and ends it; tests wait on facts, told by the hall (truth) or by the lane (status).
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psutil

from edge.clock import SystemClock
from edge.evidence.chain import Link as ChainLink
from edge.journal.database import Reader
from edge.journal.reading import links
from headquarters.keys import open_key
from headquarters.vouch import law_files, sign_law
from simulator.broker import BrokerHandle, free_port, start_broker
from simulator.hall.truth import Span
from tests.proofs import take_as_proven
from tests.wire.lane_programs import Answer, Program, ask, until
from tests.wire.noisy_wires import NoisyWires

ROOT = Path(__file__).resolve().parents[2]
LANE_ID = "kz-cargo-demo"
OMS, OAC = "oms-sim", "oac-sim"
R = TypeVar("R", bound="Rig")


@dataclass(frozen=True, slots=True)
class Shipped:
    """A shipped lane as a rig runs it.

    Attributes:
        name: of its file.
        wires: its serial lines.
        ports: its TCP ports but the broker's; each rig takes free ones.
        changes: what else is replaced in its text.
    """

    name: str
    wires: tuple[str, ...]
    ports: tuple[int, ...]
    changes: Mapping[str, str] = field(default_factory=dict)


WIRES = ("drive", "sensors", "source", "qr", "label", "board")
CARGO = Shipped("cargo", WIRES, (15502, 15600))
TRUCK = Shipped(
    "truck",
    ("drive", "sensors", "scale", "area", "plate", "qr", "board"),
    (15512, 15513, 15514, 15515, 15610),
    # The hall is as long as the longest vehicle needs it: a short one takes seconds, not minutes.
    {
        "length_mm = [3000, 24500]": "length_mm = [3000, 4000]",
        "min_free_mb = 2000": "min_free_mb = 200",
    },
)


@dataclass(slots=True)
class Ports:
    """TCP ports of one rig, free a moment ago; ``others`` by the ports of the shipped file."""

    lane: Shipped = CARGO
    broker: int = field(default_factory=free_port)
    others: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.others = {port: free_port() for port in self.lane.ports}

    @property
    def safety(self) -> int:
        """Of the safety controller, the first one of every lane."""
        return self.others[self.lane.ports[0]]


class Rig:
    """One lane with everything around it.

    Args:
        folder: short, since sockets stand in it.
        numba: cache of compiled kernels, shared between rigs.
        noisy: put wires that can be disturbed between lane and simulator.
        lane: which of the shipped lanes.
    """

    def __init__(
        self, folder: Path, numba: Path, *, noisy: bool = False, lane: Shipped = CARGO
    ) -> None:
        self.folder = folder
        self.state = folder / "s"
        self.hall = folder / "h"
        self.archive = self.state / "archive"
        self.lane = lane
        self.ports = Ports(lane)
        self.broker: BrokerHandle | None = None
        self.simulator: Program | None = None
        self.collector: Program | None = None
        self.control: Program | None = None
        self.wires: NoisyWires | None = None
        self.noisy = noisy
        self.key = open_key(folder / "hq")
        shutil.copytree(ROOT / "config", folder / "config")
        lanes = folder / "config" / "lanes"
        self.lane_file, self.hall_file = lanes / "lane.toml", lanes / "hall.toml"
        outer = self.hall / ("noisy" if noisy else "wires")
        self.lane_file.write_text(lane_text(self.ports, outer))
        self.hall_file.write_text(lane_text(self.ports, self.hall / "wires"))
        (self.state / "trust").mkdir(parents=True)
        (self.state / "trust" / "headquarters.pub").write_text(self.key.public_text)
        law = folder / "config" / "law"
        sign_law(self.key, law_files((law,)), self.state / "trust" / "law", SystemClock())
        numba.mkdir(parents=True, exist_ok=True)
        (self.state / "numba").symlink_to(numba)

    # Processes --------------------------------------------------------------------------------

    def start_broker(self) -> None:
        self.broker = start_broker(self.ports.broker, self.folder / "broker", kind="iotcore")

    def restart_broker(self) -> None:
        """Kill the broker as a power cut would, and start a new one that remembers nothing."""
        assert self.broker is not None
        self.broker.kill()
        self.start_broker()

    def start_simulator(self) -> None:
        words = ("simulator", str(self.hall_file), "--state", str(self.hall))
        self.simulator = Program("simulator", words, self.folder / "simulator.log")
        self.simulator.await_word('"ready": true')
        if self.noisy:
            self.wires = NoisyWires(self.hall / "wires", self.hall / "noisy", self.lane.wires)

    def start_collector(self) -> None:
        words = ("headquarters", "--url", self.url, "--store", str(self.folder / "hq"), "collect")
        self.collector = Program("collector", words, self.folder / "collector.log")
        self.collector.await_word(": collecting")

    def start_control(self) -> None:
        """Start the lane, its devices taken as proven; wait until it answers and has its worker."""
        if not (self.state / "journal.db").exists():
            take_as_proven(self.lane_file, self.state)
        log = self.folder / f"control-{len(list(self.folder.glob('control-*')))}.log"
        words = ("edge", "run", str(self.lane_file), "--state", str(self.state))
        self.control = Program("control", words, log)
        self.control.await_word('"ready": true')
        self.worker()

    def start(self) -> None:
        """Start everything."""
        self.start_broker()
        self.start_simulator()
        self.start_collector()
        self.start_control()

    def stop(self) -> None:
        """End everything that still runs, control before the plant it drives."""
        for program in (self.control, self.collector, self.simulator):
            if program is not None:
                program.stop()
        if self.wires is not None:
            self.wires.close()
        if self.broker is not None:
            self.broker.stop()

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.ports.broker}"

    def worker(self) -> int:
        """Process id of the image worker, once there is one."""
        assert self.control is not None
        control = self.control
        return until(lambda: (control.children() or [0])[0], "an image worker")

    def kill_control(self) -> int:
        """Kill control; give the hall's time just after. Its worker must end by itself."""
        assert self.control is not None
        worker = psutil.Process(self.worker())
        self.control.kill()
        at_ms = self.now_ms()
        worker.wait(20)
        return at_ms

    # The hall ---------------------------------------------------------------------------------

    def act(self, do: str, **keys: object) -> Answer:
        """Do something in the hall; it must be possible."""
        answer = ask(self.hall / "sim.sock", {"do": do, **keys})
        assert answer["ok"], answer
        return answer

    def now_ms(self) -> int:
        return int(self.act("line_clear")["now_ms"])

    def truth(self) -> Answer:
        found: Answer = self.act("truth")["truth"]
        return found

    def open_lane(self) -> None:
        """Empty the hall, turn the key, search and secure: each an edge the lane has to see."""
        self.act("door", on=True)
        until(lambda: self.says("secured") == "blocked", "the lane sees the search undone")
        self.act("clear")
        self.act("door", on=False)
        self.act("key", position="off")
        until(lambda: self.says("key") == "blocked", "the lane sees the key off")
        self.act("key", position="on")
        until(lambda: not self.says("key") + self.says("key_edge"), "the lane sees the key turned")
        self.act("secure")
        self.await_mode("ready")
        rows = ("detector", "watchdogs", "source", "board")
        until(lambda: not any(map(self.says, rows)), f"{rows} are well", 60.0)

    def relay_spans(self) -> list[Span]:
        return [Span(one["start_ms"], one["end_ms"]) for one in self.truth()["relay_spans"]]

    def await_standstill(self) -> Answer:
        """Wait until the belt stands, whoever has stopped it."""

        def stands() -> Answer | None:
            truth = self.truth()
            return None if truth["actuators"]["belt_speed_mm_s"] else truth

        return until(stands, "the belt stands")

    # The lane ---------------------------------------------------------------------------------

    def door(self, do: str, **keys: object) -> Answer:
        return ask(self.state / "control.sock", {"do": do, **keys})

    def status(self) -> Answer:
        return self.door("status")

    def mode(self) -> str:
        return str(self.status()["mode"])

    def says(self, row: str) -> str:
        """What a row of the predicate says against a beam, empty when nothing."""
        against = {reason["row"]: reason["says"] for reason in self.status()["against"]}
        return str(against.get(row, ""))

    def faults(self) -> set[str]:
        return {fault["code"] for fault in self.status()["faults"]}

    def await_mode(self, *modes: str, seconds: float = 40.0) -> None:
        until(lambda: self.mode() in modes, f"the lane is {' or '.join(modes)}", seconds)

    def await_fault(self, code: str, seconds: float = 20.0) -> None:
        until(lambda: code in self.faults(), f"fault {code}", seconds)

    def inspection(self, unit: str) -> Answer | None:
        """The open inspection of the unit with this QR code."""
        for shown in self.status()["inspections"]:
            if shown["identifiers"].get("qr") == unit:
                found: Answer = shown
                return found
        return None

    def await_inspection(self, unit: str, *states: str, seconds: float = 40.0) -> Answer:
        def found() -> Answer | None:
            shown = self.inspection(unit)
            return shown if shown is not None and shown["state"] in states else None

        return until(found, f"{unit} is {' or '.join(states)}", seconds)

    def await_beam(self, front_mm: float = 1900.0) -> Answer:
        """Wait until a scan has begun: beam on and the unit well in the beam plane."""

        def begun() -> Answer | None:
            truth = self.truth()
            fronts = truth["fronts_mm"]
            return truth if truth["beam_on"] and any(f >= front_mm for f in fronts) else None

        return until(begun, "a scan has begun", 60.0)

    def ack(self) -> None:
        answer = self.door("ack", officer=OMS)
        assert answer["ok"], answer

    def recover(self) -> None:
        """Acknowledge as the remedies say: once to reset the device, once more to go on."""
        self.ack()
        until(lambda: not self._stops(present=True), "the causes of all stops are gone")
        self.ack()
        until(lambda: not self._stops(present=False), "no stop is left")

    def _stops(self, *, present: bool) -> bool:
        faults = self.status()["faults"]
        return any(one["class"] == "stop" and (one["present"] or not present) for one in faults)

    def conclude(self, inspection: str) -> None:
        """Give an outcome without suspicion as the simulated OAC."""
        words = {"suspicion": False, "agrees": True, "note": "nothing found"}
        answer = self.door("outcome", officer=OAC, inspection=inspection, **words)
        assert answer["ok"], answer

    def story(self) -> str:
        """What is known of the lane, for a failed test."""
        parts = []
        for name in ("control.sock", "sim.sock"):
            socket = (self.state if name == "control.sock" else self.hall) / name
            request = "status" if name == "control.sock" else "truth"
            try:
                parts.append(f"{request}: {json.dumps(ask(socket, {'do': request}))}")
            except (OSError, ValueError) as error:
                parts.append(f"{request}: {error}")
        if (self.state / "journal.db").exists():
            parts.extend(link.record.decode() for link in self.entries()[-20:])
        parts.extend(f"{log.name}: {log.read_text()[-2000:]}" for log in self.folder.glob("*.log"))
        return "\n".join(parts)

    def answer(self, inspection: str, decision: str) -> None:
        """Answer a hold as the simulated OMS."""
        words = {"decision": decision, "reason": "no manifest"}
        answer = self.door("answer", officer=OMS, inspection=inspection, **words)
        assert answer["ok"], answer

    # What was written -------------------------------------------------------------------------

    def entries(self) -> list[ChainLink]:
        """The journal's entries, read beside the running lane."""
        reader = Reader(self.state / "journal.db")
        try:
            return list(links(reader, 1))
        finally:
            reader.close()


def lane_text(ports: Ports, wires: Path) -> str:
    """A shipped lane on ports and wires of its own; nothing that is safety is changed."""
    text = (ROOT / "config" / "lanes" / f"{ports.lane.name}.toml").read_text()
    replaced = {
        **{f"port = {shipped}": f"port = {mine}" for shipped, mine in ports.others.items()},
        "127.0.0.1:18830": f"127.0.0.1:{ports.broker}",
        'port = "wires/': f'port = "{wires}/',
        **ports.lane.changes,
    }
    for old, new in replaced.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


@contextmanager
def a_rig(
    numba: Path, *, noisy: bool = False, kind: type[R] = Rig, lane: Shipped = CARGO
) -> Iterator[R]:
    """A rig in a folder of its own; whatever it has started is ended."""
    with tempfile.TemporaryDirectory(prefix="lane") as folder:
        rig = kind(Path(folder), numba, noisy=noisy, lane=lane)
        try:
            yield rig
        except BaseException as error:
            error.add_note(rig.story())
            raise
        finally:
            rig.stop()
