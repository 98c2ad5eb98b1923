"""Composition root of the control process: lane file to drivers, journal, publisher, tasks.

The only module beside the worker that imports drivers. It wires; it decides nothing.
"""

import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from drivers.kind import Surroundings
from drivers.permit_board import PermitBoard
from drivers.registry import Built, build
from edge.clock import SystemClock
from edge.control.facts import envelope_of
from edge.control.restart import take_over
from edge.control.signatures import Keyring
from edge.control.tube_history import tube_history
from edge.errors import EdgeError, JournalCorrupt, Mistake, SettingsError
from edge.journal.keys import lane_key
from edge.journal.reading import newest_of_kind
from edge.journal.recovery import recover
from edge.journal.store import Journal
from edge.lane_file import load, map_folder, placed
from edge.law.traffic import would_exempt
from edge.law_tables import load_law, load_traffic
from edge.log import set_up
from edge.ports import BoardReport, Conveyor, Heartbeat, SafetyController, Sink, XraySource
from edge.proofs import PROOF, PROOFS_READ, newest
from edge.service import LaneService, Opened, Wire, Wired
from edge.settings import LaneFile


class _Nowhere:
    """Takes what devices read that are only built to be checked."""

    def deliver(self, points: object, requested_ns: int) -> None:
        """Drop it."""

    def text(self, source: str, line: str, received_ns: int) -> None:
        """Drop it."""

    def lost(self, device: str, detail: str) -> None:
        """Drop it."""

    def back(self, device: str) -> None:
        """Drop it."""


def warnings_of(lane: LaneFile, lane_file: Path, now: datetime) -> list[Mistake]:
    """What is no mistake of a lane file, and still surely not what is wanted.

    A lane of vehicles whose envelope ends below what may lawfully come would exempt it. A line
    that its devices nearly fill has no room for commands. The file must be without mistakes.
    """
    tight = _built(lane, lane_file).warnings
    return placed(tight + _would_exempt(lane, lane_file, now), lane_file)


def _would_exempt(lane: LaneFile, lane_file: Path, now: datetime) -> list[Mistake]:
    if lane.lane.units != "vehicles":
        return []
    traffic, _ = load_traffic(lane_file.parent / lane.law.tables)
    day = now.astimezone(ZoneInfo(lane.lane.timezone)).date()
    remedy = "Check the figure with the maker of the complex, or be ready to divert such vehicles"
    return [
        Mistake(
            file=str(lane_file),
            key=f"envelope.{limit.axis.value}",
            value=str(largest),
            reason=f"legal traffic of up to {limit.greatest} would be exempt for its size: "
            f"{limit.what} ({limit.source})",
            remedy=remedy,
        )
        for limit, largest in would_exempt(envelope_of(lane), traffic, day)
    ]


def check_lane(lane_file: Path) -> tuple[LaneFile, list[Mistake]]:
    """Check a lane file and all it names. Raises SettingsError when it cannot even be read."""
    lane = load(lane_file)
    mistakes: list[Mistake] = []
    # Whether headquarters has signed them is known only with the keys of a state folder.
    _, wrong = load_law(lane_file.parent / lane.law.tables, lambda _file, _data: True)
    mistakes.extend(wrong)
    mistakes.extend(load_traffic(lane_file.parent / lane.law.tables)[1])
    try:
        _wired(_built(lane, lane_file), lane, str(lane_file))
    except SettingsError as error:
        mistakes.extend(placed(error.mistakes, lane_file))
    return lane, mistakes


def _built(lane: LaneFile, lane_file: Path) -> Built:
    """Buses and devices that are only looked at, never run. Raises SettingsError."""
    around = Surroundings(
        sink=_Nowhere(),
        alive=lambda: False,
        now_ns=lambda: 0,
        state_folder=Path(),
        map_folder=map_folder(lane_file),
        file=str(lane_file),
    )
    return build(lane.buses, lane.devices, around)


