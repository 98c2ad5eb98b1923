"""Rules of a lane's start and end: what it refuses to start on, and in which order it ends."""

import asyncio
import json
import shutil
import signal
import sqlite3
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.app import check_lane, run_lane, warnings_of
from edge.clock import SystemClock
from edge.control.restart import take_over
from edge.control.signatures import Keyring
from edge.core.faults import Fault
from edge.errors import DeviceError, EdgeError, JournalCorrupt, JournalError, SettingsError
from edge.evidence.signing import public_key_text
from edge.journal.database import Reader
from edge.journal.entries import JournalEntry
from edge.journal.keys import lane_key
from edge.journal.recovery import recover
from edge.journal.store import Journal
from edge.lane_file import load
from edge.ports import Belief, BoardReport, Heartbeat, Sink
from edge.service import LaneService, Opened, Wired
from headquarters.keys import HeadquartersKey
from headquarters.vouch import law_files, sign_law
from tests.unit.control.kit import LANE, LANE_FILE, LAW, ROOT
from tests.unit.journal.journal_bench import locked

NOWHERE = "mqtt://127.0.0.1:1"
UTC = "2026-03-02T08:00:00.000000Z"
SUBJECT = f"{LANE.lane.id}-00000003"


def config(folder: Path, *changes: tuple[str, str]) -> Path:
    """The shipped configuration with some texts replaced; gives the lane file."""
    shutil.copytree(ROOT / "config", folder / "config")
    file = folder / "config" / "lanes" / LANE_FILE.name
    text = file.read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file.write_text(text)
    return file


