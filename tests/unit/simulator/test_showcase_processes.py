"""Rules of the processes: each says when it is ready, none dies unseen, none is left behind."""

import asyncio
import sys
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from simulator.showcase.folder import MARKER, SOCKET_PATH_BYTES, fresh_folder
from simulator.showcase.processes import ShowError, Troupe, run_words

WAIT = "import signal\nprint('ready', flush=True)\nsignal.pause()\n"
DEAF = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WAIT
DIES = "import sys\nprint('port 15502 is in use', file=sys.stderr)\nsys.exit(2)\n"
DIES_LATER = "import sys\nprint('ready', flush=True)\nsys.exit('lost its way')\n"


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def alive() -> int:
    return len(psutil.Process().children(recursive=True))


@pytest.mark.parametrize("code", [WAIT, DEAF], ids=["polite", "deaf"])
def test_every_process_is_ended_even_one_that_ignores_it(tmp_path: Path, code: str) -> None:
    async def body() -> tuple[int, int]:
        troupe = Troupe(tmp_path, terminate_s=0.3)
        await troupe.start("first", python(code), "ready")
        await troupe.start("second", python(WAIT), "ready")
        running = alive()
        await troupe.stop()
        return running, alive()

    assert asyncio.run(body()) == (2, 0)


def test_a_process_that_dies_before_it_is_ready_is_told_with_its_last_words(
    tmp_path: Path,
) -> None:
    with pytest.raises(ShowError, match=r"(?s)sim ended early \(exit 2\).*15502 is in use"):
        asyncio.run(Troupe(tmp_path).start("sim", python(DIES), "ready"))


def test_a_process_that_dies_later_ends_the_watch_with_its_last_words(tmp_path: Path) -> None:
    async def body() -> ShowError | None:
        troupe = Troupe(tmp_path)
        try:
            await troupe.start("steady", python(WAIT), "ready")
            assert troupe.casualty() is None
            await troupe.start("lane", python(DIES_LATER), "ready")
            with pytest.raises(ShowError, match=r"(?s)lane ended early \(exit 1\).*lost its way"):
                await troupe.watch()
            return troupe.casualty()
        finally:
            await troupe.stop()

    assert "lane ended early" in str(asyncio.run(body()))


def test_a_command_that_does_not_end_is_killed_and_named() -> None:
    with pytest.raises(ShowError, match="did not end"):
        asyncio.run(run_words(python(WAIT), limit_s=0.3))


def test_a_command_gives_its_code_and_its_words() -> None:
    said = asyncio.run(run_words(python(DIES)))
    assert (said.code, said.out, said.err) == (2, "", "port 15502 is in use\n")


def test_an_old_run_is_cleared_away_and_a_strange_folder_is_left_alone(tmp_path: Path) -> None:
    with fresh_folder(tmp_path / "run", Console(quiet=True)) as places:
        places.lane.mkdir()
        (places.root / "lane.log").write_text("old")
    with fresh_folder(tmp_path / "run", Console(quiet=True)) as places:
        assert [each.name for each in places.root.iterdir()] == [MARKER]
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "thesis.txt").write_text("mine")
    with (
        pytest.raises(ShowError, match="not of a showcase"),
        fresh_folder(strange, Console(quiet=True)),
    ):
        pytest.fail("a strange folder was taken")
    assert (strange / "thesis.txt").read_text() == "mine"


def test_two_showcases_never_share_a_folder(tmp_path: Path) -> None:
    with (
        fresh_folder(tmp_path / "run", Console(quiet=True)),
        pytest.raises(ShowError, match="another showcase"),
        fresh_folder(tmp_path / "run", Console(quiet=True)),
    ):
        pytest.fail("the folder was taken twice")


def test_a_path_too_long_for_sockets_is_replaced_by_a_short_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with fresh_folder(tmp_path / ("x" * SOCKET_PATH_BYTES), Console(quiet=True)) as places:
        assert places.root.parent == tmp_path
        assert places.root.name.startswith("scanlane-")