async def run_lane(lane_file: Path, state: Path, broker: str | None = None) -> None:
    """Run a lane until SIGTERM or SIGINT.

    Args:
        lane_file: the lane.
        state: state folder; made when missing.
        broker: URL that replaces the lane file's, None for the lane file's.

    Raises:
        SettingsError: every mistake in the lane file and what it names.
        EdgeError: the state folder cannot be used, or another lane runs on it.
    """
    set_up()
    lane, mistakes = check_lane(lane_file)
    if mistakes:
        raise SettingsError(mistakes)
    try:
        state = _made(state)
    except OSError as error:
        raise EdgeError(
            f"state folder {state}: {error.strerror}; name one that can be made"
        ) from error
    async with _journal(lane, state) as opened:
        service = LaneService(
            lane,
            state=state,
            opened=opened,
            law=load_law(lane_file.parent / lane.law.tables, opened.keys.vouches)[0],
            broker=broker or lane.mqtt.url,
            wire=_wiring(lane, lane_file, state),
            clock=SystemClock(),
        )
        await service.run()


def _made(state: Path) -> Path:
    state.mkdir(parents=True, exist_ok=True)
    return state.resolve()


@contextlib.asynccontextmanager
async def _journal(lane: LaneFile, state: Path) -> AsyncIterator[Opened]:
    key = lane_key(state)
    keys = Keyring(lane, state, key, "lane file")
    journal = Journal.open(state / "journal.db", lane.lane.id, key, clock=SystemClock())
    try:
        report = recover(journal)
        if not report.sound:
            found = "; ".join(report.complaints()[:5])
            raise JournalCorrupt(
                f"journal {journal.path} does not verify: {found}; keep the file for examination "
                "and restore a copy, or name another --state"
            )
        reader = journal.reader()
        try:
            tube = tube_history(reader, lane, SystemClock().utc())
            taken = take_over(reader, report.inspections, tube)
            proofs = newest(newest_of_kind(reader, PROOF, PROOFS_READ))
        finally:
            reader.close()
        yield Opened(journal, keys, taken, proofs)
    finally:
        journal.close()


def _wiring(lane: LaneFile, lane_file: Path, state: Path) -> Wire:
    def wire(sink: Sink, alive: Heartbeat, on_report: Callable[[BoardReport], None]) -> Wired:
        around = Surroundings(
            sink=sink,
            alive=alive,
            now_ns=SystemClock().monotonic_ns,
            state_folder=state,
            map_folder=map_folder(lane_file),
            file=str(lane_file),
        )
        built = build(lane.buses, lane.devices, around)
        board, wired = _wired(built, lane, str(lane_file))
        board.on_report = on_report
        return wired

    return wire


def _wired(built: Built, lane: LaneFile, file: str) -> tuple[PermitBoard, Wired]:
    """Give the devices by what they do. Raises SettingsError for one that cannot do it."""
    board = built.devices[lane.board]
    source = built.devices[lane.source.device]
    conveyor = built.devices[lane.belt.device]
    safety = built.devices[lane.safety]
    if (
        isinstance(board, PermitBoard)
        and isinstance(source, XraySource)
        and isinstance(conveyor, Conveyor)
        and isinstance(safety, SafetyController)
    ):
        device_runs = tuple(device.run for device in built.devices.values())
        bus_runs = tuple(bus.run for bus in built.buses.values())
        return board, Wired(board, source, conveyor, safety, device_runs, bus_runs)
    wanted = (
        ("board", lane.board, isinstance(board, PermitBoard), "a beam-permit board"),
        ("source.device", lane.source.device, isinstance(source, XraySource), "an X-ray source"),
        ("belt.device", lane.belt.device, isinstance(conveyor, Conveyor), "a conveyor"),
        ("safety", lane.safety, isinstance(safety, SafetyController), "a safety controller"),
    )
    raise SettingsError(
        [
            Mistake(file, key, name, f"is not {what}", "Name a device of the right kind")
            for key, name, fits, what in wanted
            if not fits
        ]
    )