def trusted(state: Path) -> Path:
    """A state folder with a key of headquarters in it."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)
    (state / "trust").mkdir(parents=True)
    (state / "trust" / "headquarters.pub").write_text(public_key_text(key.public_key()))
    law = law_files((ROOT / "config" / "law",))
    sign_law(HeadquartersKey(key), law, state / "trust" / "law", SystemClock())
    return state


def journal_in(state: Path) -> Journal:
    path, key = state / "journal.db", lane_key(state)
    return Journal.open(path, LANE.lane.id, key, clock=SystemClock(), inline=True)


def written(state: Path, *kinds: tuple[str, dict[str, object]]) -> None:
    """A sound journal with entries of one inspection."""
    journal = journal_in(state)
    recover(journal)
    for kind, body in kinds:
        journal.append([JournalEntry(kind, SUBJECT, UTC, 5, body)]).result(1)
    journal.close()


def kinds_in(state: Path) -> list[tuple[str, str | None]]:
    reader = Reader(state / "journal.db")
    try:
        rows = reader.rows("SELECT kind, inspection_id FROM entry ORDER BY sequence")
        return [(str(kind), None if one is None else str(one)) for kind, one in rows]
    finally:
        reader.close()


# Starting -------------------------------------------------------------------------------------


def test_the_shipped_lane_has_no_mistakes() -> None:
    lane, mistakes = check_lane(LANE_FILE)
    assert mistakes == []
    assert lane == LANE


@pytest.mark.parametrize(
    ("change", "key", "why"),
    [
        (('\nboard = "board"', '\nboard = "belt"'), "board", "is not a beam-permit board"),
        (('\nsafety = "safety"', '\nsafety = "belt"'), "safety", "is not a safety controller"),
        (('[belt]\ndevice = "belt"', '[belt]\ndevice = "qr"'), "belt.device", "is not a conveyor"),
    ],
)
def test_a_device_named_for_what_it_cannot_do_is_a_mistake(
    tmp_path: Path, change: tuple[str, str], key: str, why: str
) -> None:
    _, mistakes = check_lane(config(tmp_path, change))
    assert [(mistake.key, mistake.reason) for mistake in mistakes] == [(key, why)]


def test_mistakes_of_tables_and_devices_are_told_together(tmp_path: Path) -> None:
    file = config(tmp_path, ('\nboard = "board"', '\nboard = "belt"'))
    shutil.rmtree(tmp_path / "config" / "law")
    _, mistakes = check_lane(file)
    assert [mistake.key for mistake in mistakes] == ["-", "-", "board"]
    state = tmp_path / "state"
    with pytest.raises(SettingsError) as raised:
        asyncio.run(run_lane(file, state))
    assert raised.value.mistakes == mistakes
    assert not state.exists()


def test_a_lane_without_its_trusted_keys_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        asyncio.run(run_lane(LANE_FILE, tmp_path / "state"))
    keys = {mistake.key for mistake in raised.value.mistakes}
    assert keys == {"trust.manifests", "trust.commands", "trust.law"}


def test_a_state_folder_that_cannot_be_made_is_told_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EdgeError, match=r"state folder .*file.*name one that can be made"):
        asyncio.run(run_lane(LANE_FILE, tmp_path / "file" / "state"))


def test_a_journal_that_does_not_verify_refuses_to_start_and_is_left_as_it_was(
    tmp_path: Path,
) -> None:
    state = trusted(tmp_path / "state")
    written(state, ("inspection.opened", {"token": 3}), ("note", {"a": 1}))
    with sqlite3.connect(state / "journal.db") as database:
        # The immutability of entries is a trigger: who changes the file goes round it.
        names = database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        for (trigger,) in names.fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute("UPDATE entry SET record = replace(record, '\"a\":1', '\"a\":2')")
    database.close()
    with pytest.raises(JournalCorrupt) as raised:
        asyncio.run(run_lane(LANE_FILE, state))
    told = str(raised.value)
    assert str(state / "journal.db") in told
    assert "does not verify" in told
    assert "restore a copy" in told
    assert [kind for kind, _ in kinds_in(state)] == ["inspection.opened", "note"]


def test_a_state_folder_is_used_by_one_lane_at_a_time(tmp_path: Path) -> None:
    state = trusted(tmp_path / "state")
    journal = journal_in(state)
    try:
        with pytest.raises(JournalError, match="another scanlane runs on this state folder"):
            asyncio.run(run_lane(LANE_FILE, state))
    finally:
        journal.close()


# Running and ending ---------------------------------------------------------------------------


class Hall:
    """All devices of a lane, as they are seen to start, act and end."""

    def __init__(self) -> None:
        self.name = "hall"
        self.seen: list[str] = []
        self.on_report: Callable[[BoardReport], None] = lambda _: None
        self.breaks: dict[str, Exception] = {}
        self.breaking, self.started = asyncio.Event(), asyncio.Event()

    def wire(
        self, _sink: Sink, _alive: Heartbeat, on_report: Callable[[BoardReport], None]
    ) -> Wired:
        self.on_report = on_report
        devices = tuple(self._running(name) for name in ("board", "belt"))
        return Wired(self, self, self, self, devices, (self._running("bus"),))  # type: ignore[arg-type]  # one fake is every port

    def _running(self, name: str) -> Callable[[], Coroutine[object, object, None]]:
        async def run() -> None:
            if name == "bus":
                self.started.set()
            try:
                await self.breaking.wait()
                if name in self.breaks:
                    raise self.breaks[name]
                await asyncio.Event().wait()
            finally:
                self.seen.append(f"{name} ends")

        return run

    def withdraw(self) -> None:
        self.seen.append("withdraw")

    def believe(self, belief: Belief) -> None:
        assert not belief.doors_closed


def serve(
    state: Path, hall: Hall, meanwhile: Callable[[LaneService], Coroutine[object, object, None]]
) -> None:
    """Run the service on a state folder until ``meanwhile`` has ended it."""

    if not state.exists():
        trusted(state)

    async def main() -> None:
        key = lane_key(state)
        journal = Journal.open(state / "journal.db", LANE.lane.id, key, clock=SystemClock())
        try:
            reader = journal.reader()
            taken = take_over(reader, recover(journal).inspections)
            reader.close()
            service = LaneService(
                load(LANE_FILE),
                state=state,
                opened=Opened(journal, Keyring(LANE, state, key, "lane file"), taken, {}),
                law=LAW,
                broker=NOWHERE,
                wire=hall.wire,
                clock=SystemClock(),
            )
            async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
                tasks.create_task(meanwhile(service))
                await service.run()
        finally:
            journal.close()

    asyncio.run(main())


def test_on_a_signal_the_permit_is_withdrawn_first_then_devices_end_then_buses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state, hall = tmp_path / "state", Hall()

    async def meanwhile(_service: LaneService) -> None:
        await hall.started.wait()
        signal.raise_signal(signal.SIGTERM)

    serve(state, hall, meanwhile)
    ended = [what for what in hall.seen if what == "withdraw" or what.endswith("ends")]
    assert ended == ["withdraw", "withdraw", "board ends", "belt ends", "bus ends"]
    assert json.loads(capsys.readouterr().out) == {"ready": True, "lane": LANE.lane.id}
    left = {path.name for path in state.iterdir()}
    assert left == {"journal.db", "journal.db.lock", "keys", "trust"}
    kinds = [kind for kind, _ in kinds_in(state)]
    assert (kinds[0], kinds[-1]) == ("lane.started", "lane.stopped")
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.parametrize("dies", ["board", "belt", "bus"])
def test_a_task_that_dies_ends_the_lane_with_the_permit_withdrawn_and_says_why(
    tmp_path: Path, dies: str
) -> None:
    hall = Hall()
    hall.breaks[dies] = DeviceError(dies, "run", "was pulled out")

    async def meanwhile(_service: LaneService) -> None:
        await hall.started.wait()
        hall.breaking.set()

    with pytest.raises(ExceptionGroup) as raised:
        serve(tmp_path / "state", hall, meanwhile)
    assert raised.group_contains(DeviceError, match="was pulled out")
    dead = hall.seen.index(f"{dies} ends")
    assert "withdraw" in hall.seen[dead:]
    assert [kind for kind, _ in kinds_in(tmp_path / "state")][-1] == "lane.stopped"


def test_what_is_raised_in_a_callback_ends_the_lane_too(tmp_path: Path) -> None:
    """There nobody waits for it: a broken assertion would be a line in a log."""
    hall = Hall()

    def broken() -> None:
        raise AssertionError("a token was given twice")

    async def meanwhile(_service: LaneService) -> None:
        await hall.started.wait()
        asyncio.get_running_loop().call_soon(broken)

    with pytest.raises(ExceptionGroup) as raised:
        serve(tmp_path / "state", hall, meanwhile)
    assert raised.group_contains(AssertionError, match="given twice")
    assert hall.seen.count("withdraw") == 2


async def on_disk(service: LaneService, state: Path, kind: str) -> bool:
    """Whether an entry is there once everything that is under way has been written."""
    for _ in range(20):
        await asyncio.sleep(0)
    await asyncio.wrap_future(service.logic.recorder.write("lane.note", None, {}))
    return kind in [one for one, _ in kinds_in(state)]


def test_a_beam_that_broke_off_is_closed_when_the_board_has_told_its_count(tmp_path: Path) -> None:
    state, hall = trusted(tmp_path / "state"), Hall()
    written(state, ("inspection.opened", {"token": 3}), ("beam.intent", {"token": 3, "scan_id": 9}))

    async def meanwhile(service: LaneService) -> None:
        await hall.started.wait()
        now_ns = SystemClock().monotonic_ns()
        silent = BoardReport(0, "silent", False, 0, 0, 0, "none", 0, 0, now_ns)
        hall.on_report(silent)
        assert not await on_disk(service, state, "inspection.closed")
        hall.on_report(BoardReport(5, "off", False, 9, 1717, 0, "silence", 0, 0, now_ns))
        assert await on_disk(service, state, "inspection.closed")
        signal.raise_signal(signal.SIGINT)

    serve(state, hall, meanwhile)
    reader = Reader(state / "journal.db")
    ((record,),) = reader.rows("SELECT record FROM entry WHERE kind = 'scan.not_completed'")
    reader.close()
    assert json.loads(str(record))["body"]["exposure_ms"] == 1717


class StoppableHall(Hall):
    """A hall whose devices can be stopped."""

    async def hv_off(self) -> None:
        self.seen.append("hv off")

    async def stop(self) -> None:
        self.seen.append("belt stops")

    async def set_output(self, name: str, *, on: bool) -> None:
        assert not on, name


def test_a_lane_whose_journal_was_locked_goes_on_by_itself_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.journal.database._BUSY_MS", 1)
    state, hall = trusted(tmp_path / "state"), StoppableHall()

    def stands(service: LaneService) -> list[bool]:
        faults = service.logic.runner.state.faults
        return [one.present for one in faults if one.fault is Fault.JOURNAL_UNAVAILABLE]

    async def until(service: LaneService, expected: list[bool]) -> None:
        stepped = asyncio.Event()
        service.logic.runner.watch(lambda _event, _step: stepped.set())
        while stands(service) != expected:
            stepped.clear()
            await stepped.wait()

    async def meanwhile(service: LaneService) -> None:
        await hall.started.wait()
        with locked(state / "journal.db"):
            lost = service.logic.recorder.write("lane.note", None, {"n": 1})
            await until(service, [True])
        await until(service, [False])
        assert isinstance(lost.exception(0), JournalError)
        assert "belt stops" in hall.seen
        assert await on_disk(service, state, "journal.back")
        signal.raise_signal(signal.SIGTERM)

    serve(state, hall, meanwhile)
    kinds = [kind for kind, _ in kinds_in(state)]
    order = ["lane.started", "lane.note", "journal.back", "lane.stopped"]
    places = [kinds.index(kind) for kind in order]
    assert places == sorted(places)
    journal = journal_in(state)
    assert recover(journal, whole=True).complaints() == []
    journal.close()


def test_a_poll_plan_that_does_not_fit_its_line_is_refused_and_a_tight_one_warned_of(
    tmp_path: Path,
) -> None:
    now = SystemClock().utc()
    tight = ("mm_per_rev = 16.0", "mm_per_rev = 16.0\npoll_ms = 80")
    file = config(tmp_path / "tight", tight)
    lane, mistakes = check_lane(file)
    (warning,) = warnings_of(lane, file, now)
    assert mistakes == []
    assert (warning.key, warning.file) == ("buses.drive.baud", str(file))
    assert file.read_text().splitlines()[warning.line - 1] == "baud = 19200"
    full = ("mm_per_rev = 16.0", "mm_per_rev = 16.0\npoll_ms = 40")
    _, mistakes = check_lane(config(tmp_path / "full", full))
    assert [(one.key, one.line) for one in mistakes] == [("buses.drive.baud", warning.line)]
